"""The dated tables of transport identity: which entry of the UN list, how packed, how SAT's catalogue names it.

Days are inclusive. The list is that of the UN Model Regulations, as ADR and the IMDG Code apply it. Mexico's own list
is one edition behind: ``NATIONAL_LIST_LACKS`` tells what it does not have yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from compliance.reason import Confidence, Words, is_in_force
from ledger.domain.custody import Fitting

Family = Literal["lithium_ion", "lithium_metal", "sodium_ion"]
"""What tells the entries of batteries apart."""

VEHICLES_FROM: Final = "2025-01-01"
"""From here on sodium-ion batteries have entries of their own, and so have vehicles, by what powers them."""
TOLERATED: Final[Mapping[str, str]] = {"ADR": "2025-06-30", "IMDG": "2025-12-31"}
"""Until when UN 3171 could still be used for such a vehicle."""
NATIONAL_LIST_LACKS: Final = frozenset({"3551", "3552", "3556", "3557", "3558"})
NATIONAL_LIST: Final = "NOM-002-SCT-SEMAR-ARTF/2023 (DOF 18-12-2023), on the 22nd edition of the UN Model Regulations"
GUIDE: Final = "147"

_EVER: Final = "2000-01-01"
_UNNUM: Final = "UN Model Regulations, dangerous goods list; ADR 2025 table A"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the dangerous goods list, class 9.

    Attributes:
        label: model of the label on a package, or of the placard on a cargo unit.
        names: proper shipping name; by fitting, where the list gives a choice.
        provision: the special provision that says what the entry is for; None if none decides.
    """

    un_number: str
    names: Mapping[Fitting | None, Words]
    label: Literal["9", "9A"]
    source: str = _UNNUM
    confidence: Confidence = "read"
    provision: str | None = None

    def name(self, fitting: Fitting) -> Words:
        """The proper shipping name for an article of this fitting."""
        return self.names[fitting] if fitting in self.names else self.names[None]


def _with_equipment(un_number: str, es: str, en: str, tail_es: str, tail_en: str) -> Entry:
    together = Words(f"{es} EMBALADAS CON UN EQUIPO{tail_es}", f"{en} PACKED WITH EQUIPMENT{tail_en}")
    inside = Words(f"{es} INSTALADAS EN UN EQUIPO{tail_es}", f"{en} CONTAINED IN EQUIPMENT{tail_en}")
    return Entry(un_number, {None: inside, "with_equipment": together}, "9A")


def _vehicle(un_number: str, es: str, en: str) -> Entry:
    name = Words(f"VEHÍCULO PROPULSADO POR BATERÍA DE {es}", f"VEHICLE, {en} BATTERY POWERED")
    return Entry(un_number, {None: name}, "9A", provision="388")


_POLYMER_ES: Final = " (incluidas las baterías poliméricas de ión litio)"
_POLYMER_EN: Final = " (including lithium ion polymer batteries)"
_ALLOY_ES: Final = " (incluidas las baterías de aleación de litio)"
_ALLOY_EN: Final = " (including lithium alloy batteries)"
_ORGANIC_ES: Final = ", con electrolito orgánico"
_ORGANIC_EN: Final = ", with organic electrolyte"

ENTRIES: Final[Mapping[str, Entry]] = {
    entry.un_number: entry
    for entry in (
        Entry(
            "3090",
            {None: Words(f"BATERÍAS DE METAL LITIO{_ALLOY_ES}", f"LITHIUM METAL BATTERIES{_ALLOY_EN}")},
            "9A",
        ),
        _with_equipment("3091", "BATERÍAS DE METAL LITIO", "LITHIUM METAL BATTERIES", _ALLOY_ES, _ALLOY_EN),
        Entry(
            "3171",
            {None: Words("VEHÍCULO ACCIONADO POR BATERÍA", "BATTERY POWERED VEHICLE")},
            "9",
            confidence="secondary",
            provision="388",
        ),
        Entry(
            "3480",
            {None: Words(f"BATERÍAS DE IÓN LITIO{_POLYMER_ES}", f"LITHIUM ION BATTERIES{_POLYMER_EN}")},
            "9A",
        ),
        _with_equipment("3481", "BATERÍAS DE IÓN LITIO", "LITHIUM ION BATTERIES", _POLYMER_ES, _POLYMER_EN),
        Entry(
            "3536",
            {
                None: Words(
                    "BATERÍAS DE LITIO INSTALADAS EN LA UNIDAD DE TRANSPORTE",
                    "LITHIUM BATTERIES INSTALLED IN CARGO TRANSPORT UNIT",
                )
            },
            "9",
            provision="389",
        ),
        Entry(
            "3551",
            {
                None: Words(
                    "BATERÍAS DE IÓN SODIO con electrolito orgánico", "SODIUM ION BATTERIES with organic electrolyte"
                )
            },
            "9A",
        ),
        _with_equipment("3552", "BATERÍAS DE IÓN SODIO", "SODIUM ION BATTERIES", _ORGANIC_ES, _ORGANIC_EN),
        _vehicle("3556", "IÓN LITIO", "LITHIUM ION"),
        _vehicle("3557", "METAL LITIO", "LITHIUM METAL"),
        _vehicle("3558", "IÓN SODIO", "SODIUM ION"),
    )
}


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which entry batteries of this family have in this fitting, in these days."""

    family: Family
    fittings: frozenset[Fitting]
    un_number: str
    from_on: str = _EVER
    to_on: str | None = None
    source: str = _UNNUM
    confidence: Confidence = "secondary"


_LOOSE: Final[frozenset[Fitting]] = frozenset({"loose"})
_EQUIPMENT: Final[frozenset[Fitting]] = frozenset({"with_equipment", "in_equipment"})
_VEHICLE: Final[frozenset[Fitting]] = frozenset({"in_vehicle"})
_CARGO_UNIT: Final[frozenset[Fitting]] = frozenset({"in_cargo_unit"})
_SP_388: Final = "UN Model Regulations SP 388"
_SP_389: Final = "UN Model Regulations SP 389"
_2_9_5: Final = "UN Model Regulations 2.9.5 (23rd edition)"
_BEFORE_VEHICLES: Final = "2024-12-31"

ASSIGNMENTS: Final = (
    Assignment("lithium_ion", _LOOSE, "3480"),
    Assignment("lithium_ion", _EQUIPMENT, "3481"),
    Assignment("lithium_ion", _VEHICLE, "3171", to_on=_BEFORE_VEHICLES, source=_SP_388),
    Assignment("lithium_ion", _VEHICLE, "3556", from_on=VEHICLES_FROM, source=_SP_388),
    Assignment("lithium_ion", _CARGO_UNIT, "3480", to_on="2018-12-31", confidence="unverified"),
    Assignment("lithium_ion", _CARGO_UNIT, "3536", from_on="2019-01-01", source=_SP_389),
    Assignment("lithium_metal", _LOOSE, "3090"),
    Assignment("lithium_metal", _EQUIPMENT, "3091"),
    Assignment("lithium_metal", _VEHICLE, "3171", to_on=_BEFORE_VEHICLES, source=_SP_388),
    Assignment("lithium_metal", _VEHICLE, "3557", from_on=VEHICLES_FROM, source=_SP_388),
    Assignment("lithium_metal", _CARGO_UNIT, "3090", to_on="2018-12-31", confidence="unverified"),
    Assignment("lithium_metal", _CARGO_UNIT, "3536", from_on="2019-01-01", source=_SP_389),
    Assignment("sodium_ion", _LOOSE | _CARGO_UNIT, "3551", from_on=VEHICLES_FROM, source=_2_9_5),
    Assignment("sodium_ion", _EQUIPMENT, "3552", from_on=VEHICLES_FROM, source=_2_9_5),
    Assignment("sodium_ion", _VEHICLE, "3171", to_on=_BEFORE_VEHICLES, source=_SP_388, confidence="unverified"),
    Assignment("sodium_ion", _VEHICLE, "3558", from_on=VEHICLES_FROM, source=_SP_388),
)


def find_assignment(family: Family, fitting: Fitting, on: str) -> Assignment | None:
    """The row that holds on the day; None when the list had no entry for it yet."""
    for row in ASSIGNMENTS:
        if row.family == family and fitting in row.fittings and is_in_force(on, row.from_on, row.to_on):
            return row
    return None


@dataclass(frozen=True, slots=True)
class SatKey:
    """A key of SAT's catalogue ``c_MaterialPeligroso``, in the days in which it can be declared."""

    key: str
    from_on: str
    to_on: str | None = None


SAT_CATALOGUE: Final = "SAT, catalogue c_MaterialPeligroso of the complement Carta Porte"
SAT_KEYS: Final = (
    *(SatKey(key, "2021-12-01") for key in ("3077", "3090", "3091", "3171", "3480", "3481")),
    SatKey("3536", "2024-07-17"),
)
"""The catalogue of complement 2.0 ends with UN 3495, that of 3.1 with UN 3550."""
SAT_FALLBACKS: Final[Mapping[str, str]] = {
    "3536": "3480",
    "3551": "3480",
    "3552": "3480",
    "3556": "3171",
    "3557": "3171",
    "3558": "3171",
}
"""What to declare in the CFDI, and nowhere else, while the catalogue lacks the UN number."""


def find_sat_key(key: str, on: str) -> SatKey | None:
    """The key as the catalogue has it on the day, or None."""
    return next((row for row in SAT_KEYS if row.key == key and is_in_force(on, row.from_on, row.to_on)), None)
