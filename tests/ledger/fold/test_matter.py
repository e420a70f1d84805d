from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import MASS_G_MAX
from ledger.errors import (
    BooksDoNotClose,
    NotConcerned,
    NotHolder,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.fold.matter import BATCH_G_MAX, CLAIMS_MAX
from tests.ledger.fold.refusals import refused, refused_raw, requirements
from tests.ledger.fold.story import ACT, fed, lot, lot_id, tag_id
from tests.yard import Actor, Yard

Members = dict[str, Any]


class Plant:
    """The recycler with an open batch."""

    def __init__(self) -> None:
        self.yard = yard = Yard()
        self.recycler = yard.recycler
        self.batch = yard.new_id("bch")
        yard.say(self.recycler, "batch.opened", batch=self.batch, activity="recycling", process="shredding")

    def say(self, what: str, **members: Any) -> str:
        return self.yard.say(self.recycler, f"batch.{what}", batch=self.batch, **members)

    def refuse(self, expected: Any, what: str, *, actor: Actor | None = None, **members: Any) -> Any:
        actor = actor or self.recycler
        return refused(self.yard, expected, actor, f"batch.{what}", batch=self.batch, **members)

    def lot(self, mass_g: int, material: str = "black_mass", stage: str = "waste") -> str:
        unit = lot_id(self.yard)
        described = self.yard.description(unit_kind="lot", material=material, mass_g=mass_g)
        self.yard.say(
            self.recycler, "unit.registered", units=[unit], basis="first_seen", stage=stage, description=described
        )
        return unit

    @property
    def act(self) -> Members:
        return self.yard.act(self.batch)


def test_a_batch_closes_when_its_books_do_to_the_gram() -> None:
    plant = Plant()
    yard = plant.yard
    pack, black_mass = yard.waste_pack(plant.recycler), plant.lot(100_000)
    plant.say("fed", units=[fed(pack, 430_000), fed(black_mass, 100_000)])
    additions = [{"material": "H2SO4", "mass_g": 20_000}, {"material": "water", "mass_g": 1_000}]
    plant.say("stepped", step="leach", additions=additions)
    plant.say("stepped", step="dry", emissions=[{"material": "water", "mass_g": 41_000}])
    outputs = [lot(yard, 300_000), lot(yard, 150_000, "foils")]
    books: Members = {"outputs": outputs, "stock_g": 50_000}

    for wrong in (9_999, 10_001, 0, -10_000):
        refusal = plant.refuse(BooksDoNotClose, "closed", **books, unexplained_g=wrong)
        assert refusal.facts["difference_g"] == 10_000
    plant.say("closed", **books, unexplained_g=10_000)

    assert plant.act["stage"] == "closed"
    assert (plant.act["fed_g"], plant.act["added_g"], plant.act["emitted_g"]) == (530_000, 21_000, 41_000)
    for made in outputs:
        unit = yard.unit(made["id"])
        assert (unit["stage"], unit["holder"], unit["mass_g"]) == ("waste", plant.recycler.party, made["mass_g"])
        assert unit["batch"] == plant.batch


def test_more_may_come_out_than_went_in_when_the_party_signs_for_it() -> None:
    plant = Plant()
    plant.say("fed", units=[fed(plant.lot(1_000), 1_000)])

    plant.say("closed", outputs=[lot(plant.yard, 1_200)], stock_g=0, unexplained_g=-200)

    assert plant.act["unexplained_g"] == -200


def test_what_is_fed_ends_in_the_batch_and_a_lot_goes_in_with_the_mass_it_has() -> None:
    plant = Plant()
    black_mass = plant.lot(1_000)

    assert plant.refuse(BooksDoNotClose, "fed", units=[fed(black_mass, 999)]).facts["mass_g"] == 1_000
    plant.say("fed", units=[fed(black_mass, 1_000)])

    assert plant.yard.unit(black_mass)["stage"] == "consumed"
    assert plant.yard.unit(black_mass)["batch"] == plant.batch


def test_only_its_own_holder_feeds_a_free_unit_into_its_own_open_batch() -> None:
    plant = Plant()
    yard = plant.yard
    mine, theirs = yard.waste_pack(plant.recycler), yard.waste_pack(yard.centre)
    blocked = yard.waste_pack(plant.recycler)
    yard.say(yard.semarnat, "order.issued", order=yard.new_id("ord"), effect="isolate", units=[blocked], act=ACT)
    travelling = yard.waste_pack(plant.recycler)
    yard.offer(plant.recycler, yard.centre, [travelling])

    plant.refuse(NotHolder, "fed", units=[fed(theirs, 1)])
    plant.refuse(NotConcerned, "fed", actor=yard.centre, units=[fed(theirs, 1)])
    plant.refuse(NotConcerned, "stepped", actor=yard.centre, step="x")
    plant.refuse(TransitionNotAllowed, "fed", units=[fed(blocked, 1)])
    plant.refuse(TransitionNotAllowed, "fed", units=[fed(travelling, 1)])
    plant.say("closed", outputs=[], stock_g=0, unexplained_g=0)
    plant.refuse(TransitionNotAllowed, "fed", units=[fed(mine, 1)])
    plant.refuse(TransitionNotAllowed, "closed", outputs=[], stock_g=0, unexplained_g=0)
    refused(yard, SubjectExists, yard.centre, "batch.opened", batch=plant.batch, activity="recycling", process="x")


def test_a_step_of_a_batch_names_the_one_before() -> None:
    plant = Plant()
    opened = plant.yard.head(f"act/{plant.batch}")
    plant.say("stepped", step="x")

    stranger = plant.yard.draft(plant.yard.centre, "batch.stepped", batch=plant.batch, step="x", prev=opened)
    refused_raw(plant.yard, StaleHead, stranger)


def test_the_strictest_class_of_what_went_in_comes_out() -> None:
    plant = Plant()
    yard = plant.yard
    for waste_class in ("RME", "RP", "not_waste"):
        pack = yard.waste_pack(plant.recycler)
        yard.say(plant.recycler, "unit.classified", units=[pack], waste_class=waste_class, method="listing")
        plant.say("fed", units=[fed(pack, 1_000)])

    out = lot(yard, 3_000)
    plant.say("closed", outputs=[out], stock_g=0, unexplained_g=0)

    assert yard.unit(out["id"])["waste_class"] == "RP"


def test_what_comes_out_is_new() -> None:
    plant = Plant()
    there = plant.yard.produce()

    books: Members = {"outputs": [{"id": there, "material": "x", "mass_g": 10}], "stock_g": 0}
    plant.refuse(SubjectExists, "closed", **books, unexplained_g=-10)


def test_an_assay_is_of_a_batch_and_its_own_lots() -> None:
    plant = Plant()
    yard = plant.yard
    own = lot(yard, 5)
    plant.say("closed", outputs=[own], stock_g=0, unexplained_g=-5)
    contents = [{"substance": "Ni", "ppm": 1}]

    plant.say("assayed", lot=own["id"], contents=contents)
    plant.refuse(SubjectUnknown, "assayed", lot=plant.lot(5), contents=contents)
    other: Members = {"batch": yard.new_id("bch"), "contents": contents}
    refused(yard, SubjectUnknown, plant.recycler, "batch.assayed", **other)


def test_a_split_lot_keeps_its_mass_its_material_and_its_class() -> None:
    plant = Plant()
    yard = plant.yard
    whole = plant.lot(1_000)
    yard.say(plant.recycler, "unit.classified", units=[whole], waste_class="RP", method="listing")

    def split(*parts: Members) -> Members:
        return {"lot": whole, "into": list(parts)}

    refused(yard, BooksDoNotClose, plant.recycler, "lot.split", **split(lot(yard, 400), lot(yard, 599)))
    other = split(lot(yard, 400), lot(yard, 600, "foils"))
    refused(yard, TransitionNotAllowed, plant.recycler, "lot.split", **other)
    refused(yard, NotHolder, yard.centre, "lot.split", **split(lot(yard, 400), lot(yard, 600)))
    halves = [lot(yard, 400), lot(yard, 600)]
    yard.say(plant.recycler, "lot.split", **split(*halves))

    assert yard.unit(whole)["stage"] == "divided"
    for half in halves:
        unit = yard.unit(half["id"])
        assert (unit["from"], unit["waste_class"], unit["stage"]) == ([whole], "RP", "waste")


def test_codes_of_hazard_go_over_to_what_lots_are_split_and_merged_into() -> None:
    plant = Plant()
    yard = plant.yard
    one, other = plant.lot(1_000), plant.lot(2_000)
    for made, codes in ((one, ["T"]), (other, ["R", "T"])):
        test: Members = {"units": [made], "waste_class": "RP", "waste_codes": codes, "method": "crit_test"}
        yard.say(plant.recycler, "unit.classified", **test)
    halves = [lot(yard, 400), lot(yard, 600)]
    yard.say(plant.recycler, "lot.split", lot=one, into=halves)
    half = yard.unit(halves[0]["id"])
    assert (half["waste_codes"], half["determined"]) == (["T"], yard.unit(one)["determined"])

    into = lot(yard, 2_600)
    yard.say(plant.recycler, "lot.merged", units=[halves[1]["id"], other], into=into)
    assert (yard.unit(into["id"])["waste_class"], yard.unit(into["id"])["waste_codes"]) == ("RP", ["R", "T"])


def test_merged_lots_are_of_one_material_and_one_stage_and_add_up() -> None:
    plant = Plant()
    yard = plant.yard
    one, other, foil, product = plant.lot(10), plant.lot(20), plant.lot(5, "foils"), plant.lot(10, stage="removed")

    def merge(*units: str, into: Members) -> Members:
        return {"units": list(units), "into": into}

    refused(yard, BooksDoNotClose, plant.recycler, "lot.merged", **merge(one, other, into=lot(yard, 31)))
    refused(yard, TransitionNotAllowed, plant.recycler, "lot.merged", **merge(one, foil, into=lot(yard, 15)))
    refused(yard, TransitionNotAllowed, plant.recycler, "lot.merged", **merge(one, product, into=lot(yard, 20)))
    pack = yard.waste_pack(plant.recycler)
    refused(yard, TransitionNotAllowed, plant.recycler, "lot.merged", **merge(one, pack, into=lot(yard, 20)))
    into = lot(yard, 30)
    yard.say(plant.recycler, "lot.merged", **merge(one, other, into=into))

    assert yard.unit(into["id"])["from"] == [one, other]
    assert {yard.unit(unit)["stage"] for unit in (one, other)} == {"blended"}


def parts(yard: Yard, *masses: int) -> list[Members]:
    described = [yard.description(unit_kind="module", mass_g=mass_g) for mass_g in masses]
    return [{"id": yard.new_unit_id(), "description": description} for description in described]


def test_a_dismantled_pack_becomes_its_parts_and_a_signed_rest() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="listing")
    modules = parts(yard, 200_000, 200_000)

    for wrong in (34_999, 0, -35_000):
        members: Members = {"unit": pack, "parts": modules, "unexplained_g": wrong}
        refused(yard, BooksDoNotClose, yard.workshop, "unit.dismantled", **members)
    yard.say(yard.workshop, "unit.dismantled", unit=pack, parts=modules, unexplained_g=35_000)

    assert yard.unit(pack)["stage"] == "dismantled"
    for part in modules:
        unit = yard.unit(part["id"])
        assert (unit["kind"], unit["from"], unit["stage"], unit["waste_class"]) == ("module", [pack], "waste", "RP")
        assert unit["holder"] == yard.workshop.party


def test_only_a_removed_or_discarded_pack_that_is_held_is_dismantled() -> None:
    plant = Plant()
    yard = plant.yard
    new, theirs, black_mass = yard.produce(), yard.waste_pack(), plant.lot(10)

    def dismantle(unit: str) -> Members:
        return {"unit": unit, "parts": parts(yard, 1), "unexplained_g": 434_999}

    refused(yard, TransitionNotAllowed, yard.maker, "unit.dismantled", **dismantle(new))
    refused(yard, NotHolder, plant.recycler, "unit.dismantled", **dismantle(theirs))
    refused(yard, TransitionNotAllowed, plant.recycler, "unit.dismantled", **dismantle(black_mass))
    there: Members = {
        "unit": theirs,
        "parts": [{"id": new, "description": yard.description()}],
        "unexplained_g": 0,
    }
    refused(yard, SubjectExists, yard.workshop, "unit.dismantled", **there)


def test_a_released_lot_is_a_product_and_waste_no_more() -> None:
    plant = Plant()
    yard = plant.yard
    black_mass, release = plant.lot(10), yard.new_id("rel")
    yard.say(plant.recycler, "unit.classified", units=[black_mass], waste_class="RME", method="listing")

    yard.say(plant.recycler, "product.released", release=release, units=[black_mass], specification="NMX")

    assert (yard.unit(black_mass)["stage"], yard.unit(black_mass)["release"]) == ("product", release)
    assert "waste_class" not in yard.unit(black_mass)
    again: Members = {"release": yard.new_id("rel"), "specification": "NMX"}
    refused(yard, TransitionNotAllowed, plant.recycler, "product.released", units=[black_mass], **again)
    pack = yard.waste_pack(plant.recycler)
    refused(yard, TransitionNotAllowed, plant.recycler, "product.released", units=[pack], **again)


def claim(yard: Yard, actor: Actor, unit: str, mass_g: int = 1, scheme: str = "REP") -> str:
    made = yard.new_id("clm")
    yard.say(actor, "claim.made", claim=made, scheme=scheme, units=[{"id": unit, "mass_g": mass_g}])
    return made


def test_a_unit_claimed_twice_under_one_scheme_opens_a_finding_that_names_a_claim_that_stands() -> None:
    yard = Yard()
    pack = yard.produce()
    first = claim(yard, yard.maker, pack)
    claim(yard, yard.centre, pack, scheme="other")
    assert requirements(yard) == []

    second = claim(yard, yard.centre, pack)
    assert [finding["facts"]["other_claim"] for finding in yard.findings()] == [first]
    yard.say(yard.maker, "claim.retired", claim=first)
    claim(yard, yard.workshop, pack)

    assert [finding["facts"]["other_claim"] for finding in yard.findings()] == [first, second]
    assert yard.findings()[1]["party"] == yard.workshop.party


def test_one_more_claim_costs_the_same_however_many_stand() -> None:
    yard = Yard()
    pack = yard.produce()
    made = [claim(yard, yard.maker, pack) for _ in range(CLAIMS_MAX + 4)]

    assert yard.state[f"claimed/REP/{pack}"] == {"claims": made[-CLAIMS_MAX:]}
    assert [finding["facts"]["other_claim"] for finding in yard.findings()] == made[:-1]


def test_a_batch_weighs_no_more_than_an_exact_integer_holds() -> None:
    plant = Plant()
    heavy = [{"material": "water", "mass_g": MASS_G_MAX}] * 64
    for _ in range(BATCH_G_MAX // (64 * MASS_G_MAX)):
        plant.say("stepped", step="flood", additions=heavy)
    before = plant.act["added_g"]

    plant.refuse(TransitionNotAllowed, "stepped", step="flood", additions=heavy)

    assert plant.act["added_g"] == before <= BATCH_G_MAX


def test_a_claim_stands_on_a_unit_and_not_on_more_than_its_mass() -> None:
    yard = Yard()
    pack, tag = yard.produce(), tag_id(yard)
    yard.say(yard.maker, "tag.reserved", tags=[tag])

    def made(unit: str, mass_g: int) -> Members:
        return {"claim": yard.new_id("clm"), "scheme": "REP", "units": [{"id": unit, "mass_g": mass_g}]}

    refused(yard, BooksDoNotClose, yard.maker, "claim.made", **made(pack, 435_001))
    refused(yard, SubjectUnknown, yard.maker, "claim.made", **made(yard.new_unit_id(), 1))
    refused(yard, TransitionNotAllowed, yard.maker, "claim.made", **made(tag, 1))
    yard.say(yard.maker, "claim.made", **made(pack, 435_000))


def test_a_claim_is_retired_once_by_its_claimant() -> None:
    yard = Yard()
    made = claim(yard, yard.maker, yard.produce())

    refused(yard, NotConcerned, yard.centre, "claim.retired", claim=made)
    yard.say(yard.maker, "claim.retired", claim=made)
    refused(yard, TransitionNotAllowed, yard.maker, "claim.retired", claim=made)


@pytest.mark.parametrize("kind", ["batch.fed", "batch.stepped", "batch.closed"])
def test_what_is_no_batch_is_no_batch(kind: str) -> None:
    plant = Plant()
    more: dict[str, Members] = {
        "batch.fed": {"units": [fed(plant.lot(5), 5)]},
        "batch.stepped": {"step": "x"},
        "batch.closed": {"outputs": [], "stock_g": 0, "unexplained_g": 0},
    }
    missing: Members = {"batch": plant.yard.new_id("bch"), "prev": "ab" * 32}

    refused(plant.yard, SubjectUnknown, plant.recycler, kind, **missing, **more[kind])


def reserved(yard: Yard, actor: Actor) -> dict[str, str | None]:
    """A tag that stands reserved for the actor, as a link."""
    tag = tag_id(yard)
    return {"id": tag, "prev": yard.say(actor, "tag.reserved", tags=[tag])}


def test_what_comes_out_of_a_pack_takes_tags_that_were_reserved() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    tag, others = reserved(yard, yard.workshop), reserved(yard, yard.centre)
    description = yard.description(unit_kind="module", mass_g=435_000)

    def dismantle(link: Members) -> Members:
        return {"unit": pack, "parts": [{**link, "description": description}], "unexplained_g": 0}

    refused(yard, NotHolder, yard.workshop, "unit.dismantled", **dismantle(others))
    yard.say(yard.workshop, "unit.dismantled", **dismantle(tag))

    module = yard.unit(str(tag["id"]))
    assert (module["kind"], module["holder"], module["from"]) == ("module", yard.workshop.party, [pack])
    assert yard.state[f"tags/{yard.workshop.party}"] == {"open": 0}


def test_a_living_unit_is_no_tag_for_what_comes_out_of_another() -> None:
    yard = Yard()
    pack, own, theirs = yard.waste_pack(), yard.waste_pack(), yard.waste_pack(yard.centre)
    description = yard.description()

    for unit, expected in ((own, SubjectExists), (theirs, NotHolder)):
        part = {"id": unit, "prev": yard.head(f"unit/{unit}"), "description": description}
        refused(yard, expected, yard.workshop, "unit.dismantled", unit=pack, parts=[part], unexplained_g=0)


def test_lots_take_tags_that_were_reserved() -> None:
    plant = Plant()
    yard = plant.yard
    tags = [reserved(yard, plant.recycler) for _ in range(4)]
    material: Members = {"material": "black_mass", "mass_g": 10}
    plant.say("fed", units=[fed(plant.lot(20), 20)])

    plant.say("closed", outputs=[{**tags[0], **material}, {**tags[1], **material}], stock_g=0, unexplained_g=0)
    whole: Members = {**tags[2], **material, "mass_g": 20}
    yard.say(plant.recycler, "lot.merged", units=[tags[0]["id"], tags[1]["id"]], into=whole)
    halves = [{**tags[3], **material}, {"id": lot_id(yard), **material}]
    yard.say(plant.recycler, "lot.split", lot=whole["id"], into=halves)

    assert yard.unit(str(tags[3]["id"]))["holder"] == plant.recycler.party
    assert yard.state[f"tags/{plant.recycler.party}"] == {"open": 0}


@pytest.mark.parametrize("kind", ["unit.stolen", "unit.discarded"])
def test_a_reserved_tag_is_no_unit_that_its_party_holds(kind: str) -> None:
    yard = Yard()
    tag = reserved(yard, yard.workshop)
    more: Members = {"unit.stolen": {}, "unit.discarded": {"reason": "other"}}[kind]

    refused(yard, NotHolder, yard.workshop, kind, units=[tag["id"]], **more)


def test_what_a_batch_made_remembers_by_whom_until_it_is_mixed_with_other_material() -> None:
    plant = Plant()
    yard = plant.yard
    plant.say("fed", units=[fed(plant.lot(30), 30)])
    made, foreign = lot(yard, 30), plant.lot(10)
    plant.say("closed", outputs=[made], stock_g=0, unexplained_g=0)
    halves = [lot(yard, 10), lot(yard, 20)]
    yard.say(plant.recycler, "lot.split", lot=made["id"], into=halves)
    assert [yard.unit(half["id"]).get("processed_by") for half in halves] == [plant.recycler.party] * 2

    mixed = lot(yard, 20)
    yard.say(plant.recycler, "lot.merged", units=[halves[0]["id"], foreign], into=mixed)

    assert "processed_by" not in yard.unit(mixed["id"])
