"""Commands made from a table: each states one kind, and each of its options fills one member of the statement."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_file,
    read_passphrase,
)
from cli.record import Manner, WaitOption, open_own, read_members, state

if TYPE_CHECKING:
    from cli.compose import Members
    from cli.desk import Desk

    Plan = Callable[[Desk, str], tuple[str, Members]]

SettingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Otro miembro, como en `record` · Another member, as in `record`."
    ),
]
FileOption = Annotated[
    str | None, typer.Option("--file", metavar="FILE", help="Miembros en JSON; - los lee aquí · Members as JSON.")
]
CheckOption = Annotated[bool, typer.Option("--check", help="Sólo preguntar si se aceptaría · Only ask.")]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Sólo mostrar; nada se firma · Only print; sign nothing.")
]


@dataclass(frozen=True, slots=True)
class Member:
    """One option of a command.

    Attributes:
        option: ``answer-by``; without ``metavar`` a flag.
        path: of the member that it fills: ``act.notified_on``.
        help: Spanish first.
        metavar: what it takes.
        many: it may be repeated, and fills a list.
        required: the command cannot do without.
        number: it takes an integer.
        document: it takes a file, which is deposited; the member is its digest, and the statement cites it so.
    """

    option: str
    path: str
    help: str
    metavar: str | None = "TEXT"
    many: bool = False
    required: bool = False
    document: str | None = None
    number: bool = False


@dataclass(frozen=True, slots=True)
class Stating:
    """One command.

    Attributes:
        name: as it is typed.
        help: what it states, Spanish first.
        metavar: of its argument, the id of an application or of an authorisation.
        plan: kind and members that follow from the argument; it may ask the server.
        members: its own options.
        complete: what follows from the argument and all that was stated; it may ask the server.
        follow: what to say once it was taken, or would be; nothing is said of what was refused.
    """

    name: str
    help: str
    metavar: str
    plan: Plan
    members: tuple[Member, ...] = ()
    complete: Callable[[Desk, Members], Members] | None = None
    follow: Callable[[Desk], None] | None = None


def add_commands(app: typer.Typer, table: Iterable[Stating]) -> None:
    """Add a command for each row of the table."""
    for stating in table:
        app.command(stating.name, help=stating.help)(_command(stating))


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> Members:
    """``base`` with the members of ``more`` in their places, objects member by member."""
    merged = dict(base)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def stated_members(desk: Desk, file: str | None, settings: list[str] | None) -> Members:
    """What ``--file`` and ``--set`` say; the latter wins.

    Raises:
        typer.BadParameter: one of them cannot be read.
    """
    from cli.compose import parse_settings

    try:
        return merge(read_members(file), parse_settings(settings or [], desk.new_id))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--set") from error


def _command(stating: Stating) -> Callable[..., None]:
    def run(
        subject: str,
        setting: SettingOption = None,
        file: FileOption = None,
        check: CheckOption = False,
        dry_run: DryRunOption = False,
        wait: WaitOption = False,
        profile: ProfileOption = DEFAULT_PROFILE,
        passphrase_file: PassphraseFileOption = None,
        passphrase: PassphraseOption = None,
        as_json: JsonOption = False,
        **given: Any,
    ) -> None:
        from cli.desk import open_desk

        opened, secret = open_own(profile), read_passphrase(passphrase_file, passphrase)
        manner = Manner(check=check, dry_run=dry_run, wait=wait, as_json=as_json)
        with open_desk(opened, secret) as desk, opened.outbox() as outbox:
            kind, planned = stating.plan(desk, subject)
            documents = _documents(desk, stating.members, given, deposit=not (check or dry_run))
            members = merge(merge(planned, documents), _given(stating.members, given))
            members = merge(members, stated_members(desk, file, setting))
            completed = merge(stating.complete(desk, members), members) if stating.complete else members
            state(desk, outbox, kind, completed, manner, secret)
            if stating.follow is not None:
                stating.follow(desk)

    # What Typer reads (PEP 362): the argument and the options of this row among those of all.
    run.__dict__["__signature__"] = _signature(run, stating)
    run.__annotations__ = {}
    return run


def _signature(run: Callable[..., None], stating: Stating) -> inspect.Signature:
    _, *shared, _ = inspect.signature(run, eval_str=True).parameters.values()
    subject = inspect.Parameter(
        "subject",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[str, typer.Argument(metavar=stating.metavar, help="Su id · Its id.")],
    )
    shared = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in shared]
    return inspect.Signature([subject, *map(_parameter, stating.members), *shared])


def _parameter(member: Member) -> inspect.Parameter:
    text: Any = int if member.number else list[str] if member.many else str
    annotation: Any = bool if member.metavar is None else text if member.required else text | None
    option = typer.Option(f"--{member.option}", metavar=member.metavar, help=member.help)
    default: Any = inspect.Parameter.empty if member.required else False if member.metavar is None else None
    return inspect.Parameter(
        _name(member), inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[annotation, option]
    )


def _given(members: Iterable[Member], given: Mapping[str, Any]) -> Members:
    stated: Members = {}
    for member in members:
        value = given[_name(member)]
        if value and member.document is None:
            for name in reversed(member.path.split(".")):
                value = {name: value}
            stated = merge(stated, value)
    return stated


def _documents(desk: Desk, members: Iterable[Member], given: Mapping[str, Any], *, deposit: bool) -> Members:
    """Digests of the files that were named; with ``deposit`` they lie beside the log from now on, and are cited."""
    stated: Members = {}
    for member in members:
        named = given[_name(member)]
        if named and member.document is not None:
            data = read_file(Path(named), f"--{member.option}")
            stated[member.path] = sha256(data).hexdigest()
            if deposit:
                stated.setdefault("documents", []).append(deposit_document(desk, data, member.document))
    return stated


def deposit_document(desk: Desk, data: bytes, role: str) -> Members:
    """Put a document beside the log; the member by which a statement cites it in this role.

    Raises:
        Unavailable, ServerRefusal: as ``cli.server.Server.tell``.
    """
    from cli.drafts import server_of

    path = f"v1/blobs/{sha256(data).hexdigest()}"
    kept: Members = json.loads(server_of(desk).tell("PUT", path, data, "application/octet-stream"))
    return {**kept, "role": role}


def _name(member: Member) -> str:
    # "from" is no name of a parameter.
    return f"member_{member.option.replace('-', '_')}"
