"""Which act of which statement takes whose permit, and what happens when none in force at ``occurred_at`` covers it.

Only waste takes a permit (LGPGIR 5 XXIX): a unit that was discarded, unless it was determined not to be waste, and
any unit that travels for a purpose of waste. Warranty cores, recalled packs and second-life stock that nobody
discarded take none; a discarded pack takes one also for reuse (RLGPGIR 49 II).

The class is that of the law of the day. As it stands, a unit without a determination is special-handling waste, which
the states regulate (LGPGIR 9 III, 19 IX): the articles that a refusal cites are federal for hazardous waste alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from certification.coverage import (
    Exercise,
    FailedCondition,
    Load,
    Shortfall,
    Spot,
    find_load,
    find_shortfall,
    is_banned_mode,
    sufficient,
)
from certification.permit import Permit, permit_as_of
from ledger.domain.custody import (
    ConsignmentDelivered,
    ConsignmentOffered,
    ConsignmentPickedUp,
    ConsignmentReceived,
    ConsignmentRedirected,
    ConsignmentStored,
)
from ledger.domain.life import UnitDisposed, UnitExported, UnitRemanufactured, UnitRepurposed, UnitStored
from ledger.domain.matter import BatchFed, BatchOpened, UnitDismantled
from ledger.domain.payload import Payload, act_key, event_key, party_key, permits_key, site_key
from ledger.errors import AuthorisationMissing
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.heads import stale_subjects
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL, tables_keys, tables_on
from ledger.fold.state import Draft, State, Value, parse_step

FEDERAL_ARTICLES: Final[dict[str, str]] = {
    "receiving": "LGPGIR 42, 50; RLGPGIR 56 III-IV",
    "storage": "LGPGIR 50 III",
    "transport": "LGPGIR 50 VI; RLGPGIR 46 VI",
    "reuse": "LGPGIR 50 IV; RLGPGIR 49 II",
    "repurposing": "LGPGIR 50 IV; RLGPGIR 49 II",
    "dismantling": "LGPGIR 50 IV",
    "recycling": "LGPGIR 50 IV",
    "treatment": "LGPGIR 50 IV; RLGPGIR 49 IV",
    "disposal": "LGPGIR 50 VII",
    "export": "LGPGIR 50 X",
}
CURES: Final[dict[FailedCondition, str]] = {
    "none-granted": "choose a party that the directory lists for it, or have this party's permit recorded",
    "activity": "choose a party that the directory lists for it, or have the permit's scope changed",
    "not-yet": "wait for the permit's first day, or choose another party of the directory",
    "expired": "have the permit's renewal recorded, or choose another party of the directory",
    "revoked": "choose another party of the directory",
    "suspended": "have the suspension lifted, or choose another party of the directory",
    "waste-class": "choose a party permitted for this waste class, or have the permit's scope changed",
    "chemistry": "choose a party permitted for this chemistry, or have the permit's scope changed",
    "condition": "choose a party permitted for units in this condition, or have the permit's scope changed",
    "site": "name a site that the permit covers (`destination` of an offer or a redirection, else `site`)",
    "mode": "choose a carrier permitted for this mode of transport; by air no hazardous waste travels",
}

_SIGNER_ACTS: Final[dict[type[Payload], str]] = {
    UnitDismantled: "dismantling",
    UnitRepurposed: "repurposing",
    UnitRemanufactured: "reuse",
    UnitExported: "export",
    UnitDisposed: "disposal",
}
"""Statements about units in the signer's own hands that take one activity, whatever else they say."""


_OF_SIGNERS: Final = (
    ConsignmentPickedUp,
    ConsignmentStored,
    ConsignmentReceived,
    ConsignmentDelivered,
    UnitStored,
    BatchOpened,
    BatchFed,
)
"""Other statements that take the signer's own permit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when an act is judged: the site by which permits are limited, the state, the legal day."""

    site: str | None
    state: str | None
    day: str

    @property
    def spot(self) -> Spot:
        """The site and its state; ``state`` alone is only that of whoever states the act."""
        return Spot(self.site, self.state) if self.site else Spot()


def _touches(event: Event) -> list[str]:
    return [permits_key(party) for party in _parties(event.payload)]


def _parties(payload: Payload) -> list[str]:
    """Whose permits the statement may take; nobody's for most kinds."""
    if isinstance(payload, ConsignmentOffered):
        return [payload.party, payload.consignee, *payload.carriers]
    if isinstance(payload, ConsignmentRedirected):
        return [payload.party, payload.consignee]
    if isinstance(payload, ConsignmentReceived) and payload.on_paper is not None:
        return [payload.party, *payload.on_paper.carriers]
    return [payload.party] if isinstance(payload, (*_OF_SIGNERS, *_SIGNER_ACTS)) else []


def follows(state: State, event: Event) -> list[str]:
    """The second round of what the check reads: law, permits, sites, and how stored units came."""
    payload = event.payload
    parties = _parties(payload)
    keys = tables_keys(state, FEDERAL) if parties else []
    keys += [act_key(permit) for party in parties for permit in permit_ids(state, party)]
    site = _site(state, payload)
    if site is not None:
        keys.append(site_key(site))
    if isinstance(payload, UnitStored):
        for _, _, unit in stated_units(state, payload):
            keys += [event_key(event_id) for event_id in _own_steps(unit, payload.party)]
    return keys


def permit_ids(state: State, party: str) -> list[str]:
    """Every authorisation that the party was ever granted or given."""
    index = state.get(permits_key(party))
    return list(dict.fromkeys(index["ids"])) if index else []


def _site(state: State, payload: Payload) -> str | None:
    """The site at which the activity is exercised, if the statement or its batch names one."""
    if isinstance(payload, ConsignmentOffered | ConsignmentRedirected):
        return payload.destination
    if isinstance(payload, BatchFed):
        batch = state.get(act_key(payload.batch))
        if batch is not None and "site" in batch:
            return str(batch["site"])
    return payload.site


def place_of(state: State, payload: Payload) -> Place:
    """Where and when the statement's acts are judged."""
    site = _site(state, payload)
    where = site or payload.site
    value = state.get(site_key(where)) if where else None
    return Place(site, value["place"]["state"] if value else None, legal_day(payload.occurred_at, value))


def exercises(state: State, payload: Payload) -> Iterator[Exercise]:
    """Every act of the statement that takes a permit, and whose."""
    match payload:
        case UnitStored():
            yield from _of_storing(state, payload)
        case BatchOpened():
            yield Exercise(payload.party, payload.activity, "/activity", None)
        case BatchFed():
            batch = state.get(act_key(payload.batch))
            if batch is not None and batch["kind"] == "batch":
                yield from _of_signer(state, payload, batch["activity"])
        case _ if type(payload) in _SIGNER_ACTS:
            yield from _of_signer(state, payload, _SIGNER_ACTS[type(payload)])
        case _:
            yield from _of_consignment(state, payload)


def _of_consignment(state: State, payload: Payload) -> Iterator[Exercise]:
    match payload:
        case ConsignmentOffered():
            yield from _of_offer(state, payload)
        case ConsignmentPickedUp():
            mode = payload.mode or _consignment(state, payload.consignment).get("mode")
            for _, load in _loads(state, payload, _purpose(state, payload.consignment)):
                yield Exercise(payload.party, "transport", "/party", load, mode)
        case ConsignmentStored():
            yield from _of_storing_on_the_way(state, payload)
        case ConsignmentRedirected():
            purpose = _purpose(state, payload.consignment)
            for _, load in _loads(state, payload, purpose):
                yield from _of_consignee(state, payload, load, purpose)
        case ConsignmentReceived():
            yield from _of_reception(state, payload)
        case ConsignmentDelivered():
            yield from _of_delivery(state, payload)


def _of_signer(state: State, payload: Payload, activity: str) -> Iterator[Exercise]:
    for pointer, load in _loads(state, payload):
        yield Exercise(payload.party, activity, pointer, load)


def _loads(state: State, payload: Payload, purpose: str | None = None) -> Iterator[tuple[str, Load]]:
    """The statement's waste, of the class that the law of its day gives it, each with where the statement names it."""
    tables = tables_on(state, FEDERAL, place_of(state, payload).day)
    for unit_id, pointer, unit in stated_units(state, payload):
        load = find_load(unit_id, unit, purpose, tables)
        if load is not None:
            yield pointer, load


def stated_units(state: State, payload: Payload) -> Iterator[tuple[str, str, Value]]:
    """Id, pointer and value of the statement's units that are in the ledger already."""
    for subject in payload.extends:
        if subject.key.startswith("unit/") and subject.prev is not None:
            unit = state.get(subject.key)
            if unit is not None:
                yield subject.key.removeprefix("unit/"), subject.pointer, unit


def _of_offer(state: State, payload: ConsignmentOffered) -> Iterator[Exercise]:
    takers = [(carrier, "transport", f"/carriers/{n}") for n, carrier in enumerate(payload.carriers)]
    for _, load in _loads(state, payload, payload.purpose):
        yield from _of_consignee(state, payload, load, payload.purpose)
        for carrier, activity, field in takers:
            if state.get(party_key(carrier)) is not None:
                yield Exercise(carrier, activity, field, load, payload.mode)


def _of_consignee(
    state: State, payload: ConsignmentOffered | ConsignmentRedirected, load: Load, purpose: str | None
) -> Iterator[Exercise]:
    """A foreign consignee is another country's affair: what leaves takes the consignor's permit (LGPGIR 50 X).

    A maquiladora's return takes a notice only (RLGPGIR 121, 123).
    """
    consignee = state.get(party_key(payload.consignee))
    if consignee is None:
        return
    if consignee["form"] != "foreign":
        yield Exercise(payload.consignee, "receiving", "/consignee", load)
    elif purpose != "maquiladora_return":
        yield Exercise(payload.party, "export", "/consignee", load)


def _purpose(state: State, consignment: str) -> str | None:
    return _consignment(state, consignment).get("purpose")


def _consignment(state: State, consignment: str) -> Value:
    act = state.get(act_key(consignment))
    return act if act is not None and act["kind"] == "consignment" else {}


def _of_reception(state: State, payload: ConsignmentReceived) -> Iterator[Exercise]:
    """What the signer took in; a successor takes in nothing new: the site goes on with what it had."""
    if payload.basis == "succession":
        return
    taken = {line.id for line in payload.lines if line.outcome in ("accepted", "extra")}
    purpose = payload.on_paper.purpose if payload.on_paper else _purpose(state, payload.consignment)
    for pointer, load in _loads(state, payload, purpose):
        if load.unit in taken:
            yield Exercise(payload.party, "receiving", pointer, load)


def _of_delivery(state: State, payload: ConsignmentDelivered) -> Iterator[Exercise]:
    """What has left the country took the permit that its offer took, on the day it crossed too."""
    purpose = _purpose(state, payload.consignment)
    left = {line.id for line in payload.lines if line.outcome == "accepted"}
    for pointer, load in _loads(state, payload, purpose):
        if load.unit in left and purpose != "maquiladora_return":
            yield Exercise(payload.party, "export", pointer, load)


def _of_storing_on_the_way(state: State, payload: ConsignmentStored) -> Iterator[Exercise]:
    """What is put down on the way is other parties' waste in a store, unless its own producer carries it."""
    act = _consignment(state, payload.consignment)
    if act.get("consignor") == payload.party:
        return
    for _, load in _loads(state, payload, act.get("purpose")):
        yield Exercise(payload.party, "storage", "/site", load)


def _of_storing(state: State, payload: UnitStored) -> Iterator[Exercise]:
    """Keeping other parties' waste takes a permit (LGPGIR 50 III); keeping one's own does not (RLGPGIR 82, 84)."""
    received = {
        unit_id for unit_id, _, unit in stated_units(state, payload) if _was_received(state, unit, payload.party)
    }
    for pointer, load in _loads(state, payload):
        if load.unit in received:
            yield Exercise(payload.party, "storage", pointer, load)


def _was_received(state: State, unit: Value, holder: str) -> bool:
    """Whether the holder took the unit in as waste: it received it, and did not discard it itself since."""
    for event_id in _own_steps(unit, holder):
        step = state.get(event_key(event_id))
        if step is not None and step["kind"] in ("consignment.received", "unit.discarded"):
            return bool(step["kind"] == "consignment.received")
    return False


def _own_steps(unit: Value, party: str) -> list[str]:
    """The unit's newest events in a row that the party signed, newest first."""
    steps = map(parse_step, reversed(unit.get("trail", [])))
    return [event_id for event_id, _ in takewhile(lambda step: step[1] == party, steps)]


def held_permits(state: State, party: str, day: str) -> dict[str, Permit]:
    """The party's permits as they stood on the day, by id; one that had passed to another party is not among them."""
    values = {permit: state.get(act_key(permit)) for permit in permit_ids(state, party)}
    permits = {name: permit_as_of(value, day) for name, value in values.items() if value is not None}
    return {name: permit for name, permit in permits.items() if permit.holder == party}


def _check_scope(draft: Draft) -> None:
    state, payload = draft.state, draft.event.payload
    # What the signer had not seen may change class and condition: a stale statement is turned away as stale, or waits.
    if not _parties(payload) or stale_subjects(state, draft.event):
        return
    place = place_of(state, payload)
    held = {party: held_permits(state, party, place.day) for party in _parties(payload)}
    for exercise in exercises(state, payload):
        shortfall = find_shortfall(held[exercise.party].values(), exercise, place.spot)
        if shortfall is not None:
            _object(draft, exercise, shortfall, place)
    _judge_carriers_on_paper(draft, place, held)


def _judge_carriers_on_paper(draft: Draft, place: Place, held: Mapping[str, Mapping[str, Permit]]) -> None:
    """A paper names carriers that nobody asked before they left: who took in what they brought answers, once for each.

    The carriers themselves have signed nothing here.
    """
    payload = draft.event.payload
    if not isinstance(payload, ConsignmentReceived) or payload.on_paper is None:
        return
    loads = list(_loads(draft.state, payload, payload.on_paper.purpose))
    for n, carrier in enumerate(dict.fromkeys(payload.on_paper.carriers)):
        for _, load in loads:
            exercise = Exercise(carrier, "transport", f"/on_paper/carriers/{n}", load)
            shortfall = find_shortfall(held[carrier].values(), exercise, place.spot)
            if shortfall is not None:
                facts = {"carrier": carrier, **_facts(exercise, shortfall, place)}
                draft.open_finding("carried-without-permit", party=payload.party, subject=payload.consignment, **facts)
                break


def _object(draft: Draft, exercise: Exercise, shortfall: Shortfall, place: Place) -> None:
    """Refuse, or open a finding where it has happened all the same: a reception's signer states so, a delivery is one.

    In an emergency nobody asks for a permit.
    """
    payload = draft.event.payload
    if isinstance(payload, ConsignmentReceived) and payload.basis == "emergency":
        return
    if isinstance(payload, ConsignmentDelivered) and exercise.load is not None:
        subject, facts = exercise.load.unit, _facts(exercise, shortfall, place)
        draft.open_finding("exported-without-permit", party=exercise.party, subject=subject, **facts)
        return
    if not isinstance(payload, ConsignmentReceived) or exercise.load is None:
        raise _refusal(exercise, shortfall, place)
    if payload.exception is None:
        raise _refusal(exercise, shortfall, place, "; if it happened, add a signed `exception`: a finding opens")
    draft.open_finding(
        "received-without-permit",
        party=exercise.party,
        subject=exercise.load.unit,
        reason=payload.exception.reason,
        **_facts(exercise, shortfall, place),
    )


def _refusal(exercise: Exercise, shortfall: Shortfall, place: Place, or_else: str = "") -> AuthorisationMissing:
    unit = {"unit": exercise.load.unit} if exercise.load else {}
    return AuthorisationMissing(
        f"no permit of {exercise.party} covers this {exercise.activity} on {place.day}: {shortfall.condition}",
        field=exercise.field,
        cure=CURES[shortfall.condition] + or_else,
        party=exercise.party,
        any_of=[*sorted(sufficient(exercise.activity))],
        **unit,
        **_facts(exercise, shortfall, place),
    )


def _facts(exercise: Exercise, shortfall: Shortfall, place: Place) -> dict[str, str]:
    load, permit = exercise.load, shortfall.permit
    return {
        "activity": exercise.activity,
        "condition": shortfall.condition,
        "article": _article(exercise, shortfall.condition, place),
        "day": place.day,
        **({"waste_class": load.waste_class} if load else {}),
        **({"authorisation": permit.number} if permit else {}),
    }


def _article(exercise: Exercise, condition: FailedCondition, place: Place) -> str:
    if condition == "mode" and is_banned_mode(exercise):
        return "LGPGIR 67 I"
    if exercise.load is not None and exercise.load.waste_class == "RP":
        return FEDERAL_ARTICLES[exercise.activity]
    return f"LGPGIR 9 III; law of state {place.state}" if place.state else "LGPGIR 9 III; law of the state"


SCOPE_CHECK: Final = Check("scope", _touches, follows, _check_scope)
"""By the permits in force at ``occurred_at``: raises AuthorisationMissing, or opens ``received-without-permit``,
``exported-without-permit`` or ``carried-without-permit``."""
