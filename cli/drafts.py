"""A party's drafts of applications, on the server or in a file, and what is sealed of them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typer

from certification.sealed import SALT_BYTES_MIN, seal, verify_sealed
from cli.compose import Members, begin
from cli.desk import Desk
from cli.files import write_whole
from cli.options import read_file
from cli.server import Server
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.kinds import parse_payload
from ledger.domain.values import format_base64url, parse_base64url
from ledger.errors import KeyUnusable, ProofInvalid, Unavailable

SUBMITTED: Final = "application.submitted"
_UNSEALED: Final = "0" * 64
_ID = re.compile("apl_[a-z2-7]{26}")
_JSON: Final = "application/json"


def server_of(desk: Desk) -> Server:
    """The server that the profile names.

    Raises:
        Unavailable: there is none, or it did not answer before.
    """
    if desk.server is None:
        raise Unavailable(desk.silence or "this profile has no server")
    return desk.server


def ask(desk: Desk, path: str) -> dict[str, Any]:
    """The members of what the server shows to this party under a path.

    Raises:
        Unavailable, ServerRefusal: as ``cli.server.Server.tell``.
    """
    members: dict[str, Any] = json.loads(server_of(desk).tell("GET", path))
    return members


def read_draft(desk: Desk, name: str) -> Members:
    """The members of a draft: of an id on the server, or of a JSON file.

    Raises:
        typer.BadParameter: the file cannot be read, or is no JSON object.
    """
    if _ID.fullmatch(name):
        members: Members = ask(desk, f"v1/drafts/{name}")["members"]
        return {**members, "application": name}
    try:
        read: Any = json.loads(read_file(Path(name), "DRAFT"))
    except ValueError as error:
        raise typer.BadParameter(f"{name} is not JSON: {error}", param_hint="DRAFT") from error
    if not isinstance(read, dict):
        raise typer.BadParameter(f"{name} is not a JSON object", param_hint="DRAFT")
    return read


def keep_draft(desk: Desk, name: str, members: Mapping[str, Any]) -> None:
    """Put the members where ``read_draft`` finds them under the same name."""
    if _ID.fullmatch(name):
        kept = {member: value for member, value in members.items() if member != "application"}
        server_of(desk).tell("PUT", f"v1/drafts/{name}", json.dumps({"members": kept}).encode(), _JSON)
    else:
        write_whole(Path(name).absolute(), (json.dumps(members, ensure_ascii=False, indent=2) + "\n").encode())


def drop_draft(desk: Desk, name: str) -> None:
    """Forget a draft of the server's; a file stays."""
    if _ID.fullmatch(name):
        server_of(desk).tell("DELETE", f"v1/drafts/{name}")


def application_of(desk: Desk, members: Members) -> ApplicationSubmitted:
    """The application that a draft would become; one that was not identified yet has a placeholder.

    Raises:
        MalformedStatement: a member is missing or not well formed.
    """
    spelt = begin(SUBMITTED, {"identity": _UNSEALED, **members}, desk.common()).members
    payload = parse_payload(spelt)
    assert isinstance(payload, ApplicationSubmitted)  # noqa: S101 (its kind was given)
    return payload


def is_identified(application: ApplicationSubmitted) -> bool:
    """Whether the draft names what proves the applicant's identity."""
    return application.identity != _UNSEALED


def ledger_of(desk: Desk) -> str:
    """The ledger's genesis, which an e.firma signs with the application.

    Raises:
        KeyUnusable: the profile does not pin it.
    """
    trust = desk.profile.find_trust()
    if trust is None or trust.genesis is None:
        raise KeyUnusable(
            "The profile does not say which ledger is meant.", cure="put its trust.json, with its genesis, there"
        )
    return trust.genesis


def seal_identity(desk: Desk, value: dict[str, str], to: str) -> str:
    """Deposit what proves the applicant's identity, for the authority alone to read besides; the commitment."""
    salt = secrets.token_bytes(SALT_BYTES_MIN)
    commitment = seal(value, salt)
    body = json.dumps({"salt": format_base64url(salt), "value": value, "readers": [to]}).encode()
    server_of(desk).tell("PUT", f"v1/sealed/{commitment}", body, _JSON)
    return commitment


def open_identity(desk: Desk, commitment: str) -> dict[str, str]:
    """What a commitment was made from, proven against it.

    Raises:
        ServerRefusal: it is not there, or not for this reader.
        ProofInvalid: the server shows something else.
    """
    opened = ask(desk, f"v1/sealed/{commitment}")
    try:
        salt = parse_base64url(opened["salt"])
    except ValueError as error:
        raise ProofInvalid("the server's salt is not base64url") from error
    verify_sealed(commitment, opened["value"], salt)
    value: dict[str, str] = opened["value"]
    return value
