"""What follows from an incident: what the authorities must be told and by when, and what is recorded next. Pure.

The federal duties bind for hazardous waste alone (LGPGIR 9 III; RLGPGIR 129-131); the states have their own. The cubic
metre of RLGPGIR 129 suits liquids and not a pack on fire: that any thermal event is told is policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from certification.business_days import Calendar, add_business_days
from compliance.reason import Words, is_in_force
from ledger.domain.life import IncidentReported
from ledger.domain.values import WasteClass

Nature = Literal["thermal_event", "leak", "mechanical_damage", "accident", "loss", "theft", "find", "swap", "other"]
DutyName = Literal["tell-at-once", "formalise", "note-in-register"]


@dataclass(frozen=True, slots=True)
class Incident:
    """What of an incident decides: ``on`` is its legal day where it happened."""

    nature: Nature
    on: str
    waste_class: WasteClass | None = None
    in_transport: bool = False
    spilled_ml: int | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing to do by the end of ``due_on``, by the holder at the time of the incident; ``article`` says why."""

    name: DutyName
    due_on: str
    article: str
    words: Words


@dataclass(frozen=True, slots=True)
class Threshold:
    """Up to which spill a note in the register is enough, and within how many business days the rest is formalised."""

    noted_ml_max: int
    formalise_business_days: int
    from_on: str = "2006-12-30"
    to_on: str | None = None


THRESHOLDS: Final = (Threshold(noted_ml_max=1_000_000, formalise_business_days=3),)
"""One cubic metre (RLGPGIR 129), three business days (RLGPGIR 131)."""

_NEVER_TOLD: Final = frozenset({"find", "swap"})
_TOLD_ANYHOW: Final = {
    "thermal_event": "policy, after RLGPGIR 130",
    "loss": "LGPGIR 106 XIX",
    "theft": "LGPGIR 106 XIX",
}
_WORDS: Final[Mapping[DutyName, Words]] = {
    "tell-at-once": Words(
        "Avise de inmediato a PROFEPA y a las autoridades competentes; contenga y siga las medidas que le indiquen.",
        "Tell PROFEPA and the competent authorities at once; contain it, and follow the measures they name.",
    ),
    "formalise": Words(
        "Formalice el aviso: registro, lugar, causas, qué es y cuánto, medidas tomadas.",
        "Formalise the notice: registration, place, causes, what and how much it is, measures taken.",
    ),
    "note-in-register": Words(
        "Contenga, limpie de inmediato y anótelo en la bitácora (art. 71).",
        "Contain it, clean up at once and note it in the register (RLGPGIR 71).",
    ),
}

FOLLOW_UPS: Final[Mapping[Nature, tuple[str, ...]]] = {
    "thermal_event": ("unit.quarantined", "unit.assessed"),
    "leak": ("unit.quarantined", "unit.assessed"),
    "mechanical_damage": ("unit.quarantined", "unit.assessed"),
    "accident": ("unit.quarantined", "unit.assessed"),
    "loss": ("unit.lost",),
    "theft": ("unit.stolen",),
    "find": ("unit.found", "unit.recovered", "unit.registered"),
    "swap": ("unit.quarantined", "discrepancy.resolved"),
    "other": (),
}
"""The kinds that the holder states next; of a find, that which fits: the unit was lost, stolen, or never seen here."""


def incident_of(reported: IncidentReported, on: str, waste_class: WasteClass | None) -> Incident:
    """What decides of a report, ``on`` being its legal day and ``waste_class`` the strictest of its units."""
    return Incident(reported.nature, on, waste_class, reported.in_transport, reported.spilled_ml)


def duties_of(incident: Incident, calendar: Calendar) -> list[Duty]:
    """The federal duties that follow; none for what is not hazardous waste, and for a find or a swap as such.

    A swap of which units are missing is a loss of these, which is reported as one.

    Raises:
        CalendarUnknown: the period reaches into a year of which nothing is known.
    """
    if incident.waste_class != "RP" or incident.nature in _NEVER_TOLD:
        return []
    threshold = next((row for row in THRESHOLDS if is_in_force(incident.on, row.from_on, row.to_on)), None)
    if threshold is None:
        return []
    told = told_why(
        incident.nature,
        in_transport=incident.in_transport,
        spilled_ml=incident.spilled_ml,
        noted_ml_max=threshold.noted_ml_max,
    )
    if told is None:
        return [_duty("note-in-register", incident.on, "RLGPGIR 129")]
    formalise_by = add_business_days(calendar, incident.on, threshold.formalise_business_days)
    return [_duty("tell-at-once", incident.on, told), _duty("formalise", formalise_by, "RLGPGIR 131")]


def told_why(nature: Nature, *, in_transport: bool, spilled_ml: int | None, noted_ml_max: int) -> str | None:
    """The article by which the authorities are told of such an incident with hazardous waste.

    None where a note in the register is enough.
    """
    if nature in _NEVER_TOLD:
        return None
    if nature in _TOLD_ANYHOW:
        return _TOLD_ANYHOW[nature]
    if in_transport:
        return "RLGPGIR 129 ¶2, 130"
    return "RLGPGIR 130" if (spilled_ml or 0) > noted_ml_max else None


def _duty(name: DutyName, due_on: str, article: str) -> Duty:
    return Duty(name, due_on, article, _WORDS[name])
