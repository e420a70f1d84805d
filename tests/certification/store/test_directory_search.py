from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from certification.capacity import capacity_key
from certification.directory import SHOWN_AS, Listing, Point, Query, directory, distance_m
from certification.store.directory import (
    ACTIVITIES,
    CHEMISTRIES,
    CONDITIONS,
    DIRECTORY,
    bits,
)
from certification.store.search import CursorError, format_cursor, parse_cursor, search_directory
from certification.store.tables import directory_listing, directory_site, directory_word
from ledger import cbor
from ledger.errors import Refusal
from ledger.store import tables
from ledger.store.entries import read_head
from ledger.store.session import Store
from ledger.store.state import put_states
from tests.ledger.store.desk import Desk, Overtaken, open_desk
from tests.yard import Actor

DAY = "2025-01-06"
NAMES = (
    "Reciclajes Nuevo León, S.A. de C.V.",
    "RECICLADORA NL SA DE CV",
    "Acopio Ñandú, S. de R.L.",
    "Baterías del D.F.",
)
ASKED = ("", "recicl", "recicladora nl", "acopio nandu", "cdmx", "19-39", "baterias", "nadie", "demo", "1939ps0001")
MONTERREY = Point(25_686_600, -100_316_100)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


class Life:
    """A yard to which anything lawful may happen, drawn by chance."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.yard = yard = desk.yard
        self.draw = random.Random(seed)
        self.actors = [yard.recycler, yard.centre, yard.carrier, yard.workshop]
        self.permits: list[str] = []
        self.happenings: tuple[Callable[[], object], ...] = (
            self.grant, self.grant, self.grant, self.transcribe, self.rule, self.rule, self.rule, self.stay, self.renew,
            self.change, self.transfer, self.open_site, self.open_site, self.close_site, self.rename, self.end,
        )  # fmt: skip

    def go_on(self, steps: int) -> None:
        for _ in range(steps):
            self.pass_time(self.draw.choice([0, 60, 86_400, 20 * 86_400]))
            try:
                self.draw.choice(self.happenings)()
            except Refusal:
                continue

        self.desk.catch_up()

    def pass_time(self, seconds: int) -> None:
        self.desk.catch_up()
        self.desk.pass_time(seconds)

    def actor(self) -> Actor:
        return self.draw.choice(self.actors)

    def scope(self) -> dict[str, Any]:
        return {
            "activities": self.some(ACTIVITIES, 1),
            "chemistries": self.some(CHEMISTRIES, 0),
            "conditions": self.some(CONDITIONS, 1),
            "sites": [],
            **({"capacity_g_per_year": self.draw.randrange(2000)} if self.draw.random() < 0.5 else {}),
        }

    def some(self, vocabulary: tuple[str, ...], least: int) -> list[str]:
        return self.draw.sample(vocabulary, self.draw.randint(least, min(3, len(vocabulary))))

    def day(self) -> str:
        return f"20{self.draw.randint(24, 27)}-{self.draw.randint(1, 12):02d}-{self.draw.randint(1, 28):02d}"

    def grant(self) -> None:
        scope, actor = self.scope(), self.actor()
        sites = [key.removeprefix("site/") for key, value in self.sites() if value["party"] == actor.party]
        if sites and self.draw.random() < 0.5:
            scope["sites"] = self.draw.sample(sites, 1)
        self.permits.append(self.yard.permit(actor, *scope.pop("activities"), **scope))

    def transcribe(self) -> None:
        permit = self.yard.new_id("aut")
        self.yard.say(
            self.yard.operator,
            "authorisation.granted",
            authorisation=permit,
            holder=self.actor().party,
            number=f"05-{len(self.permits)}",
            scope={**self.scope(), "waste_classes": ["RP"]},
            from_on="2024-01-01",
            to_on=self.day() if self.draw.random() < 0.5 else "2030-01-01",
            transcribed={"source": "Empresas autorizadas", "listed_on": "2025-01-02"},
        )
        if self.draw.random() < 0.5:
            self.pass_time(120)
            act = self.yard.act_of_today()
            self.yard.say(self.yard.semarnat, "authorisation.confirmed", authorisation=permit, act=act)

    def rule(self) -> None:
        kind = self.draw.choice(["suspended", "suspended", "reinstated", "revoked"])
        self.yard.rule(self.permit(), kind, from_on=self.day())

    def stay(self) -> None:
        permit = self.permit()
        ruling = next(line for line in reversed(self.yard.act(permit)["timeline"]) if "status" in line)
        court = {"court": "Juzgado Octavo", "file": "8/25", "stays": ruling["event"]}
        self.yard.say(
            self.yard.granter(permit), "authorisation.stayed", authorisation=permit, from_on=self.day(), **court
        )
        if self.draw.random() < 0.5:
            lifted: dict[str, Any] = {"authorisation": permit, "from_on": self.day(), "file": "8/25"}
            self.yard.say(self.yard.granter(permit), "authorisation.stay_lifted", **lifted)

    def renew(self) -> None:
        self.yard.rule(self.permit(), "renewed", from_on=self.day(), to_on=self.day())

    def change(self) -> None:
        self.yard.rule(self.permit(), "changed", from_on=self.day(), scope={**self.scope(), "waste_classes": ["RME"]})

    def transfer(self) -> None:
        self.yard.rule(self.permit(), "transferred", from_on=self.day(), to=self.actor().party)

    def open_site(self) -> None:
        place: dict[str, Any] = {
            "state": self.draw.choice(["19", "09"]),
            "municipality": self.draw.choice(["039", "002"]),
        }
        if self.draw.random() < 0.8:
            place["latitude_udeg"] = 25_000_000 + self.draw.randrange(2_000_000)
            place["longitude_udeg"] = -101_000_000 + self.draw.randrange(2_000_000)
        place["time_zone"] = "America/Monterrey"
        party = self.actor().party
        self.yard.say(
            self.yard.operator, "site.registered", registered=self.yard.new_id("sit"), operated_by=party, place=place
        )

    def close_site(self) -> None:
        self.yard.say(self.yard.operator, "site.closed", closed=self.draw.choice(self.sites())[0].removeprefix("site/"))

    def rename(self) -> None:
        name = f"{self.draw.choice(NAMES)}"
        self.yard.say(self.yard.operator, "party.changed", changed=self.actor().party, name=name)

    def end(self) -> None:
        if self.draw.random() < 0.2:
            self.yard.say(self.yard.operator, "party.closed", closed=self.actor().party, reason="closure")

    def permit(self) -> str:
        if not self.permits:
            self.grant()
        return self.draw.choice(self.permits)

    def sites(self) -> list[tuple[str, Any]]:
        return [(key, value) for key, value in self.yard.state.items() if key.startswith("site/")]

    def query(self, known_at: int | None = None) -> Query:
        def maybe(values: tuple[Any, ...], otherwise: Any = None) -> Any:
            return self.draw.choice(values) if self.draw.random() < 0.25 else otherwise

        near = maybe((MONTERREY, Point(25_900_000, -99_100_000)))
        return Query(
            on=self.day(),
            name=maybe(ASKED, ""),
            activity=maybe((*ACTIVITIES, "receiving")),
            waste_class=maybe(("RP", "RME")),
            chemistry=maybe(CHEMISTRIES),
            condition=maybe(CONDITIONS),
            state=maybe(("19", "09")),
            municipality=maybe(("039", "002")),
            standings=frozenset(self.some(SHOWN_AS, 1)) if self.draw.random() < 0.25 else frozenset(),
            transcribed=maybe((True, False)),
            open_capacity_g=maybe((0, 500, 1500)),
            near=near,
            within_m=maybe((20_000, 60_000)) if near is not None else None,
            known_at=known_at,
        )


def use_capacity(desk: Desk, life: Life) -> None:
    """State some use as the check of capacity does."""
    used = {
        capacity_key(permit, year): {"used_g": life.draw.randrange(1500)}
        for permit in life.permits
        for year in ("2025", "2026")
        if life.draw.random() < 0.6
    }
    desk.yard.state.update(used)
    desk.store.write(lambda writer: put_states(writer, [(key, cbor.encode(value)) for key, value in used.items()]))


def all_pages(desk: Desk, query: Query, limit: int) -> list[Listing]:
    found: list[Listing] = []
    after: str | None = ""
    while after is not None:
        page = search_directory(desk.store, query, after=after, limit=limit)
        assert len(page.listings) <= limit
        found += page.listings
        after = page.next
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_tables_find_what_the_state_says_of_any_day(desk: Desk, seed: int) -> None:
    life = Life(desk, seed)
    life.go_on(60)
    use_capacity(desk, life)
    found = 0

    for _ in range(120):
        query = life.query()
        expected = directory(desk.yard.state.items(), query)
        assert all_pages(desk, query, life.draw.randint(1, 7)) == expected, query
        found += len(expected)

    assert found > 100
    with desk.store.read() as reader:
        assert DIRECTORY.compare(reader) == []


@pytest.mark.parametrize("seed", range(2))
def test_what_the_directory_said_is_told_for_ever(desk: Desk, seed: int) -> None:
    life = Life(desk, seed + 100)
    life.go_on(40)
    life.pass_time(3600)
    life.grant()
    then, said = desk.yard.now, {key: value for key, value in desk.yard.state.items() if key.startswith("act/aut_")}
    life.pass_time(60)
    life.go_on(40)
    old_state = {key: value for key, value in desk.yard.state.items() if not key.startswith("act/")} | said

    for _ in range(60):
        query = life.query(known_at=then)
        assert all_pages(desk, query, 5) == directory(old_state.items(), query), query


@pytest.mark.parametrize("kind", ["suspended", "revoked"])
def test_the_answer_after_a_revocation_was_recorded_shows_it(desk: Desk, kind: str) -> None:
    permit = desk.yard.permit(desk.yard.recycler, "recycling")
    desk.catch_up()
    query = Query(on=DAY, activity="recycling")
    [before] = search_directory(desk.store, query).listings

    desk.yard.rule(permit, kind, from_on=DAY)
    desk.catch_up()
    [after] = search_directory(desk.store, query).listings

    assert (before.is_authorised, after.is_authorised, after.permit.standing) == (True, False, kind)


def test_a_row_whose_permit_says_otherwise_is_never_shown(desk: Desk) -> None:
    permit = desk.yard.permit(desk.yard.recycler, "recycling")
    desk.yard.rule(permit, "revoked", from_on=DAY)
    desk.catch_up()
    search_directory(desk.store, Query(on=DAY))
    in_force = update(directory_listing).values(standings=bits(["in-force"], SHOWN_AS))
    desk.store.write(lambda writer: writer.execute(in_force))

    page = search_directory(desk.store, Query(on=DAY, standings=frozenset({"in-force"})))

    assert page.listings == ()


def test_a_page_goes_on_where_the_last_one_ended_whatever_came_in_between(desk: Desk) -> None:
    yard = desk.yard
    for actor in (yard.centre, yard.recycler, yard.carrier):
        yard.permit(actor, "transport")
    desk.catch_up()
    first = search_directory(desk.store, Query(on=DAY), limit=1)
    assert first.next is not None

    yard.say(yard.operator, "party.changed", changed=yard.workshop.party, name="Aaa")
    yard.permit(yard.workshop, "transport")
    desk.catch_up()
    rest = search_directory(desk.store, Query(on=DAY), after=first.next)

    assert [listing.name for listing in (*first.listings, *rest.listings)] == [
        "Acopio Demo, S.A. de C.V.",
        "Recicladora Demo, S.A. de C.V.",
        "Transportes Demo, S.A. de C.V.",
    ]


@pytest.mark.parametrize("name", ["寧徳時代新能源" * 20, "\U0001f50b\u200d\U0001f50b", "\ufb03" * 160])
def test_no_name_is_in_the_way_of_the_next_page(desk: Desk, name: str) -> None:
    yard = desk.yard
    for _ in range(2):
        yard.permit(yard.new_party(name), "transport")
    desk.catch_up()

    assert len(all_pages(desk, Query(on=DAY), 1)) == 2


def test_what_nobody_is_called_finds_nobody(desk: Desk) -> None:
    desk.yard.permit(desk.yard.recycler, "recycling")
    desk.catch_up()

    for name in ("zzz", "!!!", "'; --", "%", "_"):
        assert search_directory(desk.store, Query(on=DAY, name=name)).listings == ()


def test_a_natural_person_is_found_by_number_alone(desk: Desk) -> None:
    person = desk.yard.new_party(None, form="fisica")
    desk.yard.permit(person, "collection")
    desk.catch_up()

    [listing] = search_directory(desk.store, Query(on=DAY, name="19-39-ps-0001-2024")).listings

    assert (listing.name, listing.form, listing.permit.number) == (None, "fisica", "19-39-PS-0001-2024")


def test_what_says_nothing_of_permits_leaves_the_tables_as_they_are(desk: Desk) -> None:
    desk.yard.permit(desk.yard.recycler, "recycling")
    desk.catch_up()
    search_directory(desk.store, Query(on=DAY))
    with desk.store.read() as reader:
        followed = DIRECTORY.followed_size(reader)
    desk.yard.produce()
    desk.catch_up()
    search_directory(desk.store, Query(on=DAY))

    with desk.store.read() as reader:
        assert (DIRECTORY.is_behind(reader), DIRECTORY.followed_size(reader)) == (False, followed)
        assert read_head(reader).size > followed
    assert DIRECTORY.follow(desk.store) == 0
    with desk.store.read() as reader:
        assert DIRECTORY.followed_size(reader) == read_head(reader).size


def test_two_followers_of_the_same_chunk_write_it_once(desk: Desk) -> None:
    desk.yard.permit(desk.yard.recycler, "recycling")
    desk.catch_up()
    DIRECTORY.follow(desk.store)
    desk.yard.permit(desk.yard.centre, "storage")
    desk.catch_up()

    def follow_first(store: Store) -> None:
        DIRECTORY.follow(store)
        store.write(lambda writer: writer.execute(delete(directory_listing)))

    DIRECTORY.follow(Overtaken(desk.store, follow_first))

    assert search_directory(desk.store, Query(on=DAY)).listings == ()


def test_a_rebuild_says_what_differed_and_sets_it_right(desk: Desk) -> None:
    life = Life(desk, 7)
    life.go_on(30)
    search_directory(desk.store, Query(on=DAY))

    def damage(writer: Any) -> None:
        first = writer.execute(select(directory_listing.c.authorisation)).scalars().first()
        writer.execute(delete(directory_listing).where(directory_listing.c.authorisation == first))
        writer.execute(update(directory_listing).values(activities=0))
        writer.execute(delete(directory_site))
        writer.execute(directory_word.insert(), {"word": "zzz", "party": "pty_nobody"})

    desk.store.write(damage)
    with desk.store.read() as reader:
        assert DIRECTORY.compare(reader)

    differences = DIRECTORY.rebuild(desk.store)

    assert {(found.table, found.fault) for found in differences} == {
        ("directory_site", "missing"),
        ("directory_word", "extra"),
        ("directory_listing", "missing"),
        ("directory_listing", "changed"),
    }
    assert DIRECTORY.rebuild(desk.store) == []


def test_a_watermark_ahead_of_the_log_is_put_back(desk: Desk) -> None:
    desk.yard.permit(desk.yard.recycler, "recycling")
    desk.catch_up()
    mark = tables.watermark
    ahead = update(mark).where(mark.c.projection == "directory").values(size=10_000)
    desk.store.write(lambda writer: writer.execute(ahead))

    differences = DIRECTORY.rebuild(desk.store)

    assert ("watermark", "directory", "changed") in {(d.table, d.key, d.fault) for d in differences}
    assert len(search_directory(desk.store, Query(on=DAY)).listings) == 1


def test_the_bits_of_every_word_are_for_ever() -> None:
    # Rows that were written with other bits would find other permits: a new word goes to the end of its vocabulary.
    assert bits(["collection"], ACTIVITIES) == 1
    assert [bits([word], ACTIVITIES) for word in ("recycling", "import", "export")] == [64, 512, 1024]
    assert [bits([word], CHEMISTRIES) for word in ("NMC111", "LFP")] == [1, 64]
    assert [bits([word], CONDITIONS) for word in ("sound", "damaged", "critical")] == [1, 2, 4]
    assert bits(SHOWN_AS, SHOWN_AS) == 127
    assert [bits([word], SHOWN_AS) for word in ("in-force", "revoked", "stayed", "claimed")] == [1, 16, 32, 64]


def test_a_cursor_is_read_as_it_was_written() -> None:
    by_name, by_distance = Query(on=DAY), Query(on=DAY, near=MONTERREY)

    assert parse_cursor(format_cursor(("recicladora", "aut_a", "")), by_name) == ("recicladora", "aut_a", "")
    assert parse_cursor(format_cursor((17, "aut_a", "sit_b")), by_distance) == (17, "aut_a", "sit_b")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "=",
        "\ud800",
        "bnVsbA",
        format_cursor((17, "aut_a", "sit_b")),
        format_cursor(("a\x00b", "aut_a", "")),
        format_cursor(("a", "aut_a", "\n")),
        format_cursor(("a" * 500, "aut_a", "")),
        "WyAiYSIsImIiLCJjIl0",
    ],
)
def test_what_is_no_cursor_of_the_search_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        parse_cursor(cursor, Query(on=DAY))


@given(
    st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000),
    st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000),
)  # fmt: skip
def test_the_distance_is_the_same_both_ways_and_nothing_to_itself(a: int, b: int, c: int, d: int) -> None:
    one, other = Point(a, b), Point(c, d)

    assert distance_m(one, one) == 0
    assert abs(distance_m(one, other) - distance_m(other, one)) <= 1
    assert distance_m(one, other) <= 20_015_115
