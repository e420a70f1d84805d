"""Anomalies of time and place: packs under a new name, yards that work too fast, trucks that did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from statistics import median
from typing import Final

from compliance.anomalies.anomaly import Anomaly
from compliance.anomalies.masses import scale_biases, unbiased_g
from compliance.anomalies.rows import Dismantling, Rows, Sighting, Spot
from compliance.anomalies.spread import erlang_head
from compliance.weighing import UNIT_SCALE_G

_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S

RELABEL_DAYS: Final = 90
RELABEL_PERMILLE: Final = 5

HURRY_GAPS: Final = 4
HURRY_CHANCE: Final = 0.01
_SHIFT_S: Final = 8 * _HOUR_S
"""A longer gap is a night, not work."""

SPEED_KMH_MAX: Final = 110
CLOCK_S: Final = 20 * 60
DISTANCE_KM_MIN: Final = 50
_EARTH_KM: Final = 6371


def find_relabelled_packs(rows: Rows) -> list[Anomaly]:
    """Packs first seen soon after another of the same model, and of the same mass on the scale, was lost elsewhere.

    Assumption: a pack keeps its mass within ``RELABEL_PERMILLE`` and a step of the scale, once each scale's own bias is
    taken off; that one of the same model turns up without history within ``RELABEL_DAYS`` at another party is rare.
    Each loss explains one pack at most: the nearest in mass.
    """
    by_time = sorted(rows.readings, key=lambda one: one.at)
    biases = scale_biases(rows)
    last = {one.unit: unbiased_g(one, biases) for one in by_time}
    weighed = {one.unit: unbiased_g(one, biases) for one in reversed(by_time)}
    pairs = sorted(
        (abs(last[loss.unit] - weighed[seen.unit]), loss.at, loss.unit, seen.unit, seen.party)
        for loss in rows.losses
        for seen in rows.first_seen
        if loss.unit in last and seen.unit in weighed and _could_be(rows, loss, seen)
    )
    found: list[Anomaly] = []
    used: set[str] = set()
    for difference_g, _, lost, seen_unit, party in pairs:
        tolerance_g = last[lost] * RELABEL_PERMILLE // 1000 + UNIT_SCALE_G
        if difference_g <= tolerance_g and used.isdisjoint((lost, seen_unit)):
            used |= {lost, seen_unit}
            found.append(Anomaly("relabelled-pack", party, (seen_unit,), {"lost": lost, "difference_g": difference_g}))
    return found


def _could_be(rows: Rows, loss: Sighting, seen: Sighting) -> bool:
    lost, new = rows.units.get(loss.unit), rows.units.get(seen.unit)
    soon = 0 < seen.at - loss.at <= RELABEL_DAYS * _DAY_S
    return soon and loss.party != seen.party and lost is not None and new is not None and lost.model == new.model


def find_hurried_processing(rows: Rows) -> list[Anomaly]:
    """Units taken apart one after the other faster than anybody takes units apart.

    Assumption: the time that a unit takes has the same mean everywhere, estimated from the median gap of all sites
    within a shift. A run of ``HURRY_GAPS`` gaps is suspect when exponential waits of that mean are so short together
    less often than ``HURRY_CHANCE``: real waits scatter less, so real yards are suspected even less often.
    """
    by_site: dict[str, list[Dismantling]] = defaultdict(list)
    for one in sorted(rows.dismantlings, key=lambda one: one.at):
        by_site[one.site].append(one)
    gaps = [gap for done in by_site.values() for gap in _gaps(done) if gap < _SHIFT_S]
    if not gaps:
        return []
    mean_s = max(median(gaps), 60)
    return [anomaly for done in by_site.values() for anomaly in _hurried(done, mean_s)]


def _gaps(done: Sequence[Dismantling]) -> list[int]:
    return [later.at - earlier.at for earlier, later in pairwise(done)]


def _hurried(done: Sequence[Dismantling], mean_s: float) -> list[Anomaly]:
    suspect: dict[str, Anomaly] = {}
    for run in (done[n : n + HURRY_GAPS + 1] for n in range(len(done) - HURRY_GAPS)):
        took_s = run[-1].at - run[0].at
        if erlang_head(HURRY_GAPS, mean_s, took_s) < HURRY_CHANCE:
            facts: dict[str, int | str] = {"took_s": took_s, "units": len(run)}
            suspect |= {one.unit: Anomaly("hurried-processing", one.party, (one.unit,), facts) for one in run}
    return [*suspect.values()]


def find_phantom_trips(rows: Rows) -> list[Anomaly]:
    """Loads that arrived sooner than a truck can drive.

    Assumption: no road is shorter than the great circle, no truck faster than ``SPEED_KMH_MAX`` over it, and two
    devices' clocks differ by ``CLOCK_S`` at most; below ``DISTANCE_KM_MIN`` nothing is said.
    """
    found = []
    for trip in rows.trips:
        if trip.origin not in rows.spots or trip.destination not in rows.spots:
            continue
        distance_km = great_circle_km(rows.spots[trip.origin], rows.spots[trip.destination])
        took_s = trip.arrived_at - trip.left_at
        if distance_km >= DISTANCE_KM_MIN and distance_km * _HOUR_S > SPEED_KMH_MAX * (took_s + CLOCK_S):
            facts: dict[str, int | str] = {"distance_km": round(distance_km), "took_s": took_s}
            found.append(Anomaly("phantom-trip", trip.party, (trip.consignment,), facts))
    return found


def great_circle_km(one: Spot, other: Spot) -> float:
    """The shortest way over a round earth."""
    north = [radians(spot.latitude_udeg / 1_000_000) for spot in (one, other)]
    east = [radians(spot.longitude_udeg / 1_000_000) for spot in (one, other)]
    half = sin((north[1] - north[0]) / 2) ** 2 + cos(north[0]) * cos(north[1]) * sin((east[1] - east[0]) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))
