"""What a person states becomes the members of a payload."""

from __future__ import annotations

from typing import Any

import pytest

from cli.compose import Anchor, Head, begin, finish, parse_settings, place_units
from cli.refusals import HeadUnknown
from ledger.domain.values import Seen
from ledger.errors import MalformedStatement
from tests.yard import Yard

EVENT = "ab" * 32
NOON = 1_767_268_800
COMMON = {"v": 1, "id": "019b7767-4400-7000-8000-000000000000", "occurred_at": "2026-01-01T12:00:00Z"}
YARD = Yard()
UNIT = YARD.new_unit_id()
KEY = f"unit/{UNIT}"


def asked(kind: str, **stated: Any) -> Any:
    return begin(kind, stated, {**COMMON, "party": YARD.maker.party})


def test_settings_are_paths_to_json_or_text_or_fresh_ids() -> None:
    settings = ["a.b=1", "a.c=039", "d=[true]", "e=@con", "f=", "g=x=y"]

    members = parse_settings(settings, lambda prefix: f"new {prefix}")

    assert members == {"a": {"b": 1, "c": "039"}, "d": [True], "e": "new con", "f": "", "g": "x=y"}


@pytest.mark.parametrize("setting", ["novalue", "=1", ""])
def test_a_setting_without_a_name_or_a_value_is_wrong(setting: str) -> None:
    with pytest.raises(ValueError, match="name=value"):
        parse_settings([setting], str)


def test_a_setting_inside_a_value_is_wrong() -> None:
    with pytest.raises(ValueError, match="not an object"):
        parse_settings(["a=1", "a.b=2"], str)


def test_units_go_where_the_kind_names_them() -> None:
    assert place_units("unit.installed", [UNIT]) == {"units": [UNIT]}
    assert place_units("consignment.received", [UNIT]) == {"lines": [UNIT]}
    assert place_units("unit.dismantled", [UNIT]) == {"unit": UNIT}
    with pytest.raises(MalformedStatement):
        place_units("unit.dismantled", [UNIT, UNIT])
    with pytest.raises(MalformedStatement):
        place_units("party.registered", [UNIT])


def test_every_unit_and_act_without_a_head_is_asked_for() -> None:
    consignment = YARD.new_id("con")

    ask = asked(
        "consignment.picked_up", consignment=consignment, units=[UNIT, {"id": YARD.new_unit_id(), "prev": EVENT}]
    )

    assert ask.subjects == {"/prev": f"act/{consignment}", "/units/0": KEY}


def test_lines_of_a_reception_are_accepted_unless_stated_otherwise() -> None:
    refused = {"id": YARD.new_unit_id(), "outcome": "refused", "reason": "damaged"}

    ask = asked("consignment.received", consignment=YARD.new_id("con"), basis="offer", lines=[UNIT, refused])

    assert [line["outcome"] for line in ask.members["lines"]] == ["accepted", "refused"]


def test_kinds_that_only_say_something_ask_for_no_heads() -> None:
    ask = asked("unit.labelled", units=[UNIT], label="pack")

    assert (ask.subjects, ask.members["units"]) == ({}, [UNIT])


def test_a_time_that_is_not_stated_is_never_before_the_heads_nor_the_anchor() -> None:
    anchor = Anchor(Seen(size=7, root="cd" * 32), NOON + 50)

    members = finish(asked("unit.installed", units=[UNIT]), {KEY: Head(EVENT, NOON + 90)}, anchor)

    assert members["occurred_at"] == "2026-01-01T12:01:30Z"
    assert members["units"] == [{"id": UNIT, "prev": EVENT}]
    assert members["seen"] == {"size": 7, "root": "cd" * 32}


def test_a_stated_time_is_kept_and_a_younger_checkpoint_was_not_seen_then() -> None:
    anchor = Anchor(Seen(size=7, root="cd" * 32), NOON)
    ask = asked("unit.installed", units=[UNIT], occurred_at="2025-12-31T08:00:00Z")

    members = finish(ask, {KEY: Head(EVENT, NOON)}, anchor)

    assert members["occurred_at"] == "2025-12-31T08:00:00Z"
    assert "seen" not in members


def test_only_a_unit_that_comes_to_be_may_have_an_unknown_head() -> None:
    born = finish(asked("unit.produced", units=[UNIT], description=YARD.description()), {}, None)
    assert born["units"] == [{"id": UNIT, "prev": None}]

    with pytest.raises(HeadUnknown):
        finish(asked("unit.installed", units=[UNIT]), {}, None)
