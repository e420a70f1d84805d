"""Something that the figures make unlikely to be honest: a reason to look, never a finding by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AnomalyKind = Literal[
    "scale-drift",
    "swapped-serial",
    "ghost-reception",
    "relabelled-pack",
    "mass-created",
    "hurried-processing",
    "phantom-trip",
]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One of them.

    Attributes:
        kind: what it looks like.
        party: whose statements look so.
        subjects: the units, batch, consignment or party that it is about.
        facts: the figures behind it, each in the unit that its name ends in.
    """

    kind: AnomalyKind
    party: str
    subjects: tuple[str, ...]
    facts: dict[str, int | str] = field(default_factory=dict)
