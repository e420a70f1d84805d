"""Registers, report and category over HTTP: for whose they are, and for who oversees."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pydantic import BaseModel

from api import register_schemas
from api.schemas import Shape
from tests.api.served import Served, open_served
from tests.compliance.disposals import give_waste, open_year, recycle


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("registers")
    rates = dict.fromkeys(("requests_per_minute", "papers_per_minute", "reads_per_minute"), 100_000)
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **rates) as opened:
        yard = opened.yard
        open_year(yard)
        packs = give_waste(yard, opened.pass_time, units=3)
        recycle(yard, packs[:1])
        opened.send()
        yield opened


def read(served: Served, path: str, token: str) -> Any:
    answered = served.get(path, token=token)
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_a_generator_reads_its_register_with_every_entry_and_exit(served: Served) -> None:
    workshop = served.yard.workshop
    page = read(served, f"/v1/registers/{workshop.site}/2025", served.token(workshop))

    assert page["book"]["article"] == "RLGPGIR 71 I"
    assert [(row["entry"], row["entered_on"], row["left_on"]) for row in page["rows"]] == [
        ("generated", "2025-01-06", "2025-01-09")
    ] * 3
    assert {row["provider"]["party"] for row in page["rows"]} == {served.yard.recycler.party}
    assert page["next"] is None
    register_schemas.RegisterAnswer.model_validate(page)


def test_the_register_of_another_year_is_empty(served: Served) -> None:
    workshop = served.yard.workshop

    assert read(served, f"/v1/registers/{workshop.site}/2024", served.token(workshop))["rows"] == []


def test_who_takes_in_waste_reads_whom_it_came_from(served: Served) -> None:
    recycler = served.yard.recycler
    page = read(served, f"/v1/registers/{recycler.site}/2025?kind=centre", served.token(recycler))

    assert {row["origin"]["party"] for row in page["rows"]} == {served.yard.workshop.party}
    assert {row["mass_g"] for row in page["rows"]} == {430_000}


def test_a_recycler_reads_its_processes(served: Served) -> None:
    recycler = served.yard.recycler
    page = read(served, f"/v1/registers/{recycler.site}/2025/processes", served.token(recycler))

    [process] = page["processes"]
    assert (process["fed_g"], process["missing"]) == (430_000, ["d"])
    register_schemas.ProcessesAnswer.model_validate(page)


def test_the_yearly_report_adds_up_to_what_the_ledger_counted(served: Served) -> None:
    workshop = served.yard.workshop
    report = read(served, f"/v1/annual-reports/{workshop.site}/2025", served.token(workshop))

    assert report["generated_in_all"] == report["tallied"] == {"g": 3 * 435_000, "units": 3}
    assert report["agrees"]
    register_schemas.ReportAnswer.model_validate(report)


def test_a_generator_reads_its_category_and_why(served: Served) -> None:
    workshop = served.yard.workshop
    page = read(served, f"/v1/generators/{workshop.party}/category", served.token(workshop))

    [year] = page["years"]
    assert (year["year"], year["category"], page["registered"]) == (2025, "pequeno", None)
    register_schemas.CategoryAnswer.model_validate(page)


@pytest.mark.parametrize(
    "path",
    ["registers/{site}/2025", "registers/{site}/2025/register.csv", "annual-reports/{site}/2025"],
)
def test_another_party_learns_nothing_of_a_register(served: Served, path: str) -> None:
    yard = served.yard
    answered = served.get(f"/v1/{path.format(site=yard.workshop.site)}", token=served.token(yard.maker))

    assert (answered.status_code, answered.json()["type"].rpartition("/")[2]) == (404, "not-found")


def test_another_party_learns_nothing_of_a_category(served: Served) -> None:
    yard = served.yard

    assert (
        served.get(f"/v1/generators/{yard.workshop.party}/category", token=served.token(yard.maker)).status_code == 404
    )


def test_an_authority_that_inspects_reads_any_register(served: Served) -> None:
    yard = served.yard

    assert len(read(served, f"/v1/registers/{yard.workshop.site}/2025", served.token(yard.semarnat))["rows"]) == 3


def test_registers_come_as_files(served: Served) -> None:
    workshop = served.yard.workshop
    token = served.token(workshop)
    about = f"/v1/registers/{workshop.site}/2025/register"
    table, book, paper = (served.get(f"{about}.{form}", token=token) for form in ("csv", "xlsx", "pdf"))

    assert table.text.count("\r\n") == 4
    assert load_workbook(io.BytesIO(book.content))["Bitácora"].max_row == 4
    assert paper.content.startswith(b"%PDF-")
    assert table.headers["cache-control"] == "private, no-cache"


def test_a_cursor_that_was_made_up_is_refused(served: Served) -> None:
    workshop = served.yard.workshop
    answered = served.get(f"/v1/registers/{workshop.site}/2025?after=eA", token=served.token(workshop))

    assert (answered.status_code, answered.json()["field"]) == (422, "/query/after")


def shapes() -> list[type[BaseModel]]:
    named = [shape for shape in vars(register_schemas).values() if isinstance(shape, type)]
    return [shape for shape in named if issubclass(shape, Shape)]


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.__name__)
def test_the_examples_of_a_shape_fit_it(shape: type[BaseModel]) -> None:
    for example in shape.model_json_schema().get("examples", []):
        shape.model_validate(example)
