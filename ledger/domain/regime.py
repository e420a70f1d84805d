"""Kinds by which authorities enact law as dated data: regimes with their tables, and calendars."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, model_validator

from ledger.domain.party import Jurisdiction
from ledger.domain.payload import AUTHORITY_ROLES, Disclosure, KeyRole, Payload, Power, Signer
from ledger.domain.values import INTEGER_MAX, Chemistry, Code, Condition, Day, Name, Part, UnitKind, check_day

LISTINGS_MAX: Final = 32
NUMBERS_MAX: Final = 128
EFFECTS_MAX: Final = 128
DISCLOSE_S_MAX: Final = 366 * 86400
NUMBER_MAX: Final = {"days": 3_660, "months": 120, "permille": 10_000}
"""What numbers of these units are at most: whoever counts days one by one comes to an end."""

Effect = Literal["block", "violation", "warning", "notice", "private", "off"]
"""What comes of a requirement that is not met: the statement is refused; a finding opens, of that weight; one that the
party concerned alone is shown; nothing."""


class Listing(Part):
    """Discarded units of these are waste of this class because the law lists them; an empty list means any.

    A lot has no chemistry and is listed by its material alone; its class else follows what it was made of.
    """

    chemistries: Annotated[list[Chemistry], Field(max_length=16)] = []
    unit_kinds: Annotated[list[UnitKind], Field(max_length=4)] = []
    conditions: Annotated[list[Condition], Field(max_length=3)] = []
    materials: Annotated[list[Code], Field(max_length=16)] = []
    waste_class: Literal["RP", "RME"]
    waste_codes: Annotated[list[Code], Field(max_length=8)] = []


class RegimeNumber(Part):
    """A term, threshold or capacity of the law, by its name; the unit is the end of the name."""

    name: Code
    value: Annotated[int, Field(ge=0, le=INTEGER_MAX)]

    @model_validator(mode="after")
    def _is_one_of_its_unit(self) -> RegimeNumber:
        unit = self.name.rpartition("_")[2]
        if self.value > NUMBER_MAX.get(unit, INTEGER_MAX):
            raise ValueError(f"value: no term, share or limit of this unit is above {NUMBER_MAX[unit]}")
        if unit == "mmdd":
            # like 630; of a common year, since terms end on it every year
            check_day(f"2001-{self.value // 100:02d}-{self.value % 100:02d}")
        return self


class RegimeEffect(Part):
    """What a requirement does when it is not met, by its id (``R01``)."""

    requirement: Code
    effect: Effect


class RegimeTables(Part):
    """The tables of a regime, as far as they differ from what the law had before any regime was enacted.

    Attributes:
        undetermined: the class of discarded units that nobody determined and no listing names.
        listings: the first one that names a unit counts.
        electronic_papers: whether an electronic reception stands for the signed original.
        clock_at_switch: when the clock of units starts that were in store as this regime made them hazardous:
            ``switch`` (its first day) or ``generation`` (the day on which they were discarded).
        party_sees_after_s: when a finding is shown to the party that it is about, after what it is about.
        authority_sees_after_s: when to authorities.
    """

    undetermined: Literal["RP", "RME"] = "RME"
    listings: Annotated[list[Listing], Field(max_length=LISTINGS_MAX)] = []
    numbers: Annotated[list[RegimeNumber], Field(max_length=NUMBERS_MAX)] = []
    effects: Annotated[list[RegimeEffect], Field(max_length=EFFECTS_MAX)] = []
    electronic_papers: bool = False
    clock_at_switch: Literal["switch", "generation"] = "switch"
    party_sees_after_s: Annotated[int, Field(ge=0, le=DISCLOSE_S_MAX)] = 0
    authority_sees_after_s: Annotated[int, Field(ge=0, le=DISCLOSE_S_MAX)] = 0

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> RegimeTables:
        if len({number.name for number in self.numbers}) != len(self.numbers):
            raise ValueError("numbers: each is named once")
        if len({effect.requirement for effect in self.effects}) != len(self.effects):
            raise ValueError("effects: each requirement has one")
        return self


class RegimeEnacted(Payload):
    """The rules of a jurisdiction from a day on. Facts are judged by those of their day, the newest enacted first."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "enact"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["regime.enacted"]
    regime: Code
    jurisdiction: Jurisdiction
    from_on: Day
    late_window_s: Annotated[int, Field(ge=0, le=366 * 86400)] = 72 * 3600
    basis: Annotated[list[Name], Field(max_length=16)] = []
    tables: RegimeTables | None = None

    def reads(self) -> list[str]:
        return [regime_key(self.jurisdiction.code)]


class CalendarPublished(Payload):
    """The non-working days of a year, as published by the authority (LFPA 28)."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "authority"
    power: ClassVar[Power | None] = "enact"
    roles: ClassVar[frozenset[KeyRole]] = AUTHORITY_ROLES
    kind: Literal["calendar.published"]
    calendar: Code
    year: Annotated[int, Field(ge=2000, le=2099)]
    closed_on: Annotated[list[Day], Field(max_length=366)]

    def reads(self) -> list[str]:
        return [f"calendar/{self.calendar}/{self.year}"]


def regime_key(jurisdiction: str) -> str:
    """State key of the regimes of a jurisdiction, in the order in which they were enacted."""
    return f"regime/{jurisdiction}"


def tables_key(event_id: str) -> str:
    """State key of the tables that a ``regime.enacted`` brought."""
    return f"tables/{event_id}"
