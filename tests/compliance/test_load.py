"""A load as values: what its terms say, and which lines are still open."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.load import OPEN_LINES, OUTCOMES, Load, LoadLine
from ledger.domain.custody import BorderPapers
from ledger.fold.consignment_table import FINALS, OPEN


def load(*lines: LoadLine, **terms: Any) -> Load:
    act = {"consignor": "a", "consignee": "b", "carriers": ["c"], "purpose": "export", "stage": "moving", **terms}
    return Load("con_1", act, lines, {})


def test_every_line_and_count_of_the_table_of_moves_has_its_word_here() -> None:
    assert set(OPEN) <= set(OPEN_LINES)
    assert set(FINALS) <= set(OUTCOMES)
    assert not set(OPEN_LINES) & set(OUTCOMES)


@pytest.mark.parametrize("name", [*OPEN_LINES, *OUTCOMES])
def test_a_line_is_open_until_it_has_an_outcome(name: str) -> None:
    line = LoadLine("u", {}, name, "c")
    assert line.is_open is (name in OPEN_LINES)
    assert load(line).open_lines == ((line,) if line.is_open else ())


def test_a_load_says_its_terms() -> None:
    told = load(destination="sit_1", picked_up_at=5)
    assert (told.consignor, told.consignee, told.carriers) == ("a", "b", ("c",))
    assert (told.purpose, told.stage, told.destination, told.picked_up_at) == ("export", "moving", "sit_1", 5)
    assert (load().destination, load().picked_up_at, load().border) == (None, None, None)


def test_the_numbers_of_a_border_are_those_that_were_stated() -> None:
    assert load(border={"pedimento": "24 47 3807 4000001"}).border == BorderPapers(pedimento="24 47 3807 4000001")
