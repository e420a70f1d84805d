"""What is injected: for every fate one story, for every yard that cheats a habit, and the truth about each noted."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from certification.ceremony import Members
from cli.demo.catalogue import Role
from cli.demo.world import DAY_S, DemoParty, Story, link
from cli.simulate.lives import Lives, Pack
from cli.simulate.nation import LAPSE_DAYS, LAPSED, SMALL, centres
from cli.simulate.noise import HOUR_S
from cli.simulate.roads import NEVER, scan_of, spot_of
from cli.simulate.truth import FAULTS, Truth
from cli.simulate.yards import Yards
from compliance.anomalies.movements import great_circle_km
from ledger.domain.values import format_instant

_PHANTOM_KM_MIN = 200
_PHANTOM_KMH = (90, 500)
_CREATED_PERMILLE = (4, 18)
_DRIFT_PPM = (-12_000, -6_000)
_OF_CENTRES_DRIFT = 5
"""One of so many centres has a scale that drifts."""
_BATCH_PERMILLE = 150
_HURRIED_PERMILLE = 250
_HURRIED_PACKS_MIN = 5
_WISE_PERMILLE = 150
NOT_OF_PACKS = frozenset({"scale-drift", "mass-created", "double-claim", "hurried-processing", "ghost-reception"})


def draw_fates(rng: Random, units: int) -> list[str]:
    """A fate for each of so many packs, the empty one for most; of each kind its share, and two at least."""
    fates = [""] * units
    wanted = [kind for kind in FAULTS.values() if kind.name not in NOT_OF_PACKS]
    drawn = [kind.name for kind in wanted for _ in range(max(2, units * kind.permille // 1000))]
    fates[: len(drawn)] = drawn[:units]
    rng.shuffle(fates)
    return fates


class Faults:
    """The stories of faults over the lives and yards of a nation; each tells ``truth`` what it did."""

    def __init__(self, lives: Lives, yards: Yards, truth: Truth) -> None:
        self.lives = lives
        self.yards = yards
        self.truth = truth
        self.world = lives.world
        self._stored_late: set[str] = set()
        lives.at_workshop |= {
            "late-storage": self.late_storage,
            "unreturned-original": self.unreturned_original,
            "late-original": self.late_original,
            "expired-carrier": self.expired_carrier,
            "unsigned-carrier": self.unsigned_carrier,
            "missing-pack": self.missing_pack,
            "two-places": self.two_places,
            "forked-history": self.forked_history,
            "backdating": self.backdating,
            "capacity-fraud": self.capacity_fraud,
            "stolen-pack": self.stolen_pack,
            "declassified": self.declassified,
            "phantom-trip": self.phantom_trip,
            "incineration": self.incineration,
            "missing-label": self.missing_label,
        }
        lives.at_centre |= {"skimmed-pack": self.skimmed_pack, "relabelled-pack": self.relabelled_pack}
        yards.shown = self.swap_tags
        yards.hurries = self.hurry
        yards.created_g = self.create_mass
        yards.claimed = self.claim_again
        yards.dismantled = self.after_use

    def begin(self, units: int) -> None:
        """Let scales drift, and schedule receptions of packs that never were."""
        world, rng = self.world, self.world.rng
        for centre in rng.sample(centres(world), max(2, len(centres(world)) // _OF_CENTRES_DRIFT)):
            self.lives.drift[centre.party] = (world.now + 120 * DAY_S, rng.uniform(*_DRIFT_PPM) / 1_000_000)
            self.truth.inject("scale-drift", world.now + 120 * DAY_S, centre.party)
        culprits = world.of_role(Role.RECYCLER)[: max(1, len(world.of_role(Role.RECYCLER)) // 3)]
        for n in range(max(6 * len(culprits), units * FAULTS["ghost-reception"].permille // 1000)):
            at = rng.randrange(world.now + 60 * DAY_S, max(self.lives.end - 60 * DAY_S, world.now + 90 * DAY_S))
            world.start(self.ghost(culprits[n % len(culprits)]), at)

    def _left_days(self) -> int:
        return (self.lives.end - self.world.now) // DAY_S

    def _inject(self, fault: str, *subjects: str, echoes: tuple[str, ...] = ()) -> None:
        self.truth.inject(fault, self.world.now, *subjects, echoes=echoes)

    def late_storage(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It stands in the store for longer than the law allows."""
        if self._left_days() > 195:
            self._inject("late-storage", pack.unit)
            self._stored_late.add(pack.unit)
            yield self.lives.later(200, 300)
        yield from self.lives.to_centre(workshop, pack)

    def unreturned_original(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """The signed manifest never comes back."""
        yield from self._with_original(workshop, pack, "unreturned-original", NEVER)

    def late_original(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """The signed manifest comes back weeks after its day."""
        yield from self._with_original(workshop, pack, "late-original", self.world.rng.randint(72, 110))

    def _with_original(self, workshop: DemoParty, pack: Pack, fault: str, days: int) -> Iterator[int]:
        centre = self.world.rng.choice(centres(self.world))
        in_time = self._left_days() > 125
        original_days = days if in_time else None
        consignment = yield from self.lives.roads.carry(workshop, centre, [pack], original_days=original_days)
        if in_time:
            self._inject(fault, consignment, echoes=("original-not-back",))
        yield from self.lives.arrive(centre, pack)

    def expired_carrier(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """A carrier whose permit has lapsed drives all the same; the centre enters its paper later."""
        world = self.world
        carrier, centre = world.parties[LAPSED], world.rng.choice(centres(world))
        yield max(world.now, self.lapsed_at()) + world.rng.randrange(DAY_S)
        handed_over = world.now
        yield world.now + 30 * HOUR_S
        consignment, number = world.new_id("con"), f"RME-{world.rng.randrange(1, 10_000):04d}"
        self._inject("expired-carrier", consignment, echoes=("entered-from-paper",))
        received = world.say(
            centre,
            "consignment.received",
            consignment=consignment,
            prev=None,
            site=centre.site,
            basis="paper",
            on_paper={
                "consignor": workshop.party,
                "carriers": [carrier.party],
                "purpose": "waste_rme",
                "form": "rme_transport",
                "number": number,
                "picked_up_at": format_instant(handed_over),
            },
            lines=[link(pack.unit, outcome="accepted")],
            documents=[scan_of(f"{number} {consignment}")],
        )
        yield self.lives.later(1, 2)
        world.say(workshop, "event.agreed", event=received, units=[link(pack.unit)])
        yield self.lives.later(0, 1)
        yield from self.lives.arrive(centre, pack)

    def lapsed_at(self) -> int:
        """When the permit of the carrier that lapses has surely ended."""
        return self.lives.began + (LAPSE_DAYS + 2) * DAY_S

    def unsigned_carrier(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """The carrier never signs for what it drives."""
        centre = self.world.rng.choice(centres(self.world))
        consignment = yield from self.lives.roads.carry(workshop, centre, [pack], signed=False)
        self._inject("unsigned-carrier", consignment)
        yield from self.lives.arrive(centre, pack)

    def missing_pack(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It leaves and does not arrive."""
        centre = self.world.rng.choice(centres(self.world))
        yield from self.lives.roads.carry(workshop, centre, [pack], missing=frozenset({pack.unit}))
        self._inject("missing-pack", pack.unit)

    def two_places(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """A centre counts it in its own store while the workshop has it."""
        world, centre = self.world, self.world.rng.choice(centres(self.world))
        self._inject("two-places", pack.unit)
        world.say(centre, "count.recorded", count=world.new_id("cnt"), site=centre.site, present=[pack.unit])
        yield self.lives.later(1, 3)
        yield from self.lives.to_centre(workshop, pack)

    def forked_history(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """Two devices of a workshop tell two stories of it from the same moment on."""
        world, before = self.world, dict(self.world.heads)
        self._inject("forked-history", pack.unit)
        world.say(workshop, "unit.stored", site=workshop.site, units=[link(pack.unit)])
        lost: Members = {"heads": before, "refused": "conflicting-statement"}
        world.say(workshop, "unit.lost", units=[link(pack.unit)], **lost)
        world.flush()
        yield self.lives.later(1, 3)
        yield from self.lives.to_centre(workshop, pack)

    def backdating(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It is said today that it was put away weeks ago."""
        yield self.lives.later(35, 50)
        at = self.world.now - self.world.rng.randrange(10, 25) * DAY_S
        self._inject("backdating", pack.unit)
        self.world.say(workshop, "unit.stored", at=at, site=workshop.site, units=[link(pack.unit)])
        yield self.lives.later(1, 3)
        yield from self.lives.to_centre(workshop, pack)

    def capacity_fraud(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """A centre takes in more than its permit allows in a year."""
        small = [one for one in self.world.of_role(Role.COLLECTION_CENTRE) if one.actor.key.startswith(SMALL)]
        centre = self.world.rng.choice(small)
        yield from self.lives.roads.carry(workshop, centre, [pack])
        self._inject("capacity-fraud", centre.permits[pack.waste_class])
        self.lives.store(centre, pack)

    def stolen_pack(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It is reported stolen, and a centre takes it in."""
        world, centre = self.world, self.world.rng.choice(centres(self.world))
        world.say(workshop, "unit.stolen", units=[pack.unit])
        yield self.lives.later(4, 20)
        self._inject("stolen-pack", pack.unit, echoes=("one-signature-reception", "incident-not-formalised"))
        world.say(
            centre,
            "consignment.received",
            site=centre.site,
            consignment=world.new_id("con"),
            prev=None,
            basis="emergency",
            giver={"capacity": "owner"},
            exception={"reason": "emergency"},
            lines=[link(pack.unit, outcome="accepted")],
        )
        yield self.lives.later(0, 1)
        self.lives.store(centre, pack)

    def declassified(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """Its holder determines that it is no waste, so that nobody asks for a permit."""
        self._inject("declassified", pack.unit)
        how: Members = {"method": "knowledge", "under_oath": True, "evidence": "ab" * 32}
        self.world.say(workshop, "unit.classified", units=[link(pack.unit)], waste_class="not_waste", **how)
        yield from ()

    def incineration(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It is burnt, nickel and all."""
        site = self.lives.pick(Role.DISPOSAL_SITE)
        yield from self.lives.roads.carry(workshop, site, [pack])
        self._inject("incineration", pack.unit)
        ends: Members = {"method": "incineration", "not_recoverable": "not_feasible"}
        self.world.say(site, "unit.disposed", site=site.site, units=[link(pack.unit)], **ends)

    def missing_label(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """It stood in the workshop's store for days without the label of hazardous waste."""
        self._inject("missing-label", pack.unit)
        yield from self.lives.to_centre(workshop, pack)

    def phantom_trip(self, workshop: DemoParty, pack: Pack) -> Iterator[int]:
        """Both ends sign sooner than anybody drives there; nothing was driven."""
        centre = max(centres(self.world), key=lambda one: _distance_km(workshop, one))
        distance_km = _distance_km(workshop, centre)
        if distance_km < _PHANTOM_KM_MIN:
            yield from self.lives.to_centre(workshop, pack)
            return
        transit_s = round(distance_km / self.world.rng.uniform(*_PHANTOM_KMH) * HOUR_S)
        consignment = yield from self.lives.roads.carry(workshop, centre, [pack], transit_s=transit_s)
        self._inject("phantom-trip", consignment)
        yield from self.lives.arrive(centre, pack)

    def skimmed_pack(self, centre: DemoParty, pack: Pack) -> Iterator[int]:
        """Modules are taken out before it goes on."""
        yield self.lives.later(1, 5)
        pack.true_g = round(pack.true_g * self.world.rng.uniform(0.80, 0.94))
        self.lives.keep(centre, pack)

    def relabelled_pack(self, centre: DemoParty, pack: Pack) -> Iterator[int]:
        """It is lost at one centre, and turns up at another under a new tag, from nobody."""
        world = self.world
        yield self.lives.later(3, 15)
        world.say(centre, "unit.lost", units=[link(pack.unit)])
        yield self.lives.later(4, 70)
        other = world.rng.choice([one for one in centres(world) if one is not centre])
        new = Pack(world.new_tag_id(), pack.model, pack.true_g, "relabelled")
        self._inject("relabelled-pack", new.unit)
        self.lives.take_from_public(other, new, self.lives.weigh(other, new))

    def ghost(self, recycler: DemoParty) -> Story:
        """A pack that never was is taken from nobody; its mass is copied from the label, or made up by who is wiser."""
        pack = self.lives.new_pack(self.world.new_tag_id(), self.lives.some_model(), "ghost")
        self._inject("ghost-reception", pack.unit)
        wise = self._happens(_WISE_PERMILLE)
        self.lives.take_from_public(
            recycler, pack, self.lives.weigh(recycler, pack) if wise else pack.model.pack_mass_g
        )
        yield from ()

    def swap_tags(self, recycler: DemoParty, load: list[Pack]) -> dict[str, int]:
        """Of a load with a pack of this fate and another of another mass, the tags were changed over."""
        for pack in load:
            if pack.fate == "skimmed-pack":
                self._inject("skimmed-pack", pack.unit)
        one = next((pack for pack in load if pack.fate == "swapped-serial"), None)
        others = [pack for pack in load if not pack.fate and one is not None and _differ(pack, one)]
        if one is None or not others:
            return {}
        other = self.world.rng.choice(others)
        one.fate = "swapped"
        other.fate = "swapped"
        self._inject("swapped-serial", one.unit, other.unit, echoes=("weight-discrepancy",))
        return {one.unit: self.lives.weigh(recycler, other), other.unit: self.lives.weigh(recycler, one)}

    def hurry(self, _: DemoParty, today: list[Pack]) -> bool:
        """Packs are taken apart on paper, one every few minutes."""
        if len(today) < _HURRIED_PACKS_MIN or not self._happens(_HURRIED_PERMILLE):
            return False
        self._inject("hurried-processing", *(pack.unit for pack in today))
        return True

    def create_mass(self, batch: str, fed_g: int) -> int:
        """A batch yields more than was fed, but less than the law's tolerance."""
        if not self._happens(_BATCH_PERMILLE):
            return 0
        self._inject("mass-created", batch)
        return fed_g * self.world.rng.randint(*_CREATED_PERMILLE) // 1000 + fed_g * 6 // 1000

    def claim_again(self, lot: str, mass_g: int) -> None:
        """A maker claims what the recycler has claimed."""
        if self._happens(_BATCH_PERMILLE):
            self._inject("double-claim", lot)
            self.yards.claim(self.lives.pick(Role.MANUFACTURER), lot, mass_g)

    def after_use(self, recycler: DemoParty, pack: Pack, lots: list[str]) -> None:
        """What a pack was guilty of goes on in its lots, which are as old; its mass is made up when it is gone."""
        if pack.unit in self._stored_late:
            self.truth.echoes |= {("storage-term-exceeded", lot) for lot in lots}
        if pack.fate == "correction-abuse":
            self.world.start(self._correction(recycler, pack), self.lives.later(10, 30))

    def _correction(self, recycler: DemoParty, pack: Pack) -> Story:
        world, (event, line, was_g) = self.world, pack.reception
        correction = world.say(
            recycler,
            "event.corrected",
            event=event,
            pointer=f"/lines/{line}/mass_g",
            was=was_g,
            now=was_g * 19 // 20,
            reason="weighed_again",
        )
        yield self.lives.later(1, 2)
        self._inject("correction-abuse", pack.unit)
        consignor = next(one for one in world.parties.values() if one.party == self.yards.came_from[pack.unit])
        world.say(consignor, "event.agreed", event=correction)

    def _happens(self, permille: int) -> bool:
        return self.world.rng.randrange(1000) < permille


def _differ(one: Pack, other: Pack) -> bool:
    """Whether scales tell them apart for sure: by more than the tolerance of the law."""
    return abs(one.true_g - other.true_g) * 1000 > 30 * max(one.true_g, other.true_g)


def _distance_km(one: DemoParty, other: DemoParty) -> float:
    return great_circle_km(spot_of(one.actor.place), spot_of(other.actor.place))
