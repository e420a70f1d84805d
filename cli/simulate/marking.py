"""What is found in a ledger, marked against what was injected: precision and recall for every kind of fault."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cli.simulate.truth import FAULTS, FaultKind, Truth
from compliance.anomalies.detect import find_anomalies
from compliance.anomalies.rows import read_rows
from compliance.obligation import Obligation
from compliance.obligations.dispatch import has_obligations, keys_of, obligations_of
from compliance.obligations.view import View, base_keys, further_base_keys
from ledger.domain.correction import EventCorrected
from ledger.domain.operation import ConflictRecorded
from ledger.domain.payload import finding_key
from ledger.event import Event, parse_event
from ledger.fold.state import Value
from ledger.store.entries import find_entries, iter_entries, read_head
from ledger.store.session import Reader
from ledger.store.state import iter_states, load_states

_OVERDUE = frozenset({"overdue", "met_late"})
_FINDINGS = finding_key("", 0).partition("/")[0] + "/"


@dataclass(frozen=True, slots=True)
class Mark:
    """How one kind of fault was found, in subjects.

    Attributes:
        injected: subjects that have it.
        found: of these, how many were found.
        false: subjects that were found and have no such fault.
    """

    kind: FaultKind
    injected: int
    found: int
    false: int

    @property
    def precision(self) -> float | None:
        """Share of what was found that is right; None where nothing was found."""
        return self.found / (self.found + self.false) if self.found + self.false else None

    @property
    def recall(self) -> float | None:
        """Share of what was injected that was found; None where nothing was injected."""
        return self.found / self.injected if self.injected else None


Found = dict[str, set[str]]
"""Subjects by the code of finding, obligation or anomaly."""


def mark(truth: Truth, found: Found) -> list[Mark]:
    """One mark for each kind. What a fault brings about besides (``Truth.echoes``) is not held against the kind."""
    return [_mark_one(truth, kind, found.get(kind.code, set())) for kind in FAULTS.values()]


def _mark_one(truth: Truth, kind: FaultKind, found: set[str]) -> Mark:
    injected = truth.subjects_of(kind.name)
    false = {subject for subject in found - injected if (kind.code, subject) not in truth.echoes}
    return Mark(kind, len(injected), len(found & injected), len(false))


def add_marks(marks: Iterable[Mark]) -> list[Mark]:
    """The marks of several ledgers as one, kind by kind."""
    injected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for one in marks:
        injected[one.kind.name] += one.injected
        found[one.kind.name] += one.found
        false[one.kind.name] += one.false
    return [Mark(kind, injected[name], found[name], false[name]) for name, kind in FAULTS.items() if name in injected]


def find_everything(reader: Reader, on: str) -> Found:
    """Whatever the ledger's rules, time and the detectors find, as of the day ``on``."""
    found: Found = defaultdict(set)
    for _, value in iter_states(reader, _FINDINGS):
        found[value["requirement"]].add(_subject(value))
    for due in overdue(reader, on):
        found[due.code].add(due.subject)
    for anomaly in find_anomalies(read_rows(iter_events(reader))):
        found[anomaly.kind].update(anomaly.subjects)
    found["conflict.recorded"] = set(_forked(reader))
    return found


def _subject(finding: Value) -> str:
    """A finding about a quantity names the state key that it is of."""
    return str(finding["subject"]).removeprefix("unit/")


def overdue(reader: Reader, on: str) -> Iterator[Obligation]:
    """Obligations that were not met by their day, mended since or not; computed from the state alone."""
    shared = _Loaded(load_states(reader, base_keys()))
    shared.values |= load_states(reader, further_base_keys(shared))
    view = View.of(shared)
    for prefix in ("unit/", "act/", "party/"):
        for key, value in iter_states(reader, prefix):
            if has_obligations(key):
                loaded = _Loaded(dict(shared.values))
                loaded.values |= load_states(reader, keys_of(key, value, loaded))
                loaded.values |= load_states(reader, keys_of(key, value, loaded))
                dues = obligations_of(key, value, view.over(loaded))
                yield from (due for due in dues if due.effect != "off" and due.standing(on) in _OVERDUE)


@dataclass(slots=True)
class _Loaded:
    """State values that were loaded."""

    values: dict[str, Value | None]

    def get(self, key: str, /) -> Value | None:
        return self.values.get(key)


def iter_events(reader: Reader) -> Iterator[Event]:
    """The events of the log that had an effect, in order."""
    for entry in iter_entries(reader, 0, read_head(reader).size):
        if not entry.void:
            yield parse_event(entry.body)


def _forked(reader: Reader) -> Iterator[str]:
    """The units of which one party told two stories."""
    seconds = [event.payload.second for event in iter_events(reader) if isinstance(event.payload, ConflictRecorded)]
    for entry in find_entries(reader, seconds).values():
        event = parse_event(entry.body)
        if not isinstance(event.payload, EventCorrected):
            yield event.payload.main_subject()
