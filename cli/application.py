"""``bitacora application``: how a party asks for a permit, or for the renewal, change or transfer of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)
from cli.record import Manner, WaitOption, open_own, state
from cli.stating import DryRunOption, FileOption, Member, SettingOption, Stating, add_commands, merge, stated_members

if TYPE_CHECKING:
    from cli.desk import Desk
    from cli.stating import Plan
    from ledger.domain.authorisation import ApplicationSubmitted

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Solicitar una autorización · Apply for a permit, or for its renewal, change or transfer.",
)

DraftArgument = Annotated[
    str, typer.Argument(metavar="DRAFT", help="Id del borrador, o su archivo · Id of the draft, or its file.")
]


@app.command("new")
def new(
    asks: Annotated[str, typer.Argument(metavar="ASKS", help="grant, renewal, change, transfer.")],
    to: Annotated[str, typer.Option("--to", metavar="PARTY", help="Autoridad que resuelve · Who decides.")],
    person: Annotated[str, typer.Option("--person", metavar="FORM", help="moral, fisica, foreign.")],
    authorisation: Annotated[
        str | None, typer.Option("--authorisation", metavar="ID", help="La que existe · The one there is.")
    ] = None,
    transfer_to: Annotated[
        str | None, typer.Option("--transfer-to", metavar="PARTY", help="Nuevo titular · Who is to hold it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Borrador en un archivo · Keep the draft in a file.")
    ] = None,
    setting: SettingOption = None,
    file: FileOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Empezar un borrador; nadie lo resuelve · Begin a draft, which nobody decides; print its id."""
    from cli.desk import open_desk
    from cli.drafts import keep_draft

    named = {"to": to, "asks": asks, "person": person, "authorisation": authorisation, "transfer_to": transfer_to}
    opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, secret) as desk:
        application = desk.new_id("apl")
        given = {name: value for name, value in named.items() if value is not None}
        members = {**merge(given, stated_members(desk, file, setting)), "application": application}
        keep_draft(desk, application if out is None else str(out), members)
    show(members, as_json=as_json, text=f"Borrador {application if out is None else out}")


@app.command("edit")
def edit(
    draft: DraftArgument,
    setting: SettingOption = None,
    file: FileOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cambiar o mostrar un borrador · Change a draft, or show it as it is. What changes has to be signed anew."""
    from cli.desk import open_desk
    from cli.drafts import keep_draft, read_draft

    opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, secret) as desk:
        members = read_draft(desk, draft)
        changed = merge(members, stated_members(desk, file, setting))
        if changed != members:
            keep_draft(desk, draft, changed)
    show(changed, as_json=as_json, text=json.dumps(changed, ensure_ascii=False, indent=2))


@app.command("drafts")
def drafts(
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Listar los borradores propios · List this party's drafts on the server."""
    from cli.desk import open_desk
    from cli.drafts import ask

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        members = ask(desk, "v1/drafts")
    lines = [f"{row['subject']} {row['updated_at']} {row['members'].get('asks', '')}" for row in members["drafts"]]
    show(members, as_json=as_json, text="\n".join(lines) or "No hay borradores.")


@app.command("identify")
def identify(
    draft: DraftArgument,
    name: Annotated[str, typer.Option("--name", metavar="TEXT", help="Nombre registrado · As registered at home.")],
    country: Annotated[str, typer.Option("--country", metavar="CC", help="Dos letras · Two letters.")],
    epa_id: Annotated[str | None, typer.Option("--epa-id", metavar="ID", help="EPA ID.")] = None,
    lei: Annotated[str | None, typer.Option("--lei", metavar="LEI", help="LEI.")] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Identificar a una parte extranjera · Say who a foreign party is; those of Mexico sign by `efirma sign`."""
    from certification.foreign import ForeignIdentity, format_foreign_identity
    from cli.desk import open_desk
    from cli.drafts import application_of, keep_draft, read_draft, seal_identity

    try:
        value = format_foreign_identity(ForeignIdentity(name, country, epa_id, lei))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, secret) as desk:
        members = read_draft(desk, draft)
        commitment = seal_identity(desk, value, application_of(desk, members).to)
        keep_draft(desk, draft, {**members, "identity": commitment})
    show({"identity": commitment}, as_json=as_json, text=f"identity {commitment}")


@app.command("check")
def check(
    draft: DraftArgument,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preguntar si se aceptaría · Ask whether the application would be accepted as it is; nothing is handed in."""
    _submit(draft, Manner(check=True, as_json=as_json), profile, read_passphrase(passphrase_file, passphrase))


@app.command("submit")
def submit(
    draft: DraftArgument,
    dry_run: DryRunOption = False,
    wait: WaitOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Presentar la solicitud · Sign the application with this profile's key and hand it in; the draft goes."""
    manner = Manner(dry_run=dry_run, wait=wait, as_json=as_json)
    _submit(draft, manner, profile, read_passphrase(passphrase_file, passphrase))


@app.command("list")
def list_applications(
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="submitted, information_required, answered …")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Con un plazo vencido · With a term that lapsed.")] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Listar solicitudes: las propias o las recibidas · List one's own applications, or those that came in."""
    from urllib.parse import urlencode

    from cli.desk import open_desk
    from cli.drafts import ask

    asked = {"stage": stage, "overdue": "true" if overdue else None}
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        while after is not None:
            query = urlencode({name: value for name, value in {**asked, "after": after}.items() if value})
            page = ask(desk, f"v1/applications?{query}")
            rows += page["applications"]
            after = page["next"]
    text = "\n".join(map(_line, rows)) or "No hay solicitudes."
    show({"applications": rows}, as_json=as_json, text=text)


@app.command("show")
def show_application(
    application: Annotated[str, typer.Argument(metavar="APPLICATION", help="Su id · Its id.")],
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mostrar una solicitud, sus plazos y su historia · Show an application, its terms and its timeline."""
    from cli.desk import open_desk
    from cli.drafts import ask

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        members = ask(desk, f"v1/applications/{application}")
    steps = [f"  {step['occurred_at']} {step['kind']} {step['event_id']}" for step in members["timeline"]]
    show(members, as_json=as_json, text="\n".join([_line(members), *map(_term, members["clocks"]), *steps]))


def _submit(draft: str, manner: Manner, profile: Path, secret: bytes | None) -> None:
    from cli.desk import open_desk
    from cli.drafts import SUBMITTED, application_of, drop_draft, is_identified, read_draft

    opened = open_own(profile)
    with open_desk(opened, secret) as desk, opened.outbox() as outbox:
        members = read_draft(desk, draft)
        application = application_of(desk, members)
        if is_identified(application):
            _check_signed(desk, application)
        elif manner.check:
            members["identity"] = application.identity
        outcomes = state(desk, outbox, SUBMITTED, members, manner, secret)
        if any(outcome.state == "recorded" for outcome in outcomes):
            drop_draft(desk, draft)


def _check_signed(desk: Desk, application: ApplicationSubmitted) -> None:
    """What was changed after it was signed is found out here, not by the authority."""
    from certification.application import application_bytes, parse_efirma_proof
    from certification.efirma import parse_certificate, verify_signature
    from cli.drafts import ledger_of, open_identity

    sealed = open_identity(desk, application.identity)
    if application.person != "foreign":
        proof = parse_efirma_proof(sealed)
        signed = application_bytes(application, ledger_of(desk))
        verify_signature(parse_certificate(proof.certificate), proof.signature, signed)


def _line(row: dict[str, Any]) -> str:
    late = " VENCIDA" if row["overdue"] else ""
    return f"{row['application']} {row['asks']} {row['stage']} {row['submitted_at']}{late}"


def _term(clock: dict[str, Any]) -> str:
    due = clock["due_on"] or "detenido"
    return f"  plazo {clock['name']}: {due} ({clock['article']})"


def _own(kind: str) -> Plan:
    return lambda _desk, application: (kind, {"application": application})


_TABLE: Final = (
    Stating(
        "answer",
        "Contestar el requerimiento · Answer what was required; a scope given with --set or --file replaces the first.",
        "APPLICATION",
        _own("application.answered"),
    ),
    Stating(
        "withdraw",
        "Desistirse · Withdraw the application.",
        "APPLICATION",
        _own("application.withdrawn"),
    ),
    Stating(
        "claim-renewal",
        "Declarar prorrogada la autorización por silencio (RLGPGIR 59) · Claim a renewal that silence granted.",
        "AUTHORISATION",
        lambda _desk, authorisation: ("authorisation.renewal_claimed", {"authorisation": authorisation}),
        (
            Member("application", "application", "La solicitud · The application.", "APPLICATION", required=True),
            Member("from", "from_on", "Surte efectos desde · In effect from.", "DAY", required=True),
            Member("to", "to_on", "Vigente hasta · Valid until.", "DAY", required=True),
        ),
    ),
)

add_commands(app, _TABLE)
