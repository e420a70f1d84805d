"""Pages: text that wraps and never overruns, tables that go on, and one PDF of all of it.

A *sheet* is one paper: its pages know their number and how many there are. Lengths are in points.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from exchange.typeface import BOLD, PLAIN, printable

PAGE_WIDTH, PAGE_HEIGHT = letter
MARGIN: Final = 11 * mm
WIDTH: Final = PAGE_WIDTH - 2 * MARGIN
TOP: Final = PAGE_HEIGHT - MARGIN
BOTTOM: Final = MARGIN + 6 * mm
LEADING: Final = 1.22
INK: Final = HexColor("#111111")
MUTED, RULE, SHADE = (HexColor(code) for code in ("#555555", "#8a8a8a", "#eeeeee"))
RED, AMBER = HexColor("#b00020"), HexColor("#8a4b00")

_CELL_PADDING: Final = 2.5
_FOLLOWED: Final = 48
"""Room that a title keeps free below itself: none stands at the foot of a page alone."""
_HEADING = ParagraphStyle("heading", fontName=BOLD, fontSize=15, leading=19, textColor=INK)
_SECTION = ParagraphStyle("section", fontName=BOLD, fontSize=10, leading=13, textColor=INK, keepWithNext=1)
_BODY = ParagraphStyle("body", fontName=PLAIN, fontSize=8.5, leading=11.5, textColor=INK)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7, leading=9.5, textColor=MUTED)
_WARNING = ParagraphStyle("warning", parent=_BODY, fontName=BOLD, textColor=RED)
_STYLES: Final = {"heading": _HEADING, "section": _SECTION, "body": _BODY, "small": _SMALL, "warning": _WARNING}

Draw = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper: its title and what draws each of its pages."""

    title: str
    pages: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Something on a page: how far below the page's top it begins, and how high it is."""

    flowable: Flowable
    below: float
    height: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text as it goes into a box: its lines, their size, and what had no room at the smallest size."""

    lines: tuple[str, ...]
    size: float
    rest: str


def render(sheets: Iterable[Sheet], *, title: str, subject: str) -> bytes:
    """All sheets as one PDF, the same bytes for the same sheets; each is in the outline."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=letter, invariant=1, pageCompression=1, initialFontName=PLAIN, lang="es-MX")
    canvas.setTitle(title)
    canvas.setSubject(subject)
    canvas.setCreator("Bitácora")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    for number, sheet in enumerate(sheets):
        canvas.bookmarkPage(f"sheet{number}")
        canvas.addOutlineEntry(sheet.title, f"sheet{number}")
        for draw in sheet.pages:
            draw(canvas)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


@lru_cache(maxsize=16384)
def _width(text: str, font: str, size: float) -> float:
    return float(stringWidth(text, font, size))


def wrap(text: str, width: float, size: float, font: str = PLAIN) -> list[str]:
    """``text`` in lines no wider than ``width``, broken at spaces, and within a word that is wider alone."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in printable(paragraph).split():
            longer = f"{line} {word}" if line else word
            if _width(longer, font, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *whole, line = _break(word, width, size, font)
            lines += whole
        lines.append(line)
    return lines


def _break(word: str, width: float, size: float, font: str) -> list[str]:
    parts, part = [], ""
    for letter_ in word:
        if part and _width(part + letter_, font, size) > width:
            parts.append(part)
            part = ""
        part += letter_
    return [*parts, part]


def fit(text: str, width: float, height: float, *, size: float = 9, least: float = 6, font: str = PLAIN) -> Fitted:
    """The text at the greatest size, by half points down to ``least``, at which it fits; else as much as fits."""
    while True:
        lines = wrap(text, width, size, font)
        room = max(1, int(height / (size * LEADING)))
        if len(lines) <= room:
            return Fitted(tuple(lines), size, "")
        if size - 0.5 < least:
            return Fitted(tuple(lines[:room]), size, " ".join(lines[room:]))
        size -= 0.5


def draw_lines(canvas: Canvas, fitted: Fitted, x: float, top: float, font: str = PLAIN) -> None:
    """The lines below ``top``, from ``x``."""
    canvas.setFont(font, fitted.size)
    for nth, line in enumerate(fitted.lines):
        canvas.drawString(x, top - fitted.size * (0.95 + nth * LEADING), line)


def said(text: str, style: str = "body") -> Paragraph:
    """A paragraph: ``heading``, ``section``, ``body``, ``small`` or ``warning``."""
    return Paragraph(escape(printable(text)), _STYLES[style])


def gap(height_mm: float) -> Spacer:
    """Empty space."""
    return Spacer(0, height_mm * mm)


def table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    shares: Sequence[float],
    *,
    size: float = 7,
    centred_from: int | None = None,
) -> Table:
    """A ruled table under a head that every page repeats; columns share the width, text wraps within its cell.

    Columns from ``centred_from`` on are centred.
    """
    widths = [WIDTH * share / sum(shares) for share in shares]
    body = [_wrapped(row, widths, size, PLAIN) for row in rows]
    head = [_wrapped(titles, widths, size - 0.5, BOLD)] if titles else []
    ruled: list[tuple[Any, ...]] = [
        ("FONT", (0, 0), (-1, -1), PLAIN, size, size * LEADING),
        ("GRID", (0, 0), (-1, -1), 0.4, RULE),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _CELL_PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    if centred_from is not None:
        ruled.append(("ALIGN", (centred_from, 0), (-1, -1), "CENTER"))
    if head:
        ruled += [("FONT", (0, 0), (-1, 0), BOLD, size - 0.5, size * LEADING), ("BACKGROUND", (0, 0), (-1, 0), SHADE)]
    style = TableStyle(ruled)
    return Table(head + body, colWidths=widths, repeatRows=len(head), splitInRow=1, style=style)


def facts(rows: Iterable[tuple[str, str | None]], *, share: float = 0.3) -> Table:
    """Labels and values, one below the other; what nobody said is an empty cell to write in."""
    filled = [(label, value if value is not None else "\n") for label, value in rows]
    return table((), filled, (share, 1 - share), size=8)


def _wrapped(row: Sequence[str], widths: Sequence[float], size: float, font: str) -> list[str]:
    # A hair less than the cell, so that rounding in a reader never lets a line touch the rule.
    return [
        "\n".join(wrap(cell, width - 2 * _CELL_PADDING - 0.5, size, font))
        for cell, width in zip(row, widths, strict=True)
    ]


def flow(title: str, story: Iterable[Flowable], mark: str) -> Sheet:
    """The story on as many pages as it takes; at the foot of each, ``mark``, its number and how many there are."""
    pages = paginate(story)
    numbered = [_flow_page(title, mark, page, f"{n} / {len(pages)}") for n, page in enumerate(pages, 1)]
    return Sheet(title, tuple(numbered))


def _flow_page(title: str, mark: str, placed: Sequence[Placed], number: str) -> Draw:
    def draw(canvas: Canvas) -> None:
        draw_placed(canvas, placed, TOP)
        draw_foot(canvas, f"{title} · {mark}", number)

    return draw


def draw_placed(canvas: Canvas, placed: Sequence[Placed], top: float) -> None:
    """What stands on one page, below ``top``."""
    for each in placed:
        each.flowable.drawOn(canvas, MARGIN, top - each.below - each.height)


def draw_foot(canvas: Canvas, left: str, right: str) -> None:
    """The last line of a page."""
    canvas.setFillColor(MUTED)
    draw_lines(canvas, fit(left, WIDTH - 30 * mm, 8, size=6.5, least=5), MARGIN, MARGIN + 8)
    canvas.setFont(PLAIN, 6.5)
    canvas.drawRightString(MARGIN + WIDTH, MARGIN + 2, right)
    canvas.setFillColor(INK)


def paginate(
    story: Iterable[Flowable], room: float = TOP - BOTTOM, *, first: float | None = None
) -> list[list[Placed]]:
    """What stands on each page of so much room; the ``first`` may have less.

    Raises:
        ValueError: something is higher than a page and cannot be split.
    """
    waiting, pages = deque(story), [list[Placed]()]
    left = room if first is None else first
    used = 0.0
    while waiting:
        flowable = waiting.popleft()
        _, height = flowable.wrap(WIDTH, left - used)
        followed = _FOLLOWED if flowable.getKeepWithNext() and used else 0
        if height + followed <= left - used:
            pages[-1].append(Placed(flowable, used, height))
            used += height
            continue
        parts = [] if followed else flowable.split(WIDTH, left - used)
        if len(parts) > 1:
            _, height = parts[0].wrap(WIDTH, left - used)
            pages[-1].append(Placed(parts.pop(0), used, height))
        elif not used and left >= room:
            raise ValueError("a part of a paper is higher than a page")
        waiting.extendleft(reversed(parts or [flowable]))
        pages.append([])
        left, used = room, 0.0
    return pages


def draw_band(canvas: Canvas, text: str, top: float, height: float, colour: Any = INK) -> None:
    """White on a dark band across the page."""
    canvas.setFillColor(colour)
    canvas.rect(MARGIN, top - height, WIDTH, height, stroke=0, fill=1)
    canvas.setFillColor(white)
    fitted = fit(text, WIDTH - 8, height, size=height * 0.6, least=5, font=BOLD)
    draw_lines(canvas, fitted, MARGIN + 4, top - (height - fitted.size * LEADING) / 2, BOLD)
    canvas.setFillColor(INK)
