from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    MalformedStatement,
    NotConcerned,
    NotHolder,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.fold.life import LIFE, TAGS_OPEN_MAX, TERMINAL
from ledger.fold.state import parse_step
from tests.ledger.fold.refusals import refused, requirements
from tests.ledger.fold.story import ACT, accepted, fed, lot_id, tag_id
from tests.yard import Actor, Yard

Members = dict[str, Any]

MORE: dict[str, Members] = {
    "unit.removed": {"reason": "other"},
    "unit.repaired": {"work": "bms"},
    "unit.remanufactured": {"work": "bms"},
    "unit.repurposed": {"application": "stationary"},
    "unit.reused": {"application": "stationary"},
    "unit.discarded": {"reason": "other"},
    "unit.classified": {"waste_class": "RME", "method": "listing"},
    "unit.exported": {"country": "US", "pedimento": "25 24 1"},
    "unit.returned": {"pedimento": "25 24 1"},
    "unit.disposed": {"method": "other"},
}
"""What a move of the table needs to say besides the units."""


def in_stage(yard: Yard, stage: str) -> str:
    """A unit of the workshop in this stage."""
    held: Members = {"basis": "first_seen", "description": yard.description()}
    if stage == "product":
        unit = lot_id(yard)
        held["description"] = yard.description(unit_kind="lot", material="salt")
        yard.say(yard.workshop, "unit.registered", units=[unit], stage="waste", **held)
        released: Members = {"release": yard.new_id("rel"), "specification": "NMX"}
        yard.say(yard.workshop, "product.released", units=[unit], **released)
        return unit
    unit = yard.new_unit_id()
    if stage == "exported":
        yard.say(yard.workshop, "unit.registered", units=[unit], stage="removed", **held)
        yard.say(yard.workshop, "unit.exported", units=[unit], **MORE["unit.exported"])
        return unit
    yard.say(yard.workshop, "unit.registered", units=[unit], stage=stage, **held)
    return unit


def order(yard: Yard, effect: str, *units: str) -> str:
    """An order of the ministry about these units."""
    issued: str = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=issued, effect=effect, units=list(units), act=ACT)
    return issued


def move(yard: Yard, kind: str, unit: str) -> Members:
    site = {"site": yard.workshop.site} if kind == "unit.stored" else {}
    return {"units": [unit], **MORE.get(kind, {}), **site}


STAGES = ("stock", "marketed", "in_use", "removed", "waste", "product", "exported")
PLAIN_MOVES = sorted(LIFE.keys() - {"unit.found", "unit.seized"})


@pytest.mark.parametrize("kind", PLAIN_MOVES)
def test_a_move_starts_from_the_stages_of_the_table_and_from_no_other(kind: str) -> None:
    yard = Yard()
    rule = LIFE[kind]
    for stage in STAGES:
        unit = in_stage(yard, stage)
        before = yard.unit(unit)
        if stage in rule.origin:
            yard.say(yard.workshop, kind, **move(yard, kind, unit))
            after = yard.unit(unit)
            expected = "removed" if kind == "unit.returned" else rule.stage or before["stage"]
            assert after["stage"] == expected
            holders = {None: before["holder"], "signer": yard.workshop.party}
            assert after.get("holder") == (None if expected in TERMINAL else holders.get(rule.holder, rule.holder))
        else:
            actor, holds = yard.workshop, before["holder"] == yard.workshop.party
            takes = kind in ("unit.removed", "unit.returned")
            refused(yard, TransitionNotAllowed if holds or takes else NotHolder, actor, kind, **move(yard, kind, unit))


@pytest.mark.parametrize("kind", sorted(set(PLAIN_MOVES) - {"unit.removed", "unit.returned"}))
def test_only_the_holder_makes_a_move(kind: str) -> None:
    yard = Yard()
    unit = in_stage(yard, next(stage for stage in STAGES if stage in LIFE[kind].origin))
    members = move(yard, kind, unit) | ({"site": yard.centre.site} if kind == "unit.stored" else {})

    refused(yard, NotHolder, yard.centre, kind, **members)


@pytest.mark.parametrize("kind", PLAIN_MOVES)
def test_an_order_stops_every_move_that_would_take_the_unit_away(kind: str) -> None:
    yard = Yard()
    rule = LIFE[kind]
    unit = in_stage(yard, next(stage for stage in STAGES if stage in rule.origin))
    quarantine = order(yard, "quarantine", unit)

    if not rule.under_order:
        refusal = refused(yard, TransitionNotAllowed, yard.workshop, kind, **move(yard, kind, unit))
        assert refusal.facts["orders"] == [quarantine]
        yard.say(yard.semarnat, "order.lifted", order=quarantine, units=[unit])
    yard.say(yard.workshop, kind, **move(yard, kind, unit))


@pytest.mark.parametrize("kind", sorted(set(PLAIN_MOVES) - {"unit.removed", "unit.returned"}))
def test_a_unit_in_a_consignment_stays_what_it_is(kind: str) -> None:
    yard = Yard()
    unit = in_stage(yard, next(stage for stage in STAGES if stage in LIFE[kind].origin))
    yard.offer(yard.workshop, yard.recycler, [unit])

    if LIFE[kind].in_consignment:
        yard.say(yard.workshop, kind, **move(yard, kind, unit))
    else:
        refused(yard, TransitionNotAllowed, yard.workshop, kind, **move(yard, kind, unit))


@pytest.mark.parametrize("kind", sorted(set(PLAIN_MOVES) - {"unit.removed", "unit.returned"}))
def test_a_lost_unit_does_nothing_until_it_is_found(kind: str) -> None:
    yard = Yard()
    unit = in_stage(yard, next(stage for stage in STAGES if stage in LIFE[kind].origin))
    yard.say(yard.workshop, "unit.lost", units=[unit])

    refused(yard, TransitionNotAllowed, yard.workshop, kind, **move(yard, kind, unit))
    yard.say(yard.workshop, "unit.found", units=[unit])
    yard.say(yard.workshop, kind, **move(yard, kind, unit))


def terminal_units(yard: Yard) -> dict[str, str]:
    """A unit of the workshop for each way to end."""
    ends: dict[str, str] = {}
    workshop = yard.workshop
    for kind in ("disposed", "dismantled", "consumed", "superseded", "annulled", "divided", "blended"):
        ends[kind] = in_stage(yard, "waste")
    yard.say(workshop, "unit.disposed", units=[ends["disposed"]], method="other")
    part = {"id": yard.new_unit_id(), "description": yard.description(unit_kind="module")}
    yard.say(workshop, "unit.dismantled", unit=ends["dismantled"], parts=[part], unexplained_g=0)
    batch = yard.new_id("bch")
    yard.say(workshop, "batch.opened", batch=batch, activity="recycling", process="x")
    yard.say(workshop, "batch.fed", batch=batch, units=[fed(ends["consumed"], 1)])
    yard.say(workshop, "unit.matched", unit=in_stage(yard, "waste"), duplicate=ends["superseded"])
    born, subjects = yard.head(f"unit/{ends['annulled']}"), [{"key": f"unit/{ends['annulled']}"}]
    yard.say(workshop, "event.annulled", event=born, subjects=subjects, reason="duplicate")
    lots = [in_lot(yard) for _ in range(3)]
    halves = [{"id": lot_id(yard), "material": "salt", "mass_g": n} for n in (1, 434_999)]
    yard.say(workshop, "lot.split", lot=lots[0], into=halves)
    into = {"id": lot_id(yard), "material": "salt", "mass_g": 870_000}
    yard.say(workshop, "lot.merged", units=lots[1:], into=into)
    return ends | {"divided": lots[0], "blended": lots[1]}


def in_lot(yard: Yard) -> str:
    unit = lot_id(yard)
    described = yard.description(unit_kind="lot", material="salt")
    yard.say(yard.workshop, "unit.registered", units=[unit], basis="first_seen", stage="waste", description=described)
    return unit


def test_a_terminated_unit_has_no_holder_and_never_moves() -> None:
    yard = Yard()
    ends = terminal_units(yard)
    assert ends.keys() == TERMINAL
    seizure = order(yard, "seizure", *ends.values())

    for stage, unit in ends.items():
        assert yard.unit(unit)["stage"] == stage
        assert not {"holder", "site", "consignment"} & yard.unit(unit).keys()
        for kind in sorted(LIFE.keys() - {"unit.found", "unit.removed", "unit.returned", "unit.seized"}):
            refused(yard, NotHolder, yard.workshop, kind, **move(yard, kind, unit))
        for kind in ("unit.found", "unit.removed", "unit.returned"):
            refused(yard, TransitionNotAllowed, yard.workshop, kind, **move(yard, kind, unit))
        refused(yard, TransitionNotAllowed, yard.semarnat, "unit.seized", units=[unit], order=seizure)
        emergency: Members = {"basis": "emergency", "giver": {"capacity": "owner"}, "lines": accepted(unit)}
        received = {"consignment": yard.new_id("con"), **emergency}
        refused(yard, TransitionNotAllowed, yard.centre, "consignment.received", **received)
        birth: Members = {
            "units": [{"id": unit, "prev": yard.head(f"unit/{unit}")}],
            "description": yard.description(),
        }
        refused(yard, SubjectExists, yard.workshop, "unit.produced", **birth)


@pytest.mark.parametrize("kind", ["unit.produced", "unit.imported", "unit.registered"])
def test_a_birth_describes_each_unit_and_its_holder(kind: str) -> None:
    yard = Yard()
    units = [yard.new_unit_id(), yard.new_unit_id()]
    more: dict[str, Members] = {
        "unit.produced": {},
        "unit.imported": {"pedimento": "25 24 1"},
        "unit.registered": {"basis": "first_seen", "stage": "stock", "condition": "critical"},
    }
    described = yard.description()
    yard.say(yard.workshop, kind, units=units, description=described, site=yard.workshop.site, **more[kind])

    for unit in units:
        value = yard.unit(unit)
        assert (value["stage"], value["holder"], value["origin"]) == ("stock", *[yard.workshop.party] * 2)
        assert (value["kind"], value["mass_g"], value["energy_wh"]) == ("pack", 435_000, 60_000)
        assert value["site"] == yard.workshop.site


def test_a_unit_seen_in_use_is_with_the_public() -> None:
    yard = Yard()
    unit = in_stage(yard, "in_use")

    assert yard.unit(unit)["holder"] == "in_use"
    assert "site" not in yard.unit(unit)


def test_a_reserved_tag_is_bound_by_the_party_it_is_reserved_for_and_by_nobody_else() -> None:
    yard = Yard()
    tag = tag_id(yard)
    yard.say(yard.workshop, "tag.reserved", tags=[tag])
    reserved = yard.head(f"unit/{tag}")
    found: Members = {"basis": "first_seen", "stage": "waste", "description": yard.description()}

    refused(yard, SubjectExists, yard.centre, "unit.registered", units=[tag], **found)
    refused(yard, SubjectExists, yard.centre, "tag.reserved", tags=[tag])
    yard.say(yard.workshop, "unit.registered", units=[tag], **found)

    assert yard.unit(tag)["holder"] == yard.workshop.party
    assert [parse_step(step)[0] for step in yard.unit(tag)["trail"]] == [reserved, yard.head(f"unit/{tag}")]
    assert "reserved_for" not in yard.unit(tag)


def test_a_makers_number_is_reserved_by_nobody() -> None:
    yard = Yard()

    for other in (yard.new_unit_id(), lot_id(yard)):
        with pytest.raises(MalformedStatement) as refused:
            yard.say(yard.workshop, "tag.reserved", tags=[tag_id(yard), other])
        assert refused.value.field == "/tags/1"


def test_tags_without_a_unit_are_bounded_and_binding_one_makes_room() -> None:
    yard = Yard()
    tags = [tag_id(yard) for _ in range(3)]
    yard.say(yard.workshop, "tag.reserved", tags=tags[:1])
    open_tags = f"tags/{yard.workshop.party}"
    assert yard.state[open_tags] == {"open": 1}
    yard.state[open_tags] = {"open": TAGS_OPEN_MAX - 1}
    found: Members = {"basis": "first_seen", "stage": "waste", "description": yard.description()}

    refusal = refused(yard, TransitionNotAllowed, yard.workshop, "tag.reserved", tags=tags[1:])
    assert refusal.facts == {"open": TAGS_OPEN_MAX + 1, "most": TAGS_OPEN_MAX}
    yard.say(yard.workshop, "unit.registered", units=tags[:1], **found)
    yard.say(yard.workshop, "tag.reserved", tags=tags[1:])

    assert yard.state[open_tags] == {"open": TAGS_OPEN_MAX}


@pytest.mark.parametrize("method", ["listing", "crit_test", "knowledge"])
def test_whoever_declares_waste_to_be_none_answers_for_how_it_knew(method: str) -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="listing")
    assert requirements(yard) == []

    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="not_waste", method=method)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"], finding["subject"]) == (
        "waste-declassified",
        yard.workshop.party,
        pack,
    )
    assert finding["facts"] == {"method": method}


def test_who_calls_hazardous_waste_something_less_answers_for_it() -> None:
    yard = Yard()
    pack, special = yard.determined_pack("RP"), yard.determined_pack("RME")
    yard.say(yard.workshop, "unit.classified", units=[pack, special], waste_class="RP", method="crit_test")
    assert yard.findings() == []

    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RME", method="knowledge", under_oath=True)
    assert [(found["requirement"], found["subject"]) for found in yard.findings()] == [("waste-declassified", pack)]


def test_an_order_on_a_tag_stands_against_the_unit_it_is_bound_to() -> None:
    yard = Yard()
    tag = tag_id(yard)
    yard.say(yard.workshop, "tag.reserved", tags=[tag])
    quarantine = order(yard, "quarantine", tag)
    found: Members = {"basis": "first_seen", "stage": "waste", "description": yard.description()}

    yard.say(yard.workshop, "unit.registered", units=[tag], **found)

    assert yard.unit(tag)["orders"] == {quarantine: "quarantine"}


def test_a_tag_without_a_unit_does_not_move() -> None:
    yard = Yard()
    tag = tag_id(yard)
    yard.say(yard.workshop, "tag.reserved", tags=[tag])

    for kind in ("unit.found", "unit.removed"):
        refused(yard, TransitionNotAllowed, yard.workshop, kind, **move(yard, kind, tag))
    refused(yard, NotHolder, yard.workshop, "unit.discarded", units=[tag], reason="other")


def match(yard: Yard, unit: str, duplicate: str, actor: Actor | None = None) -> str:
    return yard.say(actor or yard.workshop, "unit.matched", unit=unit, duplicate=duplicate)


def test_of_two_ids_for_one_pack_one_stays() -> None:
    yard = Yard()
    pack, duplicate = in_stage(yard, "removed"), in_stage(yard, "removed")

    match(yard, pack, duplicate)

    assert yard.unit(duplicate)["stage"] == "superseded"
    assert yard.unit(duplicate)["same_as"] == pack
    assert yard.unit(pack)["holder"] == yard.workshop.party


def test_the_id_that_stays_keeps_what_stood_against_either() -> None:
    yard = Yard()
    pack, duplicate = in_stage(yard, "removed"), in_stage(yard, "waste")
    classified: Members = {"waste_class": "RP", "method": "crit_test"}
    yard.say(yard.workshop, "unit.classified", units=[duplicate], **classified)
    yard.say(yard.workshop, "unit.recalled", units=[duplicate], campaign="R-1")

    match(yard, pack, duplicate)

    unit = yard.unit(pack)
    assert (unit["stage"], unit["waste_class"], unit["recalled"]) == ("waste", "RP", "R-1")


def test_a_match_is_of_two_free_units_of_one_kind_and_one_holder() -> None:
    yard = Yard()
    pack, foreign, lot = in_stage(yard, "waste"), yard.waste_pack(yard.centre), in_lot(yard)
    blocked = in_stage(yard, "waste")
    order(yard, "quarantine", blocked)

    refused(yard, NotHolder, yard.workshop, "unit.matched", unit=pack, duplicate=foreign)
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.matched", unit=pack, duplicate=lot)
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.matched", unit=pack, duplicate=blocked)


def test_a_lost_unit_keeps_its_holder_until_somebody_finds_it() -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    refused(yard, TransitionNotAllowed, yard.centre, "unit.found", units=[pack])
    yard.say(yard.workshop, "unit.lost", units=[pack])
    assert yard.unit(pack)["holder"] == yard.workshop.party

    yard.say(yard.centre, "unit.found", units=[pack], site=yard.centre.site)

    assert (yard.unit(pack)["holder"], yard.unit(pack)["site"]) == (yard.centre.party, yard.centre.site)
    assert [(f["requirement"], f["party"]) for f in yard.findings()] == [("found-elsewhere", yard.workshop.party)]
    refused(yard, TransitionNotAllowed, yard.centre, "unit.found", units=[pack])


def test_a_stolen_unit_is_blocked_until_it_is_recovered() -> None:
    yard = Yard()
    pack = in_stage(yard, "removed")
    refused(yard, NotHolder, yard.centre, "unit.stolen", units=[pack])
    yard.say(yard.workshop, "unit.stolen", units=[pack])

    refused(yard, TransitionNotAllowed, yard.workshop, "unit.reused", units=[pack], application="vehicle")
    yard.say(yard.workshop, "unit.recovered", units=[pack])
    yard.say(yard.workshop, "unit.reused", units=[pack], application="vehicle")

    assert yard.unit(pack)["holder"] == "in_use"


def test_only_its_maker_recalls_a_unit_and_a_recalled_one_is_not_put_into_use() -> None:
    yard = Yard()
    pack = yard.produce()
    refused(yard, NotConcerned, yard.workshop, "unit.recalled", units=[pack], campaign="R-1")
    yard.say(yard.maker, "unit.recalled", units=[pack], campaign="R-1")

    refused(yard, TransitionNotAllowed, yard.maker, "unit.placed_on_market", units=[pack])
    refused(yard, TransitionNotAllowed, yard.maker, "unit.installed", units=[pack])
    refused(yard, TransitionNotAllowed, yard.maker, "unit.reused", units=[pack], application="other")
    yard.say(yard.maker, "unit.repaired", units=[pack], work="bms")
    yard.say(yard.maker, "unit.installed", units=[pack])

    assert yard.unit(pack)["application"] == "vehicle"


def test_what_is_taken_apart_stays_recalled() -> None:
    yard = Yard()
    pack = in_stage(yard, "removed")
    yard.say(yard.workshop, "unit.recalled", units=[pack], campaign="R-1")
    module = yard.new_unit_id()
    part = {"id": module, "description": yard.description(unit_kind="module")}

    yard.say(yard.workshop, "unit.dismantled", unit=pack, parts=[part], unexplained_g=0)

    refused(yard, TransitionNotAllowed, yard.workshop, "unit.installed", units=[module])


@pytest.mark.parametrize("stage", sorted(LIFE["unit.seized"].origin))
def test_an_authority_seizes_on_its_own_order_of_seizure(stage: str) -> None:
    yard = Yard()
    unit = in_stage(yard, stage)
    other = yard.new_authority("PROFEPA", ["order"])
    seizure, quarantine = order(yard, "seizure", unit), order(yard, "quarantine", unit)

    refused(yard, NotConcerned, yard.semarnat, "unit.seized", units=[unit], order=quarantine)
    refused(yard, NotConcerned, other, "unit.seized", units=[unit], order=seizure)
    refused(yard, SubjectUnknown, other, "unit.seized", units=[unit], order=yard.new_id("ord"))
    yard.say(yard.semarnat, "unit.seized", units=[unit], order=seizure)

    assert yard.unit(unit)["holder"] == yard.semarnat.party
    assert yard.unit(unit)["stage"] == ("removed" if stage == "in_use" else stage)


def test_a_seizure_on_the_road_leaves_the_consignment_counted() -> None:
    yard = Yard()
    packs = [yard.waste_pack() for _ in range(2)]
    consignment = yard.offer(yard.workshop, yard.recycler, packs, [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    seizure = order(yard, "seizure", packs[0])

    yard.say(yard.semarnat, "unit.seized", units=packs[:1], order=seizure)
    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=accepted(packs[1]))

    assert yard.act(consignment)["counts"] == {"offered": 2, "taken": 1, "accepted": 1}
    assert yard.act(consignment)["stage"] == "closed"


def test_what_is_seized_is_neither_lost_nor_stolen_any_more() -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    yard.say(yard.workshop, "unit.lost", units=[pack])
    yard.say(yard.workshop, "unit.stolen", units=[pack])

    yard.say(yard.semarnat, "unit.seized", units=[pack], order=order(yard, "seizure", pack))

    assert not {"lost", "stolen"} & yard.unit(pack).keys()


def test_assessments_commute() -> None:
    def told(*order_of_recording: int) -> Members:
        yard = Yard()
        pack = in_stage(yard, "removed")
        yard.pass_time(600)
        marks = [("2025-01-06T15:01:00Z", "sound", 800), ("2025-01-06T15:02:00Z", "damaged", 700)]
        drafts = []
        for at, condition, health in marks:
            said: Members = {"condition": condition, "state_of_health_permille": health, "occurred_at": at}
            drafts.append(yard.draft(yard.workshop, "unit.assessed", units=[pack], method="hioki", **said))
        for n in order_of_recording:
            yard.record(drafts[n])
        return yard.unit(pack)

    assert told(0, 1) == told(1, 0)
    assert told(1, 0)["condition"] == "damaged"
    assert told(1, 0)["assessed"]["state_of_health_permille"] == 700


def test_a_condition_follows_who_holds_a_unit_had_it_or_finds_it_in_use_and_no_stranger() -> None:
    yard = Yard()
    pack = yard.produce()
    yard.say(yard.maker, "unit.installed", units=[pack])
    found: Members = {"units": [pack], "method": "eye"}

    yard.say(yard.centre, "unit.assessed", **found, condition="damaged")
    assert yard.unit(pack)["condition"] == "damaged"

    yard.say(yard.workshop, "unit.removed", units=[pack], reason="accident")
    yard.pass_time(60)
    yard.say(yard.centre, "unit.assessed", **found, condition="sound")
    assert yard.unit(pack)["condition"] == "damaged"

    yard.pass_time(60)
    yard.say(yard.maker, "unit.assessed", **found, condition="critical")
    assert yard.unit(pack)["condition"] == "critical"


def test_what_is_said_about_a_unit_makes_nobodys_queue_stale() -> None:
    yard = Yard()
    pack = in_stage(yard, "removed")
    offline = yard.draft(yard.workshop, "unit.discarded", units=[pack], reason="damaged")

    yard.say(yard.workshop, "unit.assessed", units=[pack], method="eye", condition="damaged")
    yard.say(yard.workshop, "unit.labelled", units=[pack], label="Anexo VI")
    yard.say(yard.workshop, "unit.discharged", units=[pack], state_of_charge_permille=10)
    yard.say(yard.carrier, "incident.reported", incident=yard.new_id("inc"), units=[pack], nature="leak")
    order(yard, "inform", pack)
    yard.record(offline)

    assert yard.unit(pack)["stage"] == "waste"
    assert yard.unit(pack)["condition"] == "damaged"


def test_nothing_is_said_about_a_unit_that_is_not_there_or_has_ended() -> None:
    yard = Yard()
    ended = in_stage(yard, "waste")
    yard.say(yard.workshop, "unit.disposed", units=[ended], method="other")
    assessed: Members = {"method": "eye", "condition": "damaged"}

    refused(yard, SubjectUnknown, yard.workshop, "unit.assessed", units=[yard.new_unit_id()], **assessed)
    refused(yard, SubjectUnknown, yard.workshop, "unit.labelled", units=[yard.new_unit_id()], label="x")
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.assessed", units=[ended], **assessed)


def test_a_repair_makes_sound_and_ends_waste() -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", waste_codes=["x"], method="listing")
    assert yard.unit(pack)["waste_class"] == "RP"

    yard.say(yard.workshop, "unit.remanufactured", units=[pack], work="cells")

    assert (yard.unit(pack)["condition"], yard.unit(pack)["stage"]) == ("sound", "stock")
    assert "waste_class" not in yard.unit(pack)


def test_storage_of_waste_counts_from_the_first_day() -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    stored: Members = {"units": [pack], "site": yard.workshop.site}
    yard.say(yard.workshop, "unit.stored", **stored)
    first = yard.now
    yard.pass_time(86_400)

    yard.say(yard.workshop, "unit.stored", **stored)

    assert yard.unit(pack)["stored_at"] == first


def test_a_count_names_what_is_not_expected_and_what_is_missing() -> None:
    yard = Yard()
    mine, theirs, gone = in_stage(yard, "waste"), yard.waste_pack(yard.centre), in_stage(yard, "waste")
    stranger = yard.new_unit_id()
    present = [mine, theirs, stranger]

    yard.say(
        yard.workshop,
        "count.recorded",
        count=yard.new_id("cnt"),
        site=yard.workshop.site,
        present=present,
        missing=[gone],
    )

    found = {(finding["requirement"], finding["subject"]) for finding in yard.findings()}
    assert found == {("count-unexpected", theirs), ("count-unexpected", stranger), ("count-missing", gone)}


def test_an_inspector_counts_at_another_partys_site_and_a_rival_does_not() -> None:
    yard = Yard()
    pack = in_stage(yard, "waste")
    count: Members = {"count": yard.new_id("cnt"), "site": yard.workshop.site, "present": [], "missing": [pack]}
    orderer = yard.new_authority("PROFEPA", ["order"])

    refused(yard, NotConcerned, yard.centre, "count.recorded", **count)
    refused(yard, NotConcerned, orderer, "count.recorded", **count)
    yard.say(yard.semarnat, "count.recorded", **count)

    found = [(finding["requirement"], finding["party"]) for finding in yard.findings()]
    assert found == [("missing-at-inspection", yard.workshop.party)]
