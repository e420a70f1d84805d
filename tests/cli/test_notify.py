"""Notices and the sandbox from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from certification.notifier import confirmation
from certification.store.notices import put_contact, queue_notices
from ledger.clock import SystemClock
from ledger.store.session import Writer, open_store
from tests.api.postbox import open_postbox
from tests.cli.ground import Ground, run_apart

PARTY = "pty_mfzwizltoq2gk3tfnzsxe5dfoi"


def where(ground: Ground) -> tuple[object, ...]:
    return ("--database", ground.database, "--home", ground.folder / "home", "--base-url", "https://ledger.test")


def test_one_round_sends_what_waits_and_the_next_finds_nothing(ground: Ground) -> None:
    store, now = open_store(ground.database), SystemClock().now()

    def work(writer: Writer) -> None:
        queue_notices(writer, [confirmation(put_contact(writer, PARTY, "a@example.com", "es", now))], now)

    store.write(work)
    store.close()
    with open_postbox() as postbox:
        env = {
            "BITACORA_SMTP_HOST": "localhost",
            "BITACORA_SMTP_PORT": str(postbox.port),
            "BITACORA_SMTP_SECURITY": "none",
            "BITACORA_SMTP_FROM": "bitacora@ledger.test",
        }
        first = run_apart("notify", "--once", *where(ground), "--json", env=env)
        second = run_apart("notify", "--once", *where(ground), "--json", env=env)

    assert (first.code, first.json) == (0, {"queued": 0, "sent": 1, "later": 0, "never": 0})
    assert (second.code, second.json) == (0, {"queued": 0, "sent": 0, "later": 0, "never": 0})
    assert postbox.addresses == ["a@example.com"]


def test_without_a_mail_server_nothing_is_tried(ground: Ground) -> None:
    ran = run_apart("notify", "--once", *where(ground))

    assert (ran.code, "BITACORA_SMTP_HOST" in ran.err) == (2, True)


def test_a_ledger_that_is_no_sandbox_is_not_checked_as_one(ground: Ground) -> None:
    ran = run_apart("sandbox", "check", "--server", ground.url)

    assert ran.code == 1
    assert "no sandbox" in ran.err


@pytest.mark.parametrize("arguments", [["sandbox", "check", "--server", "http://127.0.0.1:9"]])
def test_where_nobody_answers_the_check_fails(arguments: list[str]) -> None:
    ran = run_apart(*arguments)

    assert (ran.code, "unavailable" in ran.err) == (1, True)


def test_a_folder_of_something_else_is_not_made_a_sandbox(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "home").symlink_to(ground.folder / "home")

    ran = run_apart("sandbox", "serve", "--folder", tmp_path)

    assert ran.code == 1
    assert (ground.folder / "home" / "trust.json").exists()
