"""Keys of parties: for whom a party acts with them, and what a key has signed since it may have been stolen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, PRIVATE, json_answer
from api.callers import FOR_ALL, FOR_OFFICES, Caller, CallerDep
from api.events import Cursor, Limit, event_members
from api.limits import PAGE_DEFAULT, PAGE_MAX
from api.parties import PartyPath
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from ledger.domain.payload import delegation_key, key_key, party_key
from ledger.domain.values import INTEGER_MAX
from ledger.event import parse_event
from ledger.fold.state import Value
from ledger.store.entries import find_index_since, list_history
from ledger.store.session import Reader
from ledger.store.state import find_state, load_states, scan_states

KidPath = Annotated[str, Path(pattern="^[0-9a-f]{16}$", examples=[schemas.KID])]
From = Annotated[
    int | None,
    Query(
        ge=0,
        le=INTEGER_MAX,
        alias="from",
        description="Log position to begin at; without it, where the key is suspect from",
        examples=[4711],
    ),
]

router = APIRouter(tags=["keys"])


@router.get(
    "/v1/parties/{party}/delegations",
    dependencies=[FOR_ALL],
    operation_id="list_delegations",
    summary="For whom a party acts, with which of their keys",
    responses={
        200: schemas.answer("A page of them, by party represented", schemas.DelegationsAnswer),
        **problem_responses(),
    },
)
def list_delegations(
    request: Request,
    services: ServicesDep,
    party: PartyPath,
    after: Annotated[
        str,
        Query(
            pattern="^(pty_[a-z2-7]{26}/[0-9a-f]{16})?$",
            description="`next` of the page before; empty for the first",
            examples=[""],
        ),
    ] = "",
) -> Response:
    """Brokers, consultants and operators of plans; revoked delegations are listed as such. All of it is public."""
    prefix = delegation_key(party, "", "").removesuffix("/")
    with services.store.read() as reader:
        page = scan_states(reader, prefix, after=prefix + after, limit=PAGE_MAX)
        places = [key.removeprefix(prefix) for key, _ in page]
        keys = load_states(reader, [f"key/{place}" for place in places])
    rows = [_delegation(place, keys[f"key/{place}"] or {}) for place in places]
    following = places[-1] if len(page) == PAGE_MAX else None
    return json_answer(request, {"delegations": rows, "next": following}, cache=FRESH)


def _delegation(place: str, key: Value) -> dict[str, Any]:
    party, _, kid = place.partition("/")
    return {"party": party, "kid": kid, "roles": key["roles"], "revoked": key["revoked"]}


@router.get(
    "/v1/parties/{party}/keys/{kid}/signed",
    dependencies=[FOR_OFFICES],
    operation_id="review_key",
    summary="Everything that a key signed from a position of the log on",
    responses={
        200: schemas.answer("A page; it may hold fewer events than were looked at", schemas.EventsPage),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def review_key(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    party: PartyPath,
    kid: KidPath,
    position: From = None,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """For the key's own party and for authorities that inspect or register, to review what a thief may have signed.

    Without `from` it begins where the revocation says that the key is suspect from, by the time of recording, since
    what is signed with a stolen key may say any time; for a key of which nothing is suspected, at its enrolment.
    """
    with services.store.read() as reader:
        key = find_state(reader, key_key(party, kid))
        if key is None:
            raise NotFound("no such key of this party")
        _check_reviews(caller, party)
        begin = int(after) + 1 if after else _suspect_index(reader, key) if position is None else position
        page = _page_of_signed(reader, party, kid, begin, limit)
    return json_answer(request, page, cache=PRIVATE)


def _check_reviews(caller: Caller, party: str) -> None:
    if caller.party != party and not caller.sees_all:
        raise PermissionMissing("only the key's party and overseeing authorities review what it signed")


def _suspect_index(reader: Reader, key: Value) -> int:
    if "suspect_from" in key:
        return find_index_since(reader, key["suspect_from"])
    return int(key["from"])


def _page_of_signed(reader: Reader, party: str, kid: str, begin: int, limit: int) -> dict[str, Any]:
    """Up to ``limit`` events of the key, among ``PAGE_MAX`` entries about its party from ``begin`` on."""
    rows = list_history(reader, party_key(party), after=begin - 1, limit=PAGE_MAX)
    events: list[dict[str, Any]] = []
    for row in rows:
        if row.party == party and parse_event(row.body).kid == kid:
            events.append(event_members(row))
        if len(events) == limit:
            return {"events": events, "next": str(row.index)}
    return {"events": events, "next": str(rows[-1].index) if len(rows) == PAGE_MAX else None}
