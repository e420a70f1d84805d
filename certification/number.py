"""What a permit's number looks like, as far as samples tell.

No official grammar is published. This one is inferred from six numbers of real permits:

    <state>-[<municipality>-][PS-]<activity in Roman numerals>-<consecutive>[D]-[<month>-]<year>

State and municipality are INEGI codes, ``PS`` stands for a provider of services, ``D`` for a delegation. Another form
draws a warning and never a refusal: what the oficio says is the number.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from certification.states import find_by_inegi

NumberWarning = Literal["unusual-form", "no-such-state", "no-such-month"]

_USUAL: Final = re.compile(
    r"(?P<state>\d{1,2})-(?:\d{2,3}-)?(?:PS-)?[IVX]+-\d{2,4}D?(?:-(?P<month>\d{2}))?-(?:\d{2}|\d{4})", re.ASCII
)


def check_number(number: str) -> NumberWarning | None:
    """What to look at twice before this number is recorded, or None for a number of the usual form."""
    usual = _USUAL.fullmatch(number)
    if usual is None:
        return "unusual-form"
    if find_by_inegi(usual["state"].zfill(2)) is None:
        return "no-such-state"
    return "no-such-month" if usual["month"] and not 1 <= int(usual["month"]) <= 12 else None
