"""The same log in the words of SCITT (draft-ietf-scitt-scrapi): statements in, receipts out."""

from __future__ import annotations

import json
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api import schemas
from api.answers import IMMUTABLE, JSON, bytes_answer
from api.callers import FOR_ALL
from api.events import COSE, RECEIPT, RETRY_AFTER_S, EventId, covered_evidence, known_entry, pending_answer
from api.problems import problem_responses
from api.refusals import MediaTypeUnsupported, NotFound
from api.services import BodyDep, Services, ServicesDep
from api.submission import REFUSED_STATEMENT, outcome_members, submit
from ledger.batch import Waiting
from ledger.errors import Refusal
from ledger.log.receipt import format_receipt

WAIT_S: Final = 2
"""How long a registration waits for its receipt before it points to where it will be."""

router = APIRouter(tags=["scitt"], dependencies=[FOR_ALL])


@router.post(
    "/entries",
    operation_id="register_statement",
    summary="Register a signed statement (SCRAPI)",
    status_code=201,
    responses={
        201: schemas.answer("Registered; the receipt", media_types=(RECEIPT,)),
        202: schemas.answer("Kept until the statements it builds on arrive", schemas.WaitingAnswer),
        303: {"description": "Registered; the receipt will be at `Location`"},
        **problem_responses(*REFUSED_STATEMENT, MediaTypeUnsupported),
    },
    openapi_extra=schemas.statement_body(COSE),
)
def register_statement(
    request: Request, services: ServicesDep, body: BodyDep, content_type: Annotated[str, Header()] = ""
) -> Response:
    """As `POST /v1/events`; the answer is the COSE receipt as soon as a checkpoint covers the statement."""
    if content_type.partition(";")[0].strip().lower() != COSE:
        raise MediaTypeUnsupported("a signed statement is application/cose", offered=[COSE])
    [outcome] = submit(request, services, [body])
    if isinstance(outcome, Refusal):
        raise outcome
    if isinstance(outcome, Waiting):
        members = outcome_members(outcome, services.base_url)
        return Response(json.dumps(members), status_code=202, media_type=JSON, headers={"cache-control": "no-store"})
    return _registered(services, outcome.event_id)


@router.get(
    "/entries/{event_id}",
    operation_id="read_scitt_receipt",
    summary="The receipt of a registered statement (SCRAPI)",
    responses={
        200: schemas.answer("The COSE receipt", media_types=(RECEIPT,)),
        202: schemas.answer("Registered, but not covered by a checkpoint yet", schemas.PendingAnswer),
        **problem_responses(NotFound),
    },
)
def read_scitt_receipt(request: Request, services: ServicesDep, event_id: EventId) -> Response:
    """Public to who knows the event id: a receipt holds hashes alone."""
    with services.store.read() as reader:
        entry = known_entry(reader, event_id)
    evidence = covered_evidence(services, entry, 0)
    if evidence is None:
        return pending_answer(entry)
    return bytes_answer(request, format_receipt(evidence.receipt), RECEIPT, cache=IMMUTABLE)


def _registered(services: Services, event_id: str) -> Response:
    location = {"location": f"{services.base_url}/entries/{event_id}", "cache-control": "no-store"}
    with services.store.read() as reader:
        entry = known_entry(reader, event_id)
    evidence = covered_evidence(services, entry, WAIT_S)
    if evidence is None:
        return Response(status_code=303, headers={**location, "retry-after": str(RETRY_AFTER_S)})
    return Response(format_receipt(evidence.receipt), status_code=201, media_type=RECEIPT, headers=location)
