"""A profile: the folder from which one party signs.

    profile.json    party, site, server
    key.pem         the signing key (PKCS#8, mode 0600)
    trust.json      the ledger's pins, if they were given
    anchor.json     the newest checkpoint that was verified, and a time not before its tick
    heads.json      newest event of each subject, as the ledger last told
    parties.json    name and keys of other parties, as the ledger last told
    outbox/ sent/ refused/
    lock            held by the one process that signs or sends

Everything but the key and the outbox can be made again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.compose import Anchor, Head
from cli.files import locked, write_whole
from cli.outbox import Outbox
from ledger.domain.values import Seen, format_base64url, parse_base64url
from ledger.errors import KeyUnusable, ProofInvalid
from ledger.keys import PublicKey, SigningKey, parse_public_key, read_key_file, write_key_file
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.note import parse_note
from ledger.log.signature import verify_checkpoint
from ledger.trust import Trust, parse_trust

HEADS_MAX = 10_000
PARTIES_MAX = 1_000
LOCK_WAIT_S = 30.0

_PROFILE, _KEY, _TRUST, _ANCHOR, _HEADS = "profile.json", "key.pem", "trust.json", "anchor.json", "heads.json"
_PARTIES = "parties.json"


@dataclass(frozen=True, slots=True)
class KnownParty:
    """What this profile knows of another party.

    Attributes:
        name: as the ledger has it; None for who has none there.
        keys: those in force when the ledger was asked, by kid in hex.
    """

    name: str | None
    keys: Mapping[str, PublicKey]


@dataclass(frozen=True, slots=True)
class Profile:
    """Who signs, and where to.

    Attributes:
        path: the folder.
        party: its id.
        site: id of the site where it acts, or None.
        server: base URL of the API, or None: everything waits in the outbox.
        public: the key that it signs with.
    """

    path: Path
    party: str
    site: str | None
    server: str | None
    public: PublicKey

    @property
    def kid(self) -> str:
        """Id of the key, in hex."""
        return self.public.kid.hex()

    @property
    def key_path(self) -> Path:
        """File of the signing key."""
        return self.path / _KEY

    @property
    def trust_path(self) -> Path:
        """File of the ledger's pins; it may be missing."""
        return self.path / _TRUST

    def read_key(self, passphrase: bytes | None) -> SigningKey:
        """The signing key.

        Raises:
            KeyUnusable: the file is missing or open to others, holds another key, or the passphrase is wrong.
        """
        key = read_key_file(self.key_path, passphrase)
        if key.public != self.public:
            raise KeyUnusable(f"{self.key_path} holds another key than the one this profile was made with.")
        return key

    def find_trust(self) -> Trust | None:
        """The ledger's pins, if this profile has them.

        Raises:
            KeyUnusable: the file is not a trust file.
        """
        return parse_trust(self.trust_path.read_bytes()) if self.trust_path.exists() else None

    def find_anchor(self, trust: Trust) -> tuple[Checkpoint, Anchor] | None:
        """The newest verified checkpoint; None before the first, or if it is not one of this ledger any more."""
        members = _read_json(self.path / _ANCHOR)
        try:
            note = parse_note(str(members["note"]).encode())
            checkpoint = verify_checkpoint(note, trust.origin, trust.checkpoint)
        except (KeyError, ProofInvalid):
            return None
        seen = Seen(size=checkpoint.size, root=checkpoint.root.hex())
        return checkpoint, Anchor(seen, int(members["not_before"]))

    def keep_anchor(self, note: bytes, not_before: int) -> None:
        """Hold on to a checkpoint that was verified."""
        size = parse_checkpoint(parse_note(note).text).size
        members = {"size": size, "not_before": not_before, "note": note.decode()}
        _write_json(self.path / _ANCHOR, members)

    def heads(self) -> dict[str, Head]:
        """What the ledger last told about the newest events."""
        return {key: Head(event_id, at) for key, (event_id, at) in _read_json(self.path / _HEADS).items()}

    def keep_heads(self, heads: Mapping[str, Head]) -> None:
        """Remember these too; beyond ``HEADS_MAX`` the oldest are forgotten."""
        known = self.heads()
        for key, head in heads.items():
            known.pop(key, None)
            known[key] = head
        newest = list(known.items())[-HEADS_MAX:]
        _write_json(self.path / _HEADS, {key: [head.event_id, head.at] for key, head in newest})

    def parties(self) -> dict[str, KnownParty]:
        """What the ledger last told about other parties, by id."""
        return {party: _known_party(members) for party, members in _read_json(self.path / _PARTIES).items()}

    def keep_party(self, party: str, known: KnownParty) -> None:
        """Remember this party, to check what it hands over; beyond ``PARTIES_MAX`` the oldest are forgotten."""
        members = _read_json(self.path / _PARTIES)
        members.pop(party, None)
        members[party] = {"name": known.name, "keys": [format_base64url(key.spki) for key in known.keys.values()]}
        _write_json(self.path / _PARTIES, dict(list(members.items())[-PARTIES_MAX:]))

    @contextmanager
    def outbox(self) -> Iterator[Outbox]:
        """The outbox, for one process at a time.

        Raises:
            Unavailable: another process uses it.
        """
        with locked(self.path / "lock", wait_s=LOCK_WAIT_S):
            yield Outbox(self.path)


def create_profile(
    path: Path,
    key: SigningKey,
    passphrase: bytes | None,
    *,
    party: str,
    site: str | None,
    server: str | None,
    trust: bytes | None,
) -> Profile:
    """Make a profile in a new or an empty folder.

    ``profile.json`` comes last and makes the folder a profile; a process that dies before leaves a key that nobody
    knows of.

    Raises:
        KeyUnusable: there is a key already, or ``trust`` is not a trust file.
    """
    if trust is not None:
        parse_trust(trust)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_key_file(path / _KEY, key, passphrase)
    if trust is not None:
        write_whole(path / _TRUST, trust)
    members = {"party": party, "site": site, "server": server, "spki": format_base64url(key.public.spki)}
    _write_json(path / _PROFILE, members)
    return Profile(path, party, site, server, key.public)


def open_profile(path: Path) -> Profile:
    """The profile that ``create_profile`` made.

    Raises:
        KeyUnusable: there is none, or its file does not read as one.
    """
    members = _read_json(path / _PROFILE)
    try:
        spki = base64.urlsafe_b64decode(members["spki"] + "==")
        return Profile(path, members["party"], members["site"], members["server"], parse_public_key(spki))
    except (KeyError, TypeError, ValueError) as error:
        raise KeyUnusable(f"{path} is no profile.", cure="Make one: bitacora keys new") from error


def _known_party(members: Mapping[str, Any]) -> KnownParty:
    keys = [parse_public_key(parse_base64url(spki)) for spki in members["keys"]]
    return KnownParty(members["name"], {key.kid.hex(): key for key in keys})


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    members = json.loads(path.read_bytes())
    return members if isinstance(members, dict) else {}


def _write_json(path: Path, members: Mapping[str, Any]) -> None:
    write_whole(path, (json.dumps(members, ensure_ascii=False, indent=2) + "\n").encode())
