from __future__ import annotations

import pytest

from certification.procedure import PROCEDURE_CHECK
from compliance.rulebook import CURRENT, RULEBOOK, rules_of
from ledger.domain.authorisation import ApplicationStep, ApplicationSubmitted
from ledger.domain.kinds import KINDS
from ledger.errors import RulesUnknown


def test_every_version_is_filed_under_its_own_number() -> None:
    assert {version: rules.version for version, rules in RULEBOOK.items()} == {v: v for v in RULEBOOK}


def test_the_first_version_checks_places_and_scope_and_then_the_law_of_certification() -> None:
    rules = rules_of(1)

    assert [check.name for check in rules.scope_checks] == ["place", "scope"]
    assert [check.name for check in rules.law_checks] == [
        "competence",
        "procedure",
        "capacity",
        "discrepancy",
        "original",
        "transport",
        "border",
        "tally",
        "household",
        "requirements",
    ]


def test_every_kind_with_an_act_a_permit_or_an_application_concerns_the_procedure() -> None:
    members = {"act", "decides", "authorisation"}
    of_the_procedure = frozenset(
        model
        for model in KINDS.values()
        if members & model.model_fields.keys() or issubclass(model, ApplicationStep | ApplicationSubmitted)
    )

    assert of_the_procedure == PROCEDURE_CHECK.concerns


def test_a_new_ledger_begins_with_the_newest_version() -> None:
    assert rules_of(max(RULEBOOK)) is CURRENT


@pytest.mark.parametrize("version", [0, max(RULEBOOK) + 1])
def test_a_version_that_this_program_lacks_asks_for_an_upgrade(version: int) -> None:
    with pytest.raises(RulesUnknown) as refused:
        rules_of(version)

    assert refused.value.facts == {"version": version, "newest": max(RULEBOOK)}
