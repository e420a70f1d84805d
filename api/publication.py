"""Where this process's checkpoints come from: a publisher of its own, or that of another process."""

from __future__ import annotations

from time import monotonic, sleep

from ledger.publisher import PublisherLoop
from ledger.store.checkpoints import find_newest_checkpoint
from ledger.store.session import Store

_POLL_S = 0.1


class Publication:
    """The publisher loop of this process, if it has one."""

    def __init__(self, store: Store, loop: PublisherLoop | None) -> None:
        self._store = store
        self._loop = loop

    def start(self) -> None:
        """Begin publishing, if that is for this process to do."""
        if self._loop is not None:
            self._loop.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        if self._loop is not None:
            self._loop.stop()

    def verify_healthy(self) -> None:
        """Whoever writes asks this first.

        Raises:
            Corruption, Unavailable: this process's publisher has found damage, or is not running.
        """
        if self._loop is not None:
            self._loop.verify_healthy()

    def wait_until_covered(self, size: int, timeout_s: float) -> bool:
        """Whether a published checkpoint has at least ``size`` leaves, at the latest after ``timeout_s``.

        Raises:
            Unavailable: the database does not answer.
        """
        if self._loop is not None:
            return self._loop.wait_until_covered(size, timeout_s)
        deadline_s = monotonic() + timeout_s
        while not self._is_covered(size):
            if monotonic() + _POLL_S > deadline_s:
                return False
            sleep(_POLL_S)
        return True

    def _is_covered(self, size: int) -> bool:
        with self._store.read() as reader:
            newest = find_newest_checkpoint(reader, published=True)
        return newest is not None and newest.size >= size
