"""`bitacora report register`, `annual` and `category`: from a database, and as a party from its server."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl import load_workbook

from cli.profile import open_profile
from ledger.clock import SystemClock
from ledger.fold.legal_day import legal_day
from tests.api.served import open_served
from tests.cli.ground import PACK, Ran, new_unit, run, state
from tests.compliance.disposals import give_waste, make_waste, open_year, recycle
from tests.yard import Yard


@dataclass(frozen=True)
class Kept:
    """A ledger in a file, and the yard that it is of."""

    yard: Yard
    database: str

    def report(self, name: str, *words: object) -> Ran:
        return run("report", name, *words, "--database", self.database)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    folder: Path = tmp_path_factory.mktemp("kept")
    database = f"sqlite:///{folder / 'ledger.sqlite'}"
    with open_served(folder, database) as served:
        open_year(served.yard)
        packs = give_waste(served.yard, served.pass_time, units=3)
        make_waste(served.yard)
        recycle(served.yard, packs[:1])
        served.send()
        yield Kept(served.yard, database)


def test_a_register_says_what_it_holds_and_what_it_lacks(kept: Kept) -> None:
    ran = kept.report("register", kept.yard.workshop.site, 2025)

    assert ran.code == 0
    assert "4 renglones, 4 con campos pendientes" in ran.out
    assert "435.000 kg Batería de ion litio NMC622" in ran.out
    assert "salió 2025-01-09" in ran.out


def test_a_register_with_a_gap_fails_where_that_is_asked_for(kept: Kept) -> None:
    named = (kept.yard.workshop.site, 2025, "--responsible", "Ana Pérez", "--strict")

    # the pack that was never put into storage lacks its day
    assert kept.report("register", *named).code == 1
    assert kept.report("register", kept.yard.workshop.site, 2024, "--strict").code == 0


def test_a_register_is_written_as_table_workbook_and_paper(kept: Kept, tmp_path: Path) -> None:
    for name in ("r.csv", "r.xlsx", "r.pdf"):
        about = (kept.yard.workshop.site, 2025, "--responsible", "=Ana", "--out", tmp_path / name)
        assert kept.report("register", *about).code == 0
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text(encoding="utf-8-sig").splitlines()))

    assert [row["Responsable técnico de la bitácora (g)"] for row in rows] == ["'=Ana"] * 4
    assert load_workbook(tmp_path / "r.xlsx")["Bitácora"].max_row == 5
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def test_a_recycler_has_its_processes_in_every_form(kept: Kept, tmp_path: Path) -> None:
    about = (kept.yard.recycler.site, 2025, "--kind", "recycler")
    for name in ("p.csv", "p.xlsx", "p.pdf"):
        assert kept.report("register", *about, "--out", tmp_path / name).code == 0

    [process] = kept.report("register", *about, "--json").json["processes"]
    assert (process["fed_g"], process["process"]) == (430_000, "hydrometallurgy")


def test_the_draft_of_the_report_adds_up_and_is_written(kept: Kept, tmp_path: Path) -> None:
    ran = kept.report("annual", kept.yard.workshop.site, 2025)
    members = kept.report("annual", kept.yard.workshop.site, 2025, "--json").json
    for name in ("r.csv", "r.xlsx", "r.pdf"):
        assert kept.report("annual", kept.yard.workshop.site, 2025, "--out", tmp_path / name).code == 0

    assert ran.code == 0
    assert "Generado en el año: 1740.000 kg, 4 unidades" in ran.out
    assert "Los renglones suman" in ran.out
    assert members["generated_in_all"] == members["tallied"]
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")


def test_a_category_is_shown_with_its_years(kept: Kept) -> None:
    ran = kept.report("category", kept.yard.workshop.party, "--on", "2026-02-01")

    assert "2025: 1740.000 kg, 4 unidades → pequeño generador" in ran.out
    assert "Registrada: sin registro" in ran.out
    assert "Sin plan de manejo" in ran.out


def test_a_place_that_is_none_and_a_form_that_is_none_are_wrong_use(kept: Kept, tmp_path: Path) -> None:
    assert kept.report("register", kept.yard.new_id("sit"), 2025).code == 2
    assert kept.report("register", kept.yard.workshop.site, 2025, "--out", tmp_path / "r.doc").code == 2


@pytest.mark.slow
def test_a_party_that_is_none_has_no_category(kept: Kept) -> None:
    ran = kept.report("category", "pty_nobody")

    assert (ran.code, "pty_nobody" in ran.err) == (2, True)


def test_a_party_reads_its_own_register_from_its_server(maker: Path) -> None:
    pack = new_unit()
    state(maker, "unit.produced", units=[pack], description=PACK)
    state(maker, "unit.discarded", units=[pack], reason="production_scrap")
    party = open_profile(maker).party
    year = legal_day(SystemClock().now(), None)[:4]
    about = (party, year, "--class", "RME", "--profile", maker)
    ran = run("report", "register", *about, "--json")

    assert ran.code == 0, ran.err
    [row] = ran.json["rows"]
    assert (row["unit"], row["area"], row["missing"]) == (pack, "production_scrap", [])
    assert run("report", "category", party, "--profile", maker).code == 0
