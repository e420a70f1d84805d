"""Loads that do not go the ordinary way: paper in ink, scales that differ, a store on the way, another consignee."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from certification.ceremony import Members, party_registered
from cli.demo.catalogue import Role, load_models
from cli.demo.lives import Pack, Stories
from cli.demo.world import DAY_S, HOUR_S, DemoParty, Story, World, link, links
from labels.symbol import encode_symbol, render_png
from ledger.domain.values import format_instant
from ledger.event import sign_event

FIRST_AFTER_DAYS = 820
NEXT_AFTER_DAYS = 310
_GROSS_G = 14_200_000
_RESOLUTION_G = 20_000


class Loads:
    """Seven loads, some months apart.

    Attributes:
        scans: documents that their statements cite: who deposited each, and its bytes, by digest.
    """

    def __init__(self, stories: Stories, operator: DemoParty) -> None:
        self.stories = stories
        self.operator = operator
        self.world: World = stories.world
        self.scans: dict[str, tuple[str, bytes]] = {}

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

    def manifest_in_ink(self) -> Story:
        """Hazardous waste travels with a manifest on paper; its original is back after some weeks."""
        world = self.world
        workshop, recycler = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        packs, load = self._waste(workshop, "RP", 1), self._new_load()
        paper: Members = {**load, "form": "manifest", "number": f"{world.rng.randrange(1, 400):04d}"}
        carrier = self._offer(load, workshop, recycler, packs, "waste_rp")
        world.say(workshop, "paper.issued", **paper)
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 9 * HOUR_S
        self._receive(load, recycler, packs)
        scan = self._scan(recycler, f"manifest {paper['number']}", "manifest")
        world.say(recycler, "paper.scanned", **paper, signed_by=["consignor", "carrier", "consignee"], documents=[scan])
        yield self.stories.later(10, 50)
        world.say(workshop, "paper.returned", **paper)
        self.stories.tell("manifest in ink")

    def scales_differ(self) -> Story:
        """Two scales differ by more than they round; both ends settle it."""
        world = self.world
        workshop, centre = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.COLLECTION_CENTRE)
        packs, load = self._waste(workshop, "RME", 3), self._new_load()
        carrier = self._offer(load, workshop, centre, packs, "waste_rme")
        net_g = sum(pack.model.pack_mass_g for pack in packs)
        self._weigh(workshop, load, net_g)
        yield world.now + 3 * HOUR_S
        self._carry(load, carrier, "picked_up", packs)
        yield world.now + 5 * HOUR_S
        self._weigh(centre, load, net_g * 8 // 10)
        received = self._receive(load, centre, packs)
        yield self.stories.later(1, 2)
        for end in (centre, workshop):
            world.say(end, "discrepancy.resolved", **load, event=received, number=0, resolution="scale_error")
        self.stories.tell("scales differ")

    def store_on_the_way(self) -> Story:
        """The carrier puts the packs down at its own site for a night."""
        world = self.world
        workshop, recycler = self.stories.pick(Role.WORKSHOP), self.stories.pick(Role.RECYCLER)
        packs, load = self._waste(workshop, "RME", 2), self._new_load()
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
        packs, load, onward = self._waste(workshop, "RME", 2), self._new_load(), self._new_load()
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
        packs, load = self._waste(workshop, "RME", 2), self._new_load()
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
            documents=[self._scan(centre, number, "manifest")],
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
        packs, load = self._waste(maker, "RME", 4), self._new_load()
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
            documents=[self._scan(maker, "movement document", "movement_document")],
        )
        yield self.stories.later(1, 3)
        self._carry(load, maker, "returned", packs[:1])
        self.stories.tell("returned abroad")

    def kept_apart(self) -> Story:
        """A pack that leaked is kept apart until it is safe to move."""
        world = self.world
        centre = self.stories.pick(Role.COLLECTION_CENTRE)
        [pack] = self._waste(centre, "RME", 1)
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

    def _waste(self, holder: DemoParty, waste_class: str, count: int) -> list[Pack]:
        """Packs from an older record, waste in the holder's hands, and of this class."""
        model = self.world.rng.choice(load_models())
        packs = [Pack(self.world.new_tag_id(), model) for _ in range(count)]
        self.world.say(
            holder,
            "unit.registered",
            site=holder.site,
            units=self._links(packs),
            description=self.stories.description(model),
            basis="legacy_record",
            stage="waste",
        )
        self.world.say(
            holder,
            "unit.classified",
            units=self._links(packs),
            waste_class=waste_class,
            method="knowledge",
            under_oath=True,
        )
        return packs

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

    def _scan(self, party: DemoParty, text: str, role: str) -> Members:
        """A picture that stands for the paper; its bytes are to lie beside the log."""
        picture = render_png(encode_symbol(f"{text} {self.world.rng.randbytes(16).hex()}"), module_mm=0.5, dpi=203)
        digest = sha256(picture).hexdigest()
        self.scans[digest] = (party.party, picture)
        return {"digest": digest, "bytes": len(picture), "media_type": "image/png", "role": role}

    def _register_abroad(self, party: str) -> None:
        occasion = self.world.occasion(self.operator.party)
        members = party_registered(occasion, party, form="foreign", name="Reciclador de Texas (demostración)")
        self.world.say_signed(sign_event(self.operator.key, members))

    @staticmethod
    def _links(packs: list[Pack]) -> list[dict[str, Any]]:
        return links([pack.unit for pack in packs])
