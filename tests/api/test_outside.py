"""What a hostile reader tries at findings, registers, inspections, the desk, and the account of what officials read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from api.callers import DESK_COOKIE, DESK_ROOT
from ledger.domain.values import format_base64url
from ledger.fold.legal_day import legal_day
from ledger.store.reads import PATH_CHARS_MAX, list_reads
from tests.api.served import Served, open_served
from tests.yard import Actor

DAY_S = 86400
OVERDUE_ON = "2025-07-08"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A ledger that is only read, but for what is noted of officials."""
    folder: Path = tmp_path_factory.mktemp("outside")
    rates = dict.fromkeys(
        ("requests_per_minute", "papers_per_minute", "reads_per_minute", "tokens_per_minute"), 100_000
    )
    with open_served(folder, f"sqlite:///{folder / 'ledger.sqlite'}", **rates) as opened:
        yield opened


@pytest.fixture
def overdue(served: Served) -> str:
    """Hazardous waste that was stored for a day too long, of which authorities are told a month later."""
    yard = served.yard
    pack = yard.determined_pack("RP")
    yard.say(
        yard.semarnat,
        "regime.enacted",
        regime="otro",
        jurisdiction={"code": "MX"},
        from_on="2025-01-06",
        tables={"authority_sees_after_s": 30 * DAY_S},
    )
    served.send()
    served.pass_time(DAY_S * (date.fromisoformat(OVERDUE_ON) - date.fromisoformat(legal_day(yard.now, None))).days)
    return pack


def due(served: Served, actor: Actor, query: str) -> list[str]:
    answered = served.get(f"/v1/obligations?requirement=R01&{query}", token=served.token(actor))
    assert answered.status_code == 200, answered.text
    return [one["subject"] for one in answered.json()["obligations"]]


@pytest.mark.parametrize(
    "position", [b'["\\ud800","x"]', b'["2025-01-01","\\ud800"]', b'["2025-01-01","\\u0000"]', b'["9","x"]']
)
@pytest.mark.parametrize("path", ["findings", "obligations"])
def test_a_made_up_cursor_of_findings_is_refused(asked: Served, path: str, position: bytes) -> None:
    cursor = format_base64url(position)

    assert asked.get(f"/v1/{path}?after={cursor}", token=asked.token(asked.yard.workshop)).status_code == 422


@pytest.mark.parametrize("position", [b"9" * 30 + b" 1 x", b"1 " + b"9" * 30 + b" x", b"1 1 \0", b"1_0 1 x", b" 1 1 x"])
def test_a_made_up_cursor_of_a_register_is_refused(asked: Served, position: bytes) -> None:
    workshop = asked.yard.workshop
    path = f"/v1/registers/{workshop.party}/2025?after={format_base64url(position)}"

    assert asked.get(path, token=asked.token(workshop)).status_code == 422


@pytest.mark.parametrize(
    ("path", "position"),
    [("consignments", b"[" + b"9" * 30 + b"]"), ("queue", b'[1,"\\ud800","x"]'), ("queue", b'[1,"\\u0000","x"]')],
)
def test_a_made_up_cursor_of_consignments_is_refused(asked: Served, path: str, position: bytes) -> None:
    cursor = format_base64url(position)

    assert asked.get(f"/v1/{path}?after={cursor}", token=asked.token(asked.yard.workshop)).status_code == 422


@pytest.mark.parametrize("query", ["party=%00", "subject=%00", "subject=%F0%9F%98%80", "requirement=%00", "as_of=%00"])
def test_what_no_database_takes_is_refused_before_it_is_asked(asked: Served, query: str) -> None:
    token = asked.token(asked.yard.semarnat)

    assert asked.get(f"/v1/findings?{query}", token=token).status_code == 422
    if query.startswith("party"):
        assert asked.get(f"/v1/reads?{query}", token=asked.token(asked.yard.semarnat, "audit")).status_code == 422


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "2٠26-01-01"])
def test_terms_of_a_day_in_no_calendar_are_refused(asked: Served, day: str) -> None:
    assert asked.get(f"/v1/inspections/terms?after_on={day}").status_code == 422


def test_no_padding_hides_what_an_official_reads(asked: Served) -> None:
    path = f"/v1/findings?x={'A' * PATH_CHARS_MAX}&party={asked.yard.workshop.party}"

    refused = asked.get(path, token=asked.token(asked.yard.semarnat))

    assert (refused.status_code, refused.json()["limit_chars"]) == (422, PATH_CHARS_MAX)
    with asked.services.store.read() as reader:
        assert all(len(read.path) < PATH_CHARS_MAX for read in list_reads(reader, party=None, limit=200))


def test_a_head_request_and_an_error_are_reads_too(asked: Served) -> None:
    yard, token = asked.yard, asked.token(asked.yard.semarnat)
    paths = [f"/v1/registers/{yard.workshop.party}/2025", "/v1/findings?limit=x", "/v1/alternates?scheme=vin&value=A"]

    answers = [asked.client.head(path, headers={"authorization": f"Bearer {token}"}).status_code for path in paths]

    assert answers[:2] == [200, 422]
    with asked.services.store.read() as reader:
        assert set(paths) <= {read.path for read in list_reads(reader, party=yard.semarnat.party, limit=200)}


def enter(served: Served, token: str, **headers: str) -> Response:
    served.client.cookies.clear()
    return served.post(f"{DESK_ROOT}/entrar", f"pass={token}".encode(), {**FORM, **headers})


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_site_brings_an_official_in_or_out(asked: Served, site: str) -> None:
    token = asked.token(asked.yard.semarnat)

    assert DESK_COOKIE not in enter(asked, token, **{"sec-fetch-site": site}).headers.get("set-cookie", "")
    assert DESK_COOKIE in enter(asked, token, **{"sec-fetch-site": "same-origin"}).headers["set-cookie"]
    left = asked.post(f"{DESK_ROOT}/salir", b"", {**FORM, "sec-fetch-site": site})
    assert "set-cookie" not in left.headers
    asked.client.cookies.clear()


def test_a_form_of_many_fields_is_no_defect_of_the_server(asked: Served) -> None:
    form = "&".join(f"f{nth}=1" for nth in range(40)).encode()

    assert asked.post(f"{DESK_ROOT}/entrar", form, FORM).status_code == 401


def test_what_is_overdue_is_told_to_authorities_no_sooner_than_the_finding(served: Served, overdue: str) -> None:
    yard, days = served.yard, (f"as_of={day}" for day in ("2025-07-06", "2025-07-07", OVERDUE_ON, "2025-12-01"))
    assert due(served, yard.workshop, "standing=overdue") == [overdue]

    assert [due(served, yard.semarnat, day) for day in days] == [[], [], [], []]

    served.pass_time(30 * DAY_S)
    assert due(served, yard.semarnat, "standing=overdue") == [overdue]


def test_what_is_ahead_is_never_held_back(served: Served, overdue: str) -> None:
    later = served.yard.determined_pack("RP")
    served.send()

    assert due(served, served.yard.semarnat, "standing=pending") == [later]
    assert due(served, served.yard.semarnat, "as_of=2026-12-01&standing=overdue") == [later]
    assert overdue != later


def desk(served: Served, path: str, actor: Actor) -> str:
    answered = served.get(f"{DESK_ROOT}{path}", token=served.token(actor), accept="text/html")
    assert answered.status_code == 200, answered.text
    return answered.text


def find_missing(served: Served) -> tuple[str, str, str]:
    """A count that misses a pack, its acta, and a case about it; the case, the inspection and the requirement."""
    yard = served.yard
    inspection, count, case, centre = yard.new_id("ins"), yard.new_id("cnt"), yard.new_id("cas"), yard.centre
    missing, today = yard.waste_pack(centre), legal_day(yard.now, None)
    at: dict[str, Any] = {"inspection": inspection, "inspected": centre.site, "order_number": "PFPA/1"}
    order: dict[str, Any] = {"act": yard.act_of_today(), "purpose": "physical_count"}
    yard.say(yard.semarnat, "inspection.ordered", **at, **order, from_on=today, to_on=today)
    counted: dict[str, Any] = {"count": count, "site": centre.site, "present": [], "missing": [missing]}
    found = yard.say(yard.semarnat, "count.recorded", inspection=inspection, **counted)
    figures: dict[str, Any] = {"acta": "ab" * 32, "counts": [count], "expected": 1, "counted": 0, "missing": 1}
    yard.say(yard.semarnat, "inspection.recorded", **at, **figures)
    opened: dict[str, Any] = {"against": centre.party, "subject": "LGEEPA 167", "answer_by": today}
    yard.say(yard.semarnat, "case.opened", case=case, **opened, findings=[f"{found}/0"], inspection=inspection)
    served.send()
    listed = served.get("/v1/findings", token=served.token(yard.semarnat)).json()["findings"]
    return case, inspection, next(one["requirement"] for one in listed if one["name"] == f"{found}/0")


def test_the_desk_shows_findings_to_who_inspects_and_never_what_is_private(served: Served) -> None:
    yard = served.yard
    registrar = yard.new_authority("Registro", ["register"])
    case, inspection, requirement = find_missing(served)
    paths = ["", f"/partes/{yard.centre.party}", f"/casos/{case}", f"/inspecciones/{inspection}"]
    assert all(requirement in desk(served, path, yard.semarnat) for path in paths)
    assert not any(requirement in desk(served, path, registrar) for path in paths)

    law: dict[str, Any] = {"regime": "otro", "jurisdiction": {"code": "MX"}, "from_on": "2025-01-06"}
    private = [{"requirement": requirement, "effect": "private"}]
    yard.say(yard.semarnat, "regime.enacted", **law, tables={"effects": private})
    served.send()

    assert not any(requirement in desk(served, path, yard.semarnat) for path in paths)
