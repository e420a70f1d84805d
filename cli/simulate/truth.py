"""What was injected, of which kind, and where it shows: the answers that the detectors are marked against.

They lie beside the ledger and never in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final, Literal

How = Literal["finding", "obligation", "conflict", "anomaly"]
"""By what a fault is found: a finding of the ledger's rules; one that time brings about; an entry that keeps two
statements on one head; a detector of ``compliance.anomalies``."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault.

    Attributes:
        code: of the finding or anomaly by which it is found.
        permille: how many of a thousand packs have it where faults are injected.
    """

    name: str
    how: How
    code: str
    permille: int = 15


_ALL: Final = (
    FaultKind("late-storage", "obligation", "storage-term-exceeded"),
    FaultKind("unreturned-original", "obligation", "original-not-back"),
    FaultKind("late-original", "finding", "original-returned-late"),
    FaultKind("expired-carrier", "finding", "carried-without-permit"),
    FaultKind("unsigned-carrier", "finding", "carrier-did-not-sign"),
    FaultKind("missing-pack", "finding", "missing-at-reception"),
    FaultKind("two-places", "finding", "count-unexpected"),
    FaultKind("forked-history", "conflict", "conflict.recorded"),
    FaultKind("double-claim", "finding", "claimed-twice", 12),
    FaultKind("backdating", "finding", "late-recording"),
    FaultKind("correction-abuse", "finding", "corrected-after-use"),
    FaultKind("capacity-fraud", "finding", "capacity-exceeded", 20),
    FaultKind("stolen-pack", "finding", "stolen-taken-in"),
    FaultKind("declassified", "finding", "waste-declassified"),
    FaultKind("incineration", "finding", "toxic-metal-incinerated"),
    FaultKind("missing-label", "obligation", "waste-unlabelled"),
    FaultKind("skimmed-pack", "finding", "weight-discrepancy"),
    FaultKind("scale-drift", "anomaly", "scale-drift", 0),
    FaultKind("swapped-serial", "anomaly", "swapped-serial", 20),
    FaultKind("ghost-reception", "anomaly", "ghost-reception", 70),
    FaultKind("relabelled-pack", "anomaly", "relabelled-pack", 25),
    FaultKind("mass-created", "anomaly", "mass-created", 12),
    FaultKind("hurried-processing", "anomaly", "hurried-processing", 0),
    FaultKind("phantom-trip", "anomaly", "phantom-trip", 25),
)
FAULTS: Final = {kind.name: kind for kind in _ALL}


@dataclass(frozen=True, slots=True)
class Injection:
    """One fault that was injected, and the subjects by which it is known."""

    fault: str
    subjects: tuple[str, ...]
    at: int


@dataclass(slots=True)
class Truth:
    """Everything injected in one ledger; ``echoes`` are what a fault brings about besides, by code and subject."""

    injections: list[Injection] = field(default_factory=list)
    echoes: set[tuple[str, str]] = field(default_factory=set)

    def inject(self, fault: str, at: int, *subjects: str, echoes: tuple[str, ...] = ()) -> None:
        """Note a fault, and codes of further findings that are right about its subjects."""
        self.injections.append(Injection(fault, subjects, at))
        self.echoes |= {(code, subject) for code in echoes for subject in subjects}

    def subjects_of(self, fault: str) -> set[str]:
        """The subjects of all injections of this kind."""
        return {subject for one in self.injections if one.fault == fault for subject in one.subjects}


def format_truth(truth: Truth) -> str:
    """One JSON object a line: ``fault``, ``subjects``, ``at`` (seconds since 1970)."""
    rows = ({"fault": one.fault, "subjects": [*one.subjects], "at": one.at} for one in truth.injections)
    return "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
