"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api import schemas
from api.answers import JSON
from api.callers import FOR_ALL
from api.problems import problem_responses
from api.services import ServicesDep
from ledger.errors import Unavailable
from ledger.store.checkpoints import find_newest_checkpoint
from ledger.store.entries import get_entry, read_head
from ledger.store.schema import check_schema

LAG_S_MAX: Final = 300
"""How old the first entry may be that no checkpoint covers."""

router = APIRouter(tags=["health"], dependencies=[FOR_ALL])
_NOT_CACHED: Final = {"cache-control": "no-store"}


@router.get(
    "/livez",
    operation_id="read_liveness",
    summary="Whether the process answers",
    responses={200: schemas.answer("It does", schemas.LiveAnswer), **problem_responses()},
)
def read_liveness() -> Response:
    """Says nothing of the database: restarting the process would not mend it."""
    return Response(json.dumps({"status": "live"}), media_type=JSON, headers=_NOT_CACHED)


@router.get(
    "/readyz",
    operation_id="read_readiness",
    summary="Whether statements can be recorded and receipted",
    responses={200: schemas.answer("They can", schemas.ReadyAnswer), **problem_responses()},
)
def read_readiness(services: ServicesDep) -> Response:
    """The database answers, the schema is this program's, checkpoints follow. 503 or 500 tells what is wrong."""
    services.publication.verify_healthy()
    with services.store.read() as reader:
        check_schema(reader)
        size = read_head(reader).size
        newest = find_newest_checkpoint(reader, published=True)
        covered = 0 if newest is None else newest.size
        waits_since = get_entry(reader, covered).recorded_at if covered < size else None
    if waits_since is not None and services.clock.now() - waits_since > LAG_S_MAX:
        raise Unavailable(f"checkpoints are behind: {covered} of {size} entries are covered", retry_after_s=60)
    members = {"status": "ready", "size": size, "covered": covered}
    return Response(json.dumps(members), media_type=JSON, headers=_NOT_CACHED)
