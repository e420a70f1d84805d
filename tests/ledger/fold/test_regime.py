from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.regime import RegimeTables
from ledger.domain.values import parse_instant
from ledger.fold.regime import FEDERAL, class_if_waste, class_of, codes_if_waste, find_line, mixed_class, tables_on
from ledger.fold.state import Value
from tests.ledger.fold.story import fed, lot
from tests.yard import Yard

Members = dict[str, Any]

PACKS: Members = {"chemistries": ["NMC622", "LFP"], "unit_kinds": ["pack"], "waste_class": "RP"}
BLACK_MASS: Members = {"materials": ["black_mass"], "waste_class": "RP", "waste_codes": ["R"]}
SWITCH = "2025-02-01"


def tables(**members: Any) -> Value:
    return RegimeTables.model_validate(members).model_dump()


def enact(yard: Yard, from_on: str = SWITCH, regime: str = "reform", **members: Any) -> str:
    """The ministry enacts these tables from a day on."""
    law: Members = {"regime": regime, "jurisdiction": {"code": "MX"}, "from_on": from_on}
    return yard.say(yard.semarnat, "regime.enacted", **law, tables=members)


def wait_until(yard: Yard, instant: str) -> None:
    yard.pass_time(parse_instant(instant) - yard.now)


@pytest.mark.parametrize(
    ("unit", "law", "expected"),
    [
        ({}, {}, "RME"),
        ({}, {"undetermined": "RP"}, "RP"),
        ({}, {"listings": [PACKS]}, "RP"),
        ({"chemistry": "Na_ion"}, {"listings": [PACKS]}, "RME"),
        ({"kind": "module"}, {"listings": [PACKS]}, "RME"),
        ({}, {"listings": [{"conditions": ["damaged"], "waste_class": "RP"}]}, "RME"),
        ({"condition": "damaged"}, {"listings": [{"conditions": ["damaged"], "waste_class": "RP"}]}, "RP"),
        ({"kind": "lot", "material": "black_mass"}, {"listings": [PACKS]}, "RME"),
        ({"kind": "lot", "material": "black_mass"}, {"listings": [PACKS, BLACK_MASS]}, "RP"),
        ({"kind": "lot", "material": "foils"}, {"listings": [BLACK_MASS]}, "RME"),
        ({}, {"undetermined": "RP", "listings": [{"waste_class": "RME"}, PACKS]}, "RME"),
        ({"waste_class": "RP"}, {"listings": [{"waste_class": "RME"}]}, "RP"),
        ({"waste_class": "RME"}, {"undetermined": "RP"}, "RME"),
        ({"waste_class": "RME"}, {"listings": [PACKS]}, "RP"),
        ({"waste_class": "not_waste"}, {"listings": [PACKS], "undetermined": "RP"}, "not_waste"),
    ],
)
def test_what_was_determined_holds_and_a_list_only_makes_it_stricter(
    unit: Members, law: Members, expected: str
) -> None:
    value = {"kind": "pack", "chemistry": "NMC622", "stage": "waste", **unit}

    assert class_of(value, tables(**law)) == expected
    assert class_of({**value, "stage": "removed"}, tables(**law)) is None
    assert class_if_waste({**value, "stage": "removed"}, tables(**law)) == expected


@pytest.mark.parametrize(
    ("unit", "law", "expected"),
    [
        ({}, {}, []),
        ({"waste_class": "RP", "waste_codes": ["E"]}, {"listings": [BLACK_MASS]}, ["E"]),
        ({}, {"listings": [BLACK_MASS]}, ["R"]),
        ({"waste_class": "RME"}, {"listings": [BLACK_MASS]}, ["R"]),
        ({"waste_class": "not_waste"}, {"listings": [BLACK_MASS]}, []),
    ],
)
def test_what_a_list_makes_hazardous_has_the_codes_of_the_list(
    unit: Members, law: Members, expected: list[str]
) -> None:
    value = {"kind": "lot", "material": "black_mass", "stage": "waste", **unit}

    assert codes_if_waste(value, tables(**law)) == expected


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["RME", "RP", None], "RP"),
        (["RME", "RME"], "RME"),
        (["RME", None], None),
        (["not_waste", "RME"], None),
        ([], None),
    ],
)
def test_a_mixture_is_hazardous_if_any_of_it_is_and_determined_only_if_all_of_it_is(
    classes: list[str | None], expected: str | None
) -> None:
    assert mixed_class(classes) == expected


def test_of_the_regimes_that_have_begun_the_one_enacted_last_counts() -> None:
    yard = Yard()
    enact(yard, "2025-02-01", "first", undetermined="RP")
    enact(yard, "2025-01-01", "second")
    enact(yard, "2026-01-01", "third", undetermined="RP")

    for on, regime, undetermined in (
        ("2024-12-31", None, "RME"),
        ("2025-01-31", "second", "RME"),
        ("2025-06-01", "second", "RME"),
        ("2025-12-31", "second", "RME"),
        ("2026-01-01", "third", "RP"),
    ):
        line = find_line(yard.state, FEDERAL, on)
        assert (line["regime"] if line else None) == regime
        assert tables_on(yard.state, FEDERAL, on)["undetermined"] == undetermined


def test_a_regime_without_tables_leaves_the_law_before_any() -> None:
    yard = Yard()
    enact(yard, "2025-01-01", undetermined="RP")
    law: Members = {"regime": "plain", "jurisdiction": {"code": "MX"}, "from_on": "2025-01-02"}
    yard.say(yard.semarnat, "regime.enacted", **law)

    assert tables_on(yard.state, FEDERAL, "2025-01-01")["undetermined"] == "RP"
    assert tables_on(yard.state, FEDERAL, "2025-01-02") == RegimeTables().model_dump()


def open_batch(yard: Yard, site: str | None = None) -> str:
    batch = yard.new_id("bch")
    where: Members = {"site": site} if site else {}
    yard.say(yard.recycler, "batch.opened", batch=batch, activity="recycling", process="shredding", **where)
    return batch


def feed_and_close(yard: Yard, batch: str, *instants: str) -> Value:
    """A pack fed at each instant, and the lot that comes out at once after the last."""
    for instant in instants:
        pack = yard.waste_pack(yard.recycler)
        wait_until(yard, instant)
        yard.say(yard.recycler, "batch.fed", batch=batch, units=[fed(pack, 1_000)])
    out = lot(yard, 1_000 * len(instants))
    yard.say(yard.recycler, "batch.closed", batch=batch, outputs=[out], stock_g=0, unexplained_g=0)
    return yard.unit(out["id"])


# Monterrey is six hours behind UTC: the first of February begins there at 06:00Z
@pytest.mark.parametrize(("instant", "expected"), [("2025-02-01T05:59:59Z", None), ("2025-02-01T06:00:00Z", "RP")])
def test_what_goes_into_a_batch_is_classed_by_the_law_of_its_day_where_the_batch_is(
    instant: str, expected: str | None
) -> None:
    yard = Yard()
    enact(yard, listings=[PACKS])

    made = feed_and_close(yard, open_batch(yard, yard.recycler.site), instant)

    assert made.get("waste_class") == expected


def test_one_hazardous_unit_fed_after_the_switch_makes_the_open_batch_hazardous() -> None:
    yard = Yard()
    enact(yard, listings=[PACKS])

    made = feed_and_close(yard, open_batch(yard), "2025-01-20T12:00:00Z", "2025-02-10T12:00:00Z")

    assert made["waste_class"] == "RP"


def test_a_half_processed_batch_leaves_its_output_to_the_law_of_the_days_that_follow() -> None:
    yard = Yard()
    enact(yard, listings=[PACKS, BLACK_MASS])
    batch = open_batch(yard)
    pack = yard.waste_pack(yard.recycler)
    yard.say(yard.recycler, "batch.fed", batch=batch, units=[fed(pack, 1_000)])
    wait_until(yard, "2025-02-03T12:00:00Z")
    out = [lot(yard, 600), lot(yard, 400, "foils")]
    yard.say(yard.recycler, "batch.closed", batch=batch, outputs=out, stock_g=0, unexplained_g=0)

    classes = [class_of(yard.unit(made["id"]), tables_on(yard.state, FEDERAL, "2025-02-03")) for made in out]

    assert classes == ["RP", "RME"]


def test_a_batch_of_mixed_determinations_has_none_of_its_own() -> None:
    yard = Yard()
    batch = open_batch(yard)
    for waste_class in ("RME", None):
        pack = yard.waste_pack(yard.recycler)
        if waste_class:
            yard.say(yard.recycler, "unit.classified", units=[pack], waste_class=waste_class, method="knowledge")
        yard.say(yard.recycler, "batch.fed", batch=batch, units=[fed(pack, 500)])

    assert "waste_class" not in yard.act(batch)


def test_a_part_of_a_listed_pack_stays_listed_until_it_is_waste_no_more() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    module, cell = yard.new_unit_id(), yard.new_unit_id()
    described = [yard.description(unit_kind=kind, mass_g=1_000, chemistry="unknown") for kind in ("module", "cell")]
    parts: Members = {"parts": [{"id": module, "description": described[0]}], "unexplained_g": 434_000}
    yard.say(yard.workshop, "unit.dismantled", unit=pack, **parts)
    parts = {"parts": [{"id": cell, "description": described[1]}], "unexplained_g": 0}
    yard.say(yard.workshop, "unit.dismantled", unit=module, **parts)
    enact(yard, listings=[PACKS])

    assert class_of(yard.unit(cell), tables_on(yard.state, FEDERAL, "2025-01-31")) == "RME"
    assert class_of(yard.unit(cell), tables_on(yard.state, FEDERAL, SWITCH)) == "RP"
    yard.say(yard.workshop, "unit.remanufactured", units=[cell], work="tested")
    yard.say(yard.workshop, "unit.discarded", units=[cell], reason="end_of_life")
    assert class_of(yard.unit(cell), tables_on(yard.state, FEDERAL, SWITCH)) == "RME"


@pytest.mark.parametrize(
    ("name", "most", "beyond"),
    [
        ("original_back_natural_days", 3_660, 3_661),
        ("storage_months", 120, 2**50),
        ("balance_permille", 10_000, 10_001),
        ("annual_report_to_mmdd", 630, 631),
        ("annual_report_to_mmdd", 228, 229),
        ("annual_report_from_mmdd", 101, 0),
        ("gran_g", 2**53 - 1, 2**53),
    ],
)
def test_no_number_of_a_regime_is_one_that_nobody_could_count_to(name: str, most: int, beyond: int) -> None:
    stated = RegimeTables.model_validate({"numbers": [{"name": name, "value": most}]})
    assert stated.numbers[0].value == most

    with pytest.raises(ValueError, match="value"):
        RegimeTables.model_validate({"numbers": [{"name": name, "value": beyond}]})
