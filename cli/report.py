"""``bitacora report``: what the log shows, as tables: each command in the module of what it is about."""

from __future__ import annotations

import typer

from cli import recovery, requirements

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Informes · Reports: requirements, findings, registers."
)
app.command("requirements")(requirements.requirements)
app.command("recovery")(recovery.recovery)
