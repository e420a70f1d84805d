"""A browser and a served ledger for the tests of one module of the yard; every phone is a profile of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.api.served import Served, open_served
from tests.web.town import Town, over_http
from tests.web.yard.phone import Phone, open_phone


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("yard")
    generous = {"requests_per_minute": 100_000, "statements_per_minute": 100_000, "tokens_per_minute": 100_000}
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **generous) as served:
        yield served


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    with over_http(Town(served, {}, {})) as address:
        yield address


@pytest.fixture
def phone(browser: Browser, served: Served, address: str) -> Iterator[Phone]:
    with open_phone(browser, served, address) as phone:
        yield phone


@pytest.fixture
def other_phone(browser: Browser, served: Served, address: str) -> Iterator[Phone]:
    with open_phone(browser, served, address) as phone:
        yield phone
