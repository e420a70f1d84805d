"""Registers as tables and on paper: the law's columns, exact kilograms, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from compliance.register import Book, RegisterRow, completeness_of
from exchange.registers.book import PDF_ROWS_MAX, render_units, told, unit_grid, write_register_xlsx
from exchange.registers.columns import safe
from exchange.registers.sheets import Grid, iter_csv, write_xlsx
from exchange.registers.wording import format_cretib, format_kg
from tests.compliance.disposals import give_waste, open_year
from tests.compliance.history import rows_of
from tests.exchange.papers.reading import needs_poppler, pages_of
from tests.yard import Yard

BOOK = Book("generator", "pty_x", "Taller Demo, S.A. de C.V.", None, None, 2025, "RP", None, 42, "Ana Pérez")
FORMULAS = ("=HYPERLINK(A1)", "+1+1", "-2", "@SUM(A1)", " =1", "\t=1", "=cmd|' /C calc'!A0")


@pytest.fixture(scope="module")
def row() -> RegisterRow:
    yard = Yard()
    open_year(yard)
    [pack] = give_waste(yard, yard.pass_time)
    return rows_of(yard, pack)[0]


def as_csv(grid: Grid) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(iter_csv(grid)).removeprefix("\ufeff"))))


def test_the_columns_are_those_of_the_law_in_its_words(row: RegisterRow) -> None:
    titles, cells = as_csv(unit_grid(BOOK, [row]))
    shown = dict(zip(titles, cells, strict=True))

    assert {title[-2] for title in titles if title.endswith(")") and title[-3] == "("} == set("abcdefg")
    assert shown["Cantidad en kg (a)"] == "435.000"
    assert shown["Características de peligrosidad, CRETIB (b)"] == "R, I"
    assert shown["Fecha de salida del almacén temporal (d)"] == "2025-01-09"
    assert shown["Número de autorización del prestador (f)"] == "19-39-PS-0001-2024"
    assert shown["Responsable técnico de la bitácora (g)"] == "Ana Pérez"


@pytest.mark.parametrize(
    ("material", "name"), [("black_mass", "Lote de masa negra"), ("lithium_carbonate", "Lote de lithium_carbonate")]
)
def test_a_material_has_its_spanish_name_where_it_has_one(row: RegisterRow, material: str, name: str) -> None:
    titles, cells = as_csv(unit_grid(BOOK, [replace(row, unit_kind="lot", chemistry="unknown", material=material)]))

    assert dict(zip(titles, cells, strict=True))["Nombre del residuo (a)"] == name


def test_a_workbook_holds_numbers_and_days_as_such(row: RegisterRow) -> None:
    out = io.BytesIO()
    write_register_xlsx(out, BOOK, [unit_grid(BOOK, [replace(row, mass_g=435_001)])])
    book = load_workbook(out)
    titles, cells = book["Bitácora"].iter_rows(values_only=True)
    shown = dict(zip(titles, cells, strict=True))

    assert shown["Cantidad en kg (a)"] == 435.001
    assert shown["Fecha de ingreso al almacén temporal (d)"] == datetime(2025, 1, 6)  # noqa: DTZ001 (a day has no zone)
    assert book["Portada"]["B2"].value == "Bitácora de generación de residuos peligrosos (art. 71)"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    grid = Grid("T", ("Nombre",), (10,), [(text,)])
    out = io.BytesIO()
    write_xlsx(out, [grid])
    cell = load_workbook(out)["T"]["A2"]

    assert as_csv(Grid("T", ("Nombre",), (10,), [(text,)]))[1][0].startswith("'")
    assert (cell.data_type, str(cell.value)[0]) == ("s", "'")


@pytest.mark.parametrize("text", ["Taller = bueno", "S.A. de C.V.", "", "2 + 2", "a-b"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_control_characters_do_not_reach_a_workbook() -> None:
    out = io.BytesIO()
    write_xlsx(out, [Grid("T", ("a\x00b",), (10,), [("x\x1by\nz",)])])

    assert load_workbook(out)["T"]["A2"].value == "x y z"


def test_special_handling_waste_is_shown_without_a_federal_article(row: RegisterRow) -> None:
    book = replace(BOOK, waste_class="RME")
    rows = [replace(row, waste_class="RME", missing=())]
    table = "".join(iter_csv(unit_grid(book, rows)))

    assert book.article is None
    assert "art. 71" not in table
    assert " (a)" not in table
    assert "art" not in told(book, completeness_of(rows))


@needs_poppler
def test_the_paper_names_what_is_missing_and_repeats_its_head(row: RegisterRow, tmp_path: Path) -> None:
    rows = [replace(row, missing=("b", "d"))] * 60
    pages = pages_of(render_units(BOOK, rows, completeness_of(rows)), tmp_path)

    assert "60 renglones, 60 con campos pendientes" in pages[0].text
    assert all("Prestador y autorización" in page.text for page in pages[:-1])
    assert "435.000" in pages[0].text
    assert len(pages) > 1


def test_a_paper_is_the_same_bytes_for_the_same_rows_and_has_an_end(row: RegisterRow) -> None:
    rows = [row] * 3

    assert render_units(BOOK, rows, completeness_of(rows)) == render_units(BOOK, rows, completeness_of(rows))
    assert PDF_ROWS_MAX <= 1000


@pytest.mark.parametrize(
    ("mass_g", "text"), [(0, "0.000"), (1, "0.001"), (435_000, "435.000"), (-1_500, "-1.500"), (10**9, "1000000.000")]
)
def test_kilograms_are_exact(mass_g: int, text: str) -> None:
    assert format_kg(mass_g) == text
    assert Decimal(text) * 1000 == mass_g


@pytest.mark.parametrize(
    ("said", "text"), [((), ""), (("I", "C"), "C, I"), (("Tt", "R", "Te"), "R, T (Te, Tt)"), (("E", "B"), "E, B")]
)
def test_characteristics_stand_in_the_order_of_cretib(said: tuple[str, ...], text: str) -> None:
    assert format_cretib(said) == text
