"""The symbol on a unit, drawn by the command, reads back as the unit's id."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from tests.cli.ground import new_unit, run

pytestmark = pytest.mark.slow


def test_a_printed_symbol_reads_back_as_the_unit(tmp_path: Path) -> None:
    unit, out = new_unit(), tmp_path / "label.png"

    ran = run("labels", unit, "--out", out, "--json")

    assert (ran.code, ran.json["payload"]) == (0, unit)
    assert [code.text for code in zxingcpp.read_barcodes(Image.open(out).convert("L"))] == [unit]


def test_a_vector_label_names_the_chosen_resolver(tmp_path: Path) -> None:
    out = tmp_path / "label.svg"

    ran = run("labels", new_unit(), "--out", out, "--resolver", "pila.example.mx", "--json")

    assert ran.code == 0
    assert ran.json["payload"].startswith("https://pila.example.mx/01/")
    assert "".join(re.findall(r">([^<>]+)</text>", out.read_text())) == ran.json["payload"]


def test_a_label_that_could_not_be_made_leaves_no_file(tmp_path: Path) -> None:
    no_unit = run("labels", "PACK-1", "--out", tmp_path / "a.svg")
    too_fine = run("labels", new_unit(), "--out", tmp_path / "b.svg", "--module-mm", "0.1")
    wrong_name = run("labels", new_unit(), "--out", tmp_path / "c.gif")

    assert (no_unit.code, too_fine.code, wrong_name.code) == (1, 1, 2)
    assert "unit-id-invalid" in no_unit.err
    assert "symbol-unprintable" in too_fine.err
    assert list(tmp_path.iterdir()) == []
