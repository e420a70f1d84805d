from __future__ import annotations

import doctest
from enum import IntEnum

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import cbor

INTEGERS = st.integers(-(2**64), 2**64 - 1)
TEXTS = st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(INTEGERS | TEXTS | st.binary(), inner),
    max_leaves=20,
)

# RFC 8949 appendix A, as far as the format goes.
SPELLINGS: list[tuple[object, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (255, "18ff"),
    (256, "190100"),
    (1000000, "1a000f4240"),
    (2**64 - 1, "1bffffffffffffffff"),
    (-1, "20"),
    (-(2**64), "3bffffffffffffffff"),
    (False, "f4"),
    (True, "f5"),
    (None, "f6"),
    (b"", "40"),
    (b"\x01\x02\x03\x04", "4401020304"),
    ("", "60"),
    ("ü", "62c3bc"),
    ("水", "63e6b0b4"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({}, "a0"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
]

OTHER_SPELLINGS = {
    "nothing at all": "",
    "a byte after the value": "0000",
    "a value cut short": "6261",
    "zero in two bytes": "1800",
    "255 in three bytes": "1900ff",
    "text length in two bytes": "780161",
    "array length in two bytes": "980101",
    "map length in two bytes": "b8010000",
    "array of indefinite length": "9f01ff",
    "map of indefinite length": "bf0000ff",
    "byte string of indefinite length": "5f4101ff",
    "text of indefinite length": "7f6161ff",
    "keys out of order": "a2616200616100",
    "shorter key first where bytewise order differs": "a22000186400",
    "the same key twice": "a2616100616101",
    "one and true as two keys": "a20100f500",
    "true as a key": "a1f500",
    "null as a key": "a1f600",
    "an array as a key": "a18000",
    "a map as a key": "a1a000",
    "half float": "f93c00",
    "single float": "fa47c35000",
    "double float that has no shorter form": "fb3ff199999999999a",
    "double float inside an array": "81fb3ff199999999999a",
    "double float as a key": "a1fb3ff199999999999a00",
    "not a number": "f97e00",
    "infinity": "f97c00",
    "undefined": "f7",
    "undefined inside a map": "a100f7",
    "simple value 16": "f0",
    "simple value 255": "f8ff",
    "simple value inside an array": "81f0",
    "false in two bytes": "f814",
    "a lone break": "ff",
    "invalid UTF-8": "62c328",
    "a surrogate in UTF-8": "63eda080",
    "a length beyond all memory": "5b7fffffffffffffff00",
    "a count beyond all memory": "9b7fffffffffffffff00",
}


@pytest.mark.parametrize(("value", "spelling"), SPELLINGS, ids=str)
def test_a_value_has_the_spelling_of_the_standard(value: object, spelling: str) -> None:
    assert cbor.encode(value).hex() == spelling
    assert cbor.decode(bytes.fromhex(spelling)) == value


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS.keys())
def test_every_other_spelling_is_refused(spelling: str) -> None:
    with pytest.raises(ValueError, match=r"CBOR|key"):
        cbor.decode(bytes.fromhex(spelling))


@given(VALUES)
def test_what_was_encoded_decodes_to_the_same_value(value: object) -> None:
    decoded = cbor.decode(cbor.encode(value))

    assert decoded == value
    assert repr(decoded).count("True") == repr(value).count("True")


@given(st.binary(max_size=40))
def test_whatever_bytes_decode_encode_to_the_same_bytes(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except ValueError:
        return
    assert cbor.encode(value) == data


def test_keys_of_several_types_stand_in_bytewise_order() -> None:
    spelt = cbor.encode({"a": 0, -1: 0, b"x": 0, 1000: 0, 100: 0})

    assert spelt.hex() == "a5" + "186400" + "1903e800" + "2000" + "417800" + "616100"
    assert cbor.decode(spelt) == {100: 0, 1000: 0, -1: 0, b"x": 0, "a": 0}


@pytest.mark.parametrize(
    ("spelling", "said"),
    [
        ("9f01ff", "indefinite"),
        ("a2616100616101", "Duplicate"),
        ("c249010000000000000000", "semantic tag"),
        ("1800", "shortest"),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_bytes(spelling: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        cbor.decode(bytes.fromhex(spelling))


def test_true_is_no_key_even_after_one_was() -> None:
    assert cbor.decode(cbor.encode({1: 0})) == {1: 0}

    with pytest.raises(ValueError, match="key"):
        cbor.encode({True: 0})
    with pytest.raises(ValueError, match="key"):
        cbor.decode(bytes.fromhex("a1f500"))


def test_a_tuple_comes_back_as_a_list() -> None:
    assert cbor.decode(cbor.encode((1, (2,)))) == [1, [2]]


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**64, -(2**64) - 1, {1.0: 0}, {True: 0}, {None: 0}, {(1,): 0}, {1, 2}, [{"a": 0.5}]],
    ids=str,
)
def test_what_the_format_does_not_have_is_not_encoded(value: object) -> None:
    with pytest.raises(ValueError, match=r"CBOR|key"):
        cbor.encode(value)


def test_an_enumeration_is_not_encoded_in_place_of_its_value() -> None:
    class Colour(IntEnum):
        RED = 1

    with pytest.raises(ValueError, match="Colour"):
        cbor.encode([Colour.RED])


@pytest.mark.parametrize("tail", ["00", "40", "60", "80", "820000", "a0"])
def test_every_tag_is_refused(tail: str) -> None:
    """Shared references (28, 29), bignums (2, 3), dates (0, 1) and self-described CBOR (55799) among them."""
    for tag in [*range(1200), 43000, 55799, 2**32]:
        tagged = cbor2.dumps(cbor2.CBORTag(tag, 0))[:-1] + bytes.fromhex(tail)
        with pytest.raises(ValueError, match="not CBOR"):
            cbor.decode(tagged)


def test_nesting_ends_at_the_same_depth_both_ways() -> None:
    deepest: list[object] = []
    for _ in range(cbor.DEPTH_MAX - 1):
        deepest = [deepest]
    assert cbor.decode(cbor.encode(deepest)) == deepest

    with pytest.raises(ValueError, match="deep"):
        cbor.encode([deepest])
    with pytest.raises(ValueError, match="deep"):
        cbor.decode(b"\x81" + cbor.encode(deepest))
    with pytest.raises(ValueError, match=rf"depth \({cbor.DEPTH_MAX}\)"):
        cbor.decode(b"\x81" * 1_000_000)


def test_the_worked_values_of_the_module_hold() -> None:
    assert doctest.testmod(cbor).failed == 0
