from __future__ import annotations

import json
from typing import Any

import anyio
from fastapi import FastAPI
from starlette.types import Message

from api.intake import Intake
from api.limits import BLOB_BODY_BYTES_MAX, BODIES_BYTES_MAX, BODIES_BYTES_OF_ONE_MAX
from api.rates import Rates
from tests.api.served import BASE_URL

LATE = "the body did not arrive in time"


async def unreachable(*_: Any) -> None:
    raise AssertionError("let in without its body")


async def announce(intake: Intake, host: str, announced: int) -> tuple[int, str]:
    """Declare a body and send nothing of it: status and detail of the answer."""
    sent: list[Message] = []
    app = FastAPI()
    app.state.base_url = BASE_URL

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError("woken")

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "PUT",
        "path": "/v1/blobs/00",
        "headers": [(b"content-length", str(announced).encode())],
        "client": (host, 1),
        "state": {"request_id": ""},
        "app": app,
    }
    await intake(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])["detail"]


def test_a_body_that_does_not_arrive_is_not_waited_for() -> None:
    intake = Intake(unreachable, Rates(requests=10), body_s_max=0.01)

    assert anyio.run(announce, intake, "192.0.2.1", 1) == (503, LATE)


def test_who_announces_much_and_sends_nothing_keeps_nobody_else_out() -> None:
    intake = Intake(unreachable, Rates(requests=100), body_s_max=0.2)
    details: dict[str, list[str]] = {"192.0.2.1": [], "192.0.2.2": []}

    async def ask(host: str) -> None:
        details[host].append((await announce(intake, host, BLOB_BODY_BYTES_MAX))[1])

    async def crowd() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(BODIES_BYTES_MAX // BLOB_BODY_BYTES_MAX + 1):
                tasks.start_soon(ask, "192.0.2.1")
            tasks.start_soon(ask, "192.0.2.2")

    anyio.run(crowd)

    assert details["192.0.2.1"].count(LATE) == BODIES_BYTES_OF_ONE_MAX // BLOB_BODY_BYTES_MAX
    assert details["192.0.2.2"] == [LATE]


def test_the_room_for_a_body_is_free_again_once_it_is_answered() -> None:
    intake = Intake(unreachable, Rates(requests=100), body_s_max=0.01)
    bodies = BODIES_BYTES_OF_ONE_MAX // BLOB_BODY_BYTES_MAX + 1

    answers = [anyio.run(announce, intake, "192.0.2.1", BLOB_BODY_BYTES_MAX) for _ in range(bodies)]

    assert answers == [(503, LATE)] * bodies
