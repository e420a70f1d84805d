"""The requirements of obligations, until the catalogue has them."""

from __future__ import annotations

from typing import Final

from compliance.reason import Words
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.requirement import Requirement
from ledger.domain.regime import Effect


def _row(name: str, article: str, effect: Effect = "violation") -> Requirement:
    none = Words("", "")
    return Requirement(name, none, article, "read", "RP", "holder", effect, ("obligation",), (), none)


_MEANWHILE: Final = {
    row.id: row
    for row in (
        _row("R01", "LGPGIR 56 ¶2, 67 V; RLGPGIR 84"),
        _row("R02", "RLGPGIR 65", "warning"),
        _row("R03", "RLGPGIR 86 IV"),
        _row("R04", "RLGPGIR 86 III", "warning"),
        _row("R08", "RLGPGIR 59", "private"),
        _row("R11", "RLGPGIR 72, 73; RETC-R 11"),
        _row("R18", "RLGPGIR 46 IV"),
        _row("R25", "RLGPGIR 114"),
        _row("R27", "LGPGIR 93, 94; RLGPGIR 121, 124"),
        _row("R28", "RLGPGIR 130, 131; LGPGIR 106 XIX"),
        _row("R38", "LGPGIR 28, 31, 46; RLGPGIR 24-26"),
        _row("R48", "LGPGIR 5 XXIX", "private"),
        _row("R59", "LGEEPA 164", "off"),
        _row("R60", "LGEEPA 167", "notice"),
    )
}


def requirement_of(name: str) -> Requirement:
    """The requirement by its id."""
    return REQUIREMENTS.get(name) or _MEANWHILE[name]
