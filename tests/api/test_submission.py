from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from api.limits import BATCH_BODY_BYTES_MAX, BATCH_STATEMENTS_MAX
from ledger.event import parse_event
from tests.api.served import BASE_URL, COSE, SEQUENCE, Served, statuses
from tests.yard import Actor


def produced(served: Served) -> bytes:
    """A new pack's statement that the ledger does not have yet."""
    served.send() if len(served.yard.entries) > served.sent else None
    served.yard.produce()
    [raw] = served.unsent()
    return raw


def test_a_statement_is_recorded_and_told_its_place(served: Served) -> None:
    raw = produced(served)

    answered = served.post("/v1/events", raw, COSE)

    members = answered.json()
    event_id = parse_event(raw).id
    assert answered.status_code == members["status"] == 201
    assert members["event_id"] == event_id
    assert members["links"]["event"] == answered.headers["location"] == f"{BASE_URL}/v1/events/{event_id}"
    assert served.get(f"/v1/events/{event_id}/receipt?wait=5", accept="text/plain").text.splitlines()[1] == (
        f"index {members['index']}"
    )


def test_the_same_statement_again_gets_its_original_answer(served: Served) -> None:
    raw = produced(served)
    first = served.post("/v1/events", raw, COSE).json()

    again = served.post("/v1/events", raw, COSE)

    assert again.status_code == 200
    assert again.json() == {**first, "status": 200}


def test_a_child_waits_for_its_parent_and_comes_along_with_it(served: Served) -> None:
    pack = served.yard.produce()
    served.yard.say(served.yard.maker, "unit.placed_on_market", units=[pack])
    parent, child = served.unsent()

    waiting = served.post("/v1/events", child, COSE)

    assert waiting.status_code == 202
    assert waiting.json()["waiting_for"] == [parse_event(parent).id]
    assert served.post("/v1/events", parent, COSE).status_code == 201
    assert served.post("/v1/events", child, COSE).status_code == 200


def test_a_batch_gets_one_result_for_each_statement_in_order(served: Served) -> None:
    pack = served.yard.produce()
    stranger = served.yard.draft(served.yard.maker, "unit.placed_on_market", units=[pack], key=served.yard.new_key())
    served.yard.say(served.yard.maker, "unit.placed_on_market", units=[pack])
    parent, child = served.unsent()

    answered = served.post("/v1/events", child + stranger + parent, SEQUENCE)

    results = answered.json()["results"]
    assert answered.status_code == 200
    assert statuses(results) == [201, 403, 201]
    assert results[1]["type"] == f"{BASE_URL}/problems/key-unknown"
    assert results[2]["index"] < results[0]["index"]


def test_a_stale_statement_is_told_every_head(served: Served) -> None:
    pack = served.yard.produce()
    stale = served.yard.draft(served.yard.maker, "unit.placed_on_market", units=[pack])
    served.yard.say(served.yard.maker, "unit.stored", units=[pack], site=served.yard.maker.site)
    served.send()

    answered = served.post("/v1/events", stale, COSE)

    problem = answered.json()
    assert answered.status_code == 409
    assert problem["type"] == f"{BASE_URL}/problems/conflicting-statement"
    assert problem["stale"][0]["head"] == served.yard.head(f"unit/{pack}")
    assert len(problem["conflict"]) == 64


def test_asking_whether_a_statement_would_be_recorded_records_nothing(served: Served) -> None:
    raw = produced(served)
    size = served.size

    would = served.post("/v1/check", raw, COSE)
    would_not = served.post("/v1/check", raw[:-1] + bytes([raw[-1] ^ 1]), COSE)

    assert (would.status_code, would.json()["status"]) == (200, 201)
    assert (would_not.status_code, would_not.json()["status"]) == (200, 403)
    assert served.size == size


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"\xd2", COSE, 422, "malformed-statement"),
        (b"\x00" * 70_000, COSE, 413, "statement-too-large"),
        (b"", SEQUENCE, 422, "malformed-request"),
        (b"\xd2\x84\x43", SEQUENCE, 422, "malformed-request"),
        (b"\x9f\xff", SEQUENCE, 422, "malformed-request"),
        (b"\x81" * 64 + b"\x00", SEQUENCE, 422, "malformed-request"),
        (b"\x00" * (BATCH_STATEMENTS_MAX + 1), SEQUENCE, 413, "batch-too-long"),
        (b"\x00" * (BATCH_BODY_BYTES_MAX + 1), SEQUENCE, 413, "body-too-large"),
        (b"{}", {"content-type": "application/json"}, 415, "media-type-unsupported"),
        (b"{}", {}, 415, "media-type-unsupported"),
    ],
)
def test_what_is_no_statement_is_refused(
    served: Served, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answered = served.post("/v1/events", body, headers)

    assert answered.status_code == status
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.json()["type"] == f"{BASE_URL}/problems/{code}"


def test_items_that_are_no_statements_are_refused_one_by_one(served: Served) -> None:
    raw = produced(served)

    results = served.post("/v1/events", b"\x01" + raw + b"\xa1\x01\x82\x02\x03", SEQUENCE).json()["results"]

    assert statuses(results) == [422, 201, 422]


def test_a_commit_that_fails_is_not_acknowledged_and_leaves_nothing(served: Served) -> None:
    raw = produced(served)
    size = served.size
    engine = served.services.store.engine

    def fail(_: Any) -> None:
        # threads beside the requests commit too, and are not what is tried here
        if threading.current_thread().name not in ("publisher", "follower", "notices"):
            raise OSError("the disk is full")

    sqlalchemy_event.listen(engine, "commit", fail)
    failed = served.post("/v1/events", raw, COSE)
    sqlalchemy_event.remove(engine, "commit", fail)

    assert failed.status_code >= 500
    assert failed.headers["content-type"] == "application/problem+json"
    assert served.size == size
    assert served.post("/v1/events", raw, COSE).status_code == 201


def pick_up_of_undetermined_waste(served: Served, purpose: str) -> tuple[Actor, dict[str, Any]]:
    """A carrier, and the pick-up of a discarded pack of which nobody has determined the class."""
    yard = served.yard
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
    yard.permit(yard.centre, "storage", waste_classes=["RP", "RME"])
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose=purpose)
    served.send()
    return yard.carrier, {"consignment": consignment, "units": [pack]}


def test_a_finding_is_told_before_it_is_opened(served: Served) -> None:
    carrier, members = pick_up_of_undetermined_waste(served, "waste_rme")

    would = served.post("/v1/check", served.yard.draft(carrier, "consignment.picked_up", **members), COSE).json()

    assert would["status"] == 201
    [told] = would["findings"]
    assert (told["requirement"], told["finding"], told["effect"]) == ("R51", "left-undetermined", "notice")
    assert (told["party"], told["subject"]) == (served.yard.workshop.party, members["consignment"])
    assert told["statement"]["es"].startswith("Un residuo sale con su determinación")
    assert told["cure"]["en"].startswith("Record the determination")


def test_a_requirement_that_refuses_is_told_with_its_cure(served: Served) -> None:
    carrier, members = pick_up_of_undetermined_waste(served, "waste_rp")

    would = served.post("/v1/check", served.yard.draft(carrier, "consignment.picked_up", **members), COSE).json()

    assert (would["status"], would["type"].rpartition("/")[2]) == (409, "requirement-not-met")
    [told] = would["findings"]
    assert (told["requirement"], told["effect"]) == ("R19", "block")
    assert told["cure"]["es"].startswith("Registre la determinación")


def test_what_a_key_is_to_sign_is_judged_before_it_has_signed(served: Served) -> None:
    carrier, members = pick_up_of_undetermined_waste(served, "waste_rme")
    signed = served.yard.draft(carrier, "consignment.picked_up", **members)
    unsigned = signed[:-64] + bytes(64)
    size = served.size

    def ask(**headers: str) -> Any:
        return served.client.post("/v1/check", content=unsigned, headers={**COSE, **headers}).json()

    assert ask()["status"] == 403
    assert ask(authorization=f"Bearer {served.token(served.yard.workshop)}")["status"] == 403
    told = ask(authorization=f"Bearer {served.token(carrier)}")
    assert (told["status"], [found["finding"] for found in told["findings"]]) == (201, ["left-undetermined"])
    assert served.post("/v1/events", unsigned, COSE).status_code == 403
    assert served.size == size
