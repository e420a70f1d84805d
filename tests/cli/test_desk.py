"""A desk believes only what it can check: the ledger's history, and answers about what it sent."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cli.outbox import Outbox
from cli.profile import open_profile
from ledger.errors import Corruption
from ledger.event import parse_event
from ledger.home import open_home
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import format_note
from ledger.log.signature import sign_checkpoint
from tests.cli.ground import NOWHERE, ORIGIN, PACK, Ground, new_unit, point_at, run_apart, state

pytestmark = pytest.mark.slow


def test_a_statement_carries_the_newest_checkpoint_that_was_verified(maker: Path) -> None:
    profile = open_profile(maker)
    trust = profile.find_trust()
    assert trust is not None
    state(maker, "unit.produced", units=[new_unit()], description=PACK)
    first = profile.find_anchor(trust)
    state(maker, "unit.produced", units=[new_unit()], description=PACK)
    second = profile.find_anchor(trust)

    assert first is not None
    assert second is not None
    assert 0 < first[0].size <= second[0].size
    statements = (parse_event(path.read_bytes()) for path in sorted((maker / "sent").iterdir()))
    assert [event.payload.seen for event in statements] == [first[1].seen, second[1].seen]


def test_nothing_is_signed_for_a_ledger_that_shows_another_history(ground: Ground, maker: Path) -> None:
    signers = open_home(ground.folder / "home").read_checkpoint_keys().note_signers
    held = sign_checkpoint(Checkpoint(ORIGIN, 2, b"\1" * 32), signers, 0)
    open_profile(maker).keep_anchor(format_note(held), 0)

    with pytest.raises(Corruption, match="does not show"):
        state(maker, "unit.produced", units=[new_unit()], description=PACK)

    assert Outbox(maker).counts() == {"outbox": 0, "sent": 0, "refused": 0}
    assert (maker / "fork.note").exists()
    assert json.loads((maker / "anchor.json").read_text())["size"] == 2


def test_an_anchor_that_the_ledger_never_signed_is_not_believed(ground: Ground, maker: Path) -> None:
    anchor = maker / "anchor.json"
    state(maker, "unit.produced", units=[new_unit()], description=PACK)
    members = json.loads(anchor.read_text())
    anchor.write_text(json.dumps({**members, "note": members["note"].replace(ORIGIN, "demo.bitacora.mx/other")}))
    point_at(maker, NOWHERE)

    profile = open_profile(maker)
    trust = profile.find_trust()

    assert trust is not None
    assert trust.origin == json.loads(ground.trust.read_text())["origin"]
    assert profile.find_anchor(trust) is None


class _YesToEverything(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_portal_that_says_yes_to_everything_is_no_ledger(ground: Ground, maker: Path) -> None:
    point_at(maker, NOWHERE)
    run_apart(
        "record",
        "unit.produced",
        "--file",
        "-",
        "--profile",
        maker,
        stdin=json.dumps({"units": [new_unit()], "description": PACK}),
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), _YesToEverything) as portal:
        Thread(target=portal.serve_forever, daemon=True).start()
        point_at(maker, f"http://127.0.0.1:{portal.server_port}")
        flushed = run_apart("record", "--flush", "--profile", maker, "--json")
        portal.shutdown()

    assert (flushed.code, flushed.states) == (0, ["queued"])
    point_at(maker, ground.url)
    assert run_apart("record", "--flush", "--profile", maker, "--json").states == ["recorded"]


def test_a_giver_hands_its_unsent_statements_over_and_the_taker_sends_them(
    ground: Ground, maker: Path, tmp_path: Path
) -> None:
    unit = new_unit()
    point_at(maker, NOWHERE)
    run_apart(
        "record",
        "unit.produced",
        "--file",
        "-",
        "--profile",
        maker,
        stdin=json.dumps({"units": [unit], "description": PACK}),
    )
    run_apart("record", "unit.placed_on_market", "--unit", unit, "--profile", maker)
    taker = ground.new_profile(tmp_path / "taker")

    sent = run_apart("send", *sorted((maker / "outbox").iterdir()), "--profile", taker, "--json")

    assert (sent.code, sent.states) == (0, ["recorded", "recorded"])
    point_at(maker, ground.url)
    again = run_apart("record", "--flush", "--profile", maker, "--json")
    assert [statement["status"] for statement in again.json["statements"]] == [200, 200]
