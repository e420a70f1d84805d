"""Consignments over HTTP: lists, the queue of what to sign, one load whole, and who may see which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.served import Served, open_served
from tests.yard import Actor


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        yard = served.yard
        yard.permit(yard.carrier, "transport")
        for actor in (yard.centre, yard.recycler):
            yard.permit(actor, "collection", "storage", "recycling")
        served.send()
        yield served


def ask(served: Served, path: str, actor: Actor, status: int = 200) -> Any:
    answered = served.get(path, token=served.token(actor))
    assert answered.status_code == status, answered.text
    return answered.json()


def under_way(served: Served, count: int = 2) -> tuple[str, list[str]]:
    yard = served.yard
    packs = [yard.determined_pack("RME") for _ in range(count)]
    con = yard.offer(yard.workshop, yard.centre, packs, [yard.carrier], destination=yard.centre.site)
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=packs)
    served.send()
    return con, packs


def driver(served: Served, **limits: Any) -> Actor:
    """A key of the carrier that only transports."""
    key = Actor(served.yard.carrier.party, served.yard.new_key())
    served.yard.enrol(key, ["transport"], **({"limits": limits} if limits else {}))
    served.send()
    return key


def queue(served: Served, actor: Actor) -> list[tuple[str, str, str | None, int]]:
    rows = ask(served, "/v1/queue", actor)["queue"]
    return [(row["consignment"], row["act"], row["kind"], row["units"]) for row in rows]


def test_each_party_is_told_what_it_must_sign(served: Served) -> None:
    con, _ = under_way(served)
    yard = served.yard

    assert queue(served, yard.centre) == [(con, "receive", "consignment.received", 2)]
    assert queue(served, yard.carrier) == [(con, "deliver", None, 2)]
    assert queue(served, yard.workshop) == []


def test_what_was_recorded_is_in_the_next_answer(served: Served) -> None:
    con, packs = under_way(served)
    yard = served.yard
    assert queue(served, yard.centre) == [(con, "receive", "consignment.received", 2)]
    lines = [{"id": packs[0], "outcome": "accepted"}, {"id": packs[1], "outcome": "refused", "reason": "damaged"}]
    yard.say(yard.centre, "consignment.received", consignment=con, basis="offer", lines=lines)
    served.send()

    assert queue(served, yard.centre) == []
    assert queue(served, yard.workshop) == [(con, "take_back", "consignment.returned", 1)]


def test_a_party_finds_its_consignments_by_role_stage_purpose_and_signature(served: Served) -> None:
    con, _ = under_way(served)
    yard = served.yard
    own = yard.offer(yard.centre, yard.recycler, [yard.waste_pack(yard.centre)], purpose="second_life")
    served.send()

    def found(query: str, actor: Actor = yard.centre) -> list[str]:
        return [row["consignment"] for row in ask(served, f"/v1/consignments?{query}", actor)["consignments"]]

    assert found("") == [own, con]
    assert found("role=consignor") == [own]
    assert found("stage=moving") == [con]
    assert found("purpose=second_life") == [own]
    assert found("must_sign=true") == [con]
    assert found("must_sign=true", yard.recycler) == [own]
    assert found("", yard.maker) == []


def test_a_row_says_who_takes_part_and_how_far_it_has_come(served: Served) -> None:
    con, _ = under_way(served)
    yard = served.yard

    page = ask(served, "/v1/consignments", yard.centre)

    [row] = page["consignments"]
    assert (row["consignment"], row["stage"], row["roles"], row["counts"]) == (
        con,
        "moving",
        ["consignee"],
        {"offered": 2},
    )
    assert (row["consignor"], row["carriers"], row["destination"]) == (
        yard.workshop.party,
        [yard.carrier.party],
        yard.centre.site,
    )
    assert [due["act"] for due in row["due"]] == ["receive"]
    assert page["parties"][yard.workshop.party]["form"] == "moral"
    assert page["next"] is None


def test_lists_and_queue_come_page_by_page(served: Served) -> None:
    yard = served.yard
    cons = [yard.offer(yard.maker, yard.centre, [yard.produce()]) for _ in range(5)]
    served.send()
    for path, name in (("/v1/consignments", "consignments"), ("/v1/queue", "queue")):
        seen: list[str] = []
        after = ""
        for _ in range(3):
            page = ask(served, f"{path}?limit=2&after={after}", yard.centre)
            seen += [row["consignment"] for row in page[name]]
            after = page["next"]
        assert sorted(seen) == sorted(cons)
        assert after is None


def test_a_cursor_of_another_list_is_refused(served: Served) -> None:
    yard = served.yard
    for path in ("/v1/consignments", "/v1/queue"):
        assert ask(served, f"{path}?after=WyJ4Il0", yard.centre, 422)["type"].endswith("malformed-request")
        assert ask(served, f"{path}?after=%25", yard.centre, 422)["type"].endswith("malformed-request")


def test_a_load_is_told_whole(served: Served) -> None:
    con, packs = under_way(served)
    yard = served.yard
    lines = [{"id": packs[0], "outcome": "accepted", "mass_g": 430_000, "mass_basis": "weighed"}]
    lines += [{"id": packs[1], "outcome": "missing"}]
    yard.say(yard.centre, "consignment.received", consignment=con, basis="offer", lines=lines)
    served.send()

    told = ask(served, f"/v1/consignments/{con}", yard.workshop)

    shown = {line["unit"]: (line["line"], line["open"], line["due"], line["received_mass_g"]) for line in told["lines"]}
    assert shown == {packs[0]: ("accepted", False, None, 430_000), packs[1]: ("missing", True, "take_back", None)}
    assert [step["kind"] for step in told["hand_overs"]] == [
        "consignment.offered",
        "consignment.picked_up",
        "consignment.received",
    ]
    assert told["hand_overs"][1]["assurance"] == {
        "code": "own_key",
        "es": "firmado con llave propia",
        "en": "signed with an own key",
    }
    [finding] = told["findings"]
    assert (finding["requirement"], finding["party"]) == ("missing-at-reception", yard.carrier.party)
    assert told["to_resolve"] == [{"event": finding["event"], "number": finding["number"]}]
    assert {due["act"] for due in told["due"]} == {"take_back", "resolve"}
    assert told["sites"][yard.centre.site]["party"] == yard.centre.party
    assert told["head"] == yard.act(con)["head"]


def test_lines_of_a_load_come_page_by_page(served: Served) -> None:
    con, packs = under_way(served, 5)

    first = ask(served, f"/v1/consignments/{con}?limit=3", served.yard.centre)
    rest = ask(served, f"/v1/consignments/{con}?limit=3&after={first['next']}", served.yard.centre)

    assert [len(first["lines"]), len(rest["lines"]), rest["next"]] == [3, 2, None]
    assert {line["unit"] for line in first["lines"] + rest["lines"]} == set(packs)


def test_what_a_unit_became_later_is_not_told(served: Served) -> None:
    con, packs = under_way(served, 1)
    yard = served.yard
    accepted = [{"id": packs[0], "outcome": "accepted"}]
    yard.say(yard.centre, "consignment.received", consignment=con, basis="offer", lines=accepted)
    yard.say(yard.centre, "unit.assessed", units=packs, condition="critical", method="visual")
    yard.say(yard.centre, "unit.stored", units=packs, site=yard.centre.site)
    onward = yard.offer(yard.centre, yard.recycler, packs)
    yard.say(
        yard.recycler,
        "consignment.received",
        consignment=onward,
        basis="offer",
        lines=accepted,
        site=yard.recycler.site,
    )
    served.send()

    told = ask(served, f"/v1/consignments/{con}", yard.workshop)

    [line] = told["lines"]
    assert (line["condition"], line["quarantined"], line["holder"]) == (None, False, yard.centre.party)
    assert (yard.recycler.site in told["sites"], yard.recycler.party in told["parties"]) == (False, False)


def test_who_has_no_part_in_a_load_is_told_that_there_is_none(served: Served) -> None:
    con, _ = under_way(served)
    unknown = served.yard.new_id("con")

    for actor, asked in ((served.yard.recycler, con), (served.yard.centre, unknown)):
        assert ask(served, f"/v1/consignments/{asked}", actor, 404)["type"].endswith("not-found")
    assert served.get(f"/v1/consignments/{con}").status_code == 401


def test_an_overseeing_authority_sees_all_and_any_partys(served: Served) -> None:
    con, _ = under_way(served)
    yard = served.yard
    asked = f"/v1/consignments?party={yard.carrier.party}"

    assert [row["consignment"] for row in ask(served, "/v1/consignments", yard.semarnat)["consignments"]] == [con]
    [row] = ask(served, asked, yard.semarnat)["consignments"]
    assert row["roles"] == ["carrier"]
    assert ask(served, f"/v1/consignments/{con}", yard.semarnat)["stage"] == "moving"
    assert ask(served, asked, yard.recycler, 403)["type"].endswith("permission-missing")


def test_a_driver_sees_the_loads_that_are_assigned_to_it(served: Served) -> None:
    yard = served.yard
    first, second = (
        yard.offer(yard.workshop, yard.centre, [yard.waste_pack(yard.workshop)], [yard.carrier]) for _ in range(2)
    )
    key = driver(served)
    assert ask(served, "/v1/consignments", key)["consignments"] == []
    yard.say(yard.carrier, "consignment.assigned", consignment=second, drivers=[key.kid])
    served.send()

    assert [row["consignment"] for row in ask(served, "/v1/consignments", key)["consignments"]] == [second]
    assert queue(served, key) == [(second, "pick_up", "consignment.picked_up", 1)]
    told = ask(served, f"/v1/consignments/{second}", key)
    assert (told["drivers"], told["lines"][0]["due"]) == ([key.kid], "pick_up")
    ask(served, f"/v1/consignments/{first}", key, 404)


def test_a_driver_is_told_no_findings_and_nothing_to_sign_that_it_may_not(served: Served) -> None:
    con, packs = under_way(served)
    yard = served.yard
    key = driver(served)
    yard.say(yard.carrier, "consignment.assigned", consignment=con, drivers=[key.kid])
    lines = [{"id": pack, "outcome": "missing"} for pack in packs]
    yard.say(yard.centre, "consignment.received", consignment=con, basis="offer", lines=lines)
    served.send()

    told = ask(served, f"/v1/consignments/{con}", key)

    assert (told["findings"], told["due"]) == ([], [])
    assert ask(served, f"/v1/consignments/{con}", yard.carrier)["findings"] != []


def test_a_successor_signs_and_sees_for_the_party_that_ended(served: Served) -> None:
    con, _ = under_way(served)
    yard = served.yard
    heir = yard.recycler.party
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, reason="merger", successor=heir)
    served.send()

    assert queue(served, yard.recycler) == [(con, "receive", "consignment.received", 2)]
    assert ask(served, f"/v1/consignments/{con}", yard.recycler)["roles"] == ["consignee"]


def test_an_unchanged_answer_is_not_sent_again(served: Served) -> None:
    con, _ = under_way(served)
    token = served.token(served.yard.centre)
    for path in (f"/v1/consignments/{con}", "/v1/consignments", "/v1/queue"):
        tag = served.get(path, token=token).headers["etag"]
        assert served.get(path, token=token, **{"if-none-match": tag}).status_code == 304


def test_the_detail_says_where_the_paper_original_is(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    yard.permit(yard.centre, "storage", waste_classes=["RP"])
    pack = yard.determined_pack("RP")
    con = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose="waste_rp", site=yard.workshop.site)
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack])
    served.send()
    path = f"/v1/consignments/{con}"

    assert ask(served, path, yard.workshop)["original"]["stage"] == "not-issued"
    yard.say(yard.workshop, "paper.issued", consignment=con, form="manifest", number="M-1")
    served.send()
    served.pass_time(60 * 86_400)
    told = ask(served, path, yard.workshop)["original"]
    assert (told["stage"], told["due_on"], told["days_left"]) == ("awaiting-return", "2025-03-07", 0)
    assert (told["remind"], told["step"]["code"]) == (True, "scan-paper")
    served.pass_time(86_400)
    assert ask(served, path, yard.workshop)["original"]["stage"] == "overdue"


def test_the_original_and_the_papers_tell_the_terms_of_the_regime(served: Served) -> None:
    yard = served.yard
    yard.permit(yard.carrier, "transport", waste_classes=["RP"])
    yard.permit(yard.centre, "storage", waste_classes=["RP"])
    tables = {"numbers": [{"name": "original_back_natural_days", "value": 30}]}
    law: dict[str, Any] = {"regime": "r1", "jurisdiction": {"code": "MX"}, "from_on": "2025-01-06", "tables": tables}
    yard.say(yard.semarnat, "regime.enacted", **law)
    pack = yard.determined_pack("RP")
    con = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose="waste_rp", site=yard.workshop.site)
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack])
    served.send()

    assert ask(served, f"/v1/consignments/{con}", yard.workshop)["original"]["due_on"] == "2025-02-06"
    clocks = ask(served, f"/v1/consignments/{con}/papers", yard.workshop)["clocks"]
    assert [clock["length"] for clock in clocks if clock["name"] == "original-back"] == [30]


def test_special_handling_waste_has_no_original_to_return(served: Served) -> None:
    con, _ = under_way(served)

    assert ask(served, f"/v1/consignments/{con}", served.yard.workshop)["original"] is None


def test_a_consignment_is_prepared_by_keys_that_may_sign_it_and_seen_by_no_other_party(served: Served) -> None:
    yard = served.yard
    path, members = f"/v1/drafts/{yard.new_id('con')}", {"purpose": "waste_rme", "units_total": 40}
    keys = {role: Actor(yard.workshop.party, yard.new_key()) for role in ("custody", "prepare", "transport")}
    for role, key in keys.items():
        yard.enrol(key, [role])
    served.send()

    def keep(key: Actor) -> int:
        sent = {"authorization": f"Bearer {served.token(key)}"}
        return served.client.put(path, json={"members": members}, headers=sent).status_code

    assert {role: keep(key) for role, key in keys.items()} == {"custody": 204, "prepare": 204, "transport": 403}
    assert ask(served, path, keys["custody"])["members"] == members
    assert [draft["subject"] for draft in ask(served, "/v1/drafts", keys["custody"])["drafts"]] == [
        path.rpartition("/")[2]
    ]
    ask(served, path, yard.centre, 404)


def test_a_key_that_only_signs_custody_sees_no_drafts_of_applications(served: Served) -> None:
    yard = served.yard
    path = f"/v1/drafts/{yard.new_id('apl')}"
    key = Actor(yard.workshop.party, yard.new_key())
    yard.enrol(key, ["custody"])
    served.send()
    sent = {"authorization": f"Bearer {served.token(yard.workshop)}"}
    assert served.client.put(path, json={"members": {"asks": "grant"}}, headers=sent).status_code == 204

    assert ask(served, "/v1/drafts", key)["drafts"] == []
    ask(served, path, key, 403)
    assert ask(served, path, yard.workshop)["members"] == {"asks": "grant"}
