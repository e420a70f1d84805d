"""Particulars in the database: each part its own party's, replaced whole, erased for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from compliance.particulars import Particulars
from compliance.store.particulars import (
    PARTS_LISTED_MAX,
    erase_particulars,
    find_particulars,
    list_particulars,
    put_particulars,
)
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    create_schema(database_url)
    store = open_store(database_url)
    yield store
    store.close()


def keep(store: Store, consignment: str, party: str, name: str, now: int = 0) -> None:
    store.write(lambda writer: put_particulars(writer, consignment, party, Particulars(name=name), now))


def names(store: Store, consignment: str) -> dict[str, str | None]:
    with store.read() as reader:
        return {party: said.name for party, said in find_particulars(reader, consignment).items()}


def test_each_party_has_one_part_of_each_consignment(store: Store) -> None:
    keep(store, "con_1", "pty_1", "Ana")
    keep(store, "con_1", "pty_2", "José Ñ", now=1)
    keep(store, "con_2", "pty_1", "Eva", now=2)
    keep(store, "con_1", "pty_1", "Ana Güemes", now=3)

    assert names(store, "con_1") == {"pty_1": "Ana Güemes", "pty_2": "José Ñ"}
    assert names(store, "con_3") == {}
    with store.read() as reader:
        assert list_particulars(reader, "pty_1") == [("con_1", 3), ("con_2", 2)]
        assert list_particulars(reader, "pty_1", after="con_1") == [("con_2", 2)]


def test_what_is_erased_is_gone_and_only_that(store: Store) -> None:
    keep(store, "con_1", "pty_1", "Ana")
    keep(store, "con_1", "pty_2", "José")

    assert store.write(lambda writer: erase_particulars(writer, "con_1", "pty_1"))
    assert not store.write(lambda writer: erase_particulars(writer, "con_1", "pty_1"))
    assert names(store, "con_1") == {"pty_2": "José"}


def test_nothing_of_what_was_erased_or_replaced_stays_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    create_schema(f"sqlite:///{file}")
    store = open_store(f"sqlite:///{file}")
    keep(store, "con_1", "pty_1", "Ana Replaced")
    keep(store, "con_1", "pty_1", "Eva Erased")
    keep(store, "con_1", "pty_2", "José Kept")

    store.write(lambda writer: erase_particulars(writer, "con_1", "pty_1"))

    store.close()
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = file.read_bytes()
    assert b"Jos" in left
    assert b"Ana Replaced" not in left
    assert b"Eva Erased" not in left


def test_a_party_lists_its_parts_page_by_page(store: Store) -> None:
    for number in range(PARTS_LISTED_MAX + 1):
        keep(store, f"con_{number:03}", "pty_1", "Ana")

    with store.read() as reader:
        page = list_particulars(reader, "pty_1")
        rest = list_particulars(reader, "pty_1", after=page[-1][0])
    assert (len(page), [consignment for consignment, _ in rest]) == (PARTS_LISTED_MAX, ["con_200"])
