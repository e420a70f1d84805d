"""Every finding that the code opens is of one requirement, and the table keeps the promises of its columns."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from compliance.requirements.catalogue.rows import REQUIREMENTS, find_requirement
from compliance.requirements.requirement import Requirement
from compliance.requirements.rules.rules import RULES
from docs.requirements import requirements_page

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("ledger", "certification", "compliance")
OPENS = {"open_finding": 0, "_open": 1, "Shortcoming": 0, "due": 2, "_report": 4}
"""Functions that open a finding, or set a term after which there is one, and which of their arguments is its code."""
CODE = re.compile(r"[a-z]+(-[a-z]+)+")
FEDERAL_RP = re.compile(r"LGPGIR (?!2 |5 |9 |19 |23)|RLGPGIR|CPF")
ROWS = list(REQUIREMENTS.values())


def opened() -> Iterator[tuple[str, str]]:
    """Each code that is spelled where a finding is opened, and the module."""
    for package in PACKAGES:
        for module in sorted((REPOSITORY / package).rglob("*.py")):
            for call in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    yield from ((code, module.name) for code in _codes(call))


def _codes(call: ast.Call) -> list[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in OPENS or len(call.args) <= OPENS[name]:
        return []
    spelled = [node.value for node in ast.walk(call.args[OPENS[name]]) if isinstance(node, ast.Constant)]
    return [code for code in spelled if isinstance(code, str) and CODE.fullmatch(code)]


def test_every_finding_belongs_to_one_requirement() -> None:
    codes = dict(opened())

    assert len(codes) > 30
    assert {code: module for code, module in codes.items() if find_requirement(code) is None} == {}


def test_no_finding_belongs_to_two_requirements() -> None:
    counted = Counter(code for row in ROWS for code in row.findings)

    assert [code for code, count in counted.items() if count > 1] == []


def test_every_rule_opens_a_finding_of_its_own_requirement() -> None:
    assert [rule.code for rule in RULES if rule.code not in REQUIREMENTS[rule.requirement].findings] == []


def test_the_candidates_of_the_facts_are_all_there() -> None:
    assert [f"R{n:02}" for n in range(1, 51) if f"R{n:02}" not in REQUIREMENTS] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_keeps_what_its_columns_promise(row: Requirement) -> None:
    if row.effect == "block":
        assert row.confidence == "read", "only what was read may block"
        assert "refusal" in row.how
    if row.applies in ("POLICY", "BENCHMARK"):
        assert row.effect in ("off", "private", "notice", "warning"), "a policy is no violation"
    if row.applies not in ("RP", "POLICY") and row.how != ("report",):
        assert not FEDERAL_RP.search(row.article), "special-handling waste is shown no article of hazardous waste"
    for words in filter(None, (row.statement, row.cure, row.note)):
        assert words.es
        assert words.en
        assert words.es != words.en
    assert row.how
    assert bool(row.findings) or "event" not in row.how


def test_the_page_for_lawyers_is_current() -> None:
    page = (REPOSITORY / "docs/requirements.md").read_text(encoding="utf-8")

    assert page == requirements_page()
