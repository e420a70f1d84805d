"""``kill -9`` of the server at random moments under load: what was acknowledged is in the log, once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import socket

import pytest

from bench.workload import Workload, make_workload
from compliance.rulebook import rules_of
from ledger.audit.auditor import audit
from ledger.audit.store.database import DatabaseSource
from ledger.batch import OnlineKeys, Recorded
from ledger.clock import SystemClock
from ledger.event import parse_event
from ledger.home import Home, create_home, open_home, pin_genesis
from ledger.publisher import Publisher
from ledger.recorder import Recorder
from ledger.store.entries import find_entries
from ledger.store.schema import create_schema
from ledger.store.session import open_store

ORIGIN = "test.bitacora.mx/crash"
KILLS = 200 if os.environ.get("BITACORA_LONG") else 20
CLIENTS = 3
BATCHES = (1, 1, 7, 40)


@dataclass
class Ledger:
    """A begun ledger on the disk, and the lives to be recorded in it."""

    url: str
    home: Home
    workload: Workload


@dataclass
class Acknowledged:
    """What the server has promised: index by event id. Clients add to it, nobody takes away."""

    indexes: dict[str, int] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, members: dict[str, object]) -> None:
        """An answer of 200 or 201; the same event must always get the same index."""
        event_id, index = str(members["event_id"]), int(str(members["index"]))
        with self.lock:
            if self.indexes.setdefault(event_id, index) != index:
                self.contradictions.append(event_id)


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Ledger:
    home = create_home(tmp_path / "home", ORIGIN)
    online = OnlineKeys(home.read_clock_key(), home.read_recorder_key())
    workload = make_workload(KILLS * 40, int(time.time()), online, home.trust)
    pin_genesis(home, parse_event(workload.genesis).id)
    create_schema(database_url)
    store = open_store(database_url)
    recorder = Recorder(store, rules_of, SystemClock(), online)
    recorder.genesis(workload.genesis)
    assert all(isinstance(outcome, Recorded) for outcome in recorder.submit(workload.beginning))
    recorder.close()
    store.close()
    return Ledger(database_url, open_home(home.path), workload)


def _connect(port: int) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", port, timeout=30)


class Server:
    """The real server, in a process group of its own, so that all of it can be killed at once."""

    def __init__(self, ledger: Ledger) -> None:
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environment = os.environ | {
            "BITACORA_DATABASE_URL": ledger.url,
            "BITACORA_HOME": str(ledger.home.path),
            "BITACORA_BASE_URL": f"http://127.0.0.1:{self.port}",
            "BITACORA_REQUESTS_PER_MINUTE": "10000000",
            "BITACORA_STATEMENTS_PER_MINUTE": "10000000",
        }
        command = [sys.executable, "-m", "uvicorn", "api.server:app_from_environment", "--factory"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), "--no-access-log", "--log-level", "critical"],
            env=environment,
            start_new_session=True,
        )

    def await_ready(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError, HTTPException), closing(_connect(self.port)) as connection:
                connection.request("GET", "/readyz")
                with connection.getresponse() as response:
                    if response.status == 200:
                        return
            time.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(30)


class Client(threading.Thread):
    """Posts its statements in order, in small requests; it stops when the server dies, and knows how far it came."""

    def __init__(self, port: int, raws: list[bytes], acknowledged: Acknowledged, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self._port, self._raws, self._acknowledged, self._chance = port, raws, acknowledged, chance

    def run(self) -> None:
        with suppress(OSError, HTTPException), closing(_connect(self._port)) as connection:
            while self._raws:
                self._post(connection, self._chance.choice(BATCHES))

    def _post(self, connection: HTTPConnection, size: int) -> None:
        sent = self._raws[:size]
        media_type = "application/cose" if len(sent) == 1 else "application/cbor-seq"
        connection.request("POST", "/v1/events", b"".join(sent), {"Content-Type": media_type})
        with connection.getresponse() as response:
            body = response.read()
        if response.status not in (200, 201):
            return
        members = json.loads(body)
        for result in members.get("results", [members]):
            assert result["status"] in (200, 201), result
            self._acknowledged.note(result)
        # Only what was answered is done; a reply that was lost makes the client send the same bytes again.
        del self._raws[:size]


def killed_under_load(ledger: Ledger, chance: random.Random, acknowledged: Acknowledged) -> Iterator[int]:
    """Serve, load, and kill, again and again; yields how many events were acknowledged so far."""
    streams = ledger.workload.streams(CLIENTS)
    for _ in range(KILLS):
        server = Server(ledger)
        try:
            server.await_ready()
            clients = [Client(server.port, stream, acknowledged, chance) for stream in streams]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.02, 0.6))
        finally:
            server.kill()
        for client in clients:
            client.join(60)
            assert not client.is_alive()
        yield len(acknowledged.indexes)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_acknowledged_event_survives_kills_of_the_server_exactly_once(ledger: Ledger) -> None:
    acknowledged = Acknowledged()
    progress = list(killed_under_load(ledger, random.Random(20), acknowledged))

    # A slow machine may answer nothing in the first rounds.
    assert progress[-1] > progress[KILLS // 2] > 0
    assert acknowledged.contradictions == []
    store = open_store(ledger.url)
    publisher = Publisher(store, SystemClock(), ORIGIN, ledger.home.read_checkpoint_keys(), ledger.home.signed_heads)
    publisher.publish()
    publisher.publish()  # The first call may only complete what a killed publisher had begun.
    with store.read() as reader:
        stored = find_entries(reader, acknowledged.indexes)
        source = DatabaseSource(reader)
        report = audit(source, ledger.home.trust, rules_of, projections=source)
    store.close()
    assert {event_id: entry.index for event_id, entry in stored.items()} == acknowledged.indexes
    assert report.findings == []
    assert report.checkpoint is not None
    assert report.checkpoint.size == report.entries
