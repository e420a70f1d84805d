"""The directory of authorised parties: public, as the law asks (RLGPGIR 81), and current at every answer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from fastapi import Query as Parameter
from starlette.responses import Response

from api import directory_shapes as shapes
from api import schemas
from api.answers import FRESH, JSON, bytes_answer, choose, json_answer
from api.callers import FOR_ALL
from api.directory_forms import CSV, GEOJSON, feature_collection, format_csv, row_of
from api.directory_query import Cursor, DirectoryQueryDep, Limit
from api.limits import PAGE_DEFAULT
from api.problems import problem_responses
from api.refusals import NotAcceptable, RequestMalformed
from api.services import ServicesDep
from certification.directory import Checked, Page, Query, checked
from certification.store.search import CursorError, search_directory
from compliance.store.inspections import read_law

Form = Annotated[
    Literal["json", "csv", "geojson"] | None, Parameter(description="Instead of `Accept`", examples=["json"])
]

_MEDIA_TYPES: Final = {"json": JSON, "csv": CSV, "geojson": GEOJSON}

_PAGE: Final = schemas.answer("A page of rows", shapes.DirectoryPage, media_types=(CSV,))
_PAGE["content"][GEOJSON] = {"schema": {"type": "object", "required": ["type", "features"]}}

router = APIRouter(tags=["directory"], dependencies=[FOR_ALL])


@router.get(
    "/v1/directory",
    operation_id="search_directory",
    summary="Who has a permit, for what, where, and as it stands on a day",
    responses={
        200: _PAGE,
        **problem_responses(NotAcceptable),
    },
)
def read_directory(
    request: Request,
    services: ServicesDep,
    query: DirectoryQueryDep,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
    format: Form = None,
) -> Response:
    """One row for each permit at each of its sites, by name or nearest first. `authorised` alone tells who may.

    Suspended, stayed, revoked, expired and transcribed permits are listed, and shown as what they are. When nothing
    fits, there are no rows. What is recorded in the ledger is in the next answer.
    """
    media_type = _MEDIA_TYPES[format] if format is not None else choose(request, JSON, CSV, GEOJSON)
    try:
        page = search_directory(services.store, query, after=after, limit=limit)
    except CursorError as error:
        raise RequestMalformed("not a cursor of this search", field="/query/after") from error
    headers = {} if page.next is None else {"link": f'<{_following(request, page.next)}>; rel="next"'}
    match media_type:
        case "text/csv":
            return bytes_answer(request, format_csv(page.listings), CSV, cache=FRESH, headers=headers)
        case "application/geo+json":
            members = feature_collection(query.on, page.listings, page.next)
            return bytes_answer(request, _spell(members), GEOJSON, cache=FRESH, headers=headers)
        case _:
            with services.store.read() as reader:
                days_max = read_law(reader, query.on).number("snapshot_natural_days")
            check = checked((listing.permit for listing in page.listings), query.on, days_max)
            return json_answer(request, _members(query, page, check), cache=FRESH, headers=headers)


def _members(query: Query, page: Page, check: Checked | None) -> dict[str, object]:
    return {
        "day": query.on,
        "checked": None if check is None else asdict(check),
        "rows": [row_of(listing) for listing in page.listings],
        "next": page.next,
    }


def _following(request: Request, cursor: str) -> str:
    return str(request.url.include_query_params(after=cursor).replace(scheme="", netloc=""))


def _spell(members: dict[str, object]) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
