"""Loads of many parties, some without signal, some that end: one holder always, every line accounted for, no dead end.

Statements are signed on what the signer knew, sent late, in another order, and twice. Each step that the fold lets
through must be a row of the table; at the end of each walk whoever is left closes every consignment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from certification.scope import SCOPE_CHECK
from ledger.domain.values import format_uuid7
from ledger.errors import Refusal
from ledger.event import Event, parse_event, sign_event
from ledger.fold.consignment_table import FINALS, MOVES, OPEN, ROAD, Move
from ledger.fold.fold import Rules
from ledger.fold.life import ABROAD, IN_USE, TERMINAL
from ledger.fold.state import Value
from ledger.statement import parse_envelope
from tests.conftest import LONG
from tests.ledger.fold.story import ACT, DIGEST
from tests.yard import Actor, Yard

Members = dict[str, Any]

PERMITTED = Rules(1, scope_checks=(SCOPE_CHECK,))
MORTALS = ("maker", "workshop", "carrier", "second_carrier", "centre", "recycler", "abroad")
ENDS_MAX = 4
PHOTO: Members = {"digest": DIGEST, "bytes": 1, "media_type": "image/jpeg"}
SCAN: Members = {"documents": [{**PHOTO, "role": "manifest"}]}
MOVEMENT: Members = {"documents": [{**PHOTO, "role": "movement_document"}]}
COMMUTING = ("unit.quarantined", "unit.released")
EXCEPTIONS = ("carrier_did_not_sign", "already_happened")

choices = st.integers(0, 2**32 - 1).map(Random)


class Walk(RuleBasedStateMachine):
    """Parties that hand loads on, where any statement may be wrong, late, or sent again."""

    @initialize()
    def begin(self) -> None:
        self.yard = yard = Yard(rules=PERMITTED)
        self.refuge = yard.new_party("Refugio Demo, S.A. de C.V.")
        self.foreign = yard.new_party("Recycler Inc.", form="foreign")
        self.actors: dict[str, Actor] = {
            **{name: getattr(yard, name) for name in MORTALS if name != "abroad"},
            "abroad": self.foreign,
        }
        self.by_id = {actor.party: actor for actor in (*self.actors.values(), self.refuge, yard.semarnat)}
        self.permits = {
            yard.permit(actor, *activities): actor
            for actor, activities in (
                (yard.carrier, ["transport", "storage"]),
                (yard.second_carrier, ["transport", "storage"]),
                (yard.centre, ["collection"]),
                (yard.recycler, ["recycling"]),
                (yard.workshop, ["export"]),
                (yard.maker, ["export", "transport"]),
                (self.refuge, ["storage"]),
            )
        }
        self.units: list[str] = []
        self.consignments: list[str] = []
        self.closed: dict[str, str | None] = {}
        self.recorded: set[str] = set()
        self.unsent: list[bytes] = []
        self.unsent_heads: dict[str, str] = {}
        self.unsent_lines: dict[str, Value] = {}
        self.claims: list[tuple[str, str]] = []
        self.offline = False
        self.handed_to: str | None = None
        for n in range(12):
            name = "workshop" if n % 2 else "maker"
            stock = self.yard.produce(self.actors[name])
            self.units.append(stock if n % 4 == 0 else self.yard.waste_pack(self.actors[name]))

    # Saying something, now or when there is signal again.

    def attempt(self, actor: Actor, kind: str, **members: Any) -> str | None:
        """The id of the event, if it stands; without signal it waits in the pocket, on what is in the pocket."""
        if not self.offline:
            return self.send(self.yard.draft(actor, kind, **members))
        raw = self.yard.draft(actor, kind, **(members if kind in COMMUTING else self.linked_offline(members)))
        event = parse_event(raw)
        for subject in event.payload.extends:
            self.unsent_heads[subject.key] = event.id
        self.unsent.append(raw)
        return None

    def linked_offline(self, members: Members) -> Members:
        """The members, with the heads that only the parties in the yard know."""
        linked = dict(members)
        for name in ("units", "lines"):
            if name in members:
                linked[name] = [self.link(unit) for unit in members[name]]
        key = f"act/{members.get('consignment')}"
        if key in self.unsent_heads:
            linked["prev"] = self.unsent_heads[key]
        return linked

    def link(self, unit: Any) -> Any:
        stated = {"id": unit} if isinstance(unit, str) else dict(unit)
        head = self.unsent_heads.get(f"unit/{stated['id']}")
        if head is None:
            return unit
        return {**stated, "prev": head}

    def send(self, raw: bytes) -> str | None:
        """Record as the recorder does, which knows what it has recorded; None when it does not stand."""
        event = parse_event(raw)
        if event.id in self.recorded:
            return None
        before = dict(self.yard.state)
        voided = len(self.yard.void)
        try:
            self.yard.record(raw)
        except Refusal:
            return None
        self.recorded.add(event.id)
        if len(self.yard.void) > voided:
            return None
        self.check_step(before, event)
        if event.payload.kind == "consignment.received":
            said: Any = event.payload
            self.claims += [(event.id, line.id) for line in said.lines]
        for name in ("consignment", "into"):
            named = getattr(event.payload, name, None)
            if named is not None and named not in self.consignments:
                self.consignments.append(named)
        return event.id

    # What must hold.

    def check_step(self, before: dict[str, Value], event: Event) -> None:
        """Every change of a line is a row of the table, and so is what became of the holder."""
        for subject in event.payload.extends:
            old, new = before.get(subject.key), self.yard.state[subject.key]
            if not subject.key.startswith("unit/") or old is None:
                continue
            assert old["stage"] not in TERMINAL, event.payload.kind
            changed = [name for name in ("consignment", "line", "holder") if old.get(name) != new.get(name)]
            if changed and "line" in {**old, **new}:
                assert self.rows(event, subject.pointer, old, new, before), (event.payload.kind, old, new)

    def rows(self, event: Event, pointer: str, old: Value, new: Value, before: dict[str, Value]) -> list[Move]:
        said: Any = event.payload
        tags = {said.kind, f"{said.kind}/{getattr(said, 'basis', '')}"}
        if pointer.startswith("/lines/"):
            tags.add(f"{said.kind}/{said.lines[int(pointer.removeprefix('/lines/'))].outcome}")
        stays = new.get("consignment") == old.get("consignment")
        line = new.get("line") if stays or "consignment" not in old else None
        holder = {None: old["holder"], "signer": said.party, "abroad": ABROAD}
        return [
            move
            for move in MOVES
            if move.statement in tags
            and (old.get("line") in move.origin if move.origin else "line" not in old)
            and move.line == line
            and (said.kind == "event.agreed" or new["holder"] == holder[move.holder])
            and (move.count is None or self.is_counted(move.count, old["consignment"], before))
        ]

    def is_counted(self, count: str, consignment: str, before: dict[str, Value]) -> bool:
        counts = (state[f"act/{consignment}"]["counts"].get(count, 0) for state in (before, self.yard.state))
        was, now = counts
        return bool(now > was)

    @invariant()
    def keep_the_laws(self) -> None:
        if not hasattr(self, "yard"):
            return
        inside: dict[str, int] = {}
        for unit in map(self.yard.unit, self.units):
            assert (unit["stage"] in TERMINAL) is ("holder" not in unit)
            assert ("consignment" in unit) is ("line" in unit)
            assert unit.get("line", "offered") in OPEN
            assert unit.get("holder", IN_USE) in {*self.by_id, IN_USE, ABROAD}
            for consignment in (unit.get("consignment"), unit.get("claim", {}).get("consignment")):
                if consignment:
                    inside[consignment] = inside.get(consignment, 0) + 1
        for consignment in self.consignments:
            act = self.yard.act(consignment)
            done = sum(act["counts"].get(count, 0) for count in FINALS)
            assert act["counts"]["offered"] == done + inside.get(consignment, 0), act
            assert (act["stage"] in ("closed", "cancelled")) is (consignment not in inside), act
            assert act["counts"]["offered"] <= act["units_total"]

    # What parties do.

    def open_ones(self) -> list[str]:
        return [name for name in self.consignments if self.yard.act(name)["stage"] not in ("closed", "cancelled")]

    def seen(self, unit: str) -> Value:
        """The unit as those in the yard know it, with what they have not sent yet."""
        return {**self.yard.unit(unit), **self.unsent_lines.get(unit, {})}

    def inside(self, consignment: str) -> list[str]:
        return [unit for unit in self.units if self.seen(unit).get("consignment") == consignment]

    def some(self, random: Random, names: list[str], most: int = 3) -> list[str]:
        return random.sample(names, k=min(len(names), random.randint(1, most)))

    def offer(self, random: Random) -> None:
        actor = self.actors[random.choice(["maker", "workshop", "centre", "recycler"])]
        free = [unit for unit in self.units if self.yard.unit(unit).get("holder") == actor.party]
        free = [unit for unit in free if "consignment" not in self.yard.unit(unit)]
        if not free:
            return
        units = self.some(random, free)
        carriers = random.sample(["carrier", "second_carrier", "maker"], k=random.choice([0, 1, 1, 2]))
        consignee = self.actors[random.choice(["centre", "recycler", "recycler", "abroad"])]
        members: Members = {
            "consignee": consignee.party,
            "carriers": [self.actors[name].party for name in carriers],
            "purpose": random.choice(["waste_rme", "second_life", "export"]),
            "units_total": len(units) + random.choice([0, 0, 0, 1]),
        }
        self.attempt(actor, "consignment.offered", consignment=self.yard.new_id("con"), units=units, **members)

    @rule(random=choices)
    def travel(self, random: Random) -> None:
        for _ in range(40):
            steps = [self.offer, *[self.move] * 8, self.claim, self.answer_claim, self.happen]
            random.choice(steps)(random)
            self.keep_the_laws()

    def move(self, random: Random) -> None:
        loaded = [consignment for consignment in self.open_ones() if self.inside(consignment)]
        if loaded:
            consignment = random.choice(loaded[-4:])
            self.make_move(random, consignment, self.inside(consignment))

    def make_move(self, random: Random, consignment: str, inside: list[str]) -> None:
        first = self.seen(random.choice(inside))
        alike = [unit for unit in inside if self.seen(unit)["line"] == first["line"]]
        act = self.yard.act(consignment)
        fitting = [move for move in MOVES if first["line"] in move.origin and move.statement != "event.agreed"]
        likely = [move for move in fitting if self.is_likely(move, act)]
        # Most loads are carried somewhere.
        likely += [move for move in likely for _ in range(3) if move.line is not None]
        move = random.choice(likely if random.random() < 0.9 and likely else fitting)
        signer = self.signer(move, act, first)
        if random.random() < 0.1:
            signer = random.choice(list(self.actors.values()))
        units = self.some(random, alike)
        self.perform(random, signer, move.statement, consignment, units)
        if self.offline:
            out = {"consignment": None} if move.line is None else {}
            holder = {None: first["holder"], "signer": signer.party, "abroad": ABROAD}[move.holder]
            known = {"line": move.line, "holder": holder, "to": self.handed_to, **out}
            self.unsent_lines.update(dict.fromkeys(units, known))

    def is_likely(self, move: Move, act: Value) -> bool:
        is_foreign = act["consignee"] == self.foreign.party
        by_consignee = move.statement.startswith(("consignment.received", "consignment.refused"))
        delivered = move.statement.startswith("consignment.delivered")
        if not move.stages or (move.statement == "consignment.picked_up" and not act["carriers"]):
            return False
        if act["stage"] not in move.stages:
            return False
        return not by_consignee if is_foreign else not delivered

    def signer(self, move: Move, act: Value, unit: Value) -> Actor:
        party = {
            "holder": unit["holder"],
            "named-carrier": next(iter(act["carriers"]), None),
            "next-carrier": unit.get("to"),
            "consignor": act["consignor"],
            "consignee": act["consignee"],
            "consignor-or-holder": unit["holder"] if act["consignor"] in self.closed else act["consignor"],
            "successor": self.closed.get(unit["holder"]),
            "anybody": self.refuge.party,
        }[move.signer]
        return self.by_id.get(party or "", self.refuge)

    def perform(self, random: Random, actor: Actor, statement: str, consignment: str, units: list[str]) -> str | None:
        """State this about the units; the id of the event if it stands."""
        kind, _, what = statement.partition("/")
        about: Members = {"consignment": consignment, "units": units}
        match kind:
            case "unit.lost":
                return self.attempt(actor, kind, units=units)
            case "unit.seized":
                return self.seize(units)
            case "consignment.received" if what in ("emergency", "succession"):
                giver: Members = {"giver": {"capacity": "party"}} if what == "emergency" else {}
                members: Members = {"consignment": self.yard.new_id("con"), "basis": what, **giver}
                return self.attempt(actor, kind, lines=lines(units, "accepted"), **members)
            case "consignment.received":
                excuse: Members = {"exception": {"reason": random.choice(EXCEPTIONS)}} if random.random() < 0.6 else {}
                received: Members = {"consignment": consignment, "basis": "offer", **excuse}
                return self.attempt(actor, kind, lines=lines(units, what), **received)
            case "consignment.delivered":
                delivered: Members = {"consignment": consignment, "country": "US", "border": {}, **MOVEMENT}
                return self.attempt(actor, kind, lines=lines(units, what), **delivered)
            case "consignment.handed_on":
                self.handed_to = self.actors[random.choice(["carrier", "second_carrier"])].party
                about["to"] = self.handed_to
            case "consignment.stored":
                about["site"] = actor.site
            case "consignment.refused":
                about["reason"] = "damaged"
            case "consignment.redirected":
                to = self.refuge if random.random() < 0.5 else self.actors["centre"]
                about |= {"into": self.yard.new_id("con"), "consignee": to.party}
        return self.attempt(actor, kind, **about)

    def seize(self, units: list[str]) -> str | None:
        if self.offline:
            return None
        order, semarnat = self.yard.new_id("ord"), self.yard.semarnat
        self.attempt(semarnat, "order.issued", order=order, effect="seizure", units=units, act=ACT)
        seized = self.attempt(semarnat, "unit.seized", order=order, units=units)
        self.attempt(semarnat, "order.lifted", order=order, units=units)
        return seized

    def happen(self, random: Random) -> None:
        affairs = [self.keep_apart, self.end_a_party, self.revoke_a_permit, self.pass_time]
        random.choice([*affairs, self.succeed, self.lose_signal, *[self.have_signal] * 3])(random)

    def succeed(self, random: Random) -> None:
        left = [unit for unit in self.units if self.closed.get(self.yard.unit(unit).get("holder", ""))]
        if left:
            unit = random.choice(left)
            heir = self.living(self.yard.unit(unit)["holder"]) or self.refuge
            self.perform(random, heir, "consignment.received/succession", "", [unit])

    def claim(self, random: Random) -> None:
        """An extra unit at reception, or a paper of which nobody here knew."""
        consignee = self.actors[random.choice(["centre", "recycler"])]
        free = [unit for unit in self.units if "consignment" not in self.yard.unit(unit)]
        if not free:
            return
        units = self.some(random, free, 2)
        holder = self.yard.unit(units[0]).get("holder")
        if random.random() < 0.7:
            on_paper = {"consignor": holder, "purpose": "waste_rme", "form": "rme_transport", "number": "R-1"}
            if holder in self.by_id:
                members: Members = {"consignment": self.yard.new_id("con"), "basis": "paper", "on_paper": on_paper}
                self.attempt(consignee, "consignment.received", lines=lines(units, "accepted"), **members, **SCAN)
        elif self.consignments:
            consignment = random.choice(self.consignments)
            received: Members = {"consignment": consignment, "basis": "offer"}
            actor = self.by_id.get(self.yard.act(consignment)["consignee"], consignee)
            self.attempt(actor, "consignment.received", lines=lines(units[:1], "extra"), **received)

    def answer_claim(self, random: Random) -> None:
        if not self.claims:
            return
        event, unit = random.choice(self.claims[-8:])
        value = self.yard.unit(unit)
        if random.random() < 0.6:
            self.attempt(
                self.by_id.get(value.get("holder", ""), self.refuge), "event.agreed", event=event, units=[unit]
            )
        elif "consignment" in value.get("claim", {}):
            claim = value["claim"]
            members: Members = {"consignment": claim["consignment"], "units": [unit]}
            self.attempt(self.by_id[claim["by"]], "consignment.cancelled", **members)

    def keep_apart(self, random: Random) -> None:
        units = self.some(random, self.units)
        actor = self.by_id.get(self.yard.unit(units[0]).get("holder", ""), self.refuge)
        if random.random() < 0.5:
            self.attempt(actor, "unit.quarantined", units=units[:1], reason="leak")
        else:
            self.attempt(actor, "unit.released", units=units[:1], basis="inspected")

    def end_a_party(self, random: Random) -> None:
        name = random.choice(MORTALS)
        actor = self.actors[name]
        if self.offline or len(self.closed) >= ENDS_MAX or random.random() < 0.6:
            return
        heir = random.choice([None, self.refuge, *self.actors.values()])
        members: Members = {"reason": "closure", **({"successor": heir.party} if heir and heir is not actor else {})}
        if self.attempt(self.yard.operator, "party.closed", closed=actor.party, **members):
            self.closed[actor.party] = members.get("successor")

    def revoke_a_permit(self, random: Random) -> None:
        mortal = [permit for permit, actor in self.permits.items() if actor is not self.refuge]
        if mortal and not self.offline and random.random() < 0.4:
            permit = random.choice(mortal)
            self.permits.pop(permit)
            self.yard.rule(permit, "revoked")

    def pass_time(self, random: Random) -> None:
        self.yard.pass_time(random.choice([60, 3600, 86_400 * 4]))

    def lose_signal(self, _: Random) -> None:
        self.offline = True

    def have_signal(self, random: Random) -> None:
        """Send what waits, in any order, some of it twice; what has no parent yet waits on, the rest is given up."""
        self.offline, self.unsent_heads, self.unsent_lines = False, {}, {}
        waiting, self.unsent = self.unsent, []
        for _ in range(2):
            random.shuffle(waiting)
            # The answer to some of it was lost, so it comes again.
            for raw in [*waiting, *waiting[:2]]:
                self.send(raw)
                self.keep_the_laws()
        for raw in waiting[:1]:
            self.send(self.signed_anew(raw))

    def signed_anew(self, raw: bytes) -> bytes:
        """The same statement under another id, as one signs it who does not know that it is recorded."""
        event = parse_event(raw)
        members = json.loads(parse_envelope(raw).payload)
        key = self.by_id[event.party].key
        return sign_event(key, {**members, "id": format_uuid7(self.yard.now * 1000, self.yard.random.randbytes(10))})

    # The end of each walk.

    def teardown(self) -> None:
        if not hasattr(self, "yard"):
            return
        self.have_signal(Random(0))
        for _ in range(4):
            for consignment in self.open_ones():
                self.finish(consignment)
                self.keep_the_laws()
        assert self.open_ones() == []
        assert replayed(self.yard) == self.yard.state_bytes()

    def living(self, party: str | None) -> Actor | None:
        """Who signs for this party: itself, or who succeeds it, at any remove."""
        seen = set()
        while party in self.closed and party not in seen:
            seen.add(party)
            party = self.closed[party]
        return self.by_id.get(party) if party and party not in self.closed else None

    def finish(self, consignment: str) -> None:
        """Close what is open as honest parties would, with whoever is left."""
        act = self.yard.act(consignment)
        consignor = self.living(act["consignor"])
        consignee = self.living(act["consignee"])
        if act["stage"] == "claimed":
            self.finish_claims(consignment, consignee or consignor)
            return
        if self.yard.state[f"party/{act['consignee']}"]["form"] == "foreign":
            consignee = None
        for unit in self.inside(consignment):
            if "consignment" in self.yard.unit(unit):
                assert any(way() for way in self.ways(consignment, unit, consignor, consignee)), self.yard.unit(unit)

    def finish_claims(self, consignment: str, actor: Actor | None) -> None:
        claimed = [
            unit for unit in self.units if self.yard.unit(unit).get("claim", {}).get("consignment") == consignment
        ]
        if actor is not None:
            assert self.attempt(actor, "consignment.cancelled", consignment=consignment, units=claimed)
        else:
            assert self.seize(claimed)

    def ways(
        self, consignment: str, unit: str, consignor: Actor | None, consignee: Actor | None
    ) -> Iterator[Callable[[], str | None]]:
        """One way after the other, the ordinary ones first; the authority only where nobody else is left."""
        value, random = self.yard.unit(unit), Random(1)
        holder = self.by_id[value["holder"]] if value["holder"] not in self.closed else None
        line, stage = value["line"], self.yard.act(consignment)["stage"]

        def say(actor: Actor, statement: str, **more: Any) -> Callable[[], str | None]:
            about: Members = {"consignment": consignment, **more}
            return lambda: self.attempt(actor, statement, **about)

        excused = {"basis": "offer", "exception": {"reason": "carrier_did_not_sign"}}
        if consignee and line != "offered":
            yield say(consignee, "consignment.received", lines=lines([unit], "accepted"), **excused)
        if consignee and line == "offered":
            yield say(consignee, "consignment.refused", units=[unit], reason="other")
        if consignor and line == "offered":
            yield say(consignor, "consignment.cancelled", units=[unit])
        if consignor and line != "offered":
            yield say(consignor, "consignment.returned", units=[unit])
        assert (consignor, consignee) == (None, None), "an end that is left can always close"
        into = self.yard.new_id("con")
        if holder and line in (*ROAD, "refused"):
            away = say(holder, "consignment.redirected", units=[unit], into=into, consignee=self.refuge.party)
            yield away
            assert "orders" in value, "a holder that is left can always send the unit elsewhere"
        if holder and line == "missing":
            yield lambda: self.attempt(holder, "unit.lost", units=[unit])
            raise AssertionError("a holder that is left can always say that the unit is lost")
        assert holder is None or line == "offered" or "orders" in value, (line, stage, random)
        yield lambda: self.seize([unit])


def lines(units: list[str], outcome: str) -> list[Members]:
    reason: Members = {"reason": "damaged"} if outcome == "refused" else {}
    return [{"id": unit, "outcome": outcome, **reason} for unit in units]


def replayed(yard: Yard) -> dict[str, bytes]:
    """The state that the walk's entries leave, folded from nothing."""
    again = Yard.__new__(Yard)
    again.rules, again.state, again.entries, again.void = yard.rules, {}, [], []
    for raw in yard.entries:
        again.append(raw, parse_event(raw))
    return again.state_bytes()


Walk.TestCase.settings = settings(
    max_examples=400 if LONG else 40,
    stateful_step_count=20 if LONG else 10,
    phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
)
TestWalk = pytest.mark.timeout(3600 if LONG else 180)(pytest.mark.slow(Walk.TestCase))
