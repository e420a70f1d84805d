"""``bitacora certify``: what an authority decides about applications and permits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import typer

from cli.stating import Member, Stating, add_commands

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk
    from cli.stating import Plan

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Decidir sobre solicitudes y autorizaciones · Decide on applications and permits, as an authority.",
)

_APPLICATION: Final = "APPLICATION"
_AUTHORISATION: Final = "AUTHORISATION"
_DECISIONS: Final = {
    "grant": "authorisation.granted",
    "renewal": "authorisation.renewed",
    "change": "authorisation.changed",
    "transfer": "authorisation.transferred",
}

_ACT: Final = (
    Member("oficio", "act.oficio", "Número de oficio · Number of the oficio.", required=True),
    Member("notified-on", "act.notified_on", "Fecha de notificación · Day of notification.", "DAY", required=True),
    Member("decided-on", "act.decided_on", "Fecha del oficio · Day that the oficio bears.", "DAY"),
    Member("digest", "act.digest", "SHA-256 del oficio · SHA-256 of the oficio.", "HEX"),
    Member("act-form", "act.form", "paper, e_firma.", "FORM"),
)
_ACT_IF_ANY: Final = tuple(replace(member, required=False) for member in _ACT)
_FROM: Final = Member("from", "from_on", "Surte efectos desde · In effect from.", "DAY", required=True)
_CAUSE: Final = Member("cause", "cause", "Causa · Cause.", required=True)


def _of_application(kind: str, **more: Any) -> Plan:
    def plan(desk: Desk, application: str) -> tuple[str, Members]:
        from cli.drafts import ask

        applicant = ask(desk, f"v1/applications/{application}")["party"]
        return kind, {"application": application, "applicant": applicant, **more}

    return plan


def _of_authorisation(kind: str) -> Plan:
    return lambda _desk, authorisation: (kind, {"authorisation": authorisation})


def _decision(desk: Desk, application: str) -> tuple[str, Members]:
    """A new permit, or what was asked of an old one: whichever it is, the decision closes the application."""
    from cli.compose import TO_BE_FILLED
    from cli.drafts import ask

    asked = ask(desk, f"v1/applications/{application}")
    kind = _DECISIONS[asked["asks"]]
    members: Members = {"decides": {"application": application, "prev": TO_BE_FILLED}}
    if kind == "authorisation.granted":
        members |= {"authorisation": desk.new_id("aut"), "holder": asked["party"]}
    else:
        members["authorisation"] = asked["authorisation"]
    if asked["asks"] == "transfer":
        members["to"] = asked["transfer_to"]
    if asked["asks"] in ("grant", "change"):
        members["scope"] = asked["scope"]
    return kind, members


_TABLE: Final = (
    Stating(
        "require",
        "Requerir información, una sola vez · Require information, once.",
        _APPLICATION,
        _of_application("application.information_required"),
        (
            Member("item", "items", "Lo que falta · What is missing.", many=True, required=True),
            Member("answer-by", "answer_by", "Último día para contestar · Last day to answer.", "DAY", required=True),
            *_ACT,
        ),
    ),
    Stating(
        "inspect",
        "Asentar una visita al sitio · Record a visit to a site.",
        _APPLICATION,
        _of_application("application.inspected", conforms=False),
        (
            Member("inspected", "inspected", "Sitio visitado · Site visited.", "SITE", required=True),
            Member("order-number", "order_number", "Orden de visita · Order of the visit.", required=True),
            Member("acta", "acta", "SHA-256 del acta · SHA-256 of the acta.", "HEX", required=True),
            Member("conforms", "conforms", "El sitio cumple · The site conforms.", metavar=None),
        ),
    ),
    Stating(
        "grant",
        "Resolver a favor lo solicitado · Decide for the applicant: grant, renew, change or transfer.",
        _APPLICATION,
        _decision,
        (
            Member("number", "number", "Número de autorización · Number of a new permit."),
            _FROM,
            Member("to", "to_on", "Vigente hasta · Valid until; for a new permit or a renewal.", "DAY"),
            Member("in-part", "decides.in_part", "Sólo en parte · In part only.", metavar=None),
            Member("reason", "decides.reasons", "Por qué no en todo · Why not in whole.", many=True),
            *_ACT,
        ),
    ),
    Stating(
        "refuse",
        "Negar, con razones · Refuse, with reasons.",
        _APPLICATION,
        _of_application("application.refused"),
        (
            Member("ground", "ground", "merits, unanswered, incompetent.", "GROUND", required=True),
            Member("reason", "reasons", "Razón · Reason.", many=True, required=True),
            *_ACT,
        ),
    ),
    Stating(
        "suspend",
        "Suspender una autorización · Suspend a permit.",
        _AUTHORISATION,
        _of_authorisation("authorisation.suspended"),
        (_FROM, _CAUSE, *_ACT),
    ),
    Stating(
        "reinstate",
        "Levantar una suspensión · End a suspension.",
        _AUTHORISATION,
        _of_authorisation("authorisation.reinstated"),
        (_FROM, _CAUSE, *_ACT_IF_ANY),
    ),
    Stating(
        "stay",
        "Asentar la suspensión que ordena un juez · Record a court's stay of a suspension or revocation.",
        _AUTHORISATION,
        _of_authorisation("authorisation.stayed"),
        (
            _FROM,
            Member("stays", "stays", "Evento que se suspende · The event that is stayed.", "EVENT_ID", required=True),
            Member("court", "court", "Juzgado · Court.", required=True),
            Member("court-file", "file", "Expediente · File number.", required=True),
            Member("digest", "digest", "SHA-256 de la resolución · SHA-256 of the ruling.", "HEX"),
        ),
    ),
    Stating(
        "lift-stay",
        "Asentar que terminó la suspensión judicial · Record the end of a court's stay.",
        _AUTHORISATION,
        _of_authorisation("authorisation.stay_lifted"),
        (_FROM, Member("court-file", "file", "Expediente · File number.", required=True)),
    ),
    Stating(
        "renew",
        "Prorrogar de oficio · Renew a permit.",
        _AUTHORISATION,
        _of_authorisation("authorisation.renewed"),
        (_FROM, Member("to", "to_on", "Vigente hasta · Valid until.", "DAY", required=True), *_ACT),
    ),
    Stating(
        "transfer",
        "Transferir a otra parte · Pass a permit to another party.",
        _AUTHORISATION,
        _of_authorisation("authorisation.transferred"),
        (_FROM, Member("to", "to", "Nuevo titular · New holder.", "PARTY", required=True), *_ACT),
    ),
    Stating(
        "revoke",
        "Revocar con causa · Revoke a permit, with cause.",
        _AUTHORISATION,
        _of_authorisation("authorisation.revoked"),
        (_FROM, _CAUSE, *_ACT),
    ),
    Stating(
        "confirm",
        "Confirmar una autorización transcrita · Confirm a transcribed permit.",
        _AUTHORISATION,
        _of_authorisation("authorisation.confirmed"),
        _ACT,
    ),
)

add_commands(app, _TABLE)
