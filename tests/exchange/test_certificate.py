from __future__ import annotations

import re
import subprocess
import zlib
from base64 import a85decode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from exchange.attestation import Attestation, AttestedParty, AttestedSite
from exchange.certificate import render_certificate
from exchange.words import CODES, TEXTS, Language
from tests.exchange.issued import Desk
from tests.exchange.papers.reading import needs_poppler
from tests.yard import Yard

PAGE = "https://ledger.example/autorizaciones/aut_mfzwizltoq2gk3tfnzsxe5dfoi"


@pytest.fixture(scope="module")
def attestation() -> Attestation:
    yard = Yard()
    recycler = yard.new_party("Recicladora Ñandú & Güemes, S.A. de C.V.")
    permit = yard.permit(recycler, "recycling", "storage", sites=[recycler.site], capacity_g_per_year=12_500_250_000)
    return Desk(yard).attestation(permit)


def words_of(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page."""
    file = folder / "certificate.pdf"
    file.write_bytes(pdf)
    said = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    return said.rstrip("\f").split("\f")


def symbols_of(pdf: bytes, folder: Path) -> list[str]:
    """What a scanner reads on each page."""
    file = folder / "certificate.pdf"
    file.write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "100", "-png", file, folder / "page"], check=True)
    pages = [Image.open(page) for page in sorted(folder.glob("page*.png"))]
    return [symbol.text for page in pages for symbol in zxingcpp.read_barcodes(page)]


@needs_poppler
def test_the_symbol_on_each_page_leads_to_the_page_that_checks_it(attestation: Attestation, tmp_path: Path) -> None:
    assert symbols_of(render_certificate(attestation, PAGE), tmp_path) == [PAGE, PAGE]


@needs_poppler
def test_it_says_everything_in_spanish_and_then_in_english(attestation: Attestation, tmp_path: Path) -> None:
    spanish, english = words_of(render_certificate(attestation, PAGE), tmp_path)

    for said in (
        "Autorización para el manejo de residuos",
        attestation.number,
        "Situación al 2025-01-06: VIGENTE",
        "Recicladora Ñandú & Güemes, S.A. de C.V.",
        "del 2024-01-01 al 2034-01-01",
        "DGGIMAR.710/000001, notificado el 2024-01-01",
        "reciclaje, almacenamiento",
        "residuo de manejo especial (RME)",
        "íntegra, dañada, crítica",
        "12,500.25 t",
        "Nuevo León, INEGI 19-039",
        attestation.event[:32],
        PAGE,
    ):
        assert said in spanish
    for said in ("Standing on 2025-01-06: IN FORCE", "recycling, storage", "from 2024-01-01 to 2034-01-01", PAGE):
        assert said in english


@needs_poppler
def test_the_reader_may_have_english_first(attestation: Attestation, tmp_path: Path) -> None:
    english, spanish = words_of(render_certificate(attestation, PAGE, first="en"), tmp_path)

    assert "IN FORCE" in english
    assert "VIGENTE" in spanish


@needs_poppler
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"standing": "suspended"}, "SUSPENDIDA"),
        ({"standing": "revoked"}, "REVOCADA"),
        ({"standing": "expired"}, "VENCIDA"),
        ({"only_transcribed": True, "source": "Padrón", "listed_on": "2024-12-01"}, "TRANSCRITA de una lista pública"),
        ({"only_transcribed": True, "source": "Padrón", "listed_on": "2024-12-01"}, "Padrón, al 2024-12-01"),
        ({"claimed": True}, "Prórroga por silencio"),
        ({"court": "Juzgado 3", "court_file": "1/2025"}, "Juzgado 3, expediente 1/2025"),
        ({"holder": AttestedParty("pty_x", "fisica", None)}, "Persona física (pty_x)"),
        ({"holder": AttestedParty("pty_x", "foreign", "电池 Shanghai")}, "?? Shanghai"),
        ({"sites": ()}, "sin restricción"),
    ],
)
def test_what_a_reader_must_know_is_on_the_first_page(
    attestation: Attestation, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    changed = replace(attestation, **changes)

    assert said in words_of(render_certificate(changed, PAGE), tmp_path)[0]


@needs_poppler
def test_the_longest_scope_fits_on_as_many_pages_as_it_takes(attestation: Attestation, tmp_path: Path) -> None:
    sites = tuple(AttestedSite(f"sit_{n:026}", f"Planta {n} " + "x" * 140, "19", "039") for n in range(64))
    wastes = tuple(f"{n:02} " + "residuo " * 9 for n in range(32))

    pages = words_of(render_certificate(replace(attestation, sites=sites, wastes=wastes), PAGE), tmp_path)

    assert len(pages) > 4
    assert sum(page.count("Planta") for page in pages) == 2 * 64


def test_the_same_facts_give_the_same_bytes(attestation: Attestation) -> None:
    assert render_certificate(attestation, PAGE) == render_certificate(attestation, PAGE)
    assert render_certificate(attestation, PAGE) != render_certificate(replace(attestation, day="2025-01-07"), PAGE)


def test_threads_draw_what_one_alone_draws(attestation: Attestation) -> None:
    numbered = [replace(attestation, number=f"19-39-PS-{n:04}-2024") for n in range(8)]
    alone = [render_certificate(each, PAGE) for each in numbered]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda each: render_certificate(each, PAGE), numbered)) == alone


@pytest.mark.parametrize(("first", "locale"), [("es", b"(es-MX)"), ("en", b"(en)")])
def test_the_document_declares_its_language_and_its_title(
    attestation: Attestation, first: Language, locale: bytes
) -> None:
    pdf = render_certificate(attestation, PAGE, first=first)

    assert pdf.startswith(b"%PDF-")
    assert b"/Lang " + locale in pdf
    assert b"/DisplayDocTitle true" in pdf
    assert b"/Title" in pdf


def test_the_symbol_on_each_page_is_read_without_a_renderer_too(attestation: Attestation) -> None:
    pages = drawings_of(render_certificate(attestation, PAGE))

    assert [read_squares(page) for page in pages] == [PAGE, PAGE]


def drawings_of(pdf: bytes) -> list[str]:
    """The drawing commands of each page, which stand in ASCII85; fonts do not."""
    streams = re.findall(rb"stream\r?\n(\S+?)~>\s*endstream", pdf)
    return [zlib.decompress(a85decode(stream)).decode("latin-1") for stream in streams]


def read_squares(commands: str) -> str:
    """What a scanner reads in the closed squares of a page, each painted on a grid of its own size."""
    number = r"(-?[\d.]+)"
    corners = re.findall(rf"{number} {number} m {number} {number} l", commands)
    squares = [tuple(map(float, found)) for found in corners]
    side = squares[0][2] - squares[0][0]
    columns = [round(square[0] / side) for square in squares]
    rows = [round(square[1] / side) for square in squares]
    edge = max(*columns, *rows) + 5
    image = Image.new("L", (edge, edge), 255)
    for column, row in zip(columns, rows, strict=True):
        image.putpixel((column, edge - 1 - row), 0)
    [symbol] = zxingcpp.read_barcodes(image.resize((edge * 4, edge * 4), Image.Resampling.NEAREST))
    return symbol.text


def test_every_code_and_text_is_in_both_languages() -> None:
    for name, said in {**CODES, **TEXTS}.items():
        assert set(said) == {"es", "en"}, name
        assert re.findall(r"\{\w+\}", said["es"]) == re.findall(r"\{\w+\}", said["en"])
