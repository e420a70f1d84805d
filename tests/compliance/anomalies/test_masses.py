"""Anomalies of mass: each is seen where it is, and not where scales and packs merely scatter."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from compliance.anomalies.masses import (
    find_ghost_receptions,
    find_mass_created,
    find_scale_drift,
    find_swapped_serials,
    scale_biases,
)
from compliance.anomalies.rows import Batch, Described, Reading, Rows

LABEL_G = 400_000


def weighings(party_shares: dict[str, float], *, each: int = 20, seed: int = 5) -> Rows:
    """Every party has weighed as many packs, on a scale that is off by its share."""
    rng, rows = Random(seed), Rows()
    for party, share in party_shares.items():
        for n in range(each):
            unit = f"{party}-{n}"
            rows.units[unit] = Described("model", LABEL_G)
            shown_g = round(LABEL_G * (1 + rng.gauss(0, 0.004) + share) / 500) * 500
            rows.readings.append(Reading(unit, party, n, shown_g, f"con-{unit}", attested=False))
    return rows


def test_a_scale_that_shows_one_percent_less_than_all_others_drifts() -> None:
    rows = weighings({"a": 0.0, "b": 0.001, "c": -0.01, "d": -0.001, "e": 0.0})

    assert [(found.party, found.kind) for found in find_scale_drift(rows)] == [("c", "scale-drift")]


def test_of_eighty_calibrated_scales_at_most_one_seems_to_drift() -> None:
    calibrated = {"a": 0.002, "b": -0.002, "c": 0.0, "d": 0.001}

    assert sum(len(find_scale_drift(weighings(calibrated, seed=seed))) for seed in range(20)) <= 1


def test_nothing_is_said_of_a_scale_with_few_readings_or_without_others_to_compare() -> None:
    assert find_scale_drift(weighings({"a": 0.0, "b": 0.0, "c": 0.0, "d": -0.01}, each=9)) == []
    assert scale_biases(weighings({"a": 0.0, "b": -0.01})) == {}


def load(*shown_g: tuple[str, int, int]) -> Rows:
    """One reception of units, each with its label and what the scale showed."""
    rows = Rows(units={unit: Described("model", label_g) for unit, label_g, _ in shown_g})
    rows.readings = [Reading(unit, "yard", 7, mass_g, "con", attested=False) for unit, _, mass_g in shown_g]
    return rows


def test_two_packs_that_show_each_others_mass_were_swapped() -> None:
    [found] = find_swapped_serials(load(("a", 400_000, 352_000), ("b", 350_000, 399_000), ("c", 500_000, 501_000)))

    assert (found.kind, found.subjects, found.facts["difference_g"]) == ("swapped-serial", ("a", "b"), 50_000)


@pytest.mark.parametrize(
    "readings",
    [
        (("a", 400_000, 398_000), ("b", 350_000, 351_000)),
        (("a", 400_000, 352_000), ("b", 350_000, 340_000)),
        (("a", 400_000, 350_000), ("b", 350_000, 350_000)),
    ],
    ids=["both as known", "two other masses", "one as known"],
)
def test_other_differences_are_no_swap(readings: tuple[tuple[str, int, int], ...]) -> None:
    assert find_swapped_serials(load(*readings)) == []


def test_a_swap_is_seen_against_what_the_packs_were_last_weighed_at() -> None:
    rows = load(("a", 400_000, 380_000), ("b", 400_000, 420_000))
    swapped = [replace(one, at=9, consignment="next", mass_g=800_000 - one.mass_g) for one in rows.readings]
    rows.readings += swapped

    assert [found.facts["consignment"] for found in find_swapped_serials(rows)] == ["next"]


def attested(off_g: list[int]) -> Rows:
    """A yard's own attesting, over receptions of others that scatter as packs do."""
    rows = weighings({"a": 0.0, "b": 0.0, "c": 0.0}, each=30)
    for n, grams in enumerate(off_g):
        rows.units[f"new-{n}"] = Described("model", LABEL_G)
        rows.readings.append(Reading(f"new-{n}", "yard", n, LABEL_G + grams, f"own-{n}", attested=True))
    return rows


def test_packs_from_nobody_that_weigh_what_their_labels_say_are_ghosts() -> None:
    found = find_ghost_receptions(attested([0, 0, 0, 0, 0, 0, 2_500, -1_500]))

    assert {anomaly.subjects for anomaly in found} == {(f"new-{n}",) for n in range(6)}
    assert {anomaly.party for anomaly in found} == {"yard"}


@pytest.mark.parametrize("off_g", [[0, 0, 0], [0, 2_000, -500, 1_500, 4_000, 0], [3_000, -1_000, 500, 1_000]])
def test_a_few_hits_among_honest_masses_are_chance(off_g: list[int]) -> None:
    assert find_ghost_receptions(attested(off_g)) == []


def batches(unexplained_permille: list[int]) -> Rows:
    """Batches of a tonne, by what each leaves unexplained."""
    return Rows(batches=[Batch(f"b{n}", "yard", 1_000_000, 0, 1_000 * u) for n, u in enumerate(unexplained_permille)])


HONEST = [4, 5, 6, 6, 6, 7, 7, 8, 5, 9]


def test_a_batch_that_yields_more_than_was_fed_created_mass() -> None:
    [found] = find_mass_created(batches([*HONEST, -9]))

    assert (found.subjects, found.facts["created_g"]) == (("b10",), 9_000)


@pytest.mark.parametrize("unexplained", [HONEST, [*HONEST, 1], [*HONEST, 40], []])
def test_losses_create_no_mass(unexplained: list[int]) -> None:
    assert find_mass_created(batches(unexplained)) == []
