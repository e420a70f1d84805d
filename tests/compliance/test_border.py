"""What a delivery abroad must have on record besides a permit."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.rulebook import CURRENT
from ledger.fold.state import Value
from tests.ledger.fold.story import accepted
from tests.yard import Yard

DOCUMENT = {"digest": "0" * 64, "bytes": 1, "media_type": "application/pdf", "role": "movement_document"}


def deliver(purpose: str, *, waste_class: str, offered: dict[str, str], border: dict[str, str]) -> tuple[Yard, str]:
    """The workshop states that two packs were delivered abroad; the consignment."""
    yard = Yard(rules=CURRENT)
    for actor, activity in ((yard.workshop, "export"), (yard.carrier, "transport")):
        yard.permit(actor, activity, waste_classes=["RP", "RME"])
    abroad = yard.new_party("Buyer abroad", form="foreign")
    packs = [yard.waste_pack(), yard.waste_pack()]
    yard.say(yard.workshop, "unit.classified", units=packs, waste_class=waste_class, method="knowledge")
    consignment = yard.offer(yard.workshop, abroad, packs, [yard.carrier], purpose=purpose, border=offered)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    stated: dict[str, Any] = {"country": "US", "border": border, "documents": [DOCUMENT]}
    yard.say(yard.workshop, "consignment.delivered", consignment=consignment, lines=accepted(*packs), **stated)
    return yard, consignment


def found(yard: Yard) -> list[Value]:
    named = ("exported-without-consent", "returned-without-notice")
    return [finding for finding in yard.findings() if finding["requirement"] in named]


@pytest.mark.parametrize(
    ("purpose", "missing", "article"),
    [
        ("export", "exported-without-consent", "LGPGIR 87, 106 XXI; RLGPGIR 119"),
        ("second_life", "exported-without-consent", "LGPGIR 87, 106 XXI; RLGPGIR 119"),
        ("maquiladora_return", "returned-without-notice", "RLGPGIR 121, 123"),
    ],
)
def test_hazardous_waste_that_left_without_its_papers_number_is_found_once(
    purpose: str, missing: str, article: str
) -> None:
    yard, consignment = deliver(purpose, waste_class="RP", offered={"pedimento": "25 1"}, border={})

    [finding] = found(yard)
    assert (finding["requirement"], finding["party"], finding["subject"]) == (missing, yard.workshop.party, consignment)
    assert finding["facts"] == {"article": article, "units": 2}


@pytest.mark.parametrize(("purpose", "number"), [("export", "consent"), ("maquiladora_return", "notice")])
@pytest.mark.parametrize("when", ["offered", "delivered"])
def test_the_number_may_be_stated_with_the_offer_or_with_the_delivery(purpose: str, number: str, when: str) -> None:
    known = {number: "A 7"}
    offered, border = (known, {}) if when == "offered" else ({}, known)

    yard, _ = deliver(purpose, waste_class="RP", offered=offered, border=border)

    assert found(yard) == []


def test_a_federal_consent_is_not_asked_for_special_handling_waste() -> None:
    yard, _ = deliver("export", waste_class="RME", offered={}, border={})

    assert found(yard) == []
