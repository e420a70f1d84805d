"""R47: the same act before and after a switch of the law, and what stood in the middle of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compliance.lawbook import proposals
from compliance.obligation import Obligation
from compliance.obligations.dispatch import obligations_of
from compliance.obligations.view import View
from compliance.original import find_return_clock
from compliance.rulebook import CURRENT
from exchange.papers.assembly import waste_of
from ledger.domain.payload import unit_key
from ledger.domain.values import parse_instant
from ledger.errors import AuthorisationMissing
from ledger.fold.state import Value
from tests.exchange.papers.loaded import Gate
from tests.ledger.fold.story import accepted
from tests.yard import Actor, Yard

REFORM = proposals()["mx-reforma-nom-052"]
SWITCH = "2025-02-01"
# Monterrey is six hours behind UTC
LAST_BEFORE, FIRST_AFTER = "2025-02-01T05:59:59Z", "2025-02-01T06:00:00Z"
STATE_LAW = "LGPGIR 9 III; law of state 19"
Members = dict[str, Any]


def enact(yard: Yard, **changes: Any) -> None:
    """The ministry has enacted the reform for the first of February."""
    tables = {**REFORM.tables.model_dump(), **changes}
    law: Members = {"regime": REFORM.regime, "jurisdiction": {"code": "MX"}, "from_on": SWITCH}
    yard.say(yard.semarnat, "regime.enacted", **law, tables=tables)


@pytest.fixture
def yard() -> Yard:
    """Carrier and recycler have the permits of their state, and none for hazardous waste."""
    world = Yard(rules=CURRENT)
    enact(world)
    world.permit(world.carrier, "transport")
    world.permit(world.recycler, "recycling")
    return world


def wait_until(yard: Yard, instant: str) -> None:
    yard.pass_time(parse_instant(instant) - yard.now)
    yard.tick()


def offer(yard: Yard, pack: str, purpose: str = "waste_rme") -> str:
    terms: Members = {"destination": yard.recycler.site, "site": yard.workshop.site, "purpose": purpose}
    return yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier], **terms)


def pick_up(yard: Yard, consignment: str, pack: str) -> str:
    return yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])


def receive(yard: Yard, consignment: str, pack: str, **more: Any) -> str:
    members: Members = {"basis": "offer", "lines": accepted(pack), "site": yard.recycler.site, **more}
    return yard.say(yard.recycler, "consignment.received", consignment=consignment, **members)


def refused(act: Callable[[], object]) -> AuthorisationMissing:
    with pytest.raises(AuthorisationMissing) as caught:
        act()
    return caught.value


def article_of(yard: Yard, requirement: str) -> list[str]:
    return [found["facts"]["article"] for found in yard.findings() if found["requirement"] == requirement]


def storage(yard: Yard, pack: str) -> list[Obligation]:
    found = obligations_of(unit_key(pack), yard.unit(pack), View.of(yard.state))
    return [one for one in found if one.requirement == "R01"]


def test_the_same_offer_is_the_states_affair_before_the_switch_and_the_federations_after(yard: Yard) -> None:
    packs = [yard.waste_pack(), yard.waste_pack()]

    wait_until(yard, LAST_BEFORE)
    offer(yard, packs[0])
    wait_until(yard, FIRST_AFTER)
    refusal = refused(lambda: offer(yard, packs[1]))

    assert (refusal.facts["condition"], refusal.facts["waste_class"]) == ("waste-class", "RP")
    assert (refusal.facts["day"], refusal.facts["article"]) == (SWITCH, "LGPGIR 42, 50; RLGPGIR 56 III-IV")


def test_what_happened_before_the_switch_and_is_recorded_after_it_is_judged_by_its_own_day(yard: Yard) -> None:
    pack = yard.waste_pack()
    wait_until(yard, LAST_BEFORE)
    happened_at = LAST_BEFORE
    wait_until(yard, "2025-02-03T12:00:00Z")

    members: Members = {"consignee": yard.recycler.party, "destination": yard.recycler.site, "purpose": "waste_rme"}
    con = yard.new_id("con")
    stated: Members = {"consignment": con, "units": [pack], "units_total": 1, "occurred_at": happened_at}
    yard.say(yard.workshop, "consignment.offered", **members, **stated)

    assert yard.unit(pack)["consignment"] == con


def test_a_pack_that_was_determined_special_is_hazardous_once_a_list_names_it_and_one_that_is_no_waste_is_not(
    yard: Yard,
) -> None:
    special, core = yard.waste_pack(), yard.waste_pack()
    for pack, waste_class in ((special, "RME"), (core, "not_waste")):
        said: Members = {"waste_class": waste_class, "method": "knowledge", "under_oath": True}
        yard.say(yard.workshop, "unit.classified", units=[pack], **said)
    wait_until(yard, FIRST_AFTER)

    assert refused(lambda: offer(yard, special)).facts["waste_class"] == "RP"
    offer(yard, core, "second_life")


def test_a_chemistry_that_no_list_names_stays_special(yard: Yard) -> None:
    pack = yard.produce(yard.workshop, chemistry="Na_ion")
    yard.say(yard.workshop, "unit.discarded", units=[pack], reason="end_of_life")
    wait_until(yard, FIRST_AFTER)

    offer(yard, pack)

    assert yard.unit(pack)["line"] == "offered"


def test_a_load_in_transit_is_received_by_the_law_of_its_arrival_and_left_by_that_of_its_departure(yard: Yard) -> None:
    pack = yard.waste_pack()
    consignment = offer(yard, pack)
    wait_until(yard, LAST_BEFORE)
    pick_up(yard, consignment, pack)
    wait_until(yard, "2025-02-01T15:00:00Z")

    refusal = refused(lambda: receive(yard, consignment, pack))
    receive(yard, consignment, pack, exception={"reason": "already_happened"})

    assert refusal.facts["article"] == "LGPGIR 42, 50; RLGPGIR 56 III-IV"
    assert article_of(yard, "received-without-permit") == ["LGPGIR 42, 50; RLGPGIR 56 III-IV"]
    # it left as special-handling waste: no manifest, and no sixty days
    assert find_return_clock(yard.act(consignment), LAST_BEFORE[:10]) is None


def test_an_offer_from_before_the_switch_is_picked_up_by_who_may_carry_hazardous_waste(yard: Yard) -> None:
    pack = yard.waste_pack()
    consignment = offer(yard, pack)
    wait_until(yard, FIRST_AFTER)

    refusal = refused(lambda: pick_up(yard, consignment, pack))
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    pick_up(yard, consignment, pack)

    assert refusal.facts["article"] == "LGPGIR 50 VI; RLGPGIR 46 VI"
    # whatever the offer called it, hazardous waste has left: its original must be back
    assert find_return_clock(yard.act(consignment), SWITCH) is not None


@pytest.mark.parametrize(("starts", "since"), [("switch", SWITCH), ("generation", "2025-01-06")])
def test_the_clock_of_a_pack_in_store_starts_as_the_regime_says_and_does_not_restart_as_it_moves(
    starts: str, since: str
) -> None:
    yard = Yard(rules=CURRENT)
    enact(yard, clock_at_switch=starts)
    pack, later = yard.waste_pack(), yard.waste_pack()
    assert [one.since_on for one in storage(yard, pack)] == [since]
    wait_until(yard, "2025-03-01T15:00:00Z")
    yard.say(yard.workshop, "unit.stored", units=[pack], site=yard.workshop.site)

    [clock] = storage(yard, pack)
    wait_until(yard, "2025-03-02T15:00:00Z")
    after = yard.waste_pack()

    assert (clock.since_on, clock.due_on) == (since, "2025-08-01" if starts == "switch" else "2025-07-07")
    assert [one.since_on for one in storage(yard, after)] == ["2025-03-02"]
    assert [one.since_on for one in storage(yard, later)] == [since]


def test_no_clock_runs_for_a_pack_that_no_law_makes_hazardous() -> None:
    yard = Yard(rules=CURRENT)

    assert storage(yard, yard.waste_pack()) == []


@pytest.mark.parametrize(("instant", "article"), [(LAST_BEFORE, "ICAO Technical"), (FIRST_AFTER, "LGPGIR 67 I")])
def test_the_article_of_waste_by_air_is_that_of_its_class_on_the_day(instant: str, article: str) -> None:
    yard = Yard(rules=CURRENT)
    enact(yard)
    yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
    pack = yard.waste_pack()
    wait_until(yard, instant)

    terms: Members = {"mode": "air", "site": yard.workshop.site, "destination": yard.recycler.site}
    yard.offer(yard.workshop, yard.recycler, [pack], **terms)

    [found] = article_of(yard, "waste-by-air")
    assert found.startswith(article)


@pytest.mark.parametrize(("instant", "expected"), [(LAST_BEFORE, []), (FIRST_AFTER, [1])])
def test_a_consent_is_asked_for_what_crosses_the_border_as_hazardous_waste(instant: str, expected: list[int]) -> None:
    yard = Yard(rules=CURRENT)
    enact(yard)
    for actor, activity in ((yard.workshop, "export"), (yard.carrier, "transport")):
        yard.permit(actor, activity, waste_classes=["RP", "RME"])
    abroad: Actor = yard.new_party("Buyer abroad", form="foreign")
    pack = yard.waste_pack()
    terms: Members = {"purpose": "export", "border": {}}
    consignment = yard.offer(yard.workshop, abroad, [pack], [yard.carrier], **terms)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    wait_until(yard, instant)
    document = {"digest": "0" * 64, "bytes": 1, "media_type": "application/pdf", "role": "movement_document"}
    stated: Members = {"country": "US", "border": {}, "documents": [document], "site": yard.workshop.site}
    yard.say(yard.workshop, "consignment.delivered", consignment=consignment, lines=accepted(pack), **stated)

    found = [one["facts"]["units"] for one in yard.findings() if one["requirement"] == "exported-without-consent"]
    assert found == expected


@pytest.mark.parametrize(
    ("on", "waste_class", "paper", "codes"),
    [("2025-01-06", "RP", "manifest", ("R", "I")), ("2025-01-07", "RME", "rme_transport", ())],
)
def test_a_load_takes_the_paper_of_the_law_of_the_day_on_which_it_leaves(
    on: str, waste_class: str, paper: str, codes: tuple[str, ...]
) -> None:
    gate = Gate(waste_class="RME", purpose="warranty_return")
    law: Members = {"regime": REFORM.regime, "jurisdiction": {"code": "MX"}, "from_on": on}
    gate.yard.say(gate.yard.semarnat, "regime.enacted", **law, tables=REFORM.tables.model_dump())

    folder = gate.folder(regimes=regimes(gate.yard))

    assert waste_of(gate.load(regimes=regimes(gate.yard))) == waste_class
    assert {"manifest", "rme_transport"} & {one.name for one in folder.papers} == {paper}
    assert {piece.codes for piece in folder.pieces} == {codes}


def regimes(yard: Yard) -> dict[str, Value | None]:
    return {key: value for key, value in yard.state.items() if key.startswith(("regime/", "tables/"))}
