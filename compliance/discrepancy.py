"""Discrepancies by mass, as a check: what one end of a consignment weighed against what the other end weighed.

Three comparisons, each of weighed with weighed (``compliance.weighing``):

* ``tickets``: the consignor's weigh tickets against the consignee's, as many of them on either side: with one more on
  one side, a truck is on its way to a scale, or was never weighed.
* ``unit``: what a unit was last weighed at against what the consignee weighed; of a paper that was entered later,
  once the consignor agrees to it.
* ``lines``: the sum of the lines against tickets, where every line was weighed. A truck is weighed with its pallets and
  a line without, so this one takes the tolerance for lots whatever the goods.

Loads are compared when all that left the consignor was accepted: a ticket at the gate does not tell whether a
refused unit was still on the truck. What differs by piece has its own findings (``missing-at-reception``,
``extra-at-reception``), whatever the scales say. A finding opens and nothing is refused (no article sets a tolerance);
corrections of a mass do not compare anew, ``discrepancy.resolved`` settles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from compliance.weighing import (
    Goods,
    Weighing,
    find_tolerance,
    find_unit_weighing,
    is_discrepancy,
    weighed_by_ticket,
    weighed_singly,
    weighed_together,
)
from ledger.domain.correction import EventAgreed
from ledger.domain.custody import ConsignmentDelivered, ConsignmentReceived, Line
from ledger.domain.life import TicketWeighed
from ledger.domain.payload import Payload, act_key, unit_key
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.legal_day import legal_day
from ledger.fold.life import ABROAD, IN_USE
from ledger.fold.state import Draft, State, Value

MASS_DISCREPANCY: Final = "weight-discrepancy"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two weighings of one thing, and who answers for a difference."""

    basis: Literal["tickets", "unit", "lines"]
    expected: Weighing
    found: Weighing
    goods: Goods
    party: str
    subject: str


def weighing_key(consignment: str) -> str:
    """State key of what was accepted: ``units``, ``lots`` of them, ``weighed`` of them, and these ones' ``mass_g``."""
    return f"weighing/{consignment}"


def _touches(event: Event) -> list[str]:
    consignment = _consignment_of(event.payload)
    return [weighing_key(consignment)] if consignment else []


def _consignment_of(payload: Payload) -> str | None:
    if isinstance(payload, TicketWeighed | ConsignmentReceived | ConsignmentDelivered):
        return payload.consignment
    return None


def _follows(state: State, event: Event) -> list[str]:
    consignment = _consignment_of(event.payload)
    act = state.get(act_key(consignment)) if consignment else None
    return [act_key(ticket) for ticket in act.get("tickets", ())] if act else []


def _check_masses(draft: Draft) -> None:
    payload = draft.event.payload
    if isinstance(payload, EventAgreed):
        _judge_ceded(draft, payload)
        return
    consignment = _consignment_of(payload)
    if consignment is None:
        return
    if isinstance(payload, ConsignmentReceived | ConsignmentDelivered):
        accepted = [line for line in payload.lines if line.outcome == "accepted"]
        if not accepted:
            return
        _count(draft, consignment, accepted)
        if not _is_claim(payload):
            _judge(draft, consignment, _by_unit(draft, accepted))
    _judge(draft, consignment, _by_load(draft, consignment))


def _is_claim(payload: Payload) -> bool:
    """What one side alone enters from a paper is compared when the other side agrees: else anybody accuses anybody."""
    return isinstance(payload, ConsignmentReceived) and payload.basis == "paper"


def _judge_ceded(draft: Draft, payload: EventAgreed) -> None:
    for link in payload.units:
        unit = draft.state.get(unit_key(link.id)) or {}
        claim = unit.get("claim", {})
        before = find_unit_weighing(unit)
        if before is not None and "consignment" in claim and claim.get("mass_basis") == "weighed":
            _judge(draft, claim["consignment"], [_of_unit(unit, before, claim["mass_g"], unit["holder"], link.id)])


def _of_unit(unit: Value, before: Weighing, mass_g: int, party: str, subject: str) -> Comparison:
    goods: Goods = "lot" if unit["kind"] == "lot" else "serialised"
    return Comparison("unit", before, weighed_singly(mass_g), goods, party, subject)


def _count(draft: Draft, consignment: str, accepted: list[Line]) -> None:
    """Add the accepted lines to what the consignment's tickets are compared with."""
    units = [draft.get(unit_key(line.id)) for line in accepted]
    weighed = [line.mass_g for line in accepted if line.mass_g is not None and line.mass_basis == "weighed"]
    more = {
        "units": len(accepted),
        "lots": sum(unit["kind"] == "lot" for unit in units),
        "weighed": len(weighed),
        "mass_g": sum(weighed),
    }
    key = weighing_key(consignment)
    before = draft.find(key) or {}
    draft.put(key, {name: before.get(name, 0) + count for name, count in more.items()})


def _by_unit(draft: Draft, accepted: list[Line]) -> Iterator[Comparison]:
    for line in accepted:
        # as the unit was before this statement: the draft has it with the new mass
        unit = draft.state.get(unit_key(line.id))
        before = find_unit_weighing(unit) if unit else None
        if unit is None or before is None or line.mass_g is None or line.mass_basis != "weighed":
            continue
        holder = draft.event.party if unit["holder"] in (IN_USE, ABROAD) else unit["holder"]
        yield _of_unit(unit, before, line.mass_g, holder, line.id)


def _by_load(draft: Draft, consignment: str) -> Iterator[Comparison]:
    act, accepted = draft.get(act_key(consignment)), draft.find(weighing_key(consignment))
    if accepted is None or accepted["units"] != act["units_total"] - act["counts"].get("cancelled", 0):
        return
    consignor, consignee = act["consignor"], act["consignee"]
    sent, received = _tickets(draft, act, consignor), _tickets(draft, act, consignee)
    if sent and len(sent) == len(received):
        goods: Goods = "lot" if accepted["lots"] else "serialised"
        masses = weighed_together(sent), weighed_together(received)
        yield Comparison("tickets", *masses, goods, consignor, consignment)
    if accepted["weighed"] != accepted["units"]:
        return
    lines = weighed_singly(accepted["mass_g"], accepted["units"])
    if sent and not received:
        yield Comparison("lines", weighed_together(sent), lines, "lot", consignor, consignment)
    if len(received) == (len(sent) or 1):
        yield Comparison("lines", weighed_together(received), lines, "lot", consignee, consignment)


def _tickets(draft: Draft, act: Value, party: str | None) -> list[Weighing]:
    """What one end weighed; nothing where both ends are one party, whose tickets cannot be told apart."""
    if act["consignor"] == act["consignee"]:
        return []
    named = getattr(draft.event.payload, "ticket", None)
    names = dict.fromkeys([*act.get("tickets", ()), *([named] if named else [])])
    tickets = [draft.get(act_key(name)) for name in names]
    return [weighed_by_ticket(ticket) for ticket in tickets if ticket["party"] == party]


def _judge(draft: Draft, consignment: str, comparisons: Iterable[Comparison]) -> None:
    day = legal_day(draft.event.payload.occurred_at, None)
    for compared in comparisons:
        tolerance = find_tolerance(compared.goods, day)
        if tolerance is None or not is_discrepancy(compared.expected, compared.found, tolerance):
            continue
        draft.open_finding(
            MASS_DISCREPANCY,
            party=compared.party,
            subject=compared.subject,
            consignment=consignment,
            basis=compared.basis,
            expected_g=compared.expected.mass_g,
            found_g=compared.found.mass_g,
            uncertainty_g=compared.expected.uncertainty_g + compared.found.uncertainty_g,
            tolerance_permille=tolerance.permille,
            source=tolerance.source,
        )


DISCREPANCY_CHECK: Final = Check(
    "discrepancy",
    _touches,
    _follows,
    _check_masses,
    concerns=frozenset({TicketWeighed, ConsignmentReceived, ConsignmentDelivered, EventAgreed}),
)
"""Counts what was accepted under ``weighing/``, and opens ``weight-discrepancy``."""
