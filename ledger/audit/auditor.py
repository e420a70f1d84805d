"""The audit of a whole ledger, by somebody who knows its genesis and a checkpoint key and trusts nobody else.

Every entry is replayed in its order: form, key and authorisation at its position, transition, masses, order, ticks,
ids, signature. The first one that must not be there ends the replay. Then the tree is held against the checkpoint and
the one that the auditor kept, and all that is stored beside the log against what the log says.

Not derived from the log, so not checked: signatures of witnesses, when a checkpoint was published, the epoch counter
of the head, and side data (refused and waiting statements, sealed values, documents).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from ledger.audit.checkpoints import CheckpointKeys, compare_checkpoints, compare_root, keys_of
from ledger.audit.compare import (
    compare_columns,
    compare_head,
    compare_published_tiles,
    compare_state,
    compare_stored_tiles,
    compare_subjects,
)
from ledger.audit.replay import Replay
from ledger.audit.report import NOT_PROVED, TRUNCATED, UNREADABLE, AuditReport, Finding, Progress
from ledger.audit.signatures import open_verifier
from ledger.audit.source import CHECKPOINT_PATH, Projections, Source
from ledger.audit.state import VALUES_MAX
from ledger.audit.store.scratch import Scratch, open_scratch
from ledger.audit.walk import Walk
from ledger.errors import Corruption, Refusal
from ledger.fold.fold import RulesOf
from ledger.log.checkpoint import Checkpoint
from ledger.store.entries import Entry
from ledger.trust import Trust

LISTED_MAX = 50
"""Differences of projections that a report lists; the others are counted."""


def audit(
    source: Source,
    trust: Trust,
    rules_of: RulesOf,
    *,
    projections: Projections | None = None,
    kept: bytes | None = None,
    workers: int = 0,
    progress: Progress | None = None,
    scratch: Path | None = None,
    values_max: int = VALUES_MAX,
) -> AuditReport:
    """Replay and compare the whole ledger.

    Args:
        source: where it lies.
        trust: what the auditor knew beforehand; without a genesis the report is not ``pinned``.
        rules_of: the rules of each version.
        projections: what a database holds beside the log (the same object as ``source``).
        kept: signed note of a checkpoint that the auditor kept from an earlier day.
        workers: processes that verify signatures, beside this one that replays; 0 to do it here.
        progress: told after each piece how many entries of how many are replayed.
        scratch: file for what does not fit into memory, made and removed; None for SQLite's own place.
        values_max: state values in memory.

    Raises:
        Unavailable: the source does not answer.
    """
    start_s = perf_counter()
    with _no_collector(), open_scratch(scratch) as notebook, open_verifier(workers) as verifier:
        replay = Replay(rules_of, notebook, with_subjects=projections is not None, values_max=values_max)
        walk = Walk(source, replay, verifier, trust.genesis, progress)
        report = _Audit(source, trust, projections, notebook, walk).run(kept)
    report.seconds = perf_counter() - start_s
    return report


@contextmanager
def _no_collector() -> Iterator[None]:
    """Nothing that a replay makes refers to itself; the collector would walk the whole state again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Audit:
    """One audit under way."""

    def __init__(
        self, source: Source, trust: Trust, projections: Projections | None, scratch: Scratch, walk: Walk
    ) -> None:
        self._source = source
        self._trust = trust
        self._projections = projections
        self._scratch = scratch
        self._walk = walk
        self._replay = walk.replay
        self._report = AuditReport(source.name)

    def run(self, kept: bytes | None) -> AuditReport:
        self._replay_all()
        keys = keys_of(self._trust, self._replay.checkpoint_keys)
        self._add(self._compare_newest(keys))
        if kept is not None:
            self._add(self._compare_kept(kept, keys))
        if not self._walk.stopped:
            self._compare_the_rest(keys)
        self._sum_up()
        return self._report

    def _replay_all(self) -> None:
        try:
            self._report.size = self._source.size()
        except Corruption as error:
            self._add([Finding(error.place, error.detail, UNREADABLE, "log")])
        self._walk.advance_to(self._report.size, self._compare_columns)
        self._walk.finish()
        if self._replay.size == 0 and not self._walk.stopped and self._trust.genesis is not None:
            what = f"there is none, and genesis {self._trust.genesis} was pinned"
            self._add([Finding("entry 0", what, TRUNCATED, "log")])

    def _compare_columns(self, entries: Sequence[Entry]) -> None:
        if self._projections is not None and entries:
            rows = self._projections.columns(entries[0].index, entries[-1].index + 1)
            self._add(compare_columns(entries, rows))

    def _compare_newest(self, keys: CheckpointKeys) -> Iterator[Finding]:
        note = self._source.checkpoint()
        if note is not None:
            self._report.checkpoint = yield from self._compare_note(CHECKPOINT_PATH, note, keys.verify_pinned)

    def _compare_kept(self, note: bytes, keys: CheckpointKeys) -> Iterator[Finding]:
        checkpoint = yield from self._compare_note("kept checkpoint", note, keys.verify)
        self._report.kept = None if checkpoint is None else checkpoint.size

    def _compare_note(
        self, place: str, note: bytes, verify: Callable[[bytes], Checkpoint]
    ) -> Generator[Finding, None, Checkpoint | None]:
        """The note's checkpoint, if the replay came to its root."""
        try:
            checkpoint = verify(note)
        except Refusal as error:
            yield Finding(place, f"{error.code}: {error.detail}", NOT_PROVED, "log")
            return None
        if self._walk.stopped and checkpoint.size > self._walk.stands:
            return None
        finding = compare_root(place, checkpoint, self._replay.tree)
        if finding is not None:
            yield finding
            return None
        return checkpoint

    def _compare_the_rest(self, keys: CheckpointKeys) -> None:
        tree, projections = self._replay.tree, self._projections
        if projections is None:
            self._compare("tiles", compare_published_tiles(tree, self._source, tree.size))
        else:
            self._compare("entry_subject", compare_subjects(self._scratch, projections))
            self._compare("tile", compare_stored_tiles(self._scratch, projections))
            self._compare("checkpoint", compare_checkpoints(projections, keys, tree))
            self._compare("head", compare_head(tree, projections))
        self._compare("state", self._compare_state())

    def _compare_state(self) -> Iterator[Finding]:
        after = ""
        for page in self._source.state_pages():
            # A served ledger grows while it is read: each page is held against the log at the page's own size.
            self._walk.advance_to(page.size, self._compare_columns)
            if self._walk.stopped or page.size != self._replay.size:
                what = f"it says it is that of {page.size} entries, and {self._replay.size} were replayed"
                yield Finding(f"state after {after!r}", what, UNREADABLE, "projection")
                return
            yield from compare_state(self._replay.state, after, page)
            after = page.values[-1][0] if page.values else after

    def _compare(self, name: str, findings: Iterator[Finding]) -> None:
        self._add(findings)
        self._report.compared.append(name)

    def _add(self, findings: Iterable[Finding]) -> None:
        self._report.add(_readable(iter(findings)), LISTED_MAX)

    def _sum_up(self) -> None:
        self._walk.finish()
        report, replay = self._report, self._replay
        if self._walk.difference is not None:
            report.add([self._walk.difference], LISTED_MAX)
        report.entries = self._walk.stands
        report.size = max(report.size, replay.size)
        report.upgrade = self._walk.upgrade
        report.root = replay.tree.root_at(report.entries).hex()
        report.genesis = replay.genesis
        report.pinned = self._trust.genesis is not None and self._trust.genesis == replay.genesis
        report.kinds = dict(sorted(replay.kinds.items()))


def _readable(findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings; and what cannot be read, as one more."""
    try:
        yield from findings
    except Corruption as error:
        yield Finding(error.place, error.detail, UNREADABLE, "projection")
