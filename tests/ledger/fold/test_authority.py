from __future__ import annotations

from typing import Any

from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from tests.ledger.fold.refusals import refused
from tests.ledger.fold.story import ACT, DIGEST
from tests.yard import Actor, Yard

Members = dict[str, Any]


def test_regimes_and_calendars_are_enacted_with_the_power_to_enact() -> None:
    yard = Yard()
    regime: Members = {"regime": "LGPGIR", "jurisdiction": {"code": "MX-NLE"}, "from_on": "2025-01-01"}
    days: Members = {"calendar": "LFPA", "year": 2025, "closed_on": ["2025-02-03"]}

    refused(yard, NotConcerned, yard.operator, "regime.enacted", **regime)
    refused(yard, NotConcerned, yard.operator, "calendar.published", **days)
    yard.say(yard.semarnat, "regime.enacted", **regime)
    yard.say(
        yard.semarnat,
        "regime.enacted",
        **{**regime, "regime": "LGEC", "from_on": "2026-01-01", "tables": {"undetermined": "RP"}},
    )
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


def test_no_authority_tries_itself_nor_goes_on_with_an_inspection_in_a_case_against_another() -> None:
    yard = Yard()
    case, inspection = yard.new_id("cas"), yard.new_id("ins")
    own: Members = {"case": case, "against": yard.semarnat.party, "subject": "stock"}
    refused(yard, NotConcerned, yard.semarnat, "case.opened", **own)
    visit: Members = {"inspected": yard.centre.site, "order_number": "OV-1", "acta": DIGEST, "counted": 1}
    yard.say(yard.semarnat, "inspection.recorded", inspection=inspection, **visit)
    against = {**own, "against": yard.workshop.party}
    refused(yard, NotConcerned, yard.semarnat, "case.opened", **against, inspection=inspection)

    yard.say(yard.semarnat, "case.opened", **against)
    closing: Members = {"inspection": inspection, "outcome": "case_opened", "case": case}
    prev = yard.head(f"act/{inspection}")
    refused(yard, NotConcerned, yard.semarnat, "inspection.closed", prev=prev, **closing)


def test_a_case_names_deadlines_that_passed_as_it_names_findings() -> None:
    yard = Yard()
    case, passed = yard.new_id("cas"), f"R03/{yard.new_id('con')}/"

    yard.say(yard.semarnat, "case.opened", case=case, against=yard.maker.party, subject="originals", overdue=[passed])

    assert yard.act(case)["overdue"] == [passed]


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
