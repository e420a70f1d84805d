from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from api.health import router
from cli.main import app

REPOSITORY = Path(__file__).parents[2]
INSTRUCTIONS = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", "").splitlines()


def copied_paths() -> set[str]:
    """What the first stage takes from the repository."""
    lines = [line for line in INSTRUCTIONS if line.startswith("COPY ") and "--from=" not in line]
    return {path for line in lines for path in line.split()[1:-1]}


def test_every_copied_path_exists_and_passes_dockerignore() -> None:
    let_through = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert [path for path in sorted(copied_paths()) if not (REPOSITORY / path).exists()] == []
    assert copied_paths() == let_through


def test_every_package_of_the_project_is_copied() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    packages = set(project["tool"]["uv"]["build-backend"]["module-name"])

    assert packages <= copied_paths()


def test_the_image_runs_as_an_ordinary_user() -> None:
    last_user = [line.split()[1] for line in INSTRUCTIONS if line.startswith("USER ")][-1]

    assert int(last_user) > 0


def test_the_image_starts_with_a_command_whose_settings_it_gives() -> None:
    [line] = [line for line in INSTRUCTIONS if line.startswith("CMD ")]
    [environment] = [line for line in INSTRUCTIONS if line.startswith("ENV BITACORA_")]
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    command = program.commands[json.loads(line.removeprefix("CMD "))[0]]
    given = set(re.findall(r"(BITACORA_\w+)=", environment))

    assert given <= {str(option.envvar) for option in command.params}
    assert {str(option.envvar) for option in command.params if option.required} <= given


def test_the_health_of_the_image_is_a_route_of_the_server() -> None:
    [line] = [line for line in INSTRUCTIONS if line.startswith("HEALTHCHECK ")]
    [path] = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", line)

    assert path in {getattr(route, "path", None) for route in router.routes}
