"""``bitacora case``: findings grouped into a case against a party, what is asked, what it answers, how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from cli.console import note
from cli.inspection import ACT, ACT_IF_ANY
from cli.stating import Member, Stating, add_commands

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk
    from cli.stating import Plan

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Casos: hallazgos, requerimientos, respuestas, cierre · Cases that group findings about a party.",
)

SUBJECT: Final = "LGEEPA 167"


def _open(desk: Desk, against: str) -> tuple[str, Members]:
    case = desk.new_id("cas")
    note(f"caso: {case}")
    return "case.opened", {"case": case, "against": against, "subject": SUBJECT}


def _answer_by(desk: Desk, stated: Members) -> Members:
    """The last day of the term of LGEEPA 167, from the notice of the case."""
    from cli.drafts import ask

    if "answer_by" in stated or "act" not in stated:
        return {}
    term = ask(desk, f"v1/inspections/terms?after_on={stated['act']['notified_on']}")["reply"]
    if term is None:
        return {}
    note(f"respuesta hasta {term['to_on']} ({term['business_days']} días hábiles, {term['article']})")
    return {"answer_by": term["to_on"]}


def _of_case(kind: str) -> Plan:
    return lambda _desk, case: (kind, {"case": case})


_TABLE: Final = (
    Stating(
        "open",
        "Abrir un caso contra una parte · Open a case against a party; it has 15 business days to answer (LGEEPA 167). "
        "Hallazgos con --finding, plazos vencidos con --overdue · Findings by --finding, deadlines that passed by "
        "--overdue.",
        "PARTY",
        _open,
        (
            Member("subject", "subject", "Asunto, en una clave · What it is about, as a code.", "CODE"),
            Member("finding", "findings", "Hallazgo, evento/número · Finding; repeat.", "NAME", many=True),
            Member("overdue", "overdue", "Plazo vencido, R01/… · Deadline that passed; repeat.", "NAME", many=True),
            Member("inspection", "inspection", "Inspección de la que sale · Its inspection.", "INSPECTION"),
            Member("answer-by", "answer_by", "Otro último día para contestar · Another last day.", "DAY"),
            *ACT,
        ),
        _answer_by,
    ),
    Stating(
        "request",
        "Pedir corrección o información · Ask for a correction, or to be told more.",
        "CASE",
        _of_case("case.requested"),
        (
            Member("asks", "asks", "correction, information.", "WHAT", required=True),
            Member("answer-by", "answer_by", "Último día para contestar · Last day to answer.", "DAY", required=True),
            Member("letter", "request", "El oficio · The document.", "FILE", required=True, document="oficio"),
        ),
    ),
    Stating(
        "answer",
        "Contestar un caso, como parte · Answer a case, as the party concerned.",
        "CASE",
        _of_case("case.answered"),
        (Member("letter", "answer", "El escrito · The document.", "FILE", required=True, document="other"),),
    ),
    Stating(
        "close",
        "Concluir un caso · Close a case; cured or dismissed, its findings are settled.",
        "CASE",
        _of_case("case.closed"),
        (
            Member("outcome", "outcome", "cured, sanctioned, dismissed.", "OUTCOME", required=True),
            *ACT_IF_ANY,
        ),
    ),
)

add_commands(app, _TABLE)
