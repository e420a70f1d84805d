from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import find_programs

HOLD_A_SERVER = """
from tests.postgres import find_programs, running_server
with running_server(find_programs()) as url:
    print(url, flush=True)
    input()
"""


def test_a_test_gets_an_empty_database_of_its_own(database_url: str) -> None:
    if database_url.startswith("sqlite:///"):
        assert not Path(database_url.removeprefix("sqlite:///")).exists()
        return
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()

    assert tables == (0,)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_a_test_cannot_reach_another_machine(host: str) -> None:
    with pytest.raises(RuntimeError, match=r"^socket"):
        socket.create_connection((host, 443), timeout=1)


def test_a_test_can_reach_its_own_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        socket.create_connection(address).close()
        connection, client = server.accept()
        connection.close()

    assert client[0] == address[0]


@pytest.mark.slow
@pytest.mark.skipif(find_programs() is None, reason="no PostgreSQL programs: make install-dev")
def test_a_killed_run_leaves_no_server_and_no_folder_behind() -> None:
    root = Path(__file__).parents[2]
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD_A_SERVER], cwd=root, stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().decode().strip().partition("host=")[2])
        assert (folder / "data" / "postmaster.pid").exists()
        holder.kill()

    deadline = time.monotonic() + 20
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
