"""One town for all tests of pages: they only look at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.town import Town, open_town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("town")) as town:
        yield town
