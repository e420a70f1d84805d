"""The tree by the letter of RFC 9162, slow and obvious, and its tiles: what the real code is held to."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ledger.log.merkle import leaf_hash


def numbered_leaves(count: int) -> list[bytes]:
    """Leaf hashes of ``count`` different entries."""
    return [leaf_hash(index.to_bytes(4, "big")) for index in range(count)]


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH (§2.1.1)."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def inclusion_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH (§2.1.3.1)."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*inclusion_path(index - split, leaves[split:]), tree_hash(leaves[:split])]


def consistency_path(old_size: int, leaves: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF (§2.1.4.1)."""
    if old_size == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    split = _split(len(leaves))
    if old_size <= split:
        return [*consistency_path(old_size, leaves[:split], whole), tree_hash(leaves[split:])]
    return [*consistency_path(old_size - split, leaves[split:], False), tree_hash(leaves[:split])]


class MemoryTiles:
    """The tiles of a tree, by their definition in tlog-tiles; counts what is read."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.rows = [list(leaves)]
        while len(self.rows[-1]) >= 256:
            row = self.rows[-1]
            self.rows.append([tree_hash(row[at : at + 256]) for at in range(0, len(row) - 255, 256)])
        self.reads: list[tuple[int, int, int]] = []

    def __call__(self, level: int, index: int, width: int) -> list[bytes]:
        self.reads.append((level, index, width))
        return self.rows[level][256 * index :][:width]


def _split(count: int) -> int:
    split = 1
    while split * 2 < count:
        split *= 2
    return split
