"""A hand-over that happened on paper, entered later over HTTP: what each side signs, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from certification.business_days import calendar_of
from certification.procedure import FEDERAL
from compliance.original import Original, days_of_calendar, find_original
from ledger.domain.values import format_instant, parse_instant
from ledger.errors import MalformedStatement
from tests.api.served import COSE, Served, open_served
from tests.ledger.fold.refusals import requirements

DAY_S = 86_400
HANDED_OVER = "2025-01-06T18:00:00Z"
SCAN = {"digest": "ab" * 32, "bytes": 90_000, "media_type": "image/jpeg", "role": "manifest"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2025-01-06; carrier and centre have their permits."""
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        opened.yard.permit(opened.yard.carrier, "transport", waste_classes=["RP", "RME"])
        opened.yard.permit(opened.yard.centre, "storage", waste_classes=["RP", "RME"])
        opened.send()
        yield opened


def wait_days(served: Served, days: int) -> None:
    served.pass_time(days * DAY_S)


def enter(served: Served, *packs: str, **more: Any) -> tuple[str, str]:
    """The centre enters what the ink paper says was handed over on 6 January; consignment and event id."""
    yard = served.yard
    consignment = yard.new_id("con")
    on_paper = {
        "consignor": yard.workshop.party,
        "carriers": [yard.carrier.party],
        "purpose": "waste_rp",
        "form": "manifest",
        "number": "M-0007",
        "picked_up_at": HANDED_OVER,
        **more,
    }
    said: dict[str, Any] = {"basis": "paper", "on_paper": on_paper, "documents": [SCAN]}
    event = yard.say(
        yard.centre,
        "consignment.received",
        consignment=consignment,
        occurred_at="2025-01-06T22:00:00Z",
        lines=[{"id": pack, "outcome": "accepted"} for pack in packs],
        **said,
    )
    served.send()
    return consignment, event


def enter_soon(served: Served, *packs: str, **more: Any) -> tuple[str, str]:
    """The same a day after it happened."""
    wait_days(served, 1)
    return enter(served, *packs, **more)


def original(served: Served, consignment: str) -> Original:
    act, today = served.yard.act(consignment), format_instant(served.yard.now)[:10]
    found = find_original(act, calendar_of(served.yard.state, FEDERAL, days_of_calendar(act)), today)
    assert found is not None
    return found


def test_custody_moves_when_both_sides_have_signed_what_the_paper_says(served: Served) -> None:
    yard = served.yard
    packs = [yard.waste_pack(), yard.waste_pack()]
    served.send()
    wait_days(served, 2)

    consignment, entered = enter(served, *packs)
    assert requirements(yard) == ["entered-from-paper"]
    assert (yard.act(consignment)["stage"], yard.unit(packs[0])["holder"]) == ("claimed", yard.workshop.party)

    yard.say(yard.workshop, "event.agreed", event=entered, units=packs)
    served.send()
    assert yard.act(consignment)["stage"] == "closed"
    assert [(yard.unit(pack)["holder"], yard.unit(pack)["assurance"]) for pack in packs] == [
        (yard.centre.party, "scanned_paper")
    ] * 2
    assert requirements(yard) == ["entered-from-paper"]


def test_what_is_entered_after_the_window_is_late_by_who_enters_it_and_not_by_who_agrees(served: Served) -> None:
    yard = served.yard
    pack = yard.waste_pack()
    served.send()
    wait_days(served, 5)

    consignment, entered = enter(served, pack)
    yard.say(yard.workshop, "event.agreed", event=entered, units=[pack])
    served.send()

    assert requirements(yard) == ["entered-from-paper", "late-recording"]
    late = next(finding for finding in yard.findings() if finding["requirement"] == "late-recording")
    assert (late["party"], late["subject"]) == (yard.centre.party, consignment)
    assert late["facts"]["late_s"] == 5 * DAY_S - 7 * 3600


def test_a_consignor_that_never_agrees_keeps_what_it_has(served: Served) -> None:
    yard = served.yard
    pack = yard.waste_pack()
    served.send()
    consignment, entered = enter_soon(served, pack)

    yard.say(yard.workshop, "event.disputed", event=entered, reason="did_not_happen")
    yard.say(yard.centre, "consignment.cancelled", consignment=consignment, units=[pack])
    served.send()

    assert (yard.act(consignment)["stage"], yard.unit(pack)["holder"]) == ("cancelled", yard.workshop.party)
    assert "claim" not in yard.unit(pack)


def test_the_clock_of_the_original_runs_from_the_carriers_ink(served: Served) -> None:
    yard = served.yard
    pack = yard.waste_pack()
    served.send()
    wait_days(served, 5)
    consignment, entered = enter(served, pack)
    act = yard.act(consignment)
    calendar = calendar_of(yard.state, FEDERAL, days_of_calendar(act))
    assert find_original(act, calendar, "2025-06-01") is None
    yard.say(yard.workshop, "event.agreed", event=entered, units=[pack])
    assert (original(served, consignment).stage, original(served, consignment).due_on) == ("scanned", "2025-03-07")

    served.pass_time(parse_instant("2025-03-08T18:00:00Z") - yard.now)
    assert original(served, consignment).stage == "overdue"
    yard.say(yard.workshop, "paper.returned", consignment=consignment, form="manifest", number="M-0007")
    served.send()

    assert original(served, consignment).late
    assert requirements(yard) == ["entered-from-paper", "late-recording", "original-returned-late"]


def test_a_paper_that_was_picked_up_after_its_reception_is_refused(served: Served) -> None:
    pack = served.yard.waste_pack()
    served.send()

    with pytest.raises(MalformedStatement, match="picked up before"):
        enter_soon(served, pack, picked_up_at="2025-01-06T22:00:01Z")


def test_a_quarantined_unit_travels_only_once_it_is_released(served: Served) -> None:
    yard = served.yard
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.quarantined", units=[pack], reason="leak")
    served.send()
    offer: dict[str, Any] = {
        "consignment": yard.new_id("con"),
        "consignee": yard.centre.party,
        "carriers": [yard.carrier.party],
        "purpose": "waste_rme",
        "units_total": 1,
        "units": [pack],
    }

    refused = served.post("/v1/events", yard.draft(yard.workshop, "consignment.offered", **offer), COSE)
    assert (refused.status_code, refused.json()["cure"]) == (409, "have its holder release it")

    yard.say(yard.workshop, "unit.released", units=[pack], basis="NOM-052 6.4")
    yard.say(yard.workshop, "consignment.offered", **offer)
    yard.say(yard.carrier, "consignment.picked_up", consignment=offer["consignment"], units=[pack])
    served.send()
    assert yard.unit(pack)["holder"] == yard.carrier.party
