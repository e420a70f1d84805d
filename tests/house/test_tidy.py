"""The conventions of the house, executable. Each rule reads one module and names the replacement."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("ledger", "certification", "compliance", "labels", "exchange", "web", "api", "cli")

GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared", "base"}

# What reaches into the world: who may, and what everybody else does instead.
AMBIENT = {
    "datetime.now": ("ledger/clock.py",),
    "datetime.utcnow": (),
    "datetime.today": (),
    "date.today": (),
    "time.time": ("ledger/clock.py",),
    "time.time_ns": ("ledger/clock.py",),
    "uuid.uuid4": (),
    "uuid.uuid1": (),
    "os.getenv": ("api/settings.py",),
    "os.environ": ("api/settings.py",),
}


@dataclass(frozen=True)
class Module:
    """One source file, by its path from the repository's root."""

    path: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def name(self) -> str:
        return Path(self.path).stem


Rule = Callable[[Module], Iterator[str]]


def no_grab_bag(module: Module) -> Iterator[str]:
    for part in Path(module.path).with_suffix("").parts:
        if part in GRAB_BAGS:
            yield f"`{part}` says nothing: name the responsibility"


def package_file_holds_a_docstring_only(module: Module) -> Iterator[str]:
    if module.name == "__init__" and (len(module.tree.body) != 1 or ast.get_docstring(module.tree) is None):
        yield "holds a docstring and nothing else: import from the module that defines the name"


def no_barrel(module: Module) -> Iterator[str]:
    body = [node for node in module.tree.body if not (_is_docstring(node) or _is_future_import(node))]
    if body and all(isinstance(node, ast.Import | ast.ImportFrom) or _assigns_all(node) for node in body):
        yield "this module only re-exports: import from the module that defines the name"


def no_ambient_world(module: Module) -> Iterator[str]:
    if module.package not in PACKAGES:
        return
    for node in ast.walk(module.tree):
        for name, allowed in AMBIENT.items():
            if _is_named(node, name) and module.path not in allowed:
                yield f"line {_line(node)}: `{name}`: take the clock, the id or the setting as an argument"


def no_catch_all(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and any(_catches_all(kind) for kind in _kinds(node)):
            yield f"line {node.lineno}: catches everything: name the errors, let the others rise"


def no_async_below_the_api(module: Module) -> Iterator[str]:
    if module.package not in PACKAGES or module.package == "api":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncFunctionDef):
            yield f"line {node.lineno}: `async def {node.name}`: one colour of function, plain `def`"


def no_patching(module: Module) -> Iterator[str]:
    if module.package != "tests":
        return
    for node in ast.walk(module.tree):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Name | ast.Attribute) and _last_name(called) in {
            "patch",
            "Mock",
            "MagicMock",
        }:
            yield f"line {called.lineno}: `{_last_name(called)}(`: use a real object with the real interface"


RULES: tuple[Rule, ...] = (
    no_grab_bag,
    package_file_holds_a_docstring_only,
    no_barrel,
    no_ambient_world,
    no_catch_all,
    no_async_below_the_api,
    no_patching,
)

# One offence for each rule: a rule that lets its own offence pass is broken.
OFFENCES: list[tuple[Rule, str, str]] = [
    (no_grab_bag, "ledger/utils.py", "X = 1"),
    (no_grab_bag, "api/common/pages.py", "X = 1"),
    (
        package_file_holds_a_docstring_only,
        "ledger/__init__.py",
        "'''Doc.'''\nfrom ledger.errors import Refusal",
    ),
    (package_file_holds_a_docstring_only, "ledger/__init__.py", ""),
    (no_barrel, "ledger/names.py", "'''Doc.'''\nfrom ledger.errors import Refusal\n__all__ = ['Refusal']"),
    (no_ambient_world, "ledger/x.py", "from datetime import datetime, UTC\nat = datetime.now(UTC)"),
    (no_ambient_world, "ledger/x.py", "import datetime as dt\nat = dt.datetime.now()"),
    (no_ambient_world, "ledger/x.py", "import uuid\nname = uuid.uuid4()"),
    (no_ambient_world, "ledger/x.py", "from uuid import uuid4\nname = uuid4()"),
    (no_ambient_world, "ledger/x.py", "from os import environ\nhome = environ['HOME']"),
    (no_ambient_world, "api/x.py", "import os\nhome = os.getenv('HOME')"),
    (no_catch_all, "ledger/x.py", "try:\n    f()\nexcept Exception:\n    pass"),
    (no_catch_all, "ledger/x.py", "try:\n    f()\nexcept (ValueError, BaseException):\n    pass"),
    (no_catch_all, "ledger/x.py", "try:\n    f()\nexcept:\n    pass"),
    (no_async_below_the_api, "ledger/x.py", "async def f() -> None: ..."),
    (no_patching, "tests/test_x.py", "with patch('ledger.clock.now'): ..."),
    (no_patching, "tests/test_x.py", "clock = mock.Mock()"),
]


def modules() -> Iterator[Module]:
    for folder in (*PACKAGES, "tests", "bench"):
        for file in sorted((REPOSITORY / folder).rglob("*.py")):
            path = file.relative_to(REPOSITORY).as_posix()
            yield Module(path, ast.parse(file.read_text(encoding="utf-8"), path))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps(rule: Rule) -> None:
    offences = [f"{module.path}: {offence}" for module in modules() for offence in rule(module)]

    assert offences == []


@pytest.mark.parametrize(("rule", "path", "source"), OFFENCES)
def test_a_rule_sees_its_offence(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module(path, ast.parse(source)))) != []


def test_every_rule_has_an_offence_to_prove_it() -> None:
    assert {rule for rule, _, _ in OFFENCES} == set(RULES)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_future_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _assigns_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"


def _is_named(node: ast.AST, name: str) -> bool:
    """Whether a node reads or imports ``owner.name``: ``x.owner.name``, ``from owner import name``."""
    owner, _, attribute = name.partition(".")
    if isinstance(node, ast.ImportFrom):
        return node.module == owner and any(alias.name == attribute for alias in node.names)
    if isinstance(node, ast.Attribute):
        read = ast.unparse(node)
        return read == name or read.endswith(f".{name}")
    return False


def _line(node: ast.AST) -> int:
    assert isinstance(node, ast.expr | ast.stmt)
    return node.lineno


def _kinds(handler: ast.ExceptHandler) -> list[ast.expr | None]:
    return list(handler.type.elts) if isinstance(handler.type, ast.Tuple) else [handler.type]


def _catches_all(kind: ast.expr | None) -> bool:
    return kind is None or ast.unparse(kind) in {"Exception", "BaseException"}


def _last_name(called: ast.Name | ast.Attribute) -> str:
    return called.id if isinstance(called, ast.Name) else called.attr
