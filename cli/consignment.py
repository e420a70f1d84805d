"""``bitacora consignment``: what a party has on the road, what it must sign, and signing many at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

import typer

from cli.console import note, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    ask_passphrase,
    read_passphrase,
)
from cli.record import WaitOption, open_own, report

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Envíos: qué viaja y qué hay que firmar · Consignments: what travels, and what must be signed.",
)

UNITS_PER_STATEMENT: Final = 256
"""As many as one statement names."""
ROWS_MAX: Final = 1000
"""Acts of the queue that one ceremony takes up."""

_WORDS: Final = {
    "offer_rest": "ofrecer el resto",
    "pick_up": "recoger",
    "deliver": "entregar",
    "receive": "recibir",
    "record_delivery": "registrar la entrega en el extranjero",
    "take_back": "recibir de vuelta",
    "redirect": "reenviar",
    "agree": "confirmar lo que se capturó de más o de un papel",
    "resolve": "resolver diferencias",
    "register_original": "registrar el original devuelto",
}
_SIGNED_AS_IT_IS: Final = ("pick_up", "receive", "take_back", "agree")
"""Acts that the queue knows all about; the others say something that only the signer knows."""

ConsignmentArgument = Annotated[str, typer.Argument(metavar="CONSIGNMENT", help="Id del envío (con_…) · Its id.")]
ConsignmentsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[CONSIGNMENT]...", help="Ids de envíos (con_…) · Their ids.")
]


@dataclass(frozen=True, slots=True)
class Ready:
    """One statement that is ready to be signed, and the row of the queue from which it follows."""

    row: Members
    kind: str
    stated: Members
    units: int


@app.command("list")
def list_them(
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="consignor, carrier, consignee.")] = None,
    stage: Annotated[str | None, typer.Option(metavar="STAGE", help="offering, offered, moving, closed…")] = None,
    purpose: Annotated[str | None, typer.Option(metavar="PURPOSE", help="waste_rp, waste_rme, export…")] = None,
    must_sign: Annotated[bool, typer.Option("--must-sign", help="Que esperan su firma · That wait for you.")] = False,
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="De quién (autoridades) · Whose (authorities).")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=ROWS_MAX, help="Cuántos · How many.")] = 50,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Los envíos propios, del más nuevo al más viejo · The party's consignments, the newest first."""
    from cli.desk import open_desk

    asked = {"role": role, "stage": stage, "purpose": purpose, "party": party}
    query = {name: value for name, value in asked.items() if value is not None}
    query |= {"must_sign": "true"} if must_sign else {}
    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        rows = list(_rows(desk, "v1/consignments", "consignments", query, limit))
    lines = [
        f"{row['consignment']} {row['stage']:<9} {row['purpose']:<20} {_units(sum(_done(row)), row['units_total'])}"
        f"{'; '.join(['', *map(_due_text, row['due'])])}"
        for row in rows
    ]
    show({"consignments": rows}, as_json=as_json, text="\n".join(lines) or "No hay envíos.")


@app.command("show")
def show_one(
    consignment: ConsignmentArgument,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Un envío completo · One consignment: its lines, who signed what, its papers, what is still to be signed."""
    from cli.desk import open_desk

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        members = _read(desk, consignment)
    show(members, as_json=as_json, text="\n".join(_told(members)))


@app.command("queue")
def queue(
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=ROWS_MAX, help="Cuántos · How many.")] = ROWS_MAX,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lo que hay que firmar, lo más viejo primero · What must be signed, the longest-waiting first."""
    from cli.desk import open_desk

    with open_desk(open_own(profile), read_passphrase(passphrase_file, passphrase)) as desk:
        rows = list(_rows(desk, "v1/queue", "queue", {}, limit))
    lines = [f"{row['consignment']} {_due_text(row)} ({row['purpose']})" for row in rows]
    show({"queue": rows}, as_json=as_json, text="\n".join(lines) or "No hay nada que firmar.")


@app.command("sign")
def sign(
    consignment: ConsignmentsArgument = None,
    every: Annotated[bool, typer.Option("--all", help="Todo lo pendiente · All that waits.")] = False,
    act: Annotated[
        list[str] | None,
        typer.Option(metavar="ACT", help="Sólo esto: pick_up, receive, take_back, agree · Only this; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="No preguntar · Do not ask.")] = False,
    wait: WaitOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Firmar muchos envíos de una vez · Sign for many consignments in one ceremony.

    What is received is received whole: what was refused, missing or weighed is stated by `record` instead. All is
    shown and asked about once, signed with one passphrase, and sent together; each statement gets its own answer.
    """
    from cli.desk import open_desk, own_key
    from ledger.event import sign_event

    if every is bool(consignment):
        raise typer.BadParameter("name consignments, or --all", param_hint="CONSIGNMENT")
    acts = _acts(act)
    opened = open_own(profile)
    secret = ask_passphrase(opened.key_path, read_passphrase(passphrase_file, passphrase))
    with open_desk(opened, secret) as desk, opened.outbox() as outbox:
        rows = [
            row
            for row in _rows(desk, "v1/queue", "queue", {}, ROWS_MAX)
            if every or row["consignment"] in _set(consignment)
        ]
        ready = [one for row in rows if row["act"] in acts for one in _statements(desk, row)]
        _say_what_is_left(rows, acts)
        if not ready:
            show({"statements": []}, as_json=as_json, text="No hay nada que firmar.")
            return
        _ask(ready, yes)
        key, ids = own_key(opened, secret), set()
        for one in ready:
            ids.add(outbox.put(sign_event(key, desk.compose(outbox, one.kind, one.stated))).event.id)
        report(desk, outbox, desk.flush_together(outbox), ids, wait, as_json)


def _set(named: Sequence[str] | None) -> set[str]:
    return set(named or ())


def _acts(named: Sequence[str] | None) -> set[str]:
    unknown = _set(named) - set(_SIGNED_AS_IT_IS)
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(sorted(unknown))} is none of {', '.join(_SIGNED_AS_IT_IS)}", param_hint="--act"
        )
    return _set(named or _SIGNED_AS_IT_IS)


def _ask(ready: Sequence[Ready], yes: bool) -> None:
    """Show what is about to be signed, and have it confirmed.

    Raises:
        typer.Abort: it is not.
    """
    for one in ready:
        note(f"{one.row['consignment']} {_WORDS[one.row['act']]}: {one.units} ({one.kind}, {one.row['purpose']})")
    if not yes:
        typer.confirm(f"¿Firmar {len(ready)} declaraciones? · Sign {len(ready)} statements?", abort=True, err=True)


def _say_what_is_left(rows: Sequence[Members], acts: set[str]) -> None:
    for row in rows:
        if row["act"] not in acts and row["kind"] is not None:
            note(f"{row['consignment']} {_due_text(row)}: bitacora record {row['kind']}")


def _statements(desk: Desk, row: Members) -> Iterator[Ready]:
    """The statements that do one act of the queue, as the consignment stands now."""
    con, act, kind = row["consignment"], row["act"], row["kind"]
    lines = [line for line in _read(desk, con)["lines"] if line["due"] == act]
    if act == "agree":
        # Of each claim its own agreement: it names the statement that claims.
        for event in dict.fromkeys(line["event"] for line in lines):
            units = [line["unit"] for line in lines if line["event"] == event]
            yield Ready(row, kind, {"event": event, "units": units}, len(units))
        return
    units = [line["unit"] for line in lines]
    for at in range(0, len(units), UNITS_PER_STATEMENT):
        part = units[at : at + UNITS_PER_STATEMENT]
        stated: Members = {"consignment": con}
        stated |= {"basis": "offer", "lines": part} if act == "receive" else {"units": part}
        yield Ready(row, kind, stated, len(part))


def _read(desk: Desk, con: str) -> Members:
    """The consignment with all its lines."""
    from cli.drafts import ask

    members = ask(desk, f"v1/consignments/{con}")
    following = members["next"]
    while following is not None:
        page = ask(desk, f"v1/consignments/{con}?{urlencode({'after': following})}")
        members["lines"] += page["lines"]
        following = page["next"]
    return {**members, "next": None}


def _rows(desk: Desk, path: str, name: str, query: dict[str, str], limit: int) -> Iterator[dict[str, Any]]:
    """The rows of a list, a page after the other."""
    from cli.drafts import ask

    given, after = 0, ""
    while given < limit:
        page = ask(desk, f"{path}?{urlencode({**query, 'after': after, 'limit': min(200, limit - given)})}")
        yield from page[name]
        given += len(page[name])
        if page["next"] is None:
            return
        after = page["next"]


def _due_text(due: Members) -> str:
    counted = f" {due['units']}" if due["units"] else ""
    return f"{_WORDS[due['act']]}{counted}, desde {due['since']}"


def _done(row: Members) -> Iterator[int]:
    return (count for name, count in row["counts"].items() if name != "offered")


def _units(done: int, total: int) -> str:
    return f"{done}/{total}"


def _unsettled(finding: Members) -> str:
    """What `bitacora record discrepancy.resolved` names the finding by, as long as it is not settled."""
    if finding["settled_at"] is not None:
        return ""
    facts = finding["facts"]
    masses = f", {facts['expected_g']} g → {facts['found_g']} g" if {"expected_g", "found_g"} <= facts.keys() else ""
    return f"{masses} (--set event={finding['event']} --set number={finding['number']})"


def _told(members: Members) -> Iterator[str]:
    names = {party: value["name"] or party for party, value in members["parties"].items()}

    def name(party: str | None) -> str:
        return "-" if party is None else names.get(party, party)

    carriers = ", ".join(map(name, members["carriers"])) or "sin transportista"
    yield f"{members['consignment']} {members['stage']} ({members['purpose']})"
    yield f"{name(members['consignor'])} → {carriers} → {name(members['consignee'])}"
    for step in members["hand_overs"]:
        vouched = step["assurance"]["es"]
        yield f"  {step['occurred_at']} {step['kind']} {name(step['party'])}: {step['units']}, {vouched}"
    for line in members["lines"]:
        yield f"  {line['line']:<10} {line['unit']} {name(line['holder'])}"
    for form, paper in members["papers"].items():
        yield f"  {form} {paper['number']}: {'devuelto' if paper['returned_at'] else 'el original no ha vuelto'}"
    for finding in members["findings"]:
        yield f"  {finding['requirement']} {name(finding['party'])} {finding['subject']}{_unsettled(finding)}"
    yield from (f"→ {_due_text(due)}" for due in members["due"])
