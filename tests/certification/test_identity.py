"""The spelling of RFC, CURP, EPA ID and LEI, and of a foreign identity."""

from __future__ import annotations

from typing import Any

import pytest

from certification.foreign import (
    ForeignIdentity,
    check_epa_id,
    check_lei,
    format_foreign_identity,
    parse_foreign_identity,
)
from certification.identity import IdentityMalformed, check_curp, check_rfc, curp_check_digit, kind_of_rfc

LEI = "5493001KJTIIGC8Y1R12"
BUYER = {"scheme": "foreign/v1", "name": "Metal Works, LLC", "country": "US", "epa_id": "TXD000000001"}


@pytest.mark.parametrize(
    ("rfc", "kind"), [("EKU9003173C9", "moral"), ("XIQB891116QE4", "fisica"), ("Ñ&A000229AB1", "moral")]
)
def test_an_rfc_tells_by_its_length_whose_it_is(rfc: str, kind: str) -> None:
    assert kind_of_rfc(check_rfc(rfc)) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eku9003173C9",
        "EKU9003173C",
        "EKU9013173C9",
        "EKU9002303C9",
        "EKU9003173CB",
        "XIQBA891116QE4",
        "EKU9003173C9 ",
    ],
)
def test_what_is_no_rfc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC"):
        check_rfc(text)


def test_a_curp_ends_with_its_check_digit() -> None:
    for curp in ("XIQB891116MGRMZR05", "VADA800927HSRSRL05"):
        assert check_curp(curp)[-1] == curp_check_digit(curp[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "XIQB891116MGRMZR06",
        "XIQB891316MGRMZR05",
        "XIQB891116ZGRMZR05",
        "XIQB891116MXXMZR05",
        "XBQB891116MGRMZR05",
        "XIQB891116MGRAZR05",
        "XIQB891116MGRMZR0",
    ],
)
def test_what_is_no_curp_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="CURP"):
        check_curp(text)


@pytest.mark.parametrize("text", ["TXD000000001", "CAL000123456", "AK0000374959", "PRD090074071"])
def test_an_epa_id_names_a_state_first(text: str) -> None:
    assert check_epa_id(text) == text


@pytest.mark.parametrize("text", ["XXD000000001", "TXD00000001", "TXD0000000011", "txd000000001", "TXDA00000001"])
def test_what_is_no_epa_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="EPA"):
        check_epa_id(text)


@pytest.mark.parametrize("place", range(0, 20, 3))
def test_one_wrong_character_of_a_lei_is_seen(place: int) -> None:
    wrong = LEI[:place] + ("7" if LEI[place] != "7" else "8") + LEI[place + 1 :]

    assert check_lei(LEI) == LEI
    with pytest.raises(ValueError, match="LEI"):
        check_lei(wrong)


def test_a_foreign_identity_is_read_back() -> None:
    for identity in (
        ForeignIdentity("Metal Works, LLC", "US", epa_id="TXD000000001"),
        ForeignIdentity("Hütte GmbH", "DE", lei=LEI),
    ):
        assert parse_foreign_identity(format_foreign_identity(identity)) == identity


@pytest.mark.parametrize(
    "change",
    [
        {"scheme": "foreign/v2"},
        {"country": "USA"},
        {"name": " "},
        {"name": None},
        {"epa_id": None},
        {"epa_id": "TX1"},
        {"lei": LEI[:-1] + "3"},
        {"rfc": "EKU9003173C9"},
    ],
)
def test_what_is_no_foreign_identity_is_refused(change: dict[str, Any]) -> None:
    members = {name: text for name, text in {**BUYER, **change}.items() if text is not None}

    with pytest.raises(IdentityMalformed):
        parse_foreign_identity(members)
