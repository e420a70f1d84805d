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
    Activity,
    AuthorisationId,
    Chemistry,
    Code,
    Condition,
    Day,
    Digest,
    EventIdText,
    MassG,
    Name,
    Part,
    PartyId,
    PersonId,
    SiteId,
)


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
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
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
