"""Random stories of consignments: honest parties and clumsy ones, in any order, by every kind that moves a line."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ledger.errors import Refusal
from ledger.fold.state import parse_step
from tests.yard import Actor, Yard

Members = dict[str, Any]

NAMES: Final = ("maker", "workshop", "carrier", "second_carrier", "centre", "recycler")
ORDERED: Final = {"type": "order", "number": "1", "decided_on": "2025-01-06"}
MANIFEST: Final = {"digest": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}


class Story:
    """Tells itself on a yard, step by step; ``units`` and ``consignments`` are all that there ever were."""

    def __init__(self, yard: Yard, seed: int) -> None:
        self.yard = yard
        self.random = Random(seed)
        self.units: list[str] = []
        self.consignments: list[str] = []
        self.claims: list[tuple[str, str]] = []
        self.abroad = yard.new_party("Buyer abroad", form="foreign")
        self.ended: set[str] = set()
        for name in NAMES:
            self.bring_in(getattr(yard, name))

    def go_on(self, steps: int) -> None:
        """Tell that many steps, most of which are allowed."""
        rare = [self.withdraw, self.seize, self.end_party, self.merge_ids]
        often = [self.offer, self.offer, self.move, self.move, self.move, self.move, self.receive, self.receive]
        also = [self.claim_by_paper, self.take_alone, self.agree, self.agree, self.live, self.lose_or_find]
        for _ in range(steps):
            self.yard.tick()
            self.random.choice([*often, *often, *also, self.random.choice(rare)])()

    # Who, and what.

    def actors(self) -> list[Actor]:
        everybody = [*(getattr(self.yard, name) for name in NAMES), self.abroad]
        return [actor for actor in everybody if actor.party not in self.ended]

    def anybody(self) -> Actor:
        return self.random.choice([actor for actor in self.actors() if actor is not self.abroad])

    def by_party(self, party: str | None) -> Actor:
        """That party, nearly always."""
        named = [actor for actor in self.actors() if actor.party == party]
        return named[0] if named and self.random.random() < 0.95 else self.anybody()

    def some(self, items: list[str], most: int = 3) -> list[str]:
        return self.random.sample(items, k=min(len(items), self.random.randint(1, most)))

    def inside(self, con: str) -> list[str]:
        return [unit for unit in self.units if self.yard.unit(unit).get("consignment") == con]

    def held_by(self, actor: Actor) -> list[str]:
        return [unit for unit in self.units if self.yard.unit(unit).get("holder") == actor.party]

    def attempt(self, actor: Actor, kind: str, **members: Any) -> str | None:
        try:
            return self.yard.say(actor, kind, **members)
        except Refusal:
            return None

    # What they do.

    def bring_in(self, actor: Actor) -> None:
        units = self.yard.produce(actor, count=self.random.randint(3, 5))
        self.units += units

    def offer(self) -> None:
        actor, to = self.anybody(), self.random.choice(self.actors())
        units = self.some(self.held_by(actor), 4)
        if not units:
            self.bring_in(actor)
            return
        con, carriers = self.yard.new_id("con"), self.random.sample([*NAMES], k=self.random.choice([0, 1, 1, 2]))
        total = len(units) + self.random.choice([0, 0, 0, 0, 1])
        terms: Members = {"consignee": to.party, "carriers": [getattr(self.yard, name).party for name in carriers]}
        terms |= {"purpose": "second_life", "units_total": total}
        if self.attempt(actor, "consignment.offered", consignment=con, units=units, **terms):
            self.consignments.append(con)
            if total > len(units) and self.random.random() < 0.7:
                rest = self.some(self.held_by(actor), 1)
                self.attempt(actor, "consignment.offered", consignment=con, units=rest, **terms)

    def underway(self) -> tuple[str, Members, list[str]] | None:
        open_now = [con for con in self.consignments if self.inside(con)]
        if not open_now:
            return None
        con = self.random.choice(open_now)
        units = self.inside(con)
        line = self.yard.unit(self.random.choice(units))["line"]
        return con, self.yard.act(con), self.some([unit for unit in units if self.yard.unit(unit)["line"] == line])

    def move(self) -> None:
        found = self.underway()
        if found is None:
            return
        con, act, units = found
        unit = self.yard.unit(units[0])
        likely = {
            "offered": ["picked_up"] * 6 + ["cancelled", "refused"],
            "carried": ["handed_on", "stored", "refused", "redirected", "returned", "delivered"],
            "handed": ["picked_up", "picked_up", "handed_on", "refused", "stored"],
            "stored": ["picked_up", "picked_up", "handed_on", "redirected"],
            "refused": ["returned", "redirected"],
            "missing": ["returned", "redirected"],
        }
        what = self.random.choice(likely[unit["line"]])
        if act["consignee"] == self.abroad.party and unit["line"] != "offered" and self.random.random() < 0.5:
            what = "delivered"
        carrier = unit.get("to") or (unit["holder"] if unit["line"] == "stored" else next(iter(act["carriers"]), None))
        signer = {
            "picked_up": carrier,
            "handed_on": unit["holder"],
            "stored": unit["holder"],
            "refused": act["consignee"],
        }
        actor = self.by_party(signer.get(what, act["consignor"]))
        more = self._members_of(what, units, actor)
        done = self.attempt(actor, f"consignment.{what}", consignment=con, **more)
        if done and what == "redirected":
            self.consignments.append(more["into"])

    def _members_of(self, what: str, units: list[str], actor: Actor) -> Members:
        of_units: Members = {"units": units}
        match what:
            case "handed_on":
                return {**of_units, "to": self.anybody().party}
            case "refused":
                return {**of_units, "reason": "other"}
            case "stored":
                return {**of_units, "site": actor.site or self.yard.centre.site}
            case "redirected":
                return {**of_units, "into": self.yard.new_id("con"), "consignee": self.anybody().party}
            case "delivered":
                document = {**MANIFEST, "role": "movement_document"}
                outcomes = self.random.choices(["accepted", "accepted", "refused", "missing"], k=len(units))
                lines = [self._line(unit, outcome) for unit, outcome in zip(units, outcomes, strict=True)]
                return {"lines": lines, "country": "US", "border": {}, "documents": [document]}
        return of_units

    def receive(self) -> None:
        found = self.underway()
        if found is None:
            return
        con, act, units = found
        lines = []
        for unit in units:
            stranded = self.yard.unit(unit)["line"] in ("refused", "missing")
            outcome = "accepted" if stranded else self.random.choice(["accepted", "accepted", "refused", "missing"])
            lines.append(self._line(unit, outcome))
        consignor = self.by_party(act["consignor"])
        outside = [unit for unit in self.held_by(consignor) if unit not in self.inside(con)]
        if outside and self.random.random() < 0.4:
            lines.append(self._line(self.random.choice(outside), "extra"))
        excused: Members = {"exception": {"reason": "carrier_did_not_sign"}} if self.random.random() < 0.7 else {}
        members: Members = {"consignment": con, "basis": "offer", "lines": lines, **excused}
        event = self.attempt(self.by_party(act["consignee"]), "consignment.received", **members)
        if event:
            self.claims += [(event, line["id"]) for line in lines if line["outcome"] == "extra"]

    @staticmethod
    def _line(unit: str, outcome: str) -> Members:
        return {"id": unit, "outcome": outcome, **({"reason": "other"} if outcome == "refused" else {})}

    def claim_by_paper(self) -> None:
        giver, taker = self.anybody(), self.anybody()
        free = [unit for unit in self.held_by(giver) if "consignment" not in self.yard.unit(unit)]
        if not free:
            return
        con, units = self.yard.new_id("con"), self.some(free)
        paper = {"consignor": giver.party, "purpose": "second_life", "form": "manifest", "number": "7"}
        members: Members = {"basis": "paper", "on_paper": paper, "documents": [MANIFEST]}
        lines = [self._line(unit, "accepted") for unit in units]
        event = self.attempt(taker, "consignment.received", consignment=con, lines=lines, **members)
        if event is None:
            return
        self.consignments.append(con)
        self.claims += [(event, unit) for unit in units]
        if self.random.random() < 0.2:
            self.attempt(taker, "consignment.cancelled", consignment=con, units=units)

    def agree(self) -> None:
        if self.claims:
            event, unit = self.random.choice(self.claims[-6:])
            self.attempt(self.by_party(self.yard.unit(unit).get("holder")), "event.agreed", event=event, units=[unit])

    def take_alone(self) -> None:
        basis = self.random.choice(["attested", "emergency", "succession"])
        giver: Members = {} if basis == "succession" else {"giver": {"capacity": "owner"}}
        con, lines = self.yard.new_id("con"), [self._line(unit, "accepted") for unit in self.some(self.units, 2)]
        if self.attempt(self.anybody(), "consignment.received", consignment=con, basis=basis, lines=lines, **giver):
            self.consignments.append(con)

    def live(self) -> None:
        unit = self.random.choice(self.units)
        kind = self.random.choice(["unit.installed", "unit.removed", "unit.removed", "unit.discarded", "unit.disposed"])
        more: Members = {"reason": "other"} if kind in ("unit.removed", "unit.discarded") else {}
        more |= {"method": "other"} if kind == "unit.disposed" else {}
        self.attempt(self.by_party(self.yard.unit(unit).get("holder")), kind, units=[unit], **more)

    def lose_or_find(self) -> None:
        lost = [unit for unit in self.units if "lost" in self.yard.unit(unit)]
        kind = "unit.found" if lost and self.random.random() < 0.6 else "unit.lost"
        unit = self.random.choice(lost if kind == "unit.found" else self.units)
        self.attempt(self.by_party(self.yard.unit(unit).get("holder")), kind, units=[unit])

    def seize(self) -> None:
        order, units = self.yard.new_id("ord"), self.some(self.units, 2)
        issued: Members = {"order": order, "effect": "seizure", "units": units, "act": self.yard.act_of_today()}
        if self.attempt(self.yard.semarnat, "order.issued", **issued):
            self.attempt(self.yard.semarnat, "unit.seized", order=order, units=units)
            self.attempt(self.yard.semarnat, "order.lifted", order=order, units=units)

    def withdraw(self) -> None:
        offered = [unit for unit in self.units if self.yard.unit(unit).get("line") == "offered"]
        value = self.yard.unit(self.random.choice(offered or self.units))
        event, party = parse_step(value["trail"][-1])
        keys = sorted(key for key, other in self.yard.state.items() if other.get("head") == event)
        subjects = [{"key": key} for key in keys if key.startswith(("unit/", "act/"))]
        self.attempt(self.by_party(party), "event.annulled", event=event, subjects=subjects, reason="other")

    def merge_ids(self) -> None:
        actor = self.anybody()
        held = self.held_by(actor)
        if len(held) > 1:
            unit, duplicate = self.random.sample(held, k=2)
            self.attempt(actor, "unit.matched", unit=unit, duplicate=duplicate)

    def end_party(self) -> None:
        if len(self.ended) < 2 and self.random.random() < 0.2:
            actor = self.anybody()
            heir = {"successor": self.anybody().party} if self.random.random() < 0.6 else {}
            if self.attempt(self.yard.operator, "party.closed", closed=actor.party, reason="merger", **heir):
                self.ended.add(actor.party)
