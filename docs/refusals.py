"""Which refusals each kind's transition can raise, read from the source of the fold."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from ledger import errors
from ledger.domain.operation import Genesis
from ledger.domain.payload import Payload
from ledger.fold import (
    admission,
    authorisation,
    consignment,
    correction,
    custody,
    filing,
    inspection,
    life,
    matter,
    observation,
    operation,
    paper,
    party,
    reception,
    regime,
)

_FAMILIES: Final = (
    party,
    authorisation,
    regime,
    filing,
    inspection,
    correction,
    custody,
    reception,
    paper,
    life,
    observation,
    matter,
    operation,
)
_MODULES: Final = (*_FAMILIES, admission, consignment)


def transition_of(model: type[Payload]) -> Callable[..., None]:
    """The function of the fold by which statements of this kind take effect."""
    if model is Genesis:
        return operation.open_ledger
    tables: list[dict[type, Callable[..., None]]] = [family.TRANSITIONS for family in _FAMILIES]
    return next(table[model] for table in tables if model in table)


def refusals_of(model: type[Payload]) -> list[tuple[str, str]]:
    """Code and reason of each refusal that the transition of a kind, or what it calls, can raise; sorted.

    Parts of a reason that depend on the statement are spelled ``…``. It may list a reason that a function shared with
    other kinds has for them alone; ``subject-unknown`` for a value that is not there is common to all and left out.
    """
    transition = transition_of(model)
    # A transition made by another function is named after it: ``_be_born.<locals>.transition``.
    start = transition.__qualname__.split(".")[0]
    seen: set[str] = set()
    waiting = [f"{transition.__module__}.{start}"]
    found: set[tuple[str, str]] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        node = _definitions()[name]
        found.update(_raised(node))
        waiting += _named(name.rpartition(".")[0], node)
    return sorted(found)


@cache
def _definitions() -> dict[str, ast.stmt]:
    """What the modules of the fold define at their top, by dotted name."""
    return {
        f"{module.__name__}.{name}": node
        for module in _MODULES
        for node in ast.parse(inspect.getsource(module)).body
        for name in _names_of(node)
    }


def _names_of(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name):
            return [name]
        # Tables of functions are followed too; the table of all transitions leads everywhere.
        case ast.AnnAssign(target=ast.Name(id=name)) if name != "TRANSITIONS":
            return [name]
    return []


def _named(module: str, node: ast.stmt) -> Iterator[str]:
    """The definitions of the fold that a definition uses."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            here = [f"{m}.{part.id}" for m in (module, *(other.__name__ for other in _MODULES))]
            yield from [name for name in here if name in _definitions()][:1]


def _raised(node: ast.stmt) -> Iterator[tuple[str, str]]:
    for part in ast.walk(node):
        match part:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[reason, *_])):
                error = getattr(errors, name)
                if issubclass(error, errors.Refusal):
                    yield error.code, spell_reason(reason)


def spell_reason(reason: ast.expr) -> str:
    """The text of a reason as its source has it, with ``…`` for what is put in later."""
    match reason:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in values)
    raise ValueError(f"a reason is spelled where it is raised: {ast.unparse(reason)}")
