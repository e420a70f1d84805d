"""The onboarding cases of a sandbox, gone through with fresh keys.

A case says what to send and what to expect; texts that begin with ``$`` stand for what the runner or an earlier case
has made. The members ``v``, ``id``, ``occurred_at`` and ``party`` of a statement are filled in unless the case says
something else, so a case shows what it teaches and nothing more. Payloads are spelt as they are, right or wrong: it is
the server that judges them.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx2

from api.sandbox_admission import proof_bytes
from cli.server import Identity, format_assertion
from ledger.clock import SystemClock
from ledger.domain.kinds import parse_payload
from ledger.domain.unit_id import SerialisedGtin, format_unit_id, gtin_check_digit
from ledger.domain.values import OPAQUE_ID_BYTES, format_base64url, format_instant, format_opaque_id, format_uuid7
from ledger.errors import MalformedStatement, Refusal, Unavailable
from ledger.evidence import parse_evidence, verify_evidence
from ledger.keys import SigningKey
from ledger.statement import parse_envelope, sign_statement
from ledger.trust import parse_trust

Members = dict[str, Any]

TIMEOUT_S: Final = 30.0
_COSE: Final = "application/cose"
_SEQUENCE: Final = "application/cbor-seq"
_FORM: Final = "application/x-www-form-urlencoded"
_GTIN_BODY: Final = "0750123456789"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went; ``reason`` is empty when it passed."""

    number: int
    title: str
    status: int
    reason: str

    @property
    def passed(self) -> bool:
        """Whether the server answered as the case says."""
        return not self.reason

    def members(self) -> Members:
        """As one JSON object."""
        return {
            "number": self.number,
            "title": self.title,
            "status": self.status,
            "passed": self.passed,
            "reason": self.reason or None,
        }


@dataclass(frozen=True, slots=True)
class OnboardingResult:
    """How all went, and how long it took from the first request for a key to the last answer."""

    cases: tuple[CaseResult, ...]
    seconds: float


def run_cases(server: str) -> OnboardingResult:
    """Go through the cases that the sandbox at this URL publishes.

    Raises:
        Unavailable: nobody answers there, or no sandbox.
    """
    began = time.perf_counter()
    with httpx2.Client(base_url=server.rstrip("/"), timeout=TIMEOUT_S) as client:
        try:
            cases = _published(client)
            runner = Runner(client, client.get("/v1").json()["origin"], server.rstrip("/"))
            results = tuple(runner.run(case) for case in cases)
        except (httpx2.HTTPError, KeyError, ValueError) as error:
            raise Unavailable(f"{server} does not answer like a sandbox: {error}") from error
    return OnboardingResult(results, time.perf_counter() - began)


def _published(client: httpx2.Client) -> list[Members]:
    answered = client.get("/v1/sandbox/cases")
    if answered.status_code != 200 or answered.headers.get("x-bitacora-sandbox") != "true":
        raise Unavailable(f"{client.base_url} is no sandbox")
    cases: list[Members] = answered.json()["cases"]
    return cases


@dataclass(slots=True)
class Runner:
    """One newcomer: its keys by name, and what it knows by name.

    Attributes:
        client: connected to the sandbox.
        origin: the log's name.
        audience: the sandbox's URL, as it calls itself.
        keys: of the parties that the newcomer plays.
        known: what stands for ``$name``.
        raws: statements by the name of their case, to be sent again.
        last_id: the ``id`` of the newest statement.
    """

    client: httpx2.Client
    origin: str
    audience: str
    keys: dict[str, SigningKey] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    raws: dict[str, bytes] = field(default_factory=dict)
    last_id: str = ""

    def run(self, case: Members) -> CaseResult:
        """Do what the case says, and compare."""
        for name, sort in case.get("new", {}).items():
            self.known[name] = _new(sort)
        for name, held in case.get("hold", {}).items():
            self.raws[name] = self._sign(held)
            self.known[name] = parse_envelope(self.raws[name]).event_id.hex()
        response = self._ask(case["name"], case["request"])
        reason = self._compare(case["expect"], response)
        if not reason:
            answer = _members(response)
            if "keep_id" in case:
                self.known[case["keep_id"]] = self.last_id
            self.known |= {name: _at(answer, pointer) for name, pointer in case.get("keep", {}).items()}
        return CaseResult(case["number"], case["title"]["es"], response.status_code, reason)

    def _ask(self, name: str, request: Members) -> httpx2.Response:
        if "enrol" in request:
            return self._enrol(request)
        if "token" in request:
            return self._token(request["token"])
        if "get" in request:
            return self._get(request)
        if "resend" in request:
            return self._send(self.raws[request["resend"]], "/v1/events", _COSE)
        if "batch" in request:
            return self._send(self._batch(request["batch"]), "/v1/events", _SEQUENCE)
        self.raws[name] = self._sign(request)
        return self._send(self.raws[name], request.get("to", "/v1/events"), request.get("media_type", _COSE))

    def _enrol(self, request: Members) -> httpx2.Response:
        actor = request["enrol"]
        key = self.keys.setdefault(actor, SigningKey.generate())
        spki = format_base64url(key.public.spki)
        prover = SigningKey.generate() if request.get("proof_by") == "another key" else key
        proof = format_base64url(prover.sign(proof_bytes(self.origin, spki)))
        body = {"spki": spki, "proof": proof, "activities": request.get("activities", [])}
        response = self.client.post("/v1/sandbox/keys", json=body)
        if response.is_success:
            answer = response.json()
            self.known |= {f"{actor}.{name}": answer[name] for name in ("party", "site", "trust", "kid")}
            self.audience = answer["server"]
        return response

    def _token(self, actor: str) -> httpx2.Response:
        identity = Identity(
            self.known[f"{actor}.party"], lambda: self.keys[actor], SystemClock().now, secrets.token_bytes
        )
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": format_assertion(identity, f"{self.audience}/oauth/token"),
        }
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items())
        response = self._send(body.encode(), "/oauth/token", _FORM)
        if response.is_success:
            self.known[f"{actor}.token"] = response.json()["access_token"]
        return response

    def _get(self, request: Members) -> httpx2.Response:
        path = "/".join(quote(str(self._filled(part)), safe="?=&") for part in request["get"].split("/"))
        actor = request.get("with_token_of")
        headers = {"authorization": f"Bearer {self.known[f'{actor}.token']}"} if actor else {}
        return self.client.get(path, headers={"accept": "application/json", **headers})

    def _send(self, body: bytes, path: str, media_type: str) -> httpx2.Response:
        return self.client.post(path, content=body, headers={"content-type": media_type})

    def _batch(self, items: list[Members]) -> bytes:
        raws = []
        for number, item in enumerate(items):
            raws.append(self._sign(item))
            self.known[f"batch.{number}"] = parse_envelope(raws[-1]).event_id.hex()
        return b"".join(raws)

    def _sign(self, request: Members) -> bytes:
        """The statement of a request, spelt as it is and signed by the key of the party that plays it."""
        actor, now = request["as"], SystemClock().now()
        common = {
            "v": 1,
            "id": format_uuid7(now * 1000, secrets.token_bytes(10)),
            "occurred_at": format_instant(now),
            "party": self.known[f"{actor}.party"],
        }
        payload = {**common, **self._filled(request["statement"])}
        self.last_id = payload["id"]
        key = SigningKey.generate() if request.get("key") == "another key" else self.keys[actor]
        subject = _subject(payload)
        spelt = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        raw = sign_statement(key, iss=self.known[f"{actor}.party"], sub=subject, payload=spelt)
        return raw[:-1] + bytes([raw[-1] ^ 1]) if request.get("spoil") else raw

    def _filled(self, value: Any) -> Any:
        """The value with what its names stand for."""
        if isinstance(value, dict):
            return {name: self._filled(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._filled(member) for member in value]
        if isinstance(value, str) and value.startswith("$"):
            return self.known[value[1:]]
        return value

    def _compare(self, expect: Members, response: httpx2.Response) -> str:
        """What differs from what the case expects; empty when nothing does."""
        statuses = expect["status"] if isinstance(expect["status"], list) else [expect["status"]]
        answer = _members(response)
        if response.status_code not in statuses:
            return f"{response.status_code} instead of {statuses}: {answer.get('detail', '')}"
        if response.headers.get("x-bitacora-sandbox") != "true":
            return "the answer does not say that this is a sandbox"
        code = str(answer.get("type", "")).rpartition("/")[2]
        if code != expect.get("code", code):
            return f"{code} instead of {expect['code']}"
        for pointer, wanted in expect.get("members", {}).items():
            found, filled = _at(answer, pointer), self._filled(wanted)
            if found is _MISSING or (filled != "*" and found != filled):
                return f"{pointer} is {'missing' if found is _MISSING else found!r} instead of {filled!r}"
        return self._verify(response) if expect.get("evidence") else ""

    def _verify(self, response: httpx2.Response) -> str:
        trusts = (value for name, value in self.known.items() if name.endswith(".trust"))
        trust = parse_trust((json.dumps(next(trusts), ensure_ascii=False, indent=2) + "\n").encode())
        try:
            verify_evidence(parse_evidence(response.content), trust)
        except Refusal as refusal:
            return f"the evidence does not hold: {refusal.detail}"
        return ""


def _new(sort: str) -> str:
    """A fresh id: of a pack, or an opaque one with this prefix."""
    if sort == "pack":
        gtin = _GTIN_BODY + gtin_check_digit(_GTIN_BODY)
        return format_unit_id(SerialisedGtin(gtin, f"SBX{secrets.token_hex(6).upper()}"))
    return format_opaque_id(sort, secrets.token_bytes(OPAQUE_ID_BYTES))


def _subject(payload: Mapping[str, Any]) -> str:
    """What the envelope says the statement is mainly about; of one that is not well formed, its party."""
    try:
        return parse_payload(dict(payload)).main_subject()
    except MalformedStatement:
        return str(payload["party"])


def _members(response: httpx2.Response) -> Members:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _at(answer: Any, pointer: str) -> Any:
    """The member at a JSON pointer (RFC 6901), or ``_MISSING``."""
    for part in pointer.split("/")[1:]:
        try:
            answer = answer[int(part)] if isinstance(answer, list) else answer[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return _MISSING
    return answer
