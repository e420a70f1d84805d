"""The demonstration: begin a ledger, let its parties live for twelve years, publish, and audit it from outside."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.demo.catalogue import load_models
from cli.demo.ceremony import Ceremony, genesis
from cli.demo.episodes import Episodes
from cli.demo.filings import Filings
from cli.demo.lives import Stories
from cli.demo.loads import Loads
from cli.demo.permits import Permits
from cli.demo.recycling import Recycling
from cli.demo.shortfalls import Shortfalls
from cli.demo.world import DAY_S, DemoParty, World, WorldClock
from compliance.rulebook import rules_of
from ledger.audit.auditor import audit
from ledger.audit.report import AuditReport
from ledger.audit.signatures import fitting_workers
from ledger.audit.store.database import DatabaseSource
from ledger.batch import OnlineKeys
from ledger.errors import TransitionNotAllowed
from ledger.event import parse_event
from ledger.home import Home, create_home, open_home, pin_genesis
from ledger.log.note import format_vkey
from ledger.publisher import Published, Publisher
from ledger.recorder import Recorder
from ledger.store.blobs import BlobFiles, deposit_blob
from ledger.store.entries import read_head
from ledger.store.schema import create_schema
from ledger.store.sealed import deposit_sealed
from ledger.store.session import Reader, Store, open_store
from ledger.store.state import scan_states

ORIGIN = "demo.bitacora.mx/ledger"
"""Every demonstration says so in its log's name, so that none passes for a real ledger."""
YEARS = 12
PACKS = 320
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one holder has."""

    units: int
    mass_g: int


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What happened in the demonstration, and what an outsider's audit of it says."""

    origin: str
    database: str
    home: Path
    genesis: str
    published: Published
    report: AuditReport
    units: int
    packs: int
    models: int
    parties: tuple[DemoParty, ...]
    holdings: dict[str, Holding]
    recorded: Counter[str]
    refused: Counter[str]
    told: dict[str, int]
    seconds_recording: float


def run_demo(
    database: str, home: Path, *, now: int, packs: int = PACKS, seed: int = 2026, progress: Progress = lambda _: None
) -> DemoResult:
    """Tell the demonstration into an empty database, and audit what was told.

    Args:
        database: URL of an empty database.
        home: folder for the ledger's keys and trust file; that of an earlier demonstration is replaced.
        now: seconds since 1970; the twelve years end the day before.
        packs: how many packs are put on the market.
        seed: same seed, same day: same story. (Keys of the server are always fresh.)
        progress: told what is going on.

    Raises:
        TransitionNotAllowed: the database holds a ledger already.
        RuntimeError: the ledger answered otherwise than the story expects.
    """
    end = now - now % DAY_S - 1
    start = end + 1 - YEARS * 365 * DAY_S - YEARS // 4 * DAY_S
    create_schema(database)
    store = open_store(database)
    try:
        _check_empty(store)
        keys = create_home(_cleared(home), ORIGIN)
        told = _tell(store, keys, start, end, packs, seed, progress)
        progress("publishing the checkpoint")
        clock = WorldClock(now)
        opened = open_home(home)
        publisher = Publisher(store, clock, ORIGIN, opened.read_checkpoint_keys(), opened.signed_heads)
        published = publisher.publish()
        if published is None:
            raise RuntimeError("there was nothing to publish")
        progress("auditing from outside")
        with store.read() as reader:
            source = DatabaseSource(reader)
            report = audit(source, opened.trust, rules_of, projections=source, workers=fitting_workers(source.size()))
            holdings = _add_up(reader)
    finally:
        store.close()
    return DemoResult(
        origin=ORIGIN,
        database=database,
        home=home,
        genesis=str(opened.trust.genesis),
        published=published,
        report=report,
        units=sum(1 for key in told.world.heads if key.startswith("unit/")),
        packs=packs,
        models=len(load_models()),
        parties=(told.operator, *told.world.parties.values()),
        holdings=holdings,
        recorded=told.world.recorded,
        refused=told.world.refused,
        told=told.stories.told,
        seconds_recording=told.seconds,
    )


def _keep_sealed(store: Store, world: World, operator: DemoParty, sealed: Mapping[str, bytes]) -> None:
    """Who the persons among the parties and the applicants are, beside the log: for the operator and the ministry."""
    readers = [world.parties["semarnat"].party]
    for commitment, opening in sealed.items():
        deposit_sealed(store, commitment, opening, operator.party, readers, world.now)


def _keep_scans(store: Store, home: Home, world: World, scans: Mapping[str, tuple[str, bytes]]) -> None:
    for digest, (party, picture) in scans.items():
        deposit_blob(store, BlobFiles(home.blobs), digest, picture, party, world.now)


def _year_by_year(progress: Progress) -> Callable[[int], None]:
    told: set[int] = set()

    def tell(at: int) -> None:
        year = time.gmtime(at).tm_year
        if year not in told:
            told.add(year)
            progress(f"living through {year}")

    return tell


@dataclass(frozen=True, slots=True)
class _Told:
    world: World
    stories: Stories
    operator: DemoParty
    seconds: float


def _add_up(reader: Reader) -> dict[str, Holding]:
    """What each holder has at the end, by holder; units that ended have none."""
    holdings: dict[str, Holding] = defaultdict(lambda: Holding(0, 0))
    after = ""
    while page := scan_states(reader, "unit/", after=after):
        after = page[-1][0]
        for _, unit in page:
            if "holder" in unit:
                held = holdings[unit["holder"]]
                holdings[unit["holder"]] = Holding(held.units + 1, held.mass_g + unit["mass_g"])
    return dict(holdings)


def _check_empty(store: Store) -> None:
    with store.read() as reader:
        if read_head(reader).size:
            raise TransitionNotAllowed(
                "the database holds a ledger already", cure="name another database: the demonstration begins its own"
            )


def _cleared(home: Path) -> Path:
    """Remove the keys of an earlier demonstration, and never those of anything else."""
    if (home / "trust.json").exists() and open_home(home).trust.origin == ORIGIN:
        shutil.rmtree(home)
    return home


def _tell(store: Store, home: Home, start: int, end: int, packs: int, seed: int, progress: Progress) -> _Told:
    online = OnlineKeys(home.read_clock_key(), home.read_recorder_key())
    clock = WorldClock(start)
    recorder = Recorder(store, rules_of, clock, online)
    world = World(recorder.submit, clock, random.Random(seed), start)  # noqa: S311 - the story's chance, no secret
    began = time.perf_counter()
    try:
        first, roots, operator = genesis(world, ORIGIN, online, [format_vkey(key) for key in home.trust.checkpoint])
        recorder.genesis(first)
        event = parse_event(first)
        pin_genesis(home, event.id)
        world.now += 120
        ceremony = Ceremony(world, roots, event.party, operator)
        ceremony.perform()
        permits = Permits(world, operator)
        permits.transcribe()
        permits.register_generators()
        permits.register_plans()
        world.flush()
        stories = Stories(world, end)
        stories.begin(packs)
        Recycling(stories).begin()
        Episodes(stories, ceremony, permits).begin()
        Loads(stories, operator).begin()
        Filings(world, end).begin(permits)
        Shortfalls(stories).begin()
        world.run(end, _year_by_year(progress))
        _keep_sealed(store, world, operator, {**ceremony.sealed, **permits.sealed})
        _keep_scans(store, home, world, stories.scans)
    finally:
        recorder.close()
    return _Told(world, stories, operator, time.perf_counter() - began)
