"""What happens once in the demonstration: the cases that a ledger must get right besides the ordinary ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cli.demo.catalogue import Model, Role, load_models
from cli.demo.ceremony import Ceremony
from cli.demo.lives import Pack, Stories
from cli.demo.permits import LEFT_DAYS, WASTE_CLASSES, Permits
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links
from ledger.domain.values import format_instant

FIRST_AFTER_DAYS = 700
NEXT_AFTER_DAYS = 230


class Episodes:
    """Ten episodes, told some months apart."""

    def __init__(self, stories: Stories, ceremony: Ceremony, permits: Permits) -> None:
        self.stories = stories
        self.ceremony = ceremony
        self.permits = permits
        self.world: World = stories.world

    def begin(self) -> None:
        """Schedule every episode."""
        episodes: list[Callable[[], Story]] = [
            self.ministry_joins,
            self.first_seen_pack,
            self.damaged_pack_at_the_gate,
            self.lost_phone,
            self.two_phones,
            self.suspended_permit,
            self.typing_error,
            self.recall_and_theft,
            self.export,
            self.inspection,
        ]
        for n, episode in enumerate(episodes):
            self.world.start(episode(), self.world.now + (FIRST_AFTER_DAYS + NEXT_AFTER_DAYS * n) * DAY_S)
        to_at = self.world.now + LEFT_DAYS * DAY_S
        for holder in self.permits.holders():
            for waste_class in WASTE_CLASSES:
                self.world.start(self.renewal(holder, waste_class, to_at), self.world.now)

    def _waste_pack(self, workshop: DemoParty, model: Model | None = None) -> Pack:
        """A pack from an older record, waste in the workshop's hands."""
        pack = Pack(self.world.new_tag_id(), model or self.world.rng.choice(load_models()))
        self._register(workshop, pack, basis="legacy_record", stage="waste")
        return pack

    def _register(self, party: DemoParty, pack: Pack, **members: Any) -> None:
        self.world.say(
            party,
            "unit.registered",
            site=party.site,
            units=[link(pack.unit)],
            description=self.stories.description(pack.model),
            **members,
        )

    def ministry_joins(self) -> Story:
        """The pilot ends: the authorities confirm the transcribed permits by acts of their own."""
        self.permits.confirm()
        self.stories.tell("permits confirmed by the authorities")
        yield from ()

    def renewal(self, holder: DemoParty, waste_class: str, to_at: int) -> Story:
        """A permit nears its end: the holder asks in time, and the authority renews it."""
        yield from self.permits.renewal(holder, waste_class, to_at)
        self.stories.tell("permit renewed")

    def first_seen_pack(self) -> Story:
        """A tow truck brings a pack that nobody recorded: a reserved tag is bound, the giver is attested."""
        world = self.world
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        tags = [world.new_tag_id() for _ in range(20)]
        world.say(centre, "tag.reserved", tags=tags)
        yield self.stories.later(20, 40)
        pack = Pack(tags[0], world.rng.choice(load_models()))
        self._register(centre, pack, basis="first_seen", stage="waste", condition="damaged")
        world.say(
            centre,
            "consignment.received",
            site=centre.site,
            consignment=world.new_id("con"),
            prev=None,
            basis="attested",
            giver={"capacity": "tow_truck", "assurance": "one_sided"},
            lines=[link(pack.unit, outcome="accepted", condition="damaged")],
        )
        pack.condition = "damaged"
        self.stories.determine(centre, pack)
        self.stories.yards.at(centre).append(pack)
        self.stories.tell("first seen")

    def damaged_pack_at_the_gate(self) -> Story:
        """A workshop's hot pack is taken in without its signature; the finding names the origin, not the yard."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        pack = self._waste_pack(workshop)
        yield self.stories.later(1, 2)
        world.say(
            workshop, "incident.reported", units=[pack.unit], incident=world.new_id("inc"), nature="thermal_event"
        )
        yield world.now + HOUR_S
        world.say(
            centre,
            "consignment.received",
            site=centre.site,
            consignment=world.new_id("con"),
            prev=None,
            basis="emergency",
            giver={"capacity": "party"},
            exception={"reason": "emergency"},
            lines=[link(pack.unit, outcome="accepted", condition="critical")],
        )
        world.say(centre, "unit.discharged", units=[pack.unit], state_of_charge_permille=0)
        pack.condition = "damaged"
        self.stories.determine(centre, pack)
        self.stories.yards.at(centre).append(pack)
        self.stories.tell("emergency reception")

    def lost_phone(self) -> Story:
        """A workshop's second key is revoked: what it signs afterwards is refused."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        phone = world.new_key()
        device = DemoParty(workshop.actor, workshop.party, workshop.site, phone)
        self.ceremony.enrol(workshop, device, ["custody"])
        yield self.stories.later(30, 60)
        pack = self._waste_pack(workshop)
        world.say(
            workshop,
            "key.revoked",
            enrolled_for=workshop.party,
            kid=device.kid,
            prev=...,
            reason="lost",
            suspect_from=format_instant(world.now - 5 * DAY_S),
        )
        yield world.now + 3 * HOUR_S
        world.say(device, "unit.stored", site=workshop.site, units=[link(pack.unit)], refused="key-not-in-force")
        yield world.now + HOUR_S
        world.say(workshop, "unit.stored", site=workshop.site, units=[link(pack.unit)])
        self.stories.tell("revoked key")

    def two_phones(self) -> Story:
        """Two phones of one workshop sign on the same head: the first stands, the second is kept as evidence."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        pack = self._waste_pack(workshop)
        yield world.now + HOUR_S
        before = dict(world.heads)
        world.say(workshop, "unit.stored", site=workshop.site, units=[link(pack.unit)])
        lost = world.say(
            workshop,
            "unit.classified",
            heads=before,
            units=[link(pack.unit)],
            waste_class="RME",
            method="knowledge",
            under_oath=True,
            refused="conflicting-statement",
        )
        world.flush()
        yield world.now + HOUR_S
        world.say(
            workshop,
            "unit.classified",
            units=[link(pack.unit)],
            waste_class="RME",
            method="knowledge",
            under_oath=True,
            restates=lost,
        )
        self.stories.tell("conflict recorded")

    def suspended_permit(self) -> Story:
        """While a centre's permit is suspended an offer to it is refused; reinstated, it goes through."""
        world = self.world
        centre = world.of_role(Role.COLLECTION_CENTRE)[0]
        workshop = self.stories.pick(Role.WORKSHOP)
        pack = self._waste_pack(workshop)
        self.stories.determine(workshop, pack)
        permit = centre.permits["RME"]
        today = format_instant(world.now)[:10]
        self.permits.rule(centre, "RME", "suspended", permit, from_on=today, cause="storage limits")
        world.flush()
        yield world.now + DAY_S
        offer: dict[str, Any] = {
            "purpose": "waste_rme",
            "consignee": centre.party,
            "carriers": [],
            "destination": centre.site,
            "units": [link(pack.unit)],
            "units_total": 1,
        }
        world.say(
            workshop,
            "consignment.offered",
            consignment=world.new_id("con"),
            prev=None,
            **offer,
            refused="authorisation-missing",
        )
        yield world.now + DAY_S
        today = format_instant(world.now)[:10]
        self.permits.rule(centre, "RME", "reinstated", permit, from_on=today, cause="cured")
        world.flush()
        yield world.now + DAY_S
        yield from self.stories.consign(workshop, centre, [pack.unit], "waste_rme")
        self.stories.yards.at(centre).append(pack)
        self.stories.tell("suspended permit")

    def typing_error(self) -> Story:
        """A received mass had a digit too many: the correction takes effect when the consignor agrees."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        recycler = self.stories.pick(Role.RECYCLER)
        pack = self._waste_pack(workshop)
        self.stories.determine(workshop, pack)
        typed = pack.model.pack_mass_g * 10
        yield from self.stories.consign(workshop, recycler, [pack.unit], "waste_rme", masses_g={pack.unit: typed})
        received = world.heads[f"unit/{pack.unit}"]
        yield world.now + 2 * HOUR_S
        correction = world.say(
            recycler,
            "event.corrected",
            event=received,
            pointer="/lines/0/mass_g",
            was=typed,
            now=pack.model.pack_mass_g,
            reason="typing_error",
        )
        yield self.stories.later(1, 2)
        world.say(workshop, "event.agreed", event=correction)
        self.stories.yards.at(recycler).append(pack)
        self.stories.tell("corrected with agreement")

    def recall_and_theft(self) -> Story:
        """A maker recalls what it made; one pack is stolen from the workshop and turns up again."""
        world = self.world
        maker = self.stories.pick(Role.MANUFACTURER)
        pack = Pack(world.new_tag_id(), world.rng.choice(load_models()))
        spare = Pack(world.new_tag_id(), pack.model)
        world.say(
            maker,
            "unit.produced",
            site=maker.site,
            units=links([pack.unit, spare.unit]),
            description=self.stories.description(pack.model),
        )
        yield self.stories.later(1, 3)
        world.say(maker, "unit.recalled", units=[pack.unit, spare.unit], campaign="R-2031-04")
        world.say(maker, "unit.stolen", units=[spare.unit])
        yield self.stories.later(5, 20)
        world.say(maker, "unit.recovered", units=[spare.unit])
        world.say(maker, "unit.repaired", units=links([pack.unit, spare.unit]), work="contactor replaced")
        self.stories.tell("recalled")

    def export(self) -> Story:
        """A pack leaves for a recycler abroad."""
        world = self.world
        workshop = self.stories.pick(Role.WORKSHOP)
        recycler = self.stories.pick(Role.RECYCLER)
        pack = self._waste_pack(workshop)
        self.stories.determine(workshop, pack)
        yield from self.stories.consign(workshop, recycler, [pack.unit], "waste_rme")
        yield self.stories.later(3, 10)
        world.say(
            recycler,
            "unit.exported",
            site=recycler.site,
            units=[link(pack.unit)],
            country="US",
            pedimento="25 24 3108 5000017",
            consent="AOC-000123",
        )
        self.stories.tell("exported")

    def inspection(self) -> Story:
        """The inspectorate visits a centre, counts, seizes one pack by order, and opens and closes a case."""
        world = self.world
        inspectorate = world.parties["profepa"]
        workshop = self.stories.pick(Role.WORKSHOP)
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        pack = self._waste_pack(workshop)
        self.stories.determine(workshop, pack)
        yield from self.stories.consign(workshop, centre, [pack.unit], "waste_rme")
        yield self.stories.later(2, 9)
        today = format_instant(world.now)[:10]
        act = {"oficio": "PFPA/28.2/2C.27.1/0042", "notified_on": today}
        order, case, inspection = world.new_id("ord"), world.new_id("cas"), world.new_id("ins")
        recorded = world.say(
            inspectorate,
            "inspection.recorded",
            inspection=inspection,
            inspected=centre.site,
            order_number="PFPA/28.2/0042",
            acta="c7" * 32,
            counted=12,
            missing=1,
        )
        world.say(inspectorate, "order.issued", order=order, effect="seizure", units=[pack.unit], act=act)
        world.say(inspectorate, "unit.seized", units=[link(pack.unit)], order=order)
        about: dict[str, Any] = {"inspection": inspection, "findings": [f"{recorded}/0"]}
        world.say(inspectorate, "case.opened", case=case, against=centre.party, subject="RLGPGIR 84", **about)
        yield self.stories.later(5, 10)
        world.say(centre, "case.answered", case=case, prev=..., answer="5b" * 32)
        yield self.stories.later(10, 20)
        world.say(inspectorate, "case.closed", case=case, prev=..., outcome="cured")
        world.say(inspectorate, "order.lifted", order=order, prev=..., units=[pack.unit])
        self.stories.tell("inspected and seized")
