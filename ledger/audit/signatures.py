"""Verifying signatures on all cores, a bounded number of them ahead of the answers.

This module imports little, because every checking process imports it when it starts.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from ledger.errors import KeyUnusable, SignatureInvalid
from ledger.keys import parse_public_key, verify_signature

CHUNKS_AHEAD = 4

ENTRIES_WORTH_A_START = 20_000
"""Below this, one process is done before another has started."""


class Signed(NamedTuple):
    """What a key (SPKI) signed, of the entry at ``position``; the signature has 64 bytes."""

    position: int
    spki: bytes
    signature: bytes
    message: bytes


class Unproved(NamedTuple):
    """The first entry whose signature is not good, or not known to be good because a checking process ``died``."""

    position: int
    died: bool


class Verifier(Protocol):
    """Verifies chunks of signatures, perhaps later."""

    def add(self, chunk: Sequence[Signed]) -> Unproved | None:
        """Have these verified; the first that is not good among those that are done."""
        ...

    def finish(self) -> Unproved | None:
        """Wait for the rest; as ``add``."""
        ...


def find_bad(chunk: Sequence[Signed]) -> Unproved | None:
    """The first entry whose signature is not good under the rule of ``ledger.keys``."""
    for signed in chunk:
        try:
            verify_signature(parse_public_key(signed.spki), signed.signature, signed.message)
        except (SignatureInvalid, KeyUnusable):
            return Unproved(signed.position, died=False)
    return None


class InlineVerifier:
    """Verifies at once, in this process: for small ledgers."""

    def add(self, chunk: Sequence[Signed]) -> Unproved | None:
        """The first that is not good."""
        return find_bad(chunk)

    def finish(self) -> Unproved | None:
        """Nothing is left over."""
        return None


class PoolVerifier:
    """Verifies in other processes; answers are taken in the order of entries."""

    def __init__(self, pool: ProcessPoolExecutor, chunks_max: int) -> None:
        """Verify in ``pool``, with at most ``chunks_max`` chunks under way."""
        self._pool = pool
        self._chunks_max = chunks_max
        self._ahead: deque[tuple[Sequence[Signed], Future[Unproved | None]]] = deque()

    def add(self, chunk: Sequence[Signed]) -> Unproved | None:
        """Hand the chunk over, and wait for the oldest one when too many are under way."""
        if not chunk:
            return None
        try:
            self._ahead.append((chunk, self._pool.submit(find_bad, chunk)))
        except BrokenProcessPool:
            return self.finish() or Unproved(chunk[0].position, died=True)
        return self._next() if len(self._ahead) > self._chunks_max else None

    def finish(self) -> Unproved | None:
        """Wait for all chunks, up to the first signature that is not good."""
        while self._ahead:
            unproved = self._next()
            if unproved is not None:
                self._ahead.clear()
                return unproved
        return None

    def _next(self) -> Unproved | None:
        chunk, answer = self._ahead.popleft()
        try:
            return answer.result()
        except BrokenProcessPool:
            return Unproved(chunk[0].position, died=True)


def fitting_workers(entries: int) -> int:
    """How many verifying processes are worth their start for a log of this size, on this machine."""
    return 0 if entries < ENTRIES_WORTH_A_START else os.cpu_count() or 1


@contextmanager
def open_verifier(workers: int) -> Iterator[Verifier]:
    """A verifier with so many processes beside this one; 0 for none."""
    if workers == 0:
        yield InlineVerifier()
        return
    # Spawned, not forked: the caller may have threads and open connections.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield PoolVerifier(pool, workers * CHUNKS_AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)
