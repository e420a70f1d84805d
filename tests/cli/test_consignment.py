"""`bitacora consignment`: what must be signed, and one ceremony for many consignments."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from cli.profile import create_profile, open_profile
from ledger.domain.values import format_base64url, format_opaque_id
from ledger.keys import SigningKey
from tests.cli.ground import NOWHERE, PACK, Ground, Ran, new_unit, point_at, run, state

pytestmark = pytest.mark.slow


@pytest.fixture
def carrier(ground: Ground, tmp_path: Path) -> Path:
    return ground.new_profile(tmp_path / "carrier", roles=("custody", "admin"))


@pytest.fixture
def centre(ground: Ground, tmp_path: Path) -> Path:
    return ground.new_profile(tmp_path / "centre", roles=("custody", "admin"))


def offer(maker: Path, carrier: Path | None, centre: Path, count: int = 2, **more: Any) -> tuple[str, list[str]]:
    con, units = format_opaque_id("con", secrets.token_bytes(16)), [new_unit() for _ in range(count)]
    state(maker, "unit.produced", units=units, description=PACK)
    terms = {"consignee": open_profile(centre).party, "purpose": "new_product", "units_total": count}
    carriers = [] if carrier is None else [open_profile(carrier).party]
    members = {"consignment": con, "prev": None, "units": units, "carriers": carriers, **terms, **more}
    state(maker, "consignment.offered", **members)
    return con, units


def ask(profile: Path, *words: object) -> Any:
    ran = run("consignment", *words, "--profile", profile, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def queue(profile: Path) -> list[tuple[str, str, int]]:
    return [(row["consignment"], row["act"], row["units"]) for row in ask(profile, "queue")["queue"]]


def sign(profile: Path, *words: object) -> Ran:
    return run("consignment", "sign", *words, "--profile", profile, "--json")


def test_one_ceremony_signs_for_many_consignments(maker: Path, carrier: Path, centre: Path) -> None:
    cons = [offer(maker, carrier, centre)[0] for _ in range(3)]
    assert queue(carrier) == [(con, "pick_up", 2) for con in sorted(cons, key=_order(carrier))]

    signed = sign(carrier, "--all", "--yes")

    assert (signed.code, signed.states) == (0, ["recorded"] * 3)
    assert {act for _, act, _ in queue(carrier)} == {"deliver"}
    received = sign(centre, "--all", "--yes")
    assert received.states == ["recorded"] * 3
    assert queue(centre) == []
    listed = ask(centre, "list", "--stage", "closed")["consignments"]
    assert {row["consignment"] for row in listed} == set(cons)


def _order(profile: Path) -> Any:
    told = [con for con, _, _ in queue(profile)]
    return told.index


def test_only_the_consignments_that_were_named_are_signed(maker: Path, carrier: Path, centre: Path) -> None:
    first, second = (offer(maker, carrier, centre)[0] for _ in range(2))

    signed = sign(carrier, second, "--yes")

    assert signed.states == ["recorded"]
    assert {(con, act) for con, act, _ in queue(carrier)} == {(first, "pick_up"), (second, "deliver")}


def test_nothing_is_signed_that_was_not_confirmed(maker: Path, carrier: Path, centre: Path) -> None:
    con, _ = offer(maker, carrier, centre)

    asked = run("consignment", "sign", "--all", "--profile", carrier, stdin="n\n")

    assert asked.code == 1
    assert f"{con} recoger: 2" in asked.err
    assert queue(carrier) == [(con, "pick_up", 2)]
    with open_profile(carrier).outbox() as outbox:
        assert outbox.counts() == {"outbox": 0, "sent": 0, "refused": 0}


def test_a_consignment_of_more_units_than_a_statement_names_is_signed_in_parts(maker: Path, centre: Path) -> None:
    con, _ = offer(maker, None, centre, 3)
    more = [new_unit() for _ in range(256)]
    assert queue(centre) == [(con, "receive", 3)]
    state(maker, "unit.produced", units=more, description=PACK)
    big = format_opaque_id("con", secrets.token_bytes(16))
    terms = {"consignee": open_profile(centre).party, "purpose": "new_product", "units_total": 258, "carriers": []}
    state(maker, "consignment.offered", consignment=big, prev=None, units=more, **terms)
    last = [new_unit() for _ in range(2)]
    state(maker, "unit.produced", units=last, description=PACK)
    state(maker, "consignment.offered", consignment=big, units=last, **terms)

    signed = sign(centre, big, "--yes")

    assert signed.states == ["recorded"] * 2
    assert len(ask(centre, "show", big)["lines"]) == 258
    assert ask(centre, "show", big)["stage"] == "closed"


def test_each_statement_gets_its_own_answer(maker: Path, carrier: Path, centre: Path) -> None:
    first, _ = offer(maker, carrier, centre)
    second, units = offer(maker, carrier, centre)
    state(maker, "unit.stolen", units=units)

    signed = sign(carrier, "--all", "--yes")

    assert signed.code == 1
    assert sorted(signed.states) == ["recorded", "refused"]
    assert {(con, act) for con, act, _ in queue(carrier)} == {(first, "deliver"), (second, "pick_up")}


def test_what_only_the_signer_knows_is_left_for_it_to_state(maker: Path, carrier: Path, centre: Path) -> None:
    con, units = offer(maker, carrier, centre)
    state(carrier, "consignment.picked_up", consignment=con, units=units)
    lines = [{"id": unit, "outcome": "missing"} for unit in units]
    state(centre, "consignment.received", consignment=con, basis="offer", lines=lines)

    signed = sign(centre, "--all", "--yes")

    assert (signed.code, signed.json["statements"]) == (0, [])
    assert f"{con} resolver diferencias" in signed.err
    assert "bitacora record discrepancy.resolved" in signed.err
    assert sign(maker, con, "--act", "take_back", "--yes").states == ["recorded"]


def test_a_delegate_signs_for_the_party_that_it_acts_for(
    ground: Ground, maker: Path, carrier: Path, centre: Path, tmp_path: Path
) -> None:
    con, _ = offer(maker, None, centre)
    represented, key = open_profile(centre).party, SigningKey.generate()
    trust = ground.trust.read_bytes()
    folder = tmp_path / "delegate"
    made = create_profile(folder, key, None, party=represented, site=None, server=ground.url, trust=trust)
    spki = format_base64url(key.public.spki)
    enrolled = {"enrolled_for": represented, "kid": made.kid, "spki": spki, "key_roles": ["custody"]}
    state(centre, "key.enrolled", **enrolled, acts=open_profile(carrier).party)

    assert queue(folder) == [(con, "receive", 2)]
    assert sign(folder, "--all", "--yes").states == ["recorded"]
    assert ask(centre, "show", con)["stage"] == "closed"


def test_an_encrypted_key_is_opened_once(ground: Ground, maker: Path, centre: Path, tmp_path: Path) -> None:
    cons = [offer(maker, None, centre)[0] for _ in range(2)]
    party, key = open_profile(centre).party, SigningKey.generate()
    folder = tmp_path / "locked"
    trust = ground.trust.read_bytes()
    made = create_profile(folder, key, b"secret", party=party, site=None, server=ground.url, trust=trust)
    spki = format_base64url(key.public.spki)
    state(centre, "key.enrolled", enrolled_for=party, kid=made.kid, spki=spki, key_roles=["custody"])

    signed = run("consignment", "sign", *cons, "--yes", "--profile", folder, "--json", stdin="secret\n")

    assert signed.states == ["recorded"] * 2
    assert signed.err.count("Passphrase of") == 1


def test_a_load_is_told_to_people_too(maker: Path, carrier: Path, centre: Path) -> None:
    con, units = offer(maker, carrier, centre)

    told = run("consignment", "show", con, "--profile", carrier)

    assert told.code == 0
    assert "Fabricante Demo, S.A. de C.V. → Fabricante Demo, S.A. de C.V." in told.out
    assert "consignment.offered" in told.out
    assert "firmado con llave propia" in told.out
    assert all(unit in told.out for unit in units)
    assert "→ recoger 2" in told.out
    assert con in run("consignment", "list", "--must-sign", "--profile", carrier).out
    assert f"{con} recoger 2" in run("consignment", "queue", "--profile", carrier).out
    nothing = run("consignment", "queue", "--profile", centre)
    assert nothing.out.strip() == "No hay nada que firmar.", nothing.err


def test_without_a_name_or_all_it_is_wrong_use(maker: Path) -> None:
    assert sign(maker).code == 2
    assert sign(maker, "con_x", "--all").code == 2
    assert sign(maker, "--all", "--act", "deliver").code == 2


def test_without_a_connection_nobody_knows_the_queue(maker: Path) -> None:
    point_at(maker, NOWHERE)

    ran = sign(maker, "--all", "--yes")

    assert ran.code == 1
    assert json.dumps(NOWHERE)[1:-1] in ran.err
