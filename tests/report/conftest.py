"""Pages are tested where they are used: in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Error, Page, sync_playwright

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    where = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as started:
        try:
            browser = started.chromium.launch(executable_path=where, args=list(FLAGS))
        except Error as error:
            pytest.skip(f"needs a Chromium that starts, such as Debian's package chromium: {error.message[:200]}")
        yield browser.new_page()
        browser.close()
