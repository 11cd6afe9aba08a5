"""The live page: what a run writes is seen without a reload, by who has the address, and by nobody else."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from kernel_gepa import codec
from kernel_gepa.cli.loopback import Loopback
from kernel_gepa.cli.view import route
from kernel_gepa.recipes.watching import Watched
from kernel_gepa.store.journal import NAME
from tests.loaded import ROOT, load

MADE = load(ROOT / "benchmarks" / "made_run.py")
HOSTILE = (
    "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    "\x1b]0;owned\x07\x1b[2J \u202eesrever\u2066 \ud800 {{INDEX}} " + "x" * 1_000_000
)
SOON_MS = 60_000  # a limit for a loaded machine, not a measurement
FROM_OUTSIDE = {"feedback", "reason", "origin", "log", "statement", "what", "details"}


def lines(candidates: int, *, seed: int = 1) -> list[str]:
    return [codec.line(record) + "\n" for record in MADE.records(candidates, seed=seed)]


def written(folder: Path, some: list[str], mode: str = "w") -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / NAME).open(mode) as file:
        file.writelines(some)
    return folder


def hostile(value: Any, key: str = "") -> Any:
    """The same record with a hostile text in the place of each that a model or a kernel may write."""
    match value:
        case str():
            return HOSTILE if key in FROM_OUTSIDE or key.startswith("kernel") else value
        case dict():
            return {k: hostile(v, k) for k, v in value.items()}
        case list():
            return [hostile(v, key) for v in value]
        case _:
            return value


@contextmanager
def served(*folders: Path) -> Iterator[Loopback]:
    with Loopback(route([Watched(folder) for folder in folders])) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def got(url: str, *, host: str | None = None, method: str = "GET") -> tuple[int, Mapping[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=30)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, path, headers={"Host": host or parts.netloc})
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    """A server of a run that does not go on."""
    with served(written(tmp_path_factory.mktemp("runs") / "one", lines(20))) as server:
        yield server


def test_it_listens_on_this_machine_alone(quiet: Loopback) -> None:
    assert quiet.server_address[0] == "127.0.0.1"
    assert len(quiet.secret) >= 32


@pytest.mark.parametrize("path", ["", "/", "/state", "/wrong/", "/wrong/state?seen=", "/%ff/", "/../x"])
def test_without_the_secret_there_is_nothing(quiet: Loopback, path: str) -> None:
    status, _, body = got(f"http://127.0.0.1:{quiet.server_port}{path or '/'}")
    assert (status, body) == (404, b"there is nothing at this address\n")


def test_a_name_that_leads_here_is_not_this_machine(quiet: Loopback) -> None:
    assert got(quiet.url, host=f"evil.example:{quiet.server_port}")[0] == 404
    assert got(quiet.url, host=f"localhost:{quiet.server_port}")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(quiet: Loopback, method: str) -> None:
    assert got(quiet.url, method=method)[0] == 501


def test_the_page_is_answered_with_a_policy_and_kept_nowhere(quiet: Loopback) -> None:
    status, headers, body = got(quiet.url)
    assert status == 200
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "connect-src 'self'" in policy
    assert "unsafe-inline'; base" in policy  # of styles only
    assert policy.split("script-src")[1].split(";")[0].count("unsafe") == 0
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert quiet.secret.encode() not in body
    assert got(quiet.url, method="HEAD")[2] == b""


def test_who_has_seen_everything_is_told_that_there_is_nothing_new(quiet: Loopback) -> None:
    whole = json.loads(got(f"{quiet.url}state?seen=")[2])
    assert (whole["after"], len(whole["index"]["steps"])) == (0, 20)
    assert got(f"{quiet.url}state?seen={whole['version']}")[::2] == (204, b"")


@pytest.mark.parametrize("seen", ["1.x.3.4", "-1", "1.99999999999999999999", "../", "1"])
def test_a_version_that_never_was_is_told_everything_or_less(quiet: Loopback, seen: str) -> None:
    status, _, body = got(f"{quiet.url}state?seen={seen}")
    assert status == 200
    assert json.loads(body)["after"] in (0, 20)


def test_a_step_costs_the_step_and_not_the_run(tmp_path: Path) -> None:
    some = lines(20)
    watched = Watched(written(tmp_path / "run", some[:-2]))
    before = watched.state("")
    assert before is not None
    written(tmp_path / "run", some[-2:], mode="a")
    after = watched.state(before["version"])
    assert after is not None
    assert (after["after"], len(after["index"]["steps"])) == (19, 1)
    assert after["index"]["steps"] == watched.state("")["index"]["steps"][19:]  # type: ignore[index]


def test_another_run_in_the_same_folder_is_told_from_its_beginning(tmp_path: Path) -> None:
    watched = Watched(written(tmp_path / "run", lines(8)))
    version = watched.version
    written(tmp_path / "run", [line.replace('"made"', '"other"') for line in lines(10, seed=2)])
    found = watched.state(version)
    assert found is not None
    assert (found["after"], len(found["index"]["steps"])) == (0, 10)
    assert watched.looked(version.split(".")[0], 0, 0) is None


def test_a_damaged_journal_is_a_sentence_and_mending_it_helps(tmp_path: Path) -> None:
    with served(written(tmp_path / "run", lines(4))) as server:
        written(tmp_path / "run", ["{broken\n"], mode="a")
        status, headers, body = got(f"{server.url}state?seen=")
        assert (status, headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
        assert b"is damaged" in body
        written(tmp_path / "run", lines(5))
        assert got(f"{server.url}state?seen=")[0] == 200


def test_a_new_step_is_drawn_and_what_the_reader_did_stays(browser_page: Page, tmp_path: Path) -> None:
    some = lines(9)
    at = next(i for i, line in enumerate(some) if '"step":5' in line) + 1
    with served(written(tmp_path / "run", some[:at])) as server:
        browser_page.goto(server.url)
        browser_page.wait_for_selector("html[data-ready]")
        assert browser_page.locator("#matrix-table tbody tr").count() == 6
        browser_page.get_by_role("button", name="small").click()
        browser_page.fill("#sought", "s")
        chosen = browser_page.locator("#matrix-table tbody th button").first
        chosen.focus()
        kept = chosen.get_attribute("data-key")
        written(tmp_path / "run", some[at:], mode="a")
        expect(browser_page.locator("#tree .node")).to_have_count(9, timeout=SOON_MS)
        assert browser_page.evaluate("document.activeElement.dataset.key") == kept
        assert browser_page.locator("#matrix-table th[aria-sort=descending]").inner_text() == "small ▼"
        assert "9 rollouts" in browser_page.locator("#head").inner_text()
        browser_page.locator("#node-8").click()
        browser_page.wait_for_selector("dialog[open]")
        assert browser_page.locator("dialog ins, dialog del").count()
        browser_page.keyboard.press("Escape")


def test_runs_stand_side_by_side_and_lead_to_their_own_pages(browser_page: Page, tmp_path: Path) -> None:
    one, two = written(tmp_path / "one", lines(12)), written(tmp_path / "two", lines(15, seed=2))
    with served(one, two) as server:
        browser_page.goto(server.url)
        browser_page.wait_for_selector("html[data-ready]")
        assert browser_page.locator("#sides-table thead th").all_inner_texts() == ["one", "two"]
        assert browser_page.locator("#bests-table tbody tr").count() == 4
        assert browser_page.locator("#bests-table td.held").count() == 4
        assert "two: best so far" in browser_page.locator("#progress figcaption").inner_text()
        assert "Not compared: not both are verified" in browser_page.locator("#head").inner_text()
        browser_page.get_by_role("link", name="two").click()
        browser_page.wait_for_selector("html[data-ready]")
        assert "of 15 candidates" in browser_page.locator("#counted").inner_text()


def test_a_hostile_run_executes_nothing_and_stays_readable(browser_page: Page, tmp_path: Path) -> None:
    some = [codec.line(record if record["kind"] == "header" else hostile(record)) + "\n" for record in MADE.records(6)]
    last = len(some) - 2  # the last step and its evaluation come while it is looked at
    errors: list[str] = []
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    with served(written(tmp_path / "run", some[:last])) as server:
        browser_page.goto(server.url)
        browser_page.wait_for_selector("html[data-ready]")
        written(tmp_path / "run", some[last:], mode="a")
        expect(browser_page.locator("#matrix-table tbody tr")).to_have_count(6, timeout=SOON_MS)
        browser_page.locator("#matrix-table tbody th button").last.click()
        browser_page.wait_for_selector("dialog[open]")
        browser_page.get_by_role("button", name="the text", exact=True).click()
        shown = browser_page.locator("dialog details pre").first.inner_text()
        assert "</script><script>window.hacked=1</script>" in shown
        assert "␛[2J ⟦U+202E⟧esrever⟦U+2066⟧ ⟦U+D800⟧" in shown
        assert "more characters of this line" in shown
        assert browser_page.evaluate("window.hacked") is None
        assert not browser_page.locator("img").count()
        assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser_page.keyboard.press("Escape")
    assert errors == []
