"""Parties, their keys and which permits they have held: public, since whoever deals with one has to know."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, json_answer
from api.callers import FOR_ALL
from api.problems import problem_responses
from api.refusals import NotFound
from api.services import ServicesDep
from ledger.domain.payload import party_key, permits_key
from ledger.domain.values import format_base64url
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import find_state, iter_states

PartyPath = Annotated[str, Path(pattern="^pty_[a-z2-7]{26}$", examples=[schemas.PARTY])]
router = APIRouter(tags=["parties"], dependencies=[FOR_ALL])


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


def today(now: int) -> str:
    """The day at ``now`` (seconds since 1970) in the capital."""
    return legal_day(now, None)


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
