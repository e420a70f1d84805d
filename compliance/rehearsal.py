"""A ledger replayed under another regime: what would have been classed, refused, found and due otherwise, and for whom.

Facts stay as they happened; only the law differs. Each entry is folded twice, by the law that it was recorded under and
by a law that has the rehearsed regime as its newest. What the latter refuses is counted and has happened all the same,
so that one refusal does not refuse what came after it. Nothing is written, and no signature is verified: that is the
auditor's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Literal, Protocol, cast

from compliance.findings import effect_of
from compliance.law import law_on
from compliance.obligation import Obligation
from compliance.obligations.dispatch import has_obligations, obligations_of
from compliance.obligations.storage import holder_on, is_authority
from compliance.obligations.view import View
from compliance.requirements.catalogue.rows import find_requirement
from ledger import cbor
from ledger.domain.payload import unit_key
from ledger.domain.regime import RegimeTables, regime_key, tables_key
from ledger.domain.values import format_instant
from ledger.errors import Refusal
from ledger.event import Event, parse_event
from ledger.fold.fold import Rules, RulesOf, fold_entry, version_for
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL, class_if_waste, tables_on
from ledger.fold.state import State, Value

Aspect = Literal["class", "refusal", "finding", "obligation"]
"""``class``: what waste there was is of another class; ``refusal``: a statement would have been turned away;
``finding``: a statement would have opened one, or none; ``obligation``: something would be due otherwise, or not."""

REHEARSED: Final = "rehearsed"
"""What stands in the timeline where an enacted regime has its event."""
_NONE: Final = "none"
_FINDING: Final = "finding/"
_ONE_DAY: Final = timedelta(days=1)


class Values(State, Protocol):
    """State values by key, as one replay folds them; ``ledger.audit.state.SpillingState`` is one."""

    def update(self, changes: dict[str, Value], /) -> None:
        """Set these values."""
        ...

    def items(self, after: str = "", until: str | None = None) -> Iterator[tuple[str, bytes]]:
        """Keys beyond ``after`` up to ``until``, in byte order, with their values in CBOR."""
        ...


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The regime that is tried: federal, from its first day on, newer than all that the log enacts."""

    regime: str
    from_on: str
    tables: RegimeTables
    late_window_s: int

    def line(self) -> Value:
        """Its line in the timeline of the federation's regimes."""
        return {
            "from_on": self.from_on,
            "regime": self.regime,
            "late_window_s": self.late_window_s,
            "event": REHEARSED,
            "tables": True,
        }


@dataclass(frozen=True, slots=True)
class Difference:
    """What comes out otherwise, the same for each of those counted; ``before`` is by the law as the log has it.

    Attributes:
        aspect: of what kind it is.
        what: kind of unit; code of the refusal or finding; id of the requirement that is due.
        before, after: class; ``recorded`` or ``refused``; the effect of a finding; the standing of an obligation; or
            ``none``.
        article: by which it is so after; of what is gone, by which it was so before; of a class, the regime.
        party: whom it concerns: holder, signer, or who answers.
    """

    aspect: Aspect
    what: str
    before: str
    after: str
    article: str
    party: str


@dataclass(slots=True)
class Count:
    """How many there are, what they weigh in all, and the first of them: a unit, an event, a subject."""

    count: int = 0
    mass_g: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rehearsal has shown.

    Attributes:
        regime, from_on: what was tried.
        as_of: the day on which waste is classed and deadlines stand.
        entries: how many were replayed.
        judged: how many of them happened since ``from_on``.
        differences: what comes out otherwise.
    """

    regime: str
    from_on: str
    as_of: str
    entries: int
    judged: int
    differences: dict[Difference, Count]


@dataclass(slots=True)
class _Otherwise:
    """The state under the rehearsed regime: that of the log, but for what differs (None: it is not there)."""

    log: Values
    line: Value
    tables: Value
    differing: dict[str, Value | None] = field(default_factory=dict)

    def get(self, key: str, /) -> Value | None:
        if key in self.differing:
            return self.differing[key]
        if key == tables_key(REHEARSED):
            return self.tables
        value = self.log.get(key)
        if key != regime_key(FEDERAL):
            return value
        return {"timeline": [*(value or {"timeline": []})["timeline"], self.line]}


@dataclass(slots=True)
class _Seen:
    """A state that answers what a signer had seen of the log as the signer says: it was recorded, so it is true."""

    state: State
    event: Event

    def get(self, key: str, /) -> Value | None:
        seen = self.event.payload.seen
        if seen is not None and key == f"log/{seen.size}":
            return {"root": seen.root, "tick": 0}
        return self.state.get(key)


class Rehearsal:
    """One replay: ``take`` every entry from genesis on, then ask for the ``outcome``."""

    def __init__(self, rehearsed: Rehearsed, rules_of: RulesOf, values: Values) -> None:
        """Begin before entry 0; ``values`` is empty and keeps the state of the log."""
        self._rehearsed = rehearsed
        self._rules_of = rules_of
        self._values = values
        self._otherwise = _Otherwise(values, rehearsed.line(), rehearsed.tables.model_dump())
        # a day's margin: the legal day is told by a site's own time zone
        self._from = (date.fromisoformat(rehearsed.from_on) - _ONE_DAY).isoformat()
        self._differences: dict[Difference, Count] = {}
        self._entries = 0
        self._judged = 0

    def take(self, raw: bytes) -> None:
        """Judge the next entry by both laws.

        Raises:
            RulesUnknown: it is to be judged by rules that this program does not have.
            Refusal, Corruption: it must not be in the log at all; an audit says more.
        """
        event = parse_event(raw)
        rules = self._rules_of(version_for(self._values, event))
        changes, _ = fold_entry(_Seen(self._values, event), event, self._entries, rules)
        self._compare(event, rules, changes)
        self._values.update(changes)
        self._entries += 1

    def _compare(self, event: Event, rules: Rules, changes: dict[str, Value]) -> None:
        since = format_instant(event.payload.occurred_at)[:10] >= self._from
        self._judged += since
        # before the first day no law differs, and nothing does that could
        if not self._entries or not (since or self._otherwise.differing):
            return
        try:
            others, _ = fold_entry(_Seen(self._otherwise, event), event, self._entries, rules)
        except Refusal as refusal:
            self._count_refusal(event, refusal)
            others = self._as_it_happened(event, rules, changes)
        else:
            self._count_findings(event, changes, others)
        self._keep(changes, others)

    def _as_it_happened(self, event: Event, rules: Rules, changes: dict[str, Value]) -> dict[str, Value]:
        """The changes of an entry that the rehearsed law refuses: the fold's own without its checks, if it has any."""
        try:
            plain, _ = fold_entry(_Seen(self._otherwise, event), event, self._entries, Rules(rules.version))
        except Refusal:
            return changes
        return {**changes, **{key: value for key, value in plain.items() if not key.startswith(_FINDING)}}

    def _keep(self, changes: dict[str, Value], others: dict[str, Value]) -> None:
        """Remember of the rehearsed state what differs from that of the log."""
        differing = self._otherwise.differing
        for key in {**changes, **others}:
            if key == regime_key(FEDERAL):
                continue
            value = changes[key] if key in changes else self._values.get(key)
            other = others[key] if key in others else self._otherwise.get(key)
            if value == other:
                differing.pop(key, None)
            else:
                differing[key] = other

    def _count_refusal(self, event: Event, refusal: Refusal) -> None:
        article = str(refusal.facts.get("article", ""))
        found = Difference("refusal", refusal.code, "recorded", "refused", article, event.party)
        self._count(found, event.id)

    def _count_findings(self, event: Event, changes: dict[str, Value], others: dict[str, Value]) -> None:
        before, after = _findings(event, changes), _findings(event, others)
        for name in dict.fromkeys([*before, *after]):
            effect, article = self._weigh(self._values, before.get(name))
            other_effect, other_article = self._weigh(self._otherwise, after.get(name))
            if (effect, article) != (other_effect, other_article):
                code, party, _ = name
                found = Difference("finding", code, effect, other_effect, other_article or article, party)
                self._count(found, event.id)

    def _weigh(self, state: State, finding: Value | None) -> tuple[str, str]:
        """The effect and the article of a finding by the law of its day; ``none`` if it is not there or not shown."""
        requirement = find_requirement(finding["requirement"]) if finding is not None else None
        if finding is None or requirement is None:
            return _NONE, ""
        effect = effect_of(requirement, law_on(state, legal_day(finding["since"], None)))
        article = str(finding.get("facts", {}).get("article", requirement.article))
        return (effect, article) if effect != "off" else (_NONE, "")

    def _count(self, found: Difference, first: str, mass_g: int = 0) -> None:
        count = self._differences.setdefault(found, Count(first=first))
        count.count += 1
        count.mass_g += mass_g

    def outcome(self, as_of: str | None = None) -> Outcome:
        """What came out otherwise, once every entry was taken.

        ``as_of`` is the day on which waste is classed and deadlines stand: by default that of the newest entry, or the
        regime's first day if that is later.
        """
        time = self._values.get("time")
        newest = legal_day(int(time["tick"]), None) if time is not None else self._rehearsed.from_on
        on = as_of or max(newest, self._rehearsed.from_on)
        self._count_classes(on)
        self._count_obligations(on)
        return Outcome(
            self._rehearsed.regime, self._rehearsed.from_on, on, self._entries, self._judged, self._differences
        )

    def _count_classes(self, on: str) -> None:
        view = View.of(self._values)
        for key, value in self._pairs(unit_key("")):
            if "generated" not in value:
                continue
            other = self._otherwise.get(key) or value
            day = on if value["stage"] == "waste" else legal_day(value["head_at"], None)
            before, after = _class_on(value, self._values, day), _class_on(other, self._otherwise, day)
            if before != after:
                party = str(value.get("holder") or value["generated"]["by"])
                if is_authority(party, self._values):
                    party = holder_on(value, day, view)
                found = Difference("class", value["kind"], before, after, self._rehearsed.regime, party)
                self._count(found, key.partition("/")[2], int(value["mass_g"]))

    def _count_obligations(self, on: str) -> None:
        views = View.of(self._values), View.of(self._otherwise)
        for key, value in self._pairs():
            if not has_obligations(key):
                continue
            before = _by_part(obligations_of(key, value, views[0]))
            after = _by_part(obligations_of(key, self._otherwise.get(key) or value, views[1]))
            for name in dict.fromkeys([*before, *after]):
                self._count_obligation(before.get(name), after.get(name), on)

    def _count_obligation(self, before: Obligation | None, after: Obligation | None, on: str) -> None:
        one = after or before
        told, otherwise = _standing(before, on), _standing(after, on)
        if one is None or told == otherwise:
            return
        after_words = otherwise.words + _shift(told, otherwise)
        found = Difference("obligation", one.requirement, told.words, after_words, one.article, one.party)
        self._count(found, one.subject)

    def _pairs(self, prefix: str = "") -> Iterator[tuple[str, Value]]:
        until = f"{prefix[:-1]}{chr(ord(prefix[-1]) + 1)}" if prefix else None
        for key, data in self._values.items(prefix, until):
            yield key, cast(Value, cbor.decode_unproved(data))


def _findings(event: Event, changes: dict[str, Value]) -> dict[tuple[str, str, str], Value]:
    """What the event opened; a finding of an earlier one that it settles is not among them."""
    found = (value for key, value in changes.items() if key.startswith(_FINDING) and value["event"] == event.id)
    return {(value["requirement"], value["party"], value["subject"]): value for value in found}


def _class_on(unit: Value, state: State, day: str) -> str:
    return class_if_waste(unit, tables_on(state, FEDERAL, day))


def _by_part(obligations: list[Obligation]) -> dict[tuple[str, str, str], Obligation]:
    return {(one.requirement, one.subject, one.part): one for one in obligations}


@dataclass(frozen=True, slots=True)
class _Standing:
    """How an obligation stands on a day, in words, and its last day; ``none`` while it has not begun."""

    words: str
    due_on: str = ""


def _standing(obligation: Obligation | None, on: str) -> _Standing:
    if obligation is None or obligation.since_on > on or obligation.effect == "off":
        return _Standing(_NONE)
    return _Standing(f"{obligation.standing(on)} {obligation.effect}", obligation.due_on)


def _shift(before: _Standing, after: _Standing) -> str:
    """Which of the two is due later. The days themselves would make each obligation a case of its own."""
    if not before.due_on or not after.due_on or before.due_on == after.due_on:
        return ""
    return ", later" if after.due_on > before.due_on else ", sooner"


def summarise(outcome: Outcome, key: Callable[[Difference], Any]) -> dict[Any, Count]:
    """The counts put together by ``key`` of each difference, in the order of the keys."""
    totals: dict[Any, Count] = {}
    for found, count in outcome.differences.items():
        total = totals.setdefault(key(found), Count(first=count.first))
        total.count += count.count
        total.mass_g += count.mass_g
    return dict(sorted(totals.items()))
