"""Putting one server's parts together."""

from __future__ import annotations

from contextlib import ExitStack
from threading import BoundedSemaphore

from api.follower import Follower
from api.limits import WAITERS_MAX
from api.notices import NoticeLoop
from api.publication import Publication
from api.rates import Rates
from api.sandbox_admission import Sandbox, read_authorities
from api.server_secret import open_secret
from api.services import Services
from api.settings import Settings
from api.status_lists import StatusLists
from api.tokens import TokenIssuer, UsedAssertions
from certification.efirma import Anchors
from certification.notifier import Links
from certification.trust_folder import read_trust_folder
from compliance.rulebook import rules_of
from ledger.batch import OnlineKeys
from ledger.clock import Clock
from ledger.errors import KeyUnusable, Unavailable
from ledger.home import CheckpointKeys, Home, open_home
from ledger.log.note import format_vkey
from ledger.publisher import Publisher, PublisherLoop
from ledger.recorder import Recorder
from ledger.store.session import Store, open_store
from ledger.store.state import find_state

TOKEN_SECRET = "token.key"  # noqa: S105 (name of a file)
ALTERNATES_SECRET = "alternates.key"  # noqa: S105 (name of a file)
CONTACTS_SECRET = "contacts.key"  # noqa: S105 (name of a file)

_DAY_S = 24 * 3600


def build_rates(settings: Settings) -> Rates:
    """The counters of one process."""
    return Rates(
        requests=settings.requests_per_minute,
        tokens=settings.tokens_per_minute,
        statements=settings.statements_per_minute,
        reads=settings.reads_per_minute,
        deposits=settings.deposits_per_minute,
        papers=settings.papers_per_minute,
        sandbox_keys=settings.sandbox_keys_per_minute,
    )


def build_services(settings: Settings, clock: Clock, rates: Rates) -> Services:
    """Open the database and the home, and make what works on them; ``close_services`` ends it.

    Raises:
        Unavailable: the database does not answer or has another schema; or this server's clock is further ahead of
            the ledger's than ``clock_ahead_days_max``.
        KeyUnusable: the home lacks a key, one is open to others, or the log gave checkpoints to another key.
        RulesUnknown: the ledger's rules are newer than this program.
    """
    home = open_home(settings.home)
    store = open_store(settings.database_url)
    with ExitStack() as undo:
        undo.callback(store.close)
        services = _services_on(store, home, settings, clock, rates)
        undo.pop_all()
    return services


def _services_on(store: Store, home: Home, settings: Settings, clock: Clock, rates: Rates) -> Services:
    _refuse_newer_ledger(store)
    _refuse_clock_far_ahead(store, clock, settings.clock_ahead_days_max)
    keys = OnlineKeys(clock=home.read_clock_key(), recorder=home.read_recorder_key())
    secrets = settings.home / "keys"
    links = links_of(settings)
    authorities = read_authorities(home) if settings.sandbox else None
    recorder = Recorder(store, rules_of, clock, keys)
    return Services(
        base_url=settings.base_url,
        store=store,
        recorder=recorder,
        clock=clock,
        home=home,
        publication=Publication(store, _publisher_loop(store, clock, home) if settings.publish else None),
        follower=Follower(store) if settings.publish else None,
        notices=NoticeLoop(store, settings, links, clock) if settings.publish and settings.smtp_host else None,
        links=links,
        efirma=_anchors_of(settings),
        status_lists=StatusLists(store, clock),
        sandbox=None if authorities is None else Sandbox(home, store, recorder, clock, authorities),
        rates=rates,
        tokens=TokenIssuer(open_secret(secrets / TOKEN_SECRET), settings.base_url, settings.token_ttl_s),
        assertions=UsedAssertions(),
        credential_key=home.open_credential_key(),
        alternates_key=open_secret(secrets / ALTERNATES_SECRET),
        waiters=BoundedSemaphore(WAITERS_MAX),
    )


def links_of(settings: Settings) -> Links:
    """Where letters of this server lead to, proven under a secret of its home.

    Raises:
        KeyUnusable: the file of that secret is open to others, or holds none.
    """
    return Links(settings.base_url, open_secret(settings.home / "keys" / CONTACTS_SECRET), settings.sandbox)


def _anchors_of(settings: Settings) -> Anchors:
    if settings.efirma_anchors is None:
        return Anchors(tests_allowed=settings.sandbox)
    return read_trust_folder(settings.efirma_anchors, tests_allowed=settings.sandbox)


def start_services(services: Services) -> None:
    """Begin publishing and following, where that is for this process to do."""
    services.publication.start()
    if services.follower is not None:
        services.follower.start()
    if services.notices is not None:
        services.notices.start()


def close_services(services: Services) -> None:
    """Finish what is queued, publish no more, and give the connections back."""
    services.recorder.close()
    services.publication.stop()
    if services.follower is not None:
        services.follower.stop()
    if services.notices is not None:
        services.notices.stop()
    services.store.close()


def _refuse_newer_ledger(store: Store) -> None:
    with store.read() as reader:
        adopted = find_state(reader, "rules")
    if adopted is not None:
        rules_of(adopted["version"])


def _refuse_clock_far_ahead(store: Store, clock: Clock, days_max: int) -> None:
    """A tick signed by a clock that was set wrong before the start could never be taken back."""
    with store.read() as reader:
        time = find_state(reader, "time")
    days = 0 if time is None else (clock.now() - time["tick"]) // _DAY_S
    if days > days_max:
        raise Unavailable(
            f"this server's clock is {days} days ahead of the ledger's newest tick; set it right, or, if nothing was "
            "recorded for so long, start with a greater BITACORA_CLOCK_AHEAD_DAYS_MAX"
        )


def _refuse_undelegated_keys(store: Store, keys: CheckpointKeys) -> None:
    """No auditor takes a checkpoint that lacks the signature of a key to which the log has given this."""
    with store.read() as reader:
        online = find_state(reader, "online")
    named = set() if online is None else set(online["checkpoint"])
    if not named <= {format_vkey(signer.key) for signer in keys.note_signers}:
        raise KeyUnusable(
            "The log names other checkpoint keys than those of this home.",
            cure="bring the keys that the newest ledger.key_succeeded names, or serve with --no-publish",
        )


def _publisher_loop(store: Store, clock: Clock, home: Home) -> PublisherLoop:
    keys = home.read_checkpoint_keys()
    _refuse_undelegated_keys(store, keys)
    return PublisherLoop(store, Publisher(store, clock, home.trust.origin, keys, home.signed_heads))
