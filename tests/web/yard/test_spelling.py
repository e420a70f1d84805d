"""What JavaScript spells, Python reads, and the other way round: CBOR, statements, unit ids, ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from ledger import cbor
from ledger.domain.kinds import parse_payload
from ledger.domain.unit_id import format_unit_id, new_operator_id, parse_digital_link
from ledger.domain.values import format_base64url, format_opaque_id, format_uuid7, parse_base64url
from ledger.errors import MalformedStatement, UnitIdInvalid
from ledger.event import parse_event, sign_event
from ledger.keys import SigningKey
from ledger.statement import sign_statement, verify_envelope
from ledger.strict_json import format_json
from tests.api.served import Served
from tests.web.yard.phone import MODULES, SIGNER, Phone, js_key, open_phone

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SCHEMAS = sorted((ROOT / "docs" / "schemas").glob("*.json"))
SEED = bytes(32)
PACK = "https://id.gs1.org/01/07501234567893/21/P000001"
FAMILIES = ("unit.", "consignment.", "batch.", "lot.", "product.", "claim.", "incident.", "count.", "ticket.", "tag.")

VALUES: list[Any] = [
    *(None, False, True, 0, 1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**53 - 1),
    *(-1, -24, -25, -256, -257, -65536, -65537, -(2**53) + 1),
    *("", "a", "ñandú", "x" * 23, "x" * 24, "€" * 100, "𝄞"),
    *([], [1, [2, [3]]], {}, {"b": 1, "a": 2, "aa": 3}, {"ñ": None, "z": [True, {"k": "v"}]}, list(range(300))),
    {f"k{n}": n for n in range(40)},
]
MALFORMED = [
    "18",
    "1801",
    "1817",
    "190001",
    "1a00000001",
    "1b0000000000000001",
    "3800",
    "5801",
    "5f4100ff",
    "7f6161ff",
    "9f01ff",
    "bf616101ff",
    "a2616201616101",
    "a2616101616102",
    "f7",
    "f4f4",
    "f90000",
    "fb3ff0000000000000",
    "c11a00000000",
    "61ff",
    "62c328",
    "9bffffffffffffffff",
    "d28440a04040",
    "a1f500",
    "a18000",
    "",
    "82" * 40 + "00",
]

LINKS = [
    PACK,
    "https://id.gs1.org/01/07501234567893/21/A%2FB",
    "HTTPS://example.com/01/07501234567893/21/P000001?x=1#y",
    "https://brand.example/some/stem/01/07501234567893/22/2A/10/L1/21/P000001/",
    "https://id.gs1.org/01/7501234567893/10/LOT-7",
    "https://id.gs1.org/01/00614141123452/21/(1)*'!",
    "https://id.gs1.org/8004/7501234567ABC",
    "https://id.gs1.org/8004/7501234567ABC/7040/1ABC",
    "https://id.gs1.org:8443/01/07501234567893/21/x",
    "https://[::1]/01/07501234567893/21/x",
    "https://id.gs1.org/01/07501234567890/21/x",
    "https://id.gs1.org/01/07501234567893",
    "https://id.gs1.org/01/07501234567893/21/" + "x" * 21,
    "https://id.gs1.org/01/07501234567893/21/a b",
    "https://id.gs1.org/01/07501234567893/21/%E1",
    "https://id.gs1.org/01/07501234567893/21/..",
    "https://id.gs1.org/01/07501234567893/21/x?21=y",
    "https://id.gs1.org/01/07501234567893/21/x/10/y",
    "https://id.gs1.org/8004/ABC",
    "https://user@id.gs1.org/01/07501234567893/21/x",
    "Https://id.gs1.org/01/07501234567893/21/x",
    "https://id.gs1.org/00/123456789012345675",
    "https://id.gs1.org/gtin/07501234567893/ser/x",
    "https://id.bitacora.mx/u/00000000000000000000000001",
    "https://id.gs1.org/01/0750123456789/21/x",
    "https://id.gs1.org/01/07501234567893/21/%",
]


@pytest.fixture(scope="module")
def phone(browser: Browser, served: Served, address: str) -> Iterator[Phone]:
    """One for all: what is spelt leaves nothing behind."""
    with open_phone(browser, served, address) as phone:
        yield phone


def test_the_same_value_has_the_same_bytes(phone: Phone) -> None:
    spelt = phone.run("return arg.map((value) => yard.bytes.hex(yard.cbor.encode(value)))", VALUES)
    assert spelt == [cbor.encode(value).hex() for value in VALUES]
    again = phone.run(
        "return arg.map((spelt) => yard.bytes.hex(yard.cbor.encode(yard.cbor.decode(yard.bytes.fromHex(spelt)))))",
        spelt,
    )
    assert again == spelt


def test_maps_with_keys_of_several_types_are_in_bytewise_order(phone: Phone) -> None:
    spelt = phone.run(
        """return yard.bytes.hex(yard.cbor.encode(
             new Map([["b", 1], [Uint8Array.of(1), 2], [-1, 3], [300, 4], [1, 5], ["aa", 6]])))"""
    )
    assert spelt == cbor.encode({"b": 1, b"\x01": 2, -1: 3, 300: 4, 1: 5, "aa": 6}).hex()


def test_another_spelling_is_refused_by_both(phone: Phone) -> None:
    read = """return arg.map((spelt) => {
      try { yard.cbor.decode(yard.bytes.fromHex(spelt)); return "read"; } catch (error) { return error.name; } })"""
    assert dict(zip(MALFORMED, phone.run(read, MALFORMED), strict=True)) == dict.fromkeys(MALFORMED, "RangeError")
    for spelt in MALFORMED:
        with pytest.raises(ValueError, match=r"CBOR|tag|map key|deep"):
            cbor.decode(bytes.fromhex(spelt))


def test_no_float_and_no_undefined_is_spelt(phone: Phone) -> None:
    names = phone.run(
        """return [1.5, -0, 2 ** 53, undefined, new Date(), "\\ud800", NaN].map((value) => {
             try { yard.cbor.encode(value); return 'spelt'; } catch (error) { return error.name; } })"""
    )
    assert names == ["RangeError"] * 7


def test_a_statement_is_signed_byte_for_byte_as_by_python(phone: Phone) -> None:
    payloads = [
        {
            "v": 1,
            "kind": "unit.discarded",
            "id": "019caa5c-b280-7101-8101-010101010101",
            "occurred_at": "2026-03-01T17:00:00Z",
            "party": "pty_" + "a" * 26,
            "units": [{"id": PACK, "prev": "11" * 32}],
            "reason": "end_of_life",
        },
        _example("consignment.offered"),
        {
            **_example("unit.registered"),
            "description": {**_example("unit.registered")["description"], "maker": "Ñandú €𝄞"},
        },
    ]
    signed = phone.run(
        SIGNER
        + """const signed = await Promise.all(arg.payloads.map((payload) => yard.statement.sign(signer, payload)));
             return signed.map(({event, iss, sub, kid, ...rest}) =>
               ({raw: yard.bytes.base64url(rest.raw), event, iss, sub, kid}));""",
        {"key": js_key(SEED), "payloads": payloads},
    )
    key = SigningKey.from_seed(SEED)
    for payload, statement in zip(payloads, signed, strict=True):
        raw = parse_base64url(statement["raw"])
        assert raw == sign_event(key, payload)
        event = parse_event(raw)
        verify_envelope(event.envelope, key.public)
        assert (statement["event"], statement["kid"]) == (event.id, event.kid)
        assert (statement["iss"], statement["sub"]) == (event.envelope.iss, event.envelope.sub)


def test_statements_of_python_are_read_and_verified(phone: Phone) -> None:
    key, other = SigningKey.from_seed(SEED), SigningKey.from_seed(bytes([7]) * 32)
    raw = sign_event(key, _example("consignment.received"))
    read = phone.run(
        """const statement = await yard.statement.parse(yard.bytes.fromBase64url(arg.raw));
           const verify = (spki) => yard.statement.verify(statement, yard.bytes.fromBase64url(spki));
           const good = [await verify(arg.keys[0]), await verify(arg.keys[1])];
           statement.signature[3] ^= 1;
           const bad = await verify(arg.keys[0]);
           return {event: statement.event, payload: statement.payload, good, bad};""",
        {"raw": format_base64url(raw), "keys": [format_base64url(k.public.spki) for k in (key, other)]},
    )
    assert read["event"] == parse_event(raw).id
    assert read["payload"] == _example("consignment.received")
    assert (read["good"], read["bad"]) == ([True, False], False)


def test_a_statement_of_which_any_byte_of_its_frame_differs_is_refused(phone: Phone) -> None:
    raw = sign_event(SigningKey.from_seed(SEED), _example("unit.discarded"))
    header = raw.index(b"unit.discarded") - 120
    codes = phone.run(
        """const raw = yard.bytes.fromBase64url(arg.raw), found = [];
           const read = (bytes) => yard.statement.parse(bytes).then(() => true, (error) => {
             if (error.code !== "statement-malformed") throw error; });
           for (const at of arg.places) {
             const spoilt = raw.slice();
             spoilt[at] ^= 0x20;
             if (await read(spoilt)) found.push(at);
           }
           const longer = yard.bytes.concat(raw, Uint8Array.of(0));
           for (const cut of [raw.slice(0, -1), longer, new Uint8Array(), new Uint8Array(61441)]) {
             if (await read(cut)) found.push("cut");
           }
           return found;""",
        {"raw": format_base64url(raw), "places": [0, 1, 2, 4, 5, 6, 7, 8, 50, header]},
    )
    # A byte of the key id names another key, which is as well formed.
    assert set(codes) <= {50}


@pytest.mark.parametrize("claims", [{"iss": "pty_" + "b" * 26}, {"sub": "pty_" + "b" * 26}], ids=["iss", "sub"])
def test_a_header_that_says_otherwise_than_the_payload_is_refused(phone: Phone, claims: dict[str, str]) -> None:
    example = _example("consignment.received")
    true = {"iss": example["party"], "sub": example["consignment"]}
    raw = sign_statement(SigningKey.from_seed(SEED), payload=format_json(example), **{**true, **claims})
    refused = phone.refusal("await yard.statement.parse(yard.bytes.fromBase64url(arg))", format_base64url(raw))
    assert refused["code"] == "statement-malformed"


@pytest.mark.parametrize(
    "members",
    [
        {"n": 1.5},
        {"n": 2**53},
        {"t": "a\nb"},
        {"t": "a\u202eb"},
        {"t": "\ud83d"},
        {"t\u0085": 1},
        {"x": {"y": [None, 0.1]}},
    ],
)
def test_what_no_statement_may_hold_is_not_signed(phone: Phone, members: dict[str, Any]) -> None:
    spelt = json.dumps({**_example("unit.discarded"), **members})
    refused = phone.refusal("yard.statement.format(JSON.parse(arg))", spelt)
    assert refused["code"] == "payload-malformed"


def test_subject_and_links_of_every_kind_are_those_of_the_ledger(phone: Phone) -> None:
    examples = [payload for path in SCHEMAS for payload in _variants(_example(path.stem))]
    told = phone.run(
        "return arg.map((payload) => [yard.statement.mainSubject(payload), yard.statement.subjectsOf(payload)])",
        examples,
    )
    for payload, (main, subjects) in zip(examples, told, strict=True):
        parsed = parse_payload(payload)
        assert main == parsed.main_subject(), payload["kind"]
        if payload["kind"].startswith(FAMILIES):
            expected = {(s.key, s.prev, s.pointer) for s in parsed.extends}
            assert {(s["subject"], s["prev"], s["pointer"]) for s in subjects} == expected, payload["kind"]
    assert {payload["kind"] for payload in examples} == {path.stem for path in SCHEMAS}


def test_a_payload_stated_anew_names_the_new_heads_and_has_an_id_of_its_own(phone: Phone) -> None:
    example = _example("consignment.received")
    unit = example["lines"][0]["id"]
    heads = {f"act/{example['consignment']}": "aa" * 32, f"unit/{unit}": "bb" * 32, "unit/other": "cc" * 32}
    anew = phone.run("return yard.statement.restated(arg[0], arg[1], {restates: 'dd'.repeat(32)})", [example, heads])
    assert parse_payload(anew).extends[0].prev == "aa" * 32
    assert anew["lines"][0]["prev"] == "bb" * 32
    assert anew["restates"] == "dd" * 32
    assert anew["id"] != example["id"]
    assert {**anew, "lines": 0, "prev": 0, "id": 0} == {
        **example,
        "restates": "dd" * 32,
        "lines": 0,
        "prev": 0,
        "id": 0,
    }


def test_new_ids_have_the_ledgers_spelling(phone: Phone) -> None:
    random = list(range(16))
    spelt = phone.run(
        """const bytes = Uint8Array.from(arg);
           return [yard.statement.newUuid7(1767225600123, bytes.slice(0, 10)), `con_${yard.bytes.base32(bytes)}`,
                   yard.statement.newId("con"), yard.statement.instant(1772384709999)]""",
        random,
    )
    assert spelt[0] == format_uuid7(1767225600123, bytes(random[:10]))
    assert spelt[1] == format_opaque_id("con", bytes(random))
    assert re.fullmatch(r"con_[a-z2-7]{25}[aeimquy4]", spelt[2])
    assert spelt[3] == "2026-03-01T17:05:09Z"


def test_a_scanned_link_names_the_unit_that_the_ledger_reads_in_it(phone: Phone) -> None:
    assert phone.run(_UNITS, LINKS) == [_unit_of(link) for link in LINKS]


def test_typed_and_scanned_texts_come_to_one_spelling(phone: Phone) -> None:
    token = "".join(format_unit_id(new_operator_id(bytes(range(16)))).rsplit("/", 1)[1:])
    plain = format_unit_id(new_operator_id(bytes(range(16))))
    typed = [
        "(01)07501234567893(21)P000001",
        "010750123456789321P000001",
        "]d2010750123456789321P000001\x1d10L7",
        "\x1d010750123456789310L7\x1d21P000001",
        " https://id.gs1.org/01/07501234567893/21/P000001\n",
        token,
        " ".join(re.findall("....|.+", token.upper())),
        f"HTTPS://ID.BITACORA.MX/U/{token.upper()}",
        token.replace("0", "O").replace("1", "I"),
    ]
    assert phone.run(_UNITS, typed) == [PACK] * 5 + [plain] * 4
    swapped = token[:3] + token[4] + token[3] + token[5:]
    wrong = ["", "hola", "(01)07501234567890(21)X", "(01)07501234567893", swapped, "8004", "0107501234567893"]
    assert phone.run(_UNITS, wrong) == [None] * len(wrong)


def test_a_text_is_told_apart_by_what_it_names(phone: Phone) -> None:
    con = "con_" + "a" * 26
    texts = [PACK, con, f"https://ledger.example/campo/carga/{con}", "BIT1:1/4:0F3FF467:RRQ", "Marca X 60 Ah"]
    told = phone.run("return arg.map((text) => yard.scan.read(text))", texts)
    assert [one["what"] for one in told] == ["unit", "consignment", "consignment", "frame", "unknown"]
    assert told[2]["value"] == con


def test_no_module_writes_markup_or_makes_code_of_text() -> None:
    sources = {path.name: path.read_text() for path in MODULES.glob("*.js")}
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|localStorage")
    assert {name for name, source in sources.items() if forbidden.search(source)} == set()


_UNITS = """return arg.map((text) => {
  try { return yard.unit_id.unitOf(text); } catch (error) {
    if (error.code !== "code-malformed") throw error;
    return null;
  }
})"""


def _unit_of(link: str) -> str | None:
    try:
        return format_unit_id(parse_digital_link(link))
    except UnitIdInvalid:
        return None


def _example(kind: str) -> dict[str, Any]:
    schema = json.loads((ROOT / "docs" / "schemas" / f"{kind}.json").read_text())
    example: dict[str, Any] = schema["examples"][0]
    return example


def _variants(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The example, and the same about one unit alone and about two."""
    units = payload.get("units")
    if not isinstance(units, list) or not units:
        return [payload]
    other = "https://id.gs1.org/01/07501234567893/21/OTHER"
    second = other if isinstance(units[0], str) else {**units[0], "id": other}
    variants = [payload, {**payload, "units": units[:1]}, {**payload, "units": [units[0], second]}]
    return [variant for variant in variants if _parses(variant)]


def _parses(payload: dict[str, Any]) -> bool:
    try:
        parse_payload(payload)
    except MalformedStatement:
        return False
    return True
