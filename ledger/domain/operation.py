"""Kinds by which the ledger speaks of itself, and by which its root rules it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.domain.payload import Disclosure, KeyRole, Payload, Signer
from ledger.domain.values import Count, EventIdText, KeyBytes, Name, Part, PartyId

VerifierKeyText = Annotated[
    str, StringConstraints(pattern=r"^[^+\s]{1,160}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{4,2400}={0,2}$", max_length=2600)
]
"""C2SP signed-note verifier key: name, key id, and type with public key in base64 (an ML-DSA-44 key is 1,313 bytes)."""


class RootKeys(Part):
    """The offline root: its keys, and how many of them make an act."""

    threshold: Annotated[int, Field(ge=1, le=16)]
    keys: Annotated[list[KeyBytes], Field(min_length=1, max_length=16)]


class OnlineKeys(Part):
    """Keys that the root delegates: SPKI of clock and recorder, note verifier keys of the checkpoint signer."""

    clock: KeyBytes
    recorder: KeyBytes
    checkpoint: Annotated[list[VerifierKeyText], Field(min_length=1, max_length=4)]


class Genesis(Payload):
    """Entry 0: the origin, the root and the online keys. Auditors pin its event id; it is signed by one root key."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "root"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"root"})
    kind: Literal["ledger.genesis"]
    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(/[A-Za-z0-9._-]+)*$", max_length=120)]
    operator: PartyId
    operator_name: Name
    root: RootKeys
    online: OnlineKeys
    rules_version: Annotated[int, Field(ge=1, le=1_000_000)]

    @model_validator(mode="after")
    def _root_is_not_online(self) -> Genesis:
        if self.operator == self.party:
            raise ValueError("operator: another party than the root, whose acts take k signatures")
        return self


class RulesAdopted(Payload):
    """From the next entry on, entries are judged by this version of the fold and its checks."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "root"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"root"})
    kind: Literal["ledger.rules"]
    rules_version: Annotated[int, Field(ge=1, le=1_000_000)]

    def reads(self) -> list[str]:
        return ["rules"]


class Tick(Payload):
    """The minute has advanced: entries after this one were recorded in it. ``tree_size`` is the tick's own index."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "clock"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"clock"})
    kind: Literal["ledger.tick"]
    tree_size: Count


class KeySucceeded(Payload):
    """The root replaces an online key of the ledger (clock, recorder or checkpoint)."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "root"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"root"})
    kind: Literal["ledger.key_succeeded"]
    role: Literal["clock", "recorder", "checkpoint"]
    spki: KeyBytes | None = None
    checkpoint: Annotated[list[VerifierKeyText], Field(max_length=4)] = []

    def reads(self) -> list[str]:
        return ["online"]


class RootRotated(Payload):
    """The old root hands over to a new one; from the next entry on only the new keys are the root."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "root"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"root"})
    kind: Literal["root.rotated"]
    root: RootKeys


class ConflictRecorded(Payload):
    """Two statements by one party on the same ``prev``: the first stands, the second had no effect."""

    disclosure: ClassVar[Disclosure] = "public"
    signer: ClassVar[Signer] = "recorder"
    roles: ClassVar[frozenset[KeyRole]] = frozenset({"recorder"})
    kind: Literal["conflict.recorded"]
    by: PartyId
    first: EventIdText
    second: EventIdText

    def reads(self) -> list[str]:
        return ["conflict"]
