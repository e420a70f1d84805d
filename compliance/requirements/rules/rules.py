"""Every rule, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from compliance.requirements.rule import Rule
from compliance.requirements.rules import classification, custody, disposal

RULES: Final[tuple[Rule, ...]] = (*classification.RULES, *custody.RULES, *disposal.RULES)
