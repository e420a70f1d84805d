"""Batches: books that close within what scales explain (R29), and inputs whose origin is known (R46)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.requirements.rules.storage_space import OF_STATE
from ledger.domain.matter import BatchClosed, BatchFed
from ledger.domain.payload import act_key, unit_key
from ledger.fold.state import Value


def _find_unexplained(facts: Facts) -> Iterable[Lapse]:
    """Too much of what went in is not accounted for, or more came out than went in."""
    closed = facts.payload
    batch = facts.after(act_key(closed.batch)) if isinstance(closed, BatchClosed) else None
    if not isinstance(closed, BatchClosed) or batch is None:
        return
    put_in_g, most_permille = batch["fed_g"] + batch["added_g"], facts.law.number("balance_permille")
    if abs(closed.unexplained_g) * 1000 > put_in_g * most_permille:
        stated = {"unexplained_g": closed.unexplained_g, "put_in_g": put_in_g, "most_permille": most_permille}
        yield Lapse(closed.party, closed.batch, stated, _article(batch), happened=True)


def _find_unknown_origin(facts: Facts) -> Iterable[Lapse]:
    """A lot that no batch, split or merger of the ledger made came from nowhere; a serialised unit has its own life."""
    fed = facts.payload
    if not isinstance(fed, BatchFed):
        return
    unknown_g = 0
    for link in fed.units:
        unit = facts.before.get(unit_key(link.id))
        if unit is not None and unit["kind"] == "lot" and "batch" not in unit and "from" not in unit:
            unknown_g += link.mass_g
    fed_g, least_permille = sum(link.mass_g for link in fed.units), facts.law.number("provenance_permille")
    if unknown_g * 1000 > fed_g * (1000 - least_permille):
        stated = {"unknown_g": unknown_g, "fed_g": fed_g, "least_permille": least_permille}
        yield Lapse(fed.party, fed.batch, stated, _article(facts.after(act_key(fed.batch))), happened=True)


def _article(batch: Value | None) -> str | None:
    """None, which is the federal one, for a batch of hazardous waste alone."""
    return None if batch is not None and batch.get("waste_class") == "RP" else f"{OF_STATE}; policy"


RULES: Final = (
    Rule("R29", "balance-off", frozenset({BatchClosed}), _find_unexplained),
    Rule("R46", "provenance-unknown", frozenset({BatchFed}), _find_unknown_origin),
)
