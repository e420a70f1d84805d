from __future__ import annotations

from typing import get_args

import pytest

from compliance.purpose import FOLDER_ORDER, PURPOSES, PaperName, Waste, clocks_of, papers_of, terms_of
from ledger.domain.custody import Mode, Purpose
from ledger.domain.values import Condition, PaperForm

ON = "2026-03-01"
COMMON = ["dangerous_goods", "emergency_sheet", "authorisations", "carta_porte"]
NO_WASTE: list[Purpose] = ["warranty_return", "recall_return", "second_life", "new_product"]


def names(purpose: Purpose, waste: Waste | None = None, mode: Mode | None = "road", on: str = ON) -> list[PaperName]:
    return [paper.name for paper in papers_of(purpose, mode, on, waste=waste)]


def test_every_purpose_has_its_terms_and_says_what_people_call_it() -> None:
    assert PURPOSES.keys() == set(get_args(Purpose))
    assert all(terms.words.es and terms.words.en for terms in PURPOSES.values())


@pytest.mark.parametrize(
    ("purpose", "own"),
    [
        ("waste_rp", {"manifest", "register_sheet"}),
        ("waste_rme", {"rme_transport"}),
        ("warranty_return", set()),
        ("recall_return", set()),
        ("second_life", set()),
        ("new_product", set()),
        ("maquiladora_return", {"return_notice", "pedimento", "movement_document"}),
        ("export", {"pedimento"}),
        ("municipal_collection", {"rme_transport"}),
    ],
)
def test_a_purpose_decides_its_papers(purpose: Purpose, own: set[PaperName]) -> None:
    assert set(names(purpose)) == {*COMMON, *own}


def test_the_folder_has_its_order_and_one_paper_of_each_name() -> None:
    listed = names("maquiladora_return", waste="RP")

    assert listed == [name for name in FOLDER_ORDER if name in listed]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("purpose", NO_WASTE)
def test_a_discarded_pack_stays_waste_whatever_it_travels_for(purpose: Purpose) -> None:
    assert "manifest" not in names(purpose)
    assert {"manifest", "register_sheet"} <= set(names(purpose, waste="RP"))
    assert "rme_transport" in names(purpose, waste="RME")
    assert clocks_of(purpose, ON) == ()
    assert "original-back" in [clock.name for clock in clocks_of(purpose, ON, waste="RP")]


def test_special_handling_waste_cites_no_article_of_hazardous_waste_and_runs_no_federal_clock() -> None:
    terms = terms_of("waste_rme", ON)
    papers = papers_of("waste_rme", "road", ON, waste="RME")
    articles = [paper.article for paper in papers] + [check.article for check in terms.checks]

    federal = ("RLGPGIR", "LGPGIR 42", "LGPGIR 50", "LGPGIR 56", "LGPGIR 67", "LGPGIR 106")
    assert not [article for article in articles if any(rp in article for rp in federal)]
    assert clocks_of("waste_rme", ON, waste="RME") == ()


def test_hazardous_packs_under_a_weaker_purpose_bring_the_manifest_with_them() -> None:
    assert {"manifest", "rme_transport"} <= set(names("waste_rme", waste="RP"))


def test_what_households_give_stays_outside_the_federal_rules() -> None:
    assert "manifest" not in names("municipal_collection", waste="RP")
    assert clocks_of("municipal_collection", ON, waste="RP") == ()
    assert any("LGPGIR 23" in note.es for note in terms_of("municipal_collection", ON).notes)


def test_the_clocks_of_hazardous_waste_have_their_lengths() -> None:
    clocks = {(clock.name, clock.length, clock.unit, clock.starts) for clock in clocks_of("waste_rp", ON)}

    assert ("original-back", 60, "natural_days", "consignment.picked_up") in clocks
    assert ("storage", 6, "months", "unit.discarded") in clocks
    assert ("incident-notice", 3, "business_days", "incident.reported") in clocks


def test_a_maquiladora_is_told_that_no_foreign_manifest_is_expected() -> None:
    terms = terms_of("maquiladora_return", ON)

    assert any("No US e-Manifest expected" in note.en for note in terms.notes)
    assert [(clock.name, clock.length) for clock in terms.clocks] == [
        ("return-term", 180),
        ("return", 10),
        ("return-report", 15),
    ]


def test_waste_leaves_the_country_with_consent_and_movement_document_a_product_without() -> None:
    assert {"export_consent", "movement_document"}.isdisjoint(names("export"))
    assert {"export_consent", "movement_document", "manifest"} <= set(names("export", waste="RP"))


def test_the_document_of_dangerous_goods_follows_the_standard_of_the_day() -> None:
    def article(on: str) -> str:
        return next(paper.article for paper in papers_of("new_product", "road", on) if paper.name == "dangerous_goods")

    assert article("2024-11-22") == "NOM-043-SCT/2003"
    assert article("2024-11-23").startswith("NOM-043-SCT-SEMAR-ARTF-2023")


def test_carta_porte_is_drawn_for_the_road_since_its_first_day() -> None:
    assert "carta_porte" in names("new_product", on="2021-12-01")
    assert "carta_porte" not in names("new_product", on="2021-11-30")
    assert "carta_porte" not in names("new_product", mode="sea")
    assert "carta_porte" in names("new_product", mode=None)


@pytest.mark.parametrize(("condition", "has_card"), [("sound", False), ("damaged", True), ("critical", True)])
def test_damage_brings_the_isolation_card(condition: Condition, has_card: bool) -> None:
    papers = papers_of("waste_rp", "road", ON, conditions=frozenset({"sound", condition}))

    assert ("isolation_card" in [paper.name for paper in papers]) is has_card


def test_goods_without_a_un_number_take_no_dangerous_goods_papers() -> None:
    plain = [paper.name for paper in papers_of("new_product", "road", ON, is_dangerous=False)]
    waste = [paper.name for paper in papers_of("waste_rp", "road", ON, is_dangerous=False)]

    assert plain == ["carta_porte"]
    assert "authorisations" in waste
    assert "dangerous_goods" not in waste


def test_the_law_of_the_permits_follows_the_class_of_the_waste() -> None:
    def article(purpose: Purpose, waste: Waste | None = None) -> str:
        listed = papers_of(purpose, "road", ON, waste=waste)
        return next(paper.article for paper in listed if paper.name == "authorisations")

    assert article("waste_rp").startswith("LGPGIR 42, 50")
    assert article("waste_rme", waste="RME") == article("second_life", waste="RME") == "LGPGIR 9 III; law of the state"
    assert article("second_life", waste="RP") == article("waste_rp")


def test_every_form_that_has_a_running_number_is_a_paper() -> None:
    assert set(get_args(PaperForm)) <= set(FOLDER_ORDER)


def test_nothing_is_in_force_before_its_first_day() -> None:
    terms = terms_of("waste_rp", "2006-12-29")

    assert (terms.papers, terms.clocks, terms.checks) == ((), (), ())
