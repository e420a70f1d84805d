"""The table of moves, searched: whatever happens to a consignment and to its parties, it can still be closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from ledger.fold.consignment import tally
from ledger.fold.consignment_table import FINALS, MOVES, OPEN, ROAD, Move, moves_of, stages_of

CONSIGNOR, FIRST, SECOND, CONSIGNEE, AUTHORITY = "consignor", "first", "second", "consignee", "authority"
PARTIES = (CONSIGNOR, FIRST, SECOND, CONSIGNEE)
ALONE = frozenset({"unit.seized", "consignment.received/emergency"})
"""What needs nobody of the consignment."""


@dataclass(frozen=True)
class Unit:
    """A unit of the model: its line, or the count under which it left."""

    line: str = "outside"
    holder: str = CONSIGNOR
    to: str | None = None


@dataclass(frozen=True)
class Model:
    """A consignment of two units, its parties, and which of them have ended without a successor."""

    carriers: tuple[str, ...]
    is_foreign: bool
    units: tuple[Unit, ...] = (Unit(), Unit())
    stage: str = "offering"
    ended: frozenset[str] = frozenset()

    @property
    def is_over(self) -> bool:
        return self.stage in ("closed", "cancelled")

    def can_sign(self, party: str) -> bool:
        return party == AUTHORITY or (party not in self.ended and not (party == CONSIGNEE and self.is_foreign))

    def signers(self, move: Move, unit: Unit) -> list[str]:
        of_role = {
            "holder": [unit.holder],
            "named-carrier": list(self.carriers),
            "next-carrier": [unit.to] if unit.to else [],
            "consignor": [CONSIGNOR],
            "consignee": [CONSIGNEE],
            "consignor-or-holder": [CONSIGNOR, unit.holder] if CONSIGNOR in self.ended else [CONSIGNOR],
            "successor": [],
            "anybody": [AUTHORITY],
        }
        return [party for party in of_role[move.signer] if self.can_sign(party)]

    def holds(self, move: Move, unit: Unit) -> bool:
        conditions = {
            None: True,
            "with-consignor": unit.holder == CONSIGNOR,
            "with-carrier": unit.holder != CONSIGNOR,
            "consignee-cannot-refuse": self.is_foreign or CONSIGNEE in self.ended,
        }
        return conditions[move.condition]

    def moved(self, place: int, unit: Unit, count: str | None) -> Model:
        others = (*self.units[:place], *self.units[place + 1 :])
        # Which unit is which makes no difference.
        units = tuple(sorted((unit, *others), key=lambda each: (each.line, each.holder, each.to or "")))
        if count is None:
            return replace(self, units=units, stage="moving" if unit.line == "carried" else self.stage)
        counts = {name: sum(other.line == name for other in units) for name in FINALS if name != count}
        counts |= {"offered": sum(other.line != "outside" for other in units)}
        counts[count] = sum(other.line == count for other in units) - 1
        act: dict[str, Any] = {"stage": self.stage, "counts": counts}
        tally(act, count, 1)
        return replace(self, units=units, stage=act["stage"])


def moves(model: Model) -> Iterator[tuple[str, Model]]:
    """What one statement about one unit makes of the consignment, by the table alone; each with its tag."""
    if model.is_over:
        return
    for place, unit in enumerate(model.units):
        for move in MOVES:
            in_stage = not move.stages or model.stage in stages_of(move.statement)
            if unit.line in move.origin and in_stage and model.holds(move, unit):
                for signer in model.signers(move, unit):
                    yield from ((move.statement, after) for after in taken(model, place, move, signer))


def taken(model: Model, place: int, move: Move, signer: str) -> Iterator[Model]:
    unit = model.units[place]
    holder = {"signer": signer, "abroad": "abroad", None: unit.holder}[move.holder]
    nexts = (FIRST, SECOND) if move.line == "handed" else (None,)
    for to in nexts:
        yield model.moved(place, Unit(move.line or str(move.count), holder, to), move.count)


def offers(model: Model) -> Iterator[Model]:
    """The consignor offers the next unit; an offer may stay half made for ever."""
    waiting = [place for place, unit in enumerate(model.units) if unit.line == "outside"]
    if waiting and model.stage == "offering" and CONSIGNOR not in model.ended:
        offered = model.moved(waiting[0], Unit("offered"), None)
        yield replace(offered, stage="offered" if len(waiting) == 1 else "offering")


def ends(model: Model) -> Iterator[Model]:
    for party in PARTIES:
        if party not in model.ended:
            yield replace(model, ended=model.ended | {party})


Graph = dict[Model, list[tuple[str, Model]]]


@cache
def reached(carriers: tuple[str, ...], is_foreign: bool) -> Graph:
    """Every state that such a consignment can come to, each with what statements make of it."""
    start = Model(carriers, is_foreign)
    graph: Graph = {}
    waiting = [start]
    while waiting:
        model = waiting.pop()
        if model not in graph:
            graph[model] = list(moves(model))
            waiting += [after for _, after in graph[model]]
            waiting += [*offers(model), *ends(model)]
    return graph


def closable(graph: Graph, without: frozenset[str]) -> set[Model]:
    """The states from which closing can be reached without these statements, with nobody else ending."""
    before: dict[Model, list[Model]] = {}
    for model, ways in graph.items():
        for statement, after in ways:
            if statement not in without:
                before.setdefault(after, []).append(model)
    waiting = [model for model in graph if model.is_over]
    found = set(waiting)
    while waiting:
        for model in before.get(waiting.pop(), []):
            if model not in found:
                found.add(model)
                waiting.append(model)
    return found


CASES = [
    ((FIRST,), False),
    ((FIRST,), True),
    ((), False),
    ((), True),
    ((CONSIGNOR,), False),
    ((CONSIGNOR, FIRST), True),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{'-'.join(case[0])}{' abroad' if case[1] else ''}")
def graph(request: pytest.FixtureRequest) -> Graph:
    return reached(*request.param)


def begun(graph: Graph) -> set[Model]:
    return {model for model in graph if any(unit.line != "outside" for unit in model.units)}


def test_from_every_state_closing_is_reachable(graph: Graph) -> None:
    assert begun(graph) - closable(graph, frozenset()) == set()


def is_attended(model: Model) -> bool:
    """Whether somebody is left who signs: an end, or a carrier with the unit or on its way to it."""
    if model.can_sign(CONSIGNOR) or model.can_sign(CONSIGNEE):
        return True
    open_units = [unit for unit in model.units if unit.line in OPEN]
    if any(unit.line == "offered" for unit in open_units) and model.stage == "offering":
        return False
    carriers = [carrier for carrier in model.carriers if model.can_sign(carrier)]
    return all(carriers if unit.line == "offered" else model.can_sign(unit.holder) for unit in open_units)


def test_while_somebody_is_left_it_closes_without_an_authority_and_without_an_emergency(graph: Graph) -> None:
    attended = {model for model in begun(graph) if is_attended(model)}

    assert attended - closable(graph, ALONE) == set()


def test_while_an_end_is_left_nobody_has_to_declare_a_loss(graph: Graph) -> None:
    attended = {model for model in begun(graph) if model.can_sign(CONSIGNOR) or model.can_sign(CONSIGNEE)}

    assert attended - closable(graph, ALONE | {"unit.lost"}) == set()


def test_every_line_and_every_count_is_reached() -> None:
    everything = {unit.line for case in CASES for model in reached(*case) for unit in model.units}

    assert everything == {"outside", *OPEN, *FINALS} - {"dropped"}


def test_every_line_has_a_way_out_that_each_end_can_sign_alone() -> None:
    for line in OPEN:
        out = {move.signer for move in MOVES if line in move.origin and move.line is None}
        assert {"consignor", "consignee"} <= out, line


def test_a_row_tells_either_a_line_or_a_count() -> None:
    for move in MOVES:
        assert (move.line is None) is (move.count is not None), move
        assert {move.line} <= {None, *OPEN}
        assert {move.count} <= {None, *FINALS}
        assert set(move.origin) <= set(OPEN)


def test_no_two_rows_of_a_statement_take_a_unit_from_one_line_but_by_their_conditions() -> None:
    for statement in {move.statement for move in MOVES}:
        rows = moves_of(statement)
        for line in OPEN:
            fitting = [row.condition for row in rows if line in row.origin]
            assert len(fitting) == len(set(fitting)), (statement, line)
            assert len(fitting) < 2 or None not in fitting, (statement, line)


def test_nothing_takes_a_unit_out_of_a_consignment_that_is_over() -> None:
    for move in MOVES:
        assert not {"closed", "cancelled"} & set(move.stages)
    assert set(ROAD) < set(OPEN)
