"""Authorisations as credentials and certificates that anybody can check, and what they are checked against."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, bytes_answer, choose, json_answer
from api.authorisations import AuthorisationPath
from api.callers import FOR_ALL
from api.limits import CERTIFICATES_MAX
from api.problems import problem_responses
from api.refusals import NotAcceptable, NotFound
from api.services import Services, ServicesDep
from exchange.attestation import Attestation, attest
from exchange.certificate import render_certificate
from exchange.credential import credential_document, permit_members
from exchange.did import did_document, format_did, format_key_id
from exchange.securing import VC, VC_JWT, Issuer, add_proof, sign_vc_jwt
from exchange.status_list import Purpose, list_of, status_entries, status_list_credential
from exchange.typeface import PDF
from ledger.domain.payload import party_key
from ledger.errors import Corruption, SubjectUnknown
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store.entries import find_entry, read_head
from ledger.store.session import Reader
from ledger.store.state import find_state

ListNumber = Annotated[int, Path(ge=0, le=10**9, description="Entries of the log by 131,072", examples=[0])]
Lang = Annotated[Literal["es", "en"], Query(description="Language of the first page", examples=["es"])]

# Drawing takes a hundred times what looking up does, and anybody may ask.
_rendered = lru_cache(maxsize=CERTIFICATES_MAX)(render_certificate)

router = APIRouter(tags=["credentials"], dependencies=[FOR_ALL])


@router.get(
    "/v1/authorisations/{authorisation}/credential",
    operation_id="read_credential",
    summary="An authorisation as W3C Verifiable Credential",
    responses={
        200: schemas.answer("The credential, secured by JOSE or with a proof inside", media_types=(VC_JWT, VC)),
        **problem_responses(NotFound, NotAcceptable),
    },
)
def read_credential(request: Request, services: ServicesDep, authorisation: AuthorisationPath) -> Response:
    """The operator says what the log says today; `Accept: application/vc` asks for a Data Integrity proof instead."""
    media_type = choose(request, VC_JWT, VC)
    with services.store.read() as reader:
        attestation = _attested(reader, services, authorisation)
        issuer = _issuer(reader, services)
        index = _index_of(reader, attestation)
    credential = credential_document(services.base_url, issuer, attestation, index)
    return _secured(request, services, issuer, credential, media_type, cache=FRESH)


@router.get(
    "/v1/authorisations/{authorisation}/certificate",
    operation_id="read_certificate",
    summary="An authorisation on paper, in Spanish and English",
    responses={
        200: schemas.answer("The certificate, as of today", media_types=(PDF,)),
        **problem_responses(NotFound),
    },
)
def read_certificate(
    request: Request, services: ServicesDep, authorisation: AuthorisationPath, lang: Lang = "es"
) -> Response:
    """Its QR Code leads to the page that tells whether it still holds."""
    with services.store.read() as reader:
        attestation = _attested(reader, services, authorisation)
    page = page_url(services.base_url, authorisation)
    name = {"content-disposition": f'inline; filename="{authorisation}.pdf"'}
    return bytes_answer(request, _rendered(attestation, page, first=lang), PDF, cache=FRESH, headers=name)


@router.get(
    "/v1/authorisations/{authorisation}/check",
    operation_id="check_authorisation",
    summary="Whether an authorisation holds today",
    responses={
        200: schemas.answer("What the log says today", schemas.AuthorisationCheckAnswer),
        **problem_responses(NotFound),
    },
)
def check_authorisation(request: Request, services: ServicesDep, authorisation: AuthorisationPath) -> Response:
    """What the page behind a certificate's QR Code shows."""
    with services.store.read() as reader:
        attestation = _attested(reader, services, authorisation)
        index = _index_of(reader, attestation)
    return json_answer(request, check_members(services.base_url, attestation, index), cache=FRESH)


@router.get(
    "/credentials/status/{purpose}/{number}",
    operation_id="read_status_list",
    summary="Which credentials are revoked or suspended",
    responses={
        200: schemas.answer("A Bitstring Status List credential", media_types=(VC_JWT, VC)),
        **problem_responses(NotFound, NotAcceptable),
    },
)
def read_status_list(
    request: Request,
    services: ServicesDep,
    purpose: Annotated[Purpose, Path(examples=["revocation"])],
    number: ListNumber,
) -> Response:
    """Drawn from the log's state; a bit is the leaf index of the entry that a credential rests on."""
    media_type = choose(request, VC_JWT, VC)
    with services.store.read() as reader:
        if number > list_of(read_head(reader).size):
            raise NotFound("no entry of the log belongs to this list yet")
        issuer = _issuer(reader, services)
    indexes = services.status_lists.indexes(purpose)
    now = services.clock.now()
    credential = status_list_credential(services.base_url, issuer, purpose, number, indexes, now=now)
    return _secured(request, services, issuer, credential, media_type, cache=FRESH)


@router.get("/did.json", include_in_schema=False)
@router.get(
    "/.well-known/did.json",
    operation_id="read_did_document",
    summary="The issuer's keys (did:web)",
    responses={200: schemas.answer("The DID document", schemas.DidDocumentAnswer), **problem_responses()},
)
def read_did_document(request: Request, services: ServicesDep) -> Response:
    """At the root of a host, or beside the rest where the base URL has a path."""
    document = did_document(services.base_url, [services.credential_key.public])
    return json_answer(request, document, cache=FRESH)


def page_url(base_url: str, authorisation: str) -> str:
    """The page for people that a certificate's QR Code leads to."""
    return f"{base_url}/autorizaciones/{authorisation}"


def check_members(base_url: str, attestation: Attestation, index: int) -> dict[str, Any]:
    """What the log says of the authorisation, and where each proof of it is."""
    url = f"{base_url}/v1/authorisations/{attestation.authorisation}"
    return {
        "holds": attestation.holds,
        "permit": permit_members(attestation),
        "status": status_entries(base_url, index),
        "links": {
            "page": page_url(base_url, attestation.authorisation),
            "credential": f"{url}/credential",
            "certificate": f"{url}/certificate",
            "event": f"{base_url}/v1/events/{attestation.event}",
            "evidence": f"{base_url}/v1/events/{attestation.event}/receipt",
        },
    }


def _attested(reader: Reader, services: Services, authorisation: str) -> Attestation:
    try:
        return attest(lambda key: find_state(reader, key), authorisation, legal_day(services.clock.now(), None))
    except SubjectUnknown as error:
        raise NotFound(error.detail) from error


def _index_of(reader: Reader, attestation: Attestation) -> int:
    entry = find_entry(reader, attestation.event)
    if entry is None:
        raise Corruption("an event of the state is not in the log", place=f"event {attestation.event}")
    return entry.index


def _issuer(reader: Reader, services: Services) -> Issuer:
    operator = _state_of(reader, party_key(_state_of(reader, "ledger")["operator"]))
    did, key = format_did(services.base_url), services.credential_key
    return Issuer(did, operator["name"], format_key_id(did, key.public), key)


def _state_of(reader: Reader, key: str) -> Value:
    value = find_state(reader, key)
    if value is None:
        raise Corruption("a value that every ledger has is missing", place=f"state {key}")
    return value


def _secured(
    request: Request, services: Services, issuer: Issuer, credential: dict[str, Any], media_type: str, *, cache: str
) -> Response:
    now = services.clock.now()
    if media_type == VC:
        return json_answer(request, add_proof(issuer, credential, now=now), cache=cache, media_type=VC)
    return bytes_answer(request, sign_vc_jwt(issuer, credential, now=now).encode(), VC_JWT, cache=cache)
