"""The manifest of hazardous waste: the 19 boxes of the official form, original and two copies, to be signed in ink.

RLGPGIR 86: the consignor hands over the original and two copies; carrier and consignee keep one copy each, and the
original goes back to the consignor, signed by all. Serials, UN numbers and the ledger's QR Code are no boxes of the
form: they stand in boxes 5 and 6, in the list of pieces and beside the title.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from reportlab.pdfgen.canvas import Canvas

from exchange.papers.folder import CarrierBlock, Folder, WasteLine
from exchange.papers.form import (
    BLOCK,
    HEAD,
    LABEL_HEIGHT,
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
from exchange.papers.page import (
    BOTTOM,
    MARGIN,
    RULE,
    TOP,
    WIDTH,
    Draw,
    Placed,
    Sheet,
    draw_band,
    draw_foot,
    draw_placed,
    gap,
    paginate,
    said,
    table,
)
from exchange.papers.piece_list import piece_list
from exchange.papers.wording import format_mass

TITLE: Final = "Manifiesto de entrega, transporte y recepción de residuos peligrosos"
COPIES: Final = (
    ("ORIGINAL", "vuelve firmado por todos al generador (RLGPGIR 86)"),
    ("COPIA 1", "la conserva el transportista"),
    ("COPIA 2", "la conserva el destinatario"),
)
HAZARDS: Final = "CRETIBM"

_NUMBERS: Final = 24.0
_BODY: Final = TOP - HEAD - _NUMBERS
_INSTRUCTIONS: Final = 58.0
_DECLARED: Final = 46.0
_ROUTE: Final = 27.0
_REMARKS: Final = 44.0
_FIXED: Final = 3 * BLOCK + 2 * ROW + 3 * _DECLARED + _INSTRUCTIONS + _ROUTE + _REMARKS
_WASTES: Final = _BODY - BOTTOM - _FIXED
"""What is left for box 5 on the first page."""
_CARRIER: Final = BLOCK + ROW + _ROUTE + _DECLARED

_OATH: Final = "Declaro, bajo protesta de decir verdad (RLGPGIR 79), que lo asentado en este manifiesto es cierto."
_CARRIED: Final = "Recibí del generador los residuos descritos, para su transporte."
_RECEIVED: Final = "Recibí los residuos descritos, con las observaciones de la casilla 18."

Body = Callable[[Canvas], None]


def manifest(folder: Folder) -> Sheet:
    """Original and two copies, each of as many pages as it takes; box 3 numbers them within each."""
    bodies = _bodies(folder)
    pages = [
        _page(folder, body, copy, whose, f"{n} de {len(bodies)}")
        for copy, whose in COPIES
        for n, body in enumerate(bodies, 1)
    ]
    return Sheet("Manifiesto", tuple(pages))


def _page(folder: Folder, body: Body, copy: str, whose: str, number: str) -> Draw:
    boxes = row(
        TOP - HEAD,
        _NUMBERS,
        [
            (4, "1. Núm. de registro ambiental", folder.giving.registration),
            (4, "2. Núm. de manifiesto", folder.issued.number if folder.issued else None),
            (2, "3. Página", number),
        ],
        size=10,
    )

    about = "" if folder.issued is None else f"Papel: {folder.issued.standing}."

    def draw(canvas: Canvas) -> None:
        draw_head(canvas, TITLE, f"{copy}: {whose}", about, folder.url)
        draw_boxes(canvas, boxes)
        body(canvas)
        draw_foot(canvas, f"{copy}: {whose} · {folder.consignment} · impreso el {folder.day}", number)

    return draw


def _bodies(folder: Folder) -> list[Body]:
    """What stands below boxes 1 to 3 on each page: the form, more of box 5, the pieces, and what had no room."""
    spills = Spills()
    wastes = paginate([waste_table(folder.wastes)], _BODY - BOTTOM - LABEL_HEIGHT, first=_WASTES - LABEL_HEIGHT)
    form = spills.take(form_boxes(folder))
    first, *more = wastes
    bodies: list[Body] = [lambda canvas: _draw_form(canvas, form, first)]
    bodies += [_further_wastes(placed) for placed in more]
    bodies += _further_carriers(folder.carriers[1:], spills)
    bodies += [_annex(placed) for placed in _lists(folder, spills)]
    return bodies


def _numbers(folder: Folder, page: str) -> list[Box]:
    number = None if folder.issued is None else folder.issued.number
    registration = folder.giving.registration
    stated = [(4, "1. Núm. de registro ambiental", registration), (4, "2. Núm. de manifiesto", number)]
    return row(TOP - HEAD, _NUMBERS, [*stated, (2, "3. Página", page)], size=10)


def form_boxes(folder: Folder) -> list[Box]:
    """Boxes 4 to 19 of the first page, without what stands in box 5."""
    top = _BODY
    boxes = party_block(top, "4. Generador", folder.consignor)
    top -= BLOCK
    boxes.append(Box(MARGIN, top, WIDTH, _WASTES, "5. Identificación de los residuos"))
    top -= _WASTES
    boxes += row(
        top,
        _INSTRUCTIONS,
        [
            (
                1,
                "6. Instrucciones especiales e información adicional para el manejo seguro",
                folder.giving.instructions,
            ),
            (1, "6. Transporte y series", _transport(folder)),
        ],
        size=7,
    )
    top -= _INSTRUCTIONS
    boxes += declaration(
        top, _DECLARED, "7. Declaración del generador", _OATH, folder.giving.responsible, folder.consignor
    )
    boxes += _carrier_boxes(top - _DECLARED, folder.carriers[0] if folder.carriers else None)
    return boxes + _consignee_boxes(top - _DECLARED - _CARRIER, folder)


def _carrier_boxes(top: float, carrier: CarrierBlock | None) -> list[Box]:
    if carrier is None:
        return [
            Box(MARGIN, top, WIDTH, _CARRIER, "8. a 14. Transportista", "Sin transportista: lo lleva el generador.")
        ]
    carrying = carrier.carrying
    return [
        *party_block(top, "8. Transportista", carrier.who),
        *row(
            top - BLOCK,
            ROW,
            [
                (3, "9. Núm. de autorización de la SEMARNAT", carrier.who.numbers),
                (3, "10. Núm. de permiso S.C.T.", carrying.permit),
                (2, "11. Tipo de vehículo", carrying.vehicle),
                (2, "12. Núm. de placa", " / ".join([carrying.plate, *carrying.trailers]) if carrying.plate else None),
            ],
        ),
        Box(
            MARGIN,
            top - BLOCK - ROW,
            WIDTH,
            _ROUTE,
            "13. Ruta de la empresa generadora hasta su entrega",
            carrying.route,
            7.5,
        ),
        *declaration(
            top - BLOCK - ROW - _ROUTE,
            _DECLARED,
            "14. Declaración del transportista",
            _CARRIED,
            carrying.driver,
            carrier.who,
        ),
    ]


def _consignee_boxes(top: float, folder: Folder) -> list[Box]:
    receiving, consignee = folder.receiving, folder.consignee
    taking = ", ".join(filter(None, (receiving.person, receiving.post))) or None
    remarks = " ".join(folder.observations) or None
    return [
        *party_block(top, "15. Destinatario", consignee),
        *row(
            top - BLOCK,
            ROW,
            [
                (1, "16. Núm. de autorización de la SEMARNAT", consignee.numbers),
                (1, "17. Nombre y cargo de la persona que recibe", taking),
            ],
        ),
        Box(MARGIN, top - BLOCK - ROW, WIDTH, _REMARKS, "18. Observaciones", remarks, 7.5),
        *declaration(
            top - BLOCK - ROW - _REMARKS,
            _DECLARED,
            "19. Declaración del destinatario",
            _RECEIVED,
            receiving.person,
            consignee,
        ),
    ]


def _transport(folder: Folder) -> str:
    """What the form has no box for: dangerous goods, serials, and whom to call."""
    counted: dict[str, int] = {}
    for goods in folder.goods:
        if (name := goods.identity.name) is not None:
            said_of = f"UN {goods.identity.un_number} {name.es}, clase {goods.identity.hazard_class}"
            counted[said_of] = counted.get(said_of, 0) + goods.pieces
    named = [f"{said_of}: {pieces} pzas." for said_of, pieces in counted.items()]
    phone = folder.giving.emergency_phone
    called = [] if phone is None else [f"Emergencias, día y noche: {phone}."]
    return " ".join([*called, *named, "Series: véase la relación de piezas."])


def waste_table(wastes: Sequence[WasteLine]) -> object:
    """Box 5: name, CRETIB columns, packing, kilograms and label of every line, and their sums."""
    titles = ("Nombre del residuo", *HAZARDS, "Piezas", "Envase", "Capacidad", "kg", "Etiqueta")
    shares = (34, *(2.1,) * len(HAZARDS), 6, 10, 9, 12, 8)
    rows = [
        (
            line.name,
            *("X" if letter in line.hazards else "" for letter in HAZARDS),
            str(len(line.pieces)),
            line.package or "",
            line.capacity or "",
            format_mass(line.mass_g, estimated=line.estimated),
            {True: "sí", False: "no", None: ""}[line.labelled],
        )
        for line in wastes
    ]
    total = None if any(line.mass_g is None for line in wastes) else sum(line.mass_g or 0 for line in wastes)
    summed = format_mass(total, estimated=any(line.estimated for line in wastes))
    pieces = str(sum(len(line.pieces) for line in wastes))
    return table(
        titles,
        [*rows, ("Total", *("",) * len(HAZARDS), pieces, "", "", summed, "")],
        shares,
        centred_from=1,
    )


def _draw_form(canvas: Canvas, boxes: Sequence[Box], wastes: Sequence[Placed]) -> None:
    draw_boxes(canvas, boxes)
    draw_placed(canvas, wastes, _BODY - BLOCK - LABEL_HEIGHT)


def _further_wastes(placed: Sequence[Placed]) -> Body:
    def draw(canvas: Canvas) -> None:
        label = Box(MARGIN, _BODY, WIDTH, _BODY - BOTTOM, "5. Identificación de los residuos (continuación)")
        label.draw(canvas)
        draw_placed(canvas, placed, _BODY - LABEL_HEIGHT)

    return draw


def _further_carriers(carriers: Sequence[CarrierBlock], spills: Spills) -> list[Body]:
    """Boxes 8 to 14 once more for each further carrier, as many as a page holds."""
    each = _CARRIER + 16
    fitting = int((_BODY - BOTTOM) // each)
    bodies: list[Body] = []
    for start in range(0, len(carriers), fitting):
        group = carriers[start : start + fitting]
        boxes = [spills.take(_carrier_boxes(_BODY - 14 - n * each, carrier)) for n, carrier in enumerate(group)]
        bodies.append(_carriers_body(start, boxes, each))
    return bodies


def _carriers_body(start: int, boxes: Sequence[Sequence[Box]], each: float) -> Body:
    def draw(canvas: Canvas) -> None:
        for n, of_one in enumerate(boxes):
            draw_band(canvas, f"Transportista {start + n + 2}", _BODY - 1 - n * each, 12)
            draw_boxes(canvas, of_one)

    return draw


def _lists(folder: Folder, spills: Spills) -> list[list[Placed]]:
    story = [gap(1), said("Anexo: relación de piezas", "section"), *piece_list(folder)]
    if spills.texts:
        story += [gap(2), said("Anexo: textos completos", "section"), spilt_table(spills)]
    return paginate(story, _BODY - BOTTOM)


def _annex(placed: Sequence[Placed]) -> Body:
    def draw(canvas: Canvas) -> None:
        canvas.setStrokeColor(RULE)
        draw_placed(canvas, placed, _BODY)

    return draw
