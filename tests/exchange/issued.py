"""A yard's authorisations as credentials, and a foreign verifier that reads them from a made-up web."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.verify import VerificationPolicy, VerificationResult, verify_credential

from exchange.attestation import Attestation, attest, status_events
from exchange.credential import credential_document
from exchange.did import did_document, format_did, format_key_id
from exchange.securing import Issuer, add_proof
from exchange.status_list import PURPOSES, list_url, status_list_credential
from ledger.event import parse_event
from ledger.keys import SigningKey
from tests.yard import Yard

BASE = "https://ledger.example"
DAY = "2025-01-06"


@dataclass
class Desk:
    """Issues what a yard's log says on ``day``; ``fetch`` is the web that a verifier sees."""

    yard: Yard
    day: str = DAY
    key: SigningKey = field(default_factory=lambda: SigningKey.from_seed(bytes(range(32))))

    @property
    def issuer(self) -> Issuer:
        did = format_did(BASE)
        return Issuer(did, "Operador Demo, A.C.", format_key_id(did, self.key.public), self.key)

    def attestation(self, authorisation: str) -> Attestation:
        return attest(self.yard.state.get, authorisation, self.day)

    def document(self, authorisation: str) -> dict[str, Any]:
        attestation = self.attestation(authorisation)
        return credential_document(BASE, self.issuer, attestation, self.index(attestation.event))

    def proved(self, authorisation: str) -> dict[str, Any]:
        """As JSON with the proof inside, as it comes over a wire."""
        proved: dict[str, Any] = json.loads(
            json.dumps(add_proof(self.issuer, self.document(authorisation), now=self.yard.now))
        )
        return proved

    def status_list(self, purpose: Any, number: int = 0) -> dict[str, Any]:
        permits = [value for key, value in self.yard.state.items() if value.get("kind") == "authorisation"]
        events = status_events(permits, self.day)[purpose]
        return status_list_credential(BASE, self.issuer, purpose, number, map(self.index, events), now=self.yard.now)

    def index(self, event: str) -> int:
        return next(n for n, raw in enumerate(self.yard.entries) if parse_event(raw).id == event)

    def fetch(self, url: str) -> dict[str, Any]:
        pages = {f"{BASE}/.well-known/did.json": did_document(BASE, [self.key.public])}
        pages |= {
            list_url(BASE, purpose, 0): add_proof(self.issuer, self.status_list(purpose), now=self.yard.now)
            for purpose in PURPOSES
        }
        return copy.deepcopy(pages[url])

    def verify(self, credential: Any) -> VerificationResult:
        """As a foreign verifier does, which resolves the issuer and fetches, and verifies, the status lists."""
        now = datetime.fromtimestamp(self.yard.now, UTC)
        resolver = DidResolverRegistry([DidWebResolver(self.fetch)])

        def fetch_list(url: str) -> dict[str, Any]:
            unchecked = VerificationPolicy(require_status=False, now=now)
            return verify_credential(self.fetch(url), resolver=resolver, policy=unchecked).credential

        policy = VerificationPolicy(now=now, require_status_issuer_binding=True)
        return verify_credential(credential, resolver=resolver, policy=policy, resolve_status_list=fetch_list)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every text, number, boolean and empty list of a JSON value."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not items or not value:
        yield path
    for name, member in items:
        yield from leaves(member, (*path, name))


def altered(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy with another value of the same type at ``path``."""
    changed = copy.deepcopy(value)
    place = changed
    for name in path[:-1]:
        place = place[name]
    old = place[path[-1]]
    match old:
        case bool():
            place[path[-1]] = not old
        case int():
            place[path[-1]] = old + 1
        case str():
            place[path[-1]] = old[:-1] + ("0" if old[-1:] != "0" else "1")
        case _:
            place[path[-1]] = ["more"]
    return changed
