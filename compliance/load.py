"""A load: one consignment as values, with all that its papers, pages and answers say of it. Nothing here reads a store.

``compliance.store.loads`` reads one; tests and papers may put one together by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from compliance.law import Law, law_on
from ledger.domain.custody import BorderPapers
from ledger.domain.values import Assurance, Document, MassBasis
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value

OPEN_LINES: Final = ("offered", "carried", "handed", "stored", "refused", "missing", "extra", "claimed")
"""Lines that somebody has still to sign for. ``extra`` and ``claimed`` (received, by a paper entered later) wait for
the consignor's agreement; such a unit may be in another consignment meanwhile."""
OUTCOMES: Final = (
    "accepted",
    "returned",
    "cancelled",
    "lost",
    "taken",
    "redirected",
    "delivered",
    "dropped",
    "ceded",
    "unclaimed",
)
"""How a line ends. ``taken``: received elsewhere in an emergency or by a successor, seized, or ceded under another
consignment; ``dropped``: a claim by paper that came to nothing; ``ceded`` and ``unclaimed``: an extra unit that the
consignor agreed had travelled too, or that it did not."""


@dataclass(frozen=True, slots=True)
class Masses:
    """What is known of a line's mass, in grams; never one number for another.

    Attributes:
        declared_g: what the unit was registered with, corrections included; None if nobody stated it.
        received_g: what the consignee stated, corrections included.
        received_basis: how it knew; there exactly when ``received_g`` is.
    """

    declared_g: int | None = None
    received_g: int | None = None
    received_basis: MassBasis | None = None


@dataclass(frozen=True, slots=True)
class LoadLine:
    """One unit of a consignment.

    Attributes:
        unit: its id.
        value: its state value as of now; of a unit that has left the consignment it tells of later things too.
        line: one of ``OPEN_LINES`` or ``OUTCOMES``.
        holder: who answered for it as far as this consignment goes: a party, or ``in_use``, ``abroad``.
        assurance: how its newest hand-over in this consignment is vouched for; None before the first.
        masses: what is known of its mass.
        to: the carrier to which it is handed on, or who claims it.
        reason: why it was refused.
        since: when it came to this line (occurred_at, seconds since 1970).
        event: the id of the event that brought it there.
        entered: leaf index of the entry that put it in the consignment: lines are in this order.
    """

    unit: str
    value: Value
    line: str
    holder: str | None
    assurance: Assurance | None = None
    masses: Masses = field(default_factory=Masses)
    to: str | None = None
    reason: str | None = None
    since: int = 0
    event: str = ""
    entered: int = 0

    @property
    def count(self) -> int:
        """How many units this is."""
        return 1

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to sign for it."""
        return self.line in OPEN_LINES


@dataclass(frozen=True, slots=True)
class HandOver:
    """One statement of the consignment's way, in the order of the log.

    Attributes:
        event: its id.
        kind: tag of its kind.
        party: who stated it.
        kid: the key that signed, in hex.
        occurred_at: as the party says; seconds since 1970.
        recorded_at: as the ledger saw.
        units: how many it is about.
        assurance: how it is vouched for: by the signing key, or as an attested giver, a scanned paper.
        site: where it was signed.
        to: the carrier to which the units were handed on.
        mode: how they travel from here.
    """

    event: str
    kind: str
    party: str
    kid: str
    occurred_at: int
    recorded_at: int
    units: int
    assurance: Assurance
    site: str | None = None
    to: str | None = None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class LoadDocument:
    """A photo or paper that a statement of the consignment cites; its bytes are in the blob store, or gone."""

    document: Document
    event: str
    party: str


@dataclass(frozen=True, slots=True)
class Load:
    """One consignment, whole.

    Attributes:
        consignment: its id.
        act: its state value.
        lines: every unit that is or was in it, in the order of the offers.
        parties: state values of all parties that it or its lines name, by id.
        sites: state values of all sites that it names, by id.
        tickets: state values of its weigh tickets, by id.
        hand_overs: the statements of its way.
        documents: what these cite.
        origin: the site from which it was offered, if the consignor named one.
        opened_at: when its first statement occurred, seconds since 1970.
        as_of: the ledger's time when this was read, seconds since 1970.
        findings: what the ledger found about it: state values, by their keys.
        regimes: the federal regimes and their tables: state values, by their keys; none is the law before any.
    """

    consignment: str
    act: Value
    lines: tuple[LoadLine, ...]
    parties: Mapping[str, Value]
    sites: Mapping[str, Value] = field(default_factory=dict)
    tickets: Mapping[str, Value] = field(default_factory=dict)
    hand_overs: tuple[HandOver, ...] = ()
    documents: tuple[LoadDocument, ...] = ()
    origin: str | None = None
    opened_at: int = 0
    as_of: int = 0
    findings: Mapping[str, Value] = field(default_factory=dict)
    regimes: Mapping[str, Value | None] = field(default_factory=dict)

    @property
    def law_day(self) -> str:
        """The day by whose law the load travels: that of its pick-up, until then that of the ledger."""
        at = self.as_of if self.picked_up_at is None else self.picked_up_at
        return legal_day(at, self.sites.get(self.origin or ""))

    @property
    def law(self) -> Law:
        """The federal law of that day."""
        return law_on(self.regimes, self.law_day)

    @property
    def tables(self) -> Value:
        """Its tables, by which its waste is classed."""
        return self.law.tables

    @property
    def consignor(self) -> str | None:
        """Who gives the units up; None for a giver without a key."""
        consignor: str | None = self.act["consignor"]
        return consignor

    @property
    def consignee(self) -> str:
        """Who takes them."""
        consignee: str = self.act["consignee"]
        return consignee

    @property
    def carriers(self) -> tuple[str, ...]:
        """Who carries them, in the order in which they were named or picked up."""
        return tuple(self.act["carriers"])

    @property
    def purpose(self) -> str:
        """Why they travel (``ledger.domain.custody.Purpose``; of a reception without an offer, its giver)."""
        purpose: str = self.act["purpose"]
        return purpose

    @property
    def stage(self) -> str:
        """Where the consignment is: offering, offered, moving, closed, cancelled, claimed."""
        stage: str = self.act["stage"]
        return stage

    @property
    def destination(self) -> str | None:
        """The consignee's site to which it goes."""
        destination: str | None = self.act.get("destination")
        return destination

    @property
    def picked_up_at(self) -> int | None:
        """When the first unit was picked up, seconds since 1970."""
        picked_up_at: int | None = self.act.get("picked_up_at")
        return picked_up_at

    @property
    def open_lines(self) -> tuple[LoadLine, ...]:
        """The lines that somebody has still to sign for."""
        return tuple(line for line in self.lines if line.is_open)

    @property
    def border(self) -> BorderPapers | None:
        """The numbers under which it leaves the country."""
        stated = self.act.get("border")
        return None if stated is None else BorderPapers.model_validate(stated)
