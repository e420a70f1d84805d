from __future__ import annotations

import pytest
from openvc.did.did_web import DidWebResolver

from exchange.did import assertion_key, did_document, format_did, format_key_id, parse_jwk
from ledger.errors import ProofInvalid
from ledger.keys import Algorithm, SigningKey

KEY = SigningKey.from_seed(bytes(32)).public


@pytest.mark.parametrize(
    ("base_url", "did", "address"),
    [
        ("https://ledger.example", "did:web:ledger.example", "https://ledger.example/.well-known/did.json"),
        ("https://a.example:8443", "did:web:a.example%3A8443", "https://a.example:8443/.well-known/did.json"),
        ("https://a.example/x/y", "did:web:a.example:x:y", "https://a.example/x/y/did.json"),
    ],
)
def test_a_foreign_resolver_finds_the_document_and_its_key(base_url: str, did: str, address: str) -> None:
    asked = []

    def fetch(url: str) -> dict[str, object]:
        asked.append(url)
        return did_document(base_url, [KEY])

    found = DidWebResolver(fetch).resolve(did)

    assert format_did(base_url) == did
    assert asked == [address]
    method = found.key_for_purpose(format_key_id(did, KEY), "assertionMethod")
    assert method is not None
    assert method.type == "JsonWebKey"
    assert parse_jwk(method.public_key_jwk) == KEY


def test_a_document_gives_the_key_that_it_lets_assert() -> None:
    did = format_did("https://ledger.example")
    document = did_document("https://ledger.example", [KEY])

    assert assertion_key(document, did, format_key_id(did, KEY)) == KEY


@pytest.mark.parametrize("members", [None, [], {}, {"kty": "OKP", "crv": "X25519"}, {"kty": "OKP", "crv": "Ed25519"}])
def test_what_is_no_key_is_refused(members: object) -> None:
    with pytest.raises(ProofInvalid):
        parse_jwk(members)


def test_a_key_of_another_algorithm_is_not_read() -> None:
    [method] = did_document("https://x.example", [SigningKey.generate(Algorithm.ES256).public])["verificationMethod"]

    assert set(method["publicKeyJwk"]) == {"kty", "crv", "alg", "x", "y"}
    with pytest.raises(ProofInvalid):
        parse_jwk(method["publicKeyJwk"])


@pytest.mark.parametrize("name", ["assertionMethod", "verificationMethod"])
@pytest.mark.parametrize("members", [None, 1, "did:web:ledger.example", {}, [None], [{}]])
def test_a_document_of_another_shape_has_no_key(name: str, members: object) -> None:
    did = format_did("https://ledger.example")
    document = {**did_document("https://ledger.example", [KEY]), name: members}

    with pytest.raises(ProofInvalid):
        assertion_key(document, did, format_key_id(did, KEY))
