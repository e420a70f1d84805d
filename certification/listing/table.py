"""Rows of text from a CSV or XLSX file that somebody else made.

Nothing in the file is believed: its size, its unpacked size, its rows, columns and cells have limits, formulas are not
worked out, and XML with a document type (from which entities could grow) is refused.
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ledger.errors import Refusal

FILE_BYTES_MAX: Final = 10 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 100 * 1024 * 1024
"""All parts of an XLSX together, as its directory declares them; no part gives more than it declares."""
PARTS_MAX: Final = 500
ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 60
CELL_CHARS_MAX: Final = 2_000

_ZIP_MAGIC: Final = b"PK\x03\x04"
_ENCRYPTED: Final = 0x1
_DOCTYPE: Final = b"<!DOCTYPE"
_CHUNK_BYTES: Final = 64 * 1024
_DELIMITERS: Final = ",;\t"

Cell = str | int | float | date | None


class ListUnreadable(Refusal):
    """The file is no table within the limits, or no list whose columns are known."""

    code = "list-unreadable"
    title = "The list cannot be read"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file, from 1, and its cells. Times of day are dropped; empty cells are None."""

    line: int
    cells: tuple[Cell, ...]


def read_table(data: bytes) -> list[Row]:
    """All rows that are not empty, of a CSV (UTF-8 or Windows-1252; comma, semicolon or tab) or of the first sheet.

    Raises:
        ListUnreadable: it is neither, or beyond a limit.
    """
    if len(data) > FILE_BYTES_MAX:
        raise ListUnreadable(f"the file has more than {FILE_BYTES_MAX} bytes")
    rows = _sheet_rows(data) if data.startswith(_ZIP_MAGIC) else _csv_rows(data)
    return list(_within_limits(rows))


def _within_limits(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        if row.line > ROWS_MAX:
            raise ListUnreadable(f"the list has more than {ROWS_MAX} rows")
        if len(row.cells) > COLUMNS_MAX:
            raise ListUnreadable(f"line {row.line} has more than {COLUMNS_MAX} columns")
        if any(isinstance(cell, str) and len(cell) > CELL_CHARS_MAX for cell in row.cells):
            raise ListUnreadable(f"line {row.line} has a cell of more than {CELL_CHARS_MAX} characters")
        if any(cell is not None for cell in row.cells):
            yield row


def _csv_rows(data: bytes) -> Iterator[Row]:
    text = _decode(data)
    head = text[:8192].split("\n\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield Row(reader.line_num, tuple(_text(cell) for cell in cells))
    except csv.Error as error:
        raise ListUnreadable(f"line {reader.line_num} is no CSV: {error}") from error


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel in Mexico saves CSV in the code page of Windows, five bytes of which mean nothing.
        text = data.decode("cp1252", errors="replace")
    if "\0" in text or "\ufffd" in text:
        raise ListUnreadable("the file is neither text in UTF-8 or Windows-1252 nor XLSX")
    return text


def _sheet_rows(data: bytes) -> Iterator[Row]:
    _check_parts(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # What a sheet says of its own size may be wrong: all of it is read, up to the first row beyond a limit.
            sheet.reset_dimensions()
            for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if cells.count(None) < len(cells):
                    yield Row(line, _trimmed(tuple(map(_cell, cells))))
        finally:
            book.close()
    except (
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        ParseError,
        zipfile.BadZipFile,
        InvalidFileException,
    ) as error:
        raise ListUnreadable("the file is no readable XLSX") from error


def _check_parts(data: bytes) -> None:
    """A sheet of a few bytes must not unpack to gigabytes, nor its XML grow while it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
                raise ListUnreadable(f"the XLSX unpacks to more than {UNPACKED_BYTES_MAX} bytes or {PARTS_MAX} parts")
            if any(part.flag_bits & _ENCRYPTED for part in parts):
                raise ListUnreadable("the XLSX is encrypted")
            for part in parts:
                with archive.open(part) as opened:
                    if _has_document_type(opened):
                        raise ListUnreadable("the XLSX holds XML with a document type")
    # Damaged, damaged inside a part, cut short, or packed in a way that zipfile does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ListUnreadable("the file is no readable XLSX") from error


def _has_document_type(part: IO[bytes]) -> bool:
    """All of the part is looked at, in one-byte or two-byte letters: a comment of any length may stand before it."""
    end = b""
    while chunk := part.read(_CHUNK_BYTES):
        seen = end + chunk.replace(b"\0", b"")
        if _DOCTYPE in seen:
            return True
        end = seen[-len(_DOCTYPE) :]
    return False


def _trimmed(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    used = max((n for n, cell in enumerate(cells, 1) if cell is not None), default=0)
    return cells[:used]


def _cell(value: object) -> Cell:
    match value:
        case None | bool():
            return None if value is None else str(value)
        case datetime():
            return value.date()
        case date() | int() | float():
            return value
        case _:
            return _text(str(value))


def _text(cell: str) -> str | None:
    return " ".join(cell.split()) or None
