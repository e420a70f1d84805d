"""Keeping the directory's tables at what the state says: chunk by chunk behind the log, or all of them anew.

A permit's rows are made from the state alone, and made anew whenever an entry speaks of the permit, of one of its
holders or of their sites. Whoever writes them has locked the watermark first and then reads the state, so that nothing
older than what is there is ever written over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final, Literal, TypeAlias, get_args

from sqlalchemy import Table, and_, delete, exists, insert, select, update

from certification.directory import (
    SHOWN_AS,
    Listing,
    Register,
    change_days,
    events_of,
    holders,
    is_transcript,
    known_before,
    listings_on,
    point_of,
    shown_as,
    sort_key,
)
from certification.names import name_words, number_key
from certification.store.tables import FOR_EVER, NO_END, directory_listing, directory_site, directory_word
from ledger.domain.kinds import KINDS
from ledger.domain.payload import act_key, party_key, permits_key, site_key
from ledger.domain.values import Activity, Chemistry, Condition
from ledger.event import parse_event
from ledger.fold.state import Value
from ledger.store import tables
from ledger.store.chunks import chunks_of
from ledger.store.entries import find_entries, read_head
from ledger.store.inserts import insert_rows
from ledger.store.projections import Difference, lock_appends
from ledger.store.session import Reader, Store, Writer
from ledger.store.state import iter_states, load_states

FOLLOWED_MAX: Final = 1000
PERMITS_READ: Final = 500
ANY: Final = 2**31 - 1
"""Every bit: a permit that names no chemistry is for all of them, also for those that have no name yet."""

ACTIVITIES: Final[tuple[str, ...]] = get_args(Activity)
WASTE_CLASSES: Final = ("RP", "RME")
CHEMISTRIES: Final[tuple[str, ...]] = get_args(Chemistry)
CONDITIONS: Final[tuple[str, ...]] = get_args(Condition)

_PROJECTION: Final = "directory"
_AUTHORISATIONS: Final = act_key("aut_")
# An annulment takes back any statement of the others.
_KINDS: Final = [
    tag for tag in KINDS if tag.startswith(("party.", "site.", "authorisation.")) or tag == "event.annulled"
]
_INSERTS: Final = {table: insert(table) for table in (directory_listing, directory_word, directory_site)}

_FOLLOWED: Final = select(tables.watermark.c.size).where(tables.watermark.c.projection == _PROJECTION)
_HEAD_AND_WATERMARK: Final = select(tables.head.c.size, _FOLLOWED.scalar_subquery())

Row: TypeAlias = dict[str, Any]
Fault: TypeAlias = Literal["missing", "extra", "changed"]


def bits(values: Iterable[str], vocabulary: Sequence[str]) -> int:
    """The set as an integer: the bit of each value is its place in the vocabulary, which only ever grows at its end."""
    return sum(1 << vocabulary.index(value) for value in set(values))


def iter_authorisations(reader: Reader) -> Iterator[tuple[str, Value]]:
    """Every permit's id and state value, by id, from the state itself and therefore as of this very snapshot."""
    for key, value in iter_states(reader, _AUTHORISATIONS):
        yield _id_of(key), value


def followed_size(reader: Reader) -> int:
    """How many entries the directory's tables have been brought up to."""
    size: int = reader.execute(_FOLLOWED).scalar_one()
    return size


def is_behind(reader: Reader) -> bool:
    """Whether an entry that the tables do not know of may change what the directory says."""
    size, start = reader.execute(_HEAD_AND_WATERMARK).one()
    if size - start > FOLLOWED_MAX:
        return True
    return has_changed(reader, start, size)


def has_changed(reader: Reader, start: int, end: int) -> bool:
    """Whether one of the entries from ``start`` up to, not including, ``end`` may change what the directory says."""
    return bool(start < end and reader.execute(select(exists(_speaking(start, end)))).scalar_one())


def follow_directory(store: Store) -> int:
    """Take in what the next entries change, at most ``FOLLOWED_MAX`` of them; how many entries remain.

    Each chunk is one transaction with its watermark: a process that dies leaves whole chunks, and of two followers
    one finds the watermark moved and writes nothing.

    Raises:
        Unavailable: the database cannot write.
    """
    with store.read() as reader:
        size, start = read_head(reader).size, followed_size(reader)
        end = min(size, start + FOLLOWED_MAX)
        touched = _touched_keys(reader, start, end)
    if start < end:
        store.write(lambda writer: _take_in(writer, touched, start, end))
    return size - end


def rebuild_directory(store: Store) -> list[Difference]:
    """Make the tables again from the state, and tell what differed from what they would have become by themselves.

    Raises:
        Unavailable: the database cannot write.
    """
    with store.read() as reader:
        is_ahead = followed_size(reader) > read_head(reader).size
    while not is_ahead and follow_directory(store):
        pass
    return store.write(_make_again)


def compare_directory(reader: Reader) -> list[Difference] | None:
    """Where the tables are not what the state says; None while they are behind the log, which is no fault."""
    if is_behind(reader):
        return None
    return [difference for table in _TABLES for difference, _ in _differences(reader, table)]


def _speaking(start: int, end: int) -> Any:
    entry = tables.entry.c
    in_range = and_(entry.leaf_index >= start, entry.leaf_index < end)
    return select(entry.body).where(in_range, entry.kind.in_(_KINDS), entry.void.is_(False)).order_by(entry.leaf_index)


def _touched_keys(reader: Reader, start: int, end: int) -> list[str]:
    bodies = reader.execute(_speaking(start, end)).scalars()
    subjects = chain.from_iterable(parse_event(body).payload.extends for body in bodies)
    return list(dict.fromkeys(subject.key for subject in subjects))


def _take_in(writer: Writer, touched: Sequence[str], start: int, end: int) -> None:
    mark = tables.watermark.c
    change = update(tables.watermark).where(mark.projection == _PROJECTION, mark.size == start)
    if writer.execute(change.values(size=end)).rowcount == 0 or not touched:
        return
    values = {key: value for key, value in load_states(writer, touched).items() if value is not None}
    parties = {_id_of(key) for key in values if key.startswith(party_key(""))}
    sites = {_id_of(key): value["party"] for key, value in values.items() if key.startswith(site_key(""))}
    _put_sites(writer, sites)
    held = load_states(writer, map(permits_key, {*parties, *sites.values()})).values()
    permits = {permit for value in held if value is not None for permit in value["ids"]}
    permits.update(_id_of(key) for key in touched if key.startswith(_AUTHORISATIONS))
    _put_listings(writer, sorted(permits))


def _put_sites(writer: Writer, sites: Mapping[str, str]) -> None:
    table = directory_site
    known: set[str] = set()
    for chunk in chunks_of(sites.values()):
        known.update(writer.execute(select(table.c.site).where(table.c.party.in_(chunk))).scalars())
    rows = [{"party": party, "site": site} for site, party in sites.items() if site not in known]
    insert_rows(writer, _INSERTS[table], rows)


def _put_words(writer: Writer, parties: Mapping[str, Value]) -> None:
    for chunk in chunks_of(parties):
        writer.execute(delete(directory_word).where(directory_word.c.party.in_(chunk)))
    insert_rows(writer, _INSERTS[directory_word], list(_word_rows(parties.items())))


def _put_listings(writer: Writer, permits: Sequence[str]) -> None:
    for chunk in chunks_of(permits):
        writer.execute(delete(directory_listing).where(directory_listing.c.authorisation.in_(chunk)))
        values = load_states(writer, map(act_key, chunk))
        made = {_id_of(key): value for key, value in values.items() if value is not None}
        register = read_register(writer, made.values())
        _put_words(writer, register.parties)
        insert_rows(writer, _INSERTS[directory_listing], list(_listing_rows(writer, made, register)))


def _listing_rows(reader: Reader, values: Mapping[str, Value], register: Register) -> Iterator[Row]:
    recorded_at = read_recorded_at(reader, values.values())
    for authorisation, value in values.items():
        instants = sorted({recorded_at[event] for event in events_of(value)})
        for known_from, known_until in zip(instants, [*instants[1:], FOR_EVER], strict=True):
            known = known_before(value, recorded_at, known_from)
            if known is not None:
                for row in _rows_as_known(authorisation, known, register):
                    yield {**row, "known_from": known_from, "known_until": known_until}


def _rows_as_known(authorisation: str, value: Value, register: Register) -> Iterator[Row]:
    days = ["", *change_days(value, register)]
    for from_on, until_on in zip(days, [*days[1:], NO_END], strict=True):
        for listing in listings_on(authorisation, value, register, from_on):
            yield {**_row(listing), "from_on": from_on, "until_on": until_on}


def _row(listing: Listing) -> Row:
    scope, site, point = listing.permit.scope, listing.site, point_of(listing.site)
    place = site.place if site is not None else {}
    return {
        "authorisation": listing.authorisation,
        "site": site.site if site is not None else "",
        "party": listing.permit.holder,
        "sort_key": sort_key(listing.name, listing.permit.number),
        "number_key": number_key(listing.permit.number),
        "standings": bits(shown_as(listing.permit), SHOWN_AS),
        "transcript": is_transcript(listing.permit),
        "activities": bits(scope["activities"], ACTIVITIES),
        "waste_classes": bits(scope["waste_classes"], WASTE_CLASSES),
        "chemistries": bits(scope["chemistries"], CHEMISTRIES) or ANY,
        "conditions": bits(scope["conditions"], CONDITIONS),
        "capacity_g": scope.get("capacity_g_per_year"),
        "state": place.get("state"),
        "municipality": place.get("municipality"),
        "latitude_udeg": point.latitude_udeg if point is not None else None,
        "longitude_udeg": point.longitude_udeg if point is not None else None,
    }


def read_register(reader: Reader, permits: Iterable[Value]) -> Register:
    """The parties and sites of which the directory speaks when it lists these permits."""
    listed = list(permits)
    held_by = {party for value in listed for party in holders(value)}
    operated: dict[str, list[str]] = {party: [] for party in held_by}
    for chunk in chunks_of(held_by):
        table = directory_site.c
        for party, site in reader.execute(select(table.party, table.site).where(table.party.in_(chunk))):
            operated[party].append(site)
    named = {site for value in listed for line in value["timeline"] for site in line.get("scope", {}).get("sites", ())}
    sites = named.union(*operated.values())
    values = load_states(reader, chain(map(party_key, held_by), map(site_key, sites)))
    return Register(_of_family(values, party_key("")), _of_family(values, site_key("")), operated)


def read_recorded_at(reader: Reader, permits: Iterable[Value]) -> dict[str, int]:
    """When each event of the permits was recorded."""
    events = (event for value in permits for event in events_of(value))
    return {event: entry.recorded_at for event, entry in find_entries(reader, events).items()}


def _of_family(values: Mapping[str, Value | None], prefix: str) -> dict[str, Value]:
    return {_id_of(key): value for key, value in values.items() if value is not None and key.startswith(prefix)}


def _word_rows(parties: Iterable[tuple[str, Value]]) -> Iterator[Row]:
    for party, value in parties:
        yield from ({"word": word, "party": party} for word in sorted(name_words(value.get("name") or "")))


def _make_again(writer: Writer) -> list[Difference]:
    lock_appends(writer)
    size, start = read_head(writer).size, followed_size(writer)
    _take_in(writer, _touched_keys(writer, start, size), start, size)
    found = []
    if start > size:
        found.append(Difference("watermark", _PROJECTION, "changed"))
        mark = tables.watermark
        writer.execute(update(mark).where(mark.c.projection == _PROJECTION).values(size=size))
    for table in _TABLES:
        for difference, row in list(_differences(writer, table)):
            found.append(difference)
            _mend(writer, table, difference, row)
    return found


def _differences(reader: Reader, table: Table) -> Iterator[tuple[Difference, Row]]:
    stored = {_key_of(table, row): row for row in map(dict, reader.execute(select(table)).mappings())}
    made = {_key_of(table, row): row for row in _MADE[table](reader)}
    for key in sorted(made.keys() | stored.keys()):
        if made.get(key) != stored.get(key):
            fault: Fault = "extra" if key not in made else "changed" if key in stored else "missing"
            yield Difference(table.name, "/".join(map(str, key)), fault), made.get(key) or stored[key]


def _key_of(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _made_sites(reader: Reader) -> Iterator[Row]:
    return ({"party": value["party"], "site": _id_of(key)} for key, value in iter_states(reader, site_key("")))


def _made_words(reader: Reader) -> Iterator[Row]:
    holding = {party for _, value in iter_authorisations(reader) for party in holders(value)}
    for chunk in chunks_of(holding):
        yield from _word_rows(_of_family(load_states(reader, map(party_key, chunk)), "").items())


def _made_listings(reader: Reader) -> Iterator[Row]:
    permits = iter_authorisations(reader)
    while page := dict(islice(permits, PERMITS_READ)):
        yield from _listing_rows(reader, page, read_register(reader, page.values()))


# Sites first: the listings are made from them.
_TABLES: Final = (directory_site, directory_word, directory_listing)
_MADE: Final[dict[Table, Callable[[Reader], Iterator[Row]]]] = {
    directory_site: _made_sites,
    directory_word: _made_words,
    directory_listing: _made_listings,
}


def _id_of(key: str) -> str:
    return key.partition("/")[2]


def _mend(writer: Writer, table: Table, difference: Difference, row: Row) -> None:
    if difference.fault != "missing":
        writer.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
    if difference.fault != "extra":
        writer.execute(insert(table), row)
