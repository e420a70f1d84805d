"""``bitacora import``: what others have published, transcribed line by line into the ledger."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import NOT_FINE, describe_problem, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_file,
    read_passphrase,
)

if TYPE_CHECKING:
    from certification.listing.matching import Known, KnownPermit
    from certification.listing.plan import Import, LineReport, Opening, Step, ToState
    from cli.desk import Desk
    from cli.outbox import Outbox
    from cli.server import Server
    from ledger.keys import SigningKey

_NOT_FINE_OUTCOMES = frozenset({"ambiguous", "wrong"})

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Take in what others have published.")


@app.callback()
def _import() -> None:
    pass


@app.command("directory")
def import_directory(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The published list: CSV or XLSX (docs/importing.md).")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="Where it was published.")],
    listed_on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="The day on which it was listed.")],
    activity: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What the list is of, where no column says it; may be repeated."),
    ] = None,
    waste_class: Annotated[
        str, typer.Option(metavar="RP|RME", help="RP: a federal list, of hazardous waste; RME: a state's.")
    ] = "RP",
    resolutions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answers to ambiguous lines: a table of number, party (id or new), form."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report; nothing is deposited or signed.")] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Transcribe a published list of authorised parties, as a party with the powers to register and to transcribe.

    Every line is reported: new, unchanged, changed, ambiguous (it waits for an answer in --resolutions) or wrong. The
    same list twice records nothing new; after an interruption, run it again. Exit 1 when a line is ambiguous or wrong.
    """
    from cli.desk import open_desk, own_key
    from cli.profile import open_profile
    from ledger.errors import Unavailable

    data = read_file(file, "FILE")
    opened = open_profile(profile.expanduser())
    task = _import_of(data, opened.party, source, listed_on, tuple(activity or ()), waste_class, resolutions)
    passed = read_passphrase(passphrase_file, passphrase)
    with open_desk(opened, passed) as desk, opened.outbox() as outbox:
        if desk.server is None:
            raise Unavailable("this profile has no server")
        known = _known(desk.server)
        columns, steps = task.steps(data, known)
        reports = [step.report for step in steps]
        if not dry_run:
            desk.flush(outbox)
            key = own_key(opened, passed)
            reports = [_carry_out(desk, outbox, key, step) for step in steps]
    _report(task, reports, columns.ignored, dry_run, as_json)


def _import_of(
    data: bytes,
    signer: str,
    source: str,
    listed_on: str,
    activities: Sequence[str],
    waste_class: str,
    resolutions: Path | None,
) -> Import:
    from certification.listing.plan import Import, Source, Terms
    from certification.listing.resolutions import read_resolutions
    from ledger.domain.values import check_day

    try:
        day = check_day(listed_on)
    except ValueError as error:
        raise typer.BadParameter("expected a day like 2026-03-01", param_hint="--listed-on") from error
    if waste_class not in ("RP", "RME"):
        raise typer.BadParameter("RP or RME", param_hint="--waste-class")
    return Import(
        signer=signer,
        source=Source(source, day, sha256(data).hexdigest()),
        terms=Terms(_known_activities(activities), waste_class),
        resolutions=read_resolutions(read_file(resolutions, "--resolutions")) if resolutions is not None else {},
        salt=secrets.token_bytes,
    )


def _known_activities(names: Sequence[str]) -> tuple[str, ...]:
    from typing import get_args

    from ledger.domain.values import Activity

    unknown = sorted(set(names) - set(get_args(Activity)))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(get_args(Activity))}", param_hint="--activity")
    return tuple(names)


def _known(server: Server) -> Known:
    """The directory, and the natural persons whose names this party sealed itself."""
    from certification.listing.matching import Known, KnownParty

    known = Known()
    persons = _own_persons(server)
    for row in _directory_rows(server):
        states = frozenset({row["site"]["place"]["state"]}) if row["site"] is not None else frozenset()
        known.add_party(KnownParty(row["party"], row["form"], row["name"] or persons.get(row["party"]), states))
        known.add_permit(_permit(row))
    return known


def _permit(row: Mapping[str, Any]) -> KnownPermit:
    from certification.listing.matching import KnownPermit

    return KnownPermit(
        authorisation=row["authorisation"],
        number=row["number"],
        holder=row["party"],
        scope=row["scope"],
        from_on=row["from_on"],
        to_on=row["to_on"],
        is_transcribed=not row["confirmed"],
        is_revoked=row["standing"] == "revoked",
    )


def _directory_rows(server: Server) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = json.loads(server.fetch(f"v1/directory?after={after}"))
        yield from page["rows"]
        after = page["next"]


def _own_persons(server: Server) -> dict[str, str]:
    """Name by party id, of what an import deposited before; nobody else's sealed values open."""
    rows = json.loads(server.tell("GET", "v1/sealed"))["sealed"]
    values = (
        json.loads(server.tell("GET", f"v1/sealed/{row['commitment']}"))["value"]
        for row in rows
        if row["erased_at"] is None
    )
    return {value["party"]: value["name"] for value in values if {"party", "name"} <= value.keys()}


def _carry_out(desk: Desk, outbox: Outbox, key: SigningKey, step: Step) -> LineReport:
    """Deposit and state what one line brings; what an earlier run recorded of it already is left out."""
    there = _already_there(desk, step.statements)
    wanted = [statement for statement in step.statements if statement.brings not in there]
    for opening in step.openings:
        if any(statement.members.get("identity") == opening.commitment for statement in wanted):
            _deposit(desk, opening)
    for statement in wanted:
        problem = _state(desk, outbox, key, statement)
        if problem is not None:
            detail = describe_problem(problem)
            return replace(step.report, outcome="wrong", field=statement.kind, rule=problem["code"], detail=detail)
    return step.report


def _already_there(desk: Desk, statements: Sequence[ToState]) -> set[str]:
    keys = [statement.brings for statement in statements if statement.brings is not None]
    found = desk.learn_heads(keys) if keys else {}
    there = {key for key, head in found.items() if head.event_id is not None}
    desk.fresh.update(set(keys) - there)
    return there


def _deposit(desk: Desk, opening: Opening) -> None:
    """Before its commitment is stated: who dies in between leaves a deposit that nothing names."""
    from ledger.domain.values import format_base64url
    from ledger.errors import Unavailable

    if desk.server is None:
        raise Unavailable(desk.silence or "this profile has no server")
    body = json.dumps({"salt": format_base64url(opening.salt), "value": opening.value, "readers": []}).encode()
    desk.server.tell("PUT", f"v1/sealed/{opening.commitment}", body, "application/json")


def _state(desk: Desk, outbox: Outbox, key: SigningKey, statement: ToState) -> dict[str, Any] | None:
    """Sign and send it; the problem if it was refused.

    Raises:
        Unavailable: nobody answers; it is in the outbox, and the next run goes on from there.
    """
    from ledger.errors import Unavailable
    from ledger.event import sign_event

    pending = outbox.put(sign_event(key, desk.compose(outbox, statement.kind, statement.members)))
    outcome = next(outcome for outcome in desk.flush(outbox) if outcome.event_id == pending.event.id)
    if outcome.state == "refused":
        return outcome.answer
    if outcome.state != "recorded":
        raise Unavailable(str(outcome.answer.get("detail") or "the ledger has not recorded it yet"))
    if statement.brings is not None:
        desk.fresh.discard(statement.brings)
    return None


def _report(task: Import, reports: Sequence[LineReport], ignored: Sequence[str], dry_run: bool, as_json: bool) -> None:
    counts = Counter(report.outcome for report in reports)
    members = {
        "digest": task.source.digest,
        "dry_run": dry_run,
        "ignored_columns": list(ignored),
        "counts": dict(sorted(counts.items())),
        "lines": [report.members() for report in reports],
    }
    told = [_line(report) for report in reports if report.outcome != "unchanged"]
    summary = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "no lines"
    show(members, as_json=as_json, text="\n".join([*told, summary + ("; nothing was recorded" if dry_run else "")]))
    if _NOT_FINE_OUTCOMES & counts.keys():
        raise typer.Exit(NOT_FINE)


def _line(report: LineReport) -> str:
    at = f" {report.field}: {report.rule}: {report.detail}" if report.rule else ""
    candidates = f" Candidates: {', '.join(report.candidates)}." if report.candidates else ""
    notes = f" ({', '.join(report.notes)})" if report.notes else ""
    return f"line {report.line}: {report.outcome} {report.number or '-'}{at}{candidates}{notes}"
