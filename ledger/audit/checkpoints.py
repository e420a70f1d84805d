"""Checkpoints held against the replay: who signed them, and whether the log ever had that size and root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.audit.report import FORKED, NOT_PROVED, TRUNCATED, Finding
from ledger.audit.source import Projections, StoredNote
from ledger.audit.tree import VerifiedTree
from ledger.errors import KeyUnusable, ProofInvalid, Refusal
from ledger.keys import PublicKey, ed25519_key
from ledger.log.checkpoint import Checkpoint, format_checkpoint
from ledger.log.note import SignatureType, VerifierKey, parse_note, parse_vkey
from ledger.log.receipt import parse_receipt, verify_receipt
from ledger.log.signature import verify_checkpoint, verify_note
from ledger.trust import Trust


@dataclass(frozen=True, slots=True)
class CheckpointKeys:
    """Whose signatures make a checkpoint of this log.

    Attributes:
        trust: what the auditor knew beforehand.
        named: sets of keys that the log itself gave its checkpoint signer, one after the other.
    """

    trust: Trust
    named: tuple[frozenset[VerifierKey], ...]

    @property
    def known(self) -> frozenset[VerifierKey]:
        """All of them."""
        return frozenset(self.trust.checkpoint).union(*self.named)

    def verify(self, note_bytes: bytes) -> Checkpoint:
        """The checkpoint, signed by every key of one of the sets.

        Every key: otherwise a damaged name would turn a signature into one by somebody unknown, which is passed over.

        Raises:
            SignatureInvalid, ProofInvalid: it is not that.
        """
        note = parse_note(note_bytes)
        checkpoint = verify_checkpoint(note, self.trust.origin, self.known)
        signers = {verified.key for verified in verify_note(note, self.known)}
        if not any(signers >= keys for keys in self.named or [frozenset(self.trust.checkpoint)]):
            raise ProofInvalid("a signature is missing that the log's own keys make together")
        return checkpoint

    def verify_pinned(self, note_bytes: bytes) -> Checkpoint:
        """As ``verify``, and signed by a key that the auditor knew beforehand.

        Raises:
            SignatureInvalid, ProofInvalid: it is not that.
        """
        verify_checkpoint(parse_note(note_bytes), self.trust.origin, self.trust.checkpoint)
        return self.verify(note_bytes)

    def receipt_key(self, kid: bytes) -> PublicKey:
        """The key of this id among those that sign receipts: the trusted one, or an Ed25519 checkpoint key.

        Raises:
            ProofInvalid: there is none.
        """
        ed25519 = (key.public for key in self.known if key.kind is SignatureType.ED25519)
        keys = [self.trust.receipt_key, *(ed25519_key(raw) for raw in ed25519)]
        key = next((key for key in keys if key.kid == kid), None)
        if key is None:
            raise ProofInvalid("the receipt is by an unknown key", kid=kid.hex())
        return key


def keys_of(trust: Trust, named: Iterable[tuple[int, list[str]]]) -> CheckpointKeys:
    """The keys known beforehand, and those that a replay found (``Replay.checkpoint_keys``)."""
    sets = (_parse_all(vkeys) for _, vkeys in named)
    return CheckpointKeys(trust, tuple(keys for keys in sets if keys))


def compare_root(place: str, checkpoint: Checkpoint, tree: VerifiedTree) -> Finding | None:
    """Whether the tree is, or goes on from, the one that was signed."""
    if checkpoint.size > tree.size:
        what = f"it was signed for {checkpoint.size} entries, and there are {tree.size}"
        return Finding(place, what, TRUNCATED, "fork")
    found = tree.root_at(checkpoint.size)
    if found == checkpoint.root:
        return None
    what = f"the log of {checkpoint.size} entries has root {found.hex()}, and {checkpoint.root.hex()} was signed"
    return Finding(place, what, FORKED, "fork")


def compare_checkpoints(projections: Projections, keys: CheckpointKeys, tree: VerifiedTree) -> Iterator[Finding]:
    """Every stored checkpoint: its row, its note, its receipt."""
    for stored in projections.checkpoints():
        place = f"checkpoint {stored.size}"
        try:
            checkpoint = _open(stored, keys)
            if (stored.size, stored.root) != (checkpoint.size, checkpoint.root):
                raise ProofInvalid(f"the row says size {stored.size}, or another root, and its note {checkpoint.size}")
            finding = compare_root(place, checkpoint, tree)
            if stored.cose is not None and finding is None:
                _verify_receipt(stored.cose, checkpoint, keys, tree)
        except Refusal as error:
            finding = Finding(place, f"{error.code}: {error.detail}", NOT_PROVED, "log")
        if finding is not None:
            yield finding


def _open(stored: StoredNote, keys: CheckpointKeys) -> Checkpoint:
    if stored.published:
        return keys.verify(stored.note)
    # The publisher decides, and stores what it decided, before it signs; a crash leaves the row so.
    checkpoint = Checkpoint(keys.trust.origin, stored.size, stored.root)
    if format_checkpoint(checkpoint).encode() != stored.note:
        raise ProofInvalid("the note is not the text that is to be signed")
    return checkpoint


def _verify_receipt(receipt_bytes: bytes, checkpoint: Checkpoint, keys: CheckpointKeys, tree: VerifiedTree) -> None:
    """The receipt of the newest entry, whose signature serves every receipt at this size."""
    receipt = parse_receipt(receipt_bytes)
    last = checkpoint.size - 1
    if (receipt.inclusion.index, receipt.inclusion.size) != (last, checkpoint.size):
        raise ProofInvalid("the receipt is not that of the newest entry")
    root = verify_receipt(receipt, tree.leaf(last), keys.receipt_key(receipt.claims.kid), checkpoint.origin)
    if root != checkpoint.root:
        raise ProofInvalid("the receipt is for another root")


def _parse_all(vkeys: list[str]) -> frozenset[VerifierKey]:
    """The keys; none if one of them is of a form that this program does not know."""
    try:
        return frozenset(parse_vkey(vkey) for vkey in vkeys)
    except KeyUnusable:
        return frozenset()
