"""What must I sign: told from the standing of lines alone, and never of a line that nobody is asked about."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.due import Due, due_from, roles_of
from compliance.load import LoadLine
from ledger.fold.state import Value
from tests.compliance.stories import Story
from tests.compliance.test_consignment_lines import lines_of
from tests.yard import Yard

PARTIES: dict[str, Value] = {name: {"form": "moral"} for name in ("giver", "carrier", "next", "taker", "heir", "other")}


def act(**more: Any) -> Value:
    ends = {"consignor": "giver", "consignee": "taker", "carriers": ["carrier"]}
    return {**ends, "stage": "moving", "head_at": 9, **more}


def line(name: str, holder: str | None = "carrier", to: str | None = None, since: int = 5) -> LoadLine:
    return LoadLine("unit", {}, name, holder, to=to, since=since)


def due(party: str, where: LoadLine | None, ended: dict[str, str | None] | None = None, **more: Any) -> list[str]:
    """Acts due from a party; ``ended`` names parties that ended, with who succeeds them."""
    parties = {name: dict(value) for name, value in PARTIES.items()}
    for name, heir in (ended or {}).items():
        parties[name] |= {"closed_at": 1, **({"successor": heir} if heir else {})}
        if heir:
            parties[heir]["succeeds"] = [name]
    return [one.act for one in due_from(party, act(**more), [where] if where else [], parties)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (line("offered", "giver"), {"carrier": ["pick_up"]}),
        (line("carried"), {"carrier": ["deliver"], "taker": ["receive"]}),
        (line("handed", to="next"), {"next": ["pick_up"], "taker": ["receive"]}),
        (line("stored"), {"carrier": ["pick_up"], "taker": ["receive"]}),
        (line("refused"), {"giver": ["take_back"]}),
        (line("missing"), {"giver": ["take_back"]}),
        (line("extra", "giver", to="taker"), {"giver": ["agree"]}),
        (line("claimed", "giver", to="taker"), {"giver": ["agree"]}),
        (line("accepted", "taker"), {}),
    ],
)
def test_an_open_line_waits_for_who_can_move_it(where: LoadLine, expected: dict[str, list[str]]) -> None:
    assert {party: acts for party in PARTIES if (acts := due(party, where))} == expected


def test_without_a_carrier_the_consignee_receives_what_is_offered() -> None:
    assert due("taker", line("offered", "giver"), stage="offered", carriers=[]) == ["receive"]
    assert due("taker", line("offered", "giver"), stage="offering", carriers=[]) == []


def test_an_offer_that_is_not_complete_waits_for_its_consignor() -> None:
    assert due("giver", line("offered", "giver"), stage="offering") == ["offer_rest"]
    assert due("carrier", line("offered", "giver"), stage="offering") == []


def test_a_successor_is_asked_and_the_party_that_ended_is_not() -> None:
    ended: dict[str, str | None] = {"taker": "heir"}
    assert due("heir", line("carried"), ended) == ["receive"]
    assert due("taker", line("carried"), ended) == []
    assert due("giver", line("carried"), ended) == []


def test_what_nobody_will_receive_goes_back_to_its_consignor() -> None:
    assert due("giver", line("carried"), {"taker": None}) == ["take_back"]
    assert due("carrier", line("carried"), {"taker": None}) == []


def test_what_nobody_takes_back_is_sent_elsewhere_by_its_holder() -> None:
    for where in (line("refused"), line("carried")):
        assert due("carrier", where, {"taker": None, "giver": None}) == ["redirect"]
    assert due("carrier", line("missing"), {"taker": None, "giver": None}) == []


def test_a_consignor_records_the_delivery_to_a_consignee_abroad() -> None:
    parties = {**PARTIES, "taker": {"form": "foreign"}}
    [one] = due_from("giver", act(), [line("carried")], parties)
    assert (one.act, one.kind, one.units, one.since) == ("record_delivery", "consignment.delivered", 1, 5)


def test_lines_of_one_act_are_counted_and_wait_since_the_first() -> None:
    [one] = due_from("taker", act(), [line("carried", since=7), line("handed", to="next", since=3)], PARTIES)
    assert (one.act, one.units, one.since) == ("receive", 2, 3)


def test_a_discrepancy_waits_for_each_end_until_it_has_answered() -> None:
    finding = {"requirement": "missing-at-reception", "since": 4, "resolved": {"taker": "found"}}
    key = "finding/ab/0"

    def asked(party: str, **more: Any) -> list[tuple[str, ...]]:
        found: list[Due[LoadLine]] = due_from(party, act(stage="closed"), [], PARTIES, {key: {**finding, **more}})
        return [one.findings for one in found]

    assert (asked("giver"), asked("taker"), asked("carrier")) == ([(key,)], [], [])
    assert asked("giver", settled_at=5) == []
    assert asked("giver", requirement="late-recording") == []


def test_the_original_waits_for_its_consignor_once_all_is_received() -> None:
    papers = {"manifest": {"number": "1", "issued_at": 1}}
    assert due("giver", None, stage="closed", papers=papers) == ["register_original"]
    assert due("giver", None, stage="moving", papers=papers) == []
    back = {"manifest": {"number": "1", "issued_at": 1, "returned_at": 2}}
    assert due("giver", None, stage="closed", papers=back) == []


def test_who_is_to_carry_next_has_a_part_before_it_signs() -> None:
    assert roles_of("next", act(), [line("handed", to="next")], PARTIES) == ["carrier"]
    assert roles_of("other", act(), [line("handed", to="next")], PARTIES) == []
    assert roles_of("giver", act(carriers=["giver"]), [], PARTIES) == ["consignor", "carrier"]


@pytest.mark.parametrize("seed", range(8))
def test_after_any_story_every_open_line_waits_for_somebody(seed: int) -> None:
    story = Story(Yard(), seed)
    for _ in range(5):
        story.go_on(30)
        assert forgotten(story) == []


def forgotten(story: Story) -> list[tuple[str, str]]:
    """Open lines that nobody is asked about, although both ends can still sign."""
    yard = story.yard
    parties = {key.removeprefix("party/"): value for key, value in yard.state.items() if key.startswith("party/")}
    found = []
    for unit, lines in lines_of(yard).items():
        for one in lines:
            of = yard.act(one.consignment)
            ends = [of["consignor"], of["consignee"], *of["carriers"]]
            is_waiting = of["stage"] != "offering" and not any(end and "closed_at" in parties[end] for end in ends)
            told = LoadLine(unit, {}, one.line, one.holder, to=one.to, since=one.since)
            if told.is_open and is_waiting and not any(due_from(party, of, [told], parties) for party in parties):
                found.append((unit, one.line))
    return found
