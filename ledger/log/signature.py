"""Signatures under checkpoints: the log's own, and the cosignatures of witnesses.

Three types of C2SP signed-note and tlog-cosignature:

* ``0x01`` Ed25519 over the text. tlog-tiles demands one of every log that talks to public witnesses.
* ``0x06`` ML-DSA-44 over (signer's name, time, origin, range, root). signed-note gives ML-DSA-44 this type
  alone, and tlog-checkpoint says that a log SHOULD sign with it: the log signs as cosigner of its own tree.
  The key id differs from that of the Ed25519 key, so clients that know only 0x01 pass over the line.
* ``0x04`` Ed25519 over (time, text): what witnesses add today.

A verifier ignores unknown keys and refuses the whole note when a known one fails. Which keys count is the
caller's trust: to ask for post-quantum strength, hand in the ML-DSA-44 key alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from ledger.errors import KeyUnusable, ProofInvalid, SignatureInvalid
from ledger.keys import SigningKey, ed25519_key, verify_signature
from ledger.log.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.log.note import Note, NoteSignature, SignatureType, VerifierKey

TIMESTAMP_MAX_S = 2**63 - 1

_TIMESTAMP_BYTES = 8
_SUBTREE_LABEL = b"subtree/v1\n\0"


class NoteSigner(Protocol):
    """A private key that signs checkpoints in one of the three forms."""

    @property
    def key(self) -> VerifierKey:
        """The public half, to be published as a vkey."""

    def sign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:
        """The signature blob of its type.

        ``timestamp_s`` is POSIX time; forms without a time leave it out.
        """


class Ed25519Signer:
    """Signs with type 0x01, for the log itself."""

    def __init__(self, name: str, private: SigningKey) -> None:
        """Name an Ed25519 key; ``name`` should be the log's origin.

        Raises:
            KeyUnusable: not an Ed25519 key, or not a key name.
        """
        self.key = VerifierKey(name, SignatureType.ED25519, private.public.raw)
        self._private = private

    def sign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:  # noqa: ARG002 - the form has no time
        """The 64 bytes over the text of the checkpoint."""
        return self._private.sign(format_checkpoint(checkpoint).encode())


class Ed25519Cosigner:
    """Signs with type 0x04, for a witness; never share the key with another name, which is not signed."""

    def __init__(self, name: str, private: SigningKey) -> None:
        """Name an Ed25519 key.

        Raises:
            KeyUnusable: not an Ed25519 key, or not a key name.
        """
        self.key = VerifierKey(name, SignatureType.ED25519_COSIGNATURE, private.public.raw)
        self._private = private

    def sign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:
        """8 bytes of time, and 64 over time and text."""
        message = cosignature_message(timestamp_s, checkpoint)
        return _format_timestamp(timestamp_s) + self._private.sign(message)


class MlDsa44Signer:
    """Signs with type 0x06, for the log itself or for a witness."""

    def __init__(self, name: str, private: MLDSA44PrivateKey) -> None:
        """Name an ML-DSA-44 key (FIPS 204).

        Raises:
            KeyUnusable: not a key name.
        """
        self.key = VerifierKey(name, SignatureType.ML_DSA_44, private.public_key().public_bytes_raw())
        self._private = private

    def sign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:
        """8 bytes of time, and 2420 over ``subtree_message``."""
        message = subtree_message(self.key.name, timestamp_s, checkpoint)
        return _format_timestamp(timestamp_s) + self._private.sign(message)


def cosignature_message(timestamp_s: int, checkpoint: Checkpoint) -> bytes:
    """What a signature of type 0x04 is made over (C2SP tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {timestamp_s}\n{format_checkpoint(checkpoint)}".encode()


def subtree_message(name: str, timestamp_s: int, checkpoint: Checkpoint) -> bytes:
    """What a signature of type 0x06 is made over (C2SP tlog-cosignature, "ML-DSA-44 signed message").

    The range is the whole tree. A time of 0 says nothing about the tree being the newest.

    Raises:
        KeyUnusable: the name of the signer is longer than 255 bytes.
    """
    if len(name.encode()) > 255:
        raise KeyUnusable("The name of an ML-DSA-44 key has at most 255 bytes.")
    return b"".join(
        (
            _SUBTREE_LABEL,
            _format_opaque(name.encode()),
            _format_timestamp(timestamp_s),
            _format_opaque(checkpoint.origin.encode()),
            bytes(8),
            checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def sign_checkpoint(checkpoint: Checkpoint, signers: Iterable[NoteSigner], timestamp_s: int) -> Note:
    """The checkpoint as a note with one signature by each signer.

    Whether it may be signed, that is continues everything signed before, is for the caller to have made sure.
    """
    signatures = tuple(_sign(checkpoint, signer, timestamp_s) for signer in signers)
    return Note(format_checkpoint(checkpoint), signatures)


def cosign(note: Note, signer: NoteSigner, timestamp_s: int) -> NoteSignature:
    """A witness's line for the checkpoint in ``note``, which it has verified and checked for consistency."""
    return _sign(parse_checkpoint(note.text), signer, timestamp_s)


def add_signatures(note: Note, signatures: tuple[NoteSignature, ...]) -> Note:
    """The note with more lines under it; a line that is there already is not repeated."""
    added = (signature for signature in signatures if signature not in note.signatures)
    return replace(note, signatures=(*note.signatures, *dict.fromkeys(added)))


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that was checked.

    Attributes:
        key: whose it is.
        timestamp_s: the time it states, or None if its type states none.
    """

    key: VerifierKey
    timestamp_s: int | None


def verify_note(note: Note, keys: Collection[VerifierKey]) -> tuple[VerifiedSignature, ...]:
    """The signatures by these keys, at least one (C2SP signed-note "Signatures").

    Raises:
        SignatureInvalid: a line by one of the keys does not verify, whatever the others do.
        ProofInvalid: none of the keys signed.
    """
    verified = tuple(
        _verify(note, signature, key) for signature in note.signatures for key in keys if signature.is_by(key)
    )
    if not verified:
        raise ProofInvalid("no known key signed the note")
    return verified


def verify_checkpoint(note: Note, origin: str, keys: Collection[VerifierKey]) -> Checkpoint:
    """The checkpoint of the log ``origin``, signed by at least one of the log's ``keys``.

    Raises:
        SignatureInvalid: a line by one of the keys does not verify.
        ProofInvalid: none of the keys signed, another origin, or not a checkpoint.
    """
    verify_note(note, keys)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != origin:
        raise ProofInvalid("the checkpoint is of another log", origin=checkpoint.origin)
    return checkpoint


def verify_quorum(note: Note, witnesses: Collection[VerifierKey], quorum: int) -> tuple[VerifiedSignature, ...]:
    """The cosignatures by these witnesses, of at least ``quorum`` different names.

    A name counts once, however many keys it has. Lines without a time do not count (C2SP tlog-witness demands
    one).

    Raises:
        SignatureInvalid: a line by one of the witnesses does not verify.
        ProofInvalid: fewer witnesses than ``quorum``.
    """
    known = any(signature.is_by(key) for signature in note.signatures for key in witnesses)
    cosignatures = tuple(one for one in verify_note(note, witnesses) if one.timestamp_s) if known else ()
    count = len({one.key.name for one in cosignatures})
    if count < quorum:
        raise ProofInvalid("too few witnesses cosigned the checkpoint", witnesses=count, quorum=quorum)
    return cosignatures


def _sign(checkpoint: Checkpoint, signer: NoteSigner, timestamp_s: int) -> NoteSignature:
    return NoteSignature(signer.key.name, signer.key.key_id, signer.sign(checkpoint, timestamp_s))


def _verify(note: Note, signature: NoteSignature, key: VerifierKey) -> VerifiedSignature:
    if key.kind is SignatureType.ED25519:
        verify_signature(ed25519_key(key.public), signature.blob, note.text.encode())
        return VerifiedSignature(key, None)
    timestamp_s = int.from_bytes(signature.blob[:_TIMESTAMP_BYTES], "big")
    if timestamp_s > TIMESTAMP_MAX_S:
        raise SignatureInvalid("The time of the cosignature is beyond 2**63-1.")
    checkpoint, rest = parse_checkpoint(note.text), signature.blob[_TIMESTAMP_BYTES:]
    if key.kind is SignatureType.ED25519_COSIGNATURE:
        verify_signature(ed25519_key(key.public), rest, cosignature_message(timestamp_s, checkpoint))
    else:
        _verify_ml_dsa_44(key.public, rest, subtree_message(key.name, timestamp_s, checkpoint))
    return VerifiedSignature(key, timestamp_s)


def _verify_ml_dsa_44(public: bytes, signature: bytes, message: bytes) -> None:
    try:
        _ml_dsa_44_public(public).verify(signature, message)
    except InvalidSignature as error:
        raise SignatureInvalid("The ML-DSA-44 signature does not match the key and the checkpoint.") from error


@lru_cache(maxsize=256)
def _ml_dsa_44_public(raw: bytes) -> MLDSA44PublicKey:
    return MLDSA44PublicKey.from_public_bytes(raw)


def _format_timestamp(timestamp_s: int) -> bytes:
    return timestamp_s.to_bytes(_TIMESTAMP_BYTES, "big")


def _format_opaque(data: bytes) -> bytes:
    """``opaque<1..2^8-1>`` (RFC 8446 §3.4)."""
    return bytes([len(data)]) + data
