"""What becomes of waste packs in the demonstration: parts, black mass, salts and a residue, with books that close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.demo.catalogue import (
    CellMaterial,
    Role,
    load_salts,
    material_masses_g,
    salt_mass_g,
    stream_masses_g,
)
from cli.demo.lives import Pack, Stories
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links

RECOVERY_PERMILLE = 950
"""Share of a metal that the refinery recovers as salt."""


@dataclass(slots=True)
class Lot:
    """A lot, the mass of each material in it, and whether what it was made of was hazardous."""

    unit: str
    material: str
    mass_g: int
    contents_g: dict[str, int] = field(default_factory=dict)
    hazardous: bool = False


class Recycling:
    """The recyclers' work to the end: what they take from the yards, and the lots that they hold."""

    def __init__(self, stories: Stories) -> None:
        self.stories = stories
        self.world: World = stories.world
        self.cells: dict[str, list[Lot]] = {}
        self.black_mass: dict[str, list[Lot]] = {}
        self.scrap: dict[str, list[str]] = {}

    def begin(self) -> None:
        """Schedule the routine of every recycler, and the refinery's."""
        for recycler in self.world.of_role(Role.RECYCLER):
            self.world.start(self.recycler_routine(recycler), self.world.now + 430 * DAY_S)
        self.world.start(self.refinery_routine(), self.world.now + 500 * DAY_S)

    def recycler_routine(self, recycler: DemoParty) -> Story:
        """Dismantle what came in; when there are cells enough, or hazardous ones, shred them into black mass."""
        world = self.world
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        while world.now < self.stories.end:
            stock = self.stories.yards.at(recycler)
            self.stories.yards.packs[recycler.actor.key] = []
            for pack in stock:
                self.dismantle(recycler, pack, gtin_body)
                yield world.now + HOUR_S
            cells = self.cells.setdefault(recycler.actor.key, [])
            if len(cells) >= 5 or any(lot.hazardous for lot in cells):
                self.cells[recycler.actor.key] = []
                yield from self.shred(recycler, cells, gtin_body)
            self.release_scrap(recycler)
            yield self.stories.later(25, 45)

    def dismantle(self, recycler: DemoParty, pack: Pack, gtin_body: str) -> None:
        """A pack becomes a lot of cells and a lot of case parts; the scale leaves a little unexplained."""
        world = self.world
        materials = material_masses_g(pack.model.chemistry, pack.model.pack_mass_g, energy_wh=pack.model.energy_wh)
        cells = {name: mass for name, mass in materials.items() if name in set(CellMaterial)}
        unexplained = world.rng.randint(0, 400)
        cells_g = sum(cells.values())
        case_g = pack.model.pack_mass_g - cells_g - unexplained
        cell_lot = Lot(world.new_lot_id(gtin_body, "loose_cells"), "loose_cells", cells_g, cells, pack.hazardous)
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
        self.cells.setdefault(recycler.actor.key, []).append(cell_lot)
        self.scrap.setdefault(recycler.actor.key, []).append(case_lot)
        self.stories.tell("dismantled")

    def release_scrap(self, recycler: DemoParty) -> None:
        """Case parts, metals and plastics that are clean are products, and wait for their buyers (RLGPGIR 80)."""
        if units := self.scrap.pop(recycler.actor.key, []):
            release: dict[str, Any] = {"release": self.world.new_id("rel"), "specification": "clean scrap"}
            self.world.say(recycler, "product.released", units=links(units), **release)

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
        yield self.stories.later(1, 3)
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
        black = Lot(lots.pop("black_mass"), "black_mass", mass, metals, any(lot.hazardous for lot in cells))
        self.scrap.setdefault(recycler.actor.key, []).extend(lots.values())
        self.black_mass.setdefault(recycler.actor.key, []).append(black)
        self.stories.tell("shredded")

    def refinery_routine(self) -> Story:
        """The second recycler also refines: it buys the other's black mass and makes salts of both."""
        world = self.world
        supplier, refinery = world.of_role(Role.RECYCLER)
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        while world.now < self.stories.end:
            bought = self.black_mass.pop(supplier.actor.key, [])
            for purpose, is_hazardous in (("waste_rp", True), ("waste_rme", False)):
                if units := [lot.unit for lot in bought if lot.hazardous is is_hazardous]:
                    yield from self.stories.consign(supplier, refinery, units, purpose)
            lots = [*bought, *self.black_mass.pop(refinery.actor.key, [])]
            if lots:
                yield from self.refine(refinery, lots, gtin_body)
            yield self.stories.later(80, 110)

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
        yield self.stories.later(1, 4)
        world.say(
            refinery,
            "batch.stepped",
            batch=batch,
            prev=...,
            step="leaching and precipitation",
            additions=[{"material": "sulphuric_acid_and_water", "mass_g": reagents_g}],
        )
        yield self.stories.later(2, 8)
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
        self.stories.tell("refined")
        if salts:
            yield from self.sell_salts(refinery, {name: units[name] for name in salts}, salts)
        yield from self.dispose(refinery, Lot(units["leach_residue"], "leach_residue", residue_g))

    def sell_salts(self, refinery: DemoParty, units: dict[str, str], salts: dict[str, int]) -> Iterator[int]:
        """Salts that meet their specification stop being waste, are claimed once, and go back to a maker."""
        world = self.world
        yield self.stories.later(2, 10)
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
        maker = self.stories.pick(Role.MANUFACTURER)
        yield from self.stories.consign(refinery, maker, list(units.values()), "new_product")

    def dispose(self, refinery: DemoParty, residue: Lot) -> Iterator[int]:
        """What is left goes to the confinement and ends there."""
        world = self.world
        site = self.stories.pick(Role.DISPOSAL_SITE)
        determined: dict[str, Any] = {
            "waste_class": "RP",
            "waste_codes": ["Te"],
            "characteristics": ["Te"],
            "method": "crit_test",
        }
        world.say(refinery, "unit.classified", units=[link(residue.unit)], **determined)
        yield from self.stories.consign(refinery, site, [residue.unit], "waste_rp")
        yield self.stories.later(1, 5)
        ended: dict[str, Any] = {"method": "confinement", "not_recoverable": "not_feasible"}
        world.say(site, "unit.disposed", site=site.site, units=[link(residue.unit)], **ended)
        self.stories.tell("disposed")


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
