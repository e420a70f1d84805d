"""Kinds by which matter changes form: batches, lots, dismantling, products and claims about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.domain.life import Description, UnitLinks, tags_key
from ledger.domain.payload import Disclosure, Payload, Signer, Subject, act_key, unit_key, unit_subjects
from ledger.domain.values import (
    MASS_G_MAX,
    UNITS_MAX,
    ActId,
    BatchId,
    Code,
    Digest,
    EventIdText,
    MassBasis,
    MassG,
    Part,
    SignedMassG,
    UnitIdText,
    UnitLink,
)

MATERIALS_MAX = 64


class Material(Part):
    """A mass of something that is not a unit: a reagent added, a gas emitted, water driven off."""

    material: Code
    mass_g: MassG


class NewLot(Part):
    """A lot that this statement makes; ``prev`` is null, or the reservation of its tag."""

    id: UnitIdText
    prev: EventIdText | None = None
    material: Code
    mass_g: Annotated[int, Field(ge=1, le=MASS_G_MAX)]


class FedUnit(Part):
    """A unit fed whole into a batch, with the mass it went in with."""

    id: UnitIdText
    prev: EventIdText | None
    mass_g: Annotated[int, Field(ge=1, le=MASS_G_MAX)]
    mass_basis: MassBasis


class BatchOpened(Payload):
    """A batch of a process starts at a site."""

    kind: Literal["batch.opened"]
    batch: BatchId
    activity: Literal["recycling", "treatment"]
    process: Code

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.batch), None, "/batch")]

    def main_subject(self) -> str:
        return self.batch


class BatchFed(Payload):
    """Units go into the batch whole; they end here."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["batch.fed"]
    batch: BatchId
    prev: EventIdText
    units: Annotated[list[FedUnit], Field(min_length=1, max_length=UNITS_MAX)]

    def links(self) -> list[Subject]:
        units = [Subject(unit_key(u.id), u.prev, f"/units/{n}") for n, u in enumerate(self.units)]
        return [Subject(act_key(self.batch), self.prev, "/prev"), *units]

    def main_subject(self) -> str:
        return self.batch


class BatchStepped(Payload):
    """A step of the process, with what was added to it and what left it in gas or water."""

    kind: Literal["batch.stepped"]
    batch: BatchId
    prev: EventIdText
    step: Code
    additions: Annotated[list[Material], Field(max_length=MATERIALS_MAX)] = []
    emissions: Annotated[list[Material], Field(max_length=MATERIALS_MAX)] = []

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.batch), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.batch


class Content(Part):
    """Share of one substance, in parts per million of mass."""

    substance: Code
    ppm: Annotated[int, Field(ge=0, le=1_000_000)]


class BatchAssayed(Payload):
    """A laboratory's analysis of a batch or of one of its lots."""

    kind: Literal["batch.assayed"]
    batch: BatchId
    lot: UnitIdText | None = None
    contents: Annotated[list[Content], Field(min_length=1, max_length=MATERIALS_MAX)]
    report: Digest | None = None

    def abouts(self) -> list[str]:
        return [act_key(self.batch), *([unit_key(self.lot)] if self.lot else [])]

    def main_subject(self) -> str:
        return self.batch


class BatchClosed(Payload):
    """The batch's books: inputs + additions = outputs + emissions + stock + a signed unexplained line."""

    kind: Literal["batch.closed"]
    batch: BatchId
    prev: EventIdText
    outputs: Annotated[list[NewLot], Field(max_length=UNITS_MAX)]
    stock_g: MassG
    unexplained_g: SignedMassG

    def links(self) -> list[Subject]:
        lots = [Subject(unit_key(lot.id), lot.prev, f"/outputs/{n}") for n, lot in enumerate(self.outputs)]
        return [Subject(act_key(self.batch), self.prev, "/prev"), *lots]

    def reads(self) -> list[str]:
        return _bound_tags(self.party, self.outputs)

    def main_subject(self) -> str:
        return self.batch


class LotSplit(Payload):
    """A lot becomes several; their masses add up to its own."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["lot.split"]
    lot: UnitLink
    into: Annotated[list[NewLot], Field(min_length=2, max_length=UNITS_MAX - 1)]

    def links(self) -> list[Subject]:
        new = [Subject(unit_key(lot.id), lot.prev, f"/into/{n}") for n, lot in enumerate(self.into)]
        return [Subject(unit_key(self.lot.id), self.lot.prev, "/lot"), *new]

    def reads(self) -> list[str]:
        return _bound_tags(self.party, self.into)

    def main_subject(self) -> str:
        return self.lot.id


class LotMerged(Payload):
    """Lots of one material become one; its mass is their sum."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["lot.merged"]
    units: Annotated[list[UnitLink], Field(min_length=2, max_length=UNITS_MAX - 1)]
    into: NewLot

    def links(self) -> list[Subject]:
        return [*unit_subjects(self.units), Subject(unit_key(self.into.id), self.into.prev, "/into")]

    def reads(self) -> list[str]:
        return _bound_tags(self.party, [self.into])

    def main_subject(self) -> str:
        return self.into.id


class DismantledPart(Part):
    """A module, cell or lot that came out of a dismantled unit; ``prev`` is null, or the reservation of its tag."""

    id: UnitIdText
    prev: EventIdText | None = None
    description: Description


class UnitDismantled(Payload):
    """A unit is taken apart: its parts and an unexplained line add up to its mass; the unit ends."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.dismantled"]
    unit: UnitLink
    parts: Annotated[list[DismantledPart], Field(min_length=1, max_length=UNITS_MAX - 1)]
    unexplained_g: SignedMassG

    def links(self) -> list[Subject]:
        new = [Subject(unit_key(part.id), part.prev, f"/parts/{n}") for n, part in enumerate(self.parts)]
        return [Subject(unit_key(self.unit.id), self.unit.prev, "/unit"), *new]

    def reads(self) -> list[str]:
        return _bound_tags(self.party, self.parts)

    def main_subject(self) -> str:
        return self.unit.id


def _bound_tags(party: str, made: Sequence[NewLot | DismantledPart]) -> list[str]:
    return [tags_key(party)] if any(part.prev for part in made) else []


class ProductReleased(Payload):
    """Lots meet a product's specification and stop being waste (RLGPGIR 80)."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["product.released"]
    release: ActId
    units: UnitLinks
    specification: Code

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.release), None, "/release"), *unit_subjects(self.units)]

    def main_subject(self) -> str:
        return self.release


class ClaimedMass(Part):
    """How much of a unit a claim stands on."""

    id: UnitIdText
    mass_g: Annotated[int, Field(ge=1, le=MASS_G_MAX)]


class ClaimMade(Payload):
    """A party claims units under a scheme (producer responsibility, recycled content): once per unit and scheme."""

    disclosure: ClassVar[Disclosure] = "authority"
    kind: Literal["claim.made"]
    claim: ActId
    scheme: Code
    units: Annotated[list[ClaimedMass], Field(min_length=1, max_length=UNITS_MAX)]

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.claim), None, "/claim")]

    def abouts(self) -> list[str]:
        return [unit_key(unit.id) for unit in self.units]

    def reads(self) -> list[str]:
        return [f"claimed/{self.scheme}/{unit.id}" for unit in self.units]

    def main_subject(self) -> str:
        return self.claim


class ClaimRetired(Payload):
    """The claimant gives the claim up."""

    disclosure: ClassVar[Disclosure] = "authority"
    kind: Literal["claim.retired"]
    claim: ActId
    prev: EventIdText

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.claim), self.prev, "/prev")]

    def main_subject(self) -> str:
        return self.claim
