"""Keeping the consignments' tables at what log and state say: chunk by chunk behind the log, or all of them anew.

A unit's lines are made from its whole history, and a consignment's rows from the state and from its lines, each anew
whenever an entry speaks of it (``ledger.store.following``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Table, delete, func, insert, select

from compliance.consignment_lines import LINE_KINDS, UnitLine, replay_lines
from compliance.due import due_from, roles_of
from compliance.load import OPEN_LINES
from compliance.store.findings import read_findings
from compliance.store.tables import consignment, consignment_due, consignment_line, consignment_party
from ledger.domain.kinds import KINDS
from ledger.domain.payload import act_key, party_key, unit_key
from ledger.event import Event, parse_event
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import VALUES_MAX, chunks_of
from ledger.store.following import Events, Followed, Row, Rows
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer
from ledger.store.state import load_states

UNITS_FOLLOWED_MAX: Final = 2000
"""Where a chunk ends early: recorders wait while it is written, and a statement may name 256 units."""

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
_OF_CONSIGNMENTS: Final = (consignment, consignment_party, consignment_due)
_INSERTS: Final = {table: insert(table) for table in (consignment_line, *_OF_CONSIGNMENTS)}


@dataclass(slots=True)
class Touched:
    """What a chunk of entries speaks of, by id, in the order in which they first do.

    ``moved`` are units whose lines change only if they have any.
    """

    units: dict[str, None] = field(default_factory=dict)
    moved: dict[str, None] = field(default_factory=dict)
    consignments: dict[str, None] = field(default_factory=dict)
    parties: dict[str, None] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Add what this entry speaks of."""
        of_consignment = event.payload.kind.startswith("consignment.")
        keys = [subject.key for subject in event.payload.extends]
        for key in [*keys, *event.payload.abouts()]:
            if key.startswith(_CONSIGNMENTS):
                self.consignments[_id_of(key)] = None
            elif key.startswith(_PARTIES):
                self.parties[_id_of(key)] = None
        (self.units if of_consignment else self.moved).update((_id_of(k), None) for k in keys if k.startswith(_UNITS))


def gather(events: Events, end: int, units_max: int = UNITS_FOLLOWED_MAX) -> tuple[Touched, int]:
    """What the entries speak of; the chunk ends with the one by which it speaks of ``units_max`` units."""
    touched = Touched()
    for index, event in events:
        touched.note(event)
        if len(touched.units) + len(touched.moved) >= units_max:
            return touched, index + 1
    return touched, end


def _take_in(writer: Writer, touched: Touched) -> None:
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


def _line_rows(reader: Reader, units: Sequence[str]) -> Iterator[Row]:
    lines = {unit: replay_lines(unit, entries) for unit, entries in _read_histories(reader, units).items()}
    signed = {line.key for of_unit in lines.values() for line in of_unit if line.key is not None}
    keys = load_states(reader, signed)
    for unit, of_unit in lines.items():
        for line in of_unit:
            yield {"unit": unit, **_line_row(line, keys)}


def _line_row(line: UnitLine, keys: Mapping[str, Value | None]) -> Row:
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


def _consignment_rows(reader: Reader, ids: Sequence[str]) -> Iterator[tuple[Table, Row]]:
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


def _made_lines(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    for units in _id_pages(reader, _UNITS):
        yield units[-1], list(_line_rows(reader, units))
    yield None, []


def _made_of_consignments(table: Table) -> Rows:
    def made(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
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


def _id_of(key: str) -> str:
    return key.partition("/")[2]


# Lines first: the other rows are made from them.
CONSIGNMENTS: Final = Followed(
    projection="consignments",
    kinds=_KINDS,
    rows={consignment_line: _made_lines, **{table: _made_of_consignments(table) for table in _OF_CONSIGNMENTS}},
    gather=gather,
    take_in=_take_in,
)
