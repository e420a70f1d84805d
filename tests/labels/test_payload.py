from __future__ import annotations

import pytest

from labels.payload import format_payload, parse_payload
from ledger.domain.unit_id import Giai, GtinLot, OperatorId, SerialisedGtin, UnitId, format_unit_id
from ledger.errors import UnitIdInvalid

GTIN = "09520123456788"
UNITS: list[UnitId] = [
    SerialisedGtin(GTIN, "SN/2026"),
    GtinLot(GTIN, "BM-7"),
    Giai("9520614141234567"),
    OperatorId("mpjtb9d5mpjtb9d5mpjtb9d5mb"),
]


@pytest.mark.parametrize("unit_id", UNITS)
def test_by_default_the_symbol_holds_the_canonical_id(unit_id: UnitId) -> None:
    assert format_payload(unit_id) == format_unit_id(unit_id)


@pytest.mark.parametrize("unit_id", UNITS)
@pytest.mark.parametrize("domain", ["id.gs1.org", "id.bitacora.mx", "maker.example", "q.xn--p1ai"])
def test_a_payload_reads_back_as_its_unit(unit_id: UnitId, domain: str) -> None:
    payload = format_payload(unit_id, resolver_domain=domain)

    assert parse_payload(payload, resolver_domain=domain) == unit_id


def test_the_resolver_replaces_the_domain_and_nothing_else() -> None:
    assert format_payload(UNITS[0], resolver_domain="maker.example") == (
        f"https://maker.example/01/{GTIN}/21/SN%2F2026"
    )


def test_an_operator_issued_id_keeps_its_permanent_domain() -> None:
    assert format_payload(UNITS[3], resolver_domain="maker.example") == format_unit_id(UNITS[3])


@pytest.mark.parametrize(
    "text",
    [
        f"https://id.gs1.org/01/{GTIN}/21/a",
        f"https://maker.example/stem/01/{GTIN}/21/a",
        f"https://maker.example/01/{GTIN}/21/a?x=1",
        f"https://maker.example/01/{GTIN}/21/a/",
        f"https://maker.example/01/{GTIN}/21/%61",
        f"http://maker.example/01/{GTIN}/21/a",
        "https://maker.example/",
    ],
)
def test_a_symbol_that_we_would_not_make_is_refused(text: str) -> None:
    with pytest.raises(UnitIdInvalid):
        parse_payload(text, resolver_domain="maker.example")


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "localhost",
        "Maker.example",
        "maker.example/x",
        "maker.example:80",
        "a..b",
        "-a.mx",
        f"{'a' * 63}.mx",
    ],
)
def test_a_resolver_that_is_not_a_plain_domain_is_a_programming_error(domain: str) -> None:
    with pytest.raises(ValueError, match="DNS name"):
        format_payload(UNITS[0], resolver_domain=domain)
