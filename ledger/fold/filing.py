"""Registers of generators, plans, and what parties file with authorities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import filing as kinds
from ledger.domain.filing import generator_key, plans_key, report_key
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.inspection import act_of_kind
from ledger.fold.state import Draft, Value

FILINGS_MAX: Final = 16
"""Filings that an act, or of an extension a unit, names: the newest."""
PLANS_MAX: Final = 64
_ABOUT_KIND: Final = {"con": "consignment", "inc": "incident", "bch": "batch"}


def _register_generator(draft: Draft, payload: kinds.GeneratorRegistered) -> None:
    party = draft.get(party_key(payload.generator), "/generator")
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
    draft.put(key, {"timeline": [*timeline, line][-FILINGS_MAX:]})


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
    if not draft.get(party_key(payload.to), "/to").get("powers"):
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
    if payload.about is not None:
        _note_on_act(draft, payload.about, note)
    if payload.year is not None:
        _note_report(draft, payload, payload.year)
    for n, unit in enumerate(payload.units):
        draft.get(unit_key(unit), f"/units/{n}")
        if payload.subject == "storage_extension":
            extended = draft.edit(unit_key(unit))
            extended["extensions"] = [*extended.get("extensions", []), payload.filing][-FILINGS_MAX:]
        if payload.subject in ("loss", "incident"):
            draft.edit(unit_key(unit)).setdefault("told_at", payload.occurred_at)


def _note_on_act(draft: Draft, about: str, note: Value) -> None:
    act = draft.edit(act_key(about), "/about")
    if act["kind"] != _ABOUT_KIND[about[:3]]:
        raise SubjectUnknown(f"not a {_ABOUT_KIND[about[:3]]}", field="/about")
    if draft.event.party not in _parties_of(act):
        raise NotConcerned("another party's affair", field="/about")
    act["filings"] = [*act.get("filings", []), {**note, "party": draft.event.party}][-FILINGS_MAX:]


def _parties_of(act: Value) -> set[str]:
    named = [act.get("party"), act.get("consignor"), act.get("consignee"), *act.get("carriers", ())]
    return {party for party in named if party} | set(act.get("holders", ()))


def _note_report(draft: Draft, payload: kinds.FilingSubmitted, year: int) -> None:
    key = report_key(payload.party, year)
    if draft.find(key) is None:
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
