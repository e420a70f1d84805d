"""Kinds of a unit's life: what it is, where it stands, and what was said about it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from ledger.domain.payload import (
    Amount,
    Disclosure,
    KeyRole,
    Payload,
    Power,
    Signer,
    Subject,
    act_key,
    unit_key,
    unit_subjects,
)
from ledger.domain.unit_id import OperatorId, parse_unit_id
from ledger.domain.values import (
    MASS_G_MAX,
    UNITS_MAX,
    ActId,
    Chemistry,
    Code,
    Commitment,
    Condition,
    ConsignmentId,
    Day,
    Digest,
    EnergyWh,
    MassBasis,
    MassG,
    Name,
    Part,
    Permille,
    SiteId,
    UnitIdText,
    UnitKind,
    UnitLink,
    WasteClass,
)

Characteristic = Literal["C", "R", "E", "Te", "Th", "Tt", "I", "B"]
"""Corrosive, reactive, explosive, toxic (environmental, acute, chronic), flammable, biological-infectious."""
TariffCode = Annotated[str, Field(pattern=r"^[0-9]{4}\.[0-9]{2}\.[0-9]{2}$")]
"""The fraction of the tariff (LIGIE): ``8507.60.01``."""
WASTE_LABEL: Final = "waste"

UnitLinks = Annotated[list[UnitLink], Field(min_length=1, max_length=UNITS_MAX)]
UnitIds = Annotated[list[UnitIdText], Field(min_length=1, max_length=UNITS_MAX)]


def tags_key(party: str) -> str:
    """State key of how many tags stand reserved for a party without a unit."""
    return f"tags/{party}"


def _tag(text: str) -> str:
    """Only ids that the operator issues, which are random: of others a maker numbers its own, and nobody else's.

    Raises:
        ValueError: it is another id.
    """
    if parse_unit_id(text).scheme != OperatorId.scheme:
        raise ValueError("a tag is reserved under an id of the operator, not under a maker's number")
    return text


TagIds = Annotated[list[Annotated[UnitIdText, AfterValidator(_tag)]], Field(min_length=1, max_length=UNITS_MAX)]


class Description(Part):
    """What a unit is, as its maker, importer or finder states it."""

    unit_kind: UnitKind
    chemistry: Chemistry
    mass_g: Annotated[int, Field(ge=1, le=MASS_G_MAX)]
    mass_basis: MassBasis
    energy_wh: EnergyWh | None = None
    maker: Name | None = None
    model: Name | None = None
    material: Code | None = None
    manufactured_on: Day | None = None

    @model_validator(mode="after")
    def _lots_are_material(self) -> Description:
        if (self.material is None) is (self.unit_kind == "lot"):
            raise ValueError("material: a lot names its material, a serialised unit does not")
        return self


class _OfUnits(Payload):
    """Members of a kind that extends the state of units."""

    units: UnitLinks

    def links(self) -> list[Subject]:
        return unit_subjects(self.units)

    def main_subject(self) -> str:
        return self.units[0].id if len(self.units) == 1 else self.party


class _AboutUnits(Payload):
    """Members of a kind that says something about units and commutes."""

    units: UnitIds

    def abouts(self) -> list[str]:
        return [unit_key(unit) for unit in self.units]

    def main_subject(self) -> str:
        return self.units[0] if len(self.units) == 1 else self.party


class _Birth(_OfUnits):
    """Members of a kind that brings units into the ledger; ``prev`` is null, or the reservation of the tag."""

    annullable: ClassVar[bool] = True
    signer: ClassVar[Signer] = "party"
    description: Description

    def amounts(self) -> list[Amount]:
        what = self.description
        stated = [("mass_g", what.mass_g)]
        if what.energy_wh is not None:
            stated.append(("energy_wh", what.energy_wh))
        return [
            Amount(f"/units/{n}/{name}", unit_key(unit.id), name, value)
            for n, unit in enumerate(self.units)
            for name, value in stated
        ]

    def reads(self) -> list[str]:
        return [tags_key(self.party)] if any(unit.prev for unit in self.units) else []


class TagReserved(Payload):
    """Blank pre-numbered tags: unit ids that only this party may bind to a pack, offline if need be.

    They are ids that the operator issues. A roll that was lost before any was used is withdrawn.
    """

    annullable: ClassVar[bool] = True
    kind: Literal["tag.reserved"]
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody"})
    tags: TagIds

    def reads(self) -> list[str]:
        return [tags_key(self.party)]

    def links(self) -> list[Subject]:
        return [Subject(unit_key(tag), None, f"/tags/{n}") for n, tag in enumerate(self.tags)]


class UnitRegistered(_Birth):
    """An existing unit without a history here: what is in front of me, in which stage, on what basis."""

    kind: Literal["unit.registered"]
    basis: Literal["first_seen", "legacy_record", "foreign_record"]
    stage: Literal["stock", "marketed", "in_use", "removed", "waste"]
    condition: Condition = "sound"


class UnitProduced(_Birth):
    """Units of one model left the line."""

    kind: Literal["unit.produced"]


class UnitImported(_Birth):
    """Units of one model entered the country, under a pedimento."""

    kind: Literal["unit.imported"]
    pedimento: Code
    regime: Literal["definitive", "temporary"] = "definitive"
    tariff_code: TariffCode | None = None


class UnitPlacedOnMarket(_OfUnits):
    """The maker or importer supplies the units for the first time on the national market."""

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["unit.placed_on_market"]


class UnitInstalled(_OfUnits):
    """Put into use: from here on the public has them (holder ``in_use``); the vehicle is a commitment."""

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["unit.installed"]
    application: Literal["vehicle", "stationary", "other"] = "vehicle"
    vehicle: Commitment | None = None


class UnitRemoved(_OfUnits):
    """Taken out of use by the party that signs, which holds them from now on."""

    annullable: ClassVar[bool] = True
    kind: Literal["unit.removed"]
    reason: Literal["end_of_life", "warranty", "accident", "upgrade", "recall", "other"]


class UnitAssessed(_AboutUnits):
    """A technician's finding about units: state of health, remaining energy, condition, by which method.

    It is recorded whoever makes it; the unit's condition follows only who holds it, has had it, or finds it in use.
    """

    kind: Literal["unit.assessed"]
    method: Code
    condition: Condition
    state_of_health_permille: Permille | None = None
    remaining_energy_wh: EnergyWh | None = None


class UnitRepaired(_OfUnits):
    """Repaired, and sound again."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.repaired"]
    work: Code


class UnitRemanufactured(_OfUnits):
    """Brought back to its maker's specification; stock again."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.remanufactured"]
    work: Code


class UnitRepurposed(_OfUnits):
    """Prepared for another use than the one it was made for; ``test_summary`` is that of UN 38.3.5."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.repurposed"]
    application: Literal["stationary", "vehicle", "other"]
    test_summary: Digest | None = None


class UnitReused(_OfUnits):
    """Put into use again (holder ``in_use``)."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.reused"]
    application: Literal["vehicle", "stationary", "other"]


class UnitDiscarded(_OfUnits):
    """The holder discards the units: the legal birth of waste (LGPGIR 5 XXIX; RLGPGIR 38)."""

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["unit.discarded"]
    reason: Literal["end_of_life", "damaged", "production_scrap", "recall", "other"]


class UnitClassified(_OfUnits):
    """A determination of the waste class: by listing, CRIT test, or knowledge under oath (NOM-052 section 6.4).

    ``characteristics`` are those found (NOM-052 section 7); ``evidence`` is the digest of the report, or of the
    declaration under oath; ``under_oath`` says that it is one (section 6.4.2.3).
    """

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["unit.classified"]
    waste_class: WasteClass
    waste_codes: Annotated[list[Code], Field(max_length=8)] = []
    method: Literal["listing", "crit_test", "knowledge"]
    characteristics: Annotated[list[Characteristic], Field(max_length=8)] = []
    evidence: Digest | None = None
    under_oath: bool = False


class UnitLabelled(_AboutUnits):
    """A label of this kind was put on the units; ``waste`` is that of hazardous waste (RLGPGIR 46 IV)."""

    kind: Literal["unit.labelled"]
    label: Code


class UnitStored(_OfUnits):
    """The holder put the units into storage at its site."""

    signer: ClassVar[Signer] = "holder"
    annullable: ClassVar[bool] = True
    kind: Literal["unit.stored"]
    site: SiteId


class UnitDischarged(_AboutUnits):
    """Discharged to this state of charge."""

    kind: Literal["unit.discharged"]
    state_of_charge_permille: Permille


class UnitRecalled(_AboutUnits):
    """The party that produced or imported the units recalls them."""

    disclosure: ClassVar[Disclosure] = "public"
    kind: Literal["unit.recalled"]
    campaign: Code


class UnitStolen(_AboutUnits):
    """The holder reports the units stolen: whoever scans them is warned; custody does not move."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.stolen"]
    complaint: Commitment | None = None


class UnitRecovered(_AboutUnits):
    """The holder reports that stolen units are back."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.recovered"]


class UnitQuarantined(_AboutUnits):
    """The holder keeps the units apart: they do not travel, and nothing is made of them, until it releases them."""

    signer: ClassVar[Signer] = "holder"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    kind: Literal["unit.quarantined"]
    reason: Literal["damaged", "thermal_event", "leak", "suspected_swap", "other"]


class UnitReleased(_AboutUnits):
    """The holder ends the quarantine of units."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.released"]
    basis: Code


class UnitLost(_OfUnits):
    """The holder cannot find the units; it still answers for them, and they leave their consignment."""

    signer: ClassVar[Signer] = "holder"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    kind: Literal["unit.lost"]


class UnitFound(_OfUnits):
    """Lost units turned up at the party that signs, which holds them from now on (one signature)."""

    kind: Literal["unit.found"]


class UnitMatched(Payload):
    """Two ids turned out to name one thing: ``duplicate`` ends, its history continues in ``unit`` ("same as")."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.matched"]
    unit: UnitLink
    duplicate: UnitLink

    def links(self) -> list[Subject]:
        return [
            Subject(unit_key(self.unit.id), self.unit.prev, "/unit"),
            Subject(unit_key(self.duplicate.id), self.duplicate.prev, "/duplicate"),
        ]

    def main_subject(self) -> str:
        return self.unit.id


class UnitExported(_OfUnits):
    """The units left the country; ``consent`` is the importing authority's number when there is one."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.exported"]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    pedimento: Code
    consent: Code | None = None
    tariff_code: TariffCode | None = None


class UnitReturned(_OfUnits):
    """Exported units came back to the party that signs, in the stage they left in."""

    kind: Literal["unit.returned"]
    pedimento: Code


class UnitDisposed(_OfUnits):
    """Final disposal of waste units; they never move again. ``not_recoverable`` is why (LGPGIR 2 VIII)."""

    signer: ClassVar[Signer] = "holder"
    kind: Literal["unit.disposed"]
    method: Literal["confinement", "incineration", "other"]
    not_recoverable: Literal["not_economic", "not_feasible", "environmentally_worse"] | None = None


class UnitSeized(_OfUnits):
    """Seizure by order of an authority, which holds the units from now on (one signature; LGEEPA 170)."""

    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "order"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"authority"})
    kind: Literal["unit.seized"]
    order: ActId

    def abouts(self) -> list[str]:
        return [act_key(self.order)]


class IncidentReported(_AboutUnits):
    """Something happened with the units: fire, leak, loss, an accident on the road.

    ``spilled_ml`` and ``in_transport`` decide which notice is due (RLGPGIR 129, 130).
    """

    disclosure: ClassVar[Disclosure] = "parties"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody", "transport", "authority"})
    kind: Literal["incident.reported"]
    incident: ActId
    nature: Literal["thermal_event", "leak", "mechanical_damage", "accident", "loss", "theft", "find", "swap", "other"]
    consignment: ConsignmentId | None = None
    in_transport: bool = False
    spilled_ml: Annotated[int, Field(ge=0, le=10**9)] | None = None

    def abouts(self) -> list[str]:
        return [*super().abouts(), *([act_key(self.consignment)] if self.consignment else [])]

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.incident), None, "/incident")]

    def main_subject(self) -> str:
        return self.incident


class CountRecorded(Payload):
    """A physical count at a site: what was scanned, and what was expected and not there.

    What takes several statements, or belongs to a visit, names its inspection.
    """

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody", "authority"})
    kind: Literal["count.recorded"]
    count: ActId
    site: SiteId
    inspection: ActId | None = None
    present: Annotated[list[UnitIdText], Field(max_length=UNITS_MAX)]
    missing: Annotated[list[UnitIdText], Field(max_length=UNITS_MAX)] = []

    @model_validator(mode="after")
    def _is_bounded(self) -> CountRecorded:
        if len(self.present) + len(self.missing) > UNITS_MAX:
            raise ValueError(f"present: at most {UNITS_MAX} units a statement")
        if len({*self.present, *self.missing}) != len(self.present) + len(self.missing):
            raise ValueError("present: a unit is counted once, as present or as missing")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.count), None, "/count")]

    def reads(self) -> list[str]:
        inspection = [act_key(self.inspection)] if self.inspection else []
        return [*inspection, *(unit_key(unit) for unit in [*self.present, *self.missing])]

    def main_subject(self) -> str:
        return self.count


class TicketWeighed(Payload):
    """A weigh ticket: gross minus tare, on a scale that rounds; a truck, not a pack, is what yards weigh."""

    kind: Literal["ticket.weighed"]
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody", "transport"})
    ticket: ActId
    gross_g: MassG
    tare_g: MassG
    resolution_g: Annotated[int, Field(ge=1, le=100_000)]
    consignment: ConsignmentId | None = None

    @model_validator(mode="after")
    def _has_a_net(self) -> TicketWeighed:
        if self.tare_g > self.gross_g:
            raise ValueError("tare_g: heavier than the gross mass")
        return self

    def links(self) -> list[Subject]:
        return [Subject(act_key(self.ticket), None, "/ticket")]

    def abouts(self) -> list[str]:
        return [act_key(self.consignment)] if self.consignment else []

    def amounts(self) -> list[Amount]:
        return [
            Amount("/gross_g", act_key(self.ticket), "gross_g", self.gross_g),
            Amount("/tare_g", act_key(self.ticket), "tare_g", self.tare_g),
        ]

    def main_subject(self) -> str:
        return self.ticket
