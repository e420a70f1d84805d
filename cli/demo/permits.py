"""How permits go in the demonstration: copied from public lists, confirmed by the authorities, renewed in their window.

Hazardous waste is permitted by the ministry, special handling waste by the agency of the party's own state.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from certification.ceremony import Members, authorisation_granted
from certification.sealed import SALT_BYTES_MIN, format_opening
from cli.demo.catalogue import Form, Role
from cli.demo.world import DAY_S, DemoParty, Story, World
from ledger.domain.values import format_instant
from ledger.event import sign_event

ACTIVITIES: Final = {
    Role.CARRIER: ["transport", "storage"],
    Role.COLLECTION_CENTRE: ["collection", "storage"],
    Role.SECOND_LIFE_OPERATOR: ["collection", "storage", "reuse", "repurposing"],
    Role.RECYCLER: ["collection", "storage", "dismantling", "recycling", "treatment", "export"],
    Role.DISPOSAL_SITE: ["storage", "disposal"],
    Role.WORKSHOP: ["collection", "storage", "reuse"],
}
GENERATORS: Final = (
    Role.MANUFACTURER,
    Role.IMPORTER,
    Role.WORKSHOP,
    Role.COLLECTION_CENTRE,
    Role.SECOND_LIFE_OPERATOR,
    Role.RECYCLER,
)
WASTE_CLASSES: Final = ("RP", "RME")
TERM_DAYS: Final = 3652
"""Ten years, as the law has it for most activities (RLGPGIR 58 II)."""
LEFT_DAYS: Final = 1500
"""What the transcribed permits have left when the demonstration begins."""
_ASKED_BEFORE_DAYS: Final = 150
_DECIDED_AFTER_DAYS: Final = 20


class Permits:
    """The permits of every party that takes one.

    Attributes:
        sealed: openings of the commitments to proofs of identity that applications came with.
    """

    def __init__(self, world: World, operator: DemoParty) -> None:
        self.world = world
        self.operator = operator
        self.sealed: dict[str, bytes] = {}

    def holders(self) -> list[DemoParty]:
        """Who takes permits."""
        return self.world.of_role(*ACTIVITIES)

    def authority(self, holder: DemoParty, waste_class: str) -> DemoParty:
        """Who permits the holder to handle waste of this class (LGPGIR 7, 9)."""
        if waste_class == "RP":
            return self.world.parties["semarnat"]
        state = holder.actor.place.state_code
        agencies = self.world.of_role(Role.STATE_AGENCY)
        return next(agency for agency in agencies if agency.actor.place.state_code == state)

    def transcribe(self) -> None:
        """Before the authorities join, permits are copied from their public lists and shown as transcribed."""
        world = self.world
        for holder in self.holders():
            for waste_class in WASTE_CLASSES:
                authority = self.authority(holder, waste_class)
                authorisation = world.new_id("aut")
                granted = authorisation_granted(
                    world.occasion(self.operator.party),
                    authorisation,
                    holder=holder.party,
                    number=self._number(holder),
                    scope=_scope(holder, waste_class),
                    from_on=_day(world.now + (LEFT_DAYS - TERM_DAYS) * DAY_S),
                    to_on=_day(world.now + LEFT_DAYS * DAY_S),
                    transcribed={"source": f"Lista pública: {authority.name}"[:160], "listed_on": _day(world.now)},
                )
                world.say_signed(sign_event(self.operator.key, granted))
                holder.permits[waste_class] = authorisation

    def register_generators(self) -> None:
        """Who discards packs or makes residues says under which number it is a generator (RLGPGIR 43)."""
        for n, party in enumerate(self.world.of_role(*GENERATORS)):
            numbered: dict[str, Any] = {"number": f"NRA{n + 1:07d}"} if party.actor.form is Form.MORAL else {}
            self.world.say(
                party,
                "generator.registered",
                generator=party.party,
                category="gran" if party.actor.role is Role.RECYCLER else "pequeno",
                register_of="MX",
                from_on=_day(self.world.now),
                **numbered,
            )

    def register_plans(self) -> None:
        """The ministry registers the management plan of each large generator (LGPGIR 46)."""
        for n, party in enumerate(self.world.of_role(Role.RECYCLER)):
            self.world.say(
                self.world.parties["semarnat"],
                "plan.registered",
                plan=self.world.new_id("pln"),
                operated_by=party.party,
                number=f"PM-RP-{n + 1:03d}",
                from_on=_day(self.world.now),
            )

    def _number(self, holder: DemoParty) -> str:
        place = holder.actor.place
        return f"{place.state_code}-{place.municipality_code}-PS-I-{self.world.rng.randrange(1, 999):03d}-08"

    def confirm(self) -> None:
        """Each authority confirms the permits that were copied from its list."""
        for holder in self.holders():
            for waste_class, authorisation in holder.permits.items():
                self.rule(holder, waste_class, "confirmed", authorisation)

    def rule(self, holder: DemoParty, waste_class: str, kind: str, authorisation: str, **members: Any) -> None:
        """The authority of a permit states ``authorisation.<kind>`` about it, by an act of today."""
        self.world.say(
            self.authority(holder, waste_class),
            f"authorisation.{kind}",
            authorisation=authorisation,
            prev=...,
            act=self.act_of_today(),
            **members,
        )

    def act_of_today(self) -> Members:
        """An administrative act that was decided and notified today."""
        today = _day(self.world.now)
        number = self.world.rng.randrange(1, 10_000)
        return {"oficio": f"DGGIMAR.710/{number:06d}", "decided_on": today, "notified_on": today}

    def renewal(self, holder: DemoParty, waste_class: str, to_at: int) -> Story:
        """The holder asks for the renewal of its permit in the last year of its term; the authority grants it."""
        yield to_at - _ASKED_BEFORE_DAYS * DAY_S
        world, authorisation, application = self.world, holder.permits[waste_class], self.world.new_id("apl")
        world.say(
            holder,
            "application.submitted",
            application=application,
            to=self.authority(holder, waste_class).party,
            asks="renewal",
            authorisation=authorisation,
            person=holder.actor.form.value,
            identity=self._seal_identity(holder),
        )
        yield world.now + _DECIDED_AFTER_DAYS * DAY_S
        self.rule(
            holder,
            waste_class,
            "renewed",
            authorisation,
            from_on=_day(to_at + DAY_S),
            to_on=_day(to_at + TERM_DAYS * DAY_S),
            decides={"application": application, "prev": world.heads[f"act/{application}"]},
        )

    def _seal_identity(self, holder: DemoParty) -> str:
        """The commitment by which an application names who asked; what it is made from lies beside the log."""
        opening = format_opening({"name": holder.name}, self.world.rng.randbytes(SALT_BYTES_MIN))
        commitment = sha256(opening).hexdigest()
        self.sealed[commitment] = opening
        return commitment


def _scope(holder: DemoParty, waste_class: str) -> Members:
    return {
        "activities": ACTIVITIES[holder.actor.role],
        "waste_classes": [waste_class],
        "conditions": ["sound", "damaged", "critical"],
        "sites": [] if holder.actor.role is Role.CARRIER else [holder.site],
        "capacity_g_per_year": 2_000_000_000,
    }


def _day(seconds: int) -> str:
    return format_instant(seconds)[:10]
