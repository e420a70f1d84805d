"""The command ``bitacora``. What a subcommand needs is imported when it runs, so that ``--help`` is there at once.

Exit codes: 0 fine; 1 the thing checked is not fine, or nobody answered; 2 wrong use.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cli import (
    application,
    beside,
    case,
    certify,
    consignment,
    credential,
    directory,
    efirma,
    evidence,
    filing,
    findings,
    folder,
    handover,
    importing,
    inspection,
    keys,
    ledger,
    notify,
    operation,
    printing,
    reads,
    record,
    regime,
    registers,
    report,
    sandbox,
)
from cli.console import NOT_FINE, describe_error, note
from cli.simulate.command import simulate
from ledger.errors import BitacoraError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Battery lifecycle and hazardous-waste ledger: append-only, signed, checkable from outside.",
)

app.command()(operation.demo)
app.command()(simulate)
app.add_typer(keys.app, name="keys")
app.command()(record.record)
app.command()(record.send)
app.command()(record.heads)
app.command()(printing.labels)
consignment.app.command("papers")(folder.papers)
consignment.app.command("particulars")(folder.particulars)
app.add_typer(consignment.app, name="consignment")
app.add_typer(handover.app, name="handover")
app.add_typer(beside.documents, name="documents")
app.add_typer(beside.sealed, name="sealed")
app.command()(evidence.receipt)
app.command()(evidence.verify)
app.add_typer(application.app, name="application")
app.add_typer(efirma.app, name="efirma")
app.add_typer(certify.app, name="certify")
app.add_typer(inspection.app, name="inspection")
app.add_typer(case.app, name="case")
app.add_typer(reads.app, name="reads")
app.add_typer(credential.credential, name="credential")
app.add_typer(importing.app, name="import")
app.command()(ledger.audit)
app.add_typer(directory.app, name="directory")
app.add_typer(regime.app, name="regime")
report.app.command("findings")(findings.findings)
report.app.command("obligations")(findings.obligations)
report.app.command("register")(registers.register)
report.app.command("annual")(registers.annual)
report.app.command("category")(registers.category)
app.add_typer(report.app, name="report")
app.add_typer(filing.app, name="file")
app.command()(operation.init)
app.command()(operation.serve)
app.command()(notify.notify)
app.add_typer(sandbox.app, name="sandbox")
app.command()(ledger.export)
app.command()(ledger.rebuild)
app.command()(beside.erase)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bitacora {version('bitacora')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; an error of the ledger's is one line on standard error."""
    try:
        app()
    except BitacoraError as error:
        note(describe_error(error))
        sys.exit(NOT_FINE)
