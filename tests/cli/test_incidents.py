"""What is told of an incident: which duties follow, and by which day."""

from __future__ import annotations

from typing import Any

import pytest

from cli.incidents import told_of
from ledger.domain.kinds import parse_payload
from ledger.domain.payload import Payload
from tests.cli.ground import new_unit

FRIDAY, WEDNESDAY = "2026-11-20", "2026-11-25"


def stated(kind: str, **members: Any) -> Payload:
    common = {
        "v": 1,
        "id": "01a205df-1238-7166-b872-9e5952d929cc",
        "occurred_at": f"{FRIDAY}T18:00:00Z",
        "party": f"pty_{'a' * 26}",
        "kind": kind,
        "units": [new_unit()],
    }
    return parse_payload({**common, **members})


def incident(nature: str, **more: Any) -> list[str]:
    return told_of(stated("incident.reported", incident=f"inc_{'a' * 26}", nature=nature, **more))


def test_the_notice_is_due_at_once_and_formally_within_three_business_days() -> None:
    [condition, at_once, formal, command] = incident("leak", in_transport=True)

    assert condition.startswith("Si hay en él residuos peligrosos")
    assert at_once.startswith(f"  {FRIDAY} (RLGPGIR 129 ¶2, 130): Avise de inmediato")
    assert formal.startswith(f"  {WEDNESDAY} (RLGPGIR 131): Formalice el aviso")
    assert f"file incident AUTHORITY --about inc_{'a' * 26}" in command


def test_of_a_small_spill_a_note_in_the_register_is_enough() -> None:
    [_, note] = incident("leak", spilled_ml=1000)

    assert note.startswith(f"  {FRIDAY} (RLGPGIR 129): Contenga")


@pytest.mark.parametrize("said", [incident("find"), told_of(stated("unit.labelled", label="waste"))])
def test_of_a_find_and_of_any_other_statement_nothing_is_told(said: list[str]) -> None:
    assert said == []
