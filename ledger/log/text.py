"""What every C2SP text format shares: padded base64, decimals, and the characters of a line."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from ledger.errors import ProofInvalid
from ledger.log.merkle import SIZE_MAX

_DIGITS_MAX = len(str(SIZE_MAX))


def format_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 §4)."""
    return b64encode(data).decode("ascii")


def parse_base64(text: str) -> bytes:
    """The inverse of ``format_base64``.

    Raises:
        ProofInvalid: other characters, missing padding, or bits set in the part that decoding drops.
    """
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofInvalid(f"not base64: {error}") from error
    if format_base64(data) != text:
        raise ProofInvalid("not the canonical base64 of its value")
    return data


def parse_decimal(text: str) -> int:
    """An integer from 0 to 2**63-1, in ASCII digits without leading zeros.

    Raises:
        ProofInvalid: anything else.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise ProofInvalid("not a decimal number")
    number = int(text)
    if number > SIZE_MAX or str(number) != text:
        raise ProofInvalid("not a decimal number below 2**63 without leading zeros")
    return number


def is_printable(text: str) -> bool:
    """Whether a line may hold the text: no ASCII controls, no lone surrogates, which UTF-8 cannot spell."""
    return not any(char < " " or "\ud800" <= char <= "\udfff" for char in text)
