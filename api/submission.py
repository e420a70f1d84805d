"""Statements in: one, many, or only asked about. What a statement may not do, its signature decides, not a token."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api import schemas
from api.answers import JSON
from api.callers import FOR_ALL, CallerDep
from api.limits import BATCH_STATEMENTS_MAX
from api.problems import problem_responses, refusal_members
from api.rates import asker_of
from api.refusals import BatchTooLong, BodyTooLarge, MediaTypeUnsupported, RequestMalformed
from api.sequence import split_sequence
from api.services import BodyDep, Services, ServicesDep
from compliance.law import law_keys
from compliance.requirements.notice import notice_of_refusal, notices_of
from ledger import errors
from ledger.batch import Outcome, Recorded, Waiting
from ledger.domain.payload import key_key
from ledger.domain.values import format_instant
from ledger.errors import Refusal, RequirementNotMet
from ledger.fold.regime import FEDERAL_REGIME
from ledger.recorder import Checked
from ledger.statement import parse_envelope
from ledger.store.state import load_states

COSE: Final = "application/cose"
COSE_SEQUENCE: Final = "application/cbor-seq"

REFUSED_STATEMENT: Final = (
    errors.MalformedStatement,
    errors.StatementTooLarge,
    errors.KeyUnknown,
    errors.KeyNotInForce,
    errors.KeyUnusable,
    errors.SignatureInvalid,
    errors.IssuerMismatch,
    errors.IdReused,
    errors.UnitIdInvalid,
    errors.StaleHead,
    errors.ConflictingStatement,
    errors.SubjectUnknown,
    errors.SubjectExists,
    errors.NotHolder,
    errors.NotConcerned,
    errors.TransitionNotAllowed,
    errors.TimeOutOfBounds,
    errors.BooksDoNotClose,
    errors.CorrectionNotAllowed,
    errors.AuthorisationMissing,
    errors.TermNotKept,
    errors.RequirementNotMet,
    errors.CalendarUnknown,
)
# What an unknown key or a forger sends must not use up what the named key may send.
_UNPROVEN: Final = (errors.MalformedStatement, errors.StatementTooLarge, errors.KeyUnknown, errors.SignatureInvalid)

router = APIRouter(tags=["statements"], dependencies=[FOR_ALL])


@router.post(
    "/v1/events",
    operation_id="record_statements",
    summary="Record one statement, or a batch",
    status_code=201,
    responses={
        200: schemas.answer(
            "Already here: the original answer. For a batch: one result per statement, in order; it is not atomic",
            schemas.RecordedAnswer | schemas.BatchAnswer,
        ),
        201: schemas.answer("Recorded: committed to the log at this index", schemas.RecordedAnswer),
        202: schemas.answer("Kept until the statements it builds on arrive", schemas.WaitingAnswer),
        **problem_responses(*REFUSED_STATEMENT, BodyTooLarge, BatchTooLong, MediaTypeUnsupported, RequestMalformed),
    },
    openapi_extra=schemas.statement_body(COSE, COSE_SEQUENCE),
)
def record_statements(
    request: Request, services: ServicesDep, body: BodyDep, content_type: Annotated[str, Header()] = ""
) -> Response:
    """Every statement carries its own credential, the signature of an enrolled key; no token is needed.

    A statement that is sent again gets its original answer. Within a batch, statements may build on each other.
    """
    match _media_type(content_type):
        case "application/cose":
            [outcome] = submit(request, services, [body])
            if isinstance(outcome, Refusal):
                raise outcome
            members = outcome_members(outcome, services.base_url)
        case "application/cbor-seq":
            raws = split_sequence(body, BATCH_STATEMENTS_MAX)
            results = [outcome_members(outcome, services.base_url) for outcome in submit(request, services, raws)]
            members = {"status": 200, "results": results}
        case _:
            raise MediaTypeUnsupported(
                "statements come as COSE_Sign1, or as a CBOR sequence of them", offered=[COSE, COSE_SEQUENCE]
            )
    return Response(json.dumps(members), status_code=members["status"], media_type=JSON, headers=_headers(members))


@router.post(
    "/v1/check",
    operation_id="check_statement",
    summary="Ask whether a statement would be recorded",
    responses={
        200: schemas.answer("What recording it now would answer; nothing was recorded", schemas.CheckAnswer),
        **problem_responses(BodyTooLarge, MediaTypeUnsupported),
    },
    openapi_extra=schemas.statement_body(COSE),
)
def check_statement(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    body: BodyDep,
    content_type: Annotated[str, Header()] = "",
) -> Response:
    """The whole path of recording but for the record: the answer may differ once others have recorded.

    ``findings`` are those that it would open, and the requirement by which it is refused, each with its cure. Who asks
    with a token of the key that is to sign may ask before it signs, with 64 zero bytes for the signature.
    """
    if _media_type(content_type) != COSE:
        raise MediaTypeUnsupported("a statement comes as COSE_Sign1", offered=[COSE])
    services.rates.spend("statements", _address(request))
    vouched = key_key(caller.party, caller.kid) if caller.party and caller.kid else None
    checked = services.recorder.check(body, vouched)
    members = outcome_members(checked.outcome, services.base_url)
    return Response(json.dumps({**members, "findings": _foretold(services, checked, body)}), media_type=JSON)


def _foretold(services: Services, checked: Checked, body: bytes) -> list[dict[str, Any]]:
    """What the signer is told in advance: the findings that it would open, or the requirement that refuses it."""
    if isinstance(checked.outcome, RequirementNotMet):
        return [asdict(notice_of_refusal(checked.outcome))]
    if not checked.findings:
        return []
    with services.store.read() as reader:
        law = load_states(reader, [FEDERAL_REGIME])
        law |= load_states(reader, law_keys(law))
    return [asdict(notice) for notice in notices_of(checked.findings, law, parse_envelope(body).iss)]


def submit(request: Request, services: Services, raws: Sequence[bytes]) -> list[Outcome]:
    """Record the statements and give one outcome each.

    Raises:
        TooManyRequests: this address, or a key that signed one of them, has sent too many in this minute.
        Unavailable, Corruption: nothing can be said of any of them.
    """
    services.rates.spend("statements", _address(request), cost=len(raws))
    signers = [_signer_of(raw) for raw in raws]
    for signer in set(signers):
        services.rates.verify("statements", signer)
    services.publication.verify_healthy()
    outcomes = services.recorder.submit(raws)
    proven = Counter(signer for signer, outcome in zip(signers, outcomes, strict=True) if _is_news(outcome))
    for signer, count in proven.items():
        services.rates.note("statements", signer, cost=count)
    return outcomes


def _is_news(outcome: Outcome) -> bool:
    """Whether the named key itself can be held to have sent this: anybody may send again what is in the log."""
    return not isinstance(outcome, _UNPROVEN) and not (isinstance(outcome, Recorded) and outcome.duplicate)


def _signer_of(raw: bytes) -> str:
    """Party and key that a statement names; neither is proven."""
    try:
        envelope = parse_envelope(raw)
    except Refusal:
        return ""
    return f"{envelope.iss}:{envelope.kid.hex()}"


def outcome_members(outcome: Outcome, base_url: str) -> dict[str, Any]:
    """The result of one statement, as JSON members with its own ``status``."""
    match outcome:
        case Recorded():
            event = f"{base_url}/v1/events/{outcome.event_id}"
            return {
                "status": HTTPStatus.OK if outcome.duplicate else HTTPStatus.CREATED,
                "index": outcome.index,
                "event_id": outcome.event_id,
                "leaf_hash": outcome.leaf_hash.hex(),
                "recorded_at": format_instant(outcome.recorded_at),
                "links": {"event": event, "receipt": f"{event}/receipt"},
            }
        case Waiting():
            return {"status": HTTPStatus.ACCEPTED, "event_id": outcome.event_id, "waiting_for": list(outcome.parents)}
    return refusal_members(outcome, base_url)


def _headers(members: dict[str, Any]) -> dict[str, str]:
    location = {"location": members["links"]["event"]} if "links" in members else {}
    return {"cache-control": "no-store", **location}


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _address(request: Request) -> str:
    return asker_of(request.client.host if request.client else "")
