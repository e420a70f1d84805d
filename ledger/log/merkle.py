"""The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962): hashes, compact right edge, proof verification.

A *leaf* is always the 32-byte leaf hash of an entry, never the entry. Sizes and indexes count leaves. Proofs
are built by ``ledger.log.tree``, which reads tiles; everything here needs no storage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

from ledger.errors import Corruption, ProofInvalid

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1
PATH_MAX = 63
EMPTY_ROOT = sha256(b"").digest()

_SIZE_BYTES = 8


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry), 32 bytes (RFC 9162 §2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes (RFC 9162 §2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over 2**k neighbouring hashes of one height.

    Raises:
        ValueError: the number of hashes is not a power of two.
    """
    while len(hashes) != 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def joined_root(subtrees: Sequence[bytes]) -> bytes:
    """Root over the perfect subtrees of one range, largest first; ``EMPTY_ROOT`` of none."""
    if not subtrees:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(subtrees))


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    Attributes:
        size: number of leaves.
        subtrees: roots of the perfect subtrees, one for each 1 bit of ``size``, largest first; at most 63.
    """

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The edge after one more leaf."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The edge after these leaves, in order; about one node hash a leaf."""
        size, subtrees = self.size, list(self.subtrees)
        for node in leaves:
            carry = size
            while carry & 1:
                node = node_hash(subtrees.pop(), node)
                carry >>= 1
            subtrees.append(node)
            size += 1
        return Frontier(size, tuple(subtrees))

    def root(self) -> bytes:
        """The tree's root hash; ``EMPTY_ROOT`` when it has no leaves."""
        return joined_root(self.subtrees)


def format_frontier(frontier: Frontier) -> bytes:
    """The size as 8 bytes, big endian, then the hashes of ``subtrees``."""
    return frontier.size.to_bytes(_SIZE_BYTES, "big") + b"".join(frontier.subtrees)


def parse_frontier(data: bytes) -> Frontier:
    """The inverse of ``format_frontier``.

    Raises:
        Corruption: the number of hashes does not belong to the size.
    """
    size = int.from_bytes(data[:_SIZE_BYTES], "big")
    hashes = data[_SIZE_BYTES:]
    if len(data) < _SIZE_BYTES or size > SIZE_MAX or len(hashes) != HASH_BYTES * size.bit_count():
        raise Corruption(f"{len(data)} bytes are no right edge of a tree", place="frontier")
    return Frontier(size, tuple(split_hashes(hashes)))


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes of a concatenation whose length is a multiple of 32."""
    return [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf stands at ``index`` of the tree of ``size`` leaves.

    Attributes:
        path: sibling hashes from the leaf up to the root's child (RFC 9162 §2.1.3.1).
    """

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of ``new_size`` leaves begins with the tree of ``old_size`` leaves.

    Attributes:
        path: the hashes of RFC 9162 §2.1.4.1.
    """

    old_size: int
    new_size: int
    path: tuple[bytes, ...]


def inclusion_root(proof: InclusionProof, leaf: bytes) -> bytes:
    """The root that the proof gives for ``leaf``: worth as much as what the caller compares it with.

    The root fixes the path, not ``size``: sizes in which the leaf has an equally shaped path give the same
    root. Only a signed (size, root) pair, a checkpoint, tells them apart.

    Raises:
        ProofInvalid: index outside the tree, or a path of the wrong length (RFC 9162 §2.1.3.2).
    """
    if not 0 <= proof.index < proof.size <= SIZE_MAX:
        raise ProofInvalid("the index is not inside the tree", index=proof.index, size=proof.size)
    sides = _siblings_on_the_left(proof.index, proof.size - 1)
    _require_hashes(proof.path, len(sides))
    _require_hashes((leaf,), 1)
    node = leaf
    for sibling, on_the_left in zip(proof.path, sides, strict=True):
        node = node_hash(sibling, node) if on_the_left else node_hash(node, sibling)
    return node


def verify_inclusion(proof: InclusionProof, leaf: bytes, root: bytes) -> None:
    """Check that ``leaf`` is in the tree with this root (RFC 9162 §2.1.3.2).

    Raises:
        ProofInvalid: it is not, or the proof is not well formed.
    """
    if inclusion_root(proof, leaf) != root:
        raise ProofInvalid("the inclusion proof leads to another root", index=proof.index, size=proof.size)


def verify_consistency(proof: ConsistencyProof, old_root: bytes, new_root: bytes) -> None:
    """Check that the new tree only appends to the old one (RFC 9162 §2.1.4.2).

    Equal sizes need equal roots and an empty path; every tree continues the empty one, also with an empty
    path (C2SP tlog-witness, add-checkpoint). 0 to 0 is therefore consistent.

    Raises:
        ProofInvalid: it does not, or the proof is not well formed.
    """
    if not 0 <= proof.old_size <= proof.new_size <= SIZE_MAX:
        raise ProofInvalid("the tree shrinks", old_size=proof.old_size, new_size=proof.new_size)
    _require_hashes((old_root, new_root), 2)
    if _consistency_roots(proof, old_root, new_root) != (old_root, new_root):
        raise ProofInvalid(
            "the consistency proof leads to other roots", old_size=proof.old_size, new_size=proof.new_size
        )


def _consistency_roots(proof: ConsistencyProof, old_root: bytes, new_root: bytes) -> tuple[bytes, bytes]:
    """The only pair of roots that the proof allows, given these."""
    if proof.old_size == proof.new_size:
        _require_hashes(proof.path, 0)
        return (EMPTY_ROOT, EMPTY_ROOT) if proof.new_size == 0 else (old_root, old_root)
    if proof.old_size == 0:
        _require_hashes(proof.path, 0)
        return EMPTY_ROOT, new_root
    return _climbed_roots(proof, old_root)


def _climbed_roots(proof: ConsistencyProof, old_root: bytes) -> tuple[bytes, bytes]:
    """Both roots, climbing from the last perfect subtree of the old tree, as it stands in the new one."""
    height = (proof.old_size & -proof.old_size).bit_length() - 1
    sides = _siblings_on_the_left((proof.old_size - 1) >> height, (proof.new_size - 1) >> height)
    # An old tree that is itself that subtree has a known root, which the path leaves out (§2.1.4.1).
    path = (old_root, *proof.path) if proof.old_size == 1 << height else proof.path
    _require_hashes(path, 1 + len(sides))
    old_node = new_node = path[0]
    for sibling, on_the_left in zip(path[1:], sides, strict=True):
        if on_the_left:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
        else:
            new_node = node_hash(new_node, sibling)
    return old_node, new_node


def _siblings_on_the_left(index: int, last: int) -> list[bool]:
    """Whether each sibling on the way up from node ``index``, in a row that ends at ``last``, is on the left.

    Until the ways of both nodes meet, the bits of ``index`` decide. From there the node is on the right edge,
    where rows without a partner are passed over and every remaining sibling is on the left.
    """
    meeting = (index ^ last).bit_length()
    below = [bool(index >> level & 1) for level in range(meeting)]
    return below + [True] * (index >> meeting).bit_count()


def _require_hashes(path: Sequence[bytes], count: int) -> None:
    if len(path) != count or any(len(node) != HASH_BYTES for node in path):
        raise ProofInvalid(f"needs {count} hashes of {HASH_BYTES} bytes")
