"""A ledger behind the API: the yard says and signs, statements go in and come out over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.services import Services
from api.settings import Settings
from api.tokens import ASSERTION_TYPE
from compliance.rulebook import CURRENT, rules_of
from ledger.batch import OnlineKeys
from ledger.domain.values import format_base64url
from ledger.event import parse_event
from ledger.home import create_home, pin_genesis
from ledger.keys import Algorithm, SigningKey, write_key_file
from ledger.log.note import format_vkey
from ledger.recorder import Recorder
from ledger.store.entries import read_head
from ledger.store.schema import create_schema
from ledger.store.session import open_store
from tests.ledger.store.desk import OF_THE_LEDGER, HandClock
from tests.yard import ORIGIN, Actor, Yard

BASE_URL = "https://ledger.test"
COSE = {"content-type": "application/cose"}
SEQUENCE = {"content-type": "application/cbor-seq"}


def app_of(client: TestClient) -> FastAPI:
    """The application that the client speaks to."""
    assert isinstance(client.app, FastAPI)
    return client.app


@dataclass
class Served:
    """``send`` brings the yard's new statements in; ``get`` and ``post`` are any client's."""

    client: TestClient
    yard: Yard
    clock: HandClock
    settings: Settings
    sent: int = 1

    @property
    def services(self) -> Services:
        services: Services = app_of(self.client).state.services
        return services

    def send(self) -> list[dict[str, Any]]:
        """Record, in one batch, what the yard has recorded since; the results."""
        raws = self.unsent()
        answered = self.post("/v1/events", b"".join(raws), SEQUENCE)
        assert answered.status_code == 200, answered.text
        results: list[dict[str, Any]] = answered.json()["results"]
        assert [result for result in results if result["status"] > 201] == []
        return results

    def unsent(self) -> list[bytes]:
        raws = self.yard.entries[self.sent :]
        self.sent = len(self.yard.entries)
        return [raw for raw in raws if parse_event(raw).payload.kind not in OF_THE_LEDGER]

    def pass_time(self, seconds: int) -> None:
        self.yard.pass_time(seconds)
        self.clock.pass_time(seconds)

    @property
    def size(self) -> int:
        """How many entries the log has, whether or not a checkpoint already covers them."""
        with self.services.store.read() as reader:
            return read_head(reader).size

    def cover(self) -> None:
        """Have a checkpoint cover all that is in the log."""
        assert self.services.publication.wait_until_covered(self.size, 60)

    def get(self, path: str, *, token: str | None = None, **headers: str) -> Response:
        return self.client.get(path, headers=_headers(token, headers), follow_redirects=False)

    def post(self, path: str, content: bytes, headers: dict[str, str], *, token: str | None = None) -> Response:
        return self.client.post(path, content=content, headers=_headers(token, headers), follow_redirects=False)

    def post_json(self, path: str, members: Any, *, token: str | None = None) -> Response:
        return self.client.post(path, json=members, headers=_headers(token, {}))

    def token(self, actor: Actor, scope: str = "read") -> str:
        answered = self.ask_token(self.assertion(actor), scope=scope)
        assert answered.status_code == 200, answered.text
        token: str = answered.json()["access_token"]
        return token

    def ask_token(self, assertion: str, **form: str) -> Response:
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            **form,
        }
        return self.client.post("/oauth/token", data=fields)

    def assertion(self, actor: Actor, *, key: SigningKey | None = None, alg: str | None = None, **claims: Any) -> str:
        """A client's JWT; ``claims`` replace the usual ones, None leaves one out."""
        key = key or actor.key
        usual = {
            "iss": actor.party,
            "sub": actor.party,
            "aud": BASE_URL,
            "exp": self.clock.now() + 60,
            "jti": self.yard.random.randbytes(16).hex(),
        }
        wanted = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        ed25519 = key.public.alg is Algorithm.EDDSA
        alg = alg or ("Ed25519" if ed25519 else "ES256")
        return sign_jwt(key, {"alg": alg, "typ": "JWT", "kid": key.public.kid.hex()}, wanted)


def sign_jwt(key: SigningKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = ".".join(format_base64url(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{format_base64url(key.sign(signed.encode()))}"


def unit_path(unit: str) -> str:
    return f"/v1/units/{quote(unit, safe='')}"


def _headers(token: str | None, headers: dict[str, str]) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return named if token is None else {**named, "authorization": f"Bearer {token}"}


def begin_ledger(folder: Path, url: str) -> tuple[Settings, Yard]:
    """A database that holds a new yard's genesis, and a home with its keys."""
    create_schema(url)
    home = create_home(folder / "home", ORIGIN)
    yard = Yard(rules=CURRENT, checkpoint=tuple(format_vkey(key) for key in home.trust.checkpoint))
    for name, key in (("clock.pem", yard.clock_key), ("recorder.pem", yard.recorder_key)):
        (home.path / "keys" / name).unlink()
        write_key_file(home.path / "keys" / name, key, None)
    pin_genesis(home, parse_event(yard.entries[0]).id)
    store = open_store(url)
    keys = OnlineKeys(yard.clock_key, yard.recorder_key)
    recorder = Recorder(store, rules_of, HandClock(yard.now), keys)
    recorder.genesis(yard.entries[0])
    recorder.close()
    store.close()
    return Settings(database_url=url, home=home.path, base_url=BASE_URL), yard


@contextmanager
def open_served(folder: Path, url: str, **settings: Any) -> Iterator[Served]:
    """A served ledger with all that a new yard has recorded."""
    begun, yard = begin_ledger(folder, url)
    clock = HandClock(yard.now)
    decided = begun.model_copy(update=settings)
    with TestClient(create_app(decided, clock), base_url=BASE_URL, raise_server_exceptions=False) as client:
        served = Served(client, yard, clock, decided)
        served.send()
        yield served


def statuses(results: Iterable[dict[str, Any]]) -> list[int]:
    return [result["status"] for result in results]
