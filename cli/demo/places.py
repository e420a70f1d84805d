"""Where a demonstration keeps what is not in its database: the server's home, and a profile for every party."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli.demo.run import ORIGIN, DemoResult
from cli.profile import create_profile
from ledger.home import open_home

FOLDER = Path("bitacora-demo")
_SQLITE = "sqlite:///"


def demo_folder(asked: Path | None, database: str | None) -> Path:
    """The folder that was asked for; else one beside the SQLite file; else one here. It is made if it is not there."""
    folder = asked or FOLDER
    if asked is None and database is not None and database.startswith(_SQLITE):
        folder = Path(database.removeprefix(_SQLITE) + ".demo")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def demo_database(folder: Path) -> str:
    """URL of a SQLite file in the folder; that of an earlier demonstration goes, and no other."""
    path = folder / "ledger.sqlite"
    if (folder / "home" / "trust.json").exists() and open_home(folder / "home").trust.origin == ORIGIN:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    return f"{_SQLITE}{path}"


def write_profiles(folder: Path, result: DemoResult, server: str) -> None:
    """A folder for each party with its key, so that anyone can sign in its place; earlier ones are replaced."""
    if folder.exists():
        shutil.rmtree(folder)
    trust = (result.home / "trust.json").read_bytes()
    for party in result.parties:
        create_profile(
            folder / party.actor.key,
            party.key,
            None,
            party=party.party,
            site=party.site if party.actor.key != "operador" else None,
            server=server,
            trust=trust,
        )
