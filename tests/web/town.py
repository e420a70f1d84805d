"""A town of handlers whose permits stand in every way, served over HTTP: what pages are shown of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from tests.api.served import Served, open_served
from tests.cli.ground import free_port
from tests.yard import Actor, Yard

LONG_NAME = "Reaprovechamiento y Desmantelamiento Integral de Acumuladores Electroquímicos del Bajío, S.A.P.I. de C.V."
HOSTILE_NAME = '<script>alert(1)</script> & "Hijos", S.A.'
PERSON = "JUANA PÉREZ LÓPEZ"


@dataclass
class Town:
    """The served ledger, and ids to look at by what they are examples of."""

    served: Served
    permits: dict[str, str]
    parties: dict[str, str]


def build_town(served: Served) -> Town:
    """Permits in force, stayed, suspended, revoked, expired, to come and transcribed, and a natural person's."""
    yard = served.yard
    recycler = _located(yard, "Recicladora Ñandú, S.A. de C.V.", "19", "039", 25_686_613, -100_316_116)
    permits = {
        "in-force": yard.permit(
            recycler, "recycling", "dismantling", chemistries=["LFP", "NMC622"], capacity_g_per_year=12_500_000_000
        ),
        "federal": yard.permit(recycler, "collection", waste_classes=["RP"]),
        "suspended": yard.permit(yard.carrier, "transport"),
        "revoked": yard.permit(yard.centre, "collection"),
        "stayed": yard.permit(yard.workshop, "dismantling"),
    }
    yard.rule(permits["suspended"], "suspended")
    yard.rule(permits["revoked"], "revoked")
    suspension = yard.rule(permits["stayed"], "suspended")
    yard.say(
        yard.granter(permits["stayed"]),
        "authorisation.stayed",
        authorisation=permits["stayed"],
        from_on="2025-01-06",
        stays=suspension,
        court="Juzgado Tercero de Distrito",
        file="123/2025",
    )
    hostile = _located(yard, HOSTILE_NAME, "14", "120", 20_659_698, -103_349_609)
    long = _located(yard, LONG_NAME, "11", "020", 21_122_000, -101_682_000)
    person = yard.new_party(None, form="fisica")
    permits["transcribed"] = _transcribe(yard, long, "11-20-PS-II-077D-05-2021", "2030-12-31")
    permits["expired"] = _transcribe(yard, hostile, "14-I-001D-16", "2024-12-31")
    permits["person"] = yard.permit(person, "collection", capacity_g_per_year=800_500)
    served.send()
    served.cover()
    parties = {"recycler": recycler.party, "long": long.party, "person": person.party, "unpermitted": yard.maker.party}
    return Town(served, permits, parties)


def _located(yard: Yard, name: str, state: str, municipality: str, latitude_udeg: int, longitude_udeg: int) -> Actor:
    actor = yard.new_party(name)
    place: dict[str, Any] = {"state": state, "municipality": municipality, "time_zone": "America/Monterrey"}
    place |= {"latitude_udeg": latitude_udeg, "longitude_udeg": longitude_udeg}
    yard.say(yard.operator, "site.changed", changed=actor.site, name="Planta principal", place=place)
    return actor


def _transcribe(yard: Yard, holder: Actor, number: str, to_on: str) -> str:
    authorisation = yard.new_id("aut")
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder.party,
        number=number,
        scope={"activities": ["collection", "storage"], "waste_classes": ["RP"]},
        from_on="2020-01-01",
        to_on=to_on,
        transcribed={"source": "gob.mx/semarnat: acopio", "listed_on": "2025-01-03"},
    )
    return authorisation


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    """The town behind the API, for a client in this process."""
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}") as served:
        yield build_town(served)


@contextmanager
def over_http(town: Town) -> Iterator[str]:
    """The town on a port of this machine, for a browser; its address."""
    # The client in this process has begun the application, and ends it.
    port = free_port()
    settings = uvicorn.Config(town.served.client.app, port=port, lifespan="off", log_level="critical", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
