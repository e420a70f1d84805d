"""``bitacora report findings`` and ``obligations`` say of every day what the server says, from the state alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.profile import open_profile
from tests.api.served import Served, open_served
from tests.cli.ground import PACK, new_unit, run, state

DAYS = ("2025-01-06", "2025-07-07", "2025-07-08", "2030-01-01")
DAY_S = 86_400


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        yield served


def test_state_and_export_say_what_the_server_says(served: Served, tmp_path: Path) -> None:
    yard = served.yard
    packs = [yard.determined_pack("RP") for _ in range(2)]
    yard.determined_pack("not_waste", yard.centre)
    served.send()
    served.pass_time(190 * DAY_S)
    yard.say(yard.workshop, "unit.lost", units=packs[:1])
    served.send()
    served.cover()
    database, export = ["--database", served.settings.database_url], tmp_path / "export"
    assert run("export", export, *database).code == 0
    token = served.token(yard.semarnat)

    for day in DAYS:
        for what in ("findings", "obligations"):
            answered = served.get(f"/v1/{what}?as_of={day}&limit=200", token=token).json()
            from_state = run("report", what, "--as-of", day, *database, "--json")
            from_export = run("report", what, "--as-of", day, "--directory", export, "--json")
            assert from_state.json == from_export.json
            assert from_state.json == {"as_of": day, what: answered[what]}
    assert run("report", "findings", *database, "--json").json["as_of"] == "2025-07-15"


def test_a_report_is_asked_for_by_party_requirement_and_weight(served: Served) -> None:
    yard = served.yard
    pack = yard.determined_pack("RP")
    yard.determined_pack("not_waste", yard.centre)
    served.send()
    asked = ["report", "findings", "--as-of", "2025-12-31", "--database", served.settings.database_url]

    def codes(*options: str) -> list[str]:
        return [found["code"] for found in run(*asked, *options, "--json").json["findings"]]

    assert codes("--party", yard.centre.party) == ["waste-declassified"]
    assert codes("--requirement", "R01") == ["storage-term-exceeded"]
    assert "waste-declassified" not in codes("--effect", "violation")
    assert (
        run(*asked, "--requirement", "R01")
        .out.splitlines()[3]
        .startswith("  2025-07-08 R01 storage-term-exceeded: Taller")
    )
    [row] = csv.DictReader(io.StringIO(run(*asked, "--requirement", "R01", "--csv").out))
    assert (row["subject"], row["party_name"], row["settled_on"]) == (pack, "Taller Demo, S.A. de C.V.", "")
    [header] = csv.reader(io.StringIO(run(*asked, "--requirement", "R25", "--csv").out))
    assert header[:4] == ["name", "requirement", "code", "effect"]


@pytest.mark.parametrize("what", ["findings", "obligations"])
@pytest.mark.parametrize(("option", "name"), [("--party", "pty_nobody"), ("--requirement", "R99")])
def test_a_name_that_is_mistyped_is_not_answered_with_nothing(
    served: Served, what: str, option: str, name: str
) -> None:
    ran = run("report", what, option, name, "--database", served.settings.database_url)

    assert (ran.code, name in ran.err) == (2, True)


def test_wrong_use_is_told(tmp_path: Path) -> None:
    assert run("report", "findings", "--directory", tmp_path / "none").code == 2


def test_a_party_asks_its_server_what_is_found_of_it_and_due_from_it(maker: Path) -> None:
    pack, idle = new_unit(), new_unit()
    for unit in (pack, idle):
        state(maker, "unit.produced", units=[unit], description=PACK)
    for kind in ("unit.placed_on_market", "unit.installed"):
        state(maker, kind, units=[idle])
    state(maker, "unit.removed", units=[idle], reason="upgrade")
    state(maker, "unit.discarded", units=[pack], reason="production_scrap")
    state(maker, "unit.classified", units=[pack], waste_class="RP", method="crit_test")
    party, about = open_profile(maker).party, ("--as-of", "2099-12-31", "--profile", maker)

    late = run("report", "obligations", *about, "--requirement", "R01", "--json")
    found = run("report", "findings", *about, "--json")
    table = run("report", "findings", *about, "--requirement", "R01", "--csv")

    assert late.code == 0, late.err
    assert late.json.keys() == {"as_of", "obligations"}
    assert [(one["subject"], one["standing"]) for one in late.json["obligations"]] == [(pack, "overdue")]
    assert found.json["as_of"] == "2099-12-31"
    assert {one["party"] for one in found.json["findings"]} == {party}
    assert ("R48", idle, "private") in {
        (one["requirement"], one["subject"], one["effect"]) for one in found.json["findings"]
    }
    assert [row["subject"] for row in csv.DictReader(io.StringIO(table.out))] == [pack]
    assert run("report", "findings", "--requirement", "R99", "--profile", maker).code != 0
