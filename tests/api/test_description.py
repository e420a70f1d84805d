from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from pydantic import BaseModel, ValidationError
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api import schemas
from api.app import create_app
from api.description import describe
from api.problems import MEDIA_TYPE
from api.settings import Settings
from docs.generate import description_page
from tests.api.served import BASE_URL, SEQUENCE, begin_ledger
from tests.yard import Yard

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def described() -> dict[str, Any]:
    return describe(create_app(Settings(database_url="sqlite:///x", home=Path("/nowhere"), base_url=BASE_URL)))


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, item in described()["paths"].items()
        for method, operation in item.items()
    ]


def test_the_committed_description_is_that_of_the_program() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == description_page(), "run `make docs`"


def test_the_description_is_valid_openapi() -> None:
    validate(described())


@pytest.mark.parametrize(("name", "operation"), operations(), ids=[name for name, _ in operations()])
def test_every_operation_is_explained_with_examples_and_problems(name: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    responses = operation["responses"]
    assert {"422", "429", "500", "503"} <= responses.keys()
    for status, response in responses.items():
        if int(status) >= 400:
            [content] = response["content"].values()
            assert list(response["content"]) == [MEDIA_TYPE]
            assert content["examples"]
    for parameter in operation.get("parameters", []):
        assert parameter["in"] == "header" or parameter["schema"].get("examples") or parameter["name"] in _TEXTS, (
            name,
            parameter,
        )


# Parameters whose every value the grammar of their path explains.
_TEXTS = {"path", "gtin", "serial", "lot", "giai", "token", "wait"}


def shapes() -> list[type[BaseModel]]:
    named = [shape for shape in vars(schemas).values() if isinstance(shape, type) and issubclass(shape, BaseModel)]
    return [shape for shape in named if shape is not BaseModel]


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.__name__)
def test_the_examples_of_a_shape_fit_it(shape: type[BaseModel]) -> None:
    for example in shape.model_json_schema().get("examples", []):
        shape.model_validate_json(json.dumps(example))


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "ledger.test"},
        {"base_url": "https://ledger.test/"},
        {"port": 0},
        {"token_ttl_s": 3600},
        {"requests_per_minute": 0},
        {"database_ulr": "x"},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    members = {"database_url": "sqlite:///x", "home": "/nowhere", "base_url": BASE_URL, **wrong}

    with pytest.raises(ValidationError):
        Settings(**members)


def test_importing_the_application_needs_no_environment_and_opens_nothing() -> None:
    assert create_app(Settings(database_url="sqlite:///x", home=Path("/nowhere"), base_url=BASE_URL)).title


RATES = ("requests", "tokens", "statements", "reads", "deposits", "papers")
UNRATED = {f"{name}_per_minute": 10_000_000 for name in RATES}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a port of its own, over real HTTP."""
    folder: Path = tmp_path_factory.mktemp("served")
    begun, _ = begin_ledger(folder, f"sqlite:///{folder / 'ledger.sqlite'}")
    # the yard's ledger began in 2025, and this server's clock is the real one
    rested = begun.model_copy(update={**UNRATED, "clock_ahead_days_max": 36_500})
    config = uvicorn.Config(create_app(rested), port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_statement_goes_in_and_comes_out_over_a_real_connection(address: str) -> None:
    yard = Yard()
    with httpx2.Client(base_url=address) as client:
        genesis = client.get("/v1/events?limit=1").json()["events"][0]
        receipt = client.get(f"/v1/events/{genesis['event_id']}/receipt", headers={"accept": "text/plain"})
        refused = client.post("/v1/events", content=yard.entries[1], headers={"content-type": "application/cose"})
        too_large = client.post("/v1/heads", content=b"x" * 300_000, headers={"content-type": "application/json"})
        chunked = client.post("/v1/heads", content=iter([b"x" * 100_000] * 3), headers=SEQUENCE)
        encoded = client.get("/v1/units/https%3A%2F%2Fid.gs1.org%2F01%2F07501234567893%2F21%2FX")

    assert genesis["kind"] == "ledger.genesis"
    assert receipt.status_code == 202
    assert refused.status_code in (200, 201, 403)
    assert too_large.status_code == chunked.status_code == 413
    assert (encoded.status_code, encoded.json()["title"]) == (404, "There is no such resource")


# A well-formed request may still ask for what is not there, or be refused for what its statement says.
NOT_PROMISED: list[Any] = [positive_data_acceptance]
schema = schemathesis.openapi.from_dict(described())


@schemathesis.serializer("application/cose", "application/cbor-seq")
def spell_statement(_: object, value: Any) -> bytes:
    """Whatever was drawn, as the bytes of a body."""
    drawn = getattr(value, "data", value)
    return drawn if isinstance(drawn, bytes) else json.dumps(drawn).encode()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Skipped test cases")
@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_breaks_the_server_or_gets_an_undescribed_answer(case: schemathesis.Case[Any], address: str) -> None:
    case.call_and_validate(base_url=address, excluded_checks=NOT_PROMISED)
