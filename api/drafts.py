"""Drafts of applications: what a party prepares, and nobody else sees."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api import application_schemas as shapes
from api import schemas
from api.answers import json_answer
from api.callers import Access, CallerDep, Gate
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from certification.store.drafts import ApplicationDraft, delete_draft, find_draft, list_drafts, put_draft
from ledger.domain.values import format_instant
from ledger.errors import DepositInvalid

ApplicationPath = Annotated[str, Path(pattern="^apl_[a-z2-7]{26}$", examples=[shapes.APPLICATION])]
_NO_DRAFT = "this party has no such draft"

_PREPARERS: Final = frozenset({"admin", "authority", "prepare"})

router = APIRouter(tags=["applications"], dependencies=[Depends(Gate(Access(roles=_PREPARERS)))])


@router.get(
    "/v1/drafts",
    operation_id="list_drafts",
    summary="All drafts of the asking party",
    responses={
        200: schemas.answer("The drafts", shapes.DraftListAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def list_own(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """For keys of the party that administer or prepare (roles admin, prepare; authority of an authority)."""
    with services.store.read() as reader:
        drafts = list_drafts(reader, str(caller.party))
    return json_answer(request, {"drafts": [_members(draft) for draft in drafts]})


@router.get(
    "/v1/drafts/{application}",
    operation_id="read_draft",
    summary="A draft of an application",
    responses={
        200: schemas.answer("The draft", shapes.DraftAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read(request: Request, services: ServicesDep, caller: CallerDep, application: ApplicationPath) -> Response:
    """For keys of the party that administer or prepare (roles admin, prepare; authority of an authority)."""
    with services.store.read() as reader:
        draft = find_draft(reader, str(caller.party), application)
    if draft is None:
        raise NotFound(_NO_DRAFT)
    return json_answer(request, _members(draft))


@router.put(
    "/v1/drafts/{application}",
    operation_id="keep_draft",
    summary="Keep a draft of an application",
    status_code=204,
    responses={
        204: {"description": "Kept, in the place of what was there"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, DepositInvalid),
    },
)
def keep(
    services: ServicesDep, caller: CallerDep, application: ApplicationPath, asked: shapes.DraftRequest
) -> Response:
    """At most 50 for a party, 60 KiB each. Nothing of it is judged; personal data does not belong in it."""
    party = str(caller.party)
    services.rates.spend("deposits", party)
    draft = ApplicationDraft(party, application, asked.members, services.clock.now())
    services.store.write(lambda writer: put_draft(writer, draft))
    return Response(status_code=204)


@router.delete(
    "/v1/drafts/{application}",
    operation_id="delete_draft",
    summary="Delete a draft",
    status_code=204,
    responses={
        204: {"description": "Gone"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def delete(services: ServicesDep, caller: CallerDep, application: ApplicationPath) -> Response:
    """An application that was handed in stays what it is."""
    party = str(caller.party)
    if not services.store.write(lambda writer: delete_draft(writer, party, application)):
        raise NotFound(_NO_DRAFT)
    return Response(status_code=204)


def _members(draft: ApplicationDraft) -> dict[str, Any]:
    return {
        "application": draft.application,
        "updated_at": format_instant(draft.updated_at),
        "members": dict(draft.members),
    }
