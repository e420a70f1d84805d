"""Options that several commands share, and how a passphrase and a token come in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PROFILE = Path("~/.config/bitacora")

ProfileOption = Annotated[
    Path,
    typer.Option(
        "--profile", envvar="BITACORA_PROFILE", metavar="DIR", help="Folder of the party that signs.", show_default=True
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
PassphraseFileOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        envvar="BITACORA_PASSPHRASE_FILE",
        metavar="FILE",
        help="First line: the passphrase of the key. Without it, BITACORA_PASSPHRASE, or a question at the terminal.",
    ),
]
PassphraseOption = Annotated[str | None, typer.Option(envvar="BITACORA_PASSPHRASE", hidden=True)]
DatabaseOption = Annotated[
    str,
    typer.Option("--database", envvar="BITACORA_DATABASE_URL", metavar="URL", help="sqlite:///FILE or postgresql://…"),
]
HomeOption = Annotated[
    Path, typer.Option("--home", envvar="BITACORA_HOME", metavar="DIR", help="The server's folder of keys.")
]
TrustOption = Annotated[
    Path | None,
    typer.Option("--trust", metavar="FILE", help="The ledger's trust file. Without it, the profile's."),
]


def read_passphrase(file: Path | None, text: str | None) -> bytes | None:
    """The passphrase that was handed in, if one was."""
    if text is not None:
        return text.encode()
    if file is None:
        return None
    try:
        return file.read_bytes().split(b"\n", 1)[0]
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--passphrase-file") from error


def ask_passphrase(path: Path, given: bytes | None) -> bytes | None:
    """The passphrase of the key file ``path``: as given, or asked for at the terminal if the file needs one."""
    if given is not None or not path.exists():
        return given
    if b"ENCRYPTED" not in path.read_bytes()[:64]:
        return None
    answer: str = typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return answer.encode()


def read_file(path: Path, hint: str) -> bytes:
    """A file that the caller named; wrong use if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be read: {error.strerror}", param_hint=hint) from error
