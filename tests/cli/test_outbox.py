"""The outbox keeps what was signed, in order, and moves it only with an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.files import locked, write_whole
from cli.outbox import Outbox
from ledger.errors import MalformedStatement, Unavailable
from tests.yard import Yard


def statements(count: int) -> list[bytes]:
    yard = Yard()
    what = yard.description()
    units = [yard.new_unit_id() for _ in range(count)]
    return [yard.draft(yard.maker, "unit.produced", units=[unit], description=what) for unit in units]


def test_what_is_put_is_pending_in_order_and_once(tmp_path: Path) -> None:
    first, second = statements(2)
    outbox = Outbox(tmp_path)

    for raw in (first, second, first):
        outbox.put(raw)

    assert [pending.event.envelope.raw for pending in Outbox(tmp_path).pending()] == [first, second]


def test_numbers_go_on_after_what_was_sent(tmp_path: Path) -> None:
    first, second = statements(2)
    outbox = Outbox(tmp_path)
    outbox.settle_sent(outbox.put(first))

    assert outbox.put(second).path.name.startswith("00000002-")


def test_a_refused_statement_keeps_its_answer_and_gets_another_chance(tmp_path: Path) -> None:
    [raw] = statements(1)
    outbox = Outbox(tmp_path)
    pending = outbox.put(raw)
    outbox.settle_refused(pending, {"code": "not-holder"})
    assert outbox.refused_ids() == {pending.event.id}
    [answer] = (tmp_path / "refused").glob("*.json")
    assert json.loads(answer.read_text()) == {"code": "not-holder"}

    outbox.put(raw)

    assert outbox.counts() == {"outbox": 1, "sent": 0, "refused": 0}


def test_bytes_that_are_no_statement_are_not_put(tmp_path: Path) -> None:
    with pytest.raises(MalformedStatement):
        Outbox(tmp_path).put(b"\xd2\x00")

    assert Outbox(tmp_path).counts()["outbox"] == 0


def test_what_a_killed_writer_left_is_no_statement_and_not_in_the_way(tmp_path: Path) -> None:
    [raw] = statements(1)
    outbox = Outbox(tmp_path)
    name = outbox.put(raw).path.name
    (tmp_path / "outbox" / name).rename(tmp_path / "outbox" / f".{name}.new")
    assert outbox.pending() == []

    outbox.put(raw)

    assert [path.name for path in (tmp_path / "outbox").iterdir()] == [name]


def test_files_are_replaced_whole_and_private(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"one")
    write_whole(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_is_held_is_waited_for_only_so_long(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with locked(lock, wait_s=0), pytest.raises(Unavailable), locked(lock, wait_s=0.1):
        pass
    with locked(lock, wait_s=0):
        pass
