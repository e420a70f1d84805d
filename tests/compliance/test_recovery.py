"""Recovery by element: expected from chemistry and energy, found by assays, and never guessed."""

from __future__ import annotations

import pytest

from compliance.recovery import FedUnit, OutputLot, Recovery, recovery_of

PACK = FedUnit("NMC622", 100_000)
"""18.8 kg of cobalt."""


def of_cobalt(fed: list[FedUnit], lots: list[OutputLot]) -> Recovery:
    [cobalt] = [row for row in recovery_of(fed, lots) if row.element == "Co"]
    return cobalt


@pytest.mark.parametrize(
    ("ppm", "permille", "in_2027", "in_2031"),
    [
        (899_999, 899, False, False),
        (900_000, 900, True, False),
        (949_999, 949, True, False),
        (950_000, 950, True, True),
    ],
)
def test_a_share_is_held_against_both_targets(ppm: int, permille: int, in_2027: bool, in_2031: bool) -> None:
    row = of_cobalt([PACK], [OutputLot(18_800, {"Co": ppm})])

    assert (row.expected_mg, row.permille) == (18_800_000, permille)
    assert (row.reaches(2027), row.reaches(2031)) == (in_2027, in_2031)


def test_what_was_not_assayed_leaves_a_low_share_open_and_a_high_one_reached() -> None:
    unknown = OutputLot(5_000, None)

    low, high = (of_cobalt([PACK], [OutputLot(18_800, {"Co": ppm}), unknown]) for ppm in (500_000, 920_000))

    assert (low.permille, low.reaches(2027)) == (500, None)
    assert (high.permille, high.reaches(2027), high.reaches(2031)) == (920, True, None)


@pytest.mark.parametrize("other", [FedUnit("unknown", 100_000), FedUnit("NMC622", None)])
def test_a_unit_of_which_nothing_is_known_leaves_the_whole_unknown(other: FedUnit) -> None:
    row = of_cobalt([PACK, other], [OutputLot(18_800, {"Co": 900_000})])

    assert (row.expected_mg, row.permille, row.reaches(2027), row.found_mg) == (None, None, None, 16_920_000)


def test_no_cobalt_is_expected_of_iron_phosphate() -> None:
    row = of_cobalt([FedUnit("LFP", 60_000)], [OutputLot(1_000, {"Li": 50_000})])

    assert (row.expected_mg, row.permille, row.is_impossible) == (0, None, False)


@pytest.mark.parametrize(("mass_g", "impossible"), [(20_680, False), (20_699, True)])
def test_more_than_can_have_gone_in_is_told(mass_g: int, impossible: bool) -> None:
    assert of_cobalt([PACK], [OutputLot(mass_g, {"Co": 1_000_000})]).is_impossible is impossible
