"""A rule: what one kind of statement may show of a requirement that was not met. Pure, and one for each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from certification.business_days import Calendar, calendar_of
from compliance.law import Law, law_on
from ledger.domain.payload import Payload, site_key
from ledger.event import Event
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Draft, State, Value


@dataclass(frozen=True, slots=True)
class Lapse:
    """One requirement not met, by one party, about one subject.

    Attributes:
        party: who answers.
        subject: the unit, consignment, batch, site … that it is about.
        facts: figures of it for people, by names of at least three characters.
        article: the article broken, where it is not the requirement's own: special-handling waste is never shown a
            federal article of hazardous waste.
        field: JSON pointer into the statement, for a refusal.
        happened: the statement tells what truly happened, which must be recordable: it never blocks.
    """

    party: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    article: str | None = None
    field: str | None = None
    happened: bool = False


@dataclass(frozen=True)
class Facts:
    """What a rule is told: the statement, the state before and after it, the legal day, and the law of that day."""

    draft: Draft

    @property
    def event(self) -> Event:
        """The statement."""
        return self.draft.event

    @property
    def payload(self) -> Payload:
        """What it says."""
        return self.draft.event.payload

    @property
    def before(self) -> State:
        """The state without the statement; it has the keys of the kind, and those that the rule declares."""
        return self.draft.state

    def after(self, key: str) -> Value | None:
        """The value under ``key`` as the statement leaves it."""
        return self.draft.find(key)

    @cached_property
    def site(self) -> Value | None:
        """State value of the site at which the statement was made; None if it names none."""
        return self.draft.find(site_key(self.payload.site)) if self.payload.site else None

    @cached_property
    def on(self) -> str:
        """The legal day on which it happened, at that site."""
        return legal_day(self.payload.occurred_at, self.site)

    @cached_property
    def law(self) -> Law:
        """The federal law of that day."""
        return law_on(self.before, self.on)

    def calendar(self, days: Iterable[str]) -> Calendar:
        """The federal calendar of the years from the first to the last day; the rule declares ``calendar_keys``."""
        return calendar_of(self.before, FEDERAL, days)


def _nothing(_: Event) -> Iterable[str]:
    return ()


def _nothing_more(_: State, __: Event) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        requirement: id of its row in the catalogue, whose ``findings`` has the code.
        code: the finding that it opens.
        kinds: the kinds of statement that may show it.
        apply: what is not met; changes nothing.
        touches: state keys that it reads besides those of the kind, as far as the statement itself tells.
        follows: those that it reaches through loaded values. The law of the day and the statement's site are there.
    """

    requirement: str
    code: str
    kinds: frozenset[type[Payload]]
    apply: Callable[[Facts], Iterable[Lapse]]
    touches: Callable[[Event], Iterable[str]] = _nothing
    follows: Callable[[State, Event], Iterable[str]] = _nothing_more
