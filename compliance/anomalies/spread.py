"""Statistics that a few wild figures do not move: median, and the deviation that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, exp, factorial
from statistics import median


def robust_deviation(values: Sequence[float], centre: float) -> float:
    """The standard deviation of a normal sample as its median absolute deviation tells it (factor 1.4826)."""
    return 1.4826 * median(abs(value - centre) for value in values)


def binomial_tail(hits: int, trials: int, share: float) -> float:
    """Probability of so many hits or more, each with this share."""
    return sum(comb(trials, n) * share**n * (1 - share) ** (trials - n) for n in range(hits, trials + 1))


def erlang_head(shape: int, mean: float, at_most: float) -> float:
    """Probability that ``shape`` exponential waits of this mean take no longer together than ``at_most``."""
    waits = at_most / mean
    return 1 - exp(-waits) * sum(waits**n / factorial(n) for n in range(shape))
