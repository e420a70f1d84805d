"""The stories of the demonstration: how packs live, and how yards, recyclers and authorities go about their work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.demo.catalogue import (
    CellMaterial,
    Model,
    Role,
    load_models,
    load_salts,
    material_masses_g,
    salt_mass_g,
    stream_masses_g,
)
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links

SHIPMENT_PACKS_MAX = 8
RECOVERY_PERMILLE = 950
"""Share of a metal that the refinery recovers as salt."""


@dataclass(slots=True)
class Pack:
    """What its present holder knows of a pack."""

    unit: str
    model: Model
    condition: str = "sound"


@dataclass(slots=True)
class Lot:
    """A lot and the mass of each material in it."""

    unit: str
    material: str
    mass_g: int
    contents_g: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Yards:
    """What stands where: packs by holder, cell lots and black mass by recycler, and the story's counters."""

    packs: dict[str, list[Pack]] = field(default_factory=dict)
    cells: dict[str, list[Lot]] = field(default_factory=dict)
    black_mass: dict[str, list[Lot]] = field(default_factory=dict)
    residues: list[Lot] = field(default_factory=list)

    def at(self, party: DemoParty) -> list[Pack]:
        """The waste packs that the party holds."""
        return self.packs.setdefault(party.actor.key, [])


@dataclass(slots=True)
class Stories:
    """All stories share the world, its yards and the chance that drives them."""

    world: World
    end: int
    yards: Yards = field(default_factory=Yards)
    told: dict[str, int] = field(default_factory=dict)

    def tell(self, what: str) -> None:
        """Count an episode for the report."""
        self.told[what] = self.told.get(what, 0) + 1

    def later(self, days_min: int, days_max: int) -> int:
        """A time in working hours, some days from now."""
        days = self.world.rng.randint(days_min, days_max)
        midnight = self.world.now - self.world.now % DAY_S
        return midnight + days * DAY_S + self.world.rng.randrange(14 * HOUR_S, 23 * HOUR_S)

    def pick(self, *roles: Role) -> DemoParty:
        """One of the parties with the role."""
        return self.world.rng.choice(self.world.of_role(*roles))

    def begin(self, packs_total: int) -> None:
        """Schedule every story: shipments of new packs over the first years, and the yards' routine to the end."""
        world = self.world
        models = load_models()
        last_birth = self.end - 3 * 365 * DAY_S
        shipped = 0
        while shipped < packs_total:
            size = min(world.rng.randint(3, SHIPMENT_PACKS_MAX), packs_total - shipped)
            at = world.now + world.rng.randrange(30 * DAY_S, last_birth - world.now)
            world.start(self.shipment(world.rng.choice(models), size), at)
            shipped += size
        for centre in world.of_role(Role.COLLECTION_CENTRE):
            world.start(self.centre_routine(centre), world.now + 400 * DAY_S)
            world.start(self.last_count(centre), self.end - 4 * HOUR_S)
        for recycler in world.of_role(Role.RECYCLER):
            world.start(self.recycler_routine(recycler), world.now + 430 * DAY_S)
        world.start(self.refinery_routine(), world.now + 500 * DAY_S)

    def shipment(self, model: Model, size: int) -> Story:
        """Some packs of one model are made or imported, labelled, and put on the market together."""
        world = self.world
        maker = self.pick(Role.MANUFACTURER, Role.IMPORTER)
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        units = [world.new_pack_id(gtin_body) for _ in range(size)]
        imported = maker.actor.role is Role.IMPORTER
        members: dict[str, Any] = {
            "pedimento": f"24 {world.rng.randrange(10, 99)} 3108 {world.rng.randrange(10**7):07d}"
        }
        world.say(
            maker,
            "unit.imported" if imported else "unit.produced",
            site=maker.site,
            units=links(units),
            description=self.description(model),
            **(members if imported else {}),
        )
        yield self.later(1, 5)
        world.say(maker, "unit.labelled", units=units, label="pack-identity")
        yield self.later(5, 40)
        world.say(maker, "unit.placed_on_market", units=links(units))
        for unit in units:
            world.start(self.pack_life(maker, Pack(unit, model)), self.later(10, 120))

    @staticmethod
    def description(model: Model) -> dict[str, Any]:
        """What the maker states of a pack of this model."""
        return {
            "unit_kind": "pack",
            "chemistry": model.chemistry.value,
            "mass_g": model.pack_mass_g,
            "mass_basis": "nameplate" if model.mass_basis.value == "stated" else "estimated",
            "energy_wh": model.energy_wh,
            "maker": model.make,
            "model": model.model,
        }

    def pack_life(self, maker: DemoParty, pack: Pack) -> Story:
        """From the road to the workshop, and where it goes from there."""
        world = self.world
        world.say(maker, "unit.installed", units=[link(pack.unit)], application="vehicle")
        accident = world.rng.random() < 0.08
        yield self.later(200, 900) if accident else self.later(700, 2600)
        workshop = self.pick(Role.WORKSHOP)
        world.say(
            workshop,
            "unit.removed",
            site=workshop.site,
            units=[link(pack.unit)],
            reason="accident" if accident else "end_of_life",
        )
        yield self.later(0, 3)
        health = world.rng.randint(550, 880)
        pack.condition = "damaged" if accident else "sound"
        world.say(
            workshop,
            "unit.assessed",
            units=[pack.unit],
            method="capacity test",
            condition=pack.condition,
            state_of_health_permille=health,
            remaining_energy_wh=pack.model.energy_wh * health // 1000,
        )
        if accident or health < 700:
            yield from self.discard(workshop, pack)
        elif health < 800:
            yield from self.second_life(workshop, pack)
        else:
            yield from self.reuse(workshop, pack)

    def reuse(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """Repaired and back on the road; later it is waste after all, if the years suffice."""
        world = self.world
        world.say(workshop, "unit.repaired", units=[link(pack.unit)], work="module replaced")
        yield self.later(3, 20)
        world.say(workshop, "unit.reused", units=[link(pack.unit)], application="vehicle")
        self.tell("reused")
        yield self.later(700, 1500)
        yield from self.take_out_and_discard(pack)

    def take_out_and_discard(self, pack: Pack) -> Iterator[int]:
        """The second removal is the last."""
        workshop = self.pick(Role.WORKSHOP)
        self.world.say(workshop, "unit.removed", site=workshop.site, units=[link(pack.unit)], reason="end_of_life")
        yield self.later(0, 4)
        yield from self.discard(workshop, pack)

    def second_life(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """Sold to an operator that makes stationary storage of it: no waste, so no permit and no manifest."""
        world = self.world
        operator = self.pick(Role.SECOND_LIFE_OPERATOR)
        yield from self.consign(workshop, operator, [pack.unit], "second_life")
        yield self.later(5, 40)
        world.say(operator, "unit.repurposed", site=operator.site, units=[link(pack.unit)], application="stationary")
        yield self.later(2, 30)
        world.say(operator, "unit.reused", units=[link(pack.unit)], application="stationary")
        self.tell("repurposed")
        yield self.later(1100, 2200)
        yield from self.take_out_and_discard(pack)

    def discard(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """The discard is the legal birth of waste; a determination follows, then the way to a collection centre."""
        world = self.world
        reason = "damaged" if pack.condition == "damaged" else "end_of_life"
        world.say(workshop, "unit.discarded", units=[link(pack.unit)], reason=reason)
        hazardous = pack.condition == "damaged"
        world.say(
            workshop,
            "unit.classified",
            units=[link(pack.unit)],
            waste_class="RP" if hazardous else "RME",
            waste_codes=["R", "I"] if hazardous else [],
            method="knowledge",
        )
        yield self.later(2, 60)
        centre = self.pick(Role.COLLECTION_CENTRE)
        yield from self.consign(workshop, centre, [pack.unit], "waste_rp" if hazardous else "waste_rme")
        world.say(centre, "unit.stored", site=centre.site, units=[link(pack.unit)])
        self.yards.at(centre).append(pack)

    def consign(
        self,
        consignor: DemoParty,
        consignee: DemoParty,
        units: list[str],
        purpose: str,
        *,
        refused: frozenset[str] = frozenset(),
        carriers: int = 1,
        masses_g: dict[str, int] | None = None,
    ) -> Iterator[int]:
        """Two signatures and a carrier's between them; lines may be refused, and then go back."""
        world = self.world
        consignment = world.new_id("con")
        chain = world.rng.sample(world.of_role(Role.CARRIER), carriers)
        world.say(
            consignor,
            "consignment.offered",
            consignment=consignment,
            prev=None,
            purpose=purpose,
            consignee=consignee.party,
            carriers=[carrier.party for carrier in chain],
            destination=consignee.site,
            units=links(units),
            units_total=len(units),
        )
        yield world.now + world.rng.randrange(HOUR_S, 30 * HOUR_S)
        for n, carrier in enumerate(chain):
            world.say(carrier, "consignment.picked_up", consignment=consignment, prev=..., units=links(units))
            yield world.now + world.rng.randrange(2 * HOUR_S, 20 * HOUR_S)
            if n + 1 < len(chain):
                world.say(
                    carrier,
                    "consignment.handed_on",
                    consignment=consignment,
                    prev=...,
                    to=chain[n + 1].party,
                    units=links(units),
                )
        ticket: dict[str, Any] = self.weigh(consignee, masses_g)
        world.say(
            consignee,
            "consignment.received",
            site=consignee.site,
            consignment=consignment,
            prev=...,
            basis="offer",
            lines=[self.line(unit, unit in refused, masses_g) for unit in units],
            **ticket,
        )
        if refused:
            yield world.now + world.rng.randrange(2 * HOUR_S, 30 * HOUR_S)
            back = links(sorted(refused))
            world.say(
                consignor, "consignment.returned", site=consignor.site, consignment=consignment, prev=..., units=back
            )
            self.tell("partly refused")

    @staticmethod
    def line(unit: str, refused: bool, masses_g: dict[str, int] | None) -> dict[str, Any]:
        """What became of one unit at reception."""
        if refused:
            return link(unit, outcome="refused", reason="damaged")
        if masses_g is None:
            return link(unit, outcome="accepted")
        return link(unit, outcome="accepted", mass_g=masses_g[unit], mass_basis="weighed")

    def weigh(self, yard: DemoParty, masses_g: dict[str, int] | None) -> dict[str, str]:
        """Yards weigh trucks: gross minus tare, on a scale that rounds to 20 kg; the reception names the ticket."""
        if masses_g is None:
            return {}
        tare = 8_200_000 + 20_000 * self.world.rng.randrange(40)
        net = -(-sum(masses_g.values()) // 20_000) * 20_000
        ticket = self.world.new_id("tkt")
        self.world.say(yard, "ticket.weighed", ticket=ticket, gross_g=tare + net, tare_g=tare, resolution_g=20_000)
        return {"ticket": ticket}

    def centre_routine(self, centre: DemoParty) -> Story:
        """Every few weeks the centre sends what it has to a recycler; once a year it counts."""
        world = self.world
        visits = 0
        while world.now < self.end:
            stock = self.yards.at(centre)
            if len(stock) >= 3:
                load, self.yards.packs[centre.actor.key] = stock[:10], stock[10:]
                yield from self.send_to_recycler(centre, load)
            visits += 1
            if visits % 9 == 0:
                self.count(centre)
            yield self.later(35, 50)

    def send_to_recycler(self, centre: DemoParty, load: list[Pack]) -> Iterator[int]:
        """Loads are of one class; now and then the recycler refuses one pack at the gate."""
        world = self.world
        recycler = self.pick(Role.RECYCLER)
        damaged = [pack for pack in load if pack.condition == "damaged"]
        sound = [pack for pack in load if pack.condition != "damaged"]
        for purpose, packs in (("waste_rp", damaged), ("waste_rme", sound)):
            if not packs:
                continue
            first = "partly refused" not in self.told
            refused = {packs[0].unit} if len(packs) > 2 and (first or world.rng.random() < 0.08) else set()
            masses = {pack.unit: pack.model.pack_mass_g + 500 * world.rng.randint(-8, 8) for pack in packs}
            yield from self.consign(
                centre,
                recycler,
                [pack.unit for pack in packs],
                purpose,
                refused=frozenset(refused),
                carriers=2 if world.rng.random() < 0.25 else 1,
                masses_g=masses,
            )
            self.yards.at(recycler).extend(pack for pack in packs if pack.unit not in refused)
            self.yards.at(centre).extend(pack for pack in packs if pack.unit in refused)

    def count(self, centre: DemoParty) -> None:
        """A physical count: everything that should be there is."""
        units = [pack.unit for pack in self.yards.at(centre)]
        count = self.world.new_id("cnt")
        self.world.say(centre, "count.recorded", count=count, site=centre.site, present=units)
        self.tell("counted")

    def last_count(self, centre: DemoParty) -> Story:
        """The world's last day: what is there is counted once more."""
        self.count(centre)
        yield from ()

    def recycler_routine(self, recycler: DemoParty) -> Story:
        """Dismantle what came in; when there are cells enough, shred a batch into black mass and metals."""
        world = self.world
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        while world.now < self.end:
            stock = self.yards.at(recycler)
            self.yards.packs[recycler.actor.key] = []
            for pack in stock:
                self.dismantle(recycler, pack, gtin_body)
                yield world.now + HOUR_S
            cells = self.yards.cells.setdefault(recycler.actor.key, [])
            if len(cells) >= 5:
                self.yards.cells[recycler.actor.key] = []
                yield from self.shred(recycler, cells, gtin_body)
            yield self.later(25, 45)

    def dismantle(self, recycler: DemoParty, pack: Pack, gtin_body: str) -> None:
        """A pack becomes a lot of cells and a lot of case parts; the scale leaves a little unexplained."""
        world = self.world
        materials = material_masses_g(pack.model.chemistry, pack.model.pack_mass_g, energy_wh=pack.model.energy_wh)
        cells = {name: mass for name, mass in materials.items() if name in set(CellMaterial)}
        unexplained = world.rng.randint(0, 400)
        cells_g = sum(cells.values())
        case_g = pack.model.pack_mass_g - cells_g - unexplained
        cell_lot = Lot(world.new_lot_id(gtin_body, "loose_cells"), "loose_cells", cells_g, cells)
        case_lot = world.new_lot_id(gtin_body, "case_parts")
        world.say(
            recycler,
            "unit.dismantled",
            site=recycler.site,
            unit=link(pack.unit),
            parts=[
                self.part(cell_lot.unit, pack.model.chemistry.value, "loose_cells", cells_g),
                self.part(case_lot, "unknown", "case_parts", case_g),
            ],
            unexplained_g=unexplained,
        )
        self.yards.cells.setdefault(recycler.actor.key, []).append(cell_lot)
        self.tell("dismantled")

    @staticmethod
    def part(unit: str, chemistry: str, material: str, mass_g: int) -> dict[str, Any]:
        """One part of a dismantled pack."""
        description = {"unit_kind": "lot", "chemistry": chemistry, "mass_g": mass_g, "mass_basis": "weighed"}
        return {"id": unit, "description": {**description, "material": material}}

    def shred(self, recycler: DemoParty, cells: list[Lot], gtin_body: str) -> Iterator[int]:
        """Mechanical recycling: cells in; black mass, copper, aluminium and plastics out; solvent driven off."""
        world = self.world
        contents = _sum_contents(cells)
        streams = stream_masses_g(contents)
        batch = world.new_id("bch")
        world.say(recycler, "batch.opened", site=recycler.site, batch=batch, activity="recycling", process="mechanical")
        yield world.now + HOUR_S
        fed = [link(lot.unit, mass_g=lot.mass_g, mass_basis="weighed") for lot in cells]
        world.say(recycler, "batch.fed", site=recycler.site, batch=batch, prev=..., units=fed)
        yield world.now + 6 * HOUR_S
        solvent = streams.pop("electrolyte")
        world.say(
            recycler,
            "batch.stepped",
            batch=batch,
            prev=...,
            step="shredding and drying",
            emissions=[{"material": "electrolyte_solvent", "mass_g": solvent}],
        )
        yield self.later(1, 3)
        dust = streams["black_mass"] // 400
        outputs = {name: mass for name, mass in streams.items() if mass > 0}
        outputs["black_mass"] -= dust
        lots = {name: world.new_lot_id(gtin_body, name) for name in outputs}
        world.say(
            recycler,
            "batch.closed",
            site=recycler.site,
            batch=batch,
            prev=...,
            outputs=[{"id": lots[name], "material": name, "mass_g": mass} for name, mass in outputs.items()],
            stock_g=0,
            unexplained_g=dust,
        )
        metals = {name: mass for name, mass in contents.items() if name in load_salts()}
        mass = outputs["black_mass"]
        ppm = [{"substance": name, "ppm": metal * 1_000_000 // mass} for name, metal in sorted(metals.items()) if metal]
        world.say(recycler, "batch.assayed", batch=batch, lot=lots["black_mass"], contents=ppm)
        black = Lot(lots["black_mass"], "black_mass", mass, metals)
        self.yards.black_mass.setdefault(recycler.actor.key, []).append(black)
        self.tell("shredded")

    def refinery_routine(self) -> Story:
        """The second recycler also refines: it buys the other's black mass and makes salts of both."""
        world = self.world
        supplier, refinery = world.of_role(Role.RECYCLER)
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        while world.now < self.end:
            bought = self.yards.black_mass.pop(supplier.actor.key, [])
            if bought:
                units = [lot.unit for lot in bought]
                yield from self.consign(supplier, refinery, units, "waste_rme")
            lots = [*bought, *self.yards.black_mass.pop(refinery.actor.key, [])]
            if lots:
                yield from self.refine(refinery, lots, gtin_body)
            yield self.later(80, 110)

    def refine(self, refinery: DemoParty, lots: list[Lot], gtin_body: str) -> Iterator[int]:
        """Hydrometallurgy: black mass and reagents in; salts and a residue out; the books close to the gram."""
        world = self.world
        batch = world.new_id("bch")
        world.say(
            refinery,
            "batch.opened",
            site=refinery.site,
            batch=batch,
            activity="recycling",
            process="hydrometallurgical",
        )
        yield world.now + HOUR_S
        fed_g = sum(lot.mass_g for lot in lots)
        fed = [link(lot.unit, mass_g=lot.mass_g, mass_basis="weighed") for lot in lots]
        world.say(refinery, "batch.fed", site=refinery.site, batch=batch, prev=..., units=fed)
        salts = salt_outputs_g(_sum_contents(lots))
        reagents_g = sum(salts.values()) + fed_g // 2
        yield self.later(1, 4)
        world.say(
            refinery,
            "batch.stepped",
            batch=batch,
            prev=...,
            step="leaching and precipitation",
            additions=[{"material": "sulphuric_acid_and_water", "mass_g": reagents_g}],
        )
        yield self.later(2, 8)
        unexplained = world.rng.randint(-300, 900)
        residue_g = fed_g + reagents_g - sum(salts.values()) - unexplained
        masses = {**salts, "leach_residue": residue_g}
        units = {name: world.new_lot_id(gtin_body, name.replace(" ", "_")) for name in masses}
        world.say(
            refinery,
            "batch.closed",
            site=refinery.site,
            batch=batch,
            prev=...,
            outputs=[{"id": units[name], "material": name, "mass_g": mass} for name, mass in masses.items()],
            stock_g=0,
            unexplained_g=unexplained,
        )
        self.tell("refined")
        if salts:
            yield from self.sell_salts(refinery, {name: units[name] for name in salts}, salts)
        yield from self.dispose(refinery, Lot(units["leach_residue"], "leach_residue", residue_g))

    def sell_salts(self, refinery: DemoParty, units: dict[str, str], salts: dict[str, int]) -> Iterator[int]:
        """Salts that meet their specification stop being waste, are claimed once, and go back to a maker."""
        world = self.world
        yield self.later(2, 10)
        release = world.new_id("rel")
        world.say(
            refinery,
            "product.released",
            release=release,
            units=links(list(units.values())),
            specification="battery grade salts",
        )
        claimed = [{"id": unit, "mass_g": salts[name]} for name, unit in units.items()]
        world.say(refinery, "claim.made", claim=world.new_id("clm"), scheme="recycled-content", units=claimed)
        maker = self.pick(Role.MANUFACTURER)
        yield from self.consign(refinery, maker, list(units.values()), "new_product")

    def dispose(self, refinery: DemoParty, residue: Lot) -> Iterator[int]:
        """What is left goes to the confinement and ends there."""
        world = self.world
        site = self.pick(Role.DISPOSAL_SITE)
        yield from self.consign(refinery, site, [residue.unit], "waste_rp")
        yield self.later(1, 5)
        world.say(site, "unit.disposed", site=site.site, units=[link(residue.unit)], method="confinement")
        self.tell("disposed")


def salt_outputs_g(contents_g: dict[str, int]) -> dict[str, int]:
    """The salts recovered from metals, by name, at the refinery's recovery."""
    salts = {}
    for element, salt in load_salts().items():
        recovered_g = contents_g.get(element, 0) * RECOVERY_PERMILLE // 1000
        if recovered_g > 0:
            salts[salt.salt] = salt_mass_g(element, recovered_g)
    return salts


def _sum_contents(lots: list[Lot]) -> dict[str, int]:
    total: dict[str, int] = {}
    for lot in lots:
        for name, mass_g in lot.contents_g.items():
            total[name] = total.get(name, 0) + mass_g
    return total
