"""What one transaction adds to the log: entries, the state they leave, tiles, and the head that ties them together."""

from __future__ import annotations

from collections.abc import Iterable

from ledger.domain.operation import RulesAdopted
from ledger.domain.payload import party_key
from ledger.errors import ConflictingStatement
from ledger.event import Event
from ledger.fold.fold import Rules, RulesOf, fold, fold_conflict, fold_entry, follows, reaches, touches, version_for
from ledger.fold.state import Value
from ledger.log.merkle import leaf_hash
from ledger.log.tree import grow
from ledger.store.entries import Entry, Head, append_entries, get_entry, move_head
from ledger.store.session import Reader, Writer
from ledger.store.state import LoadedState, StateCache, put_states
from ledger.store.tiles import hash_reader, insert_tiles, root_at

STANDING_KEYS = ("time", "ledger", "online", "rules")


class Append:
    """Entries to come after a head: folded one by one, written together or not at all.

    Nothing is written before ``write``; on a snapshot, or given up, it tells what would be recorded.

    Attributes:
        state: the state after the entries so far.
        entries: what was appended so far.
    """

    def __init__(self, reader: Reader, head: Head, rules_of: RulesOf, cache: StateCache) -> None:
        self.entries: list[Entry] = []
        self.state = LoadedState(reader, cache, self._log_at)
        self.state.load(STANDING_KEYS)
        self._reader = reader
        self._head = head
        self._rules_of = rules_of
        self._rules: Rules | None = None
        self._subjects: list[tuple[str, int]] = []
        self._log_facts: dict[int, Value] = {}

    @property
    def size(self) -> int:
        """Size of the log after the entries so far: the next entry's index."""
        return self._head.size + len(self.entries)

    def require_known_rules(self) -> None:
        """Go on only if what comes next can be judged here.

        Raises:
            RulesUnknown: the log names rules that this program does not have.
        """
        adopted = self.state.get("rules")
        if adopted is not None:
            self._rules_of(adopted["version"])

    def preload(self, events: Iterable[Event]) -> None:
        """Read what these events touch, and then what they reach through it, in three rounds.

        Raises:
            RulesUnknown: the log names rules that this program does not have.
        """
        listed = list(events)
        if not listed:
            return
        # If one of them adopts other rules, what those read besides is read when it is asked for.
        rules = self._rules_for(listed[0])
        self.state.load(key for event in listed for key in touches(event, rules))
        self.state.load(key for event in listed for key in follows(self.state, event, rules))
        self.state.load(key for event in listed for key in reaches(self.state, event, rules))

    def add(self, event: Event) -> Entry:
        """Make the event the next entry.

        Raises:
            Refusal: the rules do not allow it here; nothing changed.
            RulesUnknown: the log names, or the event adopts, rules that this program does not have: after it, nobody
                could tell here what is right.
        """
        if isinstance(event.payload, RulesAdopted):
            self._rules_of(event.payload.rules_version)
        return self._add(event, fold(self.state, event, self.size, self._rules_for(event)), void=False)

    def add_void(self, event: Event, refusal: ConflictingStatement) -> Entry:
        """Make the event, refused as the second on its ``prev``, the next entry, without effect."""
        return self._add(event, fold_conflict(self.state, event, self.size, refusal), void=True)

    def add_as_logged(self, event: Event) -> Entry:
        """Make what is already an entry of a log the next entry here, with effect or without, as it was there.

        Raises:
            Refusal: no honest recorder would have put it there.
            RulesUnknown: the log names rules that this program does not have.
        """
        changes, void = fold_entry(self.state, event, self.size, self._rules_for(event))
        return self._add(event, changes, void=void)

    def idempotency_key(self, event: Event) -> str:
        """What no two entries may share. The root's keys sign byte-equal payloads, so its key counts too."""
        key = f"{event.party}:{event.payload.id}"
        ledger = self.state.get("ledger")
        by_root = ledger is None or ledger["root"] == event.party
        return f"{key}:{event.kid}" if by_root else key

    def write(self, writer: Writer) -> Head:
        """Write the entries, of which there is at least one, and what follows from them; return the new head."""
        leaves = [entry.leaf_hash for entry in self.entries]
        append_entries(writer, self.entries, self._subjects)
        put_states(writer, self.state.spelt_changes())
        # The partial tiles are read from the rows before the head: what was just inserted is handed over.
        insert_tiles(writer, grow(hash_reader(writer), self._head.size, leaves))
        return move_head(writer, self._head, self._head.frontier.extend(leaves))

    def _add(self, event: Event, changes: dict[str, Value], *, void: bool) -> Entry:
        idempotency = self.idempotency_key(event)
        self.state.changes.update(changes)
        if "rules" in changes and self.size:
            self._rules = None
        body = event.envelope.raw
        entry = Entry(
            index=self.size,
            event_id=event.id,
            idempotency=idempotency,
            leaf_hash=leaf_hash(body),
            kind=event.payload.kind,
            party=event.party,
            recorded_at=self._tick(),
            void=void,
            body=body,
        )
        self.entries.append(entry)
        self._subjects += [(subject, entry.index) for subject in subjects_of(event)]
        return entry

    def _rules_for(self, event: Event) -> Rules:
        if self._rules is None:
            self._rules = self._rules_of(version_for(self.state, event))
        return self._rules

    def _tick(self) -> int:
        time = self.state.get("time")
        if time is None:
            raise AssertionError("genesis sets the time")
        tick: int = time["tick"]
        return tick

    def _log_at(self, size: int) -> Value | None:
        if not 0 < size <= self.size:
            return None
        if size not in self._log_facts:
            self._log_facts[size] = self._read_log_at(size)
        return self._log_facts[size]

    def _read_log_at(self, size: int) -> Value:
        """Root of the log at ``size``, and the tick in force there."""
        fresh = size - self._head.size
        if fresh > 0:
            leaves = [entry.leaf_hash for entry in self.entries[:fresh]]
            root = self._head.frontier.extend(leaves).root()
            return {"root": root.hex(), "tick": self.entries[fresh - 1].recorded_at}
        tick = get_entry(self._reader, size - 1).recorded_at
        return {"root": root_at(self._reader, size).hex(), "tick": tick}


def subjects_of(event: Event) -> list[str]:
    """The state keys in whose history the event stands."""
    payload = event.payload
    linked = (subject.key for subject in payload.extends)
    return list(dict.fromkeys([*linked, *payload.abouts(), party_key(payload.party)]))
