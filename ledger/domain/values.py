"""Scalar types of statement payloads: one accepted spelling for each value.

Times are UTC whole seconds, spelled ``2026-03-01T17:05:09Z`` and held as seconds since 1970. Days are spelled
``2026-03-01`` and held as that text, whose order is the order of days. Quantities are integers whose unit ends
the field's name. Ids of parties, sites, persons and acts are random and opaque: never an RFC or a CURP.
"""

from __future__ import annotations

import base64
import calendar
import re
import time
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from ledger.domain.unit_id import parse_unit_id
from ledger.errors import UnitIdInvalid

INTEGER_MAX = 2**53 - 1
MASS_G_MAX = 10**12
"""A million tonnes."""
ENERGY_WH_MAX = 10**9
UNITS_MAX = 256
DOCUMENTS_MAX = 16

_INSTANT = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ", re.ASCII)
_INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
OPAQUE_ID_BYTES = 16


def parse_instant(text: object) -> int:
    """Seconds since 1970 of ``YYYY-MM-DDTHH:MM:SSZ``, years 2000 to 2099.

    Raises:
        ValueError: another spelling, a zone other than Z, a fraction, or a time that does not exist.
    """
    if not isinstance(text, str):
        raise ValueError("expected a UTC time as text")
    return _parse_instant(text)


@lru_cache(maxsize=4096)
def _parse_instant(text: str) -> int:
    if not _INSTANT.fullmatch(text):
        raise ValueError("expected a UTC time of whole seconds, like 2026-03-01T17:05:09Z")
    seconds = calendar.timegm(time.strptime(text, _INSTANT_FORMAT))
    if format_instant(seconds) != text:
        raise ValueError("no such time")
    return seconds


def format_instant(seconds: int) -> str:
    """The only accepted spelling of a time; inverse of ``parse_instant``."""
    return time.strftime(_INSTANT_FORMAT, time.gmtime(seconds))


def check_day(text: str) -> str:
    """Return ``text`` when it spells an existing day as ``YYYY-MM-DD``; raise ValueError otherwise."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("expected a day like 2026-03-01")
    return text


def format_opaque_id(prefix: str, random: bytes) -> str:
    """An id of ``prefix`` and 16 random bytes: ``pty_`` and 26 lower-case base32 characters."""
    if len(random) != OPAQUE_ID_BYTES:
        raise ValueError(f"an opaque id takes {OPAQUE_ID_BYTES} random bytes")
    return f"{prefix}_{base64.b32encode(random).decode().rstrip('=').lower()}"


def format_uuid7(milliseconds: int, random: bytes) -> str:
    """A UUIDv7 (RFC 9562 section 5.7) from a Unix time in milliseconds and 10 random bytes."""
    number = (milliseconds << 80) | int.from_bytes(random[:10], "big")
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _opaque(prefix: str) -> StringConstraints:
    return StringConstraints(pattern=rf"^{prefix}_[a-z2-7]{{25}}[aeimquy4]$", max_length=len(prefix) + 27)


def _known_unit_id(text: str) -> str:
    try:
        parse_unit_id(text)
    except UnitIdInvalid as refusal:
        raise ValueError(refusal.detail) from None
    return text


def parse_base64url(text: object) -> bytes:
    """The inverse of ``format_base64url``.

    Raises:
        ValueError: it is not unpadded base64url in its one spelling.
    """
    if not isinstance(text, str):
        raise ValueError("expected base64url text")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if format_base64url(data) != text:
        raise ValueError("expected canonical base64url without padding")
    return data


def format_base64url(data: bytes) -> str:
    """Unpadded base64url (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    PlainSerializer(format_instant, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{_INSTANT.pattern}$", "format": "date-time"}),
]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^20\d\d-[01]\d-[0-3]\d$", max_length=10),
    AfterValidator(check_day),
]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$", max_length=64)]
EventIdText = Hex32
Digest = Hex32
Commitment = Hex32
Kid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$", max_length=16)]
Uuid7 = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", max_length=36),
]
KeyBytes = Annotated[
    bytes,
    BeforeValidator(parse_base64url),
    Field(min_length=32, max_length=2048),
    PlainSerializer(format_base64url, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]{43,2731}$"}),
]
PartyId = Annotated[str, _opaque("pty")]
SiteId = Annotated[str, _opaque("sit")]
PersonId = Annotated[str, _opaque("per")]
AuthorisationId = Annotated[str, _opaque("aut")]
ConsignmentId = Annotated[str, _opaque("con")]
BatchId = Annotated[str, _opaque("bch")]
ActId = Annotated[
    str, StringConstraints(pattern=r"^(ord|cas|fil|pln|ins|clm|cnt|tkt|rel|inc|apl)_[a-z2-7]{25}[aeimquy4]$")
]
UnitIdText = Annotated[str, Field(max_length=256), AfterValidator(_known_unit_id)]

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_:#-]{0,79}$", max_length=80)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=r"^\S(?:.*\S)?$")]
Count = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
MassG = Annotated[int, Field(ge=0, le=MASS_G_MAX)]
SignedMassG = Annotated[int, Field(ge=-MASS_G_MAX, le=MASS_G_MAX)]
EnergyWh = Annotated[int, Field(ge=0, le=ENERGY_WH_MAX)]
MxnCents = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
Permille = Annotated[int, Field(ge=0, le=1000)]

UnitKind = Literal["pack", "module", "cell", "lot"]
Chemistry = Literal[
    "NMC111",
    "NMC532",
    "NMC622",
    "NMC811",
    "NMC_other",
    "NCA",
    "LFP",
    "LMFP",
    "LMO",
    "LCO",
    "LTO",
    "Na_ion",
    "Li_metal",
    "unknown",
]
Condition = Literal["sound", "damaged", "critical"]
WasteClass = Literal["RP", "RME", "not_waste"]
Activity = Literal[
    "collection",
    "transport",
    "storage",
    "reuse",
    "repurposing",
    "dismantling",
    "recycling",
    "treatment",
    "disposal",
    "import",
    "export",
]
MassBasis = Literal["weighed", "estimated", "nameplate"]
PaperForm = Literal["manifest", "rme_transport"]
"""The legal paper of a load: the federal manifest of hazardous waste, or the neutral one of special-handling waste."""
Assurance = Literal["own_key", "e_firma", "one_time_key", "scanned_paper", "one_sided"]


class Part(BaseModel):
    """Base of every object inside a payload: unknown fields refused, types never coerced, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Document(Part):
    """A photo or paper kept in the blob store; the event holds only its digest (SHA-256 of the bytes)."""

    digest: Digest
    bytes: Annotated[int, Field(ge=1, le=20 * 1024 * 1024)]
    media_type: Literal["image/jpeg", "image/png", "image/webp", "application/pdf", "application/xml", "text/csv"]
    role: Literal["photo", "manifest", "movement_document", "weigh_slip", "oficio", "assay", "other"]


class Seen(Part):
    """The newest checkpoint that the signer held: its tree size and root."""

    size: Annotated[int, Field(ge=1, le=INTEGER_MAX)]
    root: Hex32


class UnitLink(Part):
    """A unit and the event id of its previous state-changing event (null for its first)."""

    id: UnitIdText
    prev: EventIdText | None


class Link(Part):
    """A consignment, batch, authorisation, key … and the event id of its previous event (null for its first)."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}_[a-z2-7]{26}$")]
    prev: EventIdText | None


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema (2020-12) of one payload kind, for clients."""
    return model.model_json_schema(mode="validation")
