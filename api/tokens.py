"""Bearer tokens for reading: OAuth 2.0 client credentials with ``private_key_jwt`` (RFC 6749 §4.4, RFC 7523 §2.2).

The client asserts who it is by a JWT that is signed with a key enrolled in the ledger; there are no passwords. The
token is a JWT of this server's own, good for minutes, and stands only as long as that key does.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey
from joserfc.jws import JWSRegistry

from api.limits import ASSERTION_BYTES_MAX, ASSERTION_TTL_S_MAX, ASSERTIONS_MAX, CLOCK_SKEW_S
from api.refusals import CredentialInvalid
from ledger.errors import Unavailable
from ledger.keys import Algorithm, PublicKey

SCOPES: Final = frozenset({"read", "audit"})
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_MAC = "HS256"
_PARTY = re.compile(r"pty_[a-z2-7]{26}")
_KID = re.compile(r"[0-9a-f]{16}")


class _AssertionAlgorithms(JWSRegistry):
    """What an assertion may be signed with. ``EdDSA`` is the older name of ``Ed25519`` (RFC 9864)."""

    algorithms = {  # noqa: RUF012 (the library declares it so)
        "Ed25519": JWSRegistry.algorithms["Ed25519"],
        "EdDSA": JWSRegistry.algorithms["Ed25519"],
        "ES256": JWSRegistry.algorithms["ES256"],
    }


_ALGORITHMS: Final = {Algorithm.EDDSA: ["Ed25519", "EdDSA"], Algorithm.ES256: ["ES256"]}


@dataclass(frozen=True, slots=True)
class Assertion:
    """A client's JWT as it came; nothing in it is to be believed before ``verify_assertion``.

    Attributes:
        jwt: the exact text.
        party: who says to be asking (``sub``).
        kid: the key that it says signed, in hex.
    """

    jwt: str
    party: str
    kid: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a bearer token says: which party may read, by which of its keys, in which scopes."""

    party: str
    kid: str
    scopes: frozenset[str]


def parse_assertion(text: str) -> Assertion:
    """Read who an assertion says it is from, to look up the key.

    Raises:
        CredentialInvalid: it is no signed JWT with a key id and a party.
    """
    if len(text) > ASSERTION_BYTES_MAX:
        raise CredentialInvalid("the client assertion is too long", limit_bytes=ASSERTION_BYTES_MAX)
    try:
        opened = jws.extract_compact(text.encode("ascii"))
        claims = json.loads(opened.payload or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise CredentialInvalid("the client assertion is no signed JWT") from error
    kid = opened.headers().get("kid")
    party = claims.get("sub") if isinstance(claims, dict) else None
    if not (isinstance(kid, str) and _KID.fullmatch(kid) and isinstance(party, str) and _PARTY.fullmatch(party)):
        raise CredentialInvalid("the client assertion names no key (kid) and party (sub) of this ledger")
    return Assertion(text, party, kid)


def verify_assertion(assertion: Assertion, key: PublicKey, audiences: list[str], now: int) -> tuple[str, int]:
    """Prove the assertion against the key that it names; its id (``jti``) and the second after which it is dead.

    Args:
        assertion: as parsed.
        key: the enrolled key of its party and kid.
        audiences: the names under which this server may be addressed (RFC 7523 §3).
        now: seconds since 1970.

    Raises:
        CredentialInvalid: bad signature, another algorithm than the key's, ``iss`` other than ``sub``, another
            audience, no ``jti`` in text, or an ``exp`` that is past or more than five minutes ahead.
    """
    jwk = _jwk_of(key)
    claims = jwt.JWTClaimsRegistry(
        now,
        CLOCK_SKEW_S,
        iss={"essential": True, "value": assertion.party},
        sub={"essential": True, "value": assertion.party},
        aud={"essential": True, "values": audiences},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        token = jwt.decode(assertion.jwt, jwk, registry=_AssertionAlgorithms(algorithms=_ALGORITHMS[key.alg]))
        claims.validate(token.claims)
    except JoseError as error:
        raise CredentialInvalid(f"the client assertion is refused: {error.description or error.error}") from error
    expires_at, jti = token.claims["exp"], token.claims["jti"]
    if type(expires_at) is not int or not isinstance(jti, str):
        raise CredentialInvalid("exp is not in whole seconds, or jti is no text")
    if expires_at > now + ASSERTION_TTL_S_MAX + CLOCK_SKEW_S:
        raise CredentialInvalid(f"exp is more than {ASSERTION_TTL_S_MAX} s ahead", limit_s=ASSERTION_TTL_S_MAX)
    return jti, expires_at + CLOCK_SKEW_S


class UsedAssertions:
    """The assertions that were used and are not dead yet, so that none is used twice in this process."""

    def __init__(self, assertions_max: int = ASSERTIONS_MAX) -> None:
        self._lock = Lock()
        self._dead_at: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._assertions_max = assertions_max

    def use(self, party: str, jti: str, dead_at: int, now: int) -> None:
        """Remember this assertion of ``party`` until it is dead.

        Raises:
            CredentialInvalid: it was used before.
            Unavailable: too many are remembered; none is forgotten while it could be used again.
        """
        with self._lock:
            self._forget_dead(now)
            if (party, jti) in self._dead_at:
                raise CredentialInvalid("the client assertion was used before", cure="sign a new one, with its own jti")
            if len(self._dead_at) >= self._assertions_max:
                raise Unavailable("too many tokens were asked for in the last minutes", retry_after_s=60)
            self._dead_at[party, jti] = dead_at

    def _forget_dead(self, now: int) -> None:
        # Lives are of nearly one length, so the oldest die first; one that outlives its elders is kept a little longer.
        while self._dead_at and next(iter(self._dead_at.values())) < now:
            self._dead_at.popitem(last=False)


class TokenIssuer:
    """Makes bearer tokens and reads them back: JWTs (RFC 9068) under a key that the servers of one home share."""

    def __init__(self, secret: bytes, base_url: str, ttl_s: int) -> None:
        self._key = OctKey.import_key(secret)
        self._base_url = base_url
        self.ttl_s = ttl_s

    def issue(self, grant: Grant, now: int, *, ttl_s: int | None = None) -> str:
        """A token for ``grant`` that is good from ``now`` for ``ttl_s`` seconds, by default those of the issuer."""
        claims = {
            "iss": self._base_url,
            "aud": self._base_url,
            "sub": grant.party,
            "kid": grant.kid,
            "scope": " ".join(sorted(grant.scopes)),
            "exp": now + (self.ttl_s if ttl_s is None else ttl_s),
        }
        return jwt.encode({"alg": _MAC, "typ": "at+jwt"}, claims, self._key)

    def verify(self, token: str, now: int) -> Grant:
        """The grant of a token that this server made.

        Raises:
            CredentialInvalid: it did not make it, or the token is expired.
        """
        expected = jwt.JWTClaimsRegistry(
            now,
            aud={"essential": True, "value": self._base_url},
            exp={"essential": True},
        )
        try:
            opened = jwt.decode(token, self._key, algorithms=[_MAC])
            expected.validate(opened.claims)
        except (JoseError, ValueError) as error:
            raise CredentialInvalid("the bearer token is forged or expired", cure="ask for a new one") from error
        claims = opened.claims
        return Grant(claims["sub"], claims["kid"], frozenset(claims["scope"].split()))


def _jwk_of(key: PublicKey) -> OKPKey | ECKey:
    match load_der_public_key(key.spki):
        case Ed25519PublicKey() as public:
            return OKPKey.import_key(public)
        case EllipticCurvePublicKey() as public:
            return ECKey.import_key(public)
        case _:
            raise AssertionError("a public key is of one of two algorithms")
