from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofInvalid
from ledger.log.merkle import SIZE_MAX
from ledger.log.text import format_base64, parse_base64, parse_decimal


@given(st.binary(max_size=100))
def test_base64_is_read_back(data: bytes) -> None:
    assert parse_base64(format_base64(data)) == data


@pytest.mark.parametrize("text", ["AA", "AA=", "AB==", "AA==\n", "A-==", "AA==AA==", "é", "AAAA="])
def test_another_spelling_is_no_base64(text: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_base64(text)


@given(st.integers(0, SIZE_MAX))
def test_decimals_are_read_back(number: int) -> None:
    assert parse_decimal(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "01", "1 ", "1_0", "²", "٣", str(2**63), "9" * 5000])
def test_another_spelling_is_no_decimal(text: str) -> None:
    with pytest.raises(ProofInvalid):
        parse_decimal(text)
