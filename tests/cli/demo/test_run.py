"""The demonstration, in a small form: its story is the one that the README promises, and an outsider finds it sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from certification.sealed import parse_opening
from cli.demo.catalogue import Form
from cli.demo.run import ORIGIN, DemoResult, run_demo
from compliance.findings import findings_in
from compliance.rulebook import rules_of
from compliance.store.obligations import StoredLedger
from ledger.domain.kinds import KINDS
from ledger.domain.values import parse_instant
from ledger.errors import TransitionNotAllowed
from ledger.home import open_home
from ledger.rebuild import rebuild
from ledger.store.entries import iter_entries
from ledger.store.sealed import find_sealed
from ledger.store.session import open_store
from ledger.store.state import find_state, iter_states, scan_states

NOW = parse_instant("2026-11-22T12:00:00Z")
LAST_DAY = "2026-11-21"
PACKS = 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoResult:
    folder = tmp_path_factory.mktemp("demo")
    return run_demo(f"sqlite:///{folder}/ledger.sqlite", folder / "home", now=NOW, packs=PACKS)


def test_an_outside_audit_finds_the_demonstration_sound(demo: DemoResult) -> None:
    assert demo.report.findings == []
    assert demo.report.ok
    assert demo.report.pinned
    assert demo.report.checkpoint is not None
    assert demo.report.checkpoint.size == demo.report.entries
    assert demo.report.entries > sum(demo.recorded.values())


def test_every_episode_is_told(demo: DemoResult) -> None:
    for told in (
        "reused",
        "repurposed",
        "emergency reception",
        "first seen",
        "partly refused",
        "corrected with agreement",
    ):
        assert demo.told.get(told, 0) >= 1, told
    for told in (
        "revoked key",
        "conflict recorded",
        "suspended permit",
        "permits confirmed by the authorities",
        "permit renewed",
        "refined",
        "manifest in ink",
        "scales differ",
        "stored on the way",
        "redirected",
        "entered from paper",
        "returned abroad",
        "kept apart",
    ):
        assert demo.told.get(told, 0) >= 1, told
    assert demo.refused == {"key-not-in-force": 1, "conflicting-statement": 1, "authorisation-missing": 1}


def test_most_kinds_of_the_vocabulary_occur(demo: DemoResult) -> None:
    assert len(demo.report.kinds) > len(KINDS) // 2


def test_on_the_last_day_only_what_was_left_undone_on_purpose_is_found(demo: DemoResult) -> None:
    store = open_store(demo.database)
    with store.read() as reader:
        found = findings_in(StoredLedger(reader), LAST_DAY)
        names = {party.party: party.actor.key for party in demo.parties}
        reports = [names[finding.party] for finding in found if finding.code == "annual-report-missing"]
    store.close()

    assert sorted(finding.code for finding in found) == [
        "annual-report-missing",
        "entered-from-paper",
        "giver-not-registered",
        "late-recording",
        "one-signature-reception",
        "original-not-back",
        "original-not-sent",
        "storage-term-exceeded",
        "weight-discrepancy",
    ]
    assert reports == ["transportes-norte"]


def test_a_finding_that_a_closed_case_was_about_stands_no_more(demo: DemoResult) -> None:
    store = open_store(demo.database)
    with store.read() as reader:
        differing = [value for _, value in iter_states(reader, "finding/") if value["requirement"] == "count-differs"]
    store.close()

    [finding] = differing
    assert finding["settled_at"] > finding["since"]


def test_the_years_end_the_day_before(demo: DemoResult) -> None:
    store = open_store(demo.database)
    with store.read() as reader:
        [(_, time)] = [(key, value) for key, value in scan_states(reader, "time") if key == "time"]
    store.close()

    assert NOW - 2 * 86_400 < time["tick"] < NOW - NOW % 86_400


def test_every_living_unit_has_one_holder_and_ended_ones_none(demo: DemoResult) -> None:
    ended = {"dismantled", "consumed", "disposed", "superseded", "annulled", "divided", "blended"}
    store = open_store(demo.database)
    after, units = "", []
    with store.read() as reader:
        while page := scan_states(reader, "unit/", after=after):
            units += [value for _, value in page]
            after = page[-1][0]
    store.close()

    assert len(units) >= PACKS
    for unit in units:
        if unit["stage"] != "reserved":
            assert ("holder" in unit) is (unit["stage"] not in ended), unit


def test_the_origin_and_the_trust_file_say_that_it_is_a_demonstration(demo: DemoResult) -> None:
    assert demo.origin == ORIGIN
    assert open_home(demo.home).trust.genesis == demo.genesis


def test_a_database_that_holds_a_ledger_is_left_alone(demo: DemoResult, tmp_path: Path) -> None:
    with pytest.raises(TransitionNotAllowed):
        run_demo(demo.database, tmp_path / "home", now=NOW, packs=3)


def test_a_person_is_a_commitment_in_the_log_and_a_name_beside_it(demo: DemoResult) -> None:
    [person] = [party for party in demo.parties if party.actor.form is Form.FISICA]
    operator = next(party for party in demo.parties if party.actor.key == "operador")
    store = open_store(demo.database)
    try:
        with store.read() as reader:
            registered = find_state(reader, f"party/{person.party}") or {}
            sealed = find_sealed(reader, registered["identity"], operator.party)
            bodies = [entry.body for entry in iter_entries(reader, 0, demo.report.entries)]
    finally:
        store.close()

    assert sealed is not None
    assert parse_opening(sealed.opening or b"")[0] == {"name": person.name}
    assert "name" not in registered
    assert not any(person.name.encode() in body for body in bodies)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_story_is_told_and_audited_on_postgresql_too(database_url: str, tmp_path: Path) -> None:
    told = run_demo(database_url, tmp_path / "home", now=NOW, packs=4)

    assert (told.report.ok, told.report.entries) == (True, told.published.checkpoint.size)
    store = open_store(database_url)
    try:
        assert rebuild(store, rules_of).count == 0
    finally:
        store.close()
