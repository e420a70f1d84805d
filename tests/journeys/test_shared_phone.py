"""Journey 2: three people share a phone at a gate without signal; it is wiped before anything was sent."""

from __future__ import annotations

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cli.desk import open_desk
from cli.drafts import ask
from cli.outbox import Outbox
from cli.profile import create_profile, open_profile
from ledger.domain.custody import ConsignmentReceived
from ledger.domain.values import format_base64url, format_opaque_id
from ledger.event import parse_event
from ledger.keys import SigningKey, write_key_file
from tests.cli.ground import NOWHERE, PACK, Ground, free_port, new_unit, point_at, state
from tests.cli.ground import run as run_apart

PACKS = 40
REFUSED = 2


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    settings = {"BITACORA_TOKENS_PER_MINUTE": "6000"}
    ground = Ground(tmp_path_factory.mktemp("gate"), free_port(), settings)
    begun = ground.begin()
    assert begun.code == 0, begun.err
    with ground.served():
        yield ground


def enrol(ground: Ground, party: str, key: SigningKey) -> SigningKey:
    """A key of one of the party's people."""
    about = {"enrolled_for": party, "kid": key.public.kid.hex(), "spki": format_base64url(key.public.spki)}
    person = format_opaque_id("per", secrets.token_bytes(16))
    state(ground.operator, "key.enrolled", **about, key_roles=["custody"], person=person)
    return key


def record(profile: Path, kind: str, *more: object, **members: Any) -> Any:
    stated = [part for name, value in members.items() for part in ("--set", f"{name}={json.dumps(value)}")]
    ran = run_apart("record", kind, *stated, *more, "--profile", profile, "--json")
    assert ran.code == 0, ran.err
    return ran.json["statements"][-1]


def hand_over(giver: Path, file: Path, *takers: Path) -> None:
    assert run_apart("handover", "pack", file, "--profile", giver).code == 0
    for taker in takers:
        taken = run_apart("handover", "take", file, "--profile", taker, "--json")
        assert taken.code == 0, taken.err
        assert all(one["verified"] for one in taken.json["statements"]), taken.out


def states(profile: Path, units: list[str]) -> list[Any]:
    """What the ledger shows to this party of its units."""
    with open_desk(open_profile(profile), None) as desk:
        return [ask(desk, f"v1/units/{quote(unit, safe='')}")["state"] for unit in units]


def lines_in(profile: Path) -> Counter[str]:
    """The outcomes of all lines that this profile has sent."""
    payloads = [parse_event(path.read_bytes()).payload for path in (profile / "sent").glob("*.cose")]
    receptions = [payload for payload in payloads if isinstance(payload, ConsignmentReceived)]
    return Counter(line.outcome for payload in receptions for line in payload.lines)


@pytest.mark.slow
@pytest.mark.parametrize("restored_from", ["its export", "the carrier"])
def test_forty_lines_of_three_people_survive_a_wiped_phone(ground: Ground, tmp_path: Path, restored_from: str) -> None:
    workshop, carrier, phone = (ground.new_profile(tmp_path / name) for name in ("workshop", "carrier", "phone"))
    parties = {name: open_profile(tmp_path / name).party for name in ("workshop", "carrier", "phone")}
    people = [enrol(ground, parties["phone"], SigningKey.generate()) for _ in range(2)]
    for number, key in enumerate(people):
        write_key_file(tmp_path / f"person-{number}.pem", key, None)
    packs = [new_unit() for _ in range(PACKS)]
    state(workshop, "unit.produced", units=packs, description=PACK)
    for profile in (workshop, carrier, phone):
        assert run_apart("handover", "keys", *parties.values(), "--profile", profile).code == 0
        point_at(profile, NOWHERE)

    # No signal from here on: the offer goes from device to device, and so does what the carrier signs.
    offer = {"consignee": parties["phone"], "carriers": [parties["carrier"]], "purpose": "new_product"}
    record(workshop, "consignment.offered", "--set", "consignment=@con", units=packs, units_total=PACKS, **offer)
    [offered] = (pending.event for pending in Outbox(workshop).pending())
    consignment = offered.payload.main_subject()
    hand_over(workshop, tmp_path / "offer.bitacora", carrier)
    record(carrier, "consignment.picked_up", consignment=consignment, units=packs)
    hand_over(carrier, tmp_path / "load.bitacora", phone)

    # Three people, one queue: the phone's own key and two more.
    shares = (packs[:20], packs[20 : PACKS - REFUSED], packs[PACKS - REFUSED :])
    signers: list[list[object]] = [[], *(["--key", tmp_path / f"person-{number}.pem"] for number in range(2))]
    for share, signer in zip(shares, signers, strict=True):
        judged = {"outcome": "refused", "reason": "damaged"} if len(share) == REFUSED else {"outcome": "accepted"}
        lines = [{"id": pack, **judged} for pack in share]
        record(phone, "consignment.received", *signer, consignment=consignment, basis="offer", lines=lines)
    receptions = [pending.event for pending in Outbox(phone).pending() if pending.event.party == parties["phone"]]
    assert len({event.kid for event in receptions}) == 3

    export, back = tmp_path / "export.bitacora", tmp_path / "back.bitacora"
    hand_over(phone, export, carrier)
    assert run_apart("handover", "pack", back, "--profile", carrier).code == 0
    assert back.read_bytes() == export.read_bytes()
    shutil.rmtree(phone)

    new_phone = new_device(ground, tmp_path / "new-phone", parties["phone"])
    taken = run_apart(
        "handover", "take", export if restored_from == "its export" else back, "--profile", new_phone, "--json"
    )
    assert [one["verified"] for one in taken.json["statements"]] == [True] * 5, taken.err
    sent = run_apart("record", "--flush", "--profile", new_phone, "--json")
    assert sent.states == ["recorded"] * 5, sent.err
    point_at(carrier, ground.url)
    again = run_apart("record", "--flush", "--profile", carrier, "--json")
    assert [one["status"] for one in again.json["statements"]] == [200] * 5

    assert lines_in(new_phone) == {"accepted": PACKS - REFUSED, "refused": REFUSED}
    held = states(new_phone, packs[: PACKS - REFUSED])
    assert {value["holder"] for value in held} == {parties["phone"]}
    on_the_way = states(carrier, packs[PACKS - REFUSED :])
    assert {(value["holder"], value["line"]) for value in on_the_way} == {(parties["carrier"], "refused")}

    point_at(workshop, ground.url)
    assert run_apart("record", "--flush", "--profile", workshop, "--json").states == ["recorded"]
    record(workshop, "consignment.returned", consignment=consignment, units=packs[PACKS - REFUSED :])
    returned = states(workshop, packs[PACKS - REFUSED :])
    assert {value["holder"] for value in returned} == {parties["workshop"]}
    assert not any("consignment" in value for value in (*held, *returned))


def new_device(ground: Ground, folder: Path, party: str) -> Path:
    """A profile of the party on another device, with a key of its own."""
    key = enrol(ground, party, SigningKey.generate())
    create_profile(folder, key, None, party=party, site=None, server=ground.url, trust=ground.trust.read_bytes())
    return folder
