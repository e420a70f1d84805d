"""The shapes of papers and particulars, as the API's description gives them, each with an example."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from api.schemas import BASE, PARTY, Instant, Shape
from compliance.particulars import Particulars

CONSIGNMENT: Final = "con_mfzwizltoq2gk3tfnzsxe5dfoi"
_ABOUT: Final = f"{BASE}/v1/consignments/{CONSIGNMENT}"
PARTICULARS: Final[dict[str, JsonValue]] = {
    "phone": "+52 81 8000 0001",
    "giving": {"registration": "TDE1903900001", "emergency_phone": "800 00 41 300", "package": "crate"},
}


def _example(members: JsonDict) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [members]})


class ParticularsPart(Shape):
    """What one party says, and as what it takes part in the consignment."""

    model_config = _example({"party": PARTY, "roles": ["consignor"], "particulars": PARTICULARS})
    party: str
    roles: list[Literal["consignor", "carrier", "consignee"]]
    particulars: Particulars


class ParticularsAnswer(Shape):
    """What the parties of a consignment have said for its papers."""

    model_config = _example(
        {
            "consignment": CONSIGNMENT,
            "parts": [{"party": PARTY, "roles": ["consignor"], "particulars": PARTICULARS}],
        }
    )
    consignment: str
    parts: list[ParticularsPart]


class ParticularsRow(Shape):
    """A consignment of which the asking party keeps particulars."""

    model_config = _example({"consignment": CONSIGNMENT, "updated_at": "2026-03-01T10:00:00Z"})
    consignment: str
    updated_at: Instant


class ParticularsListAnswer(Shape):
    """All particulars of one party by consignment; ``next`` is the cursor of the next page, or null."""

    model_config = _example(
        {"particulars": [{"consignment": CONSIGNMENT, "updated_at": "2026-03-01T10:00:00Z"}], "next": None}
    )
    particulars: list[ParticularsRow]
    next: str | None


class TextShape(Shape):
    """One text for people, in Spanish and in English."""

    model_config = _example({"es": "Manifiesto", "en": "Manifest"})
    es: str
    en: str


class BlankShape(Shape):
    """Something that nobody has said, which the paper leaves to be written by hand.

    ``label`` is what the paper calls it, in Spanish; ``member`` where it goes in the particulars of ``party`` (JSON
    pointer), null for what only the log can say.
    """

    model_config = _example({"label": "6. Instrucciones especiales", "party": PARTY, "member": "/giving/instructions"})
    label: str
    party: str | None
    member: str | None


_PAPER: Final[JsonDict] = {
    "paper": "manifest",
    "title": {"es": "Manifiesto de entrega, transporte y recepción", "en": "Manifest"},
    "origin": "drawn",
    "article": "RLGPGIR 79, 86",
    "confidence": "read",
    "link": f"{_ABOUT}/papers/manifest.pdf",
    "missing": [{"label": "13. Ruta", "party": PARTY, "member": "/carrying/route"}],
}


class PaperShape(Shape):
    """One paper of the folder; ``link`` is null for one that another gives."""

    model_config = _example(_PAPER)
    paper: str
    title: TextShape
    origin: Literal["drawn", "attached"]
    article: str
    confidence: Literal["read", "secondary", "unverified"]
    link: str | None
    missing: list[BlankShape]


_CLOCK: Final[JsonDict] = {
    "name": "original-back",
    "length": 60,
    "unit": "natural_days",
    "starts": "consignment.picked_up",
    "accountable": "consignor",
    "article": "RLGPGIR 86 IV",
}
_NOTE: Final[JsonDict] = {
    "es": "El número de manifiesto extranjero es opcional (RLGPGIR 123).",
    "en": "The foreign manifest number is optional (RLGPGIR 123).",
}


class LawClockShape(Shape):
    """A period that the law lets run for this load: from which act, and who must keep it."""

    model_config = _example(_CLOCK)
    name: str
    length: int
    unit: Literal["natural_days", "business_days", "months"]
    starts: str
    accountable: Literal["consignor", "consignee", "carrier", "holder"]
    article: str


class PapersAnswer(Shape):
    """Which papers a load takes along, and what is missing in each; ``law_day`` is the day whose law says so.

    ``notes`` say what is often asked for and does not apply.
    """

    model_config = _example(
        {
            "consignment": CONSIGNMENT,
            "law_day": "2026-03-01",
            "waste_class": "RP",
            "folder": f"{_ABOUT}/folder.pdf",
            "verification": f"{BASE}/c/{CONSIGNMENT}",
            "papers": [_PAPER],
            "clocks": [_CLOCK],
            "notes": [_NOTE],
        }
    )
    consignment: str
    law_day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    waste_class: Literal["RP", "RME"] | None
    folder: str
    verification: str
    papers: list[PaperShape]
    clocks: list[LawClockShape]
    notes: list[TextShape]


class CartaPorteAnswer(Shape):
    """The data of SAT's complement under its own names, the paths of what is missing, and remarks."""

    model_config = _example(
        {
            "consignment": CONSIGNMENT,
            "carrier": PARTY,
            "complement": {"Version": "3.1", "TranspInternac": "No"},
            "missing": ["TotalDistRec"],
            "remarks": [],
        }
    )
    consignment: str
    carrier: str | None
    complement: dict[str, Any]
    missing: list[str]
    remarks: list[TextShape]
