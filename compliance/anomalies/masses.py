"""Anomalies of mass: a scale that drifts, two tags changed over, receptions of nothing, mass out of nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import sqrt
from statistics import median
from typing import Final

from compliance.anomalies.anomaly import Anomaly
from compliance.anomalies.rows import Reading, Rows
from compliance.anomalies.spread import binomial_tail, robust_deviation
from compliance.weighing import UNIT_SCALE_G

DRIFT_READINGS_MIN, DRIFT_READINGS_MAX = 10, 20
DRIFT_ERRORS: Final = 4.0
DRIFT_PERMILLE: Final = 5
_PARTIES_MIN: Final = 3
_MEDIAN_ERROR: Final = 1.2533
"""The standard error of a median is so much greater than that of a mean."""
_GROSS: Final = 0.03
"""A reading this far off is no drift: an error, a swap or a theft, which others find."""

SWAP_PERMILLE: Final = 10
SWAP_G: Final = 1_500

GHOST_RECEPTIONS: Final = 4
GHOST_CHANCE: Final = 0.001
_PRIOR_HITS, _PRIOR_READINGS = 1, 8

CREATED_DEVIATIONS: Final = 3.5
CREATED_PERMILLE: Final = 2


def find_scale_drift(rows: Rows) -> list[Anomaly]:
    """Parties whose scale shows systematically more or less than everybody's.

    Assumption: packs scatter around what their description states, alike whoever weighs them, and a calibrated scale
    is off by a few permille at most. Of each party the newest ``DRIFT_READINGS_MAX`` readings count: their median must
    lie ``DRIFT_ERRORS`` standard errors and ``DRIFT_PERMILLE`` from the median of all parties' medians.
    """
    recent = _recent(rows)
    biases = scale_biases(rows)
    scatter = median(robust_deviation(offs, median(offs)) for offs in recent.values()) if recent else 0.0
    found = []
    for party, bias in sorted(biases.items()):
        error = _MEDIAN_ERROR * scatter / sqrt(len(recent[party]))
        if abs(bias) > max(DRIFT_ERRORS * error, DRIFT_PERMILLE / 1000):
            facts: dict[str, int | str] = {"bias_ppm": round(bias * 1_000_000), "readings": len(recent[party])}
            found.append(Anomaly("scale-drift", party, (party,), facts))
    return found


def scale_biases(rows: Rows) -> dict[str, float]:
    """By which share each party's scale shows more than all parties' do; none where fewer than three weigh enough."""
    medians = {party: median(offs) for party, offs in _recent(rows).items()}
    if len(medians) < _PARTIES_MIN:
        return {}
    centre = median(medians.values())
    return {party: middle - centre for party, middle in medians.items()}


def unbiased_g(reading: Reading, biases: Mapping[str, float]) -> int:
    """What the reading would be on a scale without its party's bias."""
    return round(reading.mass_g / (1 + biases.get(reading.party, 0.0)))


def _recent(rows: Rows) -> dict[str, list[float]]:
    """The newest readings of each party that has enough, as shares by which they are off what descriptions state."""
    by_party: dict[str, list[float]] = defaultdict(list)
    for reading in sorted(rows.readings, key=lambda one: one.at):
        off = _off(rows, reading)
        if off is not None and abs(off) < _GROSS and not reading.attested:
            by_party[reading.party].append(off)
    return {party: offs[-DRIFT_READINGS_MAX:] for party, offs in by_party.items() if len(offs) >= DRIFT_READINGS_MIN}


def _off(rows: Rows, reading: Reading) -> float | None:
    described = rows.units.get(reading.unit)
    return reading.mass_g / described.mass_g - 1 if described else None


def find_swapped_serials(rows: Rows) -> list[Anomaly]:
    """Pairs of units of one reception that each show the mass of the other.

    Assumption: what a pack was last weighed at (else what its description states) holds within ``SWAP_PERMILLE`` and
    ``SWAP_G``, once each scale's own bias is taken off; that two packs err by just each other's difference is no
    chance. Packs of one mass are not told apart.
    """
    biases = scale_biases(rows)
    known: dict[str, int] = {unit: described.mass_g for unit, described in rows.units.items()}
    loads: dict[tuple[str, int], list[_Weighed]] = defaultdict(list)
    for reading in sorted(rows.readings, key=lambda one: one.at):
        shown_g = unbiased_g(reading, biases)
        if reading.unit in known:
            loads[reading.consignment, reading.at].append((reading, shown_g, known[reading.unit]))
        known[reading.unit] = shown_g
    return [anomaly for load in loads.values() for anomaly in _swaps(load)]


_Weighed = tuple[Reading, int, int]
"""A reading, what it shows without the bias of its scale, and what was known before."""


def _swaps(load: Sequence[_Weighed]) -> Iterator[Anomaly]:
    strange = [weighed for weighed in load if not _fits(weighed[1], weighed[2])]
    for (one, one_g, one_known_g), (other, other_g, other_known_g) in combinations(strange, 2):
        if _fits(one_g, other_known_g) and _fits(other_g, one_known_g):
            difference_g = abs(one_known_g - other_known_g)
            facts: dict[str, int | str] = {"consignment": one.consignment, "difference_g": difference_g}
            yield Anomaly("swapped-serial", one.party, (one.unit, other.unit), facts)


def _fits(mass_g: int, known_g: int) -> bool:
    return abs(mass_g - known_g) <= max(SWAP_G, known_g * SWAP_PERMILLE // 1000)


def find_ghost_receptions(rows: Rows) -> list[Anomaly]:
    """Packs from nobody that weigh, to the step of the scale, what their label says: written down, not weighed.

    Assumption: honest masses scatter around the label, so that few hit it by chance; how few is the share among the
    receptions from registered parties. A party with ``GHOST_RECEPTIONS`` or more of its own attesting is suspect when
    chance gives so many hits less often than ``GHOST_CHANCE``; then each of its hits is.
    """
    witnessed = [off for one in rows.readings if not one.attested and (off := _off_g(rows, one)) is not None]
    hits = sum(_is_label(off_g) for off_g in witnessed)
    share = (hits + _PRIOR_HITS) / (len(witnessed) + _PRIOR_READINGS)
    by_party: dict[str, list[Reading]] = defaultdict(list)
    for reading in rows.readings:
        if reading.attested and _off_g(rows, reading) is not None:
            by_party[reading.party].append(reading)
    return [anomaly for readings in by_party.values() for anomaly in _ghosts(rows, readings, share)]


def _ghosts(rows: Rows, readings: Sequence[Reading], share: float) -> Iterator[Anomaly]:
    suspect = [one for one in readings if _is_label(_off_g(rows, one) or 0)]
    if len(readings) < GHOST_RECEPTIONS or binomial_tail(len(suspect), len(readings), share) > GHOST_CHANCE:
        return
    for reading in suspect:
        facts: dict[str, int | str] = {"hits": len(suspect), "attested": len(readings)}
        yield Anomaly("ghost-reception", reading.party, (reading.unit,), facts)


def _off_g(rows: Rows, reading: Reading) -> int | None:
    described = rows.units.get(reading.unit)
    return reading.mass_g - described.mass_g if described else None


def _is_label(off_g: int) -> bool:
    return abs(off_g) <= UNIT_SCALE_G // 2


def find_mass_created(rows: Rows) -> list[Anomaly]:
    """Batches out of which came more than went in, by less than the law's tolerance.

    Assumption: processes lose a little, and scatter alike. A batch is suspect when its unexplained line is a gain of
    ``CREATED_PERMILLE`` or more and lies ``CREATED_DEVIATIONS`` deviations from the median of all batches, as the
    batches below the median tell them: who cheats is above it.
    """
    gains = {one.batch: -one.unexplained_g / (one.fed_g + one.added_g) for one in rows.batches if one.fed_g}
    if not gains:
        return []
    centre = median(gains.values())
    scatter = robust_deviation([gain for gain in gains.values() if gain <= centre], centre)
    limit = max(CREATED_PERMILLE / 1000, centre + CREATED_DEVIATIONS * scatter)
    return [
        Anomaly("mass-created", one.party, (one.batch,), {"created_g": -one.unexplained_g, "fed_g": one.fed_g})
        for one in rows.batches
        if gains.get(one.batch, 0) >= limit
    ]
