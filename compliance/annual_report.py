"""The draft of the yearly report on hazardous waste (*cédula de operación anual*, RLGPGIR 72), summed from registers.

Every figure is a sum of rows of the registers, so that nobody counts twice by other means; what was generated is held
against the ledger's own tally (``compliance.tally``). Special-handling waste is no matter of this report (LGPGIR 9
III).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeVar

from compliance.register import Counterpart, RegisterRow, name_of
from compliance.tally import Amount

Flow = Literal["opening", "came", "left", "processed", "disposed", "closing"]
_LEAVING: Final[Mapping[str | None, Flow]] = {
    "processing": "processed",
    "dismantling": "processed",
    "disposal": "disposed",
}


@dataclass(frozen=True, slots=True)
class Waste:
    """One waste of one area: hazard characteristics and area of generation (RLGPGIR 72)."""

    name: str
    characteristics: tuple[str, ...]
    area: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """To whom waste of some characteristics was given, by which carrier, and for what; an id for who has no name."""

    provider: str
    provider_permit: str | None
    carrier: str | None
    carrier_permit: str | None
    handling: str
    characteristics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """From whom waste of some characteristics was taken in; an id for who has no name."""

    name: str
    characteristics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnnualReport:
    """One draft, of one place and year.

    Attributes:
        year: the calendar year that it is of.
        generated: what was generated, by waste and area.
        given: what was given to others, by provider and carrier.
        taken: what was taken in, by origin.
        opening: what lay there as the year began.
        came: everything that came in during the year.
        left: everything that left in it.
        processed: of that, what was recycled, treated or dismantled on the site.
        disposed: of that, what was disposed of on the site.
        closing: what lay there as it ended.
        days_max, days_mean: for how many days it was stored, to the end of the year at most.
        tallied: what the ledger counted as generated there.
    """

    year: int
    generated: Mapping[Waste, Amount]
    given: Mapping[Service, Amount]
    taken: Mapping[Origin, Amount]
    opening: Amount
    came: Amount
    left: Amount
    processed: Amount
    disposed: Amount
    closing: Amount
    days_max: int
    days_mean: int
    tallied: Amount

    @property
    def generated_in_all(self) -> Amount:
        """The sum of ``generated``."""
        return total(self.generated.values())

    @property
    def agrees(self) -> bool:
        """Whether the rows and the ledger's counters say the same of what was generated."""
        return self.generated_in_all == self.tallied


_Line = TypeVar("_Line", Waste, Service, Origin)


@dataclass(slots=True)
class ReportDraft:
    """Takes rows in, one by one: all of hazardous waste that lay at the place in the year, of every register.

    Attributes:
        year: the calendar year.
        party: whose report it is.
        site: the place; None for all of the party's.
    """

    year: int
    party: str
    site: str | None
    _generated: dict[Waste, Amount] = field(default_factory=dict)
    _given: dict[Service, Amount] = field(default_factory=dict)
    _taken: dict[Origin, Amount] = field(default_factory=dict)
    _flows: dict[Flow, Amount] = field(default_factory=dict)
    _days: list[int] = field(default_factory=list)

    def take(self, row: RegisterRow) -> None:
        """Count one row."""
        first, last = f"{self.year}-01-01", f"{self.year}-12-31"
        if row.came_on > last or (row.left_on or last) < first:
            return
        here = Amount(row.mass_g, 1)
        self._days.append(_days_between(row.came_on, min(row.left_on or last, last)))
        if row.came_on >= first:
            self._count("came", here)
            self._take_entry(row, here)
        else:
            self._count("opening", here)
        if row.left_on is None or row.left_on > last:
            self._count("closing", here)
        else:
            self._take_exit(row, here)

    def finish(self, tallied: Amount) -> AnnualReport:
        """The report; ``tallied`` is what the ledger's counter says was generated there."""
        return AnnualReport(
            year=self.year,
            generated=_in_order(self._generated),
            given=_in_order(self._given),
            taken=_in_order(self._taken),
            opening=self._flow("opening"),
            came=self._flow("came"),
            left=self._flow("left"),
            processed=self._flow("processed"),
            disposed=self._flow("disposed"),
            closing=self._flow("closing"),
            days_max=max(self._days, default=0),
            days_mean=sum(self._days) // max(len(self._days), 1),
            tallied=tallied,
        )

    def _take_entry(self, row: RegisterRow, here: Amount) -> None:
        at_place = self.site in (None, row.generated_site)
        if row.generated_on is not None and at_place and row.generator == self.party:
            waste = Waste(name_of(row).es, row.characteristics, row.area)
            self._generated[waste] = self._generated.get(waste, Amount()) + here
        if row.entry == "received":
            origin = Origin(_name(row.origin) or "sin identificar", row.characteristics)
            self._taken[origin] = self._taken.get(origin, Amount()) + here

    def _take_exit(self, row: RegisterRow, here: Amount) -> None:
        self._count("left", here)
        if row.next_handling in _LEAVING:
            self._count(_LEAVING[row.next_handling], here)
        if row.provider is None:
            return
        service = Service(
            provider=str(_name(row.provider)),
            provider_permit=row.provider.permit,
            carrier=_name(row.carrier),
            carrier_permit=row.carrier.permit if row.carrier else None,
            handling=str(row.next_handling),
            characteristics=row.characteristics,
        )
        self._given[service] = self._given.get(service, Amount()) + here

    def _count(self, flow: Flow, here: Amount) -> None:
        self._flows[flow] = self._flow(flow) + here

    def _flow(self, flow: Flow) -> Amount:
        return self._flows.get(flow, Amount())


def total(amounts: Iterable[Amount]) -> Amount:
    """Their sum."""
    return sum(amounts, Amount())


def _in_order(lines: Mapping[_Line, Amount]) -> dict[_Line, Amount]:
    return dict(sorted(lines.items(), key=lambda line: str(line[0])))


def _name(counterpart: Counterpart | None) -> str | None:
    return (counterpart.name or counterpart.party) if counterpart else None


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days
