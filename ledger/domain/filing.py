"""Kinds by which parties register, adhere to plans and file with authorities, and are answered."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.authorisation import Act
from ledger.domain.payload import (
    ADMIN_ROLES,
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
from ledger.domain.values import ActId, Code, Day, Digest, EventIdText, PartyId, SiteId, UnitIdText

FilingSubject = Literal[
    "storage_extension",
    "manifest_not_returned",
    "incident",
    "loss",
    "closure",
    "annual_report",
    "use_report",
    "return_notice",
    "return_report",
    "on_site_recycling",
    "export_notice",
    "other",
]
AboutId = Annotated[str, StringConstraints(pattern=r"^(con|inc|bch)_[a-z2-7]{25}[aeimquy4]$")]
_NEEDS_ABOUT: Final = frozenset({"manifest_not_returned", "incident", "use_report", "return_report"})


class GeneratorRegistered(Payload):
    """A generator is in the register of its authority (RLGPGIR 43): its number, category and sites.

    The portal gives the number; the authority records it, or the party itself copies it. ``number`` is null for a
    natural person, whose number may be made of its name. No sites: all of the party's.
    """

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
    kind: Literal["generator.registered"]
    generator: PartyId
    number: Code | None = None
    category: Literal["gran", "pequeno", "micro"]
    register_of: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")]
    sites: Annotated[list[SiteId], Field(max_length=64)] = []
    from_on: Day

    def reads(self) -> list[str]:
        return [party_key(self.generator), generator_key(self.generator), *(site_key(site) for site in self.sites)]

    def main_subject(self) -> str:
        return self.generator


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
        return [party_key(self.operated_by), plans_key(self.operated_by)]


class PlanJoined(Payload):
    """A party adheres to a registered management plan."""

    disclosure: ClassVar[Disclosure] = "public"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["plan.joined"]
    plan: ActId

    def abouts(self) -> list[str]:
        return [act_key(self.plan)]

    def reads(self) -> list[str]:
        return [f"adherence/{self.plan}/{self.party}", plans_key(self.party)]


class FilingSubmitted(Payload):
    """A party files something with an authority: extension, notice, incident report, yearly report, closure.

    ``about`` is the consignment, incident or batch that it is about; ``year`` the one that a yearly report is of.
    """

    disclosure: ClassVar[Disclosure] = "authority"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["filing.submitted"]
    filing: ActId
    subject: FilingSubject
    to: PartyId
    digest: Digest
    about: AboutId | None = None
    year: Annotated[int, Field(ge=2000, le=2099)] | None = None
    units: Annotated[list[UnitIdText], Field(max_length=256)] = []

    @model_validator(mode="after")
    def _says_what_it_is_about(self) -> FilingSubmitted:
        if self.subject in _NEEDS_ABOUT and self.about is None:
            raise ValueError("about: the consignment or incident that it is about")
        if (self.year is None) is (self.subject == "annual_report"):
            raise ValueError("year: the year that a yearly report is of, and only then")
        if self.subject == "storage_extension" and not self.units:
            raise ValueError("units: those whose storage is to be extended")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.filing), None, "/filing")]

    def reads(self) -> list[str]:
        return [party_key(self.to), *([report_key(self.party, self.year)] if self.year is not None else [])]

    def abouts(self) -> list[str]:
        return [*([act_key(self.about)] if self.about else []), *(unit_key(unit) for unit in self.units)]

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


def generator_key(party: str) -> str:
    """State key of a party's entries in the registers of generators."""
    return f"generator/{party}"


def plans_key(party: str) -> str:
    """State key of the management plans that a party operates or adheres to."""
    return f"plans/{party}"


def report_key(party: str, year: int) -> str:
    """State key of a party's yearly report."""
    return f"report/{party}/{year}"
