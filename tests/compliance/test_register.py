"""Registers of RLGPGIR 71: each entry of waste with its exit, told from a unit's own history."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.register import Field, RegisterRow, belongs_to, completeness_of, process_rows
from ledger.domain.payload import act_key
from ledger.event import parse_event
from tests.compliance.disposals import (
    DAY_S,
    PACK_G,
    WEIGHED_G,
    give_waste,
    hand_over,
    make_waste,
    open_year,
    recycle,
)
from tests.compliance.history import rows_of, stays_of
from tests.yard import Yard


@pytest.fixture
def yard() -> Yard:
    made = Yard()
    open_year(made)
    return made


def only(rows: list[RegisterRow]) -> RegisterRow:
    [row] = rows
    return row


def test_waste_that_was_stored_and_given_away_fills_every_field(yard: Yard) -> None:
    [pack] = give_waste(yard, yard.pass_time)
    own, received = rows_of(yard, pack)

    assert (own.area, own.entered_on, own.left_on, own.next_handling) == (
        "end_of_life",
        "2025-01-06",
        "2025-01-09",
        "waste_rp",
    )
    assert own.provider is not None
    assert own.carrier is not None
    assert (own.provider.name, own.provider.permit) == ("Recicladora Demo, S.A. de C.V.", "19-39-PS-0001-2024")
    assert (own.characteristics, own.missing) == (("R", "I"), ())
    assert (received.entry, received.origin and received.origin.party) == ("received", yard.workshop.party)
    assert (own.mass_g, received.mass_g, received.mass_basis) == (PACK_G, WEIGHED_G, "weighed")


def without_characteristics(yard: Yard) -> list[str]:
    packs = make_waste(yard, characteristics=[])
    yard.say(yard.workshop, "unit.stored", units=packs, site=yard.workshop.site)
    return packs


def never_stored(yard: Yard) -> list[str]:
    return make_waste(yard)


def found_without_history(yard: Yard) -> list[str]:
    pack, workshop = yard.new_unit_id(), yard.workshop
    what: dict[str, Any] = {"basis": "first_seen", "stage": "waste", "site": workshop.site}
    yard.say(workshop, "unit.registered", units=[pack], description=yard.description(), **what)
    stated: dict[str, Any] = {"waste_class": "RP", "method": "knowledge", "characteristics": ["R"]}
    yard.say(workshop, "unit.classified", units=[pack], **stated)
    yard.say(workshop, "unit.stored", units=[pack], site=workshop.site)
    return [pack]


def given_to_a_natural_person(yard: Yard) -> list[str]:
    yard.recycler = yard.new_party(None, form="fisica")
    yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
    packs = make_waste(yard)
    yard.say(yard.workshop, "unit.stored", units=packs, site=yard.workshop.site)
    hand_over(yard, packs, yard.pass_time)
    return packs


@pytest.mark.parametrize(
    ("tell", "missing"),
    [
        (without_characteristics, ("b",)),
        (found_without_history, ("c",)),
        (never_stored, ("d",)),
        (given_to_a_natural_person, ("f",)),
    ],
)
def test_a_row_names_the_field_that_nobody_stated(yard: Yard, tell: Any, missing: tuple[Field, ...]) -> None:
    [pack] = tell(yard)

    assert rows_of(yard, pack)[0].missing == missing


def test_who_answers_for_the_register_is_missing_until_it_is_named(yard: Yard) -> None:
    [pack] = give_waste(yard, yard.pass_time)

    assert rows_of(yard, pack, responsible=None)[0].missing == ("g",)


def test_special_handling_waste_lacks_nothing_by_an_article_that_is_not_about_it(yard: Yard) -> None:
    pack = yard.waste_pack()
    row = only(rows_of(yard, pack, responsible=None))

    assert (row.waste_class, row.missing) == ("RME", ())


def test_what_was_declared_no_waste_is_in_no_register(yard: Yard) -> None:
    [pack] = make_waste(yard, waste_class="not_waste", characteristics=[], waste_codes=[])

    assert only(rows_of(yard, pack)).waste_class is None


def test_a_move_to_another_store_of_the_same_party_is_an_exit_and_an_entry(yard: Yard) -> None:
    packs = make_waste(yard)
    yard.say(yard.workshop, "unit.stored", units=packs, site=yard.workshop.site)
    second = yard.new_id("sit")
    place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
    yard.say(yard.operator, "site.registered", registered=second, operated_by=yard.workshop.party, place=place)
    yard.pass_time(DAY_S)
    yard.say(yard.workshop, "unit.stored", units=packs, site=second)
    first, moved = stays_of(yard, packs[0])

    assert (first.site, first.exit, moved.site, moved.entry) == (yard.workshop.site, "unit.stored", second, "moved")
    assert (first.until, first.generator) == (moved.since, moved.generator)


def test_a_withdrawn_discard_leaves_no_row(yard: Yard) -> None:
    pack = yard.produce()
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.workshop, "unit.removed", units=[pack], reason="end_of_life")
    discarded = yard.say(yard.workshop, "unit.discarded", units=[pack], reason="end_of_life")
    yard.say(
        yard.workshop, "event.annulled", event=discarded, subjects=[{"key": f"unit/{pack}"}], reason="did_not_happen"
    )

    assert stays_of(yard, pack) == ()


def test_what_is_refused_and_taken_back_comes_to_the_store_a_second_time(yard: Yard) -> None:
    packs = make_waste(yard)
    yard.say(yard.workshop, "unit.stored", units=packs, site=yard.workshop.site)
    consignment = yard.offer(yard.workshop, yard.recycler, packs, [yard.carrier], purpose="waste_rp")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    yard.say(yard.recycler, "consignment.refused", consignment=consignment, units=packs, reason="no_capacity")
    yard.say(yard.workshop, "consignment.returned", consignment=consignment, units=packs, site=yard.workshop.site)
    first, second = stays_of(yard, packs[0])

    assert (first.exit, second.entry, second.party) == ("consignment.picked_up", "returned", yard.workshop.party)
    assert second.until is None


def test_an_offer_that_was_never_picked_up_takes_nothing_out_of_the_store(yard: Yard) -> None:
    packs = make_waste(yard)
    yard.offer(yard.workshop, yard.recycler, packs, [yard.carrier], purpose="waste_rp")

    assert only(rows_of(yard, packs[0])).left_on is None


def test_a_lost_pack_has_left_until_it_is_found(yard: Yard) -> None:
    packs = make_waste(yard)
    yard.say(yard.workshop, "unit.lost", units=packs)
    yard.pass_time(DAY_S)
    yard.say(yard.workshop, "unit.found", units=packs, site=yard.workshop.site)
    lost, found = rows_of(yard, packs[0])

    assert (lost.next_handling, found.entry, found.left_on) == ("lost", "found", None)
    assert (lost.generated_on, found.generated_on) == ("2025-01-06", None)


def test_what_is_dismantled_goes_on_as_its_parts_and_keeps_what_was_determined(yard: Yard) -> None:
    packs = make_waste(yard)
    part = yard.new_unit_id()
    what = yard.description(unit_kind="module", mass_g=PACK_G)
    parts = [{"id": part, "description": what}]
    yard.say(yard.workshop, "unit.dismantled", unit=packs[0], parts=parts, unexplained_g=0, site=yard.workshop.site)
    whole, module = only(rows_of(yard, packs[0])), only(rows_of(yard, part))

    assert (whole.next_handling, module.entry, module.generated_on) == ("dismantling", "made", None)
    assert (module.characteristics, module.waste_class, module.generator) == (("R", "I"), "RP", yard.workshop.party)


def test_what_becomes_a_product_leaves_the_register_and_stays_in_it_as_what_it_was(yard: Yard) -> None:
    packs = give_waste(yard, yard.pass_time)
    _, lot = recycle(yard, packs)
    yard.say(yard.recycler, "product.released", release=yard.new_id("rel"), units=[lot], specification="NMT")
    row = only(rows_of(yard, lot))

    assert (row.next_handling, row.waste_class, row.generated_on) == ("product", "RP", None)


def test_a_process_tells_what_was_fed_and_what_left_it(yard: Yard) -> None:
    packs = give_waste(yard, yard.pass_time, units=2)
    batch, _ = recycle(yard, packs)
    rows = [row for pack in packs for row in rows_of(yard, pack)]
    payloads = [parse_event(raw).payload for raw in yard.entries]
    steps = [payload for payload in payloads if act_key(batch) in [subject.key for subject in payload.extends]]
    [process] = process_rows(rows, yard.state, {batch: steps})

    assert (process.units, process.fed_g, process.steps) == (2, 2 * WEIGHED_G, ("shredding",))
    assert [(one.material, one.mass_g) for one in process.emissions] == [("CO2", 1000)]
    assert (process.permit, process.missing) == ("19-39-PS-0001-2024", ("d",))


def test_own_waste_and_that_of_others_are_in_different_registers(yard: Yard) -> None:
    [pack] = give_waste(yard, yard.pass_time)
    own, received = rows_of(yard, pack)

    assert belongs_to(own, "generator", yard.workshop.party)
    assert not belongs_to(own, "centre", yard.workshop.party)
    assert belongs_to(received, "centre", yard.recycler.party)
    assert not belongs_to(received, "recycler", yard.recycler.party)


def test_completeness_counts_rows_and_fields(yard: Yard) -> None:
    rows = [row for pack in [*never_stored(yard), *without_characteristics(yard)] for row in rows_of(yard, pack)]
    found = completeness_of(rows)

    assert (found.rows, found.incomplete, found.by_field) == (2, 2, {"b": 1, "d": 1})
    assert completeness_of([]).complete
