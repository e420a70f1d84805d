"""Whether a certificate had been revoked at a stated time, from lists and answers that were handed in.

Lists: RFC 5280 section 5. Answers: OCSP, RFC 6960. A certificate revoked later than that time was good at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from certification.identity import EfirmaRevoked, RevocationUnusable

_DIGESTS = (SHA256, SHA384, SHA512)


@dataclass(frozen=True, slots=True)
class Revocations:
    """What is known of revocations; those of other authorities and certificates do no harm.

    Attributes:
        lists: certificate revocation lists.
        answers: of OCSP responders.
    """

    lists: tuple[x509.CertificateRevocationList, ...] = ()
    answers: tuple[ocsp.OCSPResponse, ...] = ()


NOTHING_KNOWN: Final = Revocations()


def parse_ocsp_answer(der: bytes) -> ocsp.OCSPResponse:
    """An answer of an OCSP responder, from its DER.

    Raises:
        RevocationUnusable: it is none, or the responder answers that it cannot tell.
    """
    try:
        answer = ocsp.load_der_ocsp_response(der)
    except ValueError as error:
        raise RevocationUnusable("the bytes are no OCSP response in DER") from error
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise RevocationUnusable("the OCSP responder gave no answer")
    return answer


def check_not_revoked(certificate: x509.Certificate, issuer: x509.Certificate, known: Revocations, at: int) -> bool:
    """Whether something in ``known`` tells that the certificate was good at ``at`` (seconds since 1970).

    False: nothing tells about that time; the certificate may have been revoked all the same.

    Raises:
        EfirmaRevoked: it had been revoked.
        RevocationUnusable: what is about this certificate was not signed by its issuer, nor in its name.
    """
    try:
        told = [*_by_lists(certificate, issuer, known, at), *_by_answers(certificate, issuer, known, at)]
    # Most of an answer is parsed where it is read.
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RevocationUnusable("the revocation information does not parse") from error
    return any(told)


def _by_lists(certificate: x509.Certificate, issuer: x509.Certificate, known: Revocations, at: int) -> Iterator[bool]:
    for revoked in known.lists:
        if revoked.issuer != certificate.issuer:
            continue
        key = issuer.public_key()
        if not isinstance(key, RSAPublicKey) or not revoked.is_signature_valid(key):
            raise RevocationUnusable("the revocation list was not signed by the certificate's issuer")
        entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None and entry.revocation_date_utc.timestamp() <= at:
            raise EfirmaRevoked("the certificate is on its issuer's revocation list")
        until = revoked.next_update_utc
        yield until is None or at <= until.timestamp()


def _by_answers(certificate: x509.Certificate, issuer: x509.Certificate, known: Revocations, at: int) -> Iterator[bool]:
    for answer in known.answers:
        for told in answer.responses:
            if not _is_about(told, certificate, issuer):
                continue
            _verify_answer(answer, issuer)
            if told.certificate_status is ocsp.OCSPCertStatus.REVOKED:
                since = told.revocation_time_utc
                if since is None or since.timestamp() <= at:
                    raise EfirmaRevoked("its issuer's responder answers that the certificate is revoked")
            until = told.next_update_utc
            known_good = told.certificate_status is not ocsp.OCSPCertStatus.UNKNOWN
            yield known_good and at <= (until or told.this_update_utc).timestamp()


def _is_about(told: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    # RFC 6960 section 4.1.1: the issuer is named by hashes of its name and key.
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, told.hash_algorithm).build()
    return (told.serial_number, told.issuer_name_hash, told.issuer_key_hash) == (
        request.serial_number,
        request.issuer_name_hash,
        request.issuer_key_hash,
    )


def _verify_answer(answer: ocsp.OCSPResponse, issuer: x509.Certificate) -> None:
    try:
        digest = answer.signature_hash_algorithm
    except UnsupportedAlgorithm:
        digest = None
    delegates = (responder for responder in answer.certificates if _is_delegate(responder, issuer, answer))
    if not isinstance(digest, _DIGESTS) or not any(
        _has_signed(signer, answer, digest) for signer in (issuer, *delegates)
    ):
        raise RevocationUnusable("the OCSP response was not signed by the certificate's issuer, nor in its name")


def _is_delegate(responder: x509.Certificate, issuer: x509.Certificate, answer: ocsp.OCSPResponse) -> bool:
    """RFC 6960 section 4.2.2.2: issued directly by the same authority, for this purpose."""
    try:
        responder.verify_directly_issued_by(issuer)
        purposes = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    produced = answer.produced_at_utc
    in_time = responder.not_valid_before_utc <= produced <= responder.not_valid_after_utc
    return in_time and ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _has_signed(signer: x509.Certificate, answer: ocsp.OCSPResponse, digest: SHA256 | SHA384 | SHA512) -> bool:
    key = signer.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(answer.signature, answer.tbs_response_bytes, PKCS1v15(), digest)
    except InvalidSignature:
        return False
    return True
