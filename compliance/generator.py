"""Which category a generator of hazardous waste is in: by the mass of a year, and as its register is to have it.

``micro`` up to 400 kg a year, ``gran`` from 10 t on, ``pequeno`` between (LGPGIR 5 XII, XIX, XX; RLGPGIR 42). At
exactly 400 kg the law gives two categories and the regulation ``micro``: that one is taken. A register changes once the
mass has been above, or below, its category for two years in a row (RLGPGIR 44).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, cast

from compliance.law import Law
from ledger.domain.filing import generator_key
from ledger.fold.state import State, Value

Category = Literal["micro", "pequeno", "gran"]
CATEGORIES: Final[tuple[Category, ...]] = ("micro", "pequeno", "gran")
"""From the least waste to the most."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The category of a generator after some years, and what comes next.

    Attributes:
        category: the one that holds after the last of them.
        by_year: the one of the mass of each.
        next_year: the one that holds after another year like the last.
    """

    category: Category
    by_year: Mapping[int, Category]
    next_year: Category


def category_of(generated_g: int, law: Law) -> Category:
    """The category of a year's mass by the law of a day."""
    if generated_g >= law.number("gran_g"):
        return "gran"
    return "pequeno" if generated_g > law.number("micro_g") else "micro"


def is_above(one: Category, other: Category) -> bool:
    """Whether the first is of more waste than the second."""
    return CATEGORIES.index(one) > CATEGORIES.index(other)


def is_at_the_boundary(generated_g: int, law: Law) -> bool:
    """Whether the law itself gives two categories for this mass."""
    return generated_g == law.number("micro_g")


def category_after(category: Category, one: Category, next_one: Category) -> Category:
    """The category after two years in a row of these, each by its mass.

    It changes if both are above it, or both below: to the nearer of the two, which both years bear out.
    """
    here, first, second = (CATEGORIES.index(each) for each in (category, one, next_one))
    if min(first, second) > here:
        return CATEGORIES[min(first, second)]
    if max(first, second) < here:
        return CATEGORIES[max(first, second)]
    return category


def standing(by_year: Mapping[int, Category], registered: Category | None = None) -> Standing:
    """The category that holds after complete years, each of the category of its mass.

    It begins with the registered one, else with that of the first year. A year that is missing had no waste.

    Raises:
        ValueError: neither a register nor a year tells a category.
    """
    years = range(min(by_year), max(by_year) + 1) if by_year else range(0)
    each = {year: by_year.get(year, "micro") for year in years}
    category = registered or next(iter(each.values()), None)
    if category is None:
        raise ValueError("neither a register nor a year tells a category")
    for one, next_one in pairwise(each.values()):
        category = category_after(category, one, next_one)
    last = each[years[-1]] if by_year else category
    return Standing(category, each, category_after(category, last, last))


def registered_category(state: State, party: str, on: str) -> Category | None:
    """The largest category in which the party, or any of its sites, is registered on the day."""
    timeline: list[Value] = (state.get(generator_key(party)) or {"timeline": []})["timeline"]
    newest = {tuple(line["sites"]): line for line in timeline if line["from_on"] <= on}
    categories = [cast(Category, line["category"]) for line in newest.values()]
    return max(categories, key=CATEGORIES.index) if categories else None
