"""The pages in a real Chromium: on a phone, by keyboard, and with colours that can be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.web.town import Town, over_http

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
CONTRAST_MIN = 4.5  # WCAG 2.2 SC 1.4.3
TARGET_PX_MIN = 24  # WCAG 2.2 SC 2.5.8

# Every text's contrast with the nearest painted background above it, where it is below the minimum.
FAINT = """(minimum) => {
  const light = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (node) => {
    for (let e = node; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode, e = node.parentElement;
    if (!node.data.trim() || !e.checkVisibility() || e.closest("option")) continue;
    const a = luminance(parse(getComputedStyle(e).color)), b = luminance(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < minimum) found.push([node.data.trim(), ratio]);
  }
  return found;
}"""
# What has no name for who does not see it, and what stands outside the landmarks.
UNNAMED = """() => [
  ...[...document.querySelectorAll("input:not([type=hidden]), select")].filter((e) => !e.labels.length),
  ...[...document.querySelectorAll("a, button, summary, th, caption")].filter((e) => !e.textContent.trim()),
  ...[...document.querySelectorAll("table")].filter((e) => !e.caption || !e.querySelector("th[scope=col]")),
  ...[...document.body.children].filter((e) => !e.matches("header, main, footer, a.skip")),
].map((e) => e.outerHTML.slice(0, 120))"""
SMALL = """(minimum) => [...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a")]
  .filter((e) => e.checkVisibility())
  .filter((e) => Math.min(e.getBoundingClientRect().height, e.getBoundingClientRect().width) < minimum)
  .map((e) => e.outerHTML.slice(0, 120))"""
OUTLINE = "getComputedStyle(document.activeElement).outlineStyle"


@pytest.fixture(scope="module")
def address(town: Town) -> Iterator[str]:
    with over_http(town) as address:
        yield address


def pages(town: Town) -> list[str]:
    return [
        "/",
        "/directorio",
        "/directorio?near=25.6,-100.3&within_km=50&open_t=x",
        "/directorio?name=nobody",
        "/docs/api",
        *(f"/directorio/{party}" for party in town.parties.values()),
        *(f"/autorizaciones/{permit}" for permit in town.permits.values()),
    ]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_fits_can_be_read_and_names_what_it_shows(
    browser: Browser, address: str, town: Town, size: dict[str, int], language: str
) -> None:
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    for path in pages(town):
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert page.evaluate(FAINT, CONTRAST_MIN) == [], path
        assert page.evaluate(UNNAMED) == [], path
        assert page.evaluate(SMALL, TARGET_PX_MIN) == [], path
        assert page.evaluate("document.styleSheets.length") == 1, path
    assert complaints == []
    context.close()


def test_the_directory_is_searched_by_keyboard_alone(browser: Browser, address: str) -> None:
    page = open_page(browser, f"{address}/directorio")
    press(page, "Tab", "a.skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenido"
    press(page, "Tab", "#f-name")
    page.keyboard.type("nandu")
    press(page, "Tab", "#f-activity")
    page.keyboard.type("reci")
    press(page, "Tab", "#f-state")
    page.keyboard.type("Nuevo")
    press(page, "Tab", "#f-standing")
    press(page, "Tab", "summary")
    page.keyboard.press("Enter")
    press(page, "Tab", "#f-class")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('button')"):
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert "name=nandu" in page.url
    assert "state=19" in page.url
    assert page.locator("article").count() >= 1
    assert "Recicladora Ñandú" in page.locator("article").first.inner_text()
    page.context.close()


def test_every_stop_of_the_keyboard_shows_where_it_is(browser: Browser, address: str, town: Town) -> None:
    page = open_page(browser, f"{address}/autorizaciones/{town.permits['in-force']}")
    stops = 0
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(OUTLINE) == "solid"
        stops += 1
    assert stops >= 7
    page.context.close()


def test_the_form_works_with_scripts_switched_off(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    page.goto(f"{address}/")
    page.fill("#q", "nandu")
    page.click("button")

    assert page.locator("article").count() == 2
    assert page.locator("h1").inner_text() == "Directory of authorisations"
    page.click("nav a[hreflang=es]")
    assert page.locator("h1").inner_text() == "Directorio de autorizaciones"
    assert page.input_value("#f-name") == "nandu"
    context.close()


def open_page(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 800}, locale="es-MX").new_page()
    page.goto(url)
    return page


def press(page: Page, key: str, expected: str) -> None:
    page.keyboard.press(key)
    assert page.evaluate("(selector) => document.activeElement.matches(selector)", expected), expected
