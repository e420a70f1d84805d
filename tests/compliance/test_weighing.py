from __future__ import annotations

import pytest

from compliance.weighing import (
    TOLERANCES,
    UNIT_SCALE_G,
    Weighing,
    find_tolerance,
    find_unit_weighing,
    is_discrepancy,
    weighed_by_ticket,
    weighed_singly,
    weighed_together,
)

KG = 1000
TODAY = "2026-11-22"


def slip(gross_kg: int, tare_kg: int, resolution_kg: int) -> Weighing:
    return weighed_by_ticket(
        {"gross_g": gross_kg * KG, "tare_g": tare_kg * KG, "resolution_g": resolution_kg * KG, "party": "pty"}
    )


def differs(expected: Weighing, found: Weighing, goods: str = "serialised") -> bool:
    tolerance = find_tolerance("lot" if goods == "lot" else "serialised", TODAY)
    assert tolerance is not None
    return is_discrepancy(expected, found, tolerance)


def test_a_ticket_is_gross_minus_tare_and_uncertain_by_one_resolution() -> None:
    assert slip(1840, 1420, 20) == Weighing(420 * KG, 20 * KG)


def test_trucks_weighed_one_by_one_add_up_with_their_uncertainties() -> None:
    assert weighed_together([slip(1840, 1420, 20), slip(2000, 1500, 5)]) == Weighing(920 * KG, 25 * KG)
    assert weighed_together([]) == Weighing(0, 0)


def test_units_weighed_one_by_one_are_each_uncertain_by_half_a_step_of_a_small_scale() -> None:
    assert weighed_singly(435 * KG) == Weighing(435 * KG, UNIT_SCALE_G // 2)
    assert weighed_singly(870 * KG, units=2) == Weighing(870 * KG, UNIT_SCALE_G)


@pytest.mark.parametrize(
    ("found_g", "is_one"),
    [(10_200_000, False), (10_200_001, True), (9_800_000, False), (9_799_999, True)],
)
def test_serialised_goods_differ_beyond_two_percent_either_way(found_g: int, is_one: bool) -> None:
    assert differs(Weighing(10_000_000, 5 * KG), Weighing(found_g, 5 * KG)) is is_one


@pytest.mark.parametrize(
    ("found_g", "is_one"),
    [(11_000_000, False), (11_000_001, True), (9_000_000, False), (8_999_999, True)],
)
def test_lots_differ_beyond_ten_percent_either_way(found_g: int, is_one: bool) -> None:
    assert differs(Weighing(10_000_000, 5 * KG), Weighing(found_g, 5 * KG), "lot") is is_one


@pytest.mark.parametrize(("found_kg", "is_one"), [(460, False), (461, True), (380, False), (379, True)])
def test_what_the_scales_cannot_tell_is_no_discrepancy_however_small_the_tolerance(found_kg: int, is_one: bool) -> None:
    expected = slip(1840, 1420, 20)

    assert differs(expected, Weighing(found_kg * KG, 20 * KG)) is is_one


def test_a_unit_was_weighed_when_a_receiver_or_else_its_description_says_so() -> None:
    nameplate = {"mass_g": 435 * KG, "mass_basis": "nameplate"}

    assert find_unit_weighing(nameplate) is None
    assert find_unit_weighing({**nameplate, "received_mass_g": 430 * KG, "received_mass_basis": "estimated"}) is None
    assert find_unit_weighing({"mass_g": 435 * KG, "mass_basis": "weighed"}) == weighed_singly(435 * KG)
    received = {"received_mass_g": 430 * KG, "received_mass_basis": "weighed"}
    assert find_unit_weighing({**nameplate, **received}) == weighed_singly(430 * KG)
    assert find_unit_weighing({"mass_g": 435 * KG, "mass_basis": "weighed", **received}) == weighed_singly(430 * KG)


def test_every_tolerance_is_marked_as_policy_and_begins_on_a_day() -> None:
    assert {(row.goods, row.permille) for row in TOLERANCES} == {("lot", 100), ("serialised", 20)}
    assert all(row.source.startswith("policy") for row in TOLERANCES)
    assert find_tolerance("lot", "1999-12-31") is None
