"""Anomalies of time and place, on both sides of what they assume."""

from __future__ import annotations

import pytest

from compliance.anomalies.movements import (
    RELABEL_DAYS,
    find_hurried_processing,
    find_phantom_trips,
    find_relabelled_packs,
    great_circle_km,
)
from compliance.anomalies.rows import Described, Dismantling, Reading, Rows, Sighting, Spot, Trip

DAY_S = 86_400
HOUR_S = 3_600
MEXICO_CITY, MONTERREY = Spot(19_432_608, -99_133_209), Spot(25_686_614, -100_316_113)


def relabelled(*, days: int = 20, model: str = "m", new_g: int = 400_500, other: str = "b") -> Rows:
    """A pack lost by ``a`` at 401 kg, and one first seen by ``other`` so many days later."""
    return Rows(
        units={"old": Described("m", 402_000), "new": Described(model, 402_000)},
        readings=[Reading("old", "a", 1, 401_000, "c1", False), Reading("new", other, 5, new_g, "c2", True)],
        losses=[Sighting("old", "a", 2)],
        first_seen=[Sighting("new", other, 2 + days * DAY_S)],
    )


def test_a_lost_pack_that_turns_up_without_history_was_relabelled() -> None:
    [found] = find_relabelled_packs(relabelled())

    assert (found.subjects, found.party, found.facts) == (
        ("new",),
        "b",
        {"lost": "old", "expected_by_chance_permille": 0},
    )


@pytest.mark.parametrize(
    "rows",
    [
        relabelled(days=RELABEL_DAYS + 1),
        relabelled(days=-1),
        relabelled(model="another"),
        relabelled(new_g=397_000),
        relabelled(other="a"),
    ],
    ids=["much later", "before", "another model", "another mass", "the same yard"],
)
def test_another_pack_was_not(rows: Rows) -> None:
    assert find_relabelled_packs(rows) == []


def test_one_loss_explains_one_pack_the_nearest_in_mass() -> None:
    rows = relabelled(new_g=402_500)
    rows.units |= {f"other-{n}": Described("m", 402_000) for n in range(9)}
    rows.readings += [Reading(f"other-{n}", "d", 1_000 * DAY_S, 398_000 + 1_000 * n, "c9", False) for n in range(9)]
    rows.units["nearer"] = Described("m", 402_000)
    rows.readings.append(Reading("nearer", "c", 6, 401_000, "c3", True))
    rows.first_seen.append(Sighting("nearer", "c", 20 * DAY_S))

    assert [found.subjects for found in find_relabelled_packs(rows)] == [("nearer",)]


def test_where_such_packs_turn_up_all_the_time_a_match_is_chance() -> None:
    rows = relabelled(new_g=402_500)
    for n in range(60):
        unit = f"other-{n}"
        rows.units[unit] = Described("m", 402_000)
        rows.first_seen.append(Sighting(unit, "d", n * DAY_S + 200 * DAY_S))
        rows.readings.append(Reading(unit, "d", n * DAY_S + 200 * DAY_S, 400_000 + 500 * (n % 9), "c9", False))

    assert find_relabelled_packs(rows) == []


def yard(site: str, gaps_min: list[int]) -> list[Dismantling]:
    """Packs taken apart one after the other."""
    at, done = 0, [Dismantling(f"{site}-0", "p", site, 0)]
    for n, gap in enumerate(gaps_min, 1):
        at += 60 * gap
        done.append(Dismantling(f"{site}-{n}", "p", site, at))
    return done


def test_five_packs_taken_apart_within_minutes_are_suspect() -> None:
    rows = Rows(dismantlings=[*yard("slow", [90] * 20), *yard("fast", [5, 6, 4, 5, 90])])

    assert {found.subjects[0] for found in find_hurried_processing(rows)} == {f"fast-{n}" for n in range(5)}


@pytest.mark.parametrize("gaps", [[50] * 6, [5, 6, 4], [20, 90, 20, 90, 20]])
def test_quick_work_is_not(gaps: list[int]) -> None:
    assert find_hurried_processing(Rows(dismantlings=[*yard("slow", [90] * 20), *yard("quick", gaps)])) == []


def trip(took_s: int, destination: Spot = MONTERREY) -> Rows:
    return Rows(spots={"o": MEXICO_CITY, "d": destination}, trips=[Trip("con", "p", "o", "d", 0, took_s)])


def test_the_great_circle_from_mexico_city_to_monterrey_is_about_seven_hundred_kilometres() -> None:
    assert great_circle_km(MEXICO_CITY, MONTERREY) == pytest.approx(706, abs=3)


@pytest.mark.parametrize(("hours", "phantom"), [(1, True), (5, True), (7, False), (12, False)])
def test_a_load_that_arrives_sooner_than_a_truck_never_travelled(hours: int, phantom: bool) -> None:
    assert bool(find_phantom_trips(trip(hours * HOUR_S))) is phantom


def test_nothing_is_said_of_short_ways_and_unknown_sites() -> None:
    near = Spot(MEXICO_CITY.latitude_udeg + 300_000, MEXICO_CITY.longitude_udeg)
    nowhere = trip(60)
    nowhere.spots.pop("d")

    assert find_phantom_trips(trip(60, near)) == []
    assert find_phantom_trips(nowhere) == []
