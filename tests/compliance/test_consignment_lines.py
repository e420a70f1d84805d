"""The replay of lines says of every open line what the state says, and of every ended one what the act has counted."""

from __future__ import annotations

from collections import Counter

import pytest

from compliance.consignment_lines import UnitLine, replay_lines
from compliance.load import OPEN_LINES, OUTCOMES
from ledger.event import Event, parse_event
from tests.compliance.stories import Story
from tests.conftest import LONG
from tests.yard import Yard

CLAIMS = ("extra", "claimed")
OF_EXTRAS = ("extra", "ceded", "unclaimed")
"""Lines of units that were not offered: the act counts none of them."""
INSIDE = tuple(line for line in OPEN_LINES if line not in CLAIMS)


def lines_of(yard: Yard) -> dict[str, tuple[UnitLine, ...]]:
    """Of every unit, from the yard's whole log."""
    events = [(index, parse_event(raw)) for index, raw in enumerate(yard.entries)]
    entries: dict[str, list[tuple[int, Event]]] = {}
    for index, event in events:
        if index not in yard.void:
            for subject in event.payload.extends:
                entries.setdefault(subject.key, []).append((index, event))
    units = [key.removeprefix("unit/") for key in yard.state if key.startswith("unit/")]
    return {unit: replay_lines(unit, entries.get(f"unit/{unit}", [])) for unit in units}


def assert_lines_are_those_of_the_state(yard: Yard) -> None:
    lines = lines_of(yard)
    counted: dict[str, Counter[str]] = {}
    for unit, of_unit in lines.items():
        value = yard.state[f"unit/{unit}"]
        is_inside = "consignment" in value
        stated = [(value["consignment"], value["line"], value["holder"], value.get("to"))] if is_inside else []
        inside = [line for line in of_unit if line.line in INSIDE]
        assert [(line.consignment, line.line, line.holder, line.to) for line in inside] == stated, unit
        claim = value.get("claim")
        claimed = [] if claim is None else [(claim["event"], claim["by"], value["holder"])]
        claims = [line for line in of_unit if line.line in CLAIMS]
        assert [(line.event, line.to, line.holder) for line in claims] == claimed, unit
        for line in of_unit:
            counted.setdefault(line.consignment, Counter())[line.line] += 1
    for key, act in yard.state.items():
        if key.startswith("act/con_") and act["stage"] != "annulled":
            assert counts_of(counted.get(key.removeprefix("act/"), Counter())) == act["counts"], key


def counts_of(lines: Counter[str]) -> dict[str, int]:
    """What the act would have counted."""
    of_offer = {line: count for line, count in lines.items() if line not in OF_EXTRAS}
    ended = {line: count for line, count in of_offer.items() if line not in OPEN_LINES}
    return {"offered": sum(of_offer.values()), **ended}


@pytest.mark.parametrize("seed", range(200 if LONG else 16))
def test_after_any_story_the_lines_are_those_of_the_state(seed: int) -> None:
    story = Story(Yard(), seed)
    for _ in range(6):
        story.go_on(30)
        assert_lines_are_those_of_the_state(story.yard)


def test_the_stories_tell_of_every_line_and_every_kind() -> None:
    told: Counter[str] = Counter()
    for seed in range(16):
        story = Story(Yard(), seed)
        story.go_on(180)
        told.update(line.line for of_unit in lines_of(story.yard).values() for line in of_unit)

    assert set(OUTCOMES) <= told.keys()
