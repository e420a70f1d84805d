"""Keeping the directory's tables at what the state says: chunk by chunk behind the log, or all of them anew.

A permit's rows are made from the state alone, and made anew whenever an entry speaks of the permit, of one of its
holders or of their sites (``ledger.store.following``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final, get_args

from sqlalchemy import delete, insert, select

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
from ledger.fold.state import Value
from ledger.store.chunks import chunks_of
from ledger.store.entries import find_entries
from ledger.store.following import Events, Followed, Row
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer
from ledger.store.state import iter_states, load_states

PERMITS_READ: Final = 500
ANY: Final = 2**31 - 1
"""Every bit: a permit that names no chemistry is for all of them, also for those that have no name yet."""

ACTIVITIES: Final[tuple[str, ...]] = get_args(Activity)
WASTE_CLASSES: Final = ("RP", "RME")
CHEMISTRIES: Final[tuple[str, ...]] = get_args(Chemistry)
CONDITIONS: Final[tuple[str, ...]] = get_args(Condition)

_AUTHORISATIONS: Final = act_key("aut_")
# An annulment takes back any statement of the others.
_KINDS: Final = [
    tag for tag in KINDS if tag.startswith(("party.", "site.", "authorisation.")) or tag == "event.annulled"
]
_INSERTS: Final = {table: insert(table) for table in (directory_listing, directory_word, directory_site)}


def bits(values: Iterable[str], vocabulary: Sequence[str]) -> int:
    """The set as an integer: the bit of each value is its place in the vocabulary, which only ever grows at its end."""
    return sum(1 << vocabulary.index(value) for value in set(values))


def iter_authorisations(reader: Reader) -> Iterator[tuple[str, Value]]:
    """Every permit's id and state value, by id, from the state itself and therefore as of this very snapshot."""
    for key, value in iter_states(reader, _AUTHORISATIONS):
        yield _id_of(key), value


def _gather(events: Events, end: int) -> tuple[list[str], int]:
    subjects = chain.from_iterable(event.payload.extends for _, event in events)
    return list(dict.fromkeys(subject.key for subject in subjects)), end


def _take_in(writer: Writer, touched: Sequence[str]) -> None:
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


def _made_sites(reader: Reader) -> Iterator[tuple[None, list[Row]]]:
    sites = iter_states(reader, site_key(""))
    yield None, [{"party": value["party"], "site": _id_of(key)} for key, value in sites]


def _made_words(reader: Reader) -> Iterator[tuple[None, list[Row]]]:
    holding = {party for _, value in iter_authorisations(reader) for party in holders(value)}
    parties = load_states(reader, map(party_key, holding))
    yield None, list(_word_rows(_of_family(parties, "").items()))


def _made_listings(reader: Reader) -> Iterator[tuple[str | None, list[Row]]]:
    permits = iter_authorisations(reader)
    while page := dict(islice(permits, PERMITS_READ)):
        yield max(page), list(_listing_rows(reader, page, read_register(reader, page.values())))
    yield None, []


def _id_of(key: str) -> str:
    return key.partition("/")[2]


# Sites first: the listings are made from them.
DIRECTORY: Final = Followed(
    projection="directory",
    kinds=_KINDS,
    rows={directory_site: _made_sites, directory_word: _made_words, directory_listing: _made_listings},
    gather=_gather,
    take_in=_take_in,
)
