"""The replay: every entry judged at its position, by the same fold that recorded it, from genesis on."""

from __future__ import annotations

from collections import Counter

from ledger.audit.signatures import Signed
from ledger.audit.state import VALUES_MAX, SpillingState
from ledger.audit.store.scratch import Scratch
from ledger.audit.tree import VerifiedTree
from ledger.domain.payload import key_key
from ledger.errors import Corruption, KeyUnknown, SignatureInvalid
from ledger.event import Event, parse_event
from ledger.fold.fold import Rules, RulesOf, fold_entry, version_for
from ledger.fold.state import Value
from ledger.keys import parse_public_key
from ledger.log.merkle import leaf_hash
from ledger.store.append import subjects_of
from ledger.store.entries import Entry

_LOG_PREFIX = "log/"
_LOG_FACTS_MAX = 4096


class Replay:
    """A log, entry by entry: its state, its tree, and what no two entries share.

    Signatures are left to the caller: ``take`` gives back what must verify, at the key that was in force there.

    Attributes:
        tree: of the entries so far.
        state: after the entries so far.
        genesis: event id of entry 0, in hex, once it was taken.
        kinds: number of entries of each kind.
        rules_version: the rules that the last entry was, or would have been, judged by.
        checkpoint_keys: vkeys that the log gave its checkpoint signer, each list with the size from which it holds.
    """

    def __init__(
        self, rules_of: RulesOf, scratch: Scratch, *, with_subjects: bool = False, values_max: int = VALUES_MAX
    ) -> None:
        """Begin before entry 0; ``with_subjects`` notes in whose histories entries stand."""
        self.tree = VerifiedTree(scratch)
        self.state = SpillingState(scratch, values_max)
        self.genesis: str | None = None
        self.kinds: Counter[str] = Counter()
        self.rules_version = 0
        self.checkpoint_keys: list[tuple[int, list[str]]] = []
        self._rules_of = rules_of
        self._rules: Rules | None = None
        self._scratch = scratch
        self._with_subjects = with_subjects
        self._root_party: str | None = None
        self._tick: int | None = None
        self._names: list[tuple[bytes, int]] = []
        self._subjects: list[tuple[str, int]] = []
        self._log_facts: dict[int, Value] = {}

    @property
    def size(self) -> int:
        """Number of entries so far: the next one's index."""
        return self.tree.size

    def get(self, key: str, /) -> Value | None:
        """The state as the fold reads it: ``log/<size>`` is answered from what was replayed."""
        value = self.state.get(key)
        if value is None and key.startswith(_LOG_PREFIX):
            return self._log_at(int(key.removeprefix(_LOG_PREFIX)))
        return value

    def take(self, raw: bytes) -> tuple[Entry, Signed]:
        """Judge the next entry; what the log must have stored about it, and the signature that is to be verified.

        Raises:
            RulesUnknown: it is to be judged by rules that this program does not have.
            Refusal, Corruption: it must not be there; the replay stands before it.
        """
        event = parse_event(raw)
        changes, void = self._fold(event)
        signed = self._signed(event, changes)
        self.state.update(changes)
        self._notice(event, changes)
        entry = self._entry(event, void=void)
        self._note(entry, event)
        return entry, signed

    def find_reused_id(self) -> int | None:
        """Index of an entry, of those taken since the last call, whose event id or issuer's id an earlier entry has.

        To be called every some hundreds of entries: this is also when they are noted in bulk.
        """
        names, self._names = self._names, []
        subjects, self._subjects = self._subjects, []
        self._scratch.add_subjects(subjects)
        return self._scratch.add_names(names)

    def _fold(self, event: Event) -> tuple[dict[str, Value], bool]:
        rules = self._rules_for(event)
        try:
            return fold_entry(self, event, self.size, rules)
        except (LookupError, TypeError, ValueError) as error:
            # A recorder verifies before it folds. Here the signature's verdict comes later, so the fold may meet what
            # no party ever stated.
            raise Corruption(f"no rule can judge it ({error!r})", place=f"entry {self.size}") from error

    def _rules_for(self, event: Event) -> Rules:
        if self._rules is None:
            self.rules_version = version_for(self.state, event)
            self._rules = self._rules_of(self.rules_version)
        return self._rules

    def _signed(self, event: Event, changes: dict[str, Value]) -> Signed:
        """The signature under the key as it stood before this entry; only genesis brings its own."""
        name = key_key(event.party, event.kid)
        key = changes.get(name) if self.size == 0 else self.state.get(name)
        if key is None:
            raise KeyUnknown("no such key is enrolled for this party", kid=event.kid, party=event.party)
        envelope = event.envelope
        public = parse_public_key(key["spki"])
        if (public.alg, public.kid) != (envelope.alg, envelope.kid):
            raise SignatureInvalid("the header names another key or algorithm than the enrolled one")
        return Signed(self.size, key["spki"], envelope.signature, envelope.signed_bytes)

    def _notice(self, event: Event, changes: dict[str, Value]) -> None:
        """What the entries after this one are judged by."""
        if "rules" in changes and self.size:
            self._rules = None
        if "time" in changes:
            self._tick = int(changes["time"]["tick"])
            self._scratch.add_tick(self.size, self._tick)
        if "online" in changes:
            self.checkpoint_keys.append((self.size + 1, list(changes["online"]["checkpoint"])))
        if "ledger" in changes:
            self.genesis = event.id
            self._root_party = event.party

    def _entry(self, event: Event, *, void: bool) -> Entry:
        if self._tick is None:
            raise AssertionError("genesis sets the time")
        raw = event.envelope.raw
        return Entry(
            index=self.size,
            event_id=event.id,
            idempotency=self._idempotency(event),
            leaf_hash=leaf_hash(raw),
            kind=event.payload.kind,
            party=event.party,
            recorded_at=self._tick,
            void=void,
            body=raw,
        )

    def _note(self, entry: Entry, event: Event) -> None:
        self._names += [(bytes.fromhex(entry.event_id), entry.index), (entry.idempotency.encode(), entry.index)]
        if self._with_subjects:
            self._subjects += [(subject, entry.index) for subject in subjects_of(event)]
        self.kinds[entry.kind] += 1
        self.tree.append(entry.leaf_hash)

    def _idempotency(self, event: Event) -> str:
        key = f"{event.party}:{event.payload.id}"
        # The root's keys sign byte-equal payloads.
        return f"{key}:{event.kid}" if event.party == self._root_party else key

    def _log_at(self, size: int) -> Value | None:
        """Root and tick of the log at ``size``, which a signer says it had seen."""
        if not 0 < size <= self.size:
            return None
        if size not in self._log_facts:
            if len(self._log_facts) == _LOG_FACTS_MAX:
                self._log_facts.clear()
            root = self.tree.root_at(size)
            self._log_facts[size] = {"root": root.hex(), "tick": self._scratch.tick_at(size - 1)}
        return self._log_facts[size]
