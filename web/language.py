"""The two languages of the pages: Spanish of Mexico first, English second."""

from __future__ import annotations

import re
from typing import Final, Literal

Language = Literal["es", "en"]

FIRST: Final[Language] = "es"
LANGUAGES: Final[tuple[Language, ...]] = ("es", "en")
TAGS: Final[dict[Language, str]] = {"es": "es-MX", "en": "en"}
LOCALES: Final[dict[Language, str]] = {"es": "es_MX", "en": "en"}
RANGES_MAX: Final = 20
"""Language ranges of one header that are looked at."""

_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*", re.ASCII)


def choose_language(asked: str | None, accept_language: str | None) -> Language:
    """The language that was asked for by name, else the preferred one of ``Accept-Language`` (RFC 9110 §12.5.4)."""
    for language in LANGUAGES:
        if asked == language:
            return language
    weights: dict[str, float] = {}
    for text in (accept_language or "").split(",")[:RANGES_MAX]:
        match = _RANGE.fullmatch(text)
        if match is not None:
            weights.setdefault(match[1].lower(), float(match[2] or 1))
    best = max(LANGUAGES, key=lambda language: (weights.get(language, 0.0), -LANGUAGES.index(language)))
    return best if weights.get(best, 0.0) > 0 else FIRST


def mark(text: str) -> str:
    """The text itself, marked as one that the catalogues have: it is translated where it is shown."""
    return text
