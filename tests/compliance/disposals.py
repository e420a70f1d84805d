"""Hazardous waste of one workshop on its way to one recycler, and into a batch: what registers are told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.yard import Actor, Yard

DAY_S = 86_400
CODES = ["SO2"]
PACK_G = 435_000
WEIGHED_G = 430_000


def open_year(yard: Yard) -> None:
    """The permits of carrier and recycler."""
    yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])


def make_waste(yard: Yard, units: int = 1, *, by: Actor | None = None, **stated: Any) -> list[str]:
    """Packs that the workshop removed, discarded and determined as hazardous, at its site."""
    by = by or yard.workshop
    packs = [yard.produce() for _ in range(units)]
    yard.say(yard.maker, "unit.installed", units=packs)
    yard.say(by, "unit.removed", units=packs, reason="end_of_life", site=by.site)
    yard.say(by, "unit.discarded", units=packs, reason="end_of_life", site=by.site)
    determined = {"waste_class": "RP", "waste_codes": CODES, "method": "knowledge", "characteristics": ["R", "I"]}
    yard.say(by, "unit.classified", units=packs, **{**determined, **stated})
    return packs


def hand_over(yard: Yard, packs: list[str], pass_time: Callable[[int], None], purpose: str = "waste_rp") -> str:
    """From the workshop by the carrier to the recycler, which weighs them a day later; the consignment."""
    consignment = yard.offer(yard.workshop, yard.recycler, packs, [yard.carrier], purpose=purpose)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    pass_time(DAY_S)
    weighed = {"outcome": "accepted", "mass_g": WEIGHED_G, "mass_basis": "weighed"}
    lines = [{"id": pack, **weighed} for pack in packs]
    about: dict[str, Any] = {"consignment": consignment, "basis": "offer", "site": yard.recycler.site}
    yard.say(yard.recycler, "consignment.received", lines=lines, **about)
    return consignment


def give_waste(yard: Yard, pass_time: Callable[[int], None], units: int = 1) -> list[str]:
    """Waste that is labelled, stored for three days, and given to the recycler."""
    packs = make_waste(yard, units)
    yard.say(yard.workshop, "unit.labelled", units=packs, label="waste")
    yard.say(yard.workshop, "unit.stored", units=packs, site=yard.workshop.site)
    pass_time(3 * DAY_S)
    hand_over(yard, packs, pass_time)
    return packs


def recycle(yard: Yard, packs: list[str]) -> tuple[str, str]:
    """The recycler makes black mass of them; batch and lot."""
    batch, lot, recycler = yard.new_id("bch"), yard.new_unit_id(), yard.recycler
    fed = [{"id": pack, "mass_g": WEIGHED_G, "mass_basis": "weighed"} for pack in packs]
    put_in_g = WEIGHED_G * len(packs)
    about: dict[str, Any] = {"batch": batch, "site": recycler.site}
    yard.say(recycler, "batch.opened", activity="recycling", process="hydrometallurgy", **about)
    yard.say(recycler, "batch.fed", units=fed, **about)
    yard.say(recycler, "batch.stepped", step="shredding", emissions=[{"material": "CO2", "mass_g": 1000}], **about)
    outputs = [{"id": lot, "material": "black mass", "mass_g": put_in_g - 2000}]
    yard.say(recycler, "batch.closed", outputs=outputs, stock_g=0, unexplained_g=1000, **about)
    return batch, lot
