"""The tree as the auditor recomputes it: every tile of it can be read again, and the root at every size so far."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.audit.store.scratch import Scratch
from ledger.log.merkle import perfect_root, split_hashes
from ledger.log.tile import TILE_WIDTH, format_tile
from ledger.log.tree import read_frontier


class VerifiedTree:
    """A tree that grows leaf by leaf; full tiles go to the notebook, the right edge stays in memory."""

    def __init__(self, scratch: Scratch) -> None:
        self.size = 0
        self._scratch = scratch
        self._edge: list[list[bytes]] = [[]]
        self._full: list[int] = [0]

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash on the right."""
        self.size += 1
        self._add(0, leaf)

    def root_at(self, size: int) -> bytes:
        """Root of the first ``size`` leaves, at most as many as there are."""
        return read_frontier(self.hashes, size).root()

    def hashes(self, level: int, tile_index: int, width: int) -> Sequence[bytes]:
        """The first ``width`` hashes of a tile: a ``HashReader`` (``ledger.log.tree``)."""
        if tile_index == self._full[level]:
            return self._edge[level][:width]
        return split_hashes(self._scratch.tile_data(level, tile_index))[:width]

    def leaf(self, index: int) -> bytes:
        """Hash of a leaf that is in the tree."""
        tile_index, place = divmod(index, TILE_WIDTH)
        return self.hashes(0, tile_index, place + 1)[place]

    def _add(self, level: int, node: bytes) -> None:
        if level == len(self._edge):
            self._edge.append([])
            self._full.append(0)
        edge = self._edge[level]
        edge.append(node)
        if len(edge) == TILE_WIDTH:
            root = perfect_root(edge)
            self._scratch.add_tile(level, self._full[level], root, format_tile(edge))
            self._edge[level] = []
            self._full[level] += 1
            self._add(level + 1, root)
