"""The acta of a visit: what was ordered, who was there, what was counted and how it differs, and lines to sign in ink.

The same facts give the same bytes, so the digest that is recorded is that of every copy. The names of people stand on
the paper; the log has commitments to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from reportlab.platypus import Flowable

from compliance.inspection import Comparison, Expected, Period, Visit
from exchange.papers.page import Sheet, facts, flow, gap, render, said, table
from exchange.papers.wording import UNIT_KINDS, format_kg

TITLE: Final = "Acta de inspección"
_ANNEX: Final = "Anexo: unidades encontradas"
_INK: Final = "\n\n"
_NAMED_BY: Final = {"inspected": "la persona visitada", "inspector": "el personal que inspecciona"}


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness of the visit, and who named them; ``refused`` if they would not sign."""

    name: str
    named_by: Literal["inspected", "inspector"] = "inspected"
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Acta:
    """What the acta says.

    Attributes:
        visit: what was prepared.
        visit_digest: SHA-256 of the visit file, in hex.
        scans_digest: of the scans, as they were read.
        comparison: what came of it.
        began, ended: day and hour at the site, as people say them.
        inspectors: names of those who inspect.
        attended_by: name and office of whom they met; None leaves a line.
        witnesses: two, as a rule.
        saw: what was seen besides the count.
        declared: what the person visited declares, in their own words.
        measures: safety measures that were ordered on the spot.
        observations: the term for written observations.
    """

    visit: Visit
    visit_digest: str
    scans_digest: str
    comparison: Comparison
    began: str
    ended: str
    inspectors: tuple[str, ...]
    attended_by: str | None
    witnesses: tuple[Witness, ...]
    observations: Period
    saw: str | None = None
    declared: str | None = None
    measures: tuple[str, ...] = ()


def render_acta(acta: Acta) -> bytes:
    """The acta as PDF, with every unit of the count in its annex."""
    mark = f"{acta.visit.inspection} · orden {acta.visit.order_number}"
    sheets = [flow(TITLE, _acta(acta), mark), *_annex(acta, mark)]
    return render(sheets, title=f"{TITLE} {acta.visit.order_number}", subject=acta.visit.inspection)


def _acta(acta: Acta) -> Iterator[Flowable]:
    visit = acta.visit
    yield said(TITLE, "heading")
    yield said("LGEEPA 162 a 164. Se levanta en presencia de dos testigos y se deja copia.", "small")
    yield gap(2)
    yield facts(
        [
            ("Autoridad", visit.authority_name),
            ("Orden de visita", f"{visit.order_number}, del {visit.from_on} al {visit.to_on}"),
            ("Inspección", visit.inspection),
            ("Persona visitada", _with_id(visit.inspected_name, visit.inspected)),
            ("Lugar", _with_id(visit.site_name, visit.site)),
            ("Inició", acta.began),
            ("Concluyó", acta.ended),
            ("Quien inspecciona", "; ".join(acta.inspectors) or None),
            ("Con quien se entendió la visita", acta.attended_by),
        ]
    )
    yield from _counted(acta)
    yield from _said(acta)
    yield from _signatures(acta)


def _with_id(name: str | None, identifier: str) -> str:
    return identifier if name is None else f"{name} ({identifier})"


def _counted(acta: Acta) -> Iterator[Flowable]:
    visit, found = acta.visit, acta.comparison
    yield gap(3)
    yield said("Recuento", "section")
    yield said(
        f"Según la bitácora al {visit.taken_at} ({visit.size} asientos) debía haber en el sitio {len(visit.expected)} "
        f"unidades. Se leyeron las etiquetas de {found.counted} unidades."
    )
    yield gap(1)
    rows = [
        ("Esperadas y encontradas", str(len(found.present))),
        ("Esperadas y no encontradas", str(len(found.missing))),
        ("Encontradas y no esperadas", str(len(found.unexpected))),
        ("Leídas más de una vez (se cuentan una)", str(len(found.twice))),
        ("Lecturas que no nombran ninguna unidad", str(len(found.unread))),
    ]
    yield table(("Resultado", "Cuántas"), rows, (4, 1), size=8)
    if found.missing:
        expected = {one.unit: one for one in visit.expected}
        yield from _listed("No encontradas", [_described(expected[unit]) for unit in found.missing])
    if found.unexpected:
        yield from _listed("No esperadas", [(unit, "", "", "") for unit in found.unexpected])
    yield gap(2)
    yield said(f"Archivo de la visita, SHA-256 {acta.visit_digest}", "small")
    yield said(f"Lecturas, SHA-256 {acta.scans_digest}", "small")


def _listed(title: str, rows: Sequence[Sequence[str]]) -> Iterator[Flowable]:
    yield gap(2)
    yield said(title, "section")
    yield table(("Unidad", "Qué es", "Masa", "Ahí desde"), rows, (6, 3, 1.5, 1.5))


def _described(one: Expected) -> tuple[str, str, str, str]:
    chemistry = None if one.chemistry == "unknown" else one.chemistry
    what = " ".join(filter(None, (UNIT_KINDS.get(one.kind, one.kind), chemistry, one.waste_class)))
    return one.unit, what, "" if one.mass_g is None else f"{format_kg(one.mass_g)} kg", one.since or ""


def _said(acta: Acta) -> Iterator[Flowable]:
    for title, text in (
        ("Otros hechos", acta.saw),
        ("Lo que manifiesta la persona visitada", acta.declared),
        ("Medidas de seguridad ordenadas", "\n".join(acta.measures) or None),
    ):
        if text is not None:
            yield gap(2)
            yield said(title, "section")
            yield from (said(line) for line in text.splitlines())
    term = acta.observations
    yield gap(2)
    yield said("Observaciones por escrito", "section")
    yield said(
        f"La persona visitada puede formular observaciones y ofrecer pruebas en esta diligencia, o por escrito en los "
        f"{term.business_days} días hábiles siguientes: hasta el {term.to_on} ({term.article})."
    )


def _signatures(acta: Acta) -> Iterator[Flowable]:
    rows = [
        *((f"Inspecciona: {name}", _INK) for name in acta.inspectors or ("",)),
        (f"Persona visitada: {acta.attended_by or ''}", _INK),
        *(
            (
                f"Testigo: {witness.name}. Lo nombró {_NAMED_BY[witness.named_by]}.",
                "Se negó a firmar." if witness.refused else _INK,
            )
            for witness in acta.witnesses
        ),
    ]
    yield gap(3)
    yield said("Firmas", "section")
    yield said("La negativa a firmar, o a recibir copia, se asienta aquí y no quita validez al acta.", "small")
    yield table(("Nombre", "Firma, o por qué no se firma"), rows, (1, 1), size=8)


def _annex(acta: Acta, mark: str) -> Iterator[Sheet]:
    found, expected = acta.comparison, {one.unit: one for one in acta.visit.expected}
    if found.present:
        rows = [_described(expected[unit]) for unit in found.present]
        units = table(("Unidad", "Qué es", "Masa", "Ahí desde"), rows, (6, 3, 1.5, 1.5))
        yield flow(_ANNEX, [said(_ANNEX, "heading"), units], mark)
    if found.unread:
        unread = [(str(line), text[:200]) for line, text in found.unread]
        title = "Anexo: lecturas que no nombran ninguna unidad"
        yield flow(title, [said(title, "heading"), table(("Línea", "Texto"), unread, (1, 9))], mark)
