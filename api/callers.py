"""Who is asking: nobody in particular, or a party that a bearer token names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request

from api.refusals import CredentialInvalid, CredentialMissing, PermissionMissing, RequestMalformed
from api.services import Services, ServicesDep
from api.tokens import Grant
from ledger.domain.payload import Power, key_key, party_key
from ledger.fold.state import Value
from ledger.store.reads import PATH_CHARS_MAX, OfficialRead, note_read
from ledger.store.session import Reader
from ledger.store.state import load_states

OVERSEEING: Final = frozenset({"inspect", "register"})
"""Powers whose bearers read everything."""
_OF_THE_LEDGER: Final = frozenset({"root", "clock", "recorder"})
"""Roles of keys that sign for the ledger: clock and recorder are the operator's, and lie on a server."""
AUDIT: Final = "audit"
"""The scope of whoever checks the whole ledger, and those who read it."""
AUDITING: Final = "inspect"
"""The power that the scope ``audit`` takes."""


_RULING: Final = frozenset({"authority", "read"})
"""Roles of keys that stand for an authority in what it may see; its drivers' and clerks' keys see as any party's."""

DESK_ROOT: Final = "/escritorio"
DESK_COOKIE: Final = "escritorio"
_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking.

    Attributes:
        party: None for the public.
        powers: what the root lets the party do, now; none for a key that is neither ``authority`` nor ``read``.
        scopes: of its token.
        roles: of its key, now.
        kid: of its key, in hex.
        sites: to which the key is limited; empty for no such limit.
    """

    party: str | None = None
    powers: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    kid: str | None = None
    sites: frozenset[str] = frozenset()

    @property
    def sees_all(self) -> bool:
        """An authority that inspects or registers reads statements of every class."""
        return bool(self.powers & OVERSEEING)

    @property
    def sees_loads_only(self) -> bool:
        """A driver's key: it reads about what it carries, and not the rest of its party's affairs."""
        return self.roles == {"transport"}


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
    key, party = values[at_key] or {}, values[at_party] or {}
    roles = frozenset(key["roles"])
    powers = frozenset(party.get("powers", [])) if "closed_at" not in party and roles & _RULING else frozenset()
    if AUDIT in grant.scopes and AUDITING not in powers:
        raise PermissionMissing("the scope audit takes the power to inspect", power=AUDITING)
    sites = frozenset((key.get("limits") or {}).get("sites", []))
    return Caller(grant.party, powers, grant.scopes, roles, grant.kid, sites)


def _caller(request: Request, services: ServicesDep) -> Caller:
    credential = request.headers.get("authorization") or _desk_pass(request)
    if credential is None:
        return PUBLIC
    scheme, _, token = credential.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise CredentialInvalid("the Authorization header is not a bearer token (RFC 6750)")
    caller = _bearer(services, token)
    _note_read(request, services, caller)
    return caller


def _desk_pass(request: Request) -> str | None:
    """What a browser brings to the desk of authorities in place of the header."""
    path = request.scope["path"]
    at_desk = path == DESK_ROOT or path.startswith(f"{DESK_ROOT}/")
    kept = request.cookies.get(DESK_COOKIE) if at_desk else None
    return None if kept is None else f"Bearer {kept}"


def _note_read(request: Request, services: Services, caller: Caller) -> None:
    """Keep that an authority which sees all has asked for this, before it is answered.

    A process that dies between the two has noted a read that nobody got; the reverse is never so. What cannot be noted
    is not shown.

    Raises:
        RequestMalformed: the address is longer than what is kept of it: padding would hide what follows.
        Unavailable: the database cannot write.
    """
    if not caller.sees_all or request.method not in _READING:
        return
    query = f"?{request.url.query}" if request.url.query else ""
    path = request.scope["path"] + query
    if len(path) > PATH_CHARS_MAX:
        raise RequestMalformed("the address is longer than is kept of what officials read", limit_chars=PATH_CHARS_MAX)
    read = OfficialRead(
        read_at=services.clock.now(),
        request=request.scope["state"]["request_id"],
        party=str(caller.party),
        kid=str(caller.kid),
        path=path,
    )
    services.store.write(lambda writer: note_read(writer, read))


def _bearer(services: Services, token: str) -> Caller:
    now = services.clock.now()
    grant = services.tokens.verify(token, now)
    services.rates.spend("reads", f"{grant.party}:{grant.kid}")
    with services.store.read() as reader:
        return caller_of(reader, grant, now)


CallerDep = Annotated[Caller, Depends(_caller)]


_OFFICE: Final = frozenset({"authority", "admin", "custody", "prepare", "read"})


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route. Every route declares it, and what it declares is what it enforces.

    Attributes:
        everybody: nobody has to say who is asking.
        roles: the caller's key has one of these; empty for any.
        powers: the caller has one of these from the root; empty for none.
        scope: of the caller's token; None for any.
    """

    everybody: bool = False
    roles: frozenset[str] = frozenset()
    powers: frozenset[str] = frozenset()
    scope: str | None = None

    def check(self, caller: Caller) -> None:
        """The caller may call the route.

        Raises:
            CredentialMissing: nobody says who is asking.
            PermissionMissing: the key lacks the role, the party the power, or the token the scope.
        """
        if self.everybody:
            return
        if caller.party is None:
            raise CredentialMissing("only a party reads this", cure="get a token at /oauth/token")
        if self.scope is not None and self.scope not in caller.scopes:
            raise PermissionMissing("the token lacks the scope that reads this", scope=self.scope)
        if self.powers and not self.powers & caller.powers:
            raise PermissionMissing(
                "only a key (authority, read) of an authority with the power may do this", any_of=[*sorted(self.powers)]
            )
        if self.roles and not self.roles & caller.roles:
            raise PermissionMissing("the key lacks the role that may do this", any_of=[*sorted(self.roles)])


class Gate:
    """The dependency of a route that keeps its ``access``."""

    def __init__(self, access: Access) -> None:
        self.access = access

    def __call__(self, caller: CallerDep) -> None:
        """Raises: as ``Access.check``."""
        self.access.check(caller)


class OpenGate:
    """The dependency of a route for everybody: it does not ask who is calling."""

    access = Access(everybody=True)

    def __call__(self) -> None:
        """Let everybody in."""


def for_powers(*powers: Power) -> Any:
    """For keys of authorities that have one of these powers."""
    return Depends(Gate(Access(powers=frozenset(powers))))


FOR_ALL: Final = Depends(OpenGate())
FOR_PARTIES: Final = Depends(Gate(Access()))
FOR_OFFICES: Final = Depends(Gate(Access(roles=_OFFICE)))
"""For every key of a party but a driver's."""
FOR_ADMINS: Final = Depends(Gate(Access(roles=frozenset({"authority", "admin"}))))
FOR_AUDITORS: Final = Depends(Gate(Access(scope=AUDIT)))
