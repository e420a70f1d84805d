"""Pages for people, in the language that they ask for or their browser prefers (``web`` renders them)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.answers import FRESH, IMMUTABLE, bytes_answer
from api.callers import FOR_ALL
from api.directory_query import Cursor
from api.problems import documented
from api.refusals import NotFound, RequestMalformed
from api.services import Services, ServicesDep
from certification.capacity import capacity_key
from certification.directory import ListedSite, checked, events_of
from certification.permit import permit_as_of
from certification.store.directory import DIRECTORY, read_register
from certification.store.search import search_directory
from compliance.store.inspections import read_law
from exchange.attestation import Attestation, attest
from ledger.domain.payload import act_key, party_key, permits_key
from ledger.domain.values import check_day
from ledger.errors import (
    Corruption,
    IssuerMismatch,
    KeyUnusable,
    MalformedStatement,
    ProofInvalid,
    ReceiptUnavailable,
    SignatureInvalid,
    SubjectUnknown,
)
from ledger.evidence import verify_evidence
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.proving import evidence_of
from ledger.store.entries import find_entry
from ledger.store.session import Reader
from ledger.store.state import find_state, load_states
from web.language import Language, choose_language
from web.pages import (
    PartyPermit,
    Proof,
    authorisation_page,
    directory_page,
    missing_page,
    party_page,
    reference_page,
    start_page,
)
from web.rendering import style, style_path
from web.search import read_search
from web.timeline import chapters

HTML: Final = "text/html; charset=utf-8"
ROWS: Final = 20
PROVEN_MAX: Final = 20
"""The newest acts on a permit whose statements its page checks."""
CSS: Final = "text/css; charset=utf-8"
_UNPROVEN: Final = (Corruption, ProofInvalid, SignatureInvalid, MalformedStatement, IssuerMismatch, KeyUnusable)
PAGE_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "vary": "Accept, Accept-Language",
}

PartyText = Annotated[str, Path(max_length=80)]
AuthorisationText = Annotated[str, Path(max_length=80)]

router = APIRouter(include_in_schema=False, dependencies=[FOR_ALL])


@router.get("/directorio")
def read_directory_page(request: Request, services: ServicesDep, after: Cursor = "") -> Response:
    """The directory, with the form that searches it."""
    search = read_search(request.query_params, _today(services))
    try:
        page = search_directory(services.store, search.query, after=after, limit=ROWS)
    except ValueError as error:
        raise RequestMalformed("not a cursor of this search", field="/query/after") from error
    with services.store.read() as reader:
        days_max = read_law(reader, search.query.on).number("snapshot_natural_days")
    check = checked((listing.permit for listing in page.listings), search.query.on, days_max)
    return page_answer(request, directory_page(language_of(request), search, page, check, sandbox=_is_sandbox(request)))


@router.get("/directorio/{party}")
def read_party_page(request: Request, services: ServicesDep, party: PartyText, on: str = "") -> Response:
    """A party with its permits as they stood on a day."""
    language, day = language_of(request), _day_of(on, services)
    with DIRECTORY.read_current(services.store) as reader:
        value = find_state(reader, party_key(party))
        if value is None:
            return _missing(request, language)
        held = _held(reader, party)
        register = read_register(reader, held.values())
        permits = [_party_permit(reader, permit, found, day) for permit, found in held.items()]
        days_max = read_law(reader, day).number("snapshot_natural_days")
    operated = ((site, register.sites[site]) for site in register.operated.get(party, ()))
    sites = [
        ListedSite(site, found.get("name"), found["place"]) for site, found in operated if "closed_at" not in found
    ]
    shown = [permit for permit in permits if permit.said.holder == party]
    check = checked((permit.said for permit in shown), day, days_max)
    page = party_page(language, party, value, shown, sites, day, check, sandbox=_is_sandbox(request))
    return page_answer(request, page)


@router.get("/autorizaciones/{authorisation}")
def read_authorisation_page(request: Request, services: ServicesDep, authorisation: AuthorisationText) -> Response:
    """Whether an authorisation is genuine and holds today: what the QR Code of a certificate opens."""
    language = language_of(request)
    with services.store.read() as reader:
        try:
            attestation = attest(lambda key: find_state(reader, key), authorisation, _today(services))
        except SubjectUnknown:
            return _missing(request, language)
        value = find_state(reader, act_key(authorisation)) or {}
        index = _index_of(reader, attestation)
    proof = _proof(services, [attestation.event, *events_of(value)[-PROVEN_MAX:]])
    return page_answer(
        request, authorisation_page(language, attestation, chapters(value), proof, index, sandbox=_is_sandbox(request))
    )


@router.get("/docs/api")
def read_reference_page(request: Request) -> Response:
    """The interface for programs, for people."""
    problems = [(code, title) for code, (title, *_) in sorted(documented().items())]
    return page_answer(
        request, reference_page(language_of(request), request.app.openapi(), problems, sandbox=_is_sandbox(request))
    )


@router.get("/static/{name}")
def read_style(request: Request, name: Annotated[str, Path(max_length=60)]) -> Response:
    """The style sheet, at the path that its bytes give it."""
    if f"/static/{name}" != style_path():
        raise NotFound("there is no such file")
    return bytes_answer(request, style(), CSS, cache=IMMUTABLE)


def start_answer(request: Request) -> Response:
    """The page where people begin."""
    return page_answer(request, start_page(language_of(request), sandbox=_is_sandbox(request)))


def page_answer(request: Request, body: bytes, status_code: int = 200) -> Response:
    """A page, under a policy that lets it load its style and send its form, and nothing else."""
    if status_code != 200:
        return Response(body, status_code, {**PAGE_HEADERS, "cache-control": FRESH}, HTML)
    return bytes_answer(request, body, HTML, cache=FRESH, headers=PAGE_HEADERS)


def _is_sandbox(request: Request) -> bool:
    return bool(request.app.state.sandbox)


def language_of(request: Request) -> Language:
    """The language of the page that answers."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))


def _missing(request: Request, language: Language) -> Response:
    return page_answer(request, missing_page(language, request.url.path, sandbox=_is_sandbox(request)), status_code=404)


def _today(services: Services) -> str:
    return legal_day(services.clock.now(), None)


def _day_of(text: str, services: Services) -> str:
    """The day that was asked for; today if there is no such day."""
    try:
        return check_day(text)
    except ValueError:
        return _today(services)


def _held(reader: Reader, party: str) -> dict[str, Value]:
    ids = (find_state(reader, permits_key(party)) or {"ids": []})["ids"]
    values = load_states(reader, map(act_key, ids))
    return {permit: value for permit in ids if (value := values[act_key(permit)]) is not None}


def _party_permit(reader: Reader, permit: str, value: Value, day: str) -> PartyPermit:
    said = permit_as_of(value, day)
    capacity_g = said.scope.get("capacity_g_per_year")
    used = find_state(reader, capacity_key(permit, day[:4])) or {"used_g": 0}
    open_g = None if capacity_g is None else max(0, capacity_g - used["used_g"])
    return PartyPermit(permit, said, open_g, chapters(value))


def _index_of(reader: Reader, attestation: Attestation) -> int:
    entry = find_entry(reader, attestation.event)
    if entry is None:
        raise Corruption("the log lacks the event of a permit", place=attestation.event)
    return entry.index


def _proof(services: Services, events: Iterable[str]) -> Proof:
    """Check the statements behind the page as any verifier would: signatures, keys, and their places in the log."""
    try:
        for event in dict.fromkeys(events):
            verify_evidence(evidence_of(services.store, event), services.home.trust)
    except ReceiptUnavailable:
        return "recorded"
    except _UNPROVEN:
        return "broken"
    return "proven"
