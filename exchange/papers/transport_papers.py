"""What carrier and rescuers have to know: the dangerous-goods document, the emergency sheet, the isolation card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reportlab.lib.colors import white
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from compliance.transport.goods import Goods
from exchange.papers.folder import Folder, PartyBlock, Piece
from exchange.papers.page import (
    AMBER,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    RED,
    Draw,
    Sheet,
    draw_lines,
    facts,
    fit,
    flow,
    gap,
    said,
)
from exchange.papers.wording import carried_by, format_address, format_kg
from exchange.typeface import BOLD, PLAIN, draw_symbol, symbol_of

DANGEROUS_GOODS: Final = "Documento de transporte de mercancías peligrosas"
EMERGENCY: Final = "Hoja de emergencia en transporte"
ISOLATION: Final = "Tarjeta de aislamiento"

GUIDE_147: Final = (
    (
        "Peligro",
        "Puede ventear o incendiarse por encima de unos 150 °C. El humo contiene fluoruro de hidrógeno (HF), tóxico.",
    ),
    (
        "Aislamiento",
        "Derrame: aísle al menos 25 m. Incendio grande con carro de ferrocarril o remolque: aísle 500 m a la redonda.",
    ),
    ("Protección", "Equipo de respiración autónoma."),
    ("Vigilancia", "Puede reencenderse días o semanas después: vigile con cámara térmica."),
)
"""What the guide says that holds whoever made the battery; which agent to use is for its maker to say."""
_SOURCE: Final = "Guía 147 de la Guía de Respuesta en Caso de Emergencia (GRE) 2024."
_TO_CLASS: Final = "SIN NÚMERO ONU: el expedidor debe clasificar esta mercancía antes de embarcarla."


def dangerous_goods(folder: Folder) -> Sheet:
    """UN number, name, class, packing and quantity of every kind of goods, and whom to call."""
    return flow(DANGEROUS_GOODS, _dangerous_goods(folder), f"{folder.consignment} · {folder.day}")


def _dangerous_goods(folder: Folder) -> Iterator[Flowable]:
    yield said(DANGEROUS_GOODS, "heading")
    yield said("Dangerous goods transport document", "small")
    yield gap(2)
    yield facts([
        ("Expedidor", _party(folder.consignor)),
        *(carried_by(_party(carrier.who) or "" for carrier in folder.carriers) or [("Transportista", "el expedidor")]),
        ("Destinatario", _party(folder.consignee)),
        ("Modo de transporte", folder.mode),
        ("Las piezas viajan", folder.fitting),
        ("Teléfono de emergencia, día y noche", folder.giving.emergency_phone),
    ])  # fmt: skip
    for nth, goods in enumerate(folder.goods, 1):
        yield gap(3)
        yield from _goods(folder, nth, goods)
    yield gap(4)
    yield said("Declaración del expedidor", "section")
    yield said("Declaro que la mercancía está clasificada, envasada, marcada y etiquetada como aquí se dice.")
    signing = f"{folder.giving.responsible or ''}\n\n"
    yield facts([("Nombre y firma", signing), ("Fecha y lugar", None)])


def _goods(folder: Folder, nth: int, goods: Goods) -> Iterator[Flowable]:
    identity = goods.identity
    if identity.un_number is None or identity.name is None:
        hint = "" if identity.hint is None else f" Orientación, no respuesta: vea UN {identity.hint}."
        yield said(f"{nth}. {_TO_CLASS}{hint}", "warning")
    else:
        yield said(f"{nth}. UN {identity.un_number}, {identity.name.es}, {identity.hazard_class}", "section")
        yield said(f"{identity.name.en} (English proper shipping name)", "small")
    rows: list[tuple[str, str | None]] = [
        ("Clase / etiqueta", f"{identity.hazard_class or '—'} / {identity.label or 'sin etiqueta'}"),
        ("Grupo de embalaje", "no aplica"),
        ("Disposiciones especiales", ", ".join(identity.special_provisions) or "ninguna"),
        ("Instrucción de embalaje", ", ".join([*identity.packing, *identity.large_packing]) or "ninguna"),
        ("Marcas del bulto", "\n".join(f"{mark.es} / {mark.en}" for mark in identity.marks) or "ninguna"),
        ("Piezas", str(goods.pieces)),
        ("Masa neta", f"{format_kg(goods.net_g)} kg"),
        ("Masa bruta", None if goods.gross_g is None else f"{format_kg(goods.gross_g)} kg"),
        ("Energía", "no declarada" if goods.energy_wh is None else f"{goods.energy_wh / 1000:,.1f} kWh"),
        ("Prohibido por", ", ".join(sorted(map(_mode, identity.forbidden_modes))) or "ningún modo"),
    ]
    if identity.needs_approval:
        rows.append(("Aprobación de la autoridad competente", folder.approval))
    yield facts(rows)
    yield said(f"Por qué: {' '.join(reason.words.es for reason in identity.reasons)}", "small")


def _mode(code: str) -> str:
    return {"air": "aire", "road": "carretera", "rail": "ferrocarril", "sea": "mar"}[code]


def _party(who: PartyBlock) -> str | None:
    known = [who.name, who.party, format_address(who.address), who.phone]
    return ", ".join(filter(None, known)) or None


def emergency_sheet(folder: Folder) -> Sheet:
    """What to do when something goes wrong on the way, before anybody has signal."""
    return flow(EMERGENCY, _emergency(folder), f"{folder.consignment} · {folder.day}")


def _emergency(folder: Folder) -> Iterator[Flowable]:
    yield said(EMERGENCY, "heading")
    yield gap(2)
    yield facts([
        ("Teléfono de emergencia, día y noche", folder.giving.emergency_phone),
        ("Expedidor", _party(folder.consignor)),
        ("Mercancía", "\n".join(map(_named, folder.goods))),
        ("Piezas y energía", _summary(folder.pieces)),
        ("Piezas dañadas o críticas", _isolated(folder.isolated)),
        ("Agente extintor que indica el fabricante", folder.giving.extinguishing_agent
         or "No se declaró. No lo suponga: siga la guía de la GRE."),
    ])  # fmt: skip
    for guide in sorted({goods.identity.guide or "" for goods in folder.goods}):
        yield gap(3)
        if guide == "147":
            yield said("Guía 147: baterías de ion litio o de ion sodio", "section")
            yield facts(GUIDE_147, share=0.18)
            yield said(_SOURCE, "small")
        elif guide:
            yield said(f"Guía {guide} de la GRE 2024: consúltela antes de acercarse.", "section")
        else:
            yield said(f"{_TO_CLASS} Trátela como batería de litio hasta que se sepa.", "warning")
    yield gap(3)
    yield said("Avise", "section")
    yield said(
        "Llame al 911 y al teléfono de emergencia. Incendio, venteo, fuga, extravío o accidente se asientan en la"
        " bitácora y se avisan a la autoridad: el conductor avisa al expedidor de inmediato."
    )


def _named(goods: Goods) -> str:
    identity = goods.identity
    if identity.un_number is None or identity.name is None:
        return f"Sin número ONU: {goods.pieces} piezas"
    return f"UN {identity.un_number} {identity.name.es}, clase {identity.hazard_class}: {goods.pieces} piezas"


def _summary(pieces: Sequence[Piece]) -> str:
    counted: dict[str, list[Piece]] = {}
    for piece in pieces:
        counted.setdefault(piece.chemistry, []).append(piece)
    return "\n".join(f"{len(group)} piezas de {name}{_energy(group)}" for name, group in counted.items())


def _energy(pieces: Sequence[Piece]) -> str:
    known = [piece.energy_wh for piece in pieces if piece.energy_wh is not None]
    return f", {sum(known) / 1000:,.1f} kWh" if len(known) == len(pieces) else ""


def _isolated(pieces: Sequence[Piece]) -> str:
    return ", ".join(f"{piece.serial} ({piece.condition})" for piece in pieces) or "ninguna"


def isolation_card(folder: Folder) -> Sheet:
    """A card for each damaged or critical piece: a page for a single one, else a quarter of a page each."""
    pieces = folder.isolated
    each = 1 if len(pieces) == 1 else 4
    groups = [pieces[start : start + each] for start in range(0, len(pieces), each)]
    return Sheet(ISOLATION, tuple(_cards(folder, group, each) for group in groups))


def _cards(folder: Folder, pieces: Sequence[Piece], each: int) -> Draw:
    across = 1 if each == 1 else 2
    width = (PAGE_WIDTH - 2 * MARGIN) / across
    height = (PAGE_HEIGHT - 2 * MARGIN) / across

    def draw(canvas: Canvas) -> None:
        for nth, piece in enumerate(pieces):
            row, column = divmod(nth, across)
            _draw_card(
                canvas, folder, piece, MARGIN + column * width, PAGE_HEIGHT - MARGIN - row * height, width, height
            )

    return draw


def _draw_card(
    canvas: Canvas, folder: Folder, piece: Piece, left: float, top: float, width: float, height: float
) -> None:
    pad, side = 5 * mm, width * 0.3
    critical = piece.isolated == "critical"
    canvas.setFillColor(RED if critical else AMBER)
    canvas.rect(left + 2, top - height + 2, width - 4, height - 4, stroke=0, fill=1)
    canvas.setFillColor(white)
    x, room = left + pad, width - 2 * pad
    line = height * 0.13
    ordered = ("P911 / LP906", _embargo(folder)) if critical else ("P908 / LP904", "DAÑADA")
    for text in ("AISLAR", *ordered):
        _draw_text(canvas, text, x, top - pad, room, line, BOLD)
        top -= line
    top -= pad
    about = [piece.serial, piece.unit, piece.what, f"Química: {piece.chemistry}", f"Estado: {piece.condition}"]
    if piece.assessed_on:
        about.append(f"Evaluada el {piece.assessed_on}")
    if folder.giving.emergency_phone:
        about.append(f"Emergencias: {folder.giving.emergency_phone}")
    guide = next((goods.identity.guide for goods in folder.goods if piece.unit in goods.units), None)
    if guide is not None:
        facts_of = ": HF tóxico; puede reencenderse días o semanas después." if guide == "147" else "."
        about.append(f"Guía {guide} (GRE 2024){facts_of}")
    bottom = height - 3 * line - 3 * pad - side
    _draw_text(canvas, "\n".join(about), x, top - pad, room, bottom, PLAIN)
    symbol = draw_symbol(symbol_of(piece.unit), side)
    symbol.drawOn(canvas, left + width - pad - side, top - bottom - pad - side + pad / 2)


def _embargo(folder: Folder) -> str:
    if folder.approval is None:
        return "NO EMBARCAR"
    return f"NO EMBARCAR SIN LA APROBACIÓN {folder.approval}"


def _draw_text(canvas: Canvas, text: str, x: float, top: float, width: float, height: float, font: str) -> None:
    draw_lines(
        canvas,
        fit(text, width, height, size=min(height * 0.75, 66 if font == BOLD else 22), least=5, font=font),
        x,
        top,
        font,
    )
