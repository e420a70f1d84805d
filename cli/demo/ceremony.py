"""How the demonstration's ledger begins: root, authorities, parties, permits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from certification import ceremony
from certification.ceremony import Members, key_enrolled, party_registered, site_registered
from certification.sealed import SALT_BYTES_MIN, format_opening
from certification.states import find_by_inegi
from cli.demo.catalogue import Actor, Form, Place, Role, load_actors
from cli.demo.permits import ACTIVITIES
from cli.demo.world import DemoParty, World
from compliance.lawbook import enactment_of, proposals
from compliance.rulebook import CURRENT
from ledger.batch import OnlineKeys
from ledger.event import sign_event
from ledger.keys import SigningKey

ROOT_KEYS = 3
ROOT_THRESHOLD = 2
AUTHORITIES = {
    Role.MINISTRY: (["register", "grant", "enact", "inspect"], "MX"),
    Role.INSPECTORATE: (["inspect", "order"], "MX"),
    Role.STATE_AGENCY: (["grant", "inspect", "order", "enact"], None),
}
"""Powers and jurisdiction; a state agency's is the state in which it is."""


def genesis(
    world: World, origin: str, online: OnlineKeys, checkpoint: Sequence[str]
) -> tuple[bytes, list[SigningKey], DemoParty]:
    """Entry 0, the root's keys, and the operator that runs the pilot.

    ``checkpoint`` holds the note verifier keys of the checkpoint signer.
    """
    roots = [world.new_key() for _ in range(ROOT_KEYS)]
    somewhere = next(iter(load_actors().values())).place
    operator = DemoParty(
        Actor("operador", Role.MINISTRY, Form.MORAL, "Operador de la Bitácora (demostración)", somewhere),
        world.new_id("pty"),
        world.new_id("sit"),
        world.new_key(),
    )
    members = ceremony.genesis(
        world.occasion(world.new_id("pty")),
        origin=origin,
        operator=operator.party,
        operator_name=operator.name,
        root=[key.public for key in roots],
        threshold=ROOT_THRESHOLD,
        clock=online.clock.public,
        recorder=online.recorder.public,
        checkpoint=checkpoint,
        rules_version=CURRENT.version,
    )
    return sign_event(roots[0], members), roots, operator


class Ceremony:
    """The acts after genesis, in order: the root makes the operator and the authorities, they register the rest.

    Attributes:
        sealed: openings of the commitments to persons that the operator registered.
    """

    def __init__(
        self,
        world: World,
        roots: list[SigningKey],
        root_party: str,
        operator: DemoParty,
        actors: Mapping[str, Actor] | None = None,
    ) -> None:
        self.actors = load_actors() if actors is None else actors
        self.world = world
        self.roots = roots
        self.root_party = root_party
        self.operator = operator
        self.sealed: dict[str, bytes] = {}

    def perform(self) -> None:
        """Enrol the operator, register every actor and the agencies of their states.

        The actors are those of the catalogue, if no others were given.
        """
        self._enrol_by_root(self.operator)
        for actor in self.actors.values():
            self._register(actor)
        for agency in self._further_agencies():
            self._register(agency)
        law = enactment_of(proposals()["mx-vigente"])
        self.world.say(self.world.parties["semarnat"], "regime.enacted", **law)

    def _further_agencies(self) -> list[Actor]:
        """One for each state that has a party which takes permits and no agency in the catalogue."""
        world = self.world
        served = {agency.actor.place.state_code for agency in world.of_role(Role.STATE_AGENCY)}
        places = {party.actor.place.state_code: party.actor.place for party in world.of_role(*ACTIVITIES)}
        return [
            Actor(
                f"agencia-{code}",
                Role.STATE_AGENCY,
                Form.AUTHORITY,
                f"Agencia ambiental del estado de {place.state} (demostración)",
                place,
            )
            for code, place in places.items()
            if code not in served
        ]

    def _register(self, actor: Actor) -> None:
        world = self.world
        party = DemoParty(actor, world.new_id("pty"), world.new_id("sit"), world.new_key())
        world.parties[actor.key] = party
        if actor.role in AUTHORITIES:
            self._make_authority(party)
        else:
            named = {"identity": self._seal(party)} if actor.form is Form.FISICA else {"name": actor.name}
            occasion = world.occasion(self.operator.party)
            self._state(self.operator, party_registered(occasion, party.party, form=actor.form.value, **named))
            self.enrol(self.operator, party, ["admin", "custody", "read"])
        site = site_registered(
            world.occasion(self.operator.party),
            party.site,
            operated_by=party.party,
            name=None if actor.form is Form.FISICA else f"Sitio de {actor.name}"[:160],
            place=place_members(actor.place),
        )
        self._state(self.operator, site)

    def _seal(self, party: DemoParty) -> str:
        """The commitment that stands in the log for a person; what it is made from is to lie beside the log."""
        opening = format_opening({"name": party.name}, self.world.rng.randbytes(SALT_BYTES_MIN))
        commitment = sha256(opening).hexdigest()
        self.sealed[commitment] = opening
        return commitment

    def _make_authority(self, party: DemoParty) -> None:
        powers, jurisdiction = AUTHORITIES[party.actor.role]
        state = find_by_inegi(party.actor.place.state_code)
        if jurisdiction is None and state is not None:
            jurisdiction = state.iso
        self._act_by_root(
            party_registered(
                self.world.occasion(self.root_party),
                party.party,
                form="authority",
                name=party.name,
                powers=powers,
                jurisdiction=jurisdiction,
            )
        )
        self._enrol_by_root(party)

    def _enrol_by_root(self, party: DemoParty) -> None:
        occasion = self.world.occasion(self.root_party)
        self._act_by_root(key_enrolled(occasion, party.party, party.key.public, ["authority", "admin"]))

    def _act_by_root(self, members: Members) -> None:
        for raw in ceremony.sign_root_act(self.roots[:ROOT_THRESHOLD], members):
            self.world.say_signed(raw)

    def enrol(self, signer: DemoParty, party: DemoParty, roles: Sequence[str]) -> None:
        """``signer`` binds the party's key to it."""
        self._state(signer, key_enrolled(self.world.occasion(signer.party), party.party, party.key.public, roles))

    def _state(self, signer: DemoParty, members: Members) -> None:
        self.world.say_signed(sign_event(signer.key, members))


def place_members(place: Place) -> dict[str, Any]:
    """A municipality as a site's place."""
    return {
        "state": place.state_code,
        "municipality": place.municipality_code,
        "latitude_udeg": place.latitude_microdeg,
        "longitude_udeg": place.longitude_microdeg,
        "time_zone": place.time_zone,
    }
