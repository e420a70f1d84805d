"""What every test may rely on: a database of its own, no network, the same random examples every time."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import find_programs, fresh_database, running_server

LONG = os.environ.get("BITACORA_LONG") == "1"
POSTGRES_REQUIRED = os.environ.get("BITACORA_REQUIRE_POSTGRES") == "1"

# No deadline and no complaint about slow data: shared machines stutter. The short run draws the same examples
# every time, so that a red run means a changed program; the long run goes looking.
settings.register_profile(
    "short", max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("long" if LONG else "short")


class NetworkUsedError(RuntimeError):
    """A test reached for another machine."""


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        # a Unix socket's address is a path
        if isinstance(address, tuple) and not _is_here(str(address[0])):
            raise NetworkUsedError(f"{event} to {address}")
    elif event == "socket.getaddrinfo" and arguments[0] is not None and not _is_here(_text(arguments[0])):
        raise NetworkUsedError(f"{event} of {arguments[0]!r}")


def _is_here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified


def _text(host: object) -> str:
    return host.decode() if isinstance(host, bytes) else str(host)


# An audit hook, not a patched socket module: it sees every socket of the interpreter and cannot be undone.
sys.addaudithook(_refuse_network)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if LONG:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make test-long"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running PostgreSQL server; one for each test process, started when first asked for."""
    programs = find_programs()
    if programs is None:
        (pytest.fail if POSTGRES_REQUIRED else pytest.skip)("no PostgreSQL programs: make install-dev")
    with running_server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLAlchemy URL of an empty database of this test's own, once for each engine we support.

    For one engine only: ``@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)``.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url
