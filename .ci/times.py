"""Print what each part of the run took against ``.ci/budget``; exit 1 when a part took more, or nothing ran.

Usage: ``times.py <junit report> <step>=<seconds>...``
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

BUDGET = Path(__file__).with_name("budget")


def read_budget() -> dict[str, int]:
    """Seconds allowed, by step or suite."""
    lines = [line.split() for line in BUDGET.read_text().splitlines() if line and not line.startswith("#")]
    return {name: int(seconds) for name, seconds in lines}


def read_suites(report: Path, budget: dict[str, int]) -> dict[str, float]:
    """Seconds spent in the tests of each suite; tests of a folder without a budget count as ``other``."""
    seconds: dict[str, float] = defaultdict(float)
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        suite = case.attrib["classname"].split(".")[1]
        seconds[suite if suite in budget else "other"] += float(case.attrib["time"])
    return seconds


def main(report: str, *steps: str) -> int:
    """The exit status: 0 when some test ran and nothing took more than its budget."""
    budget = read_budget()
    suites = read_suites(Path(report), budget)
    spent = {name: float(seconds) for name, seconds in (step.split("=") for step in steps)} | suites
    late = [name for name, seconds in spent.items() if seconds > budget[name]]
    print(f"{'part':<16}{'seconds':>9}{'budget':>9}")
    for name, seconds in spent.items():
        print(f"{name:<16}{seconds:>9.1f}{budget[name]:>9}{'  TOO SLOW' if name in late else ''}")
    return int(bool(late) or not suites)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
