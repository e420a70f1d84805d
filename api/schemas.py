"""The shapes of requests and answers, as the API's description gives them, each with an example."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from api.limits import (
    ALTERNATE_SCHEME_CHARS_MAX,
    ALTERNATE_VALUE_CHARS_MAX,
    BATCH_BODY_BYTES_MAX,
    BATCH_STATEMENTS_MAX,
    HEADS_MAX,
    SEALED_MEMBERS_MAX,
)
from ledger.domain.unit_id import UNIT_ID_CHARS_MAX
from ledger.domain.values import PartyId
from ledger.statement import STATEMENT_BYTES_MAX
from ledger.store.sealed import READERS_MAX

EVENT_ID: Final = "5f2b0d3c9a417f5e8c60b1d2e3f4a5968778695a4b3c2d1e0f00112233445566"
HEAD_ID: Final = "9c1185a5c5e9fc54612808977ee8f548b2258d31c0d5e1f7a3b6c8d9e0f1a2b3"
UNIT: Final = "https://id.gs1.org/01/07501234567893/21/P000001"
PARTY: Final = "pty_mfzwizltoq2gk3tfnzsxe5dfoi"
AUTHORISATION: Final = "aut_mfzwizltoq2gk3tfnzsxe5dfoi"
KID: Final = "339e2ff917630507"
BASE: Final = "https://ledger.example"

Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]


class Shape(BaseModel):
    """Base of every shape: no member that is not described."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class Problem(BaseModel):
    """RFC 9457 problem document. Programs branch on ``type``; further members are facts that ``/problems`` explains."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    field: str | None = None
    cure: str | None = None


class Links(Shape):
    """Where to read more of a recorded statement."""

    event: str
    receipt: str


_LINKS: Final[dict[str, JsonValue]] = {
    "event": f"{BASE}/v1/events/{EVENT_ID}",
    "receipt": f"{BASE}/v1/events/{EVENT_ID}/receipt",
}
_RECORDED: Final[dict[str, JsonValue]] = {
    "status": 201,
    "index": 42,
    "event_id": EVENT_ID,
    "leaf_hash": HEAD_ID,
    "recorded_at": "2026-03-01T17:05:00Z",
    "links": _LINKS,
}
_WAITING: Final[dict[str, JsonValue]] = {"status": 202, "event_id": EVENT_ID, "waiting_for": [HEAD_ID]}


class RecordedAnswer(Shape):
    """The statement is committed to the log."""

    model_config = _example(**_RECORDED)
    status: Literal[200, 201]
    index: int
    event_id: Hex32
    leaf_hash: Hex32
    recorded_at: Instant
    links: Links


class WaitingAnswer(Shape):
    """The statement is kept until the events it builds on are in the log."""

    model_config = _example(**_WAITING)
    status: Literal[202]
    event_id: Hex32
    waiting_for: list[Hex32]


class BatchAnswer(Shape):
    """One result for each statement, in order."""

    model_config = _example(status=200, results=[_RECORDED, _WAITING])
    status: Literal[200]
    results: list[RecordedAnswer | WaitingAnswer | Problem]


class ToldInAdvance(Shape):
    """A finding that the statement would open, or (effect ``block``) the requirement by which it is refused."""

    requirement: str
    finding: str
    party: str | None
    subject: str
    effect: str
    article: str
    statement: dict[str, str]
    cure: dict[str, str]


class CheckAnswer(BaseModel):
    """What recording the statement would answer now; ``status`` tells which answer it is."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{**_RECORDED, "findings": []}]})
    status: int
    findings: list[ToldInAdvance]


_SUMMARY: Final = {
    "index": 42,
    "event_id": EVENT_ID,
    "kind": "unit.produced",
    "party": PARTY,
    "recorded_at": "2026-03-01T17:05:00Z",
    "leaf_hash": HEAD_ID,
    "disclosure": "parties",
    "effect": True,
    "statement": {"v": 1, "kind": "unit.produced", "party": PARTY},
}


class EventAnswer(Shape):
    """An entry of the log; ``statement`` is what was signed, ``effect`` false for the loser of a conflict."""

    model_config = _example(**_SUMMARY)
    index: int
    event_id: Hex32
    kind: str
    party: str
    recorded_at: Instant
    leaf_hash: Hex32
    disclosure: Literal["public", "parties", "authority"]
    effect: bool
    statement: dict[str, JsonValue]


class EventsPage(Shape):
    """Those entries of a page that the reader may see, and the cursor of the next page, null at the end."""

    model_config = _example(events=[_SUMMARY], next="42")
    events: list[EventAnswer]
    next: str | None


_DELEGATION: Final[dict[str, JsonValue]] = {"party": PARTY, "kid": KID, "roles": ["custody"], "revoked": False}


class DelegationRow(Shape):
    """A key with which the party asked about acts for ``party``."""

    model_config = _example(**_DELEGATION)
    party: str
    kid: str
    roles: list[str]
    revoked: bool


class DelegationsAnswer(Shape):
    """For whom a party acts, by party represented and key; null at the end of the last page."""

    model_config = _example(delegations=[_DELEGATION], next=None)
    delegations: list[DelegationRow]
    next: str | None


class UnitAnswer(Shape):
    """A unit: what everybody may know; ``head`` for any party, ``state`` for its holder and for authorities."""

    model_config = _example(
        id=UNIT,
        genuine=True,
        unit_kind="pack",
        chemistry="NMC622",
        stage="marketed",
        month="2026-03",
        recalled=None,
        stolen=False,
        head=HEAD_ID,
        state=None,
    )
    id: str
    genuine: bool
    unit_kind: str
    chemistry: str | None
    stage: str
    month: str
    recalled: str | None
    stolen: bool
    head: Hex32 | None
    state: dict[str, JsonValue] | None


class HeadsRequest(Shape):
    """Subjects by their state keys: ``unit/…``, ``act/…``, ``party/…``, ``site/…``, ``key/<party>/<kid>``."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"subjects": [f"unit/{UNIT}"]}]}
    )
    subjects: Annotated[
        list[Annotated[str, Field(pattern=r"^(unit|act|party|site|key)/[!-~]{1,256}$", max_length=262)]],
        Field(min_length=1, max_length=HEADS_MAX),
    ]


class Head(Shape):
    """The newest event of a subject (the ``prev`` of the next one) and when that happened."""

    head: Hex32
    head_at: Instant


class HeadsAnswer(Shape):
    """The head of each subject; null for what the ledger does not know, and for what nothing extends."""

    model_config = _example(heads={f"unit/{UNIT}": {"head": HEAD_ID, "head_at": "2026-03-01T17:04:30Z"}})
    heads: dict[str, Head | None]


class AlternateRequest(Shape):
    """Another name of a unit: a VIN, a GB/T 34014 code, a maker's own serial."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"scheme": "gbt34014", "value": "001PB0AA000001B1A0000001", "unit": UNIT}]},
    )
    scheme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=ALTERNATE_SCHEME_CHARS_MAX)]
    value: Annotated[str, Field(pattern=r"^[!-~]+$", max_length=ALTERNATE_VALUE_CHARS_MAX)]
    unit: Annotated[str, Field(max_length=UNIT_ID_CHARS_MAX)]


class AlternatesAnswer(Shape):
    """The units under this name; more than one if parties disagree, so never to be trusted alone."""

    model_config = _example(units=[{"unit": UNIT, "stated_by": PARTY}])
    units: list[AlternateOf]


class AlternateOf(Shape):
    """A unit, and who says that it bears the name."""

    unit: str
    stated_by: str


class KeyAnswer(Shape):
    """A key of a party, as enrolled."""

    kid: str
    spki: str
    roles: list[str]
    revoked: bool


class PartyAnswer(Shape):
    """A party, its keys and its permits, all of them public. A natural person has no name here."""

    model_config = _example(
        id=PARTY,
        form="moral",
        name="Recicladora Demo, S.A. de C.V.",
        powers=[],
        closed=False,
        head=HEAD_ID,
        keys=[{"kid": "0123456789abcdef", "spki": "MCowBQYDK2VwAyEA", "roles": ["custody"], "revoked": False}],
        authorisations=["aut_mfzwizltoq2gk3tfnzsxe5dfoi"],
    )
    id: str
    form: str
    name: str | None
    powers: list[str]
    closed: bool
    head: Hex32 | None
    keys: list[KeyAnswer]
    authorisations: list[str]


class TokenAnswer(Shape):
    """A bearer token (RFC 6749 section 5.1)."""

    model_config = _example(access_token="eyJ…", token_type="Bearer", expires_in=600, scope="read")  # noqa: S106 (no secret)
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class PendingAnswer(Shape):
    """The entry is committed; no signed checkpoint covers it yet. Ask again after ``Retry-After``."""

    model_config = _example(status=202, event_id=EVENT_ID, index=42)
    status: Literal[202]
    event_id: Hex32
    index: int


class BlobAnswer(Shape):
    """A document that lies beside the log."""

    model_config = _example(digest=EVENT_ID, bytes=48213, media_type="image/jpeg")
    digest: Hex32
    bytes: int
    media_type: str


class MissingDocument(Shape):
    """A document that entries cite and whose bytes nobody has deposited."""

    digest: Hex32
    indexes: list[int]


class MissingDocumentsAnswer(Shape):
    """Documents that are missing, as far as the log has been looked through (``followed`` entries)."""

    model_config = _example(followed=4711, missing=[{"digest": EVENT_ID, "indexes": [42]}], next=None)
    followed: int
    missing: list[MissingDocument]
    next: Hex32 | None


_PERSON: Final[JsonDict] = {"name": "Ana Demo", "rfc": "XAXX010101000"}
_SALT: Final = "AAECAwQFBgcICQoLDA0ODw"


class SealedRequest(Shape):
    """What a commitment was made from, and which parties beside the depositor may read it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"salt": _SALT, "value": _PERSON, "readers": [PARTY]}]},
    )
    salt: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{22,64}$")]
    value: Annotated[dict[str, str], Field(min_length=1, max_length=SEALED_MEMBERS_MAX)]
    readers: Annotated[list[PartyId], Field(max_length=READERS_MAX)] = []


class SealedRow(Shape):
    """A sealed value that was deposited; once erased, only this is left of it."""

    model_config = _example(commitment=EVENT_ID, sealed_at="2026-03-01T10:00:00Z", erased_at=None)
    commitment: Hex32
    sealed_at: Instant
    erased_at: Instant | None


class SealedListAnswer(Shape):
    """What one party has deposited, oldest first."""

    model_config = _example(sealed=[{"commitment": EVENT_ID, "sealed_at": "2026-03-01T10:00:00Z", "erased_at": None}])
    sealed: list[SealedRow]


class SealedAnswer(Shape):
    """Salt and value: SHA-256 of the deterministic CBOR of ``[salt, value]`` is the commitment."""

    model_config = _example(commitment=EVENT_ID, salt=_SALT, value=_PERSON, sealed_by=PARTY)
    commitment: Hex32
    salt: str
    value: dict[str, str]
    sealed_by: str


_AUTHORISED: Final = f"{BASE}/v1/authorisations/{AUTHORISATION}"
_NAMED_PARTY: Final[dict[str, JsonValue]] = {"party": PARTY, "form": "moral", "name": "Recicladora Demo, S.A. de C.V."}


class AttestedPartyShape(Shape):
    """A party; a natural person has no name here."""

    party: str
    form: str
    name: str | None = None


class AttestedSiteShape(Shape):
    """A site of the scope, with INEGI's codes of its state and municipality."""

    site: str
    name: str | None = None
    state: str
    municipality: str


class AttestedPermit(Shape):
    """What the log says of an authorisation on a day; members that are not known are left out."""

    authorisation: str
    number: str
    event: Hex32
    day: str
    standing: str
    holder: AttestedPartyShape
    authority: AttestedPartyShape
    only_transcribed: bool
    claimed: bool
    court: str | None = None
    court_file: str | None = None
    said_from: str
    from_on: str
    to_on: str
    oficio: str | None = None
    notified_on: str | None = None
    decided_on: str | None = None
    source: str | None = None
    listed_on: str | None = None
    activities: list[str]
    waste_classes: list[str]
    wastes: list[str]
    chemistries: list[str]
    conditions: list[str]
    modes: list[str]
    sites: list[AttestedSiteShape]
    capacity_g_per_year: int | None = None
    storage_capacity_g: int | None = None


class StatusEntry(Shape):
    """Where a status list tells about the credential (Bitstring Status List v1.0)."""

    id: str
    type: Literal["BitstringStatusListEntry"]
    statusPurpose: Literal["revocation", "suspension"]  # noqa: N815 (W3C's spelling)
    statusListIndex: str  # noqa: N815 (the same)
    statusListCredential: str  # noqa: N815 (the same)


class AuthorisationLinks(Shape):
    """Where the authorisation can be read, shown and proven."""

    page: str
    credential: str
    certificate: str
    event: str
    evidence: str


class AuthorisationCheckAnswer(Shape):
    """Whether an authorisation holds today, what it says, and where each proof of it is."""

    model_config = _example(
        holds=True,
        permit={
            "authorisation": AUTHORISATION,
            "number": "19-39-PS-0001-2024",
            "event": EVENT_ID,
            "day": "2026-03-01",
            "standing": "in-force",
            "holder": _NAMED_PARTY,
            "authority": {"party": PARTY, "form": "authority", "name": "SEMARNAT"},
            "only_transcribed": False,
            "claimed": False,
            "said_from": "2024-01-01",
            "from_on": "2024-01-01",
            "to_on": "2034-01-01",
            "oficio": "DGGIMAR.710/000001",
            "notified_on": "2024-01-02",
            "activities": ["recycling"],
            "waste_classes": ["RP"],
            "wastes": [],
            "chemistries": ["NMC622"],
            "conditions": ["sound"],
            "modes": [],
            "sites": [{"site": "sit_mfzwizltoq2gk3tfnzsxe5dfoi", "state": "19", "municipality": "039"}],
            "capacity_g_per_year": 120_000_000,
        },
        status=[
            {
                "id": f"{BASE}/credentials/status/revocation/0#42",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": "42",
                "statusListCredential": f"{BASE}/credentials/status/revocation/0",
            }
        ],
        links={
            "page": f"{BASE}/autorizaciones/{AUTHORISATION}",
            "credential": f"{_AUTHORISED}/credential",
            "certificate": f"{_AUTHORISED}/certificate",
            "event": f"{BASE}/v1/events/{EVENT_ID}",
            "evidence": f"{BASE}/v1/events/{EVENT_ID}/receipt",
        },
    )
    holds: bool
    permit: AttestedPermit
    status: list[StatusEntry]
    links: AuthorisationLinks


class DidDocumentAnswer(BaseModel):
    """The did:web document of the operator: the keys that may sign its credentials."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
                    "id": "did:web:ledger.example",
                    "verificationMethod": [],
                    "assertionMethod": [],
                }
            ]
        },
    )
    id: str
    verificationMethod: list[dict[str, JsonValue]]  # noqa: N815 (W3C's spelling)
    assertionMethod: list[str]  # noqa: N815 (the same)


class StartAnswer(Shape):
    """The log's name, and where things are."""

    model_config = _example(
        origin="ledger.example/one",
        description=f"{BASE}/openapi.json",
        checkpoint=f"{BASE}/checkpoint",
        directory=f"{BASE}/v1/directory",
        token=f"{BASE}/oauth/token",
    )
    origin: str
    description: str
    checkpoint: str
    directory: str
    token: str


class LiveAnswer(Shape):
    """The process answers."""

    model_config = _example(status="live")
    status: Literal["live"]


class ReadyAnswer(Shape):
    """The server can record: how much is in the log, how much of that is covered by a checkpoint."""

    model_config = _example(status="ready", size=4711, covered=4711)
    status: Literal["ready"]
    size: int
    covered: int


def answer(description: str, *shapes: Any, media_types: tuple[str, ...] = ()) -> dict[str, Any]:
    """The OpenAPI response of these JSON shapes, or of bytes in these media types, or of both."""
    described: dict[str, Any] = {"description": description}
    if shapes:
        described["model"] = reduce(or_, shapes)
    if media_types:
        described["content"] = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}
    return described


def statement_body(*media_types: str) -> dict[str, Any]:
    """The OpenAPI request body of signed statements."""
    limits = {
        "application/cose": f"One statement: a tag-18 COSE_Sign1, at most {STATEMENT_BYTES_MAX} bytes",
        "application/cbor-seq": f"At most {BATCH_STATEMENTS_MAX} statements and {BATCH_BODY_BYTES_MAX} bytes",
    }
    content = {
        kind: {"schema": {"type": "string", "format": "binary", "description": limits[kind]}} for kind in media_types
    }
    return {"requestBody": {"required": True, "content": content}}


AlternatesAnswer.model_rebuild()
