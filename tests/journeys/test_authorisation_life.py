"""The life of a permit, from the application to its revocation, as holders, authorities and the public see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.limits import STATUS_LISTS_AGE_S
from tests.api.served import Served, open_served
from tests.journeys.registry import (
    audited,
    credential,
    exported,
    finding_names,
    listed,
    refused,
    verdict,
    wait_until,
)
from tests.yard import Actor, Yard

EXCEPTION = {"reason": "already_happened"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2025-01-06."""
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        opened.yard.register_generator(opened.yard.workshop, "gran")
        yield opened


def hazardous_pack(yard: Yard) -> str:
    """A discarded pack of 435 kg that the workshop determined to be hazardous."""
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="knowledge")
    return pack


def offer(yard: Yard, *packs: str) -> str:
    """The workshop offers packs to the recycler, who fetches them itself."""
    terms: dict[str, Any] = {"carriers": [yard.recycler], "purpose": "waste_rp", "destination": yard.recycler.site}
    return yard.offer(yard.workshop, yard.recycler, list(packs), **terms)


def pick_up(consignment: str, *packs: str) -> dict[str, Any]:
    return {"consignment": consignment, "units": list(packs)}


def reception(yard: Yard, consignment: str, *packs: str, **more: Any) -> dict[str, Any]:
    lines = [{"id": pack, "outcome": "accepted"} for pack in packs]
    return {"consignment": consignment, "basis": "offer", "lines": lines, "site": yard.recycler.site, **more}


def take(yard: Yard, consignment: str, *packs: str) -> None:
    yard.say(yard.recycler, "consignment.picked_up", **pick_up(consignment, *packs))
    yard.say(yard.recycler, "consignment.received", **reception(yard, consignment, *packs))


def test_a_permit_lives_and_ends_as_the_law_has_it(served: Served, tmp_path: Path) -> None:
    yard, semarnat, recycler = served.yard, served.yard.semarnat, served.yard.recycler

    # asked for, and granted within 45 business days, for one year and 1,000 kg a year
    scope = {
        "activities": ["recycling", "transport"],
        "waste_classes": ["RP"],
        "sites": [recycler.site],
        "capacity_g_per_year": 1_000_000,
    }
    application = yard.apply(recycler, scope=scope)
    served.send()
    pack = hazardous_pack(yard)
    served.send()
    none_yet = refused(
        served,
        yard.workshop,
        "consignment.offered",
        consignment=yard.new_id("con"),
        consignee=recycler.party,
        carriers=[],
        units=[pack],
        units_total=1,
        purpose="waste_rp",
    )
    assert (none_yet["code"], none_yet["condition"]) == ("authorisation-missing", "none-granted")
    wait_until(served, "2025-01-20")
    permit = yard.decide(application, number="19-39-PS-IV-0042-2025", to_on="2026-01-20")
    served.send()
    shown = listed(served, permit)
    assert (shown["standing"], shown["authorised"], shown["capacity"]["open_g"]) == ("in-force", True, 1_000_000)
    held = credential(served, permit)
    assert verdict(served, held).ok

    # used
    take(yard, offer(yard, pack), pack)
    served.send()
    assert listed(served, permit)["capacity"]["open_g"] == 565_000

    # suspended: what is on the way arrives, what is not stays where it is
    on_the_way, waiting = hazardous_pack(yard), [hazardous_pack(yard), hazardous_pack(yard)]
    fetched, offered = offer(yard, on_the_way), offer(yard, *waiting)
    yard.say(recycler, "consignment.picked_up", **pick_up(fetched, on_the_way))
    served.send()
    wait_until(served, "2025-03-03")
    yard.rule(permit, "suspended", cause="RLGPGIR 62")
    served.send()
    served.pass_time(STATUS_LISTS_AGE_S)
    assert not verdict(served, held).ok
    stopped = refused(served, recycler, "consignment.picked_up", **pick_up(offered, *waiting))
    assert (stopped["code"], stopped["condition"]) == ("authorisation-missing", "suspended")
    assert stopped["article"] == "LGPGIR 50 VI; RLGPGIR 46 VI"
    assert stopped["cure"]
    arrived = refused(served, recycler, "consignment.received", **reception(yard, fetched, on_the_way))
    assert arrived["condition"] == "suspended"
    assert "exception" in arrived["cure"]
    yard.say(recycler, "consignment.received", **reception(yard, fetched, on_the_way, exception=EXCEPTION))
    served.send()
    assert finding_names(served) == ["received-without-permit"]

    # reinstated, and its capacity passed
    wait_until(served, "2025-03-10")
    yard.rule(permit, "reinstated", cause="RLGPGIR 62")
    served.send()
    served.pass_time(STATUS_LISTS_AGE_S)
    assert verdict(served, held).ok
    take(yard, offered, *waiting)
    served.send()
    assert finding_names(served) == ["received-without-permit", "capacity-exceeded"]
    assert listed(served, permit)["capacity"] == {"per_year_g": 1_000_000, "used_g": 1_305_000, "open_g": 0}

    # renewed in the window, from a year to 45 business days before
    wait_until(served, "2025-09-02")
    renewal = yard.apply(recycler, "renewal", authorisation=permit)
    wait_until(served, "2025-10-01")
    yard.decide(renewal, "renewed", to_on="2027-01-20")
    served.send()
    assert finding_names(served)[2:] == []
    assert listed(served, permit)["to_on"] == "2027-01-20"

    # not transferred without consent: not by its holder, nor by who keeps the ledger, nor by another jurisdiction
    passing: dict[str, Any] = {
        "authorisation": permit,
        "from_on": "2025-10-01",
        "to": yard.centre.party,
        "act": yard.act_of_today(),
    }
    for actor, code in refusing(yard):
        assert refused(served, actor, "authorisation.transferred", **passing)["code"] == code
    assert listed(served, permit)["party"] == recycler.party

    # revoked: the directory and the status list say so at once
    wait_until(served, "2025-11-03")
    yard.rule(permit, "revoked", cause="LGPGIR 52 VI")
    served.send()
    shown = listed(served, permit)
    assert (shown["standing"], shown["authorised"]) == ("revoked", False)
    served.pass_time(STATUS_LISTS_AGE_S)
    assert not verdict(served, held).ok
    checked = served.get(f"/v1/authorisations/{permit}/check").json()
    assert checked["holds"] is False
    ended = refused(served, semarnat, "authorisation.reinstated", **by_act(yard, permit), cause="LGPGIR 52")
    assert ended["code"] == "transition-not-allowed"

    # an auditor with the log alone comes to the same
    report = audited(served, exported(served, tmp_path / "export"))
    assert (report.verdict, report.findings, report.pinned) == ("fine", [], True)


def refusing(yard: Yard) -> list[tuple[Actor, str]]:
    return [
        (yard.recycler, "key-not-in-force"),
        (yard.operator, "not-concerned"),
        (yard.state_agency, "not-concerned"),
    ]


def by_act(yard: Yard, permit: str) -> dict[str, Any]:
    return {
        "authorisation": permit,
        "from_on": "2025-11-03",
        "act": yard.act_of_today(),
    }
