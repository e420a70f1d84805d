"""What the command says: results on standard output, errors as one line on standard error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer

from cli.refusals import ServerRefusal
from ledger.errors import BitacoraError, Corruption, Refusal, Unavailable

NOT_FINE = 1
"""Exit code when the thing checked is not fine; 2 is wrong use (typer's own)."""


def show(result: Mapping[str, Any], *, as_json: bool, text: str) -> None:
    """Print a result: one JSON object for programs, or ``text`` for people."""
    typer.echo(json.dumps(result, ensure_ascii=False) if as_json else text)


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(text, err=True)


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Progress on standard error at a terminal, told as done and total; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def describe_problem(problem: Mapping[str, Any]) -> str:
    """One line: code, field, what is wrong, and what mends it."""
    field = f" at {problem['field']}" if problem.get("field") else ""
    cure = f" Cure: {problem['cure']}" if problem.get("cure") else ""
    # What a shape refuses begins with the same pointer.
    detail = str(problem.get("detail") or problem.get("title")).removeprefix(f"{problem.get('field')}: ")
    return f"{problem['code']}{field}: {detail.rstrip('.')}.{cure}"


def describe_error(error: BitacoraError) -> str:
    """One line about an error of any of the three families."""
    match error:
        case ServerRefusal():
            return describe_problem(error.problem)
        case Refusal():
            return describe_problem(problem_of(error))
        case Unavailable():
            return describe_problem({"code": error.code, "detail": error.detail})
        case Corruption():
            return describe_problem({"code": error.code, "detail": str(error)})
        case _:
            return str(error)


def problem_of(refusal: Refusal) -> dict[str, Any]:
    """What a refusal of our own says, in the members that the server uses."""
    return {"code": refusal.code, "detail": refusal.detail, "field": refusal.field, "cure": refusal.cure}
