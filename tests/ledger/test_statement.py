from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import cbor2
import pytest
import scitt_cose
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from ledger import cbor
from ledger.errors import MalformedStatement, Refusal, SignatureInvalid, StatementTooLarge
from ledger.keys import Algorithm, PublicKey, SigningKey, parse_public_key, verify_signature
from ledger.statement import (
    CONTENT_TYPE,
    STATEMENT_BYTES_MAX,
    parse_envelope,
    sign_statement,
    verify_envelope,
)

COSE_WG = Path(__file__).parents[3] / "shared" / "data" / "ledger" / "cose-wg-examples"

KEY = SigningKey.from_seed(bytes(32))
ISS, SUB, PAYLOAD = "pty_7k2m", "con_9x4q", b'{"v":1,"kind":"consignment.received"}'
RAW = sign_statement(KEY, iss=ISS, sub=SUB, payload=PAYLOAD)
ENVELOPE = parse_envelope(RAW)

TEXTS = st.text(min_size=1, max_size=40).filter(str.isprintable)
both_algorithms = pytest.mark.parametrize("alg", list(Algorithm))

# The parts of RAW, spelt by hand so that each can be spelt otherwise.
LABEL_ALG = bytes.fromhex("0127")
LABEL_TYPE = bytes.fromhex("037823") + CONTENT_TYPE.encode()
LABEL_KID = bytes.fromhex("0448") + KEY.public.kid
CLAIM_ISS = bytes.fromhex("0168") + ISS.encode()
CLAIM_SUB = bytes.fromhex("0268") + SUB.encode()
LABEL_CLAIMS = bytes.fromhex("0fa2") + CLAIM_ISS + CLAIM_SUB
LABELS = LABEL_ALG + LABEL_TYPE + LABEL_KID + LABEL_CLAIMS
PROTECTED = b"\xa4" + LABELS
SPELT_PAYLOAD = b"\x58" + bytes([len(PAYLOAD)]) + PAYLOAD


def text(data: bytes) -> bytes:
    return bytes([0x60 + len(data)]) + data


def statement(
    *,
    protected: bytes = PROTECTED,
    before: bytes = b"\xd2\x84",
    unprotected: bytes = b"\xa0",
    payload: bytes = SPELT_PAYLOAD,
    after: bytes = b"",
    signed: bytes = PAYLOAD,
) -> bytes:
    """A statement with some parts replaced, under a signature that is good for its protected header."""
    header = cbor.encode(protected)
    signature = KEY.sign(cbor.encode(["Signature1", protected, b"", signed]))
    return before + header + unprotected + payload + b"\x58\x40" + signature + after


BODY = RAW[2:]

# name: (bytes, where the refusal points)
OTHER_SPELLINGS: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", None),
    "no tag": (RAW[1:], None),
    "tag 18 in two bytes": (b"\xd8\x12" + RAW[1:], None),
    "tag 18 in three bytes": (b"\xd9\x00\x12" + RAW[1:], None),
    "tag 18 twice": (b"\xd2" + RAW, None),
    "tag 98, COSE_Sign": (b"\xd8\x62" + RAW[1:], None),
    "tag 61, CWT, around": (b"\xd8\x3d" + RAW, None),
    "tag 55799, self-described": (b"\xd9\xd9\xf7" + RAW, None),
    "a byte after": (RAW + b"\x00", None),
    "a byte missing": (RAW[:-1], None),
    "array length in two bytes": (b"\xd2\x98\x04" + BODY, None),
    "array of indefinite length": (b"\xd2\x9f" + BODY + b"\xff", None),
    "array of three": (b"\xd2\x83" + BODY[:-66], None),
    "array of five": (b"\xd2\x85" + BODY + b"\xf6", None),
    "a map for the array": (b"\xd2\xa2" + BODY, None),
    "unprotected map in two bytes": (statement(unprotected=b"\xb8\x00"), None),
    "unprotected map of indefinite length": (statement(unprotected=b"\xbf\xff"), None),
    "unprotected nil": (statement(unprotected=b"\xf6"), "/unprotected"),
    "unprotected array": (statement(unprotected=b"\x80"), "/unprotected"),
    "unprotected kid": (statement(unprotected=b"\xa1" + LABEL_KID), "/unprotected"),
    "unprotected receipts": (statement(unprotected=bytes.fromhex("a119018a80")), "/unprotected"),
    "payload length in three bytes": (statement(payload=b"\x59\x00" + SPELT_PAYLOAD[1:]), None),
    "payload of indefinite length": (statement(payload=b"\x5f" + SPELT_PAYLOAD + b"\xff"), None),
    "payload detached": (statement(payload=b"\xf6"), "/payload"),
    "payload as text": (statement(payload=b"\x78" + SPELT_PAYLOAD[1:]), "/payload"),
    "payload tagged as CBOR": (statement(payload=b"\xd8\x18" + SPELT_PAYLOAD), None),
    "signature length in three bytes": (RAW[:-66] + b"\x59\x00\x40" + RAW[-64:], None),
    "signature of 63 bytes": (RAW[:-66] + b"\x58\x3f" + RAW[-63:], "/signature"),
    "signature of 65 bytes": (RAW[:-66] + b"\x58\x41" + RAW[-64:] + b"\x00", "/signature"),
    "signature as an array": (RAW[:-66] + b"\x81" + RAW[-66:], "/signature"),
    "header as a map": (b"\xd2\x84" + PROTECTED + b"\xa0" + SPELT_PAYLOAD + RAW[-66:], "/protected"),
    "header empty": (statement(protected=b""), "/protected"),
    "header an empty map": (statement(protected=b"\xa0"), "/protected"),
    "header length in two bytes": (statement(protected=b"\xb8\x04" + LABELS), None),
    "header of indefinite length": (statement(protected=b"\xbf" + LABELS + b"\xff"), "/protected"),
    "header with a byte after": (statement(protected=PROTECTED + b"\x00"), None),
    "header labels out of order": (
        statement(protected=b"\xa4" + LABEL_TYPE + LABEL_ALG + LABEL_KID + LABEL_CLAIMS),
        "/protected",
    ),
    "header label twice": (statement(protected=b"\xa5" + LABEL_ALG + LABELS), "/protected"),
    "header label in two bytes": (statement(protected=b"\xa4\x18" + LABELS), None),
    "header label true for 1": (statement(protected=b"\xa4\xf5" + LABELS[1:]), None),
    "header label 1.0 for 1": (statement(protected=b"\xa4\xf9\x3c\x00" + LABELS[1:]), None),
    "header without kid": (
        statement(protected=b"\xa3" + LABEL_ALG + LABEL_TYPE + LABEL_CLAIMS),
        "/protected",
    ),
    "header with crit": (
        statement(protected=b"\xa5" + LABEL_ALG + b"\x02\x81\x01" + LABELS[2:]),
        "/protected",
    ),
    "header with x5t": (statement(protected=b"\xa5" + LABELS + b"\x18\x22\x40"), "/protected"),
    "algorithm in two bytes": (statement(protected=b"\xa4\x01\x38\x07" + LABELS[2:]), None),
    "algorithm as text": (statement(protected=b"\xa4\x01" + text(b"EdDSA") + LABELS[2:]), "/protected/alg"),
    "algorithm as a float": (statement(protected=b"\xa4\x01\xf9\xc8\x00" + LABELS[2:]), "/protected/alg"),
    "algorithm -19, Ed25519": (statement(protected=b"\xa4\x01\x32" + LABELS[2:]), "/protected/alg"),
    "algorithm none": (statement(protected=b"\xa4\x01\x00" + LABELS[2:]), "/protected/alg"),
    "another content type": (
        statement(protected=b"\xa4" + LABEL_ALG + b"\x03" + text(b"text/plain") + LABEL_KID + LABEL_CLAIMS),
        "/protected/content_type",
    ),
    "content type as a number": (
        statement(protected=b"\xa4" + LABEL_ALG + b"\x03\x18\x32" + LABEL_KID + LABEL_CLAIMS),
        "/protected/content_type",
    ),
    "kid of 7 bytes": (
        statement(protected=PROTECTED.replace(LABEL_KID, b"\x04\x47" + LABEL_KID[3:])),
        "/protected/kid",
    ),
    "kid as text": (
        statement(protected=PROTECTED.replace(LABEL_KID, b"\x04" + text(b"12345678"))),
        "/protected/kid",
    ),
    "claims an array": (
        statement(protected=PROTECTED.replace(LABEL_CLAIMS, b"\x0f\x80")),
        "/protected/claims",
    ),
    "claims without subject": (
        statement(protected=PROTECTED.replace(LABEL_CLAIMS, b"\x0f\xa1" + CLAIM_ISS)),
        "/protected/claims",
    ),
    "claims with issued at": (
        statement(protected=PROTECTED.replace(LABEL_CLAIMS, b"\x0f\xa3" + LABEL_CLAIMS[2:] + b"\x06\x00")),
        "/protected/claims",
    ),
    "claims out of order": (
        statement(protected=PROTECTED.replace(LABEL_CLAIMS, b"\x0f\xa2" + CLAIM_SUB + CLAIM_ISS)),
        "/protected/claims",
    ),
    "issuer empty": (
        statement(protected=PROTECTED.replace(CLAIM_ISS, b"\x01\x60")),
        "/protected/claims/iss",
    ),
    "issuer as bytes": (
        statement(protected=PROTECTED.replace(CLAIM_ISS, b"\x01\x48" + ISS.encode())),
        "/protected/claims/iss",
    ),
    "issuer length in two bytes": (
        statement(protected=PROTECTED.replace(CLAIM_ISS, b"\x01\x78" + CLAIM_ISS[1:].replace(b"h", b"\x08", 1))),
        None,
    ),
    "issuer not UTF-8": (
        statement(protected=PROTECTED.replace(CLAIM_ISS, b"\x01\x61\xff")),
        "/protected",
    ),
    "subject empty": (
        statement(protected=PROTECTED.replace(CLAIM_SUB, b"\x02\x60")),
        "/protected/claims/sub",
    ),
    "subject with a control character": (
        statement(protected=PROTECTED.replace(CLAIM_SUB, b"\x02\x61\x00")),
        "/protected/claims/sub",
    ),
    "subject nil": (
        statement(protected=PROTECTED.replace(CLAIM_SUB, b"\x02\xf6")),
        "/protected/claims/sub",
    ),
    "a thousand arrays": (b"\xd2" + b"\x81" * 1000 + b"\x00", None),
}


def pem(key: PublicKey) -> bytes:
    return load_der_public_key(key.spki).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_the_parts_spelt_by_hand_make_up_the_statement() -> None:
    """So that each case of the table below differs from a good statement in what its name says only."""
    assert statement() == RAW


@pytest.mark.parametrize(("raw", "field"), OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS.keys())
def test_every_other_spelling_or_form_is_refused_at_its_place(raw: bytes, field: str | None) -> None:
    with pytest.raises(MalformedStatement) as refused:
        parse_envelope(raw)

    assert refused.value.field == field


def test_a_message_without_the_tag_is_told_so() -> None:
    with pytest.raises(MalformedStatement, match="tag 18"):
        parse_envelope(RAW[1:])


@both_algorithms
@given(iss=TEXTS, sub=TEXTS, payload=st.binary(max_size=300))
def test_a_signed_statement_comes_apart_into_what_was_signed(
    alg: Algorithm, iss: str, sub: str, payload: bytes
) -> None:
    key = SigningKey.generate(alg)

    raw = sign_statement(key, iss=iss, sub=sub, payload=payload)
    envelope = parse_envelope(raw)
    verify_envelope(envelope, key.public)

    assert envelope.raw == raw
    assert (envelope.alg, envelope.kid) == (alg, key.public.kid)
    assert (envelope.iss, envelope.sub, envelope.payload) == (iss, sub, payload)
    assert envelope.content_type == CONTENT_TYPE
    assert envelope.signature == raw[-64:]


@both_algorithms
def test_a_statement_with_any_byte_changed_is_refused(alg: Algorithm) -> None:
    """Every byte, eight changes each: no byte of a statement is free to vary."""
    key = SigningKey.generate(alg)
    raw = sign_statement(key, iss=ISS, sub=SUB, payload=PAYLOAD)

    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(Refusal):
                verify_envelope(parse_envelope(bytes(changed)), key.public)


@given(st.data())
def test_a_statement_with_bytes_cut_out_put_in_or_replaced_is_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(RAW)))
    end = data.draw(st.integers(start, min(len(RAW), start + 8)))
    changed = RAW[:start] + data.draw(st.binary(max_size=8)) + RAW[end:]
    if changed == RAW:
        return

    with pytest.raises(Refusal):
        verify_envelope(parse_envelope(changed), KEY.public)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_refusal(data: bytes) -> None:
    with pytest.raises(MalformedStatement):
        parse_envelope(b"\xd2\x84" + data)


def test_the_event_id_is_the_digest_of_the_signed_bytes() -> None:
    signed = b"\x84\x6aSignature1\x58" + bytes([len(PROTECTED)]) + PROTECTED + b"\x40" + SPELT_PAYLOAD

    assert ENVELOPE.signed_bytes == signed
    assert ENVELOPE.event_id == hashlib.sha256(signed).digest()


def test_the_example_of_the_formats_page_is_made_byte_for_byte() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    [example] = re.findall(r"^```text statement\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    raw = sign_statement(KEY, iss=ISS, sub=SUB, payload=b'{"v":1}')

    assert raw == bytes.fromhex(example)
    assert parse_envelope(raw).event_id.hex() == "4319e0d7c1e3565019bddd805e854b3eaf481c0b8c651cfaa00019ff1acbbb36"


def test_a_second_signature_over_the_same_content_is_the_same_event() -> None:
    again = parse_envelope(RAW[:-64] + bytes(64))

    assert again.event_id == ENVELOPE.event_id
    with pytest.raises(SignatureInvalid):
        verify_envelope(again, KEY.public)


@pytest.mark.parametrize(
    "other",
    [
        sign_statement(KEY, iss="pty_other", sub=SUB, payload=PAYLOAD),
        sign_statement(KEY, iss=ISS, sub="con_other", payload=PAYLOAD),
        sign_statement(KEY, iss=ISS, sub=SUB, payload=PAYLOAD + b" "),
        sign_statement(SigningKey.from_seed(bytes(31) + b"\x01"), iss=ISS, sub=SUB, payload=PAYLOAD),
    ],
    ids=["issuer", "subject", "payload", "key"],
)
def test_other_content_or_another_key_is_another_event(other: bytes) -> None:
    assert parse_envelope(other).event_id != ENVELOPE.event_id


def test_a_statement_of_another_key_is_refused_by_its_key_id() -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verify_envelope(ENVELOPE, SigningKey.generate().public)

    assert refused.value.field == "/protected/kid"


def test_a_statement_is_refused_by_a_key_of_another_algorithm() -> None:
    with pytest.raises(SignatureInvalid) as refused:
        verify_envelope(ENVELOPE, SigningKey.generate(Algorithm.ES256).public)

    assert refused.value.field == "/protected/alg"


def test_another_content_type_can_be_signed_and_is_no_event() -> None:
    seal = "application/vnd.bitacora.seal"
    raw = sign_statement(KEY, iss=ISS, sub=SUB, payload=b"\x00", content_type=seal)

    assert parse_envelope(raw, content_type=seal).payload == b"\x00"
    with pytest.raises(MalformedStatement) as refused:
        parse_envelope(raw)
    assert refused.value.field == "/protected/content_type"


def test_a_statement_ends_at_60_kib_both_ways() -> None:
    overhead_bytes = len(RAW) - len(SPELT_PAYLOAD) + 3
    longest = sign_statement(KEY, iss=ISS, sub=SUB, payload=bytes(STATEMENT_BYTES_MAX - overhead_bytes))
    assert len(longest) == STATEMENT_BYTES_MAX
    verify_envelope(parse_envelope(longest), KEY.public)

    with pytest.raises(StatementTooLarge):
        sign_statement(KEY, iss=ISS, sub=SUB, payload=bytes(STATEMENT_BYTES_MAX - overhead_bytes + 1))
    with pytest.raises(StatementTooLarge) as refused:
        parse_envelope(bytes(STATEMENT_BYTES_MAX + 1))
    assert refused.value.facts == {"statement_bytes": 61441, "statement_bytes_max": 61440}


@pytest.mark.parametrize(
    ("iss", "sub"), [("", SUB), (ISS, ""), ("\ud800", SUB), (ISS, "\0")], ids=["iss", "sub", "surrogate", "control"]
)
def test_a_statement_without_issuer_or_subject_is_not_signed(iss: str, sub: str) -> None:
    with pytest.raises(ValueError, match=r"issuer|surrogates"):
        sign_statement(KEY, iss=iss, sub=sub, payload=PAYLOAD)


def test_an_envelope_cannot_be_changed() -> None:
    for part in ENVELOPE._fields:
        with pytest.raises(AttributeError):
            setattr(ENVELOPE, part, b"")


@both_algorithms
def test_another_scitt_library_verifies_our_statement(alg: Algorithm) -> None:
    key = SigningKey.generate(alg)
    raw = sign_statement(key, iss=ISS, sub=SUB, payload=PAYLOAD)

    read = scitt_cose.parse_signed_statement(raw, public_key_pem=pem(key.public))

    assert read["signature_verified"] is True


def cose_example(name: str) -> dict[str, Any]:
    path = COSE_WG / name
    if not path.exists():
        pytest.skip("the examples of the COSE working group are not beside this repository")
    example: dict[str, Any] = json.loads(path.read_text())
    return example


def example_key(description: dict[str, str]) -> PublicKey:
    if description["kty"] == "OKP":
        return parse_public_key(bytes.fromhex("302a300506032b6570032100" + description["x_hex"]))
    secret = base64.urlsafe_b64decode(description["d"] + "=")
    return SigningKey(ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())).public


def open_example(example: dict[str, Any]) -> tuple[PublicKey, bytes, bytes]:
    """Key, Sig_structure and signature of an example."""
    sign1 = cbor2.loads(bytes.fromhex(example["output"]["cbor"]))
    protected, _, payload, signature = sign1.value if isinstance(sign1, cbor2.CBORTag) else sign1
    description = example["input"]["sign0"]
    external = bytes.fromhex(description.get("external", ""))
    signed = cbor.encode(["Signature1", protected, external, payload])
    return example_key(description["key"]), signed, signature


@pytest.mark.parametrize(
    "name",
    [
        "sign1-tests/sign-pass-02.json",
        "sign1-tests/sign-pass-03.json",
        "eddsa-examples/eddsa-sig-01.json",
    ],
)
def test_cose_examples_that_pass_have_our_signed_bytes_and_a_good_signature(name: str) -> None:
    """The first spells an empty header A0 and signs no bytes for it (RFC 9052 §4.4); ours is never empty."""
    example = cose_example(name)
    key, signed, signature = open_example(example)

    assert signed.hex() == example["intermediates"]["ToBeSign_hex"].lower()
    verify_signature(key, signature, signed)


@pytest.mark.parametrize("number", [2, 6, 7])
def test_cose_examples_that_fail_by_their_signature_fail_here(number: int) -> None:
    key, signed, signature = open_example(cose_example(f"sign1-tests/sign-fail-0{number}.json"))

    with pytest.raises(SignatureInvalid):
        verify_signature(key, signature, signed)


@pytest.mark.parametrize(
    "name",
    [*(f"pass-0{number}" for number in (1, 2, 3)), *(f"fail-0{number}" for number in (1, 2, 3, 4, 6, 7))],
)
def test_a_cose_message_that_is_no_statement_is_refused(name: str) -> None:
    """The examples have a kid outside the protected header, no claims, or no tag."""
    example = cose_example(f"sign1-tests/sign-{name}.json")

    with pytest.raises(MalformedStatement):
        parse_envelope(bytes.fromhex(example["output"]["cbor"]))
