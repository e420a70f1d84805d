"""The directory at the size of a country: how long a search takes, on a ledger that recorded all of it."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from bench.ledger import submit
from certification.directory import Point, Query
from certification.store.directory import ACTIVITIES, CHEMISTRIES, DIRECTORY
from certification.store.search import RADII_M, found_around, found_by_name, search_directory
from compliance.rulebook import rules_of
from ledger.batch import OnlineKeys
from ledger.clock import SystemClock
from ledger.domain.values import format_instant
from ledger.event import parse_event
from ledger.recorder import Recorder
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store
from tests.postgres import find_programs, fresh_database, running_server
from tests.yard import Actor, Yard

PARTIES: Final = 5_000
REPEATED: Final = 200
_DAY: Final = "2025-01-06"

_TRADES: Final = ("Recicladora", "Reciclajes", "Acopio", "Transportes", "Baterías", "Ambiental", "Servicios", "Metales")
_PLACES: Final = ("Nuevo León", "del Norte", "del Bajío", "NL", "Distrito Federal", "Jalisco", "Ñandú", "Peninsular")
_QUERIES: Final[dict[str, Callable[[random.Random], Query]]] = {
    "search by name": lambda draw: Query(on=_DAY, name=f"{draw.choice(_TRADES)} {draw.choice(_PLACES)}"),
    "search by number": lambda draw: Query(on=_DAY, name=f"19-39-PS-{draw.randrange(1, PARTIES):04d}"),
    "search by activity, chemistry and state": lambda draw: Query(
        on=_DAY,
        activity=draw.choice(ACTIVITIES),
        chemistry=draw.choice(CHEMISTRIES),
        state=f"{draw.randrange(1, 33):02d}",
    ),
    "search by activity and open capacity, in force": lambda draw: Query(
        on=_DAY,
        activity=draw.choice(ACTIVITIES),
        open_capacity_g=draw.randrange(10**9),
        standings=frozenset({"in-force"}),
    ),
    "nearest": lambda draw: Query(on=_DAY, near=_point(draw)),
    "nearest for an activity and a chemistry": lambda draw: Query(
        on=_DAY, near=_point(draw), activity="recycling", chemistry=draw.choice(CHEMISTRIES)
    ),
}


@dataclass(frozen=True, slots=True)
class Timed:
    """One kind of search: milliseconds at the median and at the 95th percentile, rows at the median, the plan.

    ``cpu_ms`` is what this process itself computed, at the median: a neighbour's load does not weigh on it.
    """

    what: str
    median_ms: float
    cpu_ms: float
    p95_ms: float
    rows: float
    plan: list[str]


def time_searches(url: str, register: Yard) -> list[Timed]:
    """Record the register, and search in it, a page of 50 at a time."""
    with _recorded(url, register) as store:
        draw = random.Random(2)
        today = format_instant(register.now)[:10]
        return [_time(store, what, partial(_asked, make, draw, today)) for what, make in _QUERIES.items()]


def make_register(parties: int = PARTIES) -> Yard:
    """That many parties, each with a permit at one or two sites; some are suspended or revoked."""
    yard = Yard(rules=rules_of(1), now=int(time.time()) // 60 * 60)
    draw = random.Random(1)
    for n in range(parties):
        actor = Actor(yard.new_id("pty"), yard.operator.key, yard.new_id("sit"))
        name = f"{draw.choice(_TRADES)} {draw.choice(_PLACES)} {n}, S.A. de C.V."
        yard.say(yard.operator, "party.registered", registered=actor.party, form="moral", name=name)
        for site in (actor.site, *([yard.new_id("sit")] if n % 3 == 0 else [])):
            place = _place(draw)
            yard.say(yard.operator, "site.registered", registered=site, operated_by=actor.party, place=place)
        scope = {
            "chemistries": draw.sample(CHEMISTRIES, draw.randrange(4)),
            "capacity_g_per_year": draw.randrange(10**10),
        }
        permit = yard.permit(actor, *draw.sample(ACTIVITIES, draw.randint(1, 3)), **scope)
        if n % 20 == 0:
            yard.rule(permit, draw.choice(["suspended", "revoked"]))
    return yard


@contextmanager
def postgresql_url() -> Iterator[str | None]:
    """An empty database on a server of its own; None where there are no programs for one."""
    programs = find_programs()
    if programs is None:
        yield None
        return
    with running_server(programs) as server, fresh_database(server) as url:
        yield url


def sqlite_url(folder: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{folder}/directory.sqlite"


@contextmanager
def _recorded(url: str, register: Yard) -> Iterator[Store]:
    create_schema(url)
    store = open_store(url)
    keys = OnlineKeys(register.clock_key, register.recorder_key)
    recorder = Recorder(store, rules_of, SystemClock(), keys)
    raws = [raw for raw in register.entries[1:] if parse_event(raw).payload.kind != "ledger.tick"]
    try:
        recorder.genesis(register.entries[0])
        for start in range(0, len(raws), 1000):
            submit(recorder, raws[start : start + 1000])
        while DIRECTORY.follow(store):
            pass
        # PostgreSQL's own housekeeping does so within a minute of such an import.
        store.write(lambda writer: writer.execute(text("ANALYZE")))
        yield store
    finally:
        recorder.close()
        store.close()


def _place(draw: random.Random) -> dict[str, Any]:
    point = _point(draw)
    return {
        "state": f"{draw.randrange(1, 33):02d}",
        "municipality": f"{draw.randrange(1, 60):03d}",
        "latitude_udeg": point.latitude_udeg,
        "longitude_udeg": point.longitude_udeg,
        "time_zone": "America/Mexico_City",
    }


def _point(draw: random.Random) -> Point:
    """Somewhere between the borders, most often near one of a few cities, as industry is."""
    city = draw.choice([(19_400_000, -99_100_000), (25_700_000, -100_300_000), (20_700_000, -103_300_000)])
    if draw.random() < 0.4:
        return Point(draw.randrange(15_000_000, 32_000_000), draw.randrange(-116_000_000, -87_000_000))
    return Point(city[0] + draw.randrange(-400_000, 400_000), city[1] + draw.randrange(-400_000, 400_000))


def _asked(make: Callable[[random.Random], Query], draw: random.Random, on: str) -> Query:
    return replace(make(draw), on=on)


def _time(store: Store, what: str, make: Callable[[], Query]) -> Timed:
    spent_ms, cpu_ms, rows = [], [], []
    for _ in range(REPEATED):
        query = make()
        start, start_cpu = time.perf_counter(), time.process_time()
        page = search_directory(store, query)
        spent_ms.append((time.perf_counter() - start) * 1000)
        cpu_ms.append((time.process_time() - start_cpu) * 1000)
        rows.append(len(page.listings))
    return Timed(
        what,
        round(statistics.median(spent_ms), 1),
        round(statistics.median(cpu_ms), 1),
        round(statistics.quantiles(spent_ms, n=20)[18], 1),
        statistics.median(rows),
        _plan(store, make()),
    )


def _plan(store: Store, query: Query) -> list[str]:
    statement = found_by_name(query) if query.near is None else found_around(query, query.near, RADII_M[0])
    engine = store.engine
    spelt = str(statement.compile(engine, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    with store.read() as reader:
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        return [str(row[-1]) for row in reader.exec_driver_sql(f"{explain} {spelt}")]
