"""Events through HTTP: a real server on loopback, with its clients on the same cores."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from json import loads
from pathlib import Path
from socket import socket

from bench.ledger import begun_ledger, forget_signed
from bench.workload import Workload
from ledger.batch import OnlineKeys

START_S_MAX = 60.0
UNLIMITED = "10000000"


@contextmanager
def serving(database: str, home: Path, workers: int) -> Iterator[int]:
    """A server over the database, in as many processes; its port."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "BITACORA_DATABASE_URL": database,
        "BITACORA_HOME": str(home),
        "BITACORA_BASE_URL": f"http://127.0.0.1:{port}",
        "BITACORA_REQUESTS_PER_MINUTE": UNLIMITED,
        "BITACORA_STATEMENTS_PER_MINUTE": UNLIMITED,
    }
    server = subprocess.Popen(  # noqa: S603 - our own server, started with our own arguments
        [sys.executable, "-m", "uvicorn", "api.server:app_from_environment", "--factory", "--port", str(port),
         "--workers", str(workers), "--no-access-log", "--log-level", "warning"],
        env=environment,
    )  # fmt: skip
    try:
        _await_ready(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _await_ready(port: int) -> None:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def posted_per_s(
    folder: Path,
    workload: Workload,
    online: OnlineKeys,
    home: Path,
    *,
    batch: int,
    clients: int,
    workers: int,
    events: int,
) -> float:
    """Events a second that clients post and the server answers, all of them recorded."""
    database = f"sqlite:///{folder}/http-{batch}-{workers}.sqlite"
    with begun_ledger(database, workload, online):
        forget_signed(home)
    lives = -(-events // len(workload.lives[0]))
    part = Workload(workload.genesis, workload.beginning, workload.lives[:lives])
    with serving(database, home, workers) as port:
        threads = [_Client(port, stream, batch) for stream in part.streams(clients)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent = time.perf_counter() - start
    recorded = sum(thread.recorded for thread in threads)
    if recorded != sum(len(life) for life in part.lives):
        raise RuntimeError(f"only {recorded} statements were recorded: {threads[0].answer!r}")
    return recorded / spent


class _Client(threading.Thread):
    """Posts its statements one after the other, or in batches, over one connection."""

    def __init__(self, port: int, raws: Sequence[bytes], batch: int) -> None:
        super().__init__()
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._bodies = [b"".join(raws[n : n + batch]) for n in range(0, len(raws), batch)]
        self._media_type = "application/cose" if batch == 1 else "application/cbor-seq"
        self.recorded = 0
        self.answer = b""

    def run(self) -> None:
        for body in self._bodies:
            self._connection.request("POST", "/v1/events", body, {"Content-Type": self._media_type})
            response = self._connection.getresponse()
            self.answer = response.read()
            if response.status == 201:
                self.recorded += 1
            elif response.status == 200:
                self.recorded += sum(result["status"] == 201 for result in loads(self.answer)["results"])
