from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from certification.competence import permits_waste, reaches
from certification.states import STATES
from compliance.rulebook import rules_of
from ledger.errors import MalformedStatement, NotConcerned
from tests.yard import Actor, Yard

DIGEST = "ab" * 32
GUADALAJARA = {"state": "14", "municipality": "039"}
MONTERREY = {"state": "19", "municipality": "039"}


@pytest.fixture
def yard() -> Yard:
    """A world under all rules; every party's site is in Monterrey, Nuevo León (19-039)."""
    return Yard(rules=rules_of(1))


def refused(act: Callable[[], object]) -> NotConcerned:
    with pytest.raises(NotConcerned) as caught:
        act()
    return caught.value


def grant(yard: Yard, authority: Actor, *waste_classes: str, **scope: Any) -> str:
    authorisation = yard.new_id("aut")
    yard.say(
        authority,
        "authorisation.granted",
        authorisation=authorisation,
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2025",
        scope={"activities": ["recycling"], "waste_classes": list(waste_classes), **scope},
        from_on="2025-01-06",
        to_on="2035-01-06",
        act=yard.act_of_today(),
    )
    return authorisation


def transcribe(yard: Yard, *waste_classes: str, **scope: Any) -> tuple[Actor, str]:
    chamber = yard.new_authority("Cámara Demo, A.C.", ["transcribe"])
    authorisation = yard.new_id("aut")
    yard.say(
        chamber,
        "authorisation.granted",
        authorisation=authorisation,
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2019",
        scope={"activities": ["recycling"], "waste_classes": list(waste_classes), **scope},
        from_on="2019-01-06",
        to_on="2029-01-06",
        transcribed={"source": "lista publicada", "listed_on": "2025-01-06"},
    )
    return chamber, authorisation


def move(yard: Yard, actor: Actor, place: dict[str, str]) -> None:
    moved = {**place, "time_zone": "America/Mexico_City"}
    prev = yard.head(f"site/{actor.site}")
    yard.say(yard.operator, "site.changed", changed=actor.site, prev=prev, place=moved)


@pytest.mark.parametrize(
    ("jurisdiction", "waste_class"),
    [("MX", "RP"), *((state.iso, "RME") for state in STATES), ("MX-NLE-039", None), ("MX-ZZZ", None)],
)
def test_what_a_jurisdiction_permits(jurisdiction: str, waste_class: str | None) -> None:
    assert permits_waste(jurisdiction) == waste_class


@pytest.mark.parametrize(
    ("jurisdiction", "place", "inside"),
    [
        ("MX", MONTERREY, True),
        ("MX", GUADALAJARA, True),
        ("MX-NLE", MONTERREY, True),
        ("MX-NLE", GUADALAJARA, False),
        ("MX-NLE-039", MONTERREY, True),
        ("MX-NLE-019", MONTERREY, False),
        ("MX-NLE-039", GUADALAJARA, False),
        ("MX-JAL-039", MONTERREY, False),
        ("MX-NLE", {"state": "99", "municipality": "039"}, False),
    ],
)
def test_how_far_a_jurisdiction_reaches(jurisdiction: str, place: dict[str, str], inside: bool) -> None:
    assert reaches(jurisdiction, place) is inside


def test_the_federation_permits_hazardous_waste_and_a_state_special_handling_waste(yard: Yard) -> None:
    assert yard.act(grant(yard, yard.semarnat, "RP"))["granted_by"] == yard.semarnat.party
    assert yard.act(grant(yard, yard.state_agency, "RME"))["granted_by"] == yard.state_agency.party


@pytest.mark.parametrize(
    ("authority", "waste_classes", "article"),
    [
        ("semarnat", ["RME"], "LGPGIR 9 III"),
        ("semarnat", ["RP", "RME"], "LGPGIR 9 III"),
        ("state_agency", ["RP"], "LGPGIR 7 XI, 50"),
        ("state_agency", ["RME", "RP"], "LGPGIR 7 XI, 50"),
    ],
)
def test_neither_permits_the_others_waste(yard: Yard, authority: str, waste_classes: list[str], article: str) -> None:
    refusal = refused(lambda: grant(yard, getattr(yard, authority), *waste_classes))

    assert refusal.field == "/scope/waste_classes"
    assert refusal.facts["article"] == article
    assert refusal.cure


def test_a_state_permits_nothing_at_a_site_of_another_state(yard: Yard) -> None:
    move(yard, yard.recycler, GUADALAJARA)

    refusal = refused(lambda: grant(yard, yard.state_agency, "RME", sites=[yard.recycler.site]))

    assert refusal.field == "/scope/sites/0"
    assert refusal.facts["state"] == "14"


def test_a_scope_does_not_grow_into_another_jurisdiction(yard: Yard) -> None:
    permit = grant(yard, yard.state_agency, "RME")
    scope = {"activities": ["recycling"], "waste_classes": ["RME", "RP"]}

    assert refused(lambda: yard.rule(permit, "changed", scope=scope)).field == "/scope/waste_classes"


def test_a_municipality_gets_no_power_to_grant(yard: Yard) -> None:
    refusal = refused(lambda: yard.new_authority("Monterrey", ["grant"], "MX-NLE-039"))

    assert refusal.facts == {"article": "LGPGIR 10"}
    yard.new_authority("Monterrey", ["inspect", "order"], "MX-NLE-039")


def test_a_municipality_does_not_come_by_it_later(yard: Yard) -> None:
    town = yard.new_authority("Monterrey", ["inspect"], "MX-NLE-039")

    refused(lambda: yard.say_as_root("party.changed", changed=town.party, powers=["grant", "inspect"]))


def test_a_jurisdiction_is_one_of_the_states(yard: Yard) -> None:
    with pytest.raises(MalformedStatement):
        yard.new_authority("Nadie", ["inspect"], "MX-ZZZ")


@pytest.mark.parametrize("kind", ["suspended", "revoked"])
def test_a_state_does_not_touch_a_federal_permit_nor_the_federation_a_states(yard: Yard, kind: str) -> None:
    federal, local = grant(yard, yard.semarnat, "RP"), grant(yard, yard.state_agency, "RME")
    by_act: dict[str, Any] = {"from_on": "2025-01-06", "act": yard.act_of_today(), "cause": "LGPGIR 52"}

    def decide(actor: Actor, permit: str) -> Callable[[], str]:
        return lambda: yard.say(actor, f"authorisation.{kind}", authorisation=permit, **by_act)

    assert refused(decide(yard.state_agency, federal)).field == "/authorisation"
    assert refused(decide(yard.semarnat, local)).field == "/authorisation"


def test_another_authority_of_the_same_jurisdiction_may_decide(yard: Yard) -> None:
    permit = grant(yard, yard.semarnat, "RP")
    delegation = yard.new_authority("SEMARNAT, oficina en Nuevo León", ["grant"])
    by_act: dict[str, Any] = {"from_on": "2025-01-06", "act": yard.act_of_today(), "cause": "RLGPGIR 62"}

    yard.say(delegation, "authorisation.suspended", authorisation=permit, **by_act)

    assert yard.act(permit)["timeline"][-1]["status"] == "suspended"


def test_a_transcribed_permit_is_confirmed_by_who_permits_its_waste(yard: Yard) -> None:
    _, permit = transcribe(yard, "RME")

    refused(lambda: confirm(yard, yard.semarnat, permit))
    confirm(yard, yard.state_agency, permit)

    assert yard.act(permit)["confirmed_by"] == yard.state_agency.party


def confirm(yard: Yard, authority: Actor, permit: str) -> str:
    return yard.say(authority, "authorisation.confirmed", authorisation=permit, act=yard.act_of_today())


def test_a_transcribed_permit_of_another_states_site_is_not_this_states(yard: Yard) -> None:
    move(yard, yard.recycler, GUADALAJARA)
    _, permit = transcribe(yard, "RME", sites=[yard.recycler.site])

    assert refused(lambda: confirm(yard, yard.state_agency, permit)).field == "/scope/sites/0"


def test_who_transcribed_goes_on_mirroring_the_public_list(yard: Yard) -> None:
    chamber, permit = transcribe(yard, "RP", "RME")

    yard.say(chamber, "authorisation.suspended", authorisation=permit, from_on="2025-01-02", cause="lista publicada")

    assert yard.act(permit)["timeline"][-1]["status"] == "suspended"


@pytest.mark.parametrize(("jurisdiction", "allowed"), [("MX", True), ("MX-NLE-039", True), ("MX-NLE-019", False)])
def test_an_authority_inspects_in_its_territory(yard: Yard, jurisdiction: str, allowed: bool) -> None:
    inspector = yard.new_authority("Inspección", ["inspect"], jurisdiction)
    visit: dict[str, Any] = {"inspected": yard.recycler.site, "order_number": "1/2025", "acta": DIGEST, "counted": 3}

    def inspect() -> str:
        return yard.say(inspector, "inspection.recorded", inspection=yard.new_id("ins"), **visit)

    if allowed:
        inspect()
    else:
        assert refused(inspect).field == "/inspected"


def test_an_authority_orders_at_sites_in_its_territory(yard: Yard) -> None:
    pack = yard.produce()
    town = yard.new_authority("Guadalajara", ["order"], "MX-JAL-039")
    order: dict[str, Any] = {"units": [pack], "effect": "quarantine", "act": yard.act_of_today()}

    refusal = refused(lambda: yard.say(town, "order.issued", order=yard.new_id("ord"), site=yard.maker.site, **order))

    assert refusal.field == "/site"


def test_an_authority_with_a_territory_says_where_the_units_are_that_it_orders_about(yard: Yard) -> None:
    order: dict[str, Any] = {"units": [yard.produce()], "effect": "seizure", "act": yard.act_of_today()}

    refusal = refused(lambda: yard.say(yard.state_agency, "order.issued", order=yard.new_id("ord"), **order))

    assert refusal.field == "/site"
    yard.say(yard.state_agency, "order.issued", order=yard.new_id("ord"), site=yard.maker.site, **order)
    yard.say(yard.semarnat, "order.issued", order=yard.new_id("ord"), **order)


def test_a_state_tries_findings_only_of_whom_it_inspected_in_its_territory(yard: Yard) -> None:
    yard.say(yard.workshop, "unit.classified", units=[yard.waste_pack()], waste_class="not_waste", method="crit_test")
    [name] = [key.removeprefix("finding/") for key in yard.state if key.startswith("finding/")]
    case: dict[str, Any] = {
        "case": yard.new_id("cas"),
        "against": yard.workshop.party,
        "subject": "stock",
        "findings": [name],
    }

    def order(site: str | None) -> str:
        inspection = yard.new_id("ins")
        said: dict[str, Any] = {
            "order_number": "OV-1",
            "purpose": "stock",
            "from_on": "2025-01-06",
            "to_on": "2025-01-10",
        }
        act = {"oficio": "SMA/1", "notified_on": "2025-01-06"}
        yard.say(yard.state_agency, "inspection.ordered", inspection=inspection, inspected=site, act=act, **said)
        return inspection

    def open_case(**about: Any) -> str:
        return yard.say(yard.state_agency, "case.opened", **case, **about)

    other = order(yard.centre.site)
    assert refused(open_case).field == "/inspection"
    assert refused(lambda: open_case(inspection=other)).field == "/inspection"
    open_case(inspection=order(yard.workshop.site))


def test_a_further_copy_from_the_list_does_not_undo_what_the_authority_decided(yard: Yard) -> None:
    chamber, copied = transcribe(yard, "RP")
    again: dict[str, Any] = {
        "holder": yard.recycler.party,
        "number": "19-39-PS-IV-0001-2019",
        "scope": {"activities": ["recycling"], "waste_classes": ["RP"]},
        "from_on": "2019-01-06",
        "to_on": "2029-01-06",
        "transcribed": {"source": "lista publicada", "listed_on": "2025-01-06"},
    }

    def copy(**more: Any) -> str:
        return yard.say(chamber, "authorisation.granted", authorisation=yard.new_id("aut"), **{**again, **more})

    copy()
    by_act: dict[str, Any] = {"from_on": "2025-01-06", "act": yard.act_of_today(), "cause": "RLGPGIR 62"}
    yard.say(yard.semarnat, "authorisation.suspended", authorisation=copied, **by_act)

    refusal = refused(copy)

    assert (refusal.field, refusal.facts["authorisation"]) == ("/number", copied)
    copy(number="19-39-PS-IV-0002-2019")


def test_nobody_publishes_for_another_jurisdiction(yard: Yard) -> None:
    state = yard.new_authority("Congreso de Nuevo León", ["enact"], "MX-NLE")

    def publish(calendar: str) -> str:
        return yard.say(state, "calendar.published", calendar=calendar, year=2025, closed_on=["2025-09-20"])

    def enact(code: str) -> str:
        members: dict[str, Any] = {"regime": "NL-1", "jurisdiction": {"code": code}, "from_on": "2025-01-01"}
        return yard.say(state, "regime.enacted", **members)

    assert refused(lambda: publish("MX")).field == "/calendar"
    assert refused(lambda: enact("MX")).field == "/jurisdiction/code"
    publish("MX-NLE")
    enact("MX-NLE")
    assert yard.state["calendar/MX-NLE/2025"]["closed_on"] == ["2025-09-20"]


def test_what_the_root_granted_is_afterwards_of_whoever_permits_its_waste(yard: Yard) -> None:
    permit = yard.new_id("aut")
    yard.say_as_root(
        "authorisation.granted",
        authorisation=permit,
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2025",
        scope={"activities": ["recycling"], "waste_classes": ["RP"]},
        from_on="2025-01-06",
        to_on="2035-01-06",
        act=yard.act_of_today(),
    )
    by_act: dict[str, Any] = {"from_on": "2025-01-06", "act": yard.act_of_today(), "cause": "RLGPGIR 62"}

    refusal = refused(lambda: yard.say(yard.state_agency, "authorisation.suspended", authorisation=permit, **by_act))
    yard.say(yard.semarnat, "authorisation.suspended", authorisation=permit, **by_act)

    assert refusal.field == "/scope/waste_classes"
    assert yard.act(permit)["timeline"][-1]["status"] == "suspended"
