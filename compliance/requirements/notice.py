"""What a party is told of a finding before it signs what would open it: what is asked, where, and what cures it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compliance.law import law_on
from compliance.reason import Words
from compliance.requirements.catalogue.rows import REQUIREMENTS, find_requirement
from compliance.requirements.requirement import Requirement
from ledger.domain.regime import Effect
from ledger.errors import RequirementNotMet
from ledger.fold.legal_day import legal_day
from ledger.fold.state import State, Value


@dataclass(frozen=True, slots=True)
class Notice:
    """One finding that a statement would open, or the requirement by which it would be refused (effect ``block``)."""

    requirement: str
    finding: str
    party: str | None
    subject: str
    effect: Effect
    article: str
    statement: Words
    cure: Words


def notices_of(findings: Iterable[Value], state: State, reader: str) -> Iterator[Notice]:
    """What the findings (their state values) say, by the law of their day; none that the law has off.

    ``state`` has the law's keys (``law_keys``). What is private is told to the party that it is about alone, and
    ``reader`` is who asks.
    """
    for finding in findings:
        row = find_requirement(finding["requirement"])
        if row is None:
            continue
        effect = law_on(state, legal_day(finding["since"], None)).effect(row)
        if effect == "off" or (effect == "private" and finding["party"] != reader):
            continue
        article = finding.get("facts", {}).get("article", row.article)
        # what is found has happened: it is not refused any more
        shown: Effect = "violation" if effect == "block" else effect
        yield _notice(row, finding["requirement"], finding["party"], finding["subject"], shown, article)


def notice_of_refusal(refusal: RequirementNotMet) -> Notice:
    """What the requirement says by which a statement is refused."""
    facts = refusal.facts
    row = REQUIREMENTS[str(facts["requirement"])]
    return _notice(row, str(facts["finding"]), None, str(facts["subject"]), "block", str(facts["article"]))


def _notice(row: Requirement, finding: str, party: str | None, subject: str, effect: Effect, article: str) -> Notice:
    return Notice(row.id, finding, party, subject, effect, article, row.statement, row.cure)
