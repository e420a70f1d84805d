"""The draft of the yearly report: its totals are the ledger's."""

from __future__ import annotations

import random

import pytest

from compliance.annual_report import AnnualReport, ReportDraft, total
from compliance.rulebook import CURRENT
from compliance.tally import Amount, generated, in_store, stock_key
from ledger.event import parse_event
from ledger.fold.regime import tables_on
from tests.compliance.disposals import DAY_S, PACK_G, WEIGHED_G, give_waste, make_waste, open_year, recycle
from tests.compliance.history import rows_at
from tests.yard import Actor, Yard

YEAR_S = 365 * DAY_S


@pytest.fixture
def yard() -> Yard:
    made = Yard(rules=CURRENT)
    open_year(made)
    made.permit(made.workshop, "repurposing", "dismantling", waste_classes=["RP", "RME"])
    return made


def report_of(yard: Yard, actor: Actor, year: int = 2025, *, whole: bool = False) -> AnnualReport:
    site = None if whole else actor.site
    draft = ReportDraft(year, actor.party, site)
    for row in rows_at(yard, actor.party, site):
        if row.waste_class == "RP":
            draft.take(row)
    return draft.finish(generated(yard.state, actor.party, year, "RP", site=site))


def sum_of_state(yard: Yard, actor: Actor, year: int) -> Amount:
    """Told from the units themselves, without counters and without rows."""
    units = [value for key, value in yard.state.items() if key.startswith("unit/") and "generated" in value]
    mine = [
        unit
        for unit in units
        if unit["generated"]["by"] == actor.party
        and unit.get("waste_class") == "RP"
        and "from" not in unit
        and unit["stage"] not in ("superseded", "annulled")
    ]
    first = 1_735_711_200 + (year - 2025) * YEAR_S
    dated = [unit for unit in mine if first <= unit["generated"]["at"] < first + YEAR_S]
    return total(Amount(unit["mass_g"], 1) for unit in dated)


def stock_of(yard: Yard, actor: Actor) -> Amount:
    tables = tables_on(yard.state, "MX", "2025-12-31")
    return in_store(yard.state.get(stock_key(str(actor.site))), tables).get("RP", Amount())


def test_what_was_generated_given_and_kept_adds_up(yard: Yard) -> None:
    give_waste(yard, yard.pass_time, units=3)
    make_waste(yard)
    report = report_of(yard, yard.workshop)
    [given] = report.given.items()

    assert report.generated_in_all == Amount(4 * PACK_G, 4)
    assert report.agrees
    assert (given[0].provider, given[0].provider_permit) == ("Recicladora Demo, S.A. de C.V.", "19-39-PS-0001-2024")
    assert given[1] == report.left == Amount(3 * PACK_G, 3)
    assert report.closing == Amount(PACK_G, 1) == stock_of(yard, yard.workshop)
    assert (report.opening, report.days_max) == (Amount(), 355)


def test_what_was_taken_in_and_processed_adds_up(yard: Yard) -> None:
    packs = give_waste(yard, yard.pass_time, units=3)
    recycle(yard, packs[:2])
    report = report_of(yard, yard.recycler)

    assert {origin.name: amount for origin, amount in report.taken.items()} == {
        "Taller Demo, S.A. de C.V.": Amount(3 * WEIGHED_G, 3)
    }
    assert report.processed == Amount(2 * WEIGHED_G, 2)
    # the third pack, and the black mass, which the recycler generated itself
    assert report.closing == Amount(WEIGHED_G + 2 * WEIGHED_G - 2000, 2) == stock_of(yard, yard.recycler)
    assert report.generated_in_all == report.tallied == Amount(2 * WEIGHED_G - 2000, 1)


def test_what_lies_over_the_new_year_is_closing_and_then_opening_and_is_generated_once(yard: Yard) -> None:
    make_waste(yard)
    yard.pass_time(YEAR_S)
    first, second = report_of(yard, yard.workshop), report_of(yard, yard.workshop, 2026)

    assert first.closing == second.opening == Amount(PACK_G, 1)
    assert (second.came, second.generated_in_all, second.agrees) == (Amount(), Amount(), True)


def test_special_handling_waste_is_no_matter_of_the_report(yard: Yard) -> None:
    yard.waste_pack()

    assert report_of(yard, yard.workshop, whole=True).generated_in_all == Amount()


def test_the_rows_of_another_site_disagree_with_the_counter_of_this_one(yard: Yard) -> None:
    make_waste(yard)
    draft = ReportDraft(2025, yard.workshop.party, yard.workshop.site)

    assert not draft.finish(generated(yard.state, yard.workshop.party, 2025, site=yard.workshop.site)).agrees


@pytest.mark.parametrize("seed", range(4))
def test_rows_counters_and_units_say_the_same_after_any_history(yard: Yard, seed: int) -> None:
    chance = random.Random(seed)
    made: list[str] = []
    for _ in range(12):
        _do_something(yard, chance, made)
        yard.pass_time(chance.randrange(40 * DAY_S))
    for actor in (yard.workshop, yard.recycler):
        for year in (2025, 2026):
            report = report_of(yard, actor, year, whole=True)
            assert report.agrees, (seed, actor, year)
            assert report.tallied == sum_of_state(yard, actor, year)


def _do_something(yard: Yard, chance: random.Random, made: list[str]) -> None:
    workshop = yard.workshop
    held = [unit for unit in made if yard.unit(unit).get("holder") == workshop.party]
    held = [unit for unit in held if yard.unit(unit)["stage"] == "waste"]
    what = chance.choice(["make", "make", "give", "correct", "repurpose", "dismantle", "withdraw"])
    if what == "make" or not held:
        made += make_waste(yard, chance.randint(1, 2))
        return
    unit = chance.choice(held)
    match what:
        case "give":
            recycle(yard, give_waste(yard, yard.pass_time))
        case "correct":
            _correct_mass(yard, unit, chance.randint(-5000, 5000))
        case "repurpose":
            yard.say(workshop, "unit.repurposed", units=[unit], application="stationary")
        case "dismantle":
            part = yard.new_unit_id()
            description = yard.description(unit_kind="module", mass_g=yard.unit(unit)["mass_g"])
            parts = [{"id": part, "description": description}]
            yard.say(workshop, "unit.dismantled", unit=unit, parts=parts, unexplained_g=0, site=workshop.site)
        case "withdraw":
            _withdraw(yard, unit)


def _withdraw(yard: Yard, unit: str) -> None:
    """The last statement about the unit, if it may be withdrawn."""
    head = yard.unit(unit)["head"]
    event = next(event for event in map(parse_event, yard.entries) if event.id == head)
    keys = [subject.key for subject in event.payload.extends]
    if event.payload.annullable and {yard.head(key) for key in keys} == {head}:
        subjects = [{"key": key} for key in keys]
        yard.say(yard.workshop, "event.annulled", event=head, subjects=subjects, reason="typing_error")


def _correct_mass(yard: Yard, unit: str, more_g: int) -> None:
    """The maker mends what it stated; it takes effect once the workshop, which holds the pack, agrees."""
    events = [parse_event(raw) for raw in yard.entries]
    born = next(
        event
        for event in events
        if event.payload.kind == "unit.produced" and f"unit/{unit}" in event.payload.extends[0]
    )
    mass_g = yard.unit(unit)["mass_g"]
    mend = {"pointer": "/units/0/mass_g", "was": mass_g, "now": mass_g + more_g, "reason": "weighed_again"}
    corrected = yard.say(yard.maker, "event.corrected", event=born.id, **mend)
    yard.say(yard.workshop, "event.agreed", event=corrected)
    assert yard.unit(unit)["mass_g"] == mass_g + more_g
