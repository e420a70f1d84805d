"""A process that signs or sends is killed, and the statement is in the outbox or in the ledger."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from cli.outbox import Outbox
from tests.cli.ground import DESCRIBED, NOWHERE, Ground, new_unit, point_at, run_apart, start

pytestmark = pytest.mark.slow


class SilentServer(ThreadingHTTPServer):
    """Stands before the ledger; passes statements on, or not, and never answers."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, ledger_port: int | None) -> None:
        super().__init__(("127.0.0.1", 0), _SilentHandler)
        self.ledger_port = ledger_port
        self.reached, self.over = Event(), Event()


class _SilentHandler(BaseHTTPRequestHandler):
    server: SilentServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.server.ledger_port is not None:
            ledger = http.client.HTTPConnection("127.0.0.1", self.server.ledger_port)
            ledger.request("POST", self.path, body, {"content-type": self.headers["content-type"]})
            assert ledger.getresponse().status == 201
            ledger.close()
        self.server.reached.set()
        self.server.over.wait(60)


@contextmanager
def silent_server(ledger_port: int | None) -> Iterator[SilentServer]:
    with SilentServer(ledger_port) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


@pytest.mark.parametrize(("passed_on", "status"), [(False, 201), (True, 200)], ids=["before", "after"])
def test_killed_around_the_recording_the_statement_is_sent_again_and_recorded_once(
    ground: Ground, maker: Path, passed_on: bool, status: int
) -> None:
    point_at(maker, NOWHERE)
    run_apart("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--profile", maker)
    with silent_server(ground.port if passed_on else None) as server:
        point_at(maker, f"http://127.0.0.1:{server.server_port}")
        sending = start("record", "--flush", "--profile", maker)
        assert server.reached.wait(60)
        sending.kill()
        sending.wait()
    assert Outbox(maker).counts() == {"outbox": 1, "sent": 0, "refused": 0}

    point_at(maker, ground.url)
    flushed = run_apart("record", "--flush", "--profile", maker, "--json")

    assert [statement["status"] for statement in flushed.json["statements"]] == [status]
    assert Outbox(maker).counts() == {"outbox": 0, "sent": 1, "refused": 0}


def test_killed_anywhere_nothing_that_was_signed_is_lost_or_recorded_twice(ground: Ground, maker: Path) -> None:
    began_s = time.monotonic()
    run_apart("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--profile", maker)
    took_s = time.monotonic() - began_s
    for step in range(6):
        recording = start("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--profile", maker)
        time.sleep(took_s * (0.5 + step / 10))
        recording.kill()
        recording.wait()
    signed = {pending.event.id for pending in Outbox(maker).pending()}

    flushed = run_apart("record", "--flush", "--profile", maker, "--json")

    assert {statement["event_id"] for statement in flushed.json["statements"]} == signed
    assert set(flushed.states) <= {"recorded"}
    counts = Outbox(maker).counts()
    assert (counts["outbox"], counts["refused"]) == (0, 0)
    audited = run_apart("audit", "--database", ground.database, "--trust", ground.trust, "--workers", 0, "--json")
    assert audited.json["ok"]


def test_two_processes_do_not_use_one_outbox_at_a_time(ground: Ground, maker: Path) -> None:
    unit = new_unit()
    point_at(maker, NOWHERE)
    run_apart("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    point_at(maker, ground.url)

    flushing = [start("record", "--flush", "--profile", maker) for _ in range(3)]

    assert [process.wait(60) for process in flushing] == [0, 0, 0]
    assert Outbox(maker).counts() == {"outbox": 0, "sent": 1, "refused": 0}
