"""Commitments to personal data, which itself never enters the log, and keyed look-ups of alternate ids.

A commitment is SHA-256 over its *opening*, the deterministic CBOR of ``[salt, value]``. Salt and value lie beside the
log and are erased together; without the salt, guessing the value proves nothing.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any, Final

from ledger import cbor
from ledger.errors import ProofInvalid

SALT_BYTES_MIN: Final = 16
LOOKUP_KEY_BYTES_MIN: Final = 32


def format_opening(value: dict[str, Any], salt: bytes) -> bytes:
    """What a commitment is made from: a value under a fresh random salt of at least 128 bits.

    Raises:
        ValueError: the salt is too short, or the value is none that deterministic CBOR has.
    """
    if len(salt) < SALT_BYTES_MIN:
        raise ValueError(f"a salt has at least {SALT_BYTES_MIN} bytes")
    return cbor.encode([salt, value])


def parse_opening(opening: bytes) -> tuple[dict[str, Any], bytes]:
    """Value and salt; the inverse of ``format_opening``.

    Raises:
        ValueError: it is no opening.
    """
    match cbor.decode(opening):
        case [bytes(salt), dict(value)] if len(salt) >= SALT_BYTES_MIN:
            return value, salt
        case _:
            raise ValueError("this is no opening of a commitment")


def seal(value: dict[str, Any], salt: bytes) -> str:
    """The commitment, in hex, to a value and its salt.

    Raises:
        ValueError: as ``format_opening``.
    """
    return sha256(format_opening(value, salt)).hexdigest()


def verify_sealed(commitment: str, value: dict[str, Any], salt: bytes) -> None:
    """Prove that ``value`` and ``salt`` are what the commitment was made from.

    Raises:
        ProofInvalid: they are not.
        ValueError: as ``format_opening``.
    """
    if not hmac.compare_digest(seal(value, salt), commitment):
        raise ProofInvalid("value and salt are not what this commitment was made from")


def lookup_hash(key: bytes, scheme: str, alternate: str) -> str:
    """HMAC-SHA-256, in hex, of an alternate id (VIN, GB/T 34014 code, serial of a maker) under the server's key.

    The same id in another scheme has another hash. Without the key the hash tells nothing, though VINs are guessable.

    Raises:
        ValueError: the key is shorter than 256 bits.
    """
    if len(key) < LOOKUP_KEY_BYTES_MIN:
        raise ValueError(f"a look-up key has at least {LOOKUP_KEY_BYTES_MIN} bytes")
    return hmac.new(key, cbor.encode([scheme, alternate]), sha256).hexdigest()
