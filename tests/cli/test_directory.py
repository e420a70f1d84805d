from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from cli.profile import open_profile
from ledger.domain.values import format_opaque_id
from tests.cli.ground import Ground, run, state


@pytest.fixture
def permit(ground: Ground, tmp_path: Path) -> str:
    """A transcribed permit of a party that is in no other test."""
    holder = open_profile(ground.new_profile(tmp_path / "holder")).party
    authorisation = format_opaque_id("aut", secrets.token_bytes(16))
    state(
        ground.operator,
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder,
        number="05-35-PS-I-327D-2019",
        scope={"activities": ["recycling"], "waste_classes": ["RME"], "chemistries": ["LFP"]},
        from_on="2020-01-01",
        to_on="2090-01-01",
        transcribed={"source": "Empresas autorizadas", "listed_on": "2025-01-02"},
    )
    return authorisation


def test_the_directory_is_searched_by_number_and_filters(ground: Ground, permit: str) -> None:
    found = run("directory", "search", "05-35-ps-i", "--activity", "receiving", "--url", ground.url, "--json")
    other = run("directory", "search", "05-35-ps-i", "--chemistry", "NCA", "--url", ground.url, "--json")
    shown = run("directory", "search", "05-35-ps-i", "--url", ground.url)

    assert permit in [row["authorisation"] for row in found.json["rows"]]
    assert (other.code, other.json["rows"], other.json["next"]) == (0, [], None)
    assert "VIGENTE; transcrita, sin confirmar" in shown.out
    assert "reciclaje" in shown.out


@pytest.mark.parametrize(("on", "is_old"), [("2025-02-01", False), ("2025-02-02", True)])
@pytest.mark.usefixtures("permit")
def test_the_search_says_when_what_is_transcribed_was_checked(ground: Ground, on: str, is_old: bool) -> None:
    ran = run("directory", "search", "05-35-ps-i", "--on", on, "--url", ground.url)

    assert "Lo transcrito se cotejó el 2025-01-02" in ran.out
    assert ("ya es viejo" in ran.out) is is_old


def test_when_nothing_fits_it_says_so(ground: Ground) -> None:
    ran = run("directory", "search", "nadie", "--url", ground.url)

    assert (ran.code, ran.out) == (0, "Sin resultados · Nothing fits.\n")


def test_a_permit_is_shown_with_its_acts(ground: Ground, permit: str) -> None:
    ran = run("directory", "show", permit, "--url", ground.url)

    assert ran.code == 0
    assert ran.out.startswith("05-35-PS-I-327D-2019  VIGENTE; transcrita, sin confirmar al ")
    assert "Desde 2020-01-01: scope, status, to_on; sin oficio; registrado " in ran.out


def test_what_the_directory_cannot_be_asked_is_one_line(ground: Ground) -> None:
    ran = run("directory", "search", "--state", "Atlantis", "--url", ground.url)

    assert ran.code == 1
    assert ran.err.startswith("malformed-request at /query/state: ")
