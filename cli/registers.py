"""``bitacora report register``, ``annual`` and ``category``: what the log shows of a place's waste in a year.

From a server, as the party of the profile; or, for who has it, from the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from cli.console import NOT_FINE, show
from cli.options import (
    DEFAULT_PROFILE,
    JsonOption,
    PassphraseFileOption,
    PassphraseOption,
    ProfileOption,
    read_passphrase,
)

if TYPE_CHECKING:
    from compliance.register import Book, ProcessRow, RegisterRow
    from compliance.store.registers import Place
    from exchange.registers.sheets import Grid
    from ledger.store.session import Reader

Kind = Literal["generator", "centre", "recycler"]
WasteOf = Literal["RP", "RME"]

_FORMS: Final = (".csv", ".xlsx", ".pdf")

PlaceArgument = Annotated[
    str, typer.Argument(metavar="SITE", help="Sitio (sit_…), o parte (pty_…) por todos · Site, or party for all.")
]
YearArgument = Annotated[int, typer.Argument(metavar="YEAR", min=2000, max=2099, help="Año · Calendar year.")]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="BITACORA_DATABASE_URL",
        metavar="URL",
        help="De la base y no del servidor · From the database, not the profile's server.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Register:
    """A register as it was read: its head, and its rows or processes."""

    book: Book
    rows: Sequence[RegisterRow] = ()
    processes: Sequence[ProcessRow] = ()


def register(
    place: PlaceArgument,
    year: YearArgument,
    kind: Annotated[
        Kind, typer.Option("--kind", metavar="KIND", help="generator, centre, recycler: de cuál · Which one.")
    ] = "generator",
    waste_class: Annotated[
        WasteOf, typer.Option("--class", metavar="CLASS", help="RP o RME · Hazardous, or special-handling.")
    ] = "RP",
    responsible: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Responsable técnico; no se guarda · Who answers for it; kept nowhere."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Termina en .csv, .xlsx o .pdf · Ends in one of these.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Sale con 1 si falta algo · Exit 1 if a field is missing.")
    ] = False,
    database: DatabaseOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """La bitácora de residuos de un sitio y año (RLGPGIR 71) · The register of waste of a site, and what it lacks."""
    from compliance.register import completeness_of
    from exchange.registers.book import told
    from exchange.registers.shown import book_members, process_members, row_members

    if out is not None and out.suffix not in _FORMS:
        raise typer.BadParameter(f"the file's name ends in one of {', '.join(_FORMS)}", param_hint="--out")
    if database is not None:
        read = _from_database(database, place, year, kind, waste_class)
    else:
        read = _from_server(profile, read_passphrase(passphrase_file, passphrase), place, year, kind, waste_class)
    read = _signed_by(read, responsible)
    completeness = completeness_of(read.processes if kind == "recycler" else read.rows)
    if out is not None:
        _write(out.absolute(), read)
    members: dict[str, Any] = {
        "book": book_members(read.book),
        "rows": completeness.rows,
        "incomplete": completeness.incomplete,
        "missing": dict(completeness.by_field),
    }
    if out is None:
        members["rows"] = [row_members(row) for row in read.rows]
        members["processes"] = [process_members(row) for row in read.processes]
    else:
        members["file"] = str(out)
    show(members, as_json=as_json, text="\n".join([told(read.book, completeness), *_listed(read, out)]))
    if strict and not completeness.complete:
        raise typer.Exit(NOT_FINE)


def annual(
    place: PlaceArgument,
    year: YearArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Termina en .csv, .xlsx o .pdf · Ends in one of these.")
    ] = None,
    database: DatabaseOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """El borrador de la COA de residuos peligrosos · The draft of the yearly report; exit 1 if its sums disagree."""
    from exchange.registers.report import report_lines, write_report

    if out is not None and out.suffix not in _FORMS:
        raise typer.BadParameter(f"the file's name ends in one of {', '.join(_FORMS)}", param_hint="--out")
    if database is not None:
        members = _report_from_database(database, place, year)
    else:
        members = _ask(profile, read_passphrase(passphrase_file, passphrase), f"v1/annual-reports/{place}/{year}")
    if out is not None:
        _write_bytes(out.absolute(), write_report(members, out.suffix))
    show(members, as_json=as_json, text="\n".join(report_lines(members)))
    if not members["agrees"]:
        raise typer.Exit(NOT_FINE)


def category(
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Parte (pty_…) · Its id.")],
    on: Annotated[str | None, typer.Option(metavar="DAY", help="Con --database: en qué día · On which day.")] = None,
    database: DatabaseOption = None,
    profile: ProfileOption = DEFAULT_PROFILE,
    passphrase_file: PassphraseFileOption = None,
    passphrase: PassphraseOption = None,
    as_json: JsonOption = False,
) -> None:
    """La categoría de un generador, año por año, y sus planes · A generator's category, year by year, and its plans."""
    from exchange.registers.report import category_lines

    if database is not None:
        members = _category_from_database(database, party, on)
    else:
        members = _ask(profile, read_passphrase(passphrase_file, passphrase), f"v1/generators/{party}/category")
    show(members, as_json=as_json, text="\n".join(category_lines(members)))


def _from_database(database: str, place: str, year: int, kind: Kind, waste_class: WasteOf) -> _Register:
    from compliance.store.registers import iter_register, read_book, read_processes

    with _current(database) as reader:
        found = _place_in(reader, place, year)
        book = read_book(reader, found, kind, waste_class)
        if kind == "recycler":
            return _Register(book, processes=read_processes(reader, found, book))
        return _Register(book, rows=[row for _, row in iter_register(reader, found, book)])


def _from_server(
    profile: Path, secret: bytes | None, place: str, year: int, kind: Kind, waste_class: WasteOf
) -> _Register:
    from urllib.parse import urlencode

    from cli.desk import open_desk
    from cli.drafts import ask
    from cli.record import open_own

    about = f"v1/registers/{place}/{year}"
    asked = {"kind": kind, "waste_class": waste_class}
    rows: list[RegisterRow] = []
    with open_desk(open_own(profile), secret) as desk:
        if kind == "recycler":
            page = ask(desk, f"{about}/processes?{urlencode({'waste_class': waste_class})}")
            return _Register(_parsed_book(page["book"]), processes=_parsed_processes(page["processes"]))
        after: str | None = ""
        while after is not None:
            page = ask(desk, f"{about}?{urlencode({**asked, 'after': after})}")
            rows += _parsed_rows(page["rows"])
            after = page["next"]
    return _Register(_parsed_book(page["book"]), rows=rows)


def _parsed_book(members: dict[str, Any]) -> Book:
    from pydantic import TypeAdapter

    from compliance.register import Book

    return TypeAdapter(Book).validate_python(_without(members, "article"))


def _parsed_rows(rows: Sequence[dict[str, Any]]) -> list[RegisterRow]:
    from pydantic import TypeAdapter

    from compliance.register import RegisterRow

    return TypeAdapter(list[RegisterRow]).validate_python([_without(row, "name") for row in rows])


def _parsed_processes(rows: Sequence[dict[str, Any]]) -> list[ProcessRow]:
    from pydantic import TypeAdapter

    from compliance.register import ProcessRow

    return TypeAdapter(list[ProcessRow]).validate_python(rows)


def _without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {member: value for member, value in members.items() if member != name}


def _signed_by(read: _Register, responsible: str | None) -> _Register:
    """With the name of who answers for it, which no row lacks then."""
    if responsible is None:
        return read
    rows = [replace(row, missing=tuple(letter for letter in row.missing if letter != "g")) for row in read.rows]
    return replace(read, book=replace(read.book, responsible=responsible), rows=rows)


def _listed(read: _Register, out: Path | None) -> Iterator[str]:
    from compliance.register import name_of
    from exchange.registers.wording import format_kg

    if out is not None:
        yield f"→ {out}"
        return
    for row in read.rows:
        left = f"salió {row.left_on}" if row.left_on else "en almacén"
        lacks = f"; falta {', '.join(row.missing)}" if row.missing else ""
        yield f"{row.entered_on} {format_kg(row.mass_g):>12} kg {name_of(row).es}, {row.unit}: {left}{lacks}"
    for process in read.processes:
        lacks = f"; falta {', '.join(process.missing)}" if process.missing else ""
        yield f"{process.first_on} {format_kg(process.fed_g):>12} kg {process.process}, {process.batch}{lacks}"


def _write(path: Path, read: _Register) -> None:
    import io

    from compliance.register import completeness_of
    from exchange.registers.book import process_grid, render_processes, render_units, unit_grid, write_register_xlsx
    from exchange.registers.sheets import iter_csv

    book, of_processes = read.book, read.book.kind == "recycler"
    if path.suffix == ".pdf" and of_processes:
        _write_bytes(path, render_processes(book, read.processes, completeness_of(read.processes)))
        return
    if path.suffix == ".pdf":
        _write_bytes(path, render_units(book, read.rows, completeness_of(read.rows)))
        return
    grid: Grid = process_grid(book, read.processes) if of_processes else unit_grid(book, read.rows)
    if path.suffix == ".csv":
        _write_bytes(path, "".join(iter_csv(grid)).encode())
        return
    made = io.BytesIO()
    write_register_xlsx(made, book, [grid])
    _write_bytes(path, made.getvalue())


def _write_bytes(path: Path, data: bytes) -> None:
    from cli.files import write_whole

    write_whole(path, data)


def _report_from_database(database: str, place: str, year: int) -> dict[str, Any]:
    from compliance.store.registers import read_report
    from exchange.registers.shown import report_members
    from ledger.domain.filing import report_key
    from ledger.store.state import find_state

    with _current(database) as reader:
        found = _place_in(reader, place, year)
        filed = find_state(reader, report_key(found.party, year))
        return report_members(read_report(reader, found), found, filed["at"] if filed else None)


def _category_from_database(database: str, party: str, on: str | None) -> dict[str, Any]:
    from compliance.store.registers import read_category
    from exchange.registers.shown import category_members
    from ledger.clock import SystemClock
    from ledger.domain.payload import party_key
    from ledger.fold.legal_day import legal_day
    from ledger.store.state import find_state

    with _current(database) as reader:
        if find_state(reader, party_key(party)) is None:
            raise typer.BadParameter(f"{party} is no party of this ledger (pty_…)", param_hint="PARTY")
        return category_members(read_category(reader, party, on or legal_day(SystemClock().now(), None)))


def _place_in(reader: Reader, name: str, year: int) -> Place:
    from compliance.store.registers import find_place

    found = find_place(reader, name, year)
    if found is None:
        raise typer.BadParameter(f"{name} is no site or party of this ledger", param_hint="SITE")
    return found


def _ask(profile: Path, secret: bytes | None, path: str) -> dict[str, Any]:
    from cli.desk import open_desk
    from cli.drafts import ask
    from cli.record import open_own

    with open_desk(open_own(profile), secret) as desk:
        return ask(desk, path)


@contextmanager
def _current(database: str) -> Iterator[Reader]:
    """A snapshot in which the registers know every entry."""
    from compliance.store.registers import STAYS
    from ledger.store.session import open_store

    store = open_store(database)
    try:
        with STAYS.read_current(store) as reader:
            yield reader
    finally:
        store.close()
