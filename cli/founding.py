"""How an operator begins a real ledger: home, offline root, genesis, and the operator's own key.

Every step looks first at what is there, so a ceremony that was broken off goes on when it is called again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from certification.ceremony import Occasion, genesis, key_enrolled, sign_root_act
from cli.files import write_whole
from cli.profile import Profile
from compliance.rulebook import CURRENT, rules_of
from ledger.batch import OnlineKeys, Recorded
from ledger.clock import Clock
from ledger.domain.payload import key_key
from ledger.domain.values import OPAQUE_ID_BYTES, format_opaque_id, format_uuid7
from ledger.errors import KeyUnusable, Refusal, Unavailable
from ledger.event import parse_event, sign_event
from ledger.fold.state import Value
from ledger.home import Home, create_home, open_home, pin_genesis
from ledger.keys import SigningKey, read_key_file, write_key_file
from ledger.log.note import format_vkey
from ledger.recorder import Recorder
from ledger.store.session import Store
from ledger.store.state import load_states
from ledger.trust import format_trust


@dataclass(frozen=True, slots=True)
class Founding:
    """What a ledger is to begin with.

    Attributes:
        origin: the log's name.
        operator_name: public name of the operator.
        operator: its profile.
        roots: the root's keys.
        threshold: how many of them make an act.
    """

    origin: str
    operator_name: str
    operator: Profile
    roots: Sequence[SigningKey]
    threshold: int


def open_or_create_home(path: Path, origin: str) -> Home:
    """The home at ``path``, made if it is not there.

    Raises:
        KeyUnusable: it is the home of another log.
    """
    home = open_home(path) if (path / "trust.json").exists() else create_home(path, origin)
    if home.trust.origin != origin:
        raise KeyUnusable(f"{path} is the home of {home.trust.origin}.")
    return home


def open_or_create_roots(folder: Path, count: int, passphrase: bytes | None) -> list[SigningKey]:
    """The root's key files ``root-1.pem`` … in ``folder``; those that are missing are made.

    Raises:
        KeyUnusable: one is open to others, or the passphrase is not that of one.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    paths = [folder / f"root-{number}.pem" for number in range(1, count + 1)]
    for path in paths:
        if not path.exists():
            write_key_file(path, SigningKey.generate(), passphrase)
    return [read_key_file(path, passphrase) for path in paths]


def begin_ledger(store: Store, home: Home, plan: Founding, clock: Clock, random: Callable[[int], bytes]) -> Home:
    """Record genesis and the operator's key, unless they are there; the home and the profile then pin the genesis.

    Raises:
        KeyUnusable: the database holds the ledger of another home or operator.
        Refusal, Unavailable: the ledger does not take a statement.
    """

    def occasion(party: str) -> Occasion:
        return Occasion(party, clock.now(), format_uuid7(clock.now() * 1000, random(10)))

    recorder = Recorder(store, rules_of, clock, OnlineKeys(home.read_clock_key(), home.read_recorder_key()))
    try:
        ledger = _find(store, "ledger")
        if ledger is None:
            root_party = format_opaque_id("pty", random(OPAQUE_ID_BYTES))
            first = sign_event(plan.roots[0], _genesis(occasion(root_party), home, plan))
            recorder.genesis(first)
            ledger = {"genesis": parse_event(first).id, "root": root_party, "operator": plan.operator.party}
        if ledger["operator"] != plan.operator.party:
            raise KeyUnusable("The database holds the ledger of another operator than this profile.")
        pinned = pin_genesis(home, ledger["genesis"])
        write_whole(plan.operator.trust_path, format_trust(pinned.trust))
        if _find(store, key_key(plan.operator.party, plan.operator.kid)) is None:
            act = key_enrolled(
                occasion(ledger["root"]), plan.operator.party, plan.operator.public, ["authority", "admin", "read"]
            )
            _submit(recorder, sign_root_act(plan.roots[: plan.threshold], act))
    finally:
        recorder.close()
    return pinned


def _genesis(occasion: Occasion, home: Home, plan: Founding) -> dict[str, object]:
    return genesis(
        occasion,
        origin=plan.origin,
        operator=plan.operator.party,
        operator_name=plan.operator_name,
        root=[key.public for key in plan.roots],
        threshold=plan.threshold,
        clock=home.read_clock_key().public,
        recorder=home.read_recorder_key().public,
        checkpoint=[format_vkey(key) for key in home.trust.checkpoint],
        rules_version=CURRENT.version,
    )


def _submit(recorder: Recorder, raws: Sequence[bytes]) -> None:
    for outcome in recorder.submit(raws):
        if isinstance(outcome, Refusal):
            raise outcome
        if not isinstance(outcome, Recorded):
            raise Unavailable("the root's act waits for something that is not there")


def _find(store: Store, key: str) -> Value | None:
    with store.read() as reader:
        return load_states(reader, [key])[key]
