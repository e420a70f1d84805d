"""Kinds that mend what was stated: never by removal, always by a new statement."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.life import tags_key
from ledger.domain.payload import KeyRole, Payload, Subject, event_key, unit_subjects
from ledger.domain.values import UNITS_MAX, Count, EventIdText, Part, UnitLink

_PARTY: frozenset[KeyRole] = frozenset({"admin", "custody", "transport", "authority"})


class EventCorrected(Payload):
    """The author mends one quantity of its own statement, by a delta on what it set.

    Where another party signed the same fact, or holds the unit by now, it takes effect when that party agrees.
    """

    roles: ClassVar[frozenset[KeyRole]] = _PARTY
    kind: Literal["event.corrected"]
    event: EventIdText
    pointer: Annotated[str, Field(pattern=r"^(/[a-z0-9_]+)+$", max_length=80)]
    was: Count
    now: Count
    reason: Literal["typing_error", "weighed_again", "wrong_unit_of_measure", "other"]

    def reads(self) -> list[str]:
        return [event_key(self.event)]


class HeadLink(Part):
    """A subject of the annulled statement, by its state key."""

    key: Annotated[str, Field(pattern=r"^(unit|act)/[!-~]{1,256}$", max_length=261)]


class EventAnnulled(Payload):
    """The author withdraws a statement that is still the newest of all its subjects; their state goes back."""

    roles: ClassVar[frozenset[KeyRole]] = _PARTY
    kind: Literal["event.annulled"]
    event: EventIdText
    subjects: Annotated[list[HeadLink], Field(min_length=1, max_length=UNITS_MAX + 1)]
    reason: Literal["typing_error", "did_not_happen", "wrong_unit", "duplicate", "other"]

    def links(self) -> list[Subject]:
        return [Subject(s.key, self.event, f"/subjects/{n}") for n, s in enumerate(self.subjects)]

    def reads(self) -> list[str]:
        return [event_key(self.event), tags_key(self.party)]


class EventAgreed(Payload):
    """The counterparty or holder agrees to a correction, or to units that a consignee claims as extra (with links)."""

    roles: ClassVar[frozenset[KeyRole]] = _PARTY
    kind: Literal["event.agreed"]
    event: EventIdText
    units: Annotated[list[UnitLink], Field(max_length=UNITS_MAX)] = []

    def links(self) -> list[Subject]:
        return unit_subjects(self.units)

    def reads(self) -> list[str]:
        return [event_key(self.event)]


class EventDisputed(Payload):
    """A party that the statement names, or its successor, disagrees; the statement stands, and a finding opens."""

    roles: ClassVar[frozenset[KeyRole]] = _PARTY
    kind: Literal["event.disputed"]
    event: EventIdText
    reason: Literal["mass", "identity", "condition", "did_not_happen", "other"]

    def reads(self) -> list[str]:
        return [event_key(self.event)]
