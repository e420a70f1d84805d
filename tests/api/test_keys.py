"""Keys of several people and delegates, from enrolment to review, as the API shows them."""

from __future__ import annotations

from typing import Any

import pytest

from api.limits import PAGE_MAX
from ledger.domain.values import format_instant
from ledger.event import parse_event
from tests.api.served import Served
from tests.yard import Actor, Yard

DAY_S = 86_400


def further_key(yard: Yard, actor: Actor, *roles: str, **more: Any) -> Actor:
    """The same party with another key, enrolled by the party itself."""
    other = Actor(actor.party, yard.new_key(), actor.site)
    yard.say(actor, "key.enrolled", **yard._enrolment(other, list(roles)), **more)
    return other


def review(served: Served, reader: Actor, of: Actor, query: str = "") -> Any:
    answered = served.get(f"/v1/parties/{of.party}/keys/{of.kid}/signed{query}", token=served.token(reader))
    return answered.json() if answered.status_code == 200 else answered.status_code


def ids(page: dict[str, Any]) -> list[str]:
    return [event["event_id"] for event in page["events"]]


def test_after_a_theft_everything_signed_since_is_listed_for_review_and_the_party_goes_on(served: Served) -> None:
    yard = served.yard
    day, night = (further_key(yard, yard.maker, "custody", person=yard.new_id("per")) for _ in range(2))
    pack, other, third = yard.produce(count=3)
    yard.say(day, "unit.stored", units=[other], site=day.site)
    early = yard.say(night, "unit.stored", units=[pack], site=night.site)
    served.send()
    served.pass_time(DAY_S)
    stolen_at = format_instant(yard.now)
    backdated = format_instant(yard.now - DAY_S)
    late = [
        yard.say(night, "unit.stored", units=[third], site=night.site),
        yard.say(night, "unit.placed_on_market", units=[pack], occurred_at=backdated),
    ]
    yard.say(day, "unit.placed_on_market", units=[other])
    yard.say(
        yard.maker, "key.revoked", enrolled_for=night.party, kid=night.kid, reason="compromised", suspect_from=stolen_at
    )
    fresh = further_key(yard, yard.maker, "custody")
    yard.say(fresh, "unit.stored", units=[pack], site=fresh.site)
    served.send()

    assert ids(review(served, yard.maker, night)) == late
    assert ids(review(served, yard.maker, night, "?from=0")) == [early, *late]
    assert review(served, yard.maker, night)["next"] is None
    assert ids(review(served, yard.semarnat, night)) == late
    assert review(served, yard.workshop, night) == 403
    assert review(served, yard.maker, Actor(night.party, yard.new_key())) == 404


def test_a_review_is_read_page_by_page_from_any_position(served: Served) -> None:
    yard = served.yard
    packs = yard.produce(count=5)
    signed = [yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site) for pack in packs]
    served.send()
    indexes = [parse_event(raw).id for raw in yard.entries]
    start = indexes.index(signed[0])

    first = review(served, yard.maker, yard.maker, f"?from={start}&limit=2")
    second = review(served, yard.maker, yard.maker, f"?from={start}&limit=2&after={first['next']}")
    rest = review(served, yard.maker, yard.maker, f"?after={second['next']}")

    assert [ids(page) for page in (first, second, rest)] == [signed[:2], signed[2:4], signed[4:]]
    assert rest["next"] is None
    assert len(ids(review(served, yard.maker, yard.maker))) == len(signed) + 1


def test_a_driver_does_not_review_keys(served: Served) -> None:
    driver = further_key(served.yard, served.yard.carrier, "transport")
    served.send()

    assert review(served, driver, served.yard.carrier) == 403


def test_it_is_public_for_whom_a_party_acts_and_with_which_keys(served: Served) -> None:
    yard = served.yard
    kept = further_key(yard, yard.maker, "admin", "custody", acts=yard.centre.party)
    lost = further_key(yard, yard.workshop, "custody", acts=yard.centre.party)
    yard.say(yard.workshop, "key.revoked", enrolled_for=lost.party, kid=lost.kid, reason="person_left")
    served.send()

    page = served.get(f"/v1/parties/{yard.centre.party}/delegations").json()

    rows = [
        {"party": kept.party, "kid": kept.kid, "roles": ["admin", "custody"], "revoked": False},
        {"party": lost.party, "kid": lost.kid, "roles": ["custody"], "revoked": True},
    ]
    assert page == {"delegations": sorted(rows, key=lambda row: str(row["party"])), "next": None}
    assert served.get(f"/v1/parties/{yard.maker.party}/delegations").json()["delegations"] == []


@pytest.mark.slow
def test_delegations_are_read_page_by_page(served: Served) -> None:
    yard = served.yard
    for _ in range(PAGE_MAX + 1):
        further_key(yard, yard.maker, "custody", acts=yard.centre.party)
    served.send()
    path = f"/v1/parties/{yard.centre.party}/delegations"

    first = served.get(path).json()
    last = served.get(f"{path}?after={first['next']}").json()

    assert len(first["delegations"]) == PAGE_MAX
    assert len(last["delegations"]) == 1
    assert last["next"] is None
    assert last["delegations"][0] not in first["delegations"]


def test_a_delegate_reads_as_the_party_it_acts_for(served: Served) -> None:
    yard = served.yard
    broker = further_key(yard, yard.maker, "custody", acts=yard.centre.party)
    pack = yard.produce()
    stored = yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    served.send()

    assert served.get(f"/v1/events/{stored}", token=served.token(broker)).status_code == 200
    assert served.get(f"/v1/events/{stored}", token=served.token(yard.centre)).status_code == 404


def carried(served: Served) -> tuple[Actor, Actor, dict[str, str], list[str]]:
    """Two drivers of one carrier, of whom the first picks a pack up; what was said, and the packs."""
    yard = served.yard
    for actor, activity in ((yard.recycler, "recycling"), (yard.carrier, "transport")):
        yard.permit(actor, activity)
    mine, other = (further_key(yard, yard.carrier, "transport") for _ in range(2))
    packs = [yard.waste_pack(), yard.waste_pack()]
    load = yard.offer(yard.workshop, yard.recycler, packs[:1], [yard.carrier])
    elsewhere = yard.offer(yard.workshop, yard.recycler, packs[1:], [yard.carrier])
    for consignment, driver in ((load, mine), (elsewhere, other)):
        yard.say(yard.carrier, "consignment.assigned", consignment=consignment, drivers=[driver.kid])
    said = {
        "offer": str(yard.head(f"act/{load}")),
        "other offer": str(yard.head(f"act/{elsewhere}")),
        "picked up": yard.say(mine, "consignment.picked_up", consignment=load, units=packs[:1]),
        "by a colleague": yard.say(other, "consignment.picked_up", consignment=elsewhere, units=packs[1:]),
        "in the yard": yard.say(
            yard.carrier, "unit.stored", units=[yard.produce(yard.carrier)], site=yard.carrier.site
        ),
    }
    served.send()
    return mine, other, said, packs


def seen(served: Served, actor: Actor, said: dict[str, str]) -> list[str]:
    token = served.token(actor)
    return [name for name, event in said.items() if served.get(f"/v1/events/{event}", token=token).status_code == 200]


def test_a_driver_reads_its_own_loads_and_its_office_reads_all(served: Served) -> None:
    mine, other, said, _ = carried(served)

    assert seen(served, mine, said) == ["offer", "picked up"]
    assert seen(served, other, said) == ["other offer", "by a colleague"]
    assert seen(served, served.yard.carrier, said) == list(said)


def test_a_driver_reads_a_load_from_its_assignment_on_and_no_longer(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport")
    driver = further_key(yard, yard.carrier, "transport")
    load = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()], [yard.carrier])
    said = {"offer": str(yard.head(f"act/{load}"))}
    served.send()
    assert seen(served, driver, said) == []

    for drivers, expected in (([driver.kid], ["offer"]), ([], [])):
        yard.say(yard.carrier, "consignment.assigned", consignment=load, drivers=drivers)
        served.send()
        assert seen(served, driver, said) == expected


def test_a_driver_knows_the_packs_of_its_load_alone(served: Served) -> None:
    mine, _, _, packs = carried(served)
    token = served.token(mine)

    states = [served.get(f"/v1/units/{pack.replace('/', '%2F')}", token=token).json()["state"] for pack in packs]

    assert [state is not None for state in states] == [True, False]


def test_a_driver_limited_to_a_site_reads_the_loads_that_go_there(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.recycler, "recycling")
    gate = further_key(yard, yard.recycler, "transport", limits={"sites": [yard.recycler.site]})
    packs = [yard.waste_pack(), yard.waste_pack()]
    here = yard.offer(yard.workshop, yard.recycler, packs[:1], destination=yard.recycler.site)
    anywhere = yard.offer(yard.workshop, yard.recycler, packs[1:])
    said = {name: str(yard.head(f"act/{load}")) for name, load in {"here": here, "anywhere": anywhere}.items()}
    served.send()

    assert seen(served, gate, said) == ["here"]


@pytest.mark.parametrize("step", ["application.answered", "application.withdrawn"])
def test_an_application_is_read_by_who_asks_and_who_decides_and_nobody_else(served: Served, step: str) -> None:
    yard = served.yard
    agency = yard.new_authority("Secretaría de Coahuila", ["grant"], "MX-COA")
    application = yard.apply(yard.recycler, to=agency)
    submitted = str(yard.head(f"act/{application}"))
    if step == "application.answered":
        about: dict[str, Any] = {"application": application, "applicant": yard.recycler.party}
        asked: dict[str, Any] = {"items": ["plano"], "answer_by": "2025-02-28", "act": yard.act_of_today()}
        yard.say(agency, "application.information_required", **about, **asked)
    said = {"submitted": submitted, "step": yard.say(yard.recycler, step, application=application)}
    served.send()

    for reader in (yard.recycler, agency, yard.semarnat):
        assert seen(served, reader, said) == list(said)
    grants_elsewhere = yard.new_authority("Secretaría de Sonora", ["grant"], "MX-SON")
    served.send()
    for reader in (yard.workshop, yard.maker, grants_elsewhere):
        assert seen(served, reader, said) == []
