"""What was generated and what is in store, counted as it happens: equal to what the state of all units adds up to."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.tally import (
    TALLY_CHECK,
    Amount,
    amounts_in,
    contributions,
    format_line,
    generated,
    generation_key,
    in_store,
    parse_line,
    stock_key,
)
from ledger.domain.values import parse_instant
from ledger.errors import Refusal
from ledger.fold.fold import Rules
from ledger.fold.regime import tables_on
from ledger.fold.state import State
from tests.ledger.fold.story import accepted, fed, lot
from tests.yard import Actor, Yard

RULES = Rules(1, law_checks=(TALLY_CHECK,))
KG = 1000
PACK_G = 435 * KG
CLASSIFIED: dict[str, Any] = {"method": "crit_test", "waste_class": "RP"}


@pytest.fixture
def yard() -> Yard:
    return Yard(rules=RULES)


def everything(yard: Yard) -> State:
    return yard.state


def counted(yard: Yard) -> dict[str, dict[str, Any]]:
    families = ("generation/", "stock/")
    return {key: value["lines"] for key, value in yard.state.items() if key.startswith(families) and value["lines"]}


def added_up(yard: Yard) -> dict[str, dict[str, Any]]:
    """The counters as the state of all units makes them."""
    sums: defaultdict[str, defaultdict[str, Amount]] = defaultdict(lambda: defaultdict(Amount))
    for key, unit in yard.state.items():
        if key.startswith("unit/") and unit["stage"] != "reserved":
            for (counter, line), amount in contributions(everything(yard), unit).items():
                sums[counter][line] += amount
    return {counter: {line: list(amount) for line, amount in lines.items()} for counter, lines in sums.items()}


def rp(yard: Yard, actor: Actor, year: int = 2025, site: str | None = None) -> Amount:
    return generated(everything(yard), actor.party, year, site=site)


def store_of(yard: Yard, place: str | None) -> dict[str, Amount]:
    assert place is not None
    return in_store(yard.state.get(stock_key(place)), tables_on(everything(yard), "MX", "2025-06-01"))


def classified(yard: Yard, actor: Actor | None = None, count: int = 1, **members: Any) -> list[str]:
    """Packs that the workshop discarded at its site and determined to be hazardous."""
    actor = actor or yard.workshop
    packs = [yard.new_unit_id() for _ in range(count)]
    about: dict[str, Any] = {"basis": "first_seen", "stage": "removed", "description": yard.description()}
    yard.say(actor, "unit.registered", units=packs, site=actor.site, **about)
    yard.say(actor, "unit.discarded", units=packs, reason="end_of_life", site=actor.site)
    yard.say(actor, "unit.classified", units=packs, **{**CLASSIFIED, **members})
    return packs


def test_hazardous_waste_counts_for_who_discarded_it_in_its_year_and_at_its_site(yard: Yard) -> None:
    classified(yard, count=3)
    assert rp(yard, yard.workshop) == rp(yard, yard.workshop, site=yard.workshop.site) == Amount(3 * PACK_G, 3)
    assert rp(yard, yard.workshop, 2024) == rp(yard, yard.centre) == Amount()


def test_what_nobody_determined_is_of_the_class_that_the_law_of_its_month_says(yard: Yard) -> None:
    yard.waste_pack()
    assert rp(yard, yard.workshop) == Amount()
    enact(yard, "2025-02-01")
    assert rp(yard, yard.workshop) == Amount()
    yard.now = parse_instant("2025-03-03T15:00:00Z")
    yard.waste_pack()
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    assert store_of(yard, yard.workshop.party) == {"RP": Amount(2 * PACK_G, 2)}


def enact(yard: Yard, from_on: str) -> None:
    yard.say(
        yard.semarnat,
        "regime.enacted",
        regime="mx-reform",
        jurisdiction={"code": "MX"},
        from_on=from_on,
        tables={"listings": [{"chemistries": ["NMC622"], "waste_class": "RP"}]},
    )


def test_the_year_is_that_of_the_legal_day_at_the_site(yard: Yard) -> None:
    yard.now = parse_instant("2026-01-01T05:30:00Z")
    classified(yard)
    assert rp(yard, yard.workshop, 2025).units == 1
    assert rp(yard, yard.workshop, 2026).units == 0


def test_no_mass_moves_between_years_with_the_time_zone_of_its_site(yard: Yard) -> None:
    yard.pass_time(parse_instant("2026-01-01T03:00:00Z") - yard.now)
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.stored", units=[pack], site=yard.workshop.site)
    place = {"state": "19", "municipality": "039", "time_zone": "America/Noronha"}
    yard.say(yard.workshop, "site.changed", changed=yard.workshop.site, place=place)
    [other] = classified(yard)
    place["time_zone"] = "America/Monterrey"
    yard.say(yard.workshop, "site.changed", changed=yard.workshop.site, place=place)
    for unit in (pack, other):
        yard.say(yard.workshop, "unit.classified", units=[unit], **CLASSIFIED)

    assert counted(yard) == added_up(yard)
    assert all(g >= 0 for lines in counted(yard).values() for g, _ in lines.values())


def test_a_declassified_pack_counts_no_more_and_counts_again_when_that_is_withdrawn(yard: Yard) -> None:
    [pack] = classified(yard)
    event = yard.say(yard.workshop, "unit.classified", units=[pack], method="crit_test", waste_class="not_waste")
    assert rp(yard, yard.workshop) == Amount()
    assert store_of(yard, yard.workshop.site) == {}
    yard.say(yard.workshop, "event.annulled", event=event, reason="typing_error", subjects=[{"key": f"unit/{pack}"}])
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    assert store_of(yard, yard.workshop.site) == {"RP": Amount(PACK_G, 1)}


def test_a_corrected_mass_is_the_mass_that_counts(yard: Yard) -> None:
    [pack] = classified(yard)
    birth = next(step.split()[0] for step in yard.unit(pack)["trail"])
    said = {"event": birth, "pointer": "/units/0/mass_g", "was": PACK_G, "now": 400 * KG, "reason": "typing_error"}
    yard.say(yard.workshop, "event.corrected", **said)
    assert rp(yard, yard.workshop) == Amount(400 * KG, 1)
    assert store_of(yard, yard.workshop.site) == {"RP": Amount(400 * KG, 1)}


def test_a_correction_counts_once_its_counterparty_has_agreed(yard: Yard) -> None:
    [pack] = classified(yard)
    birth = next(step.split()[0] for step in yard.unit(pack)["trail"])
    consignment = yard.offer(yard.workshop, yard.centre, [pack])
    lines = accepted(pack)
    yard.say(
        yard.centre, "consignment.received", consignment=consignment, basis="offer", lines=lines, site=yard.centre.site
    )
    said = {"event": birth, "pointer": "/units/0/mass_g", "was": PACK_G, "now": 400 * KG, "reason": "typing_error"}
    correction = yard.say(yard.workshop, "event.corrected", **said)
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    yard.say(yard.centre, "event.agreed", event=correction)
    assert rp(yard, yard.workshop) == Amount(400 * KG, 1)
    assert counted(yard) == added_up(yard)


def test_waste_on_the_road_is_with_its_carrier_and_at_no_site(yard: Yard) -> None:
    [pack] = classified(yard)
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    assert store_of(yard, yard.workshop.site) == {}
    assert store_of(yard, yard.carrier.party) == {"RP": Amount(PACK_G, 1)}
    lines = accepted(pack, mass_g=430 * KG, mass_basis="weighed")
    yard.say(
        yard.centre, "consignment.received", consignment=consignment, basis="offer", lines=lines, site=yard.centre.site
    )
    assert store_of(yard, yard.centre.site) == {"RP": Amount(430 * KG, 1)}
    assert store_of(yard, yard.carrier.party) == {}
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)


def test_lost_waste_is_not_in_store_until_it_is_found(yard: Yard) -> None:
    [pack] = classified(yard)
    yard.say(yard.workshop, "unit.lost", units=[pack])
    assert store_of(yard, yard.workshop.site) == {}
    yard.say(yard.workshop, "unit.found", units=[pack], site=yard.workshop.site)
    assert store_of(yard, yard.workshop.site) == {"RP": Amount(PACK_G, 1)}


def test_modules_of_a_dismantled_pack_are_in_store_and_not_generated_a_second_time(yard: Yard) -> None:
    [pack] = classified(yard)
    module = {"unit_kind": "module", "chemistry": "NMC622", "mass_g": 400 * KG, "mass_basis": "weighed"}
    parts = [{"id": yard.new_unit_id(), "description": module}]
    said: dict[str, Any] = {"unit": pack, "parts": parts, "unexplained_g": 35 * KG}
    yard.say(yard.workshop, "unit.dismantled", site=yard.workshop.site, **said)
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    assert store_of(yard, yard.workshop.site) == {"RP": Amount(400 * KG, 1)}


def test_a_repurposed_pack_counts_no_more(yard: Yard) -> None:
    [pack] = classified(yard)
    yard.say(yard.workshop, "unit.repurposed", units=[pack], application="stationary")
    assert counted(yard) == {}


def test_what_comes_out_of_a_batch_is_generated_by_who_ran_it_until_it_is_a_product(yard: Yard) -> None:
    lots = process(yard, classified(yard, yard.recycler, count=2))
    assert rp(yard, yard.recycler) == Amount(2 * PACK_G + 400 * KG, 3)
    assert store_of(yard, yard.recycler.site) == {"RP": Amount(400 * KG, 1)}
    yard.say(yard.recycler, "product.released", release=yard.new_id("rel"), units=lots, specification="BM-1")
    assert rp(yard, yard.recycler) == Amount(2 * PACK_G, 2)
    assert store_of(yard, yard.recycler.site) == {}


def test_what_was_imported_and_what_comes_out_of_a_process_are_told_apart(yard: Yard) -> None:
    pack = yard.new_unit_id()
    recycler = yard.recycler
    yard.say(recycler, "unit.imported", units=[pack], description=yard.description(), pedimento="25 16 3456 5000123")
    yard.say(recycler, "unit.discarded", units=[pack], reason="end_of_life")
    yard.say(recycler, "unit.classified", units=[pack], **CLASSIFIED)
    process(yard, [pack])
    state = everything(yard)
    assert generated(state, recycler.party, 2025, source="imported") == Amount(PACK_G, 1)
    assert generated(state, recycler.party, 2025, source="process") == Amount(400 * KG, 1)


def process(yard: Yard, packs: list[str]) -> list[str]:
    batch = yard.new_id("bch")
    recycler, site = yard.recycler, yard.recycler.site
    yard.say(recycler, "batch.opened", batch=batch, activity="recycling", process="shredding", site=site)
    yard.say(
        recycler, "batch.fed", batch=batch, units=[{**fed(p, PACK_G), "prev": yard.head(f"unit/{p}")} for p in packs]
    )
    output = lot(yard, 400 * KG)
    books: dict[str, Any] = {"outputs": [output], "stock_g": 0, "unexplained_g": len(packs) * PACK_G - 400 * KG}
    yard.say(recycler, "batch.closed", batch=batch, site=site, **books)
    return [output["id"]]


def test_a_second_id_of_one_pack_counts_once(yard: Yard) -> None:
    one, two = classified(yard, count=2)
    yard.say(yard.workshop, "unit.matched", unit=one, duplicate=two)
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    assert store_of(yard, yard.workshop.site) == {"RP": Amount(PACK_G, 1)}


def test_a_law_enacted_for_days_that_have_passed_takes_nothing_from_the_counters(yard: Yard) -> None:
    pack = yard.waste_pack()
    enact(yard, "2025-01-01")
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    yard.say(yard.workshop, "unit.classified", units=[pack], method="crit_test", waste_class="RP")
    assert rp(yard, yard.workshop) == Amount(PACK_G, 1)
    assert counted(yard) == added_up(yard)


def test_a_line_is_read_as_it_was_written(yard: Yard) -> None:
    process(yard, classified(yard, yard.recycler))
    lines = [line for value in counted(yard).values() for line in value]
    assert lines
    assert [format_line(parse_line(line)) for line in lines] == lines


def test_a_counter_that_nothing_was_counted_under_is_empty() -> None:
    assert list(amounts_in(None)) == []
    assert generation_key("pty_a", 2025) == "generation/pty_a/2025"


class Story:
    """A random life of packs and lots; what the rules refuse is left out."""

    def __init__(self, random: Random) -> None:
        self.random, self.yard = random, Yard(rules=RULES)
        self.actors = [self.yard.workshop, self.yard.centre, self.yard.recycler]
        self.said: list[tuple[Actor, str, dict[str, Any]]] = []
        self.batches: list[str] = []
        self.offers: list[tuple[Actor, str, list[str]]] = []

    def run(self, steps: int) -> None:
        acts = [getattr(self, name) for name in sorted(dir(Story)) if name.startswith("do_")]
        for _ in range(4):
            self.do_discard()
        for _ in range(steps):
            self.yard.pass_time(self.random.choice([60, 86_400, 40 * 86_400]))
            try:
                self.random.choice(acts)()
            except Refusal:
                continue

    def say(self, actor: Actor, kind: str, **members: Any) -> str:
        event = self.yard.say(actor, kind, **members)
        self.said.append((actor, event, members))
        return event

    def actor(self) -> Actor:
        return self.random.choice(self.actors)

    def site(self, actor: Actor) -> dict[str, Any]:
        """The actor's site, or none: a statement need not name one."""
        return self.random.choice([{}, {"site": actor.site}])

    def held(self, actor: Actor, kind: str | None = None) -> list[str]:
        """Some units of the actor, of this kind if one is named."""
        units = [
            key.removeprefix("unit/")
            for key, value in self.yard.state.items()
            if key.startswith("unit/") and value.get("holder") == actor.party and kind in (None, value["kind"])
        ]
        return self.random.sample(units, k=min(len(units), self.random.randint(1, 2)))

    def do_discard(self) -> None:
        actor = self.actor()
        packs = [self.yard.new_unit_id() for _ in range(2)]
        stage = self.random.choice(["removed", "waste"])
        about = {"basis": "first_seen", "stage": stage, "description": self.yard.description()}
        self.say(actor, "unit.registered", units=packs, **about, **self.site(actor))
        if stage == "removed":
            self.say(actor, "unit.discarded", units=packs, reason="other", **self.site(actor))

    def do_classify(self) -> None:
        actor = self.actor()
        waste_class = self.random.choice(["RP", "RP", "RME", "not_waste"])
        self.say(actor, "unit.classified", units=self.held(actor), method="crit_test", waste_class=waste_class)

    def do_say_of_units(self) -> None:
        actor = self.actor()
        kinds: dict[str, dict[str, Any]] = {
            "unit.stored": {"site": actor.site},
            "unit.lost": {},
            "unit.found": self.site(actor),
            "unit.repurposed": {"application": "other"},
            "unit.remanufactured": {"work": "x"},
            "unit.exported": {"country": "US", "pedimento": "1"},
            "unit.disposed": {"method": "other"},
            "unit.assessed": {"method": "x", "condition": self.random.choice(["sound", "damaged"])},
            "unit.stolen": {},
            "unit.recovered": {},
        }
        kind = self.random.choice(sorted(kinds))
        self.say(actor, kind, units=self.held(actor), **kinds[kind])

    def do_offer(self) -> None:
        giver, taker = self.actor(), self.actor()
        units = self.held(giver)
        carriers = self.random.choice([[], [self.yard.carrier]])
        consignment = self.yard.offer(giver, taker, units, carriers)
        if carriers:
            self.say(self.yard.carrier, "consignment.picked_up", consignment=consignment, units=units)
        self.offers.append((taker, consignment, units))

    def do_receive(self) -> None:
        if not self.offers:
            return
        taker, consignment, units = self.offers.pop()
        weighed = self.random.choice([{}, {"mass_g": 400 * KG, "mass_basis": "weighed"}])
        lines = accepted(*units, **weighed)
        self.say(taker, "consignment.received", consignment=consignment, basis="offer", lines=lines, **self.site(taker))

    def do_batch(self) -> None:
        recycler, batch = self.yard.recycler, self.yard.new_id("bch")
        units = [fed(unit, self.yard.unit(unit)["mass_g"]) for unit in self.held(recycler)]
        about = {"activity": "recycling", "process": "x"}
        self.say(recycler, "batch.opened", batch=batch, **about, **self.site(recycler))
        links = [{**unit, "prev": self.yard.head(f"unit/{unit['id']}")} for unit in units]
        self.say(recycler, "batch.fed", batch=batch, units=links)
        total = sum(unit["mass_g"] for unit in units)
        outputs = [lot(self.yard, total // 2)]
        books = {"outputs": outputs, "stock_g": 0, "unexplained_g": total - total // 2}
        self.say(recycler, "batch.closed", batch=batch, **books, **self.site(recycler))

    def do_split_or_merge(self) -> None:
        recycler = self.yard.recycler
        lots = self.held(recycler, "lot")
        masses = [self.yard.unit(unit)["mass_g"] for unit in lots]
        if len(lots) == 1:
            into = [lot(self.yard, masses[0] // 3), lot(self.yard, masses[0] - masses[0] // 3)]
            self.say(recycler, "lot.split", lot=lots[0], into=into, **self.site(recycler))
        if len(lots) == 2:
            self.say(recycler, "lot.merged", units=lots, into=lot(self.yard, sum(masses)), **self.site(recycler))

    def do_release(self) -> None:
        recycler = self.yard.recycler
        about = {"release": self.yard.new_id("rel"), "specification": "x"}
        self.say(recycler, "product.released", units=self.held(recycler, "lot"), **about)

    def do_dismantle(self) -> None:
        actor = self.actor()
        for pack in self.held(actor, "pack")[:1]:
            module = self.yard.description(unit_kind="module", mass_g=100 * KG)
            parts = [{"id": self.yard.new_unit_id(), "description": module} for _ in range(2)]
            left = self.yard.unit(pack)["mass_g"] - 200 * KG
            self.say(actor, "unit.dismantled", unit=pack, parts=parts, unexplained_g=left, **self.site(actor))

    def do_match(self) -> None:
        actor = self.actor()
        units = self.held(actor)
        if len(units) == 2:
            self.say(actor, "unit.matched", unit=units[0], duplicate=units[1])

    def do_annul(self) -> None:
        actor, event, members = self.random.choice(self.said)
        subjects = [{"key": f"unit/{unit}"} for unit in members.get("units", []) if isinstance(unit, str)]
        self.yard.say(actor, "event.annulled", event=event, reason="typing_error", subjects=subjects)

    def do_correct(self) -> None:
        actor, event, _ = self.random.choice(self.said)
        amounts = self.yard.state[f"event/{event}"].get("amounts", {})
        if not amounts:
            return
        pointer = self.random.choice(sorted(amounts))
        was = amounts[pointer][2]
        said = {"pointer": pointer, "was": was, "now": was + self.random.randint(-5, 5) * KG}
        correction = self.yard.say(actor, "event.corrected", event=event, reason="weighed_again", **said)
        for other in self.actors:
            if other.party in self.yard.state[f"event/{correction}"].get("concerned", []):
                self.yard.say(other, "event.agreed", event=correction)

    def do_enact(self) -> None:
        enact(self.yard, self.random.choice(["2024-01-01", "2025-06-15", "2027-01-01"]))


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_counters_are_what_the_state_of_all_units_adds_up_to(seed: int) -> None:
    story = Story(Random(seed))
    story.run(60)
    assert counted(story.yard) == added_up(story.yard)
