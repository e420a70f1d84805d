"""The rows that the detectors read: what the statements of a ledger say of masses, places and times, and no more.

``read_rows`` goes over the statements once, in the order of the log. A correction of a weighed mass replaces the
reading, whether or not the other side has agreed yet: what its author now says is what is judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ledger.domain import custody, life, matter
from ledger.domain.correction import EventCorrected
from ledger.domain.party import SiteRegistered
from ledger.event import Event


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a site is, in millionths of a degree (WGS 84)."""

    latitude_udeg: int
    longitude_udeg: int


@dataclass(frozen=True, slots=True)
class Described:
    """What a unit is said to be: ``model`` with its maker and chemistry, and the mass that its description states."""

    model: str
    mass_g: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A unit weighed at a reception; ``attested`` when no registered party gave it."""

    unit: str
    party: str
    at: int
    mass_g: int
    consignment: str
    attested: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A unit that a party lost, or first saw."""

    unit: str
    party: str
    at: int


@dataclass(frozen=True, slots=True)
class Batch:
    """The books of a closed batch."""

    batch: str
    party: str
    fed_g: int
    added_g: int
    unexplained_g: int


@dataclass(frozen=True, slots=True)
class Dismantling:
    """A unit taken apart by a party, at a site of its own if it said at which."""

    unit: str
    party: str
    site: str
    at: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A consignment from the site at which it was offered to the one at which it was received."""

    consignment: str
    party: str
    origin: str
    destination: str
    left_at: int
    arrived_at: int


@dataclass(slots=True)
class Rows:
    """All of them. Times are seconds since 1970."""

    spots: dict[str, Spot] = field(default_factory=dict)
    units: dict[str, Described] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    losses: list[Sighting] = field(default_factory=list)
    first_seen: list[Sighting] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    dismantlings: list[Dismantling] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)


def read_rows(events: Iterable[Event]) -> Rows:
    """The rows of these statements, which are those of a ledger in its order, without void ones."""
    reading = _Collector()
    for event in events:
        reading.read(event)
    return reading.rows


class _Collector:
    """What has to be remembered between statements while rows are made."""

    def __init__(self) -> None:
        self.rows = Rows()
        self._of_line: dict[tuple[str, str], int] = {}
        self._offered: dict[str, tuple[str, str]] = {}
        self._left_at: dict[str, int] = {}
        self._fed_g: dict[str, int] = {}
        self._added_g: dict[str, int] = {}

    def read(self, event: Event) -> None:
        match event.payload:
            case SiteRegistered() as site:
                north, east = site.place.latitude_udeg, site.place.longitude_udeg
                if north is not None and east is not None:
                    self.rows.spots[site.registered] = Spot(north, east)
            case life.UnitProduced() | life.UnitImported() | life.UnitRegistered() as born:
                self._describe(born)
            case life.UnitLost() as lost:
                self.rows.losses += [Sighting(link.id, lost.party, lost.occurred_at) for link in lost.units]
            case life.UnitFound() as found:
                back = {link.id for link in found.units}
                self.rows.losses = [loss for loss in self.rows.losses if loss.unit not in back]
            case matter.UnitDismantled() as done:
                taken = Dismantling(done.unit.id, done.party, done.site or done.party, done.occurred_at)
                self.rows.dismantlings.append(taken)
            case EventCorrected() as corrected:
                self._correct(corrected)
            case payload:
                self._read_load(event, payload)
                self._read_batch(payload)

    def _describe(self, born: life.UnitProduced | life.UnitImported | life.UnitRegistered) -> None:
        what = born.description
        model = f"{what.maker or ''}/{what.model or ''}/{what.chemistry}"
        for link in born.units:
            self.rows.units[link.id] = Described(model, what.mass_g)
            if isinstance(born, life.UnitRegistered) and born.basis == "first_seen":
                self.rows.first_seen.append(Sighting(link.id, born.party, born.occurred_at))

    def _read_load(self, event: Event, payload: object) -> None:
        match payload:
            case custody.ConsignmentOffered() as offer if offer.site is not None:
                self._offered[offer.consignment] = (offer.party, offer.site)
            case custody.ConsignmentPickedUp() as pick_up:
                self._left_at.setdefault(pick_up.consignment, pick_up.occurred_at)
            case custody.ConsignmentReceived() as received:
                self._weigh(event.id, received)
                self._arrive(received)

    def _weigh(self, event_id: str, received: custody.ConsignmentReceived) -> None:
        for n, line in enumerate(received.lines):
            if line.outcome != "accepted" or line.mass_g is None or line.mass_basis != "weighed":
                continue
            self._of_line[event_id, f"/lines/{n}/mass_g"] = len(self.rows.readings)
            attested = received.basis == "attested"
            weighed = (line.id, received.party, received.occurred_at, line.mass_g, received.consignment, attested)
            self.rows.readings.append(Reading(*weighed))

    def _arrive(self, received: custody.ConsignmentReceived) -> None:
        origin = self._offered.get(received.consignment)
        left_at = self._left_at.get(received.consignment)
        if origin is None or left_at is None or received.site is None:
            return
        way = (received.consignment, received.party, origin[1], received.site, left_at, received.occurred_at)
        self.rows.trips.append(Trip(*way))

    def _correct(self, corrected: EventCorrected) -> None:
        place = self._of_line.get((corrected.event, corrected.pointer))
        if place is not None:
            self.rows.readings[place] = replace(self.rows.readings[place], mass_g=corrected.now)

    def _read_batch(self, payload: object) -> None:
        match payload:
            case matter.BatchFed() as fed:
                more_g = sum(unit.mass_g for unit in fed.units)
                self._fed_g[fed.batch] = self._fed_g.get(fed.batch, 0) + more_g
            case matter.BatchStepped() as step:
                more_g = sum(material.mass_g for material in step.additions)
                self._added_g[step.batch] = self._added_g.get(step.batch, 0) + more_g
            case matter.BatchClosed() as closed:
                fed_g, added_g = self._fed_g.get(closed.batch, 0), self._added_g.get(closed.batch, 0)
                self.rows.batches.append(Batch(closed.batch, closed.party, fed_g, added_g, closed.unexplained_g))
