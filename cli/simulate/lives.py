"""How packs live in a simulated nation: from the maker to the collection centre, lawfully and with honest noise.

A pack with a fate leaves the lawful way at a workshop or at a centre: who injects faults puts a story for each fate
into ``at_workshop`` and ``at_centre``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate

from certification.ceremony import Members
from cli.demo.catalogue import Model, Role, load_models
from cli.demo.lives import Stories
from cli.demo.world import DAY_S, DemoParty, Story, World, link, links
from cli.simulate.nation import centres
from cli.simulate.noise import HOUR_S, Noise, mistyped_g
from cli.simulate.roads import Roads
from compliance.requirements.rules.disposal import TOXIC_METALS

_MODELS = 12
_ASSESSMENT_S = 25 * DAY_S
"""An assessment of a damaged pack is renewed when it is older: it must not be a month old on the road."""


@dataclass(slots=True)
class Pack:
    """A pack, and what only the simulation knows of it: its true mass and its fate."""

    unit: str
    model: Model
    true_g: int
    fate: str = ""
    condition: str = "sound"
    assessed_at: int = 0
    in_stock_at: int = 0
    reception: tuple[str, int, int] = ("", 0, 0)
    """Event, line and mass of its newest weighed reception."""

    @property
    def waste_class(self) -> str:
        """As which waste its holders determine it."""
        return "RME" if self.condition == "sound" else "RP"


Fate = Callable[[DemoParty, Pack], Iterator[int]]


@dataclass(slots=True)
class Lives:
    """The packs' stories. ``drift`` says from when on a party's scale is off, and by which share."""

    world: World
    noise: Noise
    end: int
    began: int = field(init=False)
    roads: Roads = field(init=False)
    stock: dict[str, list[Pack]] = field(default_factory=dict)
    calibration: dict[str, float] = field(default_factory=dict)
    drift: dict[str, tuple[int, float]] = field(default_factory=dict)
    at_workshop: dict[str, Fate] = field(default_factory=dict)
    at_centre: dict[str, Fate] = field(default_factory=dict)
    models: list[Model] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.world.rng
        self.began = self.world.now
        toxic = rng.choice([model for model in load_models() if model.chemistry in TOXIC_METALS])
        self.models = [*rng.sample(load_models(), _MODELS), toxic]
        self.roads = Roads(self)
        for party in self.world.parties.values():
            self.calibration[party.party] = self.noise.calibration(rng)

    def begin(self, fates: list[str]) -> None:
        """Schedule the births of one new pack for each fate; the empty one is the lawful life."""
        rng, world = self.world.rng, self.world
        left = list(fates)
        latest = max(self.end - 240 * DAY_S, world.now + 20 * DAY_S)
        while left:
            size = min(rng.randint(3, 6), len(left))
            lot, left = left[:size], left[size:]
            world.start(self.new_packs(lot), rng.randrange(world.now + 10 * DAY_S, latest))

    def later(self, days_min: int, days_max: int) -> int:
        """A time in working hours, some days from now."""
        days = self.world.rng.randint(days_min, days_max)
        midnight = self.world.now - self.world.now % DAY_S
        return max(self.world.now, midnight + days * DAY_S + self.world.rng.randrange(14 * HOUR_S, 23 * HOUR_S))

    def pick(self, *roles: Role) -> DemoParty:
        """One of the parties with the role."""
        return self.world.rng.choice(self.world.of_role(*roles))

    def some_model(self, *, toxic: bool = False) -> Model:
        """Some models sell much more than others: the n-th, one n-th of the first; or only those with toxic metals."""
        models = [model for model in self.models if not toxic or model.chemistry in TOXIC_METALS]
        rates = [1 / (n + 1) for n in range(len(models))]
        return self.world.rng.choices(models, cum_weights=[*accumulate(rates)])[0]

    def new_pack(self, unit: str, model: Model, fate: str = "") -> Pack:
        """A pack whose true mass scatters around its label."""
        return Pack(unit, model, self.noise.true_mass_g(self.world.rng, model.pack_mass_g), fate)

    def new_packs(self, fates: list[str]) -> Story:
        """Some packs of one model are made or imported, labelled, and put on the market together."""
        world, model = self.world, self.some_model(toxic="incineration" in fates)
        maker = self.pick(Role.MANUFACTURER, Role.IMPORTER)
        imported = maker.actor.role is Role.IMPORTER
        gtin_body = f"0750{world.rng.randrange(10**9):09d}"
        packs = [self.new_pack(world.new_pack_id(gtin_body), model, fate) for fate in fates]
        units = [pack.unit for pack in packs]
        pedimento: Members = {"pedimento": f"22 {world.rng.randrange(10, 99)} 3108 {world.rng.randrange(10**7):07d}"}
        world.say(
            maker,
            "unit.imported" if imported else "unit.produced",
            site=maker.site,
            units=links(units),
            description=Stories.description(model),
            **(pedimento if imported else {}),
        )
        yield self.later(1, 3)
        world.say(maker, "unit.labelled", units=units, label="pack-identity")
        yield self.later(2, 10)
        world.say(maker, "unit.placed_on_market", units=links(units))
        for pack in packs:
            world.start(self.life(maker, pack), self.later(1, 20))

    def life(self, maker: DemoParty, pack: Pack) -> Story:
        """In use, out of use, discarded, and on its way."""
        world = self.world
        world.say(maker, "unit.installed", units=[link(pack.unit)], application="vehicle")
        longest = max(40, (self.end - world.now) // DAY_S - 160)
        yield self.later(30, min(longest, 1500))
        workshop = self.pick(Role.WORKSHOP)
        # waste of special handling is what most fates are about; hazardous, those that hang on its clocks
        if pack.fate in RP_FATES or (not pack.fate and self.noise.happens(world.rng, self.noise.damaged_permille)):
            pack.condition = "damaged"
        reason = "end_of_life" if pack.condition == "sound" else "accident"
        world.say(workshop, "unit.removed", site=workshop.site, units=[link(pack.unit)], reason=reason)
        yield self.later(0, 3)
        self.assess(workshop, pack)
        yield self.later(0, 2)
        self.discard(workshop, pack)
        yield self.later(2, 20)
        yield from self.at_workshop.get(pack.fate, self.to_centre)(workshop, pack)

    def assess(self, holder: DemoParty, pack: Pack) -> None:
        """A technician says how it is."""
        health = self.world.rng.randint(450, 780)
        self.world.say(
            holder,
            "unit.assessed",
            units=[pack.unit],
            method="capacity test",
            condition=pack.condition,
            state_of_health_permille=health,
            remaining_energy_wh=pack.model.energy_wh * health // 1000,
        )
        pack.assessed_at = self.world.now

    def discard(self, workshop: DemoParty, pack: Pack) -> None:
        """The legal birth of waste, its determination, its label, its place."""
        world = self.world
        reason = "end_of_life" if pack.condition == "sound" else "damaged"
        world.say(workshop, "unit.discarded", site=workshop.site, units=[link(pack.unit)], reason=reason)
        self.classify(workshop, pack)
        self.store(workshop, pack)

    def classify(self, holder: DemoParty, pack: Pack) -> None:
        """Hazardous by test, of special handling by knowledge under oath."""
        hazardous = pack.waste_class == "RP"
        how: Members = {"method": "knowledge", "under_oath": True}
        if hazardous:
            how = {"method": "crit_test", "characteristics": ["R", "I"], "waste_codes": ["R", "I"]}
        self.world.say(
            holder,
            "unit.classified",
            units=[link(pack.unit)],
            waste_class=pack.waste_class,
            evidence=sha256(f"determination of {pack.unit}".encode()).hexdigest(),
            **how,
        )

    def store(self, holder: DemoParty, pack: Pack) -> None:
        """Into the store, labelled if it is hazardous: of one fate only at the next holder's."""
        if pack.waste_class == "RP" and (pack.fate != "missing-label" or holder.actor.role is not Role.WORKSHOP):
            self.world.say(holder, "unit.labelled", units=[pack.unit], label="waste")
        self.world.say(holder, "unit.stored", site=holder.site, units=[link(pack.unit)])

    def renew_assessment(self, holder: DemoParty, packs: list[Pack]) -> None:
        """Assess anew what is damaged and was last assessed too long ago to travel."""
        for pack in packs:
            if pack.condition != "sound" and self.world.now - pack.assessed_at > _ASSESSMENT_S:
                self.assess(holder, pack)

    def weigh(self, party: DemoParty, pack: Pack) -> int:
        """What the party's scale shows of the pack now."""
        share = self.calibration[party.party]
        since, drift = self.drift.get(party.party, (self.end, 0.0))
        if self.world.now >= since:
            share += drift
        return self.noise.reading_g(self.world.rng, pack.true_g, share)

    def to_centre(
        self, workshop: DemoParty, pack: Pack, centre: DemoParty | None = None, transit_s: int | None = None
    ) -> Iterator[int]:
        """The lawful way to a collection centre, and into its store."""
        taker = centre or self.world.rng.choice(centres(self.world))
        typing = not pack.fate and self.noise.happens(self.world.rng, self.noise.typing_errors_permille)
        masses_g = {pack.unit: mistyped_g(self.world.rng, pack.model.pack_mass_g)} if typing else None
        yield from self.roads.carry(workshop, taker, [pack], transit_s=transit_s, masses_g=masses_g)
        if typing:
            yield from self._correct(workshop, taker, pack)
        yield from self.arrive(taker, pack)

    def _correct(self, consignor: DemoParty, consignee: DemoParty, pack: Pack) -> Iterator[int]:
        """A typing error is seen within two days, and the other side agrees."""
        world, (event, line, was_g) = self.world, pack.reception
        yield self.later(1, 2)
        now_g = self.weigh(consignee, pack)
        correction = world.say(
            consignee,
            "event.corrected",
            event=event,
            pointer=f"/lines/{line}/mass_g",
            was=was_g,
            now=now_g,
            reason="typing_error",
        )
        yield self.later(1, 2)
        world.say(consignor, "event.agreed", event=correction)
        pack.reception = (event, line, now_g)

    def arrive(self, centre: DemoParty, pack: Pack) -> Iterator[int]:
        """Into the centre's store; now and then it is put where nobody finds it for some days."""
        self.store(centre, pack)
        if pack.fate in self.at_centre:
            yield from self.at_centre[pack.fate](centre, pack)
            return
        if not pack.fate and self.noise.happens(self.world.rng, self.noise.misplaced_permille):
            yield self.later(3, 12)
            self.world.say(centre, "unit.lost", units=[link(pack.unit)])
            yield self.later(1, 2)
            self.world.say(centre, "unit.found", site=centre.site, units=[link(pack.unit)])
        self.keep(centre, pack)

    def keep(self, yard: DemoParty, pack: Pack) -> None:
        """It is in the yard's stock from now on."""
        pack.in_stock_at = self.world.now
        self.stock_of(yard).append(pack)

    def stock_of(self, party: DemoParty) -> list[Pack]:
        """The packs that the party has for its next load, or to take apart."""
        return self.stock.setdefault(party.party, [])

    def take_from_public(self, yard: DemoParty, pack: Pack, shown_g: int) -> None:
        """A pack without a history: registered, determined, and its reception from the owner attested."""
        world = self.world
        world.say(
            yard,
            "unit.registered",
            site=yard.site,
            units=[link(pack.unit)],
            description=Stories.description(pack.model),
            basis="first_seen",
            stage="waste",
        )
        self.classify(yard, pack)
        received = world.say(
            yard,
            "consignment.received",
            site=yard.site,
            consignment=world.new_id("con"),
            prev=None,
            basis="attested",
            giver={"capacity": "owner", "assurance": "one_sided"},
            lines=[link(pack.unit, outcome="accepted", mass_g=shown_g, mass_basis="weighed")],
        )
        pack.reception = (received, 0, shown_g)
        self.store(yard, pack)
        self.keep(yard, pack)


RP_FATES = frozenset({"late-storage", "unreturned-original", "late-original", "incineration", "missing-label"})
"""Fates of hazardous waste: the clocks of the federal law run for it alone."""
