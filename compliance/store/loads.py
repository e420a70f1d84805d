"""Reading consignments: one load whole, and the lists in which a party finds its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, and_, or_, select, tuple_

from compliance.load import HandOver, Load, LoadDocument, LoadLine, Masses
from compliance.store.findings import find_finding_keys
from compliance.store.tables import consignment, consignment_due, consignment_line, consignment_party
from ledger.domain.custody import ConsignmentReceived
from ledger.domain.payload import Payload, act_key, event_key, key_key, party_key, site_key, unit_key
from ledger.domain.values import Assurance
from ledger.event import Event, parse_event
from ledger.fold.consignment import parties_to
from ledger.fold.regime import FEDERAL, FEDERAL_REGIME, tables_keys
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.entries import STREAM_ROWS, Entry, list_history
from ledger.store.session import Reader
from ledger.store.state import find_state, load_states

ROLES: Final = ("consignor", "carrier", "consignee")
SIGNED_BY_NOBODY: Final = "deliver"
"""The one act of a queue that takes no signature of its party."""

_TIME: Final = "time"
_PARTY: Final = party_key("")
_SITE: Final = site_key("")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One act that a party has before it: as ``compliance.due.Due``, of a consignment, by number alone."""

    consignment: str
    act: str
    units: int
    since: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which consignments are asked for.

    Attributes:
        party: whose; None for all there are.
        role: in which it has a part as this.
        stage: that are in this stage.
        purpose: that travel for this.
        must_sign: that wait for a signature of the party.
    """

    party: str | None
    role: str | None = None
    stage: str | None = None
    purpose: str | None = None
    must_sign: bool = False


def read_load(
    reader: Reader, con: str, *, after: tuple[int, str] | None = None, limit: int | None = None
) -> Load | None:
    """The consignment whole, or with ``limit`` of its lines, those behind ``after`` (entered, unit); None if unknown.

    Read it in a snapshot of ``CONSIGNMENTS.read_current``, or its lines may be older than its state.
    """
    act = find_state(reader, act_key(con))
    if act is None or act["kind"] != "consignment":
        return None
    way = list(_read_way(reader, con))
    rows = reader.execute(lines_of(con, after, limit)).all()
    findings = find_finding_keys(reader, [event.id for _, event in way])
    events = [event for _, event in way]
    values = _read_values(reader, act, events, rows, findings)
    lines = tuple(_line(row, values) for row in rows)
    return Load(
        consignment=con,
        act=act,
        lines=lines,
        parties=_by_id(values, _PARTY),
        sites=_by_id(values, _SITE),
        tickets=_tickets(_tickets_named(act, events), values),
        hand_overs=tuple(_hand_over(entry, event, values) for entry, event in way if _is_step(event)),
        documents=tuple(
            LoadDocument(document, event.id, event.party) for _, event in way for document in event.payload.documents
        ),
        origin=_origin(way[0][1], lines),
        opened_at=way[0][1].payload.occurred_at,
        as_of=(values[_TIME] or {"tick": act["head_at"]})["tick"],
        findings={key: value for key in findings if (value := values[key]) is not None},
        regimes={key: values[key] for key in (FEDERAL_REGIME, *tables_keys(values, FEDERAL))},
    )


def _read_values(
    reader: Reader, act: Value, events: Sequence[Event], rows: Sequence[Row[Any]], findings: Sequence[str]
) -> dict[str, Value | None]:
    """The state values of all that the consignment names, and of what these name: two questions for most."""
    parties = {*parties_to(act), *act.get("next_carriers", []), *(event.party for event in events)}
    parties |= {party for row in rows for party in (row.holder, row.to) if party is not None}
    sites = {site for site in (act.get("destination"), *(event.payload.site for event in events)) if site is not None}
    wanted = [
        _TIME,
        FEDERAL_REGIME,
        *findings,
        *(unit_key(row.unit) for row in rows),
        *(event_key(row.event) for row in rows if row.mass_g is not None),
        *(key_key(event.party, event.kid) for event in events),
        *map(act_key, _tickets_named(act, events)),
        *map(party_key, parties),
        *map(site_key, sites),
    ]
    values: dict[str, Value | None] = {}
    while wanted:
        values |= load_states(reader, wanted)
        named = {party_key(value["party"]) for key in findings if (value := values[key]) is not None}
        named |= {party_key(value["successor"]) for value in _by_id(values, _PARTY).values() if "successor" in value}
        units = (values[unit_key(row.unit)] or {} for row in rows)
        named |= {site_key(unit["site"]) for unit in units if "site" in unit}
        named |= {*tables_keys(values, FEDERAL)}
        wanted = sorted(named - values.keys())
    return values


def _tickets(named: Iterable[str], values: Mapping[str, Value | None]) -> dict[str, Value]:
    found = {one: values[act_key(one)] for one in named}
    return {one: value for one, value in found.items() if value is not None and value["kind"] == "ticket"}


def _tickets_named(act: Value, events: Sequence[Event]) -> list[str]:
    """Weigh tickets that were stated about the consignment, and those that its receptions name."""
    receptions = (event.payload for event in events if isinstance(event.payload, ConsignmentReceived))
    named = [payload.ticket for payload in receptions if payload.ticket is not None]
    return list(dict.fromkeys([*act.get("tickets", []), *named]))


def _by_id(values: Mapping[str, Value | None], prefix: str) -> dict[str, Value]:
    return {
        key.removeprefix(prefix): value for key, value in values.items() if value is not None and key.startswith(prefix)
    }


def _origin(first: Event, lines: Sequence[LoadLine]) -> str | None:
    """Where the consignment leaves from: as its offer says, or where the units are that wait to be picked up."""
    if first.payload.kind != "consignment.offered":
        return None
    waiting = (line.value.get("site") for line in lines if line.line == "offered")
    return first.payload.site or next(filter(None, waiting), None)


def list_consignments(reader: Reader, wanted: Wanted, *, before: int | None, limit: int) -> list[tuple[str, int]]:
    """Ids, and leaf indexes of first entries, the newest first, at most ``limit``, from before ``before``."""
    rows = reader.execute(listing(wanted, before=before, limit=limit))
    return list(dict.fromkeys((row.consignment, row.opened) for row in rows))[:limit]


def read_recorded_at(reader: Reader, indexes: Iterable[int]) -> dict[int, int]:
    """When the entries at these leaf indexes were recorded."""
    entry = tables.entry.c
    query = select(entry.leaf_index, entry.recorded_at).where(entry.leaf_index.in_(list(indexes)))
    return {index: recorded_at for index, recorded_at in reader.execute(query)}


def listing(wanted: Wanted, *, before: int | None, limit: int) -> Select[Any]:
    """The query of ``list_consignments``; a party is in a consignment once for each role that it has there."""
    table = consignment if wanted.party is None else consignment_party
    column = table.c
    asked: list[Any] = [] if before is None else [column.opened < before]
    for name, value in (("stage", wanted.stage), ("purpose", wanted.purpose)):
        if value is not None:
            asked.append(column[name] == value)
    if wanted.party is not None:
        asked.append(consignment_party.c.party == wanted.party)
        if wanted.role is not None:
            asked.append(consignment_party.c.role == wanted.role)
        if wanted.must_sign:
            due = consignment_due.c
            mine = and_(due.party == wanted.party, due.act != SIGNED_BY_NOBODY)
            asked.append(column.consignment.in_(select(due.consignment).where(mine)))
    times = 1 if wanted.party is None or wanted.role is not None else len(ROLES)
    return select(column.consignment, column.opened).where(*asked).order_by(column.opened.desc()).limit(times * limit)


def list_waiting(reader: Reader, party: str, *, after: tuple[int, str, str] | None = None, limit: int) -> list[Waiting]:
    """What waits for the party, the longest-waiting first, behind ``after`` (since, consignment, act)."""
    rows = reader.execute(queue(party, after=after, limit=limit))
    return [Waiting(row.consignment, row.act, row.units, row.since) for row in rows]


def queue(party: str, *, after: tuple[int, str, str] | None, limit: int) -> Select[Any]:
    """The query of ``list_waiting``."""
    due = consignment_due.c
    order = (due.since, due.consignment, due.act)
    query = select(due.consignment, due.act, due.units, due.since).where(due.party == party)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return query.order_by(*order).limit(limit)


def find_waiting(reader: Reader, party: str, consignments: Iterable[str]) -> dict[str, list[Waiting]]:
    """What waits for the party in each of these consignments."""
    due = consignment_due.c
    found: dict[str, list[Waiting]] = {}
    ids = list(consignments)
    query = select(due.consignment, due.act, due.units, due.since).where(due.party == party, due.consignment.in_(ids))
    for row in reader.execute(query.order_by(due.consignment, due.since, due.act)):
        found.setdefault(row.consignment, []).append(Waiting(row.consignment, row.act, row.units, row.since))
    return found


def find_roles(reader: Reader, party: str, consignments: Iterable[str]) -> dict[str, list[str]]:
    """As what the party has a part in each of these consignments, in the order of ``ROLES``."""
    part = consignment_party.c
    query = select(part.consignment, part.role).where(part.party == party, part.consignment.in_(list(consignments)))
    found: dict[str, list[str]] = {}
    for row in reader.execute(query):
        found.setdefault(row.consignment, []).append(row.role)
    return {con: sorted(roles, key=ROLES.index) for con, roles in found.items()}


def lines_of(con: str, after: tuple[int, str] | None, limit: int | None) -> Select[Any]:
    """The query for the lines of ``read_load``."""
    column = consignment_line.c
    query = select(consignment_line).where(column.consignment == con).order_by(column.entered, column.unit)
    if after is not None:
        query = query.where(or_(column.entered > after[0], and_(column.entered == after[0], column.unit > after[1])))
    return query if limit is None else query.limit(limit)


def _line(row: Row[Any], values: Mapping[str, Value | None]) -> LoadLine:
    unit, stated, received_g = values[unit_key(row.unit)] or {}, values.get(event_key(row.event)), row.mass_g
    if stated is not None:
        # Corrections change what the state keeps of the statement, never the statement.
        _, _, received_g = stated.get("amounts", {}).get(f"/lines/{row.place}/mass_g", (None, None, received_g))
    return LoadLine(
        unit=row.unit,
        value=unit,
        line=row.line,
        holder=row.holder,
        assurance=row.assurance,
        masses=Masses(unit.get("mass_g"), received_g, row.mass_basis),
        to=row.to,
        reason=row.reason,
        since=row.since,
        event=row.event,
        entered=row.entered,
    )


def _read_way(reader: Reader, con: str) -> Iterator[tuple[Entry, Event]]:
    after = -1
    while page := list_history(reader, act_key(con), after=after):
        yield from ((entry, parse_event(entry.body)) for entry in page if not entry.void)
        if len(page) < STREAM_ROWS:
            return
        after = page[-1].index


def _is_step(event: Event) -> bool:
    return event.payload.kind.startswith("consignment.")


def _hand_over(entry: Entry, event: Event, values: Mapping[str, Value | None]) -> HandOver:
    said, key = event.payload, values[key_key(event.party, event.kid)]
    return HandOver(
        event=event.id,
        kind=said.kind,
        party=said.party,
        kid=event.kid,
        occurred_at=said.occurred_at,
        recorded_at=entry.recorded_at,
        units=sum(subject.key.startswith(unit_key("")) for subject in said.extends),
        assurance=_attested(said) or (key["assurance"] if key is not None else "own_key"),
        site=said.site,
        to=getattr(said, "to", None),
        mode=getattr(said, "mode", None),
    )


def _attested(said: Payload) -> Assurance | None:
    """How a statement is vouched for that its signer makes for another."""
    if said.kind == "consignment.delivered":
        return "scanned_paper"
    if not isinstance(said, ConsignmentReceived):
        return None
    match said.basis:
        case "attested":
            return said.giver.assurance if said.giver else None
        case "emergency":
            return "one_sided"
        case "paper":
            return "scanned_paper"
    return None
