"""A yard whose log is kept in a real database and published from a real home folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.event import parse_event
from ledger.fold.fold import Rules
from ledger.home import Home, create_home, pin_genesis
from ledger.publisher import Cosigner, OpenSignedHeads, Published, Publisher
from ledger.store.append import Append
from ledger.store.entries import lock_head
from ledger.store.schema import create_schema
from ledger.store.session import Store, Writer, open_store
from ledger.store.state import StateCache
from tests.ledger.store.desk import HandClock
from tests.yard import ORIGIN, Yard


@dataclass
class Press:
    """``load`` brings the yard's new entries into the database; ``publish`` signs what is there."""

    url: str
    folder: Path
    yard: Yard = field(default_factory=Yard)

    def __post_init__(self) -> None:
        create_schema(self.url)
        self.store: Store = open_store(self.url)
        self.clock = HandClock(self.yard.now)
        self.home: Home = create_home(self.folder / "home", ORIGIN)
        self.home = pin_genesis(self.home, parse_event(self.yard.entries[0]).id)

    def load(self, size: int | None = None) -> int:
        """Bring the yard's entries into the database, up to ``size`` of them; the size of the log."""
        return self.store.write(lambda writer: append_logged(writer, self.yard.entries[:size]))

    def publisher(
        self, *, signed_heads: OpenSignedHeads | None = None, cosigners: Sequence[Cosigner] = ()
    ) -> Publisher:
        return Publisher(
            self.store,
            self.clock,
            ORIGIN,
            self.home.read_checkpoint_keys(),
            signed_heads or self.home.signed_heads,
            cosigners,
        )

    def publish(self) -> Published | None:
        return self.publisher().publish()


def append_logged(writer: Writer, entries: list[bytes]) -> int:
    """Append what the log in the database does not have yet of these entries."""
    head = lock_head(writer)
    append = Append(writer, head, Rules, StateCache())
    for raw in entries[head.size :]:
        append.add_as_logged(parse_event(raw))
    return append.write(writer).size if append.entries else head.size
