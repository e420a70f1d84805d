"""The type that every printed document is set in, and the QR Code as a drawing."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from reportlab.graphics.shapes import Drawing, Path, Rect
from reportlab.lib.colors import black, white
from reportlab.pdfbase.pdfmetrics import getFont, registerFont
from reportlab.pdfbase.ttfonts import TTFont

from labels.symbol import QUIET_ZONE_MODULES, Symbol, encode_symbol

PDF: Final = "application/pdf"
PLAIN: Final = "Vera"
BOLD: Final = "VeraBd"
# Embedded: what is not would look different, or not at all, on the reader's machine. Registered once, with the module:
# a font that is exchanged while another thread draws with it spoils the drawing.
registerFont(TTFont(PLAIN, "Vera.ttf"))
registerFont(TTFont(BOLD, "VeraBd.ttf"))

_DRAWN: Final = getFont(PLAIN).face.charToGlyph


def printable(said: str) -> str:
    """With ? for what the font cannot draw: an empty box could be anything."""
    return "".join(letter if ord(letter) in _DRAWN else "?" for letter in said)


@lru_cache(maxsize=64)
def symbol_of(payload: str) -> Symbol:
    """The QR Code of a payload; every page of a paper bears the same one.

    Raises:
        SymbolUnprintable: as ``encode_symbol``.
    """
    return encode_symbol(payload)


def draw_symbol(symbol: Symbol, side: float) -> Drawing:
    """The symbol with its quiet zone, ``side`` points wide, as one path: no renderer leaves hairlines in it."""
    module = side / symbol.side_modules
    drawing = Drawing(side, side)
    drawing.add(Rect(0, 0, side, side, fillColor=white, strokeColor=None))
    path = Path(fillColor=black, strokeColor=None)
    for y, row in enumerate(symbol.rows):
        for x, dark in enumerate(row):
            if dark:
                _add_square(
                    path, (x + QUIET_ZONE_MODULES) * module, side - (y + QUIET_ZONE_MODULES + 1) * module, module
                )
    drawing.add(path)
    return drawing


def _add_square(path: Path, left: float, bottom: float, side: float) -> None:
    path.moveTo(left, bottom)
    for x, y in ((left + side, bottom), (left + side, bottom + side), (left, bottom + side)):
        path.lineTo(x, y)
    path.closePath()
