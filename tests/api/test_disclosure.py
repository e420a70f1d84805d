from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from api.callers import PUBLIC, Caller
from api.custody import replay_custody
from api.disclosure import Disclosure, names, units_of
from ledger.event import Event, parse_event
from ledger.fold.state import Value, parse_step
from ledger.store.entries import find_entry
from ledger.store.session import Reader
from tests.api.served import Served, open_served, unit_path
from tests.yard import Actor, Yard


@dataclass
class Journey:
    """A pack's way from its maker to the recycler, with one statement of each reader's interest."""

    served: Served
    pack: str
    events: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    folder: Path = tmp_path_factory.mktemp("journey")
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}") as served:
        yard = served.yard
        for actor, activity in ((yard.carrier, "transport"), (yard.centre, "collection"), (yard.recycler, "recycling")):
            yard.permit(actor, activity, "storage")
        pack = yard.produce()
        events = {"produced": yard.head(f"unit/{pack}") or ""}
        events["recalled"] = yard.say(yard.maker, "unit.recalled", units=[pack], campaign="R-1")
        yard.say(yard.maker, "unit.repaired", units=[pack], work="BMS")
        events["installed"] = yard.say(yard.maker, "unit.installed", units=[pack])
        events["removed"] = yard.say(yard.workshop, "unit.removed", units=[pack], reason="end_of_life")
        yard.say(yard.workshop, "unit.discarded", units=[pack], reason="end_of_life")
        consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier])
        events["offered"] = yard.head(f"act/{consignment}") or ""
        events["picked_up"] = yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
        events["received"] = yard.say(
            yard.centre,
            "consignment.received",
            consignment=consignment,
            basis="offer",
            lines=[{"id": pack, "outcome": "accepted", "mass_g": 434_000, "mass_basis": "weighed"}],
        )
        events["corrected"] = yard.say(
            yard.centre,
            "event.corrected",
            event=events["received"],
            pointer="/lines/0/mass_g",
            was=434_000,
            now=433_000,
            reason="weighed_again",
        )
        events["stored"] = yard.say(yard.centre, "unit.stored", units=[pack], site=yard.centre.site)
        served.send()
        yield Journey(served, pack, events)


EVERYTHING = ["produced", "recalled", "installed", "removed", "offered", "picked_up", "received", "corrected", "stored"]
READERS = {
    # the maker's custody ended when it installed the pack
    "maker": ["produced", "recalled", "installed"],
    # the consignor reads how its consignment ended, though the pack is another's by then
    "workshop": ["produced", "recalled", "installed", "removed", "offered", "picked_up", "received", "corrected"],
    # the carrier's custody ended with the reception; so did its right to what corrects it begin
    "carrier": ["produced", "recalled", "installed", "removed", "offered", "picked_up", "received", "corrected"],
    "centre": EVERYTHING,
    "recycler": ["recalled"],
    "second_carrier": ["recalled"],
    "semarnat": EVERYTHING,
}


def readable(journey: Journey, token: str | None) -> list[str]:
    return [
        name
        for name, event_id in journey.events.items()
        if journey.served.get(f"/v1/events/{event_id}", token=token).status_code == 200
    ]


@pytest.mark.parametrize("reader", READERS)
def test_a_party_reads_its_units_up_to_the_end_of_its_custody(journey: Journey, reader: str) -> None:
    token = journey.served.token(getattr(journey.served.yard, reader))

    assert readable(journey, token) == READERS[reader]


def test_the_public_reads_public_events_alone(journey: Journey) -> None:
    assert readable(journey, None) == ["recalled"]


@pytest.mark.parametrize("reader", [*READERS, None])
def test_a_history_shows_the_same_as_reading_one_by_one(journey: Journey, reader: str | None) -> None:
    served = journey.served
    token = served.token(getattr(served.yard, reader)) if reader else None

    page = served.get(f"{unit_path(journey.pack)}/history?limit=200", token=token).json()

    shown = {event["event_id"] for event in page["events"]}
    about_the_pack = {event_id for name, event_id in journey.events.items() if name != "corrected"}
    expected = {journey.events[name] for name in (READERS[reader] if reader else ["recalled"])}
    assert shown & about_the_pack == expected & about_the_pack
    assert page["next"] is None


def test_what_may_not_be_read_looks_like_what_does_not_exist(journey: Journey) -> None:
    hidden = journey.served.get(f"/v1/events/{journey.events['produced']}").json()
    unknown = journey.served.get(f"/v1/events/{'0' * 64}").json()

    assert {**hidden, "instance": None} == {**unknown, "instance": None}


def test_evidence_is_for_who_may_read_and_receipts_for_who_knows_the_id(journey: Journey) -> None:
    served = journey.served
    path = f"/v1/events/{journey.events['produced']}/receipt?wait=5"

    assert served.get(path, accept="application/scitt-receipt+cose").status_code == 200
    assert served.get(path, accept="application/json").status_code == 404
    assert served.get(path, token=served.token(served.yard.maker), accept="application/json").status_code == 200


def test_the_public_page_of_a_unit_tells_no_holder(journey: Journey) -> None:
    served, yard = journey.served, journey.served.yard

    public = served.get(unit_path(journey.pack)).json()
    past = served.get(unit_path(journey.pack), token=served.token(yard.workshop)).json()
    holder = served.get(unit_path(journey.pack), token=served.token(yard.centre)).json()
    authority = served.get(unit_path(journey.pack), token=served.token(yard.semarnat)).json()

    assert (public["genuine"], public["stage"], public["month"]) == (True, "waste", "2025-01")
    assert (public["head"], public["state"]) == (None, None)
    assert (past["head"], past["state"]) == (yard.head(f"unit/{journey.pack}"), None)
    assert holder["state"]["holder"] == authority["state"]["holder"] == yard.centre.party
    assert "trail" in holder["state"]
    assert yard.centre.party not in str(public)


def test_reading_the_log_shows_each_reader_its_part(journey: Journey) -> None:
    served = journey.served

    def walk(token: str | None) -> list[str]:
        ids, after = [], ""
        while True:
            page = served.get(f"/v1/events?limit=7&after={after}", token=token).json()
            ids += [event["event_id"] for event in page["events"]]
            if page["next"] is None:
                return ids
            after = page["next"]

    public, maker = walk(None), walk(served.token(served.yard.maker))
    everything = walk(served.token(served.yard.semarnat))

    assert len(everything) == served.get("/readyz").json()["size"]
    assert [event_id for event_id in everything if event_id in set(public)] == public
    assert set(public) < set(maker) < set(everything)
    assert len(set(everything)) == len(everything)


def count_entry_reads(reader: Reader) -> Callable[[], int]:
    """How many statements about entries were put to the database since."""
    seen: list[str] = []
    sqlalchemy_event.listen(reader, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return lambda: sum("FROM entry" in statement for statement in seen)


def history_of(yard: Yard, unit: str) -> list[tuple[int, Event]]:
    events = [(index, parse_event(raw)) for index, raw in enumerate(yard.entries) if index not in yard.void]
    return [(index, event) for index, event in events if unit in units_of(event.payload)]


def holder_of(value: Value) -> str | None:
    holder: str | None = value.get("holder")
    return holder


def follow(yard: Yard, *units: str) -> None:
    """The trail of every unit knows the holder that the fold knows."""
    for unit in units:
        assert replay_custody(unit, history_of(yard, unit)).holder == holder_of(yard.unit(unit)), unit


def test_the_custody_trail_knows_the_holder_that_the_fold_knows_after_every_kind_of_move() -> None:
    yard = Yard()
    packs: list[str] = yard.produce(count=6)
    follow(yard, *packs)
    lost, sent, gone, wrong, seized, refused = packs
    yard.say(yard.maker, "unit.lost", units=[lost])
    follow(yard, lost)
    yard.say(yard.workshop, "unit.found", units=[lost])
    follow(yard, lost)
    annulled = yard.say(yard.maker, "unit.installed", units=[wrong])
    follow(yard, wrong)
    yard.say(yard.maker, "event.annulled", event=annulled, subjects=[{"key": f"unit/{wrong}"}], reason="wrong_unit")
    follow(yard, wrong)
    yard.say(yard.maker, "unit.exported", units=[gone], country="US", pedimento="25 47 3807 5000001")
    follow(yard, gone)
    yard.say(yard.workshop, "unit.returned", units=[gone], pedimento="25 47 3807 5000002")
    follow(yard, gone)
    cut, part = yard.waste_pack(), yard.new_unit_id()
    follow(yard, cut)
    yard.say(
        yard.workshop,
        "unit.dismantled",
        unit=cut,
        parts=[{"id": part, "description": yard.description(unit_kind="module", mass_g=435_000)}],
        unexplained_g=0,
    )
    follow(yard, cut, part)
    order = yard.new_id("ord")
    yard.say(
        yard.semarnat,
        "order.issued",
        order=order,
        effect="seizure",
        units=[seized],
        act={"oficio": "PFPA/25.2/0001", "notified_on": "2025-01-06"},
    )
    yard.say(yard.semarnat, "unit.seized", units=[seized], order=order)
    follow(yard, seized)
    consignment = yard.offer(yard.maker, yard.recycler, [sent, refused], [yard.carrier], purpose="new_product")
    follow(yard, sent, refused)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[sent, refused])
    follow(yard, sent, refused)
    yard.say(
        yard.recycler,
        "consignment.received",
        consignment=consignment,
        basis="offer",
        lines=[{"id": sent, "outcome": "accepted"}, {"id": refused, "outcome": "refused", "reason": "damaged"}],
    )
    follow(yard, sent, refused)
    yard.say(yard.maker, "consignment.returned", consignment=consignment, units=[refused])
    follow(yard, sent, refused)


def test_the_custody_trail_knows_the_holder_on_every_new_way_of_a_load() -> None:
    yard = Yard()
    abroad = yard.new_party("Recycler Inc.", form="foreign")
    home, away, by_paper, dropped = (yard.waste_pack() for _ in range(4))
    consignment = yard.offer(yard.workshop, yard.recycler, [home, away], [yard.carrier])
    about: dict[str, Any] = {"consignment": consignment, "units": [home, away]}
    yard.say(yard.carrier, "consignment.picked_up", **about)
    yard.say(yard.carrier, "consignment.stored", **about, site=yard.carrier.site)
    follow(yard, home, away)
    into = yard.new_id("con")
    yard.say(yard.workshop, "consignment.redirected", **about, into=into, consignee=abroad.party)
    follow(yard, home, away)
    photo = {"digest": "ab" * 32, "bytes": 1, "media_type": "image/jpeg"}
    movement: dict[str, Any] = {"country": "US", "border": {}, "documents": [{**photo, "role": "movement_document"}]}
    lines = [{"id": home, "outcome": "refused", "reason": "damaged"}, {"id": away, "outcome": "accepted"}]
    yard.say(yard.workshop, "consignment.delivered", consignment=into, lines=lines, **movement)
    follow(yard, home, away)
    yard.say(yard.workshop, "consignment.returned", consignment=into, units=[home])
    follow(yard, home, away)
    on_paper = {"consignor": yard.workshop.party, "purpose": "waste_rme", "form": "manifest", "number": "M-1"}
    stated: dict[str, Any] = {"basis": "paper", "on_paper": on_paper, "documents": [{**photo, "role": "manifest"}]}
    claimed = yard.new_id("con")
    lines = [{"id": unit, "outcome": "accepted"} for unit in (by_paper, dropped)]
    event = yard.say(yard.recycler, "consignment.received", consignment=claimed, lines=lines, **stated)
    follow(yard, by_paper, dropped)
    yard.say(yard.workshop, "event.agreed", event=event, units=[by_paper])
    yard.say(yard.recycler, "consignment.cancelled", consignment=claimed, units=[dropped])
    follow(yard, by_paper, dropped)


def test_both_ends_and_the_carrier_read_what_is_said_of_their_consignment_and_nobody_else(served: Served) -> None:
    yard = served.yard
    for actor, activity in ((yard.carrier, "transport"), (yard.recycler, "recycling")):
        yard.permit(actor, activity)
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier])
    paper: dict[str, Any] = {"consignment": consignment, "form": "rme_transport", "number": "R-1"}
    ticket: dict[str, Any] = {"ticket": yard.new_id("tkt"), "gross_g": 5, "tare_g": 2, "resolution_g": 1}
    incident: dict[str, Any] = {"incident": yard.new_id("inc"), "units": [pack], "nature": "leak"}
    said = [
        yard.say(yard.workshop, "paper.issued", **paper),
        yard.say(yard.carrier, "consignment.assigned", consignment=consignment, drivers=[]),
        yard.say(yard.carrier, "ticket.weighed", consignment=consignment, **ticket),
        yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack]),
        yard.say(yard.carrier, "incident.reported", consignment=consignment, **incident),
    ]
    served.send()

    for reader in (yard.workshop, yard.carrier, yard.recycler, yard.semarnat):
        assert {read(served, event, reader) for event in said} == {200}
    for stranger in (yard.maker, yard.centre, yard.second_carrier):
        assert {read(served, event, stranger) for event in said} == {404}


def read(served: Served, event: str, reader: Actor) -> int:
    return served.get(f"/v1/events/{event}", token=served.token(reader)).status_code


def test_a_carrier_reads_no_further_than_the_return_of_what_was_refused() -> None:
    yard = Yard()
    pack = yard.produce()
    consignment = yard.offer(yard.maker, yard.recycler, [pack], [yard.carrier], purpose="new_product")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    lines = [{"id": pack, "outcome": "refused", "reason": "damaged"}]
    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=lines)
    yard.say(yard.maker, "consignment.returned", consignment=consignment, units=[pack])
    returned_at = len(yard.entries) - 1
    yard.say(yard.maker, "unit.repaired", units=[pack], work="BMS")

    trail = replay_custody(pack, history_of(yard, pack))

    assert trail.held_until[yard.carrier.party] == returned_at
    assert trail.held_until[yard.maker.party] is None
    assert yard.recycler.party not in trail.held_until


def test_a_statement_names_a_party_wherever_it_does(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    raw = yard.draft(
        yard.maker,
        "consignment.offered",
        consignment=yard.new_id("con"),
        consignee=yard.centre.party,
        carriers=[yard.carrier.party],
        units=[pack],
        units_total=1,
        purpose="new_product",
    )
    payload = parse_event(raw).payload

    assert [names(payload, actor.party) for actor in (yard.maker, yard.centre, yard.carrier, yard.recycler)] == [
        True,
        True,
        True,
        False,
    ]


def test_who_is_named_in_an_offer_reads_it_before_holding_anything(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    consignment = yard.offer(yard.maker, yard.recycler, [pack], [yard.carrier], purpose="new_product")
    served.send()
    offer, birth = yard.head(f"act/{consignment}"), parse_step(yard.unit(pack)["trail"][0])[0]

    def may_read(actor: Actor, event_id: str | None) -> bool:
        return served.get(f"/v1/events/{event_id}", token=served.token(actor)).status_code == 200

    readers = (yard.recycler, yard.carrier, yard.second_carrier)
    assert [may_read(actor, offer) for actor in readers] == [True, True, False]
    assert [may_read(actor, birth) for actor in readers] == [False, False, False]


def test_a_caller_with_power_to_register_or_inspect_sees_all() -> None:
    assert [Caller("pty", frozenset({power})).sees_all for power in ("inspect", "register", "grant")] == [
        True,
        True,
        False,
    ]
    assert not PUBLIC.sees_all


def test_an_event_that_lost_a_conflict_is_read_by_its_signer(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    loser = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.record(loser)
    raws = served.unsent()
    served.post("/v1/events", b"".join(raws), {"content-type": "application/cbor-seq"})
    event_id = parse_event(loser).id

    with served.services.store.read() as reader:
        entry = find_entry(reader, event_id)
        assert entry is not None
        assert Disclosure(reader, Caller(yard.maker.party)).may_read(entry)
        assert not Disclosure(reader, Caller(yard.workshop.party)).may_read(entry)
    assert served.get(f"/v1/events/{event_id}", token=served.token(yard.maker)).json()["effect"] is False


def test_lost_statements_about_lost_statements_are_read_by_nobody_else(served: Served) -> None:
    yard = served.yard
    target = "0" * 64
    for _ in range(6):
        pack = yard.produce()
        units = [{"id": pack, "prev": yard.head(f"unit/{pack}")}]
        yard.say(yard.maker, "unit.placed_on_market", units=[pack])
        target = yard.record(yard.draft(yard.maker, "event.agreed", event=target, units=units))
    served.post("/v1/events", b"".join(served.unsent()), {"content-type": "application/cbor-seq"})

    with served.services.store.read() as reader:
        last = find_entry(reader, target)
        assert last is not None
        assert last.void
        looked_up = count_entry_reads(reader)
        assert not Disclosure(reader, Caller(yard.workshop.party)).may_read(last)
        assert looked_up() <= 3


def test_a_cursor_tells_no_place_of_what_may_not_be_read(served: Served) -> None:
    yard = served.yard
    pack = yard.produce()
    for _ in range(5):
        yard.say(yard.maker, "unit.discharged", units=[pack], state_of_charge_permille=1)
    recall = yard.say(yard.maker, "unit.recalled", units=[pack], campaign="R-1")
    yard.say(yard.maker, "unit.discharged", units=[pack], state_of_charge_permille=1)
    served.send()

    page = served.get(f"{unit_path(pack)}/history?limit=1").json()
    rest = served.get(f"{unit_path(pack)}/history?limit=1&after={page['next']}").json()

    assert [event["event_id"] for event in page["events"]] == [recall]
    assert page["next"] == str(page["events"][0]["index"])
    assert rest == {"events": [], "next": None}


def test_a_case_a_filing_and_an_inspection_are_read_by_whose_affair_they_are_and_by_no_other_party(
    tmp_path: Path,
) -> None:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        yard = served.yard
        case, filing, inspection = map(yard.new_id, ("cas", "fil", "ins"))
        digest = "ab" * 32
        stated = [
            yard.say(yard.semarnat, "case.opened", case=case, against=yard.centre.party, subject="stock"),
            yard.say(yard.centre, "case.answered", case=case, answer=digest),
            yard.say(yard.semarnat, "case.closed", case=case, outcome="cured"),
            yard.say(
                yard.centre, "filing.submitted", filing=filing, subject="loss", to=yard.semarnat.party, digest=digest
            ),
            yard.say(yard.semarnat, "filing.answered", filing=filing, outcome="received"),
            yard.say(
                yard.semarnat,
                "inspection.recorded",
                inspection=inspection,
                inspected=yard.centre.site,
                order_number="O-1",
                acta=digest,
                counted=0,
            ),
        ]
        served.send()

        def seen(token: str | None) -> list[bool]:
            return [served.get(f"/v1/events/{event_id}", token=token).status_code == 200 for event_id in stated]

        assert all(seen(served.token(yard.semarnat)))
        assert all(seen(served.token(yard.centre)))
        assert not any(seen(served.token(yard.carrier)))
        assert not any(seen(None))
