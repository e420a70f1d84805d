"""The neutral paper of a load that is no hazardous waste: special-handling waste is for the states to regulate.

It cites no article on hazardous waste. Each state may have a form of its own; this one says what all of them ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from exchange.papers.folder import CarrierBlock, Folder, PartyBlock
from exchange.papers.form import (
    BLOCK,
    HEAD,
    ROW,
    Box,
    Spills,
    declaration,
    draw_boxes,
    draw_head,
    party_block,
    row,
    spilt_table,
)
from exchange.papers.page import BOTTOM, TOP, Draw, Sheet, draw_foot, draw_placed, facts, gap, paginate, said
from exchange.papers.piece_list import piece_list
from exchange.papers.wording import format_address, format_mass

TITLE: Final = "Documento de transporte de residuos de manejo especial"
COPIES: Final = (("ORIGINAL", "destinatario"), ("COPIA 1", "remitente"), ("COPIA 2", "transportista"))

_NUMBERS: Final = 24.0
_BODY: Final = TOP - HEAD
_SIGNED: Final = 46.0
_ON_FORM: Final = 2
"""Carriers for which the first page has boxes."""


def rme_transport(folder: Folder) -> Sheet:
    """Original and two copies: who gives, carries and takes, what, and room for three signatures."""
    spills = Spills()
    boxes, below = _boxes(folder)
    form = spills.take(boxes)
    story = [gap(2), said(f"{len(folder.pieces)} piezas, {_mass(folder)} kg", "section"), *piece_list(folder)]
    for nth, carrier in enumerate(folder.carriers[_ON_FORM:], _ON_FORM + 1):
        story += [gap(2), said(f"Transportista {nth}", "section"), _further(carrier)]
    if spills.texts:
        story += [gap(2), said("Textos completos", "section"), spilt_table(spills)]
    placed = paginate(story, _BODY - BOTTOM, first=below - BOTTOM)

    def page(copy: str, whose: str, nth: int) -> Draw:
        def draw(canvas: Canvas) -> None:
            draw_head(canvas, TITLE, f"{copy}: {whose}", "", folder.url)
            if nth == 0:
                draw_boxes(canvas, form)
            draw_placed(canvas, placed[nth], _BODY if nth else below)
            mark = f"{copy} · {folder.consignment} · impreso el {folder.day}"
            draw_foot(canvas, mark, f"{nth + 1} de {len(placed)}")

        return draw

    return Sheet(TITLE, tuple(page(copy, whose, nth) for copy, whose in COPIES for nth in range(len(placed))))


def _further(carrier: CarrierBlock) -> Flowable:
    who, carrying = carrier.who, carrier.carrying
    return facts(
        [
            ("Nombre", who.name),
            ("Domicilio", format_address(who.address)),
            ("Autorización del estado", who.numbers),
            ("Vehículo y placas", " ".join(filter(None, (carrying.vehicle, carrying.plate))) or None),
            ("Nombre, firma y fecha", f"{carrying.driver or ''}\n\n"),
        ]
    )


def _mass(folder: Folder) -> str:
    masses = [piece.mass_g for piece in folder.pieces]
    if any(mass is None for mass in masses):
        return "________"
    return format_mass(sum(mass or 0 for mass in masses), estimated=False)


def _boxes(folder: Folder) -> tuple[list[Box], float]:
    """The boxes of the first page, and where what follows them begins."""
    top = _BODY
    number = None if folder.issued is None else folder.issued.number
    about = [(3.0, "Número", number), (3.0, "Motivo", folder.purpose), (2.0, "Fecha de impresión", folder.day)]
    boxes = row(top, _NUMBERS, about)
    top -= _NUMBERS
    for title, oath, name, who, carrier in _signers(folder):
        boxes += party_block(top, title, who)
        top -= BLOCK
        if carrier is not None:
            boxes += _vehicle(top, carrier)
            top -= ROW
        boxes += declaration(top, _SIGNED, f"{title}: declaración", oath, name, who)
        top -= _SIGNED
    return boxes, top


def _signers(folder: Folder) -> Iterator[tuple[str, str, str | None, PartyBlock, CarrierBlock | None]]:
    yield "Remitente", "Entrego las piezas descritas.", folder.giving.responsible, folder.consignor, None
    for carrier in folder.carriers[:_ON_FORM]:
        yield "Transportista", "Recibo las piezas para su transporte.", carrier.carrying.driver, carrier.who, carrier
    taking = folder.receiving.person
    yield "Destinatario", "Recibo las piezas, con las marcas de la relación.", taking, folder.consignee, None


def _vehicle(top: float, carrier: CarrierBlock) -> list[Box]:
    carrying = carrier.carrying
    return row(
        top,
        ROW,
        [
            (1, "Autorización del estado", carrier.who.numbers),
            (1, "Permiso S.C.T.", carrying.permit),
            (1, "Vehículo", carrying.vehicle),
            (1, "Placas", " / ".join([carrying.plate, *carrying.trailers]) if carrying.plate else None),
        ],
    )
