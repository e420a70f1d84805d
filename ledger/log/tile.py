"""C2SP tlog-tiles: where the tree's hashes and entries lie in files, and what is in each file.

A tile at level L holds up to 256 hashes, each the root of 256**L leaves; a bundle holds the entries under a
tile of level 0. Paths are relative to the log's prefix and start with ``tile/``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.errors import Corruption, StatementTooLarge, TileUnknown
from ledger.log.merkle import HASH_BYTES, SIZE_MAX, split_hashes

TILE_WIDTH = 256
ENTRY_BYTES_MAX = 2**16 - 1

_TILE_BITS = 8
_LENGTH_BYTES = 2
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """Place of the tile of hashes ``index`` at ``level``; narrower than 256 on the right edge."""

    level: int
    index: int
    width: int = TILE_WIDTH


@dataclass(frozen=True, slots=True)
class Bundle:
    """Place of the entries under the tile ``index`` of level 0."""

    index: int
    width: int = TILE_WIDTH


def tile_width(level: int, index: int, size: int) -> int:
    """Hashes that the tile has in the tree of ``size`` leaves: 0 (there is none) to 256."""
    return max(0, min(TILE_WIDTH, (size >> _TILE_BITS * level) - TILE_WIDTH * index))


def full_tiles(old_size: int, new_size: int) -> Iterator[Tile]:
    """The tiles that become full when a tree of ``old_size`` grows to ``new_size``, lowest level first."""
    level = 0
    while new_size >> _TILE_BITS * (level + 1):
        shift = _TILE_BITS * (level + 1)
        yield from (Tile(level, index) for index in range(old_size >> shift, new_size >> shift))
        level += 1


def partial_tiles(size: int) -> Iterator[Tile]:
    """The narrower tiles on the right edge of the tree of ``size`` leaves, lowest level first."""
    level = 0
    while count := size >> _TILE_BITS * level:
        index, width = divmod(count, TILE_WIDTH)
        if width:
            yield Tile(level, index, width)
        level += 1


def format_tile_path(place: Tile | Bundle) -> str:
    """``tile/<L>/<N>[.p/<W>]`` or ``tile/entries/<N>[.p/<W>]``, N in groups of three digits."""
    head = "entries" if isinstance(place, Bundle) else str(place.level)
    suffix = "" if place.width == TILE_WIDTH else f".p/{place.width}"
    return f"tile/{head}/{_format_index(place.index)}{suffix}"


def parse_tile_path(path: str) -> Tile | Bundle:
    """The inverse of ``format_tile_path``.

    Raises:
        TileUnknown: the path is not exactly what ``format_tile_path`` gives for some tile of some tree.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise TileUnknown("the path names no tile")
    head, index_digits, width_digits = match.groups()
    index = int(index_digits.replace("x", "").replace("/", ""))
    width = int(width_digits) if width_digits else TILE_WIDTH
    place = Bundle(index, width) if head == "entries" else Tile(int(head), index, width)
    if not _is_possible(place) or format_tile_path(place) != path:
        raise TileUnknown("the path names no tile")
    return place


def format_tile(hashes: Sequence[bytes]) -> bytes:
    """The hashes of a tile, one after the other."""
    return b"".join(hashes)


def parse_tile(data: bytes, tile: Tile) -> list[bytes]:
    """The hashes of the tile at this place.

    Raises:
        Corruption: the length is not 32 bytes for each hash.
    """
    if len(data) != HASH_BYTES * tile.width:
        raise Corruption(f"{len(data)} bytes instead of {tile.width} hashes", place=format_tile_path(tile))
    return split_hashes(data)


def format_bundle(entries: Sequence[bytes]) -> bytes:
    """Each entry after its length in 2 bytes, big endian.

    Raises:
        StatementTooLarge: an entry is longer than 65,535 bytes.
    """
    if any(len(entry) > ENTRY_BYTES_MAX for entry in entries):
        raise StatementTooLarge("an entry does not fit a bundle", limit_bytes=ENTRY_BYTES_MAX)
    return b"".join(len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries)


def parse_bundle(data: bytes, bundle: Bundle) -> list[bytes]:
    """The entries of the bundle at this place.

    Raises:
        Corruption: the bytes are not exactly ``bundle.width`` entries.
    """
    entries: list[bytes] = []
    start = 0
    for _ in range(bundle.width):
        body = start + _LENGTH_BYTES
        end = body + int.from_bytes(data[start:body], "big")
        entries.append(data[body:end])
        start = end
    # Reading past the end gives empty slices, and a place beyond it.
    if start != len(data):
        raise Corruption(f"not exactly {bundle.width} entries", place=format_tile_path(bundle))
    return entries


def _format_index(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    return "/".join(reversed(groups))


def _is_possible(place: Tile | Bundle) -> bool:
    level = 0 if isinstance(place, Bundle) else place.level
    last = place.index * TILE_WIDTH + place.width
    return 1 <= place.width <= TILE_WIDTH and last << _TILE_BITS * level <= SIZE_MAX
