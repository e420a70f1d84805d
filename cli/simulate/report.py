"""What a simulation says in the end: of every kind of fault how many there were, how many were found, and falsely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.simulate.marking import Mark
from cli.simulate.run import Simulation
from cli.simulate.truth import How

_HOW: Mapping[How, str] = {
    "finding": "rule",
    "obligation": "clock",
    "conflict": "rule",
    "anomaly": "figures",
}


def simulation_members(simulation: Simulation) -> dict[str, Any]:
    """The result for programs; shares are in permille, null where there is nothing to take a share of."""
    plan = simulation.plan
    return {
        "units": plan.units,
        "years": plan.years,
        "seed": plan.seed,
        "faults": plan.faults,
        "size": simulation.size,
        "root": simulation.root,
        "statements": dict(sorted(simulation.recorded.items())),
        "seconds_recording": round(simulation.seconds_recording, 2),
        "seconds_detecting": round(simulation.seconds_detecting, 2),
        "entries_per_s": _rate(simulation),
        "kinds": [mark_members(mark, plan.units) for mark in simulation.marks],
        "found": simulation.found,
    }


def mark_members(mark: Mark, units: int) -> dict[str, Any]:
    """One kind; ``rate_permille`` is of the packs of the simulation."""
    return {
        "kind": mark.kind.name,
        "how": mark.kind.how,
        "code": mark.kind.code,
        "injected": mark.injected,
        "rate_permille": mark.injected * 1000 // units,
        "found": mark.found,
        "false": mark.false,
        "precision_permille": _permille(mark.precision),
        "recall_permille": _permille(mark.recall),
    }


def simulation_text(simulation: Simulation) -> str:
    """The same for people."""
    plan = simulation.plan
    lines = [
        f"{simulation.size} entries of {plan.units} packs in {plan.years} years, seed {plan.seed}:"
        f" {_rate(simulation)} entries/s, marked in {simulation.seconds_detecting:.1f} s",
        f"root {simulation.root}",
    ]
    if plan.faults:
        lines += ["", *marks_text(simulation.marks)]
    others = {code: count for code, count in simulation.found.items() if code not in _codes(simulation.marks)}
    if others:
        lines += ["", "found besides: " + ", ".join(f"{code} {count}" for code, count in others.items())]
    return "\n".join(lines)


def marks_text(marks: Sequence[Mark]) -> list[str]:
    """A table, a line for each kind."""
    head = f"{'fault':<22}{'found by':<10}{'injected':>9}{'found':>7}{'false':>7}{'precision':>11}{'recall':>8}"
    return [
        head,
        *(
            f"{mark.kind.name:<22}{_HOW[mark.kind.how]:<10}{mark.injected:>9}{mark.found:>7}{mark.false:>7}"
            f"{_share(mark.precision):>11}{_share(mark.recall):>8}"
            for mark in marks
        ),
    ]


def _rate(simulation: Simulation) -> int:
    return round(simulation.size / max(simulation.seconds_recording, 0.001))


def _codes(marks: Sequence[Mark]) -> set[str]:
    return {mark.kind.code for mark in marks}


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"


def _permille(share: float | None) -> int | None:
    return None if share is None else round(share * 1000)
