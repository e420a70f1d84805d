from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

import certification
import compliance
import labels
import ledger
from api.app import create_app
from api.limits import BODIES_BYTES_MAX, BODY_BYTES_MAX, KIB
from api.problems import MEDIA_TYPE, STATUS, documented, format_problem_catalogue
from api.refusals import TooManyRequests
from ledger.errors import Corruption, Refusal, StaleHead, Unavailable
from tests.api.served import BASE_URL, COSE, SEQUENCE, Served, begin_ledger, open_served, unit_path
from tests.ledger.store.desk import HandClock

DOCS = Path(__file__).parents[2] / "docs"


def all_refusals() -> set[type[Refusal]]:
    """Every class of refusal that a module below the API, or the API itself, defines."""
    for package in (ledger, certification, compliance, labels):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)

    def below(family: type[Refusal]) -> Iterator[type[Refusal]]:
        for refusal in family.__subclasses__():
            yield refusal
            yield from below(refusal)

    return {refusal for refusal in below(Refusal) if not refusal.__module__.startswith(("cli.", "tests."))}


def test_every_refusal_has_a_status_and_no_code_stands_for_two() -> None:
    assert all_refusals() == STATUS.keys()
    assert len({refusal.code for refusal in STATUS}) == len(STATUS)


def test_the_document_of_problems_says_what_the_server_says() -> None:
    assert (DOCS / "problems.md").read_text(encoding="utf-8") == format_problem_catalogue(), "run `make docs`"


def test_the_type_of_a_problem_leads_to_its_explanation(served: Served) -> None:
    for code, (title, status, _) in documented().items():
        page = served.get(f"/problems/{code}")
        assert page.status_code == 200
        assert page.text.startswith(f"## {code}\n\n**{status}** {title}.")
        assert page.text in format_problem_catalogue()
    assert served.get("/problems/no-such-problem").status_code == 404


def check_shape(problem: Any, status: int, code: str) -> dict[str, Any]:
    """Headers and members that every problem has."""
    assert problem.status_code == status, problem.text
    assert problem.headers["content-type"] == MEDIA_TYPE
    assert problem.headers["cache-control"] == "no-store"
    assert problem.headers["x-content-type-options"] == "nosniff"
    members: dict[str, Any] = problem.json()
    assert members["type"] == f"{BASE_URL}/problems/{code}"
    assert members["status"] == status
    assert members["instance"] == f"urn:uuid:{problem.headers['x-request-id']}"
    assert {"title", "detail"} <= members.keys()
    return members


def test_the_ways_of_http_to_fail_have_the_same_shape(served: Served) -> None:
    check_shape(served.get("/nowhere"), 404, "not-found")
    check_shape(served.get("/v1/events/"), 404, "not-found")
    wrong_method = served.client.put("/v1/heads", content=b"")
    check_shape(wrong_method, 405, "method-not-allowed")
    assert wrong_method.headers["allow"] == "POST"
    check_shape(served.client.options("/livez"), 405, "method-not-allowed")
    check_shape(served.get("/v1/events?limit=0"), 422, "malformed-request")
    check_shape(served.get(f"/v1/events/{'0' * 64}", accept="text/html"), 406, "not-acceptable")
    check_shape(served.post("/v1/check", b"", {}), 415, "media-type-unsupported")
    check_shape(served.post_json("/v1/heads", {"subjects": []}), 401, "credential-missing")
    check_shape(served.get("/v1/events", authorization="Basic eA=="), 401, "credential-invalid")


def test_a_malformed_request_lists_every_offence(served: Served) -> None:
    token = served.token(served.yard.maker)

    answered = served.post_json("/v1/heads", {"subjects": ["unit/x", "nonsense"], "more": 1}, token=token)

    problem = check_shape(answered, 422, "malformed-request")
    assert [offence["pointer"] for offence in problem["errors"]] == ["/body/subjects/1", "/body/more"]
    assert problem["field"] == "/body/subjects/1"


def test_broken_json_is_a_malformed_request(served: Served) -> None:
    token = served.token(served.yard.maker)

    answered = served.post("/v1/heads", b'{"subjects": [', {"content-type": "application/json"}, token=token)

    check_shape(answered, 422, "malformed-request")


def test_facts_and_field_and_cure_of_a_refusal_reach_the_client(served: Served) -> None:
    pack = served.yard.produce()
    stale = served.yard.draft(served.yard.workshop, "unit.removed", units=[pack], reason="warranty")
    served.yard.say(served.yard.maker, "unit.installed", units=[pack])
    served.send()

    problem = check_shape(served.post("/v1/events", stale, COSE), 409, StaleHead.code)

    assert problem["field"] == "/units/0"
    assert "prev" in problem["cure"]
    assert problem["stale"][0]["subject"] == f"unit/{pack}"


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[TestClient]:
    """The application with routes that fail in each way there is."""
    router = APIRouter()

    @router.get("/corruption")
    def corruption() -> None:
        raise Corruption("leaf 7 is not what was signed", place="entry 7")

    @router.get("/unavailable")
    def unavailable() -> None:
        raise Unavailable("the database is busy", retry_after_s=7)

    @router.get("/defect")
    def defect() -> None:
        raise ZeroDivisionError("secret of the inside")

    @router.get("/teapot")
    def teapot() -> None:
        raise HTTPException(418, "short and stout")

    settings, yard = begin_ledger(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    app = create_app(settings, HandClock(yard.now))
    app.include_router(router)
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
        yield client


def test_corruption_tells_that_it_is_and_not_where(failing: TestClient) -> None:
    answered = failing.get("/corruption")

    check_shape(answered, 500, "corruption")
    assert "7" not in answered.json()["detail"]


def test_unavailability_says_when_to_come_back(failing: TestClient) -> None:
    answered = failing.get("/unavailable")

    check_shape(answered, 503, "unavailable")
    assert answered.headers["retry-after"] == "7"


def test_a_defect_tells_nothing_of_the_inside(failing: TestClient) -> None:
    answered = failing.get("/defect")

    check_shape(answered, 500, "internal-error")
    assert "secret" not in answered.text


def test_an_error_of_the_framework_keeps_its_status(failing: TestClient) -> None:
    assert check_shape(failing.get("/teapot"), 418, "request-refused")["detail"] == "short and stout"


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_the_limit_is_refused_before_it_is_parsed(served: Served, declared: bool) -> None:
    chunk = b"x" * KIB
    body = chunk * (BODY_BYTES_MAX // KIB + 1)

    def stream() -> Iterator[bytes]:
        for start in range(0, len(body), KIB):
            yield body[start : start + KIB]

    answered = served.client.post(
        "/v1/heads", content=body if declared else stream(), headers={"content-type": "application/json"}
    )

    assert check_shape(answered, 413, "body-too-large")["limit_bytes"] == BODY_BYTES_MAX


def test_a_body_length_that_is_no_number_is_refused(served: Served) -> None:
    answered = served.client.post("/v1/heads", content=b"", headers={"content-length": "-1"})

    check_shape(answered, 422, "malformed-request")


def test_what_all_bodies_take_is_given_back(served: Served) -> None:
    for _ in range(BODIES_BYTES_MAX // (BODY_BYTES_MAX * 16)):
        assert served.post("/v1/check", b"x" * BODY_BYTES_MAX, COSE).status_code == 200


def test_an_address_that_asks_too_much_is_told_to_wait(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_served(tmp_path, url, requests_per_minute=5) as served:
        answers = [served.get("/livez") for _ in range(6)]

    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    check_shape(answers[-1], 429, "too-many-requests")
    assert answers[-1].headers["retry-after"] == "60"


def test_a_key_that_sends_too_much_is_told_to_wait_and_a_forger_cannot_use_up_its_share(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_served(tmp_path, url, statements_per_minute=60) as served:
        rates, yard = served.services.rates, served.yard
        forged = yard.draft(yard.maker, "unit.placed_on_market", units=[yard.produce()])
        assert served.post("/v1/events", forged[:-1] + bytes([forged[-1] ^ 1]), COSE).status_code == 403
        rates.verify("statements", f"{yard.maker.party}:{yard.maker.kid}")
        rates.note("statements", f"{yard.maker.party}:{yard.maker.kid}", 60)
        [raw] = served.unsent()

        check_shape(served.post("/v1/events", raw, COSE), 429, "too-many-requests")


def test_who_sends_again_what_others_stated_uses_up_nothing_of_theirs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_served(tmp_path, url, statements_per_minute=60) as served:
        yard = served.yard
        yard.produce()
        [raw] = served.unsent()
        assert served.post("/v1/events", raw, COSE).status_code == 201
        assert served.post("/v1/events", raw + b"\x00" * 30, SEQUENCE).status_code == 200

        rates, maker = served.services.rates, f"{yard.maker.party}:{yard.maker.kid}"
        rates.verify("statements", maker)
        rates.spend("statements", maker, cost=59)
        with pytest.raises(TooManyRequests):
            rates.verify("statements", maker)


def test_every_key_of_a_batch_is_held_to_its_own_share(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_served(tmp_path, url, statements_per_minute=60) as served:
        yard, rates = served.yard, served.services.rates
        yard.produce(yard.workshop)
        yard.produce(yard.maker)
        [first, second] = served.unsent()
        rates.note("statements", f"{yard.maker.party}:{yard.maker.kid}", 60)

        check_shape(served.post("/v1/events", first + second, SEQUENCE), 429, "too-many-requests")


def test_no_answer_holds_what_only_the_server_knows(served: Served) -> None:
    assert str(served.settings.home) not in served.get("/readyz").text
    assert "server" not in served.get("/livez").headers
    assert "sqlite" not in repr(served.settings)


def test_a_page_of_another_origin_may_read(served: Served) -> None:
    read = served.get(unit_path(served.yard.new_unit_id()), origin="https://elsewhere.example")
    asked = served.client.options(
        "/v1/events", headers={"origin": "https://elsewhere.example", "access-control-request-method": "GET"}
    )
    written = served.client.options(
        "/v1/events", headers={"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    )

    assert read.headers["access-control-allow-origin"] == "*"
    assert (asked.status_code, asked.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-methods" not in written.headers
