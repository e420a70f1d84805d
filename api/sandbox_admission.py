"""How a stranger comes into a sandbox: a ledger in which nothing is real.

The keys of its authorities lie in its home, and the process that serves it signs with them. So it is served only when
the origin of its log begins with ``sandbox.``, which is signed in its genesis for ever: no real ledger can be served
so by mistake.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from threading import Lock
from typing import Final

from api.refusals import TooManyRequests
from certification.ceremony import (
    Members,
    Occasion,
    authorisation_granted,
    key_enrolled,
    party_registered,
    site_registered,
)
from ledger.batch import Recorded
from ledger.clock import Clock
from ledger.domain.payload import act_key, key_key, party_key, site_key
from ledger.domain.values import format_opaque_id, format_uuid7
from ledger.durable import write_new_file
from ledger.errors import KeyUnusable, Refusal, Unavailable
from ledger.event import sign_event
from ledger.fold.legal_day import legal_day
from ledger.home import Home
from ledger.keys import PublicKey, SigningKey, read_key_file, write_key_file
from ledger.recorder import Recorder
from ledger.store.session import Store
from ledger.store.state import load_states, scan_states

ORIGIN_PREFIX: Final = "sandbox."
FOLDER: Final = "sandbox"
"""Below the home: the ids of the authorities, and a key file for each."""
AUTHORITIES: Final = ("operator", "ministry", "state_agency")
PARTIES_MAX: Final = 20_000
KEY_ROLES: Final = ("admin", "custody", "read")

_NAMES: Final = "authorities.json"
_PROVEN: Final = "bitacora sandbox key"
_YEAR_DAYS: Final = 365
_PLACE: Final = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
# Hazardous waste is the federation's, special handling waste the state's (LGPGIR 7, 9).
_GRANTERS: Final = (("RP", "ministry"), ("RME", "state_agency"))


def proof_bytes(origin: str, spki: str) -> bytes:
    """What a key signs to show that whoever asks has it: ``spki`` as it is sent, base64url without padding."""
    return f"{_PROVEN}\n{origin}\n{spki}".encode()


@dataclass(frozen=True, slots=True)
class Authority:
    """One of the sandbox's own authorities."""

    party: str
    key: SigningKey


@dataclass(frozen=True, slots=True)
class Admitted:
    """A stranger as the sandbox knows it; ``authorisations`` by waste class."""

    party: str
    site: str
    authorisations: dict[str, str]
    is_new: bool


class Sandbox:
    """Admits strangers. What it made for a key is found again for the same key, whatever was broken off before."""

    def __init__(
        self, home: Home, store: Store, recorder: Recorder, clock: Clock, authorities: dict[str, Authority]
    ) -> None:
        self.home = home
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._authorities = authorities
        self._lock = Lock()
        self._parties = _count_parties(store)

    def admit(self, key: PublicKey, activities: Sequence[str]) -> Admitted:
        """A party, a site and, where activities are asked for, a permit for each waste class; the first time.

        Raises:
            TooManyRequests: there are ``PARTIES_MAX`` parties.
            Refusal, Unavailable: the ledger does not take a statement.
        """
        party, site = self._id("pty", key), self._id("sit", key)
        permits = {waste: self._id("aut", key, waste) for waste, _ in _GRANTERS} if activities else {}
        with self._lock:
            missing = self._missing(party, site, permits, key)
            if missing and self._parties >= PARTIES_MAX:
                raise TooManyRequests("the sandbox is full", cure="ask whoever runs it to begin a new one")
            self._record(missing, party, site, key, activities)
            self._parties += party_key(party) in missing
        return Admitted(party, site, permits, bool(missing))

    def _missing(self, party: str, site: str, permits: dict[str, str], key: PublicKey) -> dict[str, str]:
        """State keys of what is not there yet, each with what is needed to make it."""
        wanted = {
            party_key(party): "party",
            site_key(site): "site",
            key_key(party, key.kid.hex()): "key",
            **{act_key(authorisation): waste for waste, authorisation in permits.items()},
        }
        with self._store.read() as reader:
            found = load_states(reader, wanted)
        return {place: what for place, what in wanted.items() if found[place] is None}

    def _record(
        self, missing: dict[str, str], party: str, site: str, key: PublicKey, activities: Sequence[str]
    ) -> None:
        statements = [self._statement(what, party, site, key, activities) for what in missing.values()]
        for outcome in self._recorder.submit(statements) if statements else ():
            if isinstance(outcome, Refusal):
                raise outcome
            if not isinstance(outcome, Recorded):
                raise Unavailable("the sandbox waits for a statement of its own")

    def _statement(self, what: str, party: str, site: str, key: PublicKey, activities: Sequence[str]) -> bytes:
        match what:
            case "party":
                name = f"Parte de prueba {party[4:12].upper()}, S.A. de C.V."
                return self._say("operator", lambda at: party_registered(at, party, form="moral", name=name))
            case "site":
                return self._say(
                    "operator", lambda at: site_registered(at, site, operated_by=party, place=_PLACE, name="Patio")
                )
            case "key":
                return self._say("operator", lambda at: key_enrolled(at, party, key, KEY_ROLES))
        authorisation = self._id("aut", key, what)
        today = legal_day(self._clock.now(), None)
        members: Members = {
            "holder": party,
            "number": f"19-39-PS-{int(sha256(authorisation.encode()).hexdigest()[:6], 16) % 1000:03d}-{today[:4]}",
            "scope": {
                "activities": list(activities),
                "waste_classes": [what],
                "conditions": ["sound", "damaged", "critical"],
                "sites": [site],
            },
            "from_on": today,
            "to_on": _plus(today, _YEAR_DAYS),
            "act": {"oficio": f"SANDBOX.{what}/000001", "notified_on": _plus(today, -1)},
        }
        return self._say(dict(_GRANTERS)[what], lambda at: authorisation_granted(at, authorisation, **members))

    def _say(self, name: str, spell: Callable[[Occasion], Members]) -> bytes:
        authority, now = self._authorities[name], self._clock.now()
        members = spell(Occasion(authority.party, now, format_uuid7(now * 1000, secrets.token_bytes(10))))
        return sign_event(authority.key, members)

    def _id(self, prefix: str, key: PublicKey, *more: str) -> str:
        """The same key has the same ids in one sandbox, and others in another."""
        said = "\n".join((str(self.home.trust.genesis), prefix, key.spki.hex(), *more))
        return format_opaque_id(prefix, sha256(said.encode()).digest()[:16])


def read_authorities(home: Home) -> dict[str, Authority]:
    """The authorities of the sandbox in this home, with their keys.

    Raises:
        KeyUnusable: the home is that of a real ledger, or the keys are not there.
    """
    if not home.trust.origin.startswith(ORIGIN_PREFIX):
        raise KeyUnusable(
            f"{home.trust.origin} is no sandbox: strangers get no keys there.", cure="begin one: bitacora sandbox"
        )
    folder = home.path / FOLDER
    try:
        parties = json.loads((folder / _NAMES).read_bytes())
    except (OSError, ValueError) as error:
        raise KeyUnusable(f"{folder} does not name the sandbox's authorities.") from error
    return {name: Authority(parties[name], read_key_file(folder / f"{name}.pem", None)) for name in AUTHORITIES}


def write_authorities(home: Home, authorities: dict[str, Authority]) -> None:
    """Keep the authorities in the home, their names last: a home without names is no sandbox yet.

    Raises:
        KeyUnusable: they are there already, or cannot be written.
    """
    folder = home.path / FOLDER
    folder.mkdir(mode=0o700)
    for name, authority in authorities.items():
        write_key_file(folder / f"{name}.pem", authority.key, None)
    parties = {name: authority.party for name, authority in authorities.items()}
    write_new_file(folder / _NAMES, json.dumps(parties).encode())


def is_sandbox(home: Home) -> bool:
    """Whether ``write_authorities`` has finished there."""
    return home.trust.origin.startswith(ORIGIN_PREFIX) and (home.path / FOLDER / _NAMES).exists()


def _count_parties(store: Store) -> int:
    count, after = 0, ""
    with store.read() as reader:
        while page := scan_states(reader, party_key(""), after=after):
            count, after = count + len(page), page[-1][0]
    return count


def _plus(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
