"""One permit, with every act on it: public, since what somebody may do with dangerous waste concerns everybody."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import directory_shapes as shapes
from api import schemas
from api.answers import FRESH, json_answer
from api.callers import FOR_ALL
from api.directory_query import Day, KnownOn, day_of, known_at
from api.parties import today
from api.problems import problem_responses
from api.refusals import NotFound
from api.services import ServicesDep
from certification.directory import AUTHORISING, is_transcript, known_before, spans_of
from certification.permit import permit_as_of
from certification.store.directory import DIRECTORY, read_recorded_at, read_register
from ledger.domain.payload import act_key, party_key
from ledger.domain.values import format_instant
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import find_state, iter_states

_OF_THE_ACT = frozenset({"event", "from_on", "oficio", "decided_on", "notified_on"})

AuthorisationPath = Annotated[str, Path(pattern="^aut_[a-z2-7]{26}$", examples=[shapes.AUTHORISATION])]

router = APIRouter(tags=["directory"], dependencies=[FOR_ALL])


@router.get(
    "/v1/authorisations/{authorisation}",
    operation_id="read_authorisation",
    summary="A permit: what it says on a day, and every act on it",
    responses={200: schemas.answer("The permit", shapes.AuthorisationAnswer), **problem_responses(NotFound)},
)
def read_authorisation(
    request: Request,
    services: ServicesDep,
    authorisation: AuthorisationPath,
    on: Day = None,
    known_on: KnownOn = None,
) -> Response:
    """With `known_on`, what the directory said of it then: later acts are left out, whatever days they speak of."""
    day = today(services.clock.now()) if on is None else day_of(on, "/query/on")
    instant = known_at(known_on)
    with DIRECTORY.read_current(services.store) as reader:
        value = find_state(reader, act_key(authorisation))
        if value is None:
            raise NotFound("the ledger knows no such permit")
        recorded_at = read_recorded_at(reader, [value])
        known = value if instant is None else known_before(value, recorded_at, instant)
        if known is None:
            raise NotFound("the ledger knew no such permit then")
        members = _members(reader, authorisation, known, day, recorded_at)
    return json_answer(request, members, cache=FRESH)


def _members(reader: Reader, authorisation: str, value: Value, day: str, recorded_at: dict[str, int]) -> dict[str, Any]:
    permit, register = permit_as_of(value, day), read_register(reader, [value])
    holder, authority = register.parties[permit.holder], find_state(reader, party_key(value["granted_by"])) or {}
    sites = permit.scope["sites"] or register.operated[permit.holder]
    return {
        "authorisation": authorisation,
        "day": day,
        "number": permit.number,
        "standing": permit.standing,
        "authorised": permit.standing in AUTHORISING,
        "transcribed": permit.transcribed,
        "confirmed": not is_transcript(permit),
        "stayed": permit.stayed,
        "claimed": permit.claimed,
        "party": permit.holder,
        "form": holder["form"],
        "name": holder.get("name"),
        "granted_by": {"party": value["granted_by"], "name": authority.get("name")},
        "scope": permit.scope,
        "from_on": permit.from_on,
        "to_on": permit.to_on,
        "sites": [_site(site, register.sites[site]) for site in sorted(sites)],
        "standings": [
            {
                "from_on": span.from_on or None,
                "until_on": span.until_on,
                "standing": span.standing,
                "authorised": span.is_authorised,
            }
            for span in spans_of(value)
        ],
        "acts": [_act(line, recorded_at) for line in value["timeline"]],
        "confirmation": value.get("confirmed"),
        "use": _use(reader, authorisation),
        "head": value["head"],
    }


def _site(site: str, value: Value) -> dict[str, Any]:
    return {"site": site, "name": value.get("name"), "place": value["place"]}


def _act(line: Value, recorded_at: dict[str, int]) -> dict[str, Any]:
    return {
        "event": line["event"],
        "recorded_at": format_instant(recorded_at[line["event"]]),
        "from_on": line["from_on"],
        "oficio": line.get("oficio"),
        "decided_on": line.get("decided_on"),
        "notified_on": line.get("notified_on"),
        "says": {name: said for name, said in line.items() if name not in _OF_THE_ACT},
    }


def _use(reader: Reader, authorisation: str) -> list[dict[str, int]]:
    counted = iter_states(reader, f"capacity/{authorisation}/")
    return [{"year": int(key.rpartition("/")[2]), "used_g": value["used_g"]} for key, value in counted]
