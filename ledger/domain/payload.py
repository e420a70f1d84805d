"""What every statement says: the common members, and what a kind declares about itself.

A kind is a frozen model with a permanent tag. Besides its fields it declares, as class attributes, its disclosure
class, who signs it and with which key roles; and as methods, which state it extends (``links``: moves custody or
changes what a subject is, so each names its ``prev``), which it speaks about (``abouts``: commutes) and which it
only reads (``reads``).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, NamedTuple

from pydantic import Field

from ledger.domain.values import (
    DOCUMENTS_MAX,
    Document,
    EventIdText,
    Instant,
    Part,
    PartyId,
    Seen,
    SiteId,
    UnitLink,
    Uuid7,
)

Disclosure = Literal["public", "parties", "authority"]
KeyRole = Literal[
    "root", "clock", "recorder", "checkpoint", "authority", "admin", "custody", "transport", "prepare", "read"
]
AUTHORITY_ROLES: Final[frozenset[KeyRole]] = frozenset({"authority", "root"})
ADMIN_ROLES: Final[frozenset[KeyRole]] = frozenset({"authority", "admin", "root"})
Power = Literal["register", "grant", "transcribe", "inspect", "order", "enact"]
Signer = Literal["root", "clock", "recorder", "operator", "authority", "registrar", "holder", "party"]
"""Who signs a kind.

``root``: k of the n root keys, byte-equal payload. ``clock`` and ``recorder``: the ledger's own keys. ``authority``:
a party to which the root gave the kind's power. ``registrar``: such a party, or the
party whose own affair it is (its sites and keys; a permit it transcribed). ``holder``: who
holds the units at that moment. ``party``: a registered party, in the role that the kind's transition demands.
"""


class Subject(NamedTuple):
    """A state value that a statement extends: its key, the previous event it names, and where it says so."""

    key: str
    prev: str | None
    pointer: str


class Amount(NamedTuple):
    """A correctable quantity: where it stands in the payload, and which attribute of which state value it set."""

    pointer: str
    key: str
    attribute: str
    value: int


class Payload(Part):
    """Members that every kind carries.

    ``party`` is the party whose act this is (the envelope's ``iss``); ``occurred_at`` is when it happened, as the
    party says; ``seen`` is the newest checkpoint the signer held; ``restates`` names an own statement that lost a
    conflict and is stated anew by this one.
    """

    disclosure: ClassVar[Disclosure] = "parties"
    signer: ClassVar[Signer] = "party"
    power: ClassVar[Power | None] = None
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"custody"})
    annullable: ClassVar[bool] = False
    counterparty: ClassVar[bool] = False
    """Whether another party signed the same fact, so that a correction waits for its agreement."""

    # Not Literal[1]: True equals 1 too.
    v: Annotated[int, Field(ge=1, le=1)]
    kind: str
    id: Uuid7
    occurred_at: Instant
    party: PartyId
    site: SiteId | None = None
    seen: Seen | None = None
    restates: EventIdText | None = None
    documents: Annotated[list[Document], Field(default_factory=list, max_length=DOCUMENTS_MAX)]

    def links(self) -> list[Subject]:
        """The state this statement extends, each with the previous event it names."""
        return []

    @cached_property
    def extends(self) -> list[Subject]:
        """``links``, put together once: every step of the write path asks for them."""
        return self.links()

    def abouts(self) -> list[str]:
        """Keys of the state that this statement speaks about without extending it."""
        return []

    def reads(self) -> list[str]:
        """Further keys the transition reads or writes."""
        return []

    def amounts(self) -> list[Amount]:
        """The quantities that ``event.corrected`` may mend."""
        return []

    def main_subject(self) -> str:
        """The envelope's ``sub``: the act if there is one, else the single unit, else the party."""
        return self.party


def unit_key(unit: str) -> str:
    """State key of a unit."""
    return f"unit/{unit}"


def party_key(party: str) -> str:
    """State key of a party."""
    return f"party/{party}"


def site_key(site: str) -> str:
    """State key of a site."""
    return f"site/{site}"


def key_key(party: str, kid: str) -> str:
    """State key of a party's signing key."""
    return f"key/{party}/{kid}"


def delegation_key(delegate: str, party: str, kid: str) -> str:
    """State key of a delegation: ``delegate`` acts for ``party`` with the key ``kid``."""
    return f"delegation/{delegate}/{party}/{kid}"


def act_key(act: str) -> str:
    """State key of a consignment, batch, authorisation, order, case or other act with an opaque id."""
    return f"act/{act}"


def permits_key(party: str) -> str:
    """State key of the list of a party's permits."""
    return f"permits/{party}"


def event_key(event_id: str) -> str:
    """State key of what later statements may need to know of an event."""
    return f"event/{event_id}"


def finding_key(event_id: str, number: int) -> str:
    """State key of the finding that an event opened as its ``number``-th, counted from 0."""
    return f"finding/{event_id}/{number}"


def unit_subjects(units: list[UnitLink]) -> list[Subject]:
    """The links of a list of units, in its order."""
    return [Subject(f"unit/{u.id}", u.prev, f"/units/{n}") for n, u in enumerate(units)]
