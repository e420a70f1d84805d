"""The two W3C ways in which a credential is secured, both with the one key that the issuer's document names.

* Enveloped: a compact JWS, ``application/vc+jwt`` (Securing Verifiable Credentials using JOSE and COSE §3.1). Its
  claims are the credential's own members; ``vc`` is not among them.
* With a proof inside: ``application/vc``, Data Integrity with ``eddsa-jcs-2022`` (Data Integrity EdDSA Cryptosuites
  §3.3), for verifiers that read no JOSE.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from exchange.did import assertion_key
from ledger.domain.values import format_base64url, format_instant, parse_base64url
from ledger.errors import MalformedStatement, ProofInvalid
from ledger.keys import Algorithm, SigningKey, verify_signature
from ledger.strict_json import parse_json

VC_JWT: Final = "application/vc+jwt"
VC: Final = "application/vc"
TOKEN_CHARS_MAX: Final = 256 * 1024

_TYPE, _CONTENT_TYPE = "vc+jwt", "vc"
_ALG_NAMES: Final = {Algorithm.EDDSA: "EdDSA", Algorithm.ES256: "ES256"}
_SUITE: Final = "eddsa-jcs-2022"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who speaks: its DID, the DID URL of its key, and the key. Its name is what people read."""

    did: str
    name: str
    key_id: str
    key: SigningKey


def sign_vc_jwt(issuer: Issuer, credential: Mapping[str, Any], *, now: int) -> str:
    """The credential as compact JWS; ``now`` (seconds since 1970) is the only thing in it that its content is not."""
    header = {"alg": _ALG_NAMES[issuer.key.public.alg], "typ": _TYPE, "cty": _CONTENT_TYPE, "kid": issuer.key_id}
    claims = {"iss": issuer.did, "iat": now, **credential}
    signed = ".".join(format_base64url(_spell(part)) for part in (header, claims))
    return f"{signed}.{format_base64url(issuer.key.sign(signed.encode()))}"


def verify_vc_jwt(token: str, did_document: Mapping[str, Any]) -> dict[str, Any]:
    """The credential inside ``token``, if the key that ``did_document`` gives its issuer has signed it.

    Raises:
        ProofInvalid: it is not such a token, or the document is not its issuer's or does not have its key.
        SignatureInvalid: the signature is not over these bytes.
    """
    header, claims, signature = _parse(token)
    if header.get("typ") != _TYPE or "crit" in header or {"vc", "vp"} & claims.keys():
        raise ProofInvalid("the token is not a vc+jwt")
    issuer = issuer_of(claims)
    if claims.get("iss", issuer) != issuer:
        raise ProofInvalid("iss is not the credential's issuer")
    key = assertion_key(did_document, issuer, header.get("kid"))
    if header.get("alg") != _ALG_NAMES[key.alg]:
        raise ProofInvalid("the token names another algorithm than its key's")
    verify_signature(key, signature, token.rpartition(".")[0].encode())
    return {name: value for name, value in claims.items() if name not in ("iss", "iat")}


def issuer_of(credential: Mapping[str, Any]) -> str:
    """The id of a credential's issuer, which is a text or an object with an ``id``.

    Raises:
        ProofInvalid: there is none.
    """
    issuer = credential.get("issuer")
    did = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if not isinstance(did, str):
        raise ProofInvalid("the credential names no issuer")
    return did


def add_proof(issuer: Issuer, credential: Mapping[str, Any], *, now: int) -> dict[str, Any]:
    """The credential with a Data Integrity proof inside, made at ``now`` (seconds since 1970)."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": _SUITE,
        "created": format_instant(now),
        "verificationMethod": issuer.key_id,
        "proofPurpose": "assertionMethod",
        "@context": credential["@context"],
    }
    digest = sha256(_canonical(options)).digest() + sha256(_canonical(credential)).digest()
    return {**credential, "proof": {**options, "proofValue": f"z{_format_base58(issuer.key.sign(digest))}"}}


def _parse(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    if len(token) > TOKEN_CHARS_MAX or token.count(".") != 2:
        raise ProofInvalid("the credential is not a compact JWS")
    try:
        header, claims, signature = (parse_base64url(part) for part in token.split("."))
        return parse_json(header), parse_json(claims), signature
    except (ValueError, MalformedStatement) as error:
        raise ProofInvalid("the credential is not a compact JWS") from error


def _spell(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def _canonical(members: Mapping[str, Any]) -> bytes:
    """RFC 8785, for what our credentials hold: names in ASCII, text, booleans and integers below 2^53."""
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _format_base58(data: bytes) -> str:
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return _BASE58[0] * (len(data) - len(data.lstrip(b"\0"))) + digits
