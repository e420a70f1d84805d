"""The columns of each register, as the law names them, and the cells of a row. One table serves CSV, XLSX and PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Generic, TypeVar

from compliance.register import Book, Counterpart, ProcessRow, RegisterKind, RegisterRow, name_of
from exchange.registers.wording import AREAS, BASES, ENTRIES, HANDLINGS, TITLES, format_cretib, format_kg

Cell = str | Decimal | int | date | None
"""A mass is a ``Decimal`` of kilograms, to the gram."""
Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class Column(Generic[Shown]):
    """One column: its title, what of a row stands in it, and its width in characters."""

    title: str
    cell: Callable[[Shown, Book], Cell]
    width: int = 16


def kg(mass_g: int) -> Decimal:
    """Grams as kilograms, exactly."""
    return Decimal(mass_g).scaleb(-3)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _name(counterpart: Counterpart | None) -> str | None:
    """Who has no public name is a natural person, whom its id stands for."""
    return (counterpart.name or counterpart.party) if counterpart else None


def _permit(counterpart: Counterpart | None) -> str | None:
    return counterpart.permit if counterpart else None


_WASTE: Final[Sequence[Column[RegisterRow]]] = (
    Column("Nombre del residuo (a)", lambda row, _: name_of(row).es, 34),
    Column("Identificador", lambda row, _: row.unit, 48),
    Column("Cantidad en kg (a)", lambda row, _: kg(row.mass_g), 14),
    Column("Base de la cantidad", lambda row, _: BASES[row.mass_basis], 12),
    Column("Características de peligrosidad, CRETIB (b)", lambda row, _: format_cretib(row.characteristics), 18),
    Column("Clave del residuo", lambda row, _: ", ".join(row.codes)),
)
_COMING: Final[Sequence[Column[RegisterRow]]] = (
    Column("Motivo del ingreso", lambda row, _: ENTRIES[row.entry], 20),
    Column("Área o proceso de generación (c)", lambda row, _: AREAS.get(row.area or "", row.area), 22),
)
_ORIGIN: Final[Sequence[Column[RegisterRow]]] = (
    Column("Motivo del ingreso", lambda row, _: ENTRIES[row.entry], 20),
    Column("Procedencia", lambda row, _: _name(row.origin), 34),
)
_STAY: Final[Sequence[Column[RegisterRow]]] = (
    Column("Fecha de ingreso al almacén temporal (d)", lambda row, _: _day(row.entered_on), 14),
    Column("Fecha de salida del almacén temporal (d)", lambda row, _: _day(row.left_on), 14),
    Column(
        "Fase de manejo siguiente (e)", lambda row, _: HANDLINGS.get(row.next_handling or "", row.next_handling), 28
    ),
    Column("Nombre del prestador del servicio (f)", lambda row, _: _name(row.provider), 34),
    Column("Número de autorización del prestador (f)", lambda row, _: _permit(row.provider), 24),
    Column("Nombre del transportista (f)", lambda row, _: _name(row.carrier), 34),
    Column("Número de autorización del transportista (f)", lambda row, _: _permit(row.carrier), 24),
    Column("Número de manifiesto", lambda row, _: row.manifest),
    Column("Responsable técnico de la bitácora (g)", lambda _, book: book.responsible, 28),
    Column("Campos sin llenar (art. 71)", lambda row, _: ", ".join(row.missing), 14),
)
UNIT_COLUMNS: Final[Mapping[RegisterKind, Sequence[Column[RegisterRow]]]] = {
    "generator": (*_WASTE, *_COMING, *_STAY),
    "centre": (*_WASTE, *_ORIGIN, *_STAY),
    "recycler": (*_WASTE, *_ORIGIN, *_STAY),
}
PROCESS_COLUMNS: Final[Sequence[Column[ProcessRow]]] = (
    Column("Proceso autorizado (a)", lambda row, _: row.process, 24),
    Column("Número de autorización (a)", lambda row, _: row.permit, 24),
    Column("Lote de proceso", lambda row, _: row.batch, 34),
    Column("Primera alimentación", lambda row, _: _day(row.first_on), 14),
    Column("Última alimentación", lambda row, _: _day(row.last_on), 14),
    Column("Nombre del residuo (b)", lambda row, _: "; ".join(row.wastes), 40),
    Column("Características del residuo (b)", lambda row, _: format_cretib(row.characteristics), 18),
    Column("Unidades", lambda row, _: row.units, 10),
    Column("Alimentación en kg (d)", lambda row, _: kg(row.fed_g), 14),
    Column("Etapas", lambda row, _: ", ".join(row.steps), 24),
    Column(
        "Emisiones y liberaciones (c)",
        lambda row, _: "; ".join(f"{one.material}: {format_kg(one.mass_g)} kg" for one in row.emissions),
        32,
    ),
    Column("Temperatura (d)", lambda _, __: None, 14),
    Column("Presión (d)", lambda _, __: None, 14),
    Column("Campos sin llenar (art. 71)", lambda row, _: ", ".join(row.missing), 14),
)
_UNNAMED: Final = frozenset({"Campos sin llenar (art. 71)"})


def columns_of(book: Book, columns: Sequence[Column[Shown]]) -> list[Column[Shown]]:
    """The columns as this register has them: of special-handling waste without what an article on RP asks for."""
    if book.waste_class == "RP":
        return list(columns)
    kept = [column for column in columns if column.title not in _UNNAMED]
    return [Column(_bare(column.title), column.cell, column.width) for column in kept]


def title_of(book: Book) -> str:
    """What the register is called."""
    return TITLES[book.kind, book.waste_class]


def facts_of(book: Book) -> list[tuple[str, str | None]]:
    """What stands at its head; None is left to be written by hand."""
    article = [("Fundamento", _spanish(book.article))] if book.article else []
    return [
        ("Razón social", book.party_name or book.party),
        ("Número de registro ambiental", book.number),
        ("Sitio", "todos" if book.site is None else book.site_name or book.site),
        ("Periodo", f"1 de enero a 31 de diciembre de {book.year}"),
        *article,
        ("Responsable técnico de la bitácora", book.responsible),
        ("Asientos de la bitácora digital", str(book.as_of)),
    ]


def safe(text: str) -> str:
    """The text as no spreadsheet takes for a formula, and without control characters.

    What begins with one of ``= + - @`` or a tab is shown behind an apostrophe (OWASP, CSV injection).
    """
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return f"'{plain}" if plain.lstrip()[:1] in ("=", "+", "-", "@") and plain.strip() else plain


def _bare(title: str) -> str:
    """Without the letter of the article."""
    head, _, letter = title.rpartition(" (")
    return head if head and len(letter) == 2 else title


def _spanish(article: str) -> str:
    law, _, rest = article.partition(" ")
    return f"art. {rest} del Reglamento de la LGPGIR" if law == "RLGPGIR" else article
