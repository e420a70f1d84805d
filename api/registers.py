"""Registers of waste, the draft of the yearly report and the generator's category, drawn from the log.

For the party whose they are, and for authorities that inspect or register: no other party learns from them whom it
deals with. They name no natural person.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import register_schemas as shapes
from api import schemas
from api.answers import bytes_answer, json_answer
from api.callers import FOR_OFFICES, Caller, CallerDep
from api.limits import REGISTER_ROWS_MAX
from api.problems import problem_responses
from api.refusals import (
    CredentialInvalid,
    CredentialMissing,
    NotFound,
    PermissionMissing,
    RegisterTooLong,
    RequestMalformed,
)
from api.services import Services, ServicesDep
from compliance.register import Book, RegisterKind, RegisterRow, WasteOf, belongs_to, completeness_of
from compliance.store.registers import (
    STAYS,
    Cursor,
    Place,
    find_place,
    iter_register,
    iter_rows,
    read_book,
    read_category,
    read_processes,
    read_report,
)
from exchange.registers.book import process_grid, render_processes, render_units, unit_grid, write_register_xlsx
from exchange.registers.sheets import CSV, XLSX, Grid, iter_csv
from exchange.registers.shown import book_members, category_members, process_members, report_members, row_members
from exchange.typeface import PDF
from ledger.domain.filing import report_key
from ledger.domain.values import format_base64url, parse_base64url
from ledger.fold.legal_day import legal_day
from ledger.store.session import Reader
from ledger.store.state import find_state

PlacePath = Annotated[
    str,
    Path(
        pattern="^(sit|pty)_[a-z2-7]{25}[aeimquy4]$",
        description="A site, or a party for all of its places",
        examples=[shapes.SITE],
    ),
]
PartyPath = Annotated[
    str, Path(pattern="^pty_[a-z2-7]{25}[aeimquy4]$", description="A party", examples=[schemas.PARTY])
]
YearPath = Annotated[int, Path(ge=2000, le=2099, description="A calendar year", examples=[2026])]
KindQuery = Annotated[
    RegisterKind,
    Query(description="Of its own waste, of that of others, or of its processes", examples=["generator"]),
]
ClassQuery = Annotated[WasteOf, Query(description="Hazardous or special-handling waste", examples=["RP"])]
After = Annotated[
    str, Query(max_length=600, description="`next` of the page before; empty for the first", examples=[""])
]
Form = Literal["csv", "xlsx", "pdf"]
FormPath = Annotated[Form, Path(description="As a table, as a workbook, or to print", examples=["csv"])]

_REFUSED: Final = (CredentialMissing, CredentialInvalid, PermissionMissing, NotFound)
_MEDIA_TYPES: Final[dict[Form, str]] = {"csv": CSV, "xlsx": XLSX, "pdf": PDF}
_CURSOR: Final = re.compile(rb"(-?[0-9]{1,12}) ([0-9]{1,12}) ([!-~]{1,256})")
_LOOKED_AT: Final = 500
"""Rows of every register that one page looks at."""

router = APIRouter(tags=["registers"], dependencies=[FOR_OFFICES])


@router.get(
    "/v1/registers/{place}/{year}",
    operation_id="read_register",
    summary="The register of waste of a site and year",
    responses={200: schemas.answer("A page", shapes.RegisterAnswer), **problem_responses(*_REFUSED)},
)
def read_register(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    place: PlacePath,
    year: YearPath,
    kind: KindQuery = "generator",
    waste_class: ClassQuery = "RP",
    after: After = "",
) -> Response:
    """Each entry of waste with its exit, in the order in which it came, with what each row lacks of the law's fields.

    A page may hold few rows, or none, of the register that is asked for, and still have a next one.
    """
    _spend(services, caller)
    with STAYS.read_current(services.store) as reader:
        found = _shown_place(reader, caller, place, year)
        book = read_book(reader, found, kind, waste_class)
        page = list(islice(iter_rows(reader, found, after=_position(after)), _LOOKED_AT))
    rows = [
        row_members(row) for _, row in page if row.waste_class == waste_class and belongs_to(row, kind, found.party)
    ]
    following = _spelled(page[-1][0]) if len(page) == _LOOKED_AT else None
    return json_answer(request, {"book": book_members(book), "rows": rows, "next": following})


@router.get(
    "/v1/registers/{place}/{year}/processes",
    operation_id="read_processes",
    summary="The register of processes of a recycler",
    responses={200: schemas.answer("The processes", shapes.ProcessesAnswer), **problem_responses(*_REFUSED)},
)
def read_all_processes(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    place: PlacePath,
    year: YearPath,
    waste_class: ClassQuery = "RP",
) -> Response:
    """Each batch into which waste of the site went, with its emissions; temperature and pressure are not in the log."""
    _spend(services, caller)
    with STAYS.read_current(services.store) as reader:
        found = _shown_place(reader, caller, place, year)
        book = read_book(reader, found, "recycler", waste_class)
        rows = read_processes(reader, found, book)
    return json_answer(request, {"book": book_members(book), "processes": [process_members(row) for row in rows]})


@router.get(
    "/v1/registers/{place}/{year}/register.{form}",
    operation_id="read_register_file",
    summary="A register as CSV, XLSX or PDF",
    responses={
        200: schemas.answer("The file", media_types=(CSV, XLSX, PDF)),
        **problem_responses(*_REFUSED, RegisterTooLong),
    },
)
def read_file(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    place: PlacePath,
    year: YearPath,
    form: FormPath,
    kind: KindQuery = "generator",
    waste_class: ClassQuery = "RP",
) -> Response:
    """With the columns as the law names them, masses in kilograms. Who answers for the register signs it in ink."""
    _spend(services, caller)
    with STAYS.read_current(services.store) as reader:
        found = _shown_place(reader, caller, place, year)
        book = read_book(reader, found, kind, waste_class)
        body = _process_file(reader, found, book, form) if kind == "recycler" else _unit_file(reader, found, book, form)
    headers = {"content-disposition": f'attachment; filename="{place}-{year}-{kind}.{form}"'}
    return bytes_answer(request, body, _MEDIA_TYPES[form], headers=headers)


@router.get(
    "/v1/annual-reports/{place}/{year}",
    operation_id="read_annual_report",
    summary="The draft of the yearly report on hazardous waste",
    responses={200: schemas.answer("The draft", shapes.ReportAnswer), **problem_responses(*_REFUSED)},
)
def read_annual_report(
    request: Request, services: ServicesDep, caller: CallerDep, place: PlacePath, year: YearPath
) -> Response:
    """Summed from the rows of the registers, and held against what the ledger counted (RLGPGIR 72)."""
    _spend(services, caller)
    with STAYS.read_current(services.store) as reader:
        found = _shown_place(reader, caller, place, year)
        report = read_report(reader, found)
        filed = find_state(reader, report_key(found.party, year))
    return json_answer(request, report_members(report, found, filed["at"] if filed else None))


@router.get(
    "/v1/generators/{party}/category",
    operation_id="read_category",
    summary="A generator's category, year by year",
    responses={200: schemas.answer("The category", shapes.CategoryAnswer), **problem_responses(*_REFUSED)},
)
def read_generator_category(request: Request, services: ServicesDep, caller: CallerDep, party: PartyPath) -> Response:
    """By what the ledger counted as generated, by the rule of two years, and as it is registered; and its plans."""
    _spend(services, caller)
    with services.store.read() as reader:
        if not (caller.sees_all or caller.party == party):
            raise NotFound("no such party, or not for this reader")
        page = read_category(reader, party, legal_day(services.clock.now(), None))
    return json_answer(request, category_members(page))


def _spend(services: Services, caller: Caller) -> None:
    services.rates.spend("papers", f"{caller.party}:{caller.kid}")


def _shown_place(reader: Reader, caller: Caller, name: str, year: int) -> Place:
    """The place, if it is the caller's own, its key is not limited to others, or the caller oversees.

    Raises:
        NotFound: otherwise, or there is none.
    """
    place = find_place(reader, name, year)
    own = place is not None and place.party == caller.party and (not caller.sites or place.site in caller.sites)
    if place is None or not (own or caller.sees_all):
        raise NotFound("no such place, or not for this reader")
    return place


def _unit_file(reader: Reader, place: Place, book: Book, form: Form) -> bytes:
    rows = _within_limit(row for _, row in iter_register(reader, place, book))
    if form == "pdf":
        return render_units(book, rows, completeness_of(rows))
    return _table(book, unit_grid(book, rows), form)


def _process_file(reader: Reader, place: Place, book: Book, form: Form) -> bytes:
    rows = read_processes(reader, place, book)
    if form == "pdf":
        return render_processes(book, rows, completeness_of(rows))
    return _table(book, process_grid(book, rows), form)


def _within_limit(rows: Iterable[RegisterRow]) -> list[RegisterRow]:
    listed = list(islice(rows, REGISTER_ROWS_MAX + 1))
    if len(listed) > REGISTER_ROWS_MAX:
        raise RegisterTooLong(
            f"the register has more than {REGISTER_ROWS_MAX} rows",
            cure="read it page by page, or ask for the register of one site",
        )
    return listed


def _table(book: Book, grid: Grid, form: Form) -> bytes:
    if form == "csv":
        return "".join(iter_csv(grid)).encode()
    out = io.BytesIO()
    write_register_xlsx(out, book, [grid])
    return out.getvalue()


def _spelled(cursor: Cursor) -> str:
    since, unit, entered = cursor
    return format_base64url(f"{since} {entered} {unit}".encode())


def _position(text: str) -> Cursor | None:
    """Inverse of ``_spelled``; None for the first page.

    Raises:
        RequestMalformed: it is no cursor of this list.
    """
    if not text:
        return None
    try:
        found = _CURSOR.fullmatch(parse_base64url(text))
    except ValueError as error:
        raise RequestMalformed("not a cursor of this list", field="/query/after") from error
    if found is None:
        raise RequestMalformed("not a cursor of this list", field="/query/after")
    since, entered, unit = found.groups()
    return int(since), unit.decode(), int(entered)
