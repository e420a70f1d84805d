"""The sandbox: strangers get keys there, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from openapi_spec_validator import validate
from pydantic import BaseModel
from starlette.testclient import TestClient

from api import notice_schemas, sandbox_schemas
from api.app import create_app
from api.description import describe
from api.sandbox import onboarding_cases
from api.sandbox_admission import proof_bytes
from api.settings import Settings
from cli.onboarding import Runner
from cli.sandbox_seed import ORIGIN, begin_sandbox
from compliance.rulebook import rules_of
from docs.onboarding import onboarding_page
from ledger.audit.auditor import audit
from ledger.audit.store.database import DatabaseSource
from ledger.clock import SystemClock
from ledger.domain.values import format_base64url
from ledger.errors import KeyUnusable
from ledger.home import open_home
from ledger.keys import Algorithm, SigningKey
from ledger.store.session import open_store
from tests.api.served import BASE_URL, Served, app_of

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home, database = begin_sandbox(tmp_path_factory.mktemp("sandbox"), SystemClock().now())
    return Settings(
        database_url=database, home=home, base_url=BASE_URL, sandbox=True, sandbox_keys_per_minute=1_000_000
    )


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=BASE_URL) as client:
        yield client


def ask(client: TestClient, key: SigningKey, *activities: str, **more: Any) -> Response:
    spki = format_base64url(key.public.spki)
    proof = format_base64url(key.sign(proof_bytes(ORIGIN, spki)))
    return client.post("/v1/sandbox/keys", json={"spki": spki, "proof": proof, "activities": list(activities), **more})


def permits_of(client: TestClient, party: str) -> list[str]:
    ids: list[str] = client.get(f"/v1/parties/{party}").json()["authorisations"]
    return sorted(ids)


def test_the_published_cases_pass_and_are_at_least_twenty(client: TestClient) -> None:
    runner = Runner(client, ORIGIN, BASE_URL)
    results = [runner.run(case) for case in client.get("/v1/sandbox/cases").json()["cases"]]

    assert [result for result in results if not result.passed] == []
    assert len(results) >= 20


def test_a_case_that_expects_something_else_fails(client: TestClient) -> None:
    first, *_ = onboarding_cases()
    wrong = [
        {"status": 200},
        {**first["expect"], "members": {"/party": "pty_other"}},
        {**first["expect"], "members": {"/nothing": "*"}},
        {"status": 201, "evidence": True},
    ]

    for expect in wrong:
        runner = Runner(client, ORIGIN, BASE_URL)
        assert not runner.run({**first, "expect": expect}).passed


def test_cases_are_numbered_without_gaps_and_said_in_both_languages() -> None:
    cases = onboarding_cases()

    assert [case["number"] for case in cases] == list(range(1, len(cases) + 1))
    assert len({case["name"] for case in cases}) == len(cases)
    for case in cases:
        for said in ("title", "do", "teaches"):
            assert all(case[said][language].strip() for language in ("es", "en"))


def test_the_committed_page_of_cases_is_that_of_the_data() -> None:
    assert (DOCS / "onboarding.md").read_text(encoding="utf-8") == onboarding_page(), "run `make docs`"


@pytest.mark.parametrize("alg", list(Algorithm))
def test_a_key_gets_one_party_however_often_it_asks(client: TestClient, alg: Algorithm) -> None:
    key = SigningKey.generate(alg)
    first, second = ask(client, key, "storage"), ask(client, key, "storage")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert permits_of(client, first.json()["party"]) == sorted(first.json()["authorisations"].values())


def test_what_was_broken_off_is_finished_when_the_key_asks_again(client: TestClient) -> None:
    key = SigningKey.generate()
    party = ask(client, key).json()["party"]
    assert permits_of(client, party) == []

    assert ask(client, key, "storage").status_code == 201
    assert len(permits_of(client, party)) == 2


def test_its_own_routes_are_described_like_all_others(settings: Settings) -> None:
    described = describe(create_app(settings))
    validate(described)

    for path in ("/v1/sandbox/keys", "/v1/sandbox/cases"):
        for operation in described["paths"][path].values():
            assert operation["description"]
            assert {"422", "429"} <= operation["responses"].keys()


@pytest.mark.parametrize(
    "shape",
    [
        notice_schemas.ContactRequest,
        notice_schemas.ContactAnswer,
        notice_schemas.ShareAnswer,
        sandbox_schemas.SandboxKeyRequest,
        sandbox_schemas.SandboxKeyAnswer,
        sandbox_schemas.CasesAnswer,
    ],
)
def test_the_examples_of_a_shape_fit_it(shape: type[BaseModel]) -> None:
    [example] = shape.model_json_schema()["examples"]

    shape.model_validate_json(json.dumps(example))


def test_every_answer_says_that_it_is_a_sandbox(client: TestClient) -> None:
    answers = [
        client.get("/v1"),
        client.get("/nowhere"),
        client.get("/v1/events?limit=1"),
        client.post("/v1/sandbox/keys", content=b"{"),
        client.post("/v1/heads", content=b"x" * 300_000),
    ]

    assert {answer.headers.get("x-bitacora-sandbox") for answer in answers} == {"true"}


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"proof": "A" * 86}, 403),
        ({"proof": "A" * 85}, 422),
        ({"spki": "A" * 59}, 422),
        ({"activities": ["alchemy"]}, 422),
        ({"name": "Ana"}, 422),
    ],
)
def test_what_does_not_prove_a_key_gets_nothing(client: TestClient, members: dict[str, Any], status: int) -> None:
    assert ask(client, SigningKey.generate(), **members).status_code == status


def test_a_proof_for_another_ledger_is_none_for_this_one(client: TestClient) -> None:
    key = SigningKey.generate()
    spki = format_base64url(key.public.spki)
    elsewhere = format_base64url(key.sign(proof_bytes("sandbox.elsewhere/ledger", spki)))

    assert ask(client, key, proof=elsewhere).status_code == 403


def test_an_address_gets_only_so_many_keys(settings: Settings) -> None:
    few = settings.model_copy(update={"sandbox_keys_per_minute": 2})
    with TestClient(create_app(few), base_url=BASE_URL) as client:
        assert [ask(client, SigningKey.generate()).status_code for _ in range(3)] == [201, 201, 429]


def test_the_sandbox_stands_up_to_an_audit(client: TestClient, settings: Settings) -> None:
    assert ask(client, SigningKey.generate(), "storage", "recycling").status_code == 201
    size = client.get("/readyz").json()["size"]
    assert app_of(client).state.services.publication.wait_until_covered(size, 20)
    store = open_store(settings.database_url)
    with store.read() as reader:
        source = DatabaseSource(reader)
        report = audit(source, open_home(settings.home).trust, rules_of, projections=source)
    store.close()

    assert report.ok


def test_a_real_ledger_is_never_served_as_a_sandbox(served: Served) -> None:
    wrong = served.settings.model_copy(update={"sandbox": True, "publish": False})

    with pytest.raises(KeyUnusable, match="no sandbox"), TestClient(create_app(wrong, served.clock)):
        pass


def test_a_real_ledger_gives_strangers_no_keys(served: Served) -> None:
    answered = served.post_json("/v1/sandbox/keys", {"spki": "A" * 59, "proof": "A" * 86})

    assert answered.status_code == 404
    assert "x-bitacora-sandbox" not in answered.headers


def test_a_sandbox_without_the_keys_of_its_authorities_is_not_served(tmp_path: Path) -> None:
    home, database = begin_sandbox(tmp_path, SystemClock().now())
    (home / "sandbox" / "ministry.pem").unlink()
    broken = Settings(database_url=database, home=home, base_url=BASE_URL, sandbox=True)

    with pytest.raises(KeyUnusable), TestClient(create_app(broken), base_url=BASE_URL):
        pass


def test_a_sandbox_that_was_broken_off_is_begun_anew_and_one_that_stands_is_kept(tmp_path: Path) -> None:
    now = SystemClock().now()
    home, _ = begin_sandbox(tmp_path, now)
    begun = (home / "trust.json").read_bytes()
    begin_sandbox(tmp_path, now)
    assert (home / "trust.json").read_bytes() == begun

    (home / "sandbox" / "authorities.json").unlink()
    begin_sandbox(tmp_path, now)
    assert (home / "trust.json").read_bytes() != begun


def test_no_two_sandboxes_have_the_same_authorities(tmp_path: Path) -> None:
    now = SystemClock().now()
    keys = {(begin_sandbox(tmp_path / name, now)[0] / "sandbox" / "ministry.pem").read_bytes() for name in "ab"}

    assert len(keys) == 2


@pytest.mark.parametrize("path", ["/", "/directorio", "/directorio/pty_unknown", "/docs/api"])
def test_every_page_of_a_sandbox_says_so_first(client: TestClient, path: str) -> None:
    page = client.get(path, headers={"accept": "text/html"}).text

    assert "Registro de pruebas" in page.partition("<main")[0]
