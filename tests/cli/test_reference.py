"""The command says what it does, quickly, and loads no more than it needs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from tests.cli.ground import REPOSITORY, environment, run_apart
from tests.cli.reference import PAGE, format_page


@pytest.mark.slow
def test_the_page_is_what_the_commands_say_of_themselves() -> None:
    assert PAGE.read_text(encoding="utf-8") == format_page(), "python -m tests.cli.reference"


def test_the_version_is_that_of_the_project() -> None:
    assert run_apart("--version").out == f"bitacora {version('bitacora')}\n"


def loaded_by(code: str) -> set[str]:
    """Top packages in memory after running ``code`` in a fresh interpreter."""
    program = f"{code}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environment()
    )
    return set(done.stdout.split())


def test_the_command_line_itself_loads_nothing_heavy() -> None:
    heavy = {"fastapi", "sqlalchemy", "pydantic", "cryptography", "httpx2", "rich", "uvicorn"}

    assert loaded_by("import cli.main") & heavy == set()


def test_signing_needs_neither_a_server_nor_a_database() -> None:
    assert loaded_by("import cli.desk") & {"fastapi", "starlette", "sqlalchemy", "uvicorn"} == set()


def test_verifying_needs_no_server() -> None:
    assert loaded_by("import cli.evidence, ledger.evidence") & {"fastapi", "starlette", "uvicorn"} == set()


def test_verifying_needs_no_database() -> None:
    assert loaded_by("import cli.evidence, ledger.evidence") & {"sqlalchemy", "alembic"} == set()
