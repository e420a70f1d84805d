"""Searching the directory: its tables find the permits, and what is said of them is read from the state.

Both are read in one snapshot in which no entry is newer than the tables, so that an answer never shows as in force
what was suspended or revoked in any entry that was recorded before it was asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from unicodedata import category

from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_, union

from certification.capacity import capacity_key
from certification.coverage import RECEIVING
from certification.directory import (
    EARTH_RADIUS_M,
    RECEIVING_ACTIVITY,
    SHOWN_AS,
    Listing,
    Page,
    Point,
    Query,
    distance_m,
    fits,
    from_point,
    known_before,
    listings_on,
    order_of,
    with_use,
)
from certification.names import wanted_number, wanted_words
from certification.store.directory import (
    ACTIVITIES,
    CHEMISTRIES,
    CONDITIONS,
    DIRECTORY,
    WASTE_CLASSES,
    bits,
    read_recorded_at,
    read_register,
)
from certification.store.tables import FOR_EVER, directory_listing, directory_word
from ledger.domain.payload import act_key
from ledger.domain.values import format_base64url, parse_base64url
from ledger.fold.state import Value
from ledger.store.session import Reader, Store
from ledger.store.state import load_states

CURSOR_CHARS_MAX: Final = 400
RADII_M: Final = (10_000, 25_000, 60_000, 150_000, 400_000, 1_000_000)
"""How far around a place is looked at, until enough is found; then everywhere."""

_READ: Final = 100
_UNSPELT: Final = frozenset({"Cc", "Cs"})
"""Control characters and halves of characters (Unicode general categories)."""
_UDEG: Final = 1_000_000
_LISTED: Final = directory_listing.c

Position = tuple[int | str, str, str]
"""Where a listing stands among the answers, as ``certification.directory.order_of`` says."""


class CursorError(ValueError):
    """What was sent as a cursor is none of this search."""


def search_directory(store: Store, query: Query, *, after: str = "", limit: int = 50) -> Page:
    """The listings that answer the query, from the cursor ``after`` on, at most ``limit``.

    A cursor names the last listing that was seen, so that what is recorded meanwhile shifts nothing.

    Raises:
        CursorError: ``after`` is no cursor of such a query.
        Unavailable: the database does not answer, or the tables are too far behind the log to be brought up to it now.
    """
    position = parse_cursor(after, query) if after else None
    with DIRECTORY.read_current(store) as reader:
        return search(reader, query, position, limit)


def search(reader: Reader, query: Query, after: Position | None, limit: int) -> Page:
    """As ``search_directory``, by tables as they are in this snapshot; what is said is that of the state in it."""
    found = list(islice(_answers(reader, query, after, limit), limit + 1))
    page = tuple(found[:limit])
    return Page(page, format_cursor(order_of(page[-1], query)) if len(found) > limit else None)


def format_cursor(position: Position) -> str:
    """The cursor that goes on behind this position."""
    return format_base64url(json.dumps(position, ensure_ascii=False, separators=(",", ":")).encode())


def parse_cursor(text: str, query: Query) -> Position:
    """The position; the inverse of ``format_cursor`` for cursors of the query's order.

    Raises:
        CursorError: it is none.
    """
    try:
        position = _position(json.loads(parse_base64url(text[:CURSOR_CHARS_MAX])), query)
    except ValueError as error:
        raise CursorError("this is no cursor of such a query") from error
    # What no name and no id has in it would be refused by the database.
    letters = map(category, "".join(map(str, position)))
    if not _UNSPELT.isdisjoint(letters) or format_cursor(position) != text:
        raise CursorError("this is no cursor of such a query")
    return position


def _position(spelt: object, query: Query) -> Position:
    match spelt:
        case [int(first), str(authorisation), str(site)] if query.near is not None:
            return first, authorisation, site
        case [str(first), str(authorisation), str(site)] if query.near is None:
            return first, authorisation, site
        case _:
            raise ValueError("not a position in this order")


def found_by_name(query: Query, after: Position | None = None) -> Select[Any]:
    """The statement that finds the next permits and sites in the order of names."""
    order = (_LISTED.sort_key, _LISTED.authorisation, _LISTED.site)
    behind = [] if after is None else [tuple_(*order) > after]
    found = select(*order).where(*_conditions(query), *behind)
    if query.state is None and not query.name.strip():
        return found.order_by(*order).limit(_READ)
    # Few fit: a planner that hopes to meet them in the order of names would walk through all of them.
    few = found.cte("found").prefix_with("MATERIALIZED")
    return select(few).order_by(few.c.sort_key, few.c.authorisation, few.c.site).limit(_READ)


def found_around(query: Query, near: Point, radius_m: float) -> Select[Any]:
    """The statement that finds the permits and sites in a box around the circle, in no order."""
    wanted = (_LISTED.authorisation, _LISTED.site, _LISTED.latitude_udeg, _LISTED.longitude_udeg)
    return select(*wanted).where(*_conditions(query), *_box(near, radius_m))


def _answers(reader: Reader, query: Query, after: Position | None, limit: int) -> Iterator[Listing]:
    if query.name.strip() and not wanted_words(query.name) and not wanted_number(query.name):
        return
    near = query.near
    rows = _by_name(reader, query, after) if near is None else _by_distance(reader, query, near, after)
    while some := list(islice(rows, min(limit + 1, _READ))):
        yield from (listing for listing in _read_listings(reader, some, query) if fits(listing, query))


def _by_name(reader: Reader, query: Query, after: Position | None) -> Iterator[tuple[str, str]]:
    while True:
        rows = reader.execute(found_by_name(query, after)).all()
        yield from ((row.authorisation, row.site) for row in rows)
        if len(rows) < _READ:
            return
        after = rows[-1].sort_key, rows[-1].authorisation, rows[-1].site


def _by_distance(reader: Reader, query: Query, near: Point, after: Position | None) -> Iterator[tuple[str, str]]:
    """Ring by ring: what is nearer than a radius is all found before anything beyond it is looked at."""
    seen = after or (-1, "", "")
    for radius_m in _radii(query, int(seen[0])):
        rows = reader.execute(found_around(query, near, radius_m)).all()
        ring = sorted(place for place in map(_measured(near), rows) if seen < place and place[0] <= radius_m)
        yield from ((authorisation, site) for _, authorisation, site in ring)
        seen = ring[-1] if ring else seen


def _radii(query: Query, from_m: int) -> list[float]:
    farthest = math.inf if query.within_m is None else query.within_m
    return [*(radius for radius in RADII_M if from_m <= radius < farthest), farthest]


def _measured(near: Point) -> Any:
    def measure(row: Row[Any]) -> tuple[int, str, str]:
        return distance_m(near, Point(row.latitude_udeg, row.longitude_udeg)), row.authorisation, row.site

    return measure


def _box(near: Point, radius_m: float) -> list[ColumnElement[bool]]:
    """A box of degrees that holds the circle; without sides where it would reach a pole or the 180th meridian."""
    angle = radius_m / EARTH_RADIUS_M
    latitude = math.radians(near.latitude_udeg / _UDEG)
    if abs(latitude) + angle >= math.pi / 2:
        return [_LISTED.latitude_udeg.is_not(None), _LISTED.longitude_udeg.is_not(None)]
    height = math.ceil(math.degrees(angle) * _UDEG)
    width = math.ceil(math.degrees(math.asin(math.sin(angle) / math.cos(latitude))) * _UDEG)
    west, east = near.longitude_udeg - width, near.longitude_udeg + width
    sides = _LISTED.longitude_udeg.between(west, east)
    if west < -180 * _UDEG or east > 180 * _UDEG:
        sides = _LISTED.longitude_udeg.is_not(None)
    return [_LISTED.latitude_udeg.between(near.latitude_udeg - height, near.latitude_udeg + height), sides]


def _conditions(query: Query) -> Iterator[ColumnElement[bool]]:
    yield _LISTED.from_on <= query.on
    yield _LISTED.until_on > query.on
    if query.known_at is None:
        yield _LISTED.known_until == FOR_EVER
    else:
        yield and_(_LISTED.known_from <= query.known_at, _LISTED.known_until > query.known_at)
    yield from _conditions_on_scope(query)
    for column, wanted in ((_LISTED.state, query.state), (_LISTED.municipality, query.municipality)):
        if wanted is not None:
            yield column == wanted
    if query.standings:
        yield _LISTED.standings.bitwise_and(bits(query.standings, SHOWN_AS)) != 0
    if query.transcribed is not None:
        yield _LISTED.transcript.is_(query.transcribed)
    if query.name.strip():
        yield _named(query.name)


def _conditions_on_scope(query: Query) -> Iterator[ColumnElement[bool]]:
    if query.activity is not None:
        wanted = RECEIVING if query.activity == RECEIVING_ACTIVITY else {query.activity}
        yield _LISTED.activities.bitwise_and(bits(wanted, ACTIVITIES)) != 0
    for column, value, vocabulary in (
        (_LISTED.waste_classes, query.waste_class, WASTE_CLASSES),
        (_LISTED.chemistries, query.chemistry, CHEMISTRIES),
        (_LISTED.conditions, query.condition, CONDITIONS),
    ):
        if value is not None:
            yield column.bitwise_and(bits([value], vocabulary)) != 0
    if query.open_capacity_g is not None:
        yield _LISTED.capacity_g >= query.open_capacity_g


def _named(text: str) -> ColumnElement[bool]:
    """Of holders with such a name, or of a permit with such a number: ``fits`` then tells their permits apart."""
    number, words = wanted_number(text), wanted_words(text)
    by_number = [select(_LISTED.party).where(_begins(_LISTED.number_key, number))] if number else []
    by_words = [_parties_with(words)] if words else []
    return _LISTED.party.in_(union(*by_number, *by_words))


def _parties_with(words: Sequence[str]) -> Select[Any]:
    first, *others = words
    word = directory_word.c
    has_others = [word.party.in_(_parties_with([other])) for other in others]
    return select(word.party).where(_begins(word.word, first), *has_others)


def _begins(column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """A range of an index in the order of bytes: the texts are of letters and digits alone."""
    return and_(column >= text, column < f"{text}~")


def _read_listings(reader: Reader, rows: Sequence[tuple[str, str]], query: Query) -> list[Listing]:
    """What the state says of the permits at the sites that were found, in their order."""
    permits = dict.fromkeys(authorisation for authorisation, _ in rows)
    year = query.on[:4]
    keys = [key for permit in permits for key in (act_key(permit), capacity_key(permit, year))]
    states = load_states(reader, keys)
    values = {permit: value for permit in permits if (value := _known(reader, states[act_key(permit)], query))}
    register = read_register(reader, values.values())
    made: dict[tuple[str, str], Listing] = {}
    for permit, value in values.items():
        used_g = (states[capacity_key(permit, year)] or {"used_g": 0})["used_g"]
        for listing in listings_on(permit, value, register, query.on):
            site = listing.site.site if listing.site is not None else ""
            made[permit, site] = from_point(with_use(listing, used_g), query.near)
    return [made[row] for row in rows if row in made]


def _known(reader: Reader, value: Value | None, query: Query) -> Value | None:
    if value is None or query.known_at is None:
        return value
    return known_before(value, read_recorded_at(reader, [value]), query.known_at)
