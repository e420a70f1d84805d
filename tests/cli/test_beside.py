"""Documents and personal data, from the command line: deposited, fetched, missed and erased."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.ground import DESCRIBED, Ground, new_unit, run

pytestmark = pytest.mark.slow

PDF = b"%PDF-1.7 a manifest"


def test_a_person_is_sealed_shown_and_erased(ground: Ground, maker: Path, tmp_path: Path) -> None:
    other = ground.new_profile(tmp_path / "other")
    member = ("--set", "name=Ana Demo", "--set", "rfc=XAXX010101000")
    commitment = run("sealed", "put", *member, "--profile", maker, "--json").json["commitment"]

    shown = run("sealed", "get", commitment, "--profile", maker, "--json")
    hidden = run("sealed", "get", commitment, "--profile", other)
    erased = run("sealed", "erase", commitment, "--profile", maker)
    listed = run("sealed", "list", "--profile", maker)

    assert shown.json["value"] == {"name": "Ana Demo", "rfc": "XAXX010101000"}
    assert (hidden.code, "not-found" in hidden.err) == (1, True)
    assert erased.code == 0
    assert f"{commitment} erased " in listed.out
    assert run("sealed", "get", commitment, "--profile", maker).code == 1


def test_a_document_is_deposited_cited_and_fetched(maker: Path, tmp_path: Path) -> None:
    paper = tmp_path / "manifest.pdf"
    paper.write_bytes(PDF)
    put = run("documents", "put", paper, "--role", "manifest", "--profile", maker)
    cited = ("--set", f"documents=[{put.out.strip()}]")
    said = run("record", "unit.produced", "--unit", new_unit(), *DESCRIBED, *cited, "--profile", maker, "--json")
    digest = json.loads(put.out)["digest"]

    got = run("documents", "get", digest, "--out", tmp_path / "again.pdf", "--profile", maker)

    assert said.states == ["recorded"], said.err
    assert (got.code, (tmp_path / "again.pdf").read_bytes()) == (0, PDF)


def test_an_operator_erases_what_it_is_ordered_to(ground: Ground, maker: Path, tmp_path: Path) -> None:
    paper = tmp_path / "other.pdf"
    paper.write_bytes(PDF + b", and another")
    digest = sha256(paper.read_bytes()).hexdigest()
    assert run("documents", "put", paper, "--profile", maker).code == 0
    commitment = run("sealed", "put", "--set", "name=Eva Demo", "--profile", maker, "--json").json["commitment"]
    place = ("--database", ground.database, "--home", ground.folder / "home")

    erased = run("erase", digest, commitment, *place)

    assert (erased.code, erased.out.count("erased")) == (0, 2), erased.err
    assert run("documents", "get", digest, "--profile", maker).code == 1
    assert run("sealed", "get", commitment, "--profile", maker).code == 1
    assert run("erase", "0" * 64, *place).code == 1
    assert run("erase", "all", *place).code == 2


def test_missing_documents_are_for_authorities(ground: Ground, maker: Path, tmp_path: Path) -> None:
    inspector = ground.new_inspector(tmp_path / "inspector")

    assert "permission-missing" in run("documents", "missing", "--profile", maker).err
    assert "followed" in run("documents", "missing", "--profile", inspector, "--json").json
