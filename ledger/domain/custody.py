"""Kinds by which custody moves between parties: one offers, the other picks up or receives."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.life import UnitLinks
from ledger.domain.payload import (
    Amount,
    KeyRole,
    Payload,
    Signer,
    Subject,
    act_key,
    finding_key,
    party_key,
    site_key,
    unit_key,
    unit_subjects,
)
from ledger.domain.values import (
    UNITS_MAX,
    ActId,
    Assurance,
    Code,
    Commitment,
    Condition,
    ConsignmentId,
    EventIdText,
    Instant,
    Kid,
    MassBasis,
    MassG,
    PaperForm,
    Part,
    PartyId,
    SiteId,
    UnitIdText,
)

Purpose = Literal[
    "waste_rp",
    "waste_rme",
    "warranty_return",
    "recall_return",
    "second_life",
    "new_product",
    "maquiladora_return",
    "export",
    "municipal_collection",
]
Mode = Literal["road", "rail", "sea", "air"]
Fitting = Literal["loose", "with_equipment", "in_equipment", "in_vehicle", "in_cargo_unit"]
"""What the units are part of while they travel: it decides their UN number."""
CARRIERS_MAX = 8
DRIVERS_MAX = 16
RefusalReason = Literal["damaged", "not_as_described", "no_capacity", "not_authorised", "contaminated", "other"]


class SignedException(Part):
    """What truly happened must be recordable: the signer states why it acted against a rule; a finding opens."""

    reason: Literal["emergency", "already_happened", "carrier_did_not_sign", "order_of_authority"]


class BorderPapers(Part):
    """The numbers under which a load leaves the country, as far as they are known.

    ``notice`` is the *aviso de retorno* of a maquiladora (RLGPGIR 123); ``consent`` what the importing authority
    gave (LGPGIR 87; of EPA, the AOC number); ``foreign_manifest`` is optional (RLGPGIR 123).
    """

    notice: Code | None = None
    consent: Code | None = None
    pedimento: Code | None = None
    customs_post: Code | None = None
    foreign_manifest: Code | None = None


class OfConsignment(Payload):
    """Members of every statement about a consignment's units."""

    consignment: ConsignmentId
    prev: EventIdText | None
    units: UnitLinks

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.consignment), self.prev, "/prev"), *unit_subjects(self.units)]

    def main_subject(self) -> str:
        return self.consignment


class ConsignmentOffered(OfConsignment):
    """The consignor gives up these units to the consignee, through the carriers named, if any.

    More than 256 units are offered in several statements that share the consignment; picking up starts when
    ``units_total`` have been offered. The consignor answers for the units until they are picked up. ``mode`` is how
    they will travel, where all carriers go the same way; ``approval`` is the competent authority's for units liable to
    react dangerously (UN special provision 376).
    """

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["consignment.offered"]
    purpose: Purpose
    consignee: PartyId
    carriers: Annotated[list[PartyId], Field(max_length=CARRIERS_MAX)] = []
    destination: SiteId | None = None
    mode: Mode | None = None
    units_total: Annotated[int, Field(ge=1, le=1_000_000)]
    declared_mass_g: MassG | None = None
    fitting: Fitting = "loose"
    approval: Code | None = None
    border: BorderPapers | None = None

    def reads(self) -> list[str]:
        keys = [party_key(party) for party in [self.consignee, *self.carriers]]
        return [*keys, site_key(self.destination)] if self.destination else keys


class ConsignmentPickedUp(OfConsignment):
    """A carrier takes the units over, from the consignor or from the carrier that handed them on.

    ``mode`` is how it carries them; without it they travel as the consignor said.
    """

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    kind: Literal["consignment.picked_up"]
    mode: Mode | None = None


class ConsignmentHandedOn(OfConsignment):
    """The carrier hands the units to the next carrier, who takes them over by picking them up."""

    signer: ClassVar[Signer] = "holder"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    kind: Literal["consignment.handed_on"]
    to: PartyId

    def reads(self) -> list[str]:
        return [party_key(self.to)]


class ConsignmentStored(OfConsignment):
    """The carrier put the units down at its own site on the way; it goes on answering for them."""

    signer: ClassVar[Signer] = "holder"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    kind: Literal["consignment.stored"]
    site: SiteId


class ConsignmentAssigned(Payload):
    """A carrier says which of its drivers' keys may sign for this load: a key that only transports signs no other."""

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    kind: Literal["consignment.assigned"]
    consignment: ConsignmentId
    drivers: Annotated[list[Kid], Field(max_length=DRIVERS_MAX)]

    def abouts(self) -> list[str]:
        return [act_key(self.consignment)]

    def main_subject(self) -> str:
        return self.consignment


class Giver(Part):
    """A giver without a key: who it says it is stays beside the log, the receiver attests the hand-over."""

    capacity: Literal[
        "owner",
        "tow_truck",
        "impound",
        "insurer",
        "salvage",
        "scrap_collector",
        "municipality",
        "foreign",
        "party",
    ]
    identity: Commitment | None = None
    assurance: Assurance = "one_sided"


class Line(Part):
    """What became of one unit at reception. ``extra`` is a claim until the consignor agrees."""

    id: UnitIdText
    prev: EventIdText | None
    outcome: Literal["accepted", "refused", "missing", "extra"]
    mass_g: MassG | None = None
    mass_basis: MassBasis | None = None
    condition: Condition | None = None
    reason: RefusalReason | None = None

    @model_validator(mode="after")
    def _says_what_it_must(self) -> Line:
        if (self.mass_g is None) is not (self.mass_basis is None):
            raise ValueError("mass_basis: a mass says whether it was weighed or estimated")
        if (self.reason is None) is (self.outcome == "refused"):
            raise ValueError("reason: a refused line says why, the others do not")
        return self


class OnPaper(Part):
    """What the paper says of a hand-over that happened without this ledger; its scan is among the documents.

    ``picked_up_at`` is when the first carrier signed it (box 14 of the manifest): clocks run from there.
    """

    consignor: PartyId
    carriers: Annotated[list[PartyId], Field(max_length=CARRIERS_MAX)] = []
    purpose: Purpose
    form: PaperForm
    number: Code
    picked_up_at: Instant | None = None


class ConsignmentReceived(Payload):
    """The consignee receives line by line: accepted, refused, missing, extra, weighed.

    ``basis`` is ``offer`` for an offered consignment; ``attested`` when the giver has no key; ``emergency`` when a
    dangerous unit had to be taken in whoever held it; ``succession`` when the holder ended and the signer succeeds;
    ``paper`` when a paper filled in by hand is entered later: a claim until the consignor agrees.
    """

    counterparty: ClassVar[bool] = True
    kind: Literal["consignment.received"]
    consignment: ConsignmentId
    prev: EventIdText | None
    basis: Literal["offer", "attested", "emergency", "succession", "paper"]
    giver: Giver | None = None
    on_paper: OnPaper | None = None
    lines: Annotated[list[Line], Field(min_length=1, max_length=UNITS_MAX)]
    ticket: ActId | None = None
    exception: SignedException | None = None

    @model_validator(mode="after")
    def _has_its_giver(self) -> ConsignmentReceived:
        if (self.giver is None) is (self.basis in ("attested", "emergency")):
            raise ValueError("giver: stated for an attested or emergency reception, and only there")
        if (self.on_paper is None) is (self.basis == "paper"):
            raise ValueError("on_paper: stated for a reception on paper, and only there")
        if self.on_paper and (self.on_paper.picked_up_at or 0) > self.occurred_at:
            raise ValueError("on_paper: the units were picked up before they were received")
        if self.basis == "paper" and not any(document.role == "manifest" for document in self.documents):
            raise ValueError("documents: a reception on paper has the paper's scan")
        return self

    def reads(self) -> list[str]:
        return (
            [party_key(party) for party in [self.on_paper.consignor, *self.on_paper.carriers]] if self.on_paper else []
        )

    def links(self) -> list[Subject]:
        lines = [Subject(unit_key(line.id), line.prev, f"/lines/{n}") for n, line in enumerate(self.lines)]
        return [Subject(act_key(self.consignment), self.prev, "/prev"), *lines]

    def abouts(self) -> list[str]:
        return [act_key(self.ticket)] if self.ticket else []

    def amounts(self) -> list[Amount]:
        return [
            Amount(f"/lines/{n}/mass_g", unit_key(line.id), "received_mass_g", line.mass_g)
            for n, line in enumerate(self.lines)
            if line.outcome == "accepted" and line.mass_g is not None and self.basis != "paper"
        ]

    def main_subject(self) -> str:
        return self.consignment


class ConsignmentRefused(OfConsignment):
    """The consignee refuses these units at the gate; they stay with the carrier until returned."""

    kind: Literal["consignment.refused"]
    reason: RefusalReason


class ConsignmentReturned(OfConsignment):
    """The consignor has refused or missing units back."""

    kind: Literal["consignment.returned"]


class ConsignmentCancelled(OfConsignment):
    """The consignor withdraws units before they are picked up; the consignee, what it claimed by a paper."""

    kind: Literal["consignment.cancelled"]


class ConsignmentRedirected(OfConsignment):
    """Units on the road go to another consignee, under a consignment of their own: one has one consignee for ever.

    The consignor signs; if it has ended, who holds the units.
    """

    kind: Literal["consignment.redirected"]
    into: ConsignmentId
    consignee: PartyId
    destination: SiteId | None = None

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.into), None, "/into"), *super().links()]

    def reads(self) -> list[str]:
        keys = [party_key(self.consignee)]
        return [*keys, site_key(self.destination)] if self.destination else keys


class ConsignmentDelivered(Payload):
    """What a consignee abroad that has no key here took in, as the movement document says; the consignor signs.

    Accepted units are abroad from then on; refused ones stay with the carrier until they are returned.
    """

    kind: Literal["consignment.delivered"]
    consignment: ConsignmentId
    prev: EventIdText | None
    lines: Annotated[list[Line], Field(min_length=1, max_length=UNITS_MAX)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    border: BorderPapers

    @model_validator(mode="after")
    def _has_its_document(self) -> ConsignmentDelivered:
        if not any(document.role == "movement_document" for document in self.documents):
            raise ValueError("documents: a delivery abroad has the signed movement document")
        if any(line.outcome == "extra" for line in self.lines):
            raise ValueError("lines: nobody here can answer for what was not in the consignment")
        return self

    def links(self) -> list[Subject]:
        lines = [Subject(unit_key(line.id), line.prev, f"/lines/{n}") for n, line in enumerate(self.lines)]
        return [Subject(act_key(self.consignment), self.prev, "/prev"), *lines]

    def main_subject(self) -> str:
        return self.consignment


class DiscrepancyResolved(Payload):
    """A party to the consignment says what became of a discrepancy; it is settled when both ends have said the same."""

    kind: Literal["discrepancy.resolved"]
    consignment: ConsignmentId
    event: EventIdText
    number: Annotated[int, Field(ge=0, le=4 * UNITS_MAX)]
    resolution: Literal["stands", "found", "returned", "miscounted", "scale_error", "swapped"]

    def abouts(self) -> list[str]:
        return [act_key(self.consignment)]

    def reads(self) -> list[str]:
        return [finding_key(self.event, self.number)]

    def main_subject(self) -> str:
        return self.consignment
