"""All detectors, in one order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from compliance.anomalies.anomaly import Anomaly, AnomalyKind
from compliance.anomalies.masses import (
    find_ghost_receptions,
    find_mass_created,
    find_scale_drift,
    find_swapped_serials,
)
from compliance.anomalies.movements import find_hurried_processing, find_phantom_trips, find_relabelled_packs
from compliance.anomalies.rows import Rows

DETECTORS: Final[Mapping[AnomalyKind, Callable[[Rows], list[Anomaly]]]] = {
    "scale-drift": find_scale_drift,
    "swapped-serial": find_swapped_serials,
    "ghost-reception": find_ghost_receptions,
    "relabelled-pack": find_relabelled_packs,
    "mass-created": find_mass_created,
    "hurried-processing": find_hurried_processing,
    "phantom-trip": find_phantom_trips,
}


def find_anomalies(rows: Rows) -> list[Anomaly]:
    """What any of the detectors finds in the rows."""
    return [anomaly for find in DETECTORS.values() for anomaly in find(rows)]
