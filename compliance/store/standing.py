"""What stands on a day: findings, and obligations by how they stand; from the tables, a page at a time.

Read in a snapshot of ``OBLIGATIONS.read_current``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, FromClause, Select, and_, or_, select, tuple_, union_all

from compliance.finding import Finding
from compliance.findings import AUDIT, FINDINGS, Shown, Sight, effect_of, overdue_finding, stated_finding
from compliance.law import Law
from compliance.obligation import Obligation, Standing
from compliance.obligations.view import View
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.store.obligations import obligation_of, read_view
from compliance.store.tables import NO_END, finding, obligation, site_place
from ledger.fold.legal_day import legal_day
from ledger.store.session import Reader
from ledger.store.state import load_states

PAGE_MAX: Final = 500
DUE: Final[tuple[Standing, ...]] = ("overdue", "grace", "near")
"""How what has to be looked at stands, in the order of days."""


class Place(NamedTuple):
    """Where a page ended: the day by which the list is ordered, and the name."""

    day: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which ones are asked for.

    Attributes:
        on: as of the end of this day.
        sight: what the one who asks is shown.
        now: seconds since 1970; what is shown later than it stands is told by it. None to be shown it at once.
        party: of this party.
        subject: about this unit, consignment, party …
        requirement: of this requirement, by its id.
        effect: of this weight.
    """

    on: str
    sight: Sight = AUDIT
    now: int | None = None
    party: str | None = None
    subject: str | None = None
    requirement: str | None = None
    effect: Shown | None = None

    @property
    def effects(self) -> list[Shown]:
        """The weights that are asked for and shown."""
        return sorted(self.sight.effects if self.effect is None else self.sight.effects & {self.effect})


@dataclass(frozen=True, slots=True)
class Period:
    """Days, the first and the last, in which the law was the same."""

    first: str
    last: str
    law: Law


def list_findings(reader: Reader, asked: Asked, *, after: Place | None = None, limit: int = PAGE_MAX) -> list[Finding]:
    """Findings that stand on the day, the newest first, from behind ``after``."""
    view = read_view(reader)
    found = (one for period in periods(view, asked.on) for one in _in_period(reader, asked, view, period, after, limit))
    return list(islice(found, limit))


def list_obligations(
    reader: Reader, asked: Asked, standings: tuple[Standing, ...] = DUE, *, after: Place | None = None, limit: int
) -> list[Obligation]:
    """Obligations that stand so on the day, by the day on which they are due and by name, from behind ``after``.

    An authority is told of one that is overdue when it is told of the finding, whichever day it asks about.
    """
    told = list(_told(reader, asked))
    found: list[Obligation] = []
    for query in obligations_standing(asked, standings, after, limit, told):
        found += map(obligation_of, reader.execute(query.limit(limit - len(found))))
        if len(found) == limit:
            break
    return found


def periods(view: View, until: str) -> Iterator[Period]:
    """The days up to ``until``, in periods in which the law was the same, the newest first."""
    last = until
    for first, law in reversed(list(zip(view.days, view.laws, strict=True))):
        if first <= until:
            yield Period(first, last, law)
            last = _before(first)


def findings_stated(asked: Asked, period: Period, after: Place | None, limit: int) -> Iterator[Select[Any]]:
    """The query for day and name of findings that statements opened, if by this law there are any."""
    column = finding.c
    shown = [column.since_on >= period.first, column.since_on <= period.last, column.settled_on > asked.on]
    shown += _asked_of(asked, finding)
    delay_s = asked.sight.delay_s(period.law)
    if asked.now is not None and delay_s:
        shown.append(column.since <= asked.now - delay_s)
    query = select(column.since_on, column.name).where(*shown)
    # nearly every day has one that is shown, unless few codes are asked for
    is_dense = asked.effect is None and asked.requirement is None
    coded = _either(column.code, _codes(asked, period.law), is_dense or _is_narrow(asked))
    return _newest([query.where(one) for one in coded], column.since_on, column.name, after, limit)


def findings_overdue(asked: Asked, period: Period, after: Place | None, limit: int) -> Iterator[Select[Any]]:
    """The query for findings that are obligations whose day has passed, if any are shown."""
    column = obligation.c
    shown = [column.overdue_on >= period.first, column.overdue_on <= period.last, column.closed_on > asked.on]
    shown += _of_obligations(asked)
    delay_s = asked.sight.delay_s(period.law)
    if asked.now is not None and delay_s:
        # what will be overdue on a day to come is no news that could be held back
        told, today = legal_day(asked.now - delay_s, None), legal_day(asked.now, None)
        shown.append(or_(column.overdue_on <= told, column.overdue_on > today))
    is_narrow = _is_narrow(asked) or asked.requirement is not None
    queries = [select(obligation).where(*shown, one) for one in _weighing(asked, is_narrow)]
    return _newest(queries, column.overdue_on, column.name, after, limit)


def obligations_standing(
    asked: Asked,
    standings: tuple[Standing, ...],
    after: Place | None,
    limit: int,
    told: Sequence[ColumnElement[bool]] = (),
) -> Iterator[Select[Any]]:
    """One query for each standing, each for days behind those of the one before where both are of ``DUE``.

    ``told`` are conditions on what is told yet.
    """
    column = obligation.c
    for standing in standings:
        # what is overdue has an index of its own: what was met in time, nearly everything, is not in it
        day = column.overdue_on if standing == "overdue" else column.due_on
        query = select(obligation).where(column.since_on <= asked.on, _stands(standing, asked.on))
        query = query.where(*_of_obligations(asked), *told)
        if after is not None:
            query = query.where(tuple_(column.due_on, column.name) > after)
        is_narrow = _is_narrow(asked) or (standing == "overdue" and asked.requirement is not None)
        yield from _first([query.where(one) for one in _weighing(asked, is_narrow)], day, column.name, limit)


def _told(reader: Reader, asked: Asked) -> Iterator[ColumnElement[bool]]:
    """That the obligation is none which became overdue so lately that authorities are not shown it yet."""
    if asked.now is None or asked.sight.delay != "authority_sees_after_s":
        return
    overdue_on = obligation.c.overdue_on
    for period in periods(read_view(reader), legal_day(asked.now, None)):
        delay_s = asked.sight.delay_s(period.law)
        if delay_s:
            told_on = legal_day(asked.now - delay_s, None)
            elsewhen = or_(overdue_on < period.first, overdue_on > period.last)
            yield or_(overdue_on.is_(None), overdue_on <= told_on, elsewhen)


def _in_period(
    reader: Reader, asked: Asked, view: View, period: Period, after: Place | None, limit: int
) -> list[Finding]:
    names = [row.name for query in findings_stated(asked, period, after, limit) for row in reader.execute(query)]
    values = load_states(reader, [f"{FINDINGS}{name}" for name in names])
    stated = [stated_finding(key.removeprefix(FINDINGS), value, view) for key, value in values.items() if value]
    rows = (row for query in findings_overdue(asked, period, after, limit) for row in reader.execute(query))
    overdue = [overdue_finding(obligation_of(row)) for row in rows]
    found = [one for one in [*stated, *overdue] if one is not None]
    return sorted(found, key=lambda one: (one.since_on, one.name), reverse=True)[:limit]


def _codes(asked: Asked, law: Law) -> list[str]:
    """Codes of the findings that are asked for and shown, by what this law says of their requirements."""
    effects = asked.effects
    rows = (row for row in REQUIREMENTS.values() if asked.requirement in (None, row.id))
    return sorted(code for row in rows if effect_of(row, law) in effects for code in row.findings)


def _stands(standing: Standing, on: str) -> ColumnElement[bool]:
    """``Obligation.standing``, as a condition."""
    column = obligation.c
    is_open = column.closed_on > on
    match standing:
        case "pending":
            return and_(is_open, column.due_on >= on, column.warn_on > on, column.strict_on >= on)
        case "near":
            return and_(is_open, column.due_on >= on, column.warn_on <= on, column.strict_on >= on)
        case "grace":
            return and_(is_open, column.due_on >= on, column.strict_on < on)
        case "overdue":
            return and_(is_open, column.overdue_on <= on)
        case "met":
            return and_(column.closed_on <= on, column.closed_on <= column.due_on)
        case "met_late":
            return and_(column.closed_on <= on, column.closed_on > column.due_on)


def _is_narrow(asked: Asked) -> bool:
    """Whether it is asked about a subject, or parties, by which rows are found: of one, or in a jurisdiction."""
    sight = asked.sight
    return any(one is not None for one in (asked.party, sight.party, sight.within, asked.subject))


def _of_obligations(asked: Asked) -> list[ColumnElement[bool]]:
    asked_of = _asked_of(asked, obligation)
    return asked_of if asked.requirement is None else [*asked_of, obligation.c.requirement == asked.requirement]


def _weighing(asked: Asked, is_narrow: bool) -> list[ColumnElement[bool]]:
    """Conditions on the effect: one on all that are shown, if others already leave few rows; else one for each."""
    effects = [*asked.effects, "block"] if "violation" in asked.effects else asked.effects
    return _either(obligation.c.effect, effects, is_narrow)


def _either(column: ColumnElement[str], values: Sequence[str], at_once: bool) -> list[ColumnElement[bool]]:
    return [column.in_(values)] if values and at_once else [column == value for value in values]


def _asked_of(asked: Asked, table: FromClause) -> list[ColumnElement[bool]]:
    sight, party = asked.sight, table.c.party
    parties = dict.fromkeys(one for one in (sight.party, asked.party) if one is not None)
    conditions: list[ColumnElement[bool]] = [party == one for one in parties]
    if asked.subject is not None:
        conditions.append(table.c.subject == asked.subject)
    if sight.within is not None:
        place = site_place.c.place
        # "." is the character after "-": the place itself, and all that goes on with a "-"
        within = select(site_place.c.party).where(place >= sight.within, place < f"{sight.within}.")
        conditions.append(party.in_(within))
    return conditions


def _newest(
    queries: Iterable[Select[Any]], day: Column[Any], name: Column[Any], after: Place | None, limit: int
) -> Iterator[Select[Any]]:
    behind = [] if after is None else [tuple_(day, name) < after]
    return _first([query.where(*behind) for query in queries], day, name, limit, descending=True)


def _first(
    queries: list[Select[Any]], day: Column[Any], name: Column[Any], limit: int, *, descending: bool = False
) -> Iterator[Select[Any]]:
    """The query, if there is any, for the first rows of all of these, each of which walks an index in this order.

    One condition on all the values would leave the choice between walking past what hardly ever has them, and
    sorting what often does.
    """
    first = [_in_order(query, day, name, descending).limit(limit) for query in queries]
    if len(first) > 1:
        of_all = union_all(*(select(query.subquery()) for query in first)).subquery()
        yield _in_order(select(of_all), of_all.c[day.name], of_all.c[name.name], descending).limit(limit)
    else:
        yield from first


def _in_order(query: Select[Any], day: ColumnElement[Any], name: ColumnElement[Any], descending: bool) -> Select[Any]:
    return query.order_by(day.desc(), name.desc()) if descending else query.order_by(day, name)


def _before(day: str) -> str:
    """What sorts before the day and after every earlier one."""
    return f"{day[:-1]}{chr(ord(day[-1]) - 1)}{NO_END}"
