"""From the log, and what the parties say beside it, to the folder: what each paper says is somebody's statement."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compliance.load import Masses
from compliance.particulars import Particulars
from compliance.purpose import PURPOSES, papers_of
from exchange.papers.assembly import hazards_of, verification_url, waste_of
from exchange.papers.printing import render_folder, sheets_of
from exchange.papers.wording import cite
from ledger.domain.custody import Purpose
from tests.exchange.papers.loaded import BASE, Gate

DAY_S = 86_400


def test_the_folder_says_who_gives_carries_and_takes_with_what_permit() -> None:
    gate = Gate()

    facts = gate.folder()

    assert facts.consignor.name == "Taller Demo, S.A. de C.V."
    assert [carrier.who.name for carrier in facts.carriers] == ["Transportes Demo, S.A. de C.V."]
    assert facts.consignee.name == "Recicladora Demo, S.A. de C.V."
    [permit] = facts.carriers[0].who.permits
    assert (permit.activities, permit.waste_classes, permit.authority) == ("transporte", "RP", "SEMARNAT")
    assert facts.consignee.numbers == "19-39-PS-0007-2024"
    assert facts.url == verification_url(BASE, gate.consignment)
    assert [paper.name for paper in facts.papers] == [
        "manifest",
        "dangerous_goods",
        "emergency_sheet",
        "authorisations",
        "carta_porte",
        "register_sheet",
    ]


def test_box_five_is_the_units_grouped_with_the_hazards_of_their_codes() -> None:
    gate = Gate(count=5)
    for unit in gate.units[:2]:
        gate.yard.say(gate.giver, "unit.assessed", units=[unit], method="visual", condition="damaged")

    facts = gate.folder()

    assert [(line.name, set(line.hazards), line.pieces, line.mass_g) for line in facts.wastes] == [
        ("Baterías NMC622 dañadas (S1) UN 3480", {"R", "I"}, (1, 2), 870_000),
        ("Baterías NMC622 (S1) UN 3480", {"R", "I"}, (3, 4, 5), 1_305_000),
    ]
    assert all(line.estimated and line.labelled is None for line in facts.wastes)
    assert [piece.isolated for piece in facts.pieces] == ["damaged", "damaged", None, None, None]
    assert sheets_of(facts).count("isolation_card") == 1


def test_a_mass_that_nobody_stated_is_left_to_be_written() -> None:
    gate = Gate(count=2)
    lines = gate.load().lines
    unknown = [*lines[:1], type(lines[1])(lines[1].unit, lines[1].value, lines[1].line, None, masses=Masses())]

    assert [line.mass_g for line in gate.folder(lines=tuple(unknown)).wastes] == [None]


def test_what_became_of_the_pieces_is_in_the_list_and_in_box_eighteen() -> None:
    gate = Gate(count=4)
    gate.pick_up()
    gate.receive("accepted", "refused", "missing", "accepted")

    facts = gate.folder()

    assert [piece.outcome for piece in facts.pieces] == ["accepted", "refused", "missing", "accepted"]
    serials = [piece.serial for piece in facts.pieces]
    assert list(facts.observations) == [f"Rechazadas: {serials[1]} (dañada).", f"Faltantes: {serials[2]}."]


def test_every_hand_over_is_shown_with_its_time_at_the_site_and_its_assurance() -> None:
    gate = Gate()
    before = gate.folder()
    gate.yard.pass_time(3600)
    gate.pick_up()

    after = gate.folder()

    assert before.carriers[0].who.signed is None
    assert before.consignor.signed is not None
    assert before.consignor.signed.at == "2025-01-06 09:00"
    signed = after.carriers[0].who.signed
    assert signed is not None
    assert (signed.at, signed.assurance) == ("2025-01-06 10:00", "firmado con llave propia")


def test_the_law_is_that_of_the_day_on_which_the_load_left() -> None:
    gate = Gate()
    assert gate.load().law_day == "2025-01-06"
    gate.pick_up()
    gate.yard.pass_time(40 * DAY_S)
    gate.yard.tick()

    assert gate.load().law_day == "2025-01-06"
    assert gate.folder().day == "2025-02-15"


def test_the_paper_in_ink_is_followed() -> None:
    gate = Gate()
    assert gate.folder().issued is None
    gate.issue("MAN-9")
    issued = gate.folder().issued
    assert issued is not None
    assert (issued.number, issued.standing) == ("MAN-9", "se imprimió el 2025-01-06; falta la foto con firmas")
    gate.yard.say(gate.giver, "paper.returned", consignment=gate.consignment, form="manifest", number="MAN-9")

    returned = gate.folder().issued

    assert returned is not None
    assert returned.standing == "el original regresó el 2025-01-06"


def test_each_holder_keeps_the_manifest_from_its_own_signature_on() -> None:
    gate = Gate()
    gate.pick_up()

    kept = [(each.document, each.holder.split(":")[0], each.until) for each in gate.folder().retentions]

    assert kept == [
        ("Manifiesto", "Generador", "2030-01-07"),
        ("Manifiesto", "Transportista", "2030-01-07"),
        ("Manifiesto", "Destinatario", "5 años desde que cada quien lo firmó"),
        ("Bitácora (art. 71)", "Generador", "2030-01-07"),
    ]


def test_special_handling_waste_has_no_federal_paper_permit_or_term() -> None:
    facts = Gate(waste_class="RME", purpose="waste_rme").folder()

    assert facts.waste == "RME"
    names = [paper.name for paper in facts.papers]
    assert "rme_transport" in names
    assert not {"manifest", "register_sheet"} & set(names)
    assert [permit.authority for permit in facts.consignee.permits] == ["Secretaría de Nuevo León"]
    assert facts.retentions == ()
    assert not any("RLGPGIR" in paper.article for paper in facts.papers)


def test_what_is_no_waste_has_transport_papers_alone() -> None:
    gate = Gate(waste_class=None, purpose="warranty_return")

    facts = gate.folder()

    assert waste_of(gate.load()) is None
    assert [paper.name for paper in facts.papers] == [
        "dangerous_goods",
        "emergency_sheet",
        "authorisations",
        "carta_porte",
    ]
    assert facts.consignee.permits == ()


def test_a_natural_persons_name_comes_from_beside_the_log() -> None:
    gate = Gate()
    ana = gate.giver.party
    parties = {**gate.load().parties, ana: {"form": "fisica"}}

    assert gate.folder(parties=parties).consignor.name is None
    said = {ana: Particulars(name="Ana Núñez")}
    assert gate.folder(said, parties=parties).consignor.name == "Ana Núñez"
    assert gate.folder(said).consignor.name == "Taller Demo, S.A. de C.V."


@pytest.mark.parametrize("purpose", ["tow_truck", "emergency", "succession"])
def test_a_reception_without_an_offer_has_an_emergency_sheet_and_its_cards(purpose: str) -> None:
    gate = Gate()
    gate.yard.say(gate.giver, "unit.assessed", units=[gate.units[0]], method="visual", condition="critical")
    act: dict[str, Any] = {**gate.act, "purpose": purpose, "consignor": None, "carriers": []}

    facts = gate.folder(act=act)

    assert facts.purpose.startswith("Recepción sin oferta")
    assert sheets_of(facts) == ("cover", "emergency_sheet", "isolation_card")
    assert facts.retentions == ()


@pytest.mark.parametrize(
    ("codes", "hazards"),
    [
        (["R", "I"], {"R", "I"}),
        (["Te", "Tt"], {"T"}),
        (["S1", "RP 1/02"], set()),
        (["C", "M", "x"], {"C", "M"}),
        ([], set()),
    ],
)
def test_only_codes_of_a_hazard_tick_a_column(codes: list[str], hazards: set[str]) -> None:
    assert hazards_of(codes) == hazards


def test_carta_porte_is_told_node_by_node_with_what_is_missing() -> None:
    nodes = dict(Gate().folder().carta_porte)

    assert ("CveMaterialPeligroso", "3480") in nodes["Mercancia 1"]
    assert ("PlacaVM", None) in nodes["IdentificacionVehicular"]
    assert ("TotalDistRec", None) in nodes["CartaPorte"]


def test_a_load_that_was_cancelled_whole_has_papers_without_pieces() -> None:
    gate = Gate()
    gate.yard.say(gate.giver, "consignment.cancelled", consignment=gate.consignment, units=gate.units)
    lines = tuple(type(line)(line.unit, line.value, "cancelled", line.holder) for line in gate.load().lines)

    facts = gate.folder(lines=lines)

    assert (facts.pieces, facts.wastes, facts.goods, facts.stage) == ((), (), (), "cancelado")
    assert render_folder(facts).startswith(b"%PDF-")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_citation_of_a_paper_stays_in_english(purpose: Purpose) -> None:
    english = {"law", "state", "practice", "policy", "force", "days", "box"}

    papers = papers_of(
        purpose, "road", "2026-11-22", waste="RME", conditions=frozenset({"critical"}), is_dangerous=True
    )

    assert [paper.name for paper in papers if english & set(re.findall(r"[a-z]+", cite(paper.article)))] == []
