"""What a regime may make of a requirement."""

from __future__ import annotations

import pytest

from compliance.law import Law
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.requirement import Requirement
from ledger.domain.regime import RegimeTables

ROWS = list(REQUIREMENTS.values())


@pytest.mark.parametrize("requirement", ROWS, ids=[row.id for row in ROWS])
def test_no_regime_makes_block_what_is_policy_or_was_not_read(requirement: Requirement) -> None:
    tables = RegimeTables.model_validate({"effects": [{"requirement": requirement.id, "effect": "block"}]})
    effect = Law("MX", "2026-09-01", "all-blocks", tables.model_dump()).effect(requirement)

    is_law = requirement.confidence == "read" and requirement.applies not in ("POLICY", "BENCHMARK")
    assert effect == ("block" if is_law else "violation")
