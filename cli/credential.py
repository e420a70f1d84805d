"""``bitacora credential``: an authorisation that can be shown to anybody, and checking one that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import NOT_FINE, show
from cli.options import DEFAULT_PROFILE, JsonOption, ProfileOption, read_file

credential = typer.Typer(no_args_is_help=True, help="Authorisations as W3C Verifiable Credentials and certificates.")

_MEDIA_TYPES = {".pdf": "certificate", ".jwt": "credential"}


@credential.command()
def fetch(
    authorisation: Annotated[str, typer.Argument(metavar="AUTHORISATION", help="Id: aut_….")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ends in .jwt or .pdf. Default: <authorisation>.jwt here.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    as_json: JsonOption = False,
) -> None:
    """Fetch an authorisation's credential, or its certificate to print."""
    from cli.desk import open_desk
    from cli.files import write_whole
    from cli.profile import open_profile
    from ledger.errors import Unavailable

    path = out or Path(f"{authorisation}.jwt")
    if path.suffix not in _MEDIA_TYPES:
        raise typer.BadParameter("the file's name ends in .jwt or .pdf", param_hint="--out")
    with open_desk(open_profile(profile.expanduser()), None) as desk:
        if desk.server is None:
            raise Unavailable("this profile has no server")
        fetched = desk.server.fetch(f"v1/authorisations/{authorisation}/{_MEDIA_TYPES[path.suffix]}")
    write_whole(path.absolute(), fetched)
    members = {"authorisation": authorisation, "file": str(path)}
    show(members, as_json=as_json, text=f"{authorisation} is in {path}.")


@credential.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Credential (application/vc+jwt).")],
    did: Annotated[Path, typer.Option("--did", metavar="FILE", help="The issuer's /.well-known/did.json.")],
    status: Annotated[
        list[Path] | None, typer.Option("--status", metavar="FILE", help="A status list that it names; repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check a credential offline; exit 1 if it is altered, over, suspended or revoked.

    Without its status lists nobody knows whether it still holds, and the answer says so.
    """
    from exchange.verification import verify_credential
    from ledger.clock import SystemClock
    from ledger.strict_json import parse_json

    lists = [_read_token(path, "--status") for path in status or ()]
    document = parse_json(read_file(did, "--did"))
    verdict = verify_credential(_read_token(file, "FILE"), document, lists, now=SystemClock().now())
    members = {
        "ok": verdict.ok,
        "issuer": verdict.issuer,
        "name": verdict.credential.get("name"),
        "holder": _holder(verdict.credential),
        "valid_from": verdict.credential["validFrom"],
        "valid_until": verdict.credential["validUntil"],
        "valid_now": verdict.valid_now,
        "statuses": verdict.statuses,
        "unchecked": list(verdict.unchecked),
    }
    lines = [
        f"Proven: {verdict.issuer} signed {members['name']}, held by {members['holder']}.",
        f"{'Valid' if verdict.valid_now else 'NOT VALID NOW'}: {members['valid_from']} to {members['valid_until']}.",
        *(f"{purpose}: {'YES' if applies else 'no'}." for purpose, applies in verdict.statuses.items()),
        *(f"Not checked: {purpose} (no list was given)." for purpose in verdict.unchecked),
    ]
    show(members, as_json=as_json, text="\n".join(lines))
    if not verdict.ok:
        raise typer.Exit(NOT_FINE)


def _holder(credential: Mapping[str, Any]) -> str | None:
    """The name of whom it was issued to; None in a credential of another shape."""
    subject = credential.get("credentialSubject")
    party = subject.get("issuedToParty") if isinstance(subject, dict) else None
    return party.get("name") if isinstance(party, dict) else None


def _read_token(path: Path, hint: str) -> str:
    try:
        return read_file(path, hint).decode().strip()
    except UnicodeDecodeError as error:
        raise typer.BadParameter("not a credential", param_hint=hint) from error
