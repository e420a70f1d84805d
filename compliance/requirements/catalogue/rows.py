"""Every requirement by its id, in the order of the table; and which of them a finding belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from compliance.requirements.catalogue import custody, matter, record, registers, transport, waste
from compliance.requirements.requirement import Requirement

_ROWS: Final = (*waste.ROWS, *custody.ROWS, *transport.ROWS, *registers.ROWS, *matter.ROWS, *record.ROWS)
REQUIREMENTS: Final[Mapping[str, Requirement]] = {row.id: row for row in sorted(_ROWS, key=lambda row: row.id)}

_BY_FINDING: Final = {code: row for row in REQUIREMENTS.values() for code in row.findings}


def find_requirement(code: str) -> Requirement | None:
    """The requirement that a finding of this code belongs to; None for a code that none has."""
    return _BY_FINDING.get(code)
