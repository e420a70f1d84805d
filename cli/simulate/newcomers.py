"""Packs without a history in a simulated nation, and packs that are lost for good: rare, lawful, and confusing."""

from __future__ import annotations

from hashlib import sha256

from certification.ceremony import Members
from cli.demo.catalogue import Role
from cli.demo.world import DAY_S, DemoParty, Story, link
from cli.simulate.lives import Lives
from cli.simulate.nation import centres

_LOST_PERMILLE = 10


class Newcomers:
    """What happens to yards from outside the ledger."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.world = lives.world

    def begin(self, units: int) -> None:
        """Schedule so many of each, over the whole time."""
        world, rng = self.world, self.world.rng
        last = max(self.lives.end - 60 * DAY_S, world.now + 90 * DAY_S)
        for _ in range(units * self.lives.noise.first_seen_permille // 1000):
            # owners bring packs to both kinds of yards
            yards = centres(world) if rng.random() < 0.5 else world.of_role(Role.RECYCLER)
            world.start(self.from_public(rng.choice(yards)), rng.randrange(world.now + 60 * DAY_S, last))
        for _ in range(units * _LOST_PERMILLE // 1000):
            world.start(self.lost(rng.choice(centres(world))), rng.randrange(world.now + 90 * DAY_S, last))

    def from_public(self, yard: DemoParty) -> Story:
        """An owner brings a pack that nobody recorded; the yard weighs it."""
        pack = self.lives.new_pack(self.world.new_tag_id(), self.lives.some_model())
        self.lives.take_from_public(yard, pack, self.lives.weigh(yard, pack))
        yield from ()

    def lost(self, centre: DemoParty) -> Story:
        """A pack is nowhere to be found: its holder says so, reports it, and tells the authority the next day."""
        stock = self.lives.stock_of(centre)
        if not stock:
            return
        pack = stock.pop()
        world, incident = self.world, self.world.new_id("inc")
        world.say(centre, "unit.lost", units=[link(pack.unit)])
        world.say(centre, "incident.reported", site=centre.site, units=[pack.unit], incident=incident, nature="loss")
        yield world.now + DAY_S
        filed: Members = {"to": world.parties["semarnat"].party, "digest": sha256(pack.unit.encode()).hexdigest()}
        said: dict[str, Members] = {"incident": {"about": incident}, "loss": {"units": [pack.unit]}}
        for subject, about in said.items():
            filing = world.new_id("fil")
            world.say(centre, "filing.submitted", filing=filing, subject=subject, **about, **filed)
