"""What came too late is updated and signed again in one step, unless it would say something else by then."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.outbox import Outbox
from cli.profile import open_profile
from ledger.clock import SystemClock
from ledger.domain.payload import unit_key
from ledger.domain.values import format_instant
from ledger.event import Event, parse_event
from tests.cli.ground import NOWHERE, PACK, Ground, Ran, new_unit, point_at, state
from tests.cli.ground import run as run
from tests.cli.test_handover import new_consignment, sign

pytestmark = pytest.mark.slow

HOUR_S = 3600


def ago(seconds: int) -> str:
    return format_instant(SystemClock().now() - seconds)


@dataclass
class TwoPhones:
    """Maker and taker, and a second phone of the taker, which has no connection; two packs are offered to them."""

    ground: Ground
    maker: Path
    taker: Path
    phone: Path
    units: list[str]
    consignment: str

    def accept(self, profile: Path, unit: str, **more: Any) -> Event:
        lines = [{"id": unit, "outcome": "accepted"}]
        about = {"consignment": self.consignment, "basis": "offer", "lines": lines}
        return sign(profile, "consignment.received", **about, **more)

    def flush(self, profile: Path) -> Ran:
        point_at(profile, self.ground.url)
        return run("record", "--flush", "--profile", profile, "--json")

    def again(self, *more: object) -> Ran:
        return run("record", "--again", *more, "--profile", self.phone, "--json")


def answers(profile: Path) -> Mapping[str, Any]:
    """The answers of everything in refused/, by event id."""
    paths = (profile / "refused").glob("*.json")
    return {path.stem.partition("-")[2]: json.loads(path.read_text()) for path in paths}


@pytest.fixture
def phones(ground: Ground, maker: Path, tmp_path: Path) -> TwoPhones:
    taker = ground.new_profile(tmp_path / "taker")
    units, consignment = [new_unit(), new_unit()], new_consignment()
    consignee = open_profile(taker).party
    early = ago(3 * HOUR_S)
    state(maker, "unit.produced", units=units, description=PACK, occurred_at=early)
    offer = {"consignee": consignee, "purpose": "new_product", "units_total": 2, "units": units}
    sign(maker, "consignment.offered", consignment=consignment, occurred_at=early, **offer)
    run("record", "--flush", "--profile", maker)
    run("heads", *units, consignment, "--profile", taker)
    phone = shutil.copytree(taker, tmp_path / "phone")
    point_at(phone, NOWHERE)
    return TwoPhones(ground, maker, taker, phone, units, consignment)


def test_a_conflict_between_two_phones_is_mended_in_one_step_with_all_that_builds_on_it(phones: TwoPhones) -> None:
    first, second = phones.units
    lost = phones.accept(phones.phone, second)
    sign(phones.phone, "unit.placed_on_market", units=[second])
    phones.accept(phones.taker, first)
    assert phones.flush(phones.taker).states == ["recorded"]
    told = phones.flush(phones.phone).json["statements"]
    assert [statement["code"] for statement in told] == ["conflicting-statement", "builds-on-refused"]

    mended = phones.again("--all", "--yes")

    assert (mended.code, mended.states) == (0, ["recorded", "recorded"]), mended.err
    received, placed = (parse_event(path.read_bytes()) for path in sorted((phones.phone / "sent").glob("*.cose")))
    assert (received.payload.restates, placed.payload.restates) == (lost.id, None)
    assert received.payload.id != lost.payload.id
    assert unit_key(second) in {subject.key for subject in placed.payload.extends if subject.prev == received.id}
    assert [answer["again"] for _, answer in sorted(answers(phones.phone).items())] == [
        new for _, new in sorted({told[0]["event_id"]: received.id, told[1]["event_id"]: placed.id}.items())
    ]
    assert Outbox(phones.phone).refused() == []
    assert phones.again("--all", "--yes").json == {"statements": []}


def test_a_stale_statement_keeps_what_it_says_and_when_it_happened(phones: TwoPhones) -> None:
    first, second = phones.units
    late = phones.accept(phones.phone, first, occurred_at=ago(HOUR_S))
    sign(
        phones.maker,
        "consignment.cancelled",
        consignment=phones.consignment,
        units=[second],
        occurred_at=ago(2 * HOUR_S),
    )
    assert phones.flush(phones.maker).states == ["recorded"]
    [told] = phones.flush(phones.phone).json["statements"]
    assert told["code"] == "stale-head"

    mended = phones.again(late.id[:12], "--yes")

    assert mended.states == ["recorded"], mended.err
    assert "meanwhile: consignment.cancelled" in mended.err
    [path] = (phones.phone / "sent").glob("*.cose")
    old, new = json.loads(late.envelope.payload), json.loads(parse_event(path.read_bytes()).envelope.payload)
    assert {name for name in old if old[name] != new[name]} == {"id", "prev"}
    assert "restates" not in new


def test_nothing_is_signed_when_the_person_says_no_or_only_asks(phones: TwoPhones) -> None:
    first, second = phones.units
    phones.accept(phones.phone, first)
    phones.accept(phones.taker, second)
    phones.flush(phones.taker)
    phones.flush(phones.phone)

    assert phones.again("--all", "--dry-run").code == 0
    refused = run("record", "--again", "--all", "--profile", phones.phone)

    assert refused.code == 1
    assert "restates" in refused.out
    assert Outbox(phones.phone).counts() == {"outbox": 0, "sent": 0, "refused": 1}
    assert len(Outbox(phones.phone).refused()) == 1


def test_a_unit_that_has_another_holder_is_not_signed_for_again(phones: TwoPhones) -> None:
    first, second = phones.units
    twin = shutil.copytree(phones.maker, phones.phone.parent / "twin")
    point_at(twin, NOWHERE)
    run("heads", first, "--profile", phones.maker)
    shutil.copy(phones.maker / "heads.json", twin / "heads.json")
    sign(twin, "unit.repaired", units=[first], work="fuse")
    phones.accept(phones.taker, first)
    phones.flush(phones.taker)
    [told] = phones.flush(twin).json["statements"]
    assert told["code"] == "stale-head"

    left = run("record", "--again", "--all", "--yes", "--profile", twin, "--json")

    assert left.code == 1
    assert "has another holder now" in left.err
    assert "Cure:" in left.err
    assert Outbox(twin).counts()["outbox"] == 0
    assert len(Outbox(twin).refused()) == 1
    assert second in phones.units


def test_what_the_other_phone_has_said_already_is_not_said_twice(phones: TwoPhones) -> None:
    first, second = phones.units
    lost = phones.accept(phones.phone, first)
    child = sign(phones.phone, "unit.placed_on_market", units=[first])
    phones.accept(phones.taker, first)
    phones.flush(phones.taker)
    phones.flush(phones.phone)

    left = phones.again("--all", "--yes")

    assert (left.code, left.json["statements"]) == (1, [])
    assert "says the same already" in left.err
    assert f"it builds on {lost.id}, which is not signed again" in left.err
    assert {one.event.id for one in Outbox(phones.phone).refused()} == {lost.id, child.id}
    assert second in phones.units


def test_a_statement_older_than_what_is_newest_takes_its_moment_and_says_so(phones: TwoPhones) -> None:
    first, second = phones.units
    late = phones.accept(phones.phone, first, occurred_at=ago(2 * HOUR_S))
    newest = phones.accept(phones.taker, second, occurred_at=ago(HOUR_S))
    phones.flush(phones.taker)
    phones.flush(phones.phone)

    mended = phones.again(late.id, "--yes")

    assert mended.states == ["recorded"], mended.err
    assert f"occurred_at: {format_instant(late.payload.occurred_at)} is now" in mended.err
    [path] = (phones.phone / "sent").glob("*.cose")
    assert parse_event(path.read_bytes()).payload.occurred_at == newest.payload.occurred_at


def test_a_statement_that_is_days_older_waits_for_the_signer_s_word(phones: TwoPhones) -> None:
    unit = new_unit()
    state(phones.taker, "unit.produced", units=[unit], description=PACK, occurred_at=ago(50 * HOUR_S))
    run("heads", unit, "--profile", phones.taker)
    shutil.copy(phones.taker / "heads.json", phones.phone / "heads.json")
    late = sign(phones.phone, "unit.placed_on_market", units=[unit], occurred_at=ago(40 * HOUR_S))
    state(phones.taker, "unit.repaired", units=[unit], occurred_at=ago(HOUR_S), work="fuse")
    phones.flush(phones.phone)

    left = phones.again(late.id, "--yes")
    assert (left.code, "--set occurred_at=" in left.err) == (1, True), left.err

    moment = ago(HOUR_S // 2)
    mended = phones.again(late.id, "--yes", "--set", f"occurred_at={moment}")
    assert mended.states == ["recorded"], mended.err


def test_what_another_party_signed_is_left_to_it(phones: TwoPhones) -> None:
    first, second = phones.units
    phones.accept(phones.phone, first)
    phones.accept(phones.taker, second)
    phones.flush(phones.taker)
    run("send", *sorted((phones.phone / "outbox").iterdir()), "--profile", phones.maker)

    left = run("record", "--again", "--all", "--yes", "--profile", phones.maker)

    assert left.code == 1
    assert "only who signed it can sign it again" in left.out


def test_what_fits_by_now_is_sent_as_it_is(phones: TwoPhones) -> None:
    unit = new_unit()
    lost = sign(phones.phone, "unit.produced", units=[unit], description=PACK)
    placed = sign(phones.phone, "unit.placed_on_market", units=[unit])
    (phones.phone / "outbox").rename(phones.phone / "kept")
    (phones.phone / "outbox").mkdir()
    kept = sorted((phones.phone / "kept").iterdir())
    with open_profile(phones.phone).outbox() as outbox:
        outbox.settle_refused(outbox.put(kept[1].read_bytes()), {"code": "builds-on-refused", "detail": lost.id})
    point_at(phones.phone, phones.ground.url)
    run("send", kept[0], "--profile", phones.phone)

    mended = phones.again("--all", "--yes")

    assert mended.states == ["recorded"], mended.err
    assert mended.json["statements"][0]["event_id"] == placed.id


def test_a_process_that_died_before_it_noted_what_it_signed_does_not_sign_twice(phones: TwoPhones) -> None:
    first, second = phones.units
    phones.accept(phones.phone, first)
    phones.accept(phones.taker, second)
    phones.flush(phones.taker)
    phones.flush(phones.phone)
    assert phones.again("--all", "--yes").states == ["recorded"]
    [(event_id, answer)] = answers(phones.phone).items()
    note = next((phones.phone / "refused").glob("*.json"))
    note.write_text(json.dumps({name: value for name, value in answer.items() if name != "again"}))
    assert [one.event.id for one in Outbox(phones.phone).refused()] == [event_id]

    assert phones.again("--all", "--yes").json == {"statements": []}

    assert answers(phones.phone)[event_id]["again"] == answer["again"]


def test_wrong_use_of_again_exits_2(maker: Path) -> None:
    assert run("record", "--again", "--profile", maker).code == 2
    assert run("record", "--all", "--profile", maker).code == 2
    assert run("record", "--flush", "--yes", "--profile", maker).code == 2
    assert run("record", "--again", "--flush", "--profile", maker).code == 2
    unknown = run("record", "--again", "ab12", "--profile", maker)
    assert (unknown.code, "0 refused statements begin with ab12" in unknown.err) == (1, True)
