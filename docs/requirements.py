"""The page of requirements, drawn from the catalogue and the numbers of the law."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compliance.numbers import NUMBERS
from compliance.requirements.table import find_rows, format_markdown

_INTRODUCTION: Final = """\
# Requirements

What the law asks of whom, one row for each requirement, made by `make docs` from the catalogue that the code works by
(`compliance/requirements/catalogue`). `bitacora report requirements` prints the same as text, Markdown, CSV or JSON.

How to read it:

* **where**: the article, cited and not pasted. Where hazardous waste has an article of its own, it is named after the
  one that other waste is shown: special-handling waste is never shown a federal article of hazardous waste.
* **basis**: `read` in the text of the law. What stands in capitals is not law that was read: **POLICY** of this
  ledger, **BENCHMARK** of a foreign law, **SECONDARY** read in a page about it, **UNVERIFIED** known from practice.
* **to**: RP hazardous waste, RME special-handling waste, ANY waste, DG dangerous goods.
* **effect**, where no regime says otherwise: `block` refuses the statement (only of what was read; otherwise it is a
  violation); `violation`, `warning` and `notice` open a finding; `private` one that the party alone is shown; `off`
  nothing. What has truly happened is recorded whatever its effect, and found.
* **found as**: codes of findings; `refusal`, `obligation` (found the day after it was due) and `report` say how.
"""


def requirements_page() -> str:
    """The page ``docs/requirements.md``."""
    return "\n".join([_INTRODUCTION, format_markdown(find_rows()), *_numbers()])


def _numbers() -> Iterator[str]:
    yield "## Terms and thresholds\n"
    yield "The unit is the end of the name. A regime may set any of them (`regime.enacted`, `tables.numbers`).\n"
    yield "| name | value | where | basis |"
    yield "|---|---|---|---|"
    for name, number in NUMBERS.items():
        basis = "**POLICY**" if number.policy else number.confidence
        yield f"| `{name}` | {number.value} | {number.article} | {basis} |"
    yield ""
