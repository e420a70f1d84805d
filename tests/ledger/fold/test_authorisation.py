from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    KeyNotInForce,
    MalformedStatement,
    NotConcerned,
    Refusal,
    StaleHead,
    SubjectUnknown,
    TransitionNotAllowed,
)
from tests.ledger.fold.refusals import refused
from tests.ledger.fold.story import ACT, DIGEST
from tests.ledger.fold.test_party import new_party
from tests.yard import START, Yard

Members = dict[str, Any]


def grant(yard: Yard, **more: Any) -> Members:
    scope = {"activities": ["recycling"], "waste_classes": ["RP"]}
    dated: Members = {"from_on": "2025-01-01", "to_on": "2030-01-01"}
    named: Members = {"authorisation": yard.new_id("aut"), "holder": yard.recycler.party, "number": "19-1"}
    return {**named, **dated, "scope": scope, **({} if "transcribed" in more else {"act": ACT}), **more}


TRANSCRIBED = {"source": "Padrón 2024", "listed_on": "2024-12-01"}


def test_a_permit_is_granted_with_the_power_to_grant() -> None:
    yard = Yard()
    members = grant(yard)

    refused(yard, NotConcerned, yard.operator, "authorisation.granted", **members)
    refused(yard, SubjectUnknown, yard.semarnat, "authorisation.granted", **grant(yard, holder=yard.new_id("pty")))
    scope = {**members["scope"], "sites": [yard.maker.site]}
    refused(yard, NotConcerned, yard.semarnat, "authorisation.granted", **grant(yard, scope=scope))
    yard.say(yard.semarnat, "authorisation.granted", **members)

    permit = yard.act(members["authorisation"])
    assert permit["timeline"][0]["status"] == "in_force"
    assert permit["timeline"][0]["notified_on"] == ACT["notified_on"]
    assert yard.state[f"permits/{yard.recycler.party}"] == {"ids": [members["authorisation"]]}


def test_a_permit_is_transcribed_with_the_power_to_transcribe_and_then_confirmed() -> None:
    yard = Yard()
    inspector = yard.new_authority("PROFEPA", ["inspect"])
    members = grant(yard, transcribed=TRANSCRIBED)
    dated = {"authorisation": members["authorisation"], "from_on": "2025-02-01"}

    refused(yard, NotConcerned, inspector, "authorisation.granted", **members)
    yard.say(yard.operator, "authorisation.granted", **members)
    yard.say(yard.operator, "authorisation.suspended", **dated, cause="list")
    refused(yard, NotConcerned, inspector, "authorisation.reinstated", **dated, cause="x")
    yard.say(yard.semarnat, "authorisation.reinstated", **dated, cause="court", act=ACT)

    permit = yard.act(members["authorisation"])
    assert permit["transcribed"] == TRANSCRIBED
    assert [line["status"] for line in permit["timeline"]] == ["in_force", "suspended", "in_force"]


def test_who_transcribed_a_permit_does_not_undo_what_the_authority_decided() -> None:
    yard = Yard()
    members = grant(yard, transcribed=TRANSCRIBED)
    dated = {"authorisation": members["authorisation"], "from_on": "2025-02-01"}
    yard.say(yard.operator, "authorisation.granted", **members)
    yard.say(yard.semarnat, "authorisation.suspended", **dated, cause="visit", act=ACT)

    refused(yard, NotConcerned, yard.operator, "authorisation.reinstated", **dated, cause="x")
    refused(yard, NotConcerned, yard.operator, "authorisation.renewed", **dated, to_on="2040-01-01")
    refused(yard, NotConcerned, yard.operator, "authorisation.changed", **dated, scope=members["scope"])

    permit = yard.act(members["authorisation"])
    assert permit["timeline"][-1]["status"] == "suspended"
    assert permit["confirmed_by"] == yard.semarnat.party


def test_who_lost_the_power_to_transcribe_changes_no_transcript() -> None:
    yard = Yard()
    members = grant(yard, transcribed=TRANSCRIBED)
    yard.say(yard.operator, "authorisation.granted", **members)
    yard.say_as_root("party.changed", changed=yard.operator.party, powers=["register"])
    dated = {"authorisation": members["authorisation"], "from_on": "2025-02-01"}

    refused(yard, NotConcerned, yard.operator, "authorisation.renewed", **dated, to_on="2040-01-01")


@pytest.mark.parametrize("kind", ["authorisation.granted", "party.registered", "inspection.recorded"])
def test_an_authority_that_ended_decides_nothing_more_however_early_it_says_it_did(kind: str) -> None:
    yard = Yard()
    inspected = {"inspection": yard.new_id("ins"), "inspected": yard.maker.site, "acta": DIGEST, "counted": 0}
    members: dict[str, Members] = {
        "authorisation.granted": grant(yard),
        "party.registered": new_party(yard),
        "inspection.recorded": {**inspected, "order_number": "1"},
    }
    yard.pass_time(3600)
    yard.say_as_root("party.closed", closed=yard.semarnat.party, reason="closure")

    refused(yard, NotConcerned, yard.semarnat, kind, **members[kind], occurred_at=START)


def test_a_revoked_permit_stays_revoked() -> None:
    yard = Yard()
    members = grant(yard)
    yard.say(yard.semarnat, "authorisation.granted", **members)
    dated: Members = {"authorisation": members["authorisation"], "from_on": "2025-02-01", "act": ACT}
    refused(yard, NotConcerned, yard.operator, "authorisation.revoked", **dated, cause="x")
    yard.say(yard.semarnat, "authorisation.revoked", **dated, cause="x")

    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.reinstated", **dated, cause="x")
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.renewed", **dated, to_on="2040-01-01")
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.changed", **dated, scope=members["scope"])
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.transferred", **dated, to=yard.maker.party)


def test_a_permit_that_goes_round_is_listed_once_with_each_holder() -> None:
    yard = Yard()
    members = grant(yard)
    yard.say(yard.semarnat, "authorisation.granted", **members)
    dated: Members = {"authorisation": members["authorisation"], "from_on": "2025-02-01", "act": ACT}

    for to in (yard.maker, yard.recycler):
        yard.say(yard.semarnat, "authorisation.transferred", **dated, to=to.party)
    unknown = {**dated, "to": yard.new_id("pty")}
    refused(yard, SubjectUnknown, yard.semarnat, "authorisation.transferred", **unknown)

    for holder in (yard.maker, yard.recycler):
        assert yard.state[f"permits/{holder.party}"] == {"ids": [members["authorisation"]]}
    holders = [line.get("holder") for line in yard.act(members["authorisation"])["timeline"]]
    assert holders == [None, yard.maker.party, yard.recycler.party]


def test_a_decision_takes_an_act_unless_it_mirrors_the_public_list() -> None:
    yard = Yard()
    members, copied = grant(yard), grant(yard, transcribed=TRANSCRIBED)
    yard.say(yard.semarnat, "authorisation.granted", **members)
    yard.say(yard.operator, "authorisation.granted", **copied)
    decisions: dict[str, Members] = {
        "suspended": {"cause": "x"},
        "renewed": {"to_on": "2040-01-01"},
        "changed": {"scope": members["scope"]},
        "transferred": {"to": yard.maker.party},
        "revoked": {"cause": "x"},
    }

    for kind, said in decisions.items():
        dated = {"from_on": "2025-02-01", **said}
        own = {"authorisation": members["authorisation"], **dated}
        assert refused(yard, MalformedStatement, yard.semarnat, f"authorisation.{kind}", **own).field == "/act"
        yard.say(yard.operator, f"authorisation.{kind}", authorisation=copied["authorisation"], **dated)
    yard.say(
        yard.semarnat,
        "authorisation.reinstated",
        authorisation=members["authorisation"],
        from_on="2025-02-01",
        cause="x",
    )

    assert yard.act(copied["authorisation"])["timeline"][-1]["status"] == "revoked"


def test_an_act_is_not_notified_before_it_is_decided() -> None:
    yard = Yard()
    act = {**ACT, "decided_on": "2025-01-08"}

    with pytest.raises(MalformedStatement) as caught:
        yard.draft(yard.semarnat, "authorisation.granted", **grant(yard, act=act))

    assert caught.value.field == "/act/notified_on"


def stay(permit: str, stays: str, **more: Any) -> Members:
    dated: Members = {"authorisation": permit, "from_on": "2025-01-10", "file": "12/2025"}
    return {**dated, "stays": stays, "court": "Juzgado Séptimo de Distrito", **more}


def lift(permit: str) -> Members:
    return {"authorisation": permit, "from_on": "2025-01-12", "file": "12/2025"}


def test_a_court_stays_the_suspension_in_effect_once_and_lifts_it_again() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    granted = yard.act(permit)["timeline"][0]["event"]
    suspended = yard.rule(permit, "suspended")

    refused(yard, NotConcerned, yard.operator, "authorisation.stayed", **stay(permit, suspended))
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.stayed", **stay(permit, granted))
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.stay_lifted", **lift(permit))
    yard.say(yard.semarnat, "authorisation.stayed", **stay(permit, suspended))
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.stayed", **stay(permit, suspended))
    assert yard.act(permit)["timeline"][-1]["stayed"]["stays"] == suspended
    yard.say(yard.semarnat, "authorisation.stay_lifted", **lift(permit))

    assert yard.act(permit)["timeline"][-1]["stayed"] is None
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.stay_lifted", **lift(permit))
    yard.say(yard.semarnat, "authorisation.stayed", **stay(permit, suspended))


def test_a_stayed_revocation_leaves_the_permit_to_be_decided_on_until_the_stay_is_lifted() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    revoked = yard.rule(permit, "revoked")
    renewed: Members = {"authorisation": permit, "from_on": "2025-02-01", "to_on": "2040-01-01", "act": ACT}

    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.renewed", **renewed)
    yard.say(yard.semarnat, "authorisation.stayed", **stay(permit, revoked))
    suspended: Members = {"authorisation": permit, "from_on": "2025-02-01", "cause": "x", "act": ACT}
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.suspended", **suspended)
    yard.say(yard.semarnat, "authorisation.renewed", **renewed)
    yard.say(yard.semarnat, "authorisation.stay_lifted", **lift(permit))

    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.renewed", **renewed)


def test_a_court_may_end_a_revocation_that_it_stayed() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    yard.say(yard.semarnat, "authorisation.stayed", **stay(permit, yard.rule(permit, "revoked")))

    yard.rule(permit, "reinstated")
    yard.rule(permit, "suspended")

    assert [line.get("status") for line in yard.act(permit)["timeline"]][-2:] == ["in_force", "suspended"]


def test_a_transcribed_permit_is_confirmed_once_by_an_authority_that_did_not_copy_it() -> None:
    yard = Yard()
    members, own = grant(yard, transcribed=TRANSCRIBED), grant(yard)
    yard.say(yard.operator, "authorisation.granted", **members)
    yard.say(yard.semarnat, "authorisation.granted", **own)
    confirmed: Members = {"authorisation": members["authorisation"], "act": ACT}

    refused(yard, NotConcerned, yard.operator, "authorisation.confirmed", **confirmed)
    genuine = {**confirmed, "authorisation": own["authorisation"]}
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.confirmed", **genuine)
    yard.say(yard.semarnat, "authorisation.confirmed", **confirmed)
    refused(yard, TransitionNotAllowed, yard.semarnat, "authorisation.confirmed", **confirmed)

    permit = yard.act(members["authorisation"])
    assert (permit["confirmed_by"], permit["jurisdiction"]) == (yard.semarnat.party, "MX")
    assert (permit["confirmed"]["oficio"], permit["confirmed"]["notified_on"]) == (ACT["oficio"], ACT["notified_on"])
    dated: Members = {"authorisation": members["authorisation"], "from_on": "2025-02-01", "cause": "x"}
    refused(yard, NotConcerned, yard.operator, "authorisation.revoked", **dated)


def test_who_grants_does_not_confirm_what_it_copied_itself() -> None:
    yard = Yard()
    members = grant(yard, transcribed=TRANSCRIBED)
    yard.say(yard.semarnat, "authorisation.granted", **members)

    refused(
        yard, NotConcerned, yard.semarnat, "authorisation.confirmed", authorisation=members["authorisation"], act=ACT
    )


def claim(permit: str, application: str) -> Members:
    return {"authorisation": permit, "application": application, "from_on": "2034-01-02", "to_on": "2044-01-01"}


def test_a_holder_claims_a_renewal_that_waits_and_the_authority_settles_it() -> None:
    yard = Yard()
    permit, other = (yard.permit(yard.recycler, "recycling", waste_classes=["RP"]) for _ in range(2))
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    elsewhere = yard.apply(yard.recycler, "renewal", authorisation=other)
    change = yard.apply(yard.recycler, "change", authorisation=permit)

    refused(yard, NotConcerned, yard.maker, "authorisation.renewal_claimed", **claim(permit, renewal))
    refused(yard, SubjectUnknown, yard.recycler, "authorisation.renewal_claimed", **claim(permit, elsewhere))
    refused(yard, SubjectUnknown, yard.recycler, "authorisation.renewal_claimed", **claim(permit, yard.new_id("apl")))
    refused(yard, TransitionNotAllowed, yard.recycler, "authorisation.renewal_claimed", **claim(permit, change))
    yard.say(yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))
    refused(yard, TransitionNotAllowed, yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))
    assert yard.act(permit)["timeline"][-1]["claimed"] == {"application": renewal, "to_on": "2044-01-01"}
    yard.decide(renewal, "renewed")

    assert yard.act(permit)["timeline"][-1]["claimed"] is None
    assert yard.act(renewal)["stage"] == "granted"
    refused(yard, TransitionNotAllowed, yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))


def test_no_renewal_is_claimed_while_information_is_required_or_after_a_revocation() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    yard.require(renewal)

    refused(yard, TransitionNotAllowed, yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))
    yard.say(yard.recycler, "application.answered", application=renewal)
    yard.rule(permit, "revoked")
    refused(yard, TransitionNotAllowed, yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))


def test_an_application_goes_to_an_authority_that_grants_and_is_about_own_sites_and_permits() -> None:
    yard = Yard()
    inspector = yard.new_authority("PROFEPA", ["inspect"])
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    scope: Members = {"activities": ["recycling"], "waste_classes": ["RP"], "sites": [yard.maker.site]}

    def refuses(expected: type[Refusal], asks: str = "grant", **members: Any) -> None:
        with pytest.raises(expected):
            yard.apply(yard.maker, asks, **members)

    refuses(NotConcerned, to=inspector)
    refuses(NotConcerned, to=yard.workshop)
    refuses(NotConcerned, "renewal", authorisation=permit)
    refuses(NotConcerned, scope={**scope, "sites": [yard.recycler.site]})
    refuses(SubjectUnknown, "renewal", authorisation=yard.new_id("aut"))
    refuses(MalformedStatement, "renewal")
    refuses(MalformedStatement, "grant", authorisation=permit)
    refuses(MalformedStatement, "transfer", authorisation=permit)
    refuses(MalformedStatement, "transfer", authorisation=permit, transfer_to=yard.maker.party)
    refuses(MalformedStatement, "grant", scope=None)
    application = yard.apply(yard.maker, scope=scope)

    value = yard.act(application)
    assert (value["stage"], value["party"], value["to"]) == ("submitted", yard.maker.party, yard.semarnat.party)
    assert (value["submitted_at"], value["scope"]["sites"]) == (yard.now, [yard.maker.site])


def test_an_application_counts_from_when_it_was_recorded() -> None:
    yard = Yard()
    yard.pass_time(86_400)

    application = yard.apply(yard.maker, occurred_at=START)

    assert yard.act(application)["submitted_at"] == yard.now


def test_information_is_required_once_and_answered_by_the_applicant() -> None:
    yard = Yard()
    application = yard.apply(yard.recycler)
    answer: Members = {"application": application}

    refused(yard, TransitionNotAllowed, yard.recycler, "application.answered", **answer)
    with pytest.raises(NotConcerned):
        yard.require(application, applicant=yard.maker.party)
    yard.require(application)
    required = yard.act(application)["required"]
    assert (yard.act(application)["stage"], required["at"]) == ("information_required", yard.now)
    refused(yard, NotConcerned, yard.maker, "application.answered", **answer)
    wider = {"activities": ["recycling", "storage"], "waste_classes": ["RP"]}
    yard.pass_time(120)
    yard.say(yard.recycler, "application.answered", **answer, scope=wider)

    value = yard.act(application)
    assert (value["stage"], value["answered_at"]) == ("answered", yard.now)
    assert value["scope"]["activities"] == ["recycling", "storage"]
    with pytest.raises(TransitionNotAllowed):
        yard.require(application)


def test_only_the_authority_before_which_it_lies_decides_an_application() -> None:
    yard = Yard()
    application = yard.apply(yard.recycler)
    decides = {"application": application, "prev": yard.head(f"act/{application}")}
    elsewhere: Members = {
        "application": application,
        "applicant": yard.recycler.party,
        "ground": "merits",
        "reasons": ["x"],
    }

    refused(yard, NotConcerned, yard.state_agency, "authorisation.granted", **grant(yard, decides=decides))
    refused(yard, NotConcerned, yard.state_agency, "application.refused", **elsewhere, act=ACT)
    refused(yard, KeyNotInForce, yard.recycler, "application.refused", **elsewhere, act=ACT)
    other = grant(yard, decides=decides, holder=yard.maker.party)
    refused(yard, NotConcerned, yard.semarnat, "authorisation.granted", **other)
    permit = yard.decide(application)

    assert yard.act(application)["stage"] == "granted"
    assert yard.act(application)["decided"]["notified_on"] == yard.act(permit)["timeline"][0]["notified_on"]
    assert yard.head(f"act/{application}") == yard.head(f"act/{permit}")


def test_a_decision_answers_what_was_asked_about_that_permit() -> None:
    yard = Yard()
    permit, other = (yard.permit(yard.recycler, "recycling", waste_classes=["RP"]) for _ in range(2))
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    transfer = yard.apply(yard.recycler, "transfer", authorisation=permit, transfer_to=yard.maker.party)

    with pytest.raises(NotConcerned):
        yard.decide(renewal, "changed", scope={"activities": ["recycling"], "waste_classes": ["RP"]})
    with pytest.raises(NotConcerned):
        yard.decide(renewal, "renewed", authorisation=other, prev=yard.head(f"act/{other}"))
    with pytest.raises(NotConcerned):
        yard.decide(transfer, "transferred", to=yard.centre.party)
    yard.decide(transfer, "transferred")

    assert yard.act(permit)["timeline"][-1]["holder"] == yard.maker.party
    with pytest.raises(NotConcerned):
        yard.decide(renewal, "renewed")


def test_a_grant_in_part_says_why_not_in_whole() -> None:
    yard = Yard()
    less = {"activities": ["recycling"], "waste_classes": ["RP"]}
    application = yard.apply(yard.recycler, scope={**less, "conditions": ["sound", "damaged"]})

    for wrong in ({"in_part": True}, {"reasons": ["x"]}):
        with pytest.raises(MalformedStatement):
            yard.decide(application, scope=less, decides=wrong)
    yard.decide(application, scope=less, decides={"in_part": True, "reasons": ["x"]})

    assert yard.act(application)["stage"] == "granted_in_part"


ASKED: Members = {
    "activities": ["recycling", "treatment"],
    "waste_classes": ["RP"],
    "chemistries": ["LFP", "NMC622"],
    "conditions": ["sound", "damaged"],
    "capacity_g_per_year": 1000,
}


@pytest.mark.parametrize(
    ("given", "is_less"),
    [
        ({}, False),
        ({"activities": ["recycling"]}, True),
        ({"conditions": ["sound"]}, True),
        ({"chemistries": ["LFP"]}, True),
        ({"chemistries": []}, False),
        ({"modes": ["road"]}, True),
        ({"capacity_g_per_year": 999}, True),
        ({"capacity_g_per_year": 1000, "storage_capacity_g": 10}, False),
    ],
)
@pytest.mark.parametrize("kind", ["granted", "changed"])
def test_who_gets_less_than_asked_for_is_told_so_and_nobody_else(kind: str, given: Members, is_less: bool) -> None:
    yard = Yard()
    about: Members = {"authorisation": yard.permit(yard.recycler, "recycling", waste_classes=["RP"])}
    asks, about = ("grant", {}) if kind == "granted" else ("change", about)
    application = yard.apply(yard.recycler, asks, scope=ASKED, **about)
    in_part = {"in_part": True, "reasons": ["x"]}
    right, wrong = (in_part, {}) if is_less else ({}, in_part)

    with pytest.raises(MalformedStatement) as caught:
        yard.decide(application, kind, scope={**ASKED, **given}, decides=wrong)
    assert caught.value.field == "/decides/in_part"
    yard.decide(application, kind, scope={**ASKED, **given}, decides=right)


def test_no_application_is_decided_without_an_act_even_on_an_own_transcript() -> None:
    yard = Yard()
    members = grant(yard, transcribed=TRANSCRIBED)
    yard.say(yard.semarnat, "authorisation.granted", **members)
    renewal = yard.apply(yard.recycler, "renewal", authorisation=members["authorisation"])

    with pytest.raises(MalformedStatement) as caught:
        yard.decide(renewal, "renewed", act=None)

    assert caught.value.field == "/act"
    assert yard.act(renewal)["stage"] == "submitted"


def test_the_former_holders_application_is_not_claimed_upon() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    yard.rule(permit, "transferred", to=yard.centre.party)

    refused(yard, NotConcerned, yard.centre, "authorisation.renewal_claimed", **claim(permit, renewal))


def test_an_application_by_which_a_renewal_is_claimed_is_not_withdrawn() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    yard.say(yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))

    refused(yard, TransitionNotAllowed, yard.recycler, "application.withdrawn", application=renewal)
    yard.decide(renewal, "renewed")


def test_a_claim_ends_with_the_refusal_that_came_before_it() -> None:
    yard, ended = Yard(), "2025-03-20"
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    renewal = yard.apply(yard.recycler, "renewal", authorisation=permit)
    yard.say(yard.recycler, "authorisation.renewal_claimed", **claim(permit, renewal))

    yard.refuse(renewal, act={"oficio": "A/2", "decided_on": "2025-02-01", "notified_on": ended})

    line = yard.act(permit)["timeline"][-1]
    assert (line["claimed"], line["from_on"], line["oficio"]) == (None, ended, "A/2")
    assert yard.act(renewal)["stage"] == "refused"


def test_a_renewal_ends_later_than_what_it_renews() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    to_on = yard.act(permit)["timeline"][0]["to_on"]

    with pytest.raises(MalformedStatement) as caught:
        yard.rule(permit, "renewed", to_on=to_on)

    assert caught.value.field == "/to_on"


def test_a_stay_that_the_authority_records_makes_a_copied_permit_its_own() -> None:
    yard = Yard()
    members = grant(yard, transcribed=TRANSCRIBED)
    yard.say(yard.operator, "authorisation.granted", **members)
    dated: Members = {"authorisation": members["authorisation"], "from_on": "2025-01-06", "cause": "list"}
    suspended = yard.say(yard.operator, "authorisation.suspended", **dated)
    yard.say(yard.semarnat, "authorisation.stayed", **stay(members["authorisation"], suspended))
    yard.say(yard.semarnat, "authorisation.stay_lifted", **lift(members["authorisation"]))

    refused(yard, NotConcerned, yard.operator, "authorisation.reinstated", **dated)


def test_no_application_goes_to_an_authority_that_ended() -> None:
    yard = Yard()
    yard.say_as_root("party.closed", closed=yard.semarnat.party, reason="closure")

    with pytest.raises(NotConcerned) as caught:
        yard.apply(yard.recycler)

    assert caught.value.field == "/to"


def test_a_stayed_revocation_does_not_end_without_an_act() -> None:
    yard = Yard()
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    yard.say(yard.semarnat, "authorisation.stayed", **stay(permit, yard.rule(permit, "revoked")))
    ended: Members = {"authorisation": permit, "from_on": "2025-02-01", "cause": "x"}

    refused(yard, MalformedStatement, yard.semarnat, "authorisation.reinstated", **ended)


def visit(yard: Yard, application: str, **more: Any) -> Members:
    of_applicant: Members = {"application": application, "applicant": yard.recycler.party}
    return {
        **of_applicant,
        "inspected": yard.recycler.site,
        "order_number": "1",
        "acta": DIGEST,
        "conforms": True,
        **more,
    }


def test_who_inspects_or_grants_visits_the_applicants_site() -> None:
    yard = Yard()
    inspector = yard.new_authority("PROFEPA", ["inspect"])
    application = yard.apply(yard.recycler)

    refused(yard, NotConcerned, yard.operator, "application.inspected", **visit(yard, application))
    elsewhere: Members = visit(yard, application, inspected=yard.maker.site)
    refused(yard, NotConcerned, inspector, "application.inspected", **elsewhere)
    yard.say(inspector, "application.inspected", **visit(yard, application))
    yard.require(application)
    yard.say(yard.semarnat, "application.inspected", **visit(yard, application, conforms=False))

    value = yard.act(application)
    assert value["stage"] == "information_required"
    assert [seen["conforms"] for seen in value["inspections"]] == [True, False]


def test_an_application_is_unanswered_only_while_information_is_required() -> None:
    yard = Yard()
    application = yard.apply(yard.recycler)

    with pytest.raises(TransitionNotAllowed):
        yard.refuse(application, "unanswered")
    yard.require(application)
    yard.refuse(application, "unanswered")

    assert yard.act(application)["stage"] == "refused"
    assert yard.act(application)["decided"]["ground"] == "unanswered"


@pytest.mark.parametrize("end", ["granted", "refused", "withdrawn"])
def test_after_an_application_ended_nothing_follows(end: str) -> None:
    yard = Yard()
    application = yard.apply(yard.recycler)
    withdrawn: Members = {"application": application}
    refused(yard, NotConcerned, yard.maker, "application.withdrawn", **withdrawn)
    if end == "granted":
        yard.decide(application)
    elif end == "refused":
        yard.refuse(application)
    else:
        yard.say(yard.recycler, "application.withdrawn", **withdrawn)
    before = yard.act(application)

    refused(yard, TransitionNotAllowed, yard.recycler, "application.withdrawn", **withdrawn)
    refused(yard, TransitionNotAllowed, yard.semarnat, "application.inspected", **visit(yard, application))
    for attempt in (yard.decide, yard.refuse, yard.require):
        with pytest.raises(TransitionNotAllowed):
            attempt(application)

    assert (before["stage"], yard.act(application)) == (end, before)


def test_only_an_application_is_answered_and_only_a_permit_changed() -> None:
    yard = Yard()
    application = yard.apply(yard.recycler)
    permit = yard.permit(yard.recycler, "recycling", waste_classes=["RP"])

    about: Members = {"application": yard.new_id("apl")}
    refused(yard, SubjectUnknown, yard.recycler, "application.withdrawn", **about, prev=DIGEST)
    decides = {"application": application, "prev": yard.head(f"act/{application}")}
    in_whole: Members = {"from_on": "2025-02-01", "to_on": "2040-01-01", "act": ACT}
    wrong: Members = {"authorisation": permit, "decides": {**decides, "prev": yard.head(f"act/{permit}")}}
    refused(yard, StaleHead, yard.semarnat, "authorisation.renewed", **wrong, **in_whole)
