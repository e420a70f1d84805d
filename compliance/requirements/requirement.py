"""What one requirement of the law says: a row of the table that a lawyer reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compliance.reason import Confidence, Words, is_in_force
from ledger.domain.regime import Effect

Applies = Literal["RP", "RME", "ANY", "DG", "POLICY", "BENCHMARK"]
"""To hazardous waste; to special-handling waste; to any waste; to dangerous goods whatever their class; by policy,
without a threshold in Mexican law; as a comparison with a foreign one."""
Accountable = Literal[
    "generator",
    "holder",
    "carrier",
    "consignee",
    "provider",
    "exporter",
    "importer",
    "producer",
    "authority",
    "signer",
    "system",
]
How = Literal["refusal", "event", "obligation", "report"]
"""``refusal``: a statement that breaks it is turned away, where its effect is ``block``; ``event``: a statement opens a
finding; ``obligation``: something is due, and a finding stands from the day after; ``report``: a page shows it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement.

    Attributes:
        id: ``R01`` …; permanent.
        statement: what is asked, for people.
        article: where that is written. Of a requirement that is not of hazardous waste alone it is none of the federal
            ones of hazardous waste, which special-handling waste is never shown: these are in ``article_rp``.
        confidence: how well that was read. Only what was ``read`` may block.
        applies: to what.
        accountable: who answers.
        effect: what comes of breaking it, where no regime says otherwise; of a policy at most a warning.
        how: in which ways it is found.
        findings: codes of the findings that it opens, in state and in obligations.
        cure: what mends it.
        note: what is uncertain about it, for the lawyer.
        article_rp: the articles that hazardous waste is shown in its place.
        from_on, to_on: the days in force, both inclusive.
    """

    id: str
    statement: Words
    article: str
    confidence: Confidence
    applies: Applies
    accountable: Accountable
    effect: Effect
    how: tuple[How, ...]
    findings: tuple[str, ...]
    cure: Words
    note: Words | None = None
    article_rp: str | None = None
    from_on: str = "2006-12-30"
    to_on: str | None = None

    def article_of(self, waste_class: str | None) -> str:
        """What is cited where waste of this class breaks it."""
        return self.article_rp if waste_class == "RP" and self.article_rp else self.article

    def is_in_force(self, on: str) -> bool:
        """Whether anybody has to meet it on the day."""
        return is_in_force(on, self.from_on, self.to_on)
