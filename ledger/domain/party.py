"""Kinds by which parties, their sites and their keys come to be, change and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from ledger.domain.payload import (
    ADMIN_ROLES,
    AUTHORITY_ROLES,
    Disclosure,
    KeyRole,
    Payload,
    Power,
    Signer,
    Subject,
    delegation_key,
    key_key,
    party_key,
    site_key,
)
from ledger.domain.values import (
    Commitment,
    ConsignmentId,
    EventIdText,
    Instant,
    KeyBytes,
    Kid,
    Name,
    Part,
    PartyId,
    PersonId,
    SiteId,
)


class Jurisdiction(Part):
    """Where an authority's powers reach: the federation (``MX``), a state (ISO 3166-2, ``MX-NLE``) or a municipality.

    A municipality is its state and its INEGI code: ``MX-NLE-039``.
    """

    code: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3}(-[0-9]{3})?)?$")]


TERRITORIAL: Final[frozenset[Power]] = frozenset({"grant", "inspect", "order"})
"""Powers that reach only as far as a jurisdiction."""


class PartyRegistered(Payload):
    """A party comes to be. The root registers authorities and their powers; a registrar registers the others.

    A natural person's name and tax codes are personal data: ``name`` stays null and ``identity`` is a commitment
    (SHA-256 over a fresh 128-bit salt and the plain value kept beside the log).
    """

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
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

    @model_validator(mode="after")
    def _powers_reach_somewhere(self) -> PartyRegistered:
        if self.jurisdiction is None and TERRITORIAL & set(self.powers):
            raise ValueError("jurisdiction: the powers to grant, inspect and order reach as far as a jurisdiction")
        if self.jurisdiction is not None and self.form != "authority":
            raise ValueError("jurisdiction: only an authority has one")
        return self

    def links(self) -> list[Subject]:
        return [Subject(party_key(self.registered), None, "/registered")]

    def main_subject(self) -> str:
        return self.registered


class PartyChanged(Payload):
    """A party's public name, identity commitment or (by the root) powers and jurisdiction changed."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["party.changed"]
    changed: PartyId
    prev: EventIdText
    name: Name | None = None
    identity: Commitment | None = None
    powers: Annotated[list[Power], Field(max_length=6)] | None = None
    jurisdiction: Jurisdiction | None = None

    def links(self) -> list[Subject]:
        return [Subject(party_key(self.changed), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.changed


class PartyClosed(Payload):
    """A party ended (closure, merger, death). A successor may take over its units by its own signature."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
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
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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


ONE_TIME_S_MAX: Final = 24 * 3600
"""How long a key for one consignment is good for at most."""


def is_one_time(roles: Sequence[KeyRole], limits: KeyLimits) -> bool:
    """Whether a key with these serves one consignment, for at most 24 h, in custody or transport alone."""
    if limits.consignment is None or limits.not_before is None or limits.not_after is None:
        return False
    is_short = 0 <= limits.not_after - limits.not_before <= ONE_TIME_S_MAX
    return is_short and {"custody", "transport"}.issuperset(roles)


class KeyEnrolled(Payload):
    """A key is bound to the party it acts for, with roles and limits; a delegate's key names who acts.

    Several people on one device are several keys, each with its ``person``.
    """

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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

    @model_validator(mode="after")
    def _stays_within_its_assurance(self) -> KeyEnrolled:
        if self.assurance == "one_time_key":
            if not is_one_time(self.key_roles, self.limits):
                raise ValueError("limits: a one-time key has one consignment, 24 hours at most, custody or transport")
        elif self.limits.consignment is not None:
            raise ValueError("limits: a key for one consignment has the assurance one_time_key")
        return self

    @model_validator(mode="after")
    def _delegates_to_another(self) -> KeyEnrolled:
        if self.acts == self.enrolled_for:
            raise ValueError("acts: a party is not its own delegate")
        if self.acts is not None and "authority" in self.key_roles:
            raise ValueError("key_roles: a delegate does not act as an authority")
        return self

    def links(self) -> list[Subject]:
        return [Subject(key_key(self.enrolled_for, self.kid), None, "/kid")]

    def reads(self) -> list[str]:
        keys = [party_key(self.enrolled_for)]
        if self.acts is not None:
            keys += [party_key(self.acts), delegation_key(self.acts, self.enrolled_for, self.kid)]
        return keys

    def main_subject(self) -> str:
        return self.enrolled_for


class KeyLimited(Payload):
    """A key's roles or limits are narrowed or replaced from this log position on."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "registrar"
    power: ClassVar[Power | None] = "register"
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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
    roles: ClassVar[frozenset[KeyRole]] = ADMIN_ROLES
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
