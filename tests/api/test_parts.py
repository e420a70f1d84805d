from __future__ import annotations

from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient

from api.answers import choose
from api.app import create_app
from api.intake import body_bytes_max
from api.limits import BATCH_BODY_BYTES_MAX, BLOB_BODY_BYTES_MAX, BODY_BYTES_MAX, MIB, RATED_KEYS_MAX
from api.rates import Rates, asker_of
from api.refusals import BatchTooLong, NotAcceptable, RequestMalformed, TooManyRequests
from api.sequence import split_sequence
from ledger.errors import KeyUnusable, Unavailable
from tests.api.served import COSE, open_served, unit_path
from tests.ledger.store.desk import HandClock
from tests.yard import ORIGIN

ITEMS = st.recursive(
    st.integers(-(2**63), 2**63)
    | st.binary(max_size=300)
    | st.text(max_size=30)
    | st.booleans()
    | st.none()
    | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(ITEMS.map(cbor2.dumps), min_size=1, max_size=8))
def test_a_sequence_is_cut_into_the_items_that_it_was_joined_from(items: list[bytes]) -> None:
    assert split_sequence(b"".join(items), 8) == items


@given(st.binary(min_size=1, max_size=40))
def test_whatever_comes_is_cut_without_loss_or_refused(data: bytes) -> None:
    try:
        items = split_sequence(data, 1000)
    except RequestMalformed:
        return
    assert b"".join(items) == data


@pytest.mark.parametrize("data", [b"\x5b" + b"\xff" * 8, b"\x9b" + b"\xff" * 8, b"\xd2" * 64 + b"\x00", b"\x18"])
def test_lengths_that_nothing_follows_are_refused_at_once(data: bytes) -> None:
    with pytest.raises(RequestMalformed):
        split_sequence(data, 1000)


def test_an_item_of_many_is_refused_however_many_follow() -> None:
    statement = b"\xd2\x84\x40\xa0\x40\x40"
    assert split_sequence(statement, 1) == [statement]

    for held in (64, 8 * MIB):
        with pytest.raises(RequestMalformed):
            split_sequence(b"\x9a" + held.to_bytes(4, "big") + bytes(held), 1)


def test_a_sequence_has_a_bounded_number_of_items() -> None:
    assert len(split_sequence(b"\x00" * 5, 5)) == 5
    with pytest.raises(BatchTooLong):
        split_sequence(b"\x00" * 6, 5)


def accepting(accept: str | None) -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/cose", "application/cose"),
        ("application/cose;q=0.5, application/json", "application/json"),
        ("application/json;q=0.1, application/cose;q=0.2", "application/cose"),
        ("text/html, application/*;q=0.8", "application/json"),
        ("application/json;q=0, */*", "application/cose"),
    ],
)
def test_the_reader_chooses_among_what_is_offered(accept: str | None, chosen: str) -> None:
    assert choose(accepting(accept), "application/json", "application/cose") == chosen


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "application/json;q=x", ""])
def test_what_is_not_offered_cannot_be_chosen(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        choose(accepting(accept), "application/json")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("testclient", "testclient", True),
    ],
)
def test_a_network_that_one_machine_has_is_one_asker(one: str, other: str, same: bool) -> None:
    assert (asker_of(one) == asker_of(other)) is same


def test_each_asker_spends_its_own_and_each_rate_counts_alone() -> None:
    rates = Rates(requests=2, tokens=1)
    rates.spend("requests", "a")
    rates.spend("requests", "a")
    rates.spend("requests", "b", cost=2)
    rates.spend("tokens", "a")

    for name, asker in (("requests", "a"), ("requests", "b"), ("tokens", "a")):
        with pytest.raises(TooManyRequests):
            rates.verify(name, asker)
        with pytest.raises(TooManyRequests):
            rates.spend(name, asker)


def test_what_counting_remembers_is_bounded() -> None:
    rates = Rates(requests=1)

    for number in range(RATED_KEYS_MAX + 10):
        rates.note("requests", str(number), 1)

    assert len(rates._storage.storage) <= RATED_KEYS_MAX + 1


def test_a_body_may_be_as_large_as_its_resource_needs() -> None:
    paths = ("/v1/events", "/v1/blobs/00", "/oauth/token", "/entries")

    assert [body_bytes_max(path) for path in paths] == [
        BATCH_BODY_BYTES_MAX,
        BLOB_BODY_BYTES_MAX,
        BODY_BYTES_MAX,
        BODY_BYTES_MAX,
    ]


def test_the_same_holds_on_either_database(database_url: str, tmp_path: Path) -> None:
    with open_served(tmp_path, database_url) as served:
        yard = served.yard
        pack = yard.produce()
        [raw] = served.unsent()
        token = served.token(yard.maker)
        name: dict[str, Any] = {"scheme": "oem", "value": "S1", "unit": pack}

        assert served.post("/v1/events", raw, COSE).status_code == 201
        assert served.post("/v1/events", raw, COSE).status_code == 200
        assert served.get(unit_path(pack), token=token).json()["state"]["holder"] == yard.maker.party
        assert len(served.get(f"{unit_path(pack)}/history", token=token).json()["events"]) == 1
        assert [served.post_json("/v1/alternates", name, token=token).status_code for _ in "12"] == [204, 204]
        assert served.get("/v1/alternates?scheme=oem&value=S1", token=token).json()["units"][0]["unit"] == pack
        served.cover()
        assert served.get("/readyz").json()["status"] == "ready"


def test_a_server_publishes_only_with_the_keys_to_which_the_log_gave_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_served(tmp_path, url) as served:
        served.yard.say_as_root("ledger.key_succeeded", role="checkpoint", checkpoint=[f"{ORIGIN}+00000000+AAAA"])
        served.send()
        settings, clock = served.settings, served.clock

    with pytest.raises(KeyUnusable, match="checkpoint keys"), TestClient(create_app(settings, clock)):
        pass
    with TestClient(create_app(settings.model_copy(update={"publish": False}), clock)) as client:
        assert client.get("/livez").status_code == 200


def test_a_server_does_not_start_with_a_clock_far_ahead_of_the_ledger(tmp_path: Path) -> None:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        settings, now = served.settings, served.clock.now()

    later = HandClock(now + 91 * 24 * 3600)
    with pytest.raises(Unavailable, match="91 days ahead"), TestClient(create_app(settings, later)):
        pass
    rested = settings.model_copy(update={"clock_ahead_days_max": 400})
    with TestClient(create_app(rested, later)) as client:
        assert client.get("/livez").status_code == 200
