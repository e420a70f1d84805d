from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from api.directory_forms import CSV_COLUMNS
from certification.directory import Point
from tests.api.served import Served, open_served
from tests.yard import Actor

ZOCALO = Point(19_432_608, -99_133_209)


def open_site(served: Served, actor: Actor, name: str, latitude_udeg: int, longitude_udeg: int) -> str:
    yard = served.yard
    site = yard.new_id("sit")
    place = {
        "state": "19",
        "municipality": "015",
        "latitude_udeg": latitude_udeg,
        "longitude_udeg": longitude_udeg,
        "time_zone": "America/Mexico_City",
    }
    yard.say(yard.operator, "site.registered", registered=site, operated_by=actor.party, place=place, name=name)
    return site


def rows(served: Served, asked: str = "") -> list[dict[str, Any]]:
    answered = served.get(f"/v1/directory{asked}")
    assert answered.status_code == 200, answered.text
    found: list[dict[str, Any]] = answered.json()["rows"]
    return found


def test_the_directory_lists_who_has_which_permit_on_a_day(served: Served) -> None:
    yard = served.yard
    for actor, activity in ((yard.recycler, "recycling"), (yard.centre, "collection"), (yard.carrier, "transport")):
        yard.permit(actor, activity)
    served.send()

    seen, after = [], ""
    while after is not None:
        page = served.get(f"/v1/directory?limit=1&after={after}").json()
        seen += page["rows"]
        after = page["next"]
    before = rows(served, "?on=2023-12-31")

    assert [(row["name"].split()[0], row["scope"]["activities"]) for row in seen] == [
        ("Acopio", ["collection"]),
        ("Recicladora", ["recycling"]),
        ("Transportes", ["transport"]),
    ]
    assert (seen[0]["standing"], seen[0]["authorised"], seen[0]["confirmed"]) == ("in-force", True, True)
    assert seen[0]["site"]["site"] == yard.centre.site
    assert [(row["standing"], row["authorised"]) for row in before] == [("not-yet", False)] * 3


def test_when_nothing_fits_there_are_no_rows(served: Served) -> None:
    served.yard.permit(served.yard.recycler, "recycling")
    served.send()

    answered = served.get("/v1/directory?activity=disposal&state=CDMX")

    assert (answered.status_code, answered.json()["rows"], answered.json()["next"]) == (200, [], None)


@pytest.mark.parametrize("ended", ["suspended", "revoked"])
def test_the_answer_after_a_decision_shows_it_and_is_another(served: Served, ended: str) -> None:
    permit = served.yard.permit(served.yard.recycler, "recycling")
    served.send()
    before = served.get("/v1/directory?activity=recycling")
    tag = before.headers["etag"]
    assert served.get("/v1/directory?activity=recycling", if_none_match=tag).status_code == 304

    served.yard.rule(permit, ended)
    served.send()
    after = served.get("/v1/directory?activity=recycling", if_none_match=tag)

    assert after.status_code == 200
    assert [(row["standing"], row["authorised"]) for row in after.json()["rows"]] == [(ended, False)]
    assert rows(served, "?activity=recycling&standing=in-force") == []
    assert before.headers["cache-control"] == "public, no-cache"


@pytest.mark.parametrize("state", ["19", "NL", "Nuevo León", "nuevo leon", "MX-NLE", "N.L."])
def test_a_state_is_found_by_code_and_name(served: Served, state: str) -> None:
    served.yard.permit(served.yard.recycler, "recycling")
    served.send()

    assert len(rows(served, f"?state={quote(state)}")) == 1
    assert len(rows(served, "?municipality=19039")) == 1
    assert rows(served, "?state=Distrito%20Federal") == []


def test_the_nearest_come_first_page_by_page(served: Served) -> None:
    yard = served.yard
    points = [(25_669_122, -100_309_732), (19_442_608, -99_133_209), (20_659_699, -103_349_609)]
    sites = [open_site(served, yard.recycler, f"Planta {n}", *point) for n, point in enumerate(points)]
    yard.permit(yard.recycler, "recycling")
    served.send()

    seen, after = [], ""
    while after is not None:
        page = served.get(f"/v1/directory?near=19.432608,-99.133209&limit=1&after={after}").json()
        seen += page["rows"]
        after = page["next"]

    assert [row["site"]["site"] for row in seen] == [sites[1], sites[2], sites[0]]
    assert [row["distance_m"] for row in seen] == [1112, 461_068, 703_900]
    assert len(rows(served, "?near=19.432608,-99.133209&within_m=500000")) == 2


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("on=2025-02-30", "/query/on"),
        ("known_on=2025-13-01", "/query/known_on"),
        ("near=91,0", "/query/near"),
        ("near=0,181", "/query/near"),
        ("near=1", "/query/near"),
        ("near=1e3,2", "/query/near"),
        ("within_m=5", "/query/within_m"),
        ("state=Atlantis", "/query/state"),
        ("municipality=039", "/query/municipality"),
        ("state=09&municipality=19039", "/query/municipality"),
        ("after=x", "/query/after"),
        ("after=WyJhXHUwMDAwYiIsImF1dF9hIiwiIl0", "/query/after"),
        ("activity=cooking", "/query/activity"),
        ("standing=famous", "/query/standing/0"),
        ("format=xml", "/query/format"),
        ("limit=0", "/query/limit"),
    ],
)
def test_what_cannot_be_asked_is_refused(served: Served, asked: str, field: str) -> None:
    answered = served.get(f"/v1/directory?{asked}")

    assert (answered.status_code, answered.json()["field"]) == (422, field)


def test_a_cursor_of_another_order_is_refused(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.centre, "storage")
    served.send()
    after = served.get("/v1/directory?limit=1").json()["next"]

    assert served.get(f"/v1/directory?near=19,-99&after={after}").status_code == 422


def test_a_spreadsheet_gets_no_formula(served: Served) -> None:
    yard = served.yard
    yard.say(yard.operator, "party.changed", changed=yard.recycler.party, name='=HYPERLINK("http://x","y"), S.A.')
    open_site(served, yard.recycler, "＠planta", 19_442_608, -99_133_209)
    yard.permit(yard.recycler, "recycling", "storage")
    served.send()

    answered = served.get("/v1/directory?format=csv&near=19.4,-99.1")
    lines = list(csv.DictReader(io.StringIO(answered.text)))

    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    assert tuple(lines[0]) == CSV_COLUMNS
    assert lines[0]["name"].startswith("'=HYPERLINK")
    # Some spreadsheets take the wide sign of East Asian scripts for the narrow one.
    assert (lines[0]["site_name"], lines[0]["longitude"]) == ("'＠planta", "-99.133209")
    assert (lines[0]["authorised"], lines[0]["activities"]) == ("yes", "recycling storage")


def test_a_map_gets_features_with_longitude_first(served: Served) -> None:
    yard = served.yard
    site = open_site(served, yard.recycler, "Planta", 19_442_608, -99_133_209)
    permit = yard.permit(yard.recycler, "recycling")
    served.send()

    answered = served.get("/v1/directory", accept="application/geo+json")
    collection = answered.json()
    features = {feature["id"]: feature for feature in collection["features"]}

    assert answered.headers["content-type"] == "application/geo+json"
    assert collection["type"] == "FeatureCollection"
    assert features[f"{permit}/{site}"]["geometry"] == {"type": "Point", "coordinates": [-99.133209, 19.442608]}
    assert features[f"{permit}/{yard.recycler.site}"]["geometry"] is None
    assert features[f"{permit}/{site}"]["properties"]["number"] == "19-39-PS-0001-2024"


def test_every_form_tells_where_the_next_page_is(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.recycler, "recycling")
    yard.permit(yard.centre, "storage")
    served.send()

    first = served.get("/v1/directory?limit=1&format=csv")
    link = first.headers["link"]
    assert link.endswith('; rel="next"')
    second = served.get(link.removeprefix("<").partition(">")[0])

    assert "Acopio" in first.text
    assert "Recicladora" in second.text
    assert "link" not in second.headers


def test_a_form_that_the_directory_does_not_come_in_is_refused(served: Served) -> None:
    assert served.get("/v1/directory", accept="application/pdf").status_code == 406


def test_a_permit_is_shown_with_every_act_on_it(served: Served) -> None:
    yard = served.yard
    permit = yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000)
    suspension = yard.rule(permit, "suspended", from_on="2025-02-01")
    court: dict[str, Any] = {"court": "Juzgado Octavo de Distrito", "file": "8/25", "stays": suspension}
    yard.say(yard.granter(permit), "authorisation.stayed", authorisation=permit, from_on="2025-02-10", **court)
    served.send()

    shown = served.get(f"/v1/authorisations/{permit}?on=2025-02-10").json()

    assert (shown["number"], shown["standing"], shown["authorised"]) == ("19-39-PS-0001-2024", "in-force", True)
    assert shown["stayed"] == {"stays": suspension, "court": "Juzgado Octavo de Distrito", "file": "8/25"}
    assert shown["granted_by"] == {
        "party": yard.state_agency.party,
        "name": "Secretaría de Nuevo León",
    }
    assert [act["oficio"] for act in shown["acts"]] == ["DGGIMAR.710/000001", "DGGIMAR.710/000003", None]
    assert [act["notified_on"] for act in shown["acts"]] == ["2024-01-01", "2025-01-06", None]
    assert shown["acts"][1]["event"] == suspension
    assert [(span["from_on"], span["standing"]) for span in shown["standings"]] == [
        (None, "not-yet"),
        ("2024-01-01", "in-force"),
        ("2025-02-01", "suspended"),
        ("2025-02-10", "in-force"),
        ("2034-01-02", "expired"),
    ]
    assert shown["sites"][0]["site"] == yard.recycler.site


def test_a_process_whose_tables_nobody_follows_knows_the_sites_of_a_permit_at_once(tmp_path: Path) -> None:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", publish=False) as served:
        recycler = served.yard.recycler
        permit = served.yard.permit(recycler, "recycling")
        served.send()

        page = served.get(f"/directorio/{recycler.party}").text
        shown = served.get(f"/v1/authorisations/{permit}").json()

    assert "Dónde trabaja" in page
    assert [site["site"] for site in shown["sites"]] == [recycler.site]


def test_what_the_directory_said_on_a_day_is_told_later(served: Served) -> None:
    yard = served.yard
    permit = yard.permit(yard.recycler, "recycling")
    served.send()
    served.pass_time(3 * 86_400)
    act = {"oficio": "DGGIMAR.710/000009", "decided_on": "2025-01-06", "notified_on": "2025-01-07"}
    yard.rule(permit, "revoked", from_on="2025-01-07", act=act)
    served.send()

    then = served.get(f"/v1/authorisations/{permit}?on=2025-01-08&known_on=2025-01-08").json()
    now = served.get(f"/v1/authorisations/{permit}?on=2025-01-08").json()

    assert (then["standing"], len(then["acts"])) == ("in-force", 1)
    assert (now["standing"], len(now["acts"])) == ("revoked", 2)
    assert [row["standing"] for row in rows(served, "?on=2025-01-08&known_on=2025-01-08")] == ["in-force"]
    assert [row["standing"] for row in rows(served, "?on=2025-01-08")] == ["revoked"]
    assert rows(served, "?on=2025-01-08&known_on=2025-01-05") == []
    assert served.get(f"/v1/authorisations/{permit}?known_on=2025-01-05").status_code == 404


def test_a_permit_that_nobody_granted_is_not_found(served: Served) -> None:
    assert served.get(f"/v1/authorisations/{served.yard.new_id('aut')}").status_code == 404
    assert served.get("/v1/authorisations/aut_x").status_code == 422


def test_the_answer_says_when_what_is_transcribed_was_checked(served: Served) -> None:
    yard = served.yard
    transcribed = yard.new_id("aut")
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=transcribed,
        holder=yard.carrier.party,
        number="19-I-030D-19",
        scope={"activities": ["transport"], "waste_classes": ["RP"]},
        from_on="2020-01-01",
        to_on="2030-01-01",
        transcribed={"source": "gob.mx/semarnat: transporte", "listed_on": "2025-01-03"},
    )
    yard.permit(yard.recycler, "recycling")
    served.send()

    def checked(asked: str) -> object:
        return served.get(f"/v1/directory?{asked}").json()["checked"]

    assert checked("on=2025-02-02") == {"on": "2025-01-03", "is_old": False}
    assert checked("on=2025-02-03") == {"on": "2025-01-03", "is_old": True}
    assert checked("on=2025-02-03&activity=recycling") is None

    law: dict[str, Any] = {"regime": "cotejo", "jurisdiction": {"code": "MX"}, "from_on": "2025-02-01"}
    law["tables"] = {"numbers": [{"name": "snapshot_natural_days", "value": 40}]}
    yard.say(yard.semarnat, "regime.enacted", **law)
    served.send()
    assert [checked(f"on={on}") for on in ("2025-02-03", "2025-02-12", "2025-02-13")] == [
        {"on": "2025-01-03", "is_old": is_old} for is_old in (False, False, True)
    ]
