"""A served ledger for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.served import Served, open_served


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        yield served
