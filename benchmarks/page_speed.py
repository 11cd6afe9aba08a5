"""How soon a page about a large run shows its first picture, as a file and live: page_speed.py [CANDIDATES] [REPEATS]

Prints the size of the page, the seconds to make it, and, in a headless Chromium, the milliseconds from the beginning
of the navigation to the first picture (the Pareto matrix is in the document) and until everything is drawn: the median
of some loads. The run is made up (made_run.py). Needs Chromium, and `pip install kernel-gepa[test]` for Playwright.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Thread

from made_run import made
from playwright.sync_api import Browser, sync_playwright

from kernel_gepa.cli.loopback import Loopback
from kernel_gepa.cli.view import route
from kernel_gepa.recipes.telling import write_page
from kernel_gepa.recipes.watching import Watched

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PICTURE = "performance.getEntriesByName('first-picture')[0].startTime"
ALL_DRAWN = "performance.now()"


def main(candidates: int = 1000, repeats: int = 5) -> None:
    print(
        f"{candidates} candidates, {repeats} loads each; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    with TemporaryDirectory() as holder, sync_playwright() as started:
        folder = made(Path(holder) / "run", candidates)
        began = time.perf_counter()
        page = write_page(folder)
        print(f"report.html: {page.stat().st_size / 1e6:.2f} MB, made in {time.perf_counter() - began:.1f} s")
        where = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = started.chromium.launch(executable_path=where, args=list(FLAGS))
        told("file", browser, page.as_uri(), repeats)
        with served(folder) as url:
            told("live", browser, url, repeats)
        browser.close()


def told(name: str, browser: Browser, url: str, repeats: int) -> None:
    first, whole = zip(*(loaded(browser, url) for _ in range(repeats)), strict=True)
    print(f"{name}: first picture after {median(first):.0f} ms ({min(first):.0f} to {max(first):.0f}), ", end="")
    print(f"all drawn within {median(whole):.0f} ms")


def loaded(browser: Browser, url: str) -> tuple[float, float]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    shown = context.new_page()
    shown.goto(url)
    shown.wait_for_selector("html[data-ready]")
    found = float(shown.evaluate(PICTURE)), float(shown.evaluate(ALL_DRAWN))
    context.close()
    return found


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with Loopback(route([Watched(folder)])) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
