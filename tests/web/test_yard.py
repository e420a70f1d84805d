"""The phone path in a real Chromium at 360 px: who works by it sees pages, never modules."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from compliance.load import OPEN_LINES, OUTCOMES
from ledger.domain.custody import Fitting, Purpose, RefusalReason
from ledger.domain.unit_id import format_unit_id, new_operator_id
from ledger.domain.values import Assurance, Condition, MassBasis, UnitKind
from tests.api.served import Served, open_served, unit_path
from tests.web.test_browser import CONTRAST_MIN, FAINT, PHONE, SMALL, TARGET_PX_MIN, UNNAMED
from tests.web.town import Town, over_http
from tests.yard import Actor
from web.rendering import translation
from web.yard import YARD_BYTES_MAX
from web.yard_words import WORDS

pytestmark = pytest.mark.slow

PIN = "135791"
SHOTS = os.environ.get("BITACORA_SHOTS")
WAIT_MS = 15_000
WEB = Path(__file__).parents[2] / "web"

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("campo")
    generous = dict.fromkeys(
        ("requests_per_minute", "statements_per_minute", "tokens_per_minute", "reads_per_minute"), 100_000
    )
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **generous) as served:
        yard = served.yard
        for actor in (yard.recycler, yard.centre):
            yard.permit(actor, "collection", "storage", "dismantling", waste_classes=["RP", "RME"])
        yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
        served.send()
        yield served


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    with over_http(Town(served, {}, {})) as address:
        yield address


class Hand:
    """A person with a phone: works by what the pages say."""

    def __init__(self, browser: Browser, served: Served, address: str, name: str) -> None:
        self.served, self.address, self.name, self.pin = served, address, name, PIN
        self.context: BrowserContext = browser.new_context(
            viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="es-MX", accept_downloads=True
        )
        self.context.set_default_timeout(WAIT_MS)
        self.page: Page = self.context.new_page()
        self.page.clock.install(time=served.clock.now())
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def go(self, path: str = "", **hash_members: str) -> None:
        behind = f"#{urlencode(hash_members)}" if hash_members else ""
        # Another address, so that a page of the same path is loaded anew.
        self.page.goto("about:blank")
        self.page.goto(f"{self.address}/campo/{path}?lang=es{behind}")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def find(self, box: str, text: str) -> None:
        """Type a code into one of the boxes that take codes."""
        self.page.locator(f"#{box}-text").fill(text)
        self.page.locator(f"#{box}-text").press("Enter")

    def agree(self) -> str:
        """Read what is about to be signed, and sign it."""
        dialog = self.page.locator("#sign")
        expect(dialog).to_be_visible()
        said = dialog.inner_text()
        self.shot("firmar")
        dialog.get_by_role("button", name="Firmar").click()
        return said

    def enter(self) -> None:
        """Give the PIN that the page asks for."""
        dialog = self.page.locator("#unlock")
        expect(dialog).to_be_visible()
        dialog.get_by_label("Su PIN").fill(self.pin)
        dialog.get_by_role("button", name="Entrar").click()
        expect(dialog).to_be_hidden()

    def enrol(self, actor: Actor, roles: list[str] | None = None) -> dict[str, Any]:
        """Make a key on the phone, and have the company's administrator record what the phone sends."""
        self.go("telefono", p=actor.party, s=str(actor.site))
        self.page.locator("#name").fill(self.name)
        if roles == ["transport"]:
            self.page.get_by_label("Qué hace").select_option("transport")
        self.page.locator("#pin").fill(self.pin)
        self.page.locator("#pin-again").fill(self.pin)
        self.shot("alta")
        self.press("Hacer mi llave")
        expect(self.page.locator("#card")).to_be_visible()
        self.shot("alta-codigo")
        with self.page.expect_download() as saved:
            self.press("Mandar el archivo")
        request: dict[str, Any] = json.loads(Path(saved.value.path()).read_text("utf-8"))
        yard = self.served.yard
        yard.say(yard.operator, "key.enrolled", **request)
        self.served.send()
        self.press("¿Ya está aprobada?")
        self.enter()
        return request

    def ticks(self, state: str) -> None:
        """Wait until the receipt on the screen says so."""
        expect(self.page.locator("#state")).to_contain_text(state)

    def shot(self, name: str) -> None:
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)

    def event(self) -> str:
        """The event whose receipt is on the screen."""
        self.page.wait_for_url("**/comprobante**")
        found = re.search(r"#e=([0-9a-f]{64})$", self.page.url)
        assert found
        return found[1]


@pytest.fixture
def lupita(browser: Browser, served: Served, address: str) -> Iterator[Hand]:
    hand = Hand(browser, served, address, "Lupita")
    yield hand
    assert hand.complaints == []
    hand.context.close()


@pytest.fixture
def chava(browser: Browser, served: Served, address: str) -> Iterator[Hand]:
    hand = Hand(browser, served, address, "Chava")
    yield hand
    assert hand.complaints == []
    hand.context.close()


def reserve_tag(served: Served, actor: Actor) -> str:
    tag = format_unit_id(new_operator_id(served.yard.random.randbytes(16)))
    served.yard.say(actor, "tag.reserved", tags=[tag])
    served.send()
    return tag


def test_enrol_register_on_a_tag_receive_from_a_giver_without_key_and_see_two_ticks(
    lupita: Hand, served: Served
) -> None:
    recycler = served.yard.recycler
    tag = reserve_tag(served, recycler)
    lupita.enrol(recycler)
    lupita.go()
    expect(lupita.page.locator("#who-is")).to_contain_text("Lupita firma por Recicladora Demo")
    lupita.shot("inicio")
    lupita.go("recibir")
    lupita.shot("recibir")
    lupita.go("recibir", modo="sin-firma")
    lupita.find("find-pack", tag)
    page = lupita.page
    expect(page.locator("#packs fieldset")).to_be_visible()
    page.locator("[data-name=mass]").fill("412.5")
    page.locator("[data-name=condition]").select_option("critical")
    expect(page.locator(".isolate")).to_contain_text("NO EMBARCAR")
    page.locator("#capacity").select_option("tow_truck")
    page.locator("#giver").fill("Grúas El Güero, placas 123")
    page.locator("#attested-form summary").click()
    page.locator("#gross").fill("1840")
    page.locator("#tare").fill("1420")
    lupita.shot("recibir-sin-firma")
    lupita.press("Revisar y firmar")
    said = lupita.agree()
    assert "412.5 kg" in said
    assert "neto 420 kg" in said
    assert "una grúa" in said

    event = lupita.event()
    lupita.ticks("comprobado")
    expect(page.locator("#rows")).to_contain_text("un solo lado")
    lupita.shot("comprobante")
    received = served.get(f"/v1/events/{event}", token=served.token(recycler)).json()
    assert received["statement"]["lines"][0]["mass_g"] == 412_500
    unit = served.get(unit_path(tag), token=served.token(recycler)).json()
    assert unit["state"]["holder"] == recycler.party
    assert unit["state"]["assurance"] == "one_sided"


def offered_load(served: Served, count: int = 3) -> tuple[str, list[str]]:
    """Packs that the workshop offers to the recycler through the carrier, who has picked them up."""
    yard = served.yard
    units = [yard.waste_pack() for _ in range(count)]
    consignment = yard.offer(yard.workshop, yard.recycler, units, [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=units)
    served.send()
    return consignment, units


def mark(hand: Hand, unit: str, outcome: str) -> Any:
    line = hand.page.locator(f'fieldset[data-unit="{unit}"]')
    line.locator(f"input[value={outcome}]").check()
    return line


def outcomes(served: Served, event: str) -> dict[str, Any]:
    statement = served.get(f"/v1/events/{event}", token=served.token(served.yard.recycler)).json()["statement"]
    return {line["id"]: line for line in statement["lines"]}


def test_an_offered_load_is_received_line_by_line_with_one_refused(lupita: Hand, served: Served) -> None:
    consignment, units = offered_load(served)
    lupita.enrol(served.yard.recycler)
    lupita.go("recibir", modo="oferta")
    lupita.find("find-load", consignment)
    expect(lupita.page.locator("#load-rows")).to_contain_text("Taller Demo")
    first = mark(lupita, units[0], "accepted")
    first.locator("[data-name=mass]").fill("430,25")
    mark(lupita, units[1], "refused").locator("[data-name=reason]").select_option("damaged")
    lupita.press("Aceptar las que faltan por marcar")
    expect(lupita.page.locator("#tally")).to_contain_text("Bien: 2. Rechazadas: 1.")
    lupita.shot("recibir-oferta")
    lupita.press("Revisar y firmar")
    said = lupita.agree()
    assert "Rechaza 1" in said
    assert "dañada" in said

    event = lupita.event()
    lupita.ticks("comprobado")
    lines = outcomes(served, event)
    assert [lines[unit]["outcome"] for unit in units] == ["accepted", "refused", "accepted"]
    assert (lines[units[0]]["mass_g"], lines[units[0]]["mass_basis"]) == (430_250, "weighed")
    lupita.page.get_by_role("link", name="Ver la carga y sus papeles").click()
    expect(lupita.page.locator("#lines")).to_contain_text("rechazada")
    lupita.shot("carga")


def test_what_is_signed_without_signal_is_counted_and_sent_when_it_is_back(lupita: Hand, served: Served) -> None:
    consignment, units = offered_load(served, 1)
    lupita.enrol(served.yard.recycler)
    lupita.go("recibir", con=consignment)
    expect(lupita.page.locator(f'fieldset[data-unit="{units[0]}"]')).to_be_visible()
    kept(lupita)
    lupita.context.set_offline(True)
    lupita.go("recibir", con=consignment)
    expect(lupita.page.locator("#signal")).to_be_visible()
    mark(lupita, units[0], "accepted")
    lupita.press("Revisar y firmar")
    lupita.agree()
    lupita.ticks("sin enviar")
    lupita.shot("comprobante-sin-senal")
    lupita.go()
    expect(lupita.page.locator("#counts")).to_contain_text("Sin enviar: 1.")
    lupita.shot("inicio-sin-senal")

    lupita.context.set_offline(False)
    expect(lupita.page.locator("#counts")).to_contain_text("Comprobado: 1.")
    expect(lupita.page.locator("#counts")).to_contain_text("Sin enviar: 0.")
    lupita.shot("inicio-de-nuevo")


def kept(hand: Hand) -> None:
    """Wait until the service worker keeps the pages."""
    hand.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")


def hold_packs(served: Served, holder: Actor, count: int) -> list[str]:
    units = [served.yard.waste_pack(holder) for _ in range(count)]
    served.send()
    return units


def test_a_load_is_offered_and_received_between_two_phones_without_signal(
    lupita: Hand, chava: Hand, served: Served
) -> None:
    yard = served.yard
    [unit] = hold_packs(served, yard.workshop, 1)
    chava.enrol(yard.workshop)
    chava.go("entregar")
    chava.find("find-pack", unit)
    chava.page.locator("#consignee-name").fill("Recicladora")
    chava.page.locator("#consignee-find").click()
    chava.page.locator("#consignees button").first.click()
    expect(chava.page.locator("#consignee-told")).to_contain_text("Recicladora Demo")
    chava.page.locator("#purpose").select_option("waste_rme")
    chava.shot("entregar")
    kept(chava)
    chava.context.set_offline(True)
    chava.press("Revisar y firmar")
    assert "Recicladora Demo" in chava.agree()
    chava.page.wait_for_url("**/carga**")
    expect(chava.page.locator("#pass")).to_be_visible()
    chava.press("Enseñar el código")
    expect(chava.page.locator("#pass-told")).to_contain_text("cuadros")
    chava.shot("carga-pasar")
    with chava.page.expect_download() as saved:
        chava.press("Mandar el archivo")

    lupita.enrol(yard.recycler)
    lupita.go("recibir", modo="telefono")
    kept(lupita)
    lupita.context.set_offline(True)
    lupita.page.locator("#file").set_input_files(saved.value.path())
    expect(lupita.page.locator("#taken")).to_contain_text("Firmas tomadas: 1")
    lupita.shot("recibir-telefono")
    lupita.page.get_by_role("link", name="Recibir esta carga").click()
    mark(lupita, unit, "accepted")
    lupita.press("Revisar y firmar")
    lupita.agree()
    lupita.ticks("sin enviar")
    event = lupita.event()
    lupita.context.set_offline(False)
    lupita.ticks("comprobado")
    assert served.get(f"/v1/events/{event}", token=served.token(yard.workshop)).status_code == 200
    lupita.go("recibir", modo="oferta")
    lupita.shot("recibir-lista")
    chava.context.set_offline(False)
    chava.go()
    expect(chava.page.locator("#counts")).to_contain_text("Comprobado: 1.")


def test_a_stale_statement_is_mended_by_one_button(lupita: Hand, served: Served) -> None:
    consignment, units = offered_load(served, 2)
    lupita.enrol(served.yard.recycler)
    lupita.go("recibir", con=consignment)
    expect(lupita.page.locator(f'fieldset[data-unit="{units[0]}"]')).to_be_visible()
    kept(lupita)
    lupita.context.set_offline(True)
    for unit in units:
        mark(lupita, unit, "accepted")
    lupita.press("Revisar y firmar")
    lupita.agree()
    lupita.ticks("sin enviar")
    yard = served.yard
    yard.say(
        yard.carrier, "consignment.handed_on", consignment=consignment, units=units[:1], to=yard.second_carrier.party
    )
    served.send()
    lupita.context.set_offline(False)
    lupita.ticks("no aceptado")
    expect(lupita.page.locator("#problem")).to_contain_text("Alguien firmó antes")
    lupita.shot("comprobante-rechazado")
    lupita.press("Actualizar y firmar de nuevo")
    said = lupita.agree()
    assert "Recibe 2" in said
    assert "Ocurrió: " in said
    lupita.ticks("comprobado")


def test_what_one_party_was_told_of_a_load_no_other_finds_on_the_phone(lupita: Hand, served: Served) -> None:
    yard = served.yard
    [unit] = hold_packs(served, yard.workshop, 1)
    consignment = yard.offer(yard.workshop, yard.recycler, [unit])
    served.send()
    lupita.enrol(yard.recycler)
    lupita.go("carga", con=consignment)
    expect(lupita.page.locator("#lines li")).to_have_count(1)

    lupita.enrol(yard.second_carrier)
    lupita.go("carga", con=consignment)

    expect(lupita.page.locator("#told")).to_be_visible()
    expect(lupita.page.locator("#lines li")).to_have_count(0)
    expect(lupita.page.locator("#load-rows div")).to_have_count(0)


def test_a_driver_picks_up_and_a_pack_is_shown_to_everybody(lupita: Hand, chava: Hand, served: Served) -> None:
    yard = served.yard
    units = hold_packs(served, yard.workshop, 2)
    consignment = yard.offer(yard.workshop, yard.recycler, units, [yard.carrier])
    served.send()
    chava.enrol(yard.carrier)
    chava.go("carga", con=consignment)
    chava.press("Recoger")
    assert "responde por ello" in chava.agree()
    chava.ticks("comprobado")
    lupita.go("bateria", u=units[0])
    expect(lupita.page.locator("#pack-rows")).to_contain_text("residuo")
    lupita.shot("bateria")


def test_a_pack_that_nobody_knows_is_registered_by_its_code(lupita: Hand, served: Served) -> None:
    recycler = served.yard.recycler
    lupita.enrol(recycler)
    unit = served.yard.new_unit_id()
    lupita.go("bateria")
    lupita.find("find", f"{unit}x")
    expect(lupita.page.locator("#told")).to_be_hidden()
    lupita.go("bateria")
    lupita.find("find", unit)
    expect(lupita.page.locator("#register")).to_be_visible()
    lupita.page.locator("[data-name=mass]").fill("doce")
    lupita.press("Registrar")
    expect(lupita.page.locator("#told")).to_contain_text("kilogramos")
    lupita.page.locator("[data-name=mass]").fill("12")
    lupita.shot("registrar")
    lupita.press("Registrar")
    lupita.agree()
    lupita.ticks("comprobado")


PATHS = ("", "telefono", "bateria", "recibir", "recibir#modo=oferta", "recibir#modo=sin-firma", "recibir#modo=telefono")
OUTSIDE = UNNAMED.replace("a.skip", "a.skip, dialog, template, .sandbox")


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_fits_a_phone_can_be_read_and_names_what_it_shows(
    browser: Browser, address: str, language: str
) -> None:
    context = browser.new_context(viewport={"width": PHONE["width"], "height": PHONE["height"]}, locale="es-MX")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda heard: complaints.append(heard.text) if heard.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for path in (*PATHS, "entregar", "comprobante", "carga"):
        name, _, behind = path.partition("#")
        page.goto("about:blank")
        page.goto(f"{address}/campo/{name}?lang={language}#{behind}")
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate(FAINT, CONTRAST_MIN) == [], path
        assert page.evaluate(OUTSIDE) == [], path
        assert page.evaluate(SMALL, TARGET_PX_MIN) == [], path
    assert complaints == []
    context.close()


def test_no_script_stands_in_a_page_and_the_policy_says_so(served: Served) -> None:
    for path in ("", "telefono", "bateria", "recibir", "entregar", "carga", "comprobante"):
        answered = served.get(f"/campo/{path}", accept_language="en")
        assert answered.status_code == 200
        assert re.findall(r"<script[^>]*>(.*?)</script>", answered.text, re.DOTALL) == [""]
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", answered.text)
        policy = answered.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert answered.headers["cache-control"] == "public, no-cache"
    assert served.get("/campo/nada").status_code == 404
    assert served.get("/campo").headers["location"] == "/campo/"


def test_what_the_worker_keeps_is_all_there_and_small(served: Served) -> None:
    worker = served.get("/campo/sw.js")
    assert worker.headers["content-type"] == "text/javascript; charset=utf-8"
    assert worker.headers["cache-control"] == "public, no-cache"
    shell = json.loads(worker.text.split("\n", 1)[0].removeprefix("const SHELL = ").removesuffix(";"))
    bodies = {path: served.get(path) for path in shell["kept"]}
    assert {path: body.status_code for path, body in bodies.items() if body.status_code != 200} == {}
    spanish = [len(body.content) for path, body in bodies.items() if "lang=en" not in path and ".en." not in path]
    assert sum(spanish) < YARD_BYTES_MAX
    script = next(path for path in bodies if path.endswith("/outbox.js"))
    assert bodies[script].headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in bodies[script].headers["cache-control"]
    assert served.get(script.replace(shell["version"], "0" * 16)).status_code == 404
    manifest = served.get("/campo/manifest.webmanifest?lang=en").json()
    assert manifest["start_url"] == "/campo/?lang=en"


def test_every_word_that_a_script_says_is_there() -> None:
    scripts = "\n".join(path.read_text("utf-8") for path in (WEB / "static/yard/pages").glob("*.js"))
    said = set(re.findall(r'say\("([a-z_]+\.[a-z_.-]+)"', scripts)) | set(re.findall(r'row\("(row\.[a-z]+)"', scripts))
    assert said - WORDS.keys() == set()
    assert "row.from" in said


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("purpose", get_args(Purpose)),
        ("fitting", get_args(Fitting)),
        ("reason", get_args(RefusalReason)),
        ("condition", get_args(Condition)),
        ("assurance", get_args(Assurance)),
        ("mass_basis", get_args(MassBasis)),
        ("unit_kind", get_args(UnitKind)),
        ("line", (*OPEN_LINES, *OUTCOMES)),
    ],
)
def test_every_code_that_a_person_meets_has_words(prefix: str, codes: tuple[str, ...]) -> None:
    assert {f"{prefix}.{code}" for code in codes} <= WORDS.keys()


def test_a_blank_of_the_words_is_the_same_in_english() -> None:
    blanks = re.compile(r"\{(\w+)\}")
    say = translation("en")
    assert [text for text in WORDS.values() if {*blanks.findall(text)} != {*blanks.findall(say(text))}] == []


def test_a_dangerous_pack_is_taken_in_whoever_holds_it_with_the_red_card_on_the_screen(
    lupita: Hand, served: Served
) -> None:
    [unit] = hold_packs(served, served.yard.workshop, 1)
    lupita.enrol(served.yard.recycler)
    lupita.go("recibir", modo="emergencia", u=unit)
    lupita.page.locator("#packs [data-name=condition]").select_option("critical")
    expect(lupita.page.locator("#packs .isolate")).to_contain_text("AISLAR · P911 · NO EMBARCAR")
    lupita.page.locator("#capacity").select_option("party")
    lupita.press("Revisar y firmar")
    assert "emergencia" in lupita.agree()
    lupita.ticks("comprobado")
    expect(lupita.page.locator(".isolate").first).to_be_visible()
    lupita.shot("comprobante-emergencia")
    value = served.get(unit_path(unit), token=served.token(served.yard.recycler)).json()["state"]
    assert (value["holder"], value["condition"]) == (served.yard.recycler.party, "critical")


def test_the_papers_of_a_load_come_as_one_pdf(lupita: Hand, served: Served) -> None:
    consignment, _ = offered_load(served, 1)
    lupita.enrol(served.yard.recycler)
    lupita.go("carga", con=consignment)
    with lupita.page.expect_download() as saved:
        lupita.press("Abrir los papeles (PDF)")
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF-")
    assert saved.value.suggested_filename == f"{consignment}.pdf"


def test_a_key_comes_back_from_its_recovery_file_on_another_phone(lupita: Hand, chava: Hand, served: Served) -> None:
    request = lupita.enrol(served.yard.recycler)
    lupita.page.locator("#kit-pin").fill("000000")
    lupita.press("Hacer respaldo")
    expect(lupita.page.locator("#told")).to_have_text("Ese no es el PIN.")
    lupita.page.locator("#kit-pin").fill(PIN)
    with lupita.page.expect_download() as saved:
        lupita.press("Hacer respaldo")
    phrase = lupita.page.locator("#kit-phrase").inner_text()
    lupita.shot("respaldo")

    chava.go("telefono")
    chava.page.get_by_text("Recuperar una llave de su respaldo").click()
    chava.page.locator("#restore-file").set_input_files(saved.value.path())
    chava.page.locator("#restore-phrase").fill(phrase.upper().replace("-", " "))
    chava.page.locator("#restore-name").fill("Lupita")
    chava.page.locator("#restore-pin").fill(PIN)
    chava.press("Recuperar")
    expect(chava.page.locator("#card-text")).to_contain_text(" ".join(re.findall("....", request["kid"])))
    chava.press("¿Ya está aprobada?")
    chava.enter()
    expect(chava.page.locator("#who-is")).to_contain_text("Lupita firma por Recicladora Demo")


def test_a_person_enters_by_keyboard_alone_and_is_shown_out_again(lupita: Hand, served: Served) -> None:
    lupita.enrol(served.yard.recycler)
    lupita.press("Salir")
    page = lupita.page
    expect(page.locator("#who-is")).to_have_text("Nadie ha entrado en este teléfono.")
    page.locator("#people-list button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#unlock-pin")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#unlock")).to_be_hidden()
    expect(page.locator("#people-list button")).to_be_enabled()
    page.locator("#people-list button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#unlock-pin")).to_be_focused()
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(page.locator("#unlock-wrong")).to_have_text("Ese no es el PIN.")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#who-is")).to_contain_text("Lupita firma por")


def test_a_phone_tells_what_the_law_will_find_before_anything_is_signed(chava: Hand, served: Served) -> None:
    yard = served.yard
    yard.permit(yard.carrier, "transport", waste_classes=["RME"])
    consignment = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()], [yard.carrier])
    served.send()
    chava.enrol(yard.carrier)
    size = served.size
    chava.go("carga", con=consignment)

    chava.press("Recoger")

    told = chava.page.locator("#sign-told")
    expect(told).to_contain_text("Se abrirá un hallazgo (R51; NOM-052-SEMARNAT-2005 6.4):")
    expect(told).to_contain_text("Se cura así: Registre la determinación")
    chava.shot("carga-hallazgo")
    assert chava.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert served.size == size
    chava.agree()
    chava.page.wait_for_url("**/comprobante**")
