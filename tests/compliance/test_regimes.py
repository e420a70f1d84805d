"""The regimes that come with the program, and that no federal article of hazardous waste is cited against others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from certification.states import find_by_iso
from compliance.lawbook import enactment_of, parse_proposal, proposals
from compliance.obligations.dispatch import has_obligations, obligations_of
from compliance.obligations.view import View
from compliance.requirements.catalogue.rows import REQUIREMENTS, find_requirement
from compliance.rulebook import CURRENT
from ledger.domain.kinds import KINDS
from ledger.domain.regime import RegimeTables
from ledger.domain.values import Chemistry
from ledger.errors import AuthorisationMissing, RequirementNotMet
from ledger.fold.regime import FEDERAL, class_if_waste, tables_on
from tests.ledger.fold.story import accepted, fed, lot
from tests.yard import Actor, Yard

FOLDER = Path(__file__).parents[2] / "compliance" / "regimes"
Members = dict[str, Any]


@pytest.mark.parametrize("name", sorted(proposals()))
def test_every_regime_says_where_it_is_written_and_what_is_uncertain(name: str) -> None:
    proposal = proposals()[name]

    assert (proposal.regime, (FOLDER / f"{name}.json").is_file()) == (name, True)
    assert proposal.notes
    assert all(text.es != text.en for text in (proposal.title, *proposal.notes))
    if proposal.status == "in_force":
        assert {citation.confidence for citation in proposal.basis} == {"read"}
    elif proposal.tables != RegimeTables():
        # what nobody has read in a source of law changes nothing by itself: people are told that the day is assumed
        assert any("assumption" in note.en for note in proposal.notes)


def test_the_page_of_regimes_names_each_with_its_status() -> None:
    page = (FOLDER.parents[1] / "docs" / "regimes.md").read_text(encoding="utf-8")

    for name, proposal in proposals().items():
        assert f"| `{name}` | {proposal.status.replace('_', ' ')} |" in page


def test_the_law_as_it_stands_is_what_holds_where_nobody_enacted_anything() -> None:
    assert proposals()["mx-vigente"].tables == RegimeTables()
    pack = {"kind": "pack", "chemistry": "NMC622", "stage": "waste"}
    assert class_if_waste(pack, tables_on({}, FEDERAL, "2026-11-22")) == "RME"


def test_the_reform_names_every_lithium_chemistry_and_no_other() -> None:
    tables = proposals()["mx-reforma-nom-052"].tables.model_dump()
    named = {
        chemistry
        for chemistry in get_args(Chemistry)
        if class_if_waste({"kind": "pack", "chemistry": chemistry}, tables) == "RP"
    }

    assert set(get_args(Chemistry)) - named == {"Na_ion", "unknown"}


@pytest.mark.parametrize("name", sorted(proposals()))
def test_every_regime_can_be_enacted_by_the_authority_whose_law_it_is(name: str) -> None:
    yard = Yard(rules=CURRENT)
    members = enactment_of(proposals()[name])
    whose = members.setdefault("jurisdiction", {"code": "MX-JAL"})["code"]
    authority = yard.new_authority("Autoridad", ["enact"], whose)

    yard.say(authority, "regime.enacted", **members)

    assert yard.state[f"regime/{whose}"]["timeline"][0]["regime"] == name
    assert whose == "MX" or find_by_iso(whose) is not None


def test_a_regime_that_names_what_no_rule_knows_is_turned_away() -> None:
    whole = json.loads((FOLDER / "mx-vigente.json").read_text(encoding="utf-8"))
    misspelt: list[Members] = [
        {"numbers": [{"name": "storage_month", "value": 6}]},
        {"effects": [{"requirement": "R99x", "effect": "off"}]},
    ]
    for tables in misspelt:
        with pytest.raises(ValueError, match="no rule knows"):
            parse_proposal(json.dumps({**whole, "tables": tables}))
    fine = {"numbers": [{"name": "storage_months", "value": 9}], "effects": [{"requirement": "R01", "effect": "off"}]}
    assert parse_proposal(json.dumps({**whole, "tables": fine})).tables.numbers[0].value == 9


FEDERAL_OF_HAZARDOUS_WASTE = re.compile(
    r"(?<!R)LGPGIR [^;]*?\b(3[01]|4\d|5[0-9]|6\d|7\d|8\d|9[0-4]|106)\b|RLGPGIR [^;]*?\b(3[5-9]|[4-9]\d|1[0-5]\d)\b"
)
"""Titles of the law and of its regulation that are about hazardous waste alone."""


@pytest.mark.parametrize(
    ("article", "federal"),
    [
        ("LGPGIR 42, 50; RLGPGIR 56 III-IV", True),
        ("RLGPGIR 86 IV", True),
        ("LGPGIR 67 I, 106 X", True),
        ("LGPGIR 9 III; law of state 19", False),
        ("LGPGIR 9 III, 19 IX; law of the state", False),
        ("UN Model Regulations SP 376; 30 days: policy", False),
    ],
)
def test_a_federal_article_of_hazardous_waste_is_told_from_others(article: str, federal: bool) -> None:
    assert bool(FEDERAL_OF_HAZARDOUS_WASTE.search(article)) is federal


class Trespasser:
    """Does with special-handling waste all that hazardous waste would be found or refused for."""

    def __init__(self) -> None:
        self.yard = Yard(rules=CURRENT)
        self.articles: list[str] = []
        self.abroad = self.yard.new_party("Buyer abroad", form="foreign")

    def attempt(self, act: Callable[[], object]) -> None:
        """Do it; note what a refusal by law cites."""
        try:
            act()
        except (AuthorisationMissing, RequirementNotMet) as refusal:
            self.articles.append(str(refusal.facts["article"]))

    def pack(self, holder: Actor, determined: bool) -> str:
        pack = self.yard.waste_pack(holder)
        if determined:
            said: Members = {"waste_class": "RME", "method": "knowledge"}
            self.yard.say(holder, "unit.classified", units=[pack], **said)
        return pack

    def travel(self, pack: str, to: Actor, carrier: Actor, **terms: Any) -> str:
        yard = self.yard
        consignment = yard.offer(yard.workshop, to, [pack], [carrier], **terms)
        yard.say(carrier, "consignment.picked_up", consignment=consignment, units=[pack])
        return consignment

    def trespass(self, *, determined: bool) -> None:
        """What takes a permit, each with a pack of its own."""
        yard = self.yard
        packs = [self.pack(yard.workshop, determined) for _ in range(5)]
        self.attempt(lambda: yard.offer(yard.workshop, yard.centre, packs[:1], [yard.carrier]))
        self.attempt(lambda: yard.say(yard.workshop, "unit.disposed", units=packs[1:2], method="incineration"))
        self.attempt(lambda: yard.say(yard.workshop, "unit.disposed", units=packs[2:3], method="confinement"))
        self.attempt(lambda: yard.offer(yard.workshop, self.abroad, packs[3:4], purpose="export", border={}))
        part = {"id": yard.new_unit_id(), "description": yard.description(unit_kind="module", mass_g=400_000)}
        parts: Members = {"unit": packs[4], "parts": [part], "unexplained_g": 35_000}
        self.attempt(lambda: yard.say(yard.workshop, "unit.dismantled", **parts))

    def permit_all(self) -> None:
        yard = self.yard
        yard.permit(yard.carrier, "transport")
        yard.permit(yard.workshop, "export", "disposal", "repurposing")
        for actor in (yard.recycler, yard.centre):
            yard.permit(actor, "recycling", "storage", capacity_g_per_year=500_000)

    def live(self, *, determined: bool) -> None:
        """Late, by air, damaged, without papers, too much, short of mass, abroad, lost and spilled."""
        yard = self.yard
        packs = [self.pack(yard.workshop, determined) for _ in range(4)]
        yard.say(yard.workshop, "unit.assessed", units=packs[:1], method="visual", condition="critical")
        by_air: Members = {"mode": "air", "destination": yard.recycler.site}
        first = self.travel(packs[0], yard.recycler, yard.carrier, **by_air)
        lines: Members = {"lines": accepted(packs[0]), "site": yard.recycler.site}
        yard.say(yard.recycler, "consignment.received", consignment=first, basis="offer", **lines)
        second = self.travel(packs[1], yard.recycler, yard.carrier)
        short: Members = {"lines": [{"id": packs[1], "outcome": "missing"}]}
        yard.say(yard.recycler, "consignment.received", consignment=second, basis="offer", **short)
        third = self.travel(packs[2], self.abroad, yard.carrier, purpose="export", border={})
        document = {"digest": "0" * 64, "bytes": 1, "media_type": "application/pdf", "role": "movement_document"}
        stated: Members = {"country": "US", "border": {}, "documents": [document], "lines": accepted(packs[2])}
        yard.say(yard.workshop, "consignment.delivered", consignment=third, **stated)
        yard.say(yard.workshop, "unit.lost", units=[packs[3]])
        accident: Members = {"nature": "thermal_event", "units": packs[3:], "in_transport": True}
        yard.say(yard.workshop, "incident.reported", incident=yard.new_id("inc"), **accident)
        batch = yard.new_id("bch")
        yard.say(yard.recycler, "batch.opened", batch=batch, activity="recycling", process="shredding")
        yard.say(yard.recycler, "batch.fed", batch=batch, units=[fed(packs[0], 435_000)])
        out = lot(yard, 300_000)
        yard.say(yard.recycler, "batch.closed", batch=batch, outputs=[out], stock_g=0, unexplained_g=135_000)
        release: Members = {"release": yard.new_id("rel"), "units": [out["id"]], "specification": "NMX"}
        self.attempt(lambda: yard.say(yard.recycler, "product.released", **release))

    def found(self) -> list[str]:
        """The articles of refusals, findings and obligations so far; a finding without one has its requirement's."""
        stated = []
        for found in self.yard.findings():
            row = find_requirement(found["requirement"])
            stated.append(str(found.get("facts", {}).get("article") or (row.article if row is not None else "")))
        view = View.of(self.yard.state)
        due = [
            one.article
            for key, value in self.yard.state.items()
            if has_obligations(key)
            for one in obligations_of(key, value, view)
        ]
        return self.articles + stated + due


@pytest.mark.parametrize("determined", [True, False])
def test_no_federal_article_of_hazardous_waste_is_cited_against_special_handling_waste(determined: bool) -> None:
    offender = Trespasser()

    offender.trespass(determined=determined)
    offender.permit_all()
    offender.live(determined=determined)
    offender.yard.pass_time(400 * 86_400)
    offender.yard.tick()
    offender.trespass(determined=determined)

    cited = list(filter(None, offender.found()))
    assert len(cited) >= 10
    assert [article for article in cited if FEDERAL_OF_HAZARDOUS_WASTE.search(article)] == []


def test_a_requirement_of_special_handling_waste_cites_no_federal_article_of_hazardous_waste() -> None:
    of_states = [row for row in REQUIREMENTS.values() if row.applies == "RME"]

    assert [row.id for row in of_states if FEDERAL_OF_HAZARDOUS_WASTE.search(row.article)] == []


def test_the_kinds_of_law_are_public() -> None:
    assert {KINDS[kind].disclosure for kind in ("regime.enacted", "calendar.published")} == {"public"}
