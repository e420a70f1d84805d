"""A published list taken into the ledger: what each line brings, and what is asked instead of guessed."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from certification.listing.matching import Known, KnownParty, KnownPermit
from certification.listing.plan import Import, Resolution, Source, Step, Terms
from certification.listing.resolutions import read_resolutions
from certification.listing.table import ListUnreadable
from certification.permit import permit_as_of
from certification.sealed import verify_sealed
from compliance.rulebook import RULEBOOK
from ledger.domain.payload import act_key, party_key
from ledger.domain.values import check_day
from tests.yard import Yard

TITLES = "Razón social,Número de autorización,Vigencia,Estado,Actividad,Capacidad (t/año),RFC"
LISTED_ON = check_day("2025-01-03")
SOURCE = Source("gob.mx/semarnat: acopio", LISTED_ON, "ab" * 32)
RECYCLER = '"Recicladora Ñandú, S.A. de C.V.",19-I-030D-19,31/12/2030,Nuevo León,Reciclaje,"12,500",'


def list_of(*lines: str) -> bytes:
    return "\n".join([TITLES, *lines]).encode()


def importing(yard: Yard, **more: Any) -> Import:
    salts = (bytes([n]) * 16 for n in itertools.count())
    members = {"resolutions": {}, "terms": Terms(), **more}
    return Import(signer=yard.operator.party, source=SOURCE, salt=lambda _: next(salts), **members)


def known_of(yard: Yard) -> Known:
    """What a reader of the directory knows: no name of a natural person."""
    known = Known()
    places: dict[str, set[str]] = {}
    for key, value in yard.state.items():
        if key.startswith("site/"):
            places.setdefault(value["party"], set()).add(value["place"]["state"])
    for key, value in yard.state.items():
        if key.startswith("party/"):
            party = key.removeprefix("party/")
            states = frozenset(places.get(party, ()))
            known.add_party(KnownParty(party, value["form"], value.get("name"), states))
        if key.startswith("act/") and value["kind"] == "authorisation":
            permit = permit_as_of(value, "2025-01-06")
            known.add_permit(
                KnownPermit(
                    authorisation=key.removeprefix("act/"),
                    number=permit.number,
                    holder=permit.holder,
                    scope=permit.scope,
                    from_on=permit.from_on,
                    to_on=permit.to_on,
                    is_transcribed=permit.transcribed is not None,
                    is_revoked=permit.standing == "revoked",
                )
            )
    return known


def record(yard: Yard, steps: list[Step]) -> None:
    for statement in (statement for step in steps for statement in step.statements):
        yard.say(yard.operator, statement.kind, **statement.members)


def take_in(yard: Yard, *lines: str, **more: Any) -> list[Step]:
    """Import a list and record what it brings."""
    _, steps = importing(yard, **more).steps(list_of(*lines), known_of(yard))
    record(yard, steps)
    return steps


def told(steps: list[Step]) -> list[tuple[str, str | None]]:
    return [(step.report.outcome, step.report.rule) for step in steps]


@pytest.fixture
def yard() -> Yard:
    return Yard(rules=RULEBOOK[max(RULEBOOK)])


def test_a_new_line_brings_party_site_and_a_transcribed_permit(yard: Yard) -> None:
    [step] = take_in(yard, RECYCLER)

    assert step.report.outcome == "new"
    assert [statement.kind for statement in step.statements] == [
        "party.registered",
        "site.registered",
        "authorisation.granted",
    ]
    granted = step.statements[-1].members
    permit = permit_as_of(yard.state[act_key(granted["authorisation"])], "2025-06-01")
    assert (permit.standing, permit.from_on, permit.to_on) == ("in-force", LISTED_ON, "2030-12-31")
    assert permit.transcribed == {"source": SOURCE.source, "listed_on": LISTED_ON, "digest": SOURCE.digest}
    assert permit.scope["capacity_g_per_year"] == 12_500 * 10**6
    assert permit.scope["sites"] == [step.statements[1].members["registered"]]
    assert yard.state[party_key(permit.holder)]["name"] == "Recicladora Ñandú, S.A. de C.V."
    assert step.report.notes == ("from-listed-day",)


def test_the_same_list_twice_brings_nothing_new(yard: Yard) -> None:
    lines = (RECYCLER, "JUAN PÉREZ LÓPEZ,5-27-PS-I-316D-11-2017,30/06/2027,Coah.,Acopio,,PELJ800101AB1")
    take_in(yard, *lines)
    entries = len(yard.entries)

    again = take_in(yard, *lines)

    assert told(again) == [("unchanged", None)] * 2
    assert len(yard.entries) == entries


def test_the_same_list_gives_the_same_ids_when_an_earlier_run_was_cut_off(yard: Yard) -> None:
    first = importing(yard).steps(list_of(RECYCLER), known_of(yard))[1]
    second = importing(yard).steps(list_of(RECYCLER), known_of(yard))[1]

    assert [statement.brings for statement in first[0].statements] == [s.brings for s in second[0].statements]


def test_a_natural_person_is_a_commitment_and_its_name_is_in_no_entry(yard: Yard) -> None:
    line = "JUANA PÉREZ LÓPEZ,5-27-PS-I-316D-11-2017,30/06/2027,Coahuila,Acopio,,PELJ800101AB1"
    [step] = take_in(yard, line)

    [opening] = step.openings
    assert opening.value["name"] == "JUANA PÉREZ LÓPEZ"
    assert opening.value["rfc"] == "PELJ800101AB1"
    party = yard.state[party_key(str(step.report.party))]
    assert (party["form"], party.get("name")) == ("fisica", None)
    verify_sealed(party["identity"], opening.value, opening.salt)
    log = b"".join(yard.entries)
    assert all(word not in log for word in (b"JUANA", "PÉREZ".encode(), b"PEREZ", b"PELJ800101AB1"))
    assert "JUANA" not in str(step.report.members())


def test_who_could_be_a_person_or_not_is_asked_about(yard: Yard) -> None:
    line = "Transportes Juan Pérez,19-I-001D-16,31/12/2026,Jal,Transporte,,"
    [asked] = take_in(yard, line)
    assert told([asked]) == [("ambiguous", "person-or-not")]
    assert asked.statements == ()

    answer = {"19i001d16": Resolution(None, "moral")}
    [step] = take_in(yard, line, resolutions=answer)
    assert step.statements[0].members["name"] == "Transportes Juan Pérez"


def test_a_second_permit_in_the_same_state_goes_to_the_same_party(yard: Yard) -> None:
    other = '"RECICLADORA NANDU SA DE CV",19-II-077D-21,31/12/2031,N.L.,Acopio,,'
    first, second = take_in(yard, RECYCLER, other)

    assert first.report.party == second.report.party
    assert [statement.kind for statement in second.statements] == ["authorisation.granted"]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('"Recicladora Ñandú, S.A. de C.V.",19-II-077D-21,31/12/2031,Jalisco,Acopio,,', "same-name-elsewhere"),
        ('"Recicladora Ñandú, S. de R.L.",19-II-077D-21,31/12/2031,Nuevo León,Acopio,,', "same-name-elsewhere"),
        ('"Recicladora Ñandú, S.A. de C.V.",19-II-077D-21,31/12/2031,,Acopio,,', "same-name-elsewhere"),
    ],
)
def test_the_same_name_elsewhere_or_of_another_legal_form_is_asked_about_never_guessed(
    yard: Yard, line: str, rule: str
) -> None:
    [first] = take_in(yard, RECYCLER)
    [asked] = take_in(yard, line)

    assert told([asked]) == [("ambiguous", rule)]
    assert asked.report.candidates == (first.report.party,)
    assert asked.statements == ()


def test_two_parties_of_one_name_in_one_state_are_asked_about_and_an_answer_resolves_it(yard: Yard) -> None:
    [first] = take_in(yard, RECYCLER)
    line = RECYCLER.replace("19-I-030D-19", "19-I-031D-19")
    [second] = take_in(yard, line, resolutions={"19i031d19": Resolution("new", None)})
    assert second.report.party != first.report.party
    third = RECYCLER.replace("19-I-030D-19", "19-I-032D-19")

    [asked] = take_in(yard, third)
    assert told([asked]) == [("ambiguous", "same-name")]
    assert set(asked.report.candidates) == {first.report.party, second.report.party}

    [step] = take_in(yard, third, resolutions={"19i032d19": Resolution(second.report.party, None)})
    assert (step.report.outcome, step.report.party) == ("new", second.report.party)


def test_an_answer_that_names_nobody_is_wrong(yard: Yard) -> None:
    [step] = take_in(yard, RECYCLER, resolutions={"19i030d19": Resolution(yard.new_id("pty"), None)})

    assert told([step]) == [("wrong", "party-unknown")]


def test_a_permit_under_another_name_is_asked_about(yard: Yard) -> None:
    [first] = take_in(yard, RECYCLER)
    [asked] = take_in(yard, RECYCLER.replace("Recicladora Ñandú", "Metales Ñandú"))

    assert told([asked]) == [("ambiguous", "holder-differs")]
    assert asked.report.candidates == (first.report.party,)


def test_a_later_end_renews_and_more_activities_change_the_permit(yard: Yard) -> None:
    [first] = take_in(yard, RECYCLER)
    later = RECYCLER.replace("31/12/2030", "31/12/2040").replace("Reciclaje", "Acopio").replace("12,500", "13,000")

    [step] = take_in(yard, later)

    assert step.report.outcome == "changed"
    assert [statement.kind for statement in step.statements] == ["authorisation.changed", "authorisation.renewed"]
    authorisation = first.statements[-1].members["authorisation"]
    permit = permit_as_of(yard.state[act_key(authorisation)], "2035-01-01")
    assert (permit.standing, permit.to_on) == ("in-force", "2040-12-31")
    assert permit.scope["activities"] == ["collection", "recycling"]
    assert permit.scope["capacity_g_per_year"] == 13_000 * 10**6
    assert told(take_in(yard, later)) == [("unchanged", None)]


def test_a_number_spelt_otherwise_is_the_same_number(yard: Yard) -> None:
    take_in(yard, RECYCLER)

    assert told(take_in(yard, RECYCLER.replace("19-I-030D-19", "19 – i - 030d – 19"))) == [("unchanged", None)]


def test_a_number_that_says_two_things_in_one_list_is_wrong(yard: Yard) -> None:
    steps = take_in(yard, RECYCLER, RECYCLER.replace("12,500", "9"))

    assert told(steps) == [("new", None), ("wrong", "number-repeated")]


def test_one_number_over_several_lines_adds_up_and_stays_so(yard: Yard) -> None:
    lines = (RECYCLER, RECYCLER.replace("Reciclaje", "Acopio"))

    assert told(take_in(yard, *lines)) == [("new", None), ("changed", None)]
    assert told(take_in(yard, *lines)) == [("unchanged", None)] * 2


@pytest.mark.parametrize(
    ("line", "field", "rule"),
    [
        (RECYCLER.replace("31/12/2030", ""), "to_on", "missing"),
        (RECYCLER.replace("31/12/2030", "31/12/2020"), "from_on", "missing"),
        (RECYCLER.replace("Reciclaje", ""), "activities", "missing"),
        (RECYCLER.replace("Nuevo León", "Texas"), "state", "state"),
        (RECYCLER.replace("31/12/2030", "31/02/2030"), "term", "day"),
    ],
)
def test_a_wrong_line_says_where_and_why_and_brings_nothing(yard: Yard, line: str, field: str, rule: str) -> None:
    entries = len(yard.entries)
    wrong, right = take_in(yard, line, RECYCLER.replace("19-I-030D-19", "19-I-040D-19"))

    assert (wrong.report.outcome, wrong.report.field, wrong.report.rule) == ("wrong", field, rule)
    assert wrong.report.line == 2
    assert right.report.outcome == "new"
    assert len(yard.entries) == entries + 3


def test_what_the_authority_recorded_itself_is_not_changed_by_a_list(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    [permit] = [
        value
        for value in yard.state.values()
        if value.get("kind") == "authorisation" and value["holder"] == yard.recycler.party
    ][-1:]
    name = yard.state[party_key(yard.recycler.party)]["name"]
    line = f'"{name}",{permit["number"]},31/12/2098,,Acopio,,'

    [step] = take_in(yard, line)

    assert told([step]) == [("wrong", "recorded-by-authority")]


def test_a_term_never_shrinks_by_a_list(yard: Yard) -> None:
    take_in(yard, RECYCLER)

    assert told(take_in(yard, RECYCLER.replace("31/12/2030", "31/12/2029"))) == [("wrong", "ends-earlier")]


def test_answers_are_read_from_a_table() -> None:
    table = b"number;party;form\n19-i-030d-19;new;\n5-27-PS-I-316D-11-2017;;f\xedsica\n"

    assert read_resolutions(table) == {
        "19i030d19": Resolution("new", None),
        "527psi316d112017": Resolution(None, "fisica"),
    }


@pytest.mark.parametrize(
    "table", [b"party;form\nnew;moral", b"number;form\n1;x", b"number;party\n1;new\n1;new", b"number;party\n;new"]
)
def test_answers_that_answer_nothing_or_twice_are_refused(table: bytes) -> None:
    with pytest.raises(ListUnreadable):
        read_resolutions(table)
