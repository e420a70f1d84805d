from __future__ import annotations

from typing import Any

from ledger.domain.values import format_instant, parse_instant
from ledger.errors import (
    AuthorisationMissing,
    KeyNotInForce,
    KeyUnknown,
    NotConcerned,
    NotHolder,
    StaleHead,
    SubjectUnknown,
    TimeOutOfBounds,
    TransitionNotAllowed,
)
from ledger.fold.fold import Check, Rules
from ledger.fold.state import Draft
from tests.ledger.fold.refusals import refused, refused_raw, requirements
from tests.ledger.fold.story import ACT, DIGEST, accepted, give_key
from tests.yard import START, Actor, Yard

DAY_S = 86_400


def test_a_key_that_nobody_enrolled_signs_nothing() -> None:
    yard = Yard()
    stranger = Actor(yard.maker.party, yard.new_key())

    refused(yard, KeyUnknown, stranger, "unit.produced", units=[yard.new_unit_id()], description=yard.description())


def test_a_key_signs_only_for_the_party_it_is_enrolled_for() -> None:
    yard = Yard()
    pack = yard.produce()

    refused(yard, KeyUnknown, yard.maker, "unit.placed_on_market", key=yard.workshop.key, units=[pack])


def test_a_revoked_key_signs_nothing_even_for_the_time_before() -> None:
    yard = Yard()
    pack = yard.produce()
    key = give_key(yard, yard.maker, ["custody"])
    yard.pass_time(3600)
    kid = key.public.kid.hex()
    yard.say(yard.operator, "key.revoked", enrolled_for=yard.maker.party, kid=kid, reason="compromised")

    early = {"units": [pack], "occurred_at": START}
    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, **early)


def test_a_key_signs_only_kinds_of_its_roles() -> None:
    yard = Yard()
    pack = yard.produce()
    key = give_key(yard, yard.maker, ["transport", "prepare", "read"])

    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, units=[pack])
    refused(
        yard, KeyNotInForce, yard.semarnat, "unit.produced", units=[yard.new_unit_id()], description=yard.description()
    )


def test_a_limited_key_loses_its_roles_from_there_on() -> None:
    yard = Yard()
    pack = yard.produce()
    key = give_key(yard, yard.maker, ["custody"])
    named = {"enrolled_for": yard.maker.party, "kid": key.public.kid.hex()}
    yard.say(yard.maker, "key.limited", key_roles=["read"], limits={}, **named)

    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, units=[pack])


def test_a_keys_time_limits_bound_when_things_happened_not_when_they_are_recorded() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    ends = parse_instant(START) + 3600
    key = give_key(yard, yard.maker, ["custody"], limits={"not_before": START, "not_after": format_instant(ends)})
    yard.pass_time(DAY_S)

    late = {"units": [pack], "occurred_at": format_instant(ends + 1)}
    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, **late)
    in_time = {"units": [pack], "occurred_at": format_instant(ends)}
    yard.say(yard.maker, "unit.placed_on_market", key=key, **in_time)

    assert yard.unit(pack)["stage"] == "marketed"
    assert yard.unit(other)["stage"] == "stock"


def test_a_key_limited_to_a_site_signs_there_only() -> None:
    yard = Yard()
    pack = yard.produce()
    key = give_key(yard, yard.maker, ["custody"], limits={"sites": [yard.maker.site]})

    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, units=[pack])
    yard.say(yard.maker, "unit.placed_on_market", key=key, units=[pack], site=yard.maker.site)

    assert yard.unit(pack)["stage"] == "marketed"


def test_a_one_time_key_is_good_for_its_own_consignment() -> None:
    yard = Yard()
    first, second = yard.waste_pack(), yard.waste_pack()
    mine = yard.offer(yard.workshop, yard.recycler, [first])
    other = yard.offer(yard.workshop, yard.recycler, [second])
    limits = {"consignment": mine, "not_before": START, "not_after": format_instant(yard.now + DAY_S)}
    key = give_key(yard, yard.recycler, ["custody"], assurance="one_time_key", limits=limits)

    received = {"consignment": other, "basis": "offer", "lines": accepted(second)}
    refused(yard, KeyNotInForce, yard.recycler, "consignment.received", key=key, **received)
    refused(yard, KeyNotInForce, yard.recycler, "unit.stored", key=key, units=[first], site=yard.recycler.site)
    received = {"consignment": mine, "basis": "offer", "lines": accepted(first)}
    yard.say(yard.recycler, "consignment.received", key=key, **received)

    unit = yard.unit(first)
    assert (unit["holder"], unit["assurance"]) == (yard.recycler.party, "one_time_key")


def test_a_party_that_ended_states_only_what_happened_before() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    yard.pass_time(3600)
    yard.say(yard.operator, "party.closed", closed=yard.maker.party, reason="closure")
    yard.pass_time(60)

    refused(yard, NotConcerned, yard.maker, "unit.placed_on_market", units=[pack])
    yard.say(yard.maker, "unit.placed_on_market", units=[other], occurred_at=START)

    assert yard.unit(other)["stage"] == "marketed"


def test_a_site_is_the_partys_own() -> None:
    yard = Yard()
    pack = yard.produce()

    refused(yard, NotConcerned, yard.maker, "unit.stored", units=[pack], site=yard.workshop.site)
    refused(yard, SubjectUnknown, yard.maker, "unit.stored", units=[pack], site=yard.new_id("sit"))


def test_what_happened_at_a_site_before_it_closed_is_still_recorded() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    yard.pass_time(3600)
    yard.say(yard.maker, "site.closed", closed=yard.maker.site)
    yard.pass_time(60)

    refused(yard, TransitionNotAllowed, yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    yard.say(yard.maker, "unit.stored", units=[other], site=yard.maker.site, occurred_at=START)
    refused(yard, TransitionNotAllowed, yard.maker, "site.closed", closed=yard.maker.site)

    assert yard.unit(other)["site"] == yard.maker.site


def test_an_event_is_at_most_ten_minutes_ahead_of_the_clock() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    ahead: dict[str, Any] = {"units": [pack], "occurred_at": format_instant(yard.now + 601)}

    refused(yard, TimeOutOfBounds, yard.maker, "unit.placed_on_market", **ahead)
    within: dict[str, Any] = {"units": [other], "occurred_at": format_instant(yard.now + 600)}
    yard.say(yard.maker, "unit.placed_on_market", **within)

    assert yard.unit(other)["head_at"] == yard.now + 600


def test_an_event_is_not_before_the_checkpoint_its_signer_had_seen() -> None:
    yard = Yard()
    pack = yard.produce()
    yard.state["log/4"] = {"root": DIGEST, "tick": yard.now + 60}
    yard.pass_time(120)
    seen = {"size": 4, "root": DIGEST}

    for wrong in ({"size": 5, "root": DIGEST}, {"size": 4, "root": "00" * 32}):
        assert (
            refused(yard, TimeOutOfBounds, yard.maker, "unit.placed_on_market", units=[pack], seen=wrong).field
            == "/seen"
        )
    before: dict[str, Any] = {"units": [pack], "seen": seen, "occurred_at": format_instant(yard.now - 61)}
    assert refused(yard, TimeOutOfBounds, yard.maker, "unit.placed_on_market", **before).field == "/occurred_at"
    yard.say(yard.maker, "unit.placed_on_market", units=[pack], seen=seen)

    assert yard.unit(pack)["stage"] == "marketed"


def test_only_an_own_statement_without_effect_is_stated_anew() -> None:
    yard = Yard()
    pack = yard.produce()
    born = yard.head(f"unit/{pack}")
    fork = yard.draft(yard.maker, "unit.discarded", units=[pack], reason="other")
    yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    lost = yard.record(fork)

    refused(yard, NotConcerned, yard.maker, "unit.discarded", units=[pack], reason="other", restates=born)
    refused(yard, SubjectUnknown, yard.maker, "unit.discarded", units=[pack], reason="other", restates=DIGEST)
    theirs: dict[str, Any] = {"units": [yard.new_unit_id()], "description": yard.description(), "restates": lost}
    refused(yard, NotConcerned, yard.workshop, "unit.produced", **theirs)
    yard.say(yard.maker, "unit.discarded", units=[pack], reason="other", restates=lost)

    assert yard.unit(pack)["stage"] == "waste"


def test_an_act_of_authority_takes_its_power() -> None:
    yard = Yard()
    pack = yard.produce()
    transcriber = yard.new_authority("Registro Demo", ["transcribe"])
    order: dict[str, Any] = {"order": yard.new_id("ord"), "effect": "quarantine", "units": [pack], "act": ACT}

    assert refused(yard, NotConcerned, transcriber, "order.issued", **order).facts["power"] == "order"
    refused(yard, NotConcerned, transcriber, "party.registered", registered=yard.new_id("pty"), form="moral", name="X")


def test_who_does_not_hold_a_unit_neither_moves_it_nor_speaks_as_its_holder() -> None:
    yard = Yard()
    mine, theirs = yard.produce(), yard.produce(yard.workshop)

    refused(yard, NotHolder, yard.maker, "unit.placed_on_market", units=[mine, theirs])
    assert refused(yard, NotHolder, yard.maker, "unit.stolen", units=[mine, theirs]).field == "/units/1"
    refused(yard, SubjectUnknown, yard.maker, "unit.stolen", units=[yard.new_unit_id()])


def test_a_statement_that_comes_before_its_parent_is_stale_and_not_a_strangers() -> None:
    yard, away = Yard(), Yard()
    pack = yard.produce()
    assert pack == away.produce()
    consignment = yard.offer(yard.maker, yard.recycler, [pack], [yard.carrier])
    assert consignment == away.offer(away.maker, away.recycler, [pack], [away.carrier])
    picked_up = away.say(away.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    to = away.second_carrier.party
    child = away.draft(away.carrier, "consignment.handed_on", consignment=consignment, units=[pack], to=to)

    refusal = refused_raw(yard, StaleHead, child)

    assert [row["prev"] for row in refusal.facts["stale"]] == [picked_up, picked_up]  # type: ignore[index, union-attr, call-overload]


def test_a_late_statement_is_recorded_with_a_finding() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    yard.pass_time(72 * 3600)
    yard.say(yard.maker, "unit.placed_on_market", units=[pack], occurred_at=START)
    assert requirements(yard) == []
    yard.pass_time(60)

    yard.say(yard.maker, "unit.placed_on_market", units=[other], occurred_at=START)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("late-recording", yard.maker.party)
    assert finding["facts"] == {"late_s": 72 * 3600 + 60}


def test_lateness_is_judged_by_the_regime_in_force_when_it_happened() -> None:
    yard = Yard()
    packs = yard.produce(count=3)
    regime: dict[str, Any] = {"jurisdiction": {"code": "MX"}}
    yard.say(yard.semarnat, "regime.enacted", regime="old", from_on="2025-01-01", late_window_s=60, **regime)
    yard.say(yard.semarnat, "regime.enacted", regime="new", from_on="2025-01-08", late_window_s=10 * DAY_S, **regime)
    yard.pass_time(9 * DAY_S)

    yard.say(yard.maker, "unit.placed_on_market", units=packs[:1], occurred_at="2025-01-07T23:59:59Z")
    assert requirements(yard) == ["late-recording"]
    yard.say(yard.maker, "unit.placed_on_market", units=packs[1:2], occurred_at="2025-01-08T00:00:00Z")
    assert requirements(yard) == ["late-recording"]


def test_checks_run_in_their_order_and_their_refusal_leaves_no_trace() -> None:
    ran: list[str] = []

    def check(name: str) -> Check:
        def apply(draft: Draft) -> None:
            ran.append(name)
            if name == "law" and draft.event.payload.kind == "unit.discarded":
                draft.open_finding("law", party=draft.event.party, subject="x")
                raise AuthorisationMissing("no permit", condition="activity")

        return Check(name, lambda _: [], lambda _, __: [], apply)

    yard = Yard(rules=Rules(1, scope_checks=(check("scope"),), law_checks=(check("law"),)))
    pack = yard.produce()
    ran.clear()

    refused(yard, AuthorisationMissing, yard.maker, "unit.discarded", units=[pack], reason="other")
    assert ran == ["scope", "law"]
    ran.clear()
    stale = [{"id": pack, "prev": DIGEST}]
    refused(yard, StaleHead, yard.maker, "unit.discarded", units=stale, reason="other")
    assert ran == ["scope"]
