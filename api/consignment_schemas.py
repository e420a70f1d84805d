"""The shapes of consignments, as the API's description gives them, each with an example."""

from __future__ import annotations

from typing import Any, Final

from pydantic import ConfigDict
from pydantic.config import JsonDict

from api.paper_schemas import CONSIGNMENT
from api.schemas import EVENT_ID, PARTY, UNIT, Instant, Shape

SITE: Final = "sit_mfzwizltoq2gk3tfnzsxe5dfoi"
_CARRIER: Final = "pty_nbswy3dpo5xxe3dehaytembqha"
_AT: Final = "2026-03-01T16:20:00Z"
_ASSURANCE: Final[JsonDict] = {"code": "own_key", "es": "firmado con llave propia", "en": "signed with an own key"}
_DUE: Final[JsonDict] = {
    "act": "receive",
    "kind": "consignment.received",
    "units": 40,
    "since": _AT,
}
_NAMED: Final[JsonDict] = {PARTY: {"name": "Recicladora Norte, S.A. de C.V.", "form": "moral", "ended": False}}


def _example(members: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [members]})


class AssuranceShape(Shape):
    """How a hand-over is vouched for, and the words for it."""

    model_config = _example(_ASSURANCE)
    code: str
    es: str
    en: str


class PartyNamed(Shape):
    """A party that the answer names; the name of a natural person is nowhere in the ledger."""

    model_config = _example({"name": "Recicladora Norte, S.A. de C.V.", "form": "moral", "ended": False})
    name: str | None
    form: str
    ended: bool


class FindingRef(Shape):
    """A finding by the event that opened it and its number there: what ``discrepancy.resolved`` names."""

    model_config = _example({"event": EVENT_ID, "number": 0})
    event: str
    number: int


class DueShape(Shape):
    """One act that the consignment waits for from the asking party; ``kind`` is null where it takes no signature."""

    model_config = _example(_DUE)
    act: str
    kind: str | None
    units: int
    since: Instant


_ROW: Final[JsonDict] = {
    "consignment": CONSIGNMENT,
    "stage": "moving",
    "purpose": "waste_rme",
    "roles": ["consignee"],
    "consignor": PARTY,
    "consignee": PARTY,
    "carriers": [_CARRIER],
    "destination": SITE,
    "units_total": 40,
    "counts": {"offered": 40},
    "opened_at": _AT,
    "picked_up_at": _AT,
    "changed_at": _AT,
    "due": [_DUE],
}


class ConsignmentRow(Shape):
    """A consignment in a list. ``roles`` and ``due`` are the asking party's; ``opened_at`` is when it was recorded."""

    model_config = _example(_ROW)
    consignment: str
    stage: str
    purpose: str
    roles: list[str]
    consignor: str | None
    consignee: str
    carriers: list[str]
    destination: str | None
    units_total: int
    counts: dict[str, int]
    opened_at: Instant
    picked_up_at: Instant | None
    changed_at: Instant
    due: list[DueShape]


class ConsignmentsPage(Shape):
    """A page of consignments, the newest first; ``next`` is the cursor of the next page, or null."""

    model_config = _example({"consignments": [_ROW], "parties": _NAMED, "next": None})
    consignments: list[ConsignmentRow]
    parties: dict[str, PartyNamed]
    next: str | None


_WAITING: Final[JsonDict] = {
    "consignment": CONSIGNMENT,
    "act": "receive",
    "kind": "consignment.received",
    "units": 40,
    "since": _AT,
    "stage": "moving",
    "purpose": "waste_rme",
    "consignor": PARTY,
    "consignee": PARTY,
    "carriers": [_CARRIER],
    "destination": SITE,
}


class QueueRow(Shape):
    """One act that waits for the asking party; to ``deliver`` takes no signature, and its ``kind`` is null."""

    model_config = _example(_WAITING)
    consignment: str
    act: str
    kind: str | None
    units: int
    since: Instant
    stage: str
    purpose: str
    consignor: str | None
    consignee: str
    carriers: list[str]
    destination: str | None


class QueueAnswer(Shape):
    """What the asking party has before it, the longest-waiting first."""

    model_config = _example({"queue": [_WAITING], "parties": _NAMED, "next": None})
    queue: list[QueueRow]
    parties: dict[str, PartyNamed]
    next: str | None


_LINE: Final[JsonDict] = {
    "unit": UNIT,
    "unit_kind": "pack",
    "chemistry": "NMC622",
    "line": "carried",
    "open": True,
    "due": "receive",
    "holder": _CARRIER,
    "to": None,
    "reason": None,
    "assurance": _ASSURANCE,
    "condition": "sound",
    "quarantined": False,
    "mass_g": 435_000,
    "received_mass_g": None,
    "received_mass_basis": None,
    "since": _AT,
    "event": EVENT_ID,
}


class LineShape(Shape):
    """One unit of the consignment. Its condition and quarantine are told while its line is open.

    ``due`` is the act that it waits for from the asking party. ``mass_g`` is what the unit was registered with,
    ``received_mass_g`` what the consignee stated, corrections included.
    """

    model_config = _example(_LINE)
    unit: str
    unit_kind: str | None
    chemistry: str | None
    line: str
    open: bool
    due: str | None
    holder: str | None
    to: str | None
    reason: str | None
    assurance: AssuranceShape | None
    condition: str | None
    quarantined: bool
    mass_g: int | None
    received_mass_g: int | None
    received_mass_basis: str | None
    since: Instant
    event: str


_STEP: Final[JsonDict] = {
    "event": EVENT_ID,
    "kind": "consignment.picked_up",
    "party": _CARRIER,
    "occurred_at": _AT,
    "recorded_at": _AT,
    "units": 40,
    "assurance": _ASSURANCE,
    "site": None,
    "to": None,
    "mode": "road",
}


class HandOverShape(Shape):
    """One statement of the consignment's way, and how it is vouched for."""

    model_config = _example(_STEP)
    event: str
    kind: str
    party: str
    occurred_at: Instant
    recorded_at: Instant
    units: int
    assurance: AssuranceShape
    site: str | None
    to: str | None
    mode: str | None


class SiteNamed(Shape):
    """A site that the answer names."""

    model_config = _example({"name": "Patio Apodaca", "party": PARTY, "place": {"state": "19", "municipality": "006"}})
    name: str | None
    party: str
    place: dict[str, Any]


class TicketShape(Shape):
    """A weigh ticket, in grams."""

    model_config = _example({"party": PARTY, "gross_g": 18_400_000, "tare_g": 9_700_000, "resolution_g": 20_000})
    party: str
    gross_g: int
    tare_g: int
    resolution_g: int


class LegalPaper(Shape):
    """Where the legal paper of one form is: printed, photographed, back with the consignor."""

    model_config = _example(
        {"number": "2026-0041", "issued_at": _AT, "copies": 3, "scanned": [EVENT_ID], "returned_at": None}
    )
    number: str
    issued_at: Instant | None
    copies: int | None
    scanned: list[str]
    returned_at: Instant | None


_ORIGINAL: Final[JsonDict] = {
    "stage": "scanned",
    "number": "2026-0041",
    "picked_up_on": "2026-09-01",
    "due_on": "2026-11-02",
    "tell_by": "2026-11-09",
    "returned_on": None,
    "late": False,
    "days_left": 12,
    "remind": True,
    "step": {
        "code": "get-original-back",
        "es": "Pida al destinatario el original firmado.",
        "en": "Ask the consignee for the signed original.",
    },
}


class StepShape(Shape):
    """What to do next, in words."""

    model_config = _example({"code": "tell-authority", "es": "Informe a SEMARNAT.", "en": "Tell SEMARNAT."})
    code: str
    es: str
    en: str


class OriginalShape(Shape):
    """Where the paper original of a load of hazardous waste stands on the day of asking (RLGPGIR 86).

    ``stage`` is not-issued, issued, awaiting-return, scanned, overdue or returned. ``due_on`` is the last day on which
    it is back in time, null while nobody has stated a pick-up; ``days_left`` are natural days; ``remind`` says that its
    day is near or has passed.
    """

    model_config = _example(_ORIGINAL)
    stage: str
    number: str | None
    picked_up_on: str | None
    due_on: str | None
    tell_by: str | None
    returned_on: str | None
    late: bool
    days_left: int | None
    remind: bool
    step: StepShape | None


class CitedDocument(Shape):
    """A document that a statement of the consignment cites; ``/v1/blobs/{digest}`` has its bytes, or had."""

    model_config = _example(
        {
            "digest": "ab" * 32,
            "bytes": 120_000,
            "media_type": "image/jpeg",
            "role": "manifest",
            "event": EVENT_ID,
            "party": PARTY,
        }
    )
    digest: str
    bytes: int
    media_type: str
    role: str
    event: str
    party: str


class LoadFinding(Shape):
    """What the ledger found about the consignment; of a discrepancy also what its ends have said became of it."""

    model_config = _example(
        {
            "event": EVENT_ID,
            "number": 0,
            "requirement": "missing-at-reception",
            "party": _CARRIER,
            "subject": UNIT,
            "since": _AT,
            "facts": {"consignment": CONSIGNMENT},
            "resolved": {PARTY: "found"},
            "settled_at": None,
        }
    )
    event: str
    number: int
    requirement: str
    party: str
    subject: str
    since: Instant
    facts: dict[str, Any]
    resolved: dict[str, str]
    settled_at: Instant | None


class ConsignmentAnswer(ConsignmentRow):
    """One consignment whole; of its lines a page, ``next`` is the cursor of the next one, or null.

    ``to_resolve`` are the discrepancies of which the asking party has not yet said what became of them; ``original``
    is null for a load that has no federal manifest.
    """

    model_config = _example(
        {
            **_ROW,
            "to_resolve": [],
            "fitting": "loose",
            "mode": "road",
            "approval": None,
            "border": None,
            "origin": SITE,
            "redirected_from": None,
            "drivers": [],
            "lines": [_LINE],
            "next": None,
            "hand_overs": [_STEP],
            "papers": {
                "manifest": {"number": "2026-0041", "issued_at": _AT, "copies": 3, "scanned": [], "returned_at": None}
            },
            "original": _ORIGINAL,
            "tickets": {},
            "documents": [],
            "findings": [],
            "parties": _NAMED,
            "sites": {SITE: {"name": "Patio Apodaca", "party": PARTY, "place": {"state": "19"}}},
            "head": EVENT_ID,
        }
    )
    to_resolve: list[FindingRef]
    fitting: str
    mode: str | None
    approval: str | None
    border: dict[str, str] | None
    origin: str | None
    redirected_from: str | None
    drivers: list[str]
    lines: list[LineShape]
    next: str | None
    hand_overs: list[HandOverShape]
    papers: dict[str, LegalPaper]
    original: OriginalShape | None
    tickets: dict[str, TicketShape]
    documents: list[CitedDocument]
    findings: list[LoadFinding]
    parties: dict[str, PartyNamed]
    sites: dict[str, SiteNamed]
    head: str
