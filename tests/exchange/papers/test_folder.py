"""The folder as a whole, and its papers one by one, as a reader of the pages finds them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compliance.particulars import Carrying, Giving, Receiving
from compliance.reason import Words
from compliance.transport.goods import Goods
from exchange.papers.blank import blanks_of
from exchange.papers.folder import CarrierBlock, Folder
from exchange.papers.page import MARGIN
from exchange.papers.piece_list import PIECES_MAX
from exchange.papers.printing import SheetName, render_folder, render_paper, sheets_of
from exchange.papers.transport_papers import GUIDE_147
from tests.exchange.papers.reading import images_of, needs_poppler, pages_of, symbols_of
from tests.exchange.papers.sample import URL, folder, goods, identity, piece

ALL: tuple[SheetName, ...] = (
    "cover",
    "manifest",
    "rme_transport",
    "dangerous_goods",
    "emergency_sheet",
    "authorisations",
    "carta_porte",
    "register_sheet",
)


def text_of(facts: Folder, name: SheetName, tmp_path: Path) -> str:
    return " ".join(page.text for page in pages_of(render_paper(facts, name), tmp_path))


@needs_poppler
def test_the_folder_is_all_its_papers_in_order(tmp_path: Path) -> None:
    facts = folder(3, critical=1)

    names = sheets_of(facts)
    alone = [page.text for name in names for page in pages_of(render_paper(facts, name), tmp_path)]

    assert names[0] == "cover"
    assert list(names[1:]) == [paper.name for paper in facts.papers]
    assert [page.text for page in pages_of(render_folder(facts), tmp_path)] == alone


@needs_poppler
def test_the_cover_says_what_is_inside_and_how_long_who_keeps_it(tmp_path: Path) -> None:
    text = text_of(folder(3), "cover", tmp_path)

    for said in (
        "residuo peligroso: en camino",
        "Transportes Demo, S.A. de C.V.",
        "Nuevo León, INEGI 19-039",
        "3, 1,320.006 kg",
        "Manifiesto RLGPGIR 86 en esta carpeta completo",
        "firmado con llave propia",
        "Manifiesto Transportista 2031-03-05 RLGPGIR 75 II",
    ):
        assert said in text
    assert "Mercancía 1: Embalaje" in text


@needs_poppler
def test_dangerous_goods_are_told_kind_by_kind(tmp_path: Path) -> None:
    text = text_of(folder(3, critical=1, approval="AFAC-77"), "dangerous_goods", tmp_path)

    for said in (
        "1. UN 3480, BATERÍAS DE ION LITIO, 9 LITHIUM ION BATTERIES",
        "Instrucción de embalaje P911, LP906",
        "Aprobación de la autoridad AFAC-77 competente",
        "Instrucción de embalaje P909",
        "Grupo de embalaje no aplica",
        "Marcas del bulto BATERÍAS DE LITIO PARA RECICLAR / LITHIUM BATTERIES FOR RECYCLING",
        "Masa neta 880.005 kg",
        "Energía 120.0 kWh",
        "Teléfono de emergencia, día y noche 800 00 41 300",
        "Por qué: batería suelta de ion litio",
    ):
        assert said in text


@needs_poppler
def test_goods_without_a_un_number_are_for_the_consignor_to_class(tmp_path: Path) -> None:
    unclassed = identity(None, name=None, hazard_class=None, hint="3077", guide=None)
    facts = folder(1, goods=(Goods(unclassed, ("x",), 1_000, None, None, "black mass"),))

    assert "SIN NÚMERO ONU" in text_of(facts, "dangerous_goods", tmp_path)
    assert "vea UN 3077" in text_of(facts, "dangerous_goods", tmp_path)
    assert "SIN NÚMERO ONU" in text_of(facts, "emergency_sheet", tmp_path)


@needs_poppler
def test_the_emergency_sheet_gives_the_guide_and_no_agent_that_the_maker_did_not_name(tmp_path: Path) -> None:
    silent = text_of(folder(2), "emergency_sheet", tmp_path)
    named = folder(2, giving=Giving(extinguishing_agent="F-500 EA", emergency_phone="800 00 41 300"))

    for _, fact in GUIDE_147:
        assert fact in silent
    assert "Agente extintor que indica el No se declaró" in silent
    assert "agua" not in silent.lower()
    assert "F-500 EA" in text_of(named, "emergency_sheet", tmp_path)


@needs_poppler
def test_another_guide_is_named_and_not_made_up(tmp_path: Path) -> None:
    metal = identity("3090", name=Words("BATERÍAS DE METAL LITIO", "LITHIUM METAL BATTERIES"), guide="138")
    facts = folder(1, goods=(replace(goods([piece(1)])[0], identity=metal),))

    text = text_of(facts, "emergency_sheet", tmp_path)
    card = text_of(replace(facts, pieces=(piece(1, isolated="critical"),)), "isolation_card", tmp_path)

    assert "Guía 138 de la GRE 2024" in text
    assert "150 °C" not in text
    assert "Guía 138 (GRE 2024)." in card


@needs_poppler
@pytest.mark.parametrize(
    ("isolated", "approval", "said"),
    [
        ("critical", None, ["AISLAR", "P911 / LP906", "NO EMBARCAR"]),
        ("critical", "AFAC-77", ["AISLAR", "P911 / LP906", "NO EMBARCAR SIN LA APROBACIÓN AFAC-77"]),
        ("damaged", None, ["AISLAR", "P908 / LP904", "DAÑADA"]),
    ],
)
def test_a_card_for_each_piece_to_be_kept_apart(
    isolated: Any, approval: str | None, said: list[str], tmp_path: Path
) -> None:
    marked = piece(7, isolated=isolated)
    facts = folder(1, pieces=(marked,), goods=goods([marked]), approval=approval)

    pdf = render_paper(facts, "isolation_card")
    [page] = pages_of(pdf, tmp_path)
    [image] = images_of(pdf, tmp_path)

    for each in [*said, "P000007", marked.unit, "800 00 41 300", "2026-03-02", "Guía 147 (GRE 2024): HF tóxico"]:
        assert each in page.text
    assert symbols_of(image) == [marked.unit]


@needs_poppler
def test_four_cards_go_on_a_page_and_all_of_them_scan(tmp_path: Path) -> None:
    facts = folder(6, critical=5)

    images = images_of(render_paper(facts, "isolation_card"), tmp_path, 150)

    scanned = [set(symbols_of(image)) for image in images]
    assert scanned == [{each.unit for each in facts.pieces[:4]}, {facts.pieces[4].unit}]


@needs_poppler
def test_the_register_has_the_fields_of_article_71(tmp_path: Path) -> None:
    pieces = (piece(1), piece(2, entered_on="2026-02-01"))
    text = text_of(folder(2, pieces=pieces), "register_sheet", tmp_path)

    for said in (
        "c) Área o proceso de generación Desmontaje de vehículos",
        "e) Fase de manejo siguiente Reciclaje",
        "05-35-PS-V-327D-2019",
        "19-39-PS-I-0007D-2024",
        "g) Responsable técnico de la bitácora Luis Peña",
        "440.001 kg IR 2026-03-01 2026-03-05",
        "440.002 kg IR 2026-02-01 2026-03-05",
    ):
        assert said in text


@needs_poppler
def test_permits_are_shown_as_they_stand_and_policies_as_given(tmp_path: Path) -> None:
    facts = folder(1)
    permit = replace(facts.consignee.permits[0], standing="SUSPENDIDA", in_force=False, reservations=("TRANSCRITA",))
    facts = replace(facts, consignee=replace(facts.consignee, permits=(permit,)))

    text = text_of(facts, "authorisations", tmp_path)

    for said in ("SUSPENDIDA", "TRANSCRITA", "responsabilidad civil Seguros Demo RC-77 2027-01-01", "MA-78"):
        assert said in text
    assert "16. Núm. de autorización de la SEMARNAT" in [blank.label for blank in blanks_of(facts, "manifest")]


@needs_poppler
def test_the_neutral_paper_cites_no_article_of_hazardous_waste(tmp_path: Path) -> None:
    facts = folder(3, waste="RME")

    pages = pages_of(render_paper(facts, "rme_transport"), tmp_path)
    text = " ".join(page.text for page in pages)

    assert [f"COPIA {n}:" in text for n in (1, 2)] == [True, True]
    assert "RLGPGIR" not in text
    assert "SEMARNAT" not in text
    for said in ("Taller Ñandú & Güemes", "José Ibáñez Peña", "AB-1234-C / XY-98-76", "Eva Muñoz", "P000003"):
        assert said in text
    images = images_of(render_paper(facts, "rme_transport"), tmp_path)
    assert [symbols_of(image) for image in images] == [[URL]] * len(images)


@needs_poppler
def test_a_third_carrier_is_on_the_neutral_paper_too(tmp_path: Path) -> None:
    facts = folder(1)
    [carrier] = facts.carriers
    more = tuple(replace(carrier, who=replace(carrier.who, name=f"Fletes {n}")) for n in range(4))

    text = text_of(replace(facts, carriers=more), "rme_transport", tmp_path)

    assert [text.count(f"Fletes {n}") for n in range(4)] == [3] * 4


@needs_poppler
@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("length", [1, 160])
def test_no_paper_overruns_its_margins(name: SheetName, length: int, tmp_path: Path) -> None:
    facts = folder(30)
    text = ("Ñandú " * 40)[:length].strip() or "Ñ"
    carriers = tuple(
        CarrierBlock(replace(carrier.who, name="W" * length), carrier.carrying.model_copy(update={"driver": text}))
        for carrier in facts.carriers * 8
    )
    facts = replace(
        facts,
        carriers=carriers,
        purpose=text,
        consignor=replace(facts.consignor, name="W" * length),
        giving=facts.giving.model_copy(update={"process": "W" * length, "responsible": text}),
        carta_porte=((text, ((("W" * length), "W" * 1000), (text, None))),),
    )

    for page in pages_of(render_paper(facts, name), tmp_path):
        for word in page.words:
            assert MARGIN - 0.5 <= word.left < word.right <= page.width - MARGIN + 0.5, word
            assert MARGIN - 6 <= word.top < word.bottom <= page.height - MARGIN + 6, word


@needs_poppler
def test_a_folder_in_which_nobody_said_anything_is_drawn_all_the_same(tmp_path: Path) -> None:
    whole = folder(2)
    party = replace(whole.consignee, name=None, address=None, phone=None, email=None, permits=())
    mute = replace(
        whole,
        consignor=replace(party, party=None),
        giving=Giving(),
        carriers=(CarrierBlock(party, Carrying()),),
        consignee=party,
        receiving=Receiving(),
        issued=None,
        origin=None,
        destination=None,
    )

    for name in ALL:
        assert pages_of(render_paper(mute, name), tmp_path)
    assert len(blanks_of(mute, "manifest")) == 24
    assert blanks_of(whole, "manifest") == []


@needs_poppler
def test_without_carriers_the_consignor_carries_itself(tmp_path: Path) -> None:
    facts = folder(1, carriers=())

    assert "Sin transportista" in text_of(facts, "manifest", tmp_path)
    for name in ALL:
        assert pages_of(render_paper(facts, name), tmp_path)


@pytest.mark.slow
@needs_poppler
def test_beyond_what_paper_holds_the_list_is_in_the_ledger(tmp_path: Path) -> None:
    facts = folder(PIECES_MAX + 2)

    last = pages_of(render_paper(facts, "rme_transport"), tmp_path)[-1].text

    assert "Y 2 piezas más" in last
    assert f"P{PIECES_MAX + 1:06}" not in last


def test_the_same_folder_gives_the_same_bytes_in_any_thread() -> None:
    folders = [folder(2, day=f"2026-03-{n:02}") for n in range(1, 7)]
    alone = [render_folder(each) for each in folders]

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(render_folder, folders)) == alone
    assert len(set(alone)) == len(folders)
