"""The law of a day: what the regime in force says, and where it says nothing, what stood before any was enacted.

Facts are judged by the law of their own day, deadlines by that of the day on which they fall due; whoever asks says
which day it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from compliance.numbers import NUMBERS
from compliance.requirements.requirement import Requirement
from ledger.domain.regime import Effect, regime_key
from ledger.fold.regime import FEDERAL, class_of, find_line, tables_keys, tables_on
from ledger.fold.state import State, Value

BEFORE_ANY: Final = "before-any-regime"


@dataclass(frozen=True, slots=True)
class Law:
    """The regime of a jurisdiction on a day; ``tables`` as ``RegimeTables`` spells them."""

    jurisdiction: str
    on: str
    regime: str
    tables: Value

    def number(self, name: str) -> int:
        """A term or threshold by its name in ``compliance.numbers``."""
        stated = {number["name"]: int(number["value"]) for number in self.tables["numbers"]}
        return stated.get(name, NUMBERS[name].value)

    def effect(self, requirement: Requirement) -> Effect:
        """What comes of breaking the requirement; only one that was read in the law, and no policy, ever blocks."""
        stated: dict[str, Effect] = {line["requirement"]: line["effect"] for line in self.tables["effects"]}
        effect = stated.get(requirement.id, requirement.effect)
        is_law = requirement.confidence == "read" and requirement.applies not in ("POLICY", "BENCHMARK")
        return "violation" if effect == "block" and not is_law else effect

    def class_of(self, unit: Value) -> str | None:
        """The waste class of a unit by this law, which is the federal one; None while it is no waste."""
        return class_of(unit, self.tables)


def law_on(state: State, on: str, jurisdiction: str = FEDERAL) -> Law:
    """The law of the jurisdiction on the day. ``state`` has ``regime_key`` and ``tables_keys`` of it loaded."""
    line = find_line(state, jurisdiction, on)
    return Law(jurisdiction, on, line["regime"] if line else BEFORE_ANY, tables_on(state, jurisdiction, on))


def law_keys(state: State, jurisdiction: str = FEDERAL) -> list[str]:
    """What ``law_on`` reads, for a check's second round; its ``touches`` names ``regime_key(jurisdiction)``."""
    return [regime_key(jurisdiction), *tables_keys(state, jurisdiction)]
