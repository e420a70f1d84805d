"""Every requirement by its id, in the order of the table; and which of them a finding belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compliance.requirements.requirement import Requirement

REQUIREMENTS: Final[Mapping[str, Requirement]] = {}

_BY_FINDING: Final = {code: row for row in REQUIREMENTS.values() for code in row.findings}


def find_requirement(code: str) -> Requirement | None:
    """The requirement that a finding of this code belongs to; None for a code that none has."""
    return _BY_FINDING.get(code)
