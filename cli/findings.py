"""``bitacora report findings`` and ``report obligations``: what stands on a day, from a server or the state alone.

The server answers the party of the profile from its tables. With a database, or an exported ledger that is folded anew,
nothing is read but the state. Both say the same: that is how an auditor checks it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import typer

from cli.console import note, progress_bar, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)

if TYPE_CHECKING:
    from compliance.findings import Ledger
    from compliance.obligation import Obligation
    from ledger.audit.state import SpillingState
    from ledger.fold.state import Value

_EFFECTS: Final = {
    "violation": "Infracciones · Violations",
    "warning": "Advertencias · Warnings",
    "notice": "Avisos · Notices",
    "private": "Solo para la parte · For the party alone",
}
_STANDINGS: Final = {
    "overdue": "Vencidas · Overdue",
    "grace": "Vencen por día inhábil después · Rolled to a business day",
    "near": "Próximas · Near",
    "pending": "Pendientes · Pending",
    "met": "Cumplidas · Met",
    "met_late": "Cumplidas tarde · Met late",
}

_COLUMNS: Final = ("party_name", "article", "statement:es", "cure:es", "statement:en", "cure:en", "events", "facts")
_OF_FINDINGS: Final = (
    *("name", "requirement", "code", "effect", "party", "subject", "since_on", "settled_on"),
    *_COLUMNS,
)
_OF_OBLIGATIONS: Final = (
    *("name", "requirement", "code", "standing", "effect", "party", "subject"),
    *("since_on", "warn_on", "strict_on", "due_on", "closed_on"),
    *_COLUMNS,
)

StateOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="BITACORA_DATABASE_URL",
        metavar="URL",
        help="De la base y no del servidor · From the database, not the profile's server.",
    ),
]
DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", metavar="DIR", help="From what `export` wrote; check it with `audit` first."),
]
PartyOption = Annotated[str | None, typer.Option(metavar="PARTY", help="De una parte · Of one party.")]
RequirementOption = Annotated[str | None, typer.Option(metavar="ID", help="R01 …")]
PrivateOption = Annotated[
    bool,
    typer.Option(
        "--private",
        help="También lo que solo ve la parte; el servidor siempre se lo dice · What only the party is shown, too; its "
        "server always tells it.",
    ),
]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")]


def findings(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Fecha; si no, la del último asiento, y del servidor hoy · Day."),
    ] = None,
    database: StateOption = None,
    directory: DirectoryOption = None,
    party: PartyOption = None,
    requirement: RequirementOption = None,
    effect: Annotated[Literal["violation", "warning", "notice", "private"] | None, typer.Option()] = None,
    private: PrivateOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Hallazgos a una fecha · Findings as of a day: who, what, since when, how bad, and what cures it."""
    source = directory or database
    if source is None:
        secret = read_passphrase(passphrase_file, passphrase)
        asked = {"as_of": as_of, "party": party, "requirement": requirement, "effect": effect}
        on, found, names = _ask_server("findings", profile, secret, asked)
    else:
        with _open_ledger(source) as ledger:
            _check_asked(ledger, party, requirement)
            on = _day(as_of, ledger, "--as-of")
            found = _findings(ledger, on, party, requirement, effect, private=private)
            names = _names(ledger, found)
    if as_csv:
        typer.echo(_csv(_OF_FINDINGS, found, names), nl=False)
        return
    show({"as_of": on, "findings": found}, as_json=as_json, text=_text(on, found, "effect", _EFFECTS, names))


def obligations(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="Fecha; si no, la del último asiento, y del servidor hoy · Day."),
    ] = None,
    database: StateOption = None,
    directory: DirectoryOption = None,
    party: PartyOption = None,
    requirement: RequirementOption = None,
    standing: Annotated[
        Literal["pending", "near", "grace", "overdue", "met", "met_late"] | None,
        typer.Option(help="Por omisión, vencidas y próximas · By default what is overdue or near."),
    ] = None,
    private: PrivateOption = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Plazos a una fecha · Deadlines as of a day: what is due from whom, by when, and what is overdue."""
    source = directory or database
    if source is None:
        secret = read_passphrase(passphrase_file, passphrase)
        asked = {"as_of": as_of, "party": party, "requirement": requirement, "standing": standing}
        on, found, names = _ask_server("obligations", profile, secret, asked)
    else:
        with _open_ledger(source) as ledger:
            _check_asked(ledger, party, requirement)
            on = _day(as_of, ledger, "--as-of")
            found = _obligations(ledger, on, party, requirement, standing, private=private)
            names = _names(ledger, found)
    if as_csv:
        typer.echo(_csv(_OF_OBLIGATIONS, found, names), nl=False)
        return
    show({"as_of": on, "obligations": found}, as_json=as_json, text=_text(on, found, "standing", _STANDINGS, names))


def _findings(
    ledger: Ledger, on: str, party: str | None, requirement: str | None, effect: str | None, *, private: bool
) -> list[dict[str, Any]]:
    from compliance.findings import finding_members, findings_in

    return [
        finding_members(finding)
        for finding in findings_in(ledger, on)
        if party in (None, finding.party)
        and requirement in (None, finding.requirement)
        and effect in (None, finding.effect)
        and (private or effect == "private" or finding.effect != "private")
    ]


def _obligations(
    ledger: Ledger, on: str, party: str | None, requirement: str | None, standing: str | None, *, private: bool
) -> list[dict[str, Any]]:
    from compliance.findings import obligation_members, obligations_in, view_of

    hidden = {"off"} if private else {"off", "private"}
    standings = {"overdue", "grace", "near"} if standing is None else {standing}
    every = obligations_in(ledger, view_of(ledger.load))
    return [
        obligation_members(one, on)
        for one in sorted(every, key=_by_day)
        if one.effect not in hidden
        and one.since_on <= on
        and one.standing(on) in standings
        and party in (None, one.party)
        and requirement in (None, one.requirement)
    ]


def _ask_server(
    what: Literal["findings", "obligations"], profile: Path, secret: bytes | None, asked: Mapping[str, str | None]
) -> tuple[str, list[dict[str, Any]], dict[str, str]]:
    """The day, the rows and the names of their parties, as the profile's party is shown them."""
    from urllib.parse import urlencode

    from cli.desk import open_desk
    from cli.drafts import ask
    from cli.record import open_own

    query = {"limit": "200", **{name: value for name, value in asked.items() if value is not None}}
    rows: list[dict[str, Any]] = []
    with open_desk(open_own(profile), secret) as desk:
        after: str | None = ""
        while after is not None:
            page = ask(desk, f"v1/{what}?{urlencode({**query, 'after': after})}")
            rows += page[what]
            # midnight between two pages must not mix two days
            query["as_of"], after = page["as_of"], page["next"]
        if page["revising"]:
            note(
                "Se revisan tras un cambio de la ley; algo puede faltar · Rows are being made anew: some may be stale."
            )
        names = {party: ask(desk, f"v1/parties/{party}").get("name") for party in {row["party"] for row in rows}}
    return page["as_of"], rows, {party: name for party, name in names.items() if name}


def _by_day(obligation: Obligation) -> tuple[str, str]:
    return obligation.due_on, obligation.name


def _text(
    on: str, rows: Sequence[Mapping[str, Any]], grouped_by: str, titles: Mapping[str, str], names: Mapping[str, str]
) -> str:
    lines = [f"Al · As of {on}: {len(rows)}"]
    for value, title in titles.items():
        group = [row for row in rows if row[grouped_by] == value]
        if group:
            lines += ["", f"{title}: {len(group)}", *(_line(row, names) for row in group)]
    return "\n".join(lines)


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    day = row.get("due_on") or row["since_on"]
    who = names.get(row["party"], row["party"])
    return (
        f"  {day} {row['requirement']} {row['code']}: {who}, {row['subject']} ({row['article']})\n"
        f"      {row['cure']['es']}"
    )


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(column, row, names) for column in columns] for row in rows)
    return written.getvalue()


def _cell(column: str, row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if column == "party_name":
        return names.get(row["party"], "")
    name, _, language = column.partition(":")
    value = row[name][language] if language else row[name]
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "" if value is None else str(value)


def _names(ledger: Ledger, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    values = ledger.load({f"party/{row['party']}" for row in rows})
    return {key.partition("/")[2]: value["name"] for key, value in values.items() if value and value.get("name")}


def _check_asked(ledger: Ledger, party: str | None, requirement: str | None) -> None:
    """A name that is mistyped must not read as: nothing was found."""
    from compliance.requirements.table import find_rows
    from ledger.domain.payload import party_key

    if party is not None and ledger.load([party_key(party)])[party_key(party)] is None:
        raise typer.BadParameter(f"{party} is no party of this ledger (pty_…)", param_hint="--party")
    if requirement is not None and not find_rows(requirement):
        raise typer.BadParameter(f"no requirement is called {requirement}: R01, R02 …", param_hint="--requirement")


def _day(text: str | None, ledger: Ledger, option: str) -> str:
    """The day that was asked for, or else the one on which the newest entry was recorded."""
    from ledger.domain.values import check_day
    from ledger.fold.legal_day import legal_day

    if text is None:
        time = ledger.load(["time"])["time"]
        return legal_day(time["tick"] if time else 0, None)
    try:
        return check_day(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


@contextmanager
def _open_ledger(source: str | Path) -> Iterator[Ledger]:
    """That of a database, or of the folder of an export."""
    if isinstance(source, Path):
        with _replayed(source) as replayed:
            yield replayed
        return
    from compliance.store.obligations import StoredLedger
    from ledger.store.session import open_store

    store = open_store(source)
    try:
        with store.read() as reader:
            yield StoredLedger(reader)
    finally:
        store.close()


@contextmanager
def _replayed(directory: Path) -> Iterator[Ledger]:
    """The state that an exported ledger's entries fold to; nothing else of the export is read."""
    from compliance.rulebook import rules_of
    from ledger.audit.replay import Replay
    from ledger.audit.source import open_directory
    from ledger.audit.store.scratch import open_scratch

    if not directory.is_dir():
        raise typer.BadParameter(f"{directory} is not a directory", param_hint="--directory")
    source = open_directory(directory)
    with open_scratch(None) as scratch:
        replay, size = Replay(rules_of, scratch), source.size()
        with progress_bar("entries") as progress:
            for chunk in source.entries(0, size):
                for raw in chunk:
                    replay.take(raw)
                if progress is not None:
                    progress(replay.size, size)
        yield _ReplayedLedger(replay.state)


class _ReplayedLedger:
    """A replayed state (``compliance.findings.Ledger``)."""

    def __init__(self, state: SpillingState) -> None:
        self._state = state

    def scan(self, prefix: str, /) -> Iterator[tuple[str, Value]]:
        """Keys that begin with the prefix, in the order of their bytes, and their values."""
        from ledger import cbor

        for key, value in self._state.items(after=prefix):
            if not key.startswith(prefix):
                return
            yield key, cast("Value", cbor.decode_unproved(value))

    def load(self, keys: Iterable[str], /) -> dict[str, Value | None]:
        """The values under these keys; None where there is none."""
        return {key: self._state.get(key) for key in keys}
