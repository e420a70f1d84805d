"""Obligations of values as statements leave them. Reading a key that nobody asked for fails: ``keys_of`` is whole."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.obligation import Obligation
from compliance.obligations.dispatch import dependents_of, keys_of, obligations_of
from compliance.obligations.view import View, base_keys, further_base_keys
from ledger.domain.payload import act_key, party_key, unit_key
from ledger.domain.values import parse_instant
from ledger.event import sign_event
from ledger.fold.life import keep_generation
from ledger.fold.state import Value
from tests.yard import PreloadedState, Yard

DIGEST = "ab" * 32
DAY = 86400


@pytest.fixture
def yard() -> Yard:
    """Noon of Tuesday 2026-09-01 in Mexico City; carrier and recycler are permitted for hazardous waste."""
    yard = Yard()
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    wait_until(yard, "2026-09-01")
    return yard


def wait_until(yard: Yard, day: str) -> None:
    yard.pass_time(parse_instant(f"{day}T18:00:00Z") - yard.now)


def loaded(yard: Yard, keys: list[str]) -> PreloadedState:
    return PreloadedState({key: yard.state.get(key) for key in keys})


def due(yard: Yard, key: str) -> dict[str, Obligation]:
    """The obligations of a key by requirement and part, loaded in the two rounds that callers load in."""
    base = base_keys()
    shared = loaded(yard, base + further_base_keys(loaded(yard, base)))
    value = yard.state[key]
    first = keys_of(
        key,
        value,
        PreloadedState(dict.fromkeys(f"{register}/{key.partition('/')[2]}" for register in ("generator", "permits"))),
    )
    rounds = keys_of(key, value, loaded(yard, first))
    rows = obligations_of(key, value, View.of(shared).over(loaded(yard, rounds)))
    return {"/".join(filter(None, (row.requirement, row.part))): row for row in rows}


def file(yard: Yard, subject: str, **about: Any) -> str:
    filing = yard.new_id("fil")
    said: dict[str, Any] = {"filing": filing, "to": yard.semarnat.party, "digest": DIGEST, **about}
    yard.say(yard.workshop, "filing.submitted", subject=subject, **said)
    return filing


def travel(yard: Yard, pack: str) -> str:
    terms: dict[str, Any] = {"purpose": "waste_rp", "destination": yard.recycler.site, "site": yard.workshop.site}
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier], **terms)
    paper: dict[str, Any] = {"consignment": consignment, "form": "manifest", "number": "N-1"}
    yard.say(yard.workshop, "paper.issued", **paper)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    lines = [{"id": pack, "outcome": "accepted"}]
    said: dict[str, Any] = {"basis": "offer", "lines": lines, "site": yard.recycler.site}
    yard.pass_time(DAY)
    yard.say(yard.recycler, "consignment.received", consignment=consignment, **said)
    return consignment


def test_the_clock_of_a_pack_goes_with_it_and_ends_with_it(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    assert due(yard, unit_key(pack))["R01"].party == yard.workshop.party

    travel(yard, pack)
    row = due(yard, unit_key(pack))["R01"]
    assert (row.party, row.since_on, row.due_on) == (yard.recycler.party, "2026-09-01", "2027-03-01")

    wait_until(yard, "2027-03-02")
    module = yard.description(unit_kind="module", mass_g=yard.unit(pack)["mass_g"])
    made_id = yard.new_unit_id()
    part = {"id": made_id, "description": module}
    yard.say(yard.recycler, "unit.dismantled", unit=pack, parts=[part], unexplained_g=0)
    ended = due(yard, unit_key(pack))["R01"]
    made = due(yard, unit_key(made_id))["R01"]
    assert (made.party, made.closed_on, made.standing("2027-03-02")) == (yard.recycler.party, None, "overdue")
    assert (ended.party, ended.closed_on, ended.standing("2027-03-02")) == (
        yard.recycler.party,
        "2027-03-02",
        "met_late",
    )


def test_who_has_waste_on_the_road_does_not_answer_for_its_storage(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    offered = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier], purpose="waste_rp")
    yard.say(yard.carrier, "consignment.picked_up", consignment=offered, units=[pack])

    assert yard.unit(pack)["holder"] == yard.carrier.party
    assert due(yard, unit_key(pack))["R01"].party == yard.workshop.party


def test_what_is_mixed_was_held_by_who_held_the_oldest_of_it() -> None:
    young: Value = {"generated": {"at": 2, "by": "pty_a"}}
    old: Value = {"generated": {"at": 1, "by": "pty_b"}, "held": [["pty_c", 2]]}
    mixed: Value = {}
    keep_generation(mixed, [young, old, {}])
    assert mixed == old

    keep_generation(mixed, [young])
    assert mixed == young


def test_a_pack_that_is_made_anew_was_waste_until_then(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    wait_until(yard, "2027-03-02")
    yard.permit(yard.workshop, "repurposing", waste_classes=["RP"])
    yard.say(yard.workshop, "unit.remanufactured", units=[pack], work="cells replaced")

    assert "generated" not in yard.unit(pack)
    assert due(yard, unit_key(pack))["R01"].standing("2027-03-02") == "met_late"


def test_an_extension_that_nobody_answers_is_granted(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    wait_until(yard, "2027-01-28")
    filing = file(yard, "storage_extension", units=[pack])
    assert dependents_of(act_key(filing), yard.act(filing)) == [unit_key(pack)]

    rows = due(yard, unit_key(pack))
    assert (rows["R02"].strict_on, rows["R02"].standing("2027-01-28")) == ("2027-01-28", "met")
    assert (rows["R01"].strict_on, rows["R02"].facts["granted_on"]) == ("2027-09-01", "2027-02-16")


def test_a_load_has_its_original_due_until_it_is_back(yard: Yard) -> None:
    consignment = travel(yard, yard.determined_pack("RP"))
    rows = due(yard, act_key(consignment))
    assert (rows["R03"].due_on, rows["R03"].closed_on) == ("2026-11-02", None)
    assert (rows["R04"].since_on, rows["R04"].party) == ("2026-09-02", yard.recycler.party)

    wait_until(yard, "2026-11-03")
    paper: dict[str, Any] = {"consignment": consignment, "form": "manifest", "number": "N-1"}
    yard.say(yard.workshop, "paper.returned", **paper)
    assert due(yard, act_key(consignment))["R03"].standing("2026-11-03") == "met_late"


def test_the_notice_that_the_original_lacks_closes_it_too(yard: Yard) -> None:
    consignment = travel(yard, yard.determined_pack("RP"))
    wait_until(yard, "2026-11-02")
    file(yard, "manifest_not_returned", about=consignment)

    assert due(yard, act_key(consignment))["R03"].standing("2026-11-03") == "met"


def test_an_incident_with_hazardous_waste_is_formalised(yard: Yard) -> None:
    pack, special = yard.determined_pack("RP"), yard.determined_pack("RME")
    incident, harmless = yard.new_id("inc"), yard.new_id("inc")
    fire: dict[str, Any] = {"nature": "thermal_event", "site": yard.workshop.site}
    yard.say(yard.workshop, "incident.reported", incident=incident, units=[pack, special], **fire)
    yard.say(yard.workshop, "incident.reported", incident=harmless, units=[special], **fire)
    assert due(yard, act_key(incident))["R28"].due_on == "2026-09-04"
    assert due(yard, act_key(harmless)) == {}

    file(yard, "incident", about=incident)
    assert due(yard, act_key(incident))["R28"].closed_on == "2026-09-01"


def test_a_loss_is_told_by_a_filing_that_names_the_unit_or_by_an_incident(yard: Yard) -> None:
    packs = [yard.determined_pack("RP") for _ in range(2)]
    yard.say(yard.workshop, "incident.reported", incident=yard.new_id("inc"), nature="loss", units=[packs[1]])
    for pack in packs:
        yard.say(yard.workshop, "unit.lost", units=[pack])
    assert due(yard, unit_key(packs[0]))["R28"].closed_on is None
    assert "R28" not in due(yard, unit_key(packs[1]))

    file(yard, "loss", units=[packs[0]])
    assert due(yard, unit_key(packs[0]))["R28"].closed_on == "2026-09-01"
    for pack in packs:
        yard.say(yard.workshop, "unit.found", units=[pack])
        assert not {"incident", "told_at", "lost"} & set(yard.unit(pack))


def test_what_was_lost_is_stored_by_nobody(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    yard.say(yard.workshop, "unit.lost", units=[pack])
    assert due(yard, unit_key(pack))["R01"].closed_on == "2026-09-01"

    yard.say(yard.workshop, "unit.found", units=[pack])
    assert due(yard, unit_key(pack))["R01"].closed_on is None


def seize(yard: Yard, pack: str) -> None:
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=[pack], act=yard.act_of_today())
    yard.say(yard.semarnat, "unit.seized", units=[pack], order=order)


def test_who_seizes_waste_is_not_charged_with_storing_it_nor_who_had_it_from_that_day_on(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    wait_until(yard, "2026-10-01")
    seize(yard, pack)
    rows = due(yard, unit_key(pack))

    assert {row.party for row in rows.values()} == {yard.workshop.party}
    assert (rows["R01"].closed_on, rows["R01"].standing("2028-01-01")) == ("2026-10-01", "met")


def test_who_let_the_term_pass_before_the_seizure_was_late(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    wait_until(yard, "2027-03-10")
    seize(yard, pack)
    row = due(yard, unit_key(pack))["R01"]

    assert (row.party, row.standing("2027-03-09"), row.standing("2027-03-10")) == (
        yard.workshop.party,
        "overdue",
        "met_late",
    )


def test_a_large_generator_reports_once_a_year(yard: Yard) -> None:
    yard.register_generator(yard.workshop, "gran", from_on="2026-02-01")
    key = party_key(yard.workshop.party)
    assert {"R38", "R11/2026", "R11/2027"} <= set(due(yard, key))

    wait_until(yard, "2027-06-30")
    file(yard, "annual_report", year=2026)
    assert due(yard, key)["R11/2026"].standing("2027-07-01") == "met"


def test_a_provider_reports_once_a_year(yard: Yard) -> None:
    key = party_key(yard.carrier.party)
    permit = yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    assert key in dependents_of(act_key(permit), yard.act(permit))
    year = yard.act(permit)["timeline"][0]["from_on"][:4]
    assert f"R11/{year}" in due(yard, key)
    assert not any(name.startswith("R11") for name in due(yard, party_key(yard.workshop.party)))


def test_an_application_for_renewal_is_noted_on_its_permit(yard: Yard) -> None:
    permit = yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    to_on = yard.act(permit)["timeline"][0]["to_on"]
    name = f"R08/{to_on}"
    row = due(yard, act_key(permit))[name]
    wait_until(yard, row.since_on)
    application = yard.apply(yard.carrier, "renewal", authorisation=permit)
    assert dependents_of(act_key(application), yard.act(application)) == [act_key(permit)]

    assert due(yard, act_key(permit))[name].closed_on == row.since_on


def test_a_reform_that_is_enacted_starts_the_clock_of_what_is_in_store(yard: Yard) -> None:
    pack = yard.waste_pack()
    assert due(yard, unit_key(pack)) == {}

    said: dict[str, Any] = {"jurisdiction": {"code": "MX"}, "from_on": "2026-10-01", "tables": {"undetermined": "RP"}}
    yard.say(yard.semarnat, "regime.enacted", regime="reform", **said)
    assert due(yard, unit_key(pack))["R01"].since_on == "2026-10-01"


def test_what_was_late_stays_told_when_it_is_discarded_once_more(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    wait_until(yard, "2027-03-02")
    yard.permit(yard.workshop, "repurposing", waste_classes=["RP"])
    yard.say(yard.workshop, "unit.repurposed", units=[pack], application="stationary")
    yard.say(yard.workshop, "unit.discarded", units=[pack], reason="end_of_life", site=yard.workshop.site)
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="crit_test")

    rows = due(yard, unit_key(pack))
    assert (rows["R01"].since_on, rows["R01"].standing("2027-03-02")) == ("2027-03-02", "pending")
    assert (rows["R01/earlier"].since_on, rows["R01/earlier"].standing("2027-03-02")) == ("2026-09-01", "met_late")


def test_parts_have_the_extension_and_the_way_back_of_what_they_were_taken_from(yard: Yard) -> None:
    pack = yard.new_unit_id()
    entry: dict[str, Any] = {"pedimento": "26 24 3987 6000123", "regime": "temporary"}
    yard.say(yard.recycler, "unit.imported", units=[pack], description=yard.description(), **entry)
    yard.say(yard.recycler, "unit.discarded", units=[pack], reason="end_of_life")
    yard.say(yard.recycler, "unit.classified", units=[pack], waste_class="RP", method="crit_test")
    wait_until(yard, "2027-01-28")
    asked: dict[str, Any] = {"filing": yard.new_id("fil"), "to": yard.semarnat.party, "digest": DIGEST}
    yard.say(yard.recycler, "filing.submitted", subject="storage_extension", units=[pack], **asked)
    module_id = yard.new_unit_id()
    module = {"id": module_id, "description": yard.description(unit_kind="module")}
    yard.permit(yard.recycler, "dismantling", waste_classes=["RP"])
    yard.say(yard.recycler, "unit.dismantled", unit=pack, parts=[module], unexplained_g=0)

    rows = due(yard, unit_key(module_id))
    assert (rows["R01"].strict_on, rows["R27"].since_on, rows["R27"].closed_on) == ("2027-09-01", "2026-09-01", None)


def test_a_mixture_has_only_the_time_that_was_asked_for_all_of_it() -> None:
    old: Value = {"generated": {"at": 1, "by": "pty_a"}, "extensions": ["fil_a", "fil_b"]}
    young: Value = {"generated": {"at": 2, "by": "pty_a"}, "extensions": ["fil_b"]}
    mixed: Value = {}
    keep_generation(mixed, [young, old])
    assert mixed == {"generated": old["generated"], "extensions": ["fil_b"]}

    keep_generation(mixed, [old, {"generated": {"at": 3, "by": "pty_a"}}])
    assert mixed == {"generated": old["generated"]}


def test_waste_of_years_before_any_known_calendar_is_overdue_all_the_same(yard: Yard) -> None:
    pack = yard.new_unit_id()
    found: dict[str, Any] = {"units": [pack], "basis": "first_seen", "stage": "waste"}
    said = yard.members(yard.workshop, "unit.registered", description=yard.description(), **found)
    yard.record(sign_event(yard.workshop.key, {**said, "occurred_at": "2015-03-03T12:00:00Z"}))
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="crit_test")
    yard.register_generator(yard.workshop, "gran", from_on="2014-12-20")

    assert due(yard, unit_key(pack))["R01"].standing("2026-09-01") == "overdue"
    assert due(yard, party_key(yard.workshop.party))["R38"].standing("2026-09-01") == "overdue"


def test_stolen_waste_is_told_of_like_lost_waste(yard: Yard) -> None:
    pack = yard.determined_pack("RP")
    yard.say(yard.workshop, "unit.stolen", units=[pack])
    row = due(yard, unit_key(pack))["R28"]
    assert (row.due_on, row.facts["nature"], row.closed_on) == ("2026-09-04", "theft", None)

    file(yard, "loss", units=[pack])
    assert due(yard, unit_key(pack))["R28"].closed_on == "2026-09-01"
    yard.say(yard.workshop, "unit.recovered", units=[pack])
    assert not {"stolen", "told_at"} & set(yard.unit(pack))


def test_an_incident_told_before_waste_was_known_to_be_hazardous_does_not_stand_for_its_loss(yard: Yard) -> None:
    pack = yard.waste_pack()
    yard.say(yard.workshop, "incident.reported", incident=yard.new_id("inc"), nature="loss", units=[pack])
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="crit_test")
    yard.say(yard.workshop, "unit.lost", units=[pack])

    assert due(yard, unit_key(pack))["R28"].closed_on is None
