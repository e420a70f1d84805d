"""What became of one unit in each consignment that it was in, told from the unit's own history as the fold would.

The state keeps of a line only that it is open: whoever shows a finished consignment needs how each line ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.domain import correction, custody, life, matter
from ledger.domain.kinds import KINDS
from ledger.domain.payload import Payload, key_key, unit_key
from ledger.event import Event
from ledger.fold.consignment import ENDS_CLAIMS
from ledger.fold.life import ABROAD, LIFE, TERMINAL

_ENDING: Final = (matter.BatchFed, matter.LotSplit, matter.LotMerged, matter.UnitDismantled, life.UnitMatched)
_MAKING: Final = (
    life.UnitRegistered,
    life.UnitProduced,
    life.UnitImported,
    matter.BatchClosed,
    matter.LotSplit,
    matter.LotMerged,
    matter.UnitDismantled,
)
_MOVES: Final = {kind: move for kind, move in LIFE.items() if move.holder is not None or move.stage in TERMINAL}

LINE_KINDS: Final = sorted(
    tag
    for tag, kind in KINDS.items()
    if tag.startswith("consignment.")
    or tag in _MOVES
    or tag == "unit.lost"
    or issubclass(kind, (*_ENDING, *_MAKING, correction.EventAgreed, correction.EventAnnulled))
)
"""The kinds that may open, move or end a line."""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit in one consignment.

    Attributes:
        consignment: its id.
        entered: leaf index of the entry that put the unit there; no two lines of a unit have the same.
        line: one of ``load.OPEN_LINES`` or ``load.OUTCOMES``.
        consignor: who gives the unit up; None for a giver without a key.
        holder: who answers for the unit as far as this consignment goes.
        event: the event that brought it to this line.
        place: the unit's place in that event's list.
        since: when that was (occurred_at).
        key: state key of the key that signed its newest hand-over in this consignment; None before the first.
        attested: how that hand-over is vouched for, where it is not by that key.
        to: the carrier to which it is handed on, or who claims it.
        reason: why it was refused.
        mass_g: what the consignee stated.
        mass_basis: how it knew.
    """

    consignment: str
    entered: int
    line: str
    consignor: str | None
    holder: str | None
    event: str
    place: int
    since: int
    key: str | None = None
    attested: str | None = None
    to: str | None = None
    reason: str | None = None
    mass_g: int | None = None
    mass_basis: str | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    """Lines so far, and at which place among them the unit's own line and the claim to it are."""

    lines: tuple[UnitLine, ...] = ()
    inside: int | None = None
    claim: int | None = None
    holder: str | None = None

    def opened(self, line: UnitLine) -> _Standing:
        return replace(self, lines=(*self.lines, line), inside=len(self.lines), holder=line.holder)

    def claimed(self, line: UnitLine) -> _Standing:
        unclaimed = self.dropped(line.event, line.since)
        return replace(unclaimed, lines=(*unclaimed.lines, line), claim=len(unclaimed.lines))

    def moved(self, **changes: Any) -> _Standing:
        """The unit's own line changed; it stays in the consignment."""
        if self.inside is None:
            return self
        line = replace(self.lines[self.inside], **changes)
        return replace(self._with(self.inside, line), holder=line.holder)

    def left(self, **changes: Any) -> _Standing:
        """The unit's own line changed, and is over."""
        return replace(self.moved(**changes), inside=None)

    def ceded(self, **changes: Any) -> _Standing:
        """The claim was agreed to."""
        if self.claim is None:
            return self
        line = replace(self.lines[self.claim], **changes)
        return replace(self._with(self.claim, line), claim=None, holder=line.holder)

    def dropped(self, event: str, since: int) -> _Standing:
        """A claim came to nothing."""
        if self.claim is None:
            return self
        claim = self.lines[self.claim]
        outcome = "dropped" if claim.line == "claimed" else "unclaimed"
        line = replace(claim, line=outcome, event=event, since=since)
        return replace(self._with(self.claim, line), claim=None)

    def held_by(self, holder: str | None) -> _Standing:
        return replace(self, holder=holder).moved(holder=holder)

    def settled(self, event: str, since: int) -> _Standing:
        """A claim is against who holds the unit: it ends when custody moves."""
        if self.claim is None or self.lines[self.claim].holder == self.holder:
            return self
        return self.dropped(event, since)

    def withdrawn_to(self, before: _Standing) -> _Standing:
        """As before; but a claim that has ended is not brought back."""
        if before.claim is None or self.claim is not None:
            return before
        return replace(before._with(before.claim, self.lines[before.claim]), claim=None)

    def _with(self, place: int, line: UnitLine) -> _Standing:
        return replace(self, lines=(*self.lines[:place], line, *self.lines[place + 1 :]))


class LineTrail:
    """Replays the history of one unit; ``lines`` then says what became of it, in the order of the log."""

    def __init__(self, unit: str) -> None:
        self._key = unit_key(unit)
        self._standing = _Standing()
        self._before: dict[str, _Standing] = {}

    @property
    def lines(self) -> tuple[UnitLine, ...]:
        """One for each time that the unit came into a consignment, or was claimed for one."""
        return self._standing.lines

    @property
    def holder(self) -> str | None:
        """Who holds the unit after the last entry, or one of the fixed holders; None once it has ended."""
        return self._standing.holder

    def follow(self, index: int, event: Event) -> None:
        """Take in the next entry about the unit that has effect."""
        pointer = next((subject.pointer for subject in event.payload.extends if subject.key == self._key), None)
        if pointer is None:
            return
        if event.payload.annullable:
            self._before[event.id] = self._standing
        after = self._after(_Step(index, event, pointer))
        self._standing = after.settled(event.id, event.payload.occurred_at)

    def _after(self, step: _Step) -> _Standing:
        standing, payload = self._standing, step.event.payload
        if isinstance(payload, correction.EventAnnulled):
            return standing.withdrawn_to(self._before.get(payload.event, standing))
        if isinstance(payload, ENDS_CLAIMS):
            standing = step.dropped(standing)
        transition = _TRANSITIONS.get(type(payload))
        if transition is not None:
            return transition(standing, step, payload)
        return standing.held_by(None) if step.ends else _after_move(standing, step)


@dataclass(frozen=True, slots=True)
class _Step:
    """One entry, and where it names the unit."""

    index: int
    event: Event
    pointer: str

    @property
    def place(self) -> int:
        """Of the unit in the event's list."""
        last = self.pointer.rpartition("/")[2]
        return int(last) if last.isdigit() else 0

    @property
    def ends(self) -> bool:
        """Whether the unit goes into others here, or is known as another from here on."""
        if isinstance(self.event.payload, life.UnitMatched):
            return self.pointer == "/duplicate"
        return isinstance(self.event.payload, _ENDING) and not self.pointer.startswith(("/into", "/parts"))

    @property
    def signed(self) -> str:
        """State key of the signing key."""
        return key_key(self.event.party, self.event.kid)

    @property
    def marks(self) -> dict[str, Any]:
        """What every line notes of the event that brought it where it is."""
        return {"event": self.event.id, "place": self.place, "since": self.event.payload.occurred_at}

    def dropped(self, standing: _Standing) -> _Standing:
        return standing.dropped(self.event.id, self.event.payload.occurred_at)


def _after_move(standing: _Standing, step: _Step) -> _Standing:
    payload = step.event.payload
    if isinstance(payload, _MAKING):
        return standing.held_by(payload.party)
    move = _MOVES.get(payload.kind)
    if move is None:
        return standing
    return standing.held_by(payload.party if move.holder == "signer" else move.holder)


def _offer(standing: _Standing, step: _Step, said: custody.ConsignmentOffered) -> _Standing:
    return standing.opened(
        UnitLine(said.consignment, step.index, "offered", said.party, said.party, **step.marks),
    )


def _pick_up(standing: _Standing, step: _Step, said: custody.ConsignmentPickedUp) -> _Standing:
    taken = {"holder": said.party, "key": step.signed, "attested": None}
    return standing.moved(line="carried", to=None, **taken, **step.marks)


def _hand_on(standing: _Standing, step: _Step, said: custody.ConsignmentHandedOn) -> _Standing:
    return standing.moved(line="handed", to=said.to, **step.marks)


def _store(standing: _Standing, step: _Step, _: custody.ConsignmentStored) -> _Standing:
    return standing.moved(line="stored", to=None, **step.marks)


def _receive(standing: _Standing, step: _Step, said: custody.ConsignmentReceived) -> _Standing:
    line = said.lines[step.place]
    if said.basis == "offer":
        return _RECEPTION[line.outcome](standing, step, said.consignment, line)
    opened = UnitLine(
        said.consignment,
        step.index,
        "accepted",
        said.on_paper.consignor if said.on_paper else None,
        said.party,
        key=step.signed,
        mass_g=line.mass_g,
        mass_basis=line.mass_basis,
        **step.marks,
    )
    match said.basis:
        case "paper":
            claim = replace(opened, line="claimed", key=None, holder=opened.consignor, to=said.party)
            return standing.claimed(claim) if line.outcome == "accepted" else standing
        case "attested":
            attested = said.giver.assurance if said.giver else None
            return replace(step.dropped(standing).opened(replace(opened, attested=attested)), inside=None)
        case "emergency":
            opened = replace(opened, attested="one_sided")
    elsewhere = {"holder": said.party, "key": opened.key, "attested": opened.attested}
    taken = step.dropped(standing.left(line="taken", **elsewhere, **step.marks))
    return replace(taken.opened(opened), inside=None)


def _accept(standing: _Standing, step: _Step, _: str, line: custody.Line) -> _Standing:
    received = {"holder": step.event.party, "key": step.signed, "attested": None, "to": None, "reason": None}
    weighed = {"mass_g": line.mass_g, "mass_basis": line.mass_basis}
    return step.dropped(standing.left(line="accepted", **received, **weighed, **step.marks))


def _refuse_line(standing: _Standing, step: _Step, _: str, line: custody.Line) -> _Standing:
    return _turned_away(standing, step, "refused", line.reason)


def _miss(standing: _Standing, step: _Step, _: str, line: custody.Line) -> _Standing:
    return _turned_away(standing, step, "missing", line.reason)


def _turned_away(standing: _Standing, step: _Step, line: str, reason: str | None) -> _Standing:
    """What never left the consignor is back with it at once."""
    if standing.inside is None:
        return standing
    own = standing.lines[standing.inside]
    if own.holder == own.consignor:
        return standing.left(line="returned", to=None, reason=reason, **step.marks)
    return standing.moved(line=line, to=None, reason=reason, **step.marks)


def _claim_extra(standing: _Standing, step: _Step, consignment: str, line: custody.Line) -> _Standing:
    claim = UnitLine(consignment, step.index, "extra", standing.holder, standing.holder, **step.marks)
    return standing.claimed(replace(claim, to=step.event.party, mass_g=line.mass_g, mass_basis=line.mass_basis))


_RECEPTION: Final[dict[str, Callable[[_Standing, _Step, str, custody.Line], _Standing]]] = {
    "accepted": _accept,
    "refused": _refuse_line,
    "missing": _miss,
    "extra": _claim_extra,
}


def _refuse(standing: _Standing, step: _Step, said: custody.ConsignmentRefused) -> _Standing:
    return _turned_away(standing, step, "refused", said.reason)


def _return(standing: _Standing, step: _Step, said: custody.ConsignmentReturned) -> _Standing:
    taken = {"holder": said.party, "key": step.signed, "attested": None}
    return standing.left(line="returned", to=None, **taken, **step.marks)


def _cancel(standing: _Standing, step: _Step, said: custody.ConsignmentCancelled) -> _Standing:
    if standing.claim is not None and standing.lines[standing.claim].consignment == said.consignment:
        return step.dropped(standing)
    return standing.left(line="cancelled", **step.marks)


def _redirect(standing: _Standing, step: _Step, said: custody.ConsignmentRedirected) -> _Standing:
    if standing.inside is None:
        return standing
    own = standing.lines[standing.inside]
    on = UnitLine(said.into, step.index, "carried", own.consignor, own.holder, key=own.key, **step.marks)
    return standing.left(line="redirected", to=None, **step.marks).opened(replace(on, attested=own.attested))


def _deliver(standing: _Standing, step: _Step, said: custody.ConsignmentDelivered) -> _Standing:
    line = said.lines[step.place]
    if line.outcome != "accepted":
        return _turned_away(standing, step, line.outcome, line.reason)
    taken = {"holder": ABROAD, "key": step.signed, "attested": "scanned_paper"}
    weighed = {"mass_g": line.mass_g, "mass_basis": line.mass_basis}
    return step.dropped(standing.left(line="delivered", to=None, **taken, **weighed, **step.marks))


def _lose(standing: _Standing, step: _Step, _: life.UnitLost) -> _Standing:
    return standing.left(line="lost", to=None, **step.marks)


def _seize(standing: _Standing, step: _Step, said: life.UnitSeized) -> _Standing:
    taken = {"holder": said.party, "key": step.signed, "attested": None}
    return standing.left(line="taken", to=None, **taken, **step.marks).held_by(said.party)


def _agree(standing: _Standing, step: _Step, said: correction.EventAgreed) -> _Standing:
    """The claimed unit goes to whoever claims it, out of any consignment that it was in meanwhile."""
    if standing.claim is None:
        return standing
    claim = standing.lines[standing.claim]
    if claim.event != said.event:
        return standing
    on_paper = claim.line == "claimed"
    taken = {"holder": claim.to, "key": step.signed, "attested": "scanned_paper" if on_paper else None}
    outcome = "accepted" if on_paper else "ceded"
    elsewhere = standing.left(line="taken", to=None, **taken, **step.marks)
    return elsewhere.ceded(line=outcome, to=None, **taken, **step.marks)


_TRANSITIONS: Final[dict[type[Payload], Callable[..., _Standing]]] = {
    custody.ConsignmentOffered: _offer,
    custody.ConsignmentPickedUp: _pick_up,
    custody.ConsignmentHandedOn: _hand_on,
    custody.ConsignmentStored: _store,
    custody.ConsignmentReceived: _receive,
    custody.ConsignmentRefused: _refuse,
    custody.ConsignmentReturned: _return,
    custody.ConsignmentCancelled: _cancel,
    custody.ConsignmentRedirected: _redirect,
    custody.ConsignmentDelivered: _deliver,
    life.UnitLost: _lose,
    life.UnitSeized: _seize,
    correction.EventAgreed: _agree,
}


def replay_lines(unit: str, entries: Iterable[tuple[int, Event]]) -> tuple[UnitLine, ...]:
    """The unit's lines after its entries that have effect (leaf index, event), in the order of their indexes."""
    trail = LineTrail(unit)
    for index, event in entries:
        trail.follow(index, event)
    return trail.lines
