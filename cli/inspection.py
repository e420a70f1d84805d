"""``bitacora inspection``: a visit from its order to its closing; the middle of it works without a connection."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import NOT_FINE, note, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    ask_passphrase,
    read_file,
    read_passphrase,
)
from cli.record import WaitOption, open_own, report
from cli.stating import Member, Stating, add_commands, deposit_document

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk
    from cli.outbox import Outbox
    from compliance.inspection import Comparison, Visit
    from exchange.acta import Acta, Witness

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Visitas de inspección: orden, recuento, acta, cierre · Inspections, from the order to the closing.",
)

ACT: Final = (
    Member("oficio", "act.oficio", "Número de oficio · Number of the oficio.", required=True),
    Member("notified-on", "act.notified_on", "Fecha de notificación · Day of notification.", "DAY", required=True),
    Member("decided-on", "act.decided_on", "Fecha del oficio · Day that the oficio bears.", "DAY"),
    Member("digest", "act.digest", "SHA-256 del oficio · SHA-256 of the oficio.", "HEX"),
)
ACT_IF_ANY: Final = tuple(replace(member, required=False) for member in ACT)
PURPOSE: Final = "physical_count"

VisitArgument = Annotated[Path, typer.Argument(metavar="VISIT", help="Archivo de `inspection prepare` · Its file.")]
ScansArgument = Annotated[
    Path, typer.Argument(metavar="SCANS", help="Lecturas, una por línea · Scans as text, one a line.")
]


@app.command("prepare")
def prepare(
    inspection: Annotated[str, typer.Argument(metavar="INSPECTION", help="Id de la inspección (ins_…) · Its id.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Archivo por hacer · File to make.")] = Path("visita.json"),
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Preparar la visita: qué debe haber en el sitio · Prepare a visit: what should be there, in one file.

    From here on `compare` and `acta` need neither network nor database.
    """
    from cli.desk import open_desk
    from cli.drafts import server_of
    from cli.files import write_whole
    from compliance.inspection import parse_visit, visit_digest

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        data = server_of(desk).tell("GET", f"v1/inspections/{inspection}/visit")
    visit = parse_visit(data)
    write_whole(out.absolute(), data)
    members = {"file": str(out), "digest": visit_digest(data), "expected": len(visit.expected), "site": visit.site}
    text = f"{out}: {len(visit.expected)} unidades esperadas en {visit.site}\nSHA-256 {members['digest']}"
    show(members, as_json=as_json, text=text)


@app.command("compare")
def compare(visit: VisitArgument, scans: ScansArgument, as_json: JsonOption = False) -> None:
    """Comparar lo leído con lo esperado, sin conexión · Hold scans against the visit file; exit 1 if they differ."""
    _, found = _compared(visit, scans)
    members = {**asdict(found), "unread": [{"line": line, "text": text} for line, text in found.unread]}
    show({**members, "counted": found.counted}, as_json=as_json, text="\n".join(_told(found)))
    if found.missing or found.unexpected or found.unread:
        raise typer.Exit(NOT_FINE)


@app.command("acta")
def acta(
    visit: VisitArgument,
    scans: ScansArgument,
    began: Annotated[str, typer.Option(metavar="TIME", help="Inicio, hora del lugar: 2026-11-23T10:05 · Its begin.")],
    ended: Annotated[str, typer.Option(metavar="TIME", help="Fin, hora del lugar · Its end.")],
    inspector: Annotated[list[str], typer.Option(metavar="NAME", help="Quien inspecciona · Who inspects; repeat.")],
    witness: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Testigo que nombró la persona visitada · Witness; repeat.")
    ] = None,
    witness_by_inspector: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Testigo que nombró quien inspecciona · Witness named by the inspector."),
    ] = None,
    refused: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Testigo que se negó a firmar · Witness who will not sign.")
    ] = None,
    attended_by: Annotated[
        str | None, typer.Option(metavar="NAME", help="Con quién se entendió · Who was met.")
    ] = None,
    saw: Annotated[str | None, typer.Option(metavar="TEXT", help="Otros hechos · What else was seen.")] = None,
    declared: Annotated[str | None, typer.Option(metavar="TEXT", help="Lo que manifiesta · What they declare.")] = None,
    measure: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="Medida de seguridad ordenada · Measure ordered; repeat.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="PDF por hacer · PDF to make.")] = Path("acta.pdf"),
    as_json: JsonOption = False,
) -> None:
    """Imprimir el acta, sin conexión · Print the acta with its witnesses; nothing is sent or kept elsewhere."""
    from cli.files import write_whole
    from exchange.acta import Witness, render_acta

    prepared, found = _compared(visit, scans)
    unsigned = set(refused or ())
    named = [
        *(Witness(name, "inspected", name in unsigned) for name in witness or ()),
        *(Witness(name, "inspector", name in unsigned) for name in witness_by_inspector or ()),
    ]
    _check_witnesses(named, unsigned)
    data = render_acta(
        _acta(
            prepared,
            found,
            visit_digest=sha256(read_file(visit, "VISIT")).hexdigest(),
            scans_digest=sha256(read_file(scans, "SCANS")).hexdigest(),
            began=_local(began, "--began"),
            ended=_local(ended, "--ended"),
            inspectors=tuple(inspector),
            attended_by=attended_by,
            witnesses=tuple(named),
            saw=saw,
            declared=declared,
            measures=tuple(measure or ()),
        )
    )
    write_whole(out.absolute(), data)
    digest = sha256(data).hexdigest()
    show({"file": str(out), "digest": digest}, as_json=as_json, text=f"{out}\nSHA-256 {digest}")


@app.command("record")
def record(
    visit: VisitArgument,
    scans: ScansArgument,
    acta_file: Annotated[Path, typer.Option("--acta", metavar="FILE", help="El acta en PDF · The acta as PDF.")],
    witness: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Testigo: sólo queda un sello · Witness; only a commitment."),
    ] = None,
    held_at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Cuándo fue, en UTC: 2026-11-23T19:40:00Z · When it was held.")
    ] = None,
    wait: WaitOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Asentar recuento y acta · Deposit the acta, and sign the count and that the visit was made.

    All statements are signed before the first is sent: what is cut off is sent by `record --flush`.
    """
    from cli.desk import open_desk, own_key
    from ledger.event import sign_event

    prepared, found = _compared(visit, scans)
    names = witness or []
    if len(names) > _WITNESSES_MAX:
        raise typer.BadParameter("an acta has two witnesses", param_hint="--witness")
    opened = open_own(profile)
    secret = ask_passphrase(opened.key_path, read_passphrase(passphrase_file, passphrase))
    with open_desk(opened, secret) as desk, opened.outbox() as outbox:
        document = deposit_document(desk, read_file(acta_file, "--acta"), "oficio")
        sealed = [_seal(desk, name) for name in names]
        key = own_key(opened, secret)
        stated = list(_statements(desk, outbox, prepared, found, document, sealed, held_at))
        ids = {outbox.put(sign_event(key, members)).event.id for members in stated}
        report(desk, outbox, desk.flush(outbox), ids, wait, as_json)


@app.command("terms")
def terms(
    after_on: Annotated[str, typer.Argument(metavar="DAY", help="Día de la visita o del aviso · Its day.")],
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Hasta cuándo se observa un acta y se contesta un caso · Last days of the terms that begin after a day."""
    from cli.desk import open_desk
    from cli.drafts import ask

    with open_desk(open_own(profile), None) as desk:
        members = ask(desk, f"v1/inspections/terms?after_on={after_on}")
    lines = [
        f"{name:<13} {term['to_on']} ({term['business_days']} días hábiles, {term['article']})"
        for name, term in members.items()
        if term is not None
    ]
    show(members, as_json=as_json, text="\n".join(lines))


@app.command("pass")
def show_pass(
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pedir un pase para el escritorio web · Ask for a pass to the desk (/escritorio); keep it secret."""
    from cli.desk import open_desk
    from cli.drafts import server_of

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        token = server_of(desk).new_token()
    show({"pass": token}, as_json=as_json, text=token)


_WITNESSES_MAX: Final = 2


def _compared(visit: Path, scans: Path) -> tuple[Visit, Comparison]:
    from compliance.inspection import compare as hold_against
    from compliance.inspection import parse_visit

    try:
        prepared = parse_visit(read_file(visit, "VISIT"))
    except ValueError as error:
        raise typer.BadParameter(f"{visit}: {error}", param_hint="VISIT") from error
    try:
        return prepared, hold_against(prepared, read_file(scans, "SCANS").decode("utf-8-sig").splitlines())
    except ValueError as error:
        raise typer.BadParameter(f"{scans}: {error}", param_hint="SCANS") from error


def _told(found: Comparison) -> Iterator[str]:
    yield (
        f"{len(found.present)} presentes, {len(found.missing)} faltan, {len(found.unexpected)} no esperadas, "
        f"{len(found.twice)} leídas más de una vez, {len(found.unread)} lecturas sin unidad"
    )
    yield from (f"falta {unit}" for unit in found.missing)
    yield from (f"no esperada {unit}" for unit in found.unexpected)
    yield from (f"leída {times} veces {unit}" for unit, times in found.twice.items())
    yield from (f"línea {line}: no nombra una unidad: {text[:80]}" for line, text in found.unread)


def _acta(visit: Visit, found: Comparison, *, began: str, ended: str, **said: Any) -> Acta:
    from compliance.inspection import observations_of
    from exchange.acta import Acta
    from ledger.errors import CalendarUnknown

    try:
        term = observations_of(visit, began[:10])
    except CalendarUnknown as error:
        raise typer.BadParameter("the visit file knows no calendar of that year", param_hint="--began") from error
    began, ended = _spoken_time(began), _spoken_time(ended)
    return Acta(visit=visit, comparison=found, began=began, ended=ended, observations=term, **said)


def _spoken_time(local: str) -> str:
    return f"{local[:10]}, {local[11:]} h"


def _check_witnesses(witnesses: Sequence[Witness], refused: set[str]) -> None:
    if len(witnesses) > _WITNESSES_MAX:
        raise typer.BadParameter("an acta has two witnesses", param_hint="--witness")
    if not refused <= {witness.name for witness in witnesses}:
        raise typer.BadParameter("is none of the witnesses", param_hint="--refused")
    if len(witnesses) < _WITNESSES_MAX:
        note("El acta lleva dos testigos (LGEEPA 163): queda sin nombrar alguno · An acta has two witnesses.")


def _local(text: str, hint: str) -> str:
    from datetime import datetime

    try:
        if datetime.fromisoformat(text).strftime("%Y-%m-%dT%H:%M") == text:
            return text
    except ValueError:
        pass
    raise typer.BadParameter("expected a local time like 2026-11-23T10:05", param_hint=hint)


def _seal(desk: Desk, name: str) -> str:
    """Deposit a witness's name beside the log; the commitment that the log has."""
    import json

    from certification.sealed import SALT_BYTES_MIN, seal
    from cli.drafts import server_of
    from ledger.domain.values import format_base64url

    value, salt = {"name": name}, secrets.token_bytes(SALT_BYTES_MIN)
    commitment = seal(value, salt)
    body = json.dumps({"salt": format_base64url(salt), "value": value, "readers": []}).encode()
    server_of(desk).tell("PUT", f"v1/sealed/{commitment}", body, "application/json")
    return commitment


def _statements(
    desk: Desk,
    outbox: Outbox,
    visit: Visit,
    found: Comparison,
    document: Members,
    witnesses: Sequence[str],
    held_at: str | None,
) -> Iterator[Members]:
    """The parts of the count, and the acta that names them."""
    from compliance.inspection import counts_of

    at: Members = {} if held_at is None else {"occurred_at": held_at}
    counts = []
    for part in counts_of(found):
        counts.append(desk.new_id("cnt"))
        about = {"count": counts[-1], "site": visit.site, "inspection": visit.inspection}
        yield desk.compose(outbox, "count.recorded", {**about, **part, **at})
    stated: Members = {
        "inspection": visit.inspection,
        "inspected": visit.site,
        "order_number": visit.order_number,
        "acta": document["digest"],
        "documents": [document],
        "witnesses": list(witnesses),
        "counts": counts,
        "expected": len(visit.expected),
        "counted": found.counted,
        "missing": len(found.missing),
        "unexpected": len(found.unexpected),
    }
    yield desk.compose(outbox, "inspection.recorded", {**stated, **at})


def _order(desk: Desk, site: str) -> tuple[str, Members]:
    inspection = desk.new_id("ins")
    note(f"inspección: {inspection}")
    return "inspection.ordered", {"inspection": inspection, "inspected": site, "purpose": PURPOSE}


def _measure(desk: Desk, inspection: str) -> tuple[str, Members]:
    order = desk.new_id("ord")
    note(f"orden: {order}")
    return "order.issued", {"order": order, "inspection": inspection}


_TABLE: Final = (
    Stating(
        "order",
        "Ordenar una visita a un sitio · Order a visit to a site (LGEEPA 162).",
        "SITE",
        _order,
        (
            Member("order-number", "order_number", "Número de la orden · Number of the order.", required=True),
            Member("from", "from_on", "Primer día · First day.", "DAY", required=True),
            Member("to", "to_on", "Último día · Last day.", "DAY", required=True),
            Member("purpose", "purpose", "Objeto, en una clave · What to look at, as a code.", "CODE"),
            *ACT,
        ),
    ),
    Stating(
        "measure",
        "Asegurar o inmovilizar unidades · Order a seizure or a quarantine: the units do not move until it is lifted.",
        "INSPECTION",
        _measure,
        (
            Member("effect", "effect", "seizure, quarantine, isolate, inform.", "EFFECT", required=True),
            Member("unit", "units", "Unidad · Unit; repeat.", "ID", many=True, required=True),
            *ACT,
        ),
    ),
    Stating(
        "lift",
        "Levantar una medida · Lift a measure for units.",
        "ORDER",
        lambda _desk, order: ("order.lifted", {"order": order}),
        (Member("unit", "units", "Unidad · Unit; repeat.", "ID", many=True, required=True),),
    ),
    Stating(
        "observe",
        "Formular observaciones al acta, como persona visitada · Observe on the acta, as the inspected party.",
        "INSPECTION",
        lambda _desk, inspection: ("inspection.observed", {"inspection": inspection}),
        (Member("letter", "observations", "El escrito · The document.", "FILE", required=True, document="other"),),
    ),
    Stating(
        "close",
        "Concluir una inspección · End an inspection.",
        "INSPECTION",
        lambda _desk, inspection: ("inspection.closed", {"inspection": inspection}),
        (
            Member("outcome", "outcome", "nothing_found, case_opened, not_carried_out.", "OUTCOME", required=True),
            Member("case", "case", "Caso que sigue · The case that goes on with it.", "CASE"),
            *ACT_IF_ANY,
        ),
    ),
)

add_commands(app, _TABLE)
