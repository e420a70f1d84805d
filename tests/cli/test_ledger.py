"""A ledger of one's own: begun, served, handed on, audited, rebuilt."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.ground import DESCRIBED, NOWHERE, Ground, new_unit, run_apart

pytestmark = pytest.mark.slow


def audit(ground: Ground, database: str) -> tuple[int, dict[str, Any]]:
    ran = run_apart("audit", "--database", database, "--trust", ground.trust, "--workers", 0, "--json")
    return ran.code, ran.json


@pytest.fixture
def copied(ground: Ground, maker: Path, tmp_path: Path) -> Path:
    """A copy of the ledger's database, with a pack in it that is under a checkpoint."""
    run_apart("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, "--wait", "--profile", maker)
    path = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(ground.folder / "ledger.sqlite")) as ledger, closing(sqlite3.connect(path)) as copy:
        ledger.backup(copy)
    return path


def test_beginning_again_goes_on_where_it_was_and_changes_nothing(ground: Ground) -> None:
    trust = ground.trust.read_bytes()

    again = ground.begin()

    assert again.code == 0, again.err
    assert ground.trust.read_bytes() == trust
    assert again.json["genesis"] == json.loads(trust)["genesis"]
    assert (ground.operator / "trust.json").read_bytes() == trust


def test_a_database_of_another_operator_is_refused(ground: Ground, tmp_path: Path) -> None:
    other = Ground(tmp_path, ground.port)
    shutil.copytree(ground.folder / "home", tmp_path / "home")

    begun = run_apart(
        "init",
        *("--database", ground.database, "--home", tmp_path / "home", "--origin", "demo.bitacora.mx/cli"),
        *("--operator", "Otro, A.C.", "--root-keys", tmp_path / "roots", "--profile", other.operator),
    )

    assert begun.code == 1
    assert "another operator" in begun.err


def test_nothing_is_served_before_a_ledger_has_begun(tmp_path: Path) -> None:
    ran = run_apart("serve", "--database", f"sqlite:///{tmp_path / 'none.sqlite'}", "--home", tmp_path / "home")

    assert ran.code == 1
    assert "bitacora init" in ran.err


def test_an_audit_of_a_sound_ledger_is_fine_and_keeps_its_checkpoint(
    ground: Ground, copied: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.note"
    arguments = ("audit", "--database", f"sqlite:///{copied}", "--trust", ground.trust, "--workers", 0, "--json")
    first = run_apart(*arguments, "--keep", kept)
    assert (first.code, first.json["verdict"], first.json["pinned"]) == (0, "fine", True)

    second = run_apart(*arguments, "--checkpoint", kept)

    assert (second.code, second.json["kept"]) == (0, first.json["checkpoint"])


def test_an_audit_names_the_place_of_a_changed_entry(ground: Ground, copied: Path) -> None:
    with closing(sqlite3.connect(copied)) as database:
        _drop_triggers(database)
        [body] = database.execute("SELECT body FROM entry WHERE leaf_index = 2").fetchone()
        database.execute("UPDATE entry SET body = ? WHERE leaf_index = 2", (body[:-1] + bytes([body[-1] ^ 1]),))
        database.commit()

    code, report = audit(ground, f"sqlite:///{copied}")

    assert (code, report["ok"]) == (1, False)
    assert report["findings"][0]["place"] == "entry 2"


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ("state", "value", "key = 'online'"),
        ("state", "value", "key = 'time'"),
        ("checkpoint", "note", "size = (SELECT max(size) FROM checkpoint)"),
        ("checkpoint", "root", "size = (SELECT max(size) FROM checkpoint)"),
        ("head", "frontier", "1 = 1"),
        ("entry", "leaf_hash", "leaf_index = 1"),
    ],
)
def test_an_audit_names_the_place_of_a_changed_byte(
    ground: Ground, copied: Path, table: str, column: str, row: str
) -> None:
    with closing(sqlite3.connect(copied)) as database:
        _drop_triggers(database)
        [value] = database.execute(f"SELECT {column} FROM {table} WHERE {row}").fetchone()  # noqa: S608 (our own words)
        changed = value[:-2] + bytes([value[-2] ^ 1]) + value[-1:]
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {row}", (changed,))  # noqa: S608 (our own words)
        database.commit()

    code, report = audit(ground, f"sqlite:///{copied}")

    assert (code, report["ok"]) == (1, False)
    assert report["findings"][0]["place"].split()[0] == table


def test_an_audit_with_another_genesis_is_not_fine(ground: Ground, copied: Path) -> None:
    ran = run_apart(
        *("audit", "--database", f"sqlite:///{copied}", "--trust", ground.trust, "--genesis", "00" * 32),
        *("--workers", 0, "--json"),
    )

    assert (ran.code, ran.json["pinned"]) == (1, False)


def test_a_rebuild_sets_right_what_differs_and_says_so(copied: Path) -> None:
    with closing(sqlite3.connect(copied)) as database:
        database.execute("UPDATE entry SET kind = 'unit.lost' WHERE leaf_index = 2")
        database.commit()

    first = run_apart("rebuild", "--database", f"sqlite:///{copied}", "--json")
    second = run_apart("rebuild", "--database", f"sqlite:///{copied}", "--json")

    assert (first.code, first.json["count"]) == (1, 1)
    assert (second.code, second.json["ok"]) == (0, True)


def test_an_audit_and_a_rebuild_see_a_directory_that_says_what_the_log_does_not(copied: Path) -> None:
    database = f"sqlite:///{copied}"
    run_apart("rebuild", "--database", database)
    with closing(sqlite3.connect(copied)) as opened:
        opened.execute("INSERT INTO directory_word VALUES ('falsa', 'pty_nobody')")
        opened.commit()

    audited = run_apart("audit", "--database", database, "--workers", 0, "--json")
    rebuilt = run_apart("rebuild", "--database", database, "--json")
    again = run_apart("audit", "--database", database, "--workers", 0, "--json")

    assert audited.code == 1
    assert [finding["place"] for finding in audited.json["findings"]] == ["directory_word falsa/pty_nobody"]
    assert rebuilt.json["differences"] == ["Difference(table='directory_word', key='falsa/pty_nobody', fault='extra')"]
    assert again.code == 0
    assert "directory" in again.json["compared"]


def test_what_was_exported_is_audited_from_its_files(ground: Ground, copied: Path, tmp_path: Path) -> None:
    exported = run_apart("export", tmp_path / "files", "--database", f"sqlite:///{copied}", "--json")
    assert exported.code == 0

    ran = run_apart("audit", "--directory", tmp_path / "files", "--trust", ground.trust, "--workers", 0, "--json")

    assert (ran.code, ran.json["checkpoint"]) == (0, exported.json["checkpoint"])


def test_an_audit_over_the_network_takes_the_power_to_inspect(ground: Ground, maker: Path) -> None:
    ran = run_apart("audit", "--url", ground.url, "--trust", ground.trust, "--profile", maker, "--workers", 0)

    assert ran.code == 1
    assert "permission-missing" in ran.err


def test_an_inspector_audits_a_served_ledger_with_nothing_but_its_key(ground: Ground, tmp_path: Path) -> None:
    inspector = ground.new_inspector(tmp_path / "inspector")
    run_apart("record", "--flush", "--profile", inspector)

    ran = run_apart("audit", "--url", ground.url, "--profile", inspector, "--workers", 0, "--json")

    assert (ran.code, ran.json["verdict"], ran.json["pinned"]) == (0, "fine", True), ran.out


def test_where_nobody_answers_it_says_so() -> None:
    ran = run_apart("directory", "search", "--url", NOWHERE)

    assert ran.code == 1
    assert ran.err.startswith("unavailable: ")


def test_a_demonstration_is_told_audited_and_told_again(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    told = run_apart("demo", "--no-serve", "--packs", 4, "--folder", folder, "--json")
    assert (told.code, told.json["audit"]["ok"], told.json["packs"]) == (0, True, 4), told.err

    again = run_apart("demo", "--no-serve", "--packs", 4, "--folder", folder, "--json")

    assert (again.code, again.json["entries"]) == (0, told.json["entries"])
    assert again.json["checkpoint"]["size"] == again.json["entries"]


def test_a_demonstration_in_a_database_of_ones_own_is_audited_by_what_it_says_of_itself(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/own.sqlite"
    told = run_apart("demo", "--no-serve", "--packs", 3, "--database", database, "--json")
    assert told.code == 0, told.err

    audited = run_apart("audit", "--database", database, "--json", "--profile", tmp_path / "none")
    again = run_apart("demo", "--no-serve", "--packs", 3, "--database", database)

    assert (audited.code, audited.json["ok"], audited.json["pinned"]) == (0, True, False)
    assert (again.code, again.err.splitlines()[-1].split(" ")[0]) == (1, "transition-not-allowed:")


def test_every_party_of_a_demonstration_has_a_profile_to_sign_with(tmp_path: Path) -> None:
    told = run_apart("demo", "--no-serve", "--packs", 3, "--folder", tmp_path, "--json")

    shown = run_apart("keys", "show", "--profile", tmp_path / "profiles" / "taller-frontera", "--json")

    assert (shown.code, len(list((tmp_path / "profiles").iterdir()))) == (0, told.json["parties"])


def _drop_triggers(database: sqlite3.Connection) -> None:
    """Whoever has the file can do this too."""
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
