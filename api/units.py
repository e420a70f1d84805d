"""Units: what everybody may know of one, what its holder may, and the heads that the next statement builds on."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import unquote

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import schemas
from api.answers import json_answer
from api.callers import FOR_ALL, FOR_PARTIES, Caller, CallerDep
from api.disclosure import Disclosure
from api.events import Cursor, Limit, page_of_events
from api.limits import PAGE_DEFAULT
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from ledger.domain.payload import unit_key
from ledger.domain.unit_id import parse_unit_id
from ledger.domain.values import format_base64url, format_instant
from ledger.errors import UnitIdInvalid
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import find_state, load_states

_NOT_A_THING: Final = frozenset({"reserved", "superseded", "annulled"})
_MONTH_CHARS = len("2026-03")

UnitPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=1024,
        description="Canonical unit id, percent-encoded as one path segment",
        examples=["https%3A%2F%2Fid.gs1.org%2F01%2F07501234567893%2F21%2FP000001"],
    ),
]

router = APIRouter(tags=["units"], dependencies=[FOR_ALL])


@router.get(
    "/v1/units/{unit}",
    operation_id="read_unit",
    summary="A unit, as far as the reader may know it",
    responses={
        200: schemas.answer("The unit", schemas.UnitAnswer),
        **problem_responses(NotFound, UnitIdInvalid, CredentialInvalid, PermissionMissing),
    },
)
def read_unit(request: Request, services: ServicesDep, caller: CallerDep, unit: UnitPath) -> Response:
    """The public learns whether it is genuine, its stage and month, and whether it is recalled or stolen."""
    unit_id = unit_of(unit)
    with services.store.read() as reader:
        value = known_unit(reader, unit_id)
        knows_all = Disclosure(reader, caller).may_know(value)
    return json_answer(request, _members(unit_id, value, caller, knows_all=knows_all))


@router.get(
    "/v1/units/{unit}/history",
    operation_id="read_history",
    summary="The events of a unit that the reader may see",
    responses={
        200: schemas.answer("A page; it may hold fewer events than were looked at", schemas.EventsPage),
        **problem_responses(NotFound, UnitIdInvalid, CredentialInvalid, PermissionMissing),
    },
)
def read_history(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    unit: UnitPath,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """A party sees the events of its units up to the end of its own custody."""
    unit_id = unit_of(unit)
    with services.store.read() as reader:
        known_unit(reader, unit_id)
        page = page_of_events(reader, caller, unit_key(unit_id), after=int(after or -1), limit=limit)
    return json_answer(request, page)


@router.post(
    "/v1/heads",
    dependencies=[FOR_PARTIES],
    operation_id="read_heads",
    summary="The heads of many subjects at once",
    responses={
        200: schemas.answer("Each subject's newest event: the `prev` of the next", schemas.HeadsAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def read_heads(request: Request, services: ServicesDep, wanted: schemas.HeadsRequest) -> Response:
    """For whoever signs next; any party may ask about any subject, as a refusal for a stale `prev` tells it too."""
    with services.store.read() as reader:
        values = load_states(reader, wanted.subjects)
    return json_answer(request, {"heads": {key: _head(value) for key, value in values.items()}})


def unit_of(segment: str) -> str:
    """The canonical unit id that a path segment spells.

    Raises:
        UnitIdInvalid: it spells none.
    """
    unit_id = unquote(segment)
    parse_unit_id(unit_id)
    return unit_id


def known_unit(reader: Reader, unit_id: str) -> Value:
    """The unit's state.

    Raises:
        NotFound: the ledger does not know it.
    """
    value = find_state(reader, unit_key(unit_id))
    if value is None:
        raise NotFound("the ledger knows no such unit")
    return value


def _members(unit_id: str, value: Value, caller: Caller, *, knows_all: bool) -> dict[str, Any]:
    return {
        "id": unit_id,
        "genuine": value["stage"] not in _NOT_A_THING,
        "unit_kind": value["kind"],
        "chemistry": value.get("chemistry"),
        "stage": value["stage"],
        "month": format_instant(value["head_at"])[:_MONTH_CHARS],
        "recalled": value.get("recalled"),
        "stolen": "stolen" in value,
        "head": value["head"] if caller.party is not None else None,
        "state": _plain(value) if knows_all else None,
    }


def _head(value: Value | None) -> dict[str, str] | None:
    if value is None or "head" not in value:
        return None
    return {"head": value["head"], "head_at": format_instant(value["head_at"])}


def _plain(value: Any) -> Any:
    """A state value as JSON has it: bytes in base64url."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items() if name != "undo"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return format_base64url(value) if isinstance(value, bytes) else value
