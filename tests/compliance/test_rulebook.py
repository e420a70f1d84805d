from __future__ import annotations

import pytest

from compliance.rulebook import CURRENT, RULEBOOK, rules_of
from ledger.errors import RulesUnknown


def test_every_version_is_filed_under_its_own_number() -> None:
    assert {version: rules.version for version, rules in RULEBOOK.items()} == {v: v for v in RULEBOOK}


def test_the_first_version_checks_places_and_scope_and_then_the_law_of_certification() -> None:
    rules = rules_of(1)

    assert [check.name for check in rules.scope_checks] == ["place", "scope"]
    assert [check.name for check in rules.law_checks] == ["competence", "procedure", "capacity"]


def test_a_new_ledger_begins_with_the_newest_version() -> None:
    assert rules_of(max(RULEBOOK)) is CURRENT


@pytest.mark.parametrize("version", [0, max(RULEBOOK) + 1])
def test_a_version_that_this_program_lacks_asks_for_an_upgrade(version: int) -> None:
    with pytest.raises(RulesUnknown) as refused:
        rules_of(version)

    assert refused.value.facts == {"version": version, "newest": max(RULEBOOK)}
