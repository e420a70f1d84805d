"""Anomalies of time and place: packs under a new name, yards that work too fast, trucks that did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import asin, cos, erf, radians, sin, sqrt
from statistics import median
from typing import Final

from compliance.anomalies.anomaly import Anomaly
from compliance.anomalies.masses import find_ghost_receptions, scale_biases, unbiased_g
from compliance.anomalies.rows import Dismantling, Rows, Sighting, Spot
from compliance.anomalies.spread import erlang_head, robust_deviation
from compliance.weighing import UNIT_SCALE_G

_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S

RELABEL_DAYS: Final = 90
RELABEL_PERMILLE: Final = 5
COINCIDENCES_MAX: Final = 0.15

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
    taken off, and packs of one model scatter alike. A pair is suspect when at most ``COINCIDENCES_MAX`` packs of that
    model would be expected to turn up by chance, as soon after the loss and as near in mass, at the rate at which they
    do. Each loss explains one pack at most, the least likely by chance; what looks like a ghost explains nothing.
    """
    ghosts = {unit for ghost in find_ghost_receptions(rows) for unit in ghost.subjects}
    seen = [one for one in rows.first_seen if one.unit not in ghosts and one.unit in rows.units]
    chance = _Coincidence(rows, seen)
    pairs = sorted(
        (chance.expected(loss, one), loss.at, loss.unit, one.unit, one.party)
        for loss in rows.losses
        for one in seen
        if _could_be(rows, loss, one) and chance.is_same_mass(loss, one)
    )
    found: list[Anomaly] = []
    used: set[str] = set()
    for expected, _, lost, unit, party in pairs:
        if expected <= COINCIDENCES_MAX and used.isdisjoint((lost, unit)):
            used |= {lost, unit}
            facts: dict[str, int | str] = {"lost": lost, "expected_by_chance_permille": round(expected * 1000)}
            found.append(Anomaly("relabelled-pack", party, (unit,), facts))
    return found


def _could_be(rows: Rows, loss: Sighting, seen: Sighting) -> bool:
    lost, new = rows.units.get(loss.unit), rows.units.get(seen.unit)
    soon = 0 < seen.at - loss.at <= RELABEL_DAYS * _DAY_S
    return soon and loss.party != seen.party and lost is not None and new is not None and lost.model == new.model


class _Coincidence:
    """How many packs would turn up by chance, given how often they do and how their masses scatter."""

    def __init__(self, rows: Rows, seen: Sequence[Sighting]) -> None:
        by_time = sorted(rows.readings, key=lambda one: one.at)
        biases = scale_biases(rows)
        self._last = {one.unit: unbiased_g(one, biases) for one in by_time}
        self._first = {one.unit: unbiased_g(one, biases) for one in reversed(by_time)}
        off = [mass_g / rows.units[unit].mass_g - 1 for unit, mass_g in self._last.items() if unit in rows.units]
        self._deviation = robust_deviation(off, median(off)) if off else 0.0
        self._models = {unit: described.model for unit, described in rows.units.items()}
        self._seen = Counter(self._models[one.unit] for one in seen)
        self._days = max(1.0, (by_time[-1].at - by_time[0].at) / _DAY_S) if by_time else 1.0

    def is_same_mass(self, loss: Sighting, seen: Sighting) -> bool:
        if loss.unit not in self._last or seen.unit not in self._first:
            return False
        last_g = self._last[loss.unit]
        return abs(last_g - self._first[seen.unit]) <= last_g * RELABEL_PERMILLE // 1000 + UNIT_SCALE_G

    def expected(self, loss: Sighting, seen: Sighting) -> float:
        last_g = self._last[loss.unit]
        share = max(abs(last_g - self._first[seen.unit]), UNIT_SCALE_G) / last_g
        as_near = erf(share / (2 * self._deviation)) if self._deviation else 1.0
        others = self._seen[self._models[seen.unit]] - 1
        return others / self._days * max((seen.at - loss.at) / _DAY_S, 1.0) * as_near


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
