"""The directory of authorised parties, kept for a few seconds: anybody may ask for it, and drawing it takes time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain
from threading import Lock

from api.limits import DIRECTORY_AGE_S, DIRECTORY_DAYS_MAX
from certification.directory import ListedParty, directory
from ledger.clock import Clock
from ledger.domain.payload import act_key, party_key, permits_key
from ledger.fold.state import Value
from ledger.store.session import Reader, Store
from ledger.store.state import load_states, scan_states


class DirectoryPages:
    """The directory's rows of each day that was asked for lately."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._drawn: OrderedDict[str, tuple[float, list[ListedParty]]] = OrderedDict()

    def rows(self, day: str) -> list[ListedParty]:
        """The rows of ``day``, at most ``DIRECTORY_AGE_S`` old; who asks meanwhile waits for the same rows.

        Raises:
            Unavailable: the database does not answer.
        """
        with self._lock:
            drawn_at, rows = self._drawn.get(day, (0.0, None))
            if rows is None or self._clock.monotonic() - drawn_at >= DIRECTORY_AGE_S:
                rows = self._draw(day)
                self._drawn[day] = (self._clock.monotonic(), rows)
                self._drawn.move_to_end(day)
            while len(self._drawn) > DIRECTORY_DAYS_MAX:
                self._drawn.popitem(last=False)
            return rows

    def _draw(self, day: str) -> list[ListedParty]:
        with self._store.read() as reader:
            return directory(_listed_values(reader), day)


def iter_states(reader: Reader, prefix: str) -> Iterator[tuple[str, Value]]:
    """All state values whose keys begin with ``prefix``, a page at a time."""
    after = ""
    while page := scan_states(reader, prefix, after=after):
        yield from page
        after = page[-1][0]


def _listed_values(reader: Reader) -> Iterator[tuple[str, Value]]:
    """What the directory is drawn from: the permits that parties have, parties, and sites."""
    held = (value["ids"] for _, value in iter_states(reader, permits_key("")))
    permits = load_states(reader, map(act_key, chain.from_iterable(held)))
    yield from ((key, value) for key, value in permits.items() if value is not None)
    yield from iter_states(reader, party_key(""))
    yield from iter_states(reader, "site/")
