"""How the demonstration's ledger begins: root, authorities, parties, permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cli.demo.catalogue import Actor, Place, Role, load_actors
from cli.demo.world import DAY_S, DemoParty, World, public_key
from ledger.domain.values import format_instant
from ledger.event import sign_event
from ledger.keys import SigningKey

ROOT_KEYS = 3
ROOT_THRESHOLD = 2
AUTHORITIES = {
    Role.MINISTRY: (["register", "grant", "enact", "inspect"], "MX"),
    Role.INSPECTORATE: (["inspect", "order"], "MX"),
    Role.STATE_AGENCY: (["grant", "inspect", "order"], "MX-NLE"),
}
ACTIVITIES = {
    Role.CARRIER: ["transport"],
    Role.COLLECTION_CENTRE: ["collection", "storage"],
    Role.SECOND_LIFE_OPERATOR: ["collection", "storage", "reuse", "repurposing"],
    Role.RECYCLER: ["collection", "storage", "dismantling", "recycling", "treatment", "export"],
    Role.DISPOSAL_SITE: ["storage", "disposal"],
    Role.WORKSHOP: ["collection", "storage", "reuse"],
}


@dataclass(frozen=True, slots=True)
class OnlineKeys:
    """The keys that the server holds: clock and recorder, and the checkpoint signer's note verifier keys."""

    clock: SigningKey
    recorder: SigningKey
    checkpoint: list[str]


def genesis(world: World, origin: str, online: OnlineKeys) -> tuple[bytes, list[SigningKey], DemoParty]:
    """Entry 0, the root's keys, and the operator that runs the pilot."""
    roots = [world.new_key() for _ in range(ROOT_KEYS)]
    somewhere = next(iter(load_actors().values())).place
    operator = DemoParty(
        Actor("operador", Role.MINISTRY, "Operador de la Bitácora (demostración)", somewhere),
        world.new_id("pty"),
        world.new_id("sit"),
        world.new_key(),
    )
    members = world.members_of(
        world.new_id("pty"),
        "ledger.genesis",
        origin=origin,
        operator=operator.party,
        operator_name=operator.name,
        root={"threshold": ROOT_THRESHOLD, "keys": [public_key(key) for key in roots]},
        online={
            "clock": public_key(online.clock),
            "recorder": public_key(online.recorder),
            "checkpoint": online.checkpoint,
        },
        rules_version=1,
    )
    return sign_event(roots[0], members), roots, operator


class Ceremony:
    """The acts after genesis, in order: the root makes the operator and the authorities, they register the rest."""

    def __init__(self, world: World, roots: list[SigningKey], root_party: str, operator: DemoParty) -> None:
        self.world = world
        self.roots = roots
        self.root_party = root_party
        self.operator = operator

    def by_root(self, kind: str, **members: Any) -> None:
        """State one root act with as many root keys as it takes: byte-equal payload, one signature each."""
        payload = self.world.members_of(self.root_party, kind, **members)
        for key in self.roots[:ROOT_THRESHOLD]:
            self.world.say_raw(sign_event(key, payload))

    def perform(self) -> None:
        """Enrol the operator, register every actor of the catalogue, and transcribe the permits of the pilot."""
        self.by_root("key.enrolled", **enrolment(self.operator, ["authority", "admin"]))
        for actor in load_actors().values():
            self._register(actor)
        self.world.say(
            self.world.parties["semarnat"],
            "regime.enacted",
            regime="MX-2025",
            jurisdiction={"code": "MX"},
            from_on="2000-01-01",
            late_window_s=72 * 3600,
        )
        for party in list(self.world.parties.values()):
            if party.actor.role in ACTIVITIES:
                self.transcribe_permit(party)

    def _register(self, actor: Actor) -> None:
        world = self.world
        party = DemoParty(actor, world.new_id("pty"), world.new_id("sit"), world.new_key())
        world.parties[actor.key] = party
        if actor.role in AUTHORITIES:
            powers, jurisdiction = AUTHORITIES[actor.role]
            self.by_root(
                "party.registered",
                registered=party.party,
                form="authority",
                name=actor.name,
                powers=powers,
                jurisdiction={"code": jurisdiction},
            )
            self.by_root("key.enrolled", **enrolment(party, ["authority", "admin"]))
        else:
            world.say(self.operator, "party.registered", registered=party.party, form="moral", name=actor.name)
            world.say(self.operator, "key.enrolled", **enrolment(party, ["admin", "custody", "read"]))
        world.say(
            self.operator,
            "site.registered",
            registered=party.site,
            operated_by=party.party,
            name=f"Sitio de {actor.name}"[:160],
            place=place_members(actor.place),
        )

    def transcribe_permit(self, party: DemoParty) -> None:
        """Before the ministry joins, permits are copied from its public list and shown as transcribed."""
        self._permit(
            self.operator,
            party,
            from_on=_day(self.world.now - 200 * DAY_S),
            to_on=_day(self.world.now + 900 * DAY_S),
            transcribed={"source": "Lista pública de empresas autorizadas", "listed_on": _day(self.world.now)},
        )

    def confirm_permit(self, party: DemoParty, years: int) -> None:
        """The ministry grants the permit itself; the act's notification starts its term."""
        self._permit(
            self.world.parties["semarnat"],
            party,
            from_on=_day(self.world.now),
            to_on=_day(self.world.now + years * 365 * DAY_S),
            act={
                "oficio": f"DGGIMAR.710/{self.world.rng.randrange(1, 10_000):06d}",
                "notified_on": _day(self.world.now),
            },
        )

    def _permit(self, authority: DemoParty, party: DemoParty, **members: Any) -> None:
        authorisation = self.world.new_id("aut")
        place = party.actor.place
        self.world.say(
            authority,
            "authorisation.granted",
            authorisation=authorisation,
            holder=party.party,
            number=f"{place.state_code}-{place.municipality_code}-PS-{self.world.rng.randrange(1, 999):03d}",
            scope={
                "activities": ACTIVITIES[party.actor.role],
                "waste_classes": ["RP", "RME"],
                "conditions": ["sound", "damaged", "critical"],
                "sites": [] if party.actor.role is Role.CARRIER else [party.site],
                "capacity_g_per_year": 2_000_000_000,
            },
            **members,
        )
        party.permits[authority.actor.key] = authorisation


def enrolment(party: DemoParty, roles: list[str]) -> dict[str, Any]:
    """The members that bind a party's key to it."""
    spki = public_key(party.key)
    return {"enrolled_for": party.party, "kid": party.kid, "spki": spki, "key_roles": roles}


def place_members(place: Place) -> dict[str, Any]:
    """A municipality as a site's place."""
    return {
        "state": place.state_code,
        "municipality": place.municipality_code,
        "latitude_udeg": place.latitude_microdeg,
        "longitude_udeg": place.longitude_microdeg,
        "time_zone": place.time_zone,
    }


def _day(seconds: int) -> str:
    return format_instant(seconds)[:10]
