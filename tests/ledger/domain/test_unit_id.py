from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.unit_id import (
    LINK_CHARS_MAX,
    UNIT_ID_CHARS_MAX,
    Giai,
    GtinLot,
    OperatorId,
    SerialisedGtin,
    UnitId,
    format_unit_id,
    gtin_check_digit,
    new_operator_id,
    parse_digital_link,
    parse_unit_id,
)
from ledger.errors import UnitIdInvalid

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "gs1-syntax-engine" / "dl-vectors.json"
CSET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./_:;<=>?"
GTIN = "09520123456788"
TOKEN = "mpjtb9d5mpjtb9d5mpjtb9d5mb"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

CANONICAL: list[tuple[str, UnitId]] = [
    (f"https://id.gs1.org/01/{GTIN}/21/SN-2026-000123", SerialisedGtin(GTIN, "SN-2026-000123")),
    (f"https://id.gs1.org/01/{GTIN}/10/BM_7.A", GtinLot(GTIN, "BM_7.A")),
    ("https://id.gs1.org/8004/9520614141234567", Giai("9520614141234567")),
    (f"https://id.bitacora.mx/u/{TOKEN}", OperatorId(TOKEN)),
]

values = st.text(CSET_82, min_size=1, max_size=20).filter(lambda value: value not in (".", ".."))
gtins = st.text(string.digits, min_size=13, max_size=13).map(lambda body: body + gtin_check_digit(body))
units: st.SearchStrategy[UnitId] = st.one_of(
    st.builds(SerialisedGtin, gtins, values),
    st.builds(GtinLot, gtins, values),
    st.builds(
        lambda prefix, rest: Giai(prefix + rest),
        st.text(string.digits, min_size=4, max_size=4),
        st.text(CSET_82, max_size=26),
    ),
    st.binary(min_size=16, max_size=16).map(new_operator_id),
)


def vectors(part: str) -> Any:
    if not VECTORS.exists():
        pytest.skip("the GS1 vectors are not beside this repository")
    return json.loads(VECTORS.read_text(encoding="utf-8"))[part]


@pytest.mark.parametrize(("text", "unit_id"), CANONICAL)
def test_each_scheme_has_one_canonical_spelling(text: str, unit_id: UnitId) -> None:
    assert parse_unit_id(text) == unit_id
    assert format_unit_id(unit_id) == text
    assert parse_digital_link(text) == unit_id


def test_only_a_lot_is_a_lot() -> None:
    assert [(unit_id.scheme, unit_id.is_lot) for _, unit_id in CANONICAL] == [
        ("gtin-serial", False),
        ("gtin-lot", True),
        ("giai", False),
        ("operator", False),
    ]


@given(units)
def test_formatting_and_parsing_are_inverse(unit_id: UnitId) -> None:
    text = format_unit_id(unit_id)

    assert parse_unit_id(text) == unit_id
    assert parse_digital_link(text) == unit_id
    assert len(text) <= UNIT_ID_CHARS_MAX


def test_the_length_bound_is_reached() -> None:
    assert len(format_unit_id(Giai("9520" + "/" * 26))) == UNIT_ID_CHARS_MAX


def test_reserved_characters_and_nothing_else_are_encoded_in_upper_case() -> None:
    reserved = "".join(char for char in CSET_82 if not (char.isalnum() or char in "-._"))

    assert format_unit_id(SerialisedGtin(GTIN, reserved)).removeprefix(f"https://id.gs1.org/01/{GTIN}/21/") == (
        "%21%22%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F"
    )
    assert format_unit_id(SerialisedGtin(GTIN, "a-b.c_D9")).endswith("/21/a-b.c_D9")


@pytest.mark.parametrize(
    "text",
    [
        f"http://id.gs1.org/01/{GTIN}/21/a",
        f"HTTPS://id.gs1.org/01/{GTIN}/21/a",
        f"https://ID.GS1.ORG/01/{GTIN}/21/a",
        f"https://id.gs1.org:443/01/{GTIN}/21/a",
        f"https://maker.example/01/{GTIN}/21/a",
        f"https://id.gs1.org/01/{GTIN[1:]}/21/a",
        f"https://id.gs1.org/01/{GTIN}/21/a/",
        f"https://id.gs1.org/01/{GTIN}/21/a?17=260101",
        f"https://id.gs1.org/01/{GTIN}/21/a#top",
        f"https://id.gs1.org/01/{GTIN}/10/lot/21/a",
        f"https://id.gs1.org/01/{GTIN}/22/2A/21/a",
        f"https://id.gs1.org/01/{GTIN}/21/%61",
    ],
)
def test_another_spelling_of_a_valid_id_is_refused_with_the_canonical_one(text: str) -> None:
    with pytest.raises(UnitIdInvalid) as refused:
        parse_unit_id(text)

    assert refused.value.code == "unit-id-invalid"
    assert refused.value.facts["canonical"] == f"https://id.gs1.org/01/{GTIN}/21/a"


def test_lower_case_and_needless_escapes_are_not_canonical() -> None:
    for serial in ("a%2fb", "a+b", "a!b", "%7E"):
        with pytest.raises(UnitIdInvalid):
            parse_unit_id(f"https://id.gs1.org/01/{GTIN}/21/{serial}")
    assert parse_unit_id(f"https://id.gs1.org/01/{GTIN}/21/a%2Fb") == SerialisedGtin(GTIN, "a/b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        GTIN,
        "urn:epc:id:sgtin:9520123.045678.a",
        f"https://id.gs1.org/01/{GTIN}/21/a\n",
        f" https://id.gs1.org/01/{GTIN}/21/a",
        f"https://id.gs1.org@evil.example/01/{GTIN}/21/a",
        f"https://id.gs1.org/01/{GTIN}/21/",
        f"https://id.gs1.org/01/{GTIN}/21/a%",
        f"https://id.gs1.org/01/{GTIN}/21/a%zz",
        f"https://id.gs1.org/01/{GTIN}/21/a%00",
        f"https://id.gs1.org/01/{GTIN}/21/a%20b",
        f"https://id.gs1.org/01/{GTIN}/21/ñ",
        f"https://id.gs1.org/01/{GTIN}/21/%C3%B1",
        f"https://id.gs1.org/01/{GTIN}/21/{'a' * 21}",
        f"https://id.gs1.org/01/{GTIN}/10/{'a' * 21}",
        f"https://id.gs1.org/8004/9520{'a' * 27}",
        "https://id.gs1.org/8004/952A1",
        "https://id.gs1.org/01/٠٩٥٢٠١٢٣٤٥٦٧٨٨/21/a",
        f"https://id.gs1.org/21/a/01/{GTIN}",
        f"https://id.gs1.org/01/{GTIN}/21/a/10/lot",
        f"https://id.gs1.org/01/{GTIN}/21/a/21/b",
        f"https://id.bitacora.mx/u/{TOKEN[:-1]}",
        f"https://id.bitacora.mx/v/{TOKEN}",
        f"https://elsewhere.example/u/{TOKEN}",
    ],
)
def test_text_that_names_no_unit_is_refused_by_both_readers(text: str) -> None:
    for parse in (parse_unit_id, parse_digital_link):
        with pytest.raises(UnitIdInvalid):
            parse(text)


@pytest.mark.parametrize("serial", [".", "..", "%2E", "%2e%2E"])
def test_a_serial_that_a_browser_would_take_out_of_the_path_is_refused(serial: str) -> None:
    with pytest.raises(UnitIdInvalid, match="dot segment"):
        parse_digital_link(f"https://id.gs1.org/01/{GTIN}/21/{serial}")


@pytest.mark.parametrize("place", range(14))
def test_every_single_wrong_digit_of_a_gtin_is_noticed(place: int) -> None:
    for digit in set(string.digits) - {GTIN[place]}:
        with pytest.raises(UnitIdInvalid, match="check digit"):
            SerialisedGtin(GTIN[:place] + digit + GTIN[place + 1 :], "a")


def test_a_unit_id_with_impossible_parts_cannot_be_made() -> None:
    for gtin, serial in ((GTIN[1:], "a"), (GTIN, ""), (GTIN, "a b"), (GTIN, ".."), ("", "a")):
        with pytest.raises(UnitIdInvalid):
            SerialisedGtin(gtin, serial)
        with pytest.raises(UnitIdInvalid):
            GtinLot(gtin, serial)


def test_values_are_refused_one_character_past_their_limit() -> None:
    limits: list[tuple[int, Callable[[str], UnitId]]] = [
        (20, lambda serial: SerialisedGtin(GTIN, serial)),
        (20, lambda lot: GtinLot(GTIN, lot)),
        (30, Giai),
    ]
    for chars_max, make in limits:
        make("1" * chars_max)
        with pytest.raises(UnitIdInvalid, match=f"1 to {chars_max} characters"):
            make("1" * (chars_max + 1))


def test_a_text_longer_than_any_id_is_refused_by_its_length() -> None:
    link = f"https://maker.example/{'stem/' * 20}01/{GTIN}/21/a"

    with pytest.raises(UnitIdInvalid) as refused:
        parse_unit_id(link)

    assert refused.value.facts == {"chars": len(link)}
    assert parse_digital_link(link) == SerialisedGtin(GTIN, "a")


def test_every_wrong_character_and_every_swap_in_an_operator_id_is_noticed() -> None:
    for place, right in enumerate(TOKEN):
        for wrong in ALPHABET.replace(right, ""):
            with pytest.raises(UnitIdInvalid, match="add up"):
                OperatorId(TOKEN[:place] + wrong + TOKEN[place + 1 :])
        for other in range(place + 1, len(TOKEN)):
            swapped = list(TOKEN)
            swapped[place], swapped[other] = swapped[other], swapped[place]
            if TOKEN[place] != TOKEN[other]:
                with pytest.raises(UnitIdInvalid, match="add up"):
                    OperatorId("".join(swapped))


def test_operator_ids_keep_125_of_the_random_bits() -> None:
    flipped = {new_operator_id((1 << bit).to_bytes(16)) for bit in range(128)}

    assert len(flipped) == 126
    assert new_operator_id(b"\xa5" * 16) == OperatorId(TOKEN)
    with pytest.raises(ValueError, match="16 random bytes"):
        new_operator_id(b"\xa5" * 15)


def test_a_scanner_reads_an_operator_id_in_capitals() -> None:
    assert parse_digital_link(f"HTTPS://ID.BITACORA.MX/U/{TOKEN.upper()}") == OperatorId(TOKEN)


@pytest.mark.parametrize(
    ("uri", "unit_id"),
    [
        (f"http://maker.example:8080/a/b/01/{GTIN}/21/a?linkType=all", SerialisedGtin(GTIN, "a")),
        (f"https://maker.example/00/faux/01/{GTIN}/21/a", SerialisedGtin(GTIN, "a")),
        (f"https://maker.example/01/{GTIN}/22/2A/10/lot/21/a", SerialisedGtin(GTIN, "a")),
        (f"https://maker.example/01/{GTIN}/22/2A/10/lot", GtinLot(GTIN, "lot")),
        (f"https://maker.example/01/{GTIN}/10/lot/", GtinLot(GTIN, "lot")),
        (f"https://[2001:db8::1]/01/{GTIN}/21/a%2Fb+c", SerialisedGtin(GTIN, "a/b+c")),
        ("https://maker.example/01/02345673/21/a", SerialisedGtin("00000002345673", "a")),
        ("https://maker.example/01/416000336108/21/a", SerialisedGtin("00416000336108", "a")),
        ("https://maker.example/01/9520123456788/21/a", SerialisedGtin(GTIN, "a")),
        ("https://maker.example/8004/9520614141234567/7040/1ABC?01=09520123456788", Giai("9520614141234567")),
        (f"https://maker.example/01/{GTIN}/10/01", GtinLot(GTIN, "01")),
    ],
)
def test_a_scanner_reads_links_of_any_resolver(uri: str, unit_id: UnitId) -> None:
    assert parse_digital_link(uri) == unit_id


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        (f"https://id.gs1.org/01/{GTIN}", "names a product"),
        (f"https://id.gs1.org/01/{GTIN}/22/2A", "names a product"),
        (f"https://id.gs1.org/01/{GTIN}/235/XYZ", r"After \(01\)"),
        ("https://id.gs1.org/00/952012345678912345", r"\(00\) names no unit"),
        (f"https://maker.example/gtin/{GTIN}/ser/a", "no GS1 key"),
        ("https://id.gs1.org/DBHKVAdpQgqpQg", "Compressed links"),
        (f"https://id.gs1.org/01/{GTIN}/DBHKVAdp", "Compressed links"),
        (f"https://id.gs1.org/01/{GTIN}/10/lot?21=a", r"\(21\) belongs in the path"),
        (f"https://id.gs1.org/01/{GTIN}/10/lot?%32%31=a", r"\(21\) belongs in the path"),
        (f"https://id.gs1.org/01/{GTIN}/22/a%20b/21/a", r"value of \(22\)"),
        ("https://id.gs1.org/01/952012345678/21/a", "check digit"),
        (f"https://id.gs1.org/01/{GTIN}/21/a?x={'a' * LINK_CHARS_MAX}", "at most"),
    ],
)
def test_a_link_that_names_no_unit_is_refused_with_the_reason(uri: str, reason: str) -> None:
    with pytest.raises(UnitIdInvalid, match=reason):
        parse_digital_link(uri)


def test_a_hostile_link_is_refused_in_linear_time() -> None:
    with pytest.raises(UnitIdInvalid):
        parse_digital_link("https://a/" + "a" * (LINK_CHARS_MAX - 11) + "{")


def test_check_digits_agree_with_the_gs1_vectors() -> None:
    cases = [case for case in vectors("lint")["csum"] if case["data"].isascii() and case["data"].isdigit()]

    assert len(cases) == 10
    for case in cases:
        assert (gtin_check_digit(case["data"][:-1]) == case["data"][-1]) is case["ok"], case


def test_serials_hold_the_characters_that_the_gs1_vectors_allow() -> None:
    cases = [case for case in vectors("lint")["cset82"] if 1 <= len(case["data"]) <= 20]

    for case in cases:
        try:
            SerialisedGtin(GTIN, case["data"])
        except UnitIdInvalid:
            assert not case["ok"] or case["data"] == ".", case
        else:
            assert case["ok"], case


# Of the engine's links, those that name one unit. The engine also judges the data attributes in the query,
# which we ignore: three are refused there for a short GTIN, or a repeated key, after the question mark.
NAMES_ONE_UNIT = {
    "https://a/8004/9520614141234567?01=2112345678900": Giai("9520614141234567"),
    "https://a/8004/9520614141234567?01=02345673": Giai("9520614141234567"),
    "https://a/8004/9520614141234567?01=09521234543213": Giai("9520614141234567"),
    "https://example.com/8004/9520614141234567?01=09520123456788": Giai("9520614141234567"),
    "https://a/01/12312312312333/22/TEST/10/ABC/21/XYZ": SerialisedGtin("12312312312333", "XYZ"),
    "https://a/01/12312312312333/22/test/10/abc/21/xyz#": SerialisedGtin("12312312312333", "xyz"),
    "https://a/01/12312312312333/22/test/10/abc/21/xyz#fragment": SerialisedGtin("12312312312333", "xyz"),
    "https://id.gs1.org/01/09520123456788/10/ABC123": GtinLot(GTIN, "ABC123"),
    "https://id.gs1.org/01/09520123456788/21/12345": SerialisedGtin(GTIN, "12345"),
    "https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426": SerialisedGtin(GTIN, "12345"),
    "https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&99=XYZ789": GtinLot(GTIN, "ABC123"),
}


def test_of_the_gs1_vectors_just_the_links_that_name_one_unit_are_read() -> None:
    read: dict[str, UnitId] = {}
    for case in vectors("parseDLuri"):
        try:
            read[case["uri"]] = parse_digital_link(case["uri"])
        except UnitIdInvalid:
            continue

    assert read == NAMES_ONE_UNIT


def test_links_that_the_gs1_engine_writes_are_canonical_but_for_their_domain() -> None:
    written = [case["expect"] for case in vectors("generateDLuri") if "/21/" in case["expect"]]

    for uri in written:
        unit_id = parse_digital_link(uri)
        assert isinstance(unit_id, SerialisedGtin)
        assert uri.partition("?")[0].endswith(f"/21/{unit_id.serial}")
    assert parse_unit_id(written[0]) == SerialisedGtin("12312312312326", "abc123")
    assert len(written) == 5


def test_an_encoded_lot_reads_as_the_gs1_engine_wrote_it() -> None:
    uri = next(case["expect"] for case in vectors("generateDLuri") if "%2B" in case["expect"])

    assert parse_digital_link(uri) == GtinLot("12312312312333", "ABC+123")
    assert format_unit_id(parse_digital_link(uri)).endswith("/10/ABC%2B123")
