"""Hash tiles and entry bundles: full tiles are kept, narrower ones made from at most 255 rows when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, select

from ledger.log.merkle import split_hashes
from ledger.log.tile import TILE_WIDTH, Bundle, Tile, format_tile
from ledger.log.tree import FullTile, HashReader, read_frontier
from ledger.store import tables
from ledger.store.session import Reader, Writer


def hash_reader(reader: Reader) -> HashReader:
    """What ``ledger.log.tree`` reads this snapshot's hashes with.

    It gives fewer hashes than asked for where the log does not reach so far.
    """

    def read(level: int, tile_index: int, width: int) -> Sequence[bytes]:
        return read_hashes(reader, Tile(level, tile_index, width))

    return read


def read_hashes(reader: Reader, tile: Tile) -> list[bytes]:
    """The hashes of a tile; fewer where the log does not reach so far."""
    if tile.width == TILE_WIDTH:
        at = (tables.tile.c.level == tile.level) & (tables.tile.c.tile_index == tile.index)
        data = reader.execute(select(tables.tile.c.data).where(at)).scalar_one_or_none()
        return [] if data is None else split_hashes(data)
    first = tile.index * TILE_WIDTH
    return _range_of_hashes(reader, tile.level, first, first + tile.width - 1)


def _range_of_hashes(reader: Reader, level: int, first: int, last: int) -> list[bytes]:
    if level == 0:
        leaf = tables.entry.c
        query = select(leaf.leaf_hash).where(leaf.leaf_index.between(first, last)).order_by(leaf.leaf_index)
    else:
        below = tables.tile.c
        query = select(below.root).where(below.level == level - 1, below.tile_index.between(first, last))
        query = query.order_by(below.tile_index)
    return list(reader.execute(query).scalars())


def read_bundle(reader: Reader, bundle: Bundle) -> list[bytes]:
    """The statements under a tile of level 0; fewer where the log does not reach so far."""
    first = bundle.index * TILE_WIDTH
    row = tables.entry.c
    query = select(row.body).where(row.leaf_index.between(first, first + bundle.width - 1))
    return list(reader.execute(query.order_by(row.leaf_index)).scalars())


def root_at(reader: Reader, size: int) -> bytes:
    """Root of the tree of the first ``size`` leaves, from tiles: one read a tile level.

    Raises:
        Corruption: the log is shorter, or a tile of it is missing.
    """
    return read_frontier(hash_reader(reader), size).root()


def insert_tiles(writer: Writer, full: Iterable[FullTile]) -> None:
    """Keep tiles that have become full."""
    rows = [
        {
            "level": made.tile.level,
            "tile_index": made.tile.index,
            "root": made.root,
            "data": format_tile(made.hashes),
        }
        for made in full
    ]
    if rows:
        writer.execute(insert(tables.tile), rows)
