from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["uv"]["build-backend"]["module-name"]

# What works without an import of ours, and who takes it up.
TAKEN_UP_BY_OTHERS = {
    "httptools": "uvicorn parses HTTP with it",
    "psycopg": "SQLAlchemy's driver for PostgreSQL",
    "tzdata": "zoneinfo reads it where the system has no time zones",
    "uvloop": "uvicorn's event loop",
}


def needed() -> set[str]:
    """Distributions that the project says it needs."""
    return {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in PROJECT["project"]["dependencies"]}


def imported() -> set[str]:
    """Distributions whose modules the packages of the project import."""
    ours = {*PACKAGES, *sys.stdlib_module_names}
    files = (path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
    modules = {name.partition(".")[0] for path in files for name in _imports(ast.parse(path.read_text()))}
    homes = packages_distributions()
    return {homes[module][0].lower() for module in modules - ours}


def _imports(tree: ast.Module) -> list[str]:
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return [*plain, *(node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)]


def test_every_dependency_is_imported_or_taken_up_by_another() -> None:
    assert needed() - imported() == TAKEN_UP_BY_OTHERS.keys()


def test_everything_imported_is_a_dependency_that_is_stated() -> None:
    assert imported() - needed() == set()
