"""What a sandbox begins with: the demonstration's authorities and parties, and a few packs that have been somewhere."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from api.sandbox_admission import Authority, is_sandbox, write_authorities
from cli.demo.catalogue import Role, load_models
from cli.demo.ceremony import Ceremony, genesis
from cli.demo.world import DAY_S, DemoParty, World, WorldClock, link, links
from compliance.rulebook import rules_of
from ledger.batch import OnlineKeys
from ledger.event import parse_event
from ledger.home import Home, create_home, open_home, pin_genesis
from ledger.log.note import format_vkey
from ledger.recorder import Recorder
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store

ORIGIN = "sandbox.bitacora.mx/ledger"
SEEDED_DAYS = 30
PACKS = 24


def begin_sandbox(folder: Path, now: int) -> tuple[Path, str]:
    """The home and the database's URL of the sandbox in ``folder``; it is begun if it is not there.

    One that was broken off while it was begun is begun anew.

    Raises:
        KeyUnusable: the folder is the home of something else.
    """
    home, database = folder / "home", f"sqlite:///{folder / 'ledger.sqlite'}"
    if (home / "trust.json").exists() and is_sandbox(open_home(home)):
        return home, database
    if (home / "trust.json").exists() and open_home(home).trust.origin == ORIGIN:
        shutil.rmtree(home)
        for file in folder.glob("ledger.sqlite*"):
            file.unlink()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = create_home(home, ORIGIN)
    create_schema(database)
    store = open_store(database)
    try:
        authorities = _seed(store, made, now)
    finally:
        store.close()
    write_authorities(open_home(home), authorities)
    return home, database


def _seed(store: Store, home: Home, now: int) -> dict[str, Authority]:
    start = now - now % DAY_S - SEEDED_DAYS * DAY_S
    clock = WorldClock(start)
    recorder = Recorder(store, rules_of, clock, OnlineKeys(home.read_clock_key(), home.read_recorder_key()))
    # Keys of a real generator: whoever knows the program must not know the sandbox's authorities.
    world = World(recorder.submit, clock, random.SystemRandom(), start)
    try:
        online = OnlineKeys(home.read_clock_key(), home.read_recorder_key())
        first, roots, operator = genesis(world, ORIGIN, online, [format_vkey(key) for key in home.trust.checkpoint])
        recorder.genesis(first)
        pin_genesis(home, parse_event(first).id)
        world.now += 120
        Ceremony(world, roots, parse_event(first).party, operator).perform()
        world.flush()
        _tell(world)
    finally:
        recorder.close()
    [ministry], [agency, *_] = world.of_role(Role.MINISTRY), world.of_role(Role.STATE_AGENCY)
    found = {"operator": operator, "ministry": ministry, "state_agency": agency}
    return {name: Authority(party.party, party.key) for name, party in found.items()}


def _tell(world: World) -> None:
    """Packs in stock, in use, and waiting as waste in a workshop."""
    maker, workshop = world.of_role(Role.MANUFACTURER)[0], world.of_role(Role.WORKSHOP)[0]
    world.now += DAY_S
    packs = [_produce(world, maker) for _ in range(PACKS)]
    world.now += 2 * DAY_S
    world.flush()
    for pack in packs[: PACKS * 2 // 3]:
        world.say(maker, "unit.placed_on_market", units=[link(pack)])
        world.say(maker, "unit.installed", units=[link(pack)])
    world.now += 2 * DAY_S
    world.flush()
    retired = links(packs[: PACKS // 3])
    world.say(workshop, "unit.removed", site=workshop.site, units=retired, reason="end_of_life")
    world.say(workshop, "unit.discarded", units=links(packs[: PACKS // 3]), reason="end_of_life")
    world.flush()


def _produce(world: World, maker: DemoParty) -> str:
    model = world.rng.choice(load_models())
    pack = world.new_pack_id("0750123456789")
    description = {
        "unit_kind": "pack",
        "chemistry": model.chemistry.value,
        "mass_g": model.pack_mass_g,
        "mass_basis": "nameplate",
        "energy_wh": model.energy_wh,
    }
    world.say(maker, "unit.produced", site=maker.site, units=[link(pack)], description=description)
    return pack
