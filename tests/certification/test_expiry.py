from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import pytest

from certification.expiry import (
    Notice,
    Topic,
    iter_application_notices,
    iter_key_notices,
    iter_permit_notices,
    notices_due,
)
from certification.notice_text import render_notice, topics
from certification.store.notices import LANGUAGES
from ledger.domain.values import parse_instant

HOLDER = "pty_mfzwizltoq2gk3tfnzsxe5dfoi"
PERMIT = "aut_mfzwizltoq2gk3tfnzsxe5dfoi"
TO = "2029-02-28"
OPENS, CLOSES = "2028-02-29", "2028-12-19"


def window(to_on: str) -> tuple[str, str]:
    assert to_on == TO
    return OPENS, CLOSES


def permit(*later: dict[str, Any], classes: tuple[str, ...] = ("RP", "RME"), to_on: str = TO) -> dict[str, Any]:
    granted = {"from_on": "2024-03-01", "event": "00", "status": "in_force", "to_on": to_on}
    scope = {"activities": ["recycling"], "waste_classes": list(classes), "conditions": ["sound"], "sites": []}
    lines = [{**line, "event": f"{n + 1:02x}"} for n, line in enumerate(later)]
    value = {"kind": "authorisation", "holder": HOLDER, "number": "19-39-PS-0001-2024", "granted_by": HOLDER}
    return {**value, "timeline": [{**granted, "scope": scope}, *lines]}


def due(value: dict[str, Any], day: str, *, asked: bool = False) -> list[str]:
    return [notice.topic for notice in told(value, day, asked=asked)]


def told(value: dict[str, Any], day: str, *, asked: bool = False) -> list[Notice]:
    return notices_due(iter_permit_notices(PERMIT, value, day, window, asked=asked), day)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2028-02-28", []),
        (OPENS, ["renewal-opens"]),
        ("2028-09-19", ["renewal-opens"]),
        ("2028-09-20", ["renewal-closes-90"]),
        ("2028-10-19", ["renewal-closes-90"]),
        ("2028-10-20", ["renewal-closes-60"]),
        ("2028-11-18", ["renewal-closes-60"]),
        ("2028-11-19", ["renewal-closes-30"]),
        (CLOSES, ["renewal-closes-30"]),
        ("2028-12-20", ["renewal-closed"]),
        (TO, ["renewal-closed"]),
        ("2029-03-01", ["expired"]),
        ("2029-03-31", ["expired"]),
        ("2029-04-01", []),
    ],
)
def test_a_holder_is_told_of_each_step_to_the_end_of_its_permit(day: str, expected: list[str]) -> None:
    assert due(permit(), day) == expected


def test_on_no_day_of_the_last_year_is_anybody_told_two_things_about_the_end() -> None:
    days = [(date.fromisoformat("2028-02-29") + timedelta(days=n)).isoformat() for n in range(396)]

    assert {len(due(permit(), day)) for day in days} == {1}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (OPENS, []),
        ("2028-11-29", []),
        ("2028-11-30", ["expires-90"]),
        ("2028-12-29", ["expires-90"]),
        ("2028-12-30", ["expires-60"]),
        ("2029-01-29", ["expires-30"]),
        (TO, ["expires-30"]),
        ("2029-03-01", ["expired"]),
    ],
)
def test_a_permit_of_a_state_is_not_held_to_the_federal_window(day: str, expected: list[str]) -> None:
    assert due(permit(classes=("RME",)), day) == expected


def test_whoever_has_asked_for_renewal_is_not_told_to_ask() -> None:
    assert due(permit(), CLOSES, asked=True) == []
    assert due(permit(), "2029-03-01", asked=True) == ["expired"]


def test_a_revoked_permit_ends_once() -> None:
    revoked = permit({"from_on": "2028-11-01", "status": "revoked"})

    assert due(revoked, "2028-11-02") == ["revoked"]
    assert due(revoked, CLOSES) == []
    assert due(revoked, "2029-03-01") == []


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ({"status": "suspended"}, "suspended"),
        ({"status": "in_force"}, "reinstated"),
        ({"status": "revoked"}, "revoked"),
        (
            {"scope": {"activities": ["storage"], "waste_classes": ["RP"], "conditions": ["sound"], "sites": []}},
            "changed",
        ),
        ({"holder": "pty_other"}, "transferred"),
        ({"to_on": TO}, "renewed"),
    ],
)
def test_a_decision_is_told_from_the_moment_it_is_recorded_until_it_is_no_news(
    line: dict[str, Any], topic: str
) -> None:
    value = permit({"from_on": "2026-05-10", **line})

    assert due(value, "2026-05-01") == [topic]
    assert due(value, "2026-06-09") == [topic]
    assert due(value, "2026-06-10") == []


def test_the_same_suspension_is_one_notice_and_the_next_one_another() -> None:
    once = permit({"from_on": "2026-05-10", "status": "suspended"})
    twice = permit(
        {"from_on": "2026-05-10", "status": "suspended"},
        {"from_on": "2026-05-10", "status": "in_force"},
        {"from_on": "2026-05-10", "status": "suspended"},
    )

    first = {notice.id for notice in told(once, "2026-05-10")}
    assert first == {notice.id for notice in told(once, "2026-05-11")}
    assert len({notice.id for notice in told(twice, "2026-05-10")}) == 3
    assert first < {notice.id for notice in told(twice, "2026-05-10")}


def test_courts_and_confirmations_are_told() -> None:
    suspended = {"from_on": "2026-01-10", "status": "suspended"}
    stay = {"from_on": "2026-05-10", "stayed": {"stays": "01", "court": "TFJA", "file": "1/26"}}
    stayed = permit(suspended, stay)
    lifted = permit(suspended, {**stay, "from_on": "2026-01-11"}, {"from_on": "2026-05-10", "stayed": None})
    claimed = permit({"from_on": "2026-05-10", "claimed": {"application": "apl_1", "to_on": TO}})
    confirmed = permit() | {"confirmed": {"event": "01", "notified_on": "2026-05-10"}}

    assert [due(value, "2026-05-12") for value in (stayed, lifted, claimed, confirmed)] == [
        ["stayed"],
        ["stay-lifted"],
        [],
        ["confirmed"],
    ]


def test_where_the_calendar_is_not_known_the_end_itself_is_what_is_told() -> None:
    told = notices_due(iter_permit_notices(PERMIT, permit(), CLOSES, lambda _: None, asked=False), CLOSES)

    assert [notice.topic for notice in told] == ["expires-90"]


def test_every_topic_has_a_text_in_both_languages_that_its_facts_fill() -> None:
    facts = {"number": "1", "to_on": "a", "on": "b", "from_on": "c", "kid": "d", "answer_by": "e", "confirm": "f"}
    letters = [
        render_notice(topic, facts, language, link="https://x/y", stop="https://x/stop")
        for topic in (*get_args(Topic), "contact-confirm")
        for language in LANGUAGES
    ]

    assert topics() == {*get_args(Topic), "contact-confirm"}
    assert all("https://x/stop" in letter.body and "{" not in letter.subject + letter.body for letter in letters)


def test_renewal_makes_a_new_end_and_new_notices() -> None:
    renewed = permit({"from_on": "2028-10-01", "to_on": TO}, to_on="2028-12-31")

    assert due(renewed, CLOSES) == ["renewal-closes-30"]


def application(**members: Any) -> dict[str, Any]:
    return {"kind": "application", "party": HOLDER, "stage": "submitted", **members}


def due_of(value: dict[str, Any], day: str, *guarantees: dict[str, Any]) -> list[str]:
    return [notice.topic for notice in notices_due(iter_application_notices("apl_1", value, guarantees), day)]


def test_what_is_asked_of_an_applicant_is_told_until_the_day_to_answer_by() -> None:
    asked = application(stage="information_required", required={"notified_on": "2026-03-01", "answer_by": "2026-03-10"})

    assert due_of(asked, "2026-03-01") == ["information-required"]
    assert due_of(asked, "2026-03-10") == ["information-required"]
    assert due_of(asked, "2026-03-11") == []
    assert due_of({**asked, "stage": "answered"}, "2026-03-02") == []


def test_the_end_of_a_guarantee_is_told_before_and_after() -> None:
    guarantee = {"form": "insurance", "to_on": "2026-06-30", "digest": "ab"}
    value = application(stage="granted")

    assert due_of(value, "2026-05-30", guarantee) == []
    assert due_of(value, "2026-05-31", guarantee) == ["guarantee-ends"]
    assert due_of(value, "2026-06-30", guarantee) == ["guarantee-ends"]
    assert due_of(value, "2026-07-01", guarantee) == ["guarantee-ended"]
    assert due_of({**value, "stage": "withdrawn"}, "2026-06-30", guarantee) == []


def test_a_refusal_is_told() -> None:
    refused = application(stage="refused", decided={"notified_on": "2026-03-01", "event": "00"})

    assert due_of(refused, "2026-03-02") == ["application-refused"]


def due_keys(value: dict[str, Any], day: str) -> list[str]:
    return [notice.topic for notice in notices_due(iter_key_notices(HOLDER, "0011", value), day)]


def test_a_key_that_ends_is_told_two_weeks_before() -> None:
    key: dict[str, Any] = {
        "revoked": False,
        "roles": ["custody"],
        "limits": {"not_after": parse_instant("2026-06-30T12:00:00Z")},
    }

    assert due_keys(key, "2026-06-15") == []
    assert due_keys(key, "2026-06-16") == ["key-ends"]
    assert due_keys(key, "2026-07-01") == []
    assert due_keys({**key, "revoked": True}, "2026-06-20") == []
    assert due_keys({**key, "limits": None}, "2026-06-20") == []
    assert due_keys({**key, "limits": {**key["limits"], "consignment": "con_1"}}, "2026-06-20") == []
