"""Which credentials are revoked or suspended, kept until an act on a permit is recorded or the day may be another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from threading import Lock

from api.limits import STATUS_LISTS_AGE_S
from certification.store.directory import DIRECTORY
from exchange.attestation import status_events
from exchange.status_list import Purpose
from ledger.clock import Clock
from ledger.domain.payload import act_key, permits_key
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store.entries import find_entries, read_head
from ledger.store.session import Reader, Store
from ledger.store.state import iter_states, load_states


class StatusLists:
    """The leaf indexes whose bits are set, by all that is recorded; the day is at most ``STATUS_LISTS_AGE_S`` old."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = Lock()
        self._drawn_at = 0.0
        self._drawn_size = 0
        self._drawn: dict[Purpose, list[int]] | None = None

    def indexes(self, purpose: Purpose) -> list[int]:
        """Of this purpose, over all lists; who asks meanwhile waits for the same answer.

        Raises:
            Unavailable: the database does not answer.
        """
        with self._lock, self._store.read() as reader:
            size, now = read_head(reader).size, self._clock.monotonic()
            if (
                self._drawn is None
                or now - self._drawn_at >= STATUS_LISTS_AGE_S
                or DIRECTORY.has_changed(reader, self._drawn_size, size)
            ):
                self._drawn, self._drawn_at = self._draw(reader), now
            self._drawn_size = size
            return self._drawn[purpose]

    def _draw(self, reader: Reader) -> dict[Purpose, list[int]]:
        events = status_events(_permits(reader), legal_day(self._clock.now(), None))
        entries = find_entries(reader, chain.from_iterable(events.values()))
        return {purpose: sorted(entries[event].index for event in listed) for purpose, listed in events.items()}


def _permits(reader: Reader) -> Iterator[Value]:
    """Each permit once: one that was transferred is among the permits of both parties."""
    held = (value["ids"] for _, value in iter_states(reader, permits_key("")))
    permits = load_states(reader, {act_key(permit) for permit in chain.from_iterable(held)})
    return (value for value in permits.values() if value is not None)
