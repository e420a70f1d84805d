"""How loads travel in a simulated nation: two signatures and a carrier's, scales, and the paper of hazardous waste."""

from __future__ import annotations

from collections.abc import Generator
from hashlib import sha256
from typing import TYPE_CHECKING

from certification.ceremony import Members
from cli.demo.catalogue import Place
from cli.demo.world import DAY_S, DemoParty, Story, World, link, links
from cli.simulate.nation import carriers
from cli.simulate.noise import HOUR_S
from compliance.anomalies.movements import great_circle_km
from compliance.anomalies.rows import Spot

if TYPE_CHECKING:
    from cli.simulate.lives import Lives, Pack

NEVER = -1
"""Of an original: it does not come back."""
_CARRIER_DID_NOT_SIGN: Members = {"exception": {"reason": "carrier_did_not_sign"}}


class Roads:
    """What carries packs from party to party, for all stories."""

    def __init__(self, lives: Lives) -> None:
        self.lives = lives
        self.world: World = lives.world
        self._manifests = 0

    def carry(
        self,
        consignor: DemoParty,
        consignee: DemoParty,
        packs: list[Pack],
        *,
        transit_s: int | None = None,
        masses_g: dict[str, int] | None = None,
        original_days: int | None = None,
        signed: bool = True,
        missing: frozenset[str] = frozenset(),
    ) -> Generator[int, None, str]:
        """One load of one class of waste; its consignment's id is returned.

        Args:
            consignor: has the packs.
            consignee: gets and weighs them.
            packs: at most 256.
            transit_s: how long it is on the road; without it, as long as trucks take.
            masses_g: what the consignee writes down of some packs instead of what its scale shows.
            original_days: when the manifest's original is back; without it, in time.
            signed: whether the carrier signs the pick-up.
            missing: units that do not arrive.
        """
        world, waste_class = self.world, packs[0].waste_class
        yield self.lives.later(0, 0)
        self.lives.renew_assessment(consignor, packs)
        load: Members = {"consignment": world.new_id("con")}
        units = [pack.unit for pack in packs]
        carrier = world.rng.choice(carriers(world))
        world.say(
            consignor,
            "consignment.offered",
            **load,
            prev=None,
            site=consignor.site,
            purpose=f"waste_{waste_class.lower()}",
            consignee=consignee.party,
            carriers=[carrier.party],
            destination=consignee.site,
            units=links(units),
            units_total=len(units),
        )
        paper = self._issue_manifest(consignor, load) if waste_class == "RP" else None
        yield world.now + world.rng.randrange(HOUR_S, 20 * HOUR_S)
        if signed:
            at = self._by_device()
            world.say(carrier, "consignment.picked_up", **load, prev=..., at=at, units=links(units))
        yield world.now + (self.transit_s(consignor, consignee) if transit_s is None else transit_s)
        self._receive(load, consignee, packs, masses_g or {}, missing, {} if signed else _CARRIER_DID_NOT_SIGN)
        if paper is not None:
            self._scan(consignee, paper)
            days = world.rng.randint(3, 12) if original_days is None else original_days
            if days != NEVER:
                world.start(self._return_original(consignor, paper), world.now + days * DAY_S)
        # nobody unloads sooner; and what is said next must not seem to be earlier, whatever the clock of that device
        yield world.now + 3 * self.lives.noise.clock_s
        return str(load["consignment"])

    def transit_s(self, consignor: DemoParty, consignee: DemoParty) -> int:
        """As long as a truck takes: the way at 40 to 70 km/h, and some hours of waiting and loading."""
        rng = self.world.rng
        distance_km = great_circle_km(spot_of(consignor.actor.place), spot_of(consignee.actor.place))
        return round(distance_km / rng.uniform(40, 70) * HOUR_S) + rng.randrange(HOUR_S, 8 * HOUR_S)

    def _by_device(self) -> int:
        """Now, by a clock that is a little off."""
        most_s = self.lives.noise.clock_s
        return self.world.now + self.world.rng.randint(-most_s, most_s)

    def _receive(
        self,
        load: Members,
        consignee: DemoParty,
        packs: list[Pack],
        masses_g: dict[str, int],
        missing: frozenset[str],
        exception: Members,
    ) -> None:
        lines = []
        shown = {pack.unit: masses_g.get(pack.unit) or self.lives.weigh(consignee, pack) for pack in packs}
        for pack in packs:
            if pack.unit in missing:
                lines.append(link(pack.unit, outcome="missing"))
            else:
                lines.append(link(pack.unit, outcome="accepted", mass_g=shown[pack.unit], mass_basis="weighed"))
        at = self._by_device()
        received = self.world.say(
            consignee,
            "consignment.received",
            at=at,
            **load,
            prev=...,
            site=consignee.site,
            basis="offer",
            lines=lines,
            **exception,
        )
        for n, pack in enumerate(packs):
            pack.reception = (received, n, shown[pack.unit])

    def _issue_manifest(self, consignor: DemoParty, load: Members) -> Members:
        self._manifests += 1
        paper: Members = {**load, "form": "manifest", "number": f"{self._manifests:05d}"}
        self.world.say(consignor, "paper.issued", **paper)
        return paper

    def _scan(self, consignee: DemoParty, paper: Members) -> None:
        signers = ["consignor", "carrier", "consignee"]
        documents = [scan_of(f"manifest {paper['number']}")]
        self.world.say(consignee, "paper.scanned", **paper, signed_by=signers, documents=documents)

    def _return_original(self, consignor: DemoParty, paper: Members) -> Story:
        self.world.say(consignor, "paper.returned", **paper)
        yield from ()


def scan_of(text: str) -> Members:
    """A document whose bytes nobody deposits: only its digest matters here."""
    data = text.encode()
    return {"digest": sha256(data).hexdigest(), "bytes": len(data), "media_type": "image/png", "role": "manifest"}


def spot_of(place: Place) -> Spot:
    """Where a municipality is."""
    return Spot(place.latitude_microdeg, place.longitude_microdeg)
