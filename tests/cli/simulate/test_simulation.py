"""The simulation: the same bytes from the same seed, no false finding on honest noise, and most faults found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.simulate.marking import Mark, add_marks
from cli.simulate.run import BEGINS, Plan, Simulation, simulate
from cli.simulate.truth import FAULTS, format_truth
from compliance.anomalies.detect import DETECTORS
from compliance.rulebook import rules_of
from ledger.audit.auditor import audit
from ledger.audit.store.database import DatabaseSource
from ledger.domain.values import parse_instant
from ledger.errors import TransitionNotAllowed
from ledger.home import open_home
from ledger.store.entries import iter_entries, read_head
from ledger.store.session import open_store

LONG = os.environ.get("BITACORA_LONG") == "1"
UNITS, YEARS = (600, 3) if LONG else (90, 2)
SEEDS = (811, 812, 813)
"""None of these was looked at while the detectors were tuned: those were 1 to 7."""


def plan(units: int = 50, years: int = 1, seed: int = 9, *, faults: bool = False) -> Plan:
    return Plan(units, years, seed, faults, parse_instant(BEGINS))


def bodies(database: str) -> list[bytes]:
    store = open_store(database)
    try:
        with store.read() as reader:
            return [entry.body for entry in iter_entries(reader, 0, read_head(reader).size)]
    finally:
        store.close()


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> list[Simulation]:
    """Three ledgers with faults."""
    folder = tmp_path_factory.mktemp("faulty")
    return [simulate(f"sqlite:///{folder}/{seed}.sqlite", plan(UNITS, YEARS, seed, faults=True)) for seed in SEEDS]


def test_rules_and_clocks_find_every_fault_of_theirs_and_accuse_nobody_else(faulty: list[Simulation]) -> None:
    for simulation in faulty:
        judged = [mark for mark in simulation.marks if mark.kind.how != "anomaly"]
        assert [mark.kind.name for mark in judged if mark.found < mark.injected or mark.false] == []


def test_figures_find_most_faults_of_theirs_and_accuse_few_others(faulty: list[Simulation]) -> None:
    marks = add_marks(mark for simulation in faulty for mark in simulation.marks)

    poor = [mark for mark in marks if mark.kind.how == "anomaly" and not _is_good(mark)]

    assert poor == []


def _is_good(mark: Mark) -> bool:
    return (mark.precision or 0) >= 0.8 and (mark.recall or 0) >= 0.6


def test_at_least_twenty_kinds_of_faults_are_injected(faulty: list[Simulation]) -> None:
    marks = add_marks(mark for simulation in faulty for mark in simulation.marks)

    assert {mark.kind.name for mark in marks if mark.injected} == set(FAULTS)
    assert len(FAULTS) >= 20


def test_what_was_injected_is_known_beside_the_ledger_only(faulty: list[Simulation]) -> None:
    told = [json.loads(line) for line in format_truth(faulty[0].truth).splitlines()]

    assert all(set(row) == {"fault", "subjects", "at"} and row["subjects"] for row in told)


def test_honest_noise_brings_about_no_finding_and_the_published_ledger_passes_the_audit(tmp_path: Path) -> None:
    database, home = f"sqlite:///{tmp_path}/clean.sqlite", tmp_path / "home"

    clean = simulate(database, plan(UNITS // 2, 2, 814), home=home)

    assert set(clean.found) <= set(DETECTORS)
    assert clean.truth.injections == []
    assert clean.recorded["event.corrected"] + clean.recorded["unit.found"] > 0
    store = open_store(database)
    try:
        with store.read() as reader:
            source = DatabaseSource(reader)
            assert audit(source, open_home(home).trust, rules_of, projections=source).ok
    finally:
        store.close()
    with pytest.raises(TransitionNotAllowed):
        simulate(database, plan())


def test_the_command_tells_programs_what_was_found_and_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    truth, one, same = tmp_path / "truth.jsonl", f"sqlite:///{tmp_path}/one.sqlite", f"sqlite:///{tmp_path}/same.sqlite"
    options = ["--units", "50", "--years", "1", "--seed", "9", "--faults", "--json", "--truth", str(truth)]

    result = CliRunner().invoke(app, ["simulate", *options, "--database", one])
    again = simulate(same, plan(faults=True))

    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert {kind["kind"] for kind in told["kinds"]} == set(FAULTS)
    injected = sum(kind["injected"] for kind in told["kinds"])
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    assert injected == len({(row["fault"], subject) for row in rows for subject in row["subjects"]})
    assert (told["size"], told["root"]) == (again.size, again.root)
    assert truth.read_text() == format_truth(again.truth)
    assert bodies(one) == bodies(same)


def test_another_seed_gives_another_ledger(faulty: list[Simulation]) -> None:
    assert len({simulation.root for simulation in faulty}) == len(SEEDS)
