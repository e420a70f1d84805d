"""The shapes of requests and answers about applications and their drafts, each with an example."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, JsonValue

from api.schemas import AUTHORISATION, EVENT_ID, PARTY, Hex32, Instant, Shape

APPLICATION: Final = "apl_mfzwizltoq2gk3tfnzsxe5dfoi"
AUTHORITY: Final = "pty_orsxg5bao5uxi2banfzsaytfmq"
_SCOPE: Final[JsonValue] = {"activities": ["recycling"], "waste_classes": ["RP"]}
_DRAFT: Final[dict[str, JsonValue]] = {"asks": "grant", "to": AUTHORITY, "person": "moral", "scope": _SCOPE}
_KEPT: Final[dict[str, JsonValue]] = {
    "subject": APPLICATION,
    "updated_at": "2026-03-01T10:00:00Z",
    "members": {**_DRAFT},
}
_CLOCK: Final[dict[str, JsonValue]] = {
    "name": "decision",
    "runs_for": "authority",
    "article": "RLGPGIR 55 IV",
    "started_on": "2026-03-02",
    "due_on": "2026-05-11",
    "stopped_on": None,
    "silence": "refused",
    "silence_article": "LFPA 17",
    "days_left": 45,
    "lapsed": False,
}
_ROW: Final[dict[str, JsonValue]] = {
    "application": APPLICATION,
    "party": PARTY,
    "to": AUTHORITY,
    "asks": "grant",
    "authorisation": None,
    "transfer_to": None,
    "person": "moral",
    "stage": "submitted",
    "submitted_at": "2026-03-02T16:00:00Z",
    "overdue": False,
    "scope": _SCOPE,
    "head": EVENT_ID,
}


def _example(members: dict[str, JsonValue]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class DraftRequest(Shape):
    """Members of ``application.submitted`` or ``consignment.offered`` (docs/events.md), as far as they are known."""

    model_config = _example({"members": _DRAFT})
    members: dict[str, JsonValue]


class DraftAnswer(Shape):
    """A draft; ``subject`` is the id that the application, or the consignment, will have."""

    model_config = _example(_KEPT)
    subject: str
    updated_at: Instant
    members: dict[str, JsonValue]


class DraftListAnswer(Shape):
    """All drafts of the asking party, the newest first: there are at most 50."""

    model_config = _example({"drafts": [_KEPT]})
    drafts: list[DraftAnswer]


class ClockShape(Shape):
    """A term that runs: for whom, until when, and what silence means. Without ``due_on`` it stands still."""

    model_config = _example(_CLOCK)
    name: str
    runs_for: Literal["authority", "applicant"]
    article: str
    started_on: str
    due_on: str | None
    stopped_on: str | None
    silence: str | None
    silence_article: str | None
    days_left: int | None
    lapsed: bool


class ApplicationRow(Shape):
    """An application as it stands; ``head`` is its newest event.

    ``overdue``: a term has lapsed whose silence the law gives a meaning; null where no term is known.
    """

    model_config = _example(_ROW)
    application: str
    party: str
    to: str
    asks: Literal["grant", "renewal", "change", "transfer"]
    authorisation: Annotated[str | None, Field(examples=[AUTHORISATION])]
    transfer_to: str | None
    person: Literal["moral", "fisica", "foreign"]
    stage: str
    submitted_at: Instant
    overdue: bool | None
    scope: dict[str, JsonValue] | None
    head: Hex32


class ApplicationPage(Shape):
    """Applications by id; ``next`` is the cursor of the next page, or null. A page may be short, or empty."""

    model_config = _example({"applications": [_ROW], "next": None})
    applications: list[ApplicationRow]
    next: str | None


class ApplicationStep(Shape):
    """One event of an application's timeline that the reader may see."""

    model_config = _example(
        {
            "index": 7,
            "event_id": EVENT_ID,
            "kind": "application.submitted",
            "party": PARTY,
            "occurred_at": "2026-03-02T16:00:00Z",
            "recorded_at": "2026-03-02T16:00:00Z",
        }
    )
    index: int
    event_id: Hex32
    kind: str
    party: str
    occurred_at: Instant
    recorded_at: Instant


class ApplicationAnswer(ApplicationRow):
    """An application, what was asked of it and decided, its terms and its timeline, oldest first."""

    model_config = _example(
        {
            **_ROW,
            "submitted": EVENT_ID,
            "required": None,
            "inspections": [],
            "decided": None,
            "clocks": [_CLOCK],
            "timeline": [],
        }
    )
    submitted: Hex32
    required: dict[str, JsonValue] | None
    inspections: list[dict[str, JsonValue]]
    decided: dict[str, JsonValue] | None
    clocks: list[ClockShape]
    timeline: list[ApplicationStep]


class IdentityRefusal(Shape):
    """Why an identity is not verified: a code of ``/problems``."""

    model_config = _example({"code": "efirma-expired", "detail": "the certificate had expired"})
    code: str
    detail: str


class IdentityAnswer(Shape):
    """Whether an application's identity is proven, as of when it was recorded.

    ``identity`` is personal data and null for whoever the proof was not sealed for. ``party_known`` tells whether
    the RFC was compared with that of the party's own registration.
    """

    model_config = _example(
        {
            "application": APPLICATION,
            "verified": True,
            "refusal": None,
            "person": "moral",
            "judged_at": "2026-03-02T16:00:00Z",
            "revocation_known": True,
            "party_known": True,
            "identity": {
                "rfc": "EKU9003173C9",
                "curp": "XIQB891116MGRMZR05",
                "name": "RECICLADORA DEMO SA DE CV",
                "kind": "moral",
                "representative_rfc": "XIQB891116QE4",
                "serial": "00001000000400000001",
                "valid_from": "2025-03-01T12:00:00Z",
                "valid_to": "2029-03-01T12:00:00Z",
            },
        }
    )
    application: str
    verified: bool
    refusal: IdentityRefusal | None
    person: Literal["moral", "fisica", "foreign"]
    judged_at: Instant
    revocation_known: bool
    party_known: bool
    identity: dict[str, str | None] | None
