"""C2SP signed-note: a text and the signature lines under it, and verifier keys (vkeys). Syntax only.

What a signature means depends on its type; ``ledger.log.signature`` makes and verifies them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from ledger.errors import KeyUnusable, ProofInvalid
from ledger.log.text import format_base64, is_printable, parse_base64

SIGNATURES_MAX = 64
NOTE_BYTES_MAX = 256 * 1024
KEY_ID_BYTES = 4

_SEPARATOR = b"\n\n"
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_KEY_NAME = re.compile(r"[^\s+]+")


class SignatureType(IntEnum):
    """Signature type bytes of signed-note that this ledger makes and verifies."""

    ED25519 = 0x01
    ED25519_COSIGNATURE = 0x04
    ML_DSA_44 = 0x06


_PUBLIC_BYTES = {
    SignatureType.ED25519: 32,
    SignatureType.ED25519_COSIGNATURE: 32,
    SignatureType.ML_DSA_44: 1312,
}


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name.

    Attributes:
        name: without spaces and plus signs; a schema-less URL by recommendation.
        kind: what its signatures are made over.
        public: the raw public key, 32 bytes or, for ML-DSA-44, 1312.
    """

    name: str
    kind: SignatureType
    public: bytes

    def __post_init__(self) -> None:
        if not _KEY_NAME.fullmatch(self.name) or not is_printable(self.name):
            raise KeyUnusable("The name of a verifier key is empty, or holds a space, a plus sign or a control.")
        if len(self.public) != _PUBLIC_BYTES[self.kind]:
            raise KeyUnusable(f"A public key of type {self.kind} has {_PUBLIC_BYTES[self.kind]} bytes.")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || type || public key)[:4]; a lookup aid, not an identity."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_ID_BYTES]


def format_vkey(key: VerifierKey) -> str:
    """``<name>+<key id in hex>+<base64(type || public key)>``."""
    return f"{key.name}+{key.key_id.hex()}+{format_base64(bytes([key.kind]) + key.public)}"


def parse_vkey(text: str) -> VerifierKey:
    """The inverse of ``format_vkey``.

    Raises:
        KeyUnusable: not a vkey, an unsupported type, or a key id that is not that of the name and key.
    """
    name, *rest = text.split("+", 2)
    if len(rest) != 2:
        raise KeyUnusable("A verifier key has three parts, separated by plus signs.")
    try:
        typed = parse_base64(rest[1])
        key = VerifierKey(name, SignatureType(typed[0] if typed else 0), typed[1:])
    except (ProofInvalid, ValueError) as error:
        raise KeyUnusable("The verifier key is not base64 of a supported type and a public key.") from error
    if format_vkey(key) != text:
        raise KeyUnusable("The id in the verifier key is not that of its name and public key.")
    return key


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, of a known or an unknown key.

    Attributes:
        name: key name.
        key_id: 4 bytes; with the name it says which key and which signature type.
        blob: the signature in the form of its type, at least 1 byte.
    """

    name: str
    key_id: bytes
    blob: bytes

    def is_by(self, key: VerifierKey) -> bool:
        """Whether the line claims to be by this key (name and id, signed-note "Signatures")."""
        return self.name == key.name and self.key_id == key.key_id


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines; nothing about it is to be believed before it is verified.

    Attributes:
        text: ends in a newline, holds no other control character below U+0020.
        signatures: 1 to 64.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or not is_printable(self.text.replace("\n", "")):
            raise ProofInvalid("the text of a note ends in a newline and holds no other control character")
        if not 1 <= len(self.signatures) <= SIGNATURES_MAX:
            raise ProofInvalid(f"a note has 1 to {SIGNATURES_MAX} signatures")


def format_note(note: Note) -> bytes:
    """The text, an empty line, and the signature lines, in UTF-8."""
    return note.text.encode() + b"\n" + format_signatures(note.signatures)


def parse_note(data: bytes) -> Note:
    """The inverse of ``format_note``.

    Raises:
        ProofInvalid: not a signed note, or larger than 256 KiB, or more than 64 signatures.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise ProofInvalid("the note is too large", limit_bytes=NOTE_BYTES_MAX)
    text, separator, lines = data.rpartition(_SEPARATOR)
    if not separator:
        raise ProofInvalid("a note has an empty line between text and signatures")
    return Note(_decode(text + b"\n"), parse_signatures(lines))


def format_signatures(signatures: tuple[NoteSignature, ...]) -> bytes:
    """Signature lines alone, as a witness returns them (C2SP tlog-witness, add-checkpoint)."""
    return "".join(
        f"— {signature.name} {format_base64(signature.key_id + signature.blob)}\n" for signature in signatures
    ).encode()


def parse_signatures(data: bytes) -> tuple[NoteSignature, ...]:
    """The inverse of ``format_signatures``.

    Raises:
        ProofInvalid: a line that is not a signature line, none, or more than 64.
    """
    *lines, end = _decode(data).split("\n")
    if end or not 1 <= len(lines) <= SIGNATURES_MAX:
        raise ProofInvalid(f"expected 1 to {SIGNATURES_MAX} signature lines, each ending in a newline")
    return tuple(_parse_signature(line) for line in lines)


def _parse_signature(line: str) -> NoteSignature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None or not is_printable(line):
        raise ProofInvalid("not a signature line")
    blob = parse_base64(match[2])
    if len(blob) <= KEY_ID_BYTES:
        raise ProofInvalid("the signature is empty")
    return NoteSignature(match[1], blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProofInvalid("a note is valid UTF-8") from error
