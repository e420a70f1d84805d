"""Hand-overs from profile to profile, without a connection and with one."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.desk import open_desk, own_key
from cli.handover import select_for
from cli.outbox import Outbox
from cli.profile import open_profile
from ledger.domain.payload import act_key, unit_key
from ledger.domain.values import format_opaque_id
from ledger.event import Event, parse_event, sign_event
from ledger.handover import HANDOVER_BYTES_MAX, format_handover, join_frames, parse_frame, parse_handover
from ledger.keys import SigningKey
from ledger.statement import sign_statement
from tests.cli.ground import NOWHERE, PACK, Ground, new_unit, point_at
from tests.cli.ground import run as run

pytestmark = pytest.mark.slow


def sign(profile: Path, kind: str, **members: Any) -> Event:
    """State something in this process; it stays in the outbox."""
    opened = open_profile(profile)
    with open_desk(opened, None) as desk, opened.outbox() as outbox:
        if kind == "consignment.offered":
            desk.fresh.add(act_key(members["consignment"]))
        return outbox.put(sign_event(own_key(opened, None), desk.compose(outbox, kind, members))).event


def ids_in(profile: Path, folder: str = "outbox") -> list[str]:
    return [path.stem.partition("-")[2] for path in sorted((profile / folder).glob("*.cose"))]


def new_consignment() -> str:
    return format_opaque_id("con", SigningKey.generate().public.spki[-16:])


@dataclass
class Gate:
    """A giver and a taker at a gate without a connection; the giver has offered one pack."""

    ground: Ground
    giver: Path
    taker: Path
    unit: str
    consignment: str
    file: Path

    @property
    def offer(self) -> dict[str, Any]:
        return {
            "consignment": self.consignment,
            "consignee": open_profile(self.taker).party,
            "purpose": "new_product",
            "units": [self.unit],
            "units_total": 1,
        }

    def reception(self) -> Event:
        lines = [{"id": self.unit, "outcome": "accepted"}]
        return sign(self.taker, "consignment.received", consignment=self.consignment, basis="offer", lines=lines)

    def pack(self) -> None:
        packed = run("handover", "pack", self.file, "--profile", self.giver)
        assert packed.code == 0, packed.err

    def take(self, *more: object) -> Any:
        return run("handover", "take", self.file, "--profile", self.taker, "--json", *more)

    def connect(self, profile: Path) -> None:
        point_at(profile, self.ground.url)


@pytest.fixture
def gate(ground: Ground, maker: Path, tmp_path: Path) -> Gate:
    gate = Gate(
        ground, maker, ground.new_profile(tmp_path / "taker"), new_unit(), new_consignment(), tmp_path / "to.bitacora"
    )
    point_at(gate.giver, NOWHERE)
    point_at(gate.taker, NOWHERE)
    sign(gate.giver, "unit.produced", units=[gate.unit], description=PACK)
    sign(gate.giver, "consignment.offered", **gate.offer)
    gate.pack()
    return gate


def test_what_is_taken_is_sent_before_what_builds_on_it_and_the_giver_gets_the_same_answer(gate: Gate) -> None:
    taken = gate.take()
    assert (taken.code, len(taken.json["statements"])) == (0, 2), taken.err
    received = gate.reception()
    assert ids_in(gate.taker) == [*ids_in(gate.giver), received.id]

    gate.connect(gate.taker)
    sent = run("record", "--flush", "--profile", gate.taker, "--json")
    assert sent.states == ["recorded"] * 3
    gate.connect(gate.giver)
    again = run("record", "--flush", "--profile", gate.giver, "--json")
    assert [statement["status"] for statement in again.json["statements"]] == [200, 200]
    first, second = (statement["index"] for statement in again.json["statements"])
    assert [statement["index"] for statement in sent.json["statements"]][:2] == [first, second]


def test_the_file_may_be_uploaded_by_anybody_as_it_is(gate: Gate) -> None:
    opened = open_profile(gate.taker)
    gate.connect(gate.taker)
    with open_desk(open_profile(gate.taker), None) as desk:
        assert desk.server is not None
        body = desk.server.tell("POST", "v1/events", gate.file.read_bytes(), "application/cbor-seq")

    assert [result["status"] for result in json.loads(body)["results"]] == [201, 201]
    assert opened.party != open_profile(gate.giver).party


def test_a_reception_that_arrives_before_its_offer_waits_and_is_told_later(gate: Gate) -> None:
    gate.take()
    received = gate.reception()
    for event_id in ids_in(gate.giver):
        next((gate.taker / "outbox").glob(f"*-{event_id}.cose")).unlink()
    gate.connect(gate.taker)
    gate.connect(gate.giver)

    waiting = run("record", "--flush", "--profile", gate.taker, "--json")
    assert waiting.states == ["waiting"]
    assert run("record", "--flush", "--profile", gate.giver, "--json").states == ["recorded", "recorded"]
    answered = run("record", "--flush", "--profile", gate.taker, "--json").json["statements"][0]
    assert (answered["state"], answered["status"], answered["event_id"]) == ("recorded", 200, received.id)


def test_what_is_taken_late_is_still_sent_before_what_builds_on_it(gate: Gate) -> None:
    gate.take()
    received = gate.reception()
    kept = [path.read_bytes() for path in sorted((gate.taker / "outbox").glob("*.cose"))]
    shutil.rmtree(gate.taker / "outbox")
    with open_profile(gate.taker).outbox() as outbox:
        outbox.put(kept[2])
    gate.take()
    assert ids_in(gate.taker)[0] == received.id
    gate.connect(gate.taker)

    sent = run("record", "--flush", "--profile", gate.taker, "--json")

    assert [statement["status"] for statement in sent.json["statements"]] == [201, 201, 201]


def test_a_signature_is_verified_offline_with_keys_that_were_learnt_before(gate: Gate) -> None:
    blind = gate.take().json["statements"]
    assert [one["verified"] for one in blind] == [False, False]
    assert "could not be verified" in blind[0]["remarks"][0]

    giver = open_profile(gate.giver).party
    gate.connect(gate.taker)
    assert run("handover", "keys", giver, "--profile", gate.taker, "--json").json[giver]["keys"] != []
    point_at(gate.taker, NOWHERE)
    seen = gate.take().json["statements"]
    assert [(one["verified"], one["remarks"]) for one in seen] == [(True, []), (True, [])]


def test_a_signature_is_verified_offline_with_the_giver_s_evidence_file(gate: Gate) -> None:
    gate.connect(gate.giver)
    run("record", "--flush", "--wait", "--profile", gate.giver)
    [evidence, _] = sorted((gate.giver / "sent").glob("*.evidence.json"))
    point_at(gate.giver, NOWHERE)
    sign(gate.giver, "consignment.cancelled", consignment=gate.consignment, units=[gate.unit])
    gate.pack()

    [taken] = gate.take("--evidence", evidence).json["statements"]

    assert taken["verified"] is True
    assert any("not known here" in remark for remark in taken["remarks"])


def test_a_signature_of_another_key_is_refused_and_nothing_is_taken(gate: Gate) -> None:
    giver = open_profile(gate.giver)
    gate.connect(gate.taker)
    first = parse_handover(gate.file.read_bytes())[0]
    envelope = first.envelope
    forger = sign_statement(SigningKey.generate(), iss=giver.party, sub=envelope.sub, payload=envelope.payload)
    forged = envelope.raw[:-64] + forger[-64:]
    assert parse_event(forged).id == first.id
    gate.file.write_bytes(forged)
    refused = gate.take()
    assert (refused.code, "signature-invalid" in refused.err) == (1, True), refused.err

    gate.file.write_bytes(forger)
    unknown = gate.take()
    assert (unknown.code, "key-unknown" in unknown.err) == (1, True), unknown.err
    assert ids_in(gate.taker) == []


def test_a_hand_over_of_another_ledger_is_refused_once_the_ledger_can_be_asked(gate: Gate) -> None:
    stranger = SigningKey.generate()
    members = {
        "v": 1,
        "id": "019caa57-b280-7101-8101-010101010101",
        "occurred_at": "2026-03-01T17:00:00Z",
        "party": format_opaque_id("pty", b"\7" * 16),
        "kind": "unit.produced",
        "units": [{"id": gate.unit, "prev": None}],
        "description": PACK,
    }
    gate.file.write_bytes(sign_event(stranger, members))
    gate.connect(gate.taker)

    refused = gate.take()

    assert (refused.code, "meant for another one" in refused.err) == (1, True), refused.err
    assert ids_in(gate.taker) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7\n%", "not a file of a hand-over"),
        (b"", "nothing in it"),
        (bytes(HANDOVER_BYTES_MAX + 1), "at most 262144 bytes"),
    ],
)
def test_a_file_that_is_no_hand_over_is_refused_with_the_reason(
    maker: Path, tmp_path: Path, data: bytes, reason: str
) -> None:
    file = tmp_path / "file.bitacora"
    file.write_bytes(data)

    refused = run("handover", "take", file, "--profile", maker)

    assert (refused.code, reason in refused.err) == (1, True), refused.err


def test_a_damaged_file_is_refused_whole(gate: Gate) -> None:
    data = bytearray(gate.file.read_bytes())
    data[-200] ^= 1
    gate.file.write_bytes(data[:-1])

    refused = gate.take()

    assert (refused.code, "handover-invalid" in refused.err) == (1, True), refused.err
    assert ids_in(gate.taker) == []


def test_a_giver_that_signed_two_things_on_the_same_event_is_noticed_at_the_gate(gate: Gate, tmp_path: Path) -> None:
    twin = shutil.copytree(gate.giver, tmp_path / "twin")
    for event_id in ids_in(twin)[1:]:
        next((twin / "outbox").glob(f"*-{event_id}.cose")).unlink()
    sign(twin, "unit.placed_on_market", units=[gate.unit])
    gate.take()
    run("handover", "pack", gate.file, "--profile", twin)

    taken = gate.take().json["statements"]

    assert any("signed another statement" in remark for remark in taken[1]["remarks"])
    gate.connect(gate.taker)
    flushed = run("record", "--flush", "--profile", gate.taker, "--json")
    assert (flushed.code, flushed.states) == (1, ["recorded", "recorded", "refused"])
    assert len(flushed.json["statements"][2]["conflict"]) == 64


def test_what_is_about_one_consignment_takes_along_what_it_builds_on_and_no_more(maker: Path) -> None:
    point_at(maker, NOWHERE)
    one, other, consignee = new_unit(), new_unit(), format_opaque_id("pty", b"\7" * 16)
    produced = sign(maker, "unit.produced", units=[one, other], description=PACK)
    elsewhere = sign(maker, "unit.placed_on_market", units=[other])
    offer = {"consignee": consignee, "purpose": "new_product", "units_total": 1}
    offered = sign(maker, "consignment.offered", consignment=new_consignment(), units=[one], **offer)
    events = [pending.event for pending in Outbox(maker).pending()]

    assert events == [produced, elsewhere, offered]
    consignment = act_key(offered.payload.main_subject())
    assert select_for(events, [consignment]) == [produced, offered]
    assert select_for(events, [unit_key(other)]) == [produced, elsewhere]
    assert select_for(events, [act_key(new_consignment())]) == []


def test_the_frames_of_a_file_give_the_file(gate: Gate) -> None:
    shown = run("handover", "frames", gate.file)

    assert shown.code == 0, shown.err
    assert join_frames(parse_frame(text) for text in shown.out.splitlines()) == gate.file.read_bytes()


def test_nothing_unsent_is_nothing_to_hand_over(maker: Path, tmp_path: Path) -> None:
    refused = run("handover", "pack", tmp_path / "empty.bitacora", "--profile", maker)

    assert (refused.code, "nothing unsent" in refused.err) == (1, True)
    assert not (tmp_path / "empty.bitacora").exists()


def test_a_wiped_device_gets_its_own_statements_back_from_the_other_party(gate: Gate, tmp_path: Path) -> None:
    gate.take()
    lost = ids_in(gate.giver)
    shutil.rmtree(gate.giver / "outbox")
    back = tmp_path / "back.bitacora"
    assert run("handover", "pack", back, "--profile", gate.taker).code == 0

    restored = run("handover", "take", back, "--profile", gate.giver, "--json")

    assert [one["verified"] for one in restored.json["statements"]] == [True, True]
    assert ids_in(gate.giver) == lost
    assert format_handover([pending.event for pending in Outbox(gate.giver).pending()]) == back.read_bytes()


def test_taking_and_sending_in_one_step_says_what_became_of_each(gate: Gate) -> None:
    gate.connect(gate.taker)

    sent = gate.take("--send")

    assert (sent.code, sent.states) == (0, ["recorded", "recorded"])
    assert "2 statements taken" in sent.err
    assert gate.take("--send").states == ["recorded", "recorded"]
