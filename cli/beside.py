"""``bitacora sealed``, ``documents`` and ``erase``: what lies beside the log and may be erased without harm to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import NOT_FINE, show
from cli.options import (
    DEFAULT_PROFILE,
    DatabaseOption,
    HomeOption,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_file,
    read_passphrase,
)

if TYPE_CHECKING:
    from cli.server import Server

sealed = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Keep personal data beside the log, and a commitment for it."
)
documents = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Deposit and fetch the photos and papers that statements cite."
)

CommitmentArgument = Annotated[str, typer.Argument(metavar="COMMITMENT", help="As `sealed put` gave it.")]


@sealed.command("put")
def put_sealed(
    setting: Annotated[list[str], typer.Option("--set", metavar="NAME=TEXT", help="A member: name, rfc, curp …")],
    reader: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A party that may read it too; may be repeated.")
    ] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deposit a person's data under a fresh salt, and print the commitment that a statement names instead."""
    import secrets

    from certification.sealed import SALT_BYTES_MIN, seal
    from ledger.domain.values import format_base64url

    value = dict(map(_named_text, setting))
    salt = secrets.token_bytes(SALT_BYTES_MIN)
    commitment = seal(value, salt)
    body = json.dumps({"salt": format_base64url(salt), "value": value, "readers": reader or []}).encode()
    with _server(profile, passphrase_file, passphrase) as server:
        server.tell("PUT", f"v1/sealed/{commitment}", body, "application/json")
    text = f"{commitment}\nName it in a statement: --set identity={commitment}"
    show({"commitment": commitment}, as_json=as_json, text=text)


@sealed.command("get")
def get_sealed(
    commitment: CommitmentArgument,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a commitment was made from, after proving that it was."""
    from certification.sealed import verify_sealed
    from ledger.domain.values import parse_base64url

    with _server(profile, passphrase_file, passphrase) as server:
        members = json.loads(server.tell("GET", f"v1/sealed/{commitment}"))
    verify_sealed(commitment, members["value"], parse_base64url(members["salt"]))
    show(members, as_json=as_json, text="\n".join(f"{name:12} {text}" for name, text in members["value"].items()))


@sealed.command("list")
def list_sealed(
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what this party has deposited."""
    with _server(profile, passphrase_file, passphrase) as server:
        members = json.loads(server.tell("GET", "v1/sealed"))
    lines = [f"{row['commitment']} {_standing(row)}" for row in members["sealed"]]
    show(members, as_json=as_json, text="\n".join(lines) or "Nothing is deposited.")


@sealed.command("erase")
def erase_own_sealed(
    commitment: CommitmentArgument,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Erase salt and value for good; the commitment stays in the log and tells nothing."""
    with _server(profile, passphrase_file, passphrase) as server:
        server.tell("DELETE", f"v1/sealed/{commitment}")
    typer.echo(f"{commitment} is erased.")


@documents.command("put")
def put_document(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JPEG, PNG, WebP, PDF, XML or CSV, at most 20 MiB.")],
    role: Annotated[str, typer.Option(metavar="ROLE", help="What it is to the statement that cites it.")] = "photo",
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Deposit a document, and print the member by which a statement cites it.

    It goes into `bitacora record … --set documents='[…]'`.
    """
    from hashlib import sha256

    data = read_file(file, "FILE")
    digest = sha256(data).hexdigest()
    with _server(profile, passphrase_file, passphrase) as server:
        kept = json.loads(server.tell("PUT", f"v1/blobs/{digest}", data, "application/octet-stream"))
    typer.echo(json.dumps({**kept, "role": role}))


@documents.command("get")
def get_document(
    digest: Annotated[str, typer.Argument(metavar="DIGEST", help="As a statement cites it.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Default: named by its digest, here.")] = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
) -> None:
    """Fetch a document that this party may read, and prove that it is the one that was cited."""
    from hashlib import sha256

    from cli.files import write_whole
    from ledger.errors import ProofInvalid

    with _server(profile, passphrase_file, passphrase) as server:
        data = server.tell("GET", f"v1/blobs/{digest}")
    if sha256(data).hexdigest() != digest:
        raise ProofInvalid("the document does not have this digest")
    path = out or Path(digest)
    write_whole(path.absolute(), data)
    typer.echo(f"{len(data)} bytes are in {path}.")


@documents.command("missing")
def list_missing_documents(
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the documents that statements cite and nobody has deposited; for authorities. Exit 1 if there are any."""
    missing: list[dict[str, Any]] = []
    after: str | None = ""
    with _server(profile, passphrase_file, passphrase) as server:
        while after is not None:
            page = json.loads(server.tell("GET", f"v1/blobs?after={after}"))
            missing += page["missing"]
            after = page["next"]
    lines = [f"{row['digest']} cited by entries {', '.join(map(str, row['indexes']))}" for row in missing]
    text = "\n".join(lines) or "No document is missing."
    show({"missing": missing, "followed": page["followed"]}, as_json=as_json, text=text)
    if missing:
        raise typer.Exit(NOT_FINE)


def erase(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Commitments and digests of documents.")],
    database: DatabaseOption,
    home: HomeOption,
    ordered: Annotated[
        bool, typer.Option("--ordered", help="Also what must still be kept: a court or an authority ordered it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase sealed values and documents on the server, for good; exit 1 if one of the ids is neither, or is kept.

    For who operates the ledger: what a court orders, and the list of what was erased before, after every restore. A
    document that the law has kept (RLGPGIR 75) stays until its term is over.
    """
    import re

    from compliance.store.keeping import find_keeping
    from ledger.clock import SystemClock
    from ledger.fold.legal_day import legal_day
    from ledger.home import open_home
    from ledger.store.blobs import BlobFiles, erase_blob, find_blob
    from ledger.store.sealed import erase_sealed
    from ledger.store.session import open_store

    if not all(re.fullmatch("[0-9a-f]{64}", identifier) for identifier in ids):
        raise typer.BadParameter("an id is 64 lower-case hex digits", param_hint="ID")
    files, now = BlobFiles(open_home(home).blobs), SystemClock().now()
    store = open_store(database)
    found: dict[str, str] = {}
    try:
        for identifier in ids:
            with store.read() as reader:
                document = find_blob(reader, identifier)
            kept = find_keeping(store, identifier, legal_day(now, None)) if document and not ordered else None
            if kept is not None:
                found[identifier] = f"must be kept until {kept.until_on} ({kept.article}): not erased"
            elif document is not None:
                erase_blob(store, files, identifier, now)
                found[identifier] = "document erased"
            else:
                found[identifier] = "sealed value erased" if erase_sealed(store, identifier, now) else "nothing there"
    finally:
        store.close()
    show(found, as_json=as_json, text="\n".join(f"{identifier} {what}" for identifier, what in found.items()))
    if any(what == "nothing there" or what.startswith("must be kept") for what in found.values()):
        raise typer.Exit(NOT_FINE)


def _named_text(setting: str) -> tuple[str, str]:
    name, equals, text = setting.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"{setting!r} is not name=text", param_hint="--set")
    return name, text


def _standing(row: dict[str, Any]) -> str:
    return f"erased {row['erased_at']}" if row["erased_at"] else f"sealed {row['sealed_at']}"


@contextmanager
def _server(profile: Path, passphrase_file: Path | None, passphrase: str | None) -> Iterator[Server]:
    from cli.desk import open_desk
    from cli.profile import open_profile
    from ledger.errors import Unavailable

    opened = open_profile(profile.expanduser())
    with open_desk(opened, read_passphrase(passphrase_file, passphrase)) as desk:
        if desk.server is None:
            raise Unavailable("this profile has no server")
        yield desk.server
