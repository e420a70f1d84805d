"""`bitacora file`: what was filed is stated with its digest, and what comes next is told with its day."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import pytest
from freezegun import freeze_time

from cli.filing import _FILINGS
from cli.profile import create_profile, open_profile
from ledger.domain.filing import FilingSubject, FilingSubmitted
from ledger.domain.kinds import parse_payload
from ledger.domain.values import format_opaque_id
from ledger.keys import SigningKey
from tests.cli.ground import Ground, Ran, new_unit, run

PAPER = b"%PDF-1.7\n a filing with its stamp"
AUTHORITY = format_opaque_id("pty", bytes(16))
ABOUT = {
    "notice": ("--consignment", format_opaque_id("con", bytes(16))),
    "incident": ("--incident", format_opaque_id("inc", bytes(16))),
    "annual": ("--year", "2025"),
    "use-report": ("--consignment", format_opaque_id("con", bytes(16))),
    "return-notice": ("--consignment", format_opaque_id("con", bytes(16))),
    "return-report": ("--consignment", format_opaque_id("con", bytes(16))),
}
NAMES = [filing.name for filing in _FILINGS]


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A profile without a server."""
    party = format_opaque_id("pty", secrets.token_bytes(16))
    folder = tmp_path / "alone"
    create_profile(folder, SigningKey.generate(), None, party=party, site=None, server=None, trust=None)
    return folder


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "acuse.pdf"
    path.write_bytes(PAPER)
    return path


def draft(profile: Path, name: str, paper: Path, *words: str) -> Ran:
    about = ("--unit", new_unit()) if name == "extension" else ABOUT.get(name, ())
    return run("file", name, AUTHORITY, "--document", paper, *about, *words, "--dry-run", "--profile", profile)


@pytest.mark.parametrize("name", NAMES)
def test_every_filing_is_a_well_formed_statement(alone: Path, paper: Path, name: str) -> None:
    ran = draft(alone, name, paper)
    assert ran.code == 0, ran.err
    payload = parse_payload(json.loads(ran.out))

    assert isinstance(payload, FilingSubmitted)
    assert (payload.to, payload.digest) == (AUTHORITY, sha256(PAPER).hexdigest())


def test_every_subject_of_a_filing_has_its_command() -> None:
    subjects = {filing.subject for filing in _FILINGS}

    assert subjects == set(get_args(FilingSubject))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("extension", "2026-12-07"),
        ("on-site-recycling", "2027-01-06"),
        ("annual", "2026-12-21"),
        ("return-notice", "2026-12-07"),
    ],
)
@freeze_time("2026-11-23T18:00:00Z")
def test_what_comes_next_is_told_with_its_day(alone: Path, paper: Path, name: str, day: str) -> None:
    assert day in draft(alone, name, paper).err


def test_an_extension_that_is_asked_for_late_is_not_promised_by_silence(alone: Path, paper: Path) -> None:
    said = " ".join(draft(alone, "extension", paper).err.split())

    assert "Si se pidió 20 días hábiles antes" in said
    assert "pedida después, su silencio no la otorga (RLGPGIR 65)" in said


def test_what_comes_next_is_not_told_of_what_is_malformed(alone: Path, paper: Path) -> None:
    about = ("--document", paper, "--unit", new_unit(), "--profile", alone)

    ran = run("file", "extension", "SEMARNAT", *about, "--dry-run")

    assert (ran.code, "malformed-statement at /to" in ran.err) == (1, True)
    assert "silencio" not in ran.err


def test_a_year_that_is_none_is_wrong_use(alone: Path, paper: Path) -> None:
    ran = run(*("file", "annual", AUTHORITY, "--document", paper, "--year", "last", "--dry-run", "--profile", alone))

    assert ran.code == 2


@pytest.mark.slow
def test_a_report_that_was_filed_stops_being_due_and_is_kept(
    ground: Ground, maker: Path, paper: Path, tmp_path: Path
) -> None:
    authority = open_profile(ground.new_inspector(tmp_path / "authority")).party
    about = ("--document", paper, "--year", "2025", "--profile", maker, "--json")
    filed = run("file", "annual", authority, *about)
    assert filed.states == ["recorded"], filed.err
    party = open_profile(maker).party
    report: Any = run("report", "annual", party, "2025", "--profile", maker, "--json")
    place = ("--database", ground.database, "--home", ground.folder / "home", "--json")
    digest = sha256(PAPER).hexdigest()
    kept = run("erase", digest, *place)
    ordered = run("erase", digest, "--ordered", *place)

    assert report.json["filed_at"] is not None
    assert (kept.code, "must be kept until 2031-11-" in kept.json[digest]) == (1, True)
    assert (ordered.code, ordered.json[digest]) == (0, "document erased")
