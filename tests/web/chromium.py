"""A real Chromium for tests.

BITACORA_REQUIRE_BROWSER=1    a missing browser fails instead of skipping
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def chromium() -> str:
    """The program's path; without one the test that asks is skipped, or fails where a browser is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("BITACORA_REQUIRE_BROWSER") == "1":
            pytest.fail("no Chromium, and BITACORA_REQUIRE_BROWSER is set")
        pytest.skip("no Chromium on PATH")
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser of its own; one that does not start is as one that is missing."""
    path = chromium()
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        except Error as error:
            if os.environ.get("BITACORA_REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield browser
        browser.close()
