"""A small world in memory that speaks the production interface: parties with keys, a clock, and a folded log.

    yard = Yard()
    pack = yard.produce()
    yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    assert yard.unit(pack)["stage"] == "marketed"

``say`` fills the common members and the heads, signs, and records. ``draft`` does all but record. Reading a state
key that the event did not declare fails, so every test also proves that ``touches`` and ``follows`` are complete.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ledger import cbor
from ledger.domain.kinds import KINDS
from ledger.domain.unit_id import SerialisedGtin, format_unit_id, gtin_check_digit
from ledger.domain.values import format_base64url, format_instant, format_opaque_id, format_uuid7, parse_instant
from ledger.event import Event, parse_event, sign_event
from ledger.fold.fold import PLAIN_RULES, Rules, fold_entry, follows, reaches, touches
from ledger.fold.state import Value
from ledger.keys import SigningKey

START = "2025-01-06T15:00:00Z"
ORIGIN = "demo.bitacora.mx/yard"


class UndeclaredReadError(AssertionError):
    """An event read a state key that neither ``touches`` nor ``follows`` had declared."""


@dataclass
class PreloadedState:
    """The state as the fold may see it: only the keys that the event declared."""

    values: dict[str, Value | None]

    def get(self, key: str, /) -> Value | None:
        if key not in self.values:
            raise UndeclaredReadError(key)
        return self.values[key]


@dataclass
class Actor:
    """A party with one key and one site."""

    party: str
    key: SigningKey
    site: str | None = None

    @property
    def kid(self) -> str:
        return self.key.public.kid.hex()


@dataclass
class Yard:
    """The world. ``now`` is the ledger's clock and moves only by ``pass_time``."""

    seed: int = 0
    rules: Rules = PLAIN_RULES
    root_keys: int = 3
    root_threshold: int = 2
    checkpoint: tuple[str, ...] = (f"{ORIGIN}+00000000+AAAA",)
    now: int = parse_instant(START)
    state: dict[str, Value] = field(default_factory=dict)
    entries: list[bytes] = field(default_factory=list)
    void: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.serials = iter(range(1, 10**9))
        self.roots = [self.new_key() for _ in range(self.root_keys)]
        self.root_party = self.new_id("pty")
        self.operator = Actor(self.new_id("pty"), self.new_key())
        self.clock_key, self.recorder_key = self.new_key(), self.new_key()
        self.record(self.genesis())
        self.enrol(self.operator, roles=["authority", "admin"])
        self.semarnat = self.new_authority("SEMARNAT", ["register", "grant", "enact", "order", "inspect"])
        self.state_agency = self.new_authority("Secretaría de Nuevo León", ["grant", "inspect", "order"], "MX-NLE")
        self.maker = self.new_party("Fabricante Demo, S.A. de C.V.")
        self.workshop = self.new_party("Taller Demo, S.A. de C.V.")
        self.carrier = self.new_party("Transportes Demo, S.A. de C.V.")
        self.second_carrier = self.new_party("Fletes Demo, S.A. de C.V.")
        self.centre = self.new_party("Acopio Demo, S.A. de C.V.")
        self.recycler = self.new_party("Recicladora Demo, S.A. de C.V.")

    def new_key(self) -> SigningKey:
        return SigningKey.from_seed(self.random.randbytes(32))

    def new_id(self, prefix: str) -> str:
        return format_opaque_id(prefix, self.random.randbytes(16))

    def new_unit_id(self) -> str:
        body = "0750123456789"
        return format_unit_id(SerialisedGtin(body + gtin_check_digit(body), f"P{next(self.serials):06d}"))

    def pass_time(self, seconds: int) -> None:
        """Move the clock on; the next ``say`` puts a tick before itself."""
        self.now += seconds

    def genesis(self) -> bytes:
        return sign_event(
            self.roots[0],
            {
                **self._common(self.root_party, "ledger.genesis"),
                "origin": ORIGIN,
                "operator": self.operator.party,
                "operator_name": "Operador Demo, A.C.",
                "root": {
                    "threshold": self.root_threshold,
                    "keys": [format_base64url(key.public.spki) for key in self.roots],
                },
                "online": {
                    "clock": format_base64url(self.clock_key.public.spki),
                    "recorder": format_base64url(self.recorder_key.public.spki),
                    "checkpoint": list(self.checkpoint),
                },
                "rules_version": self.rules.version,
            },
        )

    def _common(self, party: str, kind: str) -> dict[str, Any]:
        return {
            "v": 1,
            "kind": kind,
            "id": format_uuid7(self.now * 1000, self.random.randbytes(10)),
            "occurred_at": format_instant(self.now),
            "party": party,
        }

    def new_authority(self, name: str, powers: list[str], jurisdiction: str = "MX") -> Actor:
        actor = Actor(self.new_id("pty"), self.new_key())
        about = {"powers": powers, "jurisdiction": {"code": jurisdiction}}
        self.say_as_root("party.registered", registered=actor.party, form="authority", name=name, **about)
        self.say_as_root("key.enrolled", **self._enrolment(actor, ["authority", "admin"]))
        return actor

    def new_party(self, name: str | None, form: str = "moral", roles: Iterable[str] = ("admin", "custody")) -> Actor:
        actor = Actor(self.new_id("pty"), self.new_key(), self.new_id("sit"))
        named: dict[str, Any] = {"name": name} if name else {}
        self.say(self.operator, "party.registered", registered=actor.party, form=form, **named)
        self.enrol(actor, roles=list(roles))
        place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
        self.say(self.operator, "site.registered", registered=actor.site, operated_by=actor.party, place=place)
        return actor

    def _enrolment(self, actor: Actor, roles: list[str], **more: Any) -> dict[str, Any]:
        spki = format_base64url(actor.key.public.spki)
        return {"enrolled_for": actor.party, "kid": actor.kid, "spki": spki, "key_roles": roles, **more}

    def enrol(self, actor: Actor, roles: list[str], **more: Any) -> str:
        """Enrol the actor's key; the operator does it, or the root for the operator itself."""
        members = self._enrolment(actor, roles, **more)
        if actor is self.operator:
            return self.say_as_root("key.enrolled", **members)
        return self.say(self.operator, "key.enrolled", **members)

    def permit(self, actor: Actor, *activities: str, **scope: Any) -> str:
        """Grant a permit for special handling waste in all conditions, from a year ago for ten years; its id.

        ``waste_classes`` with RP asks SEMARNAT for one; with both there are two permits, and the id is the state's.
        """
        classes = scope.pop("waste_classes", ["RME"])
        granted = [self._permit(actor, waste_class, activities, scope) for waste_class in sorted(classes, reverse=True)]
        return granted[-1]

    def _permit(self, actor: Actor, waste_class: str, activities: Iterable[str], scope: dict[str, Any]) -> str:
        authorisation = self.new_id("aut")
        self.say(
            self.semarnat if waste_class == "RP" else self.state_agency,
            "authorisation.granted",
            authorisation=authorisation,
            holder=actor.party,
            number=f"19-39-PS-{next(self.serials):04d}-2024",
            scope={
                "activities": list(activities),
                "waste_classes": [waste_class],
                "conditions": ["sound", "damaged", "critical"],
                **scope,
            },
            from_on="2024-01-01",
            to_on="2034-01-01",
            act={"oficio": "DGGIMAR.710/000001", "notified_on": "2024-01-01"},
        )
        return authorisation

    def granter(self, authorisation: str) -> Actor:
        """The authority that granted a permit."""
        granted_by = self.act(authorisation)["granted_by"]
        return next(actor for actor in (self.semarnat, self.state_agency) if actor.party == granted_by)

    def rule(self, authorisation: str, kind: str, *, from_on: str | None = None, **members: Any) -> str:
        """The authority that granted the permit states ``authorisation.<kind>`` by an act of today; the event id."""
        today = format_instant(self.now)[:10]
        if kind in ("suspended", "reinstated", "revoked"):
            members.setdefault("cause", "LGPGIR 52")
        return self.say(
            self.granter(authorisation),
            f"authorisation.{kind}",
            authorisation=authorisation,
            from_on=from_on or today,
            **{"act": self.act_of_today(), **members},
        )

    def apply(self, actor: Actor, asks: str = "grant", *, to: Actor | None = None, **members: Any) -> str:
        """The party asks the authority (SEMARNAT by default) for a permit, or for what ``asks`` says; its id."""
        application = self.new_id("apl")
        scope = {"activities": ["recycling"], "waste_classes": ["RME" if to is self.state_agency else "RP"]}
        asked: dict[str, Any] = {"scope": scope} if asks in ("grant", "change") else {}
        self.say(
            actor,
            "application.submitted",
            application=application,
            to=(to or self.semarnat).party,
            asks=asks,
            **{"person": "moral", "identity": "cd" * 32, **asked, **members},
        )
        return application

    def require(self, application: str, **members: Any) -> str:
        """The authority asks the applicant, once, for what is missing, within 30 days; the event id."""
        about = self._of_application(application)
        answer_by = format_instant(self.now + 30 * 86_400)[:10]
        return self.say(
            self._before(application),
            "application.information_required",
            **{**about, "items": ["plano del sitio"], "answer_by": answer_by, "act": self.act_of_today(), **members},
        )

    def refuse(self, application: str, ground: str = "merits", **members: Any) -> str:
        """The authority refuses the application; the event id."""
        about = self._of_application(application)
        return self.say(
            self._before(application),
            "application.refused",
            **{**about, "ground": ground, "reasons": ["no acredita"], "act": self.act_of_today(), **members},
        )

    def decide(self, application: str, kind: str = "granted", **members: Any) -> str:
        """The authority answers the application by ``authorisation.<kind>``; the permit's id."""
        value = self.act(application)
        authorisation: str = value.get("authorisation") or self.new_id("aut")
        today = format_instant(self.now)[:10]
        said: dict[str, Any] = {
            "granted": {"holder": value["party"], "number": f"19-39-PS-{next(self.serials):04d}-2025"},
            "changed": {},
            "renewed": {},
            "transferred": {"to": value.get("transfer_to")},
        }[kind]
        if kind in ("granted", "changed"):
            said["scope"] = value.get("scope")
        if kind in ("granted", "renewed"):
            said["to_on"] = "2040-01-01"
        decides = {"application": application, "prev": self.head(f"act/{application}"), **members.pop("decides", {})}
        said |= {"authorisation": authorisation, "from_on": today, "act": self.act_of_today(), **members}
        self.say(self._before(application), f"authorisation.{kind}", decides=decides, **said)
        return authorisation

    def act_of_today(self) -> dict[str, str]:
        """An administrative act that is decided and notified today."""
        today = format_instant(self.now)[:10]
        return {"oficio": "DGGIMAR.710/000003", "decided_on": today, "notified_on": today}

    def _before(self, application: str) -> Actor:
        """The authority before which an application lies."""
        to = self.act(application)["to"]
        return next(actor for actor in (self.semarnat, self.state_agency) if actor.party == to)

    def _of_application(self, application: str) -> dict[str, str]:
        return {"application": application, "applicant": self.act(application)["party"]}

    def produce(self, maker: Actor | None = None, count: int = 1, **description: Any) -> Any:
        """New packs of one model; their ids, or the one id."""
        units = [self.new_unit_id() for _ in range(count)]
        self.say(maker or self.maker, "unit.produced", units=units, description=self.description(**description))
        return units if count > 1 else units[0]

    def description(self, **more: Any) -> dict[str, Any]:
        base = {"unit_kind": "pack", "chemistry": "NMC622", "mass_g": 435_000, "mass_basis": "nameplate"}
        return {**base, "energy_wh": 60_000, **more}

    def waste_pack(self, holder: Actor | None = None) -> str:
        """A pack that was sold, used, removed and discarded by the holder (the workshop by default)."""
        holder = holder or self.workshop
        pack: str = self.produce()
        self.say(self.maker, "unit.installed", units=[pack])
        self.say(holder, "unit.removed", units=[pack], reason="end_of_life")
        self.say(holder, "unit.discarded", units=[pack], reason="end_of_life")
        return pack

    def determined_pack(self, waste_class: str, holder: Actor | None = None) -> str:
        """A discarded pack of which its holder has determined the class, by a test."""
        pack = self.waste_pack(holder)
        self.say(holder or self.workshop, "unit.classified", units=[pack], waste_class=waste_class, method="crit_test")
        return pack

    def register_generator(self, actor: Actor, category: str = "pequeno", **more: Any) -> str:
        """SEMARNAT has the party in its register of generators, since the beginning of 2025; the event id."""
        number = f"NRA19{next(self.serials):05d}"
        members: dict[str, Any] = {"number": number, "category": category, "register_of": "MX", "from_on": "2025-01-01"}
        return self.say(self.semarnat, "generator.registered", generator=actor.party, **{**members, **more})

    def offer(
        self, consignor: Actor, consignee: Actor, units: list[str], carriers: Iterable[Actor] = (), **more: Any
    ) -> str:
        """Offer the units in one consignment; its id."""
        consignment = self.new_id("con")
        members: dict[str, Any] = {"purpose": "waste_rme", "units_total": len(units), **more}
        self.say(
            consignor,
            "consignment.offered",
            consignment=consignment,
            consignee=consignee.party,
            carriers=[carrier.party for carrier in carriers],
            units=units,
            **members,
        )
        return consignment

    def head(self, key: str) -> str | None:
        value = self.state.get(key)
        return value["head"] if value else None

    def unit(self, unit: str) -> Value:
        return self.state[f"unit/{unit}"]

    def act(self, act: str) -> Value:
        return self.state[f"act/{act}"]

    def findings(self) -> list[Value]:
        return [value for key, value in self.state.items() if key.startswith("finding/")]

    def members(self, actor: Actor, kind: str, **members: Any) -> dict[str, Any]:
        """The payload of a statement: common members, and the heads of everything it extends."""
        payload = {**self._common(actor.party, kind), **members}
        fields = KINDS[kind].model_fields
        for name in ("units", "lines"):
            if name in members and kind in _LINKS_UNITS:
                payload[name] = [self._linked(unit) for unit in members[name]]
        for name in ("unit", "duplicate", "lot"):
            if name in members and isinstance(members[name], str) and kind in _LINKS_ONE:
                payload[name] = self._linked(members[name])
        if "prev" in fields and "prev" not in members:
            payload["prev"] = self.head(self._own_subject(kind, members))
        return payload

    def _linked(self, unit: Any) -> dict[str, Any]:
        link = {"id": unit} if isinstance(unit, str) else dict(unit)
        link.setdefault("prev", self.head(f"unit/{link['id']}"))
        return link

    def _own_subject(self, kind: str, members: dict[str, Any]) -> str:
        if kind.startswith("key."):
            return f"key/{members['enrolled_for']}/{members['kid']}"
        if kind.startswith("party."):
            return f"party/{members.get('changed') or members.get('closed')}"
        if kind.startswith("site."):
            return f"site/{members.get('changed') or members.get('closed')}"
        family = kind.partition(".")[0]
        acts = (family, "consignment", "authorisation", "batch", "order", "case", "filing", "claim", "application")
        return f"act/{next(members[name] for name in acts if name in members)}"

    def draft(self, actor: Actor, kind: str, *, key: SigningKey | None = None, **members: Any) -> bytes:
        """A signed statement that is not recorded."""
        return sign_event(key or actor.key, self.members(actor, kind, **members))

    def say(self, actor: Actor, kind: str, *, key: SigningKey | None = None, **members: Any) -> str:
        """State, sign and record; the event id. Raises the refusal, with nothing recorded."""
        return self.record(self.draft(actor, kind, key=key, **members))

    def say_as_root(self, kind: str, **members: Any) -> str:
        """A root act, signed by as many root keys as it takes; the event id of the last."""
        payload = self.members(Actor(self.root_party, self.roots[0]), kind, **members)
        return [self.record(sign_event(key, payload)) for key in self.roots[: self.root_threshold]][-1]

    def record(self, raw: bytes) -> str:
        """Record one statement as the recorder would, without signature check: tick, fold, append."""
        event = parse_event(raw)
        self.tick()
        void = self.append(raw, event)
        if void:
            self._record_conflict()
        return event.id

    def tick(self) -> None:
        minute = self.now - self.now % 60
        if self.entries and minute > self.state["time"]["tick"]:
            members = self._common(self.operator.party, "ledger.tick") | {"occurred_at": format_instant(minute)}
            raw = sign_event(self.clock_key, {**members, "tree_size": len(self.entries)})
            self.append(raw, parse_event(raw))

    def _record_conflict(self) -> None:
        pending = self.state["conflict"]
        members = {name: pending[name] for name in ("by", "first", "second")}
        raw = sign_event(self.recorder_key, {**self._common(self.operator.party, "conflict.recorded"), **members})
        self.append(raw, parse_event(raw))

    def append(self, raw: bytes, event: Event) -> bool:
        """Fold one entry into the state and append it; whether it stands without effect."""
        seen = self.preloaded(event)
        try:
            changes, void = fold_entry(seen, event, len(self.entries), self.rules)
        finally:
            assert seen.values == self.preloaded(event).values, "the fold changed what it was given"
        self.state.update(changes)
        if void:
            self.void.append(len(self.entries))
        self.entries.append(raw)
        return void

    def preloaded(self, event: Event) -> PreloadedState:
        """The state with just the keys that the event declares, in its rounds; copies, so that nothing leaks."""
        loaded = PreloadedState({key: self._copy(key) for key in touches(event, self.rules)})
        for key in follows(loaded, event, self.rules):
            loaded.values.setdefault(key, self._copy(key))
        for key in reaches(loaded, event, self.rules):
            loaded.values.setdefault(key, self._copy(key))
        return loaded

    def _copy(self, key: str) -> Value | None:
        value = self.state.get(key)
        copied: Value | None = cbor.decode(cbor.encode(value)) if value is not None else None  # type: ignore[assignment]
        return copied

    def state_bytes(self) -> dict[str, bytes]:
        return {key: cbor.encode(value) for key, value in sorted(self.state.items())}


_LINKS_UNITS = {kind for kind, model in KINDS.items() if {"units", "lines"} & model.model_fields.keys()} - {
    "unit.assessed",
    "unit.labelled",
    "unit.discharged",
    "unit.recalled",
    "unit.stolen",
    "unit.recovered",
    "unit.quarantined",
    "unit.released",
    "incident.reported",
    "order.issued",
    "order.lifted",
    "filing.submitted",
    "claim.made",
}
_LINKS_ONE = {"unit.matched", "unit.dismantled", "lot.split"}
