"""Personal data beside the log: what a commitment was made from, for who deposited it and whom it lets read."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import schemas
from api.answers import JSON, PRIVATE, UNKEPT, json_answer
from api.callers import FOR_OFFICES, CallerDep
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from certification.sealed import format_opening, parse_opening
from ledger.domain.values import format_base64url, format_instant, parse_base64url
from ledger.errors import DepositInvalid
from ledger.store.sealed import Sealed, deposit_sealed, erase_sealed, find_sealed, list_sealed

Commitment = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the opening, in hex", examples=[schemas.EVENT_ID])
]
_NOT_SHOWN = "no such sealed value, or not for this reader"

router = APIRouter(tags=["personal data"], dependencies=[FOR_OFFICES])


@router.put(
    "/v1/sealed/{commitment}",
    operation_id="deposit_sealed",
    summary="Deposit what a commitment was made from",
    status_code=201,
    responses={
        201: schemas.answer("Kept", schemas.SealedRow),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, DepositInvalid),
    },
)
def deposit(services: ServicesDep, caller: CallerDep, commitment: Commitment, asked: schemas.SealedRequest) -> Response:
    """Salt, value and who else may read them. The same again is the same one; who may read it is said once."""
    party = str(caller.party)
    services.rates.spend("deposits", party)
    opening = _opening(asked)
    sealed = deposit_sealed(services.store, commitment, opening, party, asked.readers, services.clock.now())
    return Response(json.dumps(_row(sealed)), status_code=201, media_type=JSON)


@router.get(
    "/v1/sealed/{commitment}",
    operation_id="read_sealed",
    summary="What a commitment was made from",
    responses={
        200: schemas.answer("Salt and value", schemas.SealedAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read(request: Request, services: ServicesDep, caller: CallerDep, commitment: Commitment) -> Response:
    """For who deposited it and for those whom it named; no power opens what was sealed for others."""
    with services.store.read() as reader:
        sealed = find_sealed(reader, commitment, str(caller.party))
    if sealed is None or sealed.opening is None:
        raise NotFound(_NOT_SHOWN)
    value, salt = parse_opening(sealed.opening)
    members = {"commitment": commitment, "salt": format_base64url(salt), "value": value, "sealed_by": sealed.party}
    return json_answer(request, members, cache=UNKEPT)


@router.get(
    "/v1/sealed",
    operation_id="list_sealed",
    summary="All that the asking party has deposited",
    responses={
        200: schemas.answer("Commitments, without what they were made from", schemas.SealedListAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def list_own(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """Where a party begins that is asked which personal data it keeps."""
    with services.store.read() as reader:
        rows = list_sealed(reader, str(caller.party))
    return json_answer(request, {"sealed": [_row(sealed) for sealed in rows]}, cache=PRIVATE)


@router.delete(
    "/v1/sealed/{commitment}",
    operation_id="erase_sealed",
    summary="Erase salt and value for good",
    status_code=204,
    responses={
        204: {"description": "Erased; the commitment in the log tells nothing any more"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def erase(services: ServicesDep, caller: CallerDep, commitment: Commitment) -> Response:
    """For who deposited it. Erased again, it stays erased; no proof breaks."""
    with services.store.read() as reader:
        sealed = find_sealed(reader, commitment, str(caller.party))
    if sealed is None or sealed.party != caller.party:
        raise NotFound(_NOT_SHOWN)
    erase_sealed(services.store, commitment, services.clock.now())
    return Response(status_code=204)


def _opening(asked: schemas.SealedRequest) -> bytes:
    try:
        return format_opening(asked.value, parse_base64url(asked.salt))
    except ValueError as error:
        raise DepositInvalid(f"The sealed value cannot be spelt: {error}.") from error


def _row(sealed: Sealed) -> dict[str, str | None]:
    return {
        "commitment": sealed.commitment,
        "sealed_at": format_instant(sealed.sealed_at),
        "erased_at": None if sealed.erased_at is None else format_instant(sealed.erased_at),
    }
