"""A workshop's load for a recycler in a yard's memory, and the folder of its papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compliance.load import HandOver, Load, LoadLine, Masses
from compliance.particulars import Particulars
from exchange.attestation import attest
from exchange.papers.assembly import assemble
from exchange.papers.folder import Folder
from ledger.domain.payload import act_key, party_key, permits_key, site_key, unit_key
from ledger.event import parse_event
from ledger.fold.state import Value
from tests.yard import Actor, Yard

BASE = "https://ledger.example"


@dataclass
class Gate:
    """``count`` packs of a workshop, waste if they have a class, offered through one carrier to a recycler."""

    waste_class: str | None = "RP"
    purpose: str = "waste_rp"
    count: int = 3
    consignor: Actor | None = None
    terms: dict[str, Any] = field(default_factory=dict)
    described: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.yard = yard = Yard()
        self.giver = self.consignor or yard.workshop
        for actor, activity in (
            (self.giver, "collection"),
            (yard.carrier, "transport"),
            (yard.second_carrier, "transport"),
            (yard.recycler, "recycling"),
        ):
            yard.permit(actor, activity, waste_classes=["RME", "RP"])
        self.units = [self._unit() for _ in range(self.count)]
        self.consignment = yard.offer(
            self.giver,
            yard.recycler,
            self.units,
            [yard.carrier],
            purpose=self.purpose,
            site=self.giver.site,
            destination=yard.recycler.site,
            **self.terms,
        )

    def _unit(self) -> str:
        unit: str = self.yard.produce(self.giver, **self.described)
        if self.waste_class is not None:
            self.yard.say(self.giver, "unit.discarded", units=[unit], reason="end_of_life")
            self.yard.say(self.giver, "unit.stored", units=[unit], site=self.giver.site)
            codes = ["R", "I", "S1"] if self.waste_class == "RP" else []
            stated: dict[str, Any] = {"waste_class": self.waste_class, "waste_codes": codes, "method": "knowledge"}
            self.yard.say(self.giver, "unit.classified", units=[unit], **stated)
        return unit

    def pick_up(self) -> None:
        self.yard.say(self.yard.carrier, "consignment.picked_up", consignment=self.consignment, units=self.units)

    def receive(self, *outcomes: str) -> None:
        """Receive the units with these outcomes, in their order; a refused one is damaged."""
        lines = [
            {"id": unit, "outcome": outcome, **({"reason": "damaged"} if outcome == "refused" else {})}
            for unit, outcome in zip(self.units, outcomes, strict=True)
        ]
        members: dict[str, Any] = {
            "consignment": self.consignment,
            "basis": "offer",
            "lines": lines,
            "site": self.yard.recycler.site,
        }
        self.yard.say(self.yard.recycler, "consignment.received", **members)

    def load(self, **changes: Any) -> Load:
        state, act = self.yard.state, self.yard.act(self.consignment)
        parties = [act["consignor"], act["consignee"], *act["carriers"]]
        sites = [self.giver.site, act.get("destination"), self.yard.recycler.site]
        members = {
            "consignment": self.consignment,
            "act": act,
            "lines": tuple(self._line(unit, state[unit_key(unit)]) for unit in self.units),
            "parties": {party: state[party_key(party)] for party in parties if party},
            "sites": {site: state[site_key(site)] for site in sites if site},
            "hand_overs": tuple(self._hand_overs()),
            "origin": self.giver.site,
            "as_of": self.yard.now,
            "findings": {key: value for key, value in state.items() if key.startswith("finding/")},
            **changes,
        }
        return Load(**members)

    def _line(self, unit: str, value: Value) -> LoadLine:
        outcome = value.get("line", "accepted")
        reason = "damaged" if outcome == "refused" else None
        return LoadLine(unit, value, outcome, value.get("holder"), masses=Masses(value["mass_g"]), reason=reason)

    def _hand_overs(self) -> list[HandOver]:
        events = [parse_event(raw) for raw in self.yard.entries]
        return [
            HandOver(event.id, event.payload.kind, event.party, event.kid, event.payload.occurred_at, self.yard.now,
                     len(self.units), "own_key", event.payload.site)
            for event in events
            if getattr(event.payload, "consignment", None) == self.consignment
        ]  # fmt: skip

    def folder(self, particulars: Mapping[str, Particulars] | None = None, **changes: Any) -> Folder:
        load = self.load(**changes)
        permits = {party: self._permits(party, load.law_day) for party in load.parties}
        return assemble(load, particulars or {}, permits, BASE)

    def _permits(self, party: str, day: str) -> list[Any]:
        ids = self.yard.state.get(permits_key(party), {"ids": []})["ids"]
        return [attest(self.yard.state.get, authorisation, day) for authorisation in ids]

    def issue(self, number: str = "MAN-2026-0001", form: str = "manifest") -> None:
        self.yard.say(self.giver, "paper.issued", consignment=self.consignment, form=form, number=number)

    @property
    def act(self) -> Value:
        return self.yard.state[act_key(self.consignment)]
