"""What is found of every party as of a day, and who is shown it: from state values alone. Pure.

Two things make findings. A statement opens one, which stands from the day on which that happened until it is settled.
An obligation that is not met makes one by itself: from the day after its last one, until it is met; no statement opens
it, and nobody has to run anything at midnight.

What a finding weighs is what the law of the day since which it stands says of its requirement, or of an obligation that
of the day on which it fell due: a reform makes nothing a violation that was lawful before its first day. A past day is
told by what is known now: what was corrected or recorded later counts, and so does a regime that was enacted for days
gone by, which its public statement shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, Literal, Protocol

from certification.states import find_by_inegi
from compliance.finding import Finding
from compliance.law import Law
from compliance.obligation import Obligation
from compliance.obligations.dispatch import keys_of, obligations_of
from compliance.obligations.view import View, base_keys, further_base_keys
from compliance.requirements.catalogue.rows import REQUIREMENTS, find_requirement
from compliance.requirements.requirement import Requirement
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.domain.regime import Effect
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Value

Load = Callable[[Iterable[str]], Mapping[str, Value | None]]
"""State values by key; None where there is none."""
FINDINGS: Final = "finding/"
OBLIGED: Final = (act_key(""), party_key(""), unit_key(""))
"""Prefixes of the state keys that obligations are made from, in the order of their bytes."""
_CHUNK_KEYS: Final = 500

Shown = Literal["violation", "warning", "notice", "private"]
"""How bad a finding is: what blocks is a violation if it has happened all the same, and what is off is no finding."""

OPEN: Final[frozenset[Shown]] = frozenset({"violation", "warning", "notice"})
"""What authorities are shown."""
OWN: Final[frozenset[Shown]] = OPEN | {"private"}
"""What a party is shown of itself."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one who asks is shown.

    Attributes:
        effects: findings that weigh this.
        party: of this party alone; None for any.
        within: the jurisdiction in which one of the party's sites lies (``MX-NLE``); None for anywhere.
        delay: the number of the law by which a finding is shown later than it stands; None for at once.
    """

    effects: frozenset[Shown]
    party: str | None = None
    within: str | None = None
    delay: Literal["party_sees_after_s", "authority_sees_after_s"] | None = None

    def delay_s(self, law: Law) -> int:
        """How long after what it is about a finding is shown, by the law of its day."""
        return 0 if self.delay is None else int(law.tables[self.delay])


AUDIT: Final = Sight(OWN)
"""Everything: for whoever has the whole ledger."""


def own_sight(party: str) -> Sight:
    """Of a party's own affairs."""
    return Sight(OWN, party=party, delay="party_sees_after_s")


def authority_sight(jurisdiction: str) -> Sight:
    """Of an authority that oversees: where its powers reach, and never what is private to a party."""
    return Sight(OPEN, within=None if jurisdiction == FEDERAL else jurisdiction, delay="authority_sees_after_s")


def format_place(place: Value) -> str:
    """A site's place, spelled as the jurisdiction of its municipality: ``MX-NLE-039``."""
    state = find_by_inegi(place["state"])
    return f"{state.iso if state is not None else FEDERAL}-{place['municipality']}"


def effect_of(requirement: Requirement, law: Law) -> Effect:
    """What a finding of the requirement weighs by this law; ``off`` for none."""
    return as_shown(law.effect(requirement))


def as_shown(effect: Effect) -> Effect:
    """What is found although it blocks has happened: a violation."""
    return "violation" if effect == "block" else effect


def stated_finding(name: str, value: Value, view: View) -> Finding | None:
    """The finding that a statement opened, of which ``value`` is the state value; None if the law of its day has none.

    Its days are those of Mexico City.
    """
    requirement = find_requirement(value["requirement"])
    since_on = legal_day(value["since"], None)
    effect = "off" if requirement is None else effect_of(requirement, view.law(since_on))
    if requirement is None or effect == "off":
        return None
    facts: dict[str, Any] = dict(value.get("facts", {}))
    article = facts.pop("article", requirement.article)
    settled_at = value.get("settled_at")
    return Finding(
        name=name,
        requirement=requirement.id,
        code=value["requirement"],
        party=value["party"],
        subject=value["subject"],
        since_on=since_on,
        effect=effect,
        article=article,
        events=(value["event"],),
        settled_on=None if settled_at is None else legal_day(settled_at, None),
        facts=facts,
    )


def overdue_finding(obligation: Obligation) -> Finding | None:
    """The finding that stands from the day after the obligation's last one; None if it was met, or has no weight."""
    effect = as_shown(obligation.effect)
    if effect == "off" or (obligation.closed_on is not None and obligation.closed_on <= obligation.due_on):
        return None
    return Finding(
        name=obligation.name,
        requirement=obligation.requirement,
        code=obligation.code,
        party=obligation.party,
        subject=obligation.subject,
        since_on=obligation.overdue_on,
        effect=effect,
        article=obligation.article,
        events=obligation.events,
        settled_on=obligation.closed_on,
        facts=obligation.facts,
    )


def stands_on(finding: Finding, on: str) -> bool:
    """Whether it stands at the end of the day."""
    return finding.since_on <= on and (finding.settled_on is None or finding.settled_on > on)


def findings_on(
    on: str, view: View, stated: Iterable[tuple[str, Value]], obligations: Iterable[Obligation]
) -> list[Finding]:
    """Every finding that stands at the end of the day, the newest first.

    Args:
        on: the day, which may be past or to come.
        view: the law of each day.
        stated: names and state values of the findings that statements opened.
        obligations: of everybody.
    """
    made = [stated_finding(name, value, view) for name, value in stated]
    made += map(overdue_finding, obligations)
    found = [finding for finding in made if finding is not None and stands_on(finding, on)]
    return sorted(found, key=lambda finding: (finding.since_on, finding.name), reverse=True)


def finding_members(finding: Finding) -> dict[str, Any]:
    """The finding for a program, with what its requirement says and what cures it in both languages."""
    return {
        "name": finding.name,
        "requirement": finding.requirement,
        "code": finding.code,
        "effect": finding.effect,
        "party": finding.party,
        "subject": finding.subject,
        "since_on": finding.since_on,
        "settled_on": finding.settled_on,
        "article": finding.article,
        **_words(finding.requirement),
        "events": [*finding.events],
        "facts": finding.facts,
    }


def obligation_members(obligation: Obligation, on: str) -> dict[str, Any]:
    """The obligation as it stands at the end of the day, for a program."""
    return {
        "name": obligation.name,
        "requirement": obligation.requirement,
        "code": obligation.code,
        "standing": obligation.standing(on),
        "effect": as_shown(obligation.effect),
        "party": obligation.party,
        "subject": obligation.subject,
        "since_on": obligation.since_on,
        "warn_on": obligation.warn_on,
        "strict_on": obligation.strict_on,
        "due_on": obligation.due_on,
        "closed_on": obligation.closed_on,
        "article": obligation.article,
        **_words(obligation.requirement),
        "events": [*obligation.events],
        "facts": obligation.facts,
    }


def _words(requirement: str) -> dict[str, dict[str, str]]:
    row = REQUIREMENTS[requirement]
    return {
        "statement": {"es": row.statement.es, "en": row.statement.en},
        "cure": {"es": row.cure.es, "en": row.cure.en},
    }


class Ledger(Protocol):
    """A whole state, wherever it is: in a database, or replayed."""

    def scan(self, prefix: str, /) -> Iterator[tuple[str, Value]]:
        """Keys that begin with the prefix, in the order of their bytes, and their values."""
        ...

    def load(self, keys: Iterable[str], /) -> Mapping[str, Value | None]:
        """The values under these keys; None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Obliged:
    """What one state key has to do with: its obligations, and the site in whose time zone their days run."""

    key: str
    obligations: list[Obligation]
    site: str | None


def view_of(load: Load) -> View:
    """The law and the calendar as the state has them."""
    shared = load(base_keys())
    return View.of({**shared, **load(further_base_keys({**shared}))})


def oblige(view: View, values: Mapping[str, Value], load: Load) -> Iterator[Obliged]:
    """The obligations, open and closed, that each of these state values makes with what it leads to."""
    state: dict[str, Value | None] = dict(values)
    led: dict[str, list[str]] = {}
    for _ in range(2):
        led = {key: keys_of(key, value, state) for key, value in values.items()}
        state |= load(key for key in chain.from_iterable(led.values()) if key not in state)
    over, sites = view.over(state), site_key("")
    for key, value in values.items():
        site = next((one.removeprefix(sites) for one in led[key] if one.startswith(sites)), None)
        yield Obliged(key, obligations_of(key, value, over), site)


def obligations_in(ledger: Ledger, view: View) -> Iterator[Obligation]:
    """Everybody's obligations, open and closed."""
    for prefix in OBLIGED:
        values = ledger.scan(prefix)
        while chunk := dict(islice(values, _CHUNK_KEYS)):
            for obliged in oblige(view, chunk, ledger.load):
                yield from obliged.obligations


def findings_in(ledger: Ledger, on: str) -> list[Finding]:
    """Every finding that stands at the end of the day, the newest first, from the state alone."""
    view = view_of(ledger.load)
    stated = ((key.removeprefix(FINDINGS), value) for key, value in ledger.scan(FINDINGS))
    return findings_on(on, view, stated, obligations_in(ledger, view))
