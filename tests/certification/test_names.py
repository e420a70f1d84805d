from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.names import has_words, name_words, number_key, sort_name, wanted_words


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("RECICLADORA NL, S.A. de C.V.", "Reciclajes Nuevo León"),
        ("Reciclajes Nuevo León SA DE CV", "recicladora nl"),
        ("Reciclados de México, S. de R.L. de C.V.", "recicladora mexicana"),
        ("Acopio del D.F., A.C.", "acopio cdmx"),
        ("Acopio Ciudad de México", "acopio distrito federal"),
        ("Ñandú Baterías, S.A.P.I. de C.V.", "nandu bateria"),
        ("Compañía Metalúrgica Hermanos Peña", "cia metalurgica hnos pena"),
        ("Transp. Demo", "Transportes Demo"),
        ("Transportes Demo", "transp demo"),
        ("Grupo Ecológico del Norte", "gpo ecologica norte"),
        ("Recicladora Demo, S. A. de C. V.", "Recicladora Demo, S.A. de C.V."),
        ("Recicladora Demo", "reci"),
        ("Recicladora Demo", "DEMO recicladora"),
        ("Industrias Nuevo Horizonte", "nuevo ho"),
        ("Recicladora Nuevo León", "nuevo le"),
    ],
)
def test_a_name_is_found_in_its_usual_spellings(name: str, asked: str) -> None:
    assert has_words(name_words(name), wanted_words(asked))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("Recicladora Demo", "recicladora norte"),
        ("Acopio Demo", "recicladora"),
        ("Baterías del Norte", "baterias del nordeste"),
        ("Recicladora Baja California", "recicladora bcs"),
        ("Demo", "demos unidos"),
    ],
)
def test_another_name_is_not(name: str, asked: str) -> None:
    assert not has_words(name_words(name), wanted_words(asked))


def test_a_legal_form_alone_asks_for_no_word() -> None:
    assert wanted_words("S.A. de C.V.") == wanted_words("S. de R.L.") == wanted_words(" ") == ()


def test_names_are_ordered_without_accents_case_and_legal_form() -> None:
    names = ["Zinc, S.A.", "ácido, S.A. de C.V.", "Acero SA", "S.A. de C.V."]

    assert sorted(names, key=sort_name) == ["Acero SA", "ácido, S.A. de C.V.", "S.A. de C.V.", "Zinc, S.A."]


@pytest.mark.parametrize("number", ["19-I-030D-19", "19 I 030D 19", "19/i/030d/19"])
def test_a_number_is_the_same_in_every_spelling(number: str) -> None:
    assert number_key(number) == "19i030d19"


@given(st.text())
def test_words_are_letters_and_digits_that_a_range_of_bytes_holds(text: str) -> None:
    for word in (*name_words(text), *wanted_words(text)):
        assert word.isascii()
        assert word.isalnum()
        assert word < f"{word}~"


@given(st.text(alphabet="abc de.,ñÁs "))
def test_a_name_is_found_by_itself(name: str) -> None:
    assert has_words(name_words(name), wanted_words(name))
