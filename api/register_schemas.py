"""The shapes of registers, the yearly report and the generator's category, each with an example."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.schemas import EVENT_ID, PARTY, UNIT, Instant, Shape
from compliance.generator import Category
from compliance.register import Field, RegisterKind, WasteOf
from compliance.stays import Entry

SITE: Final = "sit_mfzwizltoq2gk3tfnzsxe5dfoi"
BATCH: Final = "bch_mfzwizltoq2gk3tfnzsxe5dfoi"


def _example(members: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [members]})


_TEXT: Final[JsonDict] = {"es": "Batería de ion litio NMC622", "en": "Lithium-ion battery pack NMC622"}
_CENTRE: Final[JsonDict] = {"party": PARTY, "name": "Acopio Demo, S.A. de C.V.", "permit": "19-39-PS-0002-2024"}
_AMOUNT: Final[JsonDict] = {"g": 435000, "units": 1}


class NameShape(Shape):
    """The name of a waste in Spanish and in English."""

    model_config = _example(_TEXT)
    es: str
    en: str


class CounterpartShape(Shape):
    """A party by its public name, which natural persons have none of, and the number of its permit."""

    model_config = _example(_CENTRE)
    party: str
    name: str | None
    permit: str | None


_BOOK: Final[JsonDict] = {
    "kind": "generator",
    "party": PARTY,
    "party_name": "Taller Demo, S.A. de C.V.",
    "site": SITE,
    "site_name": None,
    "year": 2026,
    "waste_class": "RP",
    "number": None,
    "as_of": 42,
    "responsible": None,
    "article": "RLGPGIR 71 I",
}


class BookShape(Shape):
    """Which register it is. ``article`` is where it is asked for, null for special-handling waste."""

    model_config = _example(_BOOK)
    kind: RegisterKind
    party: str
    party_name: str | None
    site: str | None
    site_name: str | None
    year: int
    waste_class: WasteOf
    number: str | None
    as_of: int
    responsible: None
    article: str | None


_ROW: Final[JsonDict] = {
    "unit": UNIT,
    "name": _TEXT,
    "entered": 36,
    "unit_kind": "pack",
    "chemistry": "NMC622",
    "material": None,
    "mass_g": 435000,
    "mass_basis": "nameplate",
    "waste_class": "RP",
    "characteristics": ["R", "I"],
    "codes": ["SO2"],
    "entry": "generated",
    "area": "end_of_life",
    "origin": None,
    "generator": PARTY,
    "generated_on": "2026-03-01",
    "generated_site": SITE,
    "came_on": "2026-03-01",
    "entered_on": "2026-03-01",
    "left_on": None,
    "next_handling": None,
    "provider": None,
    "carrier": None,
    "manifest": None,
    "batch": None,
    "events": [EVENT_ID],
    "missing": ["g"],
}


class RegisterRowShape(Shape):
    """One entry of waste to a place, with its exit: members as ``compliance.register.RegisterRow``.

    ``missing`` are the letters of the fields of RLGPGIR 71 I that nobody has stated; ``g``, the name of who answers
    for the register, is never in the log.
    """

    model_config = _example(_ROW)
    unit: str
    name: NameShape
    entered: int
    unit_kind: str
    chemistry: str
    material: str | None
    mass_g: int
    mass_basis: str
    waste_class: WasteOf | None
    characteristics: list[str]
    codes: list[str]
    entry: Entry
    area: str | None
    origin: CounterpartShape | None
    generator: str | None
    generated_on: str | None
    generated_site: str | None
    came_on: str
    entered_on: str
    left_on: str | None
    next_handling: str | None
    provider: CounterpartShape | None
    carrier: CounterpartShape | None
    manifest: str | None
    batch: str | None
    events: list[str]
    missing: list[Field]


class RegisterAnswer(Shape):
    """A page of a register; ``next`` is the cursor of the next one, or null."""

    model_config = _example({"book": _BOOK, "rows": [_ROW], "next": None})
    book: BookShape
    rows: list[RegisterRowShape]
    next: str | None


class AmountShape(Shape):
    """A mass in grams, and of how many units."""

    model_config = _example(_AMOUNT)
    g: int
    units: int


class EmissionShape(Shape):
    """What left a process in gas or water."""

    model_config = _example({"material": "CO2", "mass_g": 1000})
    material: str
    mass_g: int


_PROCESS: Final[JsonDict] = {
    "batch": BATCH,
    "process": "hydrometallurgy",
    "permit": "19-39-PS-0001-2024",
    "activity": "recycling",
    "first_on": "2026-03-10",
    "last_on": "2026-03-11",
    "wastes": ["Batería de ion litio NMC622"],
    "characteristics": ["R", "I"],
    "units": 1,
    "fed_g": 430000,
    "steps": ["shredding"],
    "emissions": [{"material": "CO2", "mass_g": 1000}],
    "missing": ["d"],
}


class ProcessRowShape(Shape):
    """One batch in the register of a recycler; ``missing`` are letters of the fields of RLGPGIR 71 II."""

    model_config = _example(_PROCESS)
    batch: str
    process: str
    permit: str | None
    activity: str
    first_on: str
    last_on: str
    wastes: list[str]
    characteristics: list[str]
    units: int
    fed_g: int
    steps: list[str]
    emissions: list[EmissionShape]
    missing: list[Field]


class ProcessesAnswer(Shape):
    """The processes of a year."""

    model_config = _example(
        {"book": {**_BOOK, "kind": "recycler", "article": "RLGPGIR 71 II"}, "processes": [_PROCESS]}
    )
    book: BookShape
    processes: list[ProcessRowShape]


_GENERATED: Final[JsonDict] = {
    "name": "Batería de ion litio NMC622",
    "characteristics": ["R", "I"],
    "area": "end_of_life",
    "amount": _AMOUNT,
}
_GIVEN: Final[JsonDict] = {
    "provider": "Recicladora Demo, S.A. de C.V.",
    "provider_permit": "19-39-PS-0001-2024",
    "carrier": "Transportes Demo, S.A. de C.V.",
    "carrier_permit": "19-39-PS-0003-2024",
    "handling": "waste_rp",
    "characteristics": ["R", "I"],
    "amount": _AMOUNT,
}
_TAKEN: Final[JsonDict] = {"name": "Taller Demo, S.A. de C.V.", "characteristics": ["R", "I"], "amount": _AMOUNT}


class GeneratedShape(Shape):
    """What was generated of one waste in one area."""

    model_config = _example(_GENERATED)
    name: str
    characteristics: list[str]
    area: str | None
    amount: AmountShape


class GivenShape(Shape):
    """What was given to one provider by one carrier."""

    model_config = _example(_GIVEN)
    provider: str
    provider_permit: str | None
    carrier: str | None
    carrier_permit: str | None
    handling: str
    characteristics: list[str]
    amount: AmountShape


class TakenShape(Shape):
    """What was taken in from one party."""

    model_config = _example(_TAKEN)
    name: str
    characteristics: list[str]
    amount: AmountShape


class ReportAnswer(Shape):
    """The draft of a yearly report; ``agrees`` says whether its rows add up to what the ledger counted (``tallied``).

    ``filed_at`` is when the party filed the report of the year, null before.
    """

    model_config = _example(
        {
            "party": PARTY,
            "site": SITE,
            "year": 2026,
            "generated": [_GENERATED],
            "given": [_GIVEN],
            "taken": [],
            "opening": {"g": 0, "units": 0},
            "came": _AMOUNT,
            "left": _AMOUNT,
            "processed": {"g": 0, "units": 0},
            "disposed": {"g": 0, "units": 0},
            "closing": {"g": 0, "units": 0},
            "days_max": 12,
            "days_mean": 12,
            "generated_in_all": _AMOUNT,
            "tallied": _AMOUNT,
            "agrees": True,
            "filed_at": None,
        }
    )
    party: str
    site: str | None
    year: int
    generated: list[GeneratedShape]
    given: list[GivenShape]
    taken: list[TakenShape]
    opening: AmountShape
    came: AmountShape
    left: AmountShape
    processed: AmountShape
    disposed: AmountShape
    closing: AmountShape
    days_max: int
    days_mean: int
    generated_in_all: AmountShape
    tallied: AmountShape
    agrees: bool
    filed_at: Instant | None


_YEAR: Final[JsonDict] = {"year": 2026, "generated": _AMOUNT, "category": "pequeno", "at_boundary": False}
_PLAN: Final[JsonDict] = {
    "plan": "pln_mfzwizltoq2gk3tfnzsxe5dfoi",
    "number": "PM-0001",
    "operated_by": PARTY,
    "since": "2026-03-01T10:00:00Z",
}


class YearShape(Shape):
    """One year of a generator; ``at_boundary``: the law itself gives two categories for exactly this mass."""

    model_config = _example(_YEAR)
    year: int
    generated: AmountShape
    category: Category
    at_boundary: bool


class PlanShape(Shape):
    """A management plan that a party operates or joined."""

    model_config = _example(_PLAN)
    plan: str
    number: str
    operated_by: str
    since: Instant


class CategoryAnswer(Shape):
    """Which category a generator is in: what its register has, and what the complete years say (RLGPGIR 42, 44).

    ``category`` is the one that holds, null where nothing is known; ``next_year`` the one that holds after another year
    like the last.
    """

    model_config = _example(
        {
            "party": PARTY,
            "on": "2027-01-10",
            "registered": "micro",
            "category": "micro",
            "next_year": "pequeno",
            "years": [_YEAR],
            "plans": [_PLAN],
        }
    )
    party: str
    on: str
    registered: Category | None
    category: Category | None
    next_year: Category | None
    years: list[YearShape]
    plans: list[PlanShape]
