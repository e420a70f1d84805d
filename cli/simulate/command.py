"""``bitacora simulate``."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from cli.console import note, show
from cli.options import JsonOption

_YEARS_MAX = 4
"""No permit ends before: none is renewed here."""


def simulate(
    units: Annotated[int, typer.Option(min=50, max=1_000_000, metavar="N", help="Packs put on the market.")] = 200,
    years: Annotated[int, typer.Option(min=1, max=_YEARS_MAX, metavar="Y", help="How long the world lives.")] = 2,
    seed: Annotated[int, typer.Option(metavar="S", help="Same seed: the same ledger, byte for byte.")] = 2026,
    faults: Annotated[
        bool, typer.Option("--faults", help="Inject faults of every kind, and say how many of them are found.")
    ] = False,
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="An empty database; otherwise the ledger is not kept.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where to put its server's keys: it is published, to be served.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write what was injected, a JSON object a line.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a nation's ledger of invented parties, with honest noise, and faults if asked, and look for the faults.

    What the noise is, and what each detector assumes, is in docs/simulation.md. As a load generator: name a database.
    """
    from cli.simulate.report import simulation_members, simulation_text
    from cli.simulate.run import BEGINS, Plan
    from cli.simulate.run import simulate as tell
    from cli.simulate.truth import format_truth
    from ledger.domain.values import parse_instant

    plan = Plan(units, years, seed, faults, parse_instant(BEGINS))
    with TemporaryDirectory() as folder:
        url = database or f"sqlite:///{folder}/ledger.sqlite"
        simulation = tell(url, plan, home=home, progress=lambda text: note(f"… {text}"))
    if truth is not None:
        truth.write_text(format_truth(simulation.truth), encoding="utf-8")
    show(simulation_members(simulation), as_json=as_json, text=simulation_text(simulation))
