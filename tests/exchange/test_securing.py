from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt as pyjwt
import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import ECKey, OKPKey

from exchange.did import did_document, format_jwk
from exchange.securing import Issuer, add_proof, sign_vc_jwt, verify_vc_jwt
from ledger.domain.values import format_base64url, parse_base64url, parse_instant
from ledger.errors import ProofInvalid, SignatureInvalid
from ledger.keys import Algorithm, SigningKey
from tests.exchange.issued import BASE, Desk, altered, leaves
from tests.yard import Yard

VECTORS = Path(__file__).parents[3] / "shared" / "data"
needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason="the W3C's vectors are not beside this repository")
JOSE_COSE = VECTORS / "w3c-vc-jose-cose" / "tests" / "input"
DATA_INTEGRITY = VECTORS / "w3c-vc-di-eddsa" / "TestVectors"

# RFC 9864 names the algorithm Ed25519; the name that every verifier in use knows is the older one.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(Yard())


@pytest.fixture(scope="module")
def token(desk: Desk) -> str:
    permit = desk.yard.permit(desk.yard.recycler, "recycling", sites=[desk.yard.recycler.site])
    return sign_vc_jwt(desk.issuer, desk.document(permit), now=desk.yard.now)


def payload_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(parse_base64url(token.split(".")[1]))
    return claims


def with_part(token: str, place: int, members: Any) -> str:
    parts = token.split(".")
    parts[place] = format_base64url(json.dumps(members).encode())
    return ".".join(parts)


def verify_abroad(desk: Desk, token: str) -> dict[str, Any]:
    """As a JOSE library does that knows nothing of us, with the key of the document of the issuer."""
    [method] = did_document(BASE, [desk.key.public])["verificationMethod"]
    key = OKPKey.import_key(method["publicKeyJwk"])
    claims: dict[str, Any] = json.loads(jws.deserialize_compact(token, key, algorithms=["EdDSA"]).payload)
    return claims


def test_two_foreign_libraries_take_the_token(desk: Desk, token: str) -> None:
    key = pyjwt.PyJWK(did_document(BASE, [desk.key.public])["verificationMethod"][0]["publicKeyJwk"])

    claims = pyjwt.decode(
        token, key, algorithms=["EdDSA"], issuer="did:web:ledger.example", options={"verify_iat": False}
    )

    assert claims == verify_abroad(desk, token) == payload_of(token)


def test_the_token_is_typed_and_names_its_key_as_the_specification_asks(token: str) -> None:
    header = json.loads(parse_base64url(token.split(".")[0]))

    assert (header["typ"], header["cty"], header["alg"]) == ("vc+jwt", "vc", "EdDSA")
    assert header["kid"].startswith("did:web:ledger.example#")
    assert not {"vc", "vp"} & payload_of(token).keys()
    assert payload_of(token)["iss"] == payload_of(token)["issuer"]["id"]


def test_only_the_moment_of_signing_differs_from_one_token_to_the_next(desk: Desk, token: str) -> None:
    claims = payload_of(token)
    credential = verify_vc_jwt(token, did_document(BASE, [desk.key.public]))

    assert sign_vc_jwt(desk.issuer, credential, now=claims["iat"]) == token
    later = payload_of(sign_vc_jwt(desk.issuer, credential, now=claims["iat"] + 1))
    assert {**later, "iat": claims["iat"]} == claims


def test_a_token_altered_in_any_claim_fails_abroad_and_here(desk: Desk, token: str) -> None:
    document = did_document(BASE, [desk.key.public])
    claims = payload_of(token)
    paths = list(leaves(claims))

    assert len(paths) > 70
    for path in paths:
        forged = with_part(token, 1, altered(claims, path))
        with pytest.raises(BadSignatureError):
            verify_abroad(desk, forged)
        with pytest.raises((SignatureInvalid, ProofInvalid)):
            verify_vc_jwt(forged, document)


def test_a_token_altered_in_its_header_fails_abroad_and_here(desk: Desk, token: str) -> None:
    header = json.loads(parse_base64url(token.split(".")[0]))

    for name in header:
        forged = with_part(token, 0, altered(header, (name,)))
        with pytest.raises((JoseError, ValueError)):
            verify_abroad(desk, forged)
        with pytest.raises((SignatureInvalid, ProofInvalid)):
            verify_vc_jwt(forged, did_document(BASE, [desk.key.public]))


def test_a_key_that_the_document_does_not_let_assert_proves_nothing(desk: Desk, token: str) -> None:
    document = did_document(BASE, [desk.key.public])

    for without in ("assertionMethod", "verificationMethod"):
        with pytest.raises(ProofInvalid):
            verify_vc_jwt(token, {**document, without: []})
    with pytest.raises(ProofInvalid):
        verify_vc_jwt(token, {**document, "id": "did:web:elsewhere.example"})
    with pytest.raises(ProofInvalid):
        verify_vc_jwt(token, did_document(BASE, [SigningKey.generate().public]))


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.", "x" * 300_000, "e30.W10.AA", "é.e30.AA"])
def test_what_is_no_token_is_refused(desk: Desk, text: str) -> None:
    with pytest.raises(ProofInvalid):
        verify_vc_jwt(text, did_document(BASE, [desk.key.public]))


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"issuer": None}),
        ({}, {"issuer": 1}),
        ({}, {"issuer": {}}),
        ({}, {"iss": "did:web:other.example"}),
        ({}, {"vc": {}}),
        ({}, {"vp": {}}),
        ({"typ": "JWT"}, {}),
        ({"typ": "vp+jwt"}, {}),
        ({"crit": ["b64"], "b64": False}, {}),
        ({"alg": "none"}, {}),
        ({"kid": "#x"}, {}),
    ],
)
def test_a_token_that_is_signed_but_no_vc_jwt_of_its_issuer_is_refused(
    desk: Desk, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    header = {"alg": "EdDSA", "typ": "vc+jwt", "kid": desk.issuer.key_id, **header}
    claims = {"issuer": desk.issuer.did, **claims}
    signed = ".".join(format_base64url(json.dumps(part).encode()) for part in (header, claims))
    token = f"{signed}.{format_base64url(desk.key.sign(signed.encode()))}"

    with pytest.raises(ProofInvalid):
        verify_vc_jwt(token, did_document(BASE, [desk.key.public]))


@needs_vectors
def test_the_libraries_that_judge_us_take_the_published_token() -> None:
    published = (JOSE_COSE / "credential-jose-minimal.txt").read_text().strip()
    key = ECKey.import_key(json.loads((JOSE_COSE / "vm-p256.json").read_text())["publicKeyJwk"])

    header = jws.deserialize_compact(published, key, algorithms=["ES256"]).headers()

    assert (header["typ"], header["cty"]) == ("vc+jwt", "vc")


@needs_vectors
def test_our_keys_are_spelled_as_the_published_ones() -> None:
    for name, alg in (("vm-ed25519", Algorithm.EDDSA), ("vm-p256", Algorithm.ES256)):
        published = json.loads((JOSE_COSE / f"{name}.json").read_text())["publicKeyJwk"]
        spelled = format_jwk(SigningKey.generate(alg).public)
        assert {*spelled, "kid"} == published.keys()
        assert all(spelled[member] == published[member] for member in ("kty", "crv", "alg"))


@needs_vectors
def test_the_published_proof_is_made_byte_for_byte() -> None:
    published = json.loads((DATA_INTEGRITY / "eddsa-jcs-2022" / "signedJCS.json").read_text())
    proof = published.pop("proof")
    key = SigningKey.from_seed(_seed(json.loads((DATA_INTEGRITY / "keyPair.json").read_text())["privateKeyMultibase"]))
    issuer = Issuer(published["issuer"], "", proof["verificationMethod"], key)

    proved = add_proof(issuer, published, now=parse_instant(proof["created"]))

    assert proved["proof"] == proof


def _seed(multibase: str) -> bytes:
    """The 32 bytes behind the multicodec prefix of a base58 private key."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = 0
    for digit in multibase.removeprefix("z"):
        number = number * 58 + alphabet.index(digit)
    return number.to_bytes(34)[2:]
