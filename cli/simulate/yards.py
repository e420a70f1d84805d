"""What centres and recyclers do with packs in a simulated nation: loads, counts, parts, batches, products, claims."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.demo.catalogue import CellMaterial, Role, material_masses_g, stream_masses_g
from cli.demo.recycling import Recycling
from cli.demo.world import DAY_S, DemoParty, Story, World, link, links
from cli.simulate.lives import Lives, Pack
from cli.simulate.nation import centres

_LOAD_MIN, _LOAD_MAX = 4, 8
_LOAD_AFTER_S = 45 * DAY_S
"""A truck leaves when it is worth the way, or when a pack has waited for so long."""
_BATCH_LOTS = 5
_BATCH_AFTER_S = 45 * DAY_S
_A_DAY = 6
_GAP_MIN = (50, 130)
_HURRIED_GAP_MIN = (2, 20)
"""Minutes between two packs taken apart, honestly and on paper."""


@dataclass(slots=True)
class CellLot:
    """Cells of one pack, and the mass of each material in them."""

    unit: str
    mass_g: int
    contents_g: dict[str, int]
    at: int


Masses = Callable[[DemoParty, list[Pack]], dict[str, int]]


@dataclass(slots=True)
class Yards:
    """The yards' routines. The three callables are where faults come in; here they do what is lawful.

    Attributes:
        came_from: the party that sent each pack to its recycler.
        shown: what the recycler writes down of some packs instead of what its scale shows.
        hurries: whether this recycler takes the packs of today apart on paper, minutes apart.
        created_g: what more a batch of this mass is made to yield.
        claimed: told of every lot that was claimed.
        dismantled: told of every pack that was taken apart, and of the lots that it became.
    """

    lives: Lives
    world: World = field(init=False)
    cells: dict[str, list[CellLot]] = field(default_factory=dict)
    cases: dict[str, list[str]] = field(default_factory=dict)
    gtin: dict[str, str] = field(default_factory=dict)
    came_from: dict[str, str] = field(default_factory=dict)
    shown: Masses = field(default=lambda _, __: {})
    hurries: Callable[[DemoParty, list[Pack]], bool] = field(default=lambda _, __: False)
    created_g: Callable[[str, int], int] = field(default=lambda _, __: 0)
    claimed: Callable[[str, int], None] = field(default=lambda _, __: None)
    dismantled: Callable[[DemoParty, Pack, list[str]], None] = field(default=lambda _, __, ___: None)

    def __post_init__(self) -> None:
        self.world = self.lives.world

    def begin(self) -> None:
        """Schedule every yard's routine to the end."""
        world = self.world
        for centre in centres(world):
            world.start(self.centre_routine(centre), world.now + 40 * DAY_S)
        for recycler in world.of_role(Role.RECYCLER):
            self.gtin[recycler.party] = f"0750{world.rng.randrange(10**9):09d}"
            world.start(self.recycler_routine(recycler), world.now + 45 * DAY_S)

    def centre_routine(self, centre: DemoParty) -> Story:
        """Every week or two what is worth a truck to a recycler, each class by itself; every season a count."""
        visits = 0
        while True:
            for waste_class in ("RP", "RME"):
                yield from self.send(centre, waste_class)
            visits += 1
            if visits % 9 == 0:
                present = [pack.unit for pack in self.lives.stock_of(centre)]
                count = self.world.new_id("cnt")
                self.world.say(centre, "count.recorded", count=count, site=centre.site, present=present)
            yield self.lives.later(7, 14)

    def send(self, centre: DemoParty, waste_class: str) -> Iterator[int]:
        """What stands in the store of this class, up to a truck of it."""
        stock = self.lives.stock_of(centre)
        load = [pack for pack in stock if pack.waste_class == waste_class][:_LOAD_MAX]
        if not load or (len(load) < _LOAD_MIN and self.world.now - load[0].in_stock_at < _LOAD_AFTER_S):
            return
        self.lives.stock[centre.party] = [pack for pack in stock if pack not in load]
        recycler = self.lives.pick(Role.RECYCLER)
        yield from self.lives.roads.carry(centre, recycler, load, masses_g=self.shown(recycler, load))
        self.came_from |= {pack.unit: centre.party for pack in load}
        self.lives.stock_of(recycler).extend(load)

    def recycler_routine(self, recycler: DemoParty) -> Story:
        """Take apart what has come, shred cells when there are enough, sell what is product."""
        lives, world = self.lives, self.world
        while True:
            today = lives.stock_of(recycler)[:_A_DAY]
            lives.stock[recycler.party] = lives.stock_of(recycler)[_A_DAY:]
            hurried = self.hurries(recycler, today)
            for pack in today:
                yield world.now + 60 * world.rng.randint(*(_HURRIED_GAP_MIN if hurried else _GAP_MIN))
                self.dismantle(recycler, pack)
            cells = self.cells.setdefault(recycler.party, [])
            if len(cells) >= _BATCH_LOTS or (cells and world.now - cells[0].at > _BATCH_AFTER_S):
                self.cells[recycler.party] = []
                yield from self.shred(recycler, cells)
            yield lives.later(1, 1) if lives.stock_of(recycler) else lives.later(2, 6)

    def dismantle(self, recycler: DemoParty, pack: Pack) -> None:
        """Cells and case; the label's mass differs from the true one, which is left unexplained."""
        world, label_g = self.world, pack.model.pack_mass_g
        materials = material_masses_g(pack.model.chemistry, label_g, energy_wh=pack.model.energy_wh)
        contents = {name: mass for name, mass in materials.items() if name in set(CellMaterial)}
        cells_g = sum(contents.values())
        case_g = max(1_000, pack.true_g - cells_g)
        gtin_body = self.gtin[recycler.party]
        cells = CellLot(world.new_lot_id(gtin_body, "loose_cells"), cells_g, contents, world.now)
        case = world.new_lot_id(gtin_body, "case_parts")
        world.say(
            recycler,
            "unit.dismantled",
            site=recycler.site,
            unit=link(pack.unit),
            parts=[
                Recycling.part(cells.unit, pack.model.chemistry.value, "loose_cells", cells_g),
                Recycling.part(case, "unknown", "case_parts", case_g),
            ],
            unexplained_g=label_g - cells_g - case_g,
        )
        self.cells.setdefault(recycler.party, []).append(cells)
        self.cases.setdefault(recycler.party, []).append(case)
        self.dismantled(recycler, pack, [cells.unit, case])

    def shred(self, recycler: DemoParty, cells: list[CellLot]) -> Iterator[int]:
        """Cells in; black mass, metals and plastics out, solvent driven off, a little lost."""
        world, lives = self.world, self.lives
        batch = world.new_id("bch")
        fed_g = sum(lot.mass_g for lot in cells)
        yield lives.later(0, 1)
        world.say(recycler, "batch.opened", site=recycler.site, batch=batch, activity="recycling", process="mechanical")
        fed = [link(lot.unit, mass_g=lot.mass_g, mass_basis="weighed") for lot in cells]
        yield world.now + 3600
        world.say(recycler, "batch.fed", site=recycler.site, batch=batch, prev=..., units=fed)
        streams = stream_masses_g(_sum(cells))
        solvent: dict[str, Any] = {"material": "electrolyte_solvent", "mass_g": streams.pop("electrolyte")}
        yield world.now + 6 * 3600
        world.say(recycler, "batch.stepped", batch=batch, prev=..., step="shredding and drying", emissions=[solvent])
        yield lives.later(1, 3)
        lost_g = lives.noise.loss_g(world.rng, fed_g) - self.created_g(batch, fed_g)
        masses_g = {name: mass for name, mass in streams.items() if mass > 0}
        masses_g["black_mass"] -= lost_g
        lots = {name: world.new_lot_id(self.gtin[recycler.party], name) for name in masses_g}
        world.say(
            recycler,
            "batch.closed",
            site=recycler.site,
            batch=batch,
            prev=...,
            outputs=[{"id": lots[name], "material": name, "mass_g": mass} for name, mass in masses_g.items()],
            stock_g=0,
            unexplained_g=lost_g,
        )
        yield lives.later(1, 10)
        self.sell(recycler, [*lots.values()], lots["black_mass"], masses_g["black_mass"])

    def sell(self, recycler: DemoParty, lots: list[str], black_mass: str, black_mass_g: int) -> None:
        """What meets its specification stops being waste; the black mass is claimed once."""
        world = self.world
        cases, self.cases[recycler.party] = self.cases.get(recycler.party, []), []
        released = links([*lots, *cases])
        specification = "scrap and black mass"
        world.say(
            recycler,
            "product.released",
            site=recycler.site,
            release=world.new_id("rel"),
            units=released,
            specification=specification,
        )
        self.claim(recycler, black_mass, black_mass_g)
        self.claimed(black_mass, black_mass_g)

    def claim(self, party: DemoParty, lot: str, mass_g: int) -> None:
        """The lot counts as recycled content for whoever claims it."""
        units = [{"id": lot, "mass_g": mass_g}]
        self.world.say(party, "claim.made", claim=self.world.new_id("clm"), scheme="recycled-content", units=units)


def _sum(cells: list[CellLot]) -> dict[str, int]:
    total: dict[str, int] = {}
    for lot in cells:
        for name, mass_g in lot.contents_g.items():
            total[name] = total.get(name, 0) + mass_g
    return total
