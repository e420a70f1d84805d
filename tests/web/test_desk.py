"""The desk of authorities: who comes in, what its pages show, and that they fit a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from httpx2 import Response
from playwright.sync_api import Browser

from api.callers import DESK_COOKIE, DESK_ROOT
from api.limits import DESK_IDLE_S
from ledger.domain.values import format_instant
from tests.api.served import Served, open_served
from tests.web.test_browser import CONTRAST_MIN, DESK, FAINT, PHONE, SMALL, TARGET_PX_MIN, UNNAMED
from tests.web.test_pages import Outline
from tests.web.town import Town, over_http
from tests.yard import Actor

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ORDER_NUMBER = "PFPA/25.2/2C.27.1/0042-2026"


@dataclass(frozen=True)
class Office:
    """An authority with an inspection of a centre, a case against it, and packs that were not where they should be."""

    served: Served
    profepa: Actor
    inspection: str
    case: str
    missing: str

    @property
    def pages(self) -> list[str]:
        return [
            DESK_ROOT,
            f"{DESK_ROOT}/inspecciones/{self.inspection}",
            f"{DESK_ROOT}/casos/{self.case}",
            f"{DESK_ROOT}/partes/{self.served.yard.centre.party}",
            f"{DESK_ROOT}/lecturas",
        ]

    def read(self, path: str, actor: Actor | None = None, language: str = "es") -> Response:
        token = self.served.token(actor or self.profepa)
        return self.served.get(path, token=token, accept_language=language, **BROWSER)

    def text(self, path: str, language: str = "es") -> str:
        answered = self.read(path, language=language)
        assert answered.status_code == 200, answered.text
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", answered.text.split("<main", 1)[1])).split())


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", tokens_per_minute=100_000) as served:
        yield furnish(served)


def furnish(served: Served) -> Office:
    yard = served.yard
    profepa = yard.new_authority("Procuraduría Federal de Protección al Ambiente", ["inspect", "order"])
    centre, inspection, count, case = yard.centre, yard.new_id("ins"), yard.new_id("cnt"), yard.new_id("cas")
    missing = yard.waste_pack(centre)
    today = format_instant(yard.now)[:10]
    yard.say(
        profepa,
        "inspection.ordered",
        inspection=inspection,
        inspected=centre.site,
        order_number=ORDER_NUMBER,
        act=yard.act_of_today(),
        purpose="physical_count",
        from_on=today,
        to_on=today,
    )
    found = yard.say(
        profepa,
        "count.recorded",
        count=count,
        site=centre.site,
        inspection=inspection,
        present=[],
        missing=[missing],
    )
    yard.say(
        profepa,
        "inspection.recorded",
        inspection=inspection,
        inspected=centre.site,
        order_number=ORDER_NUMBER,
        acta="ab" * 32,
        counts=[count],
        expected=1,
        counted=0,
        missing=1,
    )
    yard.say(
        profepa,
        "case.opened",
        case=case,
        against=centre.party,
        subject="LGEEPA 167",
        answer_by=today,
        findings=[f"{found}/0"],
        inspection=inspection,
    )
    served.send()
    return Office(served, profepa, inspection, case, missing)


def enter(office: Office, token: str) -> Response:
    office.served.client.cookies.clear()
    form = f"pass={token}".encode()
    return office.served.post(f"{DESK_ROOT}/entrar", form, {"content-type": "application/x-www-form-urlencoded"})


def test_who_has_no_pass_is_shown_the_entrance_and_a_program_a_problem(office: Office) -> None:
    office.served.client.cookies.clear()
    shown = office.served.get(DESK_ROOT, **BROWSER)

    assert (shown.status_code, "bitacora inspection pass" in shown.text) == (401, True)
    assert office.served.get(DESK_ROOT, accept="*/*").headers["content-type"] == "application/problem+json"


def test_a_pass_opens_the_desk_until_one_leaves(office: Office) -> None:
    entered = enter(office, office.served.token(office.profepa))

    cookie = entered.headers["set-cookie"].lower()
    assert entered.status_code == 303
    assert all(part in cookie for part in ("httponly", "secure", "samesite=strict", f"path={DESK_ROOT}"))
    assert office.served.get(DESK_ROOT, **BROWSER).status_code == 200
    assert office.served.get("/v1/cases").status_code == 401, "the cookie opens the desk alone"
    office.served.post(f"{DESK_ROOT}/salir", b"", {})
    assert office.served.get(DESK_ROOT, **BROWSER).status_code == 401


def test_the_desk_closes_when_nobody_uses_it_and_stays_open_while_somebody_does(office: Office) -> None:
    enter(office, office.served.token(office.profepa))
    for _ in range(2):
        office.served.pass_time(DESK_IDLE_S - 60)
        assert office.served.get(DESK_ROOT, **BROWSER).status_code == 200
    kept = office.served.client.cookies[DESK_COOKIE]
    office.served.pass_time(DESK_IDLE_S + 60)

    office.served.client.cookies.clear()
    late = office.served.get(DESK_ROOT, cookie=f"{DESK_COOKIE}={kept}", **BROWSER)

    assert late.status_code == 401


def test_a_token_in_a_header_leaves_no_cookie_behind(office: Office) -> None:
    assert "set-cookie" not in office.read(DESK_ROOT).headers


@pytest.mark.parametrize("token", ["", "no-pass", "a.b.c"])
def test_what_is_no_pass_opens_nothing(office: Office, token: str) -> None:
    answered = enter(office, token)

    assert (answered.status_code, "set-cookie" in answered.headers) == (401, False)


def test_a_party_has_no_desk(office: Office) -> None:
    answered = enter(office, office.served.token(office.served.yard.centre))

    assert (answered.status_code, "no es de una autoridad" in answered.text) == (401, True)
    assert office.read(DESK_ROOT, office.served.yard.centre).status_code == 401


def test_a_revoked_key_opens_no_further_page(office: Office) -> None:
    yard = office.served.yard
    colleague = yard.new_authority("Inspección estatal", ["inspect"], jurisdiction="MX-NLE")
    office.served.send()
    assert enter(office, office.served.token(colleague)).status_code == 303
    yard.say_as_root("key.revoked", enrolled_for=colleague.party, kid=colleague.kid, reason="lost")
    office.served.send()

    assert office.served.get(DESK_ROOT, **BROWSER).status_code == 401
    office.served.client.cookies.clear()


def test_the_overview_lists_what_is_open_and_what_was_found(office: Office) -> None:
    text = office.text(DESK_ROOT)

    assert ORDER_NUMBER in text
    assert "Con acta" in text
    assert "Se subsana" in text


def test_an_inspection_shows_what_was_found_its_term_and_how_to_go_on(office: Office) -> None:
    text = office.text(f"{DESK_ROOT}/inspecciones/{office.inspection}")

    assert office.missing in text
    assert "5 días hábiles · LGEEPA 164" in text
    assert f"bitacora inspection measure {office.inspection}" in text


def test_another_authority_sees_an_inspection_and_is_not_told_to_go_on_with_it(office: Office) -> None:
    shown = office.read(f"{DESK_ROOT}/inspecciones/{office.inspection}", office.served.yard.semarnat)

    assert (shown.status_code, "bitacora inspection measure" in shown.text) == (200, False)


def test_a_case_shows_its_findings_with_what_the_law_asks_and_what_cures_them(office: Office) -> None:
    text = office.text(f"{DESK_ROOT}/casos/{office.case}")

    assert office.missing in text
    assert "Se subsana" in text


def test_the_page_of_a_party_gathers_what_concerns_it(office: Office) -> None:
    centre = office.served.yard.centre
    text = office.text(f"{DESK_ROOT}/partes/{centre.party}")

    assert "Se subsana" in text
    assert ORDER_NUMBER in text
    assert f"bitacora inspection order {centre.site}" in text


def test_what_an_official_reads_at_the_desk_is_listed_there(office: Office) -> None:
    path = f"{DESK_ROOT}/casos/{office.case}"
    office.read(path)

    assert path in office.text(f"{DESK_ROOT}/lecturas")


def test_what_is_not_there_is_a_page_too(office: Office) -> None:
    answered = office.read(f"{DESK_ROOT}/partes/pty_nobody")

    assert (answered.status_code, answered.headers["content-type"]) == (404, "text/html; charset=utf-8")
    typed = office.read(f"{DESK_ROOT}/partes?party=%20pty_x/../..%20")
    assert typed.headers["location"] == f"{DESK_ROOT}/partes/pty_x%2F..%2F..?lang=es"


@pytest.mark.parametrize("language", ["es", "en"])
def test_pages_are_well_formed_kept_by_nobody_and_hold_no_script(office: Office, language: str) -> None:
    office.served.client.cookies.clear()
    entrance = office.served.get(DESK_ROOT, accept_language=language, **BROWSER)
    for answered in [entrance, *(office.read(path, language=language) for path in office.pages)]:
        outline = Outline()
        outline.feed(answered.text)
        assert outline.opened == []
        assert len(outline.ids) == len(set(outline.ids))
        assert set(outline.refers) <= set(outline.ids)
        assert outline.headings.count(1) == 1
        assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
        assert answered.headers["cache-control"] == "private, no-store"
        assert "<script" not in answered.text
        assert "script-src" not in answered.headers["content-security-policy"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_fits_can_be_read_and_names_what_it_shows(
    browser: Browser, office: Office, size: dict[str, int], tmp_path: Path
) -> None:
    headers = {"authorization": f"Bearer {office.served.token(office.profepa)}"}
    with over_http(Town(office.served, {}, {})) as address:
        context = browser.new_context(
            viewport={"width": size["width"], "height": size["height"]}, extra_http_headers=headers
        )
        page = context.new_page()
        for number, path in enumerate(office.pages):
            page.goto(f"{address}{path}")
            page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            assert page.evaluate(FAINT, CONTRAST_MIN) == [], path
            assert page.evaluate(UNNAMED) == [], path
            assert page.evaluate(SMALL, TARGET_PX_MIN) == [], path
        context.close()
