"""``bitacora handover``: what is signed and not sent yet, from the giver's device to the receiver's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import note, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_file,
    read_passphrase,
)
from cli.record import open_own, report

if TYPE_CHECKING:
    from cli.desk import Desk
    from cli.outbox import Outbox
    from cli.profile import Profile
    from cli.taking import Checked, Known
    from ledger.event import Event

FRAME_S = 0.2
"""How long a screen shows one frame."""

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Entregar sin conexión lo firmado y no enviado · Hand over offline what is signed and not sent.",
)


@app.command("pack")
def pack(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archivo por hacer, .bitacora · File to make.")],
    about: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SUBJECT",
            help="Sólo de este envío o esta unidad, y aquello en que se basa · Only about this consignment (con_…) or "
            "unit, and what that builds on; may be repeated.",
        ),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Write what this profile has not sent yet into one file, for the receiver to take and to send too.

    It stays in the outbox: whoever has a connection first sends it, and the other gets the same answer.
    """
    from cli.compose import subject_key
    from cli.files import write_whole
    from cli.taking import describe_event
    from ledger.handover import HandoverInvalid, cut_frames, format_handover

    opened = open_own(profile)
    with opened.outbox() as outbox:
        events = [pending.event for pending in outbox.pending()]
    chosen = select_for(events, {subject_key(text) for text in about}) if about else events
    if not chosen:
        raise HandoverInvalid("there is nothing unsent to hand over")
    data = format_handover(chosen)
    write_whole(file.absolute(), data)
    frames = len(cut_frames(data))
    lines = [describe_event(event, event.party) for event in chosen]
    summary = (
        f"{file}: {len(chosen)} statements, {len(data)} bytes; on a screen {frames} codes, {frames * FRAME_S:.1f} s."
    )
    show(
        {
            "file": str(file),
            "bytes": len(data),
            "frames": frames,
            "statements": [_members(event) for event in chosen],
        },
        as_json=as_json,
        text="\n".join([*lines, summary]),
    )


@app.command("take")
def take(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Lo que entregó la otra parte · What the giver handed over.")
    ],
    evidence: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Acuse de quien entrega, prueba su llave · The giver's evidence file; proves its key."
        ),
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Enviarlo ya · Send it at once.")] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a hand-over and put it into the outbox, where it is sent before what builds on it.

    A file that is damaged, or that anybody else signed than it says, is refused whole.
    """
    from cli.desk import open_desk
    from cli.taking import check_taken
    from ledger.handover import parse_handover

    opened = open_own(profile)
    proofs = [read_file(path, "--evidence") for path in evidence or []]
    events = parse_handover(read_file(file, "FILE"))
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk, opened.outbox() as outbox:
        checked = check_taken(events, _known(desk, outbox, opened, events, proofs))
        for event in events:
            outbox.put(event.envelope.raw)
        _show_taken(checked, as_json=as_json, quiet=as_json and send)
        if send:
            report(desk, outbox, desk.flush(outbox), None, wait=False, as_json=as_json)


@app.command("keys")
def learn_keys(
    parties: Annotated[list[str], typer.Argument(metavar="PARTY...", help="Ids, pty_…")],
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Learn the keys of these parties, to check later, without a connection, what they hand over."""
    from cli.desk import open_desk
    from cli.taking import learn_party
    from ledger.errors import Unavailable

    opened = open_own(profile)
    with open_desk(opened, None) as desk, opened.outbox():
        if desk.server is None:
            raise Unavailable("this profile has no server")
        known = {party: learn_party(desk.server, party) for party in parties}
        for party, one in known.items():
            opened.keep_party(party, one)
    members = {party: {"name": one.name, "keys": list(one.keys)} for party, one in known.items()}
    lines = [f"{party} {one.name or '-'}: {len(one.keys)} keys" for party, one in known.items()]
    show(members, as_json=as_json, text="\n".join(lines))


@app.command("frames")
def frames(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Archivo .bitacora · A hand-over.")],
) -> None:
    """Print the text of each QR Code by which a screen shows this file, one a line."""
    from ledger.handover import cut_frames, format_frame, parse_handover

    data = read_file(file, "FILE")
    parse_handover(data)
    for frame in cut_frames(data):
        typer.echo(format_frame(frame))


def select_for(events: Sequence[Event], keys: Iterable[str]) -> list[Event]:
    """What is about these subjects (state keys), in its order, with all that it builds on or was signed by."""
    from ledger.domain.payload import key_key

    wanted = set(keys)
    chosen: list[Event] = []
    for event in reversed(events):
        payload = event.payload
        subjects = {subject.key for subject in payload.extends}
        # Going back, what a chosen statement builds on is wanted too, and what was said before of its units.
        if wanted & {event.id, *subjects, *payload.abouts()}:
            chosen.append(event)
            wanted.update(subjects, (subject.prev for subject in payload.extends if subject.prev is not None))
            wanted.add(key_key(event.party, event.kid))
    return chosen[::-1]


def _known(desk: Desk, outbox: Outbox, profile: Profile, events: Sequence[Event], proofs: Sequence[bytes]) -> Known:
    """All that bears on these statements: what this profile holds, what is proven, and what the ledger says now."""
    from cli.taking import Known, join_parties, learn_party, own_party, proven_keys
    from ledger.errors import KeyUnusable, Unavailable

    trust = profile.find_trust()
    if proofs and trust is None:
        raise KeyUnusable("evidence proves nothing without the ledger's pins", cure="bitacora keys new --trust FILE")
    proven = proven_keys(proofs, trust) if trust is not None else {}
    known = Known(heads=profile.heads(), events=[pending.event for pending in outbox.pending()])
    parties = {event.party for event in events}
    try:
        learnt = {party: learn_party(desk.server, party) for party in parties} if desk.server is not None else {}
        known.heads.update(desk.learn_heads(_subjects(events)) if desk.server is not None else {})
        known.asked = set(learnt)
    except Unavailable as error:
        note(f"checked without the ledger: {error.detail}")
        learnt = {}
    for party, one in learnt.items():
        profile.keep_party(party, one)
    known.parties = join_parties(profile.parties(), own_party(profile), proven, learnt)
    return known


def _subjects(events: Sequence[Event]) -> list[str]:
    return list(dict.fromkeys(subject.key for event in events for subject in event.payload.extends))


def _show_taken(checked: Sequence[Checked], *, as_json: bool, quiet: bool) -> None:
    """Say what was taken; ``quiet`` leaves standard output to the result that follows."""
    from cli.taking import describe_event

    lines = []
    for one in checked:
        lines.append(describe_event(one.event, one.by))
        lines += [f"  ! {remark}" for remark in one.remarks]
    text = "\n".join([*lines, f"{len(checked)} statements taken."])
    if quiet:
        note(text)
        return
    members = [{**_members(one.event), "verified": one.verified, "remarks": list(one.remarks)} for one in checked]
    show({"statements": members}, as_json=as_json, text=text)


def _members(event: Event) -> dict[str, str]:
    return {"event_id": event.id, "kind": event.payload.kind, "party": event.party}
