"""Boxes of a printed form: a label, and a value that wraps, shrinks, or goes on in an annex; or a line for ink."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from compliance.particulars import Address
from exchange.papers.folder import PartyBlock
from exchange.papers.page import INK, MARGIN, MUTED, RULE, TOP, WIDTH, Fitted, draw_lines, fit, table, wrap
from exchange.typeface import BOLD, PLAIN, draw_symbol, symbol_of

LABEL_SIZE: Final = 5.5
LABEL_HEIGHT: Final = LABEL_SIZE * 1.35 + 1
ROW: Final = 19.5
BLOCK: Final = 3 * ROW + LABEL_HEIGHT
"""Height of a party with its address."""
QR_SIDE: Final = 23 * mm
"""With its quiet zone: half a millimetre a module for an address of 70 characters."""
HEAD: Final = QR_SIDE
_PADDING: Final = 2.5
_WORDS_MAX: Final = 120
"""Of one row of an annex; a table breaks between rows, not within one."""
_LEAST: Final = 5.5
_SIGNING: Final = 16
"""Room for a signature under a printed name."""
_GOES_ON: Final = " (sigue en el anexo)"


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a form, by its left and upper edge.

    ``value`` None leaves a line for ink, "" leaves the box empty; ``signed`` draws the line under a value too.
    """

    x: float
    top: float
    width: float
    height: float
    label: str
    value: str | None = ""
    size: float = 8
    font: str = PLAIN
    signed: bool = False

    @property
    def spilt(self) -> str | None:
        """The whole value, if the box has not room for it."""
        return self.value if self.value and self._fitted(self.value).rest else None

    def draw(self, canvas: Canvas) -> None:
        """Draw frame, label and value."""
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.rect(self.x, self.top - self.height, self.width, self.height, stroke=1, fill=0)
        canvas.setFillColor(MUTED)
        label = fit(self.label, self._room, LABEL_HEIGHT, size=LABEL_SIZE, least=3.5)
        draw_lines(canvas, label, self.x + _PADDING, self.top - 1)
        canvas.setFillColor(INK)
        if self.value is None or self.signed:
            line = self.top - self.height + 4
            canvas.line(self.x + 2 * _PADDING, line, self.x + self.width - 2 * _PADDING, line)
        if self.value:
            draw_lines(canvas, self._shown(self.value), self.x + _PADDING, self.top - LABEL_HEIGHT, self.font)

    @property
    def _room(self) -> float:
        return self.width - 2 * _PADDING

    def _fitted(self, value: str) -> Fitted:
        height = self.height - LABEL_HEIGHT - (_SIGNING if self.signed else 1.5)
        return fit(value, self._room, height, size=self.size, least=min(_LEAST, self.size), font=self.font)

    def _shown(self, value: str) -> Fitted:
        fitted = self._fitted(value)
        if not fitted.rest:
            return fitted
        *lines, last = fitted.lines
        while last and len(wrap(last + _GOES_ON, self._room, fitted.size, self.font)) > 1:
            last = last[:-1]
        return Fitted((*lines, last + _GOES_ON), fitted.size, fitted.rest)


def row(top: float, height: float, cells: Iterable[tuple[float, str, str | None]], *, size: float = 8) -> list[Box]:
    """Boxes side by side across the page: of each its share of the width, label and value."""
    listed = list(cells)
    total = sum(share for share, _, _ in listed)
    boxes, x = [], MARGIN
    for share, label, value in listed:
        width = WIDTH * share / total
        boxes.append(Box(x, top, width, height, label, value, size))
        x += width
    return boxes


def party_block(top: float, title: str, who: PartyBlock) -> list[Box]:
    """A party, its address and where it is reached: boxes 4, 8 and 15."""
    named = who.name if who.party is None or who.name is None else f"{who.name}  ({who.party})"
    place, first = who.address, top - LABEL_HEIGHT
    return [
        Box(MARGIN, top, WIDTH, BLOCK, title),
        *row(first, ROW, [(5, "Nombre o razón social", named), (1, "Código postal", _of(place, "postcode"))]),
        *row(
            first - ROW,
            ROW,
            [
                (4, "Calle", _of(place, "street")),
                (1, "Núm. ext.", _of(place, "exterior")),
                (1, "Núm. int.", _of(place, "interior", optional=True)),
                (3, "Colonia", _of(place, "neighbourhood")),
            ],
        ),
        *row(
            first - 2 * ROW,
            ROW,
            [
                (3, "Municipio o alcaldía", _of(place, "municipality")),
                (2, "Estado", _of(place, "state")),
                (2, "Teléfono", who.phone),
                (3, "Correo electrónico", who.email),
            ],
        ),
    ]


def _of(place: Address | None, name: str, *, optional: bool = False) -> str | None:
    value: str | None = None if place is None else getattr(place, name)
    return "" if value is None and place is not None and optional else value


def declaration(top: float, height: float, label: str, oath: str, name: str | None, who: PartyBlock) -> list[Box]:
    """An oath, and room to sign it in ink: name and signature, date, stamp. What the ledger holds stands beside."""
    if who.signed is not None:
        signed = who.signed
        oath = f"{oath} Consta en la bitácora: {signed.at}, {signed.assurance}, evento {signed.event[:16]}."
    cells = [(4.0, label, oath), (4.0, "Nombre y firma", name), (1.3, "Fecha", None), (2.2, "Sello", "")]
    stated, signing, *others = row(top, height, cells, size=6.5)
    return [stated, replace(signing, size=8, signed=True), *others]


def draw_boxes(canvas: Canvas, boxes: Sequence[Box]) -> None:
    """Draw all of them."""
    for box in boxes:
        box.draw(canvas)


def draw_head(canvas: Canvas, title: str, copy: str, about: str, url: str) -> None:
    """The top of a form: what it is, whose copy, and the ledger's QR Code with the address that it leads to."""
    width = WIDTH - QR_SIDE - 6
    canvas.setFillColor(INK)
    draw_lines(canvas, fit(title, width, 18, size=12, font=BOLD), MARGIN, TOP, BOLD)
    draw_lines(canvas, fit(copy, width, 14, size=9, font=BOLD), MARGIN, TOP - 20, BOLD)
    said = fit(f"Compruébelo en {url}. {about}", width, 26, size=7, least=5)
    draw_lines(canvas, said, MARGIN, TOP - 36)
    draw_symbol(symbol_of(url), QR_SIDE).drawOn(canvas, MARGIN + WIDTH - QR_SIDE, TOP - QR_SIDE)


@dataclass
class Spills:
    """What had no room on a form, in the order of its boxes."""

    texts: list[tuple[str, str]] = field(default_factory=list)

    def take(self, boxes: Sequence[Box]) -> Sequence[Box]:
        """Note what these boxes could not hold, and give them back."""
        self.texts += [(box.label, box.spilt) for box in boxes if box.spilt is not None]
        return boxes


def spilt_table(spills: Spills) -> Flowable:
    """The whole texts, in rows that a page can hold."""
    rows = [
        (label if nth == 0 else "", " ".join(part))
        for label, value in spills.texts
        for nth, part in enumerate(_parts(value.split()))
    ]
    return table(("Casilla", "Texto"), rows, (1, 3))


def _parts(words: list[str]) -> Iterator[list[str]]:
    yield from (words[start : start + _WORDS_MAX] for start in range(0, len(words), _WORDS_MAX))
