"""The folder of certificates that an operator believes about e.firmas; none come with this program.

    *.cer *.crt *.der *.pem    certificates, in DER or PEM: a self-signed one is a root, another may stand below one
    *.crl                      lists of revoked certificates, in DER or PEM

Any other file is left alone. SAT publishes its certificates and lists on its portal (docs/operating.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certification.efirma import Anchors
from certification.revocation import Revocations
from ledger.errors import KeyUnusable

_CERTIFICATES: Final = frozenset({".cer", ".crt", ".der", ".pem"})
_PEM: Final = b"-----BEGIN"


def read_trust_folder(folder: Path, *, tests_allowed: bool = False) -> Anchors:
    """What is in the folder now.

    Raises:
        KeyUnusable: there is no such folder, it holds no root, or one of its files does not parse.
    """
    try:
        files = sorted(folder.iterdir())
        found = [_parse_certificate(file) for file in files if file.suffix.lower() in _CERTIFICATES]
        lists = [_parse_list(file) for file in files if file.suffix.lower() == ".crl"]
    except OSError as error:
        raise KeyUnusable(f"{error.filename} cannot be read: {error.strerror}.") from error
    roots = tuple(certificate for certificate in found if _is_root(certificate))
    if not roots:
        raise KeyUnusable(f"{folder} holds no self-signed certificate.", cure="Put SAT's root certificates there.")
    below = tuple(certificate for certificate in found if certificate not in roots)
    return Anchors(roots, below, Revocations(lists=tuple(lists)), tests_allowed)


def _parse_certificate(file: Path) -> x509.Certificate:
    data = file.read_bytes()
    try:
        return x509.load_pem_x509_certificate(data) if _PEM in data else x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise KeyUnusable(f"{file} is no X.509 certificate.") from error


def _parse_list(file: Path) -> x509.CertificateRevocationList:
    data = file.read_bytes()
    try:
        return x509.load_pem_x509_crl(data) if _PEM in data else x509.load_der_x509_crl(data)
    except ValueError as error:
        raise KeyUnusable(f"{file} is no list of revoked certificates.") from error


def _is_root(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
