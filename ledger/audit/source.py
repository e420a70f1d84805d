"""Where an audited ledger is read from. Nothing that comes out of a source is believed.

A published ledger lies in files or behind a URL in the form of C2SP tlog-tiles (``checkpoint``, ``tile/…``,
``tile/entries/…``), with the state beside it in pages. A database is ``ledger.audit.store.database``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

import cbor2

from ledger import cbor
from ledger.errors import Corruption, ProofInvalid
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import parse_note
from ledger.log.tile import TILE_WIDTH, Bundle, Tile, format_tile_path, parse_bundle, tile_width

CHECKPOINT_PATH = "checkpoint"

Fetch: TypeAlias = Callable[[str], bytes]
"""Gives the bytes under a path relative to the ledger's root.

It raises OSError (FileNotFoundError) if it has none, Unavailable if nobody answers.
"""


@dataclass(frozen=True, slots=True)
class StatePage:
    """A run of state values in the byte order of their keys, as they stood in the log of ``size`` entries.

    An empty page is the last one.
    """

    size: int
    values: list[tuple[str, bytes]]


class Source(Protocol):
    """A ledger to be audited. Every method raises Corruption where it finds other than it must."""

    @property
    def name(self) -> str:
        """What it is called in the report."""
        ...

    def size(self) -> int:
        """Number of entries that it says it holds."""
        ...

    def checkpoint(self) -> bytes | None:
        """The newest checkpoint's signed note, or None before the first."""
        ...

    def entries(self, start: int, end: int) -> Iterator[list[bytes]]:
        """The statements from ``start`` up to, not including, ``end``, in order, some hundreds at a time."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile."""
        ...

    def state_pages(self) -> Iterator[StatePage]:
        """The state, page after page, with the last, empty one."""
        ...


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A row of the checkpoint table: what it says of itself, and its signatures if it was published."""

    size: int
    root: bytes
    note: bytes
    cose: bytes | None
    published: bool


class Projections(Protocol):
    """What a database holds beside the log; each stream is in the order of its keys."""

    def columns(self, start: int, end: int) -> Iterator[dict[str, object]]:
        """The columns of the entries from ``start`` up to, not including, ``end``, without the bodies."""
        ...

    def subjects(self) -> Iterator[tuple[tuple[str, int], bytes]]:
        """Pairs of a state key and the index of an entry about it."""
        ...

    def tiles(self) -> Iterator[tuple[tuple[int, int], tuple[bytes, bytes]]]:
        """Level and index of each full tile, with its root and its data."""
        ...

    def checkpoints(self) -> Iterator[StoredNote]:
        """Every checkpoint."""
        ...

    def head(self) -> tuple[int, bytes]:
        """Size, and the right edge of the tree as ``format_frontier`` spells it."""
        ...


class PublishedSource:
    """A ledger in C2SP layout, in a directory or behind a URL."""

    def __init__(self, name: str, fetch: Fetch, state_path: Callable[[int, str], str] | None) -> None:
        """Read through ``fetch``; ``state_path`` names a page by its number and the last key before it."""
        self.name = name
        self._fetch = fetch
        self._state_path = state_path
        self._note: bytes | None = None
        self._newest: tuple[int, list[bytes]] = (-1, [])

    def size(self) -> int:
        """What the checkpoint says, whoever signed it.

        Raises:
            Corruption: there is no checkpoint, or it does not read as one.
        """
        try:
            return parse_checkpoint(parse_note(self.checkpoint()).text).size
        except ProofInvalid as error:
            raise Corruption(error.detail, place=CHECKPOINT_PATH) from error

    def checkpoint(self) -> bytes:
        """The checkpoint, the same one all through the audit.

        Raises:
            Corruption: there is none.
        """
        if self._note is None:
            self._note = self._read(CHECKPOINT_PATH)
        return self._note

    def entries(self, start: int, end: int) -> Iterator[list[bytes]]:
        """The statements, one bundle at a time.

        Raises:
            Corruption: a bundle is missing or is not as many whole entries as it must be.
        """
        for index in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
            bundle = Bundle(index, tile_width(0, index, end))
            first = index * TILE_WIDTH
            yield self._bundle(bundle)[max(0, start - first) :]

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile.

        Raises:
            Corruption: it is missing.
        """
        return self._read(format_tile_path(tile))

    def state_pages(self) -> Iterator[StatePage]:
        """The state's pages; none at all from a source that offers only the log.

        Raises:
            Corruption: a page is missing, or is not a page.
        """
        if self._state_path is None:
            return
        number, after = 0, ""
        while True:
            path = self._state_path(number, after)
            page = parse_state_page(self._read(path), place=path)
            if page.values and page.values[0][0] <= after:
                raise Corruption("it does not go on from the page before it", place=path)
            yield page
            if not page.values:
                return
            number, after = number + 1, page.values[-1][0]

    def _bundle(self, bundle: Bundle) -> list[bytes]:
        """A bundle; one that was read before, and has grown since, must begin as it did."""
        path = format_tile_path(bundle)
        entries = parse_bundle(self._read(path), bundle)
        index, before = self._newest
        if index == bundle.index and entries[: len(before)] != before:
            raise Corruption("it does not begin with the entries that were there before", place=path)
        self._newest = bundle.index, entries
        return entries

    def _read(self, path: str) -> bytes:
        try:
            return self._fetch(path)
        except OSError as error:
            raise Corruption(f"it cannot be read: {error.strerror or 'there is none'}", place=path) from error


def open_directory(directory: Path) -> PublishedSource:
    """The ledger that ``ledger.export`` wrote there."""

    def fetch(path: str) -> bytes:
        return (directory / path).read_bytes()

    return PublishedSource(directory.name, fetch, lambda number, _: format_state_path(number))


def open_url(name: str, fetch: Fetch, *, with_state: bool = True) -> PublishedSource:
    """A served ledger; ``fetch`` gets paths relative to it and asks with the auditor's token.

    The log alone is public; the state takes an auditor's token.
    """

    def state_path(_: int, after: str) -> str:
        return f"v1/audit/state?after={quote(after, safe='')}"

    return PublishedSource(name, fetch, state_path if with_state else None)


def format_state_path(number: int) -> str:
    """Path of a page of state in a directory."""
    return f"state/{number:09}"


def format_state_page(page: StatePage) -> bytes:
    """A CBOR sequence (RFC 8742): the size of the log, then ``[key, value]`` with each value as it is stored."""
    items: list[object] = [page.size, *([key, value] for key, value in page.values)]
    return b"".join(map(cbor.encode, items))


def parse_state_page(data: bytes, *, place: str) -> StatePage:
    """The inverse of ``format_state_page``; ``place`` is what the page is called.

    Raises:
        Corruption: any other bytes, or keys out of their order.
    """
    size, *pairs = _decode_sequence(data, place) or [None]
    if type(size) is not int or not all(map(_is_pair, pairs)):
        raise Corruption("it is not a page of state", place=place)
    page = StatePage(size, [(key, value) for key, value in pairs])
    in_order = all(one[0] < next_one[0] for one, next_one in pairwise(page.values))
    if not in_order or format_state_page(page) != data:
        raise Corruption("its keys are not in order, or not in the one spelling", place=place)
    return page


def _decode_sequence(data: bytes, place: str) -> list[Any]:
    file = io.BytesIO(data)
    # A page is two levels deep; what the types below do not refuse, writing it again does.
    decoder = cbor2.CBORDecoder(file, max_depth=2, allow_indefinite=False)
    items = []
    try:
        while file.tell() < len(data):
            items.append(decoder.decode())
    except (cbor2.CBORError, OverflowError) as error:
        raise Corruption(f"it is not CBOR: {error}", place=place) from error
    return items


def _is_pair(item: object) -> bool:
    return isinstance(item, list) and [type(part) for part in item] == [str, bytes]
