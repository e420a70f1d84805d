"""State values, and the draft in which one event's changes are prepared.

Every value is a map that CBOR can hold; a value's nested lists and maps are replaced, never changed in place, so a
refused event leaves no trace. A value that statements extend carries ``head`` (event id of its newest event),
``head_at`` (when that event occurred) and ``trail`` (the newest events, oldest first, each as a step: its
id, a space, its signer).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from ledger.domain.payload import finding_key
from ledger.errors import SubjectUnknown
from ledger.event import Event

Value = dict[str, Any]
TRAIL_MAX = 16
"""How many events back a second statement on the same ``prev`` counts as a conflict and not only as stale."""


def format_step(event_id: str, party: str) -> str:
    """One step of a trail; a text and not a pair, since trails are spelled and read with every event."""
    return f"{event_id} {party}"


def parse_step(step: str) -> tuple[str, str]:
    """Event id and signer of a step; inverse of ``format_step``."""
    event_id, _, party = step.partition(" ")
    return event_id, party


class State(Protocol):
    """What the fold reads. It must hold every key of ``touches`` and ``follows``."""

    def get(self, key: str, /) -> Value | None:
        """The value under ``key``, or None; not to be changed."""
        ...


@dataclass(slots=True)
class Draft:
    """One event's view of the state, and the changes it is preparing.

    ``concerned`` are the counterparties, whose agreement a correction takes; ``named`` all parties that it names,
    of which each may dispute it; ``pending`` a correction that waits for agreement.
    """

    state: State
    event: Event
    index: int
    changes: dict[str, Value] = field(default_factory=dict)
    concerned: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    pending: Value | None = None
    findings: int = 0

    def find(self, key: str) -> Value | None:
        """The value under ``key`` as this event leaves it so far; not to be changed."""
        return self.changes[key] if key in self.changes else self.state.get(key)

    def get(self, key: str, pointer: str | None = None) -> Value:
        """Like ``find``, for a value that must be there.

        Raises:
            SubjectUnknown: it is not.
        """
        value = self.find(key)
        if value is None:
            raise SubjectUnknown(f"{key} is not in the ledger", field=pointer, subject=key)
        return value

    def edit(self, key: str, pointer: str | None = None) -> Value:
        """A copy of the value under ``key`` that becomes part of the changes.

        Raises:
            SubjectUnknown: there is no such value.
        """
        if key not in self.changes:
            self.changes[key] = dict(self.get(key, pointer))
        return self.changes[key]

    def put(self, key: str, value: Value) -> None:
        """Set the value under ``key``."""
        self.changes[key] = value

    def now(self) -> int:
        """The minute in which this entry is recorded: the last tick's time."""
        value = self.state.get("time")
        return int(value["tick"]) if value else self.event.payload.occurred_at

    def open_finding(self, requirement: str, *, party: str, subject: str, **facts: Any) -> None:
        """Note a requirement not met, by whom and about what; it never blocks."""
        self.put(
            finding_key(self.event.id, self.findings),
            {
                "requirement": requirement,
                "party": party,
                "subject": subject,
                "event": self.event.id,
                "since": self.event.payload.occurred_at,
                **({"facts": facts} if facts else {}),
            },
        )
        self.findings += 1
