"""Consignments: what a party has a part in, what it has to sign, and one load whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import consignment_schemas as shapes
from api import schemas
from api.answers import json_answer
from api.callers import FOR_PARTIES, Caller, CallerDep
from api.directory_query import Limit
from api.disclosure import Disclosure, HistoriesExhaustedError
from api.limits import LINES_DEFAULT, LINES_MAX, PAGE_DEFAULT
from api.particulars import ConsignmentPath, shown_consignment
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing, RequestMalformed
from api.services import ServicesDep
from compliance.due import KIND_OF, DueAct, due_from
from compliance.load import HandOver, Load, LoadLine
from compliance.original import STEPS, Original
from compliance.store.consignments import CONSIGNMENTS, read_parties
from compliance.store.loads import (
    Waiting,
    Wanted,
    find_roles,
    find_waiting,
    list_consignments,
    list_waiting,
    read_load,
    read_recorded_at,
)
from compliance.store.originals import read_original
from exchange.words import CODES
from ledger.domain.custody import Purpose
from ledger.domain.payload import act_key
from ledger.domain.values import format_base64url, format_instant, parse_base64url
from ledger.fold.consignment import parties_to
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import load_states

Role = Literal["consignor", "carrier", "consignee"]
Stage = Literal["offering", "offered", "moving", "claimed", "closed", "cancelled", "annulled"]
Cursor = Annotated[
    str, Query(max_length=600, description="`next` of the page before; empty for the first", examples=[""])
]
LinesLimit = Annotated[int, Query(ge=1, le=LINES_MAX, description="Lines of the page", examples=[LINES_DEFAULT])]

_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing)
_OF_DRIVERS: Final = frozenset({"pick_up", "deliver"})

router = APIRouter(tags=["consignments"], dependencies=[FOR_PARTIES])


@router.get(
    "/v1/consignments",
    operation_id="list_consignments",
    summary="Consignments in which the asking party has a part",
    responses={200: schemas.answer("A page", shapes.ConsignmentsPage), **problem_responses(*_REFUSED)},
)
def read_list(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    role: Annotated[Role | None, Query(description="In which it is this", examples=["consignee"])] = None,
    stage: Annotated[Stage | None, Query(examples=["moving"])] = None,
    purpose: Annotated[Purpose | None, Query(examples=["waste_rme"])] = None,
    must_sign: Annotated[bool, Query(description="That wait for its signature", examples=[False])] = False,
    party: Annotated[
        str | None, Query(max_length=40, description="Whose; for authorities that oversee", examples=[schemas.PARTY])
    ] = None,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """The newest first. An authority that inspects or registers asks for all, or for those of one party.

    A key that only transports is shown the loads that are assigned to it, that it signed in, or that go from or to its
    sites; a page may then hold fewer than were looked at.
    """
    whose = _whose(caller, party)
    wanted = Wanted(whose, role=role, stage=stage, purpose=purpose, must_sign=must_sign)
    position = _position(after, int)
    with CONSIGNMENTS.read_current(services.store) as reader:
        found = list_consignments(reader, wanted, before=None if position is None else position[0], limit=limit + 1)
        visible, looked_at = _visible(reader, caller, [con for con, _ in found[:limit]])
        rows = _rows(reader, caller, whose, {con: opened for con, opened in found[:looked_at] if con in visible})
        parties = _parties_named(reader, rows)
    following = _cursor(found[looked_at - 1][1]) if len(found) > looked_at > 0 else None
    return json_answer(request, {"consignments": rows, "parties": parties, "next": following})


@router.get(
    "/v1/queue",
    operation_id="read_queue",
    summary="What the asking party must sign",
    responses={200: schemas.answer("A page", shapes.QueueAnswer), **problem_responses(*_REFUSED)},
)
def read_queue(
    request: Request, services: ServicesDep, caller: CallerDep, after: Cursor = "", limit: Limit = PAGE_DEFAULT
) -> Response:
    """The longest-waiting first, also for parties that ended and that it succeeds; a driver's own loads for a driver.

    To deliver is listed too, for whoever holds units on the way: it ends with the next party's signature.
    """
    position = _position(after, int, str, str)
    with CONSIGNMENTS.read_current(services.store) as reader:
        behind = None if position is None else (position[0], position[1], position[2])
        found = list_waiting(reader, str(caller.party), after=behind, limit=limit + 1)
        visible, looked_at = _visible(reader, caller, [one.consignment for one in found[:limit]])
        page = [one for one in found[:looked_at] if one.consignment in visible and _may_do(caller, one.act)]
        acts = _acts(reader, [one.consignment for one in page])
        parties = _parties_named(reader, acts.values())
    last = found[looked_at - 1] if len(found) > looked_at > 0 else None
    following = None if last is None else _cursor(last.since, last.consignment, last.act)
    rows = [{"consignment": one.consignment, **_due_row(one), **_terms(acts[one.consignment])} for one in page]
    return json_answer(request, {"queue": rows, "parties": parties, "next": following})


@router.get(
    "/v1/consignments/{consignment}",
    operation_id="read_consignment",
    summary="One consignment whole",
    responses={
        200: schemas.answer("The consignment", shapes.ConsignmentAnswer),
        **problem_responses(*_REFUSED, NotFound),
    },
)
def read_one(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    consignment: ConsignmentPath,
    after: Cursor = "",
    limit: LinesLimit = LINES_DEFAULT,
) -> Response:
    """For its parties, whoever succeeds one, and authorities that oversee. Lines come a page at a time."""
    position = _position(after, int, str)
    with CONSIGNMENTS.read_current(services.store) as reader:
        shown_consignment(reader, caller, consignment)
        behind = None if position is None else (position[0], position[1])
        load = read_load(reader, consignment, after=behind, limit=limit + 1)
        if load is None:
            raise NotFound("no such consignment")
        roles = find_roles(reader, str(caller.party), [consignment]).get(consignment, [])
        waiting = find_waiting(reader, str(caller.party), [consignment]).get(consignment, [])
        row = _row(caller, consignment, load.act, load.hand_overs[0].recorded_at, roles, waiting)
        own = [] if caller.party in load.parties else [str(caller.party)]
        parties = {**load.parties, **read_parties(reader, own)}
        original = read_original(reader, load, services.clock.now())
    return json_answer(request, {**row, **_members(load, caller, parties, limit), "original": _original(original)})


def _whose(caller: Caller, party: str | None) -> str | None:
    """The party whose consignments are listed; None for all of them.

    Raises:
        PermissionMissing: it is another party, and the caller oversees nobody.
    """
    if caller.sees_all:
        return party
    if party not in (None, caller.party):
        raise PermissionMissing("only an authority that inspects or registers asks about another party")
    return caller.party


def _may_do(caller: Caller, act: str) -> bool:
    return not caller.sees_loads_only or act in _OF_DRIVERS


def _visible(reader: Reader, caller: Caller, consignments: Sequence[str]) -> tuple[set[str], int]:
    """Those that the caller may know of, and how many were looked at before it would have taken too long."""
    if not caller.sees_loads_only:
        return set(consignments), len(consignments)
    disclosure = Disclosure(reader, caller)
    visible: set[str] = set()
    for looked_at, con in enumerate(consignments):
        try:
            if disclosure.may_know_load(con):
                visible.add(con)
        except HistoriesExhaustedError:
            return visible, looked_at
    return visible, len(consignments)


def _acts(reader: Reader, consignments: Iterable[str]) -> dict[str, Value]:
    values = load_states(reader, map(act_key, consignments))
    return {key.removeprefix(act_key("")): value for key, value in values.items() if value is not None}


def _rows(reader: Reader, caller: Caller, whose: str | None, opened: Mapping[str, int]) -> list[dict[str, Any]]:
    """The consignments as a list shows them, in this order; with roles and dues of the party."""
    acts, recorded_at = _acts(reader, opened), read_recorded_at(reader, opened.values())
    roles = {} if whose is None else find_roles(reader, whose, opened)
    waiting = {} if whose is None else find_waiting(reader, whose, opened)
    return [
        _row(caller, con, acts[con], recorded_at[index], roles.get(con, []), waiting.get(con, []))
        for con, index in opened.items()
    ]


def _row(
    caller: Caller, con: str, act: Value, recorded_at: int, roles: Sequence[str], waiting: Sequence[Waiting]
) -> dict[str, Any]:
    return {
        "consignment": con,
        **_terms(act),
        "roles": list(roles),
        "units_total": act["units_total"],
        "counts": act["counts"],
        "opened_at": format_instant(recorded_at),
        "picked_up_at": _instant(act.get("picked_up_at")),
        "changed_at": format_instant(act["head_at"]),
        "due": [_due_row(one) for one in waiting if _may_do(caller, one.act)],
    }


def _terms(act: Value) -> dict[str, Any]:
    return {
        "stage": act["stage"],
        "purpose": act["purpose"],
        "consignor": act["consignor"],
        "consignee": act["consignee"],
        "carriers": act["carriers"],
        "destination": act.get("destination"),
    }


def _due_row(one: Waiting) -> dict[str, Any]:
    kind = KIND_OF.get(one.act)
    return {"act": one.act, "kind": kind, "units": one.units, "since": format_instant(one.since)}


def _parties_named(reader: Reader, acts: Iterable[Value]) -> dict[str, Any]:
    return _named(read_parties(reader, {party for act in acts for party in parties_to(act)}))


def _named(parties: Mapping[str, Value]) -> dict[str, Any]:
    return {
        party: {"name": value.get("name"), "form": value["form"], "ended": "closed_at" in value}
        for party, value in parties.items()
    }


def _members(load: Load, caller: Caller, parties: Mapping[str, Value], limit: int) -> dict[str, Any]:
    """What the whole of a consignment adds to its row in a list."""
    own, act = str(caller.party), load.act
    due = due_from(own, act, load.lines, parties, load.findings)
    disputed = [_finding_ref(key) for one in due for key in one.findings]
    due_of = {line.unit: one.act for one in due for line in one.lines if _may_do(caller, one.act)}
    page = load.lines[:limit]
    following = _cursor(page[-1].entered, page[-1].unit) if len(load.lines) > limit else None
    return {
        "to_resolve": disputed,
        "fitting": act.get("fitting", "loose"),
        "mode": act.get("mode"),
        "approval": act.get("approval"),
        "border": act.get("border"),
        "origin": load.origin,
        "redirected_from": act.get("redirected_from"),
        "drivers": act.get("drivers", {}).get(own, []),
        "lines": [_line(line, due_of.get(line.unit) if line.is_open else None) for line in page],
        "next": following,
        "hand_overs": [_step(step) for step in load.hand_overs],
        "papers": {form: _paper(paper) for form, paper in act.get("papers", {}).items()},
        "tickets": {ticket: _ticket(value) for ticket, value in load.tickets.items()},
        "documents": [{**one.document.model_dump(), "event": one.event, "party": one.party} for one in load.documents],
        "findings": [] if caller.sees_loads_only else [_finding(*found) for found in load.findings.items()],
        "parties": _named(load.parties),
        "sites": _sites(load),
        "head": act["head"],
    }


def _sites(load: Load) -> dict[str, Any]:
    """Those of the consignment's way; where a unit went later is told to nobody here."""
    named = [load.origin, load.destination, *(step.site for step in load.hand_overs)]
    return {
        site: {"name": value.get("name"), "party": value["party"], "place": value["place"]}
        for site, value in load.sites.items()
        if site in named
    }


def _line(line: LoadLine, due: DueAct | None) -> dict[str, Any]:
    """One line; what the unit is by now is told only while it is in the consignment."""
    return {
        "unit": line.unit,
        "unit_kind": line.value.get("kind"),
        "chemistry": line.value.get("chemistry"),
        "line": line.line,
        "open": line.is_open,
        "due": due,
        "holder": line.holder,
        "to": line.to,
        "reason": line.reason,
        "assurance": None if line.assurance is None else _assurance(line.assurance),
        "condition": line.value.get("condition") if line.is_open else None,
        "quarantined": line.is_open and "quarantined" in line.value,
        "mass_g": line.masses.declared_g,
        "received_mass_g": line.masses.received_g,
        "received_mass_basis": line.masses.received_basis,
        "since": format_instant(line.since),
        "event": line.event,
    }


def _step(step: HandOver) -> dict[str, Any]:
    return {
        "event": step.event,
        "kind": step.kind,
        "party": step.party,
        "occurred_at": format_instant(step.occurred_at),
        "recorded_at": format_instant(step.recorded_at),
        "units": step.units,
        "assurance": _assurance(step.assurance),
        "site": step.site,
        "to": step.to,
        "mode": step.mode,
    }


def _assurance(code: str) -> dict[str, str]:
    words = CODES[code]
    return {"code": code, "es": words["es"], "en": words["en"]}


def _paper(paper: Value) -> dict[str, Any]:
    return {
        "number": paper["number"],
        "issued_at": _instant(paper.get("issued_at")),
        "copies": paper.get("copies"),
        "scanned": [event for _, event in paper.get("scanned_by", [])],
        "returned_at": _instant(paper.get("returned_at")),
    }


def _original(original: Original | None) -> dict[str, Any] | None:
    if original is None:
        return None
    step = None if original.step is None else {"code": original.step, **asdict(STEPS[original.step])}
    return {**asdict(original), "late": original.late, "step": step}


def _ticket(value: Value) -> dict[str, Any]:
    return {name: value[name] for name in ("party", "gross_g", "tare_g", "resolution_g")}


def _finding(key: str, value: Value) -> dict[str, Any]:
    return {
        **_finding_ref(key),
        "requirement": value["requirement"],
        "party": value["party"],
        "subject": value["subject"],
        "since": format_instant(value["since"]),
        "facts": value.get("facts", {}),
        "resolved": value.get("resolved", {}),
        "settled_at": _instant(value.get("settled_at")),
    }


def _finding_ref(key: str) -> dict[str, Any]:
    _, event, number = key.split("/")
    return {"event": event, "number": int(number)}


def _instant(seconds: int | None) -> str | None:
    return None if seconds is None else format_instant(seconds)


def _cursor(*position: int | str) -> str:
    return format_base64url(json.dumps(position, separators=(",", ":")).encode())


def _position(cursor: str, *types: type) -> list[Any] | None:
    """Inverse of ``_cursor``; None for the first page.

    Raises:
        RequestMalformed: it is no cursor of this list.
    """
    if not cursor:
        return None
    try:
        position = json.loads(parse_base64url(cursor))
    except ValueError as error:
        raise RequestMalformed("not a cursor of this list", field="/query/after") from error
    if not isinstance(position, list) or [type(part) for part in position] != list(types):
        raise RequestMalformed("not a cursor of this list", field="/query/after")
    if not all(map(_is_place, position)):
        raise RequestMalformed("not a cursor of this list", field="/query/after")
    return position


def _is_place(part: int | str) -> bool:
    """Whether a database takes it: half of a surrogate pair and a number of more than 64 bits, none does."""
    return part.isprintable() if isinstance(part, str) else abs(part) < 1 << 63
