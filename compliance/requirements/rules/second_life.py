"""Second life: what is prepared for another use has been tested anew (R34)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.life import UnitRepurposed


def _find_untested(facts: Facts) -> Iterable[Lapse]:
    repurposed = facts.payload
    if isinstance(repurposed, UnitRepurposed) and repurposed.test_summary is None:
        stated = {"units": len(repurposed.units), "application": repurposed.application}
        yield Lapse(repurposed.party, repurposed.main_subject(), stated, field="/test_summary", happened=True)


RULES: Final = (Rule("R34", "repurposed-without-test", frozenset({UnitRepurposed}), _find_untested),)
