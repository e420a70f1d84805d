"""An event: a statement whose envelope and payload were parsed and agree."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from ledger.domain.kinds import parse_payload
from ledger.domain.payload import Payload
from ledger.errors import IssuerMismatch
from ledger.keys import SigningKey
from ledger.statement import Envelope, parse_envelope, sign_statement
from ledger.strict_json import format_json, parse_json


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, stated by one party.

    ``id`` is the event id in hex, ``kid`` the signing key's id in hex. ``envelope`` keeps the exact bytes.
    """

    id: str
    kid: str
    payload: Payload
    envelope: Envelope

    @property
    def party(self) -> str:
        """The party whose act this is."""
        return self.payload.party

    @property
    def payload_digest(self) -> str:
        """SHA-256 of the payload bytes: what k root keys must agree on."""
        return sha256(self.envelope.payload).hexdigest()


def parse_event(raw: bytes) -> Event:
    """The event that these exact bytes spell. The signature is not verified here.

    Raises:
        StatementTooLarge, MalformedStatement: the bytes or the payload are not strictly well formed.
        IssuerMismatch: ``iss`` is not ``party``, or ``sub`` is not the statement's main subject.
    """
    envelope = parse_envelope(raw)
    payload = parse_payload(parse_json(envelope.payload))
    if envelope.iss != payload.party:
        raise IssuerMismatch("iss of the protected header is not the payload's party", field="/party")
    if envelope.sub != payload.main_subject():
        raise IssuerMismatch(
            "sub of the protected header is not the statement's main subject", expected=payload.main_subject()
        )
    return Event(envelope.event_id.hex(), envelope.kid.hex(), payload, envelope)


def sign_event(key: SigningKey, members: dict[str, object]) -> bytes:
    """A statement over these members, signed with a key of the party they name.

    Raises:
        MalformedStatement: the members do not spell a payload of a known kind.
    """
    payload = parse_payload(members)
    return sign_statement(key, iss=payload.party, sub=payload.main_subject(), payload=format_json(members))
