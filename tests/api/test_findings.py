"""What is found and what is due: who is shown what of it, and from when on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from httpx2 import Response

from ledger.fold.legal_day import legal_day
from tests.api.served import Served
from tests.yard import Actor

DAY_S = 86400
DISCARDED_ON, STRICT_ON, DUE_ON, OVERDUE_ON = "2025-01-06", "2025-07-06", "2025-07-07", "2025-07-08"
"""Six months end on a Sunday; the Monday after it is the last day."""


def wait_until(served: Served, day: str) -> None:
    days = (date.fromisoformat(day) - date.fromisoformat(legal_day(served.yard.now, None))).days
    served.pass_time(DAY_S * days)


@pytest.fixture
def pack(served: Served) -> str:
    """Hazardous waste in a workshop's store since the first day."""
    pack = served.yard.determined_pack("RP")
    served.send()
    return pack


def ask(served: Served, actor: Actor, path: str, **query: Any) -> Response:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    return served.get(f"/v1/{path}?{words}", token=served.token(actor))


def found(served: Served, actor: Actor, **query: Any) -> list[str]:
    answered = ask(served, actor, "findings", **query)
    assert answered.status_code == 200, answered.text
    assert answered.json()["revising"] is False
    return [finding["name"] for finding in answered.json()["findings"]]


def standing(served: Served, actor: Actor, **query: Any) -> dict[str, str]:
    answered = ask(served, actor, "obligations", **query)
    assert answered.status_code == 200, answered.text
    return {one["requirement"]: one["standing"] for one in answered.json()["obligations"]}


def enact(served: Served, **tables: Any) -> None:
    members: dict[str, Any] = {"regime": "otro", "jurisdiction": {"code": "MX"}, "from_on": DISCARDED_ON}
    served.yard.say(served.yard.semarnat, "regime.enacted", **members, tables=tables)
    served.send()


def test_storage_is_a_finding_from_the_day_after_the_rolled_one(served: Served, pack: str) -> None:
    yard, name = served.yard, f"R01/{pack}/"

    assert found(served, yard.workshop, as_of=DUE_ON, requirement="R01") == []
    assert found(served, yard.workshop, as_of=OVERDUE_ON, requirement="R01") == [name]
    [finding] = ask(served, yard.workshop, "findings", as_of=OVERDUE_ON, requirement="R01").json()["findings"]
    assert (finding["party"], finding["subject"], finding["since_on"]) == (yard.workshop.party, pack, OVERDUE_ON)
    assert (finding["effect"], finding["settled_on"], finding["events"]) == (
        "violation",
        None,
        [yard.head(f"unit/{pack}")],
    )
    assert "RLGPGIR 84" in finding["article"]
    assert finding["cure"]["es"].startswith("Envíelo")


@pytest.mark.usefixtures("pack")
def test_an_obligation_stands_by_the_day_that_is_asked_about(served: Served) -> None:
    workshop = served.yard.workshop
    days = {
        "2025-05-21": "pending",
        "2025-05-22": "near",
        STRICT_ON: "near",
        DUE_ON: "grace",
        OVERDUE_ON: "overdue",
    }

    for day, stands in days.items():
        assert standing(served, workshop, as_of=day, standing=stands, requirement="R01") == {"R01": stands}
        due = standing(served, workshop, as_of=day, requirement="R01")
        assert due == ({} if stands == "pending" else {"R01": stands})


def test_what_is_done_ends_the_finding_and_leaves_the_past_as_it_was(served: Served, pack: str) -> None:
    yard = served.yard
    wait_until(served, "2025-08-01")
    yard.say(yard.workshop, "unit.lost", units=[pack])
    served.send()

    assert found(served, yard.workshop, as_of="2025-07-31", requirement="R01") == [f"R01/{pack}/"]
    assert found(served, yard.workshop, as_of="2025-08-01", requirement="R01") == []
    assert standing(served, yard.workshop, standing="met_late", requirement="R01") == {"R01": "met_late"}


def test_each_is_shown_its_own_and_authorities_what_is_in_their_jurisdiction(served: Served, pack: str) -> None:
    yard = served.yard
    jalisco = yard.new_authority("Secretaría de Jalisco", ["grant", "inspect", "order"], "MX-JAL")
    served.send()
    wait_until(served, OVERDUE_ON)
    name = f"R01/{pack}/"

    shown = {
        actor.party: found(served, actor, requirement="R01")
        for actor in (yard.workshop, yard.centre, yard.semarnat, yard.state_agency, jalisco)
    }

    assert shown == {
        yard.workshop.party: [name],
        yard.centre.party: [],
        yard.semarnat.party: [name],
        yard.state_agency.party: [name],
        jalisco.party: [],
    }
    assert found(served, yard.semarnat, party=yard.workshop.party, requirement="R01") == [name]
    assert ask(served, yard.centre, "findings", party=yard.workshop.party).status_code == 403
    assert ask(served, yard.operator, "obligations", party=yard.workshop.party).status_code == 403


def test_what_is_private_is_shown_to_the_party_alone_and_what_is_off_to_nobody(served: Served, pack: str) -> None:
    yard = served.yard
    wait_until(served, OVERDUE_ON)
    enact(served, effects=[{"requirement": "R01", "effect": "private"}])

    assert found(served, yard.workshop, requirement="R01", effect="private") == [f"R01/{pack}/"]
    assert found(served, yard.semarnat, requirement="R01") == []
    assert found(served, yard.semarnat, requirement="R01", effect="private") == []
    assert standing(served, yard.semarnat, requirement="R01") == {}

    enact(served, effects=[{"requirement": "R01", "effect": "off"}])

    assert found(served, yard.workshop, requirement="R01") == []


def test_findings_of_statements_weigh_what_the_law_of_their_day_says(served: Served) -> None:
    yard = served.yard
    yard.determined_pack("not_waste")
    served.send()
    [finding] = ask(served, yard.semarnat, "findings").json()["findings"]
    assert (finding["code"], finding["party"]) == ("waste-declassified", yard.workshop.party)
    assert finding["name"] == f"{finding['events'][0]}/0"

    enact(served, effects=[{"requirement": finding["requirement"], "effect": "private"}])

    assert found(served, yard.semarnat) == []
    assert found(served, yard.workshop) == [finding["name"]]


def test_an_authority_is_shown_a_finding_as_long_after_as_the_regime_says(served: Served, pack: str) -> None:
    yard = served.yard
    enact(served, authority_sees_after_s=30 * DAY_S)
    wait_until(served, OVERDUE_ON)
    name = f"R01/{pack}/"
    assert found(served, yard.workshop, requirement="R01") == [name]
    assert found(served, yard.semarnat, requirement="R01") == []
    assert found(served, yard.semarnat, requirement="R01", as_of="2025-12-01") == []

    served.pass_time(30 * DAY_S)

    assert found(served, yard.semarnat, requirement="R01") == [name]


def test_pages_go_on_where_the_one_before_ended(served: Served, pack: str) -> None:
    yard = served.yard
    packs = [pack, *(yard.determined_pack("RP") for _ in range(3))]
    served.send()
    wait_until(served, OVERDUE_ON)
    names, after = [], ""
    while True:
        page = ask(served, yard.workshop, "findings", requirement="R01", limit=1, after=after).json()
        names += [finding["name"] for finding in page["findings"]]
        after = page["next"]
        if after is None:
            break

    assert names == sorted((f"R01/{unit}/" for unit in packs), reverse=True)
    assert ask(served, yard.workshop, "findings", after="x").status_code == 422
    assert ask(served, yard.workshop, "findings", as_of="2025-02-30").status_code == 422


@pytest.mark.parametrize("path", ["findings", "obligations"])
@pytest.mark.parametrize(("name", "value"), [("requirement", "R99"), ("requirement", "R011"), ("party", "foo")])
def test_what_no_requirement_or_party_is_called_is_refused_and_not_answered_with_nothing(
    served: Served, path: str, name: str, value: str
) -> None:
    answered = ask(served, served.yard.semarnat, path, **{name: value})

    assert (answered.status_code, answered.json()["field"]) == (422, f"/query/{name}")
