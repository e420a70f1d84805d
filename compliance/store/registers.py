"""The registers' table, a projection of where units lay as waste, and reading registers by it.

The table only finds: which units lay at a place in a year. What a row says is told anew from the unit's own history
and the state, so that nothing about it can be out of step with the log.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Column, Index, Select, Table, and_, delete, insert, or_, select, tuple_

from compliance.annual_report import AnnualReport, ReportDraft
from compliance.generator import Category, Standing, category_of, is_at_the_boundary, registered_category, standing
from compliance.law import law_keys, law_on
from compliance.register import (
    Book,
    ProcessRow,
    RegisterKind,
    RegisterRow,
    WasteOf,
    acts_of,
    belongs_to,
    keys_of,
    process_rows,
    row_of,
)
from compliance.stays import STAY_KINDS, Stay, find_stays
from compliance.tally import Amount, generated, generation_key
from ledger.domain.filing import generator_key, plans_key
from ledger.domain.payload import Payload, act_key, party_key, permits_key, site_key, unit_key
from ledger.event import Event, parse_event
from ledger.fold.legal_day import DEFAULT_ZONE, legal_day
from ledger.fold.regime import FEDERAL_REGIME
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import VALUES_MAX, chunks_of
from ledger.store.entries import STREAM_ROWS, list_history, read_head
from ledger.store.following import Events, Followed, Row
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer
from ledger.store.state import iter_states, load_states
from ledger.store.tables import Key, metadata

UNITS_FOLLOWED_MAX: Final = 2000
"""Where a chunk ends early: recorders wait while it is written."""
_UNITS: Final = unit_key("")

stay = Table(
    "stay",
    metadata,
    Column("unit", Key, primary_key=True),
    Column("entered", BigInteger, primary_key=True, autoincrement=False),
    Column("party", Key, nullable=False),
    Column("site", Key),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
    Index(None, "site", "since"),
    Index(None, "party", "since"),
)
_INSERT: Final = insert(stay)


@dataclass(frozen=True, slots=True)
class Place:
    """Of which place and year a register is: a site, or all of a party's with ``site`` None."""

    party: str
    site: str | None
    year: int
    zone: str = DEFAULT_ZONE

    @property
    def start(self) -> int:
        """Its first second, in the zone of the site."""
        return _midnight(self.year, self.zone)

    @property
    def end(self) -> int:
        """The first second after it."""
        return _midnight(self.year + 1, self.zone)


@dataclass(frozen=True, slots=True)
class Plan:
    """A management plan that a party operates or joined: its id, its number, who operates it, since when."""

    plan: str
    number: str
    operated_by: str
    since: int


@dataclass(frozen=True, slots=True)
class CategoryPage:
    """Which category a generator is in, and why.

    Attributes:
        party: whose.
        on: the day that is asked about.
        registered: the one in its register; None if it is in none.
        years: of each year, what was generated and the category of that mass; of the running year, so far.
        standing: what follows by the rule of two years (RLGPGIR 44); None where nothing is known.
        at_boundary: years at whose mass the law itself gives two categories.
        plans: the management plans that it operates or joined.
    """

    party: str
    on: str
    registered: Category | None
    years: Mapping[int, tuple[Amount, Category]]
    standing: Standing | None
    at_boundary: tuple[int, ...]
    plans: tuple[Plan, ...]


Cursor = tuple[int, str, int]
"""Behind which row to go on: when it came, its unit, and the leaf index of its entry."""


def find_place(reader: Reader, subject: str, year: int) -> Place | None:
    """The place by the id of a site or of a party; None if there is none."""
    if subject.startswith("pty_"):
        return (
            None if load_states(reader, [party_key(subject)])[party_key(subject)] is None else _of_party(subject, year)
        )
    site = load_states(reader, [site_key(subject)])[site_key(subject)]
    return None if site is None else Place(site["party"], subject, year, site["place"]["time_zone"])


def read_book(
    reader: Reader, place: Place, kind: RegisterKind, waste_class: WasteOf, responsible: str | None = None
) -> Book:
    """What stands at the head of a register."""
    keys = [party_key(place.party), generator_key(place.party), permits_key(place.party)]
    keys += [site_key(place.site)] if place.site else []
    values = load_states(reader, keys)
    party, site = values[keys[0]] or {}, values.get(keys[-1]) if place.site else None
    lines = (values[keys[1]] or {"timeline": []})["timeline"]
    last_on = f"{place.year}-12-31"
    mine = [
        line for line in lines if line["from_on"] <= last_on and place.site in (None, *(line["sites"] or [place.site]))
    ]
    return Book(
        kind=kind,
        party=place.party,
        party_name=party.get("name"),
        site=place.site,
        site_name=(site or {}).get("name"),
        year=place.year,
        waste_class=waste_class,
        number=next((line["number"] for line in reversed(mine) if "number" in line), None),
        as_of=read_head(reader).size,
        responsible=responsible,
    )


def iter_rows(
    reader: Reader, place: Place, *, after: Cursor | None = None, responsible: str | None = None
) -> Iterator[tuple[Cursor, RegisterRow]]:
    """The rows of what lay at the place in its year, of every class, in the order in which it came.

    Read it in a snapshot of ``STAYS.read_current``; some 500 rows are in memory at a time.
    """
    while page := reader.execute(_page(place, after)).all():
        named = [(row.since, row.unit, row.entered) for row in page]
        rows = _rows(reader, named, responsible)
        yield from ((cursor, rows[cursor[1], cursor[2]]) for cursor in named)
        after = named[-1]
        if len(page) < VALUES_MAX:
            return


def iter_register(
    reader: Reader, place: Place, book: Book, *, after: Cursor | None = None
) -> Iterator[tuple[Cursor, RegisterRow]]:
    """The rows of one register: of its class, and those of generators or of collection centres."""
    for cursor, row in iter_rows(reader, place, after=after, responsible=book.responsible):
        if row.waste_class == book.waste_class and belongs_to(row, book.kind, place.party):
            yield cursor, row


def read_processes(reader: Reader, place: Place, book: Book) -> list[ProcessRow]:
    """The processes of a recycler's register in its year."""
    first, last = f"{place.year}-01-01", f"{place.year}-12-31"
    rows = [row for _, row in iter_register(reader, place, book) if first <= (row.left_on or "") <= last]
    batches = list(dict.fromkeys(row.batch for row in rows if row.batch))
    acts = load_states(reader, map(act_key, batches))
    permits = load_states(reader, [permits_key(act["party"]) for act in acts.values() if act])
    granted = load_states(reader, [act_key(one) for value in permits.values() if value for one in value["ids"]])
    steps = {batch: list(payloads_about(reader, batch)) for batch in batches}
    return process_rows(rows, {**acts, **permits, **granted}, steps)


def read_report(reader: Reader, place: Place) -> AnnualReport:
    """The draft of the yearly report on what was at the place in its year."""
    draft = ReportDraft(place.year, place.party, place.site)
    for _, row in iter_rows(reader, place):
        if row.waste_class == "RP":
            draft.take(row)
    return draft.finish(read_generated(reader, place))


def read_generated(reader: Reader, place: Place, waste_class: WasteOf = "RP") -> Amount:
    """What the ledger counted as generated there in that year."""
    state = load_states(reader, [generation_key(place.party, place.year), FEDERAL_REGIME])
    state |= load_states(reader, law_keys(state))
    return generated(state, place.party, place.year, waste_class, site=place.site)


def read_category(reader: Reader, party: str, on: str) -> CategoryPage:
    """The category of a generator on a day: what its register has, and what the complete years before say."""
    register = load_states(reader, [generator_key(party), FEDERAL_REGIME])
    register |= load_states(reader, law_keys(register))
    registered = registered_category(register, party, on)
    years = [int(key.rpartition("/")[2]) for key, _ in iter_states(reader, generation_key(party, ""))]
    lines = {year: read_generated(reader, Place(party, None, year)) for year in sorted(years) if year <= int(on[:4])}
    categories = {year: category_of(amount.g, law_on(register, f"{year}-12-31")) for year, amount in lines.items()}
    complete = {year: one for year, one in categories.items() if year < int(on[:4])}
    return CategoryPage(
        party=party,
        on=on,
        registered=registered,
        years={year: (amount, categories[year]) for year, amount in lines.items()},
        standing=standing(complete, registered) if complete or registered else None,
        at_boundary=tuple(
            year for year, amount in lines.items() if is_at_the_boundary(amount.g, law_on(register, f"{year}-12-31"))
        ),
        plans=tuple(_plans(reader, party)),
    )


def _plans(reader: Reader, party: str) -> Iterator[Plan]:
    known = (load_states(reader, [plans_key(party)])[plans_key(party)] or {"plans": []})["plans"]
    acts = load_states(reader, [act_key(one["plan"]) for one in known])
    for one in known:
        plan = acts[act_key(one["plan"])]
        if plan is not None:
            yield Plan(one["plan"], plan["number"], plan["party"], one["since"])


def _of_party(party: str, year: int) -> Place:
    return Place(party, None, year)


def _midnight(year: int, zone: str) -> int:
    return int(datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).timestamp())


def _page(place: Place, after: Cursor | None) -> Select[Any]:
    column = stay.c
    order = (column.since, column.unit, column.entered)
    whose = column.party == place.party if place.site is None else column.site == place.site
    in_year = and_(column.since < place.end, or_(column.until.is_(None), column.until >= place.start))
    query = select(*order).where(whose, in_year)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return query.order_by(*order).limit(VALUES_MAX)


def _rows(reader: Reader, named: Sequence[Cursor], responsible: str | None) -> dict[tuple[str, int], RegisterRow]:
    wanted = {(unit, entered) for _, unit, entered in named}
    units = [unit for _, unit, _ in named]
    values = _read_units(reader, units)
    stays = [one for of_unit in _read_stays(reader, values).values() for one in of_unit]
    stays = [one for one in stays if (one.unit, one.entered) in wanted]
    state = _read_state(reader, stays, values)
    return {
        (one.unit, one.entered): row_of(one, values[one.unit], state, _tables_on(state, one), responsible)
        for one in stays
    }


def _read_units(reader: Reader, units: Iterable[str]) -> dict[str, Value]:
    found = load_states(reader, map(unit_key, units))
    return {key.removeprefix(_UNITS): value for key, value in found.items() if value is not None}


def _read_stays(reader: Reader, values: Mapping[str, Value]) -> dict[str, tuple[Stay, ...]]:
    histories = _read_histories(reader, list(values))
    return {unit: find_stays(unit, value, histories.get(unit, ())) for unit, value in values.items()}


def _read_histories(reader: Reader, units: Sequence[str]) -> dict[str, list[tuple[int, Event]]]:
    """Of each unit the entries that may begin, change or end a stay."""
    about, entry = tables.entry_subject.c, tables.entry.c
    histories: dict[str, list[tuple[int, Event]]] = {}
    for chunk in chunks_of(map(unit_key, units)):
        query = (
            select(about.subject, about.leaf_index)
            .join_from(tables.entry_subject, tables.entry, about.leaf_index == entry.leaf_index)
            .where(about.subject.in_(chunk), entry.kind.in_(STAY_KINDS), entry.void.is_(False))
            .order_by(about.subject, about.leaf_index)
        )
        named = reader.execute(query).all()
        events = _read_events(reader, (row.leaf_index for row in named))
        for row in named:
            of_unit = histories.setdefault(row.subject.removeprefix(_UNITS), [])
            of_unit.append((row.leaf_index, events[row.leaf_index]))
    return histories


def _read_events(reader: Reader, indexes: Iterable[int]) -> dict[int, Event]:
    entry = tables.entry.c
    found: dict[int, Event] = {}
    for chunk in chunks_of(indexes):
        rows = reader.execute(select(entry.leaf_index, entry.body).where(entry.leaf_index.in_(chunk)))
        found.update((row.leaf_index, parse_event(row.body)) for row in rows)
    return found


def _read_state(reader: Reader, stays: Sequence[Stay], values: Mapping[str, Value]) -> dict[str, Value | None]:
    """What the rows of these stays name: acts, parties, permits and sites, and the law."""
    sites = {one.site for one in stays if one.site}
    sites |= {value["generated"]["site"] for value in values.values() if "site" in value.get("generated", {})}
    state = load_states(reader, [*acts_of(stays), *map(site_key, sites), FEDERAL_REGIME])
    state |= load_states(reader, law_keys(state))
    state |= load_states(reader, keys_of(stays, state))
    permits = [
        act_key(one) for key, value in state.items() if value and key.startswith("permits/") for one in value["ids"]
    ]
    return state | load_states(reader, permits)


def _tables_on(state: Mapping[str, Value | None], one: Stay) -> Value:
    """The law of the last day of the month in which it came, as the tally of a year asks for it."""
    day = legal_day(one.since, state.get(site_key(one.site)) if one.site else None)
    last = monthrange(int(day[:4]), int(day[5:7]))[1]
    return law_on(state, f"{day[:7]}-{last}").tables


def payloads_about(reader: Reader, act: str) -> Iterator[Payload]:
    """What was stated about an act, oldest first, without what stands without effect."""
    after = -1
    while page := list_history(reader, act_key(act), after=after):
        yield from (parse_event(entry.body).payload for entry in page if not entry.void)
        if len(page) < STREAM_ROWS:
            return
        after = page[-1].index


def _gather(events: Events, end: int) -> tuple[dict[str, None], int]:
    """The units that the entries speak of; the chunk ends with the one by which there are enough."""
    touched: dict[str, None] = {}
    for index, event in events:
        keys = (subject.key for subject in event.payload.extends)
        touched.update((key.removeprefix(_UNITS), None) for key in keys if key.startswith(_UNITS))
        if len(touched) >= UNITS_FOLLOWED_MAX:
            return touched, index + 1
    return touched, end


def _take_in(writer: Writer, touched: Mapping[str, None]) -> None:
    for chunk in chunks_of(touched):
        writer.execute(delete(stay).where(stay.c.unit.in_(chunk)))
        insert_rows(writer, _INSERT, list(_made_rows(writer, chunk)))


def _made_rows(reader: Reader, units: Sequence[str]) -> Iterator[Row]:
    for of_unit in _read_stays(reader, _read_units(reader, units)).values():
        for one in of_unit:
            yield {name: getattr(one, name) for name in stay.columns.keys()}  # noqa: SIM118 (a collection of columns, not of names)


def _made(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    key, after = tables.state.c.key, _UNITS
    end = _UNITS[:-1] + chr(ord(_UNITS[-1]) + 1)
    while page := (
        reader.execute(select(key).where(key > after, key < end).order_by(key).limit(VALUES_MAX)).scalars().all()
    ):
        units = [name.removeprefix(_UNITS) for name in page]
        yield units[-1], list(_made_rows(reader, units))
        after = page[-1]
    yield None, []


STAYS: Final = Followed(projection="registers", kinds=STAY_KINDS, rows={stay: _made}, gather=_gather, take_in=_take_in)
