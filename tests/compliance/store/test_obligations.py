"""The tables of holdings, obligations and findings follow the log, and are what a rebuild would make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from compliance.store.holdings import read_holdings
from compliance.store.obligations import OBLIGATIONS, gather
from compliance.store.tables import finding, holding, obligation
from ledger.store import tables
from tests.compliance.stories import Story
from tests.ledger.store.desk import Desk, open_desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


@pytest.mark.parametrize("seed", range(3))
def test_after_any_story_the_tables_say_what_the_state_says(desk: Desk, seed: int) -> None:
    story = Story(desk.yard, seed)
    for _ in range(3):
        story.go_on(50)
        desk.catch_up()
        while OBLIGATIONS.catch_up(desk.store):
            pass

        with desk.store.read() as reader:
            assert OBLIGATIONS.compare(reader) == []
            held = {one.unit: one.holder for one in read_holdings(reader)}
        values = {unit: desk.yard.unit(unit) for unit in story.units}
        assert held.items() >= {(unit, value["holder"]) for unit, value in values.items() if "holder" in value}
        assert not held.keys() & {unit for unit, value in values.items() if "holder" not in value}
    assert OBLIGATIONS.rebuild(desk.store) == []
