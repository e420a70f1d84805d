"""What the machine itself can do: signature verification and raw inserts, the measure of everything else."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from nacl.signing import SigningKey as NaClKey

MESSAGE = b"m" * 900
ROW_BYTES = 1000


def rate(work: Callable[[], int], at_least_s: float = 1.0) -> float:
    """Things done in a second: ``work`` does some and says how many; it is repeated for ``at_least_s``."""
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < at_least_s:
        done += work()
    return done / spent


def verifications_per_s(processes: int) -> float:
    """Raw libsodium Ed25519 verifications in a second of messages as long as a statement, on that many processes."""
    if processes == 1:
        return _verify_for_a_second(0)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.map(_warm_up, range(processes))
        return sum(pool.map(_verify_for_a_second, range(processes), chunksize=1))


def _warm_up(_: int) -> None:
    time.sleep(0.1)


def _verify_for_a_second(_: int) -> float:
    key = NaClKey.generate()
    signature, check = key.sign(MESSAGE).signature, key.verify_key

    def verify() -> int:
        for _ in range(500):
            check.verify(MESSAGE, signature)
        return 500

    return rate(verify)


def inserts_per_s(folder: Path, batch: int) -> float:
    """Rows of 1 kB in a second into SQLite (WAL, synchronous=FULL) by the standard library, ``batch`` a commit."""
    database = sqlite3.connect(folder / f"raw-{batch}.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, hash BLOB UNIQUE, body BLOB)")
    body = b"b" * ROW_BYTES
    written = 0

    def insert() -> int:
        nonlocal written
        rows = [(written + n, (written + n).to_bytes(32, "big"), body) for n in range(batch)]
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
        database.execute("COMMIT")
        written += batch
        return batch

    try:
        return rate(insert)
    finally:
        database.close()
