"""``bitacora receipt`` and ``verify``: what proves that a statement is in the ledger."""

from __future__ import annotations

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
    TrustOption,
    read_file,
    read_passphrase,
)

if TYPE_CHECKING:
    from ledger.trust import Trust


def receipt(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="In hex, as `record` gave it.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: <event id>.evidence.json here.")] = None,
    wait_s: Annotated[int, typer.Option("--wait-s", min=0, max=10, metavar="SECONDS", help="How long to wait.")] = 5,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the evidence file of an event: it proves the event to anyone, without this server."""
    from cli.desk import open_desk
    from cli.files import write_whole
    from cli.profile import open_profile
    from ledger.errors import Unavailable

    opened = open_profile(profile.expanduser())
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk:
        if desk.server is None:
            raise Unavailable("this profile has no server")
        evidence = desk.server.find_evidence(event_id, wait_s=wait_s)
    if evidence is None:
        raise Unavailable("the event is recorded, and no checkpoint covers it yet: ask again in a second")
    path = out or Path(f"{event_id}.evidence.json")
    write_whole(path.absolute(), evidence)
    show({"event_id": event_id, "file": str(path)}, as_json=as_json, text=f"Evidence of {event_id} is in {path}.")


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Evidence file (.evidence.json).")],
    trust: TrustOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Check an evidence file, offline, against the trust file alone; exit 1 if it does not hold."""
    from ledger.domain.values import format_instant
    from ledger.evidence import NOT_PROVEN, parse_evidence, verify_evidence

    pins = read_trust(trust, profile)
    verdict = verify_evidence(parse_evidence(read_file(file, "FILE")), pins)
    event = verdict.event
    members = {
        "ok": True,
        "event_id": event.id,
        "kind": event.payload.kind,
        "party": event.party,
        "occurred_at": format_instant(event.payload.occurred_at),
        "kid": event.kid,
        "index": verdict.index,
        "origin": verdict.checkpoint.origin,
        "size": verdict.checkpoint.size,
        "root": verdict.checkpoint.root.hex(),
        "key_enrolled_at": verdict.enrolled_at,
        "not_proven": list(verdict.not_proven),
    }
    lines = [
        f"Proven: {event.payload.kind} {event.id} is entry {verdict.index} of {verdict.checkpoint.origin}",
        f"        (signed tree of {verdict.checkpoint.size}, root {verdict.checkpoint.root.hex()}).",
        f"Proven: {event.party} signed it with key {event.kid}, which entry {verdict.enrolled_at} gave it.",
        f"Stated: it happened at {members['occurred_at']}.",
        *(f"Not proven: {NOT_PROVEN[code]}." for code in verdict.not_proven),
    ]
    show(members, as_json=as_json, text="\n".join(lines))


def read_trust(trust: Path | None, profile: Path) -> Trust:
    """The trust file that was named, or else the profile's.

    Raises:
        KeyUnusable: it is not a trust file.
    """
    from ledger.trust import parse_trust

    path = trust or profile.expanduser() / "trust.json"
    if trust is None and not path.exists():
        raise typer.BadParameter("name the ledger's trust file", param_hint="--trust")
    pins = parse_trust(read_file(path, "--trust"))
    if pins.genesis is None:
        note("The trust file pins no genesis: whoever made up the whole ledger passes too.")
    return pins
