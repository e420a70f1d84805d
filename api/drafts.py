"""Drafts of applications and consignments: what a party prepares, and nobody else sees."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from api import application_schemas as shapes
from api import schemas
from api.answers import json_answer
from api.callers import Access, Caller, CallerDep, Gate
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from certification.store.drafts import PreparedDraft, delete_draft, find_draft, list_drafts, put_draft
from ledger.domain.values import format_instant
from ledger.errors import DepositInvalid

SubjectPath = Annotated[
    str, Path(pattern="^(apl|con)_[a-z2-7]{26}$", description="The id that it will have", examples=[shapes.APPLICATION])
]
_NO_DRAFT = "this party has no such draft"

_PREPARERS: Final = frozenset({"admin", "authority", "prepare"})
_OFFERING: Final = _PREPARERS | {"custody"}
"""Keys that prepare consignments: those that may sign them too."""

router = APIRouter(tags=["drafts"], dependencies=[Depends(Gate(Access(roles=_OFFERING)))])


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
    """Those of applications for keys that administer or prepare, those of consignments for keys with custody too."""
    with services.store.read() as reader:
        drafts = [draft for draft in list_drafts(reader, str(caller.party)) if _may_prepare(caller, draft.subject)]
    return json_answer(request, {"drafts": [_members(draft) for draft in drafts]})


@router.get(
    "/v1/drafts/{subject}",
    operation_id="read_draft",
    summary="A draft",
    responses={
        200: schemas.answer("The draft", shapes.DraftAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read(request: Request, services: ServicesDep, caller: CallerDep, subject: SubjectPath) -> Response:
    """Of an application for keys that administer or prepare, of a consignment for keys with custody too."""
    _check_prepares(caller, subject)
    with services.store.read() as reader:
        draft = find_draft(reader, str(caller.party), subject)
    if draft is None:
        raise NotFound(_NO_DRAFT)
    return json_answer(request, _members(draft))


@router.put(
    "/v1/drafts/{subject}",
    operation_id="keep_draft",
    summary="Keep a draft",
    status_code=204,
    responses={
        204: {"description": "Kept, in the place of what was there"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, DepositInvalid),
    },
)
def keep(services: ServicesDep, caller: CallerDep, subject: SubjectPath, asked: shapes.DraftRequest) -> Response:
    """At most 50 for a party, 60 KiB each. Nothing of it is judged; personal data does not belong in it."""
    _check_prepares(caller, subject)
    party = str(caller.party)
    services.rates.spend("deposits", party)
    draft = PreparedDraft(party, subject, asked.members, services.clock.now())
    services.store.write(lambda writer: put_draft(writer, draft))
    return Response(status_code=204)


@router.delete(
    "/v1/drafts/{subject}",
    operation_id="delete_draft",
    summary="Delete a draft",
    status_code=204,
    responses={
        204: {"description": "Gone"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def delete(services: ServicesDep, caller: CallerDep, subject: SubjectPath) -> Response:
    """An application that was handed in, or a consignment that was offered, stays what it is."""
    _check_prepares(caller, subject)
    party = str(caller.party)
    if not services.store.write(lambda writer: delete_draft(writer, party, subject)):
        raise NotFound(_NO_DRAFT)
    return Response(status_code=204)


def _may_prepare(caller: Caller, subject: str) -> bool:
    roles = _OFFERING if subject.startswith("con_") else _PREPARERS
    return bool(roles & caller.roles)


def _check_prepares(caller: Caller, subject: str) -> None:
    """The caller's key prepares things of this sort.

    Raises:
        PermissionMissing: it does not.
    """
    if not _may_prepare(caller, subject):
        raise PermissionMissing("the key lacks the role that may do this", any_of=[*sorted(_PREPARERS)])


def _members(draft: PreparedDraft) -> dict[str, Any]:
    return {
        "subject": draft.subject,
        "updated_at": format_instant(draft.updated_at),
        "members": dict(draft.members),
    }
