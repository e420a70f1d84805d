"""What is stored beside the log, held against what the log says. Every function gives a finding for each difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from ledger.audit.report import REBUILD, UNREADABLE, Finding
from ledger.audit.source import Projections, Source, StatePage
from ledger.audit.state import SpillingState
from ledger.audit.store.scratch import Scratch
from ledger.audit.tree import VerifiedTree
from ledger.errors import Corruption
from ledger.log.merkle import HASH_BYTES, format_frontier, split_hashes
from ledger.log.tile import Tile, format_tile, format_tile_path, full_tiles, partial_tiles
from ledger.log.tree import read_frontier
from ledger.store.entries import Entry, entry_row

Key = TypeVar("Key", str, tuple[str, int], tuple[int, int])
Content = TypeVar("Content")

_SHOWN_MAX = 80


def compare_columns(entries: Sequence[Entry], rows: Iterable[dict[str, object]]) -> Iterator[Finding]:
    """The columns of neighbouring entries."""
    for entry, row in zip(entries, rows, strict=False):
        expected = entry_row(entry)
        for column, value in row.items():
            if value != expected[column]:
                place = f"entry {entry.index} column {column}"
                yield projection_finding(place, f"{_show(value)} instead of {_show(expected[column])}")


def compare_subjects(scratch: Scratch, projections: Projections) -> Iterator[Finding]:
    """The histories of subjects."""
    for (subject, index), expected, _ in _differences(scratch.subjects(), projections.subjects()):
        yield projection_finding(f"entry_subject {subject} {index}", _missing_or_extra(expected))


def compare_stored_tiles(scratch: Scratch, projections: Projections) -> Iterator[Finding]:
    """The full tiles of a database, and the root that it keeps beside each."""
    for (level, index), expected, stored in _differences(scratch.tiles(), projections.tiles()):
        # A level or an index that no tile has is shown as it stands.
        place = f"tile/{level}/{index}" if expected is None else format_tile_path(Tile(level, index))
        if expected is None or stored is None:
            yield projection_finding(place, _missing_or_extra(expected))
            continue
        if expected[0] != stored[0]:
            yield projection_finding(f"{place} root", f"{_show(stored[0])} instead of {_show(expected[0])}")
        if expected[1] != stored[1]:
            yield projection_finding(place, _differing_hash(expected[1], stored[1]))


def compare_published_tiles(tree: VerifiedTree, source: Source, size: int) -> Iterator[Finding]:
    """The tiles of a published tree of ``size`` leaves, narrow ones too."""
    for tile in chain(full_tiles(0, size), partial_tiles(size)):
        expected = format_tile(tree.hashes(tile.level, tile.index, tile.width))
        try:
            stored = source.tile(tile)
        except Corruption as error:
            yield Finding(error.place, error.detail, UNREADABLE, "projection")
            continue
        if stored != expected:
            yield projection_finding(format_tile_path(tile), _differing_hash(expected, stored))


def compare_state(state: SpillingState, after: str, page: StatePage) -> Iterator[Finding]:
    """A page of state that begins beyond the key ``after``, at a replay of the page's size."""
    until = page.values[-1][0] if page.values else None
    for key, expected, stored in _differences(state.items(after, until), iter(page.values)):
        yield projection_finding(f"state {key}", _difference(expected, stored))


def compare_head(tree: VerifiedTree, projections: Projections) -> Iterator[Finding]:
    """Size and right edge of the tree, from which the next entry will be appended."""
    size, frontier = projections.head()
    if size != tree.size:
        yield projection_finding("head size", f"{_show(size)} instead of {tree.size}")
    expected = format_frontier(read_frontier(tree.hashes, tree.size))
    if frontier != expected:
        yield projection_finding("head frontier", f"{_show(frontier)} instead of {_show(expected)}")


def projection_finding(place: str, what: str) -> Finding:
    """Something that can be made again from the log, and is not what the log says."""
    return Finding(place, what, REBUILD, "projection")


def _differences(
    expected: Iterator[tuple[Key, Content]], stored: Iterator[tuple[Key, Content]]
) -> Iterator[tuple[Key, Content | None, Content | None]]:
    """Keys, in their order, under which two sorted streams differ, with what each has there; None for nothing."""
    left, right = next(expected, None), next(stored, None)
    while left or right:
        if left and (right is None or left[0] < right[0]):
            yield left[0], left[1], None
            left = next(expected, None)
        elif right and (left is None or right[0] < left[0]):
            yield right[0], None, right[1]
            right = next(stored, None)
        elif left and right:
            if left[1] != right[1]:
                yield left[0], left[1], right[1]
            left, right = next(expected, None), next(stored, None)


def _difference(expected: bytes | None, stored: bytes | None) -> str:
    if expected is None or stored is None:
        return _missing_or_extra(expected)
    return _differing_byte(expected, stored)


def _missing_or_extra(expected: object) -> str:
    return "nothing in the log speaks of it" if expected is None else "it is missing"


def _differing_byte(expected: bytes, stored: object) -> str:
    if not isinstance(stored, bytes):
        return f"a {type(stored).__name__} instead of bytes"
    length = min(len(expected), len(stored))
    first = next((at for at in range(length) if expected[at] != stored[at]), length)
    return f"{len(stored)} bytes instead of {len(expected)}, not the same from byte {first} on"


def _differing_hash(expected: bytes, stored: object) -> str:
    if not isinstance(stored, bytes) or len(stored) != len(expected):
        return _differing_byte(expected, stored)
    pairs = zip(split_hashes(expected), split_hashes(stored), strict=True)
    wrong = [str(n) for n, (right, found) in enumerate(pairs) if right != found]
    return f"of its {len(expected) // HASH_BYTES} hashes these are wrong: {', '.join(wrong[:8])}"


def _show(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
