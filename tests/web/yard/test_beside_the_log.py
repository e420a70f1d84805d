"""What a phone deposits beside the log: in the name of the party that noted it, whoever comes in first."""

from __future__ import annotations

import pytest

from tests.api.served import Served
from tests.web.yard.phone import Phone
from tests.web.yard.test_people import registration

pytestmark = pytest.mark.slow

SEAL = """const {seal} = await import("/modulos/pages/sealed.js");
          return seal({name: "Grúas El Güero"}, (await yard.people.session()).party)"""
DEPOSIT_SEALED = """const {depositSealed} = await import("/modulos/pages/sealed.js");
                    await depositSealed(ledger, await yard.people.session())"""
DEPOSIT_PLATES = """const {depositPlates} = await import("/modulos/pages/plates.js");
                    await depositPlates(ledger, outbox, await yard.people.session())"""
KEPT = "return (await yard.known.viewsOf(arg)).filter(({view}) => view !== null).length"


def test_a_givers_name_is_deposited_by_the_party_that_was_told_it_and_then_forgotten(
    phone: Phone, served: Served
) -> None:
    yard = served.yard
    ana = phone.employ(yard.recycler)
    commitment = phone.run(SEAL)
    phone.employ(yard.workshop, name="Beto")

    phone.run(DEPOSIT_SEALED)

    assert phone.run(KEPT, "sealed/") == 1
    phone.unlock(ana)
    phone.run(DEPOSIT_SEALED)
    assert phone.run(KEPT, "sealed/") == 0
    opened = served.get(f"/v1/sealed/{commitment}", token=served.token(yard.recycler))
    assert (opened.status_code, opened.headers["cache-control"]) == (200, "private, no-store")
    assert opened.json()["value"] == {"name": "Grúas El Güero"}
    assert served.get(f"/v1/sealed/{commitment}", token=served.token(yard.workshop)).status_code == 404


def test_a_makers_plate_is_stated_by_the_party_that_read_it(phone: Phone, served: Served) -> None:
    yard = served.yard
    ana = phone.employ(yard.recycler)
    unit = yard.new_unit_id()
    phone.state("unit.registered", **registration(unit))
    phone.run(
        """const {notePlate} = await import("/modulos/pages/plates.js");
           await notePlate(arg, "3VWFE21C04M000001", (await yard.people.session()).party)""",
        unit,
    )
    phone.flush()
    phone.employ(yard.workshop, name="Beto")

    phone.run(DEPOSIT_PLATES)

    assert phone.run(KEPT, "plate/") == 1
    phone.unlock(ana)
    phone.run(DEPOSIT_PLATES)
    assert phone.run(KEPT, "plate/") == 0
