"""Final disposal of hazardous waste: with its reason, and no toxic metals into the fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.life import UnitDisposed
from ledger.domain.payload import unit_key
from ledger.fold.state import Value

TOXIC_METALS: Final = frozenset({"NMC111", "NMC532", "NMC622", "NMC811", "NMC_other", "NCA", "LCO"})
"""Policy: chemistries with nickel or cobalt; LGPGIR 67 IX does not say which metals it means."""


def _hazardous(facts: Facts) -> Iterator[tuple[str, str, Value]]:
    payload = facts.payload
    if isinstance(payload, UnitDisposed):
        for n, link in enumerate(payload.units):
            unit = facts.before.get(unit_key(link.id))
            if unit is not None and facts.law.class_of(unit) == "RP":
                yield link.id, f"/units/{n}", unit


def _find_incinerated(facts: Facts) -> Iterable[Lapse]:
    payload = facts.payload
    if isinstance(payload, UnitDisposed) and payload.method == "incineration":
        for unit_id, pointer, unit in _hazardous(facts):
            if unit["kind"] != "lot" and unit["chemistry"] in TOXIC_METALS:
                yield Lapse(payload.party, unit_id, {"chemistry": unit["chemistry"]}, field=pointer, happened=True)


def _find_unreasoned(facts: Facts) -> Iterable[Lapse]:
    payload = facts.payload
    if isinstance(payload, UnitDisposed) and payload.not_recoverable is None:
        for unit_id, _, _ in _hazardous(facts):
            yield Lapse(payload.party, unit_id, {"method": payload.method}, field="/not_recoverable")


_DISPOSED: Final = frozenset({UnitDisposed})

RULES: Final = (
    Rule("R16", "toxic-metal-incinerated", _DISPOSED, _find_incinerated),
    Rule("R42", "disposed-without-reason", _DISPOSED, _find_unreasoned),
)
