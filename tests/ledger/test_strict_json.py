from __future__ import annotations

import doctest
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import strict_json
from ledger.errors import MalformedStatement
from ledger.strict_json import DEPTH_MAX, INTEGER_MAX, format_json, parse_json

DECEIVING = "".join(map(chr, [*range(0x2028, 0x202F), *range(0x2066, 0x206A)]))
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=DECEIVING))
VALUES = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
        max_leaves=20,
    ),
)

REFUSED = {
    "nothing": b"",
    "an array": b"[]",
    "a string": b'"a"',
    "null": b"null",
    "two objects": b"{}{}",
    "a tail": b"{}x",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "Latin-1": b'{"a":"\xe1"}',
    "an encoded surrogate": b'{"a":"\xed\xa0\x80"}',
    "an overlong byte": b'{"a":"\xc1\x81"}',
    "a comment": b"{/**/}",
    "a trailing comma": b'{"a":1,}',
    "single quotes": b"{'a':1}",
    "a duplicate key": b'{"a":1,"a":1}',
    "a duplicate key, once escaped": b'{"a":1,"\\u0061":2}',
    "a duplicate key deep inside": b'{"a":[{"b":1,"b":2}]}',
    "a fraction": b'{"a":1.5}',
    "a whole fraction": b'{"a":1.0}',
    "an exponent": b'{"a":1e3}',
    "an exponent that is whole": b'{"a":1E0}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b'{"a":-Infinity}',
    "minus zero": b'{"a":-0}',
    "a leading zero": b'{"a":01}',
    "a plus sign": b'{"a":+1}',
    "2^53": b'{"a":9007199254740992}',
    "-2^53": b'{"a":-9007199254740992}',
    "eighteen digits": b'{"a":100000000000000000}',
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate": b'{"a":"\\udc00"}',
    "surrogates in the wrong order": b'{"a":"\\udc00\\ud800"}',
    "a lone surrogate in a key": b'{"\\ud800":1}',
    "a raw U+0000": b'{"a":"\x00"}',
    "an escaped U+0000": b'{"a":"\\u0000"}',
    "an escaped U+0000 in a key": b'{"\\u0000":1}',
    "a raw newline in a string": b'{"a":"\n"}',
    "an escaped newline": b'{"a":"\\n"}',
    "an escape in an array": b'{"a":["\\u001b[2J"]}',
    "a raw DEL": b'{"a":"\x7f"}',
    "a raw U+0085": '{"a":"\x85"}'.encode(),
    "an escaped U+0085": b'{"a":"\\u0085"}',
    "a raw override of the writing direction": '{"a":"x\u202ey"}'.encode(),
    "an escaped isolate": b'{"a":"\\u2066"}',
    "a line separator in a key": '{"\u2028":1}'.encode(),
    "an unterminated string": b'{"a":"',
    "a short escape": b'{"a":"\\u00"}',
}


def nested(depth: int, *, brackets: str = "[]") -> bytes:
    """An object with ``depth`` levels in all."""
    opening, closing = brackets[:1].encode(), brackets[1:].encode()
    return b'{"a":' + opening * (depth - 1) + closing * (depth - 1) + b"}"


@pytest.mark.parametrize("payload", REFUSED.values(), ids=REFUSED.keys())
def test_what_parsers_may_read_differently_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedStatement):
        parse_json(payload)


@given(VALUES)
def test_what_was_formatted_parses_to_the_same_value(value: dict[str, Any]) -> None:
    parsed = parse_json(format_json(value))

    assert parsed == value
    assert list(parsed) == list(value)


def test_spaces_newlines_and_harmless_escapes_are_read() -> None:
    assert parse_json(b' {\n\t"a" : "\\u00e1\\"\\\\\\/\\ud83d\\udd0b",\r\n "b":[ -1 ] } ') == {
        "a": 'á"\\/🔋',
        "b": [-1],
    }


def test_text_is_written_as_it_is_and_members_keep_their_order() -> None:
    assert format_json({"z": "batería", "a": [True, None]}) == '{"z":"batería","a":[true,null]}'.encode()


@pytest.mark.parametrize("integer", [INTEGER_MAX, -INTEGER_MAX, 0])
def test_integers_up_to_the_last_exact_double_are_read(integer: int) -> None:
    assert parse_json(b'{"a":%d}' % integer) == {"a": integer}


def test_an_integer_of_many_digits_is_refused_by_their_number() -> None:
    """Python would refuse to convert it too, but only where nobody has lifted its limit."""
    with pytest.raises(MalformedStatement, match="not exact"):
        parse_json(b'{"a":-%s}' % (b"9" * 5000))


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1.0},
        {"a": float("nan")},
        {"a": INTEGER_MAX + 1},
        {"a": -INTEGER_MAX - 1},
        {"a": 10**5000},
        {"a": (1,)},
        {"a": b"1"},
        {"a": {1: 2}},
        {"a": {1: 2, "1": 3}},
        {"a": "\ud800"},
        {"a": "\x00"},
        {"a": "line\nline"},
        {"a": "\x7f"},
        {"a": object()},
    ],
)
def test_what_would_be_refused_or_changed_is_not_formatted(value: dict[str, Any]) -> None:
    with pytest.raises(MalformedStatement):
        format_json(value)


def test_nesting_ends_at_the_same_depth_both_ways() -> None:
    deepest = nested(DEPTH_MAX)
    assert format_json(parse_json(deepest)) == deepest

    with pytest.raises(MalformedStatement, match="deeper"):
        parse_json(nested(DEPTH_MAX + 1))
    with pytest.raises(MalformedStatement, match="deeper"):
        format_json({"a": parse_json(deepest)})


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_deep_nesting_is_refused_before_a_recursive_parser_meets_it(brackets: str) -> None:
    with pytest.raises(MalformedStatement, match="deeper"):
        parse_json(nested(1_000_000, brackets=brackets))


def test_a_value_that_contains_itself_is_not_formatted() -> None:
    value: dict[str, Any] = {}
    value["a"] = value

    with pytest.raises(MalformedStatement):
        format_json(value)


def test_brackets_in_strings_and_beside_each_other_are_not_nesting() -> None:
    value = {"a": '[{"\\[' * 40, "b": [[{}] for _ in range(40)]}

    assert parse_json(format_json(value)) == value


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a":' + b"9" * 60_000 + b"}",
        b'{"a":"' + b'\\"' * 30_000,
        b"[" * 20 + b'"' + b'\\"' * 30_000,
        b"{" * 20 + b'"' * 60_000,
        b'{"a":[' + b"[]," * 20_000 + b"[]]",
        b'{"a":"' + b"\\\\" * 30_000,
    ],
    ids=["digits", "quotes", "quotes after brackets", "empty strings", "arrays", "backslashes"],
)
def test_60_kib_of_malice_take_no_longer_than_honest_text(payload: bytes) -> None:
    """The bound is some hundred times what is measured; quadratic time would exceed it a hundredfold."""
    started = time.perf_counter()
    with pytest.raises(MalformedStatement):
        parse_json(payload)

    assert time.perf_counter() - started < 1


def test_the_worked_values_of_the_module_hold() -> None:
    assert doctest.testmod(strict_json).failed == 0
