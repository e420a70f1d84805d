"""The public directory of authorised parties, which the law asks SEMARNAT to keep (RLGPGIR 81; fields: 56).

It lists permits, each at each of the sites where it may be used, as they stand on one day. A permit that is suspended,
revoked, expired or still to come is listed as such, and a transcribed one as transcribed: to be known here is not to be
authorised. A natural person has no name: it is not in the log.

Here is what the directory says of one permit on one day, from state values alone, and which questions a listing
answers; ``certification.store`` finds the listings fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, get_args
from zoneinfo import ZoneInfo

from certification.capacity import capacity_key
from certification.competence import reaches
from certification.coverage import RECEIVING
from certification.names import has_words, name_words, number_key, sort_name, wanted_number, wanted_words
from certification.permit import Permit, Standing, permit_as_of
from ledger.domain.payload import act_key, party_key, site_key
from ledger.fold.legal_day import DEFAULT_ZONE, legal_day
from ledger.fold.state import Value

RECEIVING_ACTIVITY: Final = "receiving"
"""Asked for as an activity, it is any of those by which a party takes waste in."""
EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius (IUGG): distances are along a sphere, within 0.6 % of those along the ellipsoid."""
SHOWN_AS: Final = (*get_args(Standing), "stayed", "claimed")
AUTHORISING: Final = frozenset({"in-force"})
"""The standings in which a permit gives a right."""

_UDEG: Final = 1_000_000
_NAMELESS: Final = "~"
_SORT_CHARS_MAX: Final = 50
_UNUSED: Final = {"used_g": 0}


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth (WGS 84), in millionths of a degree."""

    latitude_udeg: int
    longitude_udeg: int


@dataclass(frozen=True, slots=True)
class Query:
    """What a listing must be to be an answer; a member that is None or empty asks nothing.

    Attributes:
        on: the day (``2026-03-01``) on which it is to be valid.
        name: words of the holder's name, each at least as a beginning, or the beginning of the permit's number.
        activity: one of ``ledger.domain.values.Activity``, or ``receiving``.
        waste_class: RP or RME.
        chemistry: one of ``ledger.domain.values.Chemistry``.
        condition: one of ``ledger.domain.values.Condition``.
        state: of the site, as INEGI's two digits.
        municipality: of the site, as INEGI's three digits within ``state``.
        standings: any of ``SHOWN_AS``: a permit under a court's stay, or renewed by silence, is in force and besides
            ``stayed`` or ``claimed``.
        transcribed: only what was merely transcribed, or only what an authority has decided on.
        open_capacity_g: at least so much is left of the permit's capacity in the year of ``on``.
        near: nearest first, with distances; a site without coordinates is near nothing.
        within_m: not farther than this from ``near``.
        known_at: what the directory said at this instant (seconds since 1970); names, sites and endings of parties
            are those known now.
    """

    on: str
    name: str = ""
    activity: str | None = None
    waste_class: str | None = None
    chemistry: str | None = None
    condition: str | None = None
    state: str | None = None
    municipality: str | None = None
    standings: frozenset[str] = frozenset()
    transcribed: bool | None = None
    open_capacity_g: int | None = None
    near: Point | None = None
    within_m: int | None = None
    known_at: int | None = None


@dataclass(frozen=True, slots=True)
class ListedSite:
    """One open site of a listed party; ``place`` has the members of ``ledger.domain.party.Place``."""

    site: str
    name: str | None
    place: Value


@dataclass(frozen=True, slots=True)
class Listing:
    """One permit at one site, as it stands on a day.

    Attributes:
        authorisation: the permit's id in the ledger.
        permit: what it said on the day.
        is_authorised: whether it gives its holder a right on the day: nothing else is shown as authorised.
        form: of the holder: moral, fisica, foreign or authority.
        name: of the holder; None for a natural person.
        site: None where the holder has no open site that the permit is for.
        used_g: what was received under it in the year of the day.
        open_g: what is left of its yearly capacity, never below 0; None where it states none.
        distance_m: from the place that was asked about.
    """

    authorisation: str
    permit: Permit
    is_authorised: bool
    form: str
    name: str | None
    site: ListedSite | None
    used_g: int
    open_g: int | None
    distance_m: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The day on which transcripts were last compared with the authority's list: the earliest, if they have several."""

    on: str
    is_old: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some listings in their order; ``next`` is where the following page begins, None after the last."""

    listings: tuple[Listing, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Register:
    """State values of parties and sites by their ids, and which sites each party operates."""

    parties: Mapping[str, Value]
    sites: Mapping[str, Value]
    operated: Mapping[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Span:
    """Days, from ``from_on`` up to and not including ``until_on`` (None: no end), on which one standing holds."""

    from_on: str
    until_on: str | None
    standing: Standing
    is_authorised: bool


def directory(values: Iterable[tuple[str, Value]], query: Query) -> list[Listing]:
    """The listings that answer the query, in their order, from state keys and values in any order.

    It reads every value; ``certification.store.search`` gives the same fast. ``known_at`` is not looked at: the values
    are what is known.
    """
    states = dict(values)
    parties = _of_family(states, party_key(""))
    sites = _of_family(states, site_key(""))
    operated: dict[str, list[str]] = {}
    for site, value in sites.items():
        operated.setdefault(value["party"], []).append(site)
    register = Register(parties, sites, operated)
    listings = (
        with_use(from_point(listing, query.near), (states.get(capacity_key(permit, query.on[:4])) or _UNUSED)["used_g"])
        for permit, value in _of_family(states, act_key("")).items()
        if value["kind"] == "authorisation"
        for listing in listings_on(permit, value, register, query.on)
    )
    answers = (listing for listing in listings if fits(listing, query))
    return sorted(answers, key=lambda listing: order_of(listing, query))


def spans_of(value: Value) -> list[Span]:
    """What a permit's standing is on every day, in order, beginning with the day before its first."""
    days = ["", *sorted(set(_days_of(value["timeline"])))]
    spans: list[Span] = []
    for from_on in days:
        standing = permit_as_of(value, from_on).standing
        if spans and spans[-1].standing == standing:
            continue
        if spans:
            spans[-1] = replace(spans[-1], until_on=from_on)
        spans.append(Span(from_on, None, standing, standing in AUTHORISING))
    return spans


def listings_on(authorisation: str, value: Value, register: Register, on: str) -> Iterator[Listing]:
    """What the directory says of a permit on a day, site by site, without distance and use of capacity.

    Of a party that had ended by that day it says nothing.
    """
    permit = permit_as_of(value, on)
    party = register.parties[permit.holder]
    if _has_ended(party, None, on):
        return
    sites: list[ListedSite | None] = [*_open_sites(permit, register, on)]
    for site in sites or [None]:
        yield Listing(
            authorisation=authorisation,
            permit=permit,
            is_authorised=permit.standing in AUTHORISING,
            form=party["form"],
            name=party.get("name"),
            site=site,
            used_g=0,
            open_g=permit.scope.get("capacity_g_per_year"),
            distance_m=None,
        )


def change_days(value: Value, register: Register) -> list[str]:
    """The days, in order, on which what the directory says of a permit may change."""
    days = set(_days_of(value["timeline"]))
    for party in holders(value):
        days.update(_ending(register.parties[party], None))
        for site in {*register.operated.get(party, ()), *_named_sites(value)}:
            days.update(_ending(register.sites[site], register.sites[site]))
    return sorted(days)


def holders(value: Value) -> list[str]:
    """Everybody who has ever held the permit, first the one it was granted to."""
    later = (line["holder"] for line in value["timeline"] if "holder" in line)
    return list(dict.fromkeys([value["holder"], *later]))


def with_use(listing: Listing, used_g: int) -> Listing:
    """The listing with what was used of its permit in the year of the day."""
    capacity_g = listing.permit.scope.get("capacity_g_per_year")
    return replace(listing, used_g=used_g, open_g=None if capacity_g is None else max(0, capacity_g - used_g))


def from_point(listing: Listing, point: Point | None) -> Listing:
    """The listing with its distance from a place."""
    here = point_of(listing.site)
    return replace(listing, distance_m=None if point is None or here is None else distance_m(point, here))


def shown_as(permit: Permit) -> list[str]:
    """What the permit is to be shown as on its day: its standing, and on what doubtful ground that rests."""
    grounds = {"stayed": permit.stayed, "claimed": permit.claimed}
    return [permit.standing, *(name for name, ground in grounds.items() if ground is not None)]


def is_transcript(permit: Permit) -> bool:
    """Copied from a public list, and no authority has confirmed it or decided on it since."""
    return permit.transcribed is not None and not permit.confirmed


def checked(permits: Iterable[Permit], on: str, days_max: int) -> Checked | None:
    """When those of the permits that are transcripts were last checked; None where none is one.

    Args:
        permits: what is shown.
        on: the day that is asked about.
        days_max: so many natural days a check is not old.
    """
    days = [permit.transcribed["listed_on"] for permit in permits if permit.transcribed and is_transcript(permit)]
    if not days:
        return None
    oldest = min(days)
    age_days = (date.fromisoformat(on) - date.fromisoformat(oldest)).days
    return Checked(oldest, age_days > days_max)


def events_of(value: Value) -> list[str]:
    """The ids of the events by which the permit's state value came to be."""
    confirmed = [value["confirmed"]["event"]] if "confirmed" in value else []
    return [*(line["event"] for line in value["timeline"]), *confirmed]


def known_before(value: Value, recorded_at: Mapping[str, int], instant: int) -> Value | None:
    """The permit's state value as it was known at an instant; None before it was known at all.

    Args:
        value: as it is known now.
        recorded_at: when each of ``events_of`` it was recorded, in seconds since 1970.
        instant: likewise; what was recorded in that very second is known.
    """
    known = {**value, "timeline": [line for line in value["timeline"] if recorded_at[line["event"]] <= instant]}
    if "confirmed" in value and recorded_at[value["confirmed"]["event"]] > instant:
        del known["confirmed"], known["confirmed_by"]
    return known if known["timeline"] else None


def fits(listing: Listing, query: Query) -> bool:
    """Whether the listing, made for the query's day, answers the query."""
    scope, site = listing.permit.scope, listing.site
    place = site.place if site is not None else {}
    return (
        _has_name(listing, query.name)
        and _covers(scope["activities"], query.activity)
        and (query.waste_class is None or query.waste_class in scope["waste_classes"])
        and (query.chemistry is None or not scope["chemistries"] or query.chemistry in scope["chemistries"])
        and (query.condition is None or query.condition in scope["conditions"])
        and query.state in (None, place.get("state"))
        and query.municipality in (None, place.get("municipality"))
        and (not query.standings or not query.standings.isdisjoint(shown_as(listing.permit)))
        and query.transcribed in (None, is_transcript(listing.permit))
        and _has_room(listing, query.open_capacity_g)
        and (query.near is None or _is_within(listing, query.within_m))
    )


def order_of(listing: Listing, query: Query) -> tuple[int | str, str, str]:
    """Where the listing stands among the answers: by distance or by name, then by permit and site."""
    first: int | str = sort_key(listing.name, listing.permit.number) if query.near is None else listing.distance_m or 0
    return first, listing.authorisation, listing.site.site if listing.site is not None else ""


def sort_key(name: str | None, number: str) -> str:
    """Where a listing stands by its holder's name; those without a name come last, by the permit's number.

    It is short enough for a cursor in any script.
    """
    return sort_name(name)[:_SORT_CHARS_MAX] if name else f"{_NAMELESS}{number_key(number)}"


def distance_m(one: Point, other: Point) -> int:
    """Metres between two places along the great circle (haversine), rounded."""
    lat_1, lat_2 = (math.radians(point.latitude_udeg / _UDEG) for point in (one, other))
    d_lon = math.radians((other.longitude_udeg - one.longitude_udeg) / _UDEG)
    half_chord = math.sin((lat_2 - lat_1) / 2) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(d_lon / 2) ** 2
    return round(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half_chord))))


def point_of(site: ListedSite | None) -> Point | None:
    """Where the site is; None without coordinates, as a home has none."""
    place = site.place if site is not None else {}
    latitude, longitude = place.get("latitude_udeg"), place.get("longitude_udeg")
    return None if latitude is None or longitude is None else Point(latitude, longitude)


def end_of_day(day: str) -> int:
    """The last second (since 1970) of the day in the capital."""
    midnight = datetime.combine(date.fromisoformat(next_day(day)), time(), ZoneInfo(DEFAULT_ZONE))
    return int(midnight.timestamp()) - 1


def _of_family(states: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    return {key.removeprefix(prefix): value for key, value in states.items() if key.startswith(prefix)}


def _has_name(listing: Listing, text: str) -> bool:
    if not text.strip():
        return True
    wanted, number = wanted_words(text), wanted_number(text)
    by_name = bool(wanted) and has_words(_words_of(listing.name or ""), wanted)
    return by_name or (bool(number) and number_key(listing.permit.number).startswith(number))


@lru_cache(maxsize=16_384)
def _words_of(name: str) -> frozenset[str]:
    return name_words(name)


def _covers(activities: Iterable[str], wanted: str | None) -> bool:
    if wanted is None:
        return True
    return not RECEIVING.isdisjoint(activities) if wanted == RECEIVING_ACTIVITY else wanted in activities


def _has_room(listing: Listing, wanted_g: int | None) -> bool:
    if wanted_g is None:
        return True
    return listing.open_g is not None and listing.open_g >= wanted_g


def _is_within(listing: Listing, within_m: int | None) -> bool:
    if listing.distance_m is None:
        return False
    return within_m is None or listing.distance_m <= within_m


def _open_sites(permit: Permit, register: Register, on: str) -> list[ListedSite]:
    """The sites that the permit names, or, if it names none, all of its holder; none beyond the authority's reach."""
    named = permit.scope["sites"] or register.operated.get(permit.holder, ())
    return [
        ListedSite(site, value.get("name"), value["place"])
        for site, value in ((site, register.sites[site]) for site in sorted(named))
        if not _has_ended(value, value, on)
        and (permit.jurisdiction is None or reaches(permit.jurisdiction, value["place"]))
    ]


def _named_sites(value: Value) -> set[str]:
    return {site for line in value["timeline"] if "scope" in line for site in line["scope"]["sites"]}


def _has_ended(value: Value, site: Value | None, on: str) -> bool:
    return any(on >= day for day in _ending(value, site))


def _ending(value: Value, site: Value | None) -> list[str]:
    """The day on which the party or site ended, if it has; a party's day runs in the capital."""
    return [legal_day(value["closed_at"], site)] if "closed_at" in value else []


def _days_of(said: Iterable[Value]) -> Iterator[str]:
    for part in said:
        if "from_on" in part:
            yield part["from_on"]
        if "to_on" in part:
            yield next_day(part["to_on"])
        yield from _days_of(nested for nested in part.values() if isinstance(nested, dict))


def next_day(day: str) -> str:
    """The day after, ``9999-12-31`` after itself."""
    return day if day == date.max.isoformat() else (date.fromisoformat(day) + timedelta(days=1)).isoformat()
