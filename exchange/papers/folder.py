"""What a load's papers say, every text resolved: the one thing that all of them are drawn from.

None stands for what nobody has said: it is drawn as a line to be filled in with ink, and listed as missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compliance.particulars import Address, Carrying, Giving, Policy, Receiving
from compliance.purpose import Paper, Waste
from compliance.transport.goods import Goods

HazardCode = Literal["C", "R", "E", "T", "I", "B", "M"]
"""Columns of the manifest's box 5: corrosive, reactive, explosive, toxic, flammable, biological; M for mixtures."""
Isolated = Literal["damaged", "critical"]
"""``critical`` is liable to disassemble, to catch fire or to give off gas (SP 376); ``damaged`` is not."""


@dataclass(frozen=True, slots=True)
class PermitLine:
    """One permit that a party of the load has for its part in it, on the folder's day.

    ``reservations`` is what a reader has to know of it: transcribed from a list, a court's stay, a claimed renewal.
    """

    authorisation: str
    number: str
    activities: str
    waste_classes: str
    authority: str
    from_on: str
    to_on: str
    standing: str
    in_force: bool = True
    reservations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """What the ledger holds of a hand-over: beside the ink, never in its place.

    ``at`` is local at the site where it was signed; ``assurance`` in words.
    """

    at: str
    assurance: str
    event: str


@dataclass(frozen=True, slots=True)
class PartyBlock:
    """A party of the load. ``name`` is None for a natural person who left it to be written by hand."""

    party: str | None
    name: str | None
    address: Address | None = None
    phone: str | None = None
    email: str | None = None
    permits: tuple[PermitLine, ...] = ()
    signed: Signed | None = None

    @property
    def numbers(self) -> str | None:
        """The numbers of its permits that are in force; None if there are none."""
        return ", ".join(permit.number for permit in self.permits if permit.in_force) or None


@dataclass(frozen=True, slots=True)
class CarrierBlock:
    """A carrier, in the order in which they carry."""

    who: PartyBlock
    carrying: Carrying


@dataclass(frozen=True, slots=True)
class Piece:
    """One unit of the load.

    Attributes:
        number: its place in the load, from 1.
        unit: its id; ``serial`` is what people read of it.
        what: kind, maker and model, in words.
        chemistry, condition: in words.
        mass_g: as far as anybody stated it, and ``basis`` how.
        un_number: four digits; None for what is no dangerous good, or not classed yet.
        isolated: why it gets an isolation card; None for one that gets none.
        outcome: what became of it (``compliance.load.OUTCOMES``, refused, missing); None while it is on its way.
        hazards: letters of its CRETIB code; ``codes`` its waste keys as they were stated.
        entered_on, left_on: days on which it came into and left the consignor's store.
        assessed_on: day of its newest assessment.
    """

    number: int
    unit: str
    serial: str
    what: str
    chemistry: str
    condition: str
    mass_g: int | None
    basis: str
    energy_wh: int | None = None
    un_number: str | None = None
    isolated: Isolated | None = None
    outcome: str | None = None
    hazards: frozenset[HazardCode] = frozenset()
    codes: tuple[str, ...] = ()
    entered_on: str | None = None
    left_on: str | None = None
    assessed_on: str | None = None


@dataclass(frozen=True, slots=True)
class WasteLine:
    """One line of box 5: pieces of one name, hazard and packing. ``mass_g`` is None unless known of every piece."""

    name: str
    hazards: frozenset[HazardCode]
    pieces: tuple[int, ...]
    package: str | None
    capacity: str | None
    mass_g: int | None
    estimated: bool
    labelled: bool | None


@dataclass(frozen=True, slots=True)
class IssuedPaper:
    """The consignor's running number of a paper in ink, and how far that paper has come, in words."""

    number: str
    standing: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long one holder keeps its paper. ``until`` is a day, or in words from what it will be reckoned."""

    document: str
    holder: str
    until: str
    article: str


@dataclass(frozen=True, slots=True)
class Folder:
    """One load's papers.

    Attributes:
        consignment: its id; ``url`` is where it is verified, ASCII.
        day: on which this was drawn, in the consignor's time zone.
        purpose, stage, mode, fitting: in words.
        waste: the stricter class among its units; None for what is no waste.
        papers: which belong into the folder, in its order.
        pieces: every unit, in the order of the offers; ``wastes`` and ``goods`` are the same units grouped.
        approval: of the competent authority for critical pieces.
        observations: what the ledger holds about discrepancies (box 18).
        carta_porte: label and value of each datum; None for a value that is missing.
    """

    consignment: str
    url: str
    day: str
    purpose: str
    stage: str
    mode: str
    fitting: str
    waste: Waste | None
    papers: tuple[Paper, ...]
    consignor: PartyBlock
    giving: Giving
    carriers: tuple[CarrierBlock, ...]
    consignee: PartyBlock
    receiving: Receiving
    origin: str | None
    destination: str | None
    pieces: tuple[Piece, ...]
    wastes: tuple[WasteLine, ...]
    goods: tuple[Goods, ...]
    issued: IssuedPaper | None = None
    approval: str | None = None
    observations: tuple[str, ...] = ()
    retentions: tuple[Retention, ...] = ()
    carta_porte: tuple[tuple[str, tuple[tuple[str, str | None], ...]], ...] = ()

    @property
    def policies(self) -> tuple[tuple[CarrierBlock, Policy], ...]:
        """The insurances of all carriers."""
        return tuple((carrier, policy) for carrier in self.carriers for policy in carrier.carrying.policies)

    @property
    def isolated(self) -> tuple[Piece, ...]:
        """Pieces that get an isolation card."""
        return tuple(piece for piece in self.pieces if piece.isolated is not None)
