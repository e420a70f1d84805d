"""The draft of the yearly report and the generator's category for people: lines of text, and the report as a file.

Both take the members that the API shows, so that what a server says and what a database says look the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from reportlab.platypus import Flowable

from exchange.papers.page import facts, flow, gap, render, said, table
from exchange.registers.columns import Cell, kg
from exchange.registers.sheets import Grid, iter_csv, write_xlsx
from exchange.registers.wording import AREAS, CATEGORIES, HANDLINGS, format_cretib, format_kg

_TITLE: Final = "Borrador de la COA: residuos peligrosos"
_FLOWS: Final[Mapping[str, str]] = {
    "opening": "Existencia al iniciar el año",
    "generated_in_all": "Generado en el año",
    "came": "Ingresado en el año (con lo generado)",
    "left": "Salido en el año",
    "processed": "De ello, reciclado, tratado o desmontado en el sitio",
    "disposed": "De ello, dispuesto en el sitio",
    "closing": "Existencia al terminar el año",
}
_GENERATED: Final = ("Residuo", "CRETIB", "Área o proceso", "Unidades", "kg")
_GIVEN: Final = ("Prestador", "Autorización", "Transportista", "Autorización", "Fase", "CRETIB", "Unidades", "kg")
_TAKEN: Final = ("Procedencia", "CRETIB", "Unidades", "kg")
_AGREES: Final = {
    True: "Los renglones suman lo que el registro contó como generado.",
    False: "LOS RENGLONES NO SUMAN LO QUE EL REGISTRO CONTÓ COMO GENERADO: revise antes de presentar.",
}


def report_lines(members: Mapping[str, Any]) -> Iterator[str]:
    """The draft as lines of text."""
    yield f"{_TITLE} {members['year']}, {members['site'] or members['party']}"
    for flow_name, label in _FLOWS.items():
        yield f"{label}: {_amount(members[flow_name])}"
    yield f"Días en almacén: {members['days_max']} el que más, {members['days_mean']} en promedio"
    for title, _, rows in _sections(members):
        for row in rows:
            yield f"{title}: {', '.join(_text(cell) for cell in row if cell not in (None, ''))} kg"
    yield _AGREES[members["agrees"]]
    yield (
        "Se presenta del 1 de marzo al 30 de junio del año siguiente (RLGPGIR 73)."
        if members["filed_at"] is None
        else f"Presentada {members['filed_at']}."
    )


def category_lines(members: Mapping[str, Any]) -> Iterator[str]:
    """The category, and why, as lines of text."""
    registered = members["registered"]
    yield f"Registrada: {CATEGORIES[registered] if registered else 'sin registro'}"
    if members["category"] is not None:
        yield f"Por dos años seguidos (RLGPGIR 44): {CATEGORIES[members['category']]}"
    for row in members["years"]:
        mark = "; en 400 kg exactos la ley da dos categorías" if row["at_boundary"] else ""
        yield f"{row['year']}: {_amount(row['generated'])} → {CATEGORIES[row['category']]}{mark}"
    if members["next_year"] not in (None, members["category"]):
        yield f"Otro año igual la cambia a: {CATEGORIES[members['next_year']]}"
    for plan in members["plans"]:
        yield f"Plan de manejo {plan['number']}, desde {plan['since']}"
    if not members["plans"]:
        yield "Sin plan de manejo registrado ni adherido."


def write_report(members: Mapping[str, Any], form: str) -> bytes:
    """The draft as ``.csv``, ``.xlsx`` or ``.pdf``."""
    match form:
        case ".pdf":
            return _render(members)
        case ".xlsx":
            out = io.BytesIO()
            write_xlsx(out, _grids(members))
            return out.getvalue()
    return "".join(line for grid in _grids(members) for line in iter_csv(grid)).replace("\ufeff", "").encode()


def _sections(members: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], list[Sequence[Cell]]]]:
    generated = [
        (row["name"], format_cretib(row["characteristics"]), AREAS.get(row["area"], row["area"]), *_figures(row))
        for row in members["generated"]
    ]
    given = [
        (
            row["provider"],
            row["provider_permit"],
            row["carrier"],
            row["carrier_permit"],
            HANDLINGS.get(row["handling"], row["handling"]),
            format_cretib(row["characteristics"]),
            *_figures(row),
        )
        for row in members["given"]
    ]
    taken = [(row["name"], format_cretib(row["characteristics"]), *_figures(row)) for row in members["taken"]]
    yield "Generado", _GENERATED, list(generated)
    yield "Entregado", _GIVEN, list(given)
    yield "Recibido", _TAKEN, list(taken)


def _figures(row: Mapping[str, Any]) -> tuple[Cell, Cell]:
    return row["amount"]["units"], kg(row["amount"]["g"])


def _grids(members: Mapping[str, Any]) -> Iterator[Grid]:
    flows = [(label, members[name]["units"], kg(members[name]["g"])) for name, label in _FLOWS.items()]
    yield Grid("Resumen", ("Concepto", "Unidades", "kg"), (52, 12, 16), flows)
    for title, titles, rows in _sections(members):
        yield Grid(title, titles, [34 if n < 4 else 14 for n in range(len(titles))], rows)


def _render(members: Mapping[str, Any]) -> bytes:
    place = members["site"] or members["party"]
    head = facts(
        [("Sitio", place), ("Año", str(members["year"])), ("Fundamento", "art. 72 del Reglamento de la LGPGIR")]
    )
    flows = table(
        ("Concepto", "Unidades", "kg"),
        [(label, str(members[name]["units"]), format_kg(members[name]["g"])) for name, label in _FLOWS.items()],
        (60, 15, 25),
        size=8,
    )
    story: list[Flowable] = [said(_TITLE, "heading"), gap(2), head, gap(2), flows, gap(2)]
    story.append(said(_AGREES[members["agrees"]], "body" if members["agrees"] else "warning"))
    days = f"Periodo de almacenamiento: {members['days_max']} días el mayor, {members['days_mean']} en promedio."
    story.append(said(days))
    for title, titles, rows in _sections(members):
        if rows:
            shares = [2 if n < len(titles) - 2 else 1.5 for n in range(len(titles))]
            texts = [[_text(cell) for cell in row] for row in rows]
            story += [gap(3), said(title, "section"), table(titles, texts, shares, size=6.5)]
    story += [gap(3), said("Borrador: se presenta por la COA, del 1 de marzo al 30 de junio (art. 73).", "small")]
    return render([flow(_TITLE, story, place)], title=f"{_TITLE} {members['year']}", subject=members["party"])


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _amount(amount: Mapping[str, int]) -> str:
    return f"{format_kg(amount['g'])} kg, {amount['units']} {'unidad' if amount['units'] == 1 else 'unidades'}"
