"""Signed statements: what a party said, in bytes that are kept as they came.

A statement is a COSE_Sign1 (RFC 9052 §4.2, tag 18) in deterministic CBOR and in the form of a SCITT signed
statement (RFC 9943): the protected header holds the algorithm (1), the content type (3), the key id (4) and
the CWT claims issuer and subject (15, RFC 9597); the unprotected header is empty; the payload is attached.
Nothing is serialised again: ``raw`` is the leaf of the log, and each of its bytes is signed, or part of the
signature, or the only one possible at its place.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple, TypeGuard

from ledger import cbor
from ledger.errors import MalformedStatement, SignatureInvalid, StatementTooLarge
from ledger.keys import KID_BYTES, SIGNATURE_BYTES, Algorithm, PublicKey, SigningKey, verify_signature

CONTENT_TYPE = "application/vnd.bitacora.event+json"
STATEMENT_BYTES_MAX = 60 * 1024

_TAG_18 = b"\xd2"
_ALG, _CONTENT_TYPE, _KID, _CWT_CLAIMS = 1, 3, 4, 15
_ISS, _SUB = 1, 2
_ALGORITHMS = {alg.value: alg for alg in Algorithm}


class Envelope(NamedTuple):
    """A statement taken apart; whether its signature is good is for ``verify_envelope`` to say.

    Attributes:
        raw: the statement as it came, at most ``STATEMENT_BYTES_MAX`` bytes.
        alg: algorithm that the header names.
        kid: the 8 bytes that name the key.
        iss: the party whose act this is.
        sub: what the statement is mainly about.
        content_type: what the payload is.
        payload: the exact bytes that were signed.
        signature: 64 bytes.
        signed_bytes: the Sig_structure that was signed (RFC 9052 §4.4).
        event_id: SHA-256 of ``signed_bytes``, 32 bytes; a second signature over the same content keeps it.
    """

    raw: bytes
    alg: Algorithm
    kid: bytes
    iss: str
    sub: str
    content_type: str
    payload: bytes
    signature: bytes
    signed_bytes: bytes
    event_id: bytes


def parse_envelope(raw: bytes, content_type: str = CONTENT_TYPE) -> Envelope:
    """Take apart the one spelling of a statement whose payload is ``content_type``.

    Raises:
        StatementTooLarge: more than ``STATEMENT_BYTES_MAX`` bytes; looked at before anything else.
        MalformedStatement: anything but exactly the form at the top of this module; ``field`` says where.
    """
    _refuse_oversize(raw)
    protected, payload, signature = _open_sign1(raw)
    alg, kid, iss, sub = _open_protected(protected, content_type)
    protected = _spell_protected(alg, content_type, kid, iss, sub)
    if _spell_sign1(protected, payload, signature) != raw:
        raise MalformedStatement("The statement is not in deterministic CBOR (RFC 8949 §4.2.1).")
    signed_bytes = _spell_sig_structure(protected, payload)
    event_id = hashlib.sha256(signed_bytes).digest()
    return Envelope(raw, alg, kid, iss, sub, content_type, payload, signature, signed_bytes, event_id)


def sign_statement(key: SigningKey, *, iss: str, sub: str, payload: bytes, content_type: str = CONTENT_TYPE) -> bytes:
    """State ``payload`` in the name of ``iss``; ``parse_envelope`` takes apart what this returns.

    Raises:
        StatementTooLarge: the statement would exceed ``STATEMENT_BYTES_MAX``.
        ValueError: ``iss`` or ``sub`` is empty or not printable.
    """
    if not _is_claim(iss) or not _is_claim(sub):
        raise ValueError("a statement has an issuer and a subject, both printable")
    protected = _spell_protected(key.public.alg, content_type, key.public.kid, iss, sub)
    raw = _spell_sign1(protected, payload, key.sign(_spell_sig_structure(protected, payload)))
    _refuse_oversize(raw)
    return raw


def verify_envelope(envelope: Envelope, public_key: PublicKey) -> None:
    """Accept the envelope as signed by ``public_key``.

    Raises:
        SignatureInvalid: the header names another key or algorithm, or the signature is not good.
    """
    if envelope.alg is not public_key.alg:
        raise SignatureInvalid("The key is of another algorithm than the header says.", field="/protected/alg")
    if envelope.kid != public_key.kid:
        raise SignatureInvalid("The header names another key.", field="/protected/kid")
    verify_signature(public_key, envelope.signature, envelope.signed_bytes)


def _refuse_oversize(raw: bytes) -> None:
    if len(raw) > STATEMENT_BYTES_MAX:
        raise StatementTooLarge(
            f"The statement has {len(raw)} bytes.",
            cure="Split the act into statements that share a consignment, batch or run.",
            statement_bytes=len(raw),
            statement_bytes_max=STATEMENT_BYTES_MAX,
        )


def _spell_protected(alg: Algorithm, content_type: str, kid: bytes, iss: str, sub: str) -> bytes:
    claims = {_ISS: iss, _SUB: sub}
    return cbor.encode_ordered({_ALG: int(alg), _CONTENT_TYPE: content_type, _KID: kid, _CWT_CLAIMS: claims})


def _spell_sign1(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return _TAG_18 + cbor.encode_ordered([protected, {}, payload, signature])


def _spell_sig_structure(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode_ordered(["Signature1", protected, b"", payload])


def _open_sign1(raw: bytes) -> tuple[bytes, bytes, bytes]:
    if not raw.startswith(_TAG_18):
        raise MalformedStatement("The statement does not begin with CBOR tag 18 (COSE_Sign1).")
    sign1 = _decode(raw[len(_TAG_18) :], None)
    if not isinstance(sign1, list) or len(sign1) != 4:
        raise MalformedStatement("A COSE_Sign1 is an array of four.")
    protected, unprotected, payload, signature = sign1
    if not isinstance(protected, bytes):
        raise MalformedStatement("The protected header is not a byte string.", field="/protected")
    if unprotected != {}:
        raise MalformedStatement("The unprotected header is not an empty map.", field="/unprotected")
    if not isinstance(payload, bytes):
        raise MalformedStatement("The payload is not an attached byte string.", field="/payload")
    if not isinstance(signature, bytes) or len(signature) != SIGNATURE_BYTES:
        raise MalformedStatement(f"The signature is not {SIGNATURE_BYTES} bytes.", field="/signature")
    return protected, payload, signature


def _open_protected(protected: bytes, content_type: str) -> tuple[Algorithm, bytes, str, str]:
    header = _decode(protected, "/protected")
    if not isinstance(header, dict) or list(header) != [_ALG, _CONTENT_TYPE, _KID, _CWT_CLAIMS]:
        raise MalformedStatement("The protected header has not the labels 1, 3, 4 and 15.", field="/protected")
    alg, stated_type, kid, claims = header.values()
    if type(alg) is not int or alg not in _ALGORITHMS:
        raise MalformedStatement("The algorithm is neither -8 nor -7.", field="/protected/alg")
    if stated_type != content_type:
        raise MalformedStatement(f"The content type is not {content_type}.", field="/protected/content_type")
    if not isinstance(kid, bytes) or len(kid) != KID_BYTES:
        raise MalformedStatement(f"The key id is not {KID_BYTES} bytes.", field="/protected/kid")
    iss, sub = _open_claims(claims)
    return _ALGORITHMS[alg], kid, iss, sub


def _open_claims(claims: object) -> tuple[str, str]:
    if not isinstance(claims, dict) or list(claims) != [_ISS, _SUB]:
        raise MalformedStatement("The CWT claims are not issuer and subject.", field="/protected/claims")
    iss, sub = claims.values()
    if not _is_claim(iss):
        raise MalformedStatement("The issuer is not a printable text.", field="/protected/claims/iss")
    if not _is_claim(sub):
        raise MalformedStatement("The subject is not a printable text.", field="/protected/claims/sub")
    return iss, sub


def _is_claim(value: object) -> TypeGuard[str]:
    # Keys are looked up by the issuer before anything is verified, and no database takes every control character.
    return isinstance(value, str) and value != "" and value.isprintable()


def _decode(data: bytes, field: str | None) -> object:
    try:
        return cbor.decode_unproved(data)
    except ValueError as error:
        raise MalformedStatement(f"The statement is not strict CBOR: {error}.", field=field) from error
