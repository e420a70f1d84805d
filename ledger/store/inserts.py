"""Many rows of one statement, without the per-row work that SQLAlchemy does for types this schema does not use.

Every column on the write path is an integer, a text, a boolean or bytes, which both drivers take as they are; what is
left is the spelling of the statement, made once for each database.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.dml import Insert

from ledger.store.session import Writer

# Paramstyles under which each driver takes a row as a map.
_DIALECTS: Final = {
    "sqlite": SQLiteDialect_pysqlite(paramstyle="named"),
    "postgresql": PGDialect_psycopg(paramstyle="pyformat"),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
}


def insert_rows(writer: Writer, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Execute the insert for every row; all have the columns of the first."""
    if rows:
        writer.exec_driver_sql(_spell(statement, tuple(rows[0]), writer.dialect.name), rows)


@lru_cache(maxsize=32)
def _spell(statement: Insert, columns: tuple[str, ...], database: str) -> str:
    return str(statement.compile(dialect=_DIALECTS[database], column_keys=columns))
