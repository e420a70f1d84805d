"""The pieces of a load, one by one, with room to tick off what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reportlab.platypus import Flowable

from exchange.papers.folder import Folder, Piece
from exchange.papers.page import said, table
from exchange.papers.wording import OUTCOMES, format_kg

PIECES_MAX: Final = 1000
"""On one paper: some 120 pages with its copies."""
_TICKED = ("accepted", "refused", "missing")


def piece_list(folder: Folder) -> list[Flowable]:
    """The pieces, up to ``PIECES_MAX`` of them; where there are more, the ledger has the list."""
    listed = [_piece_table(folder.pieces[:PIECES_MAX])]
    more = len(folder.pieces) - PIECES_MAX
    return listed if more <= 0 else [*listed, said(f"Y {more} piezas más: la relación completa está en {folder.url}.")]


def _piece_table(pieces: Sequence[Piece]) -> Flowable:
    """With serial and id; a cross where the ledger knows what became of it, an empty cell to tick otherwise."""
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
    return table(titles, rows, (3, 32, 14, 8, 7.5, 8, 4.5, 5, 5, 5), size=6.5)


def _outcome(piece: Piece) -> str:
    return "" if piece.outcome is None or piece.outcome in _TICKED else OUTCOMES[piece.outcome]
