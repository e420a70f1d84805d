"""Proofs and growth of a tree whose hashes lie in tiles.

Storage is a function handed in, so the same code serves the server's database, an auditor's directory and a
mirror over HTTP. The tree may have grown since: what is read is cut to the size that is asked about. Each
proof reads at most two tiles a tile level, the one above the leaf and the one on the right edge, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.errors import Corruption, ProofInvalid
from ledger.log.merkle import (
    SIZE_MAX,
    ConsistencyProof,
    Frontier,
    InclusionProof,
    joined_root,
    perfect_root,
)
from ledger.log.tile import TILE_WIDTH, Tile, format_tile_path, tile_width

HashReader = Callable[[int, int, int], Sequence[bytes]]
"""``read(level, tile_index, width)``: exactly the first ``width`` hashes of that tile, 1 to 256."""

_TILE_HEIGHT = 8


def prove_inclusion(read: HashReader, index: int, size: int) -> InclusionProof:
    """Proof that the leaf at ``index`` is in the tree of ``size`` leaves (RFC 9162 §2.1.3.1).

    Raises:
        ProofInvalid: the tree has no such leaf.
        Corruption: a tile is narrower or wider than asked for.
    """
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofInvalid("the index is not inside the tree", index=index, size=size)
    siblings = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return InclusionProof(index, size, _Subtrees(read, size).roots(reversed(siblings)))


def prove_consistency(read: HashReader, old_size: int, new_size: int) -> ConsistencyProof:
    """Proof that the tree of ``new_size`` leaves begins with that of ``old_size`` (RFC 9162 §2.1.4.1).

    Empty when the old tree is empty or both sizes are equal.

    Raises:
        ProofInvalid: the old tree is larger than the new one.
        Corruption: a tile is narrower or wider than asked for.
    """
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise ProofInvalid("the tree shrinks", old_size=old_size, new_size=new_size)
    if old_size == 0:
        return ConsistencyProof(old_size, new_size, ())
    parts = []
    start, end = 0, new_size
    while old_size < end:
        middle = start + _split(end - start)
        if old_size <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    if start:
        parts.append((start, end))
    return ConsistencyProof(old_size, new_size, _Subtrees(read, new_size).roots(reversed(parts)))


def read_frontier(read: HashReader, size: int) -> Frontier:
    """The right edge of the tree of ``size`` leaves, from tiles alone: one read a tile level.

    Raises:
        Corruption: a tile is narrower or wider than asked for.
    """
    return Frontier(size, tuple(_Subtrees(read, size).perfect_roots(0, size)))


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that has just become full.

    Attributes:
        tile: its place; its width is 256.
        hashes: its 256 hashes.
        root: the hash at ``tile.index`` of the level above; to be kept, for the partial tile there.
    """

    tile: Tile
    hashes: Sequence[bytes]
    root: bytes


def grow(read: HashReader, size: int, leaves: Sequence[bytes]) -> Iterator[FullTile]:
    """The tiles that become full when ``leaves`` are appended to a tree of ``size``, lowest level first.

    ``read`` is called once for each level at which a tile becomes full, if part of it was there before.

    Raises:
        Corruption: a tile is narrower or wider than asked for.
    """
    level, count, fresh = 0, size, list(leaves)
    while count % TILE_WIDTH + len(fresh) >= TILE_WIDTH:
        first, width = divmod(count, TILE_WIDTH)
        hashes = [*_read_tile(read, Tile(level, first, width)), *fresh] if width else fresh
        chunks = [hashes[at : at + TILE_WIDTH] for at in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH)]
        full = [FullTile(Tile(level, n), chunk, perfect_root(chunk)) for n, chunk in enumerate(chunks, first)]
        yield from full
        level, count, fresh = level + 1, first, [tile.root for tile in full]


class _Subtrees:
    """Roots of ranges of leaves of one tree; each tile is read once."""

    def __init__(self, read: HashReader, size: int) -> None:
        self._read = read
        self._size = size
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def roots(self, ranges: Iterator[tuple[int, int]]) -> tuple[bytes, ...]:
        return tuple(joined_root(self.perfect_roots(start, end)) for start, end in ranges)

    def perfect_roots(self, start: int, end: int) -> list[bytes]:
        """The range as perfect subtrees, largest first; ``start`` is a multiple of the largest."""
        roots = []
        while start < end:
            height = (end - start).bit_length() - 1
            roots.append(self._perfect_root(start >> height, height))
            start += 1 << height
        return roots

    def _perfect_root(self, index: int, height: int) -> bytes:
        level, inner_height = divmod(height, _TILE_HEIGHT)
        tile_index, first = divmod(index << inner_height, TILE_WIDTH)
        return perfect_root(self._tile(level, tile_index)[first : first + (1 << inner_height)])

    def _tile(self, level: int, index: int) -> Sequence[bytes]:
        if (level, index) not in self._tiles:
            tile = Tile(level, index, tile_width(level, index, self._size))
            self._tiles[level, index] = _read_tile(self._read, tile)
        return self._tiles[level, index]


def _read_tile(read: HashReader, tile: Tile) -> Sequence[bytes]:
    hashes = read(tile.level, tile.index, tile.width)
    if len(hashes) != tile.width:
        raise Corruption(f"{len(hashes)} hashes instead of {tile.width}", place=format_tile_path(tile))
    return hashes


def _split(count: int) -> int:
    """The largest power of two smaller than ``count`` (RFC 9162 §2.1.1)."""
    return 1 << (count - 1).bit_length() - 1
