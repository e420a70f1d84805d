"""The answers to what an import asked: a table of number, party and form, in the same formats as the lists."""

from __future__ import annotations

from typing import Final

from certification.listing.columns import CellError, find_columns, read_number
from certification.listing.names import Form, capitals
from certification.listing.plan import Resolution
from certification.listing.table import Cell, ListUnreadable, read_table
from certification.names import number_key

_FORMS: Final[dict[str, Form]] = {
    "MORAL": "moral",
    "PERSONA MORAL": "moral",
    "FISICA": "fisica",
    "PERSONA FISICA": "fisica",
}


def read_resolutions(data: bytes) -> dict[str, Resolution]:
    """Which party each number means (an id, or ``new``), and what kind of person that is; by ``number_key``.

    Columns: ``number`` (or as in a list), ``party``, ``form``; either of the last two may be empty or missing.

    Raises:
        ListUnreadable: it is no such table, or answers a number twice.
    """
    columns, rows = find_columns(read_table(data), frozenset({"number"}))
    answers: dict[str, Resolution] = {}
    for row in rows:
        told: dict[str, Cell] = {name: row.cells[n] for name, n in columns.at.items() if n < len(row.cells)}
        try:
            number = number_key(read_number(str(told["number"] or "")))
        except CellError as wrong:
            raise ListUnreadable(f"line {row.line}: {wrong.detail}") from wrong
        if number in answers:
            raise ListUnreadable(f"line {row.line} answers the number {number} a second time")
        form = told.get("form")
        if form is not None and capitals(str(form)) not in _FORMS:
            raise ListUnreadable(f"line {row.line}: expected moral or fisica")
        party = told.get("party")
        answers[number] = Resolution(
            None if party is None else str(party), None if form is None else _FORMS[capitals(str(form))]
        )
    return answers
