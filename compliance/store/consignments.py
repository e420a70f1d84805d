"""Keeping the consignments' tables at what log and state say: chunk by chunk behind the log, or all of them anew.

A unit's lines are made from its whole history, and a consignment's rows from the state and from its lines, each anew
whenever an entry speaks of it. Whoever writes them has locked the watermark first and then reads, so that nothing older
than what is there is ever written over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Table, and_, delete, exists, func, insert, select, update

from compliance.consignment_lines import LINE_KINDS, UnitLine, replay_lines
from compliance.due import due_from, roles_of
from compliance.load import OPEN_LINES
from compliance.store.findings import read_findings
from compliance.store.tables import consignment, consignment_due, consignment_line, consignment_party
from ledger.domain.kinds import KINDS
from ledger.domain.payload import act_key, party_key, unit_key
from ledger.errors import Unavailable
from ledger.event import Event, parse_event
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import VALUES_MAX, chunks_of
from ledger.store.entries import read_head
from ledger.store.inserts import insert_rows
from ledger.store.projections import Difference, lock_appends
from ledger.store.session import Reader, Store, Writer
from ledger.store.state import load_states

FOLLOWED_MAX: Final = 1000
UNITS_FOLLOWED_MAX: Final = 2000
"""Where a chunk ends early: recorders wait while it is written, and a statement may name 256 units."""
CHUNKS_MAX: Final = 100
"""How far behind the tables may be for a question to bring them up to the log by itself."""

_PROJECTION: Final = "consignments"
_CONSIGNMENTS: Final = act_key("con_")
_UNITS: Final = unit_key("")
_PARTIES: Final = party_key("")
_ENDED_STAGES: Final = ("closed", "cancelled", "annulled")
_KINDS: Final = sorted(
    {tag for tag in KINDS if tag.startswith(("consignment.", "paper."))}
    | {*LINE_KINDS, "discrepancy.resolved", "ticket.weighed", "party.closed"}
    # A unit that has only just come into being is in no consignment.
    - {"unit.registered", "unit.produced", "unit.imported", "batch.closed"}
)
_TABLES: Final = (consignment_line, consignment, consignment_party, consignment_due)
_INSERTS: Final = {table: insert(table) for table in _TABLES}
_OF_CONSIGNMENTS: Final = (consignment, consignment_party, consignment_due)

_FOLLOWED: Final = select(tables.watermark.c.size).where(tables.watermark.c.projection == _PROJECTION)
_HEAD_AND_WATERMARK: Final = select(tables.head.c.size, _FOLLOWED.scalar_subquery())

LineRow: TypeAlias = dict[str, Any]
Fault: TypeAlias = Literal["missing", "extra", "changed"]


@dataclass(slots=True)
class _Touched:
    """What a chunk of entries speaks of, by id.

    ``moved`` are units whose lines change only if they have any.
    """

    units: dict[str, None] = field(default_factory=dict)
    moved: dict[str, None] = field(default_factory=dict)
    consignments: dict[str, None] = field(default_factory=dict)
    parties: dict[str, None] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        of_consignment = event.payload.kind.startswith("consignment.")
        keys = [subject.key for subject in event.payload.extends]
        for key in [*keys, *event.payload.abouts()]:
            if key.startswith(_CONSIGNMENTS):
                self.consignments[_id_of(key)] = None
            elif key.startswith(_PARTIES):
                self.parties[_id_of(key)] = None
        (self.units if of_consignment else self.moved).update((_id_of(k), None) for k in keys if k.startswith(_UNITS))


def followed_size(reader: Reader) -> int:
    """How many entries the consignments' tables have been brought up to."""
    size: int = reader.execute(_FOLLOWED).scalar_one()
    return size


def is_behind(reader: Reader) -> bool:
    """Whether an entry that the tables do not know of may change what they say."""
    size, start = reader.execute(_HEAD_AND_WATERMARK).one()
    if size - start > FOLLOWED_MAX:
        return True
    return bool(start < size and reader.execute(select(exists(_speaking(start, size)))).scalar_one())


def follow_consignments(store: Store, *, units_max: int = UNITS_FOLLOWED_MAX) -> int:
    """Take in what the next entries change, at most ``FOLLOWED_MAX`` of them; how many entries remain.

    A chunk ends with the entry by which it speaks of ``units_max`` units.

    Each chunk is one transaction with its watermark: a process that dies leaves whole chunks, and of two followers
    one finds the watermark moved and writes nothing.

    Raises:
        Unavailable: the database cannot write.
    """
    with store.read() as reader:
        size, start = read_head(reader).size, followed_size(reader)
        touched, end = _touched(reader, start, min(size, start + FOLLOWED_MAX), units_max)
    if start < end:
        store.write(lambda writer: _take_in(writer, touched, start, end))
    return size - end


@contextmanager
def read_current(store: Store) -> Iterator[Reader]:
    """A snapshot in which the tables know every entry.

    Raises:
        Unavailable: the database does not answer, or the tables are too far behind the log to be brought up to it now.
    """
    for _ in range(CHUNKS_MAX):
        with store.read() as reader:
            if not is_behind(reader):
                yield reader
                return
        follow_consignments(store)
    raise Unavailable("the consignments are being brought up to the log")


def rebuild_consignments(store: Store) -> list[Difference]:
    """Make the tables again, and tell what differed from what they would have become by themselves.

    Raises:
        Unavailable: the database cannot write.
    """
    with store.read() as reader:
        is_ahead = followed_size(reader) > read_head(reader).size
    while not is_ahead and follow_consignments(store):
        pass
    return store.write(_make_again)


def compare_consignments(reader: Reader) -> list[Difference] | None:
    """Where the tables are not what the log says; None while they are behind it, which is no fault."""
    if is_behind(reader):
        return None
    return [difference for table in _TABLES for difference, _ in _differences(reader, table)]


def _speaking(start: int, end: int) -> Any:
    entry = tables.entry.c
    in_range = and_(entry.leaf_index >= start, entry.leaf_index < end)
    wanted = select(entry.leaf_index, entry.body).where(in_range, entry.kind.in_(_KINDS), entry.void.is_(False))
    return wanted.order_by(entry.leaf_index)


def _touched(reader: Reader, start: int, end: int, units_max: int = UNITS_FOLLOWED_MAX) -> tuple[_Touched, int]:
    """What the entries from ``start`` on speak of, and where this chunk of them ends."""
    touched = _Touched()
    for index, body in reader.execute(_speaking(start, end)):
        touched.note(parse_event(body))
        if len(touched.units) + len(touched.moved) >= units_max:
            return touched, index + 1
    return touched, end


def _take_in(writer: Writer, touched: _Touched, start: int, end: int) -> None:
    mark = tables.watermark.c
    change = update(tables.watermark).where(mark.projection == _PROJECTION, mark.size == start)
    if writer.execute(change.values(size=end)).rowcount == 0:
        return
    affected = dict.fromkeys(touched.consignments)
    affected |= dict.fromkeys(_put_lines(writer, [*touched.units, *_with_lines(writer, touched.moved)]))
    affected |= dict.fromkeys(_open_of(writer, touched.parties))
    for chunk in chunks_of(affected):
        made = list(_consignment_rows(writer, chunk))
        for table in _OF_CONSIGNMENTS:
            writer.execute(delete(table).where(table.c.consignment.in_(chunk)))
            insert_rows(writer, _INSERTS[table], [row for of_table, row in made if of_table is table])


def _with_lines(reader: Reader, units: Iterable[str]) -> Iterator[str]:
    unit = consignment_line.c.unit
    for chunk in chunks_of(units):
        yield from reader.execute(select(unit).where(unit.in_(chunk)).distinct()).scalars()


def _open_of(reader: Reader, parties: Iterable[str]) -> Iterator[str]:
    """Consignments on whose way a party ended: others sign for it from here on."""
    table = consignment_party.c
    for chunk in chunks_of(parties):
        found = select(table.consignment).where(table.party.in_(chunk), table.stage.not_in(_ENDED_STAGES))
        yield from reader.execute(found).scalars()


def _put_lines(writer: Writer, units: Iterable[str]) -> list[str]:
    """Make these units' lines anew; the consignments that they are or were in."""
    table = consignment_line
    affected: list[str] = []
    for chunk in chunks_of(units):
        of_units = table.c.unit.in_(chunk)
        affected += writer.execute(select(table.c.consignment).where(of_units).distinct()).scalars().all()
        rows = list(_line_rows(writer, chunk))
        affected += [row["consignment"] for row in rows]
        writer.execute(delete(table).where(of_units))
        insert_rows(writer, _INSERTS[table], rows)
    return affected


def _line_rows(reader: Reader, units: Sequence[str]) -> Iterator[LineRow]:
    lines = {unit: replay_lines(unit, entries) for unit, entries in _read_histories(reader, units).items()}
    signed = {line.key for of_unit in lines.values() for line in of_unit if line.key is not None}
    keys = load_states(reader, signed)
    for unit, of_unit in lines.items():
        for line in of_unit:
            yield {"unit": unit, **_line_row(line, keys)}


def _line_row(line: UnitLine, keys: Mapping[str, Value | None]) -> LineRow:
    key = keys.get(line.key) if line.key is not None else None
    return {
        "entered": line.entered,
        "consignment": line.consignment,
        "line": line.line,
        "holder": line.holder,
        "event": line.event,
        "place": line.place,
        "since": line.since,
        "assurance": line.attested or (key["assurance"] if key is not None else None),
        "to": line.to,
        "reason": line.reason,
        "mass_g": line.mass_g,
        "mass_basis": line.mass_basis,
    }


def _read_histories(reader: Reader, units: Sequence[str]) -> dict[str, list[tuple[int, Event]]]:
    """Of each unit the entries that may open, move or end a line."""
    about, entry = tables.entry_subject.c, tables.entry.c
    indexes = (
        select(about.subject, about.leaf_index)
        .join_from(tables.entry_subject, tables.entry, about.leaf_index == entry.leaf_index)
        .where(about.subject.in_([unit_key(unit) for unit in units]), entry.kind.in_(LINE_KINDS), entry.void.is_(False))
        .order_by(about.subject, about.leaf_index)
    )
    named = reader.execute(indexes).all()
    events: dict[int, Event] = {}
    for chunk in chunks_of(row.leaf_index for row in named):
        rows = reader.execute(select(entry.leaf_index, entry.body).where(entry.leaf_index.in_(chunk)))
        events.update((row.leaf_index, parse_event(row.body)) for row in rows)
    histories: dict[str, list[tuple[int, Event]]] = {}
    for row in named:
        histories.setdefault(_id_of(row.subject), []).append((row.leaf_index, events[row.leaf_index]))
    return histories


def _consignment_rows(reader: Reader, ids: Sequence[str]) -> Iterator[tuple[Table, dict[str, Any]]]:
    """The rows of these consignments in the tables that are made from state and lines."""
    acts = {_id_of(key): act for key, act in load_states(reader, map(act_key, ids)).items() if act is not None}
    opened, groups = _read_opened(reader, list(acts)), _read_groups(reader, list(acts))
    parties = _read_parties(reader, acts.values(), groups.values())
    findings = _read_disputed(reader, acts)
    for con, act in acts.items():
        of_con = {"consignment": con, "opened": opened[con]}
        shown = {"stage": act["stage"], "purpose": act["purpose"]}
        yield consignment, {**of_con, **shown}
        for party in _concerned(act, groups[con], parties):
            for role in roles_of(party, act, groups[con], parties):
                yield consignment_party, {**of_con, "party": party, "role": role, **shown}
            for due in due_from(party, act, groups[con], parties, findings.get(con)):
                counted = {"units": due.units, "since": due.since}
                yield consignment_due, {**of_con, "party": party, "act": due.act, **counted}


def _read_opened(reader: Reader, ids: Sequence[str]) -> dict[str, int]:
    about, entry = tables.entry_subject.c, tables.entry.c
    first = (
        select(about.subject, func.min(about.leaf_index))
        .join_from(tables.entry_subject, tables.entry, about.leaf_index == entry.leaf_index)
        .where(about.subject.in_([act_key(con) for con in ids]), entry.void.is_(False))
        .group_by(about.subject)
    )
    return {_id_of(subject): index for subject, index in reader.execute(first)}


@dataclass(frozen=True, slots=True)
class LineGroup:
    """Lines of one consignment that stand alike (``compliance.due.Standing``)."""

    line: str
    holder: str | None
    to: str | None
    since: int
    count: int


def _read_groups(reader: Reader, ids: Sequence[str]) -> dict[str, list[LineGroup]]:
    """Open lines of each consignment, those together that stand alike."""
    line = consignment_line.c
    alike = (line.consignment, line.line, line.holder, line.to)
    query = (
        select(*alike, func.min(line.since).label("since"), func.count().label("count"))
        .where(line.consignment.in_(ids), line.line.in_(OPEN_LINES))
        .group_by(*alike)
    )
    groups: dict[str, list[LineGroup]] = {con: [] for con in ids}
    for con, *of_group in reader.execute(query):
        groups[con].append(LineGroup(*of_group))
    return groups


def _named_in(act: Value) -> list[str | None]:
    return [act["consignor"], act["consignee"], *act["carriers"], *act.get("next_carriers", [])]


def _read_parties(reader: Reader, acts: Iterable[Value], groups: Iterable[Sequence[LineGroup]]) -> dict[str, Value]:
    named = {party for act in acts for party in _named_in(act) if party}
    named |= {party for lines in groups for line in lines for party in (line.holder, line.to) if party}
    return read_parties(reader, named)


def read_parties(reader: Reader, named: Iterable[str]) -> dict[str, Value]:
    """State values of the parties among these, and of those that succeed them."""
    found: dict[str, Value] = {}
    wanted = set(named)
    while wanted:
        loaded = load_states(reader, map(party_key, wanted))
        found |= {_id_of(key): value for key, value in loaded.items() if value is not None}
        wanted = {value["successor"] for value in found.values() if "successor" in value} - found.keys()
    return found


def _concerned(act: Value, lines: Sequence[LineGroup], parties: Mapping[str, Value]) -> list[str]:
    """Every party that may have a part in it, with those that succeed one."""
    named = _named_in(act) + [party for line in lines for party in (line.holder, line.to)]
    concerned: dict[str, None] = {}
    for party in named:
        while party is not None and party in parties and party not in concerned:
            concerned[party] = None
            party = parties[party].get("successor")
    return list(concerned)


def _read_disputed(reader: Reader, acts: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Findings of the consignments that may have some that their ends have to answer."""
    return read_findings(reader, [con for con, act in acts.items() if act["consignor"] is not None])


def _make_again(writer: Writer) -> list[Difference]:
    lock_appends(writer)
    size, start = read_head(writer).size, followed_size(writer)
    while start < size:
        touched, end = _touched(writer, start, size)
        _take_in(writer, touched, start, end)
        start = end
    found = []
    if start > size:
        found.append(Difference("watermark", _PROJECTION, "changed"))
        mark = tables.watermark
        writer.execute(update(mark).where(mark.c.projection == _PROJECTION).values(size=size))
    for table in _TABLES:
        for difference, row in _differences(writer, table):
            found.append(difference)
            _mend(writer, table, difference, row)
    return found


def _differences(reader: Reader, table: Table) -> Iterator[tuple[Difference, dict[str, Any]]]:
    """What a table holds against what it ought to, a range of its first key column at a time."""
    first = table.primary_key.columns[0]
    after = ""
    for last, rows in _MADE[table](reader):
        in_range = and_(first > after, first <= last) if last is not None else first > after
        stored = {
            _key_of(table, row): row for row in map(dict, reader.execute(select(table).where(in_range)).mappings())
        }
        made = {_key_of(table, row): row for row in rows}
        for key in sorted(made.keys() | stored.keys()):
            if made.get(key) != stored.get(key):
                fault: Fault = "extra" if key not in made else "changed" if key in stored else "missing"
                yield Difference(table.name, "/".join(map(str, key)), fault), made.get(key) or stored[key]
        after = last or after


def _key_of(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _made_lines(reader: Reader) -> Iterator[tuple[str | None, list[dict[str, Any]]]]:
    for units in _id_pages(reader, _UNITS):
        yield units[-1], list(_line_rows(reader, units))
    yield None, []


def _made_of_consignments(table: Table) -> Callable[[Reader], Iterator[tuple[str | None, list[dict[str, Any]]]]]:
    def made(reader: Reader) -> Iterator[tuple[str | None, list[dict[str, Any]]]]:
        for ids in _id_pages(reader, _CONSIGNMENTS):
            yield ids[-1], [row for of_table, row in _consignment_rows(reader, ids) if of_table is table]
        yield None, []

    return made


def _id_pages(reader: Reader, prefix: str) -> Iterator[list[str]]:
    """Ids of the state's keys with the prefix, in their order, a page at a time."""
    key = tables.state.c.key
    after, end = prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
    while (
        page := reader.execute(select(key).where(key > after, key < end).order_by(key).limit(VALUES_MAX))
        .scalars()
        .all()
    ):
        yield [_id_of(found) for found in page]
        after = page[-1]


# Lines first: the other rows are made from them.
_MADE: Final[dict[Table, Callable[[Reader], Iterator[tuple[str | None, list[dict[str, Any]]]]]]] = {
    consignment_line: _made_lines,
    **{table: _made_of_consignments(table) for table in _OF_CONSIGNMENTS},
}


def _id_of(key: str) -> str:
    return key.partition("/")[2]


def _mend(writer: Writer, table: Table, difference: Difference, row: dict[str, Any]) -> None:
    if difference.fault != "missing":
        writer.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
    if difference.fault != "extra":
        writer.execute(insert(table), row)
