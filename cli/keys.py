"""``bitacora keys``: a party's key, the folder it is used from, and what a key has signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import show
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
    from cli.desk import Desk

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Make, show and review keys that a party signs with."
)


@app.command("new")
def new(
    party: Annotated[str | None, typer.Option(metavar="ID", help="Given by the registrar; else a new one.")] = None,
    site: Annotated[str | None, typer.Option(metavar="ID", help="Id of the site where this key is used.")] = None,
    server: Annotated[str | None, typer.Option(metavar="URL", help="The ledger's API; without it all waits.")] = None,
    trust: Annotated[Path | None, typer.Option(metavar="FILE", help="The ledger's trust file.")] = None,
    es256: Annotated[bool, typer.Option("--es256", help="A P-256 key instead of Ed25519.")] = False,
    protect: Annotated[bool, typer.Option("--protect", help="Ask for a passphrase to encrypt the key with.")] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key and its profile.

    The key file is readable by you alone and is never overwritten.
    """
    import secrets

    from cli.profile import create_profile
    from ledger.domain.values import OPAQUE_ID_BYTES, format_opaque_id
    from ledger.keys import Algorithm, SigningKey

    secret = read_passphrase(passphrase_file, passphrase)
    if secret is None and protect:
        secret = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True).encode()
    made = create_profile(
        profile.expanduser(),
        SigningKey.generate(Algorithm.ES256 if es256 else Algorithm.EDDSA),
        secret,
        party=party or format_opaque_id("pty", secrets.token_bytes(OPAQUE_ID_BYTES)),
        site=site,
        server=server,
        trust=None if trust is None else read_file(trust, "--trust"),
    )
    members = {"profile": str(made.path), "party": made.party, "kid": made.kid}
    show(members, as_json=as_json, text=f"Key {made.kid} of {made.party} is in {made.path}.\nNext: keys enrol-request")


@app.command("show")
def show_profile(profile: ProfileOption = DEFAULT_PROFILE, as_json: JsonOption = False) -> None:
    """Show the party, its public key, and what is on its way."""
    from cli.profile import open_profile
    from ledger.domain.values import format_base64url

    opened = open_profile(profile.expanduser())
    trust = opened.find_trust()
    with opened.outbox() as outbox:
        counts = outbox.counts()
    members = {
        "party": opened.party,
        "site": opened.site,
        "kid": opened.kid,
        "spki": format_base64url(opened.public.spki),
        "server": opened.server,
        "origin": trust.origin if trust else None,
        "genesis": trust.genesis if trust else None,
        **counts,
    }
    show(
        members,
        as_json=as_json,
        text="\n".join(f"{name:8} {'-' if value is None else value}" for name, value in members.items()),
    )


@app.command("enrol-request")
def enrol_request(
    role: Annotated[
        list[str] | None, typer.Option(metavar="ROLE", help="What the key is to sign; custody and read by default.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
) -> None:
    """Print what the registrar needs to know.

    It is ready for `bitacora record key.enrolled --file FILE`.
    """
    from cli.profile import open_profile
    from ledger.domain.values import format_base64url

    opened = open_profile(profile.expanduser())
    members = {
        "enrolled_for": opened.party,
        "kid": opened.kid,
        "spki": format_base64url(opened.public.spki),
        "key_roles": role or ["custody", "read"],
    }
    typer.echo(json.dumps(members, indent=2))


@app.command("review")
def review(
    kid: Annotated[str, typer.Argument(metavar="KID", help="Of the key that may have been stolen.")],
    party: Annotated[str | None, typer.Option(metavar="ID", help="Whose key it is; this profile's own party.")] = None,
    position: Annotated[
        int | None,
        typer.Option("--from", min=0, metavar="INDEX", help="Log position; else where the key is suspect from."),
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List everything that a key signed since it may have been stolen.

    What is not true of it is corrected, withdrawn or disputed, statement by statement.
    """
    from cli.desk import open_desk
    from cli.profile import open_profile

    opened = open_profile(profile.expanduser())
    path = f"v1/parties/{party or opened.party}/keys/{kid}/signed"
    asked = {} if position is None else {"from": str(position)}
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk:
        events = _read_all(desk, path, "events", asked)
    lines = [f"{event['index']:8} {event['recorded_at']} {event['kind']} {event['event_id']}" for event in events]
    show({"events": events}, as_json=as_json, text="\n".join(lines) or "It signed nothing.")


@app.command("delegations")
def delegations(
    party: Annotated[str | None, typer.Option(metavar="ID", help="Who acts; this profile's own party.")] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List for whom a party acts, with which of their keys."""
    from cli.desk import open_desk
    from cli.profile import open_profile

    opened = open_profile(profile.expanduser())
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk:
        rows = _read_all(desk, f"v1/parties/{party or opened.party}/delegations", "delegations", {})
    lines = [f"{row['party']} {row['kid']} {','.join(row['roles'])}{' revoked' * row['revoked']}" for row in rows]
    show({"delegations": rows}, as_json=as_json, text="\n".join(lines) or "It acts for nobody.")


def _read_all(desk: Desk, path: str, member: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    """What all pages of a list have under ``member``."""
    from urllib.parse import urlencode

    from cli.drafts import ask

    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        page = ask(desk, f"{path}?{urlencode({**asked, 'after': after})}")
        rows += page[member]
        after = page["next"]
    return rows
