"""C2SP tlog-checkpoint: the text that names a log and states its size and root.

Extension lines are refused: ML-DSA-44 signatures do not cover them, and no monitor can audit them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import ProofInvalid
from ledger.log.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from ledger.log.text import format_base64, is_printable, parse_base64, parse_decimal

ORIGIN_BYTES_MAX = 255


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of one log.

    Attributes:
        origin: the log's name, a schema-less URL by recommendation; 1 to 255 bytes of UTF-8 (what the message
            of an ML-DSA-44 signature can hold), without control characters.
        size: number of leaves, up to 2**63-1.
        root: root hash at that size, 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_printable(self.origin) or not 1 <= len(self.origin.encode()) <= ORIGIN_BYTES_MAX:
            raise ProofInvalid(f"an origin has 1 to {ORIGIN_BYTES_MAX} bytes and no control characters")
        if not 0 <= self.size <= SIZE_MAX or len(self.root) != HASH_BYTES:
            raise ProofInvalid("a checkpoint has a size from 0 to 2**63-1 and a root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise ProofInvalid("the root of the empty log is SHA-256 of nothing (RFC 9162 §2.1.1)")


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """Origin, size and base64 root, each on a line: the text that signatures are made over."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{format_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The inverse of ``format_checkpoint``, for the text of a note (C2SP tlog-checkpoint "Note text").

    Raises:
        ProofInvalid: not such a text, or one with extension lines.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise ProofInvalid("a checkpoint has three lines: origin, size and root")
    return Checkpoint(lines[0], parse_decimal(lines[1]), parse_base64(lines[2]))
