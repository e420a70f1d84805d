"""What the QR Code of a load's papers opens: whether there is such a consignment, and how far it has come.

Whoever holds the paper has its opaque id, and nobody else does; even so the page names no party, unit or place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.fold.state import Value
from web.language import Language, mark
from web.rendering import render_page
from web.wording import Tone

_STAGES: Final[Mapping[str, tuple[str, Tone]]] = {
    "offering": (mark("Se está preparando: nadie lo ha recogido"), "doubt"),
    "offered": (mark("Ofrecido: nadie lo ha recogido"), "doubt"),
    "moving": (mark("En camino"), "good"),
    "claimed": (mark("Capturado de un papel: falta que lo confirme quien entregó"), "doubt"),
    "closed": (mark("Concluido: ya no viaja"), "bad"),
    "exported": (mark("Entregado en el extranjero: ya no viaja"), "bad"),
    "cancelled": (mark("Cancelado: no debe viajar"), "bad"),
}
_OTHER: Final[tuple[str, Tone]] = (mark("Anulado: no debe viajar"), "bad")


def consignment_page(language: Language, consignment: str, act: Value, *, sandbox: bool = False) -> bytes:
    """The page of one consignment, from its state value, for anybody who holds one of its papers."""
    stage, tone = _STAGES.get(act["stage"], _OTHER)
    return render_page(
        language,
        "consignment",
        f"/c/{consignment}",
        sandbox=sandbox,
        consignment=consignment,
        stage=stage,
        tone=tone,
        pieces=act["units_total"],
        numbers=[paper["number"] for _, paper in sorted(act.get("papers", {}).items())],
    )
