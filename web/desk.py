"""The desk of authorities: inspections, cases, findings, what is due, and who among the officials read what.

Pages are rendered on the server for whoever has signed in, hold no script, and are kept by nobody. Nothing is signed
here: each page says by which command an official goes on, with the key that never leaves their machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from compliance.finding import Finding
from compliance.obligation import Obligation, Standing
from compliance.requirements.catalogue.rows import REQUIREMENTS
from ledger.store.reads import OfficialRead
from web.language import Language, mark
from web.rendering import render_page
from web.wording import Tone

ROOT: Final = "/escritorio"
Why = Literal["first", "expired", "refused"]

_WHYS: Final[Mapping[Why, str]] = {
    "first": "",
    "expired": mark("El pase no vale o ya venció. Pida otro."),
    "refused": mark("Esa llave no es de una autoridad que inspecciona o registra."),
}
_STAGES: Final[Mapping[str, tuple[str, Tone]]] = {
    "ordered": (mark("Ordenada"), "doubt"),
    "recorded": (mark("Con acta"), "doubt"),
    "observed": (mark("Con observaciones"), "doubt"),
    "closed": (mark("Concluida"), "good"),
    "open": (mark("Abierto: espera respuesta"), "doubt"),
    "correction_requested": (mark("Se pidió corregir"), "doubt"),
    "information_requested": (mark("Se pidió información"), "doubt"),
    "answered": (mark("Contestado"), "doubt"),
}
_CLOSED_CASE: Final[tuple[str, Tone]] = (mark("Concluido"), "good")
_OUTCOMES: Final[Mapping[str, str]] = {
    "nothing_found": mark("Sin irregularidades"),
    "case_opened": mark("Sigue en un caso"),
    "not_carried_out": mark("No se realizó"),
    "cured": mark("Subsanado"),
    "sanctioned": mark("Sancionado"),
    "dismissed": mark("Sin elementos"),
}
_STEPS: Final[Mapping[str, str]] = {
    "inspection.ordered": mark("Se ordenó la visita"),
    "inspection.recorded": mark("Se asentó el acta"),
    "inspection.observed": mark("La persona visitada hizo observaciones"),
    "inspection.closed": mark("Se concluyó la inspección"),
    "case.opened": mark("Se abrió el caso"),
    "case.requested": mark("La autoridad pidió algo"),
    "case.answered": mark("La parte contestó"),
    "case.closed": mark("Se concluyó el caso"),
}
_EFFECTS: Final[Mapping[str, tuple[str, Tone]]] = {
    "violation": (mark("Incumplimiento"), "bad"),
    "block": (mark("Incumplimiento"), "bad"),
    "warning": (mark("Advertencia"), "doubt"),
    "notice": (mark("Aviso"), "doubt"),
}
_STANDINGS: Final[Mapping[Standing, tuple[str, Tone]]] = {
    "pending": (mark("En plazo"), "good"),
    "near": (mark("Por vencer"), "doubt"),
    "grace": (mark("Último día recorrido"), "doubt"),
    "overdue": (mark("Vencido"), "bad"),
    "met": (mark("Cumplido"), "good"),
    "met_late": (mark("Cumplido tarde"), "doubt"),
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits there: the language of the pages, name and id of the authority, and today's legal day."""

    language: Language
    authority: str
    name: str
    today: str
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of an inspection or case: its kind, when it says that it happened, by whom, and its event id."""

    kind: str
    at: int
    party: str
    event: str


def entrance_page(language: Language, why: Why, *, sandbox: bool = False) -> bytes:
    """How an official comes in, and why they are not."""
    return render_page(language, "desk/entrance", ROOT, sandbox=sandbox, why=_WHYS[why])


def overview_page(
    desk: Desk,
    inspections: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    names: Mapping[str, str],
) -> bytes:
    """What is open, what was found last, and the way to a party."""
    return _page(
        desk, "overview", ROOT, inspections=inspections, cases=cases, findings=_findings(desk, findings), names=names
    )


def inspection_page(
    desk: Desk,
    row: Mapping[str, Any],
    steps: Sequence[Step],
    findings: Sequence[Finding],
    names: Mapping[str, str],
) -> bytes:
    """One inspection: where it stands, what was found there, which term runs, and how to go on."""
    here, found = f"{ROOT}/inspecciones/{row['inspection']}", _findings(desk, findings)
    return _page(desk, "inspection", here, row=row, steps=steps, findings=found, names=names)


def case_page(
    desk: Desk,
    row: Mapping[str, Any],
    steps: Sequence[Step],
    findings: Sequence[Finding],
    names: Mapping[str, str],
) -> bytes:
    """One case: its findings, until when it is answered, and how to go on."""
    found = _findings(desk, findings)
    return _page(desk, "case", f"{ROOT}/casos/{row['case']}", row=row, steps=steps, findings=found, names=names)


def party_page(
    desk: Desk,
    party: str,
    sites: Sequence[str],
    inspections: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]],
    findings: Sequence[Finding],
    due: Sequence[Obligation],
    names: Mapping[str, str],
) -> bytes:
    """What was found about a party, what is due from it, and what has been begun about it."""
    return _page(
        desk,
        "party",
        f"{ROOT}/partes/{party}",
        party=party,
        sites=sites,
        inspections=inspections,
        cases=cases,
        findings=_findings(desk, findings),
        due=[(one, *_STANDINGS[one.standing(desk.today)]) for one in due],
        names=names,
    )


def reads_page(desk: Desk, reads: Sequence[OfficialRead], following: str | None) -> bytes:
    """What the officials of the authority have read."""
    after = f"{ROOT}/lecturas?after={following}" if following else None
    return _page(desk, "reads", f"{ROOT}/lecturas", reads=reads, next=after)


def _findings(desk: Desk, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Each finding with the words of its requirement, its tone, and what cures it."""
    shown = []
    for finding in findings:
        requirement = REQUIREMENTS.get(finding.requirement)
        effect, tone = _EFFECTS.get(finding.effect, _EFFECTS["notice"])
        asks = getattr(requirement.statement, desk.language) if requirement else finding.code
        cure = getattr(requirement.cure, desk.language) if requirement else ""
        shown.append({"finding": finding, "effect": effect, "tone": tone, "asks": asks, "cure": cure})
    return shown


def _page(desk: Desk, template: str, here: str, **members: Any) -> bytes:
    words = {"stages": _STAGES, "closed_case": _CLOSED_CASE, "outcomes": _OUTCOMES, "steps_said": _STEPS}
    return render_page(desk.language, f"desk/{template}", here, sandbox=desk.sandbox, desk=desk, **words, **members)
