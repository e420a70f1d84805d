"""Journey 4: one kind of pack in Nuevo León, once special-handling waste, once determined hazardous; then a new law.

Another paper, another authority, other clocks; and nothing federal is ever found against the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance.lawbook import enactment_of, proposals
from tests.api.served import Served, open_served
from tests.cli.ground import run
from tests.compliance.test_regimes import FEDERAL_OF_HAZARDOUS_WASTE
from tests.journeys.registry import audited, exported, refused, wait_until
from tests.yard import Actor, Yard

Members = dict[str, Any]
REFORM = proposals()["mx-reforma-nom-052"]
OF_STATE = "LGPGIR 9 III; law of state 19"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2026-03-02. Nobody has a permit yet."""
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        wait_until(opened, "2026-03-02")
        yield opened


def offer_members(yard: Yard, pack: str, purpose: str) -> Members:
    return {
        "consignment": yard.new_id("con"),
        "consignee": yard.recycler.party,
        "carriers": [yard.carrier.party],
        "destination": yard.recycler.site,
        "site": yard.workshop.site,
        "purpose": purpose,
        "units": [pack],
        "units_total": 1,
    }


def travel(served: Served, pack: str, purpose: str) -> str:
    """Offered, picked up and received on one day, each by its own key; the consignment."""
    yard = served.yard
    members = offer_members(yard, pack, purpose)
    yard.say(yard.workshop, "consignment.offered", **members)
    consignment: str = members["consignment"]
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    lines = [{"id": pack, "outcome": "accepted"}]
    received: Members = {"basis": "offer", "lines": lines, "site": yard.recycler.site}
    yard.say(yard.recycler, "consignment.received", consignment=consignment, **received)
    served.send()
    return consignment


def papers(served: Served, consignment: str) -> Members:
    """Which papers go with the load, and what else the law asks of it."""
    answered = served.get(f"/v1/consignments/{consignment}/papers", token=served.token(served.yard.workshop))
    assert answered.status_code == 200, answered.text
    members: Members = answered.json()
    return members


def told(served: Served, what: str, reader: Actor, **asked: str) -> list[Members]:
    """Findings or obligations, as the reader is shown them."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    answered = served.get(f"/v1/{what}?{query}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    rows: list[Members] = answered.json()[what]
    return rows


def test_one_pack_twice_under_two_laws_and_a_third_time_under_a_new_one(served: Served, tmp_path: Path) -> None:
    yard = served.yard

    # the law as it stands, enacted by the ministry: nobody else may
    standing = enactment_of(proposals()["mx-vigente"])
    assert refused(served, yard.state_agency, "regime.enacted", **standing)["code"] in (
        "power-missing",
        "not-concerned",
    )
    yard.say(yard.semarnat, "regime.enacted", **standing)
    special, hazardous, third = yard.waste_pack(), yard.waste_pack(), yard.waste_pack()
    said: Members = {"method": "crit_test", "waste_codes": ["R", "I"], "characteristics": ["R", "I"]}
    said["evidence"] = "ab" * 32
    yard.say(yard.workshop, "unit.classified", units=[hazardous], waste_class="RP", **said)
    served.send()

    # another authority: the state permits the one, the ministry the other; each refusal cites its own law
    first = refused(served, yard.workshop, "consignment.offered", **offer_members(yard, special, "waste_rme"))
    second = refused(served, yard.workshop, "consignment.offered", **offer_members(yard, hazardous, "waste_rp"))
    assert (first["waste_class"], first["article"]) == ("RME", OF_STATE)
    assert (second["waste_class"], second["article"]) == ("RP", "LGPGIR 42, 50; RLGPGIR 56 III-IV")
    for actor, activity in ((yard.carrier, "transport"), (yard.recycler, "recycling")):
        yard.permit(actor, activity)
    served.send()
    third_try = refused(served, yard.workshop, "consignment.offered", **offer_members(yard, hazardous, "waste_rp"))
    assert third_try["condition"] == "waste-class"
    for actor, activity in ((yard.carrier, "transport"), (yard.recycler, "recycling")):
        yard.permit(actor, activity, waste_classes=["RP"])
    served.send()

    # another paper: the neutral one of the state's waste, the federal manifest of the other
    of_state, federal = travel(served, special, "waste_rme"), travel(served, hazardous, "waste_rp")
    neutral, manifest = papers(served, of_state), papers(served, federal)
    assert (neutral["waste_class"], manifest["waste_class"]) == ("RME", "RP")
    assert {"rme_transport", "manifest"} & {paper["paper"] for paper in neutral["papers"]} == {"rme_transport"}
    assert {"rme_transport", "manifest"} & {paper["paper"] for paper in manifest["papers"]} == {"manifest"}
    assert [
        paper["article"] for paper in neutral["papers"] if FEDERAL_OF_HAZARDOUS_WASTE.search(paper["article"])
    ] == []

    # other clocks: six months and sixty days for the one, none for the other
    assert neutral["clocks"] == []
    assert {clock["article"] for clock in manifest["clocks"]} >= {"RLGPGIR 86 IV"}
    for subject, expected in ((special, set()), (of_state, set()), (hazardous, {"R01"}), (federal, {"R03"})):
        due = told(served, "obligations", yard.semarnat, subject=subject, as_of="2027-06-30", standing="overdue")
        assert {one["requirement"] for one in due} & {"R01", "R03"} == expected

    # a year later: findings of law against the one alone, and nothing federal against the other
    wait_until(served, "2027-03-02")
    found = told(served, "findings", yard.semarnat, effect="violation")
    assert {(one["requirement"], one["subject"]) for one in found} >= {("R01", hazardous), ("R03", federal)}
    against = [one for one in told(served, "findings", yard.semarnat) if one["subject"] in (special, of_state, third)]
    assert [one["article"] for one in against if FEDERAL_OF_HAZARDOUS_WASTE.search(one["article"])] == []
    assert {one["effect"] for one in against} <= {"notice", "warning"}

    # the ministry rehearses the reform on the exported ledger, and nothing is written
    folder, size = exported(served, tmp_path / "export"), served.size
    days = ("--from", "2026-03-01", "--as-of", "2027-03-02")
    rehearsed = run("regime", "rehearse", REFORM.regime, *days, "--directory", folder, "--json").json
    totals = {(row["aspect"], row["what"], row["before"], row["after"]): row["count"] for row in rehearsed["totals"]}
    assert totals["class", "pack", "RME", "RP"] == 2
    assert totals["obligation", "R01", "none", "overdue violation"] == 2
    assert ("obligation", "R03", "none", "overdue violation") in totals
    assert served.size == size

    # the reform comes: the third pack, the same and never touched, is hazardous from its first day on
    law = {**enactment_of(REFORM), "from_on": "2027-03-05"}
    yard.say(yard.semarnat, "regime.enacted", **law)
    served.send()
    assert told(served, "obligations", yard.semarnat, subject=third, as_of="2027-03-04", standing="pending") == []
    [clock] = told(served, "obligations", yard.semarnat, subject=third, as_of="2027-03-05", standing="pending")
    assert (clock["requirement"], clock["since_on"], clock["due_on"]) == ("R01", "2027-03-05", "2027-09-06")
    wait_until(served, "2027-03-08")
    moved = travel(served, third, "waste_rme")
    assert papers(served, moved)["waste_class"] == "RP"
    assert {"manifest"} <= {paper["paper"] for paper in papers(served, moved)["papers"]}
    # what went before stays what it was
    assert papers(served, of_state)["waste_class"] == "RME"

    report = audited(served, exported(served, tmp_path / "export"))
    assert (report.verdict, report.findings) == ("fine", [])
