"""Real vehicles, materials and places, and the fictitious parties that the demonstration moves packs between.

Every figure is an integer in the unit that its name ends in. ``docs/demo-data.md`` says where each one comes
from, which are computed, and which are doubtful.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_Choice = TypeVar("_Choice", bound=StrEnum)
_Key = TypeVar("_Key", bound=str)
_Value = TypeVar("_Value")

DATA: Traversable = files("cli.demo") / "data"

_INTEGER = re.compile("0|-?[1-9][0-9]*")


class Chemistry(StrEnum):
    """Cathode families with a published density and composition; the catalogue has no others."""

    NMC111 = "NMC111"
    NMC532 = "NMC532"
    NMC622 = "NMC622"
    NMC811 = "NMC811"
    NCA = "NCA"
    LFP = "LFP"
    LMO = "LMO"


class CellMaterial(StrEnum):
    """What a cell is made of; its mass follows the energy of the pack."""

    LITHIUM = "lithium"
    NICKEL = "nickel"
    COBALT = "cobalt"
    MANGANESE = "manganese"
    IRON = "iron"
    PHOSPHORUS = "phosphorus"
    OXYGEN = "oxygen"
    ACTIVE_ALUMINIUM = "active_aluminium"
    GRAPHITE = "graphite"
    CARBON_BINDER = "carbon_binder"
    COPPER = "copper"
    FOIL_ALUMINIUM = "foil_aluminium"
    ELECTROLYTE = "electrolyte"
    SEPARATOR = "separator"


class RestMaterial(StrEnum):
    """What is left of a pack without its cell materials: cans, modules, case, electronics, cooling."""

    STRUCTURE_ALUMINIUM = "structure_aluminium"
    STEEL = "steel"
    PLASTICS = "plastics"
    ELECTRONICS = "electronics"
    COOLANT = "coolant"


class Stream(StrEnum):
    """The fractions that a mechanical recycling line separates."""

    BLACK_MASS = "black_mass"
    COPPER = "copper"
    ALUMINIUM = "aluminium"
    STEEL = "steel"
    PLASTICS = "plastics"
    ELECTROLYTE = "electrolyte"
    ELECTRONICS = "electronics"
    COOLANT = "coolant"


STREAM_BY_MATERIAL: Mapping[str, Stream] = MappingProxyType(
    {
        CellMaterial.LITHIUM: Stream.BLACK_MASS,
        CellMaterial.NICKEL: Stream.BLACK_MASS,
        CellMaterial.COBALT: Stream.BLACK_MASS,
        CellMaterial.MANGANESE: Stream.BLACK_MASS,
        CellMaterial.IRON: Stream.BLACK_MASS,
        CellMaterial.PHOSPHORUS: Stream.BLACK_MASS,
        CellMaterial.OXYGEN: Stream.BLACK_MASS,
        CellMaterial.ACTIVE_ALUMINIUM: Stream.BLACK_MASS,
        CellMaterial.GRAPHITE: Stream.BLACK_MASS,
        CellMaterial.CARBON_BINDER: Stream.BLACK_MASS,
        CellMaterial.COPPER: Stream.COPPER,
        CellMaterial.FOIL_ALUMINIUM: Stream.ALUMINIUM,
        CellMaterial.ELECTROLYTE: Stream.ELECTROLYTE,
        CellMaterial.SEPARATOR: Stream.PLASTICS,
        RestMaterial.STRUCTURE_ALUMINIUM: Stream.ALUMINIUM,
        RestMaterial.STEEL: Stream.STEEL,
        RestMaterial.PLASTICS: Stream.PLASTICS,
        RestMaterial.ELECTRONICS: Stream.ELECTRONICS,
        RestMaterial.COOLANT: Stream.COOLANT,
    }
)


class EnergyBasis(StrEnum):
    """Whether the energy is what the cells hold, or what the vehicle lets its driver use."""

    GROSS = "gross"
    USABLE = "usable"


class ChemistryBasis(StrEnum):
    """Whether a source names the cathode, or the catalogue's rule picked it."""

    STATED = "stated"
    ASSUMED = "assumed"


class MassBasis(StrEnum):
    """Whether a source gives the mass, or it is the energy over the density of the chemistry."""

    STATED = "stated"
    COMPUTED = "computed"


class Role(StrEnum):
    """What a party does in the demonstration."""

    MINISTRY = "ministry"
    INSPECTORATE = "inspectorate"
    STATE_AGENCY = "state_agency"
    MANUFACTURER = "manufacturer"
    IMPORTER = "importer"
    WORKSHOP = "workshop"
    CARRIER = "carrier"
    COLLECTION_CENTRE = "collection_centre"
    SECOND_LIFE_OPERATOR = "second_life_operator"
    RECYCLER = "recycler"
    DISPOSAL_SITE = "disposal_site"


class Form(StrEnum):
    """What a party is in law; the name of a natural person never enters the log."""

    AUTHORITY = "authority"
    MORAL = "moral"
    FISICA = "fisica"


@dataclass(frozen=True, slots=True)
class Model:
    """One pack variant of a real vehicle.

    Attributes:
        nominal_voltage_v, modules: None when no source gives them.
        source: codes explained in ``docs/demo-data.md``.
    """

    make: str
    model: str
    year_from: int
    energy_wh: int
    energy_basis: EnergyBasis
    nominal_voltage_v: int | None
    chemistry: Chemistry
    chemistry_basis: ChemistryBasis
    pack_mass_g: int
    mass_basis: MassBasis
    modules: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Composition:
    """What a pack of one chemistry is made of.

    Attributes:
        cell_mg_per_wh: cell materials, per watt-hour of pack energy.
        rest_permille: how the mass that is not cell material is shared out; sums to 1000.
    """

    chemistry: Chemistry
    density_wh_per_kg: int
    cell_mg_per_wh: Mapping[CellMaterial, int]
    rest_permille: Mapping[RestMaterial, int]
    source: str


@dataclass(frozen=True, slots=True)
class Salt:
    """The salt that a refinery sells an element as; what it weighs more is added water and reagents."""

    element: CellMaterial
    salt: str
    formula: str
    salt_mg_per_element_g: int


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality: INEGI codes, position of its seat (WGS 84) and the IANA time zone of its legal days."""

    state_code: str
    municipality_code: str
    state: str
    municipality: str
    latitude_microdeg: int
    longitude_microdeg: int
    time_zone: str

    @property
    def code(self) -> str:
        """INEGI state and municipality codes together, five digits."""
        return self.state_code + self.municipality_code


@dataclass(frozen=True, slots=True)
class Actor:
    """A party of the demonstration: fictitious, in a real municipality."""

    key: str
    role: Role
    form: Form
    name: str
    place: Place


def load_models(data: Traversable = DATA) -> tuple[Model, ...]:
    """Return every vehicle, in the order of the file: make, then model.

    Raises:
        ValueError: the file breaks a rule of the catalogue, or names a vehicle twice.
    """
    models = tuple(_parse_model(row) for row in _read(data / "models.csv"))
    _index("models.csv", ((f"{model.make} {model.model}", model) for model in models))
    return models


def load_compositions(data: Traversable = DATA) -> Mapping[Chemistry, Composition]:
    """Return the composition of every chemistry.

    Raises:
        ValueError: the file breaks a rule of the catalogue, or leaves a chemistry out.
    """
    compositions = (_parse_composition(row) for row in _read(data / "composition.csv"))
    found = _index("composition.csv", ((each.chemistry, each) for each in compositions))
    if missing := sorted(set(Chemistry) - set(found)):
        raise ValueError(f"composition.csv: no composition for {', '.join(missing)}")
    return found


def load_salts(data: Traversable = DATA) -> Mapping[CellMaterial, Salt]:
    """Return the salt of each element that the demonstration's refinery recovers.

    Raises:
        ValueError: the file breaks a rule of the catalogue.
    """
    salts = (_parse_salt(row) for row in _read(data / "salts.csv"))
    return _index("salts.csv", ((each.element, each) for each in salts))


def load_places(data: Traversable = DATA) -> Mapping[str, Place]:
    """Return the municipalities by their five-digit INEGI code.

    Raises:
        ValueError: the file breaks a rule of the catalogue, or names a time zone that does not exist.
    """
    places = (_parse_place(row) for row in _read(data / "places.csv"))
    return _index("places.csv", ((each.code, each) for each in places))


def load_actors(data: Traversable = DATA) -> Mapping[str, Actor]:
    """Return the parties of the demonstration by key.

    Raises:
        ValueError: the file breaks a rule of the catalogue, or places a party outside ``places.csv``.
    """
    places = load_places(data)
    actors = (_parse_actor(row, places) for row in _read(data / "actors.csv"))
    return _index("actors.csv", ((each.key, each) for each in actors))


def pack_mass_g(chemistry: Chemistry, energy_wh: int) -> int:
    """Return the mass of a pack from the density of its chemistry, in whole kilograms expressed in grams.

    Raises:
        ValueError: the energy is not positive.
    """
    if energy_wh <= 0:
        raise ValueError(f"energy_wh must be positive, not {energy_wh}")
    density_wh_per_kg = _compositions()[chemistry].density_wh_per_kg
    return (energy_wh + density_wh_per_kg // 2) // density_wh_per_kg * 1000


def material_masses_g(chemistry: Chemistry, pack_mass_g: int, *, energy_wh: int | None = None) -> dict[str, int]:
    """Share out the mass of a pack over its materials; the values sum to ``pack_mass_g`` exactly.

    Cell materials follow the energy and the rest takes what remains, so that a heavy case does not invent
    nickel. Without ``energy_wh`` the pack is taken to have the density of its chemistry. Grams that rounding
    leaves over go to the largest remainders.

    Raises:
        ValueError: a quantity is not positive, or cells of that energy would weigh more than the pack.
    """
    composition = _compositions()[chemistry]
    if energy_wh is None:
        energy_wh = pack_mass_g * composition.density_wh_per_kg // 1000
    if pack_mass_g <= 0 or energy_wh <= 0:
        raise ValueError(f"mass and energy must be positive, not {pack_mass_g} g and {energy_wh} Wh")
    cell_mg = {material: mg * energy_wh for material, mg in composition.cell_mg_per_wh.items()}
    rest_mg = pack_mass_g * 1000 - sum(cell_mg.values())
    if rest_mg < 0:
        raise ValueError(f"cells of {energy_wh} Wh ({chemistry}) weigh more than {pack_mass_g} g")
    cell_micrograms = {str(material): mg * 1000 for material, mg in cell_mg.items()}
    rest_micrograms = {str(each): rest_mg * permille for each, permille in composition.rest_permille.items()}
    return _share(pack_mass_g, cell_micrograms | rest_micrograms)


def stream_masses_g(material_masses_g: Mapping[str, int]) -> dict[str, int]:
    """Add up materials into the streams of a recycling line; the total is kept."""
    masses_g = dict.fromkeys(map(str, Stream), 0)
    for material, mass_g in material_masses_g.items():
        masses_g[STREAM_BY_MATERIAL[material]] += mass_g
    return masses_g


def salt_mass_g(element: CellMaterial, element_mass_g: int) -> int:
    """Return the mass of salt that holds ``element_mass_g`` of the element, to the nearest gram.

    Raises:
        KeyError: the element is not recovered as a salt.
    """
    return (element_mass_g * _salts()[element].salt_mg_per_element_g + 500) // 1000


@cache
def _compositions() -> Mapping[Chemistry, Composition]:
    return load_compositions()


@cache
def _salts() -> Mapping[CellMaterial, Salt]:
    return load_salts()


def _share(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    scale = sum(weights.values())
    shares = {name: total * weight // scale for name, weight in weights.items()}
    left_over = total - sum(shares.values())
    by_remainder = sorted(weights, key=lambda name: total * weights[name] % scale, reverse=True)
    for name in by_remainder[:left_over]:
        shares[name] += 1
    return shares


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a file, read strictly: what a field may hold is said where it is read."""

    where: str
    fields: Mapping[str, str]

    def refuse(self, column: str, expected: str) -> NoReturn:
        raise ValueError(f"{self.where}: {column} is {self.fields[column]!r}, expected {expected}")

    def text(self, column: str) -> str:
        value = self.fields[column]
        if not value or value != value.strip():
            self.refuse(column, "text")
        return value

    def integer(self, column: str, least: int, most: int) -> int:
        if not _INTEGER.fullmatch(self.fields[column]) or not least <= int(self.fields[column]) <= most:
            self.refuse(column, f"an integer from {least} to {most}")
        return int(self.fields[column])

    def integer_or_none(self, column: str, least: int, most: int) -> int | None:
        return self.integer(column, least, most) if self.fields[column] else None

    def digits(self, column: str, length: int) -> str:
        if not re.fullmatch(f"[0-9]{{{length}}}", self.fields[column]):
            self.refuse(column, f"{length} digits")
        return self.fields[column]

    def choice(self, column: str, kind: type[_Choice]) -> _Choice:
        try:
            return kind(self.fields[column])
        except ValueError:
            self.refuse(column, f"one of {', '.join(kind)}")


def _read(file: Traversable) -> Iterator[_Row]:
    lines = file.read_text(encoding="utf-8").splitlines()
    for row in (reader := csv.DictReader(lines, strict=True)):
        where = f"{file.name}:{reader.line_num}"
        if None in row or None in row.values():
            raise ValueError(f"{where}: not as many fields as the header")
        yield _Row(where, row)


def _index(name: str, entries: Iterable[tuple[_Key, _Value]]) -> Mapping[_Key, _Value]:
    found: dict[_Key, _Value] = {}
    for key, value in entries:
        if key in found:
            raise ValueError(f"{name}: {key} appears twice")
        found[key] = value
    return MappingProxyType(found)


def _parse_model(row: _Row) -> Model:
    model = Model(
        make=row.text("make"),
        model=row.text("model"),
        year_from=row.integer("year_from", 2008, 2100),
        energy_wh=row.integer("energy_wh", 1_000, 300_000),
        energy_basis=row.choice("energy_basis", EnergyBasis),
        nominal_voltage_v=row.integer_or_none("nominal_voltage_v", 48, 1_000),
        chemistry=row.choice("chemistry", Chemistry),
        chemistry_basis=row.choice("chemistry_basis", ChemistryBasis),
        pack_mass_g=row.integer("pack_mass_g", 10_000, 2_000_000),
        mass_basis=row.choice("mass_basis", MassBasis),
        modules=row.integer_or_none("modules", 1, 100),
        source=row.text("source"),
    )
    computed_g = pack_mass_g(model.chemistry, model.energy_wh)
    if model.mass_basis is MassBasis.COMPUTED and model.pack_mass_g != computed_g:
        row.refuse("pack_mass_g", f"{computed_g}, computed from the density of the chemistry")
    return model


def _parse_composition(row: _Row) -> Composition:
    rest_permille = {each: row.integer(f"{each}_permille_of_rest", 0, 1000) for each in RestMaterial}
    if (total := sum(rest_permille.values())) != 1000:
        raise ValueError(f"{row.where}: the shares of the rest sum to {total}, expected 1000")
    cell_mg_per_wh = {each: row.integer(f"{each}_mg_per_wh", 0, 10_000) for each in CellMaterial}
    return Composition(
        chemistry=row.choice("chemistry", Chemistry),
        density_wh_per_kg=row.integer("density_wh_per_kg", 50, 400),
        cell_mg_per_wh=MappingProxyType(cell_mg_per_wh),
        rest_permille=MappingProxyType(rest_permille),
        source=row.text("source"),
    )


def _parse_salt(row: _Row) -> Salt:
    return Salt(
        element=row.choice("element", CellMaterial),
        salt=row.text("salt"),
        formula=row.text("formula"),
        salt_mg_per_element_g=row.integer("salt_mg_per_element_g", 1_000, 20_000),
    )


def _parse_place(row: _Row) -> Place:
    time_zone = row.text("time_zone")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        row.refuse("time_zone", "an IANA time zone")
    return Place(
        state_code=row.digits("state_code", 2),
        municipality_code=row.digits("municipality_code", 3),
        state=row.text("state"),
        municipality=row.text("municipality"),
        latitude_microdeg=row.integer("latitude_microdeg", 14_000_000, 33_000_000),
        longitude_microdeg=row.integer("longitude_microdeg", -119_000_000, -86_000_000),
        time_zone=time_zone,
    )


def _parse_actor(row: _Row, places: Mapping[str, Place]) -> Actor:
    code = row.digits("municipality", 5)
    if code not in places:
        row.refuse("municipality", "a municipality of places.csv")
    return Actor(
        key=row.text("key"),
        role=row.choice("role", Role),
        form=row.choice("form", Form),
        name=row.text("name"),
        place=places[code],
    )
