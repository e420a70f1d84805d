"""Law as dated data: what was enacted, and of which class waste is by the law of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from ledger.domain import regime as kinds
from ledger.domain.regime import regime_key, tables_key
from ledger.fold.state import Draft, State, Value

FEDERAL: Final = "MX"
FEDERAL_REGIME: Final = regime_key(FEDERAL)
TABLES_BEFORE_ANY: Final[Value] = kinds.RegimeTables().model_dump()
"""Tables of the law as it stood before any regime was enacted."""


def _enact(draft: Draft, payload: kinds.RegimeEnacted) -> None:
    key = regime_key(payload.jurisdiction.code)
    enacted = (draft.find(key) or {"timeline": []})["timeline"]
    line: Value = {
        "from_on": payload.from_on,
        "regime": payload.regime,
        "late_window_s": payload.late_window_s,
        "event": draft.event.id,
    }
    if payload.tables is not None:
        line["tables"] = True
        draft.put(tables_key(draft.event.id), payload.tables.model_dump())
    draft.put(key, {"timeline": [*enacted, line]})


def _publish_calendar(draft: Draft, payload: kinds.CalendarPublished) -> None:
    draft.put(
        f"calendar/{payload.calendar}/{payload.year}",
        {"closed_on": payload.closed_on, "event": draft.event.id},
    )


def find_line(state: State, jurisdiction: str, on: str) -> Value | None:
    """What was in force in the jurisdiction on the day: of the lines that had begun, the one enacted last."""
    timeline: list[Value] = (state.get(regime_key(jurisdiction)) or {"timeline": []})["timeline"]
    return next((line for line in reversed(timeline) if line["from_on"] <= on), None)


def tables_keys(state: State, jurisdiction: str) -> list[str]:
    """State keys of the tables of every regime of the jurisdiction; its ``regime_key`` is loaded already."""
    timeline = (state.get(regime_key(jurisdiction)) or {"timeline": []})["timeline"]
    return [tables_key(line["event"]) for line in timeline if "tables" in line]


def tables_on(state: State, jurisdiction: str, on: str) -> Value:
    """The tables (``RegimeTables``, as a map) in force in the jurisdiction on the day.

    A regime without tables leaves those of the law before any was enacted.
    """
    line = find_line(state, jurisdiction, on)
    if line is None or "tables" not in line:
        return TABLES_BEFORE_ANY
    return state.get(tables_key(line["event"])) or TABLES_BEFORE_ANY


def class_of(unit: Value, tables: Value) -> str | None:
    """The waste class of a unit's state value by the federal tables of a day; None while it is no waste."""
    return class_if_waste(unit, tables) if unit["stage"] == "waste" else None


def class_if_waste(unit: Value, tables: Value) -> str:
    """The class that the unit has as waste, whether or not anybody discarded it: ``RP``, ``RME`` or ``not_waste``.

    What was determined holds (RLGPGIR 35, 46 I), and a listing may only make it stricter (NOM-052 section 6.2):
    ``not_waste`` is no class of waste, so no listing touches it. What nobody determined and no list names is what the
    tables say of the undetermined.
    """
    determined: str | None = unit.get("waste_class")
    if determined in ("RP", "not_waste"):
        return determined
    listed = find_listing(unit, tables)
    if listed is not None and (determined is None or listed["waste_class"] == "RP"):
        return str(listed["waste_class"])
    return determined or str(tables["undetermined"])


def codes_if_waste(unit: Value, tables: Value) -> list[str]:
    """Codes of hazard that the unit has as waste: as determined, else those of the list that gives it its class."""
    determined: list[str] = unit.get("waste_codes", [])
    listed = find_listing(unit, tables)
    if determined or listed is None or listed["waste_class"] != class_if_waste(unit, tables):
        return determined
    codes: list[str] = listed["waste_codes"]
    return codes


def mixed_class(classes: Iterable[str | None]) -> str | None:
    """What is determined of a mixture: RP if any of it is (RLGPGIR 35 III), else what all of it is, else nothing."""
    distinct = set(classes)
    if "RP" in distinct:
        return "RP"
    return "RME" if distinct == {"RME"} else None


def find_listing(unit: Value, tables: Value) -> Value | None:
    """The first listing of the tables that names the unit, or the waste from which it was taken as a part."""
    described = [unit, unit["part_of"]] if "part_of" in unit else [unit]
    return next((row for row in tables["listings"] if any(_names(row, thing) for thing in described)), None)


def as_listed(unit: Value) -> Value:
    """What of a unit decides whether a list names it, for parts that are taken from it to keep."""
    kept: Value = unit.get("part_of") or {
        name: unit[name] for name in ("kind", "chemistry", "condition") if name in unit
    }
    return kept


def _names(listing: Value, unit: Value) -> bool:
    if unit["kind"] == "lot":
        return unit["material"] in listing["materials"]
    return (
        not listing["materials"]
        and unit["chemistry"] in (listing["chemistries"] or [unit["chemistry"]])
        and unit["kind"] in (listing["unit_kinds"] or [unit["kind"]])
        and unit.get("condition", "sound") in (listing["conditions"] or [unit.get("condition", "sound")])
    )


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.RegimeEnacted: _enact,
    kinds.CalendarPublished: _publish_calendar,
}
