"""Every rule, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from compliance.requirements.rule import Rule

RULES: Final[tuple[Rule, ...]] = ()
