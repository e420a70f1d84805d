"""Queues that were signed without a connection: handed over, forked, uploaded by anybody in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.domain.payload import act_key, unit_key
from ledger.event import Event, parse_event
from ledger.handover import MEDIA_TYPE, format_handover, parse_handover
from ledger.store.entries import Entry, iter_entries, read_head
from ledger.store.side import WAITING_S_MAX, count_waiting, list_refusals
from tests.api.served import COSE, Served, open_served
from tests.yard import Actor, Yard

pytestmark = pytest.mark.slow


@dataclass
class Phone:
    """A device without a connection: what it takes to be newest, and what it has signed or carries."""

    yard: Yard
    actor: Actor
    view: dict[str, str | None] = field(default_factory=dict)
    queue: list[Event] = field(default_factory=list)

    def sign(self, kind: str, units: list[str], **members: Any) -> Event:
        links = [{"id": unit, "prev": self.view.get(unit_key(unit))} for unit in units]
        if kind == "consignment.received":
            members["lines"] = [{**link, "outcome": "accepted"} for link in links]
        else:
            members["units"] = links
        if "consignment" in members:
            members["prev"] = self.view.get(act_key(members["consignment"]))
        event = parse_event(self.yard.draft(self.actor, kind, **members))
        self.take([event])
        return event

    def take(self, events: list[Event]) -> None:
        """Queue what is not here yet, and build on it from now on."""
        here = {event.id for event in self.queue}
        for event in events:
            if event.id not in here:
                self.queue.append(event)
                self.view.update({subject.key: event.id for subject in event.payload.extends})

    def hand_over(self, to: Phone) -> None:
        if self.queue:
            to.take(list(parse_handover(format_handover(self.queue))))

    def consignments(self) -> list[str]:
        return list(
            dict.fromkeys(e.payload.main_subject() for e in self.queue if e.payload.main_subject()[:4] == "con_")
        )


class Gate:
    """Two phones of a maker, a carrier's and a recycler's, with two packs that the ledger knows."""

    def __init__(self, served: Served) -> None:
        yard = self.yard = served.yard
        self.served = served
        self.units = [yard.produce(), yard.produce()]
        served.send()
        heads = {unit_key(unit): yard.head(unit_key(unit)) for unit in self.units}
        actors = (yard.maker, yard.maker, yard.carrier, yard.recycler)
        self.phones = [Phone(yard, actor, dict(heads)) for actor in actors]
        self.answers: dict[str, Response] = {}

    def act(self, phone: Phone, choice: int) -> None:
        """What this phone's people may do, whether it is right or not."""
        known = phone.consignments()
        if phone.actor is self.yard.maker and (choice == 0 or not known):
            phone.sign("consignment.offered", self.units, **self.offer())
        elif phone.actor is self.yard.maker and choice == 1:
            phone.sign("unit.repaired", [self.units[0]], work="fuse")
        elif known:
            self.go_on(phone, known[choice % len(known)])

    def go_on(self, phone: Phone, consignment: str) -> None:
        if phone.actor is self.yard.maker:
            phone.sign("consignment.cancelled", self.units, consignment=consignment)
        elif phone.actor is self.yard.carrier:
            phone.sign("consignment.picked_up", self.units, consignment=consignment)
        else:
            self.receive(phone, consignment)

    def offer(self) -> dict[str, Any]:
        return {
            "consignment": self.yard.new_id("con"),
            "consignee": self.yard.recycler.party,
            "carriers": [self.yard.carrier.party],
            "purpose": "new_product",
            "units_total": 2,
        }

    def receive(self, phone: Phone, consignment: str) -> Event:
        about = {"consignment": consignment, "basis": "offer", "site": self.yard.recycler.site}
        return phone.sign("consignment.received", self.units, **about)

    def upload(self, event: Event, *, lost: bool = False) -> Response:
        answered = self.served.post("/v1/events", event.envelope.raw, COSE)
        if not lost:
            self.answers[event.id] = answered
        return answered

    def upload_all(self) -> dict[str, tuple[int, Any]]:
        for phone in self.phones:
            for event in phone.queue:
                self.upload(event)
        return {event_id: (answer.status_code, code(answer)) for event_id, answer in self.answers.items()}

    def entries(self) -> dict[str, list[Entry]]:
        with self.served.services.store.read() as reader:
            found: dict[str, list[Entry]] = {}
            for entry in iter_entries(reader, 0, read_head(reader).size):
                found.setdefault(entry.event_id, []).append(entry)
        return found


def code(answer: Response) -> Any:
    return answer.json().get("type", "").rpartition("/")[2]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("ledger")
    many = 1_000_000
    rates = {"requests_per_minute": many, "statements_per_minute": many}
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **rates) as served:
        yield served


@pytest.fixture
def gate(ledger: Served) -> Gate:
    return Gate(ledger)


def give_up_waiting(gate: Gate) -> None:
    """Let more time pass than a statement waits, and something be recorded."""
    gate.served.pass_time(WAITING_S_MAX + 120)
    gate.yard.produce()
    gate.served.send()


STEPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 3)), min_size=4, max_size=24)
UPLOADS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.booleans()), max_size=20)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS, uploads=UPLOADS)
def test_nothing_that_was_signed_is_ever_dropped_silently(ledger: Served, steps: Any, uploads: Any) -> None:
    gate = Gate(ledger)
    gate.act(gate.phones[0], 0)
    gate.phones[0].hand_over(gate.phones[2])
    for who, choice, to in steps:
        phone = gate.phones[who]
        gate.act(phone, choice % 3)
        if choice >= 3:
            phone.hand_over(gate.phones[to])
    for who, place, lost in uploads:
        queue = gate.phones[who].queue
        if queue:
            gate.upload(queue[place % len(queue)], lost=lost)
    gate.upload_all()

    answers = gate.upload_all()

    assert gate.upload_all() == answers
    signed = {event.id: event for phone in gate.phones for event in phone.queue}
    assert answers.keys() == signed.keys()
    entries = gate.entries()
    for event in signed.values():
        check_told(gate, event, entries)
    waiting = [signed[event_id] for event_id, (status, _) in answers.items() if status == 202]
    if waiting:
        give_up_waiting(gate)
        check_given_up(gate, waiting)


def check_told(gate: Gate, event: Event, entries: dict[str, list[Entry]]) -> None:
    """It is recorded once, or stands beside its conflict, or its sender knows why it is not."""
    answer, found = gate.answers[event.id], entries.get(event.id, [])
    match answer.status_code, code(answer):
        case 200, _:
            assert [entry.void for entry in found] == [False]
        case 409, "conflicting-statement":
            assert [entry.void for entry in found] in ([True], [])
            assert answer.json()["conflict"] in entries
        case 202, _:
            assert found == []
            assert all(parent not in entries for parent in answer.json()["waiting_for"])
        case status, reason:
            assert found == []
            assert (400 <= status < 500, reason != "", answer.json()["detail"] != "") == (True, True, True)


def check_given_up(gate: Gate, waiting: list[Event]) -> None:
    with gate.served.services.store.read() as reader:
        for event in waiting:
            signer = f"{event.party}:{event.kid}"
            assert "stale-head" in {row.code for row in list_refusals(reader, signer) if row.event_id == event.id}
            assert count_waiting(reader, signer) == 0


def test_the_receiver_uploads_for_the_giver_and_both_get_the_same_receipt(gate: Gate) -> None:
    maker, _, carrier, recycler = gate.phones
    maker.sign("consignment.offered", gate.units, **gate.offer())
    maker.hand_over(carrier)
    gate.go_on(carrier, carrier.consignments()[0])
    carrier.hand_over(recycler)
    gate.receive(recycler, recycler.consignments()[0])
    body = format_handover(recycler.queue)

    uploaded = gate.served.post("/v1/events", body, {"content-type": MEDIA_TYPE})

    assert [result["status"] for result in uploaded.json()["results"]] == [201, 201, 201]
    for phone in (maker, carrier):
        again = [gate.upload(event).json() for event in phone.queue]
        theirs = uploaded.json()["results"][: len(again)]
        assert [answer["status"] for answer in again] == [200] * len(again)
        assert [(a["index"], a["leaf_hash"]) for a in again] == [(t["index"], t["leaf_hash"]) for t in theirs]
    gate.served.cover()
    token = gate.served.token(gate.yard.recycler)
    receipts = [gate.served.get(f"/v1/events/{event.id}/receipt", token=token) for event in recycler.queue]
    assert [receipt.status_code for receipt in receipts] == [200, 200, 200]


def test_what_builds_on_the_loser_of_a_fork_is_told_even_if_it_came_first(gate: Gate) -> None:
    one, other, carrier, _ = gate.phones
    won = one.sign("consignment.offered", gate.units, **gate.offer())
    lost = other.sign("consignment.offered", gate.units, **gate.offer())
    other.hand_over(carrier)
    pick_up = carrier.sign("consignment.picked_up", gate.units, consignment=carrier.consignments()[0])
    assert gate.upload(pick_up).status_code == 202
    assert gate.upload(won).status_code == 201

    second = gate.upload(lost)

    assert (second.status_code, code(second)) == (409, "conflicting-statement")
    assert gate.entries()[second.json()["conflict"]][0].kind == "conflict.recorded"
    told = gate.upload(pick_up)
    assert (told.status_code, code(told)) == (422, "subject-unknown")
    with gate.served.services.store.read() as reader:
        signer = f"{pick_up.party}:{pick_up.kid}"
        assert count_waiting(reader, signer) == 0
        assert pick_up.id in {row.event_id for row in list_refusals(reader, signer)}


def test_the_loser_is_restated_on_the_newest_head_and_what_waits_for_that_comes_along(gate: Gate) -> None:
    one, other, carrier, _ = gate.phones
    repaired = one.sign("unit.repaired", [gate.units[0]], work="fuse")
    lost = other.sign("consignment.offered", gate.units, **gate.offer())
    gate.upload(repaired)
    assert code(gate.upload(lost)) == "conflicting-statement"
    consignment = lost.payload.main_subject()
    other.view = dict(one.view)
    offer = {**gate.offer(), "consignment": consignment, "restates": lost.id}

    restated = other.sign("consignment.offered", gate.units, **offer)
    carrier.take([restated])
    pick_up = carrier.sign("consignment.picked_up", gate.units, consignment=consignment)
    assert gate.upload(pick_up).status_code == 202
    assert gate.upload(restated).status_code == 201
    assert gate.upload(pick_up).status_code == 200


def test_a_child_of_two_parents_waits_for_both_in_whatever_order_they_come(gate: Gate) -> None:
    maker, _, _, recycler = gate.phones
    first = maker.sign("unit.repaired", [gate.units[0]], work="fuse")
    second = maker.sign("unit.repaired", [gate.units[1]], work="fuse")
    child = maker.sign("consignment.offered", gate.units, **gate.offer())

    assert set(gate.upload(child).json()["waiting_for"]) == {first.id, second.id}
    assert gate.upload(second).status_code == 201
    assert gate.upload(child).json()["waiting_for"] == [first.id]
    assert gate.upload(first).status_code == 201
    assert gate.upload(child).status_code == 200
    assert recycler.queue == []


def test_a_statement_that_waits_for_another_parent_has_waited_since_it_first_came(gate: Gate) -> None:
    maker = gate.phones[0]
    first = maker.sign("unit.repaired", [gate.units[0]], work="fuse")
    maker.sign("unit.repaired", [gate.units[1]], work="fuse")
    child = maker.sign("consignment.offered", gate.units, **gate.offer())
    assert gate.upload(child).status_code == 202
    gate.served.pass_time(WAITING_S_MAX - 3600)
    assert gate.upload(first).status_code == 201

    gate.served.pass_time(7200)
    gate.yard.produce()
    gate.served.send()

    with gate.served.services.store.read() as reader:
        assert count_waiting(reader, f"{child.party}:{child.kid}") == 0
