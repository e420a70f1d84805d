"""Documents beside the log: bytes by their digest, for who deposited them and who may read what cites them."""

from __future__ import annotations

import json
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import JSON, PRIVATE, bytes_answer, json_answer
from api.callers import FOR_PARTIES, Caller, CallerDep, for_powers
from api.disclosure import Disclosure, HistoriesExhaustedError
from api.limits import MIB, PAGE_MAX
from api.problems import problem_responses
from api.refusals import BodyTooLarge, CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import BodyDep, ServicesDep
from ledger.errors import DepositInvalid
from ledger.store.blobs import (
    Blob,
    BlobFiles,
    deposit_blob,
    find_blob,
    followed_size,
    is_blob_reader,
    iter_missing_blobs,
    list_citing_entries,
)
from ledger.store.session import Reader

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 in hex", examples=[schemas.EVENT_ID])]
_KINDS = ("image/jpeg", "image/png", "image/webp", "application/pdf", "application/xml", "text/csv")
_BINARY = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _KINDS}

router = APIRouter(tags=["documents"], dependencies=[FOR_PARTIES])


@router.put(
    "/v1/blobs/{digest}",
    operation_id="deposit_document",
    summary="Deposit a document that an event cites",
    status_code=201,
    responses={
        201: schemas.answer("Kept", schemas.BlobAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, DepositInvalid, BodyTooLarge),
    },
    openapi_extra={"requestBody": {"required": True, "content": _BINARY}},
)
def deposit(services: ServicesDep, caller: CallerDep, body: BodyDep, digest: Digest) -> Response:
    """What it is, its first bytes tell: JPEG, PNG, WebP, PDF, XML or CSV. The same document again is the same one."""
    party = str(caller.party)
    services.rates.spend("deposits", party, cost=1 + len(body) // MIB)
    blob = deposit_blob(services.store, BlobFiles(services.home.blobs), digest, body, party, services.clock.now())
    return Response(json.dumps(_members(blob)), status_code=201, media_type=JSON)


@router.get(
    "/v1/blobs/{digest}",
    operation_id="read_document",
    summary="A document",
    responses={
        200: schemas.answer("The bytes, as an attachment", media_types=_KINDS),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read(request: Request, services: ServicesDep, caller: CallerDep, digest: Digest) -> Response:
    """For who deposited it, for the parties of an event that cites it, and for whoever may read such an event."""
    with services.store.read() as reader:
        blob = find_blob(reader, digest)
        if blob is None or blob.erased_at is not None or not _may_read(reader, caller, digest):
            raise NotFound("no such document, or not for this reader")
    data = BlobFiles(services.home.blobs).read(digest)
    # A document is never shown as a page of ours, whatever its bytes would make of that.
    headers = {"content-disposition": f'attachment; filename="{digest}"'}
    return bytes_answer(request, data, blob.media_type, cache=PRIVATE, headers=headers)


@router.get(
    "/v1/blobs",
    dependencies=[for_powers("inspect", "register")],
    operation_id="list_missing_documents",
    summary="Documents that events cite and nobody has deposited",
    responses={
        200: schemas.answer("A page of them, by digest", schemas.MissingDocumentsAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def list_missing(
    request: Request,
    services: ServicesDep,
    after: Annotated[
        str, Query(pattern="^([0-9a-f]{64})?$", description="`next` of the page before", examples=[schemas.EVENT_ID])
    ] = "",
) -> Response:
    """For authorities that inspect or register: evidence that a party named and does not produce."""
    with services.store.read() as reader:
        page = list(islice(iter_missing_blobs(reader, BlobFiles(services.home.blobs), after=after), PAGE_MAX))
        followed = followed_size(reader)
    missing = [{"digest": blob.digest, "indexes": list(blob.indexes)} for blob in page]
    following = page[-1].digest if len(page) == PAGE_MAX else None
    return json_answer(request, {"followed": followed, "missing": missing, "next": following})


def _may_read(reader: Reader, caller: Caller, digest: str) -> bool:
    if caller.sees_all or (not caller.sees_loads_only and is_blob_reader(reader, digest, str(caller.party))):
        return True
    disclosure = Disclosure(reader, caller)
    try:
        return any(disclosure.may_read(entry) for entry in list_citing_entries(reader, digest))
    except HistoriesExhaustedError:
        return False


def _members(blob: Blob) -> dict[str, Any]:
    return {"digest": blob.digest, "bytes": blob.bytes, "media_type": blob.media_type}
