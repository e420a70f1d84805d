"""The operator's identifier ``did:web`` and its document, by which foreign verifiers find the key of credentials.

The method: https://w3c-ccg.github.io/did-method-web/; the document: Controlled Identifiers 1.0 and DID Core 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ledger.domain.values import format_base64url, parse_base64url
from ledger.errors import KeyUnusable, ProofInvalid
from ledger.keys import Algorithm, PublicKey, ed25519_key

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")

_UNCOMPRESSED_POINT = b"\x04"


def format_did(base_url: str) -> str:
    """The ``did:web`` of whoever serves ``base_url``: its host, a port as ``%3A``, and a path's parts after colons."""
    parts = urlsplit(base_url)
    return ":".join(["did:web", *(quote(part, safe="") for part in (parts.netloc, *parts.path.split("/")) if part)])


def format_key_id(did: str, key: PublicKey) -> str:
    """The absolute DID URL of a key, which a ``kid`` has to be (VC-JOSE-COSE §4.1)."""
    return f"{did}#{key.kid.hex()}"


def format_jwk(key: PublicKey) -> dict[str, str]:
    """A public key as JWK (RFC 7517; OKP: RFC 8037 §2)."""
    if key.alg is Algorithm.EDDSA:
        return {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": format_base64url(key.raw)}
    half = (len(key.raw) - 1) // 2
    x, y = key.raw[1 : 1 + half], key.raw[1 + half :]
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "x": format_base64url(x), "y": format_base64url(y)}


def parse_jwk(members: object) -> PublicKey:
    """The Ed25519 key of a JWK, which is what this ledger signs credentials with.

    Raises:
        ProofInvalid: it is no such key.
    """
    if not isinstance(members, Mapping) or (members.get("kty"), members.get("crv")) != ("OKP", "Ed25519"):
        raise ProofInvalid("the key is not an Ed25519 key")
    try:
        return ed25519_key(parse_base64url(members.get("x")))
    except (ValueError, KeyUnusable) as error:
        raise ProofInvalid("the key of the did document is none") from error


def did_document(base_url: str, keys: Sequence[PublicKey]) -> dict[str, Any]:
    """The document at ``/.well-known/did.json``: the keys that assert what credentials say."""
    did = format_did(base_url)
    methods = [
        {
            "id": format_key_id(did, key),
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": format_jwk(key),
        }
        for key in keys
    ]
    return {
        "@context": list(CONTEXTS),
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def assertion_key(document: Mapping[str, Any], issuer: str, kid: object) -> PublicKey:
    """The key named ``kid``, of the document of ``issuer``, if the document lets it make assertions.

    Raises:
        ProofInvalid: the document is another's, or has no such key for this purpose.
    """
    if document.get("id") != issuer:
        raise ProofInvalid("the did document is not the issuer's")
    if kid not in _listed(document, "assertionMethod"):
        raise ProofInvalid("the did document does not let this key make assertions")
    for method in _listed(document, "verificationMethod"):
        if isinstance(method, Mapping) and method.get("id") == kid:
            return parse_jwk(method.get("publicKeyJwk"))
    raise ProofInvalid("the did document does not have this key")


def _listed(document: Mapping[str, Any], name: str) -> list[Any]:
    members = document.get(name)
    return members if isinstance(members, list) else []
