from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.permit import permit_as_of
from compliance.rulebook import rules_of
from ledger.domain.values import parse_instant
from ledger.errors import Corruption, MalformedStatement
from ledger.fold.legal_day import legal_day
from tests.yard import Yard

GRANT = {"from_on": "2024-01-01", "status": "in_force", "to_on": "2034-01-01", "scope": {"activities": ["recycling"]}}

days = st.integers(0, 20).map(lambda n: (date(2025, 1, 1) + timedelta(n)).isoformat())
lines = st.one_of(
    st.fixed_dictionaries({"from_on": days, "status": st.sampled_from(["suspended", "in_force"])}),
    st.fixed_dictionaries({"from_on": days, "to_on": days}),
    st.fixed_dictionaries({"from_on": days, "holder": st.sampled_from(["pty_a", "pty_b"])}),
    st.fixed_dictionaries({"from_on": days, "scope": st.just({"activities": ["storage"]})}),
)


def value(*later: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "authorisation", "holder": "pty_a", "number": "19-39-PS-IV-0001-2024", "timeline": [GRANT, *later]}


def test_a_permit_is_still_to_come_before_its_first_day() -> None:
    assert permit_as_of(value(), "2023-12-31").standing == "not-yet"


@pytest.mark.parametrize("day", ["2024-01-01", "2034-01-01"])
def test_a_permit_is_in_force_on_its_first_and_its_last_day(day: str) -> None:
    assert permit_as_of(value(), day).standing == "in-force"


def test_a_permit_is_expired_on_the_day_after_its_last() -> None:
    assert permit_as_of(value(), "2034-01-02").standing == "expired"


def test_a_renewal_moves_the_last_day_from_its_own_first_day_on() -> None:
    renewed = value({"from_on": "2033-06-01", "to_on": "2044-01-01"})

    assert permit_as_of(renewed, "2033-05-31").to_on == "2034-01-01"
    assert permit_as_of(renewed, "2040-01-01").standing == "in-force"


def test_a_suspension_holds_until_the_day_of_reinstatement() -> None:
    served = value({"from_on": "2025-03-01", "status": "suspended"}, {"from_on": "2025-04-01", "status": "in_force"})

    standings = [permit_as_of(served, day).standing for day in ("2025-02-28", "2025-03-31", "2025-04-01")]

    assert standings == ["in-force", "suspended", "in-force"]


def test_a_revocation_ends_what_an_earlier_act_had_announced_for_later() -> None:
    revoked = value({"from_on": "2025-05-01", "status": "in_force"}, {"from_on": "2025-03-01", "status": "revoked"})

    assert permit_as_of(revoked, "2025-06-01").standing == "revoked"
    assert permit_as_of(revoked, "2040-01-01").standing == "revoked"


def test_a_transferred_permit_has_its_new_holder_from_the_day_of_transfer() -> None:
    passed = value({"from_on": "2025-03-01", "holder": "pty_b"})

    assert [permit_as_of(passed, day).holder for day in ("2025-02-28", "2025-03-01")] == ["pty_a", "pty_b"]


@given(st.lists(lines, max_size=6), lines, days)
def test_an_act_says_nothing_about_days_before_its_own_first_day(
    timeline: list[dict[str, Any]], act: dict[str, Any], day: str
) -> None:
    before, after = permit_as_of(value(*timeline), day), permit_as_of(value(*timeline, act), day)

    assert day >= act["from_on"] or after == before


@given(st.lists(lines, max_size=6), lines, days)
def test_the_act_recorded_last_prevails_on_every_day_from_its_first(
    timeline: list[dict[str, Any]], act: dict[str, Any], day: str
) -> None:
    permit = permit_as_of(value(*timeline, act), day)
    said = {"to_on": permit.to_on, "holder": permit.holder, "scope": permit.scope}

    assert day < act["from_on"] or all(said[name] == act[name] for name in said.keys() & act.keys())


@given(st.lists(lines, max_size=6).flatmap(lambda acts: st.tuples(st.just(acts), st.permutations(acts))), days)
def test_order_of_recording_matters_only_between_acts_that_say_the_same_thing_otherwise(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]], day: str
) -> None:
    recorded, shuffled = orders
    about = [frozenset(act) for act in recorded if act["from_on"] <= day]

    if len(set(about)) == len(about):
        assert permit_as_of(value(*recorded), day) == permit_as_of(value(*shuffled), day)


def stayed(event: str, from_on: str, court: str = "Juzgado Octavo de Distrito") -> dict[str, Any]:
    return {"from_on": from_on, "event": f"stay of {event}", "stayed": {"stays": event, "court": court, "file": "8/25"}}


def ruled(status: str, event: str, from_on: str) -> dict[str, Any]:
    return {"from_on": from_on, "event": event, "status": status}


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_a_stayed_decision_has_no_effect_until_the_stay_is_lifted(status: str) -> None:
    lines = [
        ruled(status, "a", "2025-03-01"),
        stayed("a", "2025-03-10"),
        {"from_on": "2025-04-01", "event": "x", "stayed": None, "file": "8/25"},
    ]
    days = ("2025-02-28", "2025-03-09", "2025-03-10", "2025-03-31", "2025-04-01")

    permits = [permit_as_of(value(*lines), day) for day in days]

    assert [permit.standing for permit in permits] == ["in-force", status, "in-force", "in-force", status]
    assert [permit.stayed and permit.stayed["court"] for permit in permits] == [
        None,
        None,
        "Juzgado Octavo de Distrito",
        "Juzgado Octavo de Distrito",
        None,
    ]


def test_a_stay_of_one_decision_is_none_of_the_next() -> None:
    lines = [ruled("suspended", "a", "2025-03-01"), stayed("a", "2025-03-10"), ruled("suspended", "b", "2025-03-20")]

    permits = [permit_as_of(value(*lines), day) for day in ("2025-03-19", "2025-03-20")]

    assert [permit.standing for permit in permits] == ["in-force", "suspended"]
    assert permits[1].stayed is None


def test_under_a_stayed_revocation_an_earlier_suspension_stands() -> None:
    lines = [ruled("suspended", "a", "2025-03-01"), ruled("revoked", "b", "2025-04-01"), stayed("b", "2025-04-10")]
    both = [lines[0], stayed("a", "2025-03-10"), *lines[1:]]

    assert permit_as_of(value(*lines), "2025-05-01").standing == "suspended"
    permit = permit_as_of(value(*both), "2025-05-01")
    assert (permit.standing, permit.stayed and permit.stayed["stays"]) == ("in-force", "b")


def test_a_lifted_stay_gives_its_own_decision_effect_again_and_may_be_followed_by_another_stay() -> None:
    lift = {"from_on": "2025-05-01", "event": "l", "stayed": None, "file": "8/25"}
    first = [ruled("suspended", "a", "2025-03-01"), stayed("a", "2025-03-10")]
    second = [ruled("revoked", "b", "2025-04-01"), stayed("b", "2025-04-10")]

    permit = permit_as_of(value(*first, *second, lift), "2025-05-31")
    again = permit_as_of(value(*first, lift, stayed("a", "2025-05-02")), "2025-05-31")

    assert (permit.standing, permit.stayed) == ("revoked", None)
    assert (again.standing, again.stayed) == ("in-force", stayed("a", "2025-05-02")["stayed"])


def test_a_stayed_permit_still_expires() -> None:
    lines = [ruled("revoked", "a", "2025-03-01"), stayed("a", "2025-03-10")]

    assert permit_as_of(value(*lines), "2034-01-02").standing == "expired"


def test_a_renewal_claimed_by_silence_holds_and_is_shown_until_the_authority_renews() -> None:
    claim = {"from_on": "2034-01-02", "event": "c", "claimed": {"application": "apl_a", "to_on": "2044-01-01"}}
    renewed = {"from_on": "2035-01-01", "event": "r", "to_on": "2040-01-01", "claimed": None}

    before, claimed = (permit_as_of(value(claim), day) for day in ("2034-01-01", "2034-01-02"))
    assert (before.claimed, before.to_on) == (None, "2034-01-01")
    assert (claimed.standing, claimed.claimed, claimed.to_on) == ("in-force", claim["claimed"], "2044-01-01")
    assert permit_as_of(value(claim), "2044-01-02").standing == "expired"
    settled = permit_as_of(value(claim, renewed), "2035-01-01")
    assert (settled.standing, settled.claimed, settled.to_on) == ("in-force", None, "2040-01-01")


def test_a_transcribed_permit_is_shown_as_such_and_whether_it_was_confirmed() -> None:
    listed = {"source": "gob.mx/semarnat", "listed_on": "2025-01-01"}
    copied = value() | {"transcribed": listed}

    permit = permit_as_of(copied, "2025-01-06")
    assert (permit.transcribed, permit.confirmed) == (listed, False)
    assert permit_as_of(copied | {"confirmed_by": "pty_s"}, "2025-01-06").confirmed


FIRST, LAST = date(2025, 1, 1), date(2025, 2, 9)
CALENDAR = [(FIRST + timedelta(n)).isoformat() for n in range((LAST - FIRST).days + 1)]
RULINGS = {"suspend": "suspended", "reinstate": "in_force", "revoke": "revoked"}
decisions = st.lists(
    st.tuples(
        st.sampled_from(["suspend", "reinstate", "revoke", "stay", "lift", "renew", "claim", "transfer"]),
        st.sampled_from(CALENDAR),
        st.sampled_from(CALENDAR),
    ),
    max_size=8,
)


class DayByDay:
    """What a clerk with one page for each day would have: every decision is written on each page from its day on."""

    def __init__(self, from_on: str, to_on: str) -> None:
        self.from_on = from_on
        self.lines: list[dict[str, Any]] = []
        self.rulings = {day: [("granted", "in_force")] for day in CALENDAR}
        self.stays: dict[str, set[str]] = {day: set() for day in CALENDAR}
        self.to_on = dict.fromkeys(CALENDAR, to_on)
        self.claimed: dict[str, str | None] = dict.fromkeys(CALENDAR)
        self.holder = dict.fromkeys(CALENDAR, "pty_a")
        self.last_ruling: str | None = None
        self.last_stay: str | None = None

    def decide(self, what: str, from_on: str, to_on: str) -> None:
        """Write the decision down, on the pages and as a line; one that has no object is not taken."""
        event = f"{len(self.lines)}"
        pages = [day for day in CALENDAR if day >= from_on]
        if what in RULINGS:
            members: dict[str, Any] | None = self._rule(pages, event, RULINGS[what])
        elif what in ("stay", "lift"):
            members = self._stay(pages) if what == "stay" else self._lift(pages)
        else:
            members = self._change(pages, what, to_on)
        if members is not None:
            self.lines.append({"from_on": from_on, "event": event, **members})

    def _rule(self, pages: list[str], event: str, status: str) -> dict[str, Any]:
        self.last_ruling = None if status == "in_force" else event
        for day in pages:
            self.rulings[day].append((event, status))
        return {"status": status}

    def _stay(self, pages: list[str]) -> dict[str, Any] | None:
        if self.last_ruling is None:
            return None
        self.last_stay = self.last_ruling
        for day in pages:
            self.stays[day].add(self.last_ruling)
        return {"stayed": {"stays": self.last_ruling, "court": "Juzgado", "file": "1/25"}}

    def _lift(self, pages: list[str]) -> dict[str, Any] | None:
        if self.last_stay is None:
            return None
        for day in pages:
            self.stays[day].discard(self.last_stay)
        self.last_stay = None
        return {"stayed": None, "file": "1/25"}

    def _change(self, pages: list[str], what: str, to_on: str) -> dict[str, Any]:
        for day in pages:
            if what == "transfer":
                self.holder[day] = "pty_b"
            elif what == "renew":
                self.to_on[day], self.claimed[day] = to_on, None
            else:
                self.claimed[day] = to_on
        lines: dict[str, dict[str, Any]] = {
            "transfer": {"holder": "pty_b"},
            "renew": {"to_on": to_on, "claimed": None},
            "claim": {"claimed": {"application": "apl_a", "to_on": to_on}},
        }
        return lines[what]

    def standing(self, day: str) -> str:
        effective = [status for event, status in self.rulings[day] if event not in self.stays[day]]
        if day < self.from_on:
            return "not-yet"
        if effective[-1] == "revoked":
            return "revoked"
        if day > (self.claimed[day] or self.to_on[day]):
            return "expired"
        return {"in_force": "in-force", "suspended": "suspended"}[effective[-1]]


@given(st.sampled_from(CALENDAR), st.sampled_from(CALENDAR), decisions)
def test_a_permit_agrees_on_every_day_with_a_clerk_who_keeps_a_page_for_each(
    from_on: str, to_on: str, decided: list[tuple[str, str, str]]
) -> None:
    clerk = DayByDay(from_on, to_on)
    for what, day, until in decided:
        clerk.decide(what, day, until)
    grant = {**GRANT, "from_on": from_on, "to_on": to_on, "event": "granted"}
    permit = {**value(*clerk.lines), "timeline": [grant, *clerk.lines]}

    for day in CALENDAR:
        found = permit_as_of(permit, day)
        assert (found.standing, found.holder) == (clerk.standing(day), clerk.holder[day])
        assert (found.claimed and found.claimed["to_on"]) == clerk.claimed[day]
        newest = clerk.rulings[day][-1][0]
        assert (found.stayed and found.stayed["stays"]) == (newest if newest in clerk.stays[day] else None)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Tijuana", "2025-07-31"), ("America/Mexico_City", "2025-07-31"), ("America/Cancun", "2025-08-01")],
)
def test_a_legal_day_runs_in_the_sites_own_time_zone(zone: str, day: str) -> None:
    assert legal_day(parse_instant("2025-08-01T05:30:00Z"), {"place": {"time_zone": zone}}) == day


def test_a_legal_day_without_a_site_runs_in_mexico_city() -> None:
    assert legal_day(parse_instant("2025-08-01T05:59:59Z"), None) == "2025-07-31"
    assert legal_day(parse_instant("2025-08-01T06:00:00Z"), None) == "2025-08-01"


def test_a_stored_zone_that_does_not_exist_stops_everything() -> None:
    with pytest.raises(Corruption):
        legal_day(0, {"place": {"time_zone": "America/Nowhere"}})


# the second is a folder of zones
@pytest.mark.parametrize("zone", ["America/Nowhere", "America/Argentina"])
def test_a_site_in_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    yard = Yard(rules=rules_of(1))
    place = {"state": "19", "municipality": "039", "time_zone": zone}
    before = len(yard.entries)

    with pytest.raises(MalformedStatement) as refused:
        yard.say(
            yard.operator, "site.registered", registered=yard.new_id("sit"), operated_by=yard.maker.party, place=place
        )
    with pytest.raises(MalformedStatement):
        yard.say(yard.maker, "site.changed", changed=yard.maker.site, place=place)

    assert refused.value.field == "/place/time_zone"
    assert len(yard.entries) == before
