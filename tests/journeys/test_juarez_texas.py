"""Journey 11, the Mexican half: a maquiladora returns scrap modules to Texas; some are rejected and come back."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.api.served import Served, open_served
from tests.journeys.registry import audited, exported, finding_names, refused, wait_until
from tests.yard import Actor, Yard

MODULES = 600
REJECTED = 12
STATEMENT_UNITS_MAX = 256
PDF = b"%PDF-1.4\n" + b"documento de movimiento firmado por el destinatario" * 40
BORDER = {"notice": "AR-2026-0117", "consent": "AOC 8812/26", "pedimento": "26 07 3456 6001234", "customs_post": "070"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """It is 9:00 on Monday 2026-03-02 in Mexico City; the carrier is permitted for waste."""
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        opened.yard.permit(opened.yard.carrier, "transport", waste_classes=["RP", "RME"])
        opened.send()
        wait_until(opened, "2026-03-02")
        yield opened


def parts(units: list[str]) -> list[list[str]]:
    """The units by statements: at most 256 each."""
    return [units[n : n + STATEMENT_UNITS_MAX] for n in range(0, len(units), STATEMENT_UNITS_MAX)]


def settle(yard: Yard) -> Actor:
    """The maquiladora, with a site in Ciudad Juárez."""
    plant = yard.new_party("Ensambles Juárez, S.A. de C.V.")
    site = yard.new_id("sit")
    place = {"state": "08", "municipality": "037", "time_zone": "America/Ciudad_Juarez"}
    yard.say(yard.operator, "site.registered", registered=site, operated_by=plant.party, place=place)
    yard.register_generator(plant)
    return Actor(plant.party, plant.key, site)


def register_abroad(yard: Yard) -> str:
    """The recycler in Texas, which has no key here: who it is, the operator has on paper."""
    party = yard.new_id("pty")
    yard.say(yard.operator, "party.registered", registered=party, form="foreign", name="Lone Star Recycling, LLC")
    return party


def scrap(yard: Yard, plant: Actor) -> list[str]:
    """Scrap modules of one shift, made of what was imported for a time, and discarded as hazardous."""
    modules = [yard.new_unit_id() for _ in range(MODULES)]
    what = yard.description(unit_kind="module", mass_g=12_000, energy_wh=2_000)
    determined: dict[str, Any] = {"waste_class": "RP", "method": "knowledge"}
    for units in parts(modules):
        yard.say(plant, "unit.produced", units=units, description=what, site=plant.site)
        yard.say(plant, "unit.discarded", units=units, reason="production_scrap")
        yard.say(plant, "unit.classified", units=units, **determined)
    return modules


def offer(yard: Yard, plant: Actor, abroad: str, modules: list[str]) -> str:
    """One consignment of 600 in three statements, under the numbers of the border; by its own rules no manifest."""
    consignment = yard.new_id("con")
    terms: dict[str, Any] = {
        "purpose": "maquiladora_return",
        "consignee": abroad,
        "carriers": [yard.carrier.party],
        "units_total": len(modules),
        "border": BORDER,
        "site": plant.site,
    }
    for units in parts(modules):
        yard.say(plant, "consignment.offered", consignment=consignment, units=units, **terms)
    return consignment


def deposit(served: Served, depositor: Actor) -> dict[str, Any]:
    """The movement document, signed abroad and kept beside the log; how a statement cites it."""
    digest = sha256(PDF).hexdigest()
    headers = {"authorization": f"Bearer {served.token(depositor)}", "content-type": "application/pdf"}
    assert served.client.put(f"/v1/blobs/{digest}", content=PDF, headers=headers).status_code == 201
    return {"digest": digest, "bytes": len(PDF), "media_type": "application/pdf", "role": "movement_document"}


def shown(served: Served, consignment: str, reader: Actor, query: str = "") -> dict[str, Any]:
    answered = served.get(f"/v1/consignments/{consignment}{query}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def all_lines(served: Served, consignment: str, reader: Actor) -> dict[str, dict[str, Any]]:
    """Every line of the detail, page by page, by its unit."""
    found: dict[str, dict[str, Any]] = {}
    query = ""
    while True:
        page = shown(served, consignment, reader, query)
        found |= {line["unit"]: line for line in page["lines"]}
        if page["next"] is None:
            return found
        query = f"?after={page['next']}"


@pytest.mark.slow
def test_scrap_goes_back_to_texas_and_a_part_of_it_returns(served: Served, tmp_path: Path) -> None:
    yard = served.yard
    plant, abroad = settle(yard), register_abroad(yard)
    modules = scrap(yard, plant)
    kept, rejected = modules[REJECTED:], modules[:REJECTED]
    consignment = offer(yard, plant, abroad, modules)
    served.send()

    # no permit to export is asked for: the return takes a notice (RLGPGIR 121, 123); what travels with it is listed
    listed = served.get(f"/v1/consignments/{consignment}/papers", token=served.token(plant)).json()
    papers = {paper["paper"]: paper["origin"] for paper in listed["papers"]}
    assert {name: papers[name] for name in ("return_notice", "pedimento", "movement_document")} == {
        "return_notice": "attached",
        "pedimento": "attached",
        "movement_document": "attached",
    }
    assert any("No US e-Manifest expected" in note["en"] for note in listed["notes"])
    clocks = {(clock["name"], clock["length"], clock["unit"]) for clock in listed["clocks"]}
    assert {("return", 10, "business_days"), ("return-report", 15, "natural_days")} <= clocks
    assert shown(served, consignment, plant)["border"] == BORDER

    # the truck leaves
    for units in parts(modules):
        yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=units)
    served.send()
    wait_until(served, "2026-03-04")

    # received per movement document, not by an own signature: the consignor states it, and nobody else may
    document = deposit(served, plant)
    lines = [{"id": unit, "outcome": "accepted"} for unit in kept]
    lines += [{"id": unit, "outcome": "refused", "reason": "not_as_described"} for unit in rejected]
    about: dict[str, Any] = {"country": "US", "border": BORDER, "documents": [document], "site": plant.site}
    by_carrier: dict[str, Any] = {"lines": lines[:1], **about, "site": yard.carrier.site}
    answered = refused(served, yard.carrier, "consignment.delivered", consignment=consignment, **by_carrier)
    assert answered["code"] == "not-concerned"
    for n in range(0, len(lines), STATEMENT_UNITS_MAX):
        part: dict[str, Any] = {"lines": lines[n : n + STATEMENT_UNITS_MAX], **about}
        yard.say(plant, "consignment.delivered", consignment=consignment, **part)
    served.send()
    told = shown(served, consignment, plant)
    assert (told["stage"], told["counts"]) == ("moving", {"offered": MODULES, "delivered": MODULES - REJECTED})
    by_unit = all_lines(served, consignment, plant)
    assert {line["line"] for line in by_unit.values()} == {"delivered", "refused"}
    gone, back = by_unit[kept[0]], by_unit[rejected[0]]
    assert (gone["holder"], gone["assurance"]["code"], gone["open"]) == ("abroad", "scanned_paper", False)
    assert "papel" in gone["assurance"]["es"]
    assert (back["holder"], back["reason"]) == (yard.carrier.party, "not_as_described")
    assert document["digest"] in [cited["digest"] for cited in told["documents"]]

    # the rejected part comes back: the consignment closes, and every module has one holder
    queue = served.get("/v1/queue", token=served.token(plant)).json()["queue"]
    assert [(row["act"], row["units"]) for row in queue if row["consignment"] == consignment] == [("take_back", 12)]
    wait_until(served, "2026-03-09")
    yard.say(plant, "consignment.returned", consignment=consignment, units=rejected, site=plant.site)
    served.send()
    told = shown(served, consignment, plant)
    assert (told["stage"], told["counts"]["returned"]) == ("closed", REJECTED)
    assert {yard.unit(unit)["holder"] for unit in rejected} == {plant.party}
    assert {(yard.unit(unit)["stage"], yard.unit(unit)["holder"]) for unit in kept} == {("exported", "abroad")}

    # what came back is waste of the plant and may go to a recycler here (LGPGIR 94)
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    terms: dict[str, Any] = {"purpose": "waste_rp", "destination": yard.recycler.site, "site": plant.site}
    here = yard.offer(plant, yard.recycler, rejected, [yard.carrier], **terms)
    served.send()
    listed = served.get(f"/v1/consignments/{here}/papers", token=served.token(plant)).json()
    assert "manifest" in {paper["paper"] for paper in listed["papers"]}

    assert finding_names(served) == []
    report = audited(served, exported(served, tmp_path / "export"))
    assert (report.verdict, report.findings) == ("fine", [])
