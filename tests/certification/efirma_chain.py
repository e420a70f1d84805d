"""Certificates of the shape that SAT issues, made here: root, authority, e.firmas, seals, and lists of revocations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ocsp
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certification.efirma import Anchors
from certification.revocation import NOTHING_KNOWN, Revocations
from ledger.domain.values import parse_instant

AT = parse_instant("2026-03-01T12:00:00Z")
COMPANY = "EKU9003173C9"
PERSON = "XIQB891116QE4"
CURP = "XIQB891116MGRMZR05"
PASSPHRASE = b"12345678a"

_FIEL_PURPOSES = (ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.CLIENT_AUTH)
_SIGNING = frozenset({"digital_signature", "content_commitment", "data_encipherment", "key_agreement"})
_SEALING = frozenset({"digital_signature", "content_commitment"})
_CERTIFYING = frozenset({"key_cert_sign", "crl_sign"})
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_KEYS: dict[tuple[str, int], RSAPrivateKey] = {}


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def rsa_key(name: str, bits: int = 2048) -> RSAPrivateKey:
    """One key for each name: making them is slow."""
    if (name, bits) not in _KEYS:
        _KEYS[name, bits] = generate_private_key(65537, bits)
    return _KEYS[name, bits]


@dataclass(frozen=True)
class Efirma:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_file(self) -> bytes:
        """As SAT hands it out: PKCS #8 in DER, encrypted."""
        encryption = serialization.BestAvailableEncryption(PASSPHRASE)
        return self.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, encryption)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, PKCS1v15(), SHA256())


@dataclass
class Sat:
    """An authority like SAT's: ``root`` certifies ``authority``, which issues."""

    name: str = "AUTORIDAD CERTIFICADORA"
    certifying: frozenset[str] = _CERTIFYING
    seal: str = "sat"
    root_name: str = "AC RAIZ"
    serials: int = field(default=400_000_000)

    def __post_init__(self) -> None:
        self.root_key, self.key = rsa_key(f"{self.seal} root"), rsa_key(f"{self.seal} authority")
        self.root = self._authority(self.root_name, None)
        self.authority = self._authority(self.name, self.root)

    def anchors(self, revocations: Revocations = NOTHING_KNOWN, *, tests_allowed: bool = False) -> Anchors:
        return Anchors((self.root,), (self.authority,), revocations, tests_allowed)

    def company(self, rfc: str = COMPANY, representative: str = PERSON, **more: Any) -> Efirma:
        return self.efirma(f"{rfc} / {representative}", f" / {CURP}", "RECICLADORA DEMO SA DE CV", **more)

    def person(self, rfc: str = PERSON, **more: Any) -> Efirma:
        return self.efirma(rfc, CURP, "BERENICE XIMO QUEZADA", **more)

    def seal_of(self, rfc: str = COMPANY) -> Efirma:
        """A CSD: an ``OU``, no extended key usage."""
        return self.efirma(
            f"{rfc} / {PERSON}", f" / {CURP}", "RECICLADORA DEMO SA DE CV", unit="Sucursal 1", purposes=()
        )

    def efirma(
        self,
        rfc: str,
        curp: str | None,
        name: str,
        *,
        unit: str | None = None,
        purposes: Iterable[x509.ObjectIdentifier] = _FIEL_PURPOSES,
        usage: frozenset[str] = _SIGNING,
        bits: int = 2048,
        from_s: int = AT - 365 * 86_400,
        to_s: int = AT + 3 * 365 * 86_400,
        serial: str | None = None,
        issuer: str | None = None,
        ca: bool = False,
    ) -> Efirma:
        key = rsa_key(f"{rfc} {bits}", bits)
        subject = [_text(NameOID.COMMON_NAME, name), _text(NameOID.X500_UNIQUE_IDENTIFIER, rfc)]
        subject += [_text(NameOID.SERIAL_NUMBER, curp)] if curp else []
        subject += [_text(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
        builder = self._builder(x509.Name(subject), self._name(issuer or self.name), key, from_s, to_s, serial)
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
        builder = builder.add_extension(_usage(usage), critical=False)
        if tuple(purposes):
            builder = builder.add_extension(x509.ExtendedKeyUsage(tuple(purposes)), critical=False)
        return Efirma(builder.sign(self.key, SHA256()), key)

    def revoke(
        self, certificate: x509.Certificate, since: int, *, until: int = AT + 86_400, key: RSAPrivateKey | None = None
    ) -> Revocations:
        """A list that has the certificate on it."""
        entry = (
            x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(instant(since))
        )
        return self.list_of([entry.build()], until=until, key=key)

    def list_of(
        self, entries: Iterable[x509.RevokedCertificate] = (), *, until: int, key: RSAPrivateKey | None = None
    ) -> Revocations:
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.authority.subject)
        builder = builder.last_update(instant(until - 2 * 86_400)).next_update(instant(until))
        for entry in entries:
            builder = builder.add_revoked_certificate(entry)
        return Revocations(lists=(builder.sign(key or self.key, SHA256()),))

    def answer(
        self,
        certificate: x509.Certificate,
        revoked_since: int | None = None,
        *,
        until: int = AT + 86_400,
        responder: Efirma | None = None,
    ) -> bytes:
        """An OCSP response about the certificate, by the authority itself or by ``responder``."""
        revoked = revoked_since is not None
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=certificate,
            issuer=self.authority,
            algorithm=SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=instant(until - 2 * 86_400),
            next_update=instant(until),
            revocation_time=instant(revoked_since) if revoked_since is not None else None,
            revocation_reason=None,
        )
        signer = responder or Efirma(self.authority, self.key)
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
        if responder is not None:
            builder = builder.certificates([responder.certificate])
        return builder.sign(signer.key, SHA256()).public_bytes(serialization.Encoding.DER)

    def responder(self, purposes: Iterable[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.OCSP_SIGNING,)) -> Efirma:
        return self.efirma("SAT970701NN3", None, "OCSP SAT", purposes=purposes)

    def _authority(self, name: str, issuer: x509.Certificate | None) -> x509.Certificate:
        key = self.root_key if issuer is None else self.key
        issued_by = issuer.subject if issuer is not None else self._name(name)
        builder = self._builder(self._name(name), issued_by, key, AT - 8 * 365 * 86_400, AT + 8 * 365 * 86_400, None)
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        usage = _CERTIFYING if issuer is None else self.certifying
        return builder.add_extension(_usage(usage), critical=True).sign(self.root_key, SHA256())

    def _name(self, name: str) -> x509.Name:
        return x509.Name([_text(NameOID.COMMON_NAME, name), _text(NameOID.ORGANIZATION_NAME, self.seal)])

    def _builder(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: RSAPrivateKey,
        from_s: int,
        to_s: int,
        serial: str | None,
    ) -> x509.CertificateBuilder:
        self.serials += 1
        digits = serial or f"00001000000{self.serials}"
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(int.from_bytes(digits.encode(), "big"))
        return builder.not_valid_before(instant(from_s)).not_valid_after(instant(to_s))


def elliptic(sat: Sat) -> bytes:
    """An e.firma in all but its key."""
    model = sat.person().certificate
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    builder = x509.CertificateBuilder().subject_name(model.subject).issuer_name(model.issuer).public_key(key)
    builder = builder.serial_number(model.serial_number)
    builder = builder.not_valid_before(model.not_valid_before_utc).not_valid_after(model.not_valid_after_utc)
    for extension in model.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(sat.key, SHA256()).public_bytes(serialization.Encoding.DER)


def _text(oid: x509.ObjectIdentifier, text: str) -> x509.NameAttribute[str]:
    # SAT spells x500UniqueIdentifier as text, though X.520 has a bit string there.
    return x509.NameAttribute(oid, text, _ASN1Type.UTF8String)


def _usage(named: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in named for usage in _USAGES})
