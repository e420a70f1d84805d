"""Labels: the symbol of a unit id, drawn to be printed."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import schemas
from api.answers import IMMUTABLE, bytes_answer
from api.callers import FOR_ALL
from api.problems import problem_responses
from api.units import UnitPath, unit_of
from labels.payload import format_payload
from labels.symbol import (
    DPI_MAX,
    DPI_MIN,
    MODULE_MM_MAX,
    MODULE_MM_MIN,
    Symbol,
    SymbolUnprintable,
    encode_symbol,
    render_png,
    render_svg,
)
from ledger.domain.unit_id import parse_unit_id
from ledger.errors import UnitIdInvalid

SVG: Final = "image/svg+xml"
PNG: Final = "image/png"
MODULE_UM_DEFAULT: Final = 500
_UM_PER_MM = 1000

ModuleUm = Annotated[
    int,
    Query(
        ge=int(MODULE_MM_MIN * _UM_PER_MM),
        le=int(MODULE_MM_MAX * _UM_PER_MM),
        description="Side of one module in micrometres",
        examples=[MODULE_UM_DEFAULT],
    ),
]

router = APIRouter(tags=["labels"], dependencies=[FOR_ALL])


@router.get(
    "/v1/labels/{unit}.svg",
    operation_id="draw_label_svg",
    summary="The QR Code of a unit id as SVG, with its text",
    responses={
        200: schemas.answer("The symbol, in millimetres", media_types=(SVG,)),
        **problem_responses(UnitIdInvalid, SymbolUnprintable),
    },
)
def draw_svg(request: Request, unit: UnitPath, module_um: ModuleUm = MODULE_UM_DEFAULT) -> Response:
    """Drawn for any well-formed id: labels are printed before the unit is stated."""
    payload, symbol = _symbol(unit)
    image = render_svg(symbol, module_mm=module_um / _UM_PER_MM, caption=payload)
    return bytes_answer(request, image, SVG, cache=IMMUTABLE)


@router.get(
    "/v1/labels/{unit}.png",
    operation_id="draw_label_png",
    summary="The QR Code of a unit id as PNG",
    responses={
        200: schemas.answer("The symbol, with its resolution", media_types=(PNG,)),
        **problem_responses(UnitIdInvalid, SymbolUnprintable),
    },
)
def draw_png(
    request: Request,
    unit: UnitPath,
    module_um: ModuleUm = MODULE_UM_DEFAULT,
    dpi: Annotated[int, Query(ge=DPI_MIN, le=DPI_MAX, description="Dots per inch", examples=[300])] = 300,
) -> Response:
    """Drawn for any well-formed id: labels are printed before the unit is stated."""
    _, symbol = _symbol(unit)
    return bytes_answer(request, render_png(symbol, module_mm=module_um / _UM_PER_MM, dpi=dpi), PNG, cache=IMMUTABLE)


def _symbol(unit: str) -> tuple[str, Symbol]:
    payload = format_payload(parse_unit_id(unit_of(unit)))
    return payload, encode_symbol(payload)
