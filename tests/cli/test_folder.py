"""`bitacora consignment papers` and `particulars`: what a load takes along, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.profile import open_profile
from tests.cli.ground import Ground, run
from tests.cli.test_consignment import ask, offer

pytestmark = pytest.mark.slow


def centre_of(ground: Ground, folder: Path) -> Path:
    return ground.new_profile(folder / "centre", roles=("custody", "admin"))


def test_the_folder_and_each_paper_are_written_as_pdf(ground: Ground, maker: Path, tmp_path: Path) -> None:
    con, _ = offer(maker, None, centre_of(ground, tmp_path))
    listed = [paper["paper"] for paper in ask(maker, "papers", con)["papers"] if paper["link"]]
    assert "dangerous_goods" in listed
    for words in [(), *(("--paper", name) for name in listed)]:
        out = tmp_path / "paper.pdf"
        assert run("consignment", "papers", con, *words, "--out", out, "--profile", maker).code == 0
        assert out.read_bytes().startswith(b"%PDF-")
        out.unlink()


def test_what_one_party_says_the_other_reads_until_it_is_erased(ground: Ground, maker: Path, tmp_path: Path) -> None:
    centre = centre_of(ground, tmp_path)
    con, _ = offer(maker, None, centre)
    said = tmp_path / "part.json"
    said.write_text(json.dumps({"giving": {"emergency_phone": "800 000 0000"}}))

    parts = ask(maker, "particulars", con, "--file", said)["parts"]

    assert [(part["party"], part["particulars"]) for part in parts] == [
        (open_profile(maker).party, {"giving": {"emergency_phone": "800 000 0000"}})
    ]
    assert ask(centre, "particulars", con)["parts"] == parts
    ask(maker, "particulars", con, "--erase")
    assert ask(centre, "particulars", con)["parts"] == []


def test_a_part_in_anothers_role_is_refused(ground: Ground, maker: Path, tmp_path: Path) -> None:
    con, _ = offer(maker, None, centre_of(ground, tmp_path))
    said = tmp_path / "part.json"
    said.write_text(json.dumps({"carrying": {"plate": "12-AB-3C"}}))
    ran = run("consignment", "particulars", con, "--file", said, "--profile", maker)
    assert ran.code == 1
    assert "not carrier of this consignment" in ran.err
