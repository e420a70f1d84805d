"""State values as the fold leaves them, and the obligations that they come to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from compliance.obligation import Obligation
from compliance.obligations.dispatch import obligations_of
from compliance.obligations.view import View
from ledger.domain.regime import RegimeTables
from ledger.fold.state import Value, format_step

HOLDER, GENERATOR, CARRIER, AUTHORITY = (f"pty_{name}" for name in ("holder", "generator", "carrier", "authority"))
UNIT = "https://id.example/u/1"
EVENT = "ab" * 32


def at(day: str, time: str = "12:00", zone: str = "America/Mexico_City") -> int:
    """Seconds since 1970 of a time of day."""
    return int(datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(zone)).timestamp())


def unit(discarded: str, **more: Any) -> Value:
    """A pack that was discarded at noon, and determined hazardous; a member given as None is not there."""
    value: Value = {
        "kind": "pack",
        "stage": "waste",
        "chemistry": "NMC622",
        "holder": HOLDER,
        "condition": "sound",
        "waste_class": "RP",
        "generated": {"at": at(discarded), "by": GENERATOR},
        "head": EVENT,
        "head_at": at(discarded),
        "trail": [format_step(EVENT, HOLDER)],
        **more,
    }
    return {name: member for name, member in value.items() if member is not None}


def enacted(*lines: tuple[str, dict[str, Any]]) -> dict[str, Value]:
    """State of federal regimes: the first day and the tables of each."""
    timeline = [{"from_on": on, "regime": f"r{n}", "event": f"e{n}", "tables": True} for n, (on, _) in enumerate(lines)]
    tables = {f"tables/e{n}": RegimeTables(**said).model_dump() for n, (_, said) in enumerate(lines)}
    return {"regime/MX": {"timeline": timeline}, **tables}


def view(shared: dict[str, Value] | None = None, **values: Value) -> View:
    """A view over these values, by their keys with ``__`` for ``/``."""
    return View.of(shared or {}).over({key.replace("__", "/"): value for key, value in values.items()})


def obligations(value: Value, over: View, key: str = f"unit/{UNIT}") -> dict[str, Obligation]:
    """The obligations of a value by their names: the requirement, and its part if it has one."""
    return {"/".join(filter(None, (row.requirement, row.part))): row for row in obligations_of(key, value, over)}


def obligation(value: Value, over: View, name: str, key: str = f"unit/{UNIT}") -> Obligation:
    """The one of this name."""
    return obligations(value, over, key)[name]
