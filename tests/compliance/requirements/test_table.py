"""The table of requirements in its forms."""

from __future__ import annotations

import csv
import io

from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.table import basis_of, find_rows, format_csv, format_markdown, format_text, members_of


def test_every_row_is_in_every_form() -> None:
    rows = find_rows()

    assert [row["id"] for row in csv.DictReader(io.StringIO(format_csv(rows)))] == list(REQUIREMENTS)
    assert [line.split(" | ")[0] for line in format_markdown(rows).splitlines()[2:]] == [
        f"| {name}" for name in REQUIREMENTS
    ]
    assert [block[:3] for block in format_text(rows).split("\n\n")] == list(REQUIREMENTS)


def test_one_row_is_found_by_its_id_and_none_by_another() -> None:
    assert [row.id for row in find_rows("R19")] == ["R19"]
    assert find_rows("R00") == []


def test_what_is_no_law_that_was_read_is_said_in_capitals() -> None:
    assert basis_of(REQUIREMENTS["R01"]) == "read"
    assert basis_of(REQUIREMENTS["R30"]) == "POLICY"
    assert basis_of(REQUIREMENTS["R37"]) == "BENCHMARK"
    assert basis_of(REQUIREMENTS["R20"]) == "SECONDARY"
    assert "**POLICY**" in format_markdown(find_rows("R30"))


def test_hazardous_waste_is_shown_its_own_article() -> None:
    row = REQUIREMENTS["R06"]

    assert row.article_of("RP") == "LGPGIR 42, 50 VI; RLGPGIR 46 VI, 58"
    assert row.article_of("RME") == row.article_of(None) == "LGPGIR 9 III; law of the state"
    assert REQUIREMENTS["R01"].article_of("RP") == REQUIREMENTS["R01"].article


def test_a_row_is_told_in_both_languages() -> None:
    members = members_of(REQUIREMENTS["R19"])

    assert members["statement"].keys() == members["cure"].keys() == {"es", "en"}
    assert members["findings"] == ["undetermined-on-leaving", "declared-without-oath"]
