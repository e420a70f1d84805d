"""The category of a generator: by the mass of a year, and after years in a row."""

from __future__ import annotations

import pytest

from compliance.generator import Category, category_of, is_at_the_boundary, registered_category, standing
from compliance.law import law_on
from compliance.rulebook import CURRENT
from tests.yard import Yard

KG = 1000
LAW = law_on({}, "2026-06-01")


@pytest.mark.parametrize(
    ("generated_g", "category"),
    [
        (0, "micro"),
        (400 * KG, "micro"),
        (400 * KG + 1, "pequeno"),
        (440 * KG, "pequeno"),
        (9_999_900, "pequeno"),
        (10_000 * KG - 1, "pequeno"),
        (10_000 * KG, "gran"),
        (23 * 440 * KG, "gran"),
    ],
)
def test_the_category_is_that_of_the_mass_of_a_year(generated_g: int, category: Category) -> None:
    assert category_of(generated_g, LAW) == category


@pytest.mark.parametrize(("generated_g", "marked"), [(400 * KG - 1, False), (400 * KG, True), (400 * KG + 1, False)])
def test_where_the_law_gives_two_categories_it_is_marked(generated_g: int, marked: bool) -> None:
    assert is_at_the_boundary(generated_g, LAW) is marked


@pytest.mark.parametrize(
    ("years", "registered", "category", "next_year"),
    [
        (["micro"], None, "micro", "micro"),
        (["micro", "pequeno"], None, "micro", "pequeno"),
        (["micro", "pequeno", "pequeno"], None, "pequeno", "pequeno"),
        (["micro", "pequeno", "micro", "pequeno"], None, "micro", "pequeno"),
        (["micro", "pequeno", "gran"], None, "pequeno", "gran"),
        (["micro", "pequeno", "gran", "gran"], None, "gran", "gran"),
        (["gran", "pequeno"], None, "gran", "pequeno"),
        (["gran", "micro", "pequeno"], None, "pequeno", "pequeno"),
        (["pequeno"], "micro", "micro", "pequeno"),
        (["pequeno", "pequeno"], "micro", "pequeno", "pequeno"),
        ([], "gran", "gran", "gran"),
    ],
)
def test_a_category_changes_after_two_years_on_one_side_of_it(
    years: list[Category], registered: Category | None, category: Category, next_year: Category
) -> None:
    stands = standing(dict(enumerate(years, 2024)), registered)
    assert (stands.category, stands.next_year) == (category, next_year)


def test_a_year_of_which_nothing_is_known_had_no_waste() -> None:
    stands = standing({2022: "pequeno", 2025: "pequeno"})
    assert (stands.by_year[2023], stands.category) == ("micro", "micro")


def test_without_a_register_or_a_year_there_is_no_category() -> None:
    with pytest.raises(ValueError, match="neither"):
        standing({})


def test_the_register_says_the_largest_category_of_a_party_on_a_day() -> None:
    yard = Yard(rules=CURRENT)
    yard.register_generator(yard.workshop, "micro", from_on="2024-01-01")
    yard.register_generator(yard.workshop, "gran", from_on="2024-06-01", sites=[yard.workshop.site])
    yard.register_generator(yard.workshop, "pequeno", from_on="2026-01-01", sites=[yard.workshop.site])
    of = [
        registered_category(yard.state, yard.workshop.party, f"{day}-01") for day in ("2023-01", "2024-01", "2025-01")
    ]
    assert of == [None, "micro", "gran"]
    assert registered_category(yard.state, yard.workshop.party, "2026-01-01") == "pequeno"
