"""Journey 2 in a browser: three people share a phone at a gate without signal; it is wiped before anything was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.api.served import Served, unit_path
from tests.journeys.phone import Phone, open_yard, phone_of
from tests.web.chromium import open_browser
from tests.yard import Actor

pytestmark = pytest.mark.slow

PACKS = 40
PEOPLE = {"Lupita": "246810", "Chava": "135799", "Don Beto": "975310"}
# Which packs each of the three stands in front of, and the two that nobody wants.
SHARES = {"Lupita": range(15), "Chava": range(15, 30), "Don Beto": range(30, 40)}
REFUSED = {4: "no es la que dice", 31: "contaminada"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@dataclass
class Gate:
    """A load of forty packs that has come to the recycler's gate, and the phones there."""

    served: Served
    address: str
    browser: Browser
    phone: Phone
    consignment: str
    units: list[str]

    def get(self, path: str, actor: Actor | None = None) -> Any:
        answered = self.served.get(path, token=self.served.token(actor or self.served.yard.recycler))
        assert answered.status_code == 200, answered.text
        return answered.json()


@pytest.fixture
def gate(tmp_path: Path, browser: Browser) -> Iterator[Gate]:
    with open_yard(tmp_path) as (served, address), phone_of(browser, served, address, served.yard.recycler) as phone:
        yard = served.yard
        units = [yard.waste_pack() for _ in range(PACKS)]
        consignment = yard.offer(yard.workshop, yard.recycler, units, [yard.carrier])
        yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=units)
        served.send()
        for name, pin in PEOPLE.items():
            phone.add(name, pin)
        yield Gate(served, address, browser, phone, consignment, units)


def receive_in_three(gate: Gate) -> None:
    """Each of the three unloads a part of the truck and signs for it, one after another, without signal."""
    phone = gate.phone
    # The first page fetches what waits for a signature while there is signal.
    phone.go()
    expect(phone.page.locator("#queue-list")).to_contain_text("Recibir lo que entrega Taller Demo")
    expect(phone.page.locator("#queue-kept")).to_contain_text("puede seguir sin señal")
    phone.shot("2-01-inicio")
    phone.lose_signal()
    for name, share in SHARES.items():
        phone.become(name)
        receive_part(gate, share)
    phone.go()
    phone.counted("Sin enviar: 3.")
    phone.shot("2-05-tres-firmas")


def receive_part(gate: Gate, share: range) -> None:
    phone, page = gate.phone, gate.phone.page
    phone.go("recibir")
    phone.follow("Una carga que me ofrecieron")
    phone.follow("Recibir lo que entrega Taller Demo")
    for n in share:
        phone.find("find-arrived", gate.units[n])
        line = page.locator(f'fieldset[data-unit="{gate.units[n]}"]')
        expect(line.get_by_label("Llegó bien")).to_be_checked()
        if n in REFUSED:
            line.get_by_label("La rechazo").check()
            line.get_by_label("¿Por qué?").select_option(label=REFUSED[n])
    refused = sum(n in REFUSED for n in share)
    expect(page.locator("#tally")).to_contain_text(f"Bien: {len(share) - refused}. Rechazadas: {refused}.")
    phone.shot(f"2-02-renglones-{phone.name}")
    phone.press("Revisar y firmar")
    said = phone.agree()
    assert f"{phone.name} firma por Recicladora Demo" in said
    left = PACKS - share.stop
    assert (f"Quedan {left} por marcar" in said) == (left > 0)
    phone.ticks("sin enviar")
    expect(page.locator("#rows")).to_contain_text(phone.name)
    phone.shot(f"2-03-comprobante-{phone.name}")


def lines_of(gate: Gate) -> Counter[str]:
    """The outcomes of all lines of all receptions that the log holds about the consignment."""
    load = gate.get(f"/v1/consignments/{gate.consignment}")
    receptions = {step["event"] for step in load["hand_overs"] if step["kind"] == "consignment.received"}
    assert len(receptions) == len(PEOPLE)
    statements = [gate.get(f"/v1/events/{event}")["statement"] for event in receptions]
    lines = [line for statement in statements for line in statement["lines"]]
    assert sorted(line["id"] for line in lines) == sorted(gate.units)
    return Counter(line["outcome"] for line in lines)


def take_back(gate: Gate) -> None:
    """The consignor's own phone, whose clock is minutes behind the gate's, takes the two back."""
    yard = gate.served.yard
    with phone_of(gate.browser, gate.served, gate.address, yard.workshop) as office:
        office.add("Toño", "112233")
        office.go()
        office.shot("2-09-le-toca-firmar")
        office.page.locator("#queue-list a").filter(has_text="Recibir de vuelta").click()
        office.press("Recibir de vuelta lo rechazado")
        assert "Que recibió de vuelta (baterías: 2)" in office.agree()
        office.ticks("comprobado")
        office.shot("2-10-devuelto")


def bring_back(phone: Phone, file: Path) -> None:
    phone.go()
    phone.page.get_by_text("¿Se borró el teléfono?").click()
    phone.page.get_by_label("Copia guardada").set_input_files(file)
    phone.counted("Comprobado: 3.")


def assert_forty_once(gate: Gate) -> None:
    assert lines_of(gate) == {"accepted": PACKS - len(REFUSED), "refused": len(REFUSED)}
    take_back(gate)
    recycler, workshop = gate.served.yard.recycler.party, gate.served.yard.workshop.party
    held = Counter(gate.get(unit_path(unit), gate.served.yard.semarnat)["state"]["holder"] for unit in gate.units)
    assert held == {recycler: PACKS - len(REFUSED), workshop: len(REFUSED)}
    load = gate.get(f"/v1/consignments/{gate.consignment}")
    assert load["stage"] == "closed"
    assert Counter(line["line"] for line in load["lines"]) == {"accepted": 38, "returned": 2}
    kinds = Counter(step["kind"] for step in load["hand_overs"])
    assert (kinds["consignment.received"], kinds["consignment.returned"]) == (len(PEOPLE), 1)


def test_a_wiped_phone_gets_its_queue_back_from_its_own_copy(gate: Gate) -> None:
    phone, page = gate.phone, gate.phone.page
    receive_in_three(gate)
    before = gate.served.size
    copy = phone.save("Guardar copia de lo no enviado")
    phone.wipe()
    phone.shot("2-06-borrado")
    expect(page.locator("#nobody")).to_be_visible()
    phone.counted("Todavía nada.")

    bring_back(phone, copy)
    phone.shot("2-07-recuperado")
    bring_back(phone, copy)
    expect(page.locator("#restored")).to_contain_text("Ya estaban 3")
    assert gate.served.size == before + len(PEOPLE)
    assert_forty_once(gate)


def test_a_wiped_phone_gets_its_queue_back_from_the_driver(gate: Gate, browser: Browser) -> None:
    phone, yard = gate.phone, gate.served.yard
    with phone_of(browser, gate.served, gate.address, yard.carrier) as cab:
        cab.add("Ramón", "445566", ["transport"])
        [kid] = [key for key in gate.get(f"/v1/parties/{yard.carrier.party}")["keys"] if key["roles"] == ["transport"]]
        yard.say(yard.carrier, "consignment.assigned", consignment=gate.consignment, drivers=[kid["kid"]])
        gate.served.send()
        cab.go("carga", con=gate.consignment)
        expect(cab.page.locator("#load-rows")).to_contain_text("Recicladora Demo")
        cab.lose_signal()
        receive_in_three(gate)
        before = gate.served.size
        # The driver wants to have what was signed for its load.
        phone.go("carga", con=gate.consignment)
        given = phone.save("Mandar el archivo")
        cab.go("recibir")
        cab.follow("Sin señal: del teléfono de quien entrega")
        expect(cab.page.locator("#file")).to_be_visible()
        cab.page.locator("#file").set_input_files(given)
        expect(cab.page.locator("#taken")).to_contain_text("Firmas tomadas: 3, de Recicladora Demo")
        expect(cab.page.locator("#taken")).not_to_contain_text("no conoce la llave")
        cab.shot("2-06-chofer")
        phone.wipe()
        phone.counted("Todavía nada.")

        cab.page.get_by_role("link", name="Ver la carga").click()
        back = cab.save("Mandar el archivo")
        bring_back(phone, back)
        cab.find_signal()
        cab.go()
        cab.counted("Comprobado: 3.")
        assert gate.served.size == before + len(PEOPLE)
    assert_forty_once(gate)
