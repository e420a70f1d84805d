"""Inspections and cases: for the authority whose they are, the party concerned, and authorities that oversee."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import inspection_schemas as shapes
from api import schemas
from api.answers import FRESH, JSON, UNKEPT, bytes_answer, json_answer
from api.callers import FOR_ALL, FOR_OFFICES, Caller, CallerDep, for_powers
from api.directory_query import Limit
from api.limits import PAGE_DEFAULT
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing, RequestMalformed
from api.services import ServicesDep
from compliance.inspection import OBSERVATIONS, REPLY, Period, format_visit
from compliance.store.inspections import ActKind, find_act, list_acts, observations_until, read_period
from compliance.store.obligations import OBLIGATIONS
from compliance.store.visits import read_visit
from ledger.domain.values import check_day, format_instant
from ledger.fold.state import Value
from ledger.store.session import Reader

InspectionPath = Annotated[str, Path(pattern="^ins_[a-z2-7]{26}$", examples=[shapes.INSPECTION])]
CasePath = Annotated[str, Path(pattern="^cas_[a-z2-7]{26}$", examples=[shapes.CASE])]
Whose = Annotated[str | None, Query(max_length=40, description="Only about this party", examples=[schemas.PARTY])]
OpenOnly = Annotated[bool, Query(alias="open", description="Only those that are not closed", examples=[False])]
Day = Annotated[
    str,
    Query(
        pattern="^20[0-9]{2}-[01][0-9]-[0-3][0-9]$",
        description="The day before the terms begin",
        examples=["2026-03-04"],
    ),
]

_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing)
_NOT_SHOWN: Final = "no such inspection or case, or not for this reader"

router = APIRouter(tags=["inspections"])


@router.get(
    "/v1/inspections",
    dependencies=[FOR_OFFICES],
    operation_id="list_inspections",
    summary="Inspections that the caller made, or that were made at its sites",
    responses={200: schemas.answer("A page", shapes.InspectionsPage), **problem_responses(*_REFUSED)},
)
def read_inspections(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    party: Whose = None,
    open_only: OpenOnly = False,
    after: Annotated[
        str, Query(pattern="^(ins_[a-z2-7]{26})?$", description="`next` of the page before", examples=[""])
    ] = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """In the order of ids. An authority that inspects or registers sees all of them."""
    with services.store.read() as reader:
        found, rest = list_acts(
            reader, "inspection", lambda act: _is_wanted(caller, act, party, open_only), after=after, limit=limit
        )
        rows = [inspection_row(reader, act, value) for act, value in found]
    return json_answer(request, {"inspections": rows, "next": rest})


@router.get(
    "/v1/inspections/terms",
    dependencies=[FOR_ALL],
    operation_id="read_inspection_terms",
    summary="Until when observations are made on an acta, and until when a case is answered",
    responses={200: schemas.answer("The terms", shapes.TermsAnswer), **problem_responses()},
)
def read_terms(request: Request, services: ServicesDep, after_on: Day) -> Response:
    """By the federal law and calendar of the day: LGEEPA 164 from the visit, 167 from the notice of the case."""
    try:
        check_day(after_on)
    except ValueError as error:
        raise RequestMalformed("expected a day like 2026-03-01", field="/query/after_on") from error
    with services.store.read() as reader:
        found = {
            "observations": read_period(reader, OBSERVATIONS, after_on),
            "reply": read_period(reader, REPLY, after_on),
        }
    return json_answer(request, {name: _term(term) for name, term in found.items()}, cache=FRESH)


@router.get(
    "/v1/inspections/{inspection}",
    dependencies=[FOR_OFFICES],
    operation_id="read_inspection",
    summary="One inspection",
    responses={200: schemas.answer("The inspection", shapes.InspectionShape), **problem_responses(*_REFUSED, NotFound)},
)
def read_inspection(request: Request, services: ServicesDep, caller: CallerDep, inspection: InspectionPath) -> Response:
    """Its statements: `/v1/events?subject={inspection}`."""
    with services.store.read() as reader:
        row = inspection_row(reader, inspection, shown_act(reader, caller, "inspection", inspection))
    return json_answer(request, row)


@router.get(
    "/v1/inspections/{inspection}/visit",
    dependencies=[for_powers("inspect")],
    operation_id="prepare_visit",
    summary="The visit file: what should be at the site",
    responses={
        200: schemas.answer("The file", media_types=(JSON,)),
        **problem_responses(*_REFUSED, NotFound),
    },
)
def prepare_visit(request: Request, services: ServicesDep, caller: CallerDep, inspection: InspectionPath) -> Response:
    """For the authority that ordered the visit; the file is all that is needed there, without a connection."""
    with OBLIGATIONS.read_current(services.store) as reader:
        value = shown_act(reader, caller, "inspection", inspection)
        if value["party"] != caller.party or "from_on" not in value:
            raise NotFound(_NOT_SHOWN)
        visit = read_visit(reader, inspection, value, services.clock.now())
    return bytes_answer(request, format_visit(visit), JSON, cache=UNKEPT)


@router.get(
    "/v1/cases",
    dependencies=[FOR_OFFICES],
    operation_id="list_cases",
    summary="Cases that the caller opened, or that are against it",
    responses={200: schemas.answer("A page", shapes.CasesPage), **problem_responses(*_REFUSED)},
)
def read_cases(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    party: Whose = None,
    open_only: OpenOnly = False,
    after: Annotated[
        str, Query(pattern="^(cas_[a-z2-7]{26})?$", description="`next` of the page before", examples=[""])
    ] = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """In the order of ids. An authority that inspects or registers sees all of them."""
    with services.store.read() as reader:
        found, rest = list_acts(
            reader, "case", lambda act: _is_wanted(caller, act, party, open_only), after=after, limit=limit
        )
    return json_answer(request, {"cases": [case_row(act, value) for act, value in found], "next": rest})


@router.get(
    "/v1/cases/{case}",
    dependencies=[FOR_OFFICES],
    operation_id="read_case",
    summary="One case",
    responses={200: schemas.answer("The case", shapes.CaseShape), **problem_responses(*_REFUSED, NotFound)},
)
def read_case(request: Request, services: ServicesDep, caller: CallerDep, case: CasePath) -> Response:
    """Its statements: `/v1/events?subject={case}`."""
    with services.store.read() as reader:
        row = case_row(case, shown_act(reader, caller, "case", case))
    return json_answer(request, row)


def shown_act(reader: Reader, caller: Caller, kind: ActKind, act: str) -> Value:
    """The state value of an act that the caller may know of.

    Raises:
        NotFound: it may not, or there is none.
    """
    value = find_act(reader, kind, act)
    if value is None or not _concerns(caller, value):
        raise NotFound(_NOT_SHOWN)
    return value


def inspection_row(reader: Reader, inspection: str, value: Value) -> dict[str, Any]:
    """The members of an inspection; its reader is asked for the calendar alone."""
    named = {name: value.get(name) for name in ("from_on", "to_on", "acta", "outcome", "case", "head")}
    return {
        "inspection": inspection,
        "stage": value["stage"],
        "authority": value["party"],
        "inspected": value["of"],
        "site": value["site"],
        "order_number": value["order_number"],
        **named,
        **{name: _instant(value, name) for name in ("recorded_at", "observed_at")},
        "observations": _term(observations_until(reader, value)),
    }


def case_row(case: str, value: Value) -> dict[str, Any]:
    """The members of a case."""
    return {
        "case": case,
        "stage": value["stage"],
        "authority": value["party"],
        "against": value["against"],
        **{name: value.get(name) for name in ("inspection", "answer_by", "outcome", "head")},
        "opened_at": _instant(value, "opened_at"),
        "answered_at": _instant(value, "answered_at"),
        "findings": value.get("findings", []),
        "overdue": value.get("overdue", []),
    }


def _concerns(caller: Caller, value: Value) -> bool:
    return caller.sees_all or caller.party in (value["party"], value.get("of"), value.get("against"))


def _is_wanted(caller: Caller, value: Value, party: str | None, open_only: bool) -> bool:
    about = party in (None, value.get("of"), value.get("against"))
    return about and _concerns(caller, value) and not (open_only and value["stage"] == "closed")


def _instant(value: Value, name: str) -> str | None:
    return format_instant(value[name]) if name in value else None


def _term(term: Period | None) -> dict[str, Any] | None:
    return None if term is None else asdict(term)
