"""The fold's state: values under keys, in deterministic CBOR, and what a process remembers of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger import cbor
from ledger.errors import Corruption
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import chunks_of
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer

CACHED_VALUES_MAX = 65_536
PAGE_MAX = 1000
LOG_PREFIX = "log/"

_VALUES_OF_KEYS = select(tables.state.c.key, tables.state.c.value).where(
    tables.state.c.key.in_(bindparam("keys", expanding=True))
)
_SQLITE = sqlite.insert(tables.state)
_POSTGRESQL = postgresql.insert(tables.state)
_UPSERT = {
    "sqlite": _SQLITE.on_conflict_do_update(index_elements=["key"], set_={"value": _SQLITE.excluded.value}),
    "postgresql": _POSTGRESQL.on_conflict_do_update(index_elements=["key"], set_={"value": _POSTGRESQL.excluded.value}),
}


def find_state(reader: Reader, key: str) -> Value | None:
    """The value under ``key``, if there is one."""
    return load_states(reader, [key])[key]


def load_states(reader: Reader, keys: Iterable[str]) -> dict[str, Value | None]:
    """The values under these keys; None where there is none."""
    found: dict[str, Value | None] = {}
    for chunk in chunks_of(keys):
        found.update(dict.fromkeys(chunk))
        rows = reader.execute(_VALUES_OF_KEYS, {"keys": chunk})
        found.update((key, _open_value(key, value)) for key, value in rows)
    return found


def scan_states(reader: Reader, prefix: str, *, after: str = "", limit: int = PAGE_MAX) -> list[tuple[str, Value]]:
    """The next values whose keys begin with ``prefix``, in the byte order of keys.

    Args:
        reader: a snapshot.
        prefix: not empty.
        after: the last key already seen.
        limit: how many at most.
    """
    key = tables.state.c.key
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    query = select(key, tables.state.c.value).where(key >= prefix, key > after, key < end)
    rows = reader.execute(query.order_by(key).limit(limit))
    return [(key, _open_value(key, value)) for key, value in rows]


def iter_states(reader: Reader, prefix: str) -> Iterator[tuple[str, Value]]:
    """All values whose keys begin with ``prefix``, in the byte order of keys, a page in memory at a time."""
    after = ""
    while page := scan_states(reader, prefix, after=after):
        yield from page
        after = page[-1][0]


def put_states(writer: Writer, values: Iterable[tuple[str, bytes]]) -> None:
    """Set the spelt values under these keys."""
    rows = [{"key": key, "value": value} for key, value in values]
    insert_rows(writer, _UPSERT[writer.dialect.name], rows)


class StateCache:
    """Decoded values that a process remembers from one of its commits to the next.

    They hold as long as nobody else committed: whoever has locked the head says its epoch before use. There are two
    generations: what is used moves into the younger one; when that is full it becomes the older, which is let go.
    """

    def __init__(self, values_max: int = CACHED_VALUES_MAX) -> None:
        self._young: dict[str, Value | None] = {}
        self._old: dict[str, Value | None] = {}
        self._young_max = values_max // 2
        self._epoch: int | None = None

    def enter(self, epoch: int) -> None:
        """Forget everything, unless it is of this epoch."""
        if epoch != self._epoch:
            self._young, self._old = {}, {}
            self._epoch = epoch

    def advance(self, epoch: int, changed: Mapping[str, Value]) -> None:
        """After the commit that made ``epoch``: remember what it changed."""
        self._epoch = epoch
        self.remember(changed)

    def remember(self, values: Mapping[str, Value | None]) -> None:
        """Keep values of the present epoch."""
        self._young.update(values)
        if len(self._young) > self._young_max:
            self._young, self._old = {}, self._young

    def recall(self, keys: Iterable[str]) -> dict[str, Value | None]:
        """The values of those of these keys that are known."""
        known = {key: self._young[key] for key in keys if key in self._young}
        if self._old:
            again = {key: self._old[key] for key in keys if key not in known and key in self._old}
            self.remember(again)
            known.update(again)
        return known


class LoadedState:
    """The state inside one transaction: what is stored, and over it what the transaction changes.

    A key that nobody loaded is read when asked for: ``touches`` and ``follows`` make it fast, not right. The keys
    ``log/<size>`` are no rows: the log itself answers for them.
    """

    def __init__(self, reader: Reader, cache: StateCache, log_at: Callable[[int], Value | None]) -> None:
        self.changes: dict[str, Value] = {}
        self._reader = reader
        self._cache = cache
        self._log_at = log_at
        self._loaded: dict[str, Value | None] = {}

    def get(self, key: str, /) -> Value | None:
        """The value under ``key`` as the transaction leaves it so far."""
        if key in self.changes:
            return self.changes[key]
        if key not in self._loaded:
            if key.startswith(LOG_PREFIX):
                return self._log_at(int(key.removeprefix(LOG_PREFIX)))
            self.load([key])
        return self._loaded[key]

    def load(self, keys: Iterable[str]) -> None:
        """Have the values under these keys at hand, from memory or in one round of reads."""
        asked = [key for key in dict.fromkeys(keys) if key not in self._loaded and not key.startswith(LOG_PREFIX)]
        self._loaded.update(self._cache.recall(asked))
        fresh = load_states(self._reader, (key for key in asked if key not in self._loaded))
        self._loaded.update(fresh)
        self._cache.remember(fresh)

    def spelt_changes(self) -> Iterable[tuple[str, bytes]]:
        """What the transaction changes, as it is stored; each value is spelt once, in the order of keys."""
        return ((key, cbor.encode(self.changes[key])) for key in sorted(self.changes))


def _open_value(key: str, data: bytes) -> Value:
    # Written by ``cbor.encode`` alone, and compared with the log by ``rebuild``: proving the spelling again at every
    # read would cost more than the rest of the fold.
    value = cbor.decode_unproved(data)
    if not isinstance(value, dict):
        raise Corruption("the value is not a map", place=f"state {key}")
    return value
