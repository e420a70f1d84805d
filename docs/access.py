"""Who may call which route, read from what the routes declare."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute

from api.callers import Access, Gate, OpenGate

_PARAMETER: Final = re.compile(r"\{[a-z_]+(?::path)?\}")
_PARTIES: Final = "every key of a party"
_INTRODUCTION: Final = """\
# Access

Who may call which route, made from what the routes declare by `make docs`; a test calls every route with every kind of
caller. What a caller is then shown follows from the disclosure class of each [kind](events.md): a party sees its own
affairs, a key that only transports sees its own loads, and an authority that inspects or registers sees everything, by
its `authority` and `read` keys alone.

| route | for |
|---|---|"""


def access_of(route: APIRoute) -> list[Access]:
    """What the route and its router declare; a caller is admitted if each of them admits it."""
    gates = (depends.dependency for depends in route.dependencies)
    return [gate.access for gate in gates if isinstance(gate, Gate | OpenGate)]


def calls(path: str) -> list[str]:
    """The parameters of a route's path, as it spells them."""
    return _PARAMETER.findall(path)


def access_page(routes: Iterable[APIRoute]) -> str:
    """The page ``docs/access.md``."""
    lines = [
        f"| `{method} {route.path}` | {_words(access_of(route))} |"
        for route in sorted(routes, key=lambda route: route.path)
        for method in sorted(route.methods or ())
    ]
    return "\n".join([_INTRODUCTION, *lines]) + "\n"


def _words(declared: list[Access]) -> str:
    gates = [_gate(access) for access in declared if not access.everybody]
    narrow = [words for words in gates if words != _PARTIES]
    return "; ".join(dict.fromkeys(narrow or gates)) or "everybody"


def _gate(access: Access) -> str:
    if access.scope is not None:
        return f"tokens of the scope `{access.scope}`"
    if access.powers:
        return f"authorities with the power {_listed(access.powers)}"
    return f"keys with the role {_listed(access.roles)}" if access.roles else _PARTIES


def _listed(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))
