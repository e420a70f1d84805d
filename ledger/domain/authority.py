"""Kinds by which parties, keys and permits come to be, and by which authorities act."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.payload import (
    Disclosure,
    KeyRole,
    Payload,
    Power,
    Signer,
    Subject,
    act_key,
    key_key,
    party_key,
    permits_key,
    site_key,
    unit_key,
)
from ledger.domain.values import (
    ActId,
    Activity,
    AuthorisationId,
    Chemistry,
    Code,
    Commitment,
    Condition,
    ConsignmentId,
    Count,
    Day,
    Digest,
    EventIdText,
    Instant,
    KeyBytes,
    Kid,
    MassG,
    Name,
    Part,
    PartyId,
    PersonId,
    SiteId,
    UnitIdText,
)

_AUTHORITY: frozenset[KeyRole] = frozenset({"authority", "root"})
_ADMIN: frozenset[KeyRole] = frozenset({"authority", "admin", "root"})


class Jurisdiction(Part):
    """Where an authority's powers reach: the federation (``MX``) or one state (ISO 3166-2, ``MX-NLE``)."""

    code: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]


class PartyRegistered(Payload):
    """A party comes to be. The root registers authorities and their powers; a registrar registers the others.

    A natural person's name and tax codes are personal data: ``name`` stays null and ``identity`` is a commitment
    (SHA-256 over a fresh 128-bit salt and the plain value kept beside the log).
    """

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    kind: Literal["party.registered"]
    registered: PartyId
    form: Literal["moral", "fisica", "authority", "foreign"]
    name: Name | None = None
    identity: Commitment | None = None
    powers: Annotated[list[Power], Field(max_length=6)] = []
    jurisdiction: Jurisdiction | None = None

    @model_validator(mode="after")
    def _personal_data_stays_outside(self) -> PartyRegistered:
        if (self.name is None) is not (self.form == "fisica"):
            raise ValueError("name: a natural person's name stays outside the log; every other party has one")
        if bool(self.powers) is not (self.form == "authority"):
            raise ValueError("powers: an authority has at least one, every other party none")
        return self

    def links(self) -> list[Subject]:
        return [Subject(party_key(self.registered), None, "/registered")]

    def main_subject(self) -> str:
        return self.registered


class PartyChanged(Payload):
    """A party's public name, identity commitment or (by the root) powers changed."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    kind: Literal["party.changed"]
    changed: PartyId
    prev: EventIdText
    name: Name | None = None
    identity: Commitment | None = None
    powers: Annotated[list[Power], Field(max_length=6)] | None = None

    def links(self) -> list[Subject]:
        return [Subject(party_key(self.changed), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.changed


class PartyClosed(Payload):
    """A party ended (closure, merger, death). A successor may take over its units by its own signature."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    kind: Literal["party.closed"]
    closed: PartyId
    prev: EventIdText
    reason: Literal["closure", "merger", "death", "bankruptcy"]
    successor: PartyId | None = None

    @model_validator(mode="after")
    def _is_succeeded_by_another(self) -> PartyClosed:
        if self.successor == self.closed:
            raise ValueError("successor: a party does not succeed itself")
        return self

    def links(self) -> list[Subject]:
        return [Subject(party_key(self.closed), self.prev, "/prev")]

    def reads(self) -> list[str]:
        return [party_key(self.successor)] if self.successor else []

    def main_subject(self) -> str:
        return self.closed


class Place(Part):
    """INEGI state and municipality codes, and coordinates in millionths of a degree (null for a home address)."""

    state: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    municipality: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    latitude_udeg: Annotated[int, Field(ge=-90_000_000, le=90_000_000)] | None = None
    longitude_udeg: Annotated[int, Field(ge=-180_000_000, le=180_000_000)] | None = None
    time_zone: Annotated[str, Field(pattern=r"^America/[A-Za-z_]+$", max_length=40)]


class SiteRegistered(Payload):
    """A place that a party operates. Legal days run in the site's own time zone."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["site.registered"]
    registered: SiteId
    operated_by: PartyId
    name: Name | None = None
    place: Place

    def links(self) -> list[Subject]:
        return [Subject(site_key(self.registered), None, "/registered")]

    def reads(self) -> list[str]:
        return [party_key(self.operated_by)]

    def main_subject(self) -> str:
        return self.operated_by


class SiteChanged(Payload):
    """A site's name or place was corrected or changed."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["site.changed"]
    changed: SiteId
    prev: EventIdText
    name: Name | None = None
    place: Place | None = None

    def links(self) -> list[Subject]:
        return [Subject(site_key(self.changed), self.prev, "/prev")]


class SiteClosed(Payload):
    """A site is no longer operated."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["site.closed"]
    closed: SiteId
    prev: EventIdText

    def links(self) -> list[Subject]:
        return [Subject(site_key(self.closed), self.prev, "/prev")]


class KeyLimits(Part):
    """What a key is bound to. Times bound ``occurred_at``; ``consignment`` makes it a key for one hand-over."""

    not_before: Instant | None = None
    not_after: Instant | None = None
    sites: Annotated[list[SiteId], Field(max_length=64)] = []
    consignment: ConsignmentId | None = None


class KeyEnrolled(Payload):
    """A key is bound to the party it acts for, with roles and limits; a delegate's key names who acts."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["key.enrolled"]
    enrolled_for: PartyId
    kid: Kid
    spki: KeyBytes
    key_roles: Annotated[
        list[Literal["authority", "admin", "custody", "transport", "prepare", "read"]],
        Field(min_length=1, max_length=6),
    ]
    person: PersonId | None = None
    acts: PartyId | None = None
    assurance: Literal["own_key", "e_firma", "one_time_key"] = "own_key"
    limits: KeyLimits = KeyLimits()

    def links(self) -> list[Subject]:
        return [Subject(key_key(self.enrolled_for, self.kid), None, "/kid")]

    def reads(self) -> list[str]:
        keys = [party_key(self.enrolled_for)]
        return [*keys, party_key(self.acts)] if self.acts else keys

    def main_subject(self) -> str:
        return self.enrolled_for


class KeyLimited(Payload):
    """A key's roles or limits are narrowed or replaced from this log position on."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["key.limited"]
    enrolled_for: PartyId
    kid: Kid
    prev: EventIdText
    key_roles: Annotated[
        list[Literal["authority", "admin", "custody", "transport", "prepare", "read"]],
        Field(min_length=1, max_length=6),
    ]
    limits: KeyLimits

    def links(self) -> list[Subject]:
        return [Subject(key_key(self.enrolled_for, self.kid), self.prev, "/prev")]

    def reads(self) -> list[str]:
        return [party_key(self.enrolled_for)]

    def main_subject(self) -> str:
        return self.enrolled_for


class KeyRevoked(Payload):
    """From this log position on the key signs nothing; ``suspect_from`` marks what to review if it was stolen."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = _ADMIN
    kind: Literal["key.revoked"]
    enrolled_for: PartyId
    kid: Kid
    prev: EventIdText
    reason: Literal["rotated", "lost", "compromised", "person_left", "party_closed"]
    suspect_from: Instant | None = None

    def links(self) -> list[Subject]:
        return [Subject(key_key(self.enrolled_for, self.kid), self.prev, "/prev")]

    def reads(self) -> list[str]:
        return [party_key(self.enrolled_for)]

    def main_subject(self) -> str:
        return self.enrolled_for


class Scope(Part):
    """What a permit covers: activity × waste class × chemistry × condition × site, and the yearly capacity."""

    activities: Annotated[list[Activity], Field(min_length=1, max_length=11)]
    waste_classes: Annotated[list[Literal["RP", "RME"]], Field(min_length=1, max_length=2)]
    chemistries: Annotated[list[Chemistry], Field(max_length=13)] = []
    conditions: Annotated[list[Condition], Field(max_length=3)] = ["sound"]
    sites: Annotated[list[SiteId], Field(max_length=64)] = []
    capacity_g_per_year: MassG | None = None


class Act(Part):
    """The administrative act behind a decision: periods run from the day after ``notified_on`` (LFPA 38)."""

    oficio: Code
    digest: Digest | None = None
    official: PersonId | None = None
    form: Literal["paper", "e_firma"] = "paper"
    notified_on: Day


class Transcription(Part):
    """Copied from the authority's public list by a party without the power to grant; shown as transcribed."""

    source: Name
    listed_on: Day
    digest: Digest | None = None


class AuthorisationGranted(Payload):
    """A permit is granted, or transcribed from the public list until the authority confirms it."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    kind: Literal["authorisation.granted"]
    authorisation: AuthorisationId
    holder: PartyId
    number: Code
    scope: Scope
    from_on: Day
    to_on: Day
    act: Act | None = None
    transcribed: Transcription | None = None

    @model_validator(mode="after")
    def _stands_on_something(self) -> AuthorisationGranted:
        if (self.act is None) is (self.transcribed is None):
            raise ValueError("act: a permit stands on an administrative act or on a transcription, not both")
        if self.to_on < self.from_on:
            raise ValueError("to_on: a permit cannot end before it begins")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), None, "/authorisation")]

    def reads(self) -> list[str]:
        sites = (site_key(site) for site in self.scope.sites)
        return [party_key(self.holder), permits_key(self.holder), *sites]

    def main_subject(self) -> str:
        return self.holder


class _AuthorisationAct(Payload):
    """Members of every later act on a permit."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    authorisation: AuthorisationId
    prev: EventIdText
    from_on: Day
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]


class AuthorisationChanged(_AuthorisationAct):
    """The scope changes from a day on."""

    kind: Literal["authorisation.changed"]
    scope: Scope


class AuthorisationRenewed(_AuthorisationAct):
    """The permit is extended to a later day."""

    kind: Literal["authorisation.renewed"]
    to_on: Day
    by_silence: bool = False


class AuthorisationSuspended(_AuthorisationAct):
    """The permit gives no right from a day on, until reinstated."""

    kind: Literal["authorisation.suspended"]
    cause: Code


class AuthorisationReinstated(_AuthorisationAct):
    """A suspension ends (served, lifted, or stayed by a court)."""

    kind: Literal["authorisation.reinstated"]
    cause: Code


class AuthorisationRevoked(_AuthorisationAct):
    """The permit ends before its term, with cause."""

    kind: Literal["authorisation.revoked"]
    cause: Code


class AuthorisationTransferred(_AuthorisationAct):
    """The permit passes to another party with the authority's prior consent."""

    kind: Literal["authorisation.transferred"]
    to: PartyId

    def reads(self) -> list[str]:
        return [party_key(self.to), permits_key(self.to)]


class RegimeEnacted(Payload):
    """A dated set of legal rules; ``tables`` is the digest of its published tables."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "enact"
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
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
    roles: ClassVar[frozenset[KeyRole]] = _AUTHORITY
    kind: Literal["filing.answered"]
    filing: ActId
    prev: EventIdText
    outcome: Literal["granted", "refused", "received"]
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.filing), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.filing
