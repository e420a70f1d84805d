"""Registers of generators, plans, and what parties file with authorities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import filing as kinds
from ledger.domain.filing import generator_key, plans_key, report_key
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.errors import NotConcerned, NotHolder, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import acting_for, check_registrar
from ledger.fold.inspection import act_of_kind
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Draft, Value

FILINGS_MAX: Final = 16
"""Filings of extensions that a unit names, the newest; of one party that an act names, the first.

And register lines up to which a party may copy its own.
"""
PLANS_MAX: Final = 64
_ABOUT_KIND: Final = {"con": "consignment", "inc": "incident", "bch": "batch"}


def _register_generator(draft: Draft, payload: kinds.GeneratorRegistered) -> None:
    party = draft.get(party_key(payload.generator), "/generator")
    check_registrar(draft, payload.generator)
    if payload.number is not None and party["form"] == "fisica":
        raise NotConcerned("a natural person's number stays outside the log", field="/number")
    for n, site in enumerate(payload.sites):
        if draft.get(site_key(site), f"/sites/{n}")["party"] != payload.generator:
            raise NotConcerned("another party operates the site", field=f"/sites/{n}")
    line: Value = {
        "from_on": payload.from_on,
        "category": payload.category,
        "register_of": payload.register_of,
        "sites": payload.sites,
        "event": draft.event.id,
        **({"number": payload.number} if payload.number is not None else {}),
    }
    key = generator_key(payload.generator)
    timeline = (draft.find(key) or {"timeline": []})["timeline"]
    if payload.party == payload.generator:
        _check_own_copy(timeline, payload)
        line["copied"] = True
    draft.put(key, {"timeline": [*timeline, line]})


def _check_own_copy(timeline: list[Value], payload: kinds.GeneratorRegistered) -> None:
    """What a party copies of its registration undoes nothing that an authority recorded, and does not grow for ever."""
    if any(line["register_of"] == payload.register_of and "copied" not in line for line in timeline):
        raise NotConcerned(
            "an authority has recorded this registration itself",
            field="/register_of",
            cure="leave it to that authority",
        )
    if len(timeline) >= FILINGS_MAX:
        raise TransitionNotAllowed(
            "the party has copied its registration often enough",
            field="/generator",
            cure="have the authority record it",
            most=FILINGS_MAX,
        )


def _register_plan(draft: Draft, payload: kinds.PlanRegistered) -> None:
    draft.get(party_key(payload.operated_by), "/operated_by")
    value = {
        "kind": "plan",
        "party": payload.operated_by,
        "number": payload.number,
        "from_on": payload.from_on,
    }
    draft.put(act_key(payload.plan), value)
    _note_plan(draft, payload.operated_by, payload.plan)


def _join_plan(draft: Draft, payload: kinds.PlanJoined) -> None:
    if draft.get(act_key(payload.plan), "/plan")["kind"] != "plan":
        raise SubjectUnknown("not a plan", field="/plan")
    draft.put(f"adherence/{payload.plan}/{payload.party}", {"since": payload.occurred_at, "event": draft.event.id})
    _note_plan(draft, payload.party, payload.plan)


def _note_plan(draft: Draft, party: str, plan: str) -> None:
    key = plans_key(party)
    plans = (draft.find(key) or {"plans": []})["plans"]
    since = draft.event.payload.occurred_at
    if all(known["plan"] != plan for known in plans):
        draft.put(key, {"plans": [*plans, {"plan": plan, "since": since}][-PLANS_MAX:]})


def _submit_filing(draft: Draft, payload: kinds.FilingSubmitted) -> None:
    to = draft.get(party_key(payload.to), "/to")
    if not to.get("powers"):
        raise NotConcerned("filings go to an authority", field="/to")
    note: Value = {"filing": payload.filing, "subject": payload.subject, "at": payload.occurred_at}
    value: Value = {"kind": "filing", "party": payload.party, "to": payload.to, **note}
    del value["filing"]
    for member in ("about", "year"):
        if getattr(payload, member) is not None:
            value[member] = getattr(payload, member)
    if payload.units:
        value["units"] = payload.units
    draft.put(act_key(payload.filing), value)
    # the terms are federal law: what another authority is told meets none of them
    is_federal = to.get("jurisdiction") == FEDERAL
    if payload.about is not None:
        _note_on_act(draft, payload.about, note, counts=is_federal)
    if payload.year is not None and is_federal:
        _note_report(draft, payload, payload.year)
    for n, unit in enumerate(payload.units):
        _note_on_unit(draft, payload, unit, f"/units/{n}", counts=is_federal)


def _note_on_unit(draft: Draft, payload: kinds.FilingSubmitted, unit: str, pointer: str, *, counts: bool) -> None:
    """Only who holds the unit asks for longer storage of it, or tells of its loss."""
    value = draft.get(unit_key(unit), pointer)
    is_holder = value.get("holder") in acting_for(draft)
    if payload.subject == "storage_extension":
        if not is_holder:
            raise NotHolder("the party does not hold this unit", field=pointer, unit=unit)
        if not counts:
            raise NotConcerned("the federation extends this term", field="/to", article="RLGPGIR 65")
        extended = draft.edit(unit_key(unit))
        extended["extensions"] = [*extended.get("extensions", []), payload.filing][-FILINGS_MAX:]
    elif payload.subject in ("loss", "incident") and counts and is_holder and {"lost", "stolen"} & value.keys():
        draft.edit(unit_key(unit)).setdefault("told_at", payload.occurred_at)


def _note_on_act(draft: Draft, about: str, note: Value, *, counts: bool) -> None:
    act = draft.edit(act_key(about), "/about")
    if act["kind"] != _ABOUT_KIND[about[:3]]:
        raise SubjectUnknown(f"not a {_ABOUT_KIND[about[:3]]}", field="/about")
    party = draft.event.party
    if party not in _parties_of(act):
        raise NotConcerned("another party's affair", field="/about")
    filings = act.get("filings", [])
    # each party has its own room: nobody crowds out what another filed
    if counts and sum(filing["party"] == party for filing in filings) < FILINGS_MAX:
        act["filings"] = [*filings, {**note, "party": party}]


def _parties_of(act: Value) -> set[str]:
    named = [act.get("party"), act.get("consignor"), act.get("consignee"), *act.get("carriers", ())]
    return {party for party in named if party} | set(act.get("holders", ()))


def _note_report(draft: Draft, payload: kinds.FilingSubmitted, year: int) -> None:
    """The first report of a year counts; of one that is not over nothing can be reported yet."""
    key = report_key(payload.party, year)
    if draft.find(key) is None and year < int(legal_day(payload.occurred_at, None)[:4]):
        draft.put(key, {"filing": payload.filing, "at": payload.occurred_at})


def _answer_filing(draft: Draft, payload: kinds.FilingAnswered) -> None:
    filing = act_of_kind(draft, payload.filing, "filing")
    if filing["to"] != payload.party:
        raise NotConcerned("the filing went to another authority", field="/party")
    if "outcome" in filing:
        raise TransitionNotAllowed("the filing was answered", field="/filing", outcome=filing["outcome"])
    filing["outcome"] = payload.outcome
    filing["answered_at"] = payload.occurred_at
    if payload.act is not None:
        filing["notified_on"] = payload.act.notified_on


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.GeneratorRegistered: _register_generator,
    kinds.PlanRegistered: _register_plan,
    kinds.PlanJoined: _join_plan,
    kinds.FilingSubmitted: _submit_filing,
    kinds.FilingAnswered: _answer_filing,
}
