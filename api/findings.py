"""What is found of whom, and what is due from whom by when: for the party itself, and for those who inspect it.

An authority with the power to inspect is shown what concerns parties with a site in its jurisdiction, and nothing that
is private to a party. Everybody else is shown its own affairs. The regime of each finding's day says how long after it
each of them is shown.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import finding_schemas as shapes
from api import schemas
from api.answers import json_answer
from api.callers import AUDITING, FOR_OFFICES, Caller, CallerDep
from api.directory_query import Limit
from api.limits import PAGE_DEFAULT
from api.parties import today
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, PermissionMissing, RequestMalformed
from api.services import ServicesDep
from compliance.findings import Shown, Sight, authority_sight, finding_members, obligation_members, own_sight
from compliance.obligation import Standing
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.store.obligations import OBLIGATIONS
from compliance.store.standing import DUE, Asked, Place, list_findings, list_obligations
from ledger.domain.payload import party_key
from ledger.domain.values import check_day, format_base64url, parse_base64url
from ledger.fold.regime import FEDERAL
from ledger.store.session import Reader
from ledger.store.state import find_state

_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing)

AsOf = Annotated[
    str | None,
    Query(
        max_length=10,
        pattern=r"^20\d\d-[01]\d-[0-3]\d$",
        description="At the end of this day, past or to come; today if it is left out",
        examples=["2026-11-02"],
    ),
]
Whose = Annotated[
    str | None,
    Query(pattern="^pty_[a-z2-7]{26}$", description="Of this party; for authorities", examples=[schemas.PARTY]),
]
About = Annotated[
    str | None,
    Query(pattern="^[!-~]{1,256}$", description="About this unit, consignment, party …", examples=[schemas.UNIT]),
]
OfRequirement = Annotated[
    str | None,
    Query(pattern=f"^({'|'.join(REQUIREMENTS)})$", description="Of this requirement, by its id", examples=["R01"]),
]
OfEffect = Annotated[Shown | None, Query(description="Of this weight", examples=["violation"])]
Cursor = Annotated[
    str, Query(max_length=600, description="`next` of the page before; empty for the first", examples=[""])
]

router = APIRouter(tags=["findings"], dependencies=[FOR_OFFICES])


@router.get(
    "/v1/findings",
    operation_id="list_findings",
    summary="Requirements that are not met on a day",
    responses={
        200: schemas.answer("A page", shapes.FindingsPage),
        **problem_responses(*_REFUSED),
    },
)
def read_findings(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    as_of: AsOf = None,
    party: Whose = None,
    subject: About = None,
    requirement: OfRequirement = None,
    effect: OfEffect = None,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """The newest first: those that a statement opened and nobody settled, and obligations whose day has passed.

    A past day is told by what is known now. Of a day to come, those are shown that will stand if nothing is done.
    """
    position = _position(after)
    with OBLIGATIONS.read_current(services.store) as reader:
        asked = _asked(reader, caller, services.clock.now(), as_of, party, subject, requirement, effect)
        found = list_findings(reader, asked, after=position, limit=limit + 1)
        revising = OBLIGATIONS.is_sweeping(reader)
    last = found[limit - 1] if len(found) > limit else None
    members = {
        "as_of": asked.on,
        "findings": [finding_members(one) for one in found[:limit]],
        "revising": revising,
        "next": None if last is None else _cursor(last.since_on, last.name),
    }
    return json_answer(request, members)


@router.get(
    "/v1/obligations",
    operation_id="list_obligations",
    summary="What is due by when",
    responses={
        200: schemas.answer("A page", shapes.ObligationsPage),
        **problem_responses(*_REFUSED),
    },
)
def read_obligations(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    as_of: AsOf = None,
    standing: Annotated[
        Standing | None, Query(description="Standing so; else what is overdue or near", examples=["near"])
    ] = None,
    party: Whose = None,
    subject: About = None,
    requirement: OfRequirement = None,
    effect: OfEffect = None,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """By the day on which each is due, the earliest first. What is ahead is never held back: it is still to be done.

    An authority is shown what is overdue when it is shown the finding.
    """
    position = _position(after)
    standings = DUE if standing is None else (standing,)
    with OBLIGATIONS.read_current(services.store) as reader:
        asked = _asked(reader, caller, services.clock.now(), as_of, party, subject, requirement, effect)
        found = list_obligations(reader, asked, standings, after=position, limit=limit + 1)
        revising = OBLIGATIONS.is_sweeping(reader)
    last = found[limit - 1] if len(found) > limit else None
    members = {
        "as_of": asked.on,
        "obligations": [obligation_members(one, asked.on) for one in found[:limit]],
        "revising": revising,
        "next": None if last is None else _cursor(last.due_on, last.name),
    }
    return json_answer(request, members)


def _asked(
    reader: Reader,
    caller: Caller,
    now: int,
    as_of: str | None,
    party: str | None,
    subject: str | None,
    requirement: str | None,
    effect: Shown | None,
) -> Asked:
    on = _day(as_of) or today(now)
    return Asked(on, _sight(reader, caller, party), now, party, subject, requirement, effect)


def _sight(reader: Reader, caller: Caller, party: str | None) -> Sight:
    """What the caller is shown, who asks about the party, or about all that it may see.

    Raises:
        PermissionMissing: it asks about another party, and does not inspect.
    """
    if AUDITING in caller.powers and party != caller.party:
        authority = find_state(reader, party_key(str(caller.party))) or {}
        return authority_sight(authority.get("jurisdiction", FEDERAL))
    if party not in (None, caller.party):
        raise PermissionMissing("the affairs of another party take the power to inspect", power=AUDITING)
    return own_sight(str(caller.party))


def _day(text: str | None) -> str | None:
    try:
        return None if text is None else check_day(text)
    except ValueError as error:
        raise RequestMalformed("no such day", field="/query/as_of") from error


def _cursor(day: str, name: str) -> str:
    return format_base64url(json.dumps([day, name], ensure_ascii=False, separators=(",", ":")).encode())


def _position(cursor: str) -> Place | None:
    """Inverse of ``_cursor``; None for the first page.

    Raises:
        RequestMalformed: it is no cursor of this list.
    """
    if not cursor:
        return None
    try:
        position: Any = json.loads(parse_base64url(cursor))
        if not isinstance(position, list) or [type(part) for part in position] != [str, str]:
            raise ValueError("a cursor is a day and a name")
        place = Place(check_day(position[0]), position[1])
    except ValueError as error:
        raise RequestMalformed("not a cursor of this list", field="/query/after") from error
    # what no name holds, such as half of a surrogate pair, no database takes either
    if not place.name.isprintable():
        raise RequestMalformed("not a cursor of this list", field="/query/after")
    return place
