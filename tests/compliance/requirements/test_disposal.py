"""R16 and R42, each side of its boundary, through the fold."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.rulebook import CURRENT
from tests.ledger.fold.refusals import requirements
from tests.yard import Yard


@pytest.fixture
def yard() -> Yard:
    """The recycler may dispose of both classes."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.recycler, "disposal", waste_classes=["RP", "RME"])
    return yard


def dispose(yard: Yard, waste_class: str, chemistry: str = "NMC622", **said: Any) -> str:
    pack: str = yard.produce(yard.recycler, chemistry=chemistry)
    yard.say(yard.recycler, "unit.discarded", units=[pack], reason="production_scrap")
    yard.say(yard.recycler, "unit.classified", units=[pack], waste_class=waste_class, method="crit_test")
    yard.say(yard.recycler, "unit.disposed", units=[pack], **said)
    return pack


@pytest.mark.parametrize(
    ("waste_class", "reason", "opens"),
    [("RP", None, True), ("RP", "not_feasible", False), ("RME", None, False)],
)
def test_hazardous_waste_is_disposed_of_with_the_reason_why_it_is_not_recovered(
    yard: Yard, waste_class: str, reason: str | None, opens: bool
) -> None:
    said = {"not_recoverable": reason} if reason else {}

    pack = dispose(yard, waste_class, method="confinement", **said)

    assert requirements(yard) == (["disposed-without-reason"] if opens else [])
    assert yard.unit(pack)["stage"] == "disposed"


@pytest.mark.parametrize(
    ("chemistry", "method", "waste_class", "opens"),
    [
        ("NMC622", "incineration", "RP", True),
        ("NCA", "incineration", "RP", True),
        ("LFP", "incineration", "RP", False),
        ("NMC622", "confinement", "RP", False),
        ("NMC622", "incineration", "RME", False),
    ],
)
def test_packs_with_toxic_metals_do_not_go_into_the_fire(
    yard: Yard, chemistry: str, method: str, waste_class: str, opens: bool
) -> None:
    dispose(yard, waste_class, chemistry, method=method, not_recoverable="not_feasible")

    assert requirements(yard) == (["toxic-metal-incinerated"] if opens else [])


def test_what_was_burnt_is_recorded_even_where_a_regime_would_block_it(yard: Yard) -> None:
    tables = {"effects": [{"requirement": "R16", "effect": "block"}]}
    strict: dict[str, Any] = {"regime": "strict", "jurisdiction": {"code": "MX"}, "from_on": "2024-01-01"}
    yard.say(yard.semarnat, "regime.enacted", **strict, tables=tables)

    pack = dispose(yard, "RP", method="incineration", not_recoverable="not_feasible")

    assert requirements(yard) == ["toxic-metal-incinerated"]
    assert yard.unit(pack)["stage"] == "disposed"
