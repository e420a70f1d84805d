"""``bitacora rebuild``: every projection made again from the log's bodies, compared with what is stored, set right.

The entries are folded into a database of their own, in a folder that needs as much room as the ledger: most of them
while others record, the last ones under the head's lock. Signatures are not verified again; that is the auditor's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.errors import Corruption, Refusal, RulesUnknown
from ledger.event import Event, parse_event
from ledger.fold.fold import RulesOf
from ledger.store.append import Append
from ledger.store.blobs import rebuild_documents
from ledger.store.checkpoints import find_newest_checkpoint
from ledger.store.entries import iter_entries, lock_head, read_head
from ledger.store.projections import Report, lock_appends, logged_size, replace_projections
from ledger.store.schema import create_schema
from ledger.store.session import Reader, Store, Writer, open_store
from ledger.store.state import StateCache
from ledger.store.tiles import root_at

CHUNK_ENTRIES = 1000


def rebuild(store: Store, rules_of: RulesOf, *, scratch_folder: Path | None = None) -> Report:
    """Make state, histories, tiles, the head, the columns of entries and citations again, and replace what differs.

    All but the citations is replaced in one transaction: a process that dies before it has changed nothing. Citations
    follow, piece by piece.

    Args:
        store: the ledger.
        rules_of: the rules of each version.
        scratch_folder: where to work; the system's folder for temporary files if None.

    Raises:
        Corruption: the bodies themselves are damaged: an entry is missing, is no statement, is one that the rules
            refuse, or the tree is not the one that a checkpoint names. Nothing was changed.
        RulesUnknown: the log names rules that this program does not have.
        Unavailable: the database cannot write.
    """
    with TemporaryDirectory(prefix="bitacora-rebuild-", dir=scratch_folder) as folder:
        url = f"sqlite:///{Path(folder) / 'rebuilt.sqlite'}"
        create_schema(url)
        scratch = open_store(url)
        try:
            with store.read() as reader:
                _replay(reader, scratch, rules_of)
            report = store.write(lambda writer: _finish(writer, scratch, rules_of))
        finally:
            scratch.close()
    for difference in rebuild_documents(store):
        report.note(difference)
    return report


def _finish(writer: Writer, scratch: Store, rules_of: RulesOf) -> Report:
    lock_appends(writer)
    _replay(writer, scratch, rules_of)
    with scratch.read() as made:
        _compare_with_checkpoint(writer, made)
        return replace_projections(writer, made)


def _replay(reader: Reader, scratch: Store, rules_of: RulesOf) -> None:
    """Fold the entries that ``scratch`` does not have yet."""
    with scratch.read() as made:
        start = read_head(made).size
    cache = StateCache()
    entries = iter_entries(reader, start, logged_size(reader))
    while chunk := list(islice(entries, CHUNK_ENTRIES)):
        events = [_open(entry.body, entry.index) for entry in chunk]
        _append(scratch, events, rules_of, cache)


def _append(scratch: Store, events: Sequence[Event], rules_of: RulesOf, cache: StateCache) -> None:
    def work(writer: Writer) -> tuple[int, Append]:
        head = lock_head(writer)
        cache.enter(head.epoch)
        append = Append(writer, head, rules_of, cache)
        _fold(append, events)
        return append.write(writer).epoch, append

    epoch, append = scratch.write(work)
    cache.advance(epoch, append.state.changes)


def _open(body: bytes, index: int) -> Event:
    try:
        return parse_event(body)
    except Refusal as refusal:
        raise Corruption(refusal.detail, place=f"entry {index}") from refusal


def _fold(append: Append, events: Sequence[Event]) -> None:
    try:
        append.preload(events)
        for event in events:
            append.add_as_logged(event)
    except RulesUnknown:
        raise
    except Refusal as refusal:
        raise Corruption(f"the rules refuse it: {refusal.detail}", place=f"entry {append.size}") from refusal


def _compare_with_checkpoint(reader: Reader, made: Reader) -> None:
    checkpoint = find_newest_checkpoint(reader)
    if checkpoint is None:
        return
    if checkpoint.size > read_head(made).size or root_at(made, checkpoint.size) != checkpoint.root:
        raise Corruption("the entries are not those that it signed", place=f"checkpoint {checkpoint.size}")
