"""C2SP tlog-proof: one text that proves, offline, that an entry is in a log (extension ``.tlog-proof``)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ledger.errors import ProofInvalid
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import HASH_BYTES, PATH_MAX, SIZE_MAX, InclusionProof, verify_inclusion
from ledger.log.note import NOTE_BYTES_MAX, Note, VerifierKey, format_note, parse_note
from ledger.log.signature import verify_checkpoint, verify_quorum
from ledger.log.text import format_base64, parse_base64, parse_decimal

EXTRA_BYTES_MAX = 64 * 1024
PROOF_BYTES_MAX = NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX

_HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True, slots=True)
class LogProof:
    """That a leaf stands at ``index`` of the tree that ``checkpoint`` states.

    Attributes:
        index: place of the leaf.
        path: inclusion path from the leaf's sibling up, at most 63 hashes.
        checkpoint: the log's note with its cosignatures.
        extra: data of the application, authenticated by nothing; empty if there is none.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes = b""

    def __post_init__(self) -> None:
        if not 0 <= self.index <= SIZE_MAX or len(self.extra) > EXTRA_BYTES_MAX:
            raise ProofInvalid("the index or the extra data is too large", limit_bytes=EXTRA_BYTES_MAX)
        if len(self.path) > PATH_MAX or any(len(node) != HASH_BYTES for node in self.path):
            raise ProofInvalid(f"a path has at most {PATH_MAX} hashes of {HASH_BYTES} bytes")


def format_log_proof(proof: LogProof) -> bytes:
    """The lines of tlog-proof "Format"."""
    extra = [_EXTRA + format_base64(proof.extra)] if proof.extra else []
    path = [format_base64(node) for node in proof.path]
    lines = [_HEADER, *extra, f"{_INDEX}{proof.index}", *path, ""]
    return "".join(f"{line}\n" for line in lines).encode() + format_note(proof.checkpoint)


def parse_log_proof(data: bytes) -> LogProof:
    """The inverse of ``format_log_proof``.

    Raises:
        ProofInvalid: any other spelling, more than 63 hashes, or more than 384 KiB.
    """
    if len(data) > PROOF_BYTES_MAX:
        raise ProofInvalid("the proof is too large", limit_bytes=PROOF_BYTES_MAX)
    head, separator, checkpoint = data.partition(b"\n\n")
    if not (separator and head.isascii()):
        raise ProofInvalid("a proof has an empty line before the checkpoint")
    header, *lines = head.decode("ascii").split("\n")
    extra = parse_base64(lines.pop(0).removeprefix(_EXTRA)) if lines and lines[0].startswith(_EXTRA) else b""
    if header != _HEADER or not lines or not lines[0].startswith(_INDEX):
        raise ProofInvalid("not a c2sp.org/tlog-proof@v1 with an index")
    index = parse_decimal(lines[0].removeprefix(_INDEX))
    proof = LogProof(index, tuple(map(parse_base64, lines[1:])), parse_note(checkpoint), extra)
    if format_log_proof(proof) != data:
        raise ProofInvalid("the proof is not in its one spelling")
    return proof


def verify_log_proof(
    proof: LogProof,
    leaf: bytes,
    origin: str,
    log_keys: Collection[VerifierKey],
    witnesses: Collection[VerifierKey] = (),
    quorum: int = 0,
) -> Checkpoint:
    """The checkpoint of a tree with ``leaf`` at the proof's index (tlog-proof "Verifying a tlog proof").

    Raises:
        SignatureInvalid: a line by one of the keys or witnesses does not verify.
        ProofInvalid: another origin, none of the log's keys signed, fewer than ``quorum`` of the witnesses
            did, or the leaf is not there.
    """
    checkpoint = verify_checkpoint(proof.checkpoint, origin, log_keys)
    verify_quorum(proof.checkpoint, witnesses, quorum)
    verify_inclusion(InclusionProof(proof.index, checkpoint.size, proof.path), leaf, checkpoint.root)
    return checkpoint
