"""What a verifier believes before it has read anything: the trust file of a ledger.

    {
      "origin": "ledger.example/one",
      "genesis": "<event id in hex, or null: not pinned>",
      "checkpoint": ["<vkey>", ...],
      "receipt_key": "<SubjectPublicKeyInfo in base64url>"
    }

It is public, and worth exactly as much as the way it came: by hand, in print, or from the authority.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.domain.operation import Genesis
from ledger.domain.values import format_base64url
from ledger.errors import Corruption, KeyUnusable, Refusal
from ledger.event import parse_event
from ledger.keys import PublicKey, parse_public_key
from ledger.log.note import SignatureType, VerifierKey, format_vkey, parse_vkey

TRUST_BYTES_MAX = 64 * 1024

_EVENT_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trust:
    """The pins of one ledger.

    Attributes:
        origin: the log's name, as in its checkpoints.
        genesis: event id of entry 0 in hex; None when the verifier has not pinned it.
        checkpoint: keys whose signatures under a checkpoint count, at least one.
        receipt_key: the key of COSE receipts.
    """

    origin: str
    genesis: str | None
    checkpoint: tuple[VerifierKey, ...]
    receipt_key: PublicKey


def format_trust(trust: Trust) -> bytes:
    """The file at the top of this module: UTF-8, two spaces of indent, a newline at the end."""
    members = {
        "origin": trust.origin,
        "genesis": trust.genesis,
        "checkpoint": [format_vkey(key) for key in trust.checkpoint],
        "receipt_key": format_base64url(trust.receipt_key.spki),
    }
    return (json.dumps(members, ensure_ascii=False, indent=2) + "\n").encode()


def parse_trust(data: bytes) -> Trust:
    """The inverse of ``format_trust``.

    Raises:
        KeyUnusable: any other spelling, no checkpoint key, or one that is not a key.
    """
    try:
        trust = _open_trust(json.loads(data[:TRUST_BYTES_MAX]))
        if format_trust(trust) != data:
            raise KeyUnusable("The trust file is not in its one spelling.")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise KeyUnusable("The trust file does not hold origin, genesis, checkpoint and receipt_key.") from error
    return trust


def trust_in_genesis(raw: bytes) -> Trust:
    """What a ledger says of itself in entry 0; it pins nothing, so it only shows whether the ledger is sound in itself.

    Raises:
        Corruption: entry 0 is no genesis that names an Ed25519 checkpoint key.
    """
    try:
        payload = parse_event(raw).payload
        if not isinstance(payload, Genesis):
            raise KeyUnusable("It is no genesis.")
        vkeys = tuple(parse_vkey(text) for text in payload.online.checkpoint)
        raw_key = next(key.public for key in vkeys if key.kind is SignatureType.ED25519)
    except (Refusal, StopIteration) as error:
        raise Corruption(f"it names no checkpoint keys: {error}", place="entry 0") from error
    spki = Ed25519PublicKey.from_public_bytes(raw_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Trust(payload.origin, None, vkeys, parse_public_key(spki))


def _open_trust(members: dict[str, Any]) -> Trust:
    origin, genesis, receipt_key = members["origin"], members["genesis"], members["receipt_key"]
    if not isinstance(origin, str) or not isinstance(receipt_key, str) or not members["checkpoint"]:
        raise KeyUnusable("The trust file names an origin, at least one checkpoint key, and a receipt key.")
    if genesis is not None and not (isinstance(genesis, str) and _EVENT_ID.fullmatch(genesis)):
        raise KeyUnusable("The genesis of the trust file is not an event id in hex.")
    spki = base64.urlsafe_b64decode(receipt_key + "=" * (-len(receipt_key) % 4))
    checkpoint = tuple(parse_vkey(vkey) for vkey in members["checkpoint"])
    return Trust(origin, genesis, checkpoint, parse_public_key(spki))
