"""One file that shows, without the server, that a statement is in the log and which key signed it.

    {
      "format": "bitacora-evidence/1",
      "statement": "<the entry in base64url>",
      "proof": "<.tlog-proof text of the entry>",
      "receipt": "<its COSE receipt in base64url>",
      "key": {
        "statement": "<the entry by which the signing key came into the log>",
        "proof": "<.tlog-proof text of that entry>"
      }
    }

``key`` is absent for genesis, which brings its own key. The file has one spelling, and each of its bytes is checked:
even a signature line by a key that the verifier does not know is refused, though C2SP would have it passed over.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from ledger.domain.operation import Genesis, KeySucceeded, RootRotated
from ledger.domain.party import KeyEnrolled
from ledger.domain.values import format_base64url
from ledger.errors import ProofInvalid
from ledger.event import Event, parse_event
from ledger.keys import PublicKey, parse_public_key
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import InclusionProof, leaf_hash
from ledger.log.note import VerifierKey
from ledger.log.proof import LogProof, format_log_proof, parse_log_proof, verify_log_proof
from ledger.log.receipt import Receipt, format_receipt, parse_receipt, verify_receipt
from ledger.log.signature import VerifiedSignature, verify_note
from ledger.statement import verify_envelope
from ledger.trust import Trust

FORMAT = "bitacora-evidence/1"
EVIDENCE_BYTES_MAX = 1024 * 1024

NOT_PROVEN: Final = {
    "truth": "that what the party stated is so",
    "authorisation": "that the party was allowed to do it: its permits, its custody, the law",
    "enrolment": "that whoever enrolled the signing key was entitled to; the ledger accepted it",
    "revocation": "that the key was not revoked or limited before the statement was recorded, or under suspicion since",
    "effect": "that the statement took effect, and was not corrected or annulled later",
    "recording_time": "when it was recorded",
    "one_log": "that everybody is shown the same log: no witness has cosigned for this verifier",
    "genesis": "that this is the ledger meant: the trust file pins no genesis",
}
"""What no evidence file can show. For all but the first, audit the whole ledger or ask it."""


@dataclass(frozen=True, slots=True)
class ProvenStatement:
    """An entry and where it stands."""

    statement: bytes
    proof: LogProof


@dataclass(frozen=True, slots=True)
class Evidence:
    """The file as parsed; nothing in it is to be believed before it is verified.

    Attributes:
        statement: the exact bytes of the entry.
        proof: that it is in the log.
        receipt: the same as a COSE receipt (RFC 9942).
        key: the entry by which the signing key came into the log; None for genesis.
    """

    statement: bytes
    proof: LogProof
    receipt: Receipt
    key: ProvenStatement | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an evidence file proves.

    Attributes:
        event: the statement, parsed.
        index: its place in the log.
        checkpoint: the signed tree head that covers it.
        signatures: those under the checkpoint, all verified.
        key: the key that signed the statement.
        enrolled_at: index of the entry by which the key came into the log.
        not_proven: keys of ``NOT_PROVEN``, in its order.
    """

    event: Event
    index: int
    checkpoint: Checkpoint
    signatures: tuple[VerifiedSignature, ...]
    key: PublicKey
    enrolled_at: int
    not_proven: tuple[str, ...]


def format_evidence(evidence: Evidence) -> bytes:
    """The file at the top of this module: UTF-8 JSON, two spaces of indent, a newline at the end."""
    members: dict[str, Any] = {
        "format": FORMAT,
        "statement": format_base64url(evidence.statement),
        "proof": format_log_proof(evidence.proof).decode(),
        "receipt": format_base64url(format_receipt(evidence.receipt)),
    }
    if evidence.key is not None:
        members["key"] = {
            "statement": format_base64url(evidence.key.statement),
            "proof": format_log_proof(evidence.key.proof).decode(),
        }
    return (json.dumps(members, ensure_ascii=False, indent=2) + "\n").encode()


def parse_evidence(data: bytes) -> Evidence:
    """The inverse of ``format_evidence``.

    Raises:
        ProofInvalid: any other spelling or format, a part that is not well formed, or more than 1 MiB.
    """
    if len(data) > EVIDENCE_BYTES_MAX:
        raise ProofInvalid("the evidence file is too large", limit_bytes=EVIDENCE_BYTES_MAX)
    try:
        evidence = _open_evidence(json.loads(data))
        if format_evidence(evidence) != data:
            raise ProofInvalid(f"not a file of the format {FORMAT}, in its one spelling")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProofInvalid(f"not a file of the format {FORMAT}") from error
    return evidence


def verify_evidence(evidence: Evidence, trust: Trust) -> Verdict:
    """Check everything that can be checked without the server, against ``trust`` alone.

    1. The log's keys signed the checkpoint, and nobody else. 2. The entry is under it. 3. The receipt says the same.
    4. The entry that brought the signing key is in the log, before it; genesis is the one that is pinned. 5. That
    entry binds key id, public key and party to each other. 6. The statement is signed with that key.

    Raises:
        ProofInvalid: a proof, the receipt or the binding of the key does not hold.
        SignatureInvalid: a signature does not verify.
        MalformedStatement, IssuerMismatch: an entry is not a statement of this ledger.
        KeyUnusable: the entry of the key holds none that may be used.
    """
    checkpoint = _verify_proof(evidence.statement, evidence.proof, trust)
    _verify_same_receipt(evidence, checkpoint, trust)
    event = parse_event(evidence.statement)
    enrolment, enrolled_at = _verify_enrolment(evidence, event, trust)
    _verify_genesis(enrolment, enrolled_at, trust)
    key = find_key_in(enrolment, event)
    if key is None:
        raise ProofInvalid("the entry of the key does not give it to this party", party=event.party, kid=event.kid)
    verify_envelope(event.envelope, key)
    not_proven = tuple(code for code in NOT_PROVEN if code != "genesis" or trust.genesis is None)
    signatures = verify_note(evidence.proof.checkpoint, trust.checkpoint)
    return Verdict(event, evidence.proof.index, checkpoint, signatures, key, enrolled_at, not_proven)


def find_key_in(enrolment: Event, event: Event) -> PublicKey | None:
    """The public key that ``enrolment`` brought into the log, if it is the one that ``event`` names as its own."""
    keys = (parse_public_key(spki) for spki in _spkis_given(enrolment, event))
    return next((key for key in keys if key.kid.hex() == event.kid), None)


def _spkis_given(enrolment: Event, event: Event) -> list[bytes]:
    """The keys that ``enrolment`` gives to the party of ``event``, for what it states.

    A succession does not name the operator, whose key it is: that the kind is one of the ledger's own says so.
    """
    signer = event.payload.signer
    match enrolment.payload:
        case KeyEnrolled(enrolled_for=event.party, spki=spki):
            return [spki]
        case Genesis(root=root) | RootRotated(root=root) if enrolment.party == event.party:
            return root.keys
        case Genesis(operator=event.party, online=online):
            return {"clock": [online.clock], "recorder": [online.recorder]}.get(signer, [])
        case KeySucceeded(role=role, spki=bytes(spki)) if role == signer:
            return [spki]
    return []


def _open_evidence(members: dict[str, Any]) -> Evidence:
    key = members.get("key")
    return Evidence(
        _decode(members["statement"]),
        parse_log_proof(members["proof"].encode()),
        parse_receipt(_decode(members["receipt"])),
        None if key is None else ProvenStatement(_decode(key["statement"]), parse_log_proof(key["proof"].encode())),
    )


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _verify_proof(statement: bytes, proof: LogProof, trust: Trust) -> Checkpoint:
    _refuse_unauthenticated(proof, trust.checkpoint)
    return verify_log_proof(proof, leaf_hash(statement), trust.origin, trust.checkpoint)


def _refuse_unauthenticated(proof: LogProof, keys: Collection[VerifierKey]) -> None:
    if proof.extra:
        raise ProofInvalid("the proof carries extra data, which nothing authenticates")
    for line in proof.checkpoint.signatures:
        if not any(line.is_by(key) for key in keys):
            raise ProofInvalid("a line under the checkpoint is by no key of the trust file", name=line.name)


def _verify_same_receipt(evidence: Evidence, checkpoint: Checkpoint, trust: Trust) -> None:
    """The COSE signature does not cover index and size: they must be those of the checkpoint."""
    verify_receipt(evidence.receipt, leaf_hash(evidence.statement), trust.receipt_key, trust.origin)
    proven = InclusionProof(evidence.proof.index, checkpoint.size, evidence.proof.path)
    if evidence.receipt.inclusion != proven:
        raise ProofInvalid("receipt and proof are not about the same checkpoint")


def _verify_enrolment(evidence: Evidence, event: Event, trust: Trust) -> tuple[Event, int]:
    """The event that brought the key of ``event``, and its place before it; genesis brings its own."""
    key = evidence.key
    if key is None:
        if not isinstance(event.payload, Genesis):
            raise ProofInvalid("the entry of the signing key is missing", index=evidence.proof.index)
        return event, evidence.proof.index
    _verify_proof(key.statement, key.proof, trust)
    if key.proof.index >= evidence.proof.index:
        raise ProofInvalid("the key came into the log after the statement", index=key.proof.index)
    return parse_event(key.statement), key.proof.index


def _verify_genesis(enrolment: Event, index: int, trust: Trust) -> None:
    if not isinstance(enrolment.payload, Genesis):
        return
    if index != 0:
        raise ProofInvalid("genesis is entry 0", index=index)
    if trust.genesis not in (None, enrolment.id):
        raise ProofInvalid("the evidence is of a ledger with another genesis than the one that is pinned")
