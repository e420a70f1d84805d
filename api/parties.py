"""Parties and the directory of those that are authorised: public, as the law asks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, json_answer
from api.directory_pages import iter_states
from api.limits import DIRECTORY_AGE_S, PAGE_DEFAULT, PAGE_MAX
from api.problems import problem_responses
from api.refusals import NotFound, RequestMalformed
from api.services import ServicesDep
from certification.directory import ListedParty, ListedPermit
from ledger.domain.payload import party_key, permits_key
from ledger.domain.values import check_day, format_base64url
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import find_state

CAPITAL: Final = ZoneInfo("America/Mexico_City")
"""Where the directory's days run when the reader names none."""
_DIRECTORY_CACHE: Final = f"public, max-age={DIRECTORY_AGE_S}"

PartyPath = Annotated[str, Path(pattern="^pty_[a-z2-7]{26}$", examples=[schemas.PARTY])]
Day = Annotated[
    str | None, Query(pattern=r"^20\d\d-[01]\d-[0-3]\d$", description="As of this day", examples=["2026-03-01"])
]
PartyCursor = Annotated[
    str, Query(pattern="^([0-9]{1,9})?$", description="`next` of the page before; empty for the first", examples=[""])
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Rows of the page", examples=[PAGE_DEFAULT])]

router = APIRouter(tags=["parties"])


@router.get(
    "/v1/parties/{party}",
    operation_id="read_party",
    summary="A party, its keys and its permits",
    responses={200: schemas.answer("The party", schemas.PartyAnswer), **problem_responses(NotFound)},
)
def read_party(request: Request, services: ServicesDep, party: PartyPath) -> Response:
    """All of it stands in public events; personal data of natural persons never enters the log."""
    with services.store.read() as reader:
        value = find_state(reader, party_key(party))
        if value is None:
            raise NotFound("the ledger knows no such party")
        members = _party_members(reader, party, value)
    return json_answer(request, members, cache=FRESH)


@router.get(
    "/v1/directory",
    operation_id="read_directory",
    summary="The directory of authorised parties, as of a day",
    responses={200: schemas.answer("A page of rows", schemas.DirectoryPage), **problem_responses()},
)
def read_directory(
    request: Request,
    services: ServicesDep,
    on: Day = None,
    after: PartyCursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """Suspended, expired and transcribed permits are listed, and shown as such."""
    day = _day(on) if on is not None else today(services.clock.now())
    rows = services.directory.rows(day)
    start = int(after or 0)
    page = rows[start : start + limit]
    end = start + len(page)
    members = {"day": day, "rows": [_row(row) for row in page], "next": str(end) if end < len(rows) else None}
    return json_answer(request, members, cache=_DIRECTORY_CACHE)


def today(now: int) -> str:
    """The day at ``now`` (seconds since 1970) in the capital."""
    return datetime.fromtimestamp(now, UTC).astimezone(CAPITAL).date().isoformat()


def _day(text: str) -> str:
    try:
        return check_day(text)
    except ValueError as error:
        raise RequestMalformed("there is no such day", field="/query/on") from error


def _party_members(reader: Reader, party: str, value: Value) -> dict[str, Any]:
    keys = iter_states(reader, f"key/{party}/")
    permits = find_state(reader, permits_key(party)) or {"ids": []}
    return {
        "id": party,
        "form": value["form"],
        "name": value.get("name"),
        "powers": value["powers"],
        "closed": "closed_at" in value,
        "head": value.get("head"),
        "keys": [_key(place, key) for place, key in keys],
        "authorisations": permits["ids"],
    }


def _key(place: str, key: Value) -> dict[str, Any]:
    kid = place.rpartition("/")[2]
    return {"kid": kid, "spki": format_base64url(key["spki"]), "roles": key["roles"], "revoked": key["revoked"]}


def _row(row: ListedParty) -> dict[str, Any]:
    return {**asdict(row), "permits": [_permit(listed) for listed in row.permits]}


def _permit(listed: ListedPermit) -> dict[str, Any]:
    members = asdict(listed.permit)
    members.pop("holder")
    return {"authorisation": listed.authorisation, **members}
