"""``bitacora import directory``: a published list goes into a served ledger, once, and is reported line by line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cli.ground import Ground, Ran, point_at, run

SOURCE = ("--source", "gob.mx/semarnat: acopio", "--listed-on", "2025-01-03")
TITLES = "Razón social;Número de autorización;Vigencia;Estado;Actividad;RFC"


def new_list(folder: Path, series: str) -> Path:
    """A list whose numbers and names no other test uses, in the code page of Windows."""
    lines = [
        TITLES,
        f"Metales {series}, S.A. de C.V.;19-I-0{series}1D-19;31/12/2030;Nuevo León;Reciclaje;",
        f"JUANA PÉREZ {series.upper()};19-II-0{series}2D-19;31/12/2031;N.L.;Acopio;PELJ800101AB1",
        f"Servicios Juan Pérez {series};19-I-0{series}3D-19;31/12/2030;Nuevo León;Transporte;",
        f"Metales {series}, S.A. de C.V.;19-I-0{series}4D-19;31/02/2030;Nuevo León;Reciclaje;",
    ]
    file = folder / "lista.csv"
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    return file


def take_in(ground: Ground, file: Path, *more: object) -> Ran:
    return run("import", "directory", file, *SOURCE, "--profile", ground.operator, "--json", *more)


def rows(ground: Ground, name: str) -> list[dict[str, Any]]:
    answered = httpx2.get(f"{ground.url}/v1/directory", params={"name": name})
    found: list[dict[str, Any]] = answered.json()["rows"]
    return found


def outcomes(ran: Ran) -> list[tuple[str, str | None]]:
    return [(line["outcome"], line.get("rule")) for line in ran.json["lines"]]


def statements_of(ground: Ground) -> int:
    return len(list((ground.operator / "sent").glob("*.cose")))


def test_a_list_is_taken_in_once_and_each_line_is_reported(ground: Ground, tmp_path: Path) -> None:
    file = new_list(tmp_path, "71")

    first = take_in(ground, file)

    assert first.code == 1
    assert outcomes(first) == [
        ("new", None),
        ("new", None),
        ("ambiguous", "person-or-not"),
        ("wrong", "day"),
    ]
    [row] = rows(ground, "Metales 71")
    assert (row["number"], row["standing"], row["confirmed"]) == ("19-I-0711D-19", "in-force", False)
    assert row["transcribed"]["digest"] == first.json["digest"]
    assert row["site"]["place"]["state"] == "19"

    sent = statements_of(ground)
    again = take_in(ground, file)
    assert outcomes(again)[:2] == [("unchanged", None), ("unchanged", None)]
    assert statements_of(ground) == sent


def test_a_natural_person_is_sealed_and_found_again_in_the_next_list(ground: Ground, tmp_path: Path) -> None:
    take_in(ground, new_list(tmp_path, "72"))
    [row] = rows(ground, "19-II-0722D-19")
    assert (row["form"], row["name"]) == ("fisica", None)
    sealed = json.loads(run("sealed", "list", "--profile", ground.operator, "--json").out)["sealed"]
    values = [
        run("sealed", "get", row["commitment"], "--profile", ground.operator, "--json").json["value"] for row in sealed
    ]
    assert {"JUANA PÉREZ 72"} <= {value["name"] for value in values}

    other = tmp_path / "otra.csv"
    other.write_text(f"{TITLES}\nJuana Pérez 72;19-II-0729D-20;31/12/2031;NL;Acopio;PELJ800101AB1\n")
    ran = take_in(ground, other)

    [line] = ran.json["lines"]
    assert (line["outcome"], line["party"]) == ("new", row["party"])
    assert all(b"JUANA" not in path.read_bytes() for path in (ground.operator / "sent").glob("*.cose"))


def test_an_answer_resolves_what_was_ambiguous(ground: Ground, tmp_path: Path) -> None:
    file = new_list(tmp_path, "73")
    answers = tmp_path / "respuestas.csv"
    answers.write_text("number,party,form\n19-I-0733D-19,new,moral\n")

    ran = take_in(ground, file, "--resolutions", answers)

    assert outcomes(ran)[2] == ("new", None)
    assert [row["name"] for row in rows(ground, "Servicios Juan Pérez 73")] == ["Servicios Juan Pérez 73"]


def test_a_dry_run_reports_the_same_and_does_nothing(ground: Ground, tmp_path: Path) -> None:
    file, sent = new_list(tmp_path, "74"), statements_of(ground)

    ran = take_in(ground, file, "--dry-run")

    assert outcomes(ran)[:2] == [("new", None), ("new", None)]
    assert ran.json["dry_run"] is True
    assert statements_of(ground) == sent
    assert rows(ground, "Metales 74") == []
    assert outcomes(take_in(ground, file)) == outcomes(ran)


def test_what_was_cut_off_between_two_statements_is_completed(ground: Ground, tmp_path: Path) -> None:
    file = new_list(tmp_path, "75")
    ids = {
        line["number"]: line["party"] for line in take_in(ground, file, "--dry-run").json["lines"] if "party" in line
    }
    party = ids["19-I-0751D-19"]
    name = "Metales 75, S.A. de C.V."
    stated = [f"registered={party}", "form=moral", f"name={name}"]
    settings = [part for setting in stated for part in ("--set", setting)]
    assert run("record", "party.registered", *settings, "--profile", ground.operator).code == 0

    ran = take_in(ground, file)

    assert outcomes(ran)[0] == ("new", None)
    assert [row["party"] for row in rows(ground, "Metales 75")] == [party]


def test_who_may_not_transcribe_is_told_so_by_the_ledger(maker: Path, tmp_path: Path) -> None:
    ran = run("import", "directory", new_list(tmp_path, "76"), *SOURCE, "--profile", maker, "--json")

    assert ran.code == 1
    assert outcomes(ran)[0] == ("wrong", "key-not-in-force")


def test_without_a_connection_nothing_is_signed(maker: Path, tmp_path: Path) -> None:
    point_at(maker, "http://127.0.0.1:9")

    ran = run("import", "directory", new_list(tmp_path, "77"), *SOURCE, "--profile", maker)

    assert ran.code == 1
    assert "unavailable" in ran.err
    assert list((maker / "outbox").glob("*.cose")) == []


@pytest.mark.parametrize(
    ("more", "content", "code"),
    [
        (("--listed-on", "2025-02-30"), TITLES, 2),
        (("--waste-class", "X"), TITLES, 2),
        (("--activity", "selling"), TITLES, 2),
        ((), "a,b\n1,2\n", 1),
        ((), "", 1),
    ],
)
def test_wrong_use_is_told_apart_from_a_wrong_file(
    ground: Ground, tmp_path: Path, more: tuple[str, ...], content: str, code: int
) -> None:
    file = tmp_path / "x.csv"
    file.write_text(content)

    assert take_in(ground, file, *more).code == code
