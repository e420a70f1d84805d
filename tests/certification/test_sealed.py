from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.sealed import format_opening, lookup_hash, parse_opening, seal, verify_sealed
from ledger.errors import ProofInvalid

SALT = bytes(range(16))
KEY = bytes(range(32))

people = st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers(0, 2**53 - 1)), max_size=4)
salts = st.binary(min_size=16, max_size=32)


def test_a_commitment_is_the_hash_of_salt_and_value_in_deterministic_cbor() -> None:
    # 82: array of 2; 50: 16 bytes; a1: map of 1; 63: 3 characters
    spelt = bytes.fromhex("82 50 000102030405060708090a0b0c0d0e0f a1 63 524643 64 41424344")

    assert seal({"RFC": "ABCD"}, SALT) == sha256(spelt).hexdigest()


@given(people, salts)
def test_a_commitment_opens_with_its_own_value_and_salt(value: dict[str, Any], salt: bytes) -> None:
    verify_sealed(seal(dict(reversed(value.items())), salt), value, salt)


@given(people, salts, people, salts)
def test_a_commitment_opens_with_nothing_else(
    value: dict[str, Any], salt: bytes, other: dict[str, Any], other_salt: bytes
) -> None:
    if (value, salt) != (other, other_salt):
        with pytest.raises(ProofInvalid):
            verify_sealed(seal(value, salt), other, other_salt)


@given(people, salts)
def test_an_opening_reads_back(value: dict[str, Any], salt: bytes) -> None:
    assert parse_opening(format_opening(value, salt)) == (value, salt)


@pytest.mark.parametrize("opening", ["a0", "82 40 a0", "82 50 000102030405060708090a0b0c0d0e0f 01", "80", "ff"])
def test_what_is_no_opening_is_not_read(opening: str) -> None:
    with pytest.raises(ValueError, match=r"opening|CBOR"):
        parse_opening(bytes.fromhex(opening))


def test_a_salt_below_128_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        seal({"name": "Ana"}, SALT[:-1])


def test_a_lookup_hash_depends_on_key_scheme_and_id() -> None:
    vin = lookup_hash(KEY, "vin", "3N1AB7AP5KY000001")

    assert vin == lookup_hash(KEY, "vin", "3N1AB7AP5KY000001")
    others = [(bytes(32), "vin", "3N1AB7AP5KY000001"), (KEY, "oem", "3N1AB7AP5KY000001"), (KEY, "vin", "3N1")]
    assert vin not in [lookup_hash(*other) for other in others]
    assert lookup_hash(KEY, "a", "bc") != lookup_hash(KEY, "ab", "c")


def test_a_lookup_key_below_256_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        lookup_hash(KEY[:-1], "vin", "3N1AB7AP5KY000001")
