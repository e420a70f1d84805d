"""Who is asking: nobody in particular, or a party that a bearer token names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Request

from api.refusals import CredentialInvalid, CredentialMissing, PermissionMissing
from api.services import Services, ServicesDep
from api.tokens import Grant
from ledger.domain.payload import key_key, party_key
from ledger.fold.state import Value
from ledger.store.session import Reader
from ledger.store.state import load_states

OVERSEEING: Final = frozenset({"inspect", "register"})
"""Powers whose bearers read everything."""
_OF_THE_LEDGER: Final = frozenset({"root", "clock", "recorder"})
"""Roles of keys that sign for the ledger: clock and recorder are the operator's, and lie on a server."""
AUDITING: Final = "inspect"
"""The power that the scope ``audit`` takes."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes:
        party: None for the public.
        powers: what the root lets the party do, now.
        scopes: of its token.
    """

    party: str | None = None
    powers: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()

    @property
    def sees_all(self) -> bool:
        """An authority that inspects or registers reads statements of every class."""
        return bool(self.powers & OVERSEEING) or "audit" in self.scopes


PUBLIC: Final = Caller()


def check_key_reads(key: Value | None, now: int) -> None:
    """The key may read in its party's name at ``now`` (seconds since 1970).

    Raises:
        CredentialInvalid: it is not enrolled, revoked, outside its time limits, bound to one consignment, or one of
            the ledger's own.
    """
    if key is None or key["revoked"]:
        raise CredentialInvalid("the key is not enrolled for this party, or is revoked")
    if _OF_THE_LEDGER & set(key["roles"]):
        raise CredentialInvalid("a key of the ledger itself reads nothing", cure="ask with another key of the party")
    limits = key.get("limits") or {}
    if not limits.get("not_before", 0) <= now <= limits.get("not_after", now):
        raise CredentialInvalid("the key is outside its time limits")
    if limits.get("consignment"):
        raise CredentialInvalid("a key for one consignment reads nothing", cure="ask with another key of the party")


def caller_of(reader: Reader, grant: Grant, now: int) -> Caller:
    """The party of a token, as the ledger knows it now: a revocation or a lost power counts from its entry on.

    Raises:
        CredentialInvalid: the token's key no longer reads.
        PermissionMissing: the token has the scope ``audit``, and the party the power no longer.
    """
    at_key, at_party = key_key(grant.party, grant.kid), party_key(grant.party)
    values = load_states(reader, [at_key, at_party])
    check_key_reads(values[at_key], now)
    party = values[at_party] or {}
    powers = frozenset() if "closed_at" in party else frozenset(party.get("powers", []))
    if "audit" in grant.scopes and AUDITING not in powers:
        raise PermissionMissing("the scope audit takes the power to inspect", power=AUDITING)
    return Caller(grant.party, powers, grant.scopes)


def _caller(request: Request, services: ServicesDep) -> Caller:
    credential = request.headers.get("authorization")
    if credential is None:
        return PUBLIC
    scheme, _, token = credential.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise CredentialInvalid("the Authorization header is not a bearer token (RFC 6750)")
    return _bearer(services, token)


def _bearer(services: Services, token: str) -> Caller:
    now = services.clock.now()
    grant = services.tokens.verify(token, now)
    services.rates.spend("reads", f"{grant.party}:{grant.kid}")
    with services.store.read() as reader:
        return caller_of(reader, grant, now)


CallerDep = Annotated[Caller, Depends(_caller)]


def _refuse_public(caller: CallerDep) -> None:
    if caller.party is None:
        raise CredentialMissing("only a party reads this", cure="get a token at /oauth/token")


def _refuse_all_but_auditors(caller: CallerDep) -> None:
    if caller.party is None:
        raise CredentialMissing("only an auditor reads this", cure="get a token of the scope audit at /oauth/token")
    if "audit" not in caller.scopes:
        raise PermissionMissing("only the scope audit reads this", scope="audit")


FOR_PARTIES: Final = Depends(_refuse_public)
FOR_AUDITORS: Final = Depends(_refuse_all_but_auditors)
