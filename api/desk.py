"""The desk of authorities over HTTP: who comes in with a pass, and what they are shown.

A pass is a bearer token; the browser brings it as a cookie that no script reads, that goes to these pages alone, and
that each page renews. The key behind it is asked for with every page: once revoked, it opens none.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from api.answers import UNKEPT
from api.callers import (
    AUDITING,
    DESK_COOKIE,
    DESK_ROOT,
    FOR_ALL,
    OVERSEEING,
    Caller,
    CallerDep,
    caller_of,
    for_powers,
)
from api.inspections import case_row, inspection_row, shown_act
from api.limits import DESK_IDLE_S
from api.pages import HTML, PAGE_HEADERS, language_of
from api.reads import read_position
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import BodyDep, Services, ServicesDep
from api.tokens import Grant
from compliance.finding import Finding
from compliance.findings import OPEN, authority_sight, own_sight
from compliance.store.inspections import ActKind, findings_of_visit, list_acts, list_sites, named_findings
from compliance.store.obligations import OBLIGATIONS
from compliance.store.standing import Asked, list_findings, list_obligations
from ledger.domain.payload import act_key, party_key, site_key
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Value
from ledger.store.entries import list_history
from ledger.store.reads import list_reads
from ledger.store.session import Reader
from ledger.store.state import find_state, load_states
from web.desk import Desk, Step, Why, case_page, entrance_page, inspection_page, overview_page, party_page, reads_page
from web.pages import missing_page

ROWS: Final = 50
STEPS_MAX: Final = 100
PASS_CHARS_MAX: Final = 4000

_CREDENTIALS: Final = (CredentialMissing, CredentialInvalid, PermissionMissing)


class _DeskRoute(APIRoute):
    """A route that shows people the entrance, and programs a problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            if "text/html" not in request.headers.get("accept", ""):
                return await handle(request)
            try:
                return await handle(request)
            except _CREDENTIALS as refusal:
                return _entrance(request, _why(refusal))
            except NotFound:
                missing = missing_page(language_of(request), request.url.path, sandbox=_is_sandbox(request))
                return _page(missing, 404)

        return answer


router = APIRouter(include_in_schema=False, route_class=_DeskRoute)
_OFFICIALS: Final = [for_powers("inspect", "register")]


@router.post(f"{DESK_ROOT}/entrar", dependencies=[FOR_ALL])
def enter(request: Request, services: ServicesDep, body: BodyDep) -> Response:
    """Take a pass, and open the desk to whoever brought it."""
    if _is_foreign(request):
        return _entrance(request, "first")
    fields = dict(parse_qsl(body[:PASS_CHARS_MAX].decode("ascii", "replace")))
    try:
        now = services.clock.now()
        grant = services.tokens.verify(fields.get("pass", "").strip(), now)
        with services.store.read() as reader:
            caller = caller_of(reader, grant, now)
    except _CREDENTIALS as refusal:
        return _entrance(request, _why(refusal))
    if not caller.powers & OVERSEEING:
        return _entrance(request, "refused")
    answered = RedirectResponse(f"{DESK_ROOT}?lang={language_of(request)}", status_code=303, headers=_UNKEPT)
    _renew(answered, services, caller)
    return answered


@router.post(f"{DESK_ROOT}/salir", dependencies=[FOR_ALL])
def leave(request: Request) -> Response:
    """Forget the pass in this browser."""
    answered = RedirectResponse(DESK_ROOT, status_code=303, headers=_UNKEPT)
    if not _is_foreign(request):
        answered.delete_cookie(DESK_COOKIE, path=DESK_ROOT)
    return answered


@router.get(DESK_ROOT, dependencies=_OFFICIALS)
def read_overview(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """What is open, and what was found last."""
    with OBLIGATIONS.read_current(services.store) as reader:
        desk = _desk(request, reader, services, caller)
        inspections, cases = _open_acts(reader, lambda act: act["stage"] != "closed")
        findings = list_findings(reader, _asked(desk, reader, services, caller), limit=ROWS)
        names = _names(reader, [*_parties(inspections, cases), *(one.party for one in findings)])
    return _shown(request, services, caller, overview_page(desk, inspections, cases, findings, names))


@router.get(f"{DESK_ROOT}/inspecciones/{{inspection}}", dependencies=_OFFICIALS)
def read_inspection(
    request: Request, services: ServicesDep, caller: CallerDep, inspection: Annotated[str, Path(max_length=40)]
) -> Response:
    """One inspection."""
    with services.store.read() as reader:
        desk = _desk(request, reader, services, caller)
        row = inspection_row(reader, inspection, shown_act(reader, caller, "inspection", inspection))
        steps = _steps(reader, inspection)
        findings = _shown_of(caller, findings_of_visit(reader, inspection))
        names = _names(reader, [row["authority"], row["inspected"], *(step.party for step in steps)], [row["site"]])
    return _shown(request, services, caller, inspection_page(desk, row, steps, findings, names))


@router.get(f"{DESK_ROOT}/casos/{{case}}", dependencies=_OFFICIALS)
def read_case(
    request: Request, services: ServicesDep, caller: CallerDep, case: Annotated[str, Path(max_length=40)]
) -> Response:
    """One case with its findings."""
    with OBLIGATIONS.read_current(services.store) as reader:
        desk = _desk(request, reader, services, caller)
        row = case_row(case, shown_act(reader, caller, "case", case))
        steps = _steps(reader, case)
        findings = _shown_of(caller, named_findings(reader, row["findings"]))
        names = _names(reader, [row["authority"], row["against"], *(step.party for step in steps)])
    return _shown(request, services, caller, case_page(desk, row, steps, findings, names))


@router.get(f"{DESK_ROOT}/partes", dependencies=_OFFICIALS)
def find_party(request: Request, party: Annotated[str, Query(max_length=80)] = "") -> Response:
    """To the page of a party that was typed."""
    return RedirectResponse(
        f"{DESK_ROOT}/partes/{quote(party.strip(), safe='')}?lang={language_of(request)}", 303, headers=_UNKEPT
    )


@router.get(f"{DESK_ROOT}/partes/{{party}}", dependencies=_OFFICIALS)
def read_party(
    request: Request, services: ServicesDep, caller: CallerDep, party: Annotated[str, Path(max_length=80)]
) -> Response:
    """What was found about a party, and what is due from it."""
    with OBLIGATIONS.read_current(services.store) as reader:
        value = find_state(reader, party_key(party))
        if value is None:
            raise NotFound("the ledger knows no such party")
        desk = _desk(request, reader, services, caller)
        inspections, cases = _open_acts(reader, lambda act: party in (act.get("of"), act.get("against")))
        asked = _asked(desk, reader, services, caller, party)
        findings, due = list_findings(reader, asked, limit=ROWS), list_obligations(reader, asked, limit=ROWS)
        sites = list_sites(reader, party)
        names = _names(reader, [party, *_parties(inspections, cases)], sites)
    return _shown(request, services, caller, party_page(desk, party, sites, inspections, cases, findings, due, names))


@router.get(f"{DESK_ROOT}/lecturas", dependencies=_OFFICIALS)
def read_reads(
    request: Request, services: ServicesDep, caller: CallerDep, after: Annotated[str, Query(max_length=60)] = ""
) -> Response:
    """What the officials of the caller's authority have read."""
    with services.store.read() as reader:
        desk = _desk(request, reader, services, caller)
        found = list_reads(reader, party=caller.party, before=read_position(after), limit=ROWS + 1)
    last = found[ROWS - 1] if len(found) > ROWS else None
    following = None if last is None else f"{last.read_at}.{last.request}"
    return _shown(request, services, caller, reads_page(desk, found[:ROWS], following))


_UNKEPT: Final = {"cache-control": UNKEPT}


def _is_foreign(request: Request) -> bool:
    """Whether the page of another site sent the form: it would have an official read in another's name."""
    # an ``Origin`` says nothing here: pages without a referrer send ``null``
    return request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _why(refusal: Exception) -> Why:
    if isinstance(refusal, CredentialMissing):
        return "first"
    return "refused" if isinstance(refusal, PermissionMissing) else "expired"


def _entrance(request: Request, why: Why) -> Response:
    return _page(entrance_page(language_of(request), why, sandbox=_is_sandbox(request)), 401)


def _page(body: bytes, status_code: int = 200) -> Response:
    return Response(body, status_code, {**PAGE_HEADERS, **_UNKEPT}, HTML)


def _shown(request: Request, services: Services, caller: Caller, body: bytes) -> Response:
    answered = _page(body)
    if "authorization" not in request.headers:
        _renew(answered, services, caller)
    return answered


def _renew(answered: Response, services: Services, caller: Caller) -> None:
    """Have the browser keep a pass that is good from now on for as long as nobody uses the desk."""
    grant = Grant(str(caller.party), str(caller.kid), frozenset({"read"}))
    answered.set_cookie(
        DESK_COOKIE,
        services.tokens.issue(grant, services.clock.now(), ttl_s=DESK_IDLE_S),
        max_age=DESK_IDLE_S,
        path=DESK_ROOT,
        secure=services.base_url.startswith("https://"),
        httponly=True,
        samesite="strict",
    )


def _is_sandbox(request: Request) -> bool:
    return bool(request.app.state.sandbox)


def _desk(request: Request, reader: Reader, services: Services, caller: Caller) -> Desk:
    authority = str(caller.party)
    return Desk(
        language_of(request),
        authority,
        _names(reader, [authority]).get(authority, authority),
        legal_day(services.clock.now(), None),
        _is_sandbox(request),
    )


def _open_acts(reader: Reader, wanted: Callable[[Value], bool]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Inspections and cases that are wanted, as rows."""
    found: dict[ActKind, list[tuple[str, Value]]] = {}
    for kind in ("inspection", "case"):
        found[kind], _ = list_acts(reader, kind, wanted, limit=ROWS)
    inspections = [inspection_row(reader, act, value) for act, value in found["inspection"]]
    return inspections, [case_row(act, value) for act, value in found["case"]]


def _parties(inspections: Iterable[Mapping[str, Any]], cases: Iterable[Mapping[str, Any]]) -> list[str]:
    return [*(row["inspected"] for row in inspections), *(row["against"] for row in cases)]


def _names(reader: Reader, parties: Iterable[str], sites: Iterable[str] = ()) -> dict[str, str]:
    """Names by id; of who has none in the ledger, nothing."""
    keys = [*map(party_key, parties), *map(site_key, sites)]
    values = load_states(reader, keys)
    named = {key.partition("/")[2]: value.get("name") for key, value in values.items() if value is not None}
    return {id_: str(name) for id_, name in named.items() if name}


def _steps(reader: Reader, act: str) -> list[Step]:
    events = [parse_event(entry.body) for entry in list_history(reader, act_key(act), limit=STEPS_MAX)]
    return [Step(one.payload.kind, one.payload.occurred_at, one.party, one.id) for one in events]


def _shown_of(caller: Caller, findings: Iterable[Finding]) -> list[Finding]:
    """Those of the findings that an act names which the authority is shown."""
    return [one for one in findings if AUDITING in caller.powers and one.effect in OPEN]


def _asked(desk: Desk, reader: Reader, services: Services, caller: Caller, party: str | None = None) -> Asked:
    """As of today, what the authority may know where its powers reach; of others nothing, unless it inspects."""
    value = find_state(reader, party_key(desk.authority)) or {}
    inspects = AUDITING in caller.powers
    sight = authority_sight(value.get("jurisdiction", FEDERAL)) if inspects else own_sight(desk.authority)
    return Asked(desk.today, sight, now=services.clock.now(), party=party)
