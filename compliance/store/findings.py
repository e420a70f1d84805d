"""Findings about consignments: those that the statements about them opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import and_, or_, select

from ledger.domain.payload import act_key, finding_key
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import chunks_of
from ledger.store.session import Reader
from ledger.store.state import load_states

RANGES_MAX: Final = 100


def read_findings(reader: Reader, consignments: Iterable[str]) -> dict[str, dict[str, Value]]:
    """Of each consignment that has any, the state values of its findings by key, in the order of their keys."""
    about, entry = tables.entry_subject.c, tables.entry.c
    found: dict[str, dict[str, Value]] = {}
    for chunk in chunks_of(consignments):
        query = (
            select(about.subject, entry.event_id)
            .join_from(tables.entry_subject, tables.entry, about.leaf_index == entry.leaf_index)
            .where(about.subject.in_([act_key(con) for con in chunk]), entry.void.is_(False))
        )
        of_event: dict[str, list[str]] = {}
        for subject, event in reader.execute(query):
            of_event.setdefault(event.hex(), []).append(subject.partition("/")[2])
        keys = find_finding_keys(reader, sorted(of_event))
        for key, value in load_states(reader, keys).items():
            if value is not None:
                for con in of_event[value["event"]]:
                    found.setdefault(con, {})[key] = value
    return found


def find_finding_keys(reader: Reader, events: Sequence[str]) -> list[str]:
    """State keys of the findings that these events (ids in hex) opened, in the order of the keys for each event."""
    column = tables.state.c.key
    found: list[str] = []
    for at in range(0, len(events), RANGES_MAX):
        first = [finding_key(event, 0)[:-1] for event in events[at : at + RANGES_MAX]]
        ranges = or_(*(and_(column >= prefix, column < prefix[:-1] + "0") for prefix in first))
        found += reader.execute(select(column).where(ranges).order_by(column)).scalars()
    return found
