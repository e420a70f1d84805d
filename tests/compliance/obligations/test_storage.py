from __future__ import annotations

from typing import Any

import pytest

from compliance.obligations.dispatch import keys_of, obligations_of
from compliance.obligations.view import View
from ledger.fold.state import Value
from tests.compliance.obligations.stand import HOLDER, at, obligation, unit, view


@pytest.mark.parametrize(
    ("discarded", "strict_on", "due_on"),
    [
        ("2026-03-10", "2026-09-10", "2026-09-10"),
        ("2026-08-31", "2027-03-01", "2027-03-01"),
    ],
)
def test_storage_ends_six_months_after_the_discard(discarded: str, strict_on: str, due_on: str) -> None:
    row = obligation(unit(discarded), view(), "R01")

    assert (row.since_on, row.strict_on, row.due_on) == (discarded, strict_on, due_on)
