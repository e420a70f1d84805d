"""Before anything is recorded, a party learns which permit is missing, by which article, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.ground import DESCRIBED, Ground, new_unit, run

pytestmark = pytest.mark.slow


def test_check_tells_condition_article_and_cure_of_a_missing_permit(
    ground: Ground, maker: Path, tmp_path: Path
) -> None:
    unit = new_unit()
    other = run("keys", "show", "--profile", ground.new_profile(tmp_path / "other"), "--json").json["party"]
    run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    run("record", "unit.discarded", "--unit", unit, "--set", "reason=production_scrap", "--profile", maker)
    terms = ("consignment=@con", "purpose=waste_rp", f"consignee={other}", "units_total=1", "carriers=[]", "mode=road")
    offered = ("record", "consignment.offered", "--unit", unit, *(part for term in terms for part in ("--set", term)))

    asked = run(*offered, "--check", "--profile", maker, "--json")
    told = run(*offered, "--check", "--profile", maker)

    assert (asked.code, asked.json["accepted"], asked.json["code"]) == (1, False, "authorisation-missing")
    assert (asked.json["condition"], asked.json["article"]) == ("none-granted", "LGPGIR 42, 50; RLGPGIR 56 III-IV")
    assert asked.json["cure"] in told.err
    assert run("keys", "show", "--profile", maker, "--json").json["sent"] == 2


def test_check_tells_the_finding_that_a_statement_would_open_and_what_cures_it(maker: Path) -> None:
    unit = new_unit()
    run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--profile", maker)
    run("record", "unit.discarded", "--unit", unit, "--set", "reason=production_scrap", "--profile", maker)
    said = ("record", "unit.classified", "--unit", unit, "--set", "waste_class=RME", "--set", "method=knowledge")

    told = run(*said, "--check", "--profile", maker)
    sworn = run(*said, "--set", "under_oath=true", "--check", "--profile", maker)

    assert (told.code, sworn.code, sworn.out.strip()) == (0, 0, "It would be recorded.")
    first, second, spanish, english = told.out.strip().splitlines()
    assert first == "It would be recorded."
    assert second == "violation R19 declared-without-oath · NOM-052-SEMARNAT-2005 6.4.2.3"
    assert "→ Registre la determinación" in spanish
    assert "→ Record the determination" in english
