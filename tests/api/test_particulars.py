"""Particulars over HTTP: each party its own part, all for the parties of the consignment, erased without a trace."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from tests.api.served import Served
from tests.yard import Actor

GIVING = {"giving": {"registration": "TDE1903900001", "responsible": "Ana Ñúñez"}}
CARRYING = {"carrying": {"plate": "AB-1234-C", "driver": "José Ibáñez"}}


@pytest.fixture
def consignment(served: Served) -> str:
    yard = served.yard
    for actor, activity in ((yard.carrier, "transport"), (yard.recycler, "recycling")):
        yard.permit(actor, activity)
    pack = yard.waste_pack()
    made = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier], destination=yard.recycler.site)
    served.send()
    return made


def path(consignment: str) -> str:
    return f"/v1/consignments/{consignment}/particulars"


def put(served: Served, actor: Actor, consignment: str, members: Any) -> Response:
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    return served.client.put(path(consignment), json=members, headers=headers)


def erase(served: Served, actor: Actor, consignment: str) -> int:
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    return served.client.delete(path(consignment), headers=headers).status_code


def parts(served: Served, actor: Actor, consignment: str) -> dict[str, Any]:
    answered = served.get(path(consignment), token=served.token(actor))
    assert (answered.status_code, answered.headers["cache-control"]) == (200, "private, no-store"), answered.text
    return {part["party"]: part["particulars"] for part in answered.json()["parts"]}


def test_each_party_says_its_part_and_all_of_them_and_overseers_read_it(served: Served, consignment: str) -> None:
    yard = served.yard
    said = {yard.workshop.party: GIVING, yard.carrier.party: CARRYING}

    assert put(served, yard.workshop, consignment, GIVING).status_code == 204
    assert put(served, yard.carrier, consignment, CARRYING).status_code == 204

    for reader in (yard.workshop, yard.carrier, yard.recycler, yard.semarnat):
        assert parts(served, reader, consignment) == said


def test_who_has_no_part_in_it_learns_not_even_that_it_is_there(served: Served, consignment: str) -> None:
    yard = served.yard
    put(served, yard.workshop, consignment, GIVING)
    unknown = yard.new_id("con")

    for name in (consignment, unknown):
        assert served.get(path(name), token=served.token(yard.centre)).status_code == 404
        assert put(served, yard.centre, name, {"name": "Eva"}).status_code == 404
        assert erase(served, yard.centre, name) == 404
    assert served.get(path(consignment)).status_code == 401


def test_an_authority_that_oversees_reads_and_says_nothing(served: Served, consignment: str) -> None:
    assert put(served, served.yard.semarnat, consignment, {"phone": "55 5490 0900"}).status_code == 404


def test_a_driver_says_the_plate_of_the_load_that_is_assigned_to_it(served: Served, consignment: str) -> None:
    yard = served.yard
    driver = Actor(yard.carrier.party, yard.new_key())
    yard.enrol(driver, ["transport"])
    served.send()
    assert put(served, driver, consignment, CARRYING).status_code == 404

    yard.say(yard.carrier, "consignment.assigned", consignment=consignment, drivers=[driver.kid])
    served.send()

    assert put(served, driver, consignment, CARRYING).status_code == 204
    assert parts(served, yard.recycler, consignment) == {yard.carrier.party: CARRYING}


@pytest.mark.parametrize(
    "members",
    [
        CARRYING,
        {"note": "x"},
        {"name": "x" * 161},
        {"name": "Ana\u202eavE"},
        {"giving": {"responsible": 7}},
        [],
    ],
)
def test_what_is_not_the_partys_to_say_is_refused_and_nothing_is_kept(
    served: Served, consignment: str, members: Any
) -> None:
    put(served, served.yard.workshop, consignment, GIVING)

    assert put(served, served.yard.workshop, consignment, members).status_code in (400, 422)
    assert parts(served, served.yard.workshop, consignment) == {served.yard.workshop.party: GIVING}


def test_what_is_erased_is_gone_and_was_never_in_the_log(served: Served, consignment: str) -> None:
    yard = served.yard
    put(served, yard.workshop, consignment, GIVING)
    put(served, yard.carrier, consignment, CARRYING)

    assert erase(served, yard.workshop, consignment) == 204

    assert erase(served, yard.workshop, consignment) == 404
    assert parts(served, yard.recycler, consignment) == {yard.carrier.party: CARRYING}
    assert not any("Ana Ñúñez".encode() in raw for raw in yard.entries)


def test_a_party_lists_of_which_consignments_it_keeps_particulars(served: Served, consignment: str) -> None:
    put(served, served.yard.workshop, consignment, GIVING)

    listed = served.get("/v1/particulars", token=served.token(served.yard.workshop)).json()

    assert [row["consignment"] for row in listed["particulars"]] == [consignment]
    assert listed["next"] is None
    assert served.get("/v1/particulars", token=served.token(served.yard.carrier)).json()["particulars"] == []


def test_who_succeeds_a_party_speaks_in_its_place(served: Served, consignment: str) -> None:
    yard = served.yard
    put(served, yard.workshop, consignment, GIVING)
    closed = {"closed": yard.workshop.party, "reason": "merger", "successor": yard.centre.party}
    yard.say(yard.operator, "party.closed", key=None, **closed)
    served.send()

    assert put(served, yard.centre, consignment, {"giving": {"responsible": "Eva Peña"}}).status_code == 204
    assert parts(served, yard.recycler, consignment) == {yard.workshop.party: {"giving": {"responsible": "Eva Peña"}}}
