from __future__ import annotations

import tomllib
from pathlib import Path

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
