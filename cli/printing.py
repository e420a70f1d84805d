"""``bitacora labels``: the symbol that is printed on a unit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import show
from cli.options import JsonOption


def labels(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Unit id: a canonical GS1 Digital Link.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .svg or .png.")],
    module_mm: Annotated[float, typer.Option(metavar="MM", help="Side of one module, in millimetres.")] = 0.5,
    dpi: Annotated[int, typer.Option(metavar="N", help="Resolution of a PNG.")] = 300,
    resolver: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Resolver of the link; id.gs1.org.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a unit's QR Code (GS1 Digital Link) as SVG or PNG."""
    from cli.files import write_whole
    from labels.payload import format_payload
    from labels.symbol import encode_symbol, render_png, render_svg
    from ledger.domain.unit_id import GS1_DOMAIN, parse_unit_id

    unit_id = parse_unit_id(unit)
    try:
        payload = format_payload(unit_id, resolver_domain=resolver or GS1_DOMAIN)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--resolver") from error
    symbol = encode_symbol(payload)
    match out.suffix:
        case ".svg":
            image = render_svg(symbol, module_mm=module_mm, caption=payload)
        case ".png":
            image = render_png(symbol, module_mm=module_mm, dpi=dpi)
        case _:
            raise typer.BadParameter("the file's name ends in .svg or .png", param_hint="--out")
    write_whole(out.absolute(), image)
    show({"payload": payload, "file": str(out)}, as_json=as_json, text=f"{payload} is in {out}.")
