"""The demonstration's world: parties that sign with real keys, a clock of its own, and one way to record.

Everything a party says goes through ``World.say``: it fills the heads that the party knows, signs, and queues the
statement. ``World.flush`` hands the queue to the recorder, which is the same that serves the API, and insists that
every outcome is the one expected. ``World.run`` wakes the stories in the order of their time.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from certification.ceremony import Occasion, statement
from cli.demo.catalogue import Actor, Role
from ledger.batch import Outcome, Recorded
from ledger.domain.unit_id import (
    GtinLot,
    SerialisedGtin,
    format_unit_id,
    gtin_check_digit,
    new_operator_id,
)
from ledger.domain.values import format_opaque_id, format_uuid7
from ledger.errors import Refusal
from ledger.event import parse_event, sign_event
from ledger.keys import SigningKey

HOUR_S = 3600
DAY_S = 24 * HOUR_S
FLUSH_EVERY_S = 2 * DAY_S
"""How long the world gathers statements before it records them; inside the window for lateness."""
BATCH_MAX = 900

Story = Iterator[int]
"""A story is told by a generator that yields the times at which it goes on."""


class WorldClock:
    """The ledger's clock in the demonstration: it shows the time that the world has reached."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        """Seconds since 1970."""
        return self._now

    def monotonic(self) -> float:
        """It runs with the world, so that no jump is seen."""
        return float(self._now)

    def advance(self, to: int) -> None:
        """Move on; never back."""
        self._now = max(self._now, to)


@dataclass(slots=True)
class DemoParty:
    """A party with its keys and its one site; ``permits`` has the permit for each waste class."""

    actor: Actor
    party: str
    site: str
    key: SigningKey
    permits: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name as registered."""
        return self.actor.name

    @property
    def kid(self) -> str:
        """Its key's id, in hex."""
        return self.key.public.kid.hex()


@dataclass(slots=True)
class _Queued:
    raw: bytes
    event_id: str
    kind: str
    expected: str | None


@dataclass(slots=True)
class World:
    """Parties, heads, and the queue of statements not yet recorded."""

    submit: Callable[[Sequence[bytes]], Sequence[Outcome]]
    clock: WorldClock
    rng: random.Random
    now: int
    parties: dict[str, DemoParty] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)
    flush_every_s: int = FLUSH_EVERY_S
    recorded: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    _queue: list[_Queued] = field(default_factory=list)
    _agenda: list[tuple[int, int, Story]] = field(default_factory=list)
    _turn: Iterator[int] = field(default_factory=count)
    _serials: Iterator[int] = field(default_factory=lambda: count(1))

    def new_id(self, prefix: str) -> str:
        """A fresh opaque id."""
        return format_opaque_id(prefix, self.rng.randbytes(16))

    def new_key(self) -> SigningKey:
        """A fresh Ed25519 key; reproducible, so for demonstrations only."""
        return SigningKey.from_seed(self.rng.randbytes(32))

    def new_pack_id(self, gtin_body: str) -> str:
        """A serialised GTIN under the maker's item reference."""
        return format_unit_id(SerialisedGtin(gtin_body + gtin_check_digit(gtin_body), f"MX{next(self._serials):08d}"))

    def new_lot_id(self, gtin_body: str, material: str) -> str:
        """A lot under the recycler's item reference."""
        code = "".join(word[0] for word in material.split("_")).upper()
        return format_unit_id(GtinLot(gtin_body + gtin_check_digit(gtin_body), f"{code}{next(self._serials):07d}"))

    def new_tag_id(self) -> str:
        """An operator-issued id for a blank tag."""
        return format_unit_id(new_operator_id(self.rng.randbytes(16)))

    def of_role(self, *roles: Role) -> list[DemoParty]:
        """The parties with one of the roles, in the catalogue's order."""
        return [party for party in self.parties.values() if party.actor.role in roles]

    def say(
        self,
        party: DemoParty,
        kind: str,
        *,
        key: SigningKey | None = None,
        heads: dict[str, str] | None = None,
        refused: str | None = None,
        at: int | None = None,
        **members: Any,
    ) -> str:
        """Sign and queue one statement; its event id. With ``refused`` the recorder must refuse it with that code.

        ``at`` is when it happened, as its signer says; without it, now.
        """
        payload = statement(self.occasion(party.party, at), kind, **members)
        self._link(payload, heads if heads is not None else self.heads)
        return self.say_signed(sign_event(key or party.key, payload), refused)

    def say_signed(self, raw: bytes, refused: str | None = None) -> str:
        """Queue a statement that is signed already; its event id. ``refused`` is as for ``say``."""
        event = parse_event(raw)
        if refused is None:
            for subject in event.payload.links():
                self.heads[subject.key] = event.id
        self._queue.append(_Queued(raw, event.id, event.payload.kind, refused))
        if len(self._queue) >= BATCH_MAX:
            self.flush()
        return event.id

    def occasion(self, party: str, at: int | None = None) -> Occasion:
        """The party states something that happened now, or ``at`` another time, under a fresh id of now."""
        return Occasion(party, self.now if at is None else at, format_uuid7(self.now * 1000, self.rng.randbytes(10)))

    def _link(self, payload: dict[str, Any], heads: dict[str, str]) -> None:
        """Fill in the heads where the caller left ``prev`` out (marked by the name ``prev`` with the value ...)."""
        for name in ("units", "lines"):
            if isinstance(payload.get(name), list):
                payload[name] = [self._linked(item, heads) for item in payload[name]]
        for name in ("unit", "duplicate", "lot"):
            if isinstance(payload.get(name), dict):
                payload[name] = self._linked(payload[name], heads)
        if payload.get("prev", "") is ...:
            payload["prev"] = heads.get(self._subject_of(payload))

    @staticmethod
    def _linked(item: Any, heads: dict[str, str]) -> Any:
        if isinstance(item, dict) and item.get("prev", "") is ...:
            return {**item, "prev": heads.get(f"unit/{item['id']}")}
        return item

    @staticmethod
    def _subject_of(payload: dict[str, Any]) -> str:
        if "kid" in payload:
            return f"key/{payload['enrolled_for']}/{payload['kid']}"
        if "changed" in payload or "closed" in payload:
            family = payload["kind"].partition(".")[0]
            return f"{family}/{payload.get('changed') or payload['closed']}"
        acts = ("consignment", "authorisation", "batch", "order", "case", "filing", "claim", "application")
        return f"act/{next(payload[name] for name in acts if name in payload)}"

    def flush(self) -> None:
        """Record what is queued; every outcome must be the expected one.

        Raises:
            RuntimeError: the recorder answered otherwise.
        """
        queue, self._queue = self._queue, []
        if not queue:
            return
        self.clock.advance(self.now)
        for queued, outcome in zip(queue, self.submit([item.raw for item in queue]), strict=True):
            self._account(queued, outcome)

    def _account(self, queued: _Queued, outcome: Outcome) -> None:
        if isinstance(outcome, Recorded) and queued.expected is None:
            self.recorded[queued.kind] += 1
        elif isinstance(outcome, Refusal) and outcome.code == queued.expected:
            self.refused[outcome.code] += 1
        else:
            raise RuntimeError(f"{queued.kind}: expected {queued.expected or 'to be recorded'}, got {outcome!r}")

    def start(self, story: Story, at: int) -> None:
        """Let a story begin at a time."""
        heapq.heappush(self._agenda, (at, next(self._turn), story))

    def run(self, until: int, progress: Callable[[int], None] = lambda _: None) -> None:
        """Wake the stories in the order of their time until ``until``; flush as the world goes on."""
        next_flush = self.now + self.flush_every_s
        while self._agenda and self._agenda[0][0] <= until:
            at, _, story = heapq.heappop(self._agenda)
            if at >= next_flush:
                self.now = max(self.now, next_flush)
                self.flush()
                progress(self.now)
                next_flush = at + self.flush_every_s
            self.now = max(self.now, at)
            wake = next(story, None)
            if wake is not None:
                self.start(story, max(wake, self.now))
        self.flush()


def link(unit: str, **members: Any) -> dict[str, Any]:
    """A unit of a statement whose ``prev`` is filled in when it is said."""
    return {"id": unit, "prev": ..., **members}


def links(units: Sequence[str]) -> list[dict[str, Any]]:
    """Units of a statement whose ``prev`` is filled in when it is said."""
    return [link(unit) for unit in units]
