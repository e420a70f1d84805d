"""The version of the tables: made and upgraded by Alembic, checked whenever a store is opened."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ledger.errors import Unavailable
from ledger.store.engine import make_engine, writing


def create_schema(url: str) -> None:
    """Bring the database at ``url`` to this program's schema, from nothing or from any earlier version."""
    engine = make_engine(url)
    config = _config()
    try:
        with writing(engine).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def check_schema(connection: Connection) -> None:
    """The database behind this connection has exactly the schema that this program expects.

    Raises:
        Unavailable: it has an older or newer one, or none.
    """
    expected = ScriptDirectory.from_config(_config()).get_current_head()
    found = MigrationContext.configure(connection).get_current_revision()
    if found != expected:
        raise Unavailable(f"the database has schema {found}, this program needs {expected}: upgrade the older one")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
