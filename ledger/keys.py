"""Signing keys: one spelling of a public key, one rule for a good signature, key files nobody else can read.

Two algorithms (RFC 9053 §2): EdDSA over Ed25519 and ES256 over P-256. A signature that this module accepts is
accepted by every other library, because the rule is the strictest in use:

* Ed25519: RFC 8032 §5.1.7 without the cofactor, S below the group order, and neither the key nor R one of the
  14 encodings of points of small order. Those are libsodium's verdicts.
* ES256: raw ``r || s`` (RFC 9053 §2.1) with s in the lower half, so no relay can write the other form of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError

from ledger.errors import KeyUnusable, SignatureInvalid

KID_BYTES = 8
SIGNATURE_BYTES = 64
KEY_FILE_BYTES_MAX = 16 * 1024

# The DER before the key itself: Ed25519 (RFC 8410 §4), uncompressed point of P-256 (RFC 5480 §2).
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_P256_SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_ED25519_BYTES = 32
_P256_BYTES = 65

_ED25519_FIELD = 2**255 - 19
_ORDER_8_Y = int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little")
# The other encodings of small order spell y as y + p, and are refused as not reduced.
_SMALL_ORDER_Y = frozenset({0, 1, _ED25519_FIELD - 1, _ORDER_8_Y, _ED25519_FIELD - _ORDER_8_Y})

_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class Algorithm(IntEnum):
    """COSE algorithm identifiers (RFC 9053 §2); the numbers are what a statement carries."""

    EDDSA = -8
    ES256 = -7


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that ``parse_public_key`` accepted.

    Attributes:
        alg: the one algorithm this key is used with.
        spki: its SubjectPublicKeyInfo, DER (44 bytes for Ed25519, 91 for P-256).
        raw: the key without its ASN.1: 32 bytes for Ed25519, the 65-byte point ``04 || x || y`` for P-256.
        kid: the 8 bytes that name it in a protected header, the start of SHA-256 of ``spki``.
    """

    alg: Algorithm
    spki: bytes
    raw: bytes = field(init=False, repr=False, compare=False)
    kid: bytes = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Derive ``raw`` and ``kid`` once: every verification reads them."""
        raw_bytes = _ED25519_BYTES if self.alg is Algorithm.EDDSA else _P256_BYTES
        object.__setattr__(self, "raw", self.spki[-raw_bytes:])
        object.__setattr__(self, "kid", hashlib.sha256(self.spki).digest()[:KID_BYTES])


@lru_cache(maxsize=4096)
def parse_public_key(spki: bytes) -> PublicKey:
    """Read the one DER spelling of an Ed25519 or P-256 public key.

    Raises:
        KeyUnusable: another algorithm, curve or spelling, a point off the P-256 curve, or an Ed25519 key that
            is of small order or not reduced.
    """
    if spki.startswith(_ED25519_SPKI) and len(spki) == len(_ED25519_SPKI) + _ED25519_BYTES:
        key = PublicKey(Algorithm.EDDSA, spki)
        _refuse_degenerate_ed25519(key.raw)
        return key
    if spki.startswith(_P256_SPKI) and len(spki) == len(_P256_SPKI) + _P256_BYTES:
        key = PublicKey(Algorithm.ES256, spki)
        _p256_point(key.raw)
        return key
    raise KeyUnusable(
        "The public key is not the DER SubjectPublicKeyInfo of an Ed25519 or P-256 key.",
        cure="Send the 44 bytes of an Ed25519 key or the 91 bytes of an uncompressed P-256 key.",
    )


def ed25519_key(raw: bytes) -> PublicKey:
    """The Ed25519 key of these 32 bytes, which formats that know no other algorithm carry alone.

    Raises:
        KeyUnusable: as ``parse_public_key``.
    """
    return parse_public_key(_ED25519_SPKI + raw)


def verify_signature(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Accept ``signature`` (64 bytes) over ``message`` only under the rule at the top of this module.

    Raises:
        SignatureInvalid: it is not such a signature.
    """
    if len(signature) != SIGNATURE_BYTES:
        raise SignatureInvalid(f"A signature has {SIGNATURE_BYTES} bytes, this one has {len(signature)}.")
    try:
        if key.alg is Algorithm.EDDSA:
            crypto_sign_open(signature + message, key.raw)
        else:
            _p256_point(key.raw).verify(_der_of_low_s(signature), message, ECDSA(hashes.SHA256()))
    except (BadSignatureError, InvalidSignature) as error:
        raise SignatureInvalid("The signature does not match the key and the signed bytes.") from error


class SigningKey:
    """A private key in memory; it never prints itself."""

    __slots__ = ("_private", "public")

    def __init__(self, private: Ed25519PrivateKey | EllipticCurvePrivateKey) -> None:
        """Wrap a private key of the ``cryptography`` library.

        Raises:
            KeyUnusable: a curve other than P-256.
        """
        self._private = private
        self.public = parse_public_key(
            private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def __repr__(self) -> str:
        return f"<SigningKey {self.public.alg.name} kid={self.public.kid.hex()}>"

    @classmethod
    def generate(cls, alg: Algorithm = Algorithm.EDDSA) -> SigningKey:
        """Make a new key from the operating system's random source."""
        if alg is Algorithm.EDDSA:
            return cls(Ed25519PrivateKey.generate())
        return cls(generate_private_key(SECP256R1()))

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """Make the Ed25519 key of a 32-byte RFC 8032 seed.

        Raises:
            ValueError: the seed does not have 32 bytes.
        """
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes | None) -> SigningKey:
        """Read a PKCS#8 PEM private key, encrypted if and only if a passphrase is given.

        Raises:
            KeyUnusable: not such a key, a wrong passphrase, one that is missing, or one that is not needed.
        """
        try:
            private = load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"The private key cannot be opened: {error}.") from error
        if not isinstance(private, (Ed25519PrivateKey, EllipticCurvePrivateKey)):
            raise KeyUnusable("The private key is neither Ed25519 nor P-256.")
        return cls(private)

    def to_pem(self, passphrase: bytes | None) -> bytes:
        """Spell the key as PKCS#8 PEM, encrypted under ``passphrase`` if there is one.

        The encryption stretches the passphrase little (PBKDF2, 2,048 rounds): take a long random one.

        Raises:
            KeyUnusable: the passphrase is empty or longer than 1,023 bytes.
        """
        try:
            protection: KeySerializationEncryption = (
                NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
            )
            return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
        except ValueError as error:
            raise KeyUnusable(f"The passphrase cannot protect the key: {error}.") from error

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes that this key always gives for ``message`` (RFC 8032; RFC 6979 with low s)."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(message)
        r, s = decode_dss_signature(self._private.sign(message, ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + min(s, _P256_ORDER - s).to_bytes(32, "big")


def read_key_file(path: Path, passphrase: bytes | None) -> SigningKey:
    """Read a key that only its owner can read.

    Raises:
        KeyUnusable: no such file, others than its owner may read or replace it, or it holds no usable key.
    """
    try:
        _refuse_foreign_symlink(path)
        with open(path, "rb", opener=_open_without_waiting) as file:
            # The open file is looked at, so exchanging the path meanwhile changes nothing.
            _refuse_exposed_file(path, os.fstat(file.fileno()))
            pem = file.read(KEY_FILE_BYTES_MAX)
    except OSError as error:
        raise KeyUnusable(f"The key file {path} cannot be read: {error.strerror}.") from error
    return SigningKey.from_pem(pem, passphrase)


def write_key_file(path: Path, key: SigningKey, passphrase: bytes | None) -> None:
    """Write ``key`` to a new file with mode 0600, on disk when this returns.

    A process that dies here leaves a file without a whole key in it, which ``read_key_file`` refuses.

    Raises:
        KeyUnusable: the path exists (a key file is never overwritten) or cannot be written.
    """
    pem = key.to_pem(passphrase)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        _sync_directory(path.parent)
    except OSError as error:
        raise KeyUnusable(f"The key file {path} cannot be written: {error.strerror}.") from error


def _refuse_degenerate_ed25519(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _ED25519_FIELD or y in _SMALL_ORDER_Y:
        raise KeyUnusable("The Ed25519 key is of small order, or not reduced (RFC 8032 §5.1.3).")


@lru_cache(maxsize=4096)
def _p256_point(raw: bytes) -> EllipticCurvePublicKey:
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError as error:
        raise KeyUnusable("The public key is not an uncompressed point of P-256.") from error


def _der_of_low_s(signature: bytes) -> bytes:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if s > _P256_ORDER // 2:
        raise SignatureInvalid("The ES256 signature has s in the upper half.", cure="Send n - s instead of s.")
    return encode_dss_signature(r, s)


def _open_without_waiting(path: str, flags: int) -> int:
    # A named pipe put in the place of the file would hold the process for ever.
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse_foreign_symlink(path: Path) -> None:
    link = os.lstat(path)
    if stat.S_ISLNK(link.st_mode) and not _is_mine(link):
        raise KeyUnusable(f"The key file {path} is a symbolic link that another user can turn elsewhere.")


def _refuse_exposed_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyUnusable(f"The key file {path} is not a regular file.")
    if not _is_mine(status):
        raise KeyUnusable(f"The key file {path} belongs to another user.")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyUnusable(f"The key file {path} is open to others.", cure=f"chmod 600 {path}")


def _is_mine(status: os.stat_result) -> bool:
    # Root can read every file anyway, and mounted secrets belong to it.
    return status.st_uid in (os.geteuid(), 0)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
