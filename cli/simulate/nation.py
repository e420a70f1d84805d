"""The parties of a simulated nation, and how they come into the ledger: fictitious, in real municipalities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cli.demo.catalogue import Actor, Form, Place, Role, load_actors, load_places
from cli.demo.ceremony import Ceremony
from cli.demo.permits import ACTIVITIES, WASTE_CLASSES, Permits
from cli.demo.world import DAY_S, DemoParty, World
from ledger.domain.values import format_instant

LAPSED: Final = "transportes-vencidos"
"""The carrier whose permit ends ``LAPSE_DAYS`` after the beginning."""
LAPSE_DAYS: Final = 60
SMALL: Final = "acopio-pequeno"
"""Beginning of the names of centres whose permit is for next to nothing."""
SMALL_CAPACITY_G: Final = 100_000
CAPACITY_G: Final = 20_000_000_000
_TERM_DAYS: Final = 1825
"""Five years, the longest for taking packs apart (RLGPGIR 58): no simulation lives until a renewal is due."""
_SMALL_CENTRES: Final = 3


def national_actors(units: int, *, faults: bool) -> Mapping[str, Actor]:
    """The authorities of the catalogue, and as many parties of each role as that many packs keep busy.

    With ``faults``, those too that nobody should deal with.
    """
    actors = {key: actor for key, actor in load_actors().items() if actor.form is Form.AUTHORITY}
    places = [*load_places().values()]
    wanted = {
        Role.MANUFACTURER: 3,
        Role.IMPORTER: 2,
        Role.WORKSHOP: max(8, min(400, units // 40)),
        Role.CARRIER: max(5, min(60, units // 200)),
        Role.COLLECTION_CENTRE: max(5, min(120, units // 60)),
        Role.RECYCLER: max(3, min(20, units // 400)),
        Role.DISPOSAL_SITE: 1,
    }
    turn = 0
    for role, count in wanted.items():
        for n in range(count):
            # a step that shares no factor with the number of places visits them all
            _add(actors, f"{role.value.replace('_', '-')}-{n + 1}", role, places[turn * 11 % len(places)])
            turn += 1
    if faults:
        _add(actors, LAPSED, Role.CARRIER, places[0])
        for n in range(_SMALL_CENTRES):
            _add(actors, f"{SMALL}-{n + 1}", Role.COLLECTION_CENTRE, places[n])
    return actors


def _add(actors: dict[str, Actor], key: str, role: Role, place: Place) -> None:
    actors[key] = Actor(key, role, Form.MORAL, f"{key.replace('-', ' ').capitalize()} (simulación)", place)


def found(world: World, ceremony: Ceremony, operator: DemoParty) -> None:
    """Register everybody, with the permits that they need, granted by the authority of each class of waste."""
    ceremony.perform()
    world.flush()
    permits = Permits(world, operator)
    for holder in permits.holders():
        for waste_class in WASTE_CLASSES:
            _grant(world, permits, holder, waste_class)
    _number_waste_makers(world)
    world.flush()


def _number_waste_makers(world: World) -> None:
    """Workshops and yards have their number as generators (RLGPGIR 43)."""
    ministry = world.parties["semarnat"]
    for n, party in enumerate(world.of_role(Role.WORKSHOP, Role.COLLECTION_CENTRE, Role.RECYCLER)):
        world.say(
            ministry,
            "generator.registered",
            generator=party.party,
            number=f"NRA{n + 1:07d}",
            category="pequeno",
            register_of="MX",
            from_on=format_instant(world.now)[:10],
        )


def _grant(world: World, permits: Permits, holder: DemoParty, waste_class: str) -> None:
    authorisation = world.new_id("aut")
    days = LAPSE_DAYS if holder.actor.key == LAPSED else _TERM_DAYS
    place = holder.actor.place
    world.say(
        permits.authority(holder, waste_class),
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder.party,
        number=f"{place.state_code}-{place.municipality_code}-PS-I-{world.rng.randrange(1, 999):03d}-22",
        scope={
            # nobody here exports: that takes a permit of its own, for a year
            "activities": [name for name in ACTIVITIES[holder.actor.role] if name != "export"],
            "waste_classes": [waste_class],
            "conditions": ["sound", "damaged", "critical"],
            "sites": [] if holder.actor.role is Role.CARRIER else [holder.site],
            "capacity_g_per_year": SMALL_CAPACITY_G if holder.actor.key.startswith(SMALL) else CAPACITY_G,
        },
        from_on=format_instant(world.now)[:10],
        to_on=format_instant(world.now + days * DAY_S)[:10],
        act=permits.act_of_today(),
    )
    holder.permits[waste_class] = authorisation


def centres(world: World) -> list[DemoParty]:
    """Collection centres of ordinary size."""
    return [one for one in world.of_role(Role.COLLECTION_CENTRE) if not one.actor.key.startswith(SMALL)]


def carriers(world: World) -> list[DemoParty]:
    """Carriers whose permit lasts."""
    return [one for one in world.of_role(Role.CARRIER) if one.actor.key != LAPSED]
