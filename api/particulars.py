"""Particulars of consignments: each party writes its own part, and the parties of the consignment read them all."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from api import paper_schemas as shapes
from api import schemas
from api.answers import UNKEPT, json_answer
from api.callers import FOR_OFFICES, FOR_PARTIES, Access, Caller, CallerDep, Gate
from api.disclosure import Disclosure
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from compliance.particulars import Particulars, check_particulars, roles_in
from compliance.store.particulars import (
    PARTS_LISTED_MAX,
    erase_particulars,
    find_particulars,
    list_particulars,
    put_particulars,
)
from ledger.domain.payload import act_key, party_key
from ledger.domain.values import format_instant
from ledger.errors import DepositInvalid
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import load_states

ConsignmentPath = Annotated[str, Path(pattern="^con_[a-z2-7]{26}$", examples=[shapes.CONSIGNMENT])]
Cursor = Annotated[
    str,
    Query(pattern="^(con_[a-z2-7]{26})?$", description="`next` of the page before; empty for the first", examples=[""]),
]
_NOT_SHOWN: Final = "no such consignment, or not for this reader"
_WRITERS: Final = Depends(Gate(Access(roles=frozenset({"admin", "authority", "custody", "prepare", "transport"}))))
_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing)

router = APIRouter(tags=["consignments"])


@router.get(
    "/v1/consignments/{consignment}/particulars",
    operation_id="read_particulars",
    summary="What the parties of a consignment have said for its papers",
    dependencies=[FOR_PARTIES],
    responses={
        200: schemas.answer("Each party's part", shapes.ParticularsAnswer),
        **problem_responses(*_REFUSED, NotFound),
    },
)
def read(request: Request, services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath) -> Response:
    """For the parties of the consignment, and for authorities that inspect or register."""
    with services.store.read() as reader:
        act = shown_consignment(reader, caller, consignment)
        said = find_particulars(reader, consignment)
    parts = [
        {
            "party": party,
            "roles": sorted(roles_in(act, party)),
            "particulars": part.model_dump(mode="json", exclude_unset=True),
        }
        for party, part in sorted(said.items())
    ]
    return json_answer(request, {"consignment": consignment, "parts": parts}, cache=UNKEPT)


@router.put(
    "/v1/consignments/{consignment}/particulars",
    operation_id="keep_particulars",
    summary="Say one's own part of a consignment's papers",
    status_code=204,
    dependencies=[_WRITERS],
    responses={
        204: {"description": "Kept, in the place of what this party had said"},
        **problem_responses(*_REFUSED, NotFound, DepositInvalid),
    },
)
def keep(services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath, asked: Particulars) -> Response:
    """In the roles that the party has in the consignment, 12 KiB at most. Personal data belongs here, and only here.

    Who succeeds a party that ended speaks in its place.
    """
    services.rates.spend("deposits", str(caller.party))
    with services.store.read() as reader:
        act = shown_consignment(reader, caller, consignment)
        party = _speaker(reader, caller, act)
    check_particulars(asked, roles_in(act, party))
    now = services.clock.now()
    services.store.write(lambda writer: put_particulars(writer, consignment, party, asked, now))
    return Response(status_code=204)


@router.delete(
    "/v1/consignments/{consignment}/particulars",
    operation_id="erase_particulars",
    summary="Erase one's own part",
    status_code=204,
    dependencies=[_WRITERS],
    responses={
        204: {"description": "Erased; papers leave a line for it"},
        **problem_responses(*_REFUSED, NotFound),
    },
)
def erase(services: ServicesDep, caller: CallerDep, consignment: ConsignmentPath) -> Response:
    """No statement says what it was, so no proof breaks. Papers that were printed stay what they are."""
    with services.store.read() as reader:
        party = _speaker(reader, caller, shown_consignment(reader, caller, consignment))
    if not services.store.write(lambda writer: erase_particulars(writer, consignment, party)):
        raise NotFound("this party has said nothing of it")
    return Response(status_code=204)


@router.get(
    "/v1/particulars",
    operation_id="list_particulars",
    summary="Of which consignments the asking party keeps particulars",
    dependencies=[FOR_OFFICES],
    responses={
        200: schemas.answer("Consignments, by id", shapes.ParticularsListAnswer),
        **problem_responses(*_REFUSED),
    },
)
def list_own(request: Request, services: ServicesDep, caller: CallerDep, after: Cursor = "") -> Response:
    """Where a party begins that is asked which personal data it keeps."""
    with services.store.read() as reader:
        rows = list_particulars(reader, str(caller.party), after=after)
    listed = [{"consignment": name, "updated_at": format_instant(at)} for name, at in rows]
    following = rows[-1][0] if len(rows) == PARTS_LISTED_MAX else None
    return json_answer(request, {"particulars": listed, "next": following})


def shown_consignment(reader: Reader, caller: Caller, consignment: str) -> Value:
    """The consignment's state value.

    Raises:
        NotFound: there is none, or the caller may not know of it.
    """
    key = act_key(consignment)
    value = load_states(reader, [key])[key]
    if value is None or not Disclosure(reader, caller).may_know_load(consignment):
        raise NotFound(_NOT_SHOWN)
    return value


def _speaker(reader: Reader, caller: Caller, act: Value) -> str:
    """The party of the consignment for which the caller speaks: itself, or one that ended and that it succeeds.

    Raises:
        NotFound: it speaks for none, as an authority does that only oversees.
    """
    own = str(caller.party)
    value = load_states(reader, [party_key(own)])[party_key(own)] or {}
    speaker: str | None = next((party for party in (own, *value.get("succeeds", [])) if roles_in(act, party)), None)
    if speaker is None:
        raise NotFound("this party has no part in the consignment")
    return speaker
