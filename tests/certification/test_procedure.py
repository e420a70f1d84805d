from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from compliance.rulebook import rules_of
from ledger.domain.values import parse_instant
from ledger.errors import CalendarUnknown, KeyNotInForce, TermNotKept, TransitionNotAllowed
from ledger.fold.state import Value
from tests.yard import Actor, Yard

COLLECTION = {"activities": ["collection"], "waste_classes": ["RP"]}
RECYCLING = {"activities": ["recycling"], "waste_classes": ["RP"]}


@pytest.fixture
def yard() -> Yard:
    """A world under all rules; it is 9:00 on Monday 2025-01-06 in Mexico City."""
    return Yard(rules=rules_of(1))


def on(yard: Yard, day: str) -> None:
    """Let it be 9:00 of a day in Mexico City."""
    yard.now = parse_instant(f"{day}T15:00:00Z")


def refused(act: Callable[[], object], code: type[TermNotKept] | type[CalendarUnknown] = TermNotKept) -> Any:
    with pytest.raises(code) as caught:
        act()
    assert caught.value.cure
    return caught.value


def findings(yard: Yard, requirement: str) -> list[Value]:
    return [finding for finding in yard.findings() if finding["requirement"] == requirement]


def act(notified_on: str, decided_on: str | None = None) -> dict[str, str]:
    decided = {"decided_on": decided_on} if decided_on else {}
    return {"oficio": "DGGIMAR.710/000009", "notified_on": notified_on, **decided}


def apply(yard: Yard, scope: dict[str, Any] | None = None) -> str:
    """The centre asks for a permit on 2025-01-06: day 7 of 21 is 2025-01-15, day 21 is 2025-02-06."""
    return yard.apply(yard.centre, scope=scope or COLLECTION)


def answer(yard: Yard, application: str) -> str:
    return yard.say(yard.centre, "application.answered", application=application)


def federal_permit(yard: Yard, holder: Actor, from_on: str, to_on: str, *activities: str) -> str:
    authorisation = yard.new_id("aut")
    yard.say(
        yard.semarnat,
        "authorisation.granted",
        authorisation=authorisation,
        holder=holder.party,
        number="19-39-PS-I-0001-2024",
        scope={"activities": list(activities or ["recycling"]), "waste_classes": ["RP"]},
        from_on=from_on,
        to_on=to_on,
        act=act(from_on),
    )
    return authorisation


def renewable(yard: Yard) -> str:
    """A permit that ends on 2026-01-05, so its renewal is asked for from 2025-01-05 to 2025-10-28."""
    return federal_permit(yard, yard.recycler, "2016-01-05", "2026-01-05")


def ask_renewal(yard: Yard, permit: str) -> str:
    return yard.apply(yard.recycler, "renewal", authorisation=permit)


def claim(yard: Yard, permit: str, application: str, from_on: str, to_on: str = "2036-01-05") -> str:
    members: dict[str, Any] = {
        "authorisation": permit,
        "application": application,
        "from_on": from_on,
        "to_on": to_on,
    }
    return yard.say(yard.recycler, "authorisation.renewal_claimed", **members)


def test_on_day_7_of_21_information_is_still_required_in_time(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-15")

    yard.require(application, answer_by="2025-01-24")

    assert yard.act(application)["stage"] == "information_required"
    assert yard.findings() == []


def test_on_day_8_it_is_too_late_and_the_refusal_cites_17_a(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-16")

    refusal = refused(lambda: yard.require(application))

    assert refusal.field == "/act/notified_on"
    assert refusal.facts == {"article": "LFPA 17-A", "first_on": "2025-01-06", "last_on": "2025-01-15"}
    assert yard.act(application)["stage"] == "submitted"


@pytest.mark.parametrize(
    ("scope", "last", "too_late"),
    [(COLLECTION, "2025-01-15", "2025-01-16"), (RECYCLING, "2025-01-27", "2025-01-28")],
)
def test_the_first_third_is_that_of_the_activity(yard: Yard, scope: dict[str, Any], last: str, too_late: str) -> None:
    application = apply(yard, scope)
    on(yard, too_late)
    refused(lambda: yard.require(application))
    on(yard, last)

    yard.require(application)

    assert yard.act(application)["stage"] == "information_required"


def test_a_second_request_is_refused(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-07")
    yard.require(application)
    on(yard, "2025-01-08")
    answer(yard, application)

    with pytest.raises(TransitionNotAllowed):
        yard.require(application)


def test_a_request_notified_before_the_application_was_filed_is_refused(yard: Yard) -> None:
    application = apply(yard)

    refused(lambda: yard.require(application, act=act("2025-01-03")))


def test_a_request_leaves_five_business_days_and_should_leave_a_third_of_the_term(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-15")

    refusal = refused(lambda: yard.require(application, answer_by="2025-01-21"))
    yard.require(application, answer_by="2025-01-22")

    assert refusal.field == "/answer_by"
    assert refusal.facts == {"article": "LFPA 17-A", "earliest_on": "2025-01-22"}
    (short,) = findings(yard, "answer-period-short")
    assert short["party"] == yard.semarnat.party
    assert short["facts"] == {"article": "RLGPGIR 54 I", "answer_by": "2025-01-22", "fair_by": "2025-01-24"}


def test_a_request_recorded_after_its_day_does_not_stop_the_term_unseen(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-20")

    yard.require(application, act=act("2025-01-15"))

    (late,) = findings(yard, "act-recorded-late")
    assert late["facts"] == {"article": "LFPA 9, 38", "effective_on": "2025-01-15", "recorded_on": "2025-01-20"}


def test_published_days_move_the_first_third(yard: Yard) -> None:
    yard.say(yard.semarnat, "calendar.published", calendar="MX", year=2025, closed_on=["2025-01-07"])
    application = apply(yard)
    on(yard, "2025-01-16")

    yard.require(application)

    assert yard.act(application)["stage"] == "information_required"


def required_by(yard: Yard, answer_by: str) -> str:
    """An application for which information was required on day 7."""
    application = apply(yard)
    on(yard, "2025-01-15")
    yard.require(application, answer_by=answer_by)
    return application


def test_the_applicant_answers_until_the_day_that_was_set(yard: Yard) -> None:
    application = required_by(yard, "2025-01-24")
    on(yard, "2025-01-24")

    answer(yard, application)

    assert yard.act(application)["stage"] == "answered"


def test_an_answer_after_that_day_is_refused(yard: Yard) -> None:
    application = required_by(yard, "2025-01-24")
    on(yard, "2025-01-27")

    refusal = refused(lambda: answer(yard, application))

    assert refusal.facts == {"article": "LFPA 17-A", "last_on": "2025-01-24"}
    assert yard.act(application)["stage"] == "information_required"


def test_a_set_day_without_business_is_the_next_business_day(yard: Yard) -> None:
    application = required_by(yard, "2025-02-01")
    on(yard, "2025-02-04")

    # the first is a Saturday, the third a Monday without work
    answer(yard, application)

    assert yard.act(application)["stage"] == "answered"


def test_an_application_is_dismissed_as_unanswered_from_the_day_after(yard: Yard) -> None:
    application = required_by(yard, "2025-01-24")
    on(yard, "2025-01-24")

    refusal = refused(lambda: yard.refuse(application, "unanswered"))
    on(yard, "2025-01-27")
    yard.refuse(application, "unanswered")

    assert refusal.field == "/ground"
    assert yard.act(application)["stage"] == "refused"


@pytest.mark.parametrize(("day", "late"), [("2025-02-06", []), ("2025-02-07", ["decided-late"])])
def test_a_grant_after_day_21_is_recorded_with_a_finding(yard: Yard, day: str, late: list[str]) -> None:
    application = apply(yard)
    on(yard, day)

    yard.decide(application, to_on="2030-01-01")

    assert [finding["requirement"] for finding in yard.findings()] == late
    assert yard.act(application)["stage"] == "granted"


@pytest.mark.parametrize(("day", "late"), [("2025-02-13", 0), ("2025-02-14", 1)])
def test_the_term_stood_still_until_the_answer(yard: Yard, day: str, late: int) -> None:
    application = required_by(yard, "2025-01-24")
    on(yard, "2025-01-22")
    answer(yard, application)
    on(yard, day)

    yard.refuse(application)

    assert len(findings(yard, "decided-late")) == late


def test_a_decision_made_in_time_and_notified_after_the_term_is_not_late(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-02-12")

    yard.decide(application, act=act("2025-02-12", "2025-02-06"), to_on="2030-01-01")

    assert yard.findings() == []


@pytest.mark.parametrize(("notified_on", "late"), [("2025-01-20", 0), ("2025-01-21", 1)])
def test_an_act_notified_after_ten_business_days_opens_a_finding(yard: Yard, notified_on: str, late: int) -> None:
    application = apply(yard)
    on(yard, notified_on)

    yard.decide(application, act=act(notified_on, "2025-01-06"), to_on="2030-01-01")

    assert len(findings(yard, "notified-late")) == late


def test_a_grant_counts_from_its_notification(yard: Yard) -> None:
    application = apply(yard)
    on(yard, "2025-01-20")

    refusal = refused(
        lambda: yard.decide(application, from_on="2025-01-17", act=act("2025-01-20", "2025-01-17"), to_on="2030-01-01")
    )
    permit = yard.decide(application, act=act("2025-01-20", "2025-01-17"), to_on="2030-01-01")

    assert refusal.field == "/from_on"
    assert refusal.facts == {"article": "LFPA 9, 38", "notified_on": "2025-01-20"}
    assert yard.act(permit)["timeline"][0]["from_on"] == "2025-01-20"


def test_a_decision_may_take_effect_in_the_future(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")

    yard.rule(permit, "suspended", from_on="2025-03-01")

    assert yard.findings() == []


def test_an_act_is_not_recorded_before_it_is_notified(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")

    refusal = refused(lambda: yard.rule(permit, "suspended", from_on="2025-01-08", act=act("2025-01-08")))

    assert refusal.field == "/act/notified_on"


@pytest.mark.parametrize("kind", ["suspended", "revoked"])
def test_what_takes_a_right_away_is_never_silently_in_the_past(yard: Yard, kind: str) -> None:
    permit = yard.permit(yard.recycler, "recycling")

    refused(lambda: yard.rule(permit, kind, from_on="2025-01-02", act=act("2025-01-03")))
    yard.rule(permit, kind, from_on="2025-01-03", act=act("2025-01-03"))

    (late,) = findings(yard, "act-recorded-late")
    assert late["party"] == yard.state_agency.party
    assert late["facts"]["effective_on"] == "2025-01-03"


def test_a_transcription_mirrors_what_the_public_list_says_of_the_past(yard: Yard) -> None:
    permit = yard.new_id("aut")
    members: dict[str, Any] = {
        "authorisation": permit,
        "holder": yard.recycler.party,
        "number": "19-I-030D-19",
        "scope": {"activities": ["recycling"], "waste_classes": ["RP"]},
        "from_on": "2019-03-01",
        "to_on": "2029-03-01",
        "transcribed": {"source": "lista de SEMARNAT", "listed_on": "2025-01-06"},
    }
    operator = yard.new_authority("Operadora de la lista", ["transcribe", "register"])
    yard.say(operator, "authorisation.granted", **members)

    assert yard.findings() == []


@pytest.mark.parametrize(
    ("activity", "to_on", "too_long"),
    [
        ("recycling", "2035-01-06", 0),
        ("recycling", "2035-01-07", 1),
        ("disposal", "2050-01-06", 0),
        ("dismantling", "2030-01-07", 1),
    ],
)
def test_a_permit_longer_than_its_activitys_validity_opens_a_finding(
    yard: Yard, activity: str, to_on: str, too_long: int
) -> None:
    federal_permit(yard, yard.recycler, "2025-01-06", to_on, activity)

    assert len(findings(yard, "validity-too-long")) == too_long


@pytest.mark.parametrize(
    ("day", "outside"), [("2025-01-05", 0), ("2025-10-28", 0), ("2025-10-29", 1), ("2025-01-04", 1)]
)
def test_a_renewal_asked_for_outside_its_window_opens_a_finding(day: str, outside: int) -> None:
    yard = Yard(rules=rules_of(1), now=parse_instant("2025-01-03T15:00:00Z"))
    permit = renewable(yard)
    on(yard, day)

    ask_renewal(yard, permit)

    found = findings(yard, "renewal-outside-window")
    assert len(found) == outside
    assert all(f["party"] == yard.recycler.party for f in found)
    assert all(f["facts"]["first_on"] == "2025-01-05" for f in found)


def test_silence_on_day_30_renews_nothing_and_on_day_31_it_may_be_claimed(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    on(yard, "2025-02-19")

    refusal = refused(lambda: claim(yard, permit, application, "2025-02-19"))
    on(yard, "2025-02-20")
    claim(yard, permit, application, "2025-02-20")

    assert refusal.facts == {"article": "RLGPGIR 59", "due_on": "2025-02-19"}
    assert yard.act(permit)["timeline"][-1]["claimed"]["to_on"] == "2036-01-05"


def test_a_claim_begins_after_the_term_and_lasts_as_long_as_the_grant(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    on(yard, "2025-02-20")

    early = refused(lambda: claim(yard, permit, application, "2025-02-19"))
    longer = refused(lambda: claim(yard, permit, application, "2025-02-20", "2036-01-06"))

    assert (early.field, longer.field) == ("/from_on", "/to_on")
    assert longer.facts["last_on"] == "2036-01-05"


def test_what_was_asked_for_outside_the_window_is_not_renewed_by_silence(yard: Yard) -> None:
    permit = renewable(yard)
    on(yard, "2025-10-29")
    application = ask_renewal(yard, permit)
    on(yard, "2025-12-30")

    assert refused(lambda: claim(yard, permit, application, "2025-12-30")).field == "/application"


def test_after_the_silence_that_renews_a_refusal_comes_too_late(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    on(yard, "2025-02-20")

    refusal = refused(lambda: yard.refuse(application))
    yard.refuse(application, act=act("2025-02-20", "2025-02-19"))

    assert refusal.facts == {"article": "RLGPGIR 59", "due_on": "2025-02-19"}
    assert yard.act(application)["stage"] == "refused"


@pytest.mark.parametrize(("to_on", "too_long"), [("2036-01-05", 0), ("2036-01-06", 1)])
def test_a_renewal_lasts_no_longer_than_the_grant_did(yard: Yard, to_on: str, too_long: int) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)

    yard.decide(application, "renewed", to_on=to_on)

    assert len(findings(yard, "validity-too-long")) == too_long


def test_consent_to_a_transfer_takes_ten_business_days_and_its_silence_gives_nothing(yard: Yard) -> None:
    permit = federal_permit(yard, yard.recycler, "2024-01-01", "2034-01-01")
    application = yard.apply(yard.recycler, "transfer", authorisation=permit, transfer_to=yard.centre.party)
    on(yard, "2025-01-21")
    passing: dict[str, Any] = {"authorisation": permit, "from_on": "2025-01-21", "to": yard.centre.party}

    with pytest.raises(KeyNotInForce):
        yard.say(yard.recycler, "authorisation.transferred", **passing)
    yard.decide(application, "transferred")

    (late,) = findings(yard, "decided-late")
    assert late["facts"] == {"article": "RLGPGIR 64", "due_on": "2025-01-20", "decided_on": "2025-01-21"}


def test_a_state_keeps_terms_of_its_own(yard: Yard) -> None:
    application = yard.apply(yard.centre, to=yard.state_agency, scope={**COLLECTION, "waste_classes": ["RME"]})
    on(yard, "2025-06-30")

    yard.require(application, answer_by="2025-07-01")

    assert yard.act(application)["stage"] == "information_required"
    assert yard.findings() == []


def test_a_term_through_an_unknown_year_is_refused_for_want_of_its_calendar() -> None:
    yard = Yard(rules=rules_of(1), now=parse_instant("2036-12-22T15:00:00Z"))
    application = yard.apply(yard.centre, scope=COLLECTION)
    on(yard, "2036-12-23")

    refusal = refused(lambda: yard.require(application), CalendarUnknown)
    yard.say(yard.semarnat, "calendar.published", calendar="MX", year=2037, closed_on=["2037-01-01"])
    yard.require(application)

    assert refusal.facts == {"calendar": "MX", "year": 2037}
    assert yard.act(application)["stage"] == "information_required"


def test_where_the_calendar_is_unknown_no_finding_is_opened() -> None:
    yard = Yard(rules=rules_of(1), now=parse_instant("2036-12-22T15:00:00Z"))
    application = yard.apply(yard.centre, scope=COLLECTION)
    on(yard, "2037-06-22")

    yard.decide(application, to_on="2040-01-01")

    assert yard.findings() == []


@pytest.mark.parametrize(("on_request", "late"), [(False, 1), (True, 0)])
def test_a_change_of_scope_that_nobody_asked_for_is_never_silently_in_the_past(
    yard: Yard, on_request: bool, late: int
) -> None:
    permit = federal_permit(yard, yard.recycler, "2025-01-06", "2035-01-06")
    application = yard.apply(yard.recycler, "change", authorisation=permit, scope=RECYCLING)
    on(yard, "2025-01-08")
    past: dict[str, Any] = {"from_on": "2025-01-07", "act": act("2025-01-07")}

    if on_request:
        yard.decide(application, "changed", **past)
    else:
        yard.rule(permit, "changed", scope=RECYCLING, **past)

    assert len(findings(yard, "act-recorded-late")) == late


def test_an_authority_that_is_not_competent_says_so_also_after_its_silence(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    on(yard, "2025-02-20")

    yard.refuse(application, "incompetent")

    assert yard.act(application)["stage"] == "refused"
    assert len(findings(yard, "decided-late")) == 1


def test_nothing_is_claimed_on_the_last_day_itself_for_the_day_after(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    on(yard, "2025-02-19")

    assert refused(lambda: claim(yard, permit, application, "2025-02-20")).field == "/application"


def test_a_second_renewal_counts_from_the_first(yard: Yard) -> None:
    permit = federal_permit(yard, yard.recycler, "2024-06-01", "2025-06-01")
    yard.decide(ask_renewal(yard, permit), "renewed", to_on="2026-06-01")
    on(yard, "2025-09-02")

    yard.decide(ask_renewal(yard, permit), "renewed", to_on="2027-06-01")

    assert yard.findings() == []


def test_the_window_is_not_that_of_a_state(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")

    yard.apply(yard.recycler, "renewal", to=yard.state_agency, authorisation=permit)

    assert yard.findings() == []


@pytest.mark.parametrize(("to_on", "too_long"), [("2034-03-01", 0), ("2034-03-02", 1)])
def test_a_validity_from_29_february_ends_on_the_first_business_day_of_march(to_on: str, too_long: int) -> None:
    yard = Yard(rules=rules_of(1), now=parse_instant("2024-02-29T15:00:00Z"))

    federal_permit(yard, yard.recycler, "2024-02-29", to_on)

    assert len(findings(yard, "validity-too-long")) == too_long


def state_permit(yard: Yard, holder: Actor) -> str:
    """A permit of the state's that ends on 2026-01-05, as ``renewable`` does."""
    authorisation = yard.new_id("aut")
    members: dict[str, Any] = {"authorisation": authorisation, "holder": holder.party, "number": "E-1"}
    members["act"] = act("2016-01-05")
    scope = {"activities": ["recycling"], "waste_classes": ["RME"]}
    members |= {"scope": scope, "from_on": "2016-01-05", "to_on": "2026-01-05"}
    yard.say(yard.state_agency, "authorisation.granted", **members)
    return authorisation


def test_the_federations_silence_renews_no_permit_of_a_state(yard: Yard) -> None:
    permit = state_permit(yard, yard.recycler)
    application = yard.apply(yard.recycler, "renewal", authorisation=permit, to=yard.semarnat)
    on(yard, "2025-03-20")

    refused(lambda: claim(yard, permit, application, "2026-01-06"))


def test_a_request_recorded_when_its_day_to_answer_has_passed_is_refused(yard: Yard) -> None:
    federal, local = apply(yard), yard.apply(yard.centre, to=yard.state_agency)
    on(yard, "2025-01-28")
    late = {"act": act("2025-01-08"), "answer_by": "2025-01-27"}

    for application in (federal, local):
        assert refused(partial(yard.require, application, **late)).field == "/answer_by"
    yard.require(federal, **{**late, "answer_by": "2025-01-28"})


def test_a_request_said_to_be_notified_long_ago_undoes_no_renewal_by_silence(yard: Yard) -> None:
    permit = renewable(yard)
    application = ask_renewal(yard, permit)
    late = {"act": act("2025-01-08"), "answer_by": "2025-12-01"}

    on(yard, "2025-02-20")
    assert "silence granted" in str(refused(lambda: yard.require(application, **late)))
    claim(yard, permit, application, "2026-01-06")


def test_a_day_to_answer_beyond_all_calendars_keeps_nobody_from_answering(yard: Yard) -> None:
    application = apply(yard)
    yard.require(application, answer_by="2060-01-20")

    answer(yard, application)

    assert yard.act(application)["stage"] == "answered"


def test_no_authority_dismisses_before_the_day_that_it_set_itself(yard: Yard) -> None:
    application = yard.apply(yard.centre, to=yard.state_agency)
    yard.require(application, answer_by="2025-01-20")
    on(yard, "2025-01-20")

    refused(lambda: yard.refuse(application, "unanswered"))
    on(yard, "2025-01-21")
    yard.refuse(application, "unanswered")

    assert yard.act(application)["stage"] == "refused"


@pytest.mark.parametrize("days_late", [0, 3])
def test_what_needs_no_act_is_never_silently_in_the_past_either(yard: Yard, days_late: int) -> None:
    permit = federal_permit(yard, yard.recycler, "2024-01-05", "2030-01-05")
    suspended = yard.rule(permit, "suspended")
    yard.pass_time(days_late * 86_400)
    said: dict[str, Any] = {"authorisation": permit, "from_on": "2025-01-06"}

    yard.say(yard.semarnat, "authorisation.stayed", **said, stays=suspended, court="Juzgado", file="1/2025")
    yard.say(yard.semarnat, "authorisation.stay_lifted", **said, file="1/2025")
    yard.say(yard.semarnat, "authorisation.reinstated", **said, cause="served")

    assert len(findings(yard, "act-recorded-late")) == (3 if days_late else 0)


@pytest.mark.parametrize(("asked_for", "late"), [(True, 0), (False, 1)])
def test_a_transfer_that_nobody_asked_for_is_never_silently_in_the_past(yard: Yard, asked_for: bool, late: int) -> None:
    permit = federal_permit(yard, yard.recycler, "2024-01-05", "2030-01-05")
    asked: dict[str, Any] = {"authorisation": permit, "transfer_to": yard.centre.party}
    application = yard.apply(yard.recycler, "transfer", **asked)
    on(yard, "2025-01-09")
    consent: dict[str, Any] = {"from_on": "2025-01-07", "act": act("2025-01-07")}

    if asked_for:
        yard.decide(application, "transferred", **consent)
    else:
        yard.rule(permit, "transferred", to=yard.centre.party, **consent)

    assert len(findings(yard, "act-recorded-late")) == late
