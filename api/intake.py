"""What comes in: how often, and how much. Both are settled before anything is parsed."""

from __future__ import annotations

from collections import Counter

from anyio import fail_after
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.limits import (
    BATCH_BODY_BYTES_MAX,
    BLOB_BODY_BYTES_MAX,
    BODIES_BYTES_MAX,
    BODIES_BYTES_OF_ONE_MAX,
    BODY_BYTES_MAX,
    BODY_S_MAX,
)
from api.problems import refusal_response, unavailable_response
from api.rates import Rates, asker_of
from api.refusals import BodyTooLarge, RequestMalformed
from ledger.errors import Refusal, Unavailable

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Intake:
    """ASGI middleware: counts the request against its address, and holds its body within the limit of its path."""

    def __init__(self, app: ASGIApp, rates: Rates, *, body_s_max: float = BODY_S_MAX) -> None:
        self._app = app
        self._rates = rates
        self._body_s_max = body_s_max
        self._held_bytes: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in with its whole body, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asker = asker_of(scope["client"][0] if scope["client"] else "")
        reserved = 0
        try:
            self._rates.spend("requests", asker)
            if scope["method"] in _WITH_BODY:
                reserved = self._reserve(scope, asker)
                receive = _replay(await self._read_body(receive, reserved))
            await self._app(scope, receive, send)
        except ClientDisconnect:
            return
        except Refusal as refusal:
            await refusal_response(refusal, scope)(scope, receive, send)
        except Unavailable as unavailable:
            await unavailable_response(unavailable, scope)(scope, receive, send)
        finally:
            self._give_back(asker, reserved)

    def _reserve(self, scope: Scope, asker: str) -> int:
        """Room for the body: what the request declares, or else as much as its path allows."""
        limit = body_bytes_max(scope["path"])
        declared = Headers(scope=scope).get("content-length", str(limit))
        if not (declared.isascii() and declared.isdecimal()):
            raise RequestMalformed("Content-Length is not a number", field="/header/content-length")
        if int(declared) > limit:
            raise _too_large(limit)
        if self._held_bytes[asker] + int(declared) > BODIES_BYTES_OF_ONE_MAX:
            raise Unavailable("too many bodies are being received from this address")
        if self._held_bytes.total() + int(declared) > BODIES_BYTES_MAX:
            raise Unavailable("too many bodies are being received")
        self._held_bytes[asker] += int(declared)
        return int(declared)

    def _give_back(self, asker: str, reserved: int) -> None:
        self._held_bytes[asker] -= reserved
        if not self._held_bytes[asker]:
            del self._held_bytes[asker]

    async def _read_body(self, receive: Receive, limit: int) -> bytes:
        try:
            with fail_after(self._body_s_max):
                return await _read_body(receive, limit)
        except TimeoutError as error:
            raise Unavailable("the body did not arrive in time") from error


def body_bytes_max(path: str) -> int:
    """How large a body may be that is sent to this path."""
    if path == "/v1/events":
        return BATCH_BODY_BYTES_MAX
    return BLOB_BODY_BYTES_MAX if path.startswith("/v1/blobs/") else BODY_BYTES_MAX


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"this resource takes a body of at most {limit} bytes", limit_bytes=limit)


async def _read_body(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    """Give the body as one message; after it, as the server does, only that the client has gone."""
    messages: list[Message] = [{"type": "http.disconnect"}, {"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if len(messages) > 1 else messages[0]

    return receive
