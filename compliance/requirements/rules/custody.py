"""Offers of hazardous waste: a registered generator, no own haulage of heavy loads, no household that is a firm.

And none that gives in a year more than a household has, which is counted as it is received.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from certification.scope import held_permits, permit_ids
from compliance.household import HOUSEHOLD_PURPOSE, find_household, household_key, household_keys
from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.custody import ConsignmentOffered, ConsignmentReceived
from ledger.domain.filing import generator_key
from ledger.domain.payload import act_key, party_key, permits_key, unit_key
from ledger.event import Event
from ledger.fold.state import State, Value


def _hazardous(facts: Facts, offer: ConsignmentOffered) -> Iterator[Value]:
    """The offered units that travel as hazardous waste; what households gave is outside those rules (LGPGIR 23)."""
    if offer.purpose == HOUSEHOLD_PURPOSE:
        return
    for link in offer.units:
        unit = facts.before.get(unit_key(link.id))
        if unit is not None and (offer.purpose == "waste_rp" or facts.law.class_of(unit) == "RP"):
            yield unit


def _find_unregistered(facts: Facts) -> Iterable[Lapse]:
    """The generator's own waste, from a site that no registration in force on the day covers."""
    offer = facts.payload
    if not isinstance(offer, ConsignmentOffered):
        return
    lines = (facts.before.get(generator_key(offer.party)) or {"timeline": []})["timeline"]
    covered = [line["sites"] for line in lines if line["from_on"] <= facts.on]
    unregistered = [
        unit
        for unit in _hazardous(facts, offer)
        if unit.get("generated", {}).get("by") == offer.party
        and not any(not sites or unit["generated"].get("site", offer.site) in sites for sites in covered)
    ]
    if unregistered:
        yield Lapse(offer.party, offer.consignment, {"units": len(unregistered)}, field="/party")


def _find_self_haul(facts: Facts) -> Iterable[Lapse]:
    """Without a carrier one of the two ends drives: who has no permit for transport, up to the law's mass."""
    offer = facts.payload
    if not isinstance(offer, ConsignmentOffered) or offer.carriers or offer.consignee == offer.party:
        return
    mass_g, most_g = sum(unit["mass_g"] for unit in _hazardous(facts, offer)), facts.law.number("self_haul_g")
    if mass_g > most_g and not any(_may_transport(facts, party) for party in (offer.party, offer.consignee)):
        yield Lapse(offer.party, offer.consignment, {"mass_g": mass_g, "most_g": most_g}, field="/carriers")


def _may_transport(facts: Facts, party: str) -> bool:
    permits = held_permits(facts.before, party, facts.on).values()
    return any(permit.standing == "in-force" and "transport" in permit.scope["activities"] for permit in permits)


def _find_firm(facts: Facts) -> Iterable[Lapse]:
    offer = facts.payload
    if isinstance(offer, ConsignmentOffered) and offer.purpose == HOUSEHOLD_PURPOSE:
        party = facts.before.get(party_key(offer.party))
        if party is not None and party["form"] == "moral":
            yield Lapse(offer.party, offer.consignment, {"units": len(offer.units)}, field="/purpose")


def _find_heavy_household(facts: Facts) -> Iterable[Lapse]:
    """Told when a reception brings the giver's year beyond what a household has, and not at each one after it."""
    party = find_household(facts.before, facts.event)
    if party is None:
        return
    key, most_g = household_key(party, facts.on[:4]), facts.law.number("micro_g")
    before_g, given_g = (value["mass_g"] if value else 0 for value in (facts.before.get(key), facts.after(key)))
    if before_g <= most_g < given_g:
        stated = {"year": facts.on[:4], "given_g": given_g, "most_g": most_g}
        yield Lapse(party, facts.payload.main_subject(), stated, happened=True)


def _ends(event: Event) -> list[str]:
    offer = event.payload
    return [offer.party, offer.consignee] if isinstance(offer, ConsignmentOffered) and not offer.carriers else []


def _permits(event: Event) -> Iterable[str]:
    return [permits_key(party) for party in _ends(event)]


def _each_permit(state: State, event: Event) -> Iterable[str]:
    return [act_key(permit) for party in _ends(event) for permit in permit_ids(state, party)]


_OFFER: Final = frozenset({ConsignmentOffered})

RULES: Final = (
    Rule(
        "R09",
        "generator-not-registered",
        _OFFER,
        _find_unregistered,
        touches=lambda event: [generator_key(event.party)],
    ),
    Rule("R14", "self-haul-too-heavy", _OFFER, _find_self_haul, touches=_permits, follows=_each_permit),
    Rule("R44", "household-by-firm", _OFFER, _find_firm, touches=lambda event: [party_key(event.party)]),
    Rule(
        "R44",
        "household-too-heavy",
        frozenset({ConsignmentReceived}),
        _find_heavy_household,
        follows=household_keys,
    ),
)
