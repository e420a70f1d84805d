"""The shapes of inspections, cases, and reads by officials, each with an example."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.schemas import EVENT_ID, KID, PARTY, Instant, Shape

INSPECTION: Final = "ins_mfzwizltoq2gk3tfnzsxe5dfoi"
CASE: Final = "cas_mfzwizltoq2gk3tfnzsxe5dfoi"
SITE: Final = "sit_mfzwizltoq2gk3tfnzsxe5dfoi"
_AUTHORITY: Final = "pty_nbswy3dpo5xxe3dehaytembqha"
_AT: Final = "2026-03-04T19:20:00Z"
_TERM: Final[JsonDict] = {
    "name": "observations_business_days",
    "after_on": "2026-03-04",
    "business_days": 5,
    "to_on": "2026-03-11",
    "article": "LGEEPA 164",
}
_INSPECTION: Final[JsonDict] = {
    "inspection": INSPECTION,
    "stage": "recorded",
    "authority": _AUTHORITY,
    "inspected": PARTY,
    "site": SITE,
    "order_number": "PFPA/25.2/2C.27.1/0042-2026",
    "from_on": "2026-03-02",
    "to_on": "2026-03-06",
    "acta": EVENT_ID,
    "recorded_at": _AT,
    "observed_at": None,
    "outcome": None,
    "case": None,
    "head": EVENT_ID,
    "observations": _TERM,
}
_CASE: Final[JsonDict] = {
    "case": CASE,
    "stage": "open",
    "authority": _AUTHORITY,
    "against": PARTY,
    "inspection": INSPECTION,
    "opened_at": _AT,
    "answer_by": "2026-03-27",
    "answered_at": None,
    "outcome": None,
    "findings": [f"{EVENT_ID}/0"],
    "overdue": [],
    "head": EVENT_ID,
}
_READ: Final[JsonDict] = {
    "at": _AT,
    "request": "0b7a5a5e-8c1f-4a57-9a53-3f2b8f9f3c11",
    "party": _AUTHORITY,
    "kid": KID,
    "path": f"/v1/findings?party={PARTY}",
}


def _example(members: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [members]})


class TermShape(Shape):
    """A term in business days: it begins on the day after ``after_on`` and ends with ``to_on``."""

    model_config = _example(_TERM)
    name: str
    after_on: str
    business_days: int
    to_on: str
    article: str


class TermsAnswer(Shape):
    """The terms that run from a day; null where no calendar is known of the year into which one reaches."""

    model_config = _example({"observations": _TERM, "reply": {**_TERM, "name": "case_reply_business_days"}})
    observations: TermShape | None
    reply: TermShape | None


class InspectionShape(Shape):
    """An inspection; ``observations`` is the term that runs from its acta."""

    model_config = _example(_INSPECTION)
    inspection: str
    stage: str
    authority: str
    inspected: str
    site: str
    order_number: str
    from_on: str | None
    to_on: str | None
    acta: str | None
    recorded_at: Instant | None
    observed_at: Instant | None
    outcome: str | None
    case: str | None
    head: str | None
    observations: TermShape | None


class InspectionsPage(Shape):
    """Inspections, in the order of their ids."""

    model_config = _example({"inspections": [_INSPECTION], "next": None})
    inspections: list[InspectionShape]
    next: str | None


class CaseShape(Shape):
    """A case; ``findings`` and deadlines that passed, by their names."""

    model_config = _example(_CASE)
    case: str
    stage: str
    authority: str
    against: str
    inspection: str | None
    opened_at: Instant
    answer_by: str | None
    answered_at: Instant | None
    outcome: str | None
    findings: list[str]
    overdue: list[str]
    head: str | None


class CasesPage(Shape):
    """Cases, in the order of their ids."""

    model_config = _example({"cases": [_CASE], "next": None})
    cases: list[CaseShape]
    next: str | None


class ReadShape(Shape):
    """One read by an official: when, in which request, by which key of which authority, of what."""

    model_config = _example(_READ)
    at: Instant
    request: str
    party: str
    kid: str
    path: str


class ReadsPage(Shape):
    """Reads by officials, the newest first."""

    model_config = _example({"reads": [_READ], "next": None})
    reads: list[ReadShape]
    next: str | None
