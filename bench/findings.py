"""A million units of waste: how long answers about findings and deadlines take, and what a switch of the law holds up.

The units are loaded as state values, a set at a time, since recording them would take hours, and what is due is made
from each set as a sweep makes it. Then a regime is enacted, and all of them are swept.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from fastapi import Request
from sqlalchemy import Select, insert, text

from api.callers import Caller
from api.findings import read_findings, read_obligations
from api.services import Services
from bench.consignments import plan_of
from bench.directory import Timed
from bench.ledger import submit
from compliance.findings import AUDIT
from compliance.rulebook import rules_of
from compliance.store.holdings import holding_row, read_holdings
from compliance.store.obligations import OBLIGATIONS, finding_row, read_view
from compliance.store.standing import Asked, findings_overdue, obligations_standing, periods
from compliance.store.tables import finding, holding, obligation, site_place
from ledger import cbor
from ledger.batch import OnlineKeys
from ledger.clock import SystemClock
from ledger.domain.payload import finding_key, site_key, unit_key
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value, format_step
from ledger.recorder import Recorder
from ledger.store.following import Sweep
from ledger.store.inserts import insert_rows
from ledger.store.schema import create_schema
from ledger.store.session import Result, Store, Writer, open_store
from ledger.store.state import put_states
from tests.yard import Yard

UNITS: Final = 1_000_000
PARTIES: Final = 400
REPEATED: Final = 200
_DAY_S: Final = 86_400
_YEARS_S: Final = 3 * 365 * _DAY_S
_LOADED: Final = 5_000
_STATES: Final = [f"MX-{code}" for code in ("NLE", "JAL", "MEX", "CMX", "GUA", "QUE", "PUE", "SON", "CHH", "BCN")]


@dataclass(frozen=True, slots=True)
class Swept:
    """One sweep: how many chunks, and how long writing each took, commit included, in milliseconds.

    ``longest_cpu_ms`` is the most processor time that one took of this process, and ``waiting`` the share of all the
    time in which it had none: it waited for the disk, the server or its neighbours.
    """

    what: str
    chunks: int
    seconds: float
    median_ms: float
    p99_ms: float
    longest_ms: float
    longest_cpu_ms: float
    waiting: float


@dataclass(frozen=True, slots=True)
class Country:
    """Who holds waste where, and the yard whose authorities enact law over it."""

    yard: Yard
    parties: list[str]
    sites: list[str]

    def place(self, n: int) -> str:
        """Where the n-th party's site is."""
        return f"{_STATES[n % len(_STATES)]}-039"


def make_country(parties: int = PARTIES) -> Country:
    """A ledger that has begun, and ids of the parties to be loaded."""
    yard = Yard(rules=rules_of(1), now=(int(time.time()) - 3600) // 60 * 60)
    ids = [[yard.new_id(prefix) for _ in range(parties)] for prefix in ("pty", "sit")]
    return Country(yard, ids[0], ids[1])


def time_findings(url: str, country: Country, units: int = UNITS) -> tuple[list[Timed], list[Swept]]:
    """Load the units, sweep them, ask; then switch the law so that more of them are hazardous, and sweep again."""
    with _recorded(url, country) as (store, recorder):
        _load(store, country, units)
        # PostgreSQL's own housekeeping does so within a minute of such an import.
        store.write(lambda writer: writer.execute(text("ANALYZE")))
        timed = [_time(store, *asked) for asked in _asking(store, country)]
        return timed, [_switch(store, recorder, country, units)]


def sqlite_url(folder: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{folder}/findings.sqlite"


@contextmanager
def _recorded(url: str, country: Country) -> Iterator[tuple[Store, Recorder]]:
    create_schema(url)
    store = open_store(url)
    yard = country.yard
    recorder = Recorder(store, rules_of, SystemClock(), OnlineKeys(yard.clock_key, yard.recorder_key))
    try:
        recorder.genesis(yard.entries[0])
        _record(recorder, yard, 1)
        while OBLIGATIONS.catch_up(store):
            pass
        yield store, recorder
    finally:
        recorder.close()
        store.close()


def _record(recorder: Recorder, yard: Yard, start: int) -> None:
    submit(recorder, [raw for raw in yard.entries[start:] if parse_event(raw).payload.kind != "ledger.tick"])


def _load(store: Store, country: Country, units: int) -> None:
    sites = {
        site_key(site): {
            "party": party,
            "place": {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"},
        }
        for party, site in zip(country.parties, country.sites, strict=True)
    }
    places = [
        {"site": site, "party": party, "place": country.place(n)}
        for n, (party, site) in enumerate(zip(country.parties, country.sites, strict=True))
    ]

    def put(values: dict[str, Value], rows: list[dict[str, Any]], of: Any) -> None:
        def work(writer: Any) -> None:
            put_states(writer, ((key, cbor.encode(value)) for key, value in values.items()))
            insert_rows(writer, insert(of), rows)

        store.write(work)

    put(sites, places, site_place)
    draw = random.Random(3)
    with _without_indexes(store):
        made = _units(country, units, draw)
        while values := dict(islice(made, _LOADED)):
            rows = [holding_row(key.partition("/")[2], value) for key, value in values.items()]
            put(values, [row for row in rows if row is not None], holding)
            store.write(partial(_oblige, keys=list(values)))
        stated = _findings(country, units // 20, draw)
        while values := dict(islice(stated, _LOADED)):
            put(values, [finding_row(key, value) for key, value in values.items()], finding)


@contextmanager
def _without_indexes(store: Store) -> Iterator[None]:
    """Rows are loaded several times as fast when what finds them is made behind them."""
    indexes = [index for table in (holding, finding, obligation) for index in table.indexes]
    for index in indexes:
        store.write(index.drop)
    yield
    for index in indexes:
        store.write(index.create)


def _oblige(writer: Writer, keys: list[str]) -> None:
    sweep = cast(Sweep, OBLIGATIONS.sweep)
    sweep.prepare(writer, keys)(writer)


def _units(country: Country, units: int, draw: random.Random) -> Iterator[tuple[str, Value]]:
    """Discarded over three years; nearly all go in time, one in a hundred goes late, and one does not go."""
    for n in range(units):
        who = draw.randrange(len(country.parties))
        party, site = country.parties[who], country.sites[who]
        at = country.yard.now - draw.randrange(_YEARS_S)
        event = f"{n:064x}"
        value: Value = {
            "kind": "pack",
            "stage": "waste",
            "chemistry": "NMC622",
            "condition": "sound",
            "mass_g": draw.randrange(150_000, 600_000),
            "origin": party,
            "generated": {"at": at, "by": party, "site": site},
            "head": event,
            "trail": [format_step(event, party)],
        }
        if draw.random() < 0.7:
            value["waste_class"] = "RP"
        stays_s = draw.randrange(10, 170) * _DAY_S if draw.random() < 0.98 else draw.randrange(200, 3000) * _DAY_S
        gone = at + stays_s < country.yard.now
        value |= {"stage": "disposed"} if gone else {"holder": party, "site": site}
        value["head_at"] = at + stays_s if gone else at
        yield unit_key(f"https://id.gs1.org/01/07501234567893/21/B{n:09d}"), value


def _findings(country: Country, count: int, draw: random.Random) -> Iterator[tuple[str, Value]]:
    for n in range(count):
        at = country.yard.now - draw.randrange(_YEARS_S)
        value: Value = {
            "requirement": draw.choice(["late-recording", "count-missing", "weight-discrepancy"]),
            "party": draw.choice(country.parties),
            "subject": f"https://id.gs1.org/01/07501234567893/21/B{n:09d}",
            "event": f"{n:064x}",
            "since": at,
        }
        if draw.random() < 0.8:
            value["settled_at"] = min(at + draw.randrange(60) * _DAY_S, country.yard.now)
        yield finding_key(value["event"], 0), value


class _Watched(Store):
    """A store that notes how long each writing transaction took, and how much of that it worked, in milliseconds."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine)
        self.held_ms: list[float] = []
        self.worked_ms: list[float] = []

    def write(self, work: Callable[[Writer], Result]) -> Result:
        begun, worked = time.perf_counter(), time.process_time()
        result = super().write(work)
        self.held_ms.append((time.perf_counter() - begun) * 1000)
        self.worked_ms.append((time.process_time() - worked) * 1000)
        return result


def _sweep(store: Store, what: str) -> Swept:
    watched, start = _Watched(store), time.perf_counter()
    while OBLIGATIONS.sweep_on(watched):
        pass
    spent = time.perf_counter() - start
    held_ms, worked_ms = watched.held_ms, watched.worked_ms
    p99 = statistics.quantiles(held_ms, n=100)[98]
    waiting = 1 - sum(worked_ms) / sum(held_ms)
    measured = (spent, statistics.median(held_ms), p99, max(held_ms), max(worked_ms), waiting)
    return Swept(what, len(held_ms), *(round(value, 2) for value in measured))


def _switch(store: Store, recorder: Recorder, country: Country, units: int) -> Swept:
    """A reform by which what nobody determined is hazardous from next month on."""
    yard, recorded = country.yard, len(country.yard.entries)
    from_on = legal_day(yard.now + 30 * _DAY_S, None)
    about: dict[str, Any] = {"regime": "reforma", "jurisdiction": {"code": "MX"}, "from_on": from_on}
    yard.say(yard.semarnat, "regime.enacted", **about, tables={"undetermined": "RP"})
    _record(recorder, yard, recorded)
    while OBLIGATIONS.follow(store):
        pass
    return _sweep(store, f"{units} units, after a regime that makes three in ten of them hazardous")


_Asking = tuple[str, Callable[[random.Random], Any], Select[Any] | None]


def _asking(store: Store, country: Country) -> list[_Asking]:
    today = legal_day(country.yard.now, None)
    asked = Asked(today, AUDIT)
    with store.read() as reader:
        newest = next(periods(read_view(reader), today))
    past = legal_day(country.yard.now - 400 * _DAY_S, None)

    def party(draw: random.Random) -> tuple[Request, Services, Caller]:
        return _asker(store, draw.choice(country.parties))

    def federal(_: random.Random) -> tuple[Request, Services, Caller]:
        return _asker(store, country.yard.semarnat.party, frozenset({"inspect"}))

    def of_state(_: random.Random) -> tuple[Request, Services, Caller]:
        return _asker(store, country.yard.state_agency.party, frozenset({"inspect"}))

    return [
        ("findings of a party", lambda draw: read_findings(*party(draw)), None),
        (
            "findings, everybody's",
            lambda draw: read_findings(*federal(draw)),
            next(findings_overdue(asked, newest, None, 51)),
        ),
        ("findings, everybody's, 400 days ago", lambda draw: read_findings(*federal(draw), as_of=past), None),
        ("findings, everybody's violations", lambda draw: read_findings(*federal(draw), effect="violation"), None),
        ("findings, everybody's notices", lambda draw: read_findings(*federal(draw), effect="notice"), None),
        ("findings, of one requirement", lambda draw: read_findings(*federal(draw), requirement="R01"), None),
        ("findings, in one state", lambda draw: read_findings(*of_state(draw)), None),
        (
            "overdue, everybody's",
            lambda draw: read_obligations(*federal(draw), standing="overdue"),
            next(obligations_standing(asked, ("overdue",), None, 51)),
        ),
        (
            "near, everybody's",
            lambda draw: read_obligations(*federal(draw), standing="near"),
            next(obligations_standing(asked, ("near",), None, 51)),
        ),
        ("overdue and near, of a party", lambda draw: read_obligations(*party(draw)), None),
        ("overdue and near, in one state", lambda draw: read_obligations(*of_state(draw)), None),
        ("holdings of a site", partial(_holdings, store, country), None),
    ]


def _asker(store: Store, party: str, powers: frozenset[str] = frozenset()) -> tuple[Request, Services, Caller]:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    services = cast(Services, SimpleNamespace(store=store, clock=SystemClock()))
    return request, services, Caller(party, powers, roles=frozenset({"authority"}))


def _holdings(store: Store, country: Country, draw: random.Random) -> list[object]:
    with OBLIGATIONS.read_current(store) as reader:
        return [*read_holdings(reader, site=draw.choice(country.sites), limit=200)]


def _time(store: Store, what: str, ask: Callable[[random.Random], Any], planned: Select[Any] | None) -> Timed:
    draw, spent_ms, cpu_ms, sizes = random.Random(4), [], [], []
    for _ in range(REPEATED):
        start, start_cpu = time.perf_counter(), time.process_time()
        answered = ask(draw)
        spent_ms.append((time.perf_counter() - start) * 1000)
        cpu_ms.append((time.process_time() - start_cpu) * 1000)
        sizes.append(len(answered) if isinstance(answered, list) else len(answered.body))
    return Timed(
        what,
        round(statistics.median(spent_ms), 1),
        round(statistics.median(cpu_ms), 1),
        round(statistics.quantiles(spent_ms, n=20)[18], 1),
        statistics.median(sizes),
        [] if planned is None else plan_of(store, planned),
    )
