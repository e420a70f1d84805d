"""The table of requirements as a lawyer reads it: one row for each, what is uncertain marked as such."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

from compliance.reason import Words
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.requirement import Requirement

_READ: Final = {"read": "read", "secondary": "SECONDARY", "unverified": "UNVERIFIED"}
_CSV_COLUMNS: Final = (
    "id",
    "statement_es",
    "statement_en",
    "article",
    "article_rp",
    "basis",
    "applies",
    "accountable",
    "effect",
    "how",
    "findings",
    "cure_es",
    "cure_en",
    "note_es",
    "note_en",
    "from_on",
    "to_on",
)


def basis_of(row: Requirement) -> str:
    """How firm a row stands: ``read`` in the law, or in capitals that it is policy, or was not read there."""
    if row.applies in ("POLICY", "BENCHMARK"):
        return row.applies
    return _READ[row.confidence]


def find_rows(requirement: str | None = None) -> list[Requirement]:
    """Every row, or the one of this id; in the order of ids."""
    return [row for row in REQUIREMENTS.values() if requirement in (None, row.id)]


def members_of(row: Requirement) -> dict[str, Any]:
    """The row as JSON members."""
    return {
        "id": row.id,
        "statement": _both(row.statement),
        "article": row.article,
        "article_rp": row.article_rp,
        "basis": basis_of(row),
        "applies": row.applies,
        "accountable": row.accountable,
        "effect": row.effect,
        "how": list(row.how),
        "findings": list(row.findings),
        "cure": _both(row.cure),
        "note": _both(row.note) if row.note else None,
        "from_on": row.from_on,
        "to_on": row.to_on,
    }


def format_csv(rows: Iterable[Requirement]) -> str:
    """The rows as CSV (RFC 4180), with a heading."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _CSV_COLUMNS)
    writer.writeheader()
    for row in rows:
        members = members_of(row)
        flat = {name: members.get(name) for name in _CSV_COLUMNS}
        for name in ("statement", "cure", "note"):
            for language in ("es", "en"):
                flat[f"{name}_{language}"] = (members[name] or {}).get(language)
        writer.writerow({**flat, "how": " ".join(row.how), "findings": " ".join(row.findings)})
    return text.getvalue()


def format_markdown(rows: Iterable[Requirement]) -> str:
    """The rows as a table in Markdown."""
    head = ("id", "what is asked", "where", "basis", "to", "who", "effect", "found as", "cure", "what is uncertain")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def format_text(rows: Iterable[Requirement]) -> str:
    """The rows one under the other, for a terminal."""
    return "\n\n".join("\n".join(_lines(row)) for row in rows) + "\n"


def _cells(row: Requirement) -> Iterator[str]:
    yield row.id
    yield _spoken(row.statement)
    yield f"{row.article}; hazardous waste: {row.article_rp}" if row.article_rp else row.article
    yield f"**{basis_of(row)}**" if basis_of(row) != "read" else "read"
    yield row.applies
    yield row.accountable
    yield row.effect
    yield ", ".join([*(f"`{code}`" for code in row.findings), *(how for how in row.how if how != "event")])
    yield _spoken(row.cure)
    yield _spoken(row.note) if row.note else ""


def _lines(row: Requirement) -> Iterator[str]:
    yield f"{row.id}  {row.statement.es}"
    yield f"     {row.statement.en}"
    yield f"     {' · '.join(filter(None, (row.article, row.article_rp)))}  [{basis_of(row)}]"
    yield f"     {row.applies} · {row.accountable} · {row.effect} · {', '.join(row.findings or row.how)}"
    yield f"     → {row.cure.es}"
    if row.note:
        yield f"     ? {row.note.es}"


def _spoken(words: Words) -> str:
    return f"{words.es}<br>*{words.en}*"


def _both(words: Words) -> dict[str, str]:
    return {"es": words.es, "en": words.en}
