from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from certification.coverage import RECEIVING
from compliance.rulebook import rules_of
from ledger.domain.values import format_instant
from ledger.errors import AuthorisationMissing, MalformedStatement, SubjectUnknown
from ledger.event import parse_event
from tests.yard import Actor, Yard

DAY_S = 86_400
STATE_LAW = "LGPGIR 9 III; law of state 19"


@pytest.fixture
def yard() -> Yard:
    """A world under the rules with scope; it is 9:00 on 2025-01-06 in Monterrey, and nobody has a permit."""
    return Yard(rules=rules_of(1))


def refused(yard: Yard, act: Callable[[], object]) -> AuthorisationMissing:
    """The refusal of ``act``, which must leave log and state as they were but for the clock's tick."""
    before = recorded(yard)
    with pytest.raises(AuthorisationMissing) as caught:
        act()
    assert recorded(yard) == before
    return caught.value


def recorded(yard: Yard) -> tuple[list[bytes], dict[str, bytes]]:
    entries = [raw for raw in yard.entries if parse_event(raw).payload.kind != "ledger.tick"]
    return entries, {key: value for key, value in yard.state_bytes().items() if key != "time"}


def offer(yard: Yard, units: list[str], **more: Any) -> Callable[[], str]:
    return lambda: yard.offer(yard.workshop, yard.recycler, units, **more)


def decide(yard: Yard, authorisation: str, kind: str, from_on: str, **members: Any) -> str:
    return yard.rule(authorisation, kind, from_on=from_on, **members)


def ending(yard: Yard, authority: Actor, waste_class: str, to_on: str) -> str:
    """The recycler's permit for sound waste from a year ago to ``to_on``."""
    permit = yard.new_id("aut")
    members: dict[str, Any] = {"authorisation": permit, "holder": yard.recycler.party, "number": "19-39-PS-V-1-2024"}
    members["scope"] = {"activities": ["recycling"], "waste_classes": [waste_class]}
    members["act"] = {"oficio": "A/1", "notified_on": "2024-01-01"}
    yard.say(authority, "authorisation.granted", **members, from_on="2024-01-01", to_on=to_on)
    return permit


def determine(yard: Yard, holder: Actor, unit: str, waste_class: str) -> None:
    yard.say(holder, "unit.classified", units=[unit], waste_class=waste_class, method="knowledge")


def receive(yard: Yard, consignee: Actor, consignment: str, units: list[str], **more: Any) -> str:
    members: dict[str, Any] = {"basis": "offer", **more}
    lines = [{"id": unit, "outcome": "accepted"} for unit in units]
    return yard.say(consignee, "consignment.received", consignment=consignment, lines=lines, **members)


def held_waste(yard: Yard, holder: Actor, **description: Any) -> str:
    """A waste pack that the holder itself discarded."""
    pack: str = yard.produce(holder, **description)
    yard.say(holder, "unit.discarded", units=[pack], reason="production_scrap")
    return pack


def test_waste_is_offered_to_nobody_without_a_permit(yard: Yard) -> None:
    pack = yard.waste_pack()

    refusal = refused(yard, offer(yard, [pack]))

    assert refusal.field == "/consignee"
    assert refusal.cure
    assert refusal.facts == {
        "party": yard.recycler.party,
        "activity": "receiving",
        "any_of": sorted(RECEIVING),
        "condition": "none-granted",
        "article": "LGPGIR 9 III; law of the state",
        "day": "2025-01-06",
        "waste_class": "RME",
        "unit": pack,
    }


def test_without_a_destination_the_law_cited_is_that_of_the_consignors_state(yard: Yard) -> None:
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack], site=yard.workshop.site)).facts["article"] == STATE_LAW


@pytest.mark.parametrize("unknown", ["consignee", "carrier"])
def test_an_offer_to_or_through_nobody_names_who_is_unknown(yard: Yard, unknown: str) -> None:
    nobody = Actor(yard.new_id("pty"), yard.new_key())
    yard.permit(yard.recycler, "recycling")
    consignee, carriers = (nobody, []) if unknown == "consignee" else (yard.recycler, [nobody])

    with pytest.raises(SubjectUnknown):
        yard.offer(yard.workshop, consignee, [yard.waste_pack()], carriers=carriers)


@pytest.mark.parametrize("activity", sorted(RECEIVING))
def test_any_receiving_activity_lets_a_party_be_offered_waste(yard: Yard, activity: str) -> None:
    pack = yard.waste_pack()
    yard.permit(yard.recycler, activity)

    offer(yard, [pack])()

    assert yard.unit(pack)["line"] == "offered"


@pytest.mark.parametrize("activity", ["transport", "import", "export"])
def test_a_permit_for_another_activity_does_not_receive(yard: Yard, activity: str) -> None:
    pack = yard.waste_pack()
    yard.permit(yard.recycler, activity)

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "activity"

    yard.permit(yard.recycler, "recycling")
    offer(yard, [pack])()


def test_a_permit_to_come_is_not_yet_one(yard: Yard) -> None:
    pack = yard.waste_pack()
    permit = yard.new_id("aut")
    scope = {"activities": ["recycling"], "waste_classes": ["RME"]}
    yard.say(
        yard.state_agency,
        "authorisation.granted",
        authorisation=permit,
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2025",
        scope=scope,
        from_on="2025-01-07",
        to_on="2035-01-06",
        act={"oficio": "DGGIMAR.710/000001", "notified_on": "2025-01-06"},
    )

    refusal = refused(yard, offer(yard, [pack]))
    assert (refusal.facts["condition"], refusal.facts["authorisation"]) == ("not-yet", "19-39-PS-IV-0001-2025")

    yard.pass_time(DAY_S)
    offer(yard, [pack])()


def test_an_expired_permit_is_cured_by_its_renewal(yard: Yard) -> None:
    permit = ending(yard, yard.state_agency, "RME", "2025-01-05")
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "expired"

    decide(yard, permit, "renewed", "2025-01-06", to_on="2035-01-05")
    offer(yard, [pack])()


def test_a_suspended_permit_is_cured_by_its_reinstatement(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    decide(yard, permit, "suspended", "2025-01-06")
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "suspended"

    decide(yard, permit, "reinstated", "2025-01-06")
    offer(yard, [pack])()


def test_a_renewal_claimed_by_silence_serves_until_it_is_decided(yard: Yard) -> None:
    permit = ending(yard, yard.semarnat, "RP", "2025-06-30")
    application = yard.apply(yard.recycler, "renewal", authorisation=permit)
    yard.pass_time(177 * DAY_S)

    assert refused(yard, offer(yard, [yard.waste_pack()], purpose="waste_rp")).facts["condition"] == "expired"
    claim: dict[str, Any] = {"application": application, "from_on": "2025-07-01", "to_on": "2026-12-28"}
    yard.say(yard.recycler, "authorisation.renewal_claimed", authorisation=permit, **claim)
    offer(yard, [yard.waste_pack()], purpose="waste_rp")()


@pytest.mark.parametrize("ruling", ["suspended", "revoked"])
def test_a_stayed_decision_blocks_nothing_until_the_stay_is_lifted(yard: Yard, ruling: str) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    event = decide(yard, permit, ruling, "2025-01-06")
    stay: dict[str, Any] = {"authorisation": permit, "from_on": "2025-01-06", "file": "123/2025"}
    assert refused(yard, offer(yard, [yard.waste_pack()])).facts["condition"] == ruling

    court = "Juzgado Octavo de Distrito"
    yard.say(yard.state_agency, "authorisation.stayed", **stay, stays=event, court=court)
    offer(yard, [yard.waste_pack()])()
    yard.say(yard.state_agency, "authorisation.stay_lifted", **stay)

    assert refused(yard, offer(yard, [yard.waste_pack()])).facts["condition"] == ruling


def test_a_revoked_permit_is_cured_by_another(yard: Yard) -> None:
    decide(yard, yard.permit(yard.recycler, "recycling"), "revoked", "2025-01-06")
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "revoked"

    yard.permit(yard.recycler, "recycling")
    offer(yard, [pack])()


def test_a_transferred_permit_serves_its_new_holder_alone(yard: Yard) -> None:
    permit = yard.permit(yard.centre, "storage")
    decide(yard, permit, "transferred", "2025-01-06", to=yard.recycler.party)
    pack = yard.waste_pack()

    offer(yard, [pack])()

    other = yard.waste_pack()
    refusal = refused(yard, lambda: yard.offer(yard.workshop, yard.centre, [other]))
    assert refusal.facts["condition"] == "none-granted"


def test_an_undetermined_pack_takes_a_permit_for_special_handling_waste(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    pack = yard.waste_pack()

    refusal = refused(yard, offer(yard, [pack], destination=yard.recycler.site))
    assert (refusal.facts["condition"], refusal.facts["waste_class"]) == ("waste-class", "RME")

    yard.permit(yard.recycler, "recycling")
    offer(yard, [pack])()


def test_the_determination_of_a_pack_decides_which_law_is_cited(yard: Yard) -> None:
    special, hazardous = yard.waste_pack(), yard.waste_pack()
    determine(yard, yard.workshop, hazardous, "RP")
    destination = yard.recycler.site

    assert refused(yard, offer(yard, [special], destination=destination)).facts["article"] == STATE_LAW
    assert refused(yard, offer(yard, [hazardous])).facts["article"] == "LGPGIR 42, 50; RLGPGIR 56 III-IV"


def test_a_hazardous_pack_takes_a_permit_for_hazardous_waste(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RME"])
    pack = yard.waste_pack()
    determine(yard, yard.workshop, pack, "RP")

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "waste-class"


def test_a_consignment_of_hazardous_waste_takes_its_permit_whatever_was_determined(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RME"])
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack], purpose="waste_rp")).facts["waste_class"] == "RP"


def test_a_pack_determined_not_to_be_waste_takes_no_permit(yard: Yard) -> None:
    pack = yard.waste_pack()
    determine(yard, yard.workshop, pack, "not_waste")

    offer(yard, [pack], purpose="second_life")()

    assert yard.unit(pack)["line"] == "offered"


def test_a_chemistry_outside_the_permit_is_named(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", chemistries=["LFP"])
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "chemistry"

    scope = {"activities": ["recycling"], "waste_classes": ["RME"], "chemistries": ["LFP", "NMC622"]}
    decide(yard, permit, "changed", "2025-01-06", scope=scope)
    offer(yard, [pack])()


def test_a_lot_has_no_chemistry_that_a_permit_could_exclude(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", chemistries=["LFP"])
    lot = held_waste(yard, yard.workshop, unit_kind="lot", chemistry="unknown", material="black mass")

    offer(yard, [lot])()

    assert yard.unit(lot)["line"] == "offered"


def test_a_damaged_pack_takes_a_permit_for_its_condition(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", conditions=["sound"])
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.assessed", units=[pack], method="visual", condition="damaged")

    assert refused(yard, offer(yard, [pack])).facts["condition"] == "condition"

    scope = {"activities": ["recycling"], "waste_classes": ["RME"], "conditions": ["sound", "damaged"]}
    decide(yard, permit, "changed", "2025-01-06", scope=scope)
    offer(yard, [pack])()


def site_in_jalisco(yard: Yard, operated_by: Actor) -> str:
    site = yard.new_id("sit")
    place = {"state": "14", "municipality": "039", "time_zone": "America/Mexico_City"}
    yard.say(yard.operator, "site.registered", registered=site, operated_by=operated_by.party, place=place)
    return site


def test_a_states_permit_without_sites_ends_at_the_border_of_the_state(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RME"])
    pack, away = yard.waste_pack(), site_in_jalisco(yard, yard.recycler)

    refusal = refused(yard, offer(yard, [pack], destination=away))
    assert refusal.facts["condition"] == "site"
    offer(yard, [pack], destination=yard.recycler.site)()


def test_a_site_that_moves_to_another_state_leaves_its_permit_behind(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", sites=[yard.recycler.site])
    place = {"state": "14", "municipality": "039", "time_zone": "America/Mexico_City"}
    yard.say(yard.recycler, "site.changed", changed=yard.recycler.site, place=place)

    refusal = refused(yard, offer(yard, [yard.waste_pack()], destination=yard.recycler.site))

    assert refusal.facts["condition"] == "site"


def test_the_federations_permit_without_sites_holds_in_every_state(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    pack, away = yard.waste_pack(), site_in_jalisco(yard, yard.recycler)
    determine(yard, yard.workshop, pack, "RP")

    offer(yard, [pack], purpose="waste_rp", destination=away)()


def test_a_permit_of_one_site_is_used_by_naming_it(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", sites=[yard.recycler.site])
    pack = yard.waste_pack()

    refusal = refused(yard, offer(yard, [pack]))
    assert refusal.facts["condition"] == "site"
    assert refusal.cure is not None
    assert "destination" in refusal.cure

    offer(yard, [pack], destination=yard.recycler.site)()


def test_the_permit_that_comes_nearest_is_the_one_named(yard: Yard) -> None:
    yard.permit(yard.recycler, "transport")
    near = yard.permit(yard.recycler, "recycling", chemistries=["LFP"])
    decide(yard, yard.permit(yard.recycler, "storage"), "suspended", "2025-01-06")

    refusal = refused(yard, offer(yard, [yard.waste_pack()]))

    assert refusal.facts["condition"] == "chemistry"
    assert refusal.facts["authorisation"] == yard.act(near)["number"]


def test_of_permits_that_fall_short_alike_the_first_granted_is_named(yard: Yard) -> None:
    first = yard.permit(yard.recycler, "recycling", chemistries=["LFP"])
    yard.permit(yard.recycler, "recycling", chemistries=["LCO"])

    refusal = refused(yard, offer(yard, [yard.waste_pack()]))

    assert refusal.facts["authorisation"] == yard.act(first)["number"]


def test_one_unit_outside_the_permit_blocks_the_whole_offer(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RME"])
    packs = [yard.waste_pack(), yard.waste_pack()]
    determine(yard, yard.workshop, packs[1], "RP")

    assert refused(yard, offer(yard, packs)).facts["unit"] == packs[1]


@pytest.mark.parametrize("purpose", ["warranty_return", "recall_return", "second_life", "new_product"])
def test_what_nobody_discarded_moves_without_permits(yard: Yard, purpose: str) -> None:
    pack: str = yard.produce(yard.workshop)

    consignment = offer(yard, [pack], carriers=[yard.carrier], purpose=purpose)()
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    receive(yard, yard.recycler, consignment, [pack])

    assert yard.unit(pack)["holder"] == yard.recycler.party
    assert yard.findings() == []


@pytest.mark.parametrize("purpose", ["second_life", "warranty_return", "new_product"])
def test_a_discarded_pack_stays_waste_whatever_the_purpose_says(yard: Yard, purpose: str) -> None:
    pack = yard.waste_pack()

    assert refused(yard, offer(yard, [pack], purpose=purpose)).facts["condition"] == "none-granted"


@pytest.mark.parametrize("purpose", ["waste_rp", "waste_rme", "municipal_collection"])
def test_a_purpose_of_waste_takes_permits_before_anybody_discarded(yard: Yard, purpose: str) -> None:
    pack: str = yard.produce(yard.workshop)

    assert refused(yard, offer(yard, [pack], purpose=purpose)).facts["condition"] == "none-granted"


def test_every_carrier_named_must_be_permitted_to_transport(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport", sites=[yard.carrier.site])
    pack = yard.waste_pack()
    carriers = [yard.carrier, yard.second_carrier]

    refusal = refused(yard, offer(yard, [pack], carriers=carriers))
    assert (refusal.field, refusal.facts["activity"]) == ("/carriers/1", "transport")
    assert refusal.facts["party"] == yard.second_carrier.party

    yard.permit(yard.second_carrier, "transport")
    offer(yard, [pack], carriers=carriers)()


def test_a_carrier_suspended_since_the_offer_does_not_pick_up(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    permit = yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    pack = yard.waste_pack()
    determine(yard, yard.workshop, pack, "RP")
    consignment = offer(yard, [pack], carriers=[yard.carrier])()
    decide(yard, permit, "suspended", "2025-01-06")

    def pick_up() -> str:
        return yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])

    refusal = refused(yard, pick_up)
    assert (refusal.field, refusal.facts["condition"]) == ("/party", "suspended")
    assert refusal.facts["article"] == "LGPGIR 50 VI; RLGPGIR 46 VI"
    assert yard.unit(pack)["holder"] == yard.workshop.party

    decide(yard, permit, "reinstated", "2025-01-06")
    pick_up()
    assert yard.unit(pack)["holder"] == yard.carrier.party


def suspended_on_saturday(yard: Yard) -> tuple[str, str, str]:
    """Offered on Friday 2025-01-10 at noon; the carrier's permit is suspended from Saturday on; now it is Monday."""
    yard.permit(yard.recycler, "recycling")
    permit = yard.permit(yard.carrier, "transport")
    yard.pass_time(4 * DAY_S)
    pack = yard.waste_pack()
    consignment = offer(yard, [pack], carriers=[yard.carrier])()
    friday = format_instant(yard.now + 3600)
    yard.pass_time(DAY_S)
    decide(yard, permit, "suspended", "2025-01-11")
    yard.pass_time(2 * DAY_S)
    return consignment, pack, friday


def test_signed_on_friday_suspended_on_saturday_recorded_on_monday_is_lawful(yard: Yard) -> None:
    consignment, pack, friday = suspended_on_saturday(yard)

    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack], occurred_at=friday)

    assert yard.unit(pack)["holder"] == yard.carrier.party


def test_signed_on_monday_after_a_suspension_on_saturday_is_refused(yard: Yard) -> None:
    consignment, pack, _ = suspended_on_saturday(yard)

    refusal = refused(
        yard, lambda: yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    )

    assert (refusal.facts["condition"], refusal.facts["day"]) == ("suspended", "2025-01-13")


def test_the_day_of_an_offer_runs_in_the_time_zone_of_its_destination(yard: Yard) -> None:
    decide(yard, yard.permit(yard.recycler, "recycling"), "suspended", "2025-01-07")
    pack = yard.waste_pack()
    east = yard.new_id("sit")
    place = {"state": "23", "municipality": "005", "time_zone": "America/Cancun"}
    yard.say(yard.operator, "site.registered", registered=east, operated_by=yard.recycler.party, place=place)
    # 2025-01-07T05:30Z: 23:30 of the 6th in Monterrey, 00:30 of the 7th in Cancún
    yard.pass_time(14 * 3600 + 1800)

    assert refused(yard, offer(yard, [pack], destination=east)).facts["day"] == "2025-01-07"
    offer(yard, [pack], destination=yard.recycler.site)()


def carried_after_suspension(yard: Yard) -> tuple[str, str]:
    """A hazardous pack on its way to a recycler whose permit was suspended after the pick-up."""
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    pack = yard.waste_pack()
    determine(yard, yard.workshop, pack, "RP")
    consignment = offer(yard, [pack], carriers=[yard.carrier])()
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    decide(yard, permit, "suspended", "2025-01-06")
    return consignment, pack


def test_reception_without_a_permit_is_refused_and_offers_the_exception(yard: Yard) -> None:
    consignment, pack = carried_after_suspension(yard)

    refusal = refused(yard, lambda: receive(yard, yard.recycler, consignment, [pack]))

    assert (refusal.field, refusal.facts["condition"]) == ("/lines/0", "suspended")
    assert refusal.cure is not None
    assert "exception" in refusal.cure
    assert yard.unit(pack)["holder"] == yard.carrier.party


def test_reception_that_happened_all_the_same_is_recorded_with_a_finding(yard: Yard) -> None:
    consignment, pack = carried_after_suspension(yard)

    event = receive(yard, yard.recycler, consignment, [pack], exception={"reason": "already_happened"})

    assert yard.unit(pack)["holder"] == yard.recycler.party
    [finding] = [finding for finding in yard.findings() if finding["event"] == event]
    assert finding == {
        "requirement": "received-without-permit",
        "party": yard.recycler.party,
        "subject": pack,
        "event": event,
        "since": yard.now,
        "facts": {
            "reason": "already_happened",
            "activity": "receiving",
            "condition": "suspended",
            "article": "LGPGIR 42, 50; RLGPGIR 56 III-IV",
            "day": "2025-01-06",
            "waste_class": "RP",
            "authorisation": "19-39-PS-0001-2024",
        },
    }


def test_an_exception_that_was_not_needed_opens_no_finding(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    pack = yard.waste_pack()
    consignment = offer(yard, [pack])()

    receive(yard, yard.recycler, consignment, [pack], exception={"reason": "already_happened"})

    assert yard.findings() == []


def test_refused_and_missing_lines_take_no_permit(yard: Yard) -> None:
    consignment, pack = carried_after_suspension(yard)
    line = {"id": pack, "outcome": "refused", "reason": "not_authorised"}

    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=[line])

    assert yard.unit(pack)["line"] == "refused"


def test_an_extra_unit_takes_a_permit_like_the_ones_expected(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    expected, extra = yard.waste_pack(), yard.waste_pack()
    consignment = offer(yard, [expected])()
    decide(yard, permit, "suspended", "2025-01-06")
    line = {"id": extra, "outcome": "extra"}

    def claim() -> str:
        return yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=[line])

    assert refused(yard, claim).facts["unit"] == extra
    decide(yard, permit, "reinstated", "2025-01-06")
    claim()
    assert yard.unit(extra)["claim"]["by"] == yard.recycler.party


def test_a_successor_takes_over_waste_without_a_permit_of_its_own(yard: Yard) -> None:
    pack = yard.waste_pack()
    yard.say(yard.operator, "party.closed", closed=yard.workshop.party, reason="merger", successor=yard.centre.party)

    receive(yard, yard.centre, yard.new_id("con"), [pack], basis="succession")

    assert yard.unit(pack)["holder"] == yard.centre.party


def test_a_dangerous_pack_is_taken_in_by_anybody_and_the_finding_names_the_origin(yard: Yard) -> None:
    pack = yard.waste_pack()
    consignment = yard.new_id("con")

    receive(yard, yard.centre, consignment, [pack], basis="emergency", giver={"capacity": "party"})

    assert yard.unit(pack)["holder"] == yard.centre.party
    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("one-signature-reception", yard.workshop.party)


ACTS: list[tuple[str, str, dict[str, Any]]] = [
    ("unit.repurposed", "repurposing", {"application": "stationary"}),
    ("unit.remanufactured", "reuse", {"work": "cells replaced"}),
    ("unit.exported", "export", {"country": "US", "pedimento": "25 24 1234 5000001"}),
    ("unit.disposed", "disposal", {"method": "confinement"}),
]


@pytest.mark.parametrize(("kind", "activity", "members"), ACTS)
def test_handling_waste_takes_its_own_activity(yard: Yard, kind: str, activity: str, members: dict[str, Any]) -> None:
    yard.permit(yard.recycler, "storage")
    pack = held_waste(yard, yard.recycler)

    def act() -> str:
        return yard.say(yard.recycler, kind, units=[pack], **members)

    refusal = refused(yard, act)
    assert (refusal.field, refusal.facts["activity"]) == ("/units/0", activity)
    assert refusal.facts["condition"] == "activity"

    yard.permit(yard.recycler, activity)
    act()
    assert yard.unit(pack)["stage"] != "waste"


def test_what_was_never_discarded_is_repurposed_without_a_permit(yard: Yard) -> None:
    pack: str = yard.produce()
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.recycler, "unit.removed", units=[pack], reason="upgrade")

    yard.say(yard.recycler, "unit.repurposed", units=[pack], application="stationary")

    assert yard.unit(pack)["stage"] == "stock"


def test_dismantling_waste_takes_a_permit_for_the_site(yard: Yard) -> None:
    yard.permit(yard.recycler, "dismantling", sites=[yard.recycler.site])
    pack = held_waste(yard, yard.recycler)
    parts = [{"id": yard.new_unit_id(), "description": yard.description(unit_kind="module")}]

    def dismantle(**more: Any) -> str:
        return yard.say(yard.recycler, "unit.dismantled", unit=pack, parts=parts, unexplained_g=0, **more)

    refusal = refused(yard, dismantle)
    assert (refusal.field, refusal.facts["condition"]) == ("/unit", "site")

    dismantle(site=yard.recycler.site)
    assert yard.unit(pack)["stage"] == "dismantled"


@pytest.mark.parametrize("activity", ["recycling", "treatment"])
def test_a_batch_takes_a_permit_for_its_activity(yard: Yard, activity: str) -> None:
    yard.permit(yard.recycler, "storage")

    def open_batch() -> str:
        batch = yard.new_id("bch")
        yard.say(yard.recycler, "batch.opened", batch=batch, activity=activity, process="shredding")
        return batch

    refusal = refused(yard, open_batch)
    assert (refusal.field, refusal.facts["activity"]) == ("/activity", activity)

    yard.permit(yard.recycler, activity)
    assert yard.act(open_batch())["stage"] == "open"


def test_waste_is_fed_to_a_batch_under_the_permit_for_the_batchs_site(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", chemistries=["LFP"], sites=[yard.recycler.site])
    sound = held_waste(yard, yard.recycler, chemistry="LFP")
    foreign = held_waste(yard, yard.recycler)
    batch = yard.new_id("bch")
    opening: dict[str, Any] = {"activity": "recycling", "process": "shredding"}
    yard.say(yard.recycler, "batch.opened", batch=batch, site=yard.recycler.site, **opening)

    def feed(pack: str) -> str:
        fed = {"id": pack, "mass_g": 435_000, "mass_basis": "weighed"}
        return yard.say(yard.recycler, "batch.fed", batch=batch, units=[fed])

    assert refused(yard, lambda: feed(foreign)).facts["condition"] == "chemistry"

    feed(sound)
    assert yard.unit(sound)["stage"] == "consumed"


def test_a_workshop_stores_the_waste_it_made_without_a_permit(yard: Yard) -> None:
    pack = yard.waste_pack()

    yard.say(yard.workshop, "unit.stored", units=[pack], site=yard.workshop.site)

    assert yard.unit(pack)["site"] == yard.workshop.site


def test_what_was_received_as_a_product_and_then_discarded_is_the_holders_own_waste(yard: Yard) -> None:
    pack: str = yard.produce(yard.workshop)
    consignment = yard.offer(yard.workshop, yard.centre, [pack], purpose="second_life")
    receive(yard, yard.centre, consignment, [pack])
    yard.say(yard.centre, "unit.discarded", units=[pack], reason="damaged")

    yard.say(yard.centre, "unit.stored", units=[pack], site=yard.centre.site)

    assert yard.unit(pack)["site"] == yard.centre.site


def test_storing_other_parties_waste_takes_a_permit_for_the_site(yard: Yard) -> None:
    scope = {"activities": ["collection"], "waste_classes": ["RP"]}
    permit = yard.permit(yard.centre, "collection", waste_classes=["RP"])
    pack = yard.waste_pack()
    determine(yard, yard.workshop, pack, "RP")
    consignment = yard.offer(yard.workshop, yard.centre, [pack])
    receive(yard, yard.centre, consignment, [pack])
    elsewhere = yard.new_id("sit")
    place = {"state": "19", "municipality": "006", "time_zone": "America/Monterrey"}
    yard.say(yard.centre, "site.registered", registered=elsewhere, operated_by=yard.centre.party, place=place)
    decide(yard, permit, "changed", "2025-01-06", scope={**scope, "sites": [yard.centre.site]})

    def store(site: str | None) -> str:
        return yard.say(yard.centre, "unit.stored", units=[pack], site=site)

    refusal = refused(yard, lambda: store(elsewhere))
    assert (refusal.facts["activity"], refusal.facts["condition"]) == ("storage", "site")
    assert refusal.facts["article"] == "LGPGIR 50 III"

    store(yard.centre.site)
    assert yard.unit(pack)["site"] == yard.centre.site


def test_waste_leaves_the_country_under_the_consignors_permit_to_export(yard: Yard) -> None:
    abroad = yard.new_party("Recycling Demo Inc.", form="foreign")
    pack = yard.waste_pack()

    def send(purpose: str) -> str:
        return yard.offer(yard.workshop, abroad, [pack], purpose=purpose)

    refusal = refused(yard, lambda: send("export"))
    assert (refusal.facts["party"], refusal.facts["activity"]) == (yard.workshop.party, "export")

    yard.permit(yard.workshop, "export")
    send("export")


def test_a_maquiladora_returns_its_waste_by_notice(yard: Yard) -> None:
    abroad = yard.new_party("Recycling Demo Inc.", form="foreign")
    pack = yard.waste_pack()

    yard.offer(yard.workshop, abroad, [pack], purpose="maquiladora_return")

    assert yard.unit(pack)["line"] == "offered"


def elsewhere(yard: Yard, actor: Actor) -> str:
    """Another site of the actor."""
    site = yard.new_id("sit")
    place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
    yard.say(yard.operator, "site.registered", registered=site, operated_by=actor.party, place=place)
    return site


def on_the_road(yard: Yard) -> tuple[str, str]:
    """A consignment of one waste pack that the carrier has picked up, and the pack."""
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport")
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    return consignment, pack


def test_putting_waste_down_on_the_way_takes_a_permit_to_store_at_that_site(yard: Yard) -> None:
    consignment, pack = on_the_road(yard)
    site = yard.carrier.site

    def store() -> str:
        return yard.say(yard.carrier, "consignment.stored", consignment=consignment, units=[pack], site=site)

    refusal = refused(yard, store)
    assert (refusal.field, refusal.facts["activity"], refusal.facts["condition"]) == ("/site", "storage", "activity")
    yard.permit(yard.carrier, "storage", sites=[elsewhere(yard, yard.carrier)])
    assert refused(yard, store).facts["condition"] == "site"

    yard.permit(yard.carrier, "storage", sites=[site])
    store()
    assert yard.unit(pack)["line"] == "stored"


def test_a_producer_that_carries_its_own_waste_puts_it_down_without_a_permit_to_store(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.workshop, "transport")
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], [yard.workshop])
    yard.say(yard.workshop, "consignment.picked_up", consignment=consignment, units=[pack])

    yard.say(yard.workshop, "consignment.stored", consignment=consignment, units=[pack], site=yard.workshop.site)

    assert yard.unit(pack)["line"] == "stored"


def test_waste_is_redirected_to_a_permitted_consignee_alone(yard: Yard) -> None:
    consignment, pack = on_the_road(yard)
    about: dict[str, Any] = {"consignment": consignment, "units": [pack]}

    def send(to: Actor) -> str:
        members = {**about, "into": yard.new_id("con"), "consignee": to.party, "destination": to.site}
        return yard.say(yard.workshop, "consignment.redirected", **members)

    refusal = refused(yard, lambda: send(yard.centre))
    assert (refusal.field, refusal.facts["activity"]) == ("/consignee", "receiving")
    assert refusal.facts["party"] == yard.centre.party
    yard.permit(yard.centre, "collection", sites=[elsewhere(yard, yard.centre)])
    assert refused(yard, lambda: send(yard.centre)).facts["condition"] == "site"

    yard.permit(yard.centre, "collection", sites=[yard.centre.site])
    send(yard.centre)
    assert yard.act(consignment)["stage"] == "closed"


def test_waste_is_redirected_abroad_under_a_permit_to_export(yard: Yard) -> None:
    abroad = yard.new_party("Recycling Demo Inc.", form="foreign")
    consignment, pack = on_the_road(yard)
    members: dict[str, Any] = {"consignment": consignment, "units": [pack], "consignee": abroad.party}

    def send() -> str:
        return yard.say(yard.workshop, "consignment.redirected", into=yard.new_id("con"), **members)

    assert refused(yard, send).facts["activity"] == "export"
    yard.permit(yard.workshop, "export")
    send()


def delivered_abroad(yard: Yard, purpose: str) -> None:
    """A delivery abroad after the permit to export, if there was one, has been revoked."""
    abroad = yard.new_party("Recycling Demo Inc.", form="foreign")
    permit = yard.permit(yard.workshop, "export")
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, abroad, [pack], purpose=purpose)
    yard.rule(permit, "revoked")
    document = {"digest": "ab" * 32, "bytes": 1, "media_type": "application/pdf", "role": "movement_document"}
    lines = [{"id": pack, "outcome": "accepted"}]
    stated: dict[str, Any] = {"country": "US", "border": {}, "documents": [document], "lines": lines}
    yard.say(yard.workshop, "consignment.delivered", consignment=consignment, **stated)
    assert yard.unit(pack)["holder"] == "abroad"


def test_what_crossed_the_border_without_a_permit_is_recorded_with_a_finding(yard: Yard) -> None:
    delivered_abroad(yard, "export")

    [finding] = [each for each in yard.findings() if each["requirement"] == "exported-without-permit"]
    assert finding["party"] == yard.workshop.party
    assert (finding["facts"]["activity"], finding["facts"]["condition"]) == ("export", "revoked")


def test_a_maquiladoras_return_is_delivered_by_its_notice(yard: Yard) -> None:
    delivered_abroad(yard, "maquiladora_return")

    assert [each for each in yard.findings() if each["requirement"] == "exported-without-permit"] == []


def test_what_is_entered_from_a_paper_was_received_and_takes_the_permit_for_its_purpose(yard: Yard) -> None:
    pack = yard.produce(yard.workshop)
    on_paper = {"consignor": yard.workshop.party, "purpose": "waste_rp", "form": "manifest", "number": "M-1"}
    scan = {"digest": "ab" * 32, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}
    stated: dict[str, Any] = {"basis": "paper", "on_paper": on_paper, "documents": [scan]}

    def enter(**more: Any) -> str:
        return receive(yard, yard.recycler, yard.new_id("con"), [pack], **stated, **more)

    refusal = refused(yard, enter)
    assert (refusal.facts["activity"], refusal.facts["waste_class"]) == ("receiving", "RP")
    enter(exception={"reason": "already_happened"})

    assert "received-without-permit" in [finding["requirement"] for finding in yard.findings()]


def test_an_offer_that_lost_a_conflict_is_kept_as_evidence_though_no_permit_covers_it(yard: Yard) -> None:
    pack = yard.waste_pack()
    second = yard.draft(
        yard.workshop,
        "consignment.offered",
        consignment=yard.new_id("con"),
        consignee=yard.recycler.party,
        purpose="waste_rme",
        units=[pack],
        units_total=1,
    )
    determine(yard, yard.workshop, pack, "RP")

    yard.record(second)

    assert [yard.entries[index] for index in yard.void] == [second]
    assert "consignment" not in yard.unit(pack)


TRANSCRIBED = {"source": "Empresas autorizadas para el manejo de residuos peligrosos", "listed_on": "2025-01-02"}


def transcribe(yard: Yard) -> str:
    """A pilot without the authority: its operator copies a permit of the recycler from the public list."""
    permit = yard.new_id("aut")
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=permit,
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2024",
        scope={"activities": ["recycling"], "waste_classes": ["RME"]},
        from_on="2024-01-01",
        to_on="2034-01-01",
        transcribed=TRANSCRIBED,
    )
    return permit


def test_a_transcribed_permit_serves_like_a_granted_one(yard: Yard) -> None:
    transcribe(yard)
    pack = yard.waste_pack()

    offer(yard, [pack])()

    assert yard.unit(pack)["line"] == "offered"


def test_a_transcribed_permit_is_suspended_by_the_authority_that_joins_later(yard: Yard) -> None:
    permit = transcribe(yard)
    members: dict[str, Any] = {"authorisation": permit, "from_on": "2025-01-06", "cause": "LGPGIR 52"}
    yard.say(yard.state_agency, "authorisation.suspended", **members, act=yard.act_of_today())

    assert refused(yard, offer(yard, [yard.waste_pack()])).facts["condition"] == "suspended"


def test_a_natural_persons_name_is_refused_and_its_permit_serves_without_one(yard: Yard) -> None:
    with pytest.raises(MalformedStatement):
        yard.new_party("Ana Ejemplo", form="fisica")

    small = yard.new_party(None, form="fisica")
    yard.permit(small, "collection")
    pack = yard.waste_pack()
    yard.offer(yard.workshop, small, [pack])

    assert "name" not in yard.state[f"party/{small.party}"]
    assert yard.unit(pack)["line"] == "offered"


def modes(*allowed: str) -> dict[str, Any]:
    return {"activities": ["transport"], "waste_classes": ["RME"], "modes": [*allowed]}


def test_hazardous_waste_by_air_is_refused_whatever_the_permit(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])

    by_air = offer(yard, [yard.waste_pack()], carriers=[yard.carrier], mode="air", purpose="waste_rp")
    refusal = refused(yard, by_air)

    assert (refusal.field, refusal.facts["condition"], refusal.facts["article"]) == (
        "/carriers/0",
        "mode",
        "LGPGIR 67 I",
    )
    assert refusal.cure


def test_no_article_on_hazardous_waste_keeps_other_waste_from_the_air(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    pack = yard.waste_pack()
    road_only = yard.permit(yard.carrier, "transport", modes=["road"])

    refusal = refused(yard, offer(yard, [pack], carriers=[yard.carrier], mode="air"))
    yard.rule(road_only, "revoked")
    yard.permit(yard.carrier, "transport")
    yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier], mode="air")

    assert (refusal.facts["condition"], refusal.facts["article"]) == ("mode", "LGPGIR 9 III; law of the state")
    assert yard.unit(pack)["line"] == "offered"


def test_a_carrier_without_a_permit_is_told_so_before_the_mode_is_looked_at(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")

    refusal = refused(yard, offer(yard, [yard.waste_pack()], carriers=[yard.carrier], mode="air"))

    assert refusal.facts["condition"] == "none-granted"
    assert refusal.facts["article"] == "LGPGIR 9 III; law of the state"


def test_what_is_no_waste_may_travel_by_air(yard: Yard) -> None:
    pack = yard.produce()

    yard.offer(yard.maker, yard.workshop, [pack], carriers=[yard.carrier], mode="air", purpose="new_product")

    assert yard.unit(pack)["line"] == "offered"


@pytest.mark.parametrize("says", ["consignor", "carrier"])
def test_a_carrier_permitted_for_the_road_alone_does_not_carry_by_sea(yard: Yard, says: str) -> None:
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport", modes=["road"])
    pack = yard.waste_pack()
    if says == "consignor":
        assert refused(yard, offer(yard, [pack], carriers=[yard.carrier], mode="sea")).facts["condition"] == "mode"
        return
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier])

    def pick_up(mode: str) -> str:
        return yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack], mode=mode)

    refusal = refused(yard, lambda: pick_up("sea"))
    assert (refusal.facts["condition"], refusal.facts["activity"]) == ("mode", "transport")
    pick_up("road")


def test_a_carrier_that_says_no_mode_goes_as_the_consignor_said(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    permit = yard.permit(yard.carrier, "transport", modes=["rail"])
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier], mode="rail")
    decide(yard, permit, "changed", "2025-01-06", scope=modes("road"))

    pick_up: dict[str, Any] = {"consignment": consignment, "units": [pack]}
    refusal = refused(yard, lambda: yard.say(yard.carrier, "consignment.picked_up", **pick_up))

    assert refusal.facts["condition"] == "mode"
    yard.say(yard.carrier, "consignment.picked_up", **pick_up, mode="road")


def test_a_carrier_without_permit_on_a_paper_entered_later_is_found_on_who_took_the_load_in(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport")
    packs = [yard.waste_pack(), yard.waste_pack()]
    carriers = [yard.carrier.party, yard.second_carrier.party]
    named = {"consignor": yard.workshop.party, "purpose": "waste_rme", "form": "rme_transport", "number": "R-1"}
    scan = {"digest": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}
    consignment = yard.new_id("con")

    yard.say(
        yard.recycler,
        "consignment.received",
        consignment=consignment,
        basis="paper",
        on_paper={**named, "carriers": carriers},
        lines=[{"id": pack, "outcome": "accepted"} for pack in packs],
        documents=[scan],
    )

    [finding] = [each for each in yard.findings() if each["requirement"] == "carried-without-permit"]
    assert (finding["party"], finding["subject"]) == (yard.recycler.party, consignment)
    assert finding["facts"]["carrier"] == yard.second_carrier.party
    assert finding["facts"]["article"] == "LGPGIR 9 III; law of the state"
