"""An authorisation on paper: a PDF in Spanish and in English, with a QR Code that leads to the page which checks it.

The same attestation, address and language give the same bytes. Paper cannot change its mind: it names the day that
it speaks of, and where to ask about another.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from certification.states import find_by_inegi
from exchange.attestation import Attestation, AttestedParty, AttestedSite
from exchange.typeface import BOLD, PLAIN, draw_symbol, printable
from exchange.words import NATURAL_PERSON, Language, text, word
from labels.symbol import encode_symbol

QR_MM: Final = 38.0
"""Side of the QR Code with its quiet zone."""

_LOCALES: Final[dict[Language, str]] = {"es": "es-MX", "en": "en"}
_MARGIN_MM: Final = 20.0
_FRAME_PADDING: Final = 6
_TEXT_WIDTH: Final = letter[0] - 2 * (_MARGIN_MM * mm + _FRAME_PADDING)
_LEFT: Final = _MARGIN_MM * mm + _FRAME_PADDING
_LABEL_WIDTH: Final = 46 * mm
_HASH_LINE: Final = 32
_GRAMS_PER_TONNE: Final = 1_000_000

_IN_FORCE, _NOT_IN_FORCE, _MUTED, _RULE = (HexColor(code) for code in ("#1b5e20", "#9b1c1c", "#555555", "#cccccc"))
_TITLE = ParagraphStyle("title", fontName=BOLD, fontSize=16, leading=20)
_BODY = ParagraphStyle("body", fontName=PLAIN, fontSize=9, leading=12.5)
_LABEL = ParagraphStyle("label", parent=_BODY, textColor=_MUTED)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7.5, leading=10, textColor=_MUTED)
_STANDING = ParagraphStyle("standing", fontName=BOLD, fontSize=13, leading=17, textColor=white)
_WARNING = ParagraphStyle("warning", parent=_BODY, fontName=BOLD, textColor=_NOT_IN_FORCE)


def render_certificate(attestation: Attestation, page_url: str, *, first: Language = "es") -> bytes:
    """The certificate as PDF, in both languages, ``first`` on its first page.

    Args:
        attestation: what it says, and of which day.
        page_url: ASCII address of the page that checks it.
        first: the language that the document declares.
    """
    second: Language = "en" if first == "es" else "es"
    story = [*_sheet(attestation, page_url, first), PageBreak(), *_sheet(attestation, page_url, second)]
    out = io.BytesIO()
    SimpleDocTemplate(
        out,
        pagesize=letter,
        leftMargin=_MARGIN_MM * mm,
        rightMargin=_MARGIN_MM * mm,
        topMargin=_MARGIN_MM * mm,
        bottomMargin=_MARGIN_MM * mm,
        title=f"{text('title', first)} {attestation.number}",
        author=attestation.authority.name,
        subject=text("standing", first, day=attestation.day),
        creator="Bitácora",
        lang=_LOCALES[first],
        displayDocTitle=True,
        invariant=1,
        initialFontName=PLAIN,
    ).build(story, onFirstPage=_foot(attestation), onLaterPages=_foot(attestation))
    return out.getvalue()


def _sheet(attestation: Attestation, page_url: str, language: Language) -> Iterator[Flowable]:
    heading = [_paragraph(text("title", language), _TITLE), _paragraph(attestation.number, _TITLE), Spacer(0, 3 * mm)]
    standing = [*heading, _standing(attestation, language), Spacer(0, 2 * mm)]
    qr = draw_symbol(encode_symbol(page_url), QR_MM * mm)
    yield Table(
        [[[*standing, _paragraph(text("what", language), _SMALL)], qr]],
        colWidths=[_TEXT_WIDTH - QR_MM * mm, QR_MM * mm],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)],
    )
    yield _paragraph(f"{text('check', language)} {page_url}", _SMALL)
    yield Spacer(0, 3 * mm)
    for name in _reservations(attestation):
        yield _paragraph(text(name, language), _WARNING)
    yield Spacer(0, 2 * mm)
    # A row for each line: a table breaks between rows, not within one.
    rows = [
        [_paragraph("" if nth else text(name, language), _LABEL), _paragraph(line, _BODY)]
        for name, lines in _rows(attestation, language)
        for nth, line in enumerate(lines)
    ]
    yield Table(rows, colWidths=[_LABEL_WIDTH, _TEXT_WIDTH - _LABEL_WIDTH], style=_ROWS)


_ROWS = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)


def _standing(attestation: Attestation, language: Language) -> Flowable:
    said = f"{text('standing', language, day=attestation.day)}: {word(attestation.standing, language)}"
    box = [
        ("BACKGROUND", (0, 0), (-1, -1), _IN_FORCE if attestation.holds else _NOT_IN_FORCE),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ]
    return Table([[_paragraph(said, _STANDING)]], colWidths=[_TEXT_WIDTH - QR_MM * mm - 6 * mm], style=box)


def _reservations(attestation: Attestation) -> Iterator[str]:
    said = {
        "only_transcribed": attestation.only_transcribed,
        "claimed": attestation.claimed,
        "stayed": attestation.court is not None,
    }
    yield from (name for name, applies in said.items() if applies)


def _rows(attestation: Attestation, language: Language) -> Iterator[tuple[str, list[str]]]:
    yield "number", [attestation.number]
    yield "holder", [_party(attestation.holder, language)]
    yield "transcribed_by" if attestation.only_transcribed else "authority", [_party(attestation.authority, language)]
    yield "validity", [text("span", language, from_on=attestation.from_on, to_on=attestation.to_on)]
    if attestation.oficio is not None and attestation.notified_on is not None:
        yield "act", [text("notified", language, oficio=attestation.oficio, notified_on=attestation.notified_on)]
    if attestation.source is not None and attestation.listed_on is not None:
        yield "list", [text("listed", language, source=attestation.source, listed_on=attestation.listed_on)]
    if attestation.court is not None and attestation.court_file is not None:
        yield "court", [text("file", language, court=attestation.court, file=attestation.court_file)]
    for name in ("activities", "waste_classes", "wastes", "chemistries", "conditions", "modes"):
        codes: tuple[str, ...] = getattr(attestation, name)
        yield name, [", ".join(word(code, language) for code in codes) or text("any", language)]
    yield "capacity_g_per_year", [_mass(attestation.capacity_g_per_year, language)]
    yield "storage_capacity_g", [_mass(attestation.storage_capacity_g, language)]
    yield "sites", [_site(site) for site in attestation.sites] or [text("any", language)]
    yield "event", [attestation.event[:_HASH_LINE], attestation.event[_HASH_LINE:]]


def _party(party: AttestedParty, language: Language) -> str:
    return f"{party.name or NATURAL_PERSON[language]} ({party.party})"


def _site(site: AttestedSite) -> str:
    state = find_by_inegi(site.state)
    place = f"{state.name if state else site.state}, INEGI {site.state}-{site.municipality}"
    return f"{site.name}: {place} ({site.site})" if site.name else f"{place} ({site.site})"


def _mass(grams: int | None, language: Language) -> str:
    """Tonnes to the gram, as far as it has any."""
    if grams is None:
        return text("none_set", language)
    tonnes, rest = divmod(grams, _GRAMS_PER_TONNE)
    return f"{tonnes:,}.{rest:06}".rstrip("0").rstrip(".") + " t"


def _foot(attestation: Attestation) -> Any:
    def draw(canvas: Any, document: Any) -> None:
        canvas.setFont(PLAIN, 7)
        canvas.setFillColor(_MUTED)
        said = f"{attestation.number} · {attestation.authorisation} · {attestation.day}"
        canvas.drawString(_LEFT, 12 * mm, printable(said))
        canvas.drawRightString(letter[0] - _LEFT, 12 * mm, str(document.page))

    return draw


def _paragraph(said: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(printable(said)), style)
