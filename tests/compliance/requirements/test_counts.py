"""Rules that count: categories, stores, corrections after a report, closings, imports; each fires and does not."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.rulebook import CURRENT
from ledger.domain.values import parse_instant
from ledger.fold.state import Value
from tests.ledger.fold.story import DIGEST, accepted, fed, lot
from tests.yard import Actor, Yard

KG = 1000
PACK_G = 435 * KG


@pytest.fixture
def yard() -> Yard:
    return Yard(rules=CURRENT)


def found(yard: Yard, code: str) -> list[Value]:
    return [finding for finding in yard.findings() if finding["requirement"] == code]


def generate(yard: Yard, mass_g: int, actor: Actor | None = None, waste_class: str = "RP", count: int = 1) -> list[str]:
    """Packs of this mass that the workshop registers at its site, discards and determines; their ids."""
    actor = actor or yard.workshop
    packs = [yard.new_unit_id() for _ in range(count)]
    about: dict[str, Any] = {"basis": "first_seen", "stage": "removed", "description": yard.description(mass_g=mass_g)}
    yard.say(actor, "unit.registered", units=packs, site=actor.site, **about)
    yard.say(actor, "unit.discarded", units=packs, reason="end_of_life", site=actor.site)
    yard.say(actor, "unit.classified", units=packs, waste_class=waste_class, method="crit_test")
    return packs


def file(yard: Yard, actor: Actor, subject: str, **about: Any) -> str:
    filing = yard.new_id("fil")
    said: dict[str, Any] = {"filing": filing, "subject": subject, "to": yard.semarnat.party, "digest": DIGEST, **about}
    yard.say(actor, "filing.submitted", **said)
    return filing


# R10


@pytest.mark.parametrize(
    ("mass_g", "count", "category"),
    [
        (400 * KG, 1, None),
        (400 * KG + 1, 1, "pequeno"),
        (440 * KG, 23, "gran"),
    ],
)
def test_a_year_above_the_registered_category_is_found(
    yard: Yard, mass_g: int, count: int, category: str | None
) -> None:
    yard.register_generator(yard.workshop, "micro")
    generate(yard, mass_g, count=count)
    assert [finding["facts"]["category"] for finding in found(yard, "category-differs")] == (
        [category] if category else []
    )


def test_a_category_is_found_once_and_anew_when_the_next_one_is_reached(yard: Yard) -> None:
    yard.register_generator(yard.workshop, "micro")
    for _ in range(23):
        generate(yard, 440 * KG)
    facts = [finding["facts"] for finding in found(yard, "category-differs")]
    assert [(fact["category"], fact["generated_g"] // KG) for fact in facts] == [("pequeno", 440), ("gran", 10_120)]


def test_the_second_year_in_a_row_is_told(yard: Yard) -> None:
    yard.register_generator(yard.workshop, "micro")
    generate(yard, PACK_G)
    yard.now = parse_instant("2026-02-02T15:00:00Z")
    generate(yard, PACK_G)
    assert [finding["facts"]["second_year"] for finding in found(yard, "category-differs")] == [False, True]


@pytest.mark.parametrize(("category", "waste_class"), [("pequeno", "RP"), ("micro", "RME"), (None, "RP")])
def test_no_category_is_found_that_the_register_has_or_of_other_waste_or_of_who_is_in_none(
    yard: Yard, category: str | None, waste_class: str
) -> None:
    if category is not None:
        yard.register_generator(yard.workshop, category)
    generate(yard, PACK_G, waste_class=waste_class)
    assert found(yard, "category-differs") == []


def test_a_year_is_compared_with_the_last_where_midnight_comes_late(yard: Yard) -> None:
    """A site in Tijuana is in the old year for two hours more than the days by which keys are told."""
    yard.pass_time(parse_instant("2025-06-01T18:00:00Z") - yard.now)
    yard.register_generator(yard.workshop, "micro")
    place = {"state": "02", "municipality": "004", "time_zone": "America/Tijuana"}
    yard.say(yard.workshop, "site.changed", changed=yard.workshop.site, place=place)
    [pack] = generate(yard, PACK_G, waste_class="RME")
    yard.pass_time(parse_instant("2027-01-01T06:30:00Z") - yard.now)
    test: dict[str, Any] = {"waste_class": "RP", "method": "crit_test", "site": yard.workshop.site}
    yard.say(yard.workshop, "unit.classified", units=[pack], **test)

    assert [finding["facts"]["year"] for finding in found(yard, "category-differs")] == ["2025"]


def test_a_correction_that_brings_a_year_above_its_category_is_found(yard: Yard) -> None:
    yard.register_generator(yard.workshop, "micro")
    [pack] = generate(yard, 400 * KG)
    birth = yard.unit(pack)["trail"][0].split()[0]
    said: dict[str, Any] = {"pointer": "/units/0/mass_g", "was": 400 * KG, "now": 435 * KG}
    yard.say(yard.workshop, "event.corrected", event=birth, reason="weighed_again", **said)
    assert found(yard, "category-differs")[0]["facts"]["generated_g"] == 435 * KG


# R33


@pytest.mark.parametrize(("capacity_g", "opens"), [(2 * PACK_G, False), (2 * PACK_G - 1, True), (None, False)])
@pytest.mark.parametrize(("waste_class", "article"), [("RP", "RLGPGIR 82"), ("RME", "LGPGIR 9 III")])
def test_a_store_beyond_its_capacity_is_found(
    yard: Yard, capacity_g: int | None, opens: bool, waste_class: str, article: str
) -> None:
    scope: dict[str, Any] = {"storage_capacity_g": capacity_g} if capacity_g is not None else {}
    yard.permit(yard.workshop, "storage", **scope)
    generate(yard, PACK_G, waste_class=waste_class)
    generate(yard, PACK_G, waste_class=waste_class)
    findings = found(yard, "storage-capacity-exceeded")
    assert [finding["subject"] for finding in findings] == ([yard.workshop.site] if opens else [])
    assert all(finding["facts"]["article"].startswith(article) for finding in findings)


def test_a_store_that_is_overfull_is_found_once_until_it_has_room_again(yard: Yard) -> None:
    yard.permit(yard.centre, "storage", storage_capacity_g=PACK_G)
    packs = [yard.waste_pack() for _ in range(3)]
    for pack in packs:
        consignment = yard.offer(yard.workshop, yard.centre, [pack])
        members: dict[str, Any] = {"consignment": consignment, "basis": "offer", "lines": accepted(pack)}
        yard.say(yard.centre, "consignment.received", site=yard.centre.site, **members)
    assert len(found(yard, "storage-capacity-exceeded")) == 1


def test_a_permit_for_another_site_gives_this_one_no_room_and_asks_for_none(yard: Yard) -> None:
    other, place = yard.new_id("sit"), yard.state[f"site/{yard.workshop.site}"]["place"]
    yard.say(yard.operator, "site.registered", registered=other, operated_by=yard.workshop.party, place=place)
    yard.permit(yard.workshop, "storage", sites=[other], storage_capacity_g=1)
    generate(yard, PACK_G)
    assert found(yard, "storage-capacity-exceeded") == []


# R29 and R46


def recycle(yard: Yard, units: list[str], unexplained_g: int) -> list[str]:
    """A batch of the recycler with these units; its outputs."""
    batch, recycler = yard.new_id("bch"), yard.recycler
    about: dict[str, Any] = {"activity": "recycling", "process": "shredding", "site": recycler.site}
    yard.say(recycler, "batch.opened", batch=batch, **about)
    links = [{**fed(unit, yard.unit(unit)["mass_g"]), "prev": yard.head(f"unit/{unit}")} for unit in units]
    yard.say(recycler, "batch.fed", batch=batch, units=links)
    output = lot(yard, sum(link["mass_g"] for link in links) - unexplained_g)
    books: dict[str, Any] = {"outputs": [output], "stock_g": 0, "unexplained_g": unexplained_g, "site": recycler.site}
    yard.say(recycler, "batch.closed", batch=batch, **books)
    return [output["id"]]


@pytest.mark.parametrize(
    ("unexplained_g", "opens"), [(8_700, False), (8_701, True), (-8_700, False), (-8_701, True), (0, False)]
)
def test_books_that_leave_more_than_two_per_cent_open_are_found(yard: Yard, unexplained_g: int, opens: bool) -> None:
    yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
    recycle(yard, generate(yard, PACK_G, yard.recycler), unexplained_g)
    assert [finding["facts"]["unexplained_g"] for finding in found(yard, "balance-off")] == [unexplained_g] * opens


def test_a_lot_out_of_nowhere_is_found_as_it_is_fed(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    stranger = lot(yard, 1)["id"]
    about: dict[str, Any] = {
        "unit_kind": "lot",
        "chemistry": "unknown",
        "mass_basis": "weighed",
        "material": "black_mass",
    }
    described: dict[str, Any] = {"description": {**about, "mass_g": 5 * KG}, "basis": "first_seen", "stage": "waste"}
    yard.say(yard.recycler, "unit.registered", units=[stranger], **described)
    recycle(yard, [stranger, *generate(yard, PACK_G, yard.recycler, "RME")], 0)
    [finding] = found(yard, "provenance-unknown")
    assert (finding["facts"]["unknown_g"], finding["facts"]["fed_g"]) == (5 * KG, 440 * KG)


def test_what_the_ledger_made_is_of_known_origin(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    outputs = recycle(yard, generate(yard, PACK_G, yard.recycler, "RME"), 0)
    recycle(yard, outputs, 0)
    assert found(yard, "provenance-unknown") == []


# R31


@pytest.mark.parametrize(
    ("filed_on", "fed_on", "opens"),
    [
        (None, "2025-03-03", True),
        ("2025-01-20", "2025-03-05", False),
        ("2025-01-20", "2025-03-04", True),
    ],
)
def test_own_waste_recycled_on_site_was_announced_thirty_business_days_before(
    yard: Yard, filed_on: str | None, fed_on: str, opens: bool
) -> None:
    run_on_site(yard, filed_on, fed_on)
    assert bool(found(yard, "on-site-recycling-unannounced")) is opens


def run_on_site(yard: Yard, filed_on: str | None, fed_on: str) -> None:
    # without the check of permits, by which nobody feeds hazardous waste who has none
    yard.rules = type(CURRENT)(1, law_checks=CURRENT.law_checks)
    packs = generate(yard, PACK_G)
    batch = yard.new_id("bch")
    about: dict[str, Any] = {"activity": "recycling", "process": "shredding", "site": yard.workshop.site}
    yard.say(yard.workshop, "batch.opened", batch=batch, **about)
    if filed_on is not None:
        yard.now = parse_instant(f"{filed_on}T15:00:00Z")
        file(yard, yard.workshop, "on_site_recycling", about=batch)
    yard.now = parse_instant(f"{fed_on}T15:00:00Z")
    links = [{**fed(pack, PACK_G), "prev": yard.head(f"unit/{pack}")} for pack in packs]
    yard.say(yard.workshop, "batch.fed", batch=batch, units=links)


def test_who_may_recycle_announces_nothing(yard: Yard) -> None:
    yard.permit(yard.workshop, "recycling", waste_classes=["RP"])
    run_on_site(yard, None, "2025-03-03")
    assert found(yard, "on-site-recycling-unannounced") == []


# R34


@pytest.mark.parametrize(("summary", "opens"), [({}, True), ({"test_summary": DIGEST}, False)])
def test_second_life_without_fresh_tests_is_found(yard: Yard, summary: dict[str, Any], opens: bool) -> None:
    yard.say(yard.maker, "unit.repurposed", units=[yard.produce()], application="stationary", **summary)
    assert bool(found(yard, "repurposed-without-test")) is opens


# R39


@pytest.mark.parametrize(("year", "opens"), [(2025, True), (2024, False), (None, False)])
def test_a_correction_of_what_a_yearly_report_has_told_is_found(yard: Yard, year: int | None, opens: bool) -> None:
    [pack] = generate(yard, 400 * KG)
    yard.now = parse_instant("2026-04-01T15:00:00Z")
    filing = file(yard, yard.workshop, "annual_report", year=year) if year is not None else None
    birth = yard.unit(pack)["trail"][0].split()[0]
    said: dict[str, Any] = {"pointer": "/units/0/mass_g", "was": 400 * KG, "now": 401 * KG}
    yard.say(yard.workshop, "event.corrected", event=birth, reason="typing_error", **said)
    assert [finding["facts"]["filing"] for finding in found(yard, "corrected-after-filing")] == [filing] * opens


def test_what_is_withdrawn_after_the_report_is_found_too(yard: Yard) -> None:
    [pack] = generate(yard, 400 * KG)
    yard.now = parse_instant("2026-04-01T15:00:00Z")
    file(yard, yard.workshop, "annual_report", year=2025)
    said: dict[str, Any] = {"event": yard.head(f"unit/{pack}"), "subjects": [{"key": f"unit/{pack}"}]}
    yard.say(yard.workshop, "event.annulled", reason="wrong_unit", **said)
    assert len(found(yard, "corrected-after-filing")) == 1


# R41


@pytest.mark.parametrize(
    ("waste_class", "article"), [("RP", "RLGPGIR 68; LGPGIR 45, 106 XX"), ("RME", "LGPGIR 9 III; law of the state")]
)
def test_a_site_that_closes_with_waste_in_it_is_found(yard: Yard, waste_class: str, article: str) -> None:
    generate(yard, PACK_G, waste_class=waste_class)
    yard.say(yard.operator, "site.closed", closed=yard.workshop.site)
    [finding] = found(yard, "closed-with-stock")
    assert (finding["party"], finding["subject"]) == (yard.workshop.party, yard.workshop.site)
    assert (finding["facts"]["stock_g"], finding["facts"]["article"]) == (PACK_G, article)


def test_an_empty_site_closes_without_a_finding(yard: Yard) -> None:
    [pack] = generate(yard, PACK_G, waste_class="not_waste")
    assert yard.unit(pack)["site"] == yard.workshop.site
    yard.say(yard.operator, "site.closed", closed=yard.workshop.site)
    assert yard.state["site/" + str(yard.workshop.site)]["closed_at"]
    assert found(yard, "closed-with-stock") == []


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_party_that_ends_with_waste_in_hand_is_found_unless_another_takes_it_over(
    yard: Yard, succeeded: bool
) -> None:
    generate(yard, PACK_G)
    heir: dict[str, Any] = {"successor": yard.centre.party} if succeeded else {}
    reason = "merger" if succeeded else "bankruptcy"
    yard.say(yard.operator, "party.closed", closed=yard.workshop.party, reason=reason, **heir)
    assert bool(found(yard, "closed-with-stock")) is not succeeded


# R26 and R50


def import_waste(yard: Yard, count: int = 1, **more: Any) -> list[str]:
    recycler, packs = yard.recycler, [yard.new_unit_id() for _ in range(count)]
    members: dict[str, Any] = {"description": yard.description(), "pedimento": "25 16 3456 5000123", **more}
    yard.say(recycler, "unit.imported", units=packs, site=recycler.site, **members)
    yard.say(recycler, "unit.discarded", units=packs, reason="end_of_life", site=recycler.site)
    return packs


@pytest.mark.parametrize(("capacity_g", "opens"), [(2 * PACK_G, False), (2 * PACK_G - 1, True)])
def test_imports_beyond_the_capacity_of_the_recycler_are_found(yard: Yard, capacity_g: int, opens: bool) -> None:
    make_hazardous(yard)
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"], capacity_g_per_year=capacity_g)
    import_waste(yard)
    import_waste(yard)
    assert bool(found(yard, "import-over-capacity")) is opens


def make_hazardous(yard: Yard) -> None:
    tables = {"undetermined": "RP"}
    about: dict[str, Any] = {
        "regime": "reform",
        "jurisdiction": {"code": "MX"},
        "from_on": "2025-01-01",
        "tables": tables,
    }
    yard.say(yard.semarnat, "regime.enacted", **about)


@pytest.mark.parametrize(("domestic", "released", "opens"), [(0, 0, True), (0, 1, False), (1, 0, True), (1, 1, False)])
def test_residues_as_heavy_as_what_was_imported_are_found_with_the_yearly_report(
    yard: Yard, domestic: int, released: int, opens: bool
) -> None:
    make_hazardous(yard)
    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    packs = import_waste(yard)
    packs += generate(yard, PACK_G, yard.recycler, count=domestic) if domestic else []
    outputs = [lot_id for pack in packs for lot_id in recycle(yard, [pack], 0)]
    if released:
        about: dict[str, Any] = {"release": yard.new_id("rel"), "specification": "BM-1"}
        yard.say(yard.recycler, "product.released", units=outputs[:released], **about)
    yard.now = parse_instant("2026-04-01T15:00:00Z")
    file(yard, yard.recycler, "annual_report", year=2025)
    assert bool(found(yard, "import-residues-exceed")) is opens


@pytest.mark.parametrize(
    ("code", "discarded", "opens"),
    [
        ("8507.60.01", True, True),
        ("8507.60.01", False, False),
        ("8549.13.01", False, True),
        ("8549.13.01", True, False),
        (None, True, False),
    ],
)
def test_a_tariff_code_that_does_not_fit_what_leaves_is_found(
    yard: Yard, code: str | None, discarded: bool, opens: bool
) -> None:
    yard.permit(yard.workshop, "export", "recycling")
    pack = yard.waste_pack() if discarded else yard.produce(yard.workshop)
    said: dict[str, Any] = {"tariff_code": code} if code else {}
    yard.say(yard.workshop, "unit.exported", units=[pack], country="US", pedimento="25 16 3456 5000123", **said)
    assert bool(found(yard, "tariff-differs")) is opens


@pytest.mark.parametrize(("code", "opens"), [("8507.60.01", True), ("8549.14.01", False)])
def test_a_mass_of_material_that_enters_as_a_battery_is_found(yard: Yard, code: str, opens: bool) -> None:
    about: dict[str, Any] = {
        "unit_kind": "lot",
        "chemistry": "unknown",
        "mass_basis": "weighed",
        "material": "black_mass",
    }
    described: dict[str, Any] = {
        "description": {**about, "mass_g": KG},
        "pedimento": "25 16 3456 5000123",
        "tariff_code": code,
    }
    yard.say(yard.recycler, "unit.imported", units=[lot(yard, 1)["id"]], **described)
    assert bool(found(yard, "tariff-differs")) is opens
