"""Applications for permits: before whom they lie, which terms run, what became of them, and who asks.

An application is shown to the party that asks, to the authority that decides, to whom a permit is to be transferred,
and to authorities that read everything. Handing one in, and every later step, is a signed statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import application_schemas as shapes
from api import schemas
from api.answers import json_answer
from api.callers import FOR_OFFICES, Caller, CallerDep
from api.disclosure import Disclosure
from api.limits import APPLICATIONS_SCANNED_MAX, PAGE_DEFAULT, PAGE_MAX
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import Services, ServicesDep
from certification.application import Applicant, applicant_members, verify_applicant
from certification.business_days import calendar_of
from certification.procedure import FEDERAL
from certification.sealed import parse_opening
from certification.terms import OPEN_STAGES, Clock, clocks_of, filed_day
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.payload import act_key, party_key
from ledger.domain.values import format_instant
from ledger.errors import CalendarUnknown, Refusal
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store.entries import Entry, list_history
from ledger.store.sealed import find_sealed
from ledger.store.session import Reader
from ledger.store.state import find_state, iter_states, scan_states

_PREFIX: Final = act_key("apl_")
_CALENDARS: Final = f"calendar/{FEDERAL}/"
_NOT_SHOWN: Final = "no such application, or not for this reader"

ApplicationPath = Annotated[str, Path(pattern="^apl_[a-z2-7]{26}$", examples=[shapes.APPLICATION])]
Stage = Annotated[
    Literal[
        "submitted",
        "information_required",
        "answered",
        "inspected",
        "granted",
        "granted_in_part",
        "refused",
        "withdrawn",
    ]
    | None,
    Query(description="Only those at this stage", examples=["submitted"]),
]
Overdue = Annotated[bool, Query(description="Only those of which a term has lapsed", examples=[False])]
Cursor = Annotated[
    str,
    Query(pattern="^(apl_[a-z2-7]{26})?$", description="`next` of the page before; empty for the first", examples=[""]),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Rows of the page", examples=[PAGE_DEFAULT])]

router = APIRouter(tags=["applications"], dependencies=[FOR_OFFICES])


@router.get(
    "/v1/applications",
    operation_id="list_applications",
    summary="The applications that the asking party has to do with",
    responses={
        200: schemas.answer("A page of applications", shapes.ApplicationPage),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def list_applications(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    stage: Stage = None,
    overdue: Overdue = False,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """An applicant sees its own, an authority those before it, an overseeing one all. Terms are as of today."""
    with services.store.read() as reader:
        terms = _Terms(reader, services.clock.now())
        found, rest = _scan(reader, caller, after)
        rows: list[dict[str, Any]] = []
        for application, value in found:
            row = _row(application, value, terms.clocks(value))
            if stage in (None, row["stage"]) and (row["overdue"] or not overdue):
                rows.append(row)
            if len(rows) == limit:
                rest = application
                break
    more = rest if found and rest is not None else None
    return json_answer(request, {"applications": rows, "next": more})


@router.get(
    "/v1/applications/{application}",
    operation_id="read_application",
    summary="An application, its terms and its timeline",
    responses={
        200: schemas.answer("The application", shapes.ApplicationAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read_application(
    request: Request, services: ServicesDep, caller: CallerDep, application: ApplicationPath
) -> Response:
    """Terms are as of today, by the federal tables; none runs before an authority of a state, or after a decision."""
    with services.store.read() as reader:
        value = _shown(reader, caller, application)
        clocks = _Terms(reader, services.clock.now()).clocks(value)
        history = list_history(reader, act_key(application), limit=PAGE_MAX)
        disclosure = Disclosure(reader, caller)
        timeline = [_step(entry) for entry in history if not entry.void and disclosure.may_read(entry)]
    members = {
        **_row(application, value, clocks),
        "submitted": history[0].event_id,
        "required": _with_instants(value.get("required")),
        "inspections": value.get("inspections", []),
        "decided": _decided(value.get("decided"), history),
        "clocks": [asdict(clock) for clock in clocks or []],
        "timeline": timeline,
    }
    return json_answer(request, members)


@router.get(
    "/v1/applications/{application}/identity",
    operation_id="verify_application_identity",
    summary="Whether it is proven who asks",
    responses={
        200: schemas.answer("The verdict", shapes.IdentityAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def verify_identity(
    request: Request, services: ServicesDep, caller: CallerDep, application: ApplicationPath
) -> Response:
    """The verdict is for every reader of the application; whom the e.firma names, for whom it was sealed alone.

    Judged as of when the application was recorded, by the roots that the operator of this server has chosen.
    """
    with services.store.read() as reader:
        value = _shown(reader, caller, application)
        [entry] = list_history(reader, act_key(application), limit=1)
        payload = parse_event(entry.body).payload
        assert isinstance(payload, ApplicationSubmitted)  # noqa: S101 (an application begins so)
        sealed = find_sealed(reader, payload.identity, payload.party)
        opened = find_sealed(reader, payload.identity, str(caller.party)) is not None
        rfc = _find_party_rfc(reader, payload.party)
    verdict = _verdict(services, payload, sealed.opening if sealed else None, value["submitted_at"], rfc)
    members = {
        "application": application,
        "person": payload.person,
        "judged_at": format_instant(value["submitted_at"]),
        "party_known": rfc is not None,
        **verdict,
    }
    return json_answer(request, members if opened else {**members, "identity": None})


class _Terms:
    """The clocks of applications on one day, by the calendar as the log stands."""

    def __init__(self, reader: Reader, now: int) -> None:
        self._reader = reader
        self._today = legal_day(now, None)
        self._published: dict[str, Value] = dict(iter_states(reader, _CALENDARS))
        self._federal: dict[str, bool] = {}

    def clocks(self, value: Value) -> list[Clock] | None:
        """None where no term is known: before an authority of a state, or for want of a year's calendar."""
        if value["stage"] not in OPEN_STAGES:
            return []
        if not self._is_federal(value["to"]):
            return None
        last = f"{int(self._today[:4]) + 1}-12-31"
        try:
            return clocks_of(value, calendar_of(self._published, FEDERAL, [filed_day(value), last]), self._today)
        except CalendarUnknown:
            return None

    def _is_federal(self, authority: str) -> bool:
        if authority not in self._federal:
            party = find_state(self._reader, party_key(authority)) or {}
            self._federal[authority] = party.get("jurisdiction") == FEDERAL
        return self._federal[authority]


def _scan(reader: Reader, caller: Caller, after: str) -> tuple[list[tuple[str, Value]], str | None]:
    """The next applications that the caller sees, and the last one looked at if there may be more."""
    rows = scan_states(reader, _PREFIX, after=act_key(after) if after else "", limit=APPLICATIONS_SCANNED_MAX)
    named = [(key.removeprefix("act/"), value) for key, value in rows]
    rest = named[-1][0] if len(named) == APPLICATIONS_SCANNED_MAX else None
    return [(application, value) for application, value in named if _sees(caller, value)], rest


def _sees(caller: Caller, value: Value) -> bool:
    return caller.sees_all or caller.party in (value["party"], value["to"], value.get("transfer_to"))


def _shown(reader: Reader, caller: Caller, application: str) -> Value:
    value = find_state(reader, act_key(application))
    if value is None or not _sees(caller, value):
        raise NotFound(_NOT_SHOWN)
    return value


def _row(application: str, value: Value, clocks: list[Clock] | None) -> dict[str, Any]:
    named = {name: value.get(name) for name in ("authorisation", "transfer_to", "scope")}
    copied = {name: value[name] for name in ("party", "to", "asks", "person", "stage", "head")}
    return {
        "application": application,
        **copied,
        **named,
        "submitted_at": format_instant(value["submitted_at"]),
        "overdue": None if clocks is None else any(clock.lapsed and clock.silence is not None for clock in clocks),
    }


def _step(entry: Entry) -> dict[str, Any]:
    return {
        "index": entry.index,
        "event_id": entry.event_id,
        "kind": entry.kind,
        "party": entry.party,
        "occurred_at": format_instant(parse_event(entry.body).payload.occurred_at),
        "recorded_at": format_instant(entry.recorded_at),
    }


def _with_instants(required: Value | None) -> Value | None:
    return None if required is None else {**required, "at": format_instant(required["at"])}


def _decided(decided: Value | None, history: list[Entry]) -> Value | None:
    """The decision, with the permit that it is about."""
    if decided is None:
        return None
    entry = next(entry for entry in history if entry.event_id == decided["event"])
    return {**decided, "authorisation": getattr(parse_event(entry.body).payload, "authorisation", None)}


def _find_party_rfc(reader: Reader, party: str) -> str | None:
    """The RFC under which the party was registered, if it may read that itself."""
    commitment = (find_state(reader, party_key(party)) or {}).get("identity")
    sealed = find_sealed(reader, commitment, party) if commitment is not None else None
    if sealed is None or sealed.opening is None:
        return None
    value, _ = parse_opening(sealed.opening)
    return value.get("rfc")


def _verdict(
    services: Services, payload: ApplicationSubmitted, opening: bytes | None, at: int, rfc: str | None
) -> Mapping[str, Any]:
    if opening is None:
        return _unproven("identity-missing", "what proves the identity was not deposited, or is erased")
    value, _ = parse_opening(opening)
    ledger = str(services.home.trust.genesis)
    try:
        proven: Applicant = verify_applicant(
            payload, value, ledger=ledger, anchors=services.efirma, at=at, expected_rfc=rfc
        )
    except Refusal as refusal:
        return _unproven(refusal.code, refusal.detail)
    return {"verified": True, "refusal": None, **applicant_members(proven)}


def _unproven(code: str, detail: str) -> dict[str, Any]:
    refusal = {"code": code, "detail": detail}
    return {"verified": False, "refusal": refusal, "identity": None, "revocation_known": False}
