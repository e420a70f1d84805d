"""From the cells of a published list to what each line says, by the titles that such lists usually have.

Nothing is filled in by guessing: a day, capacity or state that is there and cannot be read makes the line wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from certification.listing.names import Form, capitals, form_of_name, form_of_rfc
from certification.listing.table import Cell, ListUnreadable, Row
from certification.states import find_state
from ledger.domain.values import MASS_G_MAX

TITLE_ROWS_MAX: Final = 20
"""How far down the row of titles may be: banners and dates stand above it."""
WASTES_MAX: Final = 32

# Fields of a line, each with the titles that mean it; a title is compared as `capitals` spells it, and the first wins.
_TITLES: Final[tuple[tuple[str, str], ...]] = (
    ("party", r"PARTE|PARTY|ID DE LA PARTE"),
    ("form", r"TIPO DE PERSONA|PERSONA|FORM"),
    ("rfc", r"R ?F ?C|REGISTRO FEDERAL DE CONTRIBUYENTES"),
    ("number", r"(NO|NUM|NUMERO|N)( DE)?( LA)? AUTORIZACION.*|AUTORIZACION|NUMBER"),
    ("storage", r"CAPACIDAD( DE| MAXIMA DE)? ALMACENAMIENTO.*"),
    ("capacity", r"CAPACIDAD.*"),
    ("from_on", r"(FECHA DE )?(INICIO|EXPEDICION|EMISION|OTORGAMIENTO)( DE( LA)? VIGENCIA)?|VIGENTE DESDE|DESDE"),
    ("to_on", r"(FECHA DE )?(TERMINO|VENCIMIENTO|FIN)( DE( LA)? VIGENCIA)?|VIGENTE HASTA|HASTA"),
    ("term", r"VIGENCIA.*|PERIODO DE VIGENCIA"),
    ("activities", r"(ACTIVIDAD(ES)?|MODALIDAD|RUBRO|TIPO DE SERVICIO|SERVICIOS?)( AUTORIZAD[AO]S?)?"),
    ("wastes", r"(TIPO DE |NOMBRE DE(L| LOS) )?RESIDUOS?( PELIGROSOS?)?( AUTORIZADOS?)?"),
    ("state", r"ESTADO|ENTIDAD( FEDERATIVA)?"),
    ("address", r"DOMICILIO.*|DIRECCION.*|UBICACION.*"),
    ("name", r"RAZON SOCIAL.*|NOMBRE.*|EMPRESA|TITULAR|DENOMINACION.*|COMPANIA|PRESTADOR DE SERVICIOS?"),
)
_NEEDED: Final = frozenset({"name", "number"})

# What lists call the activities (RLGPGIR 55, 58); each word is looked for in the cell, longest first.
_ACTIVITY_WORDS: Final = (
    ("COPROCESAMIENTO", "treatment"),
    ("RECOLECCION Y TRANSPORTE", "transport"),
    ("ALMACENAMIENTO", "storage"),
    ("CENTRO DE ACOPIO", "collection"),
    ("ACOPIO", "collection"),
    ("RECOLECCION", "transport"),
    ("TRANSPORTE", "transport"),
    ("REUTILIZACION", "reuse"),
    ("REUSO", "reuse"),
    ("REACONDICIONAMIENTO", "repurposing"),
    ("DESMANTELAMIENTO", "dismantling"),
    ("DESENSAMBLE", "dismantling"),
    ("RECICLAJE", "recycling"),
    ("RECICLADO", "recycling"),
    ("TRATAMIENTO", "treatment"),
    ("INCINERACION", "treatment"),
    ("DISPOSICION FINAL", "disposal"),
    ("CONFINAMIENTO", "disposal"),
    ("IMPORTACION", "import"),
    ("EXPORTACION", "export"),
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("ENERO ENE", "FEBRERO FEB", "MARZO MAR", "ABRIL ABR", "MAYO MAY", "JUNIO JUN"),
            *("JULIO JUL", "AGOSTO AGO", "SEPTIEMBRE SEP SEPT", "OCTUBRE OCT", "NOVIEMBRE NOV", "DICIEMBRE DIC"),
        ),
        1,
    )
    for name in names.split()
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_TEXT: Final = re.compile(
    r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
    r"|(?P<d2>\d{1,2})[/.-](?P<m2>\d{1,2})[/.-](?P<y2>\d{4})"
    rf"|(?P<d3>\d{{1,2}})(?: DE |[ /.-])(?P<m3>{_MONTH})(?: DEL? |[ /.-])(?P<y3>\d{{4}})"
)
_GRAMS: Final = {
    "KG": 1_000,
    "KILOGRAMOS": 1_000,
    "KGS": 1_000,
    "T": 1_000_000,
    "TON": 1_000_000,
    "TONS": 1_000_000,
    "TM": 1_000_000,
    "TONELADA": 1_000_000,
    "TONELADAS": 1_000_000,
    "TONELADAS METRICAS": 1_000_000,
}
# Not 12.500,5 nor 12.500: it cannot be told whether a point parts thousands or decimals.
_QUANTITY: Final = re.compile(r"(?!\d{1,3}\.\d{3}(?!\d))(\d{1,3}(?:[, ]\d{3})+|\d+)(\.\d+)?(?![.,]?\d)")
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_EXCEL_DAYS: Final = range(36526, 73051)
"""Days of the years 2000 to 2099 as Excel counts them."""


class CellError(ValueError):
    """A cell that says something that cannot be read.

    Attributes:
        field: of the line.
        rule: which one it does not keep.
    """

    def __init__(self, field: str, rule: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.rule, self.detail = field, rule, detail


@dataclass(frozen=True, slots=True)
class ListLine:
    """What one line of the list says. None and empty: the list does not say.

    Attributes:
        line: row in the file, from 1.
        number: of the authorisation.
        form: what kind of person; None when neither RFC, name nor a column tells.
        party: the id that the list itself (or a resolution) names, or ``new``.
        from_on, to_on: first and last day, ``YYYY-MM-DD``.
        state: INEGI code.
        address: as written; for a natural person it is personal data.
        left_out: wastes whose names are too long or too many for a scope.
    """

    line: int
    name: str
    number: str
    form: Form | None
    party: str | None = None
    rfc: str | None = None
    activities: tuple[str, ...] = ()
    from_on: str | None = None
    to_on: str | None = None
    state: str | None = None
    address: str | None = None
    wastes: tuple[str, ...] = ()
    capacity_g: int | None = None
    storage_g: int | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands, the unit that a title of capacities names, and the titles that mean nothing here."""

    at: Mapping[str, int]
    units: Mapping[str, str]
    ignored: tuple[str, ...]


def find_columns(rows: Sequence[Row], needed: frozenset[str] = _NEEDED) -> tuple[Columns, list[Row]]:
    """The columns, and the rows below their titles.

    Raises:
        ListUnreadable: no row has the ``needed`` titles, or two columns mean the same.
    """
    for n, row in enumerate(rows[:TITLE_ROWS_MAX]):
        fields = [_field_of(cell) for cell in row.cells]
        if needed <= set(fields):
            return _columns(row, fields), list(rows[n + 1 :])
    raise ListUnreadable("no row has titles for the name and the number of the authorisation")


def read_line(row: Row, columns: Columns) -> ListLine:
    """One line of the list.

    Raises:
        CellError: a cell that cannot be read.
    """

    def cell(field: str) -> Cell:
        place = columns.at.get(field)
        return row.cells[place] if place is not None and place < len(row.cells) else None

    name, number = _needed(cell("name"), "name"), read_number(_needed(cell("number"), "number"))
    from_on, to_on = _days(cell("from_on"), cell("to_on"), cell("term"))
    wastes, left_out = _wastes(_text(cell("wastes")))
    return ListLine(
        line=row.line,
        name=name,
        number=number,
        form=_form(_text(cell("form")), _text(cell("rfc")), name),
        party=_text(cell("party")),
        rfc=_text(cell("rfc")),
        activities=read_activities(_text(cell("activities")) or ""),
        from_on=from_on,
        to_on=to_on,
        state=_state(_text(cell("state"))),
        address=_text(cell("address")),
        wastes=wastes,
        capacity_g=_mass_g(cell("capacity"), "capacity", columns.units),
        storage_g=_mass_g(cell("storage"), "storage", columns.units),
        left_out=left_out,
    )


def read_number(text: str) -> str:
    """The authorisation's number in one spelling: capitals, plain hyphens, no spaces around them.

    Raises:
        CellError: it has characters that no number has.
    """
    spelt = re.sub(r"\s*[-‐‑‒–—]\s*", "-", text.upper().strip())
    spelt = re.sub(r"^(NO|NÚM|NUM)\.?\s+", "", " ".join(spelt.split()))
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9 ./_:#-]{0,79}", spelt, re.ASCII):
        raise CellError("number", "number", "no number of an authorisation has these characters")
    return spelt


def read_activities(text: str) -> tuple[str, ...]:
    """The activities that the text names, in alphabetical order.

    Raises:
        CellError: it says something, and names none.
    """
    left, found = capitals(text), set()
    for word, activity in _ACTIVITY_WORDS:
        if word in left:
            found.add(activity)
            left = left.replace(word, " ")
    if left and not found:
        raise CellError("activities", "activity", "no known activity is named")
    return tuple(sorted(found))


def read_day(cell: Cell, field: str) -> str:
    """``YYYY-MM-DD`` of a day as dd/mm/yyyy, ISO, ``15 de marzo de 2031``, or as Excel keeps it.

    Raises:
        CellError: no such day, or a day outside the years 2000 to 2099.
    """
    if isinstance(cell, int | float) and int(cell) == cell and int(cell) in _EXCEL_DAYS:
        return (_EXCEL_EPOCH + timedelta(days=int(cell))).isoformat()
    if isinstance(cell, date):
        return _known_day(cell.year, cell.month, cell.day, field)
    match = _DAY_TEXT.fullmatch(_plain(str(cell)))
    if match is None:
        raise CellError(field, "day", "expected a day like 31/12/2030 or 2030-12-31")
    return _matched_day(match, field)


def read_mass_g(text: str, field: str, unit: str | None = None) -> int:
    """Grams of ``12,500 t/año``, ``800 kg``, or of a bare number in the ``unit`` of its column.

    Raises:
        CellError: another spelling or unit, or a mass per month or day, whose year is not told.
    """
    plain = _plain(text)
    match = _QUANTITY.match(plain)
    if match is None:
        raise CellError(field, "capacity", "expected a mass like 12,500 t/año")
    said = re.sub(r"[^A-Z ]", " ", plain[match.end() :]) or unit or ""
    words = " ".join(re.sub(r"\b(POR|AL|A|ANUAL(ES)?|ANO|YEAR)\b", " ", said).split())
    grams = _GRAMS.get(words)
    if grams is None:
        raise CellError(field, "capacity-unit", "expected t, ton or kg, of a year")
    mass_g = Decimal(re.sub("[, ]", "", match[1]) + (match[2] or "")) * grams
    if mass_g != int(mass_g) or mass_g > MASS_G_MAX:
        raise CellError(field, "capacity", "the mass is finer than a gram or beyond a million tonnes")
    return int(mass_g)


def _field_of(title: Cell) -> str | None:
    folded = re.sub(r"\b(KG|TON(ELADAS)?|T)( (POR )?ANO| ANUALES)?$", "", capitals(str(title or ""))).strip()
    return next((field for field, titles in _TITLES if re.fullmatch(titles, folded)), None)


def _columns(row: Row, fields: Sequence[str | None]) -> Columns:
    at: dict[str, int] = {}
    units: dict[str, str] = {}
    for place, field in enumerate(fields):
        if field is None:
            continue
        if field in at:
            raise ListUnreadable(f"two columns mean {field}: {row.cells[at[field]]} and {row.cells[place]}")
        at[field] = place
        unit = re.search(r"\b(KG|TONELADAS|TON|T)\b", capitals(str(row.cells[place])))
        if unit is not None:
            units[field] = unit[1]
    ignored = tuple(str(cell) for cell, field in zip(row.cells, fields, strict=True) if cell and field is None)
    return Columns(at, units, ignored)


def _text(cell: Cell) -> str | None:
    if cell is None:
        return None
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _plain(text: str) -> str:
    """Capitals without accents; punctuation stays."""
    return " ".join(text.upper().translate(str.maketrans("ÁÉÍÓÚÜÑ", "AEIOUUN")).split())


def _needed(cell: Cell, field: str) -> str:
    text = _text(cell)
    if text is None:
        raise CellError(field, "missing", "the cell is empty")
    if len(text) > 160:
        raise CellError(field, "too-long", "more than 160 characters")
    return text


def _form(stated: str | None, rfc: str | None, name: str) -> Form | None:
    by_rfc = None if rfc is None else form_of_rfc(rfc)
    if rfc is not None and by_rfc is None:
        raise CellError("rfc", "rfc", "an RFC has 12 characters (moral) or 13 (física)")
    said: Form | None = None
    if stated is not None:
        folded = capitals(stated)
        said = "fisica" if "FISICA" in folded else "moral" if "MORAL" in folded else None
        if said is None:
            raise CellError("form", "form", "expected moral or física")
    if said and by_rfc and said != by_rfc:
        raise CellError("rfc", "rfc", "RFC and kind of person say different things")
    return said or by_rfc or form_of_name(name)


def _state(text: str | None) -> str | None:
    if text is None:
        return None
    state = find_state(text)
    if state is None:
        raise CellError("state", "state", "no state has this name")
    return state.inegi


def _days(begins: Cell, ends: Cell, term: Cell) -> tuple[str | None, str | None]:
    from_on = None if begins is None else read_day(begins, "from_on")
    to_on = None if ends is None else read_day(ends, "to_on")
    if term is not None and to_on is None:
        said_from, to_on = _term(term, from_on)
        from_on = from_on or said_from
    if from_on and to_on and to_on < from_on:
        raise CellError("to_on", "order", "the permit would end before it begins")
    return from_on, to_on


def _term(cell: Cell, from_on: str | None) -> tuple[str | None, str]:
    """A column "vigencia" says the last day, both days, or a number of years from the first day."""
    text = _plain(str(cell))
    found = [_matched_day(match, "term") for match in _DAY_TEXT.finditer(text)]
    if isinstance(cell, str) and len(found) == 2:
        return found[0], found[1]
    years = re.fullmatch(r"(\d{1,2}) ANOS?", text)
    if years is None:
        return None, read_day(re.sub(r"^(HASTA )?(EL )?", "", text) if isinstance(cell, str) else cell, "term")
    if from_on is None:
        raise CellError("term", "term", "a number of years needs the first day beside it")
    return None, _years_later(from_on, int(years[1]))


def _years_later(day: str, years: int) -> str:
    """The last day of a term of whole years: ten years from 1 March end on the last day of February."""
    first = date.fromisoformat(day)
    try:
        after = first.replace(year=first.year + years)
    except ValueError:
        # A term from 29 February ends on 28 February (Código Civil Federal 1177, by months).
        after = date(first.year + years, 3, 1)
    return (after - timedelta(days=1)).isoformat()


def _matched_day(match: re.Match[str], field: str) -> str:
    year, month, day = next(
        (match[f"y{n}"], match[f"m{n}"], match[f"d{n}"]) for n in ("", "2", "3") if match[f"y{n}"] is not None
    )
    return _known_day(int(year), _MONTHS.get(month) or int(month), int(day), field)


def _known_day(year: int, month: int, day: int, field: str) -> str:
    try:
        known = date(year, month, day)
    except ValueError as error:
        raise CellError(field, "day", "there is no such day") from error
    if not 2000 <= year <= 2099:
        raise CellError(field, "day", "expected a day of the years 2000 to 2099")
    return known.isoformat()


def _mass_g(cell: Cell, field: str, units: Mapping[str, str]) -> int | None:
    if isinstance(cell, float):
        # A number of a spreadsheet has a decimal point and nothing else.
        cell = f"{cell:.9f}"
    text = _text(cell)
    return None if text is None else read_mass_g(text, field, units.get(field))


def _wastes(text: str | None) -> tuple[tuple[str, ...], int]:
    """The wastes as the permit names them, in the characters that a scope takes, and how many do not fit."""
    named = [capitals(part) for part in re.split(r"[;,\n]|\s\|\s", text or "")]
    fitting = sorted({name for name in named if name and len(name) <= 80})
    return tuple(fitting[:WASTES_MAX]), sum(len(name) > 80 for name in named) + len(fitting[WASTES_MAX:])
