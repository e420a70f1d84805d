"""The way along the log: replay here, signatures elsewhere, and a stop at the first entry that must not be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger.audit.replay import Replay
from ledger.audit.report import (
    ANOTHER_LEDGER,
    CHECKER_DIED,
    ENTRY_CHANGED,
    ENTRY_NOT_ALLOWED,
    UNREADABLE,
    Finding,
    Progress,
)
from ledger.audit.signatures import Signed, Unproved, Verifier
from ledger.audit.source import Source
from ledger.errors import Corruption, IdReused, Refusal, RulesUnknown, SignatureInvalid
from ledger.log.merkle import leaf_hash
from ledger.log.tile import TILE_WIDTH, Tile, parse_tile, tile_width
from ledger.store.entries import Entry


class Walk:
    """Goes through a source's entries once.

    Attributes:
        replay: what was replayed; it may be some entries beyond ``stands``, because signatures are verified later.
        stands: how many entries stand, as far as it is known.
        difference: the first entry that must not be there.
        upgrade: the version of the rules that this program would need to go on.
    """

    def __init__(
        self, source: Source, replay: Replay, verifier: Verifier, genesis: str | None, progress: Progress | None
    ) -> None:
        """Stand before entry 0; ``genesis`` is the event id that it must have, in hex."""
        self.replay = replay
        self.difference: Finding | None = None
        self.upgrade: int | None = None
        self._source = source
        self._verifier = verifier
        self._genesis = genesis
        self._progress = progress
        self._size = 0
        self._first_wrong: int | None = None

    @property
    def stopped(self) -> bool:
        """Whether the walk ended before its goal."""
        return self.difference is not None or self.upgrade is not None

    @property
    def stands(self) -> int:
        """Number of entries before the first difference."""
        return self.replay.size if self._first_wrong is None else self._first_wrong

    def advance_to(self, size: int, see: Callable[[Sequence[Entry]], None]) -> None:
        """Replay up to ``size`` entries; ``see`` is shown the columns of each piece of the log that was replayed."""
        self._size = max(self._size, size)
        if self.stopped or size <= self.replay.size:
            return
        try:
            for raws in self._source.entries(self.replay.size, size):
                see(self._take(raws))
                if self.stopped:
                    return
        except Corruption as error:
            self._note(self.replay.size, Finding(error.place, error.detail, UNREADABLE, "log"))

    def finish(self) -> None:
        """Wait for the signatures that are still being verified: one may be bad before the difference known so far."""
        self._note_unproved(self._verifier.finish())

    def _take(self, raws: Sequence[bytes]) -> list[Entry]:
        entries: list[Entry] = []
        signed: list[Signed] = []
        for raw in raws:
            try:
                entry, signature = self.replay.take(raw)
            except RulesUnknown:
                self.upgrade = self.replay.rules_version
                break
            except (Refusal, Corruption) as error:
                self._note_wrong(self.replay.size, f"{error.code}: {error.detail}", leaf_hash(raw))
                break
            entries.append(entry)
            signed.append(signature)
        self._check_genesis(entries)
        self._check_ids()
        self._note_unproved(self._verifier.add(signed))
        if self._progress is not None and not self.stopped:
            self._progress(self.replay.size, self._size)
        return entries

    def _check_genesis(self, entries: Sequence[Entry]) -> None:
        if entries and entries[0].index == 0 and self._genesis not in (None, entries[0].event_id):
            what = f"the genesis is {entries[0].event_id}, and {self._genesis} was pinned"
            self._note(0, Finding("entry 0", what, ANOTHER_LEDGER, "fork"))

    def _check_ids(self) -> None:
        index = self.replay.find_reused_id()
        if index is not None:
            what = f"{IdReused.code}: its event id, or its issuer's own id, is that of an earlier entry"
            self._note_wrong(index, what, self.replay.tree.leaf(index))

    def _note_unproved(self, unproved: Unproved | None) -> None:
        if unproved is None:
            return
        index = unproved.position
        if unproved.died:
            what = "the process that was to verify its signature, and those of the entries after it, died"
            self._note(index, Finding(f"entry {index}", what, CHECKER_DIED, "log"))
            return
        what = f"{SignatureInvalid.code}: the signature does not match the key in force and the signed bytes"
        self._note_wrong(index, what, self.replay.tree.leaf(index))

    def _note_wrong(self, index: int, what: str, leaf: bytes) -> None:
        recorded = self._recorded_leaf(index)
        changed = recorded is not None and recorded != leaf
        follows = ENTRY_CHANGED if changed else ENTRY_NOT_ALLOWED
        self._note(index, Finding(f"entry {index}", what, follows, "log"))

    def _note(self, index: int, finding: Finding) -> None:
        if self._first_wrong is None or index < self._first_wrong:
            self._first_wrong, self.difference = index, finding

    def _recorded_leaf(self, index: int) -> bytes | None:
        """The leaf hash that the source's own tree has there, if it can be read."""
        tile_index, place = divmod(index, TILE_WIDTH)
        tile = Tile(0, tile_index, tile_width(0, tile_index, self._size))
        try:
            return parse_tile(self._source.tile(tile), tile)[place]
        except Corruption:
            return None
