"""Tables as CSV and XLSX: cells as text, number or day, never as formula, and row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from exchange.registers.columns import Cell, safe

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
SHEET_ROWS_MAX: Final = 1_000_000
"""Of one sheet; the format has room for 1,048,576."""

_KG: Final = "#,##0.000"
_DAY: Final = "yyyy-mm-dd"
_HEAD_FONT: Final = Font(bold=True)
_HEAD_FILL: Final = PatternFill("solid", fgColor="EEEEEE")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True, slots=True)
class Grid:
    """One table: its title, the titles and widths of its columns, and its rows, each read once."""

    title: str
    titles: Sequence[str]
    widths: Sequence[int]
    rows: Iterable[Sequence[Cell]]


def iter_csv(grid: Grid) -> Iterator[str]:
    """The table line by line, after a byte order mark, by which spreadsheets know that it is UTF-8 (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    out.write("\ufeff")
    writer.writerow(map(safe, grid.titles))
    yield _taken(out)
    for row in grid.rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        yield _taken(out)


def write_xlsx(out: IO[bytes], grids: Iterable[Grid]) -> None:
    """The tables as sheets of one workbook; rows go to the disk as they come.

    Raises:
        ValueError: a table has more than ``SHEET_ROWS_MAX`` rows.
    """
    book = Workbook(write_only=True)
    for grid in grids:
        sheet = book.create_sheet(grid.title[:31])
        sheet.freeze_panes = "A2"
        for number, width in enumerate(grid.widths, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.append([_head_cell(sheet, title) for title in grid.titles])
        for number, row in enumerate(grid.rows, 1):
            if number > SHEET_ROWS_MAX:
                raise ValueError(f"the table has more than {SHEET_ROWS_MAX} rows")
            sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    book.save(out)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:.3f}"
        case date():
            return cell.isoformat()
        case int():
            return str(cell)
    return safe(cell)


def _head_cell(sheet: Any, title: str) -> Any:
    cell = _text_cell(sheet, title)
    cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD_FILL, _WRAPPED
    return cell


def _xlsx_cell(sheet: Any, value: Cell) -> Any:
    if isinstance(value, str):
        return _text_cell(sheet, value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, Decimal):
        cell.number_format = _KG
    elif isinstance(value, date):
        cell.number_format = _DAY
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, safe(text))
    # The library takes what begins with = for a formula.
    cell.data_type = "s"
    return cell
