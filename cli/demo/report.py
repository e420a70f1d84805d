"""What the demonstration says at its end: one JSON object for programs, tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.demo.run import DemoResult
from ledger.fold.life import ABROAD, IN_USE

WIDTH = 100


def demo_members(result: DemoResult) -> dict[str, Any]:
    """The result for programs."""
    checkpoint, report = result.published.checkpoint, result.report
    return {
        "entries": report.size,
        "units": result.units,
        "packs": result.packs,
        "models": result.models,
        "parties": len(result.parties),
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "note": result.published.note.decode(),
        },
        "audit": {
            "ok": report.ok,
            "verdict": report.verdict,
            "entries": report.entries,
            "pinned": report.pinned,
            "findings": [{"place": f.place, "what": f.what, "follows": f.follows} for f in report.findings],
            "seconds": round(report.seconds, 3),
        },
        "genesis": result.genesis,
        "origin": result.origin,
        "database": result.database,
        "home": str(result.home),
        "kinds": dict(sorted(report.kinds.items())),
        "refused": dict(result.refused),
        "told": result.told,
        "seconds_recording": round(result.seconds_recording, 3),
    }


def demo_text(result: DemoResult, folder: Path, base_url: str | None) -> str:
    """The result for people; ``base_url`` is where it is served from now on, if it is."""
    checkpoint, report = result.published.checkpoint, result.report
    lines = [
        _table("What happened", ("episode", "times"), sorted(result.told.items())),
        _table("What was refused, as it should be", ("code", "times"), sorted(result.refused.items())),
        _table("Who holds what at the end", ("party", "units", "tonnes"), _holdings(result)),
        f"{result.packs} packs of {result.models} models became {result.units} units at {len(result.parties)} parties:"
        f" {report.size} entries of {len(report.kinds)} kinds, recorded in {result.seconds_recording:.1f} s.",
        f"Checkpoint: size {checkpoint.size}, root {checkpoint.root.hex()}",
        f"Audit from outside, knowing only genesis {result.genesis[:16]}… and the checkpoint keys: {report.verdict},"
        f" {report.entries} entries in {report.seconds:.1f} s.",
        f"Keys of the parties: {folder / 'profiles'} (try `bitacora record --help`).",
        f"The API begins at {base_url}/v1 and is described at {base_url}/openapi.json; Ctrl-C ends it."
        if base_url
        else f"Look around: bitacora serve --database {result.database} --home {result.home}",
    ]
    lines += [f"{finding.place}: {finding.what} {finding.follows}" for finding in report.findings]
    return "\n".join(lines)


def _holdings(result: DemoResult) -> Iterable[tuple[str, int, str]]:
    names = {party.party: party.name for party in result.parties}
    names |= {IN_USE: "the public (in use)", ABROAD: "abroad"}
    for holder, held in sorted(result.holdings.items(), key=lambda item: -item[1].mass_g):
        yield names[holder], held.units, f"{held.mass_g / 1e6:,.1f}"


def _table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    table = Table(title=title, title_justify="left")
    for n, column in enumerate(columns):
        table.add_column(column, justify="right" if n else "left")
    for row in rows:
        table.add_row(*map(str, row))
    page = StringIO()
    Console(file=page, width=WIDTH, legacy_windows=False).print(table)
    return page.getvalue().rstrip()
