"""Ten thousand consignments: how long whole answers take about them, on a ledger that recorded them all."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from fastapi import Request
from sqlalchemy import Select, text

from api.callers import Caller
from api.consignments import read_list, read_one, read_queue
from api.services import Services
from bench.directory import Timed
from bench.ledger import submit
from compliance.rulebook import rules_of
from compliance.store import consignments as projection
from compliance.store.loads import Wanted, lines_of, listing, queue
from ledger.batch import OnlineKeys
from ledger.clock import SystemClock
from ledger.event import parse_event
from ledger.recorder import Recorder
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store
from tests.yard import Actor, Yard

CONSIGNMENTS: Final = 10_000
PARTIES: Final = 60
UNITS: Final = 4
LARGE_UNITS: Final = 40
REPEATED: Final = 200
_APART_S: Final = 20
"""Between two consignments: all of them were recorded within the window in which that is not late."""
_PURPOSES: Final = ("second_life", "new_product")


@dataclass(frozen=True, slots=True)
class Traffic:
    """A ledger of consignments in every stage; ``large`` are those of ``LARGE_UNITS`` units."""

    yard: Yard
    parties: list[Actor]
    consignments: list[str]
    large: list[str]


def make_traffic(consignments: int = CONSIGNMENTS) -> Traffic:
    """That many consignments between a few dozen parties; one of them has a part in every fourth."""
    yard = Yard(rules=rules_of(1), now=(int(time.time()) - consignments * _APART_S) // 60 * 60)
    draw = random.Random(1)
    parties = [yard.new_party(f"Parte {n}") for n in range(PARTIES)]
    traffic = Traffic(yard, parties, [], [])
    for n in range(consignments):
        yard.pass_time(_APART_S)
        _travel(traffic, draw, UNITS if n % 100 else LARGE_UNITS)
    return traffic


def time_answers(url: str, traffic: Traffic) -> list[Timed]:
    """Record the traffic, and ask as parties ask, a page of 50 at a time."""
    with _recorded(url, traffic) as store:
        draw = random.Random(2)
        asking = {
            "queue": partial(_ask_queue, store, traffic),
            "list, all of a party": partial(_ask_list, store, traffic),
            "list, by role and stage": partial(_ask_list, store, traffic, role="consignee", stage="moving"),
            "list, to be signed": partial(_ask_list, store, traffic, must_sign=True),
            f"detail, {UNITS} units": partial(_ask_one, store, traffic, traffic.consignments),
            f"detail, {LARGE_UNITS} units": partial(_ask_one, store, traffic, traffic.large),
        }
        party = traffic.parties[0].party
        plans: dict[str, Select[Any]] = {
            "queue": queue(party, after=None, limit=51),
            "list, all of a party": listing(Wanted(party), before=None, limit=51),
            "list, by role and stage": listing(Wanted(party, "consignee", "moving"), before=None, limit=51),
            "list, to be signed": listing(Wanted(party, must_sign=True), before=None, limit=51),
            f"detail, {UNITS} units": lines_of(traffic.consignments[0], None, 257),
        }
        return [_time(store, what, partial(ask, draw), plans.get(what)) for what, ask in asking.items()]


def sqlite_url(folder: Path) -> str:
    """A database that is not there yet."""
    return f"sqlite:///{folder}/consignments.sqlite"


def _travel(traffic: Traffic, draw: random.Random, count: int) -> None:
    """One consignment, as far on its way as a die says."""
    yard = traffic.yard
    consignor, carrier, consignee = draw.sample(traffic.parties[1:], 3)
    if draw.random() < 0.25:
        consignee = traffic.parties[0]
    units = [yard.new_unit_id() for _ in range(count)]
    yard.say(consignor, "unit.produced", units=units, description=yard.description())
    con = yard.offer(consignor, consignee, units, [carrier], purpose=draw.choice(_PURPOSES))
    (traffic.consignments if count == UNITS else traffic.large).append(con)
    far = draw.random()
    if far > 0.1:
        yard.say(carrier, "consignment.picked_up", consignment=con, units=units)
    if far > 0.4:
        lines = [{"id": unit, "outcome": "accepted", "mass_g": 435_000, "mass_basis": "weighed"} for unit in units]
        lines[0] = {"id": units[0], "outcome": "refused", "reason": "damaged"} if far > 0.9 else lines[0]
        yard.say(consignee, "consignment.received", consignment=con, basis="offer", lines=lines)


@contextmanager
def _recorded(url: str, traffic: Traffic) -> Iterator[Store]:
    create_schema(url)
    store = open_store(url)
    yard = traffic.yard
    recorder = Recorder(store, rules_of, SystemClock(), OnlineKeys(yard.clock_key, yard.recorder_key))
    raws = [raw for raw in yard.entries[1:] if parse_event(raw).payload.kind != "ledger.tick"]
    try:
        recorder.genesis(yard.entries[0])
        for start in range(0, len(raws), 1000):
            submit(recorder, raws[start : start + 1000])
        while projection.CONSIGNMENTS.follow(store):
            pass
        # PostgreSQL's own housekeeping does so within a minute of such an import.
        store.write(lambda writer: writer.execute(text("ANALYZE")))
        yield store
    finally:
        recorder.close()
        store.close()


def _asker(store: Store, party: str) -> tuple[Request, Services, Caller]:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    services = cast(Services, SimpleNamespace(store=store, clock=SystemClock()))
    return request, services, Caller(party, roles=frozenset({"custody"}))


def _ask_queue(store: Store, traffic: Traffic, draw: random.Random) -> bytes:
    return bytes(read_queue(*_asker(store, _somebody(traffic, draw))).body)


def _ask_list(store: Store, traffic: Traffic, draw: random.Random, **wanted: Any) -> bytes:
    return bytes(read_list(*_asker(store, _somebody(traffic, draw)), **wanted).body)


def _ask_one(store: Store, traffic: Traffic, consignments: list[str], draw: random.Random) -> bytes:
    con = draw.choice(consignments)
    act = traffic.yard.act(con)
    return bytes(read_one(*_asker(store, draw.choice([act["consignor"], act["consignee"]])), con).body)


def _somebody(traffic: Traffic, draw: random.Random) -> str:
    """Every other time the party with the most to sign."""
    return (traffic.parties[0] if draw.random() < 0.5 else draw.choice(traffic.parties)).party


def _time(store: Store, what: str, ask: Callable[[], bytes], planned: Select[Any] | None) -> Timed:
    spent_ms, cpu_ms, sizes = [], [], []
    for _ in range(REPEATED):
        start, start_cpu = time.perf_counter(), time.process_time()
        body = ask()
        spent_ms.append((time.perf_counter() - start) * 1000)
        cpu_ms.append((time.process_time() - start_cpu) * 1000)
        sizes.append(len(body))
    return Timed(
        what,
        round(statistics.median(spent_ms), 1),
        round(statistics.median(cpu_ms), 1),
        round(statistics.quantiles(spent_ms, n=20)[18], 1),
        statistics.median(sizes),
        [] if planned is None else plan_of(store, planned),
    )


def plan_of(store: Store, statement: Select[Any]) -> list[str]:
    """How the database finds what the statement asks for."""
    engine = store.engine
    spelt = str(statement.compile(engine, compile_kwargs={"literal_binds": True})).replace("%%", "%")
    with store.read() as reader:
        explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        return [str(row[-1]) for row in reader.exec_driver_sql(f"{explain} {spelt}")]
