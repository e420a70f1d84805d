"""Kinds by which authorities act on what the law makes theirs, and parties answer them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.authorisation import Act
from ledger.domain.party import Jurisdiction
from ledger.domain.payload import (
    AUTHORITY_ROLES,
    Disclosure,
    KeyRole,
    Payload,
    Power,
    Signer,
    Subject,
    act_key,
    party_key,
    site_key,
    unit_key,
)
from ledger.domain.values import (
    ActId,
    Code,
    Count,
    Day,
    Digest,
    EventIdText,
    PartyId,
    SiteId,
    UnitIdText,
)


class RegimeEnacted(Payload):
    """A dated set of legal rules; ``tables`` is the digest of its published tables."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "enact"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["regime.enacted"]
    regime: Code
    jurisdiction: Jurisdiction
    from_on: Day
    late_window_s: Annotated[int, Field(ge=0, le=366 * 86400)] = 72 * 3600
    tables: Digest | None = None

    def reads(self) -> list[str]:
        return [f"regime/{self.jurisdiction.code}"]


class CalendarPublished(Payload):
    """The non-working days of a year, as published by the authority (LFPA 28)."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "enact"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["calendar.published"]
    calendar: Code
    year: Annotated[int, Field(ge=2000, le=2099)]
    closed_on: Annotated[list[Day], Field(max_length=366)]

    def reads(self) -> list[str]:
        return [f"calendar/{self.calendar}/{self.year}"]


class PlanRegistered(Payload):
    """A management plan (LGPGIR 27–31) is registered for its operator."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["plan.registered"]
    plan: ActId
    operated_by: PartyId
    number: Code
    from_on: Day

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.plan), None, "/plan")]

    def reads(self) -> list[str]:
        return [party_key(self.operated_by)]


class PlanJoined(Payload):
    """A party adheres to a registered management plan."""

    disclosure: ClassVar[Disclosure] = "public"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["plan.joined"]
    plan: ActId

    def abouts(self) -> list[str]:
        return [act_key(self.plan)]

    def reads(self) -> list[str]:
        return [f"adherence/{self.plan}/{self.party}"]


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

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.order), None, "/order")]

    def abouts(self) -> list[str]:
        return [unit_key(unit) for unit in self.units]

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


class InspectionRecorded(Payload):
    """An authority inspected a site: the order behind the visit, the acta's digest, the count it made."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["inspection.recorded"]
    inspection: ActId
    inspected: SiteId
    order_number: Code
    acta: Digest
    counted: Count
    missing: Count = 0
    unexpected: Count = 0

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.inspection), None, "/inspection")]

    def reads(self) -> list[str]:
        return [site_key(self.inspected)]

    def main_subject(self) -> str:
        return self.inspection


class CaseOpened(Payload):
    """An authority groups findings about a party into a case and asks for an answer."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["case.opened"]
    case: ActId
    against: PartyId
    subject: Code
    answer_by: Day | None = None
    findings: Annotated[list[EventIdText], Field(max_length=256)] = []

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), None, "/case")]

    def reads(self) -> list[str]:
        return [party_key(self.against)]

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
    """The authority closes a case with its outcome."""

    disclosure: ClassVar[Disclosure] = "authority"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "inspect"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["case.closed"]
    case: ActId
    prev: EventIdText
    outcome: Literal["cured", "sanctioned", "dismissed"]

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.case), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.case


class FilingSubmitted(Payload):
    """A party files something with an authority: extension, notice, incident report, yearly report, closure."""

    disclosure: ClassVar[Disclosure] = "authority"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["filing.submitted"]
    filing: ActId
    subject: Literal["storage_extension", "incident", "loss", "closure", "annual_report", "export_notice", "other"]
    to: PartyId
    digest: Digest
    units: Annotated[list[UnitIdText], Field(max_length=256)] = []

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.filing), None, "/filing")]

    def reads(self) -> list[str]:
        return [party_key(self.to)]

    def abouts(self) -> list[str]:
        return [unit_key(unit) for unit in self.units]

    def main_subject(self) -> str:
        return self.filing


class FilingAnswered(Payload):
    """The authority answers a filing."""

    disclosure: ClassVar[Disclosure] = "authority"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["filing.answered"]
    filing: ActId
    prev: EventIdText
    outcome: Literal["granted", "refused", "received"]
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.filing), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.filing
