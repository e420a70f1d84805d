from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openvc.status.bitstring import decode_bitstring, get_status_bit

from exchange.status_list import (
    LIST_BITS,
    LIST_VALID_S,
    PURPOSES,
    decode_list,
    encode_list,
    is_set,
    list_of,
    status_entries,
    status_list_credential,
)
from ledger.domain.values import format_base64url, parse_base64url, parse_instant
from ledger.errors import ProofInvalid
from tests.exchange.issued import BASE, Desk
from tests.yard import Yard

INDEXES = st.sets(st.integers(min_value=0, max_value=LIST_BITS - 1), max_size=20)


@given(INDEXES)
def test_a_foreign_reader_finds_the_bits_that_were_set(indexes: set[int]) -> None:
    bits = decode_bitstring(encode_list(indexes))

    assert len(bits) * 8 == LIST_BITS
    assert all(get_status_bit(bits, index) for index in indexes)
    assert sum(byte.bit_count() for byte in bits) == len(indexes)


@given(INDEXES)
def test_a_list_is_read_back_as_it_was_written(indexes: set[int]) -> None:
    bits = decode_list(encode_list(indexes))

    assert {n for n in range(LIST_BITS) if bits[n // 8] & 0x80 >> n % 8} == indexes


def test_bit_0_is_the_most_significant_one_of_the_first_byte() -> None:
    assert decode_list(encode_list([0]))[0] == 0x80
    assert decode_list(encode_list([7]))[0] == 0x01
    assert decode_list(encode_list([8]))[1] == 0x80
    assert decode_list(encode_list([LIST_BITS - 1]))[-1] == 0x01


def test_the_same_bits_give_the_same_text() -> None:
    assert encode_list([5, 3]) == encode_list([3, 5, 5])
    packed = parse_base64url(encode_list([7]).removeprefix("u"))
    assert packed[4:8] == bytes(4), "the moment of packing is in it"


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "H4sIAAAAAAAA",
        "u",
        "u!!",
        "uAAAA",
        "u" + format_base64url(gzip.compress(bytes(LIST_BITS // 8 - 1), mtime=0)),
        "u" + format_base64url(gzip.compress(bytes(LIST_BITS // 8 + 1), mtime=0)),
        "u" + format_base64url(gzip.compress(bytes(10**8), mtime=0)),
    ],
)
def test_what_is_no_list_of_this_size_is_refused(encoded: str) -> None:
    with pytest.raises(ProofInvalid):
        decode_list(encoded)


@pytest.mark.parametrize(("index", "number", "place"), [(0, 0, "0"), (131_071, 0, "131071"), (131_072, 1, "0")])
def test_a_bit_is_the_leaf_index_in_its_list(index: int, number: int, place: str) -> None:
    entries = status_entries(BASE, index)

    assert list_of(index) == number
    assert [entry["statusPurpose"] for entry in entries] == list(PURPOSES)
    assert {entry["statusListIndex"] for entry in entries} == {place}
    assert entries[0]["statusListCredential"] == f"{BASE}/credentials/status/revocation/{number}"


def test_a_list_holds_the_bits_of_its_own_entries_alone() -> None:
    desk = Desk(Yard())
    marked = [3, LIST_BITS + 5]

    for number, index in ((0, 3), (1, LIST_BITS + 5)):
        listed = status_list_credential(BASE, desk.issuer, "revocation", number, marked, now=desk.yard.now)
        [entry, other] = status_entries(BASE, index)
        assert is_set(listed, entry)
        assert sum(byte.bit_count() for byte in decode_list(listed["credentialSubject"]["encodedList"])) == 1
        with pytest.raises(ProofInvalid):
            is_set(listed, other)


def test_a_list_holds_for_a_day_and_is_fetched_anew_within_seconds() -> None:
    listed = Desk(Yard()).status_list("suspension")

    assert parse_instant(listed["validUntil"]) - parse_instant(listed["validFrom"]) == LIST_VALID_S
    assert listed["credentialSubject"]["ttl"] == 10_000


@pytest.mark.parametrize("place", ["-1", "131072", "x", "", None])
def test_an_entry_without_a_place_in_the_list_is_refused(place: str | None) -> None:
    listed = Desk(Yard()).status_list("revocation")
    [entry, _] = status_entries(BASE, 1)

    with pytest.raises(ProofInvalid):
        is_set(listed, {**entry, "statusListIndex": place})
