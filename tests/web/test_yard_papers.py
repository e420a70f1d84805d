"""The phone's page of a load, in Chromium: its ink paper, what another party claims, and the next carrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from ledger.domain.correction import EventDisputed
from ledger.domain.paper import PaperScanned
from ledger.domain.values import PaperForm
from tests.api.served import Served, unit_path
from tests.journeys.phone import Phone, open_yard, phone_of
from tests.web.test_browser import CONTRAST_MIN, FAINT, PHONE, SMALL, TARGET_PX_MIN
from tests.web.test_yard import OUTSIDE
from tests.yard import Actor
from web.yard_words import WORDS

pytestmark = pytest.mark.slow

PIN = "246813"
SCAN = [{"digest": "ab" * 32, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    with open_yard(tmp_path_factory.mktemp("campo")) as (served, address):
        served.yard.permit(served.yard.second_carrier, "transport", waste_classes=["RP", "RME"])
        served.send()
        yield served, address


@pytest.fixture
def served(town: tuple[Served, str]) -> Served:
    return town[0]


@pytest.fixture
def phones(browser: Browser, town: tuple[Served, str]) -> Iterator[Any]:
    """Makes the phone of one more person."""
    served, address = town
    made: list[Any] = []

    def phone(actor: Actor, name: str) -> Phone:
        made.append(phone_of(browser, served, address, actor))
        phone: Phone = made[-1].__enter__()
        phone.add(name, PIN)
        return phone

    yield phone
    for one in made:
        one.__exit__(None, None, None)


def detail(served: Served, consignment: str, reader: Actor) -> dict[str, Any]:
    answered = served.get(f"/v1/consignments/{consignment}", token=served.token(reader))
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def readable(page: Page) -> None:
    """Everything on the screen fits a phone, can be read and pressed, and has a name."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(FAINT, CONTRAST_MIN) == []
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(SMALL, TARGET_PX_MIN) == []


def signed(phone: Phone) -> str:
    """The words of what was signed, once it is in the ledger."""
    said = phone.agree()
    phone.event()
    phone.ticks("comprobado")
    return said


def accepted(packs: list[str]) -> list[dict[str, str]]:
    return [{"id": pack, "outcome": "accepted"} for pack in packs]


def picked_up(served: Served, count: int = 1, **terms: Any) -> tuple[str, list[str]]:
    yard = served.yard
    packs = [yard.determined_pack("RP") for _ in range(count)]
    consignment = yard.offer(yard.workshop, yard.recycler, packs, [yard.carrier], site=yard.workshop.site, **terms)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    served.send()
    return consignment, packs


def test_the_signed_paper_is_photographed_and_its_original_comes_back(
    phones: Any, served: Served, tmp_path: Path
) -> None:
    yard = served.yard
    consignment, packs = picked_up(served, purpose="waste_rp")
    yard.say(yard.workshop, "paper.issued", consignment=consignment, form="manifest", number="M-2026/7")
    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=accepted(packs))
    served.send()
    photo = tmp_path / "manifiesto.png"
    Image.new("RGB", (2400, 3200), "white").save(photo)

    gate = phones(yard.recycler, "Lupita")
    gate.go("carga", con=consignment)
    page = gate.page
    expect(page.locator("#number")).to_have_value("M-2026/7")
    expect(page.locator("#form")).to_have_value("manifest")
    expect(page.locator("#original-rows")).to_contain_text("falta fotografiarlo")
    expect(page.get_by_role("button", name="El original ya regresó")).to_have_count(0)
    gate.shot("carga-papeles")
    readable(page)
    form = page.locator("#scan")
    form.locator("#scan-photo").set_input_files(photo)
    form.get_by_role("button", name="Revisar y firmar").click()
    expect(page.locator("#told")).to_have_text("Marque quién firmó ya con tinta.")
    for who in ("El remitente", "El transportista", "El destinatario"):
        form.get_by_label(who).check()
    form.get_by_role("button", name="Revisar y firmar").click()
    said = signed(gate)
    assert "M-2026/7" in said
    assert "El remitente, El transportista, El destinatario" in said
    told = detail(served, consignment, yard.workshop)
    assert (told["original"]["stage"], len(told["papers"]["manifest"]["scanned"])) == ("scanned", 1)
    [document] = told["documents"]
    assert (document["role"], document["media_type"]) == ("manifest", "image/jpeg")
    assert served.get(f"/v1/blobs/{document['digest']}", token=served.token(yard.workshop)).status_code == 200

    desk = phones(yard.workshop, "Chava")
    desk.go()
    desk.follow("Registrar el original que devolvió Recicladora Demo, S.A. de C.V.")
    expect(desk.page.locator("#original-rows")).to_contain_text("falta que regrese")
    expect(desk.page.locator("#original-rows")).to_contain_text("7 de marzo de 2025. Días que faltan: 60")
    expect(desk.page.locator("#original-step")).to_contain_text("Pida al destinatario el original firmado")
    desk.press("El original ya regresó")
    assert "M-2026/7" in signed(desk)
    assert detail(served, consignment, yard.workshop)["original"]["stage"] == "returned"
    desk.follow("Ver la carga y sus papeles")
    expect(desk.page.locator("#original-rows")).to_contain_text("regresó el")
    expect(desk.page.locator("#legal")).to_contain_text("De regreso")
    expect(desk.page.get_by_role("button", name="El original ya regresó")).to_have_count(0)
    desk.shot("carga-original")


def entered_from_paper(served: Served, count: int) -> tuple[str, str, list[str]]:
    """Packs of the workshop that the recycler says it received with a paper filled in by hand."""
    yard = served.yard
    packs, consignment = [yard.waste_pack() for _ in range(count)], yard.new_id("con")
    paper = {"consignor": yard.workshop.party, "purpose": "waste_rme", "form": "manifest", "number": "M-9"}
    event = yard.say(
        yard.recycler,
        "consignment.received",
        consignment=consignment,
        basis="paper",
        on_paper={**paper, "carriers": [yard.carrier.party]},
        lines=accepted(packs),
        documents=SCAN,
    )
    served.send()
    return consignment, event, packs


def test_the_consignor_denies_and_then_agrees_to_what_was_entered_from_a_paper(phones: Any, served: Served) -> None:
    yard = served.yard
    consignment, event, packs = entered_from_paper(served, 2)
    phone = phones(yard.workshop, "Chava")
    phone.go()
    phone.follow("Confirmar lo que dice Recicladora Demo, S.A. de C.V.")
    page = phone.page
    expect(page.locator("#claims-list li")).to_have_count(2)
    expect(page.locator("#claims-list")).to_contain_text("Recicladora Demo, S.A. de C.V. anotó de un papel")
    phone.shot("carga-de-acuerdo")
    readable(page)
    page.get_by_label("Si no es así, ¿por qué?").select_option("identity")
    phone.press("No es así")
    assert "Que no es así: no es esa batería." in phone.agree()
    disputed = phone.event()
    phone.ticks("comprobado")
    statement = served.get(f"/v1/events/{disputed}", token=served.token(yard.workshop)).json()["statement"]
    assert (statement["kind"], statement["event"], statement["reason"]) == ("event.disputed", event, "identity")
    assert detail(served, consignment, yard.workshop)["stage"] == "claimed"

    phone.go("carga", con=consignment)
    expect(page.locator(".claim-denied")).to_be_visible()
    phone.press("De acuerdo")
    said = signed(phone)
    assert "Recicladora Demo, S.A. de C.V. firmó que su empresa le entregó esto." in said
    assert "baterías: 2" in said
    assert detail(served, consignment, yard.workshop)["stage"] == "closed"
    for pack in packs:
        value = served.get(unit_path(pack), token=served.token(yard.recycler)).json()["state"]
        assert (value["holder"], value["assurance"]) == (yard.recycler.party, "scanned_paper")
    phone.go("carga", con=consignment)
    expect(page.locator("#lines")).to_contain_text("recibida")
    expect(page.locator("#claims")).to_be_hidden()


def test_an_agreement_to_an_extra_pack_counts_on_the_phone_before_there_is_signal(phones: Any, served: Served) -> None:
    yard = served.yard
    consignment, packs = picked_up(served)
    extra = yard.waste_pack()
    lines = [*accepted(packs), {"id": extra, "outcome": "extra"}]
    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=lines)
    served.send()
    phone = phones(yard.workshop, "Chava")
    phone.go("carga", con=consignment)
    expect(phone.page.locator("#claims-list")).to_contain_text("que no venía en la carga")
    phone.lose_signal()
    phone.press("De acuerdo")
    phone.agree()
    phone.ticks("sin enviar")
    phone.go("carga", con=consignment)
    expect(phone.page.locator("#lines")).to_contain_text("pasó a otra carga")
    expect(phone.page.locator("#claims")).to_be_hidden()
    phone.find_signal()
    phone.go()
    phone.counted("Comprobado: 1.")
    value = served.get(unit_path(extra), token=served.token(yard.recycler)).json()["state"]
    assert value["holder"] == yard.recycler.party


def test_a_carrier_hands_the_load_on_and_the_next_picks_it_up(phones: Any, served: Served) -> None:
    yard = served.yard
    consignment, _ = picked_up(served, 2)
    phone = phones(yard.carrier, "Beto")
    phone.go("carga", con=consignment)
    page = phone.page
    expect(page.locator("#hand-on")).to_be_visible()
    page.locator("#carrier-name").fill("Fletes")
    page.locator("#carrier-find").click()
    page.locator("#carriers button").first.click()
    expect(page.locator("#carrier-told")).to_have_text("Fletes Demo, S.A. de C.V.")
    phone.shot("carga-pasar-a-otro")
    readable(page)
    phone.press("Pasar la carga")
    assert "Que pasa a Fletes Demo, S.A. de C.V. (baterías: 2)" in signed(phone)
    assert {line["to"] for line in detail(served, consignment, yard.workshop)["lines"]} == {yard.second_carrier.party}

    following = phones(yard.second_carrier, "Toño")
    following.go("carga", con=consignment)
    expect(following.page.locator("#hand-on")).to_be_hidden()
    following.press("Recoger")
    assert "baterías: 2" in signed(following)
    assert {line["holder"] for line in detail(served, consignment, yard.workshop)["lines"]} == {
        yard.second_carrier.party
    }


def codes_of(kind: Any, member: str) -> tuple[str, ...]:
    annotation = kind.model_fields[member].annotation
    return get_args(get_args(annotation)[0]) if get_args(get_args(annotation)[0]) else get_args(annotation)


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("form", get_args(PaperForm)),
        ("dispute", codes_of(EventDisputed, "reason")),
        ("inked", codes_of(PaperScanned, "signed_by")),
    ],
)
def test_every_code_of_the_papers_has_words(prefix: str, codes: tuple[str, ...]) -> None:
    assert codes
    assert {f"{prefix}.{code}" for code in codes} <= WORDS.keys()
