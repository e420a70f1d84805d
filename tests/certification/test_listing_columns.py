"""What the cells of a published list say, and which are refused rather than guessed."""

from __future__ import annotations

from datetime import date

import pytest

from certification.listing.columns import (
    CellError,
    ListLine,
    find_columns,
    read_activities,
    read_day,
    read_line,
    read_mass_g,
    read_number,
)
from certification.listing.names import form_of_name, form_of_rfc, name_key
from certification.listing.table import Cell, ListUnreadable, Row

TITLES = ("No.", "RAZÓN SOCIAL", "Número de Autorización", "Vigencia", "Entidad Federativa", "Capacidad (ton/año)")


def line_of(titles: tuple[str, ...], *cells: Cell) -> ListLine:
    columns, [row] = find_columns([Row(1, titles), Row(2, cells)])
    return read_line(row, columns)


def test_usual_titles_are_known_below_a_banner() -> None:
    banner = Row(1, ("SECRETARÍA DE MEDIO AMBIENTE",))
    columns, rows = find_columns([banner, Row(3, TITLES), Row(4, (1, "X, S.A.", "19-I-030D-19", "31/12/2030"))])

    assert dict(columns.at) == {"name": 1, "number": 2, "term": 3, "state": 4, "capacity": 5}
    assert dict(columns.units) == {"capacity": "TON"}
    assert columns.ignored == ("No.",)
    assert [row.line for row in rows] == [4]


@pytest.mark.parametrize(
    "titles",
    [("Nombre", "Estado"), ("Autorización", "Estado"), ("Nombre", "Empresa", "Autorización"), ()],
)
def test_a_list_without_the_titles_it_needs_or_with_two_of_one_meaning_is_refused(titles: tuple[str, ...]) -> None:
    with pytest.raises(ListUnreadable):
        find_columns([Row(1, titles)])


def test_a_line_is_read_whole() -> None:
    titles = (*TITLES, "Actividad", "Residuos", "Domicilio", "Capacidad de almacenamiento (kg)", "RFC")
    line = line_of(
        titles,
        *(7, "Acopios del Norte, S.A. de C.V.", "no. 05 – 35-ps-I-327d-2019", "Del 01/02/2021 al 31/01/2031", "N.L."),
        *("1,500.5", "Acopio; Reciclaje", "Baterías gastadas; Sólidos", "Calle 1", 2500, "ANO010203AB1"),
    )

    assert line == ListLine(
        line=2,
        name="Acopios del Norte, S.A. de C.V.",
        number="05-35-PS-I-327D-2019",
        form="moral",
        rfc="ANO010203AB1",
        activities=("collection", "recycling"),
        from_on="2021-02-01",
        to_on="2031-01-31",
        state="19",
        address="Calle 1",
        wastes=("BATERIAS GASTADAS", "SOLIDOS"),
        capacity_g=1_500_500_000,
        storage_g=2_500_000,
    )


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31/12/2030", "2030-12-31"),
        ("1/2/2030", "2030-02-01"),
        ("01-02-2030", "2030-02-01"),
        ("2030-02-28", "2030-02-28"),
        ("15 de marzo de 2031", "2031-03-15"),
        ("15-Sept-2031", "2031-09-15"),
        ("29/02/2028", "2028-02-29"),
        (date(2031, 1, 5), "2031-01-05"),
        (47848, "2030-12-31"),
        (36526.0, "2000-01-01"),
    ],
)
def test_a_day_has_these_spellings(cell: Cell, day: str) -> None:
    assert read_day(cell, "to_on") == day


@pytest.mark.parametrize(
    "cell",
    ["29/02/2030", "31/04/2030", "12/31/2030", "31/12/30", "31/12/1999", "2030-2-1", "indefinida", "", 1.5, 5, 99999],
)
def test_another_spelling_of_a_day_is_refused(cell: Cell) -> None:
    with pytest.raises(CellError) as wrong:
        read_day(cell, "to_on")
    assert wrong.value.rule == "day"


@pytest.mark.parametrize(
    ("term", "begins", "expected"),
    [
        ("10 años", "01/03/2020", ("2020-03-01", "2030-02-28")),
        ("10 AÑOS", "29/02/2020", ("2020-02-29", "2030-02-28")),
        ("5 años", "15/06/2021", ("2021-06-15", "2026-06-14")),
        ("Hasta el 14 de junio de 2026", None, (None, "2026-06-14")),
        (date(2026, 6, 14), None, (None, "2026-06-14")),
    ],
)
def test_a_term_is_a_last_day_or_years_from_the_first(term: Cell, begins: Cell, expected: tuple[str, str]) -> None:
    line = line_of(("Nombre", "Autorización", "Vigencia", "Inicio"), "X, S.A.", "1-I-01-20", term, begins)

    assert (line.from_on, line.to_on) == expected


@pytest.mark.parametrize(
    ("text", "unit", "grams"),
    [
        ("12,500 t/año", None, 12_500_000_000),
        ("12 500 toneladas anuales", None, 12_500_000_000),
        ("800 kg", None, 800_000),
        ("0.5 Ton", None, 500_000),
        ("1234.567891 ton por año", None, 1_234_567_891),
        ("300", "KG", 300_000),
        ("1000000 t", None, 10**12),
    ],
)
def test_a_capacity_is_told_in_grams(text: str, unit: str | None, grams: int) -> None:
    assert read_mass_g(text, "capacity", unit) == grams


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("12.500,5 t", "capacity"),
        ("12.500 t", "capacity"),
        ("1,50 t", "capacity"),
        ("500", "capacity-unit"),
        ("500 m3", "capacity-unit"),
        ("500 t/mes", "capacity-unit"),
        ("500 t/día", "capacity-unit"),
        ("0.0000001 t", "capacity"),
        ("1000001 t", "capacity"),
        ("ilimitada", "capacity"),
        ("-5 t", "capacity"),
    ],
)
def test_a_capacity_that_cannot_be_told_in_grams_a_year_is_refused(text: str, rule: str) -> None:
    with pytest.raises(CellError) as wrong:
        read_mass_g(text, "capacity")
    assert wrong.value.rule == rule


@pytest.mark.parametrize(
    ("text", "activities"),
    [
        ("Recolección y transporte", ("transport",)),
        ("Centros de acopio", ("collection",)),
        ("Coprocesamiento", ("treatment",)),
        ("Acopio, almacenamiento y reciclaje", ("collection", "recycling", "storage")),
        ("", ()),
    ],
)
def test_activities_are_told_by_the_words_of_the_law(text: str, activities: tuple[str, ...]) -> None:
    assert read_activities(text) == activities


@pytest.mark.parametrize(
    ("titles", "cells", "field", "rule"),
    [
        (("Nombre", "Autorización"), (None, "1-I-01-20"), "name", "missing"),
        (("Nombre", "Autorización"), ("X", None), "number", "missing"),
        (("Nombre", "Autorización"), ("X" * 161, "1"), "name", "too-long"),
        (("Nombre", "Autorización"), ("X", "ñ"), "number", "number"),
        (("Nombre", "Autorización", "Estado"), ("X", "1", "Texas"), "state", "state"),
        (("Nombre", "Autorización", "Actividad"), ("X", "1", "Venta"), "activities", "activity"),
        (("Nombre", "Autorización", "RFC"), ("X", "1", "ABC"), "rfc", "rfc"),
        (("Nombre", "Autorización", "RFC", "Persona"), ("X", "1", "ABC010203AB1", "Física"), "rfc", "rfc"),
        (("Nombre", "Autorización", "Persona"), ("X", "1", "quién sabe"), "form", "form"),
        (("Nombre", "Autorización", "Vigencia"), ("X", "1", "10 años"), "term", "term"),
        (("Nombre", "Autorización", "Desde", "Hasta"), ("X", "1", "01/01/2030", "31/12/2029"), "to_on", "order"),
    ],
)
def test_a_wrong_cell_names_its_field_and_rule(
    titles: tuple[str, ...], cells: tuple[Cell, ...], field: str, rule: str
) -> None:
    with pytest.raises(CellError) as wrong:
        line_of(titles, *cells)
    assert (wrong.value.field, wrong.value.rule) == (field, rule)


def test_a_number_of_a_spreadsheet_has_decimals_only() -> None:
    assert line_of(("Nombre", "Autorización", "Capacidad (t)"), "X, S.A.", "1", 12.125).capacity_g == 12_125_000


def test_numbers_have_one_spelling() -> None:
    assert {read_number(text) for text in ("19-i-030d-19", " 19 - I – 030D-19", "No. 19-I-030D-19")} == {"19-I-030D-19"}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Recicladora del Norte, S.A. de C.V.", "moral"),
        ("Transportes Juan Pérez, S. de R.L.", "moral"),
        ("Grupo Ecológico", "moral"),
        ("JUAN PÉREZ LÓPEZ", "fisica"),
        ("Ma. Guadalupe Ñúñez", "fisica"),
        ("Transportes Juan Pérez", None),
        ("Acme", None),
        ("Xochitl Tlapa", None),
    ],
)
def test_a_name_tells_who_bears_it_or_nothing(name: str, form: str | None) -> None:
    assert form_of_name(name) == form


def test_an_rfc_tells_by_its_length() -> None:
    assert [form_of_rfc(rfc) for rfc in ("ABC010203AB1", "pelj800101-ab1", "ABC0102")] == ["moral", "fisica", None]


def test_names_are_compared_without_spelling_and_their_legal_forms_apart() -> None:
    spellings = ("Recicladora Ñandú, S.A. de C.V.", "RECICLADORA NANDU SA DE CV", "Recicladora  Ñandú S. A. de C. V.")

    assert len({name_key(name) for name in spellings}) == 1
    assert name_key(spellings[0]).legal_form == "sa"
    assert name_key("Recicladora Ñandú, S. de R.L.").legal_form == "srl"
    assert name_key("Recicladora Ñandú").legal_form is None
