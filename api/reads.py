"""Who among the officials has read what: for those who oversee them."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import inspection_schemas as shapes
from api import schemas
from api.answers import UNKEPT, json_answer
from api.callers import AUDIT, CallerDep, for_powers
from api.directory_query import Limit
from api.limits import PAGE_DEFAULT
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, PermissionMissing, RequestMalformed
from api.services import ServicesDep
from ledger.domain.values import format_instant
from ledger.store.reads import OfficialRead, list_reads

_CURSOR: Final = re.compile(r"([0-9]{1,12})\.([0-9a-f-]{36})")

router = APIRouter(tags=["reads"], dependencies=[for_powers("inspect", "register")])


@router.get(
    "/v1/reads",
    operation_id="list_reads",
    summary="What officials have read that is not public",
    responses={
        200: schemas.answer("A page", shapes.ReadsPage),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def read_reads(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    party: Annotated[
        str | None,
        Query(pattern="^pty_[a-z2-7]{26}$", description="Only by this authority", examples=[schemas.PARTY]),
    ] = None,
    after: Annotated[str, Query(max_length=60, description="`next` of the page before", examples=[""])] = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """The newest first. An authority is shown the reads of its own officials; with the scope `audit`, those of all.

    Asking is a read too. Reads are kept for seven years.
    """
    whose = party if AUDIT in caller.scopes else caller.party
    if party not in (None, whose):
        raise PermissionMissing("the reads of another authority take the scope audit", scope=AUDIT)
    with services.store.read() as reader:
        found = list_reads(reader, party=whose, before=read_position(after), limit=limit + 1)
    rows = [_row(read) for read in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else f"{last.read_at}.{last.request}"
    return json_answer(request, {"reads": rows, "next": following}, cache=UNKEPT)


def _row(read: OfficialRead) -> dict[str, str]:
    return {
        "at": format_instant(read.read_at),
        "request": read.request,
        "party": read.party,
        "kid": read.kid,
        "path": read.path,
    }


def read_position(after: str) -> tuple[int, str] | None:
    """The read behind which a page begins, from its cursor; None for the first page.

    Raises:
        RequestMalformed: not a cursor of this list.
    """
    if not after:
        return None
    found = _CURSOR.fullmatch(after)
    if found is None:
        raise RequestMalformed("not a cursor of this list", field="/query/after")
    return int(found[1]), found[2]
