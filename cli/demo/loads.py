"""Loads that do not go the ordinary way: paper in ink, scales that differ, a store on the way, another consignee."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from certification.ceremony import Members, party_registered
from cli.demo.catalogue import Role
from cli.demo.lives import ORIGINAL_BACK_DAYS, Pack, Stories
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links
from ledger.domain.values import format_instant
from ledger.event import sign_event

FIRST_AFTER_DAYS = 820
NEXT_AFTER_DAYS = 310
UNSETTLED_DAYS = 70
"""So long before the end two scales differ, and nobody says why."""
_GROSS_G = 14_200_000
_RESOLUTION_G = 20_000


class Loads:
    """Seven loads, some months apart, and one that stays in dispute."""

    def __init__(self, stories: Stories, operator: DemoParty) -> None:
        self.stories = stories
        self.operator = operator
        self.world: World = stories.world

    def begin(self) -> None:
        """Schedule every load."""
        loads: list[Callable[[], Story]] = [
            self.manifest_in_ink,
            self.scales_differ,
            self.store_on_the_way,
            self.gate_is_closed,
            self.entered_from_paper,
            self.returned_abroad,
            self.kept_apart,
        ]
        for n, load in enumerate(loads):
            self.world.start(load(), self.world.now + (FIRST_AFTER_DAYS + NEXT_AFTER_DAYS * n) * DAY_S)
        self.world.start(self.scales_differ(settled=False), self.stories.end - UNSETTLED_DAYS * DAY_S)

    def manifest_in_ink(self) -> Story:
        """Hazardous waste travels with a manifest on paper; its original is back after some days."""
        world = self.world
        workshop, recycler = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        packs, load = self.stories.waste_packs(workshop, 1, hazardous=True), self._new_load()
        carrier = self._offer(load, workshop, recycler, packs, "waste_rp")
        paper = self.stories.issue_manifest(workshop, load["consignment"])
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 9 * HOUR_S
        self._receive(load, recycler, packs)
        self.stories.scan_manifest(recycler, paper)
        yield self.stories.later(*ORIGINAL_BACK_DAYS)
        yield from self.stories.original_comes_back(workshop, paper)
        self.stories.tell("manifest in ink")

    def scales_differ(self, *, settled: bool = True) -> Story:
        """Two scales differ by more than they round; both ends settle it, or neither does."""
        world = self.world
        workshop, centre = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.COLLECTION_CENTRE)
        packs, load = self.stories.waste_packs(workshop, 3), self._new_load()
        carrier = self._offer(load, workshop, centre, packs, "waste_rme")
        net_g = sum(pack.model.pack_mass_g for pack in packs)
        self._weigh(workshop, load, net_g)
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 5 * HOUR_S
        self._weigh(centre, load, net_g * 8 // 10)
        received = self._receive(load, centre, packs)
        if not settled:
            self.stories.tell("scales differ still")
            return
        yield self.stories.later(1, 2)
        for end in (centre, workshop):
            world.say(end, "discrepancy.resolved", **load, event=received, number=0, resolution="scale_error")
        self.stories.tell("scales differ")

    def store_on_the_way(self) -> Story:
        """The carrier puts the packs down at its own site for a night."""
        world = self.world
        workshop, recycler = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        packs, load = self.stories.waste_packs(workshop, 2), self._new_load()
        carrier = self._offer(load, workshop, recycler, packs, "waste_rme")
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 8 * HOUR_S
        self._carry(load, carrier, "stored", packs, site=carrier.site)
        yield world.now + 14 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 6 * HOUR_S
        self._receive(load, recycler, packs)
        self.stories.tell("stored on the way")

    def gate_is_closed(self) -> Story:
        """The consignee has no room: the consignor sends the load on to another, under a consignment of its own."""
        world = self.world
        workshop, other = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        packs, load, onward = self.stories.waste_packs(workshop, 2), self._new_load(), self._new_load()
        carrier = self._offer(load, workshop, centre, packs, "waste_rme")
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 5 * HOUR_S
        self._carry(load, centre, "refused", packs, reason="no_capacity")
        yield world.now + HOUR_S
        into = onward["consignment"]
        terms: Members = {"consignee": other.party, "destination": other.site}
        self._carry(load, workshop, "redirected", packs, into=into, **terms)
        world.heads[f"act/{into}"] = world.heads[f"act/{load['consignment']}"]
        yield world.now + 7 * HOUR_S
        self._receive(onward, other, packs)
        self.stories.tell("redirected")

    def entered_from_paper(self) -> Story:
        """A workshop without a device fills in the paper by hand; the centre enters it, and the workshop agrees."""
        world = self.world
        workshop, centre = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.COLLECTION_CENTRE)
        packs, load = self.stories.waste_packs(workshop, 2), self._new_load()
        handed_over = world.now + HOUR_S
        yield world.now + 5 * DAY_S
        number = f"RME-{world.rng.randrange(1, 400):04d}"
        on_paper: Members = {
            "consignor": workshop.party,
            "purpose": "waste_rme",
            "form": "rme_transport",
            "number": number,
            "picked_up_at": format_instant(handed_over),
        }
        received = world.say(
            centre,
            "consignment.received",
            **load,
            prev=None,
            site=centre.site,
            basis="paper",
            on_paper=on_paper,
            lines=[link(pack.unit, outcome="accepted") for pack in packs],
            documents=[self.stories.scan(centre, number)],
        )
        yield self.stories.later(1, 2)
        world.say(workshop, "event.agreed", event=received, units=self._links(packs))
        self._keep(centre, packs)
        self.stories.tell("entered from paper")

    def returned_abroad(self) -> Story:
        """Production scrap goes back to a recycler abroad that has no key here: its movement document speaks for it."""
        world = self.world
        maker, abroad = self.stories.pick(Role.MANUFACTURER), world.new_id("pty")
        self._register_abroad(abroad)
        packs, load = self.stories.waste_packs(maker, 4), self._new_load()
        border: Members = {"notice": "AR-2031-0007", "consent": "AOC-000457", "pedimento": "31 07 3108 5000123"}
        [carrier] = self.stories.world.rng.sample(world.of_role(Role.CARRIER), 1)
        world.say(
            maker,
            "consignment.offered",
            **load,
            prev=None,
            purpose="maquiladora_return",
            consignee=abroad,
            carriers=[carrier.party],
            units=self._links(packs),
            units_total=len(packs),
            border=border,
        )
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield self.stories.later(2, 4)
        world.say(
            maker,
            "consignment.delivered",
            **load,
            prev=...,
            country="US",
            border=border,
            lines=[
                *(link(pack.unit, outcome="accepted") for pack in packs[1:]),
                link(packs[0].unit, outcome="refused", reason="contaminated"),
            ],
            documents=[self.stories.scan(maker, "movement document", "movement_document")],
        )
        yield self.stories.later(1, 3)
        self._carry(load, maker, "returned", packs[:1])
        self.stories.tell("returned abroad")

    def kept_apart(self) -> Story:
        """A pack that leaked is kept apart until it is safe to move."""
        world = self.world
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        [pack] = self.stories.waste_packs(centre, 1)
        incident: Members = {"incident": world.new_id("inc"), "nature": "leak", "spilled_ml": 400}
        world.say(centre, "incident.reported", units=[pack.unit], **incident)
        world.say(centre, "unit.quarantined", units=[pack.unit], reason="leak")
        yield self.stories.later(10, 20)
        world.say(centre, "unit.discharged", units=[pack.unit], state_of_charge_permille=0)
        world.say(centre, "unit.released", units=[pack.unit], basis="discharged and sealed")
        self._keep(centre, [pack])
        self.stories.tell("kept apart")

    def _new_load(self) -> Members:
        return {"consignment": self.world.new_id("con")}

    def _offer(
        self, load: Members, consignor: DemoParty, consignee: DemoParty, packs: list[Pack], purpose: str
    ) -> DemoParty:
        carrier = self.stories.pick(Role.CARRIER)
        self.world.say(
            consignor,
            "consignment.offered",
            **load,
            prev=None,
            purpose=purpose,
            consignee=consignee.party,
            carriers=[carrier.party],
            destination=consignee.site,
            units=self._links(packs),
            units_total=len(packs),
        )
        return carrier

    def _carry(self, load: Members, signer: DemoParty, step: str, packs: list[Pack], **members: Any) -> None:
        self.world.say(signer, f"consignment.{step}", **load, prev=..., units=self._links(packs), **members)

    def _receive(self, load: Members, yard: DemoParty, packs: list[Pack]) -> str:
        self._keep(yard, packs)
        lines = [link(pack.unit, outcome="accepted") for pack in packs]
        return self.world.say(
            yard, "consignment.received", **load, prev=..., site=yard.site, basis="offer", lines=lines
        )

    def _keep(self, yard: DemoParty, packs: list[Pack]) -> None:
        self.stories.yards.at(yard).extend(packs)

    def _weigh(self, yard: DemoParty, load: Members, net_g: int) -> None:
        """A ticket about this load; the scale rounds."""
        tare_g = _GROSS_G - net_g // _RESOLUTION_G * _RESOLUTION_G
        self.world.say(
            yard,
            "ticket.weighed",
            **load,
            ticket=self.world.new_id("tkt"),
            gross_g=_GROSS_G,
            tare_g=tare_g,
            resolution_g=_RESOLUTION_G,
        )

    def _register_abroad(self, party: str) -> None:
        occasion = self.world.occasion(self.operator.party)
        members = party_registered(occasion, party, form="foreign", name="Reciclador de Texas (demostración)")
        self.world.say_signed(sign_event(self.operator.key, members))

    @staticmethod
    def _links(packs: list[Pack]) -> list[dict[str, Any]]:
        return links([pack.unit for pack in packs])
