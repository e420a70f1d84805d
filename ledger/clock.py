"""The only reader of the wall clock, and when to stop believing it."""

from __future__ import annotations

import time
from typing import Protocol

from ledger.errors import Unavailable

JUMP_S_MAX = 600


class Clock(Protocol):
    """Two clocks of one machine: the time of day, and one that nobody sets."""

    def now(self) -> int:
        """Seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; it never goes back."""
        ...


class SystemClock:
    """The clocks of the machine that this runs on."""

    def now(self) -> int:
        """Seconds since 1970, UTC."""
        return int(time.time())

    def monotonic(self) -> float:
        """Seconds since some moment; it never goes back."""
        return time.monotonic()


class SteadyClock:
    """A time of day that is believed only while it runs beside the monotonic clock, from the making of this on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_s = clock.now() - clock.monotonic()

    def now(self) -> int:
        """Seconds since 1970, UTC.

        Raises:
            Unavailable: the time of day jumped by more than ``JUMP_S_MAX`` seconds. Recording under a wrong time
                cannot be mended, so this holds until it is set right, or an operator starts the program anew.
        """
        now = self._clock.now()
        if abs(now - self._clock.monotonic() - self._start_s) > JUMP_S_MAX:
            raise Unavailable("this server's clock has jumped: nothing is recorded", retry_after_s=60)
        return now
