"""The pieces of a load, one by one, with room to tick off what became of each."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.platypus import Flowable

from exchange.papers.folder import Piece
from exchange.papers.page import table
from exchange.papers.wording import OUTCOMES, format_kg

_TICKED = ("accepted", "refused", "missing")


def piece_table(pieces: Sequence[Piece]) -> Flowable:
    """Every piece with serial and id; a cross where the ledger knows its outcome, an empty cell to tick otherwise."""
    titles = ("Nº", "Serie e identificador", "Qué es", "Química", "kg", "Estado", "UN", "Acept.", "Rech.", "Falta")
    rows = [
        (
            str(piece.number),
            f"{piece.serial}\n{piece.unit}",
            piece.what,
            piece.chemistry,
            "" if piece.mass_g is None else f"{format_kg(piece.mass_g)}\n{piece.basis}",
            "\n".join(filter(None, (piece.condition, _outcome(piece)))),
            piece.un_number or "",
            *("X" if piece.outcome == ticked else "" for ticked in _TICKED),
        )
        for piece in pieces
    ]
    return table(titles, rows, (3, 28, 15, 8, 8, 9, 4.5, 5, 5, 5), size=6.5)


def _outcome(piece: Piece) -> str:
    return "" if piece.outcome is None or piece.outcome in _TICKED else OUTCOMES[piece.outcome]
