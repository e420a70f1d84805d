"""The manifest box by box, as a reader of the printed page finds it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compliance.particulars import Carrying, Giving, Receiving
from exchange.papers.folder import CarrierBlock, Folder, WasteLine
from exchange.papers.manifest import COPIES, form_boxes, manifest
from exchange.papers.page import MARGIN, PAGE_HEIGHT, render
from tests.exchange.papers.reading import Page, images_of, needs_poppler, pages_of, symbols_of
from tests.exchange.papers.sample import URL, folder

pytestmark = needs_poppler
LONG = "Ñandúes güeros "


def printed(facts: Folder, folder_: Path) -> list[Page]:
    return pages_of(render([manifest(facts)], title="Manifiesto", subject="x"), folder_)


def boxes(facts: Folder, page: Page) -> dict[str, str]:
    """What stands in each box of the first page, without its label; the first of those with the same label."""
    found: dict[str, str] = {}
    for box in form_boxes(facts):
        top = PAGE_HEIGHT - box.top
        said = page.inside(box.x, top, box.x + box.width, top + box.height)
        found.setdefault(box.label, said.removeprefix(box.label).strip())
    return found


def test_every_box_says_what_the_consignment_and_its_parties_say(tmp_path: Path) -> None:
    facts = folder(3)

    first = printed(facts, tmp_path)[0]
    said = boxes(facts, first)

    assert {
        label: said[label] for label in said if label[0].isdigit() and not label.startswith(("4.", "5.", "8."))
    } == {
        "6. Instrucciones especiales e información adicional para el manejo seguro": facts.giving.instructions,
        "6. Transporte y series": (
            "Emergencias, día y noche: 800 00 41 300. UN 3480 BATERÍAS DE ION LITIO, clase 9: 3 pzas."
            " Series: véase la relación de piezas."
        ),
        "7. Declaración del generador": (
            "Declaro, bajo protesta de decir verdad (RLGPGIR 79), que lo asentado en este manifiesto es cierto. Consta"
            " en la bitácora: 2026-03-05 09:00, firmado con llave propia, evento abababababababab."
        ),
        "9. Núm. de autorización de la SEMARNAT": "19-39-PS-I-0007D-2024",
        "10. Núm. de permiso S.C.T.": "0617DIVR03082011230301001",
        "11. Tipo de vehículo": "Camión de dos ejes",
        "12. Núm. de placa": "AB-1234-C / XY-98-76",
        "13. Ruta de la empresa generadora hasta su entrega": "Monterrey - Saltillo por la 40D",
        "14. Declaración del transportista": "Recibí del generador los residuos descritos, para su transporte.",
        "15. Destinatario": said["15. Destinatario"],
        "16. Núm. de autorización de la SEMARNAT": "05-35-PS-V-327D-2019",
        "17. Nombre y cargo de la persona que recibe": "Eva Muñoz, Jefa de patio",
        "18. Observaciones": "",
        "19. Declaración del destinatario": "Recibí los residuos descritos, con las observaciones de la casilla 18.",
    }
    for party in ("4. Generador", "8. Transportista", "15. Destinatario"):
        assert "Nombre o razón social Código postal" in said[party]
        assert "Calle Núm. ext. Núm. int. Colonia" in said[party]
        assert "Municipio o alcaldía Estado Teléfono Correo electrónico" in said[party]
        assert "San Nicolás de los Garza Nuevo León" in said[party]
    for name in ("Taller Ñandú & Güemes, S.A. de C.V. (pty_", "66400", "Av. Ñuñoa y Güemes 1201 B Col. Obrera", "0001"):
        assert name in said["4. Generador"]
    assert "Calle del Niño" in said["8. Transportista"]
    assert "Blvd. Peñón" in said["15. Destinatario"]
    labels = "1. Núm. de registro ambiental 2. Núm. de manifiesto 3. Página"
    assert f"{labels} TNA1903900001 MAN-2026-0001 1 de 2" in first.text


def test_box_five_ticks_hazards_and_sums_pieces_and_kilograms(tmp_path: Path) -> None:
    facts = folder(40)

    said = boxes(facts, printed(facts, tmp_path)[0])["5. Identificación de los residuos"]

    assert "Nombre del residuo C R E T I B M Piezas Envase Capacidad kg Etiqueta" in said
    assert "Baterías de ion litio de vehículo, desechadas (S1)" in said
    assert "X X 40 caja 600 kg 17,600.82 (est.) sí" in said
    assert "Total 40 17,600.82 (est.)" in said


def test_original_and_two_copies_are_numbered_each_in_itself(tmp_path: Path) -> None:
    pages = printed(folder(200), tmp_path)

    total = len(pages) // len(COPIES)
    assert len(pages) == 3 * total > 3
    for nth, page in enumerate(pages):
        copy, whose = COPIES[nth // total]
        assert f"{copy}: {whose}" in page.text
        assert page.text.count(f"{nth % total + 1} de {total}") == 2


def test_every_copy_lists_every_piece(tmp_path: Path) -> None:
    pages = printed(folder(200), tmp_path)

    total = len(pages) // len(COPIES)
    for start in range(0, len(pages), total):
        text = " ".join(page.text for page in pages[start : start + total])
        assert [f"P{n:06}" in text for n in range(1, 201)] == [True] * 200


def test_the_symbol_on_every_page_leads_to_the_ledger(tmp_path: Path) -> None:
    pdf = render([manifest(folder(40))], title="x", subject="x")

    images = images_of(pdf, tmp_path)

    assert len(images) > 3
    assert [symbols_of(image) for image in images] == [[URL]] * len(images)


def test_what_nobody_said_is_an_empty_box(tmp_path: Path) -> None:
    whole = folder(2)
    blank = replace(
        whole,
        giving=Giving(),
        receiving=Receiving(),
        issued=None,
        consignor=replace(whole.consignor, name=None, address=None, phone=None, email=None, signed=None),
        carriers=(CarrierBlock(replace(whole.carriers[0].who, permits=()), Carrying()),),
    )

    said = boxes(blank, printed(blank, tmp_path)[0])

    for label in (
        "9. Núm. de autorización de la SEMARNAT",
        "10. Núm. de permiso S.C.T.",
        "12. Núm. de placa",
        "17. Nombre y cargo de la persona que recibe",
        "Nombre o razón social",
        "Calle",
        "Código postal",
    ):
        assert said[label] == "", label


def longest() -> Folder:
    """Everything at the length at which particulars are refused."""
    whole = folder(2)
    address = whole.consignor.address
    assert address is not None
    line, passage = (LONG * 20)[:160].strip(), (LONG * 100)[:1000].strip()
    told = address.model_copy(update=dict.fromkeys(("street", "neighbourhood", "municipality", "state"), line))
    told = told.model_copy(update={"exterior": "Ñ" * 40, "interior": "W" * 40})
    party: dict[str, Any] = {"name": line, "address": told, "email": "w" * 64 + "@" + "w" * 185 + ".mx"}
    [carrier] = whole.carriers
    carrying = carrier.carrying.model_copy(
        update={"vehicle": line, "driver": line, "route": passage, "plate": "W" * 40}
    )
    permits = tuple(replace(permit, number=f"{n:080}") for n in range(4) for permit in whole.consignee.permits)
    return replace(
        whole,
        giving=whole.giving.model_copy(
            update={"instructions": passage, "responsible": "W" * 160, "registration": "W" * 80}
        ),
        consignor=replace(whole.consignor, **party),
        carriers=(CarrierBlock(replace(carrier.who, **party, permits=permits), carrying),),
        consignee=replace(whole.consignee, **party, permits=permits),
        receiving=Receiving(person=line, post=line),
        observations=tuple(f"Faltantes: {passage}" for _ in range(3)),
    )


def test_the_longest_texts_stay_in_their_boxes_and_go_on_in_the_annex(tmp_path: Path) -> None:
    facts = longest()

    first, *rest = printed(facts, tmp_path)
    annex = " ".join(page.text for page in rest[: len(rest) // 3])

    assert "(sigue en el anexo)" in first.text
    assert "textos completos" in annex
    assert annex.count("Ñandúes güeros") > 300
    for box in form_boxes(facts):
        edges = (box.x, PAGE_HEIGHT - box.top, box.x + box.width, PAGE_HEIGHT - box.top + box.height)
        for word in first.words:
            assert not crosses(word.left, word.right, word.top, word.bottom, edges), (box.label, word)


def crosses(left: float, right: float, top: float, bottom: float, edges: tuple[float, float, float, float]) -> bool:
    """Whether a word lies partly inside a box and partly outside it, sideways or below."""
    box_left, box_top, box_right, box_bottom = edges
    is_level = box_top < (top + bottom) / 2 < box_bottom
    is_across = is_level and ((left < box_right - 0.1 < right - 0.1) or (left < box_left - 0.1 < right - 0.2))
    is_under = box_left < (left + right) / 2 < box_right and top < box_bottom - 2 < bottom - 4
    return is_across or is_under


@pytest.mark.parametrize("pieces", [1, 40, 200])
def test_nothing_leaves_the_margins(pieces: int, tmp_path: Path) -> None:
    for page in printed(folder(pieces), tmp_path):
        for word in page.words:
            assert MARGIN - 0.5 <= word.left < word.right <= page.width - MARGIN + 0.5, word
            assert MARGIN - 6 <= word.top < word.bottom <= page.height - MARGIN + 6, word


def test_many_lines_of_waste_go_on_within_box_five(tmp_path: Path) -> None:
    wastes = tuple(
        WasteLine(f"Residuo número {n} {LONG}", frozenset({"R"}), (1,), "caja", None, 1_000, False, None)
        for n in range(60)
    )

    pages = printed(replace(folder(1), wastes=wastes), tmp_path)
    copy = pages[: len(pages) // 3]

    assert "5. Identificación de los residuos (continuación)" in copy[1].text
    assert "Total 60 60" in copy[1].text + copy[2].text
    assert sum(page.text.count("Residuo número") for page in copy) == 60


def test_further_carriers_have_boxes_of_their_own(tmp_path: Path) -> None:
    whole = folder(1)
    [carrier] = whole.carriers
    more = tuple(
        CarrierBlock(replace(carrier.who, name=f"Fletes {n}"), carrier.carrying.model_copy(update={"plate": f"ZZ-{n}"}))
        for n in range(8)
    )

    pages = printed(replace(whole, carriers=more), tmp_path)
    text = " ".join(page.text for page in pages[: len(pages) // 3])

    for n in range(8):
        assert f"Fletes {n}" in text
        assert f"ZZ-{n} / XY-98-76" in text
    assert "Transportista 8" in text
