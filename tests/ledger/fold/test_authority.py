from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import format_base64url
from ledger.errors import (
    KeyNotInForce,
    KeyUnusable,
    MalformedStatement,
    NotConcerned,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from tests.ledger.fold.refusals import refused
from tests.ledger.fold.story import ACT, DIGEST, give_key
from tests.yard import START, Actor, Yard

Members = dict[str, Any]
PLACE = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}


def enrolment(yard: Yard, party: str, **more: Any) -> Members:
    key = yard.new_key().public
    spki = format_base64url(key.spki)
    return {"enrolled_for": party, "kid": key.kid.hex(), "spki": spki, "key_roles": ["custody"], **more}


def new_party(yard: Yard, **more: Any) -> Members:
    return {"registered": yard.new_id("pty"), "form": "moral", "name": "Nueva, S.A.", **more}


def test_a_registrar_registers_parties_and_the_root_alone_authorities() -> None:
    yard = Yard()
    plain, authority = (
        new_party(yard),
        new_party(yard, form="authority", powers=["inspect"], jurisdiction={"code": "MX-NLE-039"}),
    )
    natural: Members = {"registered": yard.new_id("pty"), "form": "fisica", "identity": DIGEST}

    yard.say(yard.operator, "party.registered", **plain)
    yard.say(yard.semarnat, "party.registered", **natural)
    refused(yard, NotConcerned, yard.operator, "party.registered", **authority)
    yard.say_as_root("party.registered", **authority)

    assert yard.state[f"party/{plain['registered']}"]["name"] == "Nueva, S.A."
    assert "name" not in yard.state[f"party/{natural['registered']}"]
    made = yard.state[f"party/{authority['registered']}"]
    assert (made["powers"], made["jurisdiction"]) == (["inspect"], "MX-NLE-039")
    refused(yard, SubjectExists, yard.semarnat, "party.registered", **plain)


def test_a_party_is_changed_on_its_head_and_a_natural_person_gets_no_name() -> None:
    yard = Yard()
    person = yard.new_party(None, form="fisica")

    yard.say(yard.operator, "party.changed", changed=yard.maker.party, name="Otra, S.A.", identity=DIGEST)
    refused(yard, MalformedStatement, yard.operator, "party.changed", changed=person.party, name="Juan Pérez")
    members: Members = {"changed": yard.maker.party, "name": "X", "prev": DIGEST}
    refused(yard, StaleHead, yard.operator, "party.changed", **members)
    refused(yard, NotConcerned, yard.operator, "party.changed", changed=yard.maker.party, powers=["grant"])

    party = yard.state[f"party/{yard.maker.party}"]
    assert (party["name"], party["identity"], party["powers"]) == ("Otra, S.A.", DIGEST, [])


@pytest.mark.parametrize("who", ["semarnat", "root", "operator"])
@pytest.mark.parametrize("kind", ["party.changed", "party.closed", "key.enrolled"])
def test_no_registrar_stands_above_an_authority(who: str, kind: str) -> None:
    yard = Yard()
    other = yard.new_authority("Otra Autoridad", ["register"])
    target = yard.root_party if who == "root" else getattr(yard, who).party
    members: dict[str, Members] = {
        "party.changed": {"changed": target, "name": "Otra"},
        "party.closed": {"closed": target, "reason": "closure"},
        "key.enrolled": enrolment(yard, target),
    }

    refused(yard, NotConcerned, other, kind, **members[kind])


def test_an_authority_is_ended_by_the_root_and_the_root_by_nobody() -> None:
    yard = Yard()
    yard.say_as_root("party.closed", closed=yard.semarnat.party, reason="closure")
    assert "closed_at" in yard.state[f"party/{yard.semarnat.party}"]
    before = dict(yard.state[f"party/{yard.root_party}"])

    with pytest.raises(TransitionNotAllowed):
        yard.say_as_root("party.closed", closed=yard.root_party, reason="closure")

    assert yard.state[f"party/{yard.root_party}"] == before


def test_a_party_ends_once_with_a_successor_that_is_there() -> None:
    yard = Yard()
    closing: Members = {"closed": yard.maker.party, "reason": "merger"}
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, reason="closure")

    unknown = {**closing, "successor": yard.new_id("pty")}
    refused(yard, SubjectUnknown, yard.operator, "party.closed", **unknown)
    ended = {**closing, "successor": yard.centre.party}
    refused(yard, TransitionNotAllowed, yard.operator, "party.closed", **ended)
    yard.say(yard.operator, "party.closed", **closing, successor=yard.workshop.party)

    assert yard.state[f"party/{yard.maker.party}"]["successor"] == yard.workshop.party
    refused(yard, TransitionNotAllowed, yard.operator, "party.closed", **closing)


def test_a_site_is_registered_changed_and_closed_by_its_party_or_a_registrar() -> None:
    yard = Yard()
    site: Members = {"registered": yard.new_id("sit"), "operated_by": yard.maker.party, "place": PLACE}

    refused(yard, NotConcerned, yard.workshop, "site.registered", **site)
    refused(yard, SubjectUnknown, yard.operator, "site.registered", **{**site, "operated_by": yard.new_id("pty")})
    yard.say(yard.maker, "site.registered", **site)
    changed: Members = {"changed": site["registered"], "name": "Patio 2", "place": {**PLACE, "municipality": "040"}}
    refused(yard, NotConcerned, yard.workshop, "site.changed", **changed)
    yard.say(yard.operator, "site.changed", **changed)
    refused(yard, NotConcerned, yard.workshop, "site.closed", closed=site["registered"])
    yard.say(yard.maker, "site.closed", closed=site["registered"])

    value = yard.state[f"site/{site['registered']}"]
    assert (value["name"], value["place"]["municipality"], value["closed_at"]) == ("Patio 2", "040", yard.now)
    refused(yard, TransitionNotAllowed, yard.maker, "site.closed", closed=site["registered"])


def test_a_party_or_a_registrar_enrols_its_keys() -> None:
    yard = Yard()
    own = enrolment(yard, yard.maker.party, acts=yard.workshop.party, person=yard.new_id("per"))

    refused(yard, NotConcerned, yard.workshop, "key.enrolled", **own)
    yard.say(yard.maker, "key.enrolled", **own)
    yard.say(yard.operator, "key.enrolled", **enrolment(yard, yard.maker.party))

    key = yard.state[f"key/{yard.maker.party}/{own['kid']}"]
    assert (key["acts"], key["person"], key["revoked"]) == (yard.workshop.party, own["person"], False)
    refused(yard, SubjectExists, yard.operator, "key.enrolled", **own)


def test_an_enrolled_key_is_a_usable_one_under_its_own_kid_for_a_party_that_is_there() -> None:
    yard = Yard()
    party = yard.maker.party

    refused(yard, MalformedStatement, yard.operator, "key.enrolled", **enrolment(yard, party, kid="00" * 8))
    weak = format_base64url(bytes.fromhex("302a300506032b6570032100") + bytes(32))
    refused(yard, KeyUnusable, yard.operator, "key.enrolled", **enrolment(yard, party, spki=weak))
    refused(yard, SubjectUnknown, yard.operator, "key.enrolled", **enrolment(yard, yard.new_id("pty")))
    refused(yard, SubjectUnknown, yard.operator, "key.enrolled", **enrolment(yard, party, acts=yard.new_id("pty")))
    authority = enrolment(yard, party, key_roles=["authority"])
    refused(yard, NotConcerned, yard.operator, "key.enrolled", **authority)


def test_a_custody_key_enrols_nothing() -> None:
    yard = Yard()
    key = give_key(yard, yard.maker, ["custody"])

    refused(yard, KeyNotInForce, yard.maker, "key.enrolled", key=key, **enrolment(yard, yard.maker.party))


def test_a_key_never_gains_authority_and_a_revoked_one_nothing() -> None:
    yard = Yard()
    key = give_key(yard, yard.maker, ["custody"])
    named: Members = {"enrolled_for": yard.maker.party, "kid": key.public.kid.hex()}

    limited: Members = {"key_roles": ["authority"], "limits": {}}
    refused(yard, NotConcerned, yard.maker, "key.limited", **named, **limited)
    refused(yard, NotConcerned, yard.workshop, "key.revoked", **named, reason="lost")
    yard.say(yard.maker, "key.revoked", **named, reason="compromised", suspect_from="2025-01-01T00:00:00Z")
    refused(yard, TransitionNotAllowed, yard.maker, "key.limited", **named, key_roles=["read"], limits={})
    refused(yard, TransitionNotAllowed, yard.maker, "key.revoked", **named, reason="lost")

    value = yard.state[f"key/{yard.maker.party}/{named['kid']}"]
    assert (value["revoked"], value["suspect_from"]) == (True, 1_735_689_600)


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


def test_a_limited_key_neither_lifts_its_limits_nor_makes_keys_without_them() -> None:
    yard = Yard()
    limits = {"sites": [yard.maker.site]}
    key = give_key(yard, yard.maker, ["admin"], limits=limits)
    named: Members = {"enrolled_for": yard.maker.party, "kid": key.public.kid.hex(), "site": yard.maker.site}

    refused(yard, KeyNotInForce, yard.maker, "key.limited", key=key, **named, key_roles=["admin"], limits={})
    fresh = enrolment(yard, yard.maker.party, site=yard.maker.site)
    refused(yard, KeyNotInForce, yard.maker, "key.enrolled", key=key, **fresh)
    yard.say(yard.maker, "key.enrolled", **fresh)


def test_a_registrar_gives_no_second_key_unseen() -> None:
    yard = Yard()
    assert yard.findings() == []
    mine, theirs = enrolment(yard, yard.maker.party), enrolment(yard, yard.maker.party)

    yard.say(yard.maker, "key.enrolled", **mine)
    assert yard.findings() == []
    yard.say(yard.operator, "key.enrolled", **theirs)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"], finding["subject"]) == (
        "key-from-registrar",
        yard.operator.party,
        yard.maker.party,
    )


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


def test_regimes_and_calendars_are_enacted_with_the_power_to_enact() -> None:
    yard = Yard()
    regime: Members = {"regime": "LGPGIR", "jurisdiction": {"code": "MX-NLE"}, "from_on": "2025-01-01"}
    days: Members = {"calendar": "LFPA", "year": 2025, "closed_on": ["2025-02-03"]}

    refused(yard, NotConcerned, yard.operator, "regime.enacted", **regime)
    refused(yard, NotConcerned, yard.operator, "calendar.published", **days)
    yard.say(yard.semarnat, "regime.enacted", **regime)
    yard.say(yard.semarnat, "regime.enacted", **{**regime, "regime": "LGEC", "from_on": "2026-01-01", "tables": DIGEST})
    yard.say(yard.semarnat, "calendar.published", **days)

    timeline = yard.state["regime/MX-NLE"]["timeline"]
    assert [(line["regime"], line["from_on"]) for line in timeline] == [
        ("LGPGIR", "2025-01-01"),
        ("LGEC", "2026-01-01"),
    ]
    assert yard.state["calendar/LFPA/2025"]["closed_on"] == ["2025-02-03"]


def test_a_plan_is_registered_and_then_joined() -> None:
    yard = Yard()
    plan = yard.new_id("pln")
    refused(yard, SubjectUnknown, yard.maker, "plan.joined", plan=plan)
    yard.say(
        yard.semarnat, "plan.registered", plan=plan, operated_by=yard.maker.party, number="1", from_on="2025-01-01"
    )

    yard.say(yard.workshop, "plan.joined", plan=plan)

    assert yard.state[f"adherence/{plan}/{yard.workshop.party}"]["since"] == yard.now
    order = issue(yard, yard.produce())
    refused(yard, SubjectUnknown, yard.workshop, "plan.joined", plan=order)


def issue(yard: Yard, *units: str, actor: Actor | None = None) -> str:
    order: str = yard.new_id("ord")
    members: Members = {"order": order, "effect": "quarantine", "units": list(units), "act": ACT}
    yard.say(actor or yard.semarnat, "order.issued", **members)
    return order


def test_an_order_is_lifted_by_the_authority_that_issued_it_unit_by_unit() -> None:
    yard = Yard()
    packs = yard.produce(count=2)
    other = yard.new_authority("PROFEPA", ["order", "inspect"])
    order, theirs = issue(yard, *packs), issue(yard, packs[0], actor=other)

    refused(yard, NotConcerned, other, "order.lifted", order=order, units=packs)
    refused(yard, SubjectUnknown, yard.semarnat, "order.lifted", order=order, units=[yard.new_unit_id()])
    yard.say(yard.semarnat, "order.lifted", order=order, units=packs[:1])
    assert yard.unit(packs[0])["orders"] == {theirs: "quarantine"}
    assert yard.unit(packs[1])["orders"] == {order: "quarantine"}
    yard.say(yard.semarnat, "order.lifted", order=order, units=packs[1:])

    assert "orders" not in yard.unit(packs[1])


def test_only_an_order_is_lifted() -> None:
    yard = Yard()
    pack, case = yard.produce(), open_case(yard)

    refused(yard, SubjectUnknown, yard.semarnat, "order.lifted", order=case, units=[pack])


def open_case(yard: Yard) -> str:
    case: str = yard.new_id("cas")
    yard.say(yard.semarnat, "case.opened", case=case, against=yard.maker.party, subject="storage")
    return case


def test_a_case_is_answered_by_whom_it_is_against_and_closed_by_who_opened_it() -> None:
    yard = Yard()
    other = yard.new_authority("PROFEPA", ["inspect"])
    case = open_case(yard)

    refused(yard, NotConcerned, yard.workshop, "case.answered", case=case, answer=DIGEST)
    yard.say(yard.maker, "case.answered", case=case, answer=DIGEST)
    assert yard.act(case)["stage"] == "answered"
    refused(yard, NotConcerned, other, "case.closed", case=case, outcome="cured")
    yard.say(yard.semarnat, "case.closed", case=case, outcome="cured")
    refused(yard, TransitionNotAllowed, yard.maker, "case.answered", case=case, answer=DIGEST)
    refused(yard, TransitionNotAllowed, yard.semarnat, "case.closed", case=case, outcome="sanctioned")

    assert yard.act(case)["outcome"] == "cured"


def test_a_filing_goes_to_an_authority_that_answers_it() -> None:
    yard = Yard()
    other = yard.new_authority("PROFEPA", ["inspect"])
    filing: Members = {"filing": yard.new_id("fil"), "subject": "closure", "digest": DIGEST}

    refused(yard, NotConcerned, yard.maker, "filing.submitted", **filing, to=yard.workshop.party)
    unknown: Members = {"to": yard.semarnat.party, "units": [yard.new_unit_id()]}
    refused(yard, SubjectUnknown, yard.maker, "filing.submitted", **filing, **unknown)
    yard.say(yard.maker, "filing.submitted", **filing, to=yard.semarnat.party)
    refused(yard, NotConcerned, other, "filing.answered", filing=filing["filing"], outcome="granted")
    yard.say(yard.semarnat, "filing.answered", filing=filing["filing"], outcome="granted")

    assert yard.act(filing["filing"])["outcome"] == "granted"


def test_an_inspection_that_counts_other_than_expected_opens_a_finding() -> None:
    yard = Yard()
    visit: Members = {"inspected": yard.maker.site, "order_number": "V-1", "acta": DIGEST}

    yard.say(yard.semarnat, "inspection.recorded", inspection=yard.new_id("ins"), counted=37, **visit)
    assert yard.findings() == []
    yard.say(yard.semarnat, "inspection.recorded", inspection=yard.new_id("ins"), counted=35, missing=2, **visit)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("count-differs", yard.maker.party)
    assert finding["facts"] == {"missing": 2, "unexpected": 0}
    refused(yard, NotConcerned, yard.operator, "inspection.recorded", inspection=yard.new_id("ins"), counted=0, **visit)
