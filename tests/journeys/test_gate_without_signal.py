"""Journey 1: a tow truck brings a hot pack without a label to a gate without signal; the yard takes it in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from ledger.domain.unit_id import format_unit_id, new_operator_id
from tests.api.served import Served, unit_path
from tests.journeys.phone import Phone, open_yard, phone_of
from tests.web.chromium import open_browser

pytestmark = pytest.mark.slow

# GB/T 34014-2017: what the maker moulded into the casing, and all that can still be read.
PLATE = "04QPB0AA000001B1A0000127"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def gate(tmp_path: Path, browser: Browser) -> Iterator[tuple[Phone, Served]]:
    with (
        open_yard(tmp_path) as (served, address),
        phone_of(browser, served, address, served.yard.recycler) as phone,
    ):
        yield phone, served


def blank_tags(served: Served, count: int) -> list[str]:
    """A roll of tags that the recycler has printed."""
    yard = served.yard
    tags = [format_unit_id(new_operator_id(yard.random.randbytes(16))) for _ in range(count)]
    yard.say(yard.recycler, "tag.reserved", tags=tags)
    served.send()
    return tags


def asked(served: Served, path: str) -> Any:
    answered = served.get(path, token=served.token(served.yard.recycler))
    assert answered.status_code == 200, answered.text
    return answered.json()


def test_a_hot_pack_without_label_is_taken_in_at_a_gate_without_signal(gate: tuple[Phone, Served]) -> None:
    phone, served = gate
    page, recycler = phone.page, served.yard.recycler
    tags = blank_tags(served, 5)
    phone.add("Lupita", "246810")
    # In the office, with signal: one tag of the roll is enough for the phone to know them all.
    phone.go("bateria")
    phone.find("find", tags[0])
    expect(page.locator("#pack-title")).to_contain_text(tags[0][-6:])
    phone.shot("1-01-etiqueta-en-blanco")
    phone.lose_signal()

    phone.go("recibir")
    expect(page.locator("#signal")).to_be_visible()
    phone.shot("1-02-recibir")
    phone.follow("Alguien que no firma aquí")
    phone.find("find-pack", PLATE)
    expect(page.locator("#plate-told")).to_contain_text("pegue una etiqueta en blanco")
    phone.shot("1-03-placa")
    phone.find("find-pack", tags[3])
    pack = page.locator("#packs fieldset")
    expect(pack.get_by_label("Código de la placa")).to_have_value(PLATE)
    pack.get_by_label("Peso en kilogramos").fill("420")
    pack.get_by_label("Condición").select_option(label="crítica: caliente, humea o puede arder")
    expect(page.locator(".isolate")).to_contain_text("AISLAR · P911 · NO EMBARCAR")
    page.get_by_label("Es", exact=True).select_option(label="una grúa")
    page.get_by_label("Nombre o seña, si la da").fill("Grúas El Güero, placas 123-AB")
    page.get_by_text("Boleta de báscula").click()
    page.get_by_label("Peso bruto, kg").fill("1840")
    page.get_by_label("Tara, kg").fill("1420")
    expect(page.locator("#net")).to_contain_text("Neto: 420 kg")
    phone.shot("1-04-lo-que-llego")
    phone.press("Revisar y firmar")
    said = phone.agree()
    assert "Las trae una grúa, que no firma aquí." in said
    assert "neto 420 kg" in said

    event = phone.event()
    phone.ticks("sin enviar")
    expect(page.locator(".isolate")).to_contain_text("NO EMBARCAR")
    expect(page.locator("#what")).to_contain_text("quien entrega no está registrado")
    expect(page.locator("#rows")).to_contain_text("un solo lado")
    phone.shot("1-05-comprobante-sin-senal")
    shared = phone.save("Compartir").read_text("utf-8")
    assert "quien entrega no está registrado" in shared
    assert "AISLAR · P911 · NO EMBARCAR" in shared
    assert "neto 420 kg" in shared
    assert event in shared

    phone.find_signal()
    phone.ticks("✓✓ comprobado")
    phone.shot("1-06-comprobado")
    phone.go()
    phone.counted("Sin enviar: 0.")
    phone.counted("Comprobado: 3.")

    received = asked(served, f"/v1/events/{event}")["statement"]
    assert received["giver"]["capacity"] == "tow_truck"
    load = asked(served, f"/v1/consignments/{received['consignment']}")
    [finding] = load["findings"]
    assert (finding["requirement"], finding["facts"]) == ("giver-not-registered", {"origin": "tow_truck"})
    [ticket] = load["tickets"].values()
    assert (ticket["gross_g"], ticket["tare_g"]) == (1_840_000, 1_420_000)
    unit = asked(served, unit_path(tags[3]))["state"]
    assert (unit["holder"], unit["condition"]) == (recycler.party, "critical")
    assert (unit["received_mass_g"], unit["assurance"]) == (420_000, "one_sided")
    found = asked(served, f"/v1/alternates?scheme=gbt34014&value={quote(PLATE)}")
    assert found == {"units": [{"unit": tags[3], "stated_by": recycler.party}]}

    # The tow truck comes back: the plate alone leads to the pack now.
    phone.go("bateria")
    phone.find("find", PLATE)
    expect(page.locator("#pack-title")).to_contain_text(tags[3][-6:])
    expect(page.locator("#pack-card")).to_contain_text("NO EMBARCAR")
    phone.shot("1-07-por-la-placa")
