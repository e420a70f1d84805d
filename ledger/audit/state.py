"""The state as the auditor folds it: in memory up to a bound, what was not used for longest in the notebook."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from typing import cast

from ledger import cbor
from ledger.audit.store.scratch import Scratch
from ledger.fold.state import Value

VALUES_MAX = 100_000


class SpillingState:
    """State values by key."""

    def __init__(self, scratch: Scratch, values_max: int = VALUES_MAX) -> None:
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._values_max = values_max
        self._scratch = scratch
        self._spilled = False
        self._sorted: list[str] | None = None

    def get(self, key: str, /) -> Value | None:
        """The value under ``key``, or None."""
        value = self._values.get(key)
        if not self._spilled:
            return value
        if value is not None:
            self._values.move_to_end(key)
            return value
        data = self._scratch.find_state(key)
        if data is None:
            return None
        value = cast(Value, cbor.decode_unproved(data))
        self._values[key] = value
        return value

    def update(self, changes: dict[str, Value]) -> None:
        """Set these values."""
        self._values.update(changes)
        self._sorted = None
        if len(self._values) > self._values_max:
            self._spill(changes)

    def items(self, after: str = "", until: str | None = None) -> Iterator[tuple[str, bytes]]:
        """Keys beyond ``after`` up to ``until``, or to the end, in byte order, with their values as they are stored."""
        if self._spilled:
            self._scratch.put_states((key, cbor.encode(value)) for key, value in self._values.items())
            return self._scratch.states(after, until)
        return self._items_in_memory(after, until)

    def _items_in_memory(self, after: str, until: str | None) -> Iterator[tuple[str, bytes]]:
        if self._sorted is None:
            self._sorted = sorted(self._values)
        end = len(self._sorted) if until is None else bisect_right(self._sorted, until)
        for key in self._sorted[bisect_right(self._sorted, after) : end]:
            yield key, cbor.encode(self._values[key])

    def _spill(self, changes: dict[str, Value]) -> None:
        """Move half of the values to the notebook: those that were not used for longest, and none just changed."""
        for key in changes:
            self._values.move_to_end(key)
        count = max(0, min(self._values_max // 2, len(self._values) - len(changes)))
        oldest = [self._values.popitem(last=False) for _ in range(count)]
        self._scratch.put_states((key, cbor.encode(value)) for key, value in oldest)
        self._spilled = True
