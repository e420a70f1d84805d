"""The auditor's notebook: what it has verified and may need again, in a private SQLite file that nobody else reads.

It may grow as large as the ledger's own tables while memory stays bounded; nothing in it outlives the audit, so nothing
is made durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

CACHE_KIB = 64 * 1024

_PRAGMAS = f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{CACHE_KIB};"
_SCHEMA = """
CREATE TABLE name (name BLOB PRIMARY KEY, leaf_index INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE subject (subject TEXT, leaf_index INTEGER, PRIMARY KEY (subject, leaf_index)) WITHOUT ROWID;
CREATE TABLE tick (leaf_index INTEGER PRIMARY KEY, tick INTEGER NOT NULL);
CREATE TABLE tile (level INTEGER, tile_index INTEGER, root BLOB NOT NULL, data BLOB NOT NULL,
                   PRIMARY KEY (level, tile_index));
CREATE TABLE state (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Scratch:
    """What was verified so far."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def add_names(self, names: list[tuple[bytes, int]]) -> int | None:
        """Note names that no two entries share; the index of the first entry whose name was taken, or None."""
        before = self._db.total_changes
        self._db.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", names)
        if self._db.total_changes - before == len(names):
            return None
        return next((index for name, index in names if self._first_with(name) != index), names[0][1])

    def add_subjects(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Note the state keys in whose histories entries stand."""
        self._db.executemany("INSERT INTO subject VALUES (?, ?)", pairs)

    def subjects(self) -> Iterator[tuple[tuple[str, int], bytes]]:
        """All pairs, in the byte order of subjects."""
        for pair in self._db.execute("SELECT subject, leaf_index FROM subject ORDER BY subject, leaf_index"):
            yield pair, b""

    def add_tick(self, index: int, tick: int) -> None:
        """Note that the entry at ``index`` set the ledger's time to ``tick``."""
        self._db.execute("INSERT INTO tick VALUES (?, ?)", (index, tick))

    def tick_at(self, index: int) -> int:
        """The time in force at the entry ``index``."""
        query = "SELECT tick FROM tick WHERE leaf_index <= ? ORDER BY leaf_index DESC LIMIT 1"
        tick: int = self._db.execute(query, (index,)).fetchone()[0]
        return tick

    def add_tile(self, level: int, tile_index: int, root: bytes, data: bytes) -> None:
        """Keep a full tile."""
        self._db.execute("INSERT INTO tile VALUES (?, ?, ?, ?)", (level, tile_index, root, data))

    def tile_data(self, level: int, tile_index: int) -> bytes:
        """The hashes of a full tile that was kept."""
        query = "SELECT data FROM tile WHERE level = ? AND tile_index = ?"
        data: bytes = self._db.execute(query, (level, tile_index)).fetchone()[0]
        return data

    def tiles(self) -> Iterator[tuple[tuple[int, int], tuple[bytes, bytes]]]:
        """All full tiles: level and index, root and data."""
        query = "SELECT level, tile_index, root, data FROM tile ORDER BY level, tile_index"
        for level, tile_index, root, data in self._db.execute(query):
            yield (level, tile_index), (root, data)

    def put_states(self, values: Iterable[tuple[str, bytes]]) -> None:
        """Keep state values for which there is no room in memory."""
        self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", values)

    def find_state(self, key: str) -> bytes | None:
        """The value that was kept under ``key``."""
        row = self._db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def states(self, after: str, until: str | None) -> Iterator[tuple[str, bytes]]:
        """The kept values beyond ``after`` up to ``until``, or to the end, in the byte order of keys."""
        query = "SELECT key, value FROM state WHERE key > ? AND (? IS NULL OR key <= ?) ORDER BY key"
        yield from self._db.execute(query, (after, until, until))

    def _first_with(self, name: bytes) -> int:
        index: int = self._db.execute("SELECT leaf_index FROM name WHERE name = ?", (name,)).fetchone()[0]
        return index


@contextmanager
def open_scratch(path: Path | None) -> Iterator[Scratch]:
    """An empty notebook at ``path``, removed at the end; None for one where SQLite keeps its temporary files."""
    if path is not None:
        path.unlink(missing_ok=True)
    connection = sqlite3.connect("" if path is None else path, isolation_level=None)
    try:
        connection.executescript(f"{_PRAGMAS} {_SCHEMA}")
        # One transaction that never ends: a commit for each note would write pages out again and again.
        connection.execute("BEGIN")
        yield Scratch(connection)
    finally:
        connection.close()
        if path is not None:
            path.unlink(missing_ok=True)
