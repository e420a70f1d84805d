"""Statements to record: whole pack lives with hand-overs, signed beforehand by the parties that would sign them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli.demo.catalogue import Role
from cli.demo.ceremony import Ceremony, genesis
from cli.demo.permits import Permits
from cli.demo.world import DemoParty, World, WorldClock, link
from ledger.batch import OnlineKeys, Outcome, Recorded
from ledger.event import parse_event
from ledger.log.note import format_vkey
from ledger.trust import Trust

EVENTS_PER_LIFE = 10


@dataclass(frozen=True, slots=True)
class Workload:
    """A ledger's beginning, and the lives to be recorded in it.

    ``lives`` holds the statements of each pack in order; different packs do not depend on each other.
    """

    genesis: bytes
    beginning: list[bytes]
    lives: list[list[bytes]]

    def streams(self, count: int) -> list[list[bytes]]:
        """The statements dealt out to ``count`` clients, every life whole at one of them."""
        return [[raw for life in self.lives[n::count] for raw in life] for n in range(count)]


def make_workload(lives: int, now: int, online: OnlineKeys, trust: Trust) -> Workload:
    """Sign ``lives`` lives of ten statements each for the log of ``trust``, all of which happened at ``now``."""
    said: list[bytes] = []

    def gather(raws: Sequence[bytes]) -> list[Outcome]:
        said.extend(raws)
        return [Recorded(n, "", b"", now) for n in range(len(raws))]

    world = World(gather, WorldClock(now), random.Random(1), now)
    first, roots, operator = genesis(world, trust.origin, online, [format_vkey(key) for key in trust.checkpoint])
    Ceremony(world, roots, parse_event(first).party, operator).perform()
    Permits(world, operator).transcribe()
    world.flush()
    beginning = said[:]
    told = []
    for _ in range(lives):
        said.clear()
        _live(world)
        world.flush()
        told.append(said[:])
    return Workload(first, beginning, told)


def _live(world: World) -> None:
    maker, workshop = _any(world, Role.IMPORTER), _any(world, Role.WORKSHOP)
    carrier, centre = _any(world, Role.CARRIER), _any(world, Role.COLLECTION_CENTRE)
    unit = world.new_pack_id(f"0750{world.rng.randrange(10**9):09d}")
    description = {"unit_kind": "pack", "chemistry": "NMC622", "mass_g": 435_000, "mass_basis": "nameplate"}
    consignment: dict[str, Any] = {"consignment": world.new_id("con")}
    units = [link(unit)]
    world.say(maker, "unit.imported", units=units, description=description, pedimento="25 24 3108 5000017")
    world.say(maker, "unit.placed_on_market", units=units)
    world.say(maker, "unit.installed", units=units)
    world.say(workshop, "unit.removed", site=workshop.site, units=units, reason="end_of_life")
    world.say(workshop, "unit.assessed", units=[unit], method="capacity test", condition="sound")
    world.say(workshop, "unit.discarded", units=units, reason="end_of_life")
    world.say(workshop, "unit.classified", units=units, waste_class="RME", method="knowledge")
    terms: dict[str, Any] = {
        "purpose": "waste_rme",
        "consignee": centre.party,
        "carriers": [carrier.party],
        "units_total": 1,
    }
    terms["destination"] = centre.site
    world.say(workshop, "consignment.offered", **consignment, prev=None, **terms, units=units)
    world.say(carrier, "consignment.picked_up", **consignment, prev=..., units=units)
    lines = [link(unit, outcome="accepted", mass_g=430_000, mass_basis="weighed")]
    world.say(centre, "consignment.received", **consignment, prev=..., site=centre.site, basis="offer", lines=lines)


def _any(world: World, role: Role) -> DemoParty:
    return world.rng.choice(world.of_role(role))
