from __future__ import annotations

from typing import Any, get_args

import pytest

from certification.business_days import Calendar, calendar_of
from certification.procedure import FEDERAL
from compliance.incidents import FOLLOW_UPS, Incident, Nature, duties_of, incident_of
from ledger.domain.kinds import KINDS
from ledger.domain.life import IncidentReported
from ledger.event import parse_event
from tests.yard import Yard

FRIDAY = "2026-11-13"
M3_ML = 1_000_000


def incident(nature: Nature, **more: Any) -> Incident:
    return Incident(nature, **{"on": FRIDAY, "waste_class": "RP", **more})


def duties(told: Incident, calendar: Calendar | None = None) -> list[tuple[str, str, str]]:
    known = calendar or calendar_of({}, FEDERAL, [FRIDAY])
    return [(duty.name, duty.due_on, duty.article) for duty in duties_of(told, known)]


def names(told: Incident) -> list[str]:
    return [name for name, _, _ in duties(told)]


def test_three_business_days_from_a_friday_end_on_wednesday() -> None:
    """R28, by the days of LFPA 28 alone: Friday 2026-11-13 ends on Wednesday 2026-11-18."""
    lfpa_28 = Calendar(FEDERAL, {2026: frozenset({"2026-11-20"})})

    assert duties(incident("leak", spilled_ml=M3_ML + 1), lfpa_28) == [
        ("tell-at-once", FRIDAY, "RLGPGIR 130"),
        ("formalise", "2026-11-18", "RLGPGIR 131"),
    ]


def test_the_monday_on_which_work_stops_does_not_count() -> None:
    """ADR 0010 reads LFPA 28 and LFT 74 together: Monday 2026-11-16 is closed, so it is Thursday."""
    assert duties(incident("leak", spilled_ml=M3_ML + 1))[1][1] == "2026-11-19"


@pytest.mark.parametrize("spilled_ml", [None, 0, M3_ML])
def test_up_to_a_cubic_metre_is_noted_in_the_register(spilled_ml: int | None) -> None:
    assert duties(incident("leak", spilled_ml=spilled_ml)) == [("note-in-register", FRIDAY, "RLGPGIR 129")]


@pytest.mark.parametrize("nature", ["leak", "mechanical_damage", "accident", "other"])
def test_whatever_happens_in_transport_is_told(nature: Nature) -> None:
    assert names(incident(nature, spilled_ml=1, in_transport=True)) == ["tell-at-once", "formalise"]
    assert names(incident(nature, spilled_ml=1)) == ["note-in-register"]


@pytest.mark.parametrize(
    ("nature", "article"),
    [
        ("thermal_event", "policy, after RLGPGIR 130"),
        ("loss", "LGPGIR 106 XIX"),
        ("theft", "LGPGIR 106 XIX"),
    ],
)
def test_fire_and_loss_are_told_wherever_they_happen(nature: Nature, article: str) -> None:
    assert duties(incident(nature))[0] == ("tell-at-once", FRIDAY, article)
    assert names(incident(nature)) == ["tell-at-once", "formalise"]


@pytest.mark.parametrize("waste_class", [None, "RME", "not_waste"])
def test_only_hazardous_waste_has_federal_duties(waste_class: Any) -> None:
    assert duties(incident("thermal_event", waste_class=waste_class, in_transport=True)) == []


@pytest.mark.parametrize("nature", ["find", "swap"])
def test_a_find_and_a_swap_are_nothing_to_tell_by_themselves(nature: Nature) -> None:
    assert duties(incident(nature, in_transport=True)) == []


def test_what_follows_is_named_for_every_nature_by_kinds_that_there_are() -> None:
    assert FOLLOW_UPS.keys() == set(get_args(Nature))
    assert {kind for kinds in FOLLOW_UPS.values() for kind in kinds} <= KINDS.keys()
    assert get_args(Nature) == get_args(IncidentReported.model_fields["nature"].annotation)


def test_an_incident_is_judged_by_what_its_report_says() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(
        yard.workshop,
        "incident.reported",
        incident=yard.new_id("inc"),
        units=[pack],
        nature="leak",
        in_transport=True,
        spilled_ml=3000,
    )
    reported = parse_event(yard.entries[-1]).payload
    assert isinstance(reported, IncidentReported)

    assert incident_of(reported, FRIDAY, "RP") == incident("leak", in_transport=True, spilled_ml=3000)
