"""Where one unit lay as waste, from entry to exit, told from its own history: what registers of waste are made of.

The state knows where a unit is now. A register (RLGPGIR 71) asks for every time that it came to a place and left it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from compliance.consignment_lines import LINE_KINDS, LineTrail
from ledger.domain import correction, custody, life, matter
from ledger.domain.payload import Payload, unit_key
from ledger.event import Event
from ledger.fold.life import ABROAD, IN_USE
from ledger.fold.state import Value

Entry = Literal["generated", "made", "received", "returned", "moved", "found", "seized"]
"""``made``: by hand of older waste; ``moved``: from another place of the same party."""

STAY_KINDS: Final = sorted(
    {
        *LINE_KINDS,
        "unit.discarded",
        "unit.classified",
        "unit.stored",
        "unit.remanufactured",
        "unit.repurposed",
        "product.released",
    }
)
"""The kinds by which waste comes to be, moves, is determined, or ceases."""

_ENTRIES: Final[Mapping[type[Payload], Entry]] = {
    life.UnitRegistered: "generated",
    life.UnitDiscarded: "generated",
    matter.BatchClosed: "generated",
    matter.LotSplit: "made",
    matter.LotMerged: "made",
    matter.UnitDismantled: "made",
    custody.ConsignmentReceived: "received",
    correction.EventAgreed: "received",
    custody.ConsignmentReturned: "returned",
    life.UnitReturned: "returned",
    life.UnitFound: "found",
    life.UnitSeized: "seized",
}
_BY_HAND: Final = (matter.LotSplit, matter.LotMerged, matter.UnitDismantled)
_CEASES: Final = (life.UnitRemanufactured, life.UnitRepurposed, matter.ProductReleased)
_NO_PLACE: Final = (None, IN_USE, ABROAD)


@dataclass(frozen=True, slots=True)
class Stay:
    """One unit at one place as waste. Times are seconds since 1970, as the parties state them.

    Attributes:
        unit: its id.
        entered: leaf index of the entry by which it came; no two stays of a unit have the same.
        party: who held it.
        site: where; None while nobody said where.
        since: when it came.
        entry: how it came.
        entry_event: the event by which.
        consignment_in: the consignment that brought it.
        giver: the party that gave it up, if that was one.
        generator: the party that generated it, as far as its own history tells.
        reason: why or in which process it became waste, of what was generated or made here.
        made_in: the batch that it came out of here.
        stored_at: when its holder stated that it was put into storage here.
        received_g: the mass that the consignee stated as it came.
        waste_class: as last determined while it lay here; None if nobody had.
        characteristics: found by that determination.
        codes: its keys.
        left: leaf index of the entry by which it left; None while it lies here.
        until: when it left.
        exit: the kind by which.
        exit_event: the event by which.
        consignment_out: the consignment that took it.
        batch: the batch that it was fed to.
    """

    unit: str
    entered: int
    party: str
    site: str | None
    since: int
    entry: Entry
    entry_event: str
    consignment_in: str | None = None
    giver: str | None = None
    generator: str | None = None
    reason: str | None = None
    made_in: str | None = None
    stored_at: int | None = None
    received_g: int | None = None
    waste_class: str | None = None
    characteristics: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    left: int | None = None
    until: int | None = None
    exit: str | None = None
    exit_event: str | None = None
    consignment_out: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class _Now:
    """Where the unit stands after an entry; ``away``: on the road, or lost."""

    done: tuple[Stay, ...] = ()
    open: Stay | None = None
    holder: str | None = None
    site: str | None = None
    waste: bool = False
    away: bool = False
    generator: str | None = None
    waste_class: str | None = None
    characteristics: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


class StayTrail:
    """Replays the history of one unit; ``stays`` then says where it lay as waste, in the order of the log.

    Args:
        unit: its id.
        value: its state value at the end of the history, which alone tells of what parts are made.
        history: what has effect of ``STAY_KINDS``, with leaf indexes, in their order.
    """

    def __init__(self, unit: str, value: Value, history: Iterable[tuple[int, Event]]) -> None:
        self._unit, self._key, self._value = unit, unit_key(unit), value
        self._lines = LineTrail(unit)
        self._before: dict[str, _Now] = {}
        self._now = _Now()
        events = list(history)
        self._born_as_waste = _was_born_as_waste(value, [event for _, event in events])
        for index, event in events:
            self._follow(index, event)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """One for each time that it came to a place as waste, or became waste there."""
        return (*self._now.done, self._now.open) if self._now.open else self._now.done

    def _follow(self, index: int, event: Event) -> None:
        self._lines.follow(index, event)
        pointer = next((subject.pointer for subject in event.payload.extends if subject.key == self._key), None)
        if pointer is None:
            return
        payload = event.payload
        if payload.annullable:
            self._before[event.id] = self._now
        if isinstance(payload, correction.EventAnnulled):
            self._now = self._before.get(payload.event, self._now)
            return
        moved = self._moved(payload, pointer)
        self._now = self._settled(moved, index, event, pointer)

    def _moved(self, payload: Payload, pointer: str) -> _Now:
        now, holder = self._now, self._lines.holder
        site = payload.site or (now.site if holder == now.holder else None)
        if isinstance(payload, life.UnitStored):
            site = payload.site
        away = now.away and holder == now.holder and not isinstance(payload, life.UnitFound)
        if isinstance(payload, (custody.ConsignmentPickedUp, life.UnitLost)):
            away = True
        moved = replace(now, holder=holder, site=site, away=away, waste=self._is_waste(payload, pointer))
        if isinstance(payload, life.UnitClassified):
            return replace(
                moved,
                waste_class=payload.waste_class,
                characteristics=tuple(payload.characteristics),
                codes=tuple(payload.waste_codes),
            )
        if _ENTRIES.get(type(payload)) in ("generated", "made") and moved.waste and not now.waste:
            return self._generated(moved, payload)
        return moved

    def _is_waste(self, payload: Payload, pointer: str) -> bool:
        match payload:
            case life.UnitRegistered():
                return payload.stage == "waste"
            case life.UnitDiscarded() | matter.BatchClosed():
                return True
            case matter.LotSplit() | matter.LotMerged() | matter.UnitDismantled():
                return self._born_as_waste if pointer.startswith(("/into", "/parts")) else self._now.waste
        return self._now.waste and not isinstance(payload, _CEASES)

    def _generated(self, moved: _Now, payload: Payload) -> _Now:
        """What is made of waste takes over what was said of that; its own determination starts anew otherwise."""
        if not isinstance(payload, _BY_HAND):
            return replace(moved, generator=payload.party, waste_class=None, characteristics=(), codes=())
        determined = self._value.get("determined", {})
        return replace(
            moved,
            generator=self._value.get("generated", {}).get("by"),
            waste_class=self._value.get("waste_class"),
            characteristics=tuple(determined.get("characteristics", ())),
            codes=tuple(self._value.get("waste_codes", ())),
        )

    def _settled(self, now: _Now, index: int, event: Event, pointer: str) -> _Now:
        """Close the stay that this entry ends, and open the one that it begins."""
        payload, stay = event.payload, now.open
        lies = now.waste and not now.away and now.holder not in _NO_PLACE
        if stay is not None:
            stay = replace(stay, waste_class=now.waste_class, characteristics=now.characteristics, codes=now.codes)
            if lies and stay.party == now.holder and stay.site in (None, now.site):
                stored_at = payload.occurred_at if isinstance(payload, life.UnitStored) else None
                return replace(now, open=replace(stay, site=now.site, stored_at=stay.stored_at or stored_at))
            now = replace(now, open=None, done=(*now.done, _closed(stay, index, event)))
        return replace(now, open=self._opened(now, index, event, pointer)) if lies else now

    def _opened(self, now: _Now, index: int, event: Event, pointer: str) -> Stay:
        payload = event.payload
        entry = _ENTRIES.get(type(payload), "moved")
        consignment, giver = self._brought_by(payload) if entry in ("received", "returned") else (None, None)
        return Stay(
            unit=self._unit,
            entered=index,
            party=str(now.holder),
            site=now.site,
            since=payload.occurred_at,
            entry=entry,
            entry_event=event.id,
            consignment_in=consignment,
            giver=giver,
            generator=now.generator,
            reason=_reason(payload),
            made_in=payload.batch if isinstance(payload, matter.BatchClosed) else None,
            stored_at=payload.occurred_at if isinstance(payload, life.UnitStored) else None,
            received_g=_received_g(payload, pointer),
            waste_class=now.waste_class,
            characteristics=now.characteristics,
            codes=now.codes,
        )

    def _brought_by(self, payload: Payload) -> tuple[str | None, str | None]:
        named: str | None = getattr(payload, "consignment", None)
        line = next((line for line in reversed(self._lines.lines) if named in (None, line.consignment)), None)
        return (line.consignment, line.consignor) if line else (named, None)


def find_stays(unit: str, value: Value, history: Iterable[tuple[int, Event]]) -> tuple[Stay, ...]:
    """Where the unit lay as waste, as ``StayTrail`` tells it."""
    return StayTrail(unit, value, history).stays


def _was_born_as_waste(value: Value, events: Iterable[Event]) -> bool:
    """Of a part or lot made by hand: whether what it was made of was waste."""
    payloads = [event.payload for event in events]
    if any(isinstance(payload, life.UnitDiscarded) for payload in payloads):
        return False
    return "generated" in value or any(isinstance(payload, matter.ProductReleased) for payload in payloads)


def _closed(stay: Stay, index: int, event: Event) -> Stay:
    payload = event.payload
    return replace(
        stay,
        left=index,
        until=payload.occurred_at,
        exit=payload.kind,
        exit_event=event.id,
        consignment_out=getattr(payload, "consignment", None),
        batch=payload.batch if isinstance(payload, matter.BatchFed) else None,
    )


def _reason(payload: Payload) -> str | None:
    match payload:
        case life.UnitDiscarded():
            return payload.reason
        case matter.BatchClosed():
            return "process"
        case matter.LotSplit() | matter.LotMerged() | matter.UnitDismantled():
            return payload.kind
    return None


def _received_g(payload: Payload, pointer: str) -> int | None:
    if not isinstance(payload, custody.ConsignmentReceived):
        return None
    return payload.lines[int(pointer.rpartition("/")[2])].mass_g
