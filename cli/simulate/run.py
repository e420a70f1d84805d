"""One simulation: a ledger told from a seed, and what was injected into it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cli.demo.ceremony import Ceremony, genesis
from cli.demo.filings import yearly_reports, years_to_report
from cli.demo.permits import ACTIVITIES
from cli.demo.world import DAY_S, World, WorldClock
from cli.simulate.faults import Faults, draw_fates
from cli.simulate.lives import Lives
from cli.simulate.marking import Mark, find_everything, mark
from cli.simulate.nation import found, national_actors
from cli.simulate.newcomers import Newcomers
from cli.simulate.noise import Noise
from cli.simulate.server_keys import ServerKeys
from cli.simulate.truth import Truth
from cli.simulate.yards import Yards
from compliance.rulebook import rules_of
from ledger.domain.values import format_instant
from ledger.errors import TransitionNotAllowed
from ledger.event import parse_event
from ledger.home import Home, pin_genesis
from ledger.publisher import Publisher
from ledger.recorder import Recorder
from ledger.store.entries import get_entry, read_head
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store

ORIGIN = "simulation.bitacora.mx/ledger"
"""Every simulation says so in its log's name."""
BEGINS = "2022-01-03T15:00:00Z"
"""Long enough ago that no simulation reaches into the future, where no server records."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate: the same plan gives the same bytes.

    Attributes:
        units: packs put on the market.
        years: how long the world lives.
        seed: of all chance, keys and ids among it.
        faults: whether any are injected.
        begins: when, in seconds since 1970.
    """

    units: int
    years: int
    seed: int
    faults: bool
    begins: int

    @property
    def end(self) -> int:
        """The last second of the world."""
        return self.begins + self.years * 365 * DAY_S


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of a plan.

    Attributes:
        size, root: of the log; ``root`` in hex.
        recorded: statements by kind, those of the parties.
        truth: what was injected.
        marks: how it was found.
        found: how many subjects each code was found about, kinds of faults or not.
        seconds_recording, seconds_detecting: of the wall clock.
    """

    plan: Plan
    size: int
    root: str
    recorded: Counter[str]
    truth: Truth
    marks: list[Mark]
    found: dict[str, int]
    seconds_recording: float
    seconds_detecting: float


def simulate(
    database: str,
    plan: Plan,
    *,
    home: Path | None = None,
    noise: Noise | None = None,
    progress: Progress = lambda _: None,
) -> Simulation:
    """Tell the nation's story into an empty database, and mark what is found in it.

    Args:
        database: URL.
        plan: what to tell.
        home: where to put the server's keys and trust file; with it, the ledger is published.
        noise: what honest parties get wrong; without it, the model of ``docs/simulation.md``.
        progress: told what is going on.

    Raises:
        TransitionNotAllowed: the database holds a ledger already.
        RuntimeError: the ledger answered otherwise than the story expects.
    """
    create_schema(database)
    store = open_store(database)
    try:
        with store.read() as reader:
            if read_head(reader).size:
                raise TransitionNotAllowed("the database holds a ledger already", cure="name another database")
        began = time.perf_counter()
        rng = Random(plan.seed)  # noqa: S311 - the story's chance, no secret
        keys = ServerKeys.draw(rng)
        truth, recorded = _tell(store, plan, rng, keys, noise or Noise(), progress)
        told = time.perf_counter()
        if home is not None:
            _publish(store, keys.write_home(home, ORIGIN), plan.end)
        progress("looking for what was injected")
        with store.read() as reader:
            everything = find_everything(reader, format_instant(plan.end)[:10])
            frontier = read_head(reader).frontier
    finally:
        store.close()
    return Simulation(
        plan,
        frontier.size,
        frontier.root().hex(),
        recorded,
        truth,
        mark(truth, everything),
        {code: len(subjects) for code, subjects in sorted(everything.items()) if subjects},
        told - began,
        time.perf_counter() - told,
    )


def _tell(
    store: Store, plan: Plan, rng: Random, keys: ServerKeys, noise: Noise, progress: Progress
) -> tuple[Truth, Counter[str]]:
    clock = WorldClock(plan.begins)
    recorder = Recorder(store, rules_of, clock, keys.online)
    world = World(recorder.submit, clock, rng, plan.begins, flush_every_s=noise.upload_s)
    truth = Truth()
    try:
        first, roots, operator = genesis(world, ORIGIN, keys.online, keys.verifier_keys(ORIGIN))
        recorder.genesis(first)
        world.now += 120
        actors = national_actors(plan.units, faults=plan.faults)
        found(world, Ceremony(world, roots, parse_event(first).party, operator, actors), operator)
        lives = Lives(world, noise, plan.end)
        yards = Yards(lives)
        fates = [""] * plan.units
        if plan.faults:
            Faults(lives, yards, truth).begin(plan.units)
            fates = draw_fates(rng, plan.units)
        lives.begin(fates)
        yards.begin()
        Newcomers(lives).begin(plan.units)
        for holder in world.of_role(*ACTIVITIES):
            world.start(yearly_reports(world, holder, years_to_report(plan.begins, plan.end)), plan.begins)
        world.run(plan.end, _by_month(progress))
    finally:
        recorder.close()
    return truth, world.recorded


def _publish(store: Store, home: Home, now: int) -> None:
    """Sign a checkpoint over all of it, under the pinned genesis."""
    with store.read() as reader:
        pinned = pin_genesis(home, get_entry(reader, 0).event_id)
    Publisher(store, WorldClock(now), ORIGIN, pinned.read_checkpoint_keys(), pinned.signed_heads).publish()


def _by_month(progress: Progress) -> Callable[[int], None]:
    told: set[str] = set()

    def tell(at: int) -> None:
        month = format_instant(at)[:7]
        if month not in told:
            told.add(month)
            progress(f"living through {month}")

    return tell
