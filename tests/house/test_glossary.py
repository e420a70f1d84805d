"""``docs/glossary.md`` is the authority on words: the code uses no synonym, and no word outlives its thing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGES = ("ledger", "certification", "compliance", "labels", "exchange", "web", "api", "cli")
ROW = re.compile(r"^\| \*\*.*\|$", re.MULTILINE)
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

# Words with another owner: a specification, or the machine.
FOREIGN = {
    ("ledger/domain/unit_id.py", "company"),  # GS1 Company Prefix
    ("ledger/log/signature.py", "timestamp"),  # C2SP tlog-cosignature
    ("api/links.py", "asset"),  # GS1 individual asset identifier
    ("api/answers.py", "weight"),  # RFC 9110 section 12.4.2
    ("cli/demo/catalogue.py", "weight"),  # of a random choice
    ("cli/demo/lives.py", "shipment"),  # new packs from their maker, which is more than their consignment
}


@cache
def rows() -> list[list[str]]:
    """The cells of every word: word, Spanish, meaning, names in the code, synonyms that are not used."""
    page = (REPOSITORY / "docs/glossary.md").read_text(encoding="utf-8")
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in ROW.findall(page)]


def unused_words() -> dict[str, str]:
    """The synonyms, each with the word to use instead."""
    return {word.strip(): row[0] for row in rows() for word in row[4].split(",") if word.strip()}


@cache
def names() -> list[tuple[str, str]]:
    """Every name that the packages define, with the path of its module; folders and modules are names too."""
    files = [file for package in PACKAGES for file in sorted((REPOSITORY / package).rglob("*.py"))]
    return [pair for file in files for pair in names_in(file)]


def names_in(file: Path) -> Iterator[tuple[str, str]]:
    path = file.relative_to(REPOSITORY)
    for part in path.with_suffix("").parts:
        yield path.as_posix(), part
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield path.as_posix(), name
            case ast.arg(arg=name):
                yield path.as_posix(), name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield path.as_posix(), name


def words_of(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def offences(defined: list[tuple[str, str]]) -> list[str]:
    return [
        f"{path}: `{name}`: say {unused_words()[word]}, not {word}"
        for path, name in defined
        for word in words_of(name) & unused_words().keys()
        if (path, word) not in FOREIGN
    ]


def test_no_name_in_the_code_is_a_synonym() -> None:
    assert sorted(set(offences(names()))) == []


@pytest.mark.parametrize("name", ["Shipment", "facility_id", "batteryPack", "user_of", "WEIGHT_G_MAX"])
def test_a_synonym_is_seen_in_any_spelling_of_a_name(name: str) -> None:
    assert offences([("ledger/x.py", name)]) != []


def test_every_foreign_word_is_still_in_use() -> None:
    used = {(path, word) for path, name in names() for word in words_of(name)}

    assert used >= FOREIGN


def test_every_name_of_the_glossary_is_in_the_code() -> None:
    listed = {name.strip("`") for row in rows() for name in re.findall(r"`[\w.]+`", row[3])}
    defined = {name for _, name in names()}

    assert {name for name in listed if not set(name.split(".")) <= defined} == set()


def test_no_word_is_listed_twice_and_none_is_its_own_synonym() -> None:
    words = [word for row in rows() for word in re.findall(r"\*\*(.+?)\*\*", row[0])]

    assert len(words) == len(set(words))
    assert unused_words().keys() & set(words) == set()
