"""The e.firma: SAT's X.509 certificate of a person, and what it signs (LFEA 7 and 9; CFF 17-D).

Shape of the certificates: RSA, SHA-256; the serial number is 20 ASCII digits; the RFC is in ``x500UniqueIdentifier``
(``company / representative`` for a legal person), the CURP in ``serialNumber``; the key signs and does not repudiate;
extended key usage has client authentication and e-mail protection; no SAN, AKI or SKI, which is why the rules of the
web are replaced here. A digital seal (CSD) has an ``OU`` in its subject and no extended key usage.

Nothing is asked of any network: chain and revocation are judged from what was handed in, at a stated time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from certification.identity import (
    EfirmaExpired,
    EfirmaIsAuthority,
    EfirmaIsSeal,
    EfirmaIsTest,
    EfirmaKeyWeak,
    EfirmaMalformed,
    EfirmaNotYetValid,
    EfirmaOfAnother,
    EfirmaSignatureInvalid,
    EfirmaUntrusted,
    Identity,
    check_curp,
    check_rfc,
    kind_of_rfc,
)
from certification.revocation import NOTHING_KNOWN, Revocations, check_not_revoked

CERTIFICATE_BYTES_MAX: Final = 8 * 1024
KEY_BITS_MIN: Final = 2048
_KEY_BITS_MAX: Final = 8192
_EXPONENT_MIN: Final = 65537
_SERIAL_BYTES: Final = 20
_CHAIN_DEPTH_MAX: Final = 3
_PURPOSES: Final = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION)
# SAT's authority for tests is named "AC UAT", its forerunners "A.C. … de pruebas".
_TEST_ISSUER = re.compile(r"\bUAT\b|\bpruebas?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom a server believes about e.firmas.

    Attributes:
        roots: self-signed certificates that the operator has chosen; without one nothing is accepted.
        intermediates: certificates that may stand between a root and a person's.
        revocations: lists that the operator has fetched.
        tests_allowed: whether certificates of SAT's test authority count: in a sandbox alone.
    """

    roots: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    revocations: Revocations = NOTHING_KNOWN
    tests_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """A proof that held.

    Attributes:
        identity: whom the certificate names.
        revocation_known: whether a list or an answer told that the certificate was good at that time; without one it
            may have been revoked.
    """

    identity: Identity
    revocation_known: bool


def verify_efirma(
    certificate: bytes,
    signature: bytes,
    message: bytes,
    *,
    anchors: Anchors,
    at: int,
    expected_rfc: str | None = None,
    revocations: Revocations = NOTHING_KNOWN,
) -> Verified:
    """Prove that the holder of an e.firma signed ``message`` (RSA PKCS #1 v1.5 with SHA-256).

    Args:
        certificate: in DER, at most 8 KiB.
        signature: as long as the key.
        message: the bytes that were signed.
        anchors: whom to believe.
        at: when it has to have been valid and not revoked, in seconds since 1970.
        expected_rfc: who has to have signed; None takes anybody.
        revocations: what the signer hands in beside the lists of ``anchors``.

    Raises:
        EfirmaMalformed, EfirmaIsAuthority, EfirmaIsTest, EfirmaIsSeal, EfirmaKeyWeak, EfirmaNotYetValid, EfirmaExpired,
        EfirmaUntrusted, RevocationUnusable, EfirmaRevoked, EfirmaOfAnother, EfirmaSignatureInvalid: what fails first.
    """
    parsed = parse_certificate(certificate)
    identity = check_certificate(parsed, at=at, tests_allowed=anchors.tests_allowed)
    chain = _verify_chain(parsed, anchors, at)
    _check_issuers(chain, tests_allowed=anchors.tests_allowed)
    told = [check_not_revoked(parsed, chain[1], known, at) for known in (anchors.revocations, revocations)]
    if expected_rfc is not None and identity.rfc != expected_rfc:
        raise EfirmaOfAnother("the certificate names another RFC than the one that has to sign")
    verify_signature(parsed, signature, message)
    return Verified(identity, any(told))


def parse_certificate(certificate: bytes) -> x509.Certificate:
    """A certificate from its DER.

    Raises:
        EfirmaMalformed: it is too long or does not parse.
    """
    if len(certificate) > CERTIFICATE_BYTES_MAX:
        raise EfirmaMalformed("the certificate is too long", limit_bytes=CERTIFICATE_BYTES_MAX)
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        # Names and extensions are parsed on first use.
        _ = parsed.subject, parsed.issuer, parsed.extensions
    except (ValueError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:
        raise EfirmaMalformed("the bytes are no X.509 certificate in DER") from error
    return parsed


def check_certificate(certificate: x509.Certificate, *, at: int, tests_allowed: bool = False) -> Identity:
    """Whom a certificate names that has all marks of an e.firma at ``at`` (seconds since 1970), whoever issued it.

    Raises:
        EfirmaMalformed, EfirmaIsAuthority, EfirmaIsTest, EfirmaIsSeal, EfirmaKeyWeak, EfirmaNotYetValid, EfirmaExpired:
            it lacks one.
    """
    identity = identity_of(certificate)
    _check_issuers([certificate], tests_allowed=tests_allowed)
    _check_purpose(certificate)
    _check_key(certificate)
    _check_time(identity, at)
    return identity


def verify_signature(certificate: x509.Certificate, signature: bytes, message: bytes) -> None:
    """Prove that the certificate's key signed ``message``, whatever the certificate is worth.

    Raises:
        EfirmaKeyWeak: its key is not RSA of at least 2048 bits.
        EfirmaSignatureInvalid: it did not.
    """
    try:
        _check_key(certificate).verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise EfirmaSignatureInvalid("the signature was not made over these bytes with this certificate") from error


def identity_of(certificate: x509.Certificate) -> Identity:
    """Whom the certificate names. This proves nothing: anybody can write a certificate.

    Raises:
        EfirmaIsAuthority: it is a certificate of an authority.
        EfirmaMalformed: its subject or serial number is none of an e.firma.
    """
    if _is_authority(certificate):
        raise EfirmaIsAuthority("an authority's certificate signs certificates alone")
    try:
        rfc, representative = _rfcs(certificate.subject)
        return Identity(
            rfc=rfc,
            curp=_find_curp(certificate.subject),
            name=_one(certificate.subject, NameOID.COMMON_NAME),
            kind=kind_of_rfc(rfc),
            representative_rfc=representative,
            serial=_serial(certificate),
            valid_from=int(certificate.not_valid_before_utc.timestamp()),
            valid_to=int(certificate.not_valid_after_utc.timestamp()),
        )
    except (ValueError, OverflowError) as error:
        raise EfirmaMalformed(f"the certificate does not name a person as SAT does: {error}") from error


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _rfcs(subject: x509.Name) -> tuple[str, str | None]:
    """Holder, and representative if it is a legal person's: ``EKU9003173C9 / XIQB891116QE4``."""
    match [part.strip() for part in _one(subject, NameOID.X500_UNIQUE_IDENTIFIER).split("/")]:
        case [rfc]:
            return check_rfc(rfc), None
        case [rfc, representative] if kind_of_rfc(rfc) == "moral":
            return check_rfc(rfc), check_rfc(representative)
        case _:
            raise ValueError("expected an RFC, or those of a company and its representative")


def _find_curp(subject: x509.Name) -> str | None:
    """``XIQB891116MGRMZR05``, after an empty place for the company's if it is a representative's."""
    if not subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER):
        return None
    parts = [part.strip() for part in _one(subject, NameOID.SERIAL_NUMBER).split("/")]
    return check_curp(parts[-1])


def _one(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    match name.get_attributes_for_oid(oid):
        case [attribute] if isinstance(attribute.value, str) and attribute.value.strip():
            return attribute.value.strip()
        case _:
            raise ValueError(f"expected one {oid.dotted_string} in the subject")


def _serial(certificate: x509.Certificate) -> str:
    digits = certificate.serial_number.to_bytes(_SERIAL_BYTES, "big")
    if not digits.isdigit():
        raise ValueError("expected a serial number of 20 digits")
    return digits.decode("ascii")


def _check_issuers(chain: Iterable[x509.Certificate], *, tests_allowed: bool) -> None:
    names = (str(attribute.value) for certificate in chain for attribute in certificate.issuer)
    if not tests_allowed and any(map(_TEST_ISSUER.search, names)):
        raise EfirmaIsTest("the certificate was issued for tests", cure="sign with the e.firma that SAT issued to you")


def _check_purpose(certificate: x509.Certificate) -> None:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        purposes = x509.ExtendedKeyUsage([])
    has_unit = bool(certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME))
    if has_unit or not all(purpose in purposes for purpose in _PURPOSES):
        raise EfirmaIsSeal("a digital seal does not sign for its holder", cure="sign with the e.firma, not with a CSD")


def _check_key(certificate: x509.Certificate) -> RSAPublicKey:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EfirmaMalformed("the certificate's key does not parse") from error
    if not isinstance(key, RSAPublicKey):
        raise EfirmaKeyWeak("the certificate's key is not an RSA key")
    if not KEY_BITS_MIN <= key.key_size <= _KEY_BITS_MAX or key.public_numbers().e < _EXPONENT_MIN:
        raise EfirmaKeyWeak("the certificate's key is too weak", bits=key.key_size, bits_min=KEY_BITS_MIN)
    return key


def _check_time(identity: Identity, at: int) -> None:
    if at < identity.valid_from:
        raise EfirmaNotYetValid("the certificate was not valid yet", valid_from=identity.valid_from, judged_at=at)
    if at > identity.valid_to:
        raise EfirmaExpired("the certificate had expired", valid_to=identity.valid_to, judged_at=at)


def _verify_chain(certificate: x509.Certificate, anchors: Anchors, at: int) -> list[x509.Certificate]:
    """From the certificate to a root; the second one is its issuer."""
    if not anchors.roots:
        raise EfirmaUntrusted("this server was given no anchor for e.firmas", cure="docs/operating.md: trust folder")
    builder = PolicyBuilder().store(Store(list(anchors.roots))).time(datetime.fromtimestamp(at, UTC))
    builder = builder.max_chain_depth(_CHAIN_DEPTH_MAX).extension_policies(ca_policy=_CA_POLICY, ee_policy=_EE_POLICY)
    try:
        return list(builder.build_client_verifier().verify(certificate, list(anchors.intermediates)).chain)
    except VerificationError as error:
        raise EfirmaUntrusted(f"no chain leads from the certificate to a trusted root: {error}") from error


def _signs_certificates(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.key_cert_sign:
        raise ValueError("an authority's key usage lacks keyCertSign")


def _signs_for_its_holder(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature and usage.content_commitment):
        raise ValueError("the key usage lacks digitalSignature or nonRepudiation")


def _is_ca(_policy: Policy, _certificate: x509.Certificate, constraints: x509.BasicConstraints) -> None:
    if not constraints.ca:
        raise ValueError("an issuer is no authority")


_CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_ca)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _signs_certificates)
)
_EE_POLICY: Final = ExtensionPolicy.permit_all().require_present(
    x509.KeyUsage, Criticality.AGNOSTIC, _signs_for_its_holder
)
