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
