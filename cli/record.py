"""``bitacora record``, ``send`` and ``heads``: statements from a party's hand into the ledger."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import NOT_FINE, describe_error, describe_problem, note, show
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
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from cli.again import Renewal
    from cli.compose import Head, Members
    from cli.desk import Desk, Outcome
    from cli.outbox import Outbox, Refused
    from cli.profile import Profile

WAIT_S = 10

WaitOption = Annotated[bool, typer.Option("--wait", help="Wait for the receipt and keep it in sent/.")]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a statement is made.

    Attributes:
        check: only ask whether it would be accepted.
        dry_run: only print its members; nothing is signed.
        wait: for the receipt.
        as_json: print one JSON object.
    """

    check: bool = False
    dry_run: bool = False
    wait: bool = False
    as_json: bool = False


def record(
    kind: Annotated[
        str | None,
        typer.Argument(metavar="KIND", help="Kind of the statement (docs/events.md); with --again, an event id."),
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(metavar="ID", help="Unit id; may be repeated.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A member; NAME may be a path (description.mass_g). VALUE is JSON if it reads as such, else text. "
            "@con is a new id with the prefix con.",
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option(metavar="FILE", help="Members as a JSON object; - reads them here.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Sign with this key file instead; repeated, one statement each (root acts)."),
    ] = None,
    party: Annotated[str | None, typer.Option(metavar="ID", help="State in this party's name (with --key).")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only ask whether it would be accepted.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the members; nothing is signed.")] = False,
    flush: Annotated[bool, typer.Option("--flush", help="Only send what is in the outbox.")] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Sign a refused statement again, on what is newest now, with all that builds on it; --set changes "
            "members of it.",
        ),
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="With --again: every refused statement.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --again: do not ask before signing.")] = False,
    wait: WaitOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a statement and send it, or keep it in the outbox until there is a connection.

    Ids, the time, the party, its site and the newest events it builds on (prev) are filled in. What is in the outbox
    goes first. Whatever happens, a signed statement is in the outbox or in the ledger; sending it twice is safe.
    """
    from cli.desk import open_desk

    if [kind is not None, flush, every].count(True) != 1:
        raise typer.BadParameter("name a kind, or --flush; with --again an event id, or --all", param_hint="KIND")
    if (again and flush) or ((every or yes) and not again):
        raise typer.BadParameter("--all and --yes go with --again, and --flush without it", param_hint="--again")
    opened = open_own(profile)
    given = read_passphrase(passphrase_file, passphrase)
    stated = read_members(file)
    manner = Manner(check=check, dry_run=dry_run, wait=wait, as_json=as_json)
    with open_desk(opened, given) as desk, opened.outbox() as outbox:
        if again:
            changed = {**stated, **_parsed(setting or [], desk)}
            sign_again(desk, outbox, [kind] if kind else [], changed, manner, given, yes=yes)
            return
        if kind is None:
            report(desk, outbox, desk.flush(outbox), None, wait, as_json)
            return
        stated.update(_settings(kind, unit, setting, desk))
        if party is not None:
            stated["party"] = party
        state(desk, outbox, kind, stated, manner, given, key or ())


def state(
    desk: Desk,
    outbox: Outbox,
    kind: str,
    stated: Members,
    manner: Manner,
    passphrase: bytes | None,
    keys: Sequence[Path] = (),
) -> list[Outcome]:
    """Compose, sign with the profile's key or with ``keys``, send after all that waits, and say what became of it.

    With ``manner.check`` or ``manner.dry_run`` nothing is sent, and nothing returned.

    Raises:
        typer.Exit: the ledger refused it, or would.
    """
    tried = manner.check or manner.dry_run
    sent = [] if tried else desk.flush(outbox)
    members = desk.compose(outbox, kind, stated)
    if manner.dry_run:
        typer.echo(json.dumps(members, indent=2, ensure_ascii=False))
        return []
    signed = _sign(members, desk.profile, keys, passphrase)
    if manner.check:
        _report_check(desk, signed[0], manner.as_json)
        _tell_duties(signed[0])
        return []
    ids = {outbox.put(raw).event.id for raw in signed}
    outcomes = desk.flush(outbox)
    report(desk, outbox, [*sent, *outcomes], ids, manner.wait, manner.as_json)
    _tell_duties(signed[0])
    return [outcome for outcome in outcomes if outcome.event_id in ids]


def sign_again(
    desk: Desk,
    outbox: Outbox,
    names: Sequence[str],
    changed: Members,
    manner: Manner,
    passphrase: bytes | None,
    *,
    yes: bool,
) -> None:
    """Show what would change in the refused statements of these names (none: all), sign them again, and send.

    Raises:
        Unavailable: there is no connection.
        typer.Exit: one of them is not signed again, or was refused once more.
        typer.Abort: the person at the terminal said no.
    """
    from cli.again import Asked, choose, plan_again, settle_renewed
    from cli.drafts import server_of

    settle_renewed(outbox)
    sent = desk.flush(outbox)
    refused = outbox.refused()
    chosen = choose(refused, names)
    heads = desk.learn_heads(list({subject.key for one in chosen for subject in one.event.payload.extends}))
    asked = Asked(desk.profile.party, desk.profile.kid, server_of(desk))
    others = {one.event.id for one in refused} - {one.event.id for one in chosen}
    plan = plan_again(asked, chosen, others, heads, changed)
    _show_plan(plan, as_json=manner.as_json)
    if manner.dry_run:
        return
    wanted = [(one, renewal) for one, renewal in zip(chosen, plan, strict=True) if renewal.refusal is None]
    if wanted and not yes:
        typer.confirm(f"Sign {len(wanted)} statements again?", abort=True, err=True)
    ids = _renew(desk, outbox, wanted, heads, passphrase)
    outcomes = [*sent, *desk.flush(outbox)]
    report(desk, outbox, outcomes, ids, manner.wait, manner.as_json)
    if len(wanted) < len(plan):
        raise typer.Exit(NOT_FINE)


def _renew(
    desk: Desk,
    outbox: Outbox,
    wanted: Sequence[tuple[Refused, Renewal]],
    heads: Mapping[str, Head],
    passphrase: bytes | None,
) -> set[str]:
    """Sign each on the newest heads, those of the ones before it too; ids of what was put into the outbox."""
    from cli.again import rebase
    from cli.desk import heads_after, own_key
    from ledger.event import sign_event

    tips, ids = dict(heads), set()
    signs = any(renewal.members is not None for _, renewal in wanted)
    key = own_key(desk.profile, passphrase) if signs else None
    for one, renewal in wanted:
        if key is None or renewal.members is None:
            ids.add(outbox.put(one.event.envelope.raw).event.id)
            continue
        fresh = outbox.put(sign_event(key, rebase(renewal, tips))).event
        # A process that dies here has signed it and not noted so: the next time finds it by its id.
        outbox.settle_again(one, fresh.id)
        tips.update(heads_after(fresh))
        ids.add(fresh.id)
    return ids


def _show_plan(plan: Sequence[Renewal], *, as_json: bool) -> None:
    """What is to be signed again, what is different, and what is not and why; on standard error for a program."""
    for renewal in plan:
        said = f"{renewal.old.payload.kind} {renewal.old.id}"
        lines = [said, *(f"  {change}" for change in renewal.changes)]
        if renewal.refusal is not None:
            lines.append(f"  not signed again: {describe_error(renewal.refusal)}")
        typer.echo("\n".join(lines), err=as_json)
    if not plan:
        typer.echo("Nothing is refused.", err=as_json)


def send(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Signed statements (.cose).")],
    wait: WaitOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send statements that are signed already: refused ones after mending, or those that a giver handed over."""
    from cli.desk import open_desk

    opened = open_own(profile)
    raws = [read_file(path, "FILE") for path in files]
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk, opened.outbox() as outbox:
        ids = {outbox.put(raw).event.id for raw in raws}
        report(desk, outbox, desk.flush(outbox), ids, wait, as_json)


def heads(
    subjects: Annotated[list[str], typer.Argument(metavar="SUBJECT...", help="Unit ids, or ids of acts (con_…).")],
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn the newest events of these subjects, to build on them later without a connection."""
    from cli.compose import subject_key
    from cli.desk import open_desk

    opened = open_own(profile)
    keys = [subject_key(text) for text in subjects]
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk, opened.outbox():
        found = desk.learn_heads(keys)
    members = {key: head.event_id for key, head in found.items()}
    show(members, as_json=as_json, text="\n".join(f"{key} {event_id or '-'}" for key, event_id in members.items()))


def open_own(profile: Path) -> Profile:
    """The profile in this folder; ``~`` is the user's home."""
    from cli.profile import open_profile

    return open_profile(profile.expanduser())


def read_members(file: str | None) -> Members:
    """Members from a JSON file, or from standard input (``-``); none without a file.

    Raises:
        typer.BadParameter: it cannot be read, or is no JSON object.
    """
    if file is None:
        return {}
    text = sys.stdin.buffer.read() if file == "-" else read_file(Path(file), "--file")
    try:
        members = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{file} is not JSON: {error}", param_hint="--file") from error
    if not isinstance(members, dict):
        raise typer.BadParameter(f"{file} is not a JSON object", param_hint="--file")
    return members


def _settings(kind: str, units: Sequence[str] | None, settings: Sequence[str] | None, desk: Desk) -> Members:
    from cli.compose import place_units

    named = place_units(kind, units) if units else {}
    return {**named, **_parsed(settings or (), desk)}


def _parsed(settings: Sequence[str], desk: Desk) -> Members:
    from cli.compose import parse_settings

    def new_id(prefix: str) -> str:
        made = desk.new_id(prefix)
        note(f"@{prefix}: {made}")
        return made

    try:
        return parse_settings(list(settings), new_id)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error


def _sign(members: Members, profile: Profile, files: Sequence[Path], passphrase: bytes | None) -> list[bytes]:
    from cli.desk import own_key
    from ledger.event import sign_event
    from ledger.keys import read_key_file

    if not files:
        return [sign_event(own_key(profile, passphrase), members)]
    keys = [read_key_file(path, ask_passphrase(path, passphrase)) for path in files]
    return [sign_event(key, members) for key in keys]


def _report_check(desk: Desk, raw: bytes, as_json: bool) -> None:
    if desk.server is None:
        raise Unavailable(desk.silence or "this profile has no server")
    answer = desk.server.check(raw)
    accepted = answer.state != "refused"
    text = "It would be recorded." if answer.state == "recorded" else f"It would be {answer.state}."
    told = [_told_in_advance(found) for found in answer.members.get("findings", ())]
    members = {**answer.members, "accepted": accepted, "state": answer.state}
    show(members, as_json=as_json, text="\n".join([text, *told]))
    if not accepted:
        note(describe_problem(answer.members))
        raise typer.Exit(NOT_FINE)


def _tell_duties(raw: bytes) -> None:
    """What is due at once after what was stated, on standard error."""
    from cli.incidents import told_of
    from ledger.event import parse_event

    for line in told_of(parse_event(raw).payload):
        note(line)


def _told_in_advance(found: dict[str, Any]) -> str:
    """A finding that the statement would open, and what cures it, in both languages."""
    where = f"{found['effect']} {found['requirement']} {found['finding']} · {found['article']}"
    said = (f"  {found['statement'][language]} → {found['cure'][language]}" for language in ("es", "en"))
    return "\n".join([where, *said])


def report(
    desk: Desk, outbox: Outbox, outcomes: Sequence[Outcome], ids: set[str] | None, wait: bool, as_json: bool
) -> None:
    """Say what became of each statement, and fail if one that was asked for (``ids``; None: all) was refused."""
    last = {outcome.event_id: outcome for outcome in outcomes}
    if wait:
        _keep_receipts(desk, outbox, [outcome for outcome in last.values() if outcome.state == "recorded"])
    for outcome in last.values():
        if outcome.state == "refused":
            note(f"{outcome.kind} {outcome.event_id}: {describe_problem(_with_command(outcome))}")
    show(
        {"statements": [outcome.members() for outcome in last.values()]},
        as_json=as_json,
        text="\n".join(map(_line, last.values())) or "The outbox is empty.",
    )
    asked = [outcome for outcome in last.values() if ids is None or outcome.event_id in ids]
    if any(outcome.state == "refused" for outcome in asked):
        raise typer.Exit(NOT_FINE)


def _with_command(outcome: Outcome) -> Members:
    """The problem; where one step mends it, its cure is that step (docs/offline.md)."""
    if outcome.answer["code"] not in ("stale-head", "conflicting-statement"):
        return outcome.answer
    return {**outcome.answer, "cure": f"bitacora record --again {outcome.event_id[:12]}"}


def _line(outcome: Outcome) -> str:
    place = f" as entry {outcome.answer['index']}" if outcome.state == "recorded" else ""
    reason = f" ({outcome.answer['detail']})" if outcome.state == "queued" else ""
    return f"{outcome.state}{place}: {outcome.kind} {outcome.event_id}{reason}"


def _keep_receipts(desk: Desk, outbox: Outbox, recorded: Sequence[Outcome]) -> None:
    for outcome in recorded:
        try:
            evidence = desk.server and desk.server.find_evidence(outcome.event_id, wait_s=WAIT_S)
        except Unavailable as error:
            note(f"no receipt yet: {error.detail}")
            return
        if evidence:
            _verify_receipt(desk.profile, evidence)
            outbox.keep_evidence(outcome.event_id, evidence)


def _verify_receipt(profile: Profile, evidence: bytes) -> None:
    """A receipt that does not prove anything is not kept as if it did."""
    from ledger.evidence import parse_evidence, verify_evidence

    trust = profile.find_trust()
    if trust is not None:
        verify_evidence(parse_evidence(evidence), trust)
