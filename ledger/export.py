"""A ledger written out as files that any web server, or a disk on a desk, can hand on: C2SP tlog-tiles, and the state.

    checkpoint                the newest published checkpoint
    tile/…  tile/entries/…    hashes and statements, full and narrow
    state/…                   the state at the head, in pages (``ledger.audit.source``)

Every file comes into its place whole. Full tiles and bundles never change, so an export that was broken off, or is a
week old, goes on where it stands.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ledger.audit.source import CHECKPOINT_PATH, format_state_page, format_state_path
from ledger.audit.store.database import DatabaseSource
from ledger.errors import Corruption, ProofInvalid, Unavailable
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.note import parse_note
from ledger.log.tile import (
    TILE_WIDTH,
    Bundle,
    Tile,
    format_bundle,
    format_tile_path,
    full_tiles,
    parse_tile,
    partial_tiles,
)
from ledger.store.session import Reader, Store
from ledger.store.tiles import root_at

STATE_FOLDER = "state"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export left in its directory.

    Attributes:
        checkpoint: the tree head that the files are proved by.
        size: entries in the files; those beyond the checkpoint are not yet proved.
        files_written: how many files were not there before.
    """

    checkpoint: Checkpoint
    size: int
    files_written: int


def export(
    store: Store,
    directory: Path,
    *,
    with_state: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write the ledger, as one snapshot sees it, into ``directory``, which may hold an earlier export of it.

    Args:
        store: the ledger.
        directory: made if it is not there.
        with_state: also the state, which is for auditors alone, as the statements are.
        progress: told after each file of the log how many of how many are there.

    Raises:
        Unavailable: no checkpoint is published yet, or the database does not answer.
        Corruption: the directory holds another log, or the database cannot be read.
    """
    with store.read() as reader:
        source = DatabaseSource(reader)
        note = source.checkpoint()
        if note is None:
            raise Unavailable("no checkpoint is published yet")
        checkpoint = _open(note)
        _refuse_other_log(reader, directory, checkpoint)
        writer = _Writer(directory)
        size = max(checkpoint.size, source.size())
        needed = _write_log(source, writer, checkpoint.size, size, progress)
        if with_state:
            _write_state(source, directory)
        # The checkpoint comes last: what it proves must be there before it (C2SP tlog-tiles).
        writer.replace(CHECKPOINT_PATH, note)
    _remove_narrower(directory, needed)
    return Exported(checkpoint, size, writer.files_written)


def _open(note: bytes) -> Checkpoint:
    try:
        return parse_checkpoint(parse_note(note).text)
    except ProofInvalid as error:
        raise Corruption(error.detail, place=CHECKPOINT_PATH) from error


def _refuse_other_log(reader: Reader, directory: Path, newest: Checkpoint) -> None:
    """Files that are there already must be those of a beginning of this log."""
    try:
        there = _open((directory / CHECKPOINT_PATH).read_bytes())
    except FileNotFoundError:
        return
    place = str(directory / CHECKPOINT_PATH)
    if there.origin != newest.origin or there.size > newest.size:
        raise Corruption(f"the directory holds {there.size} entries of {there.origin}", place=place)
    if there.size and root_at(reader, there.size) != there.root:
        raise Corruption("the directory holds another history of this log", place=place)


class _Writer:
    """Puts whole files under a directory, and counts them."""

    def __init__(self, directory: Path) -> None:
        self.files_written = 0
        self._directory = directory

    def has(self, path: str) -> bool:
        return (self._directory / path).exists()

    def replace(self, path: str, data: bytes) -> None:
        _write_whole(self._directory / path, data)
        self.files_written += 1


def _write_log(
    source: DatabaseSource, writer: _Writer, proved: int, held: int, progress: Callable[[int, int], None] | None
) -> set[str]:
    """The tiles of the tree of ``proved`` leaves, and the statements up to ``held``; the paths of what is narrow.

    The state is that of all entries, so an auditor needs those that no checkpoint covers yet, too.
    """
    listed: list[Tile | Bundle] = [*_tiles(proved), *_bundles(proved), *_bundles(held)]
    places = list(dict.fromkeys(listed))
    for done, place in enumerate(places, 1):
        path = format_tile_path(place)
        if not writer.has(path):
            writer.replace(path, _data(source, place))
        if progress is not None:
            progress(done, len(places))
    return {format_tile_path(place) for place in places if place.width < TILE_WIDTH}


def _tiles(size: int) -> Iterator[Tile]:
    return chain(full_tiles(0, size), partial_tiles(size))


def _bundles(size: int) -> Iterator[Bundle]:
    return (Bundle(tile.index, tile.width) for tile in _tiles(size) if tile.level == 0)


def _data(source: DatabaseSource, place: Tile | Bundle) -> bytes:
    if isinstance(place, Tile):
        data = source.tile(place)
        parse_tile(data, place)
        return data
    first = place.index * TILE_WIDTH
    return format_bundle([*chain.from_iterable(source.entries(first, first + place.width))])


def _write_state(source: DatabaseSource, directory: Path) -> None:
    """The pages of state, exchanged as a whole: they only make sense together."""
    fresh, old = directory / "state.new", directory / "state.old"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    for number, page in enumerate(source.state_pages()):
        name = format_state_path(number).removeprefix(f"{STATE_FOLDER}/")
        _write_whole(fresh / name, format_state_page(page))
    state = directory / STATE_FOLDER
    # A crash between the two leaves no state, which the audit names; the next export puts it there.
    if state.exists():
        state.rename(old)
    fresh.rename(state)
    shutil.rmtree(old, ignore_errors=True)


def _remove_narrower(directory: Path, needed: set[str]) -> None:
    """Drop narrow tiles that an earlier export needed (C2SP tlog-tiles lets a log delete them)."""
    for file in (directory / "tile").rglob("*.p/*"):
        if file.relative_to(directory).as_posix() not in needed:
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        # Without this a power cut may leave an empty file under the final name, which the next export would keep.
        os.fsync(file.fileno())
    partial.replace(path)
