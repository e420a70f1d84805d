"""Long lists of values, in pieces that one statement can carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

VALUES_MAX = 500

Item = TypeVar("Item")


def chunks_of(values: Iterable[Item]) -> Iterator[list[Item]]:
    """The distinct values in lists of at most ``VALUES_MAX``, in their first order."""
    remaining = iter(dict.fromkeys(values))
    while chunk := list(islice(remaining, VALUES_MAX)):
        yield chunk
