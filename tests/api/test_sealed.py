"""A natural person in the ledger: a commitment in the log, the name beside it, for few and erasable."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from certification.sealed import seal
from ledger.domain.values import format_base64url
from tests.api.served import Served
from tests.yard import Actor

SALT = bytes(range(16))
ANA = {"name": "Ana Demo", "rfc": "XAXX010101000"}
COMMITMENT = seal(ANA, SALT)
PATH = f"/v1/sealed/{COMMITMENT}"


def put(served: Served, actor: Actor, **members: Any) -> Response:
    asked = {"salt": format_base64url(SALT), "value": ANA, **members}
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    return served.client.put(PATH, json=asked, headers=headers)


def erase(served: Served, actor: Actor) -> int:
    return served.client.delete(PATH, headers={"authorization": f"Bearer {served.token(actor)}"}).status_code


def test_a_person_is_a_commitment_in_the_log_and_a_name_for_whom_it_was_shown(served: Served) -> None:
    yard = served.yard
    person = yard.new_id("pty")
    yard.say(yard.operator, "party.registered", registered=person, form="fisica", identity=COMMITMENT)
    served.send()
    assert put(served, yard.operator, readers=[yard.semarnat.party]).status_code == 201

    seen = {actor.party: served.get(PATH, token=served.token(actor)) for actor in (yard.operator, yard.semarnat)}
    shown = served.get(f"/v1/parties/{person}").text

    assert [answered.json()["value"] for answered in seen.values()] == [ANA, ANA]
    assert served.get(PATH, token=served.token(yard.centre)).status_code == 404
    assert served.get(PATH).status_code == 401
    assert "Ana" not in shown
    assert not any(b"Ana Demo" in raw for raw in yard.entries)


def test_what_was_erased_is_shown_to_nobody_and_not_kept_again(served: Served) -> None:
    yard = served.yard
    put(served, yard.operator, readers=[yard.semarnat.party])
    assert erase(served, yard.semarnat) == 404

    assert erase(served, yard.operator) == erase(served, yard.operator) == 204

    assert served.get(PATH, token=served.token(yard.operator)).status_code == 404
    assert put(served, yard.operator).status_code == 422
    [row] = served.get("/v1/sealed", token=served.token(yard.operator)).json()["sealed"]
    assert (row["commitment"], row["erased_at"] is None) == (COMMITMENT, False)
    assert served.get("/v1/sealed", token=served.token(yard.semarnat)).json() == {"sealed": []}


@pytest.mark.parametrize(
    "members",
    [
        {"value": {**ANA, "name": "Eva Demo"}},
        {"salt": format_base64url(SALT[:-1])},
        {"salt": "A" * 23},
        {"value": {}},
        {"value": {"name": 1}},
        {"readers": ["Ana"]},
        {"note": "x"},
    ],
)
def test_what_the_commitment_was_not_made_from_is_not_kept(served: Served, members: dict[str, Any]) -> None:
    assert put(served, served.yard.operator, **members).status_code == 422
    assert served.get(PATH, token=served.token(served.yard.operator)).status_code == 404


def test_another_party_cannot_take_a_commitment_over(served: Served) -> None:
    assert put(served, served.yard.operator).status_code == 201

    assert put(served, served.yard.maker).status_code == 422
    assert erase(served, served.yard.maker) == 404
