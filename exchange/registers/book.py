"""A register whole: as CSV, as XLSX with its head, and as PDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, Final, TypeVar

from reportlab.platypus import Flowable

from compliance.register import FIELDS, PROCESS_FIELDS, Book, Completeness, ProcessRow, RegisterRow, name_of
from exchange.papers.page import facts, flow, gap, render, said, table
from exchange.registers.columns import (
    PROCESS_COLUMNS,
    UNIT_COLUMNS,
    Cell,
    Column,
    columns_of,
    facts_of,
    title_of,
)
from exchange.registers.sheets import Grid, write_xlsx
from exchange.registers.wording import AREAS, ENTRIES, HANDLINGS, format_cretib, format_kg

PDF_ROWS_MAX: Final = 1000
"""On paper, some 100 pages; the rest is in the tables."""
_POLICY: Final = (
    "Extracto de la bitácora digital: cada renglón resulta de asientos firmados. No sustituye la firma del responsable"
    " técnico."
)
_LEAVING: Final = ("Fase siguiente", "Prestador y autorización", "Falta")
_PROCESSES: Final = (
    "Proceso y autorización",
    "Lote y fechas",
    "Residuos",
    "CRETIB",
    "Alimentación kg",
    "Emisiones",
    "Temp. y presión",
    "Falta",
)
Shown = TypeVar("Shown")


def unit_grid(book: Book, rows: Iterable[RegisterRow]) -> Grid:
    """The register of a generator or centre as a table."""
    return _grid("Bitácora", book, UNIT_COLUMNS[book.kind], rows)


def process_grid(book: Book, rows: Iterable[ProcessRow]) -> Grid:
    """The register of a recycler as a table."""
    return _grid("Procesos", book, PROCESS_COLUMNS, rows)


def write_register_xlsx(out: IO[bytes], book: Book, grids: Iterable[Grid]) -> None:
    """The register's tables, behind a sheet with its head."""
    head = Grid("Portada", ("Dato", "Valor"), (36, 60), [("Registro", title_of(book)), *map(_pair, facts_of(book))])
    write_xlsx(out, [*grids, head])


def render_units(book: Book, rows: Iterable[RegisterRow], completeness: Completeness) -> bytes:
    """The register of a generator or centre as PDF, up to ``PDF_ROWS_MAX`` rows; the same bytes for the same rows."""
    listed = list(islice(rows, PDF_ROWS_MAX))
    of_entry = "Área o proceso" if book.kind == "generator" else "Procedencia"
    titles = ("Nº", "Residuo e identificador", "kg", "CRETIB y clave", of_entry, "Ingreso", "Salida", *_LEAVING)
    body = [(str(number), *_paper_cells(book, row)) for number, row in enumerate(listed, 1)]
    return _render(book, table(titles, body, (3, 22, 8, 9, 13, 8.5, 8.5, 12, 20, 4.5), size=6), completeness)


def render_processes(book: Book, rows: Sequence[ProcessRow], completeness: Completeness) -> bytes:
    """The register of a recycler as PDF."""
    body = [
        (
            f"{row.process}\n{row.permit or ''}",
            f"{row.batch}\n{row.first_on} a {row.last_on}",
            f"{'; '.join(row.wastes)}\n{row.units} unidades",
            format_cretib(row.characteristics),
            format_kg(row.fed_g),
            "; ".join(f"{one.material} {format_kg(one.mass_g)} kg" for one in row.emissions),
            "",
            ", ".join(row.missing),
        )
        for row in rows[:PDF_ROWS_MAX]
    ]
    return _render(book, table(_PROCESSES, body, (15, 18, 20, 7, 10, 16, 10, 5), size=6), completeness)


def told(book: Book, completeness: Completeness) -> str:
    """In one line, how whole the register is."""
    count = f"{completeness.rows} {'renglón' if completeness.rows == 1 else 'renglones'}"
    if book.waste_class == "RME":
        return f"{count}. Los campos de este registro los fija el estado."
    if completeness.complete:
        return f"{count}, sin campos pendientes."
    names = {letter: words.es for letter, words in (PROCESS_FIELDS if book.kind == "recycler" else FIELDS).items()}
    lacks = "; ".join(f"{letter}) {names[letter]}: {n}" for letter, n in completeness.by_field.items())
    return f"{count}, {completeness.incomplete} con campos pendientes: {lacks}."


def _grid(title: str, book: Book, columns: Sequence[Column[Shown]], rows: Iterable[Shown]) -> Grid:
    shown = columns_of(book, columns)
    numbered = ("Nº", *(column.title for column in shown))
    return Grid(title, numbered, (6, *(column.width for column in shown)), _cells(book, shown, rows))


def _cells(book: Book, columns: Sequence[Column[Shown]], rows: Iterable[Shown]) -> Iterator[Sequence[Cell]]:
    for number, row in enumerate(rows, 1):
        yield (number, *(column.cell(row, book) for column in columns))


def _pair(fact: tuple[str, str | None]) -> tuple[str, str]:
    return fact[0], fact[1] or ""


def _paper_cells(book: Book, row: RegisterRow) -> tuple[str, ...]:
    origin = (row.origin.name or row.origin.party) if row.origin else ENTRIES[row.entry]
    came = AREAS.get(row.area or "", row.area or "") if book.kind == "generator" else origin
    parties = [one for one in (row.provider, row.carrier) if one is not None]
    served = "\n".join(f"{one.name or one.party}\n{one.permit or 's/n'}" for one in parties)
    return (
        f"{name_of(row).es}\n{row.unit.rpartition('/')[2]}",
        format_kg(row.mass_g),
        "\n".join(filter(None, (format_cretib(row.characteristics), ", ".join(row.codes)))),
        came,
        row.entered_on,
        row.left_on or "",
        HANDLINGS.get(row.next_handling or "", row.next_handling or ""),
        served,
        ", ".join(row.missing),
    )


def _render(book: Book, listed: Flowable, completeness: Completeness) -> bytes:
    title = title_of(book)
    more = completeness.rows - PDF_ROWS_MAX
    story: list[Flowable] = [said(title, "heading"), gap(2), facts(facts_of(book)), gap(2)]
    story += [said(told(book, completeness)), gap(2), listed]
    if more > 0:
        story += [gap(2), said(f"Y {more} renglones más: la bitácora completa está en CSV y XLSX.", "warning")]
    story += [gap(3), said(_POLICY, "small")]
    mark = f"{book.party_name or book.party} · {book.year}"
    return render([flow(title, story, mark)], title=f"{title} {book.year}", subject=book.party)
