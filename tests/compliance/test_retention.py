from __future__ import annotations

import pytest

from compliance.retention import RULES, STARTS, Document, Holder, Signed, find_rule, keep_until, keepers_of_manifest
from ledger.errors import CalendarUnknown

TODAY = "2026-11-20"


def until(document: Document, holder: Holder, from_on: str) -> str:
    rule = find_rule(document, holder, from_on)
    assert rule is not None
    return keep_until(rule, from_on)


def test_each_holder_keeps_the_manifest_from_its_own_signature() -> None:
    signatures = [
        Signed("consignor", "pty_workshop", "2026-11-20"),
        Signed("carrier", "pty_carrier", "2026-11-20"),
        Signed("carrier", "pty_second", "2026-11-24"),
        Signed("consignee", "pty_recycler", None),
    ]

    kept = keepers_of_manifest(signatures, TODAY)

    assert [line.signed for line in kept] == signatures
    # 20 November, a Thursday of 2031, is closed by LFPA 28
    assert [line.until_on for line in kept] == ["2031-11-21", "2031-11-21", "2031-11-24", None]
    assert {line.rule.article for line in kept} == {"RLGPGIR 75 II"}


def test_who_disposes_finally_keeps_it_for_twenty_years_after_closing() -> None:
    [open_site] = keepers_of_manifest([Signed("disposer", "pty_dump", None)], TODAY)
    [closed] = keepers_of_manifest([Signed("disposer", "pty_dump", "2016-03-10")], TODAY)

    assert (open_site.until_on, open_site.rule.years, open_site.rule.start) == (None, 20, "site-closure")
    assert (closed.until_on, closed.rule.article) == ("2036-03-10", "RLGPGIR 75 II; LGPGIR 82")


@pytest.mark.parametrize(
    ("signed_on", "until_on"),
    [
        ("2026-05-10", "2031-05-12"),  # R13: the anniversary is a Saturday
        ("2026-05-11", "2031-05-12"),  # R13: the anniversary is a Sunday
        ("2026-05-12", "2031-05-12"),
        ("2024-02-29", "2029-03-01"),  # no such day: the first business day of March (LFPA 29)
        ("2026-12-31", "2031-12-31"),
        ("2027-01-01", "2032-01-02"),
    ],
)
def test_a_period_that_ends_without_business_ends_on_the_next_business_day(signed_on: str, until_on: str) -> None:
    assert until("manifest", "consignor", signed_on) == until_on


@pytest.mark.parametrize(
    ("document", "holder", "until_on"),
    [
        ("register", "consignor", "2030-06-17"),
        ("analysis", "consignor", "2030-06-17"),
        ("remediation_log", "remediator", "2027-06-17"),
        ("annual_report", "consignee", "2030-06-17"),
        ("commercial_message", "merchant", "2035-06-18"),
    ],
)
def test_other_documents_have_periods_of_their_own(document: Document, holder: Holder, until_on: str) -> None:
    assert until(document, holder, "2025-06-17") == until_on


def test_what_no_rule_names_has_no_period() -> None:
    assert find_rule("register", "carrier", TODAY) is None
    assert find_rule("manifest", "consignor", "2006-12-29") is None
    assert keepers_of_manifest([Signed("merchant", "pty_broker", TODAY)], TODAY) == []


def test_no_last_day_is_guessed_in_a_year_of_which_nothing_is_known() -> None:
    with pytest.raises(CalendarUnknown):
        until("commercial_message", "merchant", "2040-01-01")


def test_every_start_has_words_and_every_rule_its_article() -> None:
    assert {rule.start for rule in RULES} == STARTS.keys()
    assert all(rule.article for rule in RULES)
