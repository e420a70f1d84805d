"""An inspection from the command line: in the office with a server, at the site with two files and nothing else."""

from __future__ import annotations

import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from certification.sealed import verify_sealed
from cli.profile import open_profile
from compliance.inspection import format_visit, parse_visit
from ledger.domain.values import format_opaque_id, parse_base64url
from tests.cli.ground import DESCRIBED, Ground, new_unit, run, state
from tests.compliance.test_inspection import VISIT, pack
from tests.exchange.papers.reading import needs_poppler

ACT = ("--oficio", "PFPA/25.2/0042", "--notified-on", "2026-03-04")
PDF = b"%PDF-1.4\nun escrito\n"


@pytest.fixture
def visit(tmp_path: Path) -> Path:
    path = tmp_path / "visita.json"
    path.write_bytes(format_visit(VISIT))
    return path


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    path = tmp_path / "lecturas.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*(pack(n) for n in range(35)), pack(900), pack(7)]).encode())
    return path


def print_acta(visit: Path, scans: Path, out: Path, *more: object) -> tuple[int, str]:
    times = ("--began", "2026-03-04T10:05", "--ended", "2026-03-04T13:40")
    ran = run("inspection", "acta", visit, scans, *times, "--inspector", "María Treviño", "--out", out, *more)
    return ran.code, ran.err


def test_scans_are_compared_without_a_profile_or_a_server(visit: Path, scans: Path) -> None:
    ran = run("inspection", "compare", visit, scans, "--json")

    assert (ran.code, ran.json["missing"], ran.json["unexpected"]) == (1, [pack(35), pack(36)], [pack(900)])
    said = run("inspection", "compare", visit, scans).out.splitlines()
    assert said[0].startswith("35 presentes, 2 faltan, 1 no esperadas, 1 leídas más de una vez")
    assert f"leída 2 veces {pack(7)}" in said


def test_a_count_that_finds_all_is_fine(visit: Path, tmp_path: Path) -> None:
    whole = tmp_path / "todas.txt"
    whole.write_text("\n".join(one.unit for one in VISIT.expected))

    assert run("inspection", "compare", visit, whole).code == 0


def test_a_visit_file_that_somebody_changed_is_not_compared(visit: Path, scans: Path) -> None:
    visit.write_text(visit.read_text().replace("bitacora-visit/1", "bitacora-visit/9"))

    ran = run("inspection", "compare", visit, scans)

    assert (ran.code, "VISIT" in ran.err) == (2, True)


def test_the_acta_takes_two_witnesses_at_most_and_says_if_one_is_missing(
    visit: Path, scans: Path, tmp_path: Path
) -> None:
    out = tmp_path / "acta.pdf"
    witnesses = ("--witness", "Rosa Lozano", "--witness-by-inspector", "Pedro Cantú")

    assert print_acta(visit, scans, out, *witnesses, "--refused", "Pedro Cantú") == (0, "")
    assert out.read_bytes().startswith(b"%PDF")
    assert "dos testigos" in print_acta(visit, scans, out, "--witness", "Rosa Lozano")[1]
    assert print_acta(visit, scans, out, *witnesses, "--witness", "Una tercera")[0] == 2
    assert print_acta(visit, scans, out, *witnesses, "--refused", "Nadie")[0] == 2


@needs_poppler
def test_the_acta_says_begin_and_end_alike(visit: Path, scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "acta.pdf"
    print_acta(visit, scans, out)

    text = " ".join(subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True, check=True).stdout.split())

    assert "2026-03-04, 10:05 h" in text
    assert "2026-03-04, 13:40 h" in text


def test_a_time_that_is_none_is_wrong_use(visit: Path, scans: Path, tmp_path: Path) -> None:
    assert print_acta(visit, scans, tmp_path / "acta.pdf", "--began", "ayer")[0] == 2


def test_an_inspection_is_ordered_made_recorded_answered_and_closed(ground: Ground, tmp_path: Path) -> None:
    profepa = ground.new_authority(tmp_path / "profepa", "PROFEPA (demo)", ["inspect", "order"])
    centre = ground.new_profile(tmp_path / "centre")
    party, site = open_profile(centre).party, format_opaque_id("sit", secrets.token_bytes(16))
    place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
    state(ground.operator, "site.registered", registered=site, operated_by=party, place=place)
    there, gone, stranger = new_unit(), new_unit(), new_unit()
    for unit in (there, gone):
        run("record", "unit.produced", "--unit", unit, *DESCRIBED, "--set", f"site={site}", "--profile", centre)

    def inspect(*words: object) -> str:
        ran = run("inspection", *words, "--profile", profepa, "--json")
        assert ran.code == 0, ran.err
        return ran.err + ran.out

    ordered = inspect(
        "order", site, "--order-number", "PFPA/0042-2026", "--from", "2026-03-02", "--to", "2026-03-06", *ACT
    )
    inspection = ordered.partition("inspección: ")[2].split()[0]
    visit, scans, acta = tmp_path / "visita.json", tmp_path / "lecturas.txt", tmp_path / "acta.pdf"
    inspect("prepare", inspection, "--out", visit)
    assert {one.unit for one in parse_visit(visit.read_bytes()).expected} == {there, gone}
    scans.write_text(f"{there}\n{stranger}\n{there}\n")
    assert print_acta(visit, scans, acta, "--witness", "Rosa Lozano", "--witness", "Pedro Cantú")[0] == 0
    recorded = json.loads(
        inspect("record", visit, scans, "--acta", acta, "--witness", "Rosa Lozano", "--witness", "Pedro Cantú")
    )
    assert [one["kind"] for one in recorded["statements"]] == ["count.recorded", "inspection.recorded"]
    assert {one["state"] for one in recorded["statements"]} == {"recorded"}

    event = state_of(profepa, recorded["statements"][1]["event_id"])
    assert (event["expected"], event["counted"], event["missing"], event["unexpected"]) == (2, 2, 1, 1)
    for commitment in event["witnesses"]:
        opened = run("sealed", "get", commitment, "--profile", profepa, "--json").json
        verify_sealed(commitment, opened["value"], parse_base64url(opened["salt"]))
    assert "Rosa" not in json.dumps(event, ensure_ascii=False)

    inspect("measure", inspection, "--effect", "seizure", "--unit", there, *ACT)
    offered = run("record", "unit.installed", "--unit", there, "--profile", centre)
    assert (offered.code, "order" in offered.err or "transition" in offered.err) == (1, True)

    letter = tmp_path / "escrito.pdf"
    letter.write_bytes(PDF)
    observed = run("inspection", "observe", inspection, "--letter", letter, "--profile", centre, "--json")
    assert observed.code == 0, observed.err
    assert observed.states == ["recorded"]
    close_in_a_case(profepa, centre, inspection, letter, f"{recorded['statements'][0]['event_id']}/0")


def state_of(profile: Path, event: str) -> dict[str, Any]:
    """The payload of a statement, as this profile may read it."""
    from cli.desk import open_desk
    from cli.drafts import ask

    with open_desk(open_profile(profile), None) as desk:
        payload: dict[str, Any] = ask(desk, f"v1/events/{event}")["statement"]
    return payload


def close_in_a_case(profepa: Path, centre: Path, inspection: str, letter: Path, finding: str) -> None:
    """The case against the centre, in whose closing the finding is settled."""
    opened = run(
        "case",
        *("open", open_profile(centre).party, "--finding", finding, "--inspection", inspection, *ACT),
        *("--profile", profepa),
    )
    assert opened.code == 0, opened.err
    # LGEEPA 167: fifteen business days from the notice; 16 March is closed.
    assert "respuesta hasta 2026-03-26 (15 días hábiles, LGEEPA 167)" in opened.err
    case = opened.err.partition("caso: ")[2].split()[0]
    closing = ("close", inspection, "--outcome", "case_opened", "--case", case)
    assert run("inspection", *closing, "--profile", profepa).code == 0
    asked = ("request", case, "--asks", "correction", "--answer-by", "2026-03-30", "--letter", letter)
    assert run("case", *asked, "--profile", profepa).code == 0
    assert run("case", "answer", case, "--letter", letter, "--profile", centre).code == 0
    assert run("case", "close", case, "--outcome", "dismissed", "--profile", profepa).code == 0


def test_both_terms_are_told_of_a_day(ground: Ground, tmp_path: Path) -> None:
    profile = ground.new_profile(tmp_path / "anybody")

    told = run("inspection", "terms", "2026-03-04", "--profile", profile, "--json").json

    assert (told["observations"]["to_on"], told["reply"]["to_on"]) == ("2026-03-11", "2026-03-26")


def test_a_pass_is_given_to_an_authority_s_key(ground: Ground, tmp_path: Path) -> None:
    profepa = ground.new_inspector(tmp_path / "profepa")

    assert len(run("inspection", "pass", "--profile", profepa, "--json").json["pass"].split(".")) == 3


def test_officials_are_shown_what_they_have_read(ground: Ground, tmp_path: Path) -> None:
    profepa = ground.new_inspector(tmp_path / "profepa")
    party = open_profile(profepa).party

    run("reads", "list", "--profile", profepa)
    own = run("reads", "list", "--profile", profepa, "--json").json["reads"]
    audited = run("reads", "list", "--audit", "--party", party, "--profile", profepa, "--json").json["reads"]

    assert {(read["party"], read["kid"]) for read in own} == {(party, open_profile(profepa).kid)}
    assert own[0]["path"].startswith("/v1/reads?")
    assert len(audited) == len(own) + 1
    assert run("reads", "forget", "--database", ground.database, "--json").json == {"forgotten": 0}
