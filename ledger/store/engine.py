"""Connections that keep what they were told: how a committed transaction gets onto the disk is set, then read back.

SQLite runs in WAL with ``synchronous=FULL``; PostgreSQL (psycopg 3) with ``synchronous_commit`` at least ``on``.
Readers see one snapshot from their first read to their last.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from ledger.errors import Unavailable

BUSY_TIMEOUT_MS = 10_000
POOL_CONNECTIONS = 48
"""As many as threads of one process may want at once: those of the API, and the one that commits."""

_SQLITE_FULL = 2
_WRITES = "bitacora_writes"


def make_engine(url: str) -> Engine:
    """An engine for ``sqlite:///file`` or ``postgresql://…`` whose connections are durable.

    Raises:
        ValueError: another kind of database, or SQLite without a file (which nothing makes durable).
    """
    address = _parse_url(url)
    engine = create_engine(address, pool_size=POOL_CONNECTIONS, max_overflow=0)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    return engine


def reading(engine: Engine) -> Engine:
    """The same pool; its transactions are snapshots that cannot write."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing(engine: Engine) -> Engine:
    """The same pool; its transactions may write. On SQLite one at a time, from their beginning."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{_WRITES: True})
    # Each statement after the head row is locked sees all that the lock's last holder committed.
    return engine.execution_options(isolation_level="READ COMMITTED")


def _parse_url(url: str) -> URL:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
        return address
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    raise ValueError("the database is sqlite:///<file> or postgresql://…")


def _prepare_sqlite(dbapi: Any, _record: object) -> None:
    # The driver's own BEGIN is a deferred one, before the first write only: we begin ourselves.
    dbapi.isolation_level = None
    journal = _sqlite_pragma(dbapi, "journal_mode", "WAL")
    synchronous = _sqlite_pragma(dbapi, "synchronous", "FULL")
    _sqlite_pragma(dbapi, "busy_timeout", str(BUSY_TIMEOUT_MS))
    if (journal, synchronous) != ("wal", _SQLITE_FULL):
        raise Unavailable(f"SQLite runs with journal_mode {journal} and synchronous {synchronous}, not wal and 2")


def _sqlite_pragma(dbapi: Any, name: str, value: str) -> object:
    dbapi.execute(f"PRAGMA {name} = {value}")
    return dbapi.execute(f"PRAGMA {name}").fetchone()[0]


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that first reads and then writes would fail when another one wrote in between.
    immediate = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _prepare_postgresql(dbapi: Any, _record: object) -> None:
    weaker = ("off", "local", "remote_write")
    if _postgresql_setting(dbapi) in weaker:
        dbapi.execute("SET synchronous_commit = 'on'")
    if (setting := _postgresql_setting(dbapi)) in weaker:
        raise Unavailable(f"PostgreSQL runs with synchronous_commit {setting}")
    dbapi.commit()


def _postgresql_setting(dbapi: Any) -> str:
    setting: str = dbapi.execute("SHOW synchronous_commit").fetchone()[0]
    return setting
