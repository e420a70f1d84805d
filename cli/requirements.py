"""``bitacora report requirements``: what the law asks, as a table to read, print or work with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cli.console import show
from cli.options import JsonOption


class Form(StrEnum):
    """How the table is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    CSV = "csv"


def requirements(
    requirement: Annotated[str | None, typer.Argument(metavar="[R01]", help="Sólo éste · Only this one.")] = None,
    form: Annotated[Form, typer.Option("--format", help="Cómo se escribe · How it is written.")] = Form.TEXT,
    as_json: JsonOption = False,
) -> None:
    """Lo que la ley pide, con su artículo y su cura · What the law asks, with its article and its cure."""
    from compliance.requirements import table

    rows = table.find_rows(requirement)
    if not rows:
        raise typer.BadParameter("there is no such requirement", param_hint="R01")
    formats = {Form.TEXT: table.format_text, Form.MARKDOWN: table.format_markdown, Form.CSV: table.format_csv}
    show({"requirements": [table.members_of(row) for row in rows]}, as_json=as_json, text=formats[form](rows).rstrip())
