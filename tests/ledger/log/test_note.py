from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import KeyUnusable, ProofInvalid
from ledger.log.note import (
    NOTE_BYTES_MAX,
    Note,
    NoteSignature,
    SignatureType,
    VerifierKey,
    format_note,
    format_signatures,
    format_vkey,
    parse_note,
    parse_signatures,
    parse_vkey,
)

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNATURE = NoteSignature("example.com/foo", b"\0\1\2\3", b"signed")
LINE = "— example.com/foo AAECA3NpZ25lZA==\n"

names = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"], exclude_characters="+"), min_size=1)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n"))
signatures = st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
notes = st.builds(Note, texts.map(lambda text: text + "\n"), st.lists(signatures, min_size=1, max_size=20).map(tuple))


@given(notes)
def test_notes_are_read_back(note: Note) -> None:
    assert parse_note(format_note(note)) == note


def test_text_ends_at_the_last_empty_line() -> None:
    note = parse_note(f"first\n\nsecond\n\n\n{LINE}".encode())
    assert note == Note("first\n\nsecond\n\n", (SIGNATURE,))


@pytest.mark.parametrize("count", [16, 64])
def test_notes_with_many_signatures_are_accepted(count: int) -> None:
    assert len(parse_note(f"text\n\n{LINE * count}".encode()).signatures) == count


def test_the_largest_note_has_64_signatures_and_256_kib() -> None:
    with pytest.raises(ProofInvalid, match="64"):
        parse_note(f"text\n\n{LINE * 65}".encode())
    with pytest.raises(ProofInvalid, match="too large"):
        parse_note(b"a" * NOTE_BYTES_MAX + f"\n\n{LINE}".encode())


@pytest.mark.parametrize(
    "data",
    [
        "",
        "text\n",
        "text\n\n",
        LINE,
        f"\n{LINE}",
        f"text\n{LINE}",
        f"text\r\n\r\n{LINE}",
        f"te\txt\n\n{LINE}",
        f"te\0xt\n\n{LINE}",
        f"text\n\n{LINE[:-1]}",
        f"text\n\n{LINE}\n",
        f"text\n\n{LINE}more\n",
        "text\n\n- example.com/foo AAECA3NpZ25lZA==\n",
        "text\n\n—  AAECA3NpZ25lZA==\n",
        "text\n\n— exam+ple AAECA3NpZ25lZA==\n",
        "text\n\n— exam\x01ple AAECA3NpZ25lZA==\n",
        "text\n\n— exam\u00a0ple AAECA3NpZ25lZA==\n",
        "text\n\n— exam\u2028ple AAECA3NpZ25lZA==\n",
        "text\n\n— example.com/foo AAECA3NpZ25lZA\n",
        "text\n\n— example.com/foo AAECA3NpZ25lZB==\n",
        "text\n\n— example.com/foo AAEC_3NpZ25lZA==\n",
        "text\n\n— example.com/foo AAECAw==\n",
        "text\n\n— example.com/foo\n",
        "text\n\n— example.com/foo AAECA3NpZ25lZA== \n",
    ],
)
def test_another_spelling_is_no_note(data: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_note(data.encode())


def test_bytes_that_are_not_utf_8_are_no_note() -> None:
    with pytest.raises(ProofInvalid, match="UTF-8"):
        parse_note(b"te\xffxt\n\n" + LINE.encode())


@pytest.mark.parametrize("text", ["", "no end", "tab\t\n", "half \ud800 pair\n"])
def test_a_note_cannot_be_made_of_a_text_that_notes_cannot_hold(text: str) -> None:
    with pytest.raises(ProofInvalid):
        Note(text, (SIGNATURE,))


def test_signature_lines_alone_are_read_back() -> None:
    data = format_signatures((SIGNATURE, SIGNATURE))
    assert data == (LINE * 2).encode()
    assert parse_signatures(data) == (SIGNATURE, SIGNATURE)
    with pytest.raises(ProofInvalid):
        parse_signatures(b"")


def test_the_vkey_of_the_specification_is_read_back() -> None:
    key = parse_vkey(VKEY)
    assert (key.name, key.kind, key.key_id.hex()) == ("example.com/foo", SignatureType.ED25519, "530d903a")
    assert format_vkey(key) == VKEY


@given(names, st.sampled_from(SignatureType), st.binary(min_size=32, max_size=32))
def test_vkeys_are_read_back(name: str, kind: SignatureType, seed: bytes) -> None:
    key = VerifierKey(name, kind, seed * 41 if kind is SignatureType.ML_DSA_44 else seed)
    assert parse_vkey(format_vkey(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("example.com/foo", "example.com/fop"),
        VKEY.replace("example.com/foo", ""),
        VKEY.replace("example.com/foo", "example com"),
        VKEY.replace("AekyeRrm", "AekyeRrn"),
        VKEY[:-1],
        VKEY + "+",
        "example.com/foo+530d903a+",
        "example.com/foo+530d903a+" + b64encode(b"\x02" + bytes(32)).decode(),
        "example.com/foo+530d903a+" + b64encode(b"\x01" + bytes(31)).decode(),
    ],
)
def test_another_spelling_is_no_vkey(text: str) -> None:
    with pytest.raises(KeyUnusable):
        parse_vkey(text)
