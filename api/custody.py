"""Who has held a unit, and up to which entry: told from the unit's own history, as the fold would tell it."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.domain import correction, custody, life, matter
from ledger.domain.payload import Payload, unit_key
from ledger.event import Event
from ledger.fold.life import ABROAD, IN_USE, LIFE, TERMINAL


class CustodyTrail:
    """Replays the history of one unit; ``held_until`` then says how far each party may read it.

    Attributes:
        holder: who holds the unit after the entries so far; None before its birth and after its end.
        held_until: for each past or present holder, the index of the entry that ended its custody: None while it
            lasts.
    """

    def __init__(self, unit: str) -> None:
        self.holder: str | None = None
        self.held_until: dict[str, int | None] = {}
        self._unit = unit
        self._before: dict[str, str | None] = {}
        self._claims: dict[str, str] = {}

    def follow(self, index: int, event: Event) -> None:
        """Take in the next entry about the unit that has effect."""
        pointer = self._pointer_in(event.payload)
        if pointer is None:
            return
        if isinstance(event.payload, custody.ConsignmentReceived):
            self._claims[event.id] = event.party
        after = self._holder_after(event.payload, pointer)
        self._before[event.id] = self.holder
        if after == self.holder:
            return
        if self.holder is not None:
            self.held_until[self.holder] = index
        if after is not None:
            self.held_until[after] = None
        self.holder = after

    def _pointer_in(self, payload: Payload) -> str | None:
        key = unit_key(self._unit)
        return next((subject.pointer for subject in payload.links() if subject.key == key), None)

    def _holder_after(self, payload: Payload, pointer: str) -> str | None:
        match payload:
            case life.TagReserved():
                return None
            case life.UnitRegistered(stage="in_use"):
                return IN_USE
            case life.UnitRegistered() | life.UnitProduced() | life.UnitImported():
                return payload.party
            case life.UnitMatched():
                return None if pointer == "/duplicate" else self.holder
            case custody.ConsignmentReceived():
                # What a paper says was handed over is a claim until the consignor agrees.
                moves = payload.basis != "paper" and _is_accepted(payload.lines, pointer)
                return payload.party if moves else self.holder
            case custody.ConsignmentDelivered():
                return ABROAD if _is_accepted(payload.lines, pointer) else self.holder
            case correction.EventAgreed():
                return self._claims.get(payload.event, self.holder)
            case correction.EventAnnulled():
                return self._before.get(payload.event, self.holder)
        return self._after_matter(payload, pointer)

    def _after_matter(self, payload: Payload, pointer: str) -> str | None:
        match payload:
            case custody.ConsignmentPickedUp() | custody.ConsignmentReturned() | matter.BatchClosed():
                return payload.party
            case matter.BatchFed() | matter.LotMerged() | matter.LotSplit() | matter.UnitDismantled():
                # What goes in ends; what comes out is at /into or /parts, and the signer's.
                return payload.party if pointer.startswith(("/into", "/parts")) else None
        return self._after_life_event(payload)

    def _after_life_event(self, payload: Payload) -> str | None:
        move = LIFE.get(payload.kind)
        if move is None or (move.holder is None and move.stage not in TERMINAL):
            return self.holder
        if move.stage in TERMINAL:
            return None
        return payload.party if move.holder == "signer" else move.holder


def _is_accepted(lines: list[custody.Line], pointer: str) -> bool:
    return lines[int(pointer.removeprefix("/lines/"))].outcome == "accepted"


def replay_custody(unit: str, entries: Iterable[tuple[int, Event]]) -> CustodyTrail:
    """The trail after the unit's entries that have effect, in the order of their indexes."""
    trail = CustodyTrail(unit)
    for index, event in entries:
        trail.follow(index, event)
    return trail
