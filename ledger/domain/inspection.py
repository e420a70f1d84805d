"""Kinds by which authorities inspect, order and try, and parties answer them (LGEEPA 161–170)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.authorisation import Act
from ledger.domain.payload import (
    AUTHORITY_ROLES,
    Disclosure,
    KeyRole,
    Payload,
    Power,
    Signer,
    Subject,
    act_key,
    finding_key,
    party_key,
    site_key,
    unit_key,
)
from ledger.domain.values import ActId, Code, Commitment, Count, Day, Digest, EventIdText, PartyId, SiteId, UnitIdText

FINDINGS_MAX = 128
FindingName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}/[0-9]{1,3}$", max_length=68)]
"""The statement that opened a finding, and which of its findings it is, from 0."""
OverdueName = Annotated[str, StringConstraints(pattern=r"^R[0-9]{2}/[!-~]{1,260}$", max_length=264)]
"""A deadline that passed, by the name that every replay of the log gives it: no statement opened it."""


def parse_finding_name(name: str) -> tuple[str, int]:
    """Event id and number of a finding; ``finding_key`` of them is its state key."""
    event_id, _, number = name.partition("/")
    return event_id, int(number)


class InspectionOrdered(Payload):
    """The written order behind a visit: which site, between which days, and what to look at (LGEEPA 162)."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["inspection.ordered"]
    inspection: ActId
    inspected: SiteId
    order_number: Code
    act: Act
    purpose: Code
    from_on: Day
    to_on: Day

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> InspectionOrdered:
        if self.to_on < self.from_on:
            raise ValueError("to_on: before from_on")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.inspection), None, "/inspection")]

    def reads(self) -> list[str]:
        return [site_key(self.inspected)]

    def main_subject(self) -> str:
        return self.inspection


class InspectionRecorded(Payload):
    """An authority inspected a site: the acta's digest, its witnesses, and what was counted (LGEEPA 163, 164).

    ``prev`` is the order's event; null where the order is on paper alone. The witnesses' names are commitments.
    """

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["inspection.recorded"]
    inspection: ActId
    prev: EventIdText | None = None
    inspected: SiteId
    order_number: Code
    acta: Digest
    witnesses: Annotated[list[Commitment], Field(max_length=2)] = []
    counts: Annotated[list[ActId], Field(max_length=64)] = []
    expected: Count | None = None
    counted: Count
    missing: Count = 0
    unexpected: Count = 0

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.inspection), self.prev, "/inspection" if self.prev is None else "/prev")]

    def reads(self) -> list[str]:
        return [site_key(self.inspected), *(act_key(count) for count in self.counts)]

    def main_subject(self) -> str:
        return self.inspection


class InspectionObserved(Payload):
    """The inspected party's observations on the acta, within five business days of it (LGEEPA 164)."""

    disclosure: ClassVar[Disclosure] = "authority"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["inspection.observed"]
    inspection: ActId
    prev: EventIdText
    observations: Digest

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.inspection), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.inspection


class InspectionClosed(Payload):
    """The authority ends an inspection: nothing was found, or a case goes on with it."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["inspection.closed"]
    inspection: ActId
    prev: EventIdText
    outcome: Literal["nothing_found", "case_opened", "not_carried_out"]
    case: ActId | None = None
    act: Act | None = None

    @model_validator(mode="after")
    def _names_its_case(self) -> InspectionClosed:
        if (self.case is not None) is not (self.outcome == "case_opened"):
            raise ValueError("case: the case that goes on with it, and only then")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.inspection), self.prev, "/prev")]

    def reads(self) -> list[str]:
        return [act_key(self.case)] if self.case else []

    def main_subject(self) -> str:
        return self.inspection


class OrderIssued(Payload):
    """An authority orders something about units: a quarantine blocks their movement until the order is lifted."""

    disclosure: ClassVar[Disclosure] = "parties"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "order"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["order.issued"]
    order: ActId
    effect: Literal["quarantine", "seizure", "isolate", "inform"]
    units: Annotated[list[UnitIdText], Field(min_length=1, max_length=256)]
    act: Act
    inspection: ActId | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.order), None, "/order")]

    def abouts(self) -> list[str]:
        return [unit_key(unit) for unit in self.units]

    def reads(self) -> list[str]:
        return [act_key(self.inspection)] if self.inspection else []

    def main_subject(self) -> str:
        return self.order


class OrderLifted(Payload):
    """An order ends for the units named."""

    disclosure: ClassVar[Disclosure] = "parties"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "order"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["order.lifted"]
    order: ActId
    prev: EventIdText
    units: Annotated[list[UnitIdText], Field(min_length=1, max_length=256)]

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.order), self.prev, "/prev")]

    def abouts(self) -> list[str]:
        return [unit_key(unit) for unit in self.units]

    def main_subject(self) -> str:
        return self.order


class CaseOpened(Payload):
    """An authority groups findings about a party into a case and asks for an answer (LGEEPA 167).

    ``findings`` are those that statements opened; ``overdue`` names deadlines that passed, which end when they are met.
    """

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["case.opened"]
    case: ActId
    against: PartyId
    subject: Code
    answer_by: Day | None = None
    findings: Annotated[list[FindingName], Field(max_length=FINDINGS_MAX)] = []
    overdue: Annotated[list[OverdueName], Field(max_length=FINDINGS_MAX)] = []
    inspection: ActId | None = None
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), None, "/case")]

    def reads(self) -> list[str]:
        named = [finding_key(*parse_finding_name(name)) for name in self.findings]
        return [party_key(self.against), *named, *([act_key(self.inspection)] if self.inspection else [])]

    def main_subject(self) -> str:
        return self.case


class CaseRequested(Payload):
    """The authority asks the party of an open case to correct something, or to say more, by a day."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["case.requested"]
    case: ActId
    prev: EventIdText
    asks: Literal["correction", "information"]
    request: Digest
    answer_by: Day

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.case


class CaseAnswered(Payload):
    """The party concerned answers a case; the answer's text stays in the blob store."""

    disclosure: ClassVar[Disclosure] = "authority"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["case.answered"]
    case: ActId
    prev: EventIdText
    answer: Digest

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.case


class CaseClosed(Payload):
    """The authority closes a case; cured or dismissed, its findings are settled."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["case.closed"]
    case: ActId
    prev: EventIdText
    outcome: Literal["cured", "sanctioned", "dismissed"]
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.case
