"""Entries of the log: one by one, by subject, and what proves them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import IMMUTABLE, JSON, PRIVATE, bytes_answer, choose, json_answer
from api.callers import FOR_ALL, Caller, CallerDep
from api.disclosure import Disclosure, HistoriesExhaustedError
from api.limits import PAGE_DEFAULT, PAGE_MAX, WAIT_S_MAX
from api.problems import problem_responses
from api.refusals import CredentialInvalid, NotAcceptable, NotFound, PermissionMissing
from api.services import Services, ServicesDep
from ledger.domain.kinds import KINDS
from ledger.domain.values import format_instant
from ledger.errors import ReceiptUnavailable
from ledger.event import parse_event
from ledger.evidence import Evidence, format_evidence
from ledger.log.proof import format_log_proof
from ledger.log.receipt import format_receipt
from ledger.proving import evidence_of
from ledger.store.entries import Entry, find_entry, iter_entries, list_history, read_head
from ledger.store.session import Reader

COSE: Final = "application/cose"
RECEIPT: Final = "application/scitt-receipt+cose"
LOG_PROOF: Final = "text/plain"
RETRY_AFTER_S: Final = 1

EventId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="Event id in hex", examples=[schemas.EVENT_ID])]
Subject = Annotated[
    str | None,
    Query(
        pattern=r"^(unit|act|party|site|key)/[!-~]{1,256}$",
        description="State key of what the events are about",
        examples=[f"unit/{schemas.UNIT}"],
    ),
]
Cursor = Annotated[
    str, Query(pattern=r"^([0-9]{1,18})?$", description="`next` of the page before; empty for the first", examples=[""])
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Events of the page", examples=[PAGE_DEFAULT])]

router = APIRouter(tags=["events"], dependencies=[FOR_ALL])


@router.get(
    "/v1/events",
    operation_id="list_events",
    summary="Events of a subject, or of the whole log",
    responses={
        200: schemas.answer("A page; it may hold fewer events than were looked at", schemas.EventsPage),
        **problem_responses(CredentialInvalid, PermissionMissing),
    },
)
def list_events(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    subject: Subject = None,
    after: Cursor = "",
    limit: Limit = PAGE_DEFAULT,
) -> Response:
    """Those that the reader may see, oldest first."""
    with services.store.read() as reader:
        page = page_of_events(reader, caller, subject, after=int(after or -1), limit=limit)
    return json_answer(request, page)


@router.get(
    "/v1/events/{event_id}",
    operation_id="read_event",
    summary="One event, as it was signed or as JSON",
    responses={
        200: schemas.answer("The event", schemas.EventAnswer, media_types=(COSE,)),
        **problem_responses(NotFound, NotAcceptable, CredentialInvalid, PermissionMissing),
    },
)
def read_event(request: Request, services: ServicesDep, caller: CallerDep, event_id: EventId) -> Response:
    """`Accept: application/cose` gives the exact bytes of the entry."""
    media_type = choose(request, JSON, COSE)
    with services.store.read() as reader:
        entry = visible_entry(reader, caller, event_id)
    if media_type == COSE:
        return bytes_answer(request, entry.body, COSE)
    return json_answer(request, event_members(entry))


@router.get(
    "/v1/events/{event_id}/receipt",
    operation_id="read_receipt",
    summary="What proves that the event is in the log",
    responses={
        200: schemas.answer(
            "Evidence file (JSON: statement, proofs, signing key), COSE receipt, or C2SP .tlog-proof",
            media_types=(JSON, RECEIPT, COSE, LOG_PROOF),
        ),
        202: schemas.answer("Committed, but not covered by a checkpoint yet", schemas.PendingAnswer),
        **problem_responses(NotFound, NotAcceptable, CredentialInvalid, PermissionMissing),
    },
)
def read_receipt(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    event_id: EventId,
    wait: Annotated[int, Query(ge=0, le=WAIT_S_MAX, description="Seconds to wait for the next checkpoint")] = 0,
) -> Response:
    """Receipt and proof hold hashes alone and are public to who knows the event id; the evidence file is not."""
    media_type = choose(request, JSON, RECEIPT, COSE, LOG_PROOF)
    with services.store.read() as reader:
        entry = visible_entry(reader, caller, event_id) if media_type == JSON else known_entry(reader, event_id)
    evidence = covered_evidence(services, entry, wait)
    if evidence is None:
        return pending_answer(entry)
    cache = PRIVATE if media_type == JSON else IMMUTABLE
    return bytes_answer(request, _format(evidence, media_type), media_type, cache=cache)


def known_entry(reader: Reader, event_id: str) -> Entry:
    """The entry of this event, whoever asks.

    Raises:
        NotFound: it is not in the log.
    """
    entry = find_entry(reader, event_id)
    if entry is None:
        raise NotFound("no such event, or not for this reader")
    return entry


def visible_entry(reader: Reader, caller: Caller, event_id: str) -> Entry:
    """The entry of this event, if the caller may read it.

    Raises:
        NotFound: it is not in the log, or not for this caller.
    """
    entry = known_entry(reader, event_id)
    if not Disclosure(reader, caller).may_read(entry):
        raise NotFound("no such event, or not for this reader")
    return entry


def event_members(entry: Entry) -> dict[str, Any]:
    """An entry as JSON members."""
    return {
        "index": entry.index,
        "event_id": entry.event_id,
        "kind": entry.kind,
        "party": entry.party,
        "recorded_at": format_instant(entry.recorded_at),
        "leaf_hash": entry.leaf_hash.hex(),
        "disclosure": KINDS[entry.kind].disclosure,
        "effect": not entry.void,
        "statement": json.loads(parse_event(entry.body).envelope.payload),
    }


def page_of_events(reader: Reader, caller: Caller, subject: str | None, *, after: int, limit: int) -> dict[str, Any]:
    """The next ``limit`` events that the caller may see, among ``PAGE_MAX`` entries, and the cursor of the next page.

    However few are asked for, as many entries are looked at: else the cursor would tell the place, and so the minute,
    of each entry that the caller may not see.
    """
    if subject is None:
        rows = list(iter_entries(reader, after + 1, min(after + 1 + PAGE_MAX, read_head(reader).size)))
    else:
        rows = list_history(reader, subject, after=after, limit=PAGE_MAX)
    disclosure = Disclosure(reader, caller)
    events: list[dict[str, Any]] = []
    seen = after
    for row in rows:
        try:
            visible = disclosure.may_read(row)
        except HistoriesExhaustedError:
            break
        seen = row.index
        if visible:
            events.append(event_members(row))
        if len(events) == limit:
            break
    ends_here = len(rows) < PAGE_MAX and (not rows or seen == rows[-1].index)
    return {"events": events, "next": None if ends_here else str(seen)}


def covered_evidence(services: Services, entry: Entry, wait_s: int) -> Evidence | None:
    """Evidence of the entry; None when no checkpoint covers it, even after waiting as long as there is room to."""
    # A log of one entry has no receipts: they begin with the second.
    size = max(entry.index + 1, 2)
    if wait_s and services.waiters.acquire(blocking=False):
        try:
            services.publication.wait_until_covered(size, wait_s)
        finally:
            services.waiters.release()
    try:
        return evidence_of(services.store, entry.index)
    except ReceiptUnavailable:
        return None


def pending_answer(entry: Entry) -> Response:
    """That a receipt is asked for too early."""
    members = {"status": 202, "event_id": entry.event_id, "index": entry.index}
    headers = {"retry-after": str(RETRY_AFTER_S), "cache-control": "no-store"}
    return Response(json.dumps(members), status_code=202, media_type=JSON, headers=headers)


def _format(evidence: Evidence, media_type: str) -> bytes:
    match media_type:
        case "application/json":
            return format_evidence(evidence)
        case "text/plain":
            return format_log_proof(evidence.proof)
    return format_receipt(evidence.receipt)
