"""``bitacora report recovery``: what a batch made of the elements that went in, beside the European targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import show
from cli.options import JsonOption

if TYPE_CHECKING:
    from compliance.recovery import Recovery

_REACHED = {True: "sí · yes", False: "no", None: "no se sabe · unknown"}


def recovery(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="Lote de proceso (bch_…) · Its id.")],
    database: Annotated[str, typer.Option(metavar="URL", envvar="BITACORA_DATABASE_URL", help="sqlite:///FILE …")],
    as_json: JsonOption = False,
) -> None:
    """Recuperación por elemento de un lote · Recovery by element of a batch: a comparison, never a finding (R37)."""
    from compliance.store.recovery import read_recovery
    from ledger.store.session import open_store

    store = open_store(database)
    try:
        with store.read() as reader:
            rows = read_recovery(reader, batch)
    finally:
        store.close()
    show({"batch": batch, "elements": [_members(row) for row in rows]}, as_json=as_json, text=_text(rows))


def _members(row: Recovery) -> dict[str, Any]:
    from compliance.recovery import TARGETS_PERMILLE

    return {
        "element": row.element,
        "expected_mg": row.expected_mg,
        "found_mg": row.found_mg,
        "permille": row.permille,
        "all_assayed": row.is_whole,
        "impossible": row.is_impossible,
        "targets": {
            str(year): {"permille": target, "reached": row.reaches(year)}
            for year, target in TARGETS_PERMILLE[row.element].items()
        },
    }


def _text(rows: Sequence[Recovery]) -> str:
    from compliance.recovery import TARGETS_PERMILLE

    lines: list[str] = []
    for row in rows:
        share = (
            "no se sabe · unknown" if row.permille is None else f"{'' if row.is_whole else '≥ '}{row.permille / 10} %"
        )
        targets = ", ".join(
            f"{year}: {target / 10} % {_REACHED[row.reaches(year)]}"
            for year, target in TARGETS_PERMILLE[row.element].items()
        )
        lines.append(f"{row.element}  {share}  ({targets})")
        if row.is_impossible:
            lines.append("    más de lo que pudo entrar: otra química o material ajeno · more than can have gone in")
    if any(row.expected_mg is None for row in rows):
        lines.append("Falta la química o la energía de algo que entró · Chemistry or energy of some input is missing.")
    return "\n".join(lines)
