"""The pages over HTTP: what they show of whom, in which language, and under which policy."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from certification.store.search import search_directory
from tests.web.town import HOSTILE_NAME, LONG_NAME, PERSON, Town, open_town
from web.pages import directory_page
from web.rendering import style_path
from web.search import read_search

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VOID = {"meta", "link", "input", "br", "wbr"}


class Outline(HTMLParser):
    """Checks that every element is closed in its order, and collects ids, labels and text."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.opened.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            elif name in ("for", "aria-labelledby", "aria-describedby"):
                self.refers.append(str(value))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def paths(town: Town) -> list[str]:
    return [
        "/",
        "/directorio",
        "/directorio?near=25.6,-100.3&within_km=50&open_t=x",
        "/directorio?name=nobody",
        "/docs/api",
        *(f"/directorio/{party}" for party in town.parties.values()),
        *(f"/autorizaciones/{permit}" for permit in town.permits.values()),
        "/directorio/pty_nobody",
        "/autorizaciones/aut_nothing",
    ]


def read(town: Town, path: str, language: str = "es") -> str:
    answered = town.served.get(path, accept_language=language, **BROWSER)
    assert answered.status_code == 200, path
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answered.text.split("<main", 1)[1])).split())


def all_of(town: Town, name: str) -> str:
    return town.served.get(f"/directorio?name={name}", **BROWSER).text


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_page_is_well_formed_in_both_languages(town: Town, language: str) -> None:
    for path in paths(town):
        answered = town.served.get(path, accept_language=language, **BROWSER)
        assert answered.status_code == (404 if path.endswith(("pty_nobody", "aut_nothing")) else 200), path
        assert answered.headers["content-type"] == "text/html; charset=utf-8"
        outline = Outline()
        outline.feed(answered.text)
        assert outline.opened == [], path
        assert len(outline.ids) == len(set(outline.ids)), path
        assert set(outline.refers) <= set(outline.ids), path
        assert outline.headings.count(1) == 1, path
        assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False)), path
        assert f'<html lang="{"es-MX" if language == "es" else "en"}">' in answered.text


def test_a_page_loads_its_style_and_nothing_else(town: Town) -> None:
    answered = town.served.get("/directorio", **BROWSER)

    policy = answered.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert answered.headers["vary"] == "Accept, Accept-Language"
    style = town.served.get(style_path())
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in style.headers["cache-control"]
    assert town.served.get("/static/other.css").status_code == 404
    assert "unsafe-inline" in town.served.get("/v1").headers["content-security-policy"]


def test_the_front_is_a_page_for_people_and_links_for_programs(town: Town) -> None:
    assert town.served.get("/", **BROWSER).headers["content-type"].startswith("text/html")
    assert town.served.get("/").json() == town.served.get("/v1").json()


def test_the_language_is_asked_for_by_name_before_what_the_browser_prefers(town: Town) -> None:
    assert "Directory of authorisations" in read(town, "/directorio?lang=en", "es")
    assert "Directorio de autorizaciones" in read(town, "/directorio?lang=es", "en")


def test_names_are_shown_and_never_run(town: Town) -> None:
    text = town.served.get("/directorio", **BROWSER).text

    assert "<script" not in text
    assert HOSTILE_NAME in unescape(text)
    assert LONG_NAME in text
    typed = town.served.get("/directorio?name=%22%3E%3Cscript%3E", **BROWSER).text
    assert "<script" not in typed


@pytest.mark.parametrize(
    ("permit", "headline", "badge"),
    [
        ("in-force", "Es auténtica y hoy está vigente", "Vigente"),
        ("stayed", "Es auténtica y hoy vale, con una reserva", "Con orden judicial"),
        ("suspended", "hoy NO está vigente", "Suspendida"),
        ("revoked", "hoy NO está vigente", "Revocada"),
        ("expired", "hoy NO está vigente", "Vencida"),
        ("transcribed", "la autoridad no la ha confirmado", "Transcrita, sin confirmar"),
    ],
)
def test_the_page_behind_a_qr_code_says_whether_it_holds_today(
    town: Town, permit: str, headline: str, badge: str
) -> None:
    said = read(town, f"/autorizaciones/{town.permits[permit]}")

    assert headline in said
    assert badge in said
    assert "Comprobamos la firma y que está en el registro" in said
    assert f"bitacora verify {town.permits[permit]}.json" in said


@pytest.mark.parametrize("place", [-1, 40], ids=["signature", "content"])
def test_a_permit_whose_statement_was_changed_in_the_database_is_not_shown_as_genuine(
    tmp_path: Path, place: int
) -> None:
    with open_town(tmp_path) as town:
        permit = town.permits["in-force"]
        path = f"/autorizaciones/{permit}"
        assert "Es auténtica" in read(town, path)
        event = bytes.fromhex(town.served.yard.act(permit)["timeline"][0]["event"])
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as database, database:
            for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f"DROP TRIGGER {trigger}")
            [(body,)] = database.execute("SELECT body FROM entry WHERE event_id = ?", (event,)).fetchall()
            changed = bytearray(body)
            changed[place] ^= 1
            database.execute("UPDATE entry SET body = ? WHERE event_id = ?", (bytes(changed), event))

        said = read(town, path)

    assert "No se pudo comprobar" in said
    assert "No pudimos comprobar la firma" in said
    assert "Es auténtica" not in said


def test_the_downloads_of_that_page_are_there(town: Town) -> None:
    text = town.served.get(f"/autorizaciones/{town.permits['in-force']}", **BROWSER).text
    links = [link for link in re.findall(r'href="(/v1/[^"]+)"', text)]

    assert len(links) == 3
    assert [town.served.get(unescape(link)).status_code for link in links] == [200, 200, 200]


def test_nobody_is_shown_as_authorised_who_is_only_known(town: Town) -> None:
    said = read(town, f"/directorio/{town.parties['unpermitted']}")

    assert "Ser conocido no es estar autorizado" in said
    assert "Vigente" not in said


def test_a_natural_person_has_no_name_on_any_page(town: Town) -> None:
    said = read(town, f"/directorio/{town.parties['person']}")

    assert "Persona física (su nombre no se publica)" in said
    assert "800.5 kg de 800.5 kg" in said
    assert all(PERSON not in town.served.get(path, **BROWSER).text for path in paths(town))


def test_a_party_is_shown_as_it_stood_on_a_day(town: Town) -> None:
    party = town.parties["long"]

    assert "Transcrita, sin confirmar" in read(town, f"/directorio/{party}?on=2026-01-01")
    assert "Vencida" in read(town, f"/directorio/{party}?on=2031-01-01")
    assert "Autorizaciones al 6 de enero de 2025" in read(town, f"/directorio/{party}?on=2031-02-30")


def test_the_form_keeps_what_was_typed_and_asks_for_it(town: Town) -> None:
    text = town.served.get("/directorio?name=nandu&state=19&standing=in-force", **BROWSER).text

    assert 'value="nandu"' in text
    assert '<option value="19" selected>' in text
    assert len(re.findall("<article", text)) == 2
    assert "state=19&amp;standing=in-force&amp;format=csv" in text


def test_an_empty_list_says_so_and_what_to_do(town: Town) -> None:
    said = read(town, "/directorio?name=zzz")

    assert "No hay ninguna autorización así." in said
    assert "no entregue la batería" in said


def test_a_filter_that_is_not_understood_is_told_beside_its_field(town: Town) -> None:
    text = town.served.get("/directorio?open_t=mucho", **BROWSER).text

    assert re.search(r'id="f-open"[^>]*aria-invalid="true" aria-describedby="f-open-wrong"', text)
    assert 'role="alert"' in text
    assert "<details open>" in text


def test_results_are_paged_without_losing_the_search(town: Town) -> None:
    search = read_search({"name": "demo"}, "2025-01-06")
    page = search_directory(town.served.services.store, search.query, limit=1)

    text = directory_page("en", search, page, None).decode()
    [link] = re.findall(r'<a class="button" href="([^"]+)" rel="next"', text)
    following = town.served.get(unescape(link), **BROWSER).text

    assert "name=demo" in link
    assert "More results" in text
    assert len(re.findall("<article", text)) == 1
    assert len(re.findall("<article", following)) == len(re.findall("<article", all_of(town, "demo"))) - 1


def test_a_broken_cursor_is_refused(town: Town) -> None:
    assert town.served.get("/directorio?after=x", **BROWSER).status_code in (400, 422)


def test_the_reference_lists_every_operation_and_problem(town: Town) -> None:
    said = read(town, "/docs/api")

    for path, item in town.served.get("/openapi.json").json()["paths"].items():
        assert all(f"{method.upper()} {path.replace('/', ' /').strip()}" in said for method in item if method != "x")
    assert "stale-head" in said


@pytest.mark.parametrize("path", ["/directorio?name=Reaprovechamiento&on={}", "/directorio/{party}?on={}"])
@pytest.mark.parametrize(("on", "is_old"), [("2025-01-06", False), ("2025-02-02", False), ("2025-02-03", True)])
def test_what_is_transcribed_says_when_it_was_checked_and_warns_after_thirty_days(
    town: Town, path: str, on: str, is_old: bool
) -> None:
    asked = path.format(on, party=town.parties["long"])

    assert "se cotejó con la lista de la autoridad, por última vez, el 3 de enero de 2025." in read(town, asked)
    assert ("Ese cotejo ya es viejo" in read(town, asked)) is is_old
    assert ("That check is old" in read(town, asked, "en")) is is_old


def test_what_the_authority_granted_itself_was_checked_by_nobody(town: Town) -> None:
    for path in (f"/directorio/{town.parties['recycler']}?on=2025-06-01", "/directorio?name=nandu&on=2025-06-01"):
        assert "se cotejó" not in read(town, path)
        assert "viejo" not in read(town, path)
