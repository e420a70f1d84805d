"""One served ledger for all tests of the command; every test brings a party of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.ground import Ground, free_port


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A ledger begun by ``bitacora init`` and served by ``bitacora serve``."""
    ground = Ground(tmp_path_factory.mktemp("ground"), free_port())
    begun = ground.begin()
    assert begun.code == 0, begun.err
    with ground.served():
        yield ground


@pytest.fixture
def maker(ground: Ground, tmp_path: Path) -> Path:
    """The profile of a party that makes packs."""
    return ground.new_profile(tmp_path / "maker")
