"""Answers to reads: JSON or bytes, with an entity tag, and nothing at all when the reader has it already."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.refusals import NotAcceptable

JSON: Final = "application/json"
PRIVATE: Final = "private, no-cache"
"""For what depends on who asks: kept by nobody but the reader, who asks again before each use."""
UNKEPT: Final = "private, no-store"
"""For personal data: not even the reader's own machine keeps a copy, which nobody could erase."""
FRESH: Final = "public, no-cache"
"""For what everybody may read and may change at any moment."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"

_TAG_CHARS = 32


def json_answer(
    request: Request,
    members: Any,
    *,
    cache: str = PRIVATE,
    media_type: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """``members`` as JSON, or 304."""
    body = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    return bytes_answer(request, body, media_type, cache=cache, headers=headers)


def bytes_answer(
    request: Request, body: bytes, media_type: str, *, cache: str = PRIVATE, headers: Mapping[str, str] | None = None
) -> Response:
    """``body``, or 304 when the request already has it (RFC 9110 §13.1.2)."""
    tag = f'"{sha256(body).hexdigest()[:_TAG_CHARS]}"'
    sent = {"etag": tag, "cache-control": cache, "vary": "Accept, Authorization", **(headers or {})}
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=sent)
    return Response(body, media_type=media_type, headers=sent)


def _has(if_none_match: str, tag: str) -> bool:
    listed = (item.strip().removeprefix("W/") for item in if_none_match.split(","))
    return if_none_match.strip() == "*" or tag in listed


def choose(request: Request, *offered: str) -> str:
    """The media type that the request prefers, of those offered; the first one when it has no preference.

    Raises:
        NotAcceptable: it accepts none of them.
    """
    accept = request.headers.get("accept", "*/*")
    weights = dict(map(_weighed, accept.split(",")))
    best = max(offered, key=lambda kind: (_weight(weights, kind), -offered.index(kind)))
    if _weight(weights, best) <= 0:
        raise NotAcceptable("this resource comes in other media types", offered=list(offered))
    return best


def _weight(weights: Mapping[str, float], media_type: str) -> float:
    family = media_type.split("/")[0]
    return next((weights[name] for name in (media_type, f"{family}/*", "*/*") if name in weights), 0.0)


def _weighed(media_range: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in media_range.split(";"))
    quality = next((part.removeprefix("q=") for part in parameters if part.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 0.0
