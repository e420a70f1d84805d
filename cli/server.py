"""The ledger's server as a client sees it: what is asked over HTTP, and what the answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import quote

import httpx2

from cli.compose import Head
from cli.refusals import ServerRefusal
from ledger.domain.values import format_base64url, parse_instant
from ledger.errors import Unavailable
from ledger.keys import Algorithm, SigningKey
from ledger.log.tile import Tile, format_tile_path, parse_tile

TIMEOUT_S = 30.0
CONNECT_S = 5.0
HEADS_PER_REQUEST = 1000
BATCH_STATEMENTS_MAX = 1000
BATCH_BYTES_MAX = 8 * 1024 * 1024

_STATEMENT = "application/cose"
_STATEMENTS = "application/cbor-seq"
_JSON = "application/json"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_TTL_S = 120
# Judged by what the statement says. Any other status is about the way there, and the statement may be sent again.
_JUDGED = frozenset({403, 409, 413, 422})

State = Literal["recorded", "waiting", "refused"]
Scope = Literal["read", "audit"]
Credential = Literal["never", "if asked", "always"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says about a statement.

    Attributes:
        state: ``waiting`` for the statements it builds on.
        members: of the answer; for a refusal those of the problem document, and its ``code``.
    """

    state: State
    members: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """In whose name tokens are asked for; the key is opened with the first one."""

    party: str
    key: Callable[[], SigningKey]
    now: Callable[[], int]
    random: Callable[[int], bytes]


class Server:
    """One connection to a server. Every method raises Unavailable when nobody answers, or nobody who understands."""

    def __init__(self, url: str, identity: Identity | None, *, scope: Scope = "read", token: str | None = None) -> None:
        """Speak to the server at ``url``; what is not public is asked for in the name of ``identity``, or with a token.

        Raises:
            ValueError: not an http or https URL.
        """
        self._url = url.rstrip("/")
        if not self._url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is not an http or https URL")
        self._client = httpx2.Client(timeout=httpx2.Timeout(TIMEOUT_S, connect=CONNECT_S), follow_redirects=False)
        self._identity = identity
        self._scope = scope
        self._token = token

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def submit(self, raw: bytes, event_id: str) -> Answer:
        """Hand the statement with this event id in; safe to repeat."""
        response = self._ask("POST", "/v1/events", body=raw, media_type=_STATEMENT)
        answer = self._judged(response.status_code, self._members(response, judged=True))
        if answer.state != "refused" and answer.members.get("event_id") != event_id:
            # A captive portal says yes to everything.
            raise Unavailable("the server does not answer about this statement")
        return answer

    def submit_batch(self, statements: Sequence[tuple[bytes, str]]) -> list[Answer | None]:
        """Hand in at most ``BATCH_STATEMENTS_MAX`` statements, each with its event id; safe to repeat.

        Returns: an answer for each; None for one that the server could not judge now.
        """
        body = b"".join(raw for raw, _ in statements)
        results = self._members(self._ask("POST", "/v1/events", body=body, media_type=_STATEMENTS)).get("results")
        if not isinstance(results, list) or len(results) != len(statements):
            raise Unavailable("the server does not answer about these statements")
        return [self._answer_to(event_id, result) for (_, event_id), result in zip(statements, results, strict=True)]

    def _answer_to(self, event_id: str, result: dict[str, Any]) -> Answer | None:
        try:
            answer = self._judged(int(result["status"]), result)
        except Unavailable:
            return None
        return answer if answer.state == "refused" or result.get("event_id") == event_id else None

    def check(self, raw: bytes) -> Answer:
        """What ``submit`` would answer now; nothing is recorded."""
        members = self._members(self._ask("POST", "/v1/check", body=raw, media_type=_STATEMENT))
        return self._judged(int(members["status"]), members)

    def heads(self, keys: Sequence[str]) -> dict[str, Head]:
        """The newest event of each subject, by state key.

        Raises:
            ServerRefusal: the server does not tell.
        """
        found: dict[str, Head] = {}
        for start in range(0, len(keys), HEADS_PER_REQUEST):
            body = json.dumps({"subjects": keys[start : start + HEADS_PER_REQUEST]}).encode()
            response = self._ask("POST", "/v1/heads", body=body, media_type=_JSON, credential="always")
            found.update({key: _parse_head(value) for key, value in self._members(response)["heads"].items()})
        return found

    def find_evidence(self, event_id: str, *, wait_s: int) -> bytes | None:
        """The evidence file of an event; None while no checkpoint covers it.

        Raises:
            ServerRefusal: there is no such event, or not for this reader.
        """
        path = f"/v1/events/{event_id}/receipt?wait={wait_s}"
        response = self._ask("GET", path, accept=_JSON, credential="if asked")
        return None if response.status_code == 202 else self._content(response)

    def find_checkpoint(self) -> tuple[bytes, int] | None:
        """The newest signed note, and the server's time in seconds since 1970 (rounded up); None before the first."""
        response = self._ask("GET", "/checkpoint")
        if response.status_code == 404:
            return None
        content = self._content(response)
        try:
            return content, int(parsedate_to_datetime(response.headers["date"]).timestamp()) + 1
        except (KeyError, ValueError) as error:
            raise Unavailable("the server does not tell its time") from error

    def hashes(self, level: int, index: int, width: int) -> Sequence[bytes]:
        """The hashes of a tile, as ``ledger.log.tree`` reads them."""
        tile = Tile(level, index, width)
        return parse_tile(self.fetch(format_tile_path(tile)), tile)

    def fetch(self, path: str) -> bytes:
        """What is under a path of the ledger; with a token once the server asks for one.

        Raises:
            FileNotFoundError: there is nothing.
            ServerRefusal: it is not for this reader.
        """
        response = self._ask("GET", f"/{path}", credential="if asked")
        if response.status_code == 404:
            raise FileNotFoundError(path)
        return self._content(response)

    def tell(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        media_type: str | None = None,
        *,
        accept: str = "*/*",
    ) -> bytes:
        """The answer to what this party asks in its own name.

        Raises:
            ServerRefusal: it is not done.
        """
        response = self._ask(method, f"/{path}", body=body, media_type=media_type, accept=accept, credential="always")
        return self._content(response)

    def new_token(self, scope: Scope = "read") -> str:
        """A fresh bearer token of this scope, good for minutes; what is asked from now on goes with it.

        Raises:
            ServerRefusal: the server gives none to this key.
        """
        self._scope = scope
        self._renew_token()
        return self._token or ""

    def _judged(self, status: int, members: dict[str, Any]) -> Answer:
        if status in (200, 201):
            return Answer("recorded", members)
        if status == 202:
            return Answer("waiting", members)
        problem = _problem(members)
        if problem is not None and status in _JUDGED:
            return Answer("refused", problem)
        raise _unavailable(status, members)

    def _members(self, response: httpx2.Response, *, judged: bool = False) -> dict[str, Any]:
        """The JSON object of an answer; a problem document only if it is to be ``judged``."""
        content = response.content if judged else self._content(response)
        try:
            members = json.loads(content)
        except ValueError as error:
            raise _unavailable(response.status_code, {}) from error
        if not isinstance(members, dict):
            raise _unavailable(response.status_code, {})
        return members

    def _content(self, response: httpx2.Response) -> bytes:
        if response.is_success:
            return response.content
        problem = _problem_of(response)
        if problem is None or response.status_code == 429 or response.status_code >= 500:
            raise _unavailable(response.status_code, problem or {})
        raise ServerRefusal(problem)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media_type: str | None = None,
        accept: str = "*/*",
        credential: Credential = "never",
    ) -> httpx2.Response:
        headers = {"accept": accept}
        if media_type is not None:
            headers["content-type"] = media_type
        if credential == "never":
            return self._send(method, path, headers, body)
        if credential == "always" and self._token is None:
            self._renew_token()
        had_token = self._token is not None
        response = self._send(method, path, {**headers, **self._authorization()}, body)
        # What is not for the public looks to it like nothing; a token lasts for minutes.
        if response.status_code == 401 or (response.status_code == 404 and not had_token):
            self._renew_token()
            return self._send(method, path, {**headers, **self._authorization()}, body)
        return response

    def _authorization(self) -> dict[str, str]:
        return {} if self._token is None else {"authorization": f"Bearer {self._token}"}

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> httpx2.Response:
        try:
            return self._client.request(method, self._url + path, headers=headers, content=body)
        except httpx2.HTTPError as error:
            raise Unavailable(f"{self._url} does not answer: {error}") from error

    def _renew_token(self) -> None:
        """Ask for a short-lived token (RFC 7523 §2.2); without an identity things stay as they are."""
        if self._identity is None:
            return
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": format_assertion(self._identity, f"{self._url}/oauth/token"),
            "scope": self._scope,
        }
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items()).encode()
        headers = {"content-type": "application/x-www-form-urlencoded"}
        self._token = self._members(self._send("POST", "/oauth/token", headers, body))["access_token"]


def format_assertion(identity: Identity, audience: str) -> str:
    """A signed JWT that says who asks (RFC 7523 §3), good for two minutes."""
    now, key = identity.now(), identity.key()
    public = key.public
    header = {
        "alg": "EdDSA" if public.alg is Algorithm.EDDSA else "ES256",
        "typ": "JWT",
        "kid": public.kid.hex(),
    }
    claims = {
        "iss": identity.party,
        "sub": identity.party,
        "aud": audience,
        "iat": now,
        "exp": now + _ASSERTION_TTL_S,
        "jti": identity.random(16).hex(),
    }
    signed = ".".join(format_base64url(json.dumps(part).encode()) for part in (header, claims))
    # ES256 signatures of a JWS are r || s too (RFC 7518 §3.4).
    return f"{signed}.{format_base64url(key.sign(signed.encode()))}"


def _parse_head(value: Any) -> Head:
    if value is None:
        return Head(None)
    return Head(value["head"], parse_instant(value["head_at"]))


def _problem_of(response: httpx2.Response) -> dict[str, Any] | None:
    try:
        members = json.loads(response.content)
    except ValueError:
        return None
    return _problem(members) if isinstance(members, dict) else None


def _problem(members: dict[str, Any]) -> dict[str, Any] | None:
    """A problem document (RFC 9457), with the last part of its ``type`` as ``code``; None if it is none."""
    if not {"type", "title", "status"} <= members.keys():
        return None
    return {**members, "code": str(members["type"]).rpartition("/")[2]}


def _unavailable(status: int, members: Mapping[str, Any]) -> Unavailable:
    """Nobody there, too much asked, or somebody who is no ledger: in every case, later."""
    retry_after_s = members.get("retry_after_s", 1)
    return Unavailable(
        f"the server answers {status}: {members.get('detail') or 'not like a ledger'}",
        retry_after_s=retry_after_s if isinstance(retry_after_s, int) else 1,
    )
