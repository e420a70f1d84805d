"""A recorder over a real database, fed by a yard: the yard says and signs, the desk records what it said.

with open_desk(url) as desk:
    pack = desk.yard.produce()
    [outcome] = desk.catch_up()
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from ledger.batch import OnlineKeys, Outcome
from ledger.event import parse_event
from ledger.fold.fold import Rules, RulesOf
from ledger.log.merkle import Frontier, leaf_hash
from ledger.recorder import SUBMITTED_MAX, Recorder
from ledger.store import tables
from ledger.store.entries import Entry, Head, iter_entries, read_head
from ledger.store.schema import create_schema
from ledger.store.session import Result, Store, Writer, open_store
from tests.yard import Yard

OF_THE_LEDGER = ("ledger.tick", "conflict.recorded")


@dataclass
class HandClock:
    """Both clocks, moved by hand."""

    now_s: int
    monotonic_s: float = 0.0

    def now(self) -> int:
        return self.now_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def pass_time(self, seconds: int) -> None:
        self.now_s += seconds
        self.monotonic_s += seconds


@dataclass
class Desk:
    yard: Yard
    store: Store
    clock: HandClock
    caught_up: int = 1
    own: list[Recorder] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = self.new_recorder()

    def catch_up(self) -> list[Outcome]:
        """Submit what the yard has recorded since, but for what the recorder says itself."""
        raws = self.unrecorded()
        chunks = [raws[at : at + SUBMITTED_MAX] for at in range(0, len(raws), SUBMITTED_MAX)]
        return [outcome for chunk in chunks for outcome in self.recorder.submit(chunk)]

    def unrecorded(self) -> list[bytes]:
        raws = self.yard.entries[self.caught_up :]
        self.caught_up = len(self.yard.entries)
        return [raw for raw in raws if parse_event(raw).payload.kind not in OF_THE_LEDGER]

    def pass_time(self, seconds: int) -> None:
        """Move the clocks of the yard and of the recorder on."""
        self.yard.pass_time(seconds)
        self.clock.pass_time(seconds)

    def new_recorder(
        self,
        store: Store | None = None,
        *,
        rules_of: RulesOf = Rules,
        keys: OnlineKeys | None = None,
        queued_max: int = 4000,
    ) -> Recorder:
        keys = keys or OnlineKeys(self.yard.clock_key, self.yard.recorder_key)
        recorder = Recorder(store or self.store, rules_of, self.clock, keys, queued_max=queued_max)
        self.own.append(recorder)
        return recorder

    def head(self) -> Head:
        with self.store.read() as reader:
            return read_head(reader)

    def entries(self) -> list[Entry]:
        with self.store.read() as reader:
            return list(iter_entries(reader, 0, read_head(reader).size))

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]

    def state(self) -> dict[str, bytes]:
        """Every value of the state, as it is stored."""
        with self.store.read() as reader:
            return {row.key: row.value for row in reader.execute(select(tables.state))}

    def check_log(self) -> None:
        """The entries have no gap, and the head's tree is that of their bodies."""
        entries = self.entries()
        assert [entry.index for entry in entries] == list(range(len(entries)))
        assert self.head().frontier == Frontier().extend(leaf_hash(entry.body) for entry in entries)


class Overtaken(Store):
    """A store on which somebody else does something first whenever there is something to write."""

    def __init__(self, store: Store, meanwhile: Callable[[Store], object]) -> None:
        super().__init__(store.engine)
        self._store, self._meanwhile = store, meanwhile

    def write(self, work: Callable[[Writer], Result]) -> Result:
        self._meanwhile(self._store)
        return super().write(work)


@contextmanager
def open_desk(url: str) -> Iterator[Desk]:
    """A ledger that has begun, with all that a new yard has recorded."""
    create_schema(url)
    store = open_store(url)
    desk = _begin(store)
    try:
        yield desk
    finally:
        for recorder in desk.own:
            recorder.close()
        store.close()


def _begin(store: Store) -> Desk:
    yard = Yard()
    clock = HandClock(yard.now)
    desk = Desk(yard, store, clock)
    desk.recorder.genesis(yard.entries[0])
    desk.catch_up()
    return desk
