"""Commitments to personal data, which itself never enters the log, and keyed look-ups of alternate ids.

A commitment is SHA-256 over the deterministic CBOR of ``[salt, value]``. Value and salt lie beside the log and are
erased together; without the salt, guessing the value proves nothing.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Any, Final

from ledger import cbor
from ledger.errors import ProofInvalid

SALT_BYTES_MIN: Final = 16
LOOKUP_KEY_BYTES_MIN: Final = 32


def seal(value: dict[str, Any], salt: bytes) -> str:
    """The commitment, in hex, to a value under a fresh random salt of at least 128 bits.

    Raises:
        ValueError: the salt is too short, or the value is none that deterministic CBOR has.
    """
    if len(salt) < SALT_BYTES_MIN:
        raise ValueError(f"a salt has at least {SALT_BYTES_MIN} bytes")
    return sha256(cbor.encode([salt, value])).hexdigest()


def verify_sealed(commitment: str, value: dict[str, Any], salt: bytes) -> None:
    """Prove that ``value`` and ``salt`` are what the commitment was made from.

    Raises:
        ProofInvalid: they are not.
        ValueError: as ``seal``.
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
