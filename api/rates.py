"""How much one address or one key may ask in a minute. Counted in memory, by each process for itself."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.limits import RATE_WINDOW_S, RATED_KEYS_MAX
from api.refusals import TooManyRequests


class Rates:
    """Counters of named rates, each for many askers; memory for at most ``RATED_KEYS_MAX`` askers at a time."""

    def __init__(self, **per_minute: int) -> None:
        self._begin_anew()
        self._items = {name: RateLimitItemPerMinute(amount, namespace=name) for name, amount in per_minute.items()}

    def spend(self, name: str, asker: str, cost: int = 1) -> None:
        """Count ``cost`` more against the rate ``name`` of ``asker``.

        Raises:
            TooManyRequests: the asker has spent this minute's amount.
        """
        self._stay_bounded()
        if not self._limiter.hit(self._items[name], asker, cost=cost):
            raise self._refusal(name)

    def verify(self, name: str, asker: str) -> None:
        """Refuse an asker that has spent this minute's amount; nothing is counted.

        Raises:
            TooManyRequests: it has.
        """
        if not self._limiter.test(self._items[name], asker):
            raise self._refusal(name)

    def note(self, name: str, asker: str, cost: int) -> None:
        """Count what was done already; it may hold back the asker's next request."""
        self._stay_bounded()
        self._limiter.hit(self._items[name], asker, cost=cost)

    def _refusal(self, name: str) -> TooManyRequests:
        return TooManyRequests(
            f"more than {self._items[name].amount} {name} in a minute",
            cure="wait, and send fewer, or more in one request",
            retry_after_s=RATE_WINDOW_S,
        )

    def _stay_bounded(self) -> None:
        # Whoever has a hundred thousand addresses is not held back by counting each of them.
        if len(self._storage.storage) > RATED_KEYS_MAX:
            self._begin_anew()

    def _begin_anew(self) -> None:
        # Never by a reset: the storage has a thread of its own, which may be going through what that would take away.
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)


def asker_of(host: str) -> str:
    """The address that is counted: all of an IPv6 network of 64 bits is one asker, since one machine has it all."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)
