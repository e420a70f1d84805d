"""Files that somebody else made: what is read of them, and what is refused before it can do harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from certification.listing.table import (
    CELL_CHARS_MAX,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    PARTS_MAX,
    ROWS_MAX,
    UNPACKED_BYTES_MAX,
    ListUnreadable,
    Row,
    read_table,
)


def sheet(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def repacked(data: bytes, name: str, part: bytes) -> bytes:
    """The XLSX with one part replaced or added."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, part)
    return written.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_the_encodings_and_delimiters_that_spreadsheets_write(encoding: str, delimiter: str) -> None:
    text = f'Razón social{delimiter}Año\r\n"Ñandú{delimiter}  S.A."{delimiter}2031\r\n\r\n{delimiter}\r\n'

    assert read_table(text.encode(encoding)) == [
        Row(1, ("Razón social", "Año")),
        Row(2, (f"Ñandú{delimiter} S.A.".replace("\t", " ").replace("  ", " "), "2031")),
    ]


def test_a_sheet_gives_text_numbers_and_days_and_keeps_its_line_numbers() -> None:
    data = sheet(("Título",), (), ("  a  b ", 12.5, datetime(2031, 3, 15, 8, 30), None))  # noqa: DTZ001

    assert read_table(data) == [Row(1, ("Título",)), Row(3, ("a b", 12.5, date(2031, 3, 15)))]


def test_a_formula_is_not_worked_out() -> None:
    assert read_table(sheet(("a", "=1+1"))) == [Row(1, ("a",))]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a" * (FILE_BYTES_MAX + 1), id="too many bytes"),
        pytest.param(b"a\n" * (ROWS_MAX + 1), id="too many rows"),
        pytest.param(b"a," * COLUMNS_MAX + b"a", id="too many columns"),
        pytest.param(b"a" * (CELL_CHARS_MAX + 1), id="a cell too long"),
        pytest.param(b"\x81\x8d\x00\x01", id="no text"),
        pytest.param(b'a,"b\n', id="an open quote"),
        pytest.param(b"PK\x03\x04 and nothing", id="no archive"),
        pytest.param(sheet(("a",))[:-200], id="an archive cut off"),
        pytest.param(sheet(*((n,) for n in range(ROWS_MAX + 1))), id="a sheet of too many rows"),
        pytest.param(sheet(tuple(range(COLUMNS_MAX + 1))), id="a sheet of too many columns"),
    ],
)
def test_what_is_no_table_within_the_limits_is_refused(data: bytes) -> None:
    with pytest.raises(ListUnreadable):
        read_table(data)


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = repacked(sheet(("a",)), "xl/worksheets/sheet1.xml", b" " * (UNPACKED_BYTES_MAX + 1))
    assert len(bomb) < FILE_BYTES_MAX

    with pytest.raises(ListUnreadable, match="unpacks"):
        read_table(bomb)


def test_an_archive_of_too_many_parts_is_refused() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for n in range(PARTS_MAX + 1):
            archive.writestr(f"{n}.xml", b"")

    with pytest.raises(ListUnreadable, match="parts"):
        read_table(written.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("before", ["", "<!--" + "x" * 70_000 + "-->", "<!--" + "x" * (2**16 - 35) + "-->"])
def test_xml_whose_entities_could_grow_is_refused(encoding: str, before: str) -> None:
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    part = f'<?xml version="1.0"?>{before}{doctype}<worksheet>&a;</worksheet>'.encode(encoding)

    with pytest.raises(ListUnreadable, match="document type"):
        read_table(repacked(sheet(("a",)), "xl/worksheets/sheet1.xml", part))


def test_a_part_that_does_not_unpack_is_refused() -> None:
    damaged = bytearray(sheet(("a",)))
    with zipfile.ZipFile(io.BytesIO(damaged)) as archive:
        begins = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + len("xl/worksheets/sheet1.xml") + 30
    damaged[begins : begins + 8] = b"\xff" * 8

    with pytest.raises(ListUnreadable):
        read_table(bytes(damaged))


@pytest.mark.parametrize("place", ['<row r="1048576"><c r="A1048576">', '<row r="2"><c r="XFD2">'])
def test_a_cell_far_out_in_a_sheet_that_calls_itself_small_is_refused(place: str) -> None:
    part = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1"/>'
        f"<sheetData>{place}<v>1</v></c></row></sheetData></worksheet>"
    )

    with pytest.raises(ListUnreadable):
        read_table(repacked(sheet(("a",)), "xl/worksheets/sheet1.xml", part.encode()))


def test_an_encrypted_part_is_refused_before_it_is_opened() -> None:
    locked = bytearray(sheet(("a",)))
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1

    with pytest.raises(ListUnreadable, match="encrypted"):
        read_table(bytes(locked))
