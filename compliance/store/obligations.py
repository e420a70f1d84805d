"""Keeping what every party holds, has to do and has not done at what the state says: chunk by chunk behind the log.

All rows are made from state values alone. Those of obligations depend on the law and on the calendar too, of which one
entry may change any of them: then they are swept (``ledger.store.following``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import Row as SqlRow
from sqlalchemy import Table, delete, insert, select

from compliance.findings import FINDINGS, OBLIGED, format_place, oblige
from compliance.obligation import Obligation
from compliance.obligations.dispatch import SWEEPING, dependents_of
from compliance.obligations.view import View, base_keys, further_base_keys
from compliance.store.holdings import holding_row
from compliance.store.tables import NO_END, finding, holding, obligation, site_place
from ledger import cbor
from ledger.domain.correction import EventAgreed, EventCorrected
from ledger.domain.kinds import KINDS
from ledger.domain.payload import act_key, event_key, finding_key, site_key, unit_key
from ledger.event import Event
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import VALUES_MAX, chunks_of
from ledger.store.following import Events, Followed, Row, Sweep
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer
from ledger.store.state import iter_states, load_states, scan_states

KEYS_FOLLOWED_MAX: Final = 400
"""Where a chunk ends early: recorders wait while it is written, and a statement may name 256 units."""
KEYS_SWEPT_MAX: Final = 125
"""How many keys a chunk of a sweep has: recorders wait while it is written."""

_UNITS: Final = unit_key("")
_SITES: Final = site_key("")
_ACTS: Final = act_key("")
_LEADING: Final = ("generator/", "plans/", "permits/", "report/")
"""Prefixes of keys that a statement changes without naming whose obligations they lead to."""
_INSERTS: Final = {table: insert(table) for table in (holding, finding, obligation, site_place)}


@dataclass(slots=True)
class Touched:
    """What a chunk of entries speaks of, in the order in which it first does.

    Attributes:
        keys: state keys whose holdings and obligations may change.
        events: ids of its events: each may have opened findings.
        findings: state keys of findings that it may have settled.
        corrected: ids of events whose quantities it may have changed.
        sites: ids of sites.
    """

    keys: dict[str, None] = field(default_factory=dict)
    events: dict[str, None] = field(default_factory=dict)
    findings: dict[str, None] = field(default_factory=dict)
    corrected: dict[str, None] = field(default_factory=dict)
    sites: dict[str, None] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Add what this entry speaks of."""
        payload = event.payload
        self.events[event.id] = None
        for key in [*(subject.key for subject in payload.extends), *payload.abouts()]:
            if key.startswith(OBLIGED):
                self.keys[key] = None
            elif key.startswith(_SITES):
                self.sites[_id_of(key)] = None
        for key in payload.reads():
            if key.startswith(_LEADING):
                self.keys[key] = None
            elif key.startswith(FINDINGS):
                self.findings[key] = None
        if isinstance(payload, EventCorrected | EventAgreed):
            self.corrected[payload.event] = None


def gather(events: Events, end: int, keys_max: int = KEYS_FOLLOWED_MAX) -> tuple[Touched, int]:
    """What the entries speak of; the chunk ends with the one by which it speaks of ``keys_max`` keys."""
    touched = Touched()
    for index, event in events:
        touched.note(event)
        if len(touched.keys) >= keys_max:
            return touched, index + 1
    return touched, end


@dataclass(frozen=True, slots=True)
class StoredLedger:
    """The state of a database, as one snapshot sees it (``compliance.findings.Ledger``)."""

    reader: Reader

    def scan(self, prefix: str, /) -> Iterator[tuple[str, Value]]:
        """Keys that begin with the prefix, in the order of their bytes, and their values."""
        return iter_states(self.reader, prefix)

    def load(self, keys: Iterable[str], /) -> dict[str, Value | None]:
        """The values under these keys; None where there is none."""
        return load_states(self.reader, keys)


def read_view(reader: Reader) -> View:
    """The law and the calendar as the state has them; what was worked out about them is kept while they stay so."""
    load = StoredLedger(reader).load
    shared = load(base_keys())
    shared |= load(further_base_keys(shared))
    return _view_of(cbor.encode({key: value for key, value in shared.items() if value is not None}))


@lru_cache(maxsize=2)
def _view_of(spelt: bytes) -> View:
    return View.of(cast(dict[str, Value], cbor.decode_unproved(spelt)))


def finding_row(key: str, value: Value) -> Row:
    """The row of a finding that a statement opened. Its days are those of Mexico City."""
    settled_at = value.get("settled_at")
    return {
        "name": _id_of(key),
        "code": value["requirement"],
        "party": value["party"],
        "subject": value["subject"],
        "since": value["since"],
        "since_on": legal_day(value["since"], None),
        "settled_on": NO_END if settled_at is None else legal_day(settled_at, None),
    }


def obligation_of(row: SqlRow[Any]) -> Obligation:
    """The obligation that a row tells."""
    return Obligation(
        requirement=row.requirement,
        code=row.code,
        party=row.party,
        subject=row.subject,
        since_on=row.since_on,
        warn_on=row.warn_on,
        strict_on=row.strict_on,
        due_on=row.due_on,
        effect=row.effect,
        article=row.article,
        part=row.part,
        closed_on=None if row.closed_on == NO_END else row.closed_on,
        events=tuple(json.loads(row.events)),
        facts=json.loads(row.facts),
    )


def _obligation_row(key: str, one: Obligation, site: str | None) -> Row:
    closed_on = one.closed_on or NO_END
    return {
        "key": key,
        "requirement": one.requirement,
        "part": one.part,
        "subject": one.subject,
        "code": one.code,
        "party": one.party,
        "name": one.name,
        "since_on": one.since_on,
        "warn_on": one.warn_on,
        "strict_on": one.strict_on,
        "due_on": one.due_on,
        "overdue_on": one.overdue_on if closed_on > one.due_on else None,
        "closed_on": closed_on,
        "effect": one.effect,
        "article": one.article,
        "events": _json(one.events),
        "facts": _json(one.facts),
        "site": site,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _take_in(writer: Writer, touched: Touched) -> None:
    _put_sites(writer, touched.sites)
    keys = dict.fromkeys([*touched.keys, *_at_sites(writer, touched.sites), *_corrected(writer, touched.corrected)])
    keys |= dict.fromkeys(_left(writer, keys))
    values = load_states(writer, keys)
    keys |= dict.fromkeys(_led_to(values))
    values |= load_states(writer, keys.keys() - values.keys())
    _put_holdings(writer, {key: value for key, value in values.items() if key.startswith(_UNITS)})
    _put_obligations(writer, [key for key in keys if key.startswith(OBLIGED)])
    _put_findings(writer, [*touched.findings, *_tried(values), *_opened(writer, touched.events)])


def _at_sites(reader: Reader, sites: Iterable[str]) -> Iterator[str]:
    """Keys whose obligations count days in the time zone of one of these sites."""
    for chunk in chunks_of(sites):
        yield from reader.execute(select(obligation.c.key).where(obligation.c.site.in_(chunk)).distinct()).scalars()


def _corrected(reader: Reader, events: Iterable[str]) -> Iterator[str]:
    """Keys of what these events had set a quantity of."""
    for value in load_states(reader, map(event_key, events)).values():
        for key, _, _ in (value or {}).get("amounts", {}).values():
            if key.startswith(OBLIGED):
                yield key


def _left(reader: Reader, keys: Iterable[str]) -> Iterator[str]:
    """Consignments in which units were, as far as the tables know: they may have left them."""
    units = [_id_of(key) for key in keys if key.startswith(_UNITS)]
    for chunk in chunks_of(units):
        query = select(holding.c.consignment).where(holding.c.unit.in_(chunk), holding.c.consignment.is_not(None))
        yield from map(act_key, reader.execute(query.distinct()).scalars())


def _led_to(values: dict[str, Value | None]) -> Iterator[str]:
    for key, value in values.items():
        if value is not None:
            yield from dependents_of(key, value)
            if key.startswith(_UNITS) and "consignment" in value:
                yield act_key(value["consignment"])


def _tried(values: dict[str, Value | None]) -> Iterator[str]:
    """State keys of findings that a closed case settled."""
    for key, value in values.items():
        if value is not None and key.startswith(_ACTS) and value["kind"] == "case":
            yield from (f"{FINDINGS}{name}" for name in value.get("findings", ()))


def _opened(reader: Reader, events: Iterable[str]) -> Iterator[str]:
    """State keys of the findings that these events opened: they are numbered from 0 without a gap."""
    number, remaining = 0, list(events)
    while remaining:
        found = load_states(reader, [finding_key(event, number) for event in remaining])
        opened = [key for key, value in found.items() if value is not None]
        yield from opened
        number, remaining = number + 1, [_id_of(key).partition("/")[0] for key in opened]


def _put_sites(writer: Writer, sites: Iterable[str]) -> None:
    values = load_states(writer, map(site_key, sites))
    _replace(writer, site_place, [_id_of(key) for key in values], _site_rows(values.items()))


def _site_rows(values: Iterable[tuple[str, Value | None]]) -> Iterator[Row]:
    for key, value in values:
        if value is not None:
            yield {"site": _id_of(key), "party": value["party"], "place": format_place(value["place"])}


def _put_holdings(writer: Writer, values: dict[str, Value | None]) -> None:
    _replace(writer, holding, [_id_of(key) for key in values], _holding_rows(values.items()))


def _holding_rows(values: Iterable[tuple[str, Value | None]]) -> Iterator[Row]:
    for key, value in values:
        row = holding_row(_id_of(key), value) if value is not None else None
        if row is not None:
            yield row


def _put_findings(writer: Writer, keys: Sequence[str]) -> None:
    values = load_states(writer, keys)
    rows = (finding_row(key, value) for key, value in values.items() if value is not None)
    _replace(writer, finding, [_id_of(key) for key in values], rows)


def _put_obligations(writer: Writer, keys: Sequence[str]) -> None:
    _prepare_obligations(writer, keys)(writer)


def _prepare_obligations(reader: Reader, keys: Sequence[str]) -> Callable[[Writer], None]:
    """Work out the rows of these keys; what writes those that differ."""
    view = read_view(reader)
    changes = []
    for chunk in chunks_of(keys):
        values = {key: value for key, value in load_states(reader, chunk).items() if value is not None}
        changes.append(_change(reader, obligation, chunk, _obligation_rows(reader, view, values)))

    def put(writer: Writer) -> None:
        for change in changes:
            change.put(writer)

    return put


def _obligation_rows(reader: Reader, view: View, values: dict[str, Value]) -> Iterator[Row]:
    for obliged in oblige(view, values, StoredLedger(reader).load):
        yield from (_obligation_row(obliged.key, one, obliged.site) for one in obliged.obligations)


@dataclass(frozen=True, slots=True)
class _Change:
    """What changes in a table: rows that go, by their first key column, and rows that come."""

    table: Table
    gone: list[str]
    rows: list[Row]

    def put(self, writer: Writer) -> None:
        first = self.table.primary_key.columns[0]
        for chunk in chunks_of(self.gone):
            writer.execute(delete(self.table).where(first.in_(chunk)))
        insert_rows(writer, _INSERTS[self.table], self.rows)


def _replace(writer: Writer, table: Table, ids: Sequence[str], rows: Iterable[Row]) -> None:
    """Have the table say this of these ids."""
    _change(writer, table, ids, rows).put(writer)


def _change(reader: Reader, table: Table, ids: Sequence[str], rows: Iterable[Row]) -> _Change:
    """What makes the table say this of these ids; what it says already is not written again."""
    first = table.primary_key.columns[0]
    made: dict[str, list[Row]] = {}
    for row in rows:
        made.setdefault(row[first.name], []).append(row)
    stored: dict[str, list[Row]] = {}
    for chunk in chunks_of(ids):
        for found in reader.execute(select(table).where(first.in_(chunk))).mappings():
            stored.setdefault(found[first.name], []).append(dict(found))
    changed = [id_ for id_ in dict.fromkeys(ids) if not _alike(stored.get(id_, []), made.get(id_, []))]
    gone = [id_ for id_ in changed if id_ in stored]
    return _Change(table, gone, [row for id_ in changed for row in made.get(id_, [])])


def _alike(one: list[Row], other: list[Row]) -> bool:
    return len(one) == len(other) and all(row in other for row in one)


def _made_holdings(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    for page in _pages(reader, _UNITS):
        yield _id_of(page[-1][0]), list(_holding_rows(page))
    yield None, []


def _made_findings(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    for page in _pages(reader, FINDINGS):
        yield _id_of(page[-1][0]), [finding_row(key, value) for key, value in page]
    yield None, []


def _made_sites(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    for page in _pages(reader, _SITES):
        yield _id_of(page[-1][0]), list(_site_rows(page))
    yield None, []


def _made_obligations(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    view = read_view(reader)
    for prefix in OBLIGED:
        for page in _pages(reader, prefix):
            yield page[-1][0], list(_obligation_rows(reader, view, dict(page)))
    yield None, []


def _pages(reader: Reader, prefix: str) -> Iterator[list[tuple[str, Value]]]:
    after = ""
    while page := scan_states(reader, prefix, after=after, limit=VALUES_MAX):
        yield page
        after = page[-1][0]


def _swept_page(reader: Reader, after: str) -> list[str]:
    """The next keys that obligations may be made from."""
    key = tables.state.c.key
    for prefix in OBLIGED:
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        if after < end:
            query = select(key).where(key > max(after, prefix), key < end).order_by(key).limit(KEYS_SWEPT_MAX)
            found = list(reader.execute(query).scalars())
            if found:
                return found
    return []


def _id_of(key: str) -> str:
    return key.partition("/")[2]


OBLIGATIONS: Final = Followed(
    projection="obligations",
    # Any statement may open a finding.
    kinds=sorted(tag for tag in KINDS if not tag.startswith("ledger.")),
    rows={
        site_place: _made_sites,
        holding: _made_holdings,
        obligation: _made_obligations,
        finding: _made_findings,
    },
    gather=gather,
    take_in=_take_in,
    # What a site's time zone has to do with, the follower finds by the site.
    sweep=Sweep(sorted(SWEEPING - {"site.changed"}), _swept_page, _prepare_obligations),
)
