"""Other names of units: looked up by parties, stated by who holds or made the unit, kept as keyed hashes alone."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import json_answer
from api.callers import FOR_OFFICES, CallerDep
from api.limits import ALTERNATE_SCHEME_CHARS_MAX, ALTERNATE_VALUE_CHARS_MAX
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from api.units import known_unit
from certification.sealed import lookup_hash
from ledger.domain.unit_id import parse_unit_id
from ledger.errors import DepositInvalid, UnitIdInvalid
from ledger.store.alternates import find_alternates, note_alternate

Scheme = Annotated[
    str, Query(pattern=r"^[a-z][a-z0-9-]*$", max_length=ALTERNATE_SCHEME_CHARS_MAX, examples=["gbt34014"])
]
Value = Annotated[
    str, Query(pattern=r"^[!-~]+$", max_length=ALTERNATE_VALUE_CHARS_MAX, examples=["001PB0AA000001B1A0000001"])
]

router = APIRouter(tags=["units"], dependencies=[FOR_OFFICES])


@router.get(
    "/v1/alternates",
    operation_id="find_alternates",
    summary="The units that bear another name",
    responses={
        200: schemas.answer("The units; none when the name is unknown", schemas.AlternatesAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def find(request: Request, services: ServicesDep, scheme: Scheme, value: Value) -> Response:
    """For parties alone: a VIN leads to a person. A name proves nothing, look at the unit."""
    lookup = lookup_hash(services.alternates_key, scheme, value)
    with services.store.read() as reader:
        found = find_alternates(reader, lookup)
    return json_answer(request, {"units": [{"unit": name.unit, "stated_by": name.party} for name in found]})


@router.post(
    "/v1/alternates",
    operation_id="note_alternate",
    summary="State another name of a unit",
    status_code=204,
    responses={
        204: {"description": "Kept, as a keyed hash"},
        **problem_responses(
            CredentialMissing, CredentialInvalid, PermissionMissing, NotFound, UnitIdInvalid, DepositInvalid
        ),
    },
)
def note(services: ServicesDep, caller: CallerDep, named: schemas.AlternateRequest) -> Response:
    """For the party that holds the unit, or that brought it into the ledger."""
    parse_unit_id(named.unit)
    party = str(caller.party)
    with services.store.read() as reader:
        unit = known_unit(reader, named.unit)
    if party not in (unit.get("holder"), unit.get("origin")):
        raise PermissionMissing("only who holds the unit, or brought it into the ledger, states its other names")
    lookup = lookup_hash(services.alternates_key, named.scheme, named.value)
    now = services.clock.now()
    services.store.write(lambda writer: note_alternate(writer, lookup, named.unit, party, now))
    return Response(status_code=204)
