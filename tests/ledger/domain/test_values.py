from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ledger.domain import values
from ledger.domain.values import (
    check_day,
    format_base64url,
    format_instant,
    format_opaque_id,
    format_uuid7,
    parse_instant,
)

CENTURY = st.integers(parse_instant("2000-01-01T00:00:00Z"), parse_instant("2099-12-31T23:59:59Z"))


@given(CENTURY)
def test_a_time_is_read_back_as_it_was_spelt(seconds: int) -> None:
    assert parse_instant(format_instant(seconds)) == seconds


@given(st.text(max_size=24))
def test_a_time_has_one_spelling(text: str) -> None:
    try:
        seconds = parse_instant(text)
    except ValueError:
        return
    assert format_instant(seconds) == text


@pytest.mark.parametrize(
    "text", ["٢025-01-06T15:00:00Z", "2025-1-06T15:00:00Z", "2025-13-01T00:00:00Z", 5, None, [], {}]
)
def test_another_spelling_of_a_time_is_a_value_error(text: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for people
        parse_instant(text)


@pytest.mark.parametrize("text", ["2025-02-29", "2025-00-10", "20250106", "2025-W02-1", "2025-01-6"])
def test_a_day_that_is_not_in_the_calendar_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is for people
        check_day(text)


@given(st.binary(min_size=16, max_size=16))
def test_a_random_id_is_one_that_a_statement_accepts(random: bytes) -> None:
    assert TypeAdapter(values.PartyId).validate_python(format_opaque_id("pty", random))


@pytest.mark.parametrize("tail", ["b", "z", "1", "A"])
def test_an_id_has_one_spelling_for_its_128_bits(tail: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(values.PartyId).validate_python("pty_" + "a" * 25 + tail)


def test_an_id_takes_16_random_bytes() -> None:
    with pytest.raises(ValueError, match="16 random bytes"):
        format_opaque_id("pty", bytes(15))


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_a_uuid7_carries_its_time_version_and_variant(milliseconds: int, random: bytes) -> None:
    text = format_uuid7(milliseconds, random)
    parsed = uuid.UUID(text)

    assert parsed.int >> 80 == milliseconds
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert TypeAdapter(values.Uuid7).validate_python(text) == text


@given(st.binary(min_size=32, max_size=80))
def test_key_bytes_are_read_back_as_they_were_spelt(data: bytes) -> None:
    assert TypeAdapter(values.KeyBytes).validate_python(format_base64url(data)) == data


@pytest.mark.parametrize("text", ["A" * 43 + "=", "A" * 42 + "B", "+" * 44, "A" * 44 + "\n", "ñ" * 44, 7])
def test_key_bytes_have_one_spelling(text: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(values.KeyBytes).validate_python(text)
