"""The stories of the demonstration: how packs live, and how collection centres go about their work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from certification.ceremony import Members
from cli.demo.catalogue import Model, Role, load_models
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links
from labels.symbol import encode_symbol, render_png

SHIPMENT_PACKS_MAX = 8
ORIGINAL_BACK_DAYS = (4, 9)
"""From the reception on: at once, as policy measures it (RLGPGIR 86 III)."""


@dataclass(slots=True)
class Pack:
    """What its present holder knows of a pack; ``hazardous``: determined to be hazardous waste."""

    unit: str
    model: Model
    condition: str = "sound"
    hazardous: bool = False


@dataclass(slots=True)
class Yards:
    """What stands where: waste packs, by holder."""

    packs: dict[str, list[Pack]] = field(default_factory=dict)

    def at(self, party: DemoParty) -> list[Pack]:
        """The waste packs that the party holds."""
        return self.packs.setdefault(party.actor.key, [])


@dataclass(slots=True)
class Stories:
    """All stories share the world, its yards and the chance that drives them.

    Attributes:
        scans: documents that their statements cite: who deposited each, and its bytes, by digest.
        manifests: how many manifests each party has numbered.
    """

    world: World
    end: int
    yards: Yards = field(default_factory=Yards)
    told: dict[str, int] = field(default_factory=dict)
    scans: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    manifests: Counter[str] = field(default_factory=Counter)

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
        """Schedule shipments of new packs over the first years, and the routine of the centres to the end."""
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
        world.say(
            operator,
            "unit.repurposed",
            site=operator.site,
            units=[link(pack.unit)],
            application="stationary",
            test_summary=sha256(pack.unit.encode()).hexdigest(),
        )
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
        self.determine(workshop, pack)
        yield self.later(2, 60)
        centre = self.pick(Role.COLLECTION_CENTRE)
        self.look_over(workshop, [pack])
        yield from self.consign(workshop, centre, [pack.unit], "waste_rp" if pack.hazardous else "waste_rme")
        if pack.hazardous:
            world.say(centre, "unit.labelled", units=[pack.unit], label="waste")
        world.say(centre, "unit.stored", site=centre.site, units=[link(pack.unit)])
        self.yards.at(centre).append(pack)

    def determine(self, holder: DemoParty, pack: Pack) -> None:
        """Damaged packs are hazardous, as their holder declares under oath; the others are not."""
        pack.hazardous = pack.condition == "damaged"
        self.world.say(
            holder,
            "unit.classified",
            units=[link(pack.unit)],
            waste_class="RP" if pack.hazardous else "RME",
            waste_codes=["R", "I"] if pack.hazardous else [],
            characteristics=["R", "I"] if pack.hazardous else [],
            method="knowledge",
            under_oath=True,
        )

    def look_over(self, holder: DemoParty, packs: list[Pack]) -> None:
        """Before damaged packs travel, somebody has looked at them lately (SP 376)."""
        damaged = [pack.unit for pack in packs if pack.condition == "damaged"]
        if damaged:
            self.world.say(holder, "unit.assessed", units=damaged, method="visual inspection", condition="damaged")

    def waste_packs(self, holder: DemoParty, count: int, *, hazardous: bool = False) -> list[Pack]:
        """Packs from an older record, waste in the holder's hands, and determined."""
        world = self.world
        model = world.rng.choice(load_models())
        condition = "damaged" if hazardous else "sound"
        packs = [Pack(world.new_tag_id(), model, condition) for _ in range(count)]
        world.say(
            holder,
            "unit.registered",
            site=holder.site,
            units=links([pack.unit for pack in packs]),
            description=self.description(model),
            basis="legacy_record",
            stage="waste",
        )
        for pack in packs:
            self.determine(holder, pack)
        self.look_over(holder, packs)
        return packs

    def issue_manifest(self, consignor: DemoParty, consignment: str) -> Members:
        """The consignor prints the manifest under its next number; what later statements say of this paper."""
        self.manifests[consignor.party] += 1
        number = f"{self.manifests[consignor.party]:04d}"
        paper: Members = {"consignment": consignment, "form": "manifest", "number": number}
        self.world.say(consignor, "paper.issued", **paper)
        return paper

    def scan_manifest(self, consignee: DemoParty, paper: Members) -> None:
        """The consignee photographs the manifest, which all three have signed in ink."""
        scan = self.scan(consignee, f"manifest {paper['number']}")
        signed_by = ["consignor", "carrier", "consignee"]
        self.world.say(consignee, "paper.scanned", **paper, signed_by=signed_by, documents=[scan])

    def original_comes_back(self, consignor: DemoParty, paper: Members) -> Story:
        """The consignor has the original back, signed by all (RLGPGIR 86 IV)."""
        self.world.say(consignor, "paper.returned", **paper)
        yield from ()

    def scan(self, party: DemoParty, text: str, role: str = "manifest") -> Members:
        """A picture that stands for the paper; its bytes are to lie beside the log."""
        picture = render_png(encode_symbol(f"{text} {self.world.rng.randbytes(8).hex()}"), module_mm=0.375, dpi=203)
        digest = sha256(picture).hexdigest()
        self.scans[digest] = (party.party, picture)
        return {"digest": digest, "bytes": len(picture), "media_type": "image/png", "role": role}

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
        original_back: bool = True,
    ) -> Iterator[int]:
        """Two signatures and a carrier's between them; lines may be refused, and then go back.

        Hazardous waste takes its manifest along, whose original comes back unless it is said not to.
        """
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
        manifest = self.issue_manifest(consignor, consignment) if purpose == "waste_rp" else None
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
        if manifest is not None:
            self.scan_manifest(consignee, manifest)
            if original_back:
                world.start(self.original_comes_back(consignor, manifest), self.later(*ORIGINAL_BACK_DAYS))
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
        """Every few weeks the centre sends what it has to a recycler, one pack alone if the clock runs; it counts."""
        world = self.world
        visits = 0
        while world.now < self.end:
            stock = self.yards.at(centre)
            if len(stock) >= 3 or any(pack.hazardous for pack in stock):
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
        hazardous = [pack for pack in load if pack.hazardous]
        others = [pack for pack in load if not pack.hazardous]
        for purpose, packs in (("waste_rp", hazardous), ("waste_rme", others)):
            if not packs:
                continue
            self.look_over(centre, packs)
            first = "partly refused" not in self.told
            may_refuse = purpose == "waste_rme" and len(packs) > 2
            refused = {packs[0].unit} if may_refuse and (first or world.rng.random() < 0.08) else set()
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
