"""What the ledger does: events through the recorder, in this process, by size of batch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.workload import Workload
from compliance.rulebook import rules_of
from ledger.audit.auditor import audit
from ledger.audit.store.database import DatabaseSource
from ledger.batch import OnlineKeys, Recorded
from ledger.clock import SystemClock
from ledger.home import LAST_SIGNED, open_home
from ledger.publisher import Publisher
from ledger.recorder import Recorder
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store


@contextmanager
def begun_ledger(url: str, workload: Workload, online: OnlineKeys) -> Iterator[tuple[Store, Recorder]]:
    """A ledger that holds the workload's beginning."""
    create_schema(url)
    store = open_store(url)
    recorder = Recorder(store, rules_of, SystemClock(), online)
    recorder.genesis(workload.genesis)
    submit(recorder, workload.beginning)
    try:
        yield store, recorder
    finally:
        recorder.close()
        store.close()


def forget_signed(home: Path) -> None:
    """Each database of a run is another ledger under the same keys: what was signed for the last one binds none."""
    (home / LAST_SIGNED).write_bytes(b"")


def submit(recorder: Recorder, raws: Sequence[bytes]) -> None:
    """Record the statements, every one of which must be accepted.

    Raises:
        RuntimeError: one was not.
    """
    for outcome in recorder.submit(raws):
        if not isinstance(outcome, Recorded):
            raise RuntimeError(f"the recorder answered {outcome!r}")


def recorded_per_s(folder: Path, workload: Workload, online: OnlineKeys, batch: int, events: int) -> float:
    """Events recorded in a second in batches of this size, signatures verified, committed with fsync."""
    [raws] = workload.streams(1)
    chunks = [raws[n : n + batch] for n in range(0, min(events, len(raws)), batch)]
    with begun_ledger(f"sqlite:///{folder}/recorder-{batch}.sqlite", workload, online) as (_, recorder):
        start = time.perf_counter()
        for chunk in chunks:
            submit(recorder, chunk)
        spent = time.perf_counter() - start
    return sum(map(len, chunks)) / spent


def audited_per_s(folder: Path, workload: Workload, online: OnlineKeys, home: Path, workers: int) -> float:
    """Entries a second of a full audit of the database, all projections compared, with that many verifying processes.

    Raises:
        RuntimeError: the audit found a difference.
    """
    url = f"sqlite:///{folder}/audit-{workers}.sqlite"
    [raws] = workload.streams(1)
    with begun_ledger(url, workload, online) as (store, recorder):
        for n in range(0, len(raws), 1000):
            submit(recorder, raws[n : n + 1000])
        opened = open_home(home)
        forget_signed(home)
        keys = opened.read_checkpoint_keys()
        Publisher(store, SystemClock(), opened.trust.origin, keys, opened.signed_heads).publish()
        with store.read() as reader:
            source = DatabaseSource(reader)
            report = audit(source, opened.trust, rules_of, projections=source, workers=workers)
    if not report.ok:
        raise RuntimeError(f"the audit says: {report.findings}")
    return report.entries / report.seconds
