"""Offers of hazardous waste: a registered generator, no own haulage of heavy loads, no household that is a firm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from certification.scope import held_permits, permit_ids
from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.custody import ConsignmentOffered
from ledger.domain.filing import generator_key
from ledger.domain.payload import act_key, party_key, permits_key, unit_key
from ledger.event import Event
from ledger.fold.state import State, Value

_HOUSEHOLD: Final = "municipal_collection"


def _hazardous(facts: Facts, offer: ConsignmentOffered) -> Iterator[Value]:
    """The offered units that travel as hazardous waste; what households gave is outside those rules (LGPGIR 23)."""
    if offer.purpose == _HOUSEHOLD:
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
    if isinstance(offer, ConsignmentOffered) and offer.purpose == _HOUSEHOLD:
        party = facts.before.get(party_key(offer.party))
        if party is not None and party["form"] == "moral":
            yield Lapse(offer.party, offer.consignment, {"units": len(offer.units)}, field="/purpose")


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
)
