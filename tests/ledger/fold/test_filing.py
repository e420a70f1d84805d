"""What parties file moves only their own terms, and only what they are told whom the law names."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.filing import generator_key, report_key
from ledger.domain.payload import act_key
from ledger.errors import NotConcerned, NotHolder, TransitionNotAllowed
from ledger.fold.filing import FILINGS_MAX
from tests.ledger.fold.refusals import refused
from tests.ledger.fold.story import DIGEST
from tests.yard import Actor, Yard

REGISTERED: dict[str, Any] = {"category": "gran", "register_of": "MX", "from_on": "2025-01-01"}


@pytest.fixture
def yard() -> Yard:
    return Yard()


def filing(yard: Yard, subject: str, to: Actor | None = None, **about: Any) -> dict[str, Any]:
    said = {"filing": yard.new_id("fil"), "to": (to or yard.semarnat).party, "digest": DIGEST}
    return {**said, "subject": subject, **about}


def test_nobody_registers_another_party_as_a_generator(yard: Yard) -> None:
    refused(yard, NotConcerned, yard.workshop, "generator.registered", generator=yard.maker.party, **REGISTERED)
    yard.say(yard.maker, "generator.registered", generator=yard.maker.party, **REGISTERED)
    yard.say(yard.semarnat, "generator.registered", generator=yard.workshop.party, **REGISTERED)

    assert yard.state[generator_key(yard.maker.party)]["timeline"][0]["copied"]


def test_an_own_copy_undoes_no_registration_by_an_authority(yard: Yard) -> None:
    yard.register_generator(yard.maker, "gran")
    own = {"generator": yard.maker.party, **REGISTERED, "category": "micro"}
    refused(yard, NotConcerned, yard.maker, "generator.registered", **own)
    yard.say(yard.maker, "generator.registered", **{**own, "register_of": "MX-NLE"})

    categories = [line["category"] for line in yard.state[generator_key(yard.maker.party)]["timeline"]]
    assert categories == ["gran", "micro"]


def test_own_copies_crowd_nothing_out(yard: Yard) -> None:
    own = {"generator": yard.maker.party, **REGISTERED}
    for _ in range(FILINGS_MAX):
        yard.say(yard.maker, "generator.registered", **own)
    refused(yard, TransitionNotAllowed, yard.maker, "generator.registered", **own)
    yard.register_generator(yard.maker, "micro")

    assert len(yard.state[generator_key(yard.maker.party)]["timeline"]) == FILINGS_MAX + 1


def test_only_its_holder_asks_the_federation_to_extend_the_storage_of_a_unit(yard: Yard) -> None:
    pack = yard.waste_pack()
    asked = filing(yard, "storage_extension", units=[pack])
    refused(yard, NotHolder, yard.centre, "filing.submitted", **asked)
    refused(yard, NotConcerned, yard.workshop, "filing.submitted", **{**asked, "to": yard.state_agency.party})
    yard.say(yard.workshop, "filing.submitted", **asked)

    assert yard.unit(pack)["extensions"] == [asked["filing"]]


def test_a_loss_is_told_by_who_holds_the_unit_once_it_is_lost(yard: Yard) -> None:
    pack = yard.waste_pack()
    yard.say(yard.workshop, "filing.submitted", **filing(yard, "loss", units=[pack]))
    yard.say(yard.workshop, "unit.lost", units=[pack])
    yard.say(yard.centre, "filing.submitted", **filing(yard, "loss", units=[pack]))
    yard.say(yard.workshop, "filing.submitted", **filing(yard, "loss", to=yard.state_agency, units=[pack]))
    assert "told_at" not in yard.unit(pack)

    yard.say(yard.workshop, "filing.submitted", **filing(yard, "loss", units=[pack]))
    assert yard.unit(pack)["told_at"] == yard.now


def test_no_party_crowds_out_what_another_filed_about_a_load(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    load = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()], [yard.carrier])
    notice = filing(yard, "manifest_not_returned", about=load)
    yard.say(yard.workshop, "filing.submitted", **notice)
    for _ in range(FILINGS_MAX + 1):
        yard.say(yard.recycler, "filing.submitted", **filing(yard, "other", about=load))

    filings = yard.state[act_key(load)]["filings"]
    assert filings[0]["filing"] == notice["filing"]
    assert len(filings) == FILINGS_MAX + 1


def test_a_year_that_is_not_over_has_no_report(yard: Yard) -> None:
    for year in (2025, 2099):
        yard.say(yard.maker, "filing.submitted", **filing(yard, "annual_report", year=year))
        assert report_key(yard.maker.party, year) not in yard.state
    yard.say(yard.maker, "filing.submitted", **filing(yard, "annual_report", to=yard.state_agency, year=2024))
    assert report_key(yard.maker.party, 2024) not in yard.state

    report = filing(yard, "annual_report", year=2024)
    yard.say(yard.maker, "filing.submitted", **report)
    yard.say(yard.maker, "filing.submitted", **filing(yard, "annual_report", year=2024))
    assert yard.state[report_key(yard.maker.party, 2024)]["filing"] == report["filing"]
