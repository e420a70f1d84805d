"""Digital Links resolved: what a phone that scans a pack is led to (GS1-Conformant Resolver Standard, in part)."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api import schemas
from api.answers import FRESH, choose, json_answer
from api.callers import FOR_ALL
from api.problems import problem_responses
from api.refusals import NotFound
from api.services import Services, ServicesDep
from api.units import known_unit
from ledger.domain.unit_id import OPERATOR_DOMAIN, format_unit_id, parse_digital_link
from ledger.errors import UnitIdInvalid

LINKSET: Final = "application/linkset+json"
VOCABULARY: Final = "https://ref.gs1.org/voc/"
_PAGES: Final = ("text/html", "application/json")

router = APIRouter(tags=["links"], dependencies=[FOR_ALL])
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: schemas.answer("All links of the unit (RFC 9264)", media_types=(LINKSET,)),
    307: {"description": "To the unit, or to what `linkType` asks for"},
    **problem_responses(NotFound, UnitIdInvalid),
}
LinkType = Annotated[
    str, Query(alias="linkType", max_length=80, description="`linkset`, or a GS1 link type", examples=["linkset"])
]


def _resolve(request: Request, services: Services, uri: str, link_type: str) -> Response:
    unit_id = format_unit_id(parse_digital_link(uri))
    with services.store.read() as reader:
        known_unit(reader, unit_id)
    links = _links(services.base_url, unit_id)
    headers = {"link": f'<{request.url.path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'}
    if link_type in ("linkset", "all") or (not link_type and choose(request, *_PAGES, LINKSET) == LINKSET):
        return json_answer(request, _linkset(unit_id, links), cache=FRESH, media_type=LINKSET, headers=headers)
    wanted = link_type.removeprefix("gs1:") or "defaultLink"
    if wanted not in links:
        raise NotFound("the unit has no link of this type", offered=[*sorted(links)])
    return RedirectResponse(links[wanted][0], status_code=307, headers=headers)


@router.get(
    "/01/{gtin}/21/{serial}",
    operation_id="resolve_serial",
    summary="A pack by its GTIN and serial",
    responses=_RESPONSES,
)
def resolve_serial(
    request: Request, services: ServicesDep, gtin: str, serial: str, link_type: LinkType = ""
) -> Response:
    """Leads to the unit; `Accept: application/linkset+json` lists all there is."""
    return _resolve(request, services, f"https://id.gs1.org/01/{gtin}/21/{serial}", link_type)


@router.get(
    "/01/{gtin}/10/{lot}",
    operation_id="resolve_lot",
    summary="A lot of material by its GTIN and lot",
    responses=_RESPONSES,
)
def resolve_lot(request: Request, services: ServicesDep, gtin: str, lot: str, link_type: LinkType = "") -> Response:
    """Leads to the lot; `Accept: application/linkset+json` lists all there is."""
    return _resolve(request, services, f"https://id.gs1.org/01/{gtin}/10/{lot}", link_type)


@router.get("/8004/{giai}", operation_id="resolve_asset", summary="A unit by its GIAI", responses=_RESPONSES)
def resolve_asset(request: Request, services: ServicesDep, giai: str, link_type: LinkType = "") -> Response:
    """Leads to the unit; `Accept: application/linkset+json` lists all there is."""
    return _resolve(request, services, f"https://id.gs1.org/8004/{giai}", link_type)


@router.get(
    "/u/{token}", operation_id="resolve_operator_id", summary="A unit by an id of the operator", responses=_RESPONSES
)
def resolve_operator_id(request: Request, services: ServicesDep, token: str, link_type: LinkType = "") -> Response:
    """Leads to the unit; `Accept: application/linkset+json` lists all there is."""
    return _resolve(request, services, f"https://{OPERATOR_DOMAIN}/u/{token}", link_type)


def _links(base_url: str, unit_id: str) -> dict[str, tuple[str, str]]:
    """Target and title of each link type of a unit."""
    unit = f"{base_url}/v1/units/{quote(unit_id, safe='')}"
    return {
        "defaultLink": (unit, "What is known of this battery"),
        "pip": (unit, "What is known of this battery"),
        "traceability": (f"{unit}/history", "Events of this battery"),
    }


def _linkset(unit_id: str, links: dict[str, tuple[str, str]]) -> dict[str, Any]:
    targets = {
        f"{VOCABULARY}{name}": [{"href": href, "title": title, "hreflang": ["en"], "type": "application/json"}]
        for name, (href, title) in links.items()
    }
    return {"linkset": [{"anchor": unit_id, **targets}]}
