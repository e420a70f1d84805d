"""The documents say what the code does: generated pages are current, links lead somewhere, commands exist."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from cli.main import app
from docs.custody import custody_page
from docs.examples import example_of
from docs.generate import events_page, schema_page
from ledger.domain.kinds import KINDS, parse_payload
from ledger.errors import Corruption, MalformedStatement, Refusal, Unavailable
from ledger.store.tables import metadata

REPOSITORY = Path(__file__).parents[2]
TEMPLATE = REPOSITORY / "docs/adr/0000-template.md"
PAGES = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])
PAGES.remove(TEMPLATE)
CODE_BLOCK = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
DECISION = re.compile(r"(\d{4})-[a-z0-9-]+\.md")


def prose(page: Path) -> str:
    return CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)


def anchor(heading: str) -> str:
    """As code hosts make it: lower case, punctuation dropped, spaces to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def dead_links(page: Path) -> Iterator[str]:
    for target in LINK.findall(prose(page)):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (fragment and fragment not in map(anchor, headings(file))):
            yield target


def refusals(family: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for refusal in family.__subclasses__():
        yield refusal
        yield from refusals(refusal)


def test_the_page_of_events_is_what_the_code_makes() -> None:
    page = (REPOSITORY / "docs/events.md").read_text(encoding="utf-8")

    assert page == events_page(), "run `make docs`"


def test_the_page_of_custody_is_what_the_code_makes() -> None:
    page = (REPOSITORY / "docs/custody.md").read_text(encoding="utf-8")

    assert page == custody_page(), "run `make docs`"


def test_there_is_one_schema_for_each_kind() -> None:
    assert {file.stem for file in (REPOSITORY / "docs/schemas").glob("*.json")} == set(KINDS)


@pytest.mark.parametrize("tag", KINDS)
def test_a_schema_is_what_the_code_makes_and_takes_its_own_example(tag: str) -> None:
    page = (REPOSITORY / f"docs/schemas/{tag}.json").read_text(encoding="utf-8")
    schema = json.loads(page)

    assert page == schema_page(tag), "run `make docs`"
    Draft202012Validator.check_schema(schema)
    [example] = schema["examples"]
    Draft202012Validator(schema).validate(example)
    assert parse_payload(example).kind == tag


@pytest.mark.parametrize("tag", KINDS)
def test_a_member_that_is_not_in_the_schema_is_refused(tag: str) -> None:
    with pytest.raises(MalformedStatement) as refused:
        parse_payload({**example_of(tag), "comment": "x"})

    assert refused.value.field == "/comment"


def test_every_kind_has_its_heading() -> None:
    assert set(KINDS) <= set(headings(REPOSITORY / "docs/events.md"))


def test_every_code_of_a_refusal_has_its_heading() -> None:
    codes = {refusal.code for refusal in refusals() if refusal.__module__.startswith("ledger")}
    listed = " ".join(headings(REPOSITORY / "docs/problems.md"))

    assert {code for code in {*codes, Unavailable.code, Corruption.code} if code not in listed} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


@pytest.mark.parametrize(
    "link", ["[x](nowhere.md)", "[x](glossary.md#nowhere)", "[x](#nowhere)", "[x](../ledger/nowhere.py)"]
)
def test_a_dead_link_is_seen(link: str, tmp_path: Path) -> None:
    (tmp_path / "glossary.md").write_text("# Glossary\n")
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{link}, but [this](glossary.md#glossary) and [that](#page) are alive\n")

    assert len(list(dead_links(page))) == 1


def test_decisions_are_numbered_without_gaps_and_named_by_their_number() -> None:
    files = sorted((REPOSITORY / "docs/adr").glob("*.md"))
    numbers = [match[1] for file in files if (match := DECISION.fullmatch(file.name))]

    assert numbers == [f"{n:04}" for n in range(len(files))]
    assert [
        file.name
        for file in files[1:]
        if not file.read_text(encoding="utf-8").startswith(f"# {int(file.name[:4]):04}. ")
    ] == []


@pytest.mark.parametrize(("page", "lines_max"), [("README.md", 150), ("ARCHITECTURE.md", 200)])
def test_what_everybody_reads_first_is_short(page: str, lines_max: int) -> None:
    assert len((REPOSITORY / page).read_text(encoding="utf-8").splitlines()) <= lines_max


def test_the_architecture_has_a_line_for_every_folder_and_module() -> None:
    page = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    below_the_api = ("ledger", "certification", "compliance", "labels")
    modules = [
        file for folder in below_the_api for file in (REPOSITORY / folder).glob("*.py") if file.stem != "__init__"
    ]
    folders = [folder.parent for package in below_the_api for folder in (REPOSITORY / package).glob("*/__init__.py")]

    assert {path.stem for path in (*modules, *folders) if f"`{path.stem}`" not in page} == set()


def test_the_operators_guide_says_of_every_table_what_its_loss_means() -> None:
    page = (REPOSITORY / "docs/operating.md").read_text(encoding="utf-8")

    assert {table for table in metadata.tables if f"`{table}`" not in page} == set()


def commands_of(page: str) -> list[list[str]]:
    """The arguments of every ``bitacora`` in the shell blocks of a page."""
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    return [shlex.split(command) for command in re.findall(r"\bbitacora ([^\n|>&)]+)", blocks)]


def test_every_command_of_the_readme_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITACORA_DATABASE_URL", "sqlite:///mine.sqlite")
    monkeypatch.setenv("BITACORA_HOME", "mine-home")
    commands = commands_of((REPOSITORY / "README.md").read_text(encoding="utf-8"))

    assert len(commands) > 10
    for arguments in commands:
        parse_command(get_command(app), arguments)


@pytest.mark.parametrize("arguments", [["recrod"], ["record", "--unti", "x"], ["keys", "renew"], ["receipt"]])
def test_a_command_that_is_none_is_seen(arguments: list[str]) -> None:
    with pytest.raises(TyperException):
        parse_command(get_command(app), arguments)


def parse_command(command: Any, arguments: list[str]) -> None:
    """Parse as the command line would, and run nothing."""
    while isinstance(command, TyperGroup):
        context = command.make_context(None, list(arguments))
        _, found, arguments = command.resolve_command(context, arguments)
        assert found is not None
        command = found
    command.make_context(None, list(arguments))
