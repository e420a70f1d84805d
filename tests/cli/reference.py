"""``docs/cli.md``, made from what every command says of itself: ``python -m tests.cli.reference`` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer

from cli.main import app
from tests.cli.ground import run

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
INTRODUCTION = """\
# The command `bitacora`

Exit codes: 0 fine; 1 the thing checked is not fine, or nobody answered; 2 wrong use. Results go to standard output,
errors to standard error as one line: code, place, what is wrong, what mends it. `--json` prints one object.

A party signs from a *profile*, a folder with its key, the ledger's `trust.json`, and three folders of statements:
`outbox/` (signed, not yet answered), `sent/`, `refused/`. A statement is in `outbox/`, on the disk, before it is sent,
and leaves it only with the ledger's answer. Sending it twice is safe.

    bitacora keys new --server https://ledger.example --trust trust.json
    bitacora keys enrol-request > me.json       # the registrar runs: bitacora record key.enrolled --file me.json
    bitacora record unit.removed --unit https://id.gs1.org/01/07501234567893/21/P000001 --set reason=end_of_life --wait

Without a connection `record` builds on what this profile has stated, or has asked for with `heads`, and queues;
`record --flush` sends later. The receiver takes the giver's unsent statements along (`handover pack`, `handover take`)
and sends them before its own. After a 409 `record --again` sets a statement on what is newest and signs it again.

Made from `--help` by `python -m tests.cli.reference`.
"""


def format_page() -> str:
    """The whole page."""
    sections = (
        f"## {' '.join(('bitacora', *path))}\n\n```text\n{run(*path, '--help').out.strip()}\n```\n"
        for path in _paths(app, ())
    )
    return "\n".join((INTRODUCTION, *sections))


def _paths(of: typer.Typer, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words of every command, groups before what is in them."""
    yield path
    for command in of.registered_commands:
        assert command.callback is not None
        yield (*path, command.name or command.callback.__name__)
    for group in of.registered_groups:
        assert group.typer_instance is not None
        yield from _paths(group.typer_instance, (*path, str(group.name)))


if __name__ == "__main__":
    PAGE.write_text(format_page(), encoding="utf-8")
