"""The open database and its two kinds of transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from ledger.errors import Unavailable
from ledger.store.engine import make_engine, reading, writing
from ledger.store.schema import check_schema

ATTEMPTS_MAX = 8

Reader: TypeAlias = Connection
"""An open snapshot: what the reading functions of this package take."""
Writer: TypeAlias = Connection
"""An open transaction that may write, and may read what the reading functions read."""
Result = TypeVar("Result")

# Serialization failure and deadlock: the engine gave up, and asks for the whole transaction again.
_RETRIED = frozenset({"40001", "40P01"})


class Store:
    """A ledger's database. Threads may share it; any number of processes may open the same one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = reading(engine)
        self._writing = writing(engine)

    @property
    def engine(self) -> Engine:
        """For the modules named ``store`` alone."""
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A snapshot: all reads in it see the ledger at one size.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            with self._reading.begin() as reader:
                yield reader
        except (OperationalError, InterfaceError) as error:
            raise Unavailable("the database does not answer") from error

    def write(self, work: Callable[[Writer], Result]) -> Result:
        """Do ``work`` in one transaction and return its result once that is committed.

        When the engine asks for it, the whole of ``work`` is done again on what is then there, at most
        ``ATTEMPTS_MAX`` times: it must keep nothing of an earlier attempt.

        Raises:
            Unavailable: the database is busy, gone, or cannot write. Nothing was committed, unless the connection
                broke during the commit itself: then a statement sent again gets its original answer.
        """
        for _ in range(ATTEMPTS_MAX):
            try:
                with self._writing.begin() as writer:
                    return work(writer)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in _RETRIED:
                    continue
                if isinstance(error, (OperationalError, InterfaceError)):
                    raise Unavailable("the database cannot write now") from error
                raise
        raise Unavailable(f"the database gave up {ATTEMPTS_MAX} times")

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """Open the ledger at ``sqlite:///file`` or ``postgresql://…``, made by ``schema.create_schema``.

    Raises:
        Unavailable: no such database, its schema is not this program's, or its connections are not durable.
        ValueError: another kind of URL.
    """
    store = Store(make_engine(url))
    try:
        with store.read() as reader:
            check_schema(reader)
    except Unavailable:
        store.close()
        raise
    return store
