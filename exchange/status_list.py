"""Bitstring Status List v1.0: one bit for each credential, published as a credential of its own.

A credential's bit is the leaf index of the log entry that it rests on, so anybody who has the log can tell which bit
is whose, and no two credentials share one. List ``n`` covers entries ``n * LIST_BITS`` and following.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, get_args

from exchange.securing import Issuer
from ledger.domain.values import format_base64url, format_instant, parse_base64url
from ledger.errors import ProofInvalid

Purpose = Literal["revocation", "suspension"]
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
LIST_BITS: Final = 131_072
"""The smallest list that the specification allows: it hides a credential among the others."""

LIST_VALID_S: Final = 86_400
LIST_TTL_S: Final = 10
"""How long a verifier may go on using a list without asking anew."""

_LIST_BYTES = LIST_BITS // 8
_MULTIBASE_BASE64URL = "u"


def list_of(index: int) -> int:
    """Number of the list that has the bit of the entry at leaf ``index``."""
    return index // LIST_BITS


def list_url(base_url: str, purpose: Purpose, number: int) -> str:
    """Where a list is published."""
    return f"{base_url}/credentials/status/{purpose}/{number}"


def status_entries(base_url: str, index: int) -> list[dict[str, str]]:
    """``credentialStatus`` of the credential that rests on the entry at leaf ``index``."""
    return [
        {
            "id": f"{list_url(base_url, purpose, list_of(index))}#{index % LIST_BITS}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose,
            "statusListIndex": str(index % LIST_BITS),
            "statusListCredential": list_url(base_url, purpose, list_of(index)),
        }
        for purpose in PURPOSES
    ]


def encode_list(indexes: Iterable[int]) -> str:
    """``encodedList`` with these bits set: GZIP, then base64url after the multibase letter ``u``.

    Bit 0 is the most significant one of the first byte. The same bits give the same text.
    """
    bits = bytearray(_LIST_BYTES)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return _MULTIBASE_BASE64URL + format_base64url(gzip.compress(bits, mtime=0))


def decode_list(encoded: str) -> bytes:
    """The bits of an ``encodedList``; inverse of ``encode_list``.

    Raises:
        ProofInvalid: it is not one, or not of ``LIST_BITS`` bits.
    """
    if not encoded.startswith(_MULTIBASE_BASE64URL):
        raise ProofInvalid("the status list is not in multibase base64url")
    try:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        # One byte more than a list has: what unpacks to gigabytes is seen before it does.
        bits = unpacker.decompress(parse_base64url(encoded.removeprefix(_MULTIBASE_BASE64URL)), _LIST_BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise ProofInvalid("the status list cannot be unpacked") from error
    if len(bits) != _LIST_BYTES:
        raise ProofInvalid(f"the status list does not have {LIST_BITS} bits")
    return bits


def status_list_credential(
    base_url: str, issuer: Issuer, purpose: Purpose, number: int, indexes: Iterable[int], *, now: int
) -> dict[str, Any]:
    """The list ``number`` of a purpose at ``now`` (seconds since 1970) as a credential, not yet secured.

    ``indexes`` are the leaf indexes whose bits are set; those of other lists are passed over. It holds for
    ``LIST_VALID_S``, so that an old list does not hide a revocation for ever.
    """
    url = list_url(base_url, purpose, number)
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": {"id": issuer.did, "name": issuer.name},
        "validFrom": format_instant(now),
        "validUntil": format_instant(now + LIST_VALID_S),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "ttl": LIST_TTL_S * 1000,
            "encodedList": encode_list(index % LIST_BITS for index in indexes if list_of(index) == number),
        },
    }


def is_set(credential: Mapping[str, Any], entry: Mapping[str, Any]) -> bool:
    """Whether a verified list says that the status of this ``credentialStatus`` entry applies.

    Raises:
        ProofInvalid: the list is of another purpose or address, or is none; the entry has no place in it.
    """
    listed = credential.get("credentialSubject")
    if credential.get("id") != entry.get("statusListCredential") or not isinstance(listed, Mapping):
        raise ProofInvalid("this is not the status list that the credential names")
    if listed.get("statusPurpose") != entry.get("statusPurpose"):
        raise ProofInvalid("the status list has another purpose")
    index, encoded = str(entry.get("statusListIndex")), listed.get("encodedList")
    if not index.isdecimal() or int(index) >= LIST_BITS or not isinstance(encoded, str):
        raise ProofInvalid("the credential has no place in its status list")
    return bool(decode_list(encoded)[int(index) // 8] & 0x80 >> int(index) % 8)
