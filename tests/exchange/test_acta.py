from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from compliance.inspection import compare, format_visit, observations_of, visit_digest
from exchange.acta import Acta, Witness, render_acta
from tests.compliance.test_inspection import VISIT, pack
from tests.exchange.papers.reading import needs_poppler

ACTA = Acta(
    visit=VISIT,
    visit_digest=visit_digest(format_visit(VISIT)),
    scans_digest="cd" * 32,
    comparison=compare(VISIT, [*(pack(n) for n in range(35)), pack(900), pack(7), "hola"]),
    began="2026-03-04, 10:05 h",
    ended="2026-03-04, 13:40 h",
    inspectors=("María Treviño Garza",),
    attended_by="Juan Pérez, jefe de patio",
    witnesses=(Witness("Rosa Lozano Peña"), Witness("Pedro Cantú Ríos", "inspector", refused=True)),
    observations=observations_of(VISIT, "2026-03-04"),
    saw="Tres tarimas sin cubierta.",
    declared="Que las dos faltantes salieron ayer.",
    measures=("Aseguramiento precautorio de una unidad.",),
)


def text_of(acta: Acta, folder: Path) -> str:
    path = folder / "acta.pdf"
    path.write_bytes(render_acta(acta))
    said = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split())


@needs_poppler
def test_the_acta_says_who_was_there_what_was_counted_and_until_when_one_may_observe(tmp_path: Path) -> None:
    text = text_of(ACTA, tmp_path)

    for said in (
        VISIT.order_number,
        VISIT.authority_name,
        "María Treviño Garza",
        "Testigo: Rosa Lozano Peña. Lo nombró la persona visitada.",
        "Pedro Cantú Ríos",
        "Se negó a firmar.",
        "Tres tarimas sin cubierta.",
        "Que las dos faltantes salieron ayer.",
        "Aseguramiento precautorio de una unidad.",
        "hasta el 2026-03-11 (LGEEPA 164)",
        visit_digest(format_visit(VISIT)),
    ):
        assert said in text
    for row in ("Esperadas y encontradas 35", "Esperadas y no encontradas 2", "Encontradas y no esperadas 1"):
        assert row in text


@needs_poppler
def test_every_unit_that_was_missing_unexpected_or_there_is_listed(tmp_path: Path) -> None:
    text = text_of(ACTA, tmp_path)

    assert all(pack(number) in text for number in (*range(37), 900))


def test_the_same_facts_give_the_same_bytes_and_another_witness_others() -> None:
    other = replace(ACTA, witnesses=(Witness("Otra Persona"), *ACTA.witnesses[1:]))

    assert render_acta(ACTA) == render_acta(ACTA)
    assert render_acta(other) != render_acta(ACTA)


@needs_poppler
@pytest.mark.parametrize("units", [0, 900])
def test_an_empty_site_and_a_large_one_have_an_acta_too(units: int, tmp_path: Path) -> None:
    scans = [pack(number) for number in range(units)]
    acta = replace(ACTA, comparison=compare(replace(VISIT, expected=()), scans), attended_by=None, inspectors=())

    assert f"Encontradas y no esperadas {units}" in text_of(acta, tmp_path)


@needs_poppler
def test_a_chemistry_that_nobody_knows_is_left_out(tmp_path: Path) -> None:
    expected = tuple(replace(one, kind="lot", chemistry="unknown", waste_class="RP") for one in VISIT.expected)

    visit = replace(VISIT, expected=expected)
    text = text_of(replace(ACTA, visit=visit, comparison=compare(visit, [pack(1)])), tmp_path)

    assert "lote RP" in text
    assert "unknown" not in text
