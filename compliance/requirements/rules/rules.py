"""Every rule, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from compliance.requirements.rule import Rule
from compliance.requirements.rules import (
    balance,
    classification,
    closure,
    corrections,
    custody,
    customs,
    disposal,
    generators,
    second_life,
    signers,
    storage_space,
)

RULES: Final[tuple[Rule, ...]] = (
    *classification.RULES,
    *custody.RULES,
    *disposal.RULES,
    *generators.RULES,
    *storage_space.RULES,
    *balance.RULES,
    *second_life.RULES,
    *customs.RULES,
    *corrections.RULES,
    *closure.RULES,
    *signers.RULES,
)
