from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.audit.auditor import audit
from ledger.audit.source import open_directory
from ledger.errors import Corruption, Unavailable
from ledger.export import Exported, export
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import parse_note
from ledger.log.tile import parse_tile_path
from tests.ledger.press import Press
from tests.ledger.shelf import add_packs, live_a_little, rules_of
from tests.yard import Yard

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def press(database_url: str, tmp_path: Path) -> Iterator[Press]:
    press = Press(database_url, tmp_path)
    live_a_little(press)
    yield press
    press.store.close()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def files(out: Path) -> dict[str, bytes]:
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}


def logged(out: Path) -> set[str]:
    return {path for path in files(out) if path.startswith("tile/")}


def is_fine(press: Press, out: Path) -> bool:
    return audit(open_directory(out), press.home.trust, rules_of).ok


def test_an_export_passes_the_audit_and_holds_the_tiles_of_its_checkpoint(press: Press, out: Path) -> None:
    exported = export(press.store, out)

    proved, held = exported.checkpoint.size, exported.size
    assert parse_checkpoint(parse_note((out / "checkpoint").read_bytes()).text) == exported.checkpoint
    assert 256 < proved == held - 1
    assert logged(out) == {
        "tile/0/000",
        f"tile/0/001.p/{proved - 256}",
        "tile/1/000.p/1",
        "tile/entries/000",
        f"tile/entries/001.p/{proved - 256}",
        f"tile/entries/001.p/{held - 256}",
    }
    assert all(parse_tile_path(path) for path in logged(out))
    assert is_fine(press, out)


@on_sqlite
def test_the_state_is_for_those_who_ask_for_it(press: Press, out: Path) -> None:
    export(press.store, out, with_state=False)

    assert files(out).keys() == logged(out) | {"checkpoint"}


@on_sqlite
def test_a_later_export_adds_to_an_earlier_one_and_drops_what_grew(press: Press, out: Path) -> None:
    first = export(press.store, out)
    full = {path: (out / path).stat().st_mtime_ns for path in ("tile/0/000", "tile/entries/000")}
    add_packs(press, 300)

    second = export(press.store, out)

    assert second.size == second.checkpoint.size == first.size + 300
    assert {path: (out / path).stat().st_mtime_ns for path in full} == full
    assert logged(out) - full.keys() == {
        "tile/0/001",
        f"tile/0/002.p/{second.size - 512}",
        "tile/1/000.p/2",
        "tile/entries/001",
        f"tile/entries/002.p/{second.size - 512}",
    }
    assert not (out / "tile/0/001.p").exists()
    assert is_fine(press, out)


@on_sqlite
def test_the_same_export_again_writes_only_the_checkpoint(press: Press, out: Path) -> None:
    first = export(press.store, out)
    before = files(out)

    again = export(press.store, out)

    assert again == Exported(first.checkpoint, first.size, files_written=1)
    assert files(out) == before


@on_sqlite
@pytest.mark.parametrize("lost", ["tile/entries/000", "tile/0/000", "tile/1/000.p/1", "state", "checkpoint"])
def test_an_export_that_was_broken_off_is_finished_by_the_next(press: Press, out: Path, lost: str) -> None:
    export(press.store, out)
    whole = files(out)
    # What a process leaves that dies while it writes, and what it had not come to.
    (out / lost).rename(out / f"{lost}.partial")
    (out / "state.new").mkdir()

    export(press.store, out)

    assert {path: data for path, data in files(out).items() if ".partial" not in path} == whole
    assert not (out / "state.new").exists()


@on_sqlite
def test_files_of_another_history_are_not_overwritten(press: Press, out: Path, tmp_path: Path) -> None:
    other = Press(f"sqlite:///{tmp_path / 'other.sqlite'}", tmp_path / "other", Yard(seed=1))
    live_a_little(other)
    export(other.store, out)
    before = files(out)

    with pytest.raises(Corruption):
        export(press.store, out)

    other.store.close()
    assert files(out) == before


@on_sqlite
def test_a_ledger_that_was_set_back_does_not_overwrite_a_longer_export(press: Press, out: Path) -> None:
    export(press.store, out)
    before = files(out)
    with press.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)")

    with pytest.raises(Corruption):
        export(press.store, out)

    assert files(out) == before


@on_sqlite
def test_without_a_checkpoint_there_is_nothing_to_export(out: Path, tmp_path: Path, database_url: str) -> None:
    press = Press(database_url, tmp_path)
    press.load()

    with pytest.raises(Unavailable):
        export(press.store, out)

    press.store.close()
    assert not out.exists()


@on_sqlite
def test_progress_counts_files_to_the_end(press: Press, out: Path) -> None:
    told: list[tuple[int, int]] = []

    export(press.store, out, progress=lambda done, total: told.append((done, total)))

    assert told == [(n, 6) for n in range(1, 7)]
