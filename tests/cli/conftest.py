"""One served ledger for all tests of the command; every test brings a party of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certification.efirma_chain import Sat
from tests.cli.ground import Ground, free_port


@pytest.fixture(scope="session")
def sat() -> Sat:
    """The authority whose e.firmas the server of ``ground`` believes."""
    return Sat()


@pytest.fixture(scope="session")
def anchors(sat: Sat, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificates of ``sat``."""
    folder = tmp_path_factory.mktemp("anchors")
    for name, certificate in (("root.cer", sat.root), ("authority.cer", sat.authority)):
        (folder / name).write_bytes(certificate.public_bytes(Encoding.DER))
    return folder


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, anchors: Path) -> Iterator[Ground]:
    """A ledger begun by ``bitacora init`` and served by ``bitacora serve``."""
    settings = {"BITACORA_EFIRMA_ANCHORS": str(anchors), "BITACORA_TOKENS_PER_MINUTE": "100000"}
    ground = Ground(tmp_path_factory.mktemp("ground"), free_port(), settings)
    begun = ground.begin()
    assert begun.code == 0, begun.err
    with ground.served():
        yield ground


@pytest.fixture
def maker(ground: Ground, tmp_path: Path) -> Path:
    """The profile of a party that makes packs."""
    return ground.new_profile(tmp_path / "maker")
