"""How much of a permit's yearly capacity is used: what was taken in, and what was processed (RLGPGIR 48 VI, 56).

Mass is counted when the act is recorded, in the calendar year of its legal day at the site, on the permit that
covered the act: of several, the one with most room left. Taking in is counted at reception, whichever receiving
activity the permit is for; processing when a unit is fed to a batch, dismantled, repurposed, remanufactured or
disposed of. Each activity has a total of its own, since one pack is taken in, then dismantled, then its modules fed;
what is *used* is the greatest of them, for the installation may pass its capacity in none.

Every reception counts, as the register of entries has it (RLGPGIR 71): a unit that was refused or missing was never
taken in, one that left and is received anew is taken in anew. What a party's own batches made is not processed a
second time. The mass is what the receiver says, else what is known of the unit; a correction moves the count when it
takes effect, in the year in which the act was counted.
"""

from __future__ import annotations

from typing import Final

from certification.coverage import Exercise, covering
from certification.permit import Permit, permit_as_of
from certification.scope import Place, exercises, follows, held_permits, permit_ids, place_of, stated_units
from ledger.domain.correction import EventAgreed, EventCorrected
from ledger.domain.custody import ConsignmentReceived
from ledger.domain.life import UnitDisposed, UnitRemanufactured, UnitRepurposed
from ledger.domain.matter import BatchFed, UnitDismantled
from ledger.domain.payload import Payload, act_key, event_key, permits_key
from ledger.domain.values import format_instant
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.state import Draft, State, Value

NEAR_PERMILLE: Final = 800
"""From this share of its capacity on a permit is said to be near it."""

_COUNTED: Final = (
    ConsignmentReceived,
    BatchFed,
    UnitDismantled,
    UnitRepurposed,
    UnitRemanufactured,
    UnitDisposed,
)
_DAY_S: Final = 86_400
_Line = tuple[str, str, int]
"""Authorisation, activity, mass in grams."""


def capacity_key(authorisation: str, year: str) -> str:
    """State key of what one year has used of a permit: ``used_g``, ``by_activity``, ``near`` once that was found."""
    return f"capacity/{authorisation}/{year}"


def counted_key(event_id: str) -> str:
    """State key of what an event has counted and on which permits, for a later correction or agreement."""
    return f"capacity/event/{event_id}"


def _touches(event: Event) -> list[str]:
    payload = event.payload
    if isinstance(payload, EventCorrected | EventAgreed):
        return [counted_key(payload.event)]
    return [permits_key(payload.party)] if isinstance(payload, _COUNTED) else []


def _follows(state: State, event: Event) -> list[str]:
    payload = event.payload
    if isinstance(payload, EventCorrected | EventAgreed):
        return _counted_before(state.get(counted_key(payload.event)))
    if not isinstance(payload, _COUNTED):
        return []
    years = _possible_years(payload.occurred_at)
    counts = [capacity_key(permit, year) for permit in permit_ids(state, payload.party) for year in years]
    return [*follows(state, event), *counts]


def _counted_before(counted: Value | None) -> list[str]:
    lines = _lines(counted).values() if counted else []
    year = counted["day"][:4] if counted else ""
    permits = dict.fromkeys(authorisation for authorisation, _, _ in lines)
    return [key for permit in permits for key in (act_key(permit), capacity_key(permit, year))]


def _lines(counted: Value) -> dict[str, _Line]:
    """What was counted, and what waits for an agreement, by unit."""
    return {unit: (line[0], line[1], line[2]) for unit, line in {**counted["counted"], **counted["waiting"]}.items()}


def _possible_years(at: int) -> list[str]:
    """The years that the instant may be in, wherever the site is: it is known only later which site."""
    return sorted({format_instant(at - _DAY_S)[:4], format_instant(at + _DAY_S)[:4]})


def _check_capacity(draft: Draft) -> None:
    match draft.event.payload:
        case EventCorrected() as corrected:
            _count_correction(draft, corrected)
        case EventAgreed() as agreed:
            _count_agreement(draft, agreed)
        case payload if isinstance(payload, _COUNTED):
            _count_act(draft, payload)


def _count_act(draft: Draft, payload: Payload) -> None:
    place = place_of(draft.state, payload)
    held = held_permits(draft.state, payload.party, place.day)
    masses_g, extra = _masses_g(draft.state, payload), _extra_units(payload)
    counted: dict[str, list[str | int]] = {}
    waiting: dict[str, list[str | int]] = {}
    for exercise in exercises(draft.state, payload):
        unit = exercise.load.unit if exercise.load is not None else ""
        permits = covering(held, exercise, place.spot) if unit in masses_g else []
        if not permits:
            continue
        permit = min(permits, key=lambda name: _fullness(draft, name, held[name], exercise, place))
        line: list[str | int] = [permit, exercise.activity, masses_g[unit]]
        if unit in extra:
            waiting[unit] = line
        else:
            counted[unit] = line
            _add(draft, permit, place.day[:4], exercise.activity, masses_g[unit])
    for permit in sorted({str(permit) for permit, _, _ in counted.values()}):
        _compare(draft, permit, held[permit], place.day[:4])
    if isinstance(payload, ConsignmentReceived) and (counted or waiting):
        draft.put(counted_key(draft.event.id), {"day": place.day, "counted": counted, "waiting": waiting})


def _masses_g(state: State, payload: Payload) -> dict[str, int]:
    """The mass of each unit to be counted, as the statement tells it, else as it was received, else as described."""
    known = {unit_id: unit for unit_id, _, unit in stated_units(state, payload) if unit["stage"] != "reserved"}
    stated: dict[str, int | None] = {}
    if isinstance(payload, ConsignmentReceived):
        stated = {line.id: line.mass_g for line in payload.lines}
    elif isinstance(payload, BatchFed):
        stated = {fed.id: fed.mass_g for fed in payload.units if known[fed.id].get("processed_by") != payload.party}
        known = {unit_id: known[unit_id] for unit_id in stated}
    masses_g: dict[str, int] = {}
    for unit_id, unit in known.items():
        mass_g = stated.get(unit_id)
        known_g = int(unit["received_mass_g"] if "received_mass_g" in unit else unit["mass_g"])
        masses_g[unit_id] = known_g if mass_g is None else mass_g
    return masses_g


def _extra_units(payload: Payload) -> frozenset[str]:
    """Units of the reception that are a claim only, until the consignor agrees."""
    if not isinstance(payload, ConsignmentReceived):
        return frozenset()
    return frozenset(line.id for line in payload.lines if line.outcome == "extra" or payload.basis == "paper")


def _fullness(draft: Draft, name: str, permit: Permit, exercise: Exercise, place: Place) -> tuple[bool, int, str]:
    """Orders permits by the room they have left: one without a limit first, and the same everywhere if they tie."""
    capacity_g = permit.scope.get("capacity_g_per_year")
    if capacity_g is None:
        return False, 0, name
    used_g = _by_activity(draft.find(capacity_key(name, place.day[:4]))).get(exercise.activity, 0)
    return True, used_g - capacity_g, name


def _by_activity(value: Value | None) -> dict[str, int]:
    return value["by_activity"] if value is not None else {}


def _add(draft: Draft, permit: str, year: str, activity: str, mass_g: int) -> None:
    key = capacity_key(permit, year)
    before = draft.find(key)
    totals = _by_activity(before)
    totals = {**totals, activity: totals.get(activity, 0) + mass_g}
    draft.put(key, {**(before or {}), "by_activity": totals, "used_g": max(totals.values())})


def _compare(draft: Draft, authorisation: str, permit: Permit, year: str) -> None:
    """Open a finding when this event has brought the year near the permit's capacity, once a year, or beyond it."""
    key = capacity_key(authorisation, year)
    value, before = draft.get(key), draft.state.get(key) or {"used_g": 0}
    capacity_g = permit.scope.get("capacity_g_per_year")
    if capacity_g is None or value["used_g"] <= before["used_g"] or value["used_g"] * 1000 < capacity_g * NEAR_PERMILLE:
        return
    exceeded = value["used_g"] > capacity_g
    if exceeded or not value.get("near"):
        draft.open_finding(
            "capacity-exceeded" if exceeded else "capacity-near",
            party=permit.holder,
            subject=authorisation,
            authorisation=permit.number,
            article=_article(permit),
            year=year,
            used_g=value["used_g"],
            capacity_g=capacity_g,
        )
    draft.edit(key)["near"] = True


def _article(permit: Permit) -> str:
    federal = "RP" in permit.scope["waste_classes"]
    return "LGPGIR 52 VI; RLGPGIR 48 VI, 56" if federal else "LGPGIR 9 III; law of the state"


def _count_correction(draft: Draft, payload: EventCorrected) -> None:
    """Move the count by the correction's delta, or keep the delta until the counterparty agrees to it."""
    counted = draft.state.get(counted_key(payload.event))
    original = draft.state.get(event_key(payload.event))
    if counted is None or original is None:
        return
    unit = original["amounts"][payload.pointer][0].removeprefix("unit/")
    if unit not in counted["counted"]:
        return
    permit, activity, _ = counted["counted"][unit]
    delta_g = payload.now - payload.was
    if draft.pending is None:
        _add_later(draft, counted["day"], (permit, activity, delta_g))
        return
    waiting = {unit: [permit, activity, delta_g]}
    draft.put(counted_key(draft.event.id), {"day": counted["day"], "counted": {}, "waiting": waiting})


def _count_agreement(draft: Draft, payload: EventAgreed) -> None:
    """Count what waited: the delta of a correction, or the claimed units that the consignor gives up."""
    counted = draft.state.get(counted_key(payload.event))
    if counted is None:
        return
    agreed = {link.id for link in payload.units} or counted["waiting"].keys()
    for unit, line in counted["waiting"].items():
        if unit in agreed:
            _add_later(draft, counted["day"], tuple(line))


def _add_later(draft: Draft, day: str, line: _Line) -> None:
    authorisation, activity, mass_g = line
    _add(draft, authorisation, day[:4], activity, mass_g)
    _compare(draft, authorisation, permit_as_of(draft.get(act_key(authorisation)), day), day[:4])


CAPACITY_CHECK: Final = Check(
    "capacity", _touches, _follows, _check_capacity, frozenset({EventCorrected, EventAgreed, *_COUNTED})
)
"""Counts the yearly use of permits under ``capacity/``, and opens ``capacity-near`` and ``capacity-exceeded``."""
