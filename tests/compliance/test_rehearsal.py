"""What a reform would have changed: the ministry's rehearsal over the entries of a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from compliance.lawbook import proposals
from compliance.rehearsal import Difference, Outcome, Rehearsal, Rehearsed, summarise
from compliance.rulebook import CURRENT, rules_of
from ledger.audit.state import SpillingState
from ledger.audit.store.scratch import open_scratch
from ledger.domain.regime import RegimeTables
from tests.ledger.fold.story import accepted, fed, lot
from tests.yard import Yard

Members = dict[str, Any]
REFORM = Rehearsed("reform", "2025-01-01", proposals()["mx-reforma-nom-052"].tables, 72 * 3600)
TAKING, CARRYING = "LGPGIR 42, 50; RLGPGIR 56 III-IV", "LGPGIR 50 VI; RLGPGIR 46 VI"


def rehearse(yard: Yard, rehearsed: Rehearsed = REFORM, as_of: str | None = None) -> Outcome:
    with open_scratch(None) as scratch:
        rehearsal = Rehearsal(rehearsed, rules_of, SpillingState(scratch))
        for raw in yard.entries:
            rehearsal.take(raw)
        return rehearsal.outcome(as_of)


def of(outcome: Outcome, aspect: str) -> dict[tuple[str, str, str, str], int]:
    """How many there are by what, before, after and party."""
    return {
        (found.what, found.before, found.after, found.party): count.count
        for found, count in outcome.differences.items()
        if found.aspect == aspect
    }


@pytest.fixture
def yard() -> Yard:
    """State permits alone; a pack at the workshop, one received and fed into a batch, one Na-ion pack."""
    world = Yard(rules=CURRENT)
    world.permit(world.carrier, "transport")
    world.permit(world.recycler, "recycling")
    kept, sent = world.waste_pack(), world.waste_pack()
    sodium = world.produce(world.workshop, chemistry="Na_ion")
    world.say(world.workshop, "unit.discarded", units=[sodium], reason="end_of_life")
    consignment = world.offer(world.workshop, world.recycler, [sent], [world.carrier], destination=world.recycler.site)
    world.say(world.carrier, "consignment.picked_up", consignment=consignment, units=[sent])
    received: Members = {"basis": "offer", "lines": accepted(sent), "site": world.recycler.site}
    world.say(world.recycler, "consignment.received", consignment=consignment, **received)
    batch = world.new_id("bch")
    begun: Members = {"batch": batch, "activity": "recycling", "process": "shredding"}
    world.say(world.recycler, "batch.opened", **begun)
    world.say(world.recycler, "batch.fed", batch=batch, units=[fed(sent, 435_000)])
    outputs = [lot(world, 200_000), lot(world, 235_000, "foils")]
    world.say(world.recycler, "batch.closed", batch=batch, outputs=outputs, stock_g=0, unexplained_g=0)
    assert world.unit(kept)["stage"] == "waste"
    return world


def test_it_names_the_statements_that_would_have_been_refused_one_by_one(yard: Yard) -> None:
    outcome = rehearse(yard)

    refused = {
        (found.what, found.article, found.party): count.count
        for found, count in outcome.differences.items()
        if found.aspect == "refusal"
    }
    # offered, picked up, received, fed: each as if what was before it had happened
    assert refused == {
        ("authorisation-missing", TAKING, yard.workshop.party): 1,
        ("authorisation-missing", CARRYING, yard.carrier.party): 1,
        ("authorisation-missing", TAKING, yard.recycler.party): 1,
        ("authorisation-missing", "LGPGIR 50 IV", yard.recycler.party): 1,
    }


def test_it_counts_waste_that_would_be_of_another_class_by_holder_with_its_mass(yard: Yard) -> None:
    outcome = rehearse(yard)

    assert of(outcome, "class") == {
        ("pack", "RME", "RP", yard.workshop.party): 2,
        # what came out of a batch of hazardous waste keeps the class, whatever it is
        ("lot", "RME", "RP", yard.recycler.party): 2,
    }
    masses = summarise(outcome, lambda found: (found.aspect, found.party))
    assert masses["class", yard.recycler.party].mass_g == 435_000


def test_it_shows_what_would_be_due_and_by_which_article(yard: Yard) -> None:
    due = of(rehearse(yard), "obligation")

    assert due["R01", "none", "pending violation", yard.workshop.party] == 1
    later = of(rehearse(yard, as_of="2026-01-01"), "obligation")
    assert later["R01", "none", "overdue violation", yard.workshop.party] == 1


def test_before_its_first_day_nothing_is_otherwise(yard: Yard) -> None:
    outcome = rehearse(yard, replace(REFORM, from_on="2026-01-01"))

    assert (outcome.as_of, outcome.judged, of(outcome, "refusal"), of(outcome, "finding")) == ("2026-01-01", 0, {}, {})
    # from that day on, what is in store is of another class
    assert of(outcome, "class") == {
        ("pack", "RME", "RP", yard.workshop.party): 1,
        ("lot", "RME", "RP", yard.recycler.party): 1,
    }


def test_the_law_as_it_stands_changes_nothing(yard: Yard) -> None:
    standing = Rehearsed("mx-vigente", "2006-12-30", RegimeTables(), 72 * 3600)

    assert rehearse(yard, standing).differences == {}


def test_a_regime_that_the_log_enacts_later_does_not_hide_the_rehearsed_one() -> None:
    world = Yard(rules=CURRENT)
    law: Members = {"regime": "plain", "jurisdiction": {"code": "MX"}, "from_on": "2025-01-01"}
    world.say(world.semarnat, "regime.enacted", **law, tables={})
    pack = world.waste_pack()
    world.say(world.semarnat, "regime.enacted", **law, tables={})

    assert world.unit(pack)["stage"] == "waste"
    assert of(rehearse(world), "class") == {("pack", "RME", "RP", world.workshop.party): 1}


def test_a_milder_law_shows_the_findings_and_the_weight_that_would_be_gone() -> None:
    world = Yard(rules=CURRENT)
    world.permit(world.recycler, "recycling", waste_classes=["RP", "RME"])
    pack = world.waste_pack()
    said: Members = {"waste_class": "RP", "method": "crit_test", "characteristics": ["R"]}
    world.say(world.workshop, "unit.classified", units=[pack], **said)
    terms: Members = {"purpose": "waste_rp", "mode": "air", "destination": world.recycler.site}
    world.offer(world.workshop, world.recycler, [pack], **terms)
    tables = RegimeTables.model_validate({"effects": [{"requirement": "R66", "effect": "notice"}]})

    found = of(rehearse(world, replace(REFORM, tables=tables)), "finding")

    assert found == {("waste-by-air", "warning", "notice", world.workshop.party): 1}


def test_a_longer_window_shows_what_would_not_have_been_late() -> None:
    world = Yard(rules=CURRENT)
    pack = world.produce(world.workshop)
    happened = world.now
    world.pass_time(80 * 3600)
    world.say(world.workshop, "unit.discarded", units=[pack], reason="end_of_life", occurred_at="2025-01-06T15:00:00Z")
    assert happened < world.now
    lenient = Rehearsed("lenient", "2025-01-01", RegimeTables(), 100 * 3600)

    [found] = rehearse(world, lenient).differences

    assert (found.aspect, found.what, found.before, found.after) == ("finding", "late-recording", "private", "none")


def test_nothing_of_the_replay_is_left_in_the_log(yard: Yard) -> None:
    before = yard.state_bytes(), list(yard.entries)

    rehearse(yard)

    assert (yard.state_bytes(), yard.entries) == before


def test_a_summary_adds_up_over_parties(yard: Yard) -> None:
    outcome = rehearse(yard)

    def by_aspect(found: Difference) -> str:
        return found.aspect

    total = summarise(outcome, by_aspect)
    by_party: Iterator[int] = (
        count.count
        for (aspect, _), count in summarise(outcome, lambda f: (f.aspect, f.party)).items()
        if aspect == "class"
    )
    assert total["class"].count == sum(by_party) == 4


def test_what_an_authority_seized_is_told_of_the_party_that_it_was_seized_from(yard: Yard) -> None:
    pack, order = yard.waste_pack(), yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=[pack], act=yard.act_of_today())
    yard.say(yard.semarnat, "unit.seized", units=[pack], order=order)

    outcome = rehearse(yard, as_of="2026-01-01")

    assert yard.semarnat.party not in {found.party for found in outcome.differences}
    assert of(outcome, "class")["pack", "RME", "RP", yard.workshop.party] == 3
    assert of(outcome, "obligation")["R01", "none", "met violation", yard.workshop.party] == 1
