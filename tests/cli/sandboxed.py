"""A sandbox on a port, served by the command itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.cli.ground import free_port, start


@contextmanager
def served_sandbox(folder: Path) -> Iterator[str]:
    """Its URL; the process that was started here is ended here."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = start("sandbox", "serve", "--folder", folder, "--port", port)
    try:
        deadline_s = time.monotonic() + 60
        while not _answers(url):
            assert process.poll() is None, "the sandbox did not start"
            assert time.monotonic() < deadline_s, "the sandbox does not answer"
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/livez").status_code == 200
    except httpx2.HTTPError:
        return False
