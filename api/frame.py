"""What stands around every request: its id, its path as it was sent, HEAD, headers of the answer, and the log line."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Final
from uuid import UUID

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
}
# Reads carry no cookie, only a token that a page must have of its own: any page may read what its token may.
CORS_HEADERS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Link, Location, Retry-After, X-Request-Id",
}
PREFLIGHT_HEADERS: Final = {
    **CORS_HEADERS,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "Authorization, If-None-Match",
    "access-control-max-age": "86400",
}
_READS: Final = frozenset({"GET", "HEAD"})
# What follows is the credential of whoever reads the letter that has the link.
_LINK: Final = re.compile(r"(?<=^/v1/contact/)([^/]*)/.*", re.DOTALL)

_log = logging.getLogger("bitacora.api.access")


class Frame:
    """ASGI middleware, the outermost. It logs neither queries nor bodies nor credentials."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Frame one HTTP request; pass on everything else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        frame = _Request(scope, send)
        try:
            if frame.is_preflight:
                await Response(status_code=204, headers=PREFLIGHT_HEADERS)(scope, receive, frame.send)
            else:
                await self._app(scope, receive, frame.send)
        finally:
            frame.log()


class _Request:
    """One request on its way in and its answer on the way out."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._method: str = scope["method"]
        self._started_s = time.perf_counter()
        # What the server answers when nothing inside has.
        self._status = 500
        self.id = str(UUID(bytes=secrets.token_bytes(16), version=4))
        # Routes see the path as it was sent: an encoded slash inside a unit id is no separator.
        scope["path"] = self._path = scope["raw_path"].decode("latin-1")
        scope.setdefault("state", {})["request_id"] = self.id
        asked = Headers(scope=scope).get("access-control-request-method")
        self.is_preflight = self._method == "OPTIONS" and asked in _READS
        if self._method == "HEAD":
            # RFC 9110 §9.3.2: as GET, without the content.
            scope["method"] = "GET"

    async def send(self, message: Message) -> None:
        """Add the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.id
            for name, value in SECURITY_HEADERS.items():
                # A page brings the policy that lets it load its own style.
                headers.setdefault(name, value)
            if self._method in _READS:
                headers.update(CORS_HEADERS)
        elif self._method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def log(self) -> None:
        """One line: method, path without query and without the token of a letter's link, status, milliseconds, id."""
        spent_ms = (time.perf_counter() - self._started_s) * 1000
        path = _LINK.sub(r"\1/…", self._path)
        _log.info("%s %s %d %.1f ms %s", self._method, path, self._status, spent_ms, self.id)
