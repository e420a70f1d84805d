"""The shapes of findings and obligations, as the API's description gives them, each with an example."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.schemas import EVENT_ID, PARTY, UNIT, Shape
from compliance.findings import Shown

_STATEMENT: Final[JsonDict] = {
    "es": "Un residuo peligroso se almacena seis meses a lo más desde que se generó.",
    "en": "Hazardous waste is stored for six months at most from when it was generated.",
}
_CURE: Final[JsonDict] = {
    "es": "Envíelo a un destinatario autorizado, o pida la prórroga antes de que falten 20 días hábiles.",
    "en": "Send it to an authorised consignee, or ask for the extension before 20 business days are left.",
}
_NAME: Final = f"R01/{UNIT}/"
_COMMON: Final[JsonDict] = {
    "name": _NAME,
    "requirement": "R01",
    "code": "storage-term-exceeded",
    "effect": "violation",
    "party": PARTY,
    "subject": UNIT,
    "article": "LGPGIR 56 ¶2, 67 V; RLGPGIR 84",
    "statement": _STATEMENT,
    "cure": _CURE,
    "events": [EVENT_ID],
    "facts": {"generator": PARTY},
}
_FINDING: Final[JsonDict] = {**_COMMON, "since_on": "2026-09-02", "settled_on": None}
_OBLIGATION: Final[JsonDict] = {
    **_COMMON,
    "standing": "overdue",
    "since_on": "2026-03-01",
    "warn_on": "2026-07-18",
    "strict_on": "2026-09-01",
    "due_on": "2026-09-01",
    "closed_on": None,
}


def _example(members: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [members]})


class Bilingual(Shape):
    """The same in Spanish and in English."""

    model_config = _example(_CURE)
    es: str
    en: str


class FindingShape(Shape):
    """A requirement that was not met. ``since_on`` and ``settled_on`` are legal days; ``facts`` are further figures."""

    model_config = _example(_FINDING)
    name: str
    requirement: str
    code: str
    effect: Shown
    party: str
    subject: str
    since_on: str
    settled_on: str | None
    article: str
    statement: Bilingual
    cure: Bilingual
    events: list[str]
    facts: dict[str, Any]


class FindingsPage(Shape):
    """Findings as of a day; ``revising`` while the rows are being made anew after the law changed."""

    model_config = _example({"as_of": "2026-11-02", "findings": [_FINDING], "revising": False, "next": None})
    as_of: str
    findings: list[FindingShape]
    revising: bool
    next: str | None


class ObligationShape(Shape):
    """Something that is due.

    ``warn_on`` is the day from which it is brought up, ``strict_on`` the last day of the period, and ``due_on`` that
    day rolled on to a business day where the law rolls it.
    """

    model_config = _example(_OBLIGATION)
    name: str
    requirement: str
    code: str
    standing: Literal["pending", "near", "grace", "overdue", "met", "met_late"]
    effect: Shown
    party: str
    subject: str
    since_on: str
    warn_on: str
    strict_on: str
    due_on: str
    closed_on: str | None
    article: str
    statement: Bilingual
    cure: Bilingual
    events: list[str]
    facts: dict[str, Any]


class ObligationsPage(Shape):
    """Obligations as they stand at the end of a day; ``revising`` as for findings."""

    model_config = _example({"as_of": "2026-11-02", "obligations": [_OBLIGATION], "revising": False, "next": None})
    as_of: str
    obligations: list[ObligationShape]
    revising: bool
    next: str | None
