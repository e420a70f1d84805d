"""The log as C2SP tlog-tiles lays it out, and what an auditor reads besides. Bodies are as their specs demand."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, IMMUTABLE, PRIVATE, bytes_answer
from api.callers import FOR_ALL, FOR_AUDITORS
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing
from api.services import ServicesDep
from ledger.audit.source import format_state_page
from ledger.audit.store.database import DatabaseSource
from ledger.errors import TileUnknown
from ledger.log.tile import Bundle, Tile, format_bundle, format_tile, parse_tile_path, tile_width
from ledger.store.checkpoints import find_newest_checkpoint
from ledger.store.entries import read_head
from ledger.store.session import Reader
from ledger.store.tiles import read_bundle, read_hashes

OCTETS: Final = "application/octet-stream"
NOTE: Final = "text/plain; charset=utf-8"
COSE_SEQUENCE: Final = "application/cbor-seq"

router = APIRouter(tags=["log"], dependencies=[FOR_ALL])


@router.get(
    "/checkpoint",
    operation_id="read_checkpoint_file",
    summary="The newest checkpoint (C2SP tlog-checkpoint)",
    responses={200: schemas.answer("Signed note", media_types=("text/plain",)), **problem_responses(NotFound)},
)
@router.get(
    "/v1/checkpoint",
    operation_id="read_checkpoint",
    summary="The newest checkpoint",
    responses={200: schemas.answer("Signed note", media_types=("text/plain",)), **problem_responses(NotFound)},
)
def read_checkpoint(request: Request, services: ServicesDep) -> Response:
    """Origin, size and root of the tree, signed by the log and cosigned by its witnesses."""
    with services.store.read() as reader:
        newest = find_newest_checkpoint(reader, published=True)
    if newest is None:
        raise NotFound("no checkpoint is published yet")
    return bytes_answer(request, newest.note, NOTE, cache=FRESH)


@router.get(
    "/tile/entries/{path:path}",
    dependencies=[FOR_AUDITORS],
    operation_id="read_bundle",
    summary="A bundle of entries (C2SP tlog-tiles), for auditors",
    responses={
        200: schemas.answer("Entries, each after its length in two bytes", media_types=(OCTETS,)),
        **problem_responses(TileUnknown, CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def read_entry_bundle(request: Request, services: ServicesDep, path: str) -> Response:
    """Takes a token of the scope `audit`: bundles hold statements of every class."""
    place = parse_tile_path(f"tile/entries/{path}")
    if not isinstance(place, Bundle):
        raise TileUnknown("the path names no bundle")
    with services.store.read() as reader:
        _refuse_beyond(reader, 0, place)
        entries = read_bundle(reader, place)
    return bytes_answer(request, format_bundle(entries), OCTETS, cache=PRIVATE)


@router.get(
    "/tile/{path:path}",
    operation_id="read_tile",
    summary="A tile of hashes (C2SP tlog-tiles)",
    responses={
        200: schemas.answer("Hashes of 32 bytes", media_types=(OCTETS,)),
        **problem_responses(TileUnknown),
    },
)
def read_tile(request: Request, services: ServicesDep, path: str) -> Response:
    """`<level>/<index>` or `<level>/<index>.p/<width>`, the index in groups of three digits: `0/x001/x234/067`."""
    place = parse_tile_path(f"tile/{path}")
    if not isinstance(place, Tile):
        raise TileUnknown("the path names no tile")
    with services.store.read() as reader:
        _refuse_beyond(reader, place.level, place)
        hashes = read_hashes(reader, place)
    return bytes_answer(request, format_tile(hashes), OCTETS, cache=IMMUTABLE)


@router.get(
    "/v1/audit/state",
    dependencies=[FOR_AUDITORS],
    operation_id="read_state",
    summary="The folded state, for auditors",
    responses={
        200: schemas.answer(
            "CBOR sequence: size of the log, then [key, value bytes] in the order of keys; no pair at the end",
            media_types=(COSE_SEQUENCE,),
        ),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def read_state(
    request: Request,
    services: ServicesDep,
    after: Annotated[str, Query(max_length=512, description="Last key already seen", examples=[""])] = "",
) -> Response:
    """What an auditor compares with its own replay of the log. Takes a token of the scope `audit`."""
    with services.store.read() as reader:
        page = DatabaseSource(reader).state_page(after)
    return bytes_answer(request, format_state_page(page), COSE_SEQUENCE)


def _refuse_beyond(reader: Reader, level: int, place: Tile | Bundle) -> None:
    if tile_width(level, place.index, read_head(reader).size) < place.width:
        raise TileUnknown("the log does not reach so far")
