"""Particulars: each party says its own part of the papers, in its own role, and no more than fits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from compliance.particulars import PARTICULARS_BYTES_MAX, Particulars, Role, check_particulars, roles_in
from ledger.errors import DepositInvalid

ACT: dict[str, Any] = {"consignor": "pty_a", "carriers": ["pty_b", "pty_a"], "consignee": "pty_c"}
ADDRESS = {
    "street": "Av. Constitución",
    "exterior": "101",
    "interior": "B",
    "neighbourhood": "Centro",
    "municipality": "Monterrey",
    "state": "Nuevo León",
    "postcode": "64000",
}
WHOLE: dict[str, Any] = {
    "name": "Ana Ñúñez",
    "rfc": "XAXX010101000",
    "address": ADDRESS,
    "phone": "+52 81 8000 0000",
    "email": "ana@taller.example",
    "giving": {
        "registration": "TDE1903900001",
        "responsible": "Ana Ñúñez",
        "instructions": "No apilar.",
        "emergency_phone": "800 00 41 300",
        "extinguishing_agent": "Agua nebulizada",
        "package": "crate",
        "package_capacity": "600 kg",
        "process": "Desmontaje",
        "next_step": "Reciclaje",
        "register_responsible": "Luis Peña",
    },
    "carrying": {
        "permit_type": "TPAF03",
        "permit": "0617DIVR03082011230301001",
        "vehicle": "Camión de dos ejes",
        "vehicle_code": "C2",
        "vehicle_year": 2024,
        "gross_mass_kg": 14_000,
        "plate": "AB-1234-C",
        "trailers": ["XY-9876"],
        "driver": "José Ibáñez",
        "driver_permit": "LFD00012345",
        "route": "Monterrey - Saltillo por la 40D",
        "policies": [{"covers": "environment", "insurer": "Seguros Demo", "number": "P-1", "to_on": "2027-01-01"}],
    },
    "receiving": {"person": "Eva Güemes", "post": "Jefa de patio"},
}


def test_what_was_said_is_read_back_as_it_was() -> None:
    said = Particulars.model_validate(WHOLE)

    assert json.loads(said.model_dump_json(exclude_none=True)) == WHOLE
    assert Particulars.model_validate_json(said.model_dump_json(exclude_none=True)) == said
    assert Particulars.model_validate({}) == Particulars()


@pytest.mark.parametrize(
    "members",
    [
        {"note": "x"},
        {"name": ""},
        {"name": " Ana"},
        {"name": "Ana\nNúñez"},
        {"name": "A" * 161},
        {"name": 1},
        {"rfc": "ana"},
        {"phone": "llame a Ana"},
        {"email": "ana"},
        {"address": {**ADDRESS, "postcode": "x"}},
        {"address": {"street": "Centro"}},
        {"giving": {"instructions": "x" * 1001}},
        {"giving": {"package": "barrel"}},
        {"carrying": {"plate": "P" * 41}},
        {"carrying": {"permit_type": "03"}},
        {"carrying": {"vehicle_year": "2024"}},
        {"carrying": {"trailers": ["a", "b", "c"]}},
        {"carrying": {"policies": [{"covers": "life", "insurer": "S", "number": "1"}]}},
    ],
)
def test_what_no_paper_has_room_for_is_not_taken(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Particulars.model_validate(members)


def test_a_party_has_the_roles_that_the_consignment_gives_it() -> None:
    assert roles_in(ACT, "pty_a") == {"consignor", "carrier"}
    assert roles_in(ACT, "pty_c") == {"consignee"}
    assert roles_in({**ACT, "consignor": None}, "pty_x") == set()


@pytest.mark.parametrize(
    ("part", "own"), [("giving", "consignor"), ("carrying", "carrier"), ("receiving", "consignee")]
)
def test_a_party_speaks_only_in_its_own_roles(part: str, own: Role) -> None:
    said = Particulars.model_validate({part: WHOLE[part]})
    every: frozenset[Role] = frozenset({"consignor", "carrier", "consignee"})

    check_particulars(said, frozenset({own}))
    with pytest.raises(DepositInvalid):
        check_particulars(said, every - {own})


def test_a_part_is_at_most_so_long() -> None:
    policy = {"covers": "cargo", "insurer": "😀" * 160, "number": "😀" * 40}
    spoken = {"giving": {"instructions": "😀" * 1000}, "carrying": {"policies": [policy] * 8, "route": "😀" * 1000}}
    fits = Particulars.model_validate({"carrying": spoken["carrying"]})
    too_long = Particulars.model_validate({**spoken, "address": {**ADDRESS, "street": "😀" * 160}})

    check_particulars(fits, frozenset({"consignor", "carrier"}))
    with pytest.raises(DepositInvalid) as refused:
        check_particulars(too_long, frozenset({"consignor", "carrier"}))
    assert refused.value.facts == {"limit_bytes": PARTICULARS_BYTES_MAX}
