"""The folder that one ledger's server keeps outside its database: keys, trust file, signed tree heads, blobs.

    keys/clock.pem  keys/recorder.pem             sign ticks, and conflicts
    keys/checkpoint.pem  keys/checkpoint-mldsa.pem  sign checkpoints; the first one also receipts
    keys/credential.pem                           signs credentials and their status lists
    trust.json                                    public: what verifiers pin
    last-signed                                   every tree head this server has bound itself to
    blobs/                                        documents by their digest

``last-signed`` must never be restored from a backup together with the database: the two are compared so that a
database set back to an older state is noticed before anything is signed over it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import FileIO
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ledger.durable import sync_folder, write_new_file
from ledger.errors import Corruption, KeyUnusable, Unavailable
from ledger.keys import KEY_FILE_BYTES_MAX, SigningKey, read_key_file, write_key_file
from ledger.log.signature import Ed25519Signer, MlDsa44Signer, NoteSigner
from ledger.trust import TRUST_BYTES_MAX, Trust, format_trust, parse_trust

LAST_SIGNED = "last-signed"

_CLOCK, _RECORDER, _CREDENTIAL = "clock.pem", "recorder.pem", "credential.pem"
_CHECKPOINT, _CHECKPOINT_ML_DSA = "checkpoint.pem", "checkpoint-mldsa.pem"
_TRUST = "trust.json"
_HEAD_LINE = re.compile(rb"(0|[1-9][0-9]{0,18}) ([0-9a-f]{64})")
_HEAD_LINE_BYTES_MAX = 19 + 1 + 64 + 1


@dataclass(frozen=True, slots=True)
class CheckpointKeys:
    """What the publisher signs with.

    Attributes:
        note_signers: Ed25519, and ML-DSA-44 beside it; both under the log's origin.
        receipt_key: the same Ed25519 key, for COSE receipts.
    """

    note_signers: tuple[NoteSigner, ...]
    receipt_key: SigningKey


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A tree head: number of leaves, and the root over them (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Home:
    """A ledger's folder. Keys are read when asked for: a process holds only those that it uses."""

    path: Path
    trust: Trust

    @property
    def blobs(self) -> Path:
        """The folder of documents."""
        return self.path / "blobs"

    def read_clock_key(self) -> SigningKey:
        """The key of ticks.

        Raises:
            KeyUnusable: its file is missing, open to others, or holds no key.
        """
        return read_key_file(self.path / "keys" / _CLOCK, None)

    def read_recorder_key(self) -> SigningKey:
        """The key of conflict records.

        Raises:
            KeyUnusable: its file is missing, open to others, or holds no key.
        """
        return read_key_file(self.path / "keys" / _RECORDER, None)

    def open_credential_key(self) -> SigningKey:
        """The key of credentials, made if this home has none yet: no log names it, so one can be made at any time.

        Of two processes that make it at once, the first wins and both use its key. One that dies while making it
        leaves at most a ``.new`` file beside it.

        Raises:
            KeyUnusable: its file is open to others or holds no key, or none can be made.
        """
        path = self.path / "keys" / _CREDENTIAL
        if not path.exists():
            _make_key_file(path)
        return read_key_file(path, None)

    def read_checkpoint_keys(self) -> CheckpointKeys:
        """The keys of checkpoints and receipts.

        Raises:
            KeyUnusable: a file is missing, open to others, or holds no key, or the trust file does not name its key.
        """
        keys = _read_checkpoint_keys(self.path / "keys", self.trust.origin)
        if any(signer.key not in self.trust.checkpoint for signer in keys.note_signers):
            raise KeyUnusable("The trust file does not name the checkpoint keys of this home.")
        if keys.receipt_key.public != self.trust.receipt_key:
            raise KeyUnusable("The trust file names another receipt key than that of this home.")
        return keys

    @contextmanager
    def signed_heads(self) -> Iterator[SignedHeads]:
        """The record of what was signed, for one publisher at a time over all processes.

        The lock goes with the process that holds it, however that ends.

        Raises:
            Unavailable: another publisher is at work.
            Corruption: the record is missing.
        """
        try:
            file = FileIO(self.path / LAST_SIGNED, "r+")
        except FileNotFoundError as error:
            raise Corruption("the record of signed checkpoints is missing", place=LAST_SIGNED) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Unavailable("another publisher is at work") from error
            yield SignedHeads(file)


class SignedHeads:
    """The tree heads that this server has bound itself to, one a line: size, space, root in hex."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    def find_newest(self) -> SignedHead | None:
        """The last whole line; None when nothing was ever signed.

        Raises:
            Corruption: that line is no tree head.
        """
        end = self._end_of_lines()
        # Room for two lines: one that is too long is seen to be.
        start = self._file.seek(max(0, end - 2 * _HEAD_LINE_BYTES_MAX))
        lines = self._file.read(end - start).split(b"\n")
        return _parse_head(lines[-2]) if len(lines) > 1 else None

    def append(self, head: SignedHead) -> None:
        """Add a line; it is on the disk when this returns.

        Raises:
            Unavailable: there is no room for it. The next call cuts off what was written of it.
            Corruption: nobody knows whether it is on the disk. Asking again would be answered from memory, so the
                process must not go on.
        """
        self._file.truncate(self._end_of_lines())
        self._file.seek(0, os.SEEK_END)
        line = b"%d %s\n" % (head.size, head.root.hex().encode())
        try:
            written = self._file.write(line)
        except OSError as error:
            raise Unavailable("the record of signed checkpoints cannot be written") from error
        if written != len(line):
            raise Unavailable("the record of signed checkpoints has no room")
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise Corruption("may not have reached the disk", place=LAST_SIGNED) from error

    def _end_of_lines(self) -> int:
        """Where the last whole line ends: a process that died while appending left part of one after it."""
        end = self._file.seek(0, os.SEEK_END)
        start = self._file.seek(max(0, end - _HEAD_LINE_BYTES_MAX))
        tail = self._file.read(end - start)
        newline = tail.rfind(b"\n")
        if newline < 0 < start:
            raise Corruption("ends in bytes that are no line", place=LAST_SIGNED)
        return start + newline + 1


def create_home(path: Path, origin: str) -> Home:
    """Make the folder and new keys for the log ``origin``; its genesis is pinned later, by ``pin_genesis``.

    The trust file comes last and makes the folder a home. A process that dies before leaves keys that nobody relies
    on yet: the same call again keeps those that are whole and makes the rest.

    Raises:
        KeyUnusable: a home is there already, a key file is not whole, or ``origin`` cannot name keys.
    """
    if (path / _TRUST).exists():
        raise KeyUnusable(f"{path} is a home already; its keys are never replaced.")
    keys = path / "keys"
    for folder in (path, keys, path / "blobs"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (_CLOCK, _RECORDER, _CREDENTIAL, _CHECKPOINT):
        if not (keys / name).exists():
            write_key_file(keys / name, SigningKey.generate(), None)
    if not (keys / _CHECKPOINT_ML_DSA).exists():
        _write_ml_dsa(keys / _CHECKPOINT_ML_DSA, MLDSA44PrivateKey.generate())
    (path / LAST_SIGNED).touch(mode=0o600)
    checkpoint = _read_checkpoint_keys(keys, origin)
    vkeys = tuple(signer.key for signer in checkpoint.note_signers)
    home = Home(path, Trust(origin, None, vkeys, checkpoint.receipt_key.public))
    _replace_file(path / _TRUST, format_trust(home.trust))
    return home


def open_home(path: Path) -> Home:
    """The home that ``create_home`` made.

    Raises:
        KeyUnusable: there is none, or its trust file is not one.
    """
    try:
        with open(path / _TRUST, "rb") as file:
            return Home(path, parse_trust(file.read(TRUST_BYTES_MAX + 1)))
    except OSError as error:
        raise KeyUnusable(f"{path} is no home of a ledger: {error.strerror}.") from error


def pin_genesis(home: Home, genesis: str) -> Home:
    """Write the event id of entry 0 into the trust file, once.

    Raises:
        KeyUnusable: another genesis is pinned.
    """
    if home.trust.genesis not in (None, genesis):
        raise KeyUnusable("The trust file pins another genesis.")
    pinned = replace(home, trust=replace(home.trust, genesis=genesis))
    _replace_file(home.path / _TRUST, format_trust(pinned.trust))
    return pinned


def _parse_head(line: bytes) -> SignedHead:
    match = _HEAD_LINE.fullmatch(line)
    if match is None:
        raise Corruption("its last line is no tree head", place=LAST_SIGNED)
    return SignedHead(int(match[1]), bytes.fromhex(match[2].decode()))


def _read_checkpoint_keys(keys: Path, origin: str) -> CheckpointKeys:
    ed25519 = read_key_file(keys / _CHECKPOINT, None)
    ml_dsa = _read_ml_dsa(keys / _CHECKPOINT_ML_DSA)
    return CheckpointKeys((Ed25519Signer(origin, ed25519), MlDsa44Signer(origin, ml_dsa)), ed25519)


def _make_key_file(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    write_key_file(fresh, SigningKey.generate(), None)
    try:
        # Unlike a rename, a link never replaces what another process has made meanwhile.
        os.link(fresh, path)
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyUnusable(f"The key file {path} cannot be made: {error.strerror}.") from error
    finally:
        fresh.unlink()
    sync_folder(path.parent)


def _read_ml_dsa(path: Path) -> MLDSA44PrivateKey:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyUnusable(f"The key file {path} is open to others.", cure=f"chmod 600 {path}")
            private = load_pem_private_key(file.read(KEY_FILE_BYTES_MAX), None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(f"The key file {path} cannot be read: {error}.") from error
    if not isinstance(private, MLDSA44PrivateKey):
        raise KeyUnusable(f"The key file {path} holds no ML-DSA-44 key.")
    return private


def _write_ml_dsa(path: Path, key: MLDSA44PrivateKey) -> None:
    write_new_file(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _replace_file(path: Path, data: bytes) -> None:
    """Readers see the old file or the new one; a process that dies between leaves a ``.new`` beside it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    write_new_file(fresh, data)
    fresh.rename(path)
    sync_folder(path.parent)
