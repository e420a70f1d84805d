"""``python -m bench``: what the ledger does in a second, next to what the machine does, in one run.

Verification of signatures bounds everything else, so each rate is given as a share of raw libsodium verification on
the cores that were used. Numbers of two runs are not to be compared, ratios are.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from api.server import calm_collector
from bench.consignments import CONSIGNMENTS, make_traffic, time_answers
from bench.consignments import sqlite_url as traffic_url
from bench.directory import PARTIES, Timed, make_register, postgresql_url, sqlite_url, time_searches
from bench.findings import UNITS, Swept, make_country, time_findings
from bench.findings import sqlite_url as country_url
from bench.http import posted_per_s
from bench.ledger import audited_per_s, recorded_per_s
from bench.machine import inserts_per_s, verifications_per_s
from bench.workload import EVENTS_PER_LIFE, Workload, make_workload
from ledger.batch import OnlineKeys
from ledger.event import parse_event
from ledger.home import create_home, pin_genesis

ORIGIN = "bench.bitacora.mx/ledger"


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement; ``of_raw`` is its share of raw verification on the same number of cores."""

    what: str
    per_s: float
    of_raw: float | None = None


def main() -> None:
    """Measure and print; ``--json`` for a program."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="statements to sign and record (default: 20000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--parties", type=int, default=PARTIES, help=f"in the directory (default: {PARTIES})")
    parser.add_argument(
        "--consignments", type=int, default=CONSIGNMENTS, help=f"in the ledger (default: {CONSIGNMENTS})"
    )
    parser.add_argument("--units", type=int, default=UNITS, help=f"of waste, with deadlines (default: {UNITS})")
    options = parser.parse_args()
    calm_collector()  # as every server does that records
    with tempfile.TemporaryDirectory(prefix="bitacora-bench-") as folder:
        searches = _searches(Path(folder), options.parties)
        answers = _answers(Path(folder), options.consignments)
        findings, swept = _findings(Path(folder), options.units)
        lines = _measure(Path(folder), options.events, lambda text: print(text, file=sys.stderr))
    if options.json:
        members = {
            "cores": os.cpu_count(),
            "lines": [asdict(line) for line in lines],
            "directory": _members(searches),
            "consignments": _members(answers),
            "findings": _members(findings),
            "sweeps": {database: [asdict(one) for one in of_database] for database, of_database in swept.items()},
        }
        print(json.dumps(members, indent=2))
        return
    for line in lines:
        share = "" if line.of_raw is None else f"{line.of_raw:8.2f}"
        print(f"{line.what:<58}{line.per_s:>10,.0f}/s{share}")

    for timings_of in (searches, answers, findings):
        _print_timings(timings_of)
    for database, of_database in swept.items():
        for one in of_database:
            print(
                f"{database}: sweep of {one.what}: {one.chunks} chunks in {one.seconds} s, the lock held"
                f" {one.median_ms} ms at the median, 99 %: {one.p99_ms} ms, longest: {one.longest_ms} ms"
                f" (CPU: {one.longest_cpu_ms} ms); {one.waiting:.0%} of all that time was waiting"
            )


def _members(timings_of: dict[str, list[Timed]]) -> dict[str, list[dict[str, Any]]]:
    return {database: [asdict(timed) for timed in timings] for database, timings in timings_of.items()}


def _print_timings(timings_of: dict[str, list[Timed]]) -> None:
    for database, timings in timings_of.items():
        for timed in timings:
            print(
                f"{database}: {timed.what:<48}{timed.median_ms:>8} ms, CPU {timed.cpu_ms} ms, 95 %: {timed.p95_ms} ms"
            )
            print("\n".join(f"    {step}" for step in timed.plan))


def _answers(folder: Path, consignments: int) -> dict[str, list[Timed]]:
    traffic = make_traffic(consignments)
    timings = {"SQLite": time_answers(traffic_url(folder), traffic)}
    with postgresql_url() as url:
        if url is not None:
            timings["PostgreSQL"] = time_answers(url, traffic)
    return timings


def _findings(folder: Path, units: int) -> tuple[dict[str, list[Timed]], dict[str, list[Swept]]]:
    timings, swept = {}, {}
    timings["SQLite"], swept["SQLite"] = time_findings(country_url(folder), make_country(), units)
    with postgresql_url() as url:
        if url is not None:
            timings["PostgreSQL"], swept["PostgreSQL"] = time_findings(url, make_country(), units)
    return timings, swept


def _searches(folder: Path, parties: int) -> dict[str, list[Timed]]:
    register = make_register(parties)
    timings = {"SQLite": time_searches(sqlite_url(folder), register)}
    with postgresql_url() as url:
        if url is not None:
            timings["PostgreSQL"] = time_searches(url, register)
    return timings


def _measure(folder: Path, events: int, progress: Callable[[str], None]) -> list[Line]:
    cores = os.cpu_count() or 1
    home = create_home(folder / "home", ORIGIN)
    online = OnlineKeys(home.read_clock_key(), home.read_recorder_key())
    progress(f"signing {events} statements")
    workload = make_workload(events // EVENTS_PER_LIFE, int(time.time()), online, home.trust)
    pin_genesis(home, parse_event(workload.genesis).id)
    return [*_raw(folder, cores, progress), *_of_ledger(folder, workload, online, home.path, cores, events, progress)]


def _raw(folder: Path, cores: int, progress: Callable[[str], None]) -> list[Line]:
    progress("measuring the machine")
    lines = [Line(f"raw libsodium verification, {n} core(s)", verifications_per_s(n)) for n in sorted({1, cores})]
    return [
        *lines,
        *(
            Line(f"raw SQLite insert, 1 kB, synchronous=FULL, {n} a commit", inserts_per_s(folder, n))
            for n in (1, 100, 1000)
        ),
    ]


def _of_ledger(
    folder: Path,
    workload: Workload,
    online: OnlineKeys,
    home: Path,
    cores: int,
    events: int,
    progress: Callable[[str], None],
) -> list[Line]:
    lines = []

    def add(what: str, cores_used: int, measure: Callable[[], float]) -> None:
        """Measure, with the raw rate taken just before: a neighbour's load then weighs on both."""
        progress(f"measuring: {what}")
        raw = verifications_per_s(cores_used)
        per_s = measure()
        lines.append(Line(what, per_s, per_s / raw))

    for batch, count in ((1, events // 20), (100, events // 2), (1000, events)):
        add(
            f"recorder, batches of {batch}",
            1,
            partial(recorded_per_s, folder, workload, online, batch, count),
        )
    for workers in sorted({1, cores}):
        for batch, clients, count in ((1, 16, events // 10), (100, 4 * workers, events), (1000, 2 * workers, events)):
            add(
                f"HTTP, {workers} process(es), {clients} clients, {batch} a request",
                workers,
                partial(
                    posted_per_s,
                    folder,
                    workload,
                    online,
                    home,
                    batch=batch,
                    clients=clients,
                    workers=workers,
                    events=count,
                ),
            )
    for workers in sorted({0, cores}):
        add(
            f"audit of {events} entries, {workers} verifying process(es)",
            max(1, workers),
            partial(audited_per_s, folder, workload, online, home, workers),
        )
    return lines


if __name__ == "__main__":
    main()
