"""``bitacora regime``: what is shown of the law, what is enacted, and what a rehearsal prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from compliance.lawbook import proposals
from compliance.numbers import NUMBERS
from ledger.store.entries import read_head
from tests.cli.ground import Ground, run
from tests.ledger.store.desk import open_desk

REFORM = "mx-reforma-nom-052"


def test_every_regime_is_listed_with_its_status_and_first_day() -> None:
    listed, told = run("regime", "list"), run("regime", "list", "--json")

    assert {row["regime"] for row in told.json["regimes"]} == set(proposals())
    assert "mx-vigente                   MX      2006-12-30  vigente · in force" in listed.out
    assert "recomendada · recommended" in listed.out


def test_a_regime_is_shown_whole_with_every_number_and_its_sources() -> None:
    shown, told = run("regime", "show", REFORM), run("regime", "show", REFORM, "--json")

    assert {number["name"] for number in told.json["numbers"]} == set(NUMBERS)
    assert told.json["tables"]["listings"][0]["waste_class"] == "RP"
    assert "storage_months" in shown.out
    assert "[unverified]" in shown.out
    assert proposals()[REFORM].title.es in shown.out


@pytest.mark.parametrize("state", ["nle-rme", "estado-generico"])
def test_no_federal_article_is_shown_as_that_of_a_state(state: str) -> None:
    shown = run("regime", "show", state)

    assert shown.code == 0
    assert "storage_months" not in shown.out
    assert "RLGPGIR" not in shown.out


def test_a_regime_of_ones_own_is_read_from_a_file(tmp_path: Path) -> None:
    own = json.loads(proposals()["mx-vigente"].model_dump_json())
    own |= {"regime": "propio", "tables": {**own["tables"], "numbers": [{"name": "storage_months", "value": 9}]}}
    file = tmp_path / "propio.json"
    file.write_text(json.dumps(own), encoding="utf-8")

    told = run("regime", "show", file, "--json")

    [storage] = [number for number in told.json["numbers"] if number["set_here"]]
    assert (storage["name"], storage["value"], storage["article"]) == ("storage_months", 9, own["basis"][0]["article"])


@pytest.mark.parametrize("name", ["no-such-regime", "missing.json"])
def test_a_regime_that_is_not_there_is_wrong_use(name: str) -> None:
    ran = run("regime", "show", name)

    assert (ran.code, ran.out) == (2, "")
    assert name in ran.err


def test_only_a_known_federal_regime_and_one_ledger_are_rehearsed(tmp_path: Path) -> None:
    directory = ("--directory", tmp_path)

    assert run("regime", "rehearse", "nle-rme", *directory).code == 2
    assert run("regime", "rehearse", REFORM).code == 2
    assert run("regime", "rehearse", REFORM, "--from", "2025-02-30", *directory).code == 2
    assert run("regime", "rehearse", REFORM, "--database", "sqlite://", *directory).code == 2


def test_a_rehearsal_of_a_database_says_in_total_and_by_party_what_would_be_otherwise(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with open_desk(database) as desk:
        workshop = desk.yard.workshop.party
        desk.yard.waste_pack()
        desk.catch_up()
        with desk.store.read() as reader:
            size = read_head(reader).size

        told = run("regime", "rehearse", REFORM, "--from", "2025-01-01", "--database", database, "--json")
        text = run("regime", "rehearse", REFORM, "--from", "2025-01-01", "--database", database)

        with desk.store.read() as reader:
            assert read_head(reader).size == size
    assert told.code == 0, told.err
    outcome = told.json
    assert (outcome["regime"], outcome["from_on"], outcome["entries"]) == (REFORM, "2025-01-01", size)
    [classed] = [row for row in outcome["by_party"] if row["aspect"] == "class"]
    assert (classed["party"], classed["name"]) == (workshop, "Taller Demo, S.A. de C.V.")
    assert (classed["before"], classed["after"], classed["count"], classed["mass_g"]) == ("RME", "RP", 1, 435_000)
    assert sum(row["count"] for row in outcome["totals"] if row["aspect"] == "class") == 1
    assert "1 pack: RME → RP, 435.0 kg" in text.out
    assert "Taller Demo, S.A. de C.V.: 1 pack: RME → RP" in text.out


def test_an_authority_enacts_a_regime_and_a_template_takes_the_state_that_is_named(
    ground: Ground, tmp_path: Path
) -> None:
    ministry = ground.new_authority(tmp_path / "ministry", "SEMARNAT (demo)", ["enact"])
    days = ("--from", "2090-01-01")

    enacted = run("regime", "enact", "mx-proy-nom-160", *days, "--json", "--profile", ministry)
    drafted = run(
        *("regime", "enact", "estado-generico", "--jurisdiction", "MX-JAL", *days),
        *("--dry-run", "--json", "--profile", ministry),
    )

    assert enacted.states == ["recorded"], enacted.err
    members = drafted.json
    assert (members["kind"], members["regime"], members["from_on"]) == ("regime.enacted", "estado-generico", days[1])
    assert members["jurisdiction"] == {"code": "MX-JAL"}
