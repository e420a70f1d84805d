"""What the QR Code of a load's papers opens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.callers import FOR_ALL
from api.pages import language_of, page_answer
from api.services import ServicesDep
from ledger.domain.payload import act_key
from ledger.store.state import find_state
from web.consignment import consignment_page
from web.pages import missing_page

router = APIRouter(include_in_schema=False, dependencies=[FOR_ALL])


@router.get("/c/{consignment}")
def read_consignment_page(
    request: Request, services: ServicesDep, consignment: Annotated[str, Path(max_length=80)]
) -> Response:
    """Whether a paper's consignment is in the ledger, and how far it has come; no parties, no units."""
    language, sandbox = language_of(request), bool(request.app.state.sandbox)
    with services.store.read() as reader:
        act = find_state(reader, act_key(consignment))
    if act is None or act["kind"] != "consignment":
        return page_answer(request, missing_page(language, request.url.path, sandbox=sandbox), status_code=404)
    return page_answer(request, consignment_page(language, consignment, act, sandbox=sandbox))
