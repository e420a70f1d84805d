"""Kinds by which permits are asked for, granted, changed and ended."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

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
    permits_key,
    site_key,
)
from ledger.domain.values import (
    ActId,
    Activity,
    AuthorisationId,
    Chemistry,
    Code,
    Commitment,
    Condition,
    Day,
    Digest,
    EventIdText,
    MassG,
    MxnCents,
    Name,
    Part,
    PartyId,
    PersonId,
    SiteId,
)

Reasons = Annotated[list[Name], Field(max_length=16)]


class Scope(Part):
    """What a permit covers: activity × waste class × chemistry × condition × site × mode, and its capacities.

    Empty lists of chemistries, sites and modes stand for all. ``wastes`` are names or keys as the permit has them.
    """

    activities: Annotated[list[Activity], Field(min_length=1, max_length=11)]
    waste_classes: Annotated[list[Literal["RP", "RME"]], Field(min_length=1, max_length=2)]
    chemistries: Annotated[list[Chemistry], Field(max_length=13)] = []
    conditions: Annotated[list[Condition], Field(max_length=3)] = ["sound"]
    sites: Annotated[list[SiteId], Field(max_length=64)] = []
    modes: Annotated[list[Literal["road", "rail", "sea"]], Field(max_length=3)] = []
    wastes: Annotated[list[Code], Field(max_length=32)] = []
    capacity_g_per_year: MassG | None = None
    storage_capacity_g: MassG | None = None


class Act(Part):
    """The administrative act behind a decision: periods run from the day after ``notified_on`` (LFPA 38).

    ``decided_on`` is the date that the oficio bears.
    """

    oficio: Code
    digest: Digest | None = None
    official: PersonId | None = None
    form: Literal["paper", "e_firma"] = "paper"
    decided_on: Day | None = None
    notified_on: Day

    @model_validator(mode="after")
    def _is_notified_once_decided(self) -> Act:
        if self.decided_on is not None and self.notified_on < self.decided_on:
            raise ValueError("notified_on: an act is not notified before it is decided")
        return self


class Decides(Part):
    """The application that a decision closes; granted in part, it says why not in whole."""

    application: ActId
    prev: EventIdText
    in_part: bool = False
    reasons: Reasons = []

    @model_validator(mode="after")
    def _gives_reasons(self) -> Decides:
        if bool(self.reasons) is not self.in_part:
            raise ValueError("reasons: a grant in part has reasons, one in whole has none")
        return self


def _decided(decides: Decides | None) -> list[Subject]:
    return [Subject(act_key(decides.application), decides.prev, "/decides/prev")] if decides else []


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
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["authorisation.granted"]
    authorisation: AuthorisationId
    holder: PartyId
    number: Code
    scope: Scope
    from_on: Day
    to_on: Day
    act: Act | None = None
    transcribed: Transcription | None = None
    decides: Decides | None = None

    @model_validator(mode="after")
    def _stands_on_something(self) -> AuthorisationGranted:
        if (self.act is None) is (self.transcribed is None):
            raise ValueError("act: a permit stands on an administrative act or on a transcription, not both")
        if self.to_on < self.from_on:
            raise ValueError("to_on: a permit cannot end before it begins")
        if self.transcribed is not None and self.decides is not None:
            raise ValueError("decides: a transcription decides no application")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), None, "/authorisation"), *_decided(self.decides)]

    def reads(self) -> list[str]:
        return [party_key(self.holder), permits_key(self.holder), *_sites(self.scope)]

    def main_subject(self) -> str:
        return self.holder


class _AuthorisationAct(Payload):
    """Members of every later act on a permit."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    authorisation: AuthorisationId
    prev: EventIdText
    from_on: Day
    act: Act | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]


class _AuthorisationDecision(_AuthorisationAct):
    """An act that may answer what the holder asked for."""

    decides: Decides | None = None

    def links(self) -> list[Subject]:
        return [*super().links(), *_decided(self.decides)]


class AuthorisationChanged(_AuthorisationDecision):
    """The scope changes from a day on."""

    kind: Literal["authorisation.changed"]
    scope: Scope

    def reads(self) -> list[str]:
        return _sites(self.scope)


class AuthorisationRenewed(_AuthorisationDecision):
    """The permit is extended to a later day."""

    kind: Literal["authorisation.renewed"]
    to_on: Day


class AuthorisationSuspended(_AuthorisationAct):
    """The permit gives no right from a day on, until reinstated."""

    kind: Literal["authorisation.suspended"]
    cause: Code


class AuthorisationReinstated(_AuthorisationAct):
    """A suspension ends: it was served or lifted. A revocation that a court stays may end so too."""

    kind: Literal["authorisation.reinstated"]
    cause: Code


class AuthorisationRevoked(_AuthorisationAct):
    """The permit ends before its term, with cause."""

    kind: Literal["authorisation.revoked"]
    cause: Code


class AuthorisationTransferred(_AuthorisationDecision):
    """The permit passes to another party with the authority's prior consent."""

    kind: Literal["authorisation.transferred"]
    to: PartyId

    def reads(self) -> list[str]:
        return [party_key(self.to), permits_key(self.to)]


class AuthorisationStayed(Payload):
    """A court stays the suspension or revocation that an event stated: until it is lifted, that has no effect."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["authorisation.stayed"]
    authorisation: AuthorisationId
    prev: EventIdText
    from_on: Day
    stays: EventIdText
    court: Name
    file: Code
    digest: Digest | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]


class AuthorisationStayLifted(Payload):
    """A court's stay ends: what it stayed has effect again."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["authorisation.stay_lifted"]
    authorisation: AuthorisationId
    prev: EventIdText
    from_on: Day
    file: Code

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]


class AuthorisationConfirmed(Payload):
    """The authority confirms a permit that was transcribed from its public list: from here on it is its own."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["authorisation.confirmed"]
    authorisation: AuthorisationId
    prev: EventIdText
    act: Act

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]


class AuthorisationRenewalClaimed(Payload):
    """The holder claims that its application for renewal was granted by silence (RLGPGIR 59).

    It is a claim until ``authorisation.renewed`` confirms it.
    """

    disclosure: ClassVar[Disclosure] = "public"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin"})
    kind: Literal["authorisation.renewal_claimed"]
    authorisation: AuthorisationId
    prev: EventIdText
    application: ActId
    from_on: Day
    to_on: Day

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> AuthorisationRenewalClaimed:
        if self.to_on < self.from_on:
            raise ValueError("to_on: a term cannot end before it begins")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.authorisation), self.prev, "/prev")]

    def reads(self) -> list[str]:
        return [act_key(self.application)]


class Guarantee(Part):
    """An insurance, bond or policy that covers damage, and when it holds; ``digest`` is of its document."""

    form: Literal["insurance", "bond", "sct_policy"]
    amount_mxn_cents: MxnCents
    from_on: Day
    to_on: Day
    digest: Digest

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Guarantee:
        if self.to_on < self.from_on:
            raise ValueError("to_on: a guarantee cannot end before it begins")
        return self


class ApplicationSubmitted(Payload):
    """A party asks an authority for a permit, or for the renewal, change or transfer of one (RLGPGIR 48, 49).

    ``identity`` is a commitment to the proof by e.firma, or to a foreign party's documents; both lie beside the log.
    """

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin"})
    kind: Literal["application.submitted"]
    application: ActId
    to: PartyId
    asks: Literal["grant", "renewal", "change", "transfer"]
    authorisation: AuthorisationId | None = None
    transfer_to: PartyId | None = None
    person: Literal["moral", "fisica", "foreign"]
    scope: Scope | None = None
    guarantees: Annotated[list[Guarantee], Field(max_length=16)] = []
    technologies: Annotated[list[Code], Field(max_length=32)] = []
    identity: Commitment

    @model_validator(mode="after")
    def _says_what_it_asks(self) -> ApplicationSubmitted:
        if (self.authorisation is None) is not (self.asks == "grant"):
            raise ValueError("authorisation: all but a new grant are about a permit that exists")
        if (self.transfer_to is not None) is not (self.asks == "transfer"):
            raise ValueError("transfer_to: a transfer, and nothing else, names who is to hold the permit")
        if self.scope is None and self.asks in ("grant", "change"):
            raise ValueError("scope: a grant and a change say what the permit is to cover")
        if self.transfer_to == self.party:
            raise ValueError("transfer_to: a permit is transferred to another party")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.application), None, "/application")]

    def reads(self) -> list[str]:
        parties = [party_key(self.to), *([party_key(self.transfer_to)] if self.transfer_to else [])]
        permits = [act_key(self.authorisation)] if self.authorisation else []
        return [*parties, *permits, *_sites(self.scope)]

    def main_subject(self) -> str:
        return self.application


def _sites(scope: Scope | None) -> list[str]:
    return [site_key(site) for site in scope.sites] if scope else []


class ApplicationStep(Payload):
    """Members of every later statement about an application."""

    application: ActId
    prev: EventIdText

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.application), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.application


class _ApplicationAct(ApplicationStep):
    """An authority's statement about an application; naming the applicant lets it read what was decided."""

    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "grant"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    applicant: PartyId


class ApplicationInformationRequired(_ApplicationAct):
    """The authority asks, once, for what is missing; its term stops until the answer (LFPA 17-A)."""

    kind: Literal["application.information_required"]
    items: Annotated[list[Name], Field(min_length=1, max_length=32)]
    answer_by: Day
    act: Act


class ApplicationAnswered(ApplicationStep):
    """The applicant gives what was missing; a scope replaces the one that it had asked for."""

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin"})
    kind: Literal["application.answered"]
    scope: Scope | None = None

    def reads(self) -> list[str]:
        return _sites(self.scope)


class ApplicationInspected(_ApplicationAct):
    """An authority visited a site for an application, and says whether it conforms."""

    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "inspect"
    kind: Literal["application.inspected"]
    inspected: SiteId
    order_number: Code
    acta: Digest
    conforms: bool

    def reads(self) -> list[str]:
        return [site_key(self.inspected)]


class ApplicationRefused(_ApplicationAct):
    """The authority refuses, with reasons: on the merits, for want of an answer, or for want of competence."""

    kind: Literal["application.refused"]
    ground: Literal["merits", "unanswered", "incompetent"]
    reasons: Annotated[list[Name], Field(min_length=1, max_length=16)]
    act: Act


class ApplicationWithdrawn(ApplicationStep):
    """The applicant asks no longer."""

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin"})
    kind: Literal["application.withdrawn"]
