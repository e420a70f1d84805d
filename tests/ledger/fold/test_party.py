from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.kinds import KINDS
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
from ledger.keys import SigningKey
from tests.ledger.fold.refusals import refused
from tests.ledger.fold.story import DIGEST, give_key
from tests.yard import START, Yard

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


def test_a_limited_key_neither_lifts_its_limits_nor_makes_keys_without_them() -> None:
    yard = Yard()
    limits = {"sites": [yard.maker.site]}
    key = give_key(yard, yard.maker, ["admin"], limits=limits)
    named: Members = {"enrolled_for": yard.maker.party, "kid": key.public.kid.hex(), "site": yard.maker.site}

    refused(yard, KeyNotInForce, yard.maker, "key.limited", key=key, **named, key_roles=["admin"], limits={})
    fresh = enrolment(yard, yard.maker.party, site=yard.maker.site)
    refused(yard, KeyNotInForce, yard.maker, "key.enrolled", key=key, **fresh)
    yard.say(yard.maker, "key.enrolled", **fresh)


def test_a_key_for_one_site_rules_over_no_other() -> None:
    yard = Yard()
    place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
    other = yard.new_id("sit")
    yard.say(yard.maker, "site.registered", registered=other, operated_by=yard.maker.party, place=place)
    key = give_key(yard, yard.maker, ["admin"], limits={"sites": [yard.maker.site]})
    here: Members = {"key": key, "site": yard.maker.site}
    new: Members = {"registered": yard.new_id("sit"), "operated_by": yard.maker.party, "place": place}

    refused(yard, KeyNotInForce, yard.maker, "site.changed", **here, changed=other, name="x")
    refused(yard, KeyNotInForce, yard.maker, "site.closed", **here, closed=other)
    refused(yard, KeyNotInForce, yard.maker, "site.registered", **here, **new)
    yard.say(yard.maker, "site.changed", **here, changed=yard.maker.site, name="Nave 1")


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


def one_time(yard: Yard, **limits: Any) -> Members:
    day = {"consignment": yard.new_id("con"), "not_before": START, "not_after": "2025-01-07T15:00:00Z"}
    return enrolment(yard, yard.maker.party, assurance="one_time_key", limits={**day, **limits})


def test_a_one_time_key_has_a_consignment_a_day_at_most_and_no_office() -> None:
    yard = Yard()
    good = one_time(yard)
    wrongs: list[Members] = [
        one_time(yard, consignment=None),
        one_time(yard, not_before=None),
        one_time(yard, not_after=None),
        one_time(yard, not_after="2025-01-07T15:00:01Z"),
        one_time(yard, not_after="2025-01-06T14:59:59Z"),
        {**good, "key_roles": ["custody", "admin"]},
        {**good, "key_roles": ["read"]},
        {**good, "assurance": "own_key"},
    ]

    for wrong in wrongs:
        with pytest.raises(MalformedStatement) as caught:
            yard.draft(yard.operator, "key.enrolled", **wrong)
        assert caught.value.field == "/limits"
    yard.say(yard.operator, "key.enrolled", **good)

    assert yard.state[f"key/{yard.maker.party}/{good['kid']}"]["assurance"] == "one_time_key"


def test_a_one_time_key_stays_one_and_no_other_becomes_one() -> None:
    yard = Yard()
    once, other = one_time(yard), enrolment(yard, yard.maker.party)
    for members in (once, other):
        yard.say(yard.operator, "key.enrolled", **members)
    named = {"enrolled_for": yard.maker.party, "kid": once["kid"], "key_roles": ["transport"]}

    refused(yard, NotConcerned, yard.maker, "key.limited", **named, limits={})
    late = {**once["limits"], "not_after": "2025-01-08T15:00:00Z"}
    refused(yard, NotConcerned, yard.maker, "key.limited", **named, limits=late)
    moved = {**once["limits"], "not_before": "2025-01-06T16:00:00Z", "not_after": "2025-01-07T15:30:00Z"}
    refused(yard, NotConcerned, yard.maker, "key.limited", **named, limits=moved)
    another = {**once["limits"], "consignment": yard.new_id("con")}
    refused(yard, NotConcerned, yard.maker, "key.limited", **named, limits=another)
    refused(yard, NotConcerned, yard.maker, "key.limited", **{**named, "kid": other["kid"]}, limits=once["limits"])
    yard.say(yard.maker, "key.limited", **named, limits=once["limits"])

    assert yard.state[f"key/{yard.maker.party}/{once['kid']}"]["roles"] == ["transport"]


def test_a_delegates_key_signs_for_the_party_and_rules_over_no_keys() -> None:
    yard = Yard()
    key = give_key(yard, yard.maker, ["admin", "custody"], acts=yard.centre.party)
    kid = key.public.kid.hex()
    assert f"delegation/{yard.centre.party}/{yard.maker.party}/{kid}" in yard.state

    fresh = enrolment(yard, yard.maker.party)
    refused(yard, KeyNotInForce, yard.maker, "key.enrolled", key=key, **fresh)
    own: Members = {"enrolled_for": yard.maker.party, "kid": kid}
    refused(yard, KeyNotInForce, yard.maker, "key.limited", key=key, **own, key_roles=["admin"], limits={})
    refused(yard, KeyNotInForce, yard.maker, "key.revoked", key=key, **own, reason="rotated")
    pack = yard.new_unit_id()
    yard.say(yard.maker, "unit.produced", key=key, units=[pack], description=yard.description())
    yard.say(yard.maker, "key.revoked", **own, reason="person_left")
    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=key, units=[pack])

    assert yard.unit(pack)["holder"] == yard.maker.party


def test_a_delegate_of_the_registrar_makes_keys_for_nobody() -> None:
    yard = Yard()
    key = yard.new_key()
    about = {"kid": key.public.kid.hex(), "spki": format_base64url(key.public.spki), "acts": yard.centre.party}
    yard.say_as_root("key.enrolled", enrolled_for=yard.operator.party, key_roles=["admin"], **about)

    refused(yard, KeyNotInForce, yard.operator, "key.enrolled", key=key, **enrolment(yard, yard.maker.party))


@pytest.mark.parametrize(
    ("changes", "field"), [({"acts": "maker"}, "/acts"), ({"key_roles": ["admin", "authority"]}, "/key_roles")]
)
def test_a_party_is_not_its_own_delegate_and_no_delegate_an_authority(changes: Members, field: str) -> None:
    yard = Yard()
    members = {**enrolment(yard, yard.maker.party, acts=yard.centre.party), **changes}
    if members["acts"] == "maker":
        members["acts"] = yard.maker.party

    with pytest.raises(MalformedStatement) as caught:
        yard.draft(yard.operator, "key.enrolled", **members)

    assert caught.value.field == field


@pytest.mark.parametrize("role", ["prepare", "read"])
def test_a_key_that_prepares_or_reads_signs_nothing(role: Any) -> None:
    yard = Yard()
    key = give_key(yard, yard.maker, [role])

    assert not [kind for kind, model in KINDS.items() if role in model.roles]
    refused(yard, KeyNotInForce, yard.maker, "unit.stolen", key=key, units=[yard.produce()])


@pytest.mark.parametrize("power", ["grant", "inspect", "order"])
def test_powers_over_a_territory_take_a_jurisdiction(power: str) -> None:
    yard = Yard()
    members = new_party(yard, form="authority", powers=["register"])
    yard.say_as_root("party.registered", **members)
    changed = {"changed": members["registered"], "powers": ["register", power]}

    with pytest.raises(MalformedStatement):
        yard.say_as_root("party.registered", **new_party(yard, form="authority", powers=[power]))
    with pytest.raises(MalformedStatement):
        yard.say_as_root("party.changed", **changed)
    yard.say_as_root("party.changed", **changed, jurisdiction={"code": "MX-NLE"})

    party = yard.state[f"party/{members['registered']}"]
    assert (party["powers"], party["jurisdiction"]) == (["register", power], "MX-NLE")


def test_the_root_alone_gives_a_jurisdiction_and_only_to_an_authority() -> None:
    yard = Yard()
    elsewhere: Members = {"jurisdiction": {"code": "MX-SON"}}

    refused(yard, NotConcerned, yard.operator, "party.changed", changed=yard.maker.party, **elsewhere)
    with pytest.raises(MalformedStatement):
        yard.say_as_root("party.changed", changed=yard.maker.party, **elsewhere)
    with pytest.raises(MalformedStatement):
        yard.draft(yard.operator, "party.registered", **new_party(yard, **elsewhere))
    yard.say_as_root("party.changed", changed=yard.state_agency.party, **elsewhere)

    assert yard.state[f"party/{yard.state_agency.party}"]["jurisdiction"] == "MX-SON"


@pytest.mark.parametrize("code", ["US", "MX-", "MX-nle", "MX-NLE-39", "MX-NLE-0390", "MX-039"])
def test_a_jurisdiction_is_the_federation_a_state_or_a_municipality(code: str) -> None:
    yard = Yard()
    members = new_party(yard, form="authority", powers=["inspect"], jurisdiction={"code": code})

    with pytest.raises(MalformedStatement):
        yard.draft(yard.operator, "party.registered", **members)


def test_two_people_on_one_phone_are_two_keys_of_which_one_may_go() -> None:
    yard = Yard()
    people = [yard.new_id("per") for _ in range(2)]
    leaving, staying = (give_key(yard, yard.maker, ["custody"], person=person) for person in people)
    packs = yard.produce(count=2)
    yard.say(yard.maker, "unit.placed_on_market", key=leaving, units=packs[:1])
    gone = {"enrolled_for": yard.maker.party, "kid": leaving.public.kid.hex(), "reason": "person_left"}
    yard.say(yard.maker, "key.revoked", **gone)

    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=leaving, units=packs[1:])
    yard.say(yard.maker, "unit.placed_on_market", key=staying, units=packs[1:])

    keys = [yard.state[f"key/{yard.maker.party}/{key.public.kid.hex()}"] for key in (leaving, staying)]
    assert [(key["person"], key["revoked"]) for key in keys] == [(people[0], True), (people[1], False)]
    assert [yard.unit(pack)["stage"] for pack in packs] == ["marketed", "marketed"]


def test_a_party_rotates_its_key_and_recovers_from_losing_all() -> None:
    yard = Yard()
    pack, other = yard.produce(count=2)
    first, second, third = yard.maker.key, yard.new_key(), yard.new_key()

    def enrolled(key: SigningKey) -> Members:
        spki = format_base64url(key.public.spki)
        roles = ["admin", "custody"]
        return {"enrolled_for": yard.maker.party, "kid": key.public.kid.hex(), "spki": spki, "key_roles": roles}

    yard.say(yard.maker, "key.enrolled", key=first, **enrolled(second))
    old = {"enrolled_for": yard.maker.party, "kid": first.public.kid.hex(), "reason": "rotated"}
    yard.say(yard.maker, "key.revoked", key=second, **old)
    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=first, units=[pack])
    yard.say(yard.maker, "unit.placed_on_market", key=second, units=[pack])
    assert yard.findings() == []

    # The phone with the only key is lost: the registrar makes another, which nobody overlooks.
    yard.say(yard.operator, "key.enrolled", **enrolled(third))
    lost = {"enrolled_for": yard.maker.party, "kid": second.public.kid.hex(), "reason": "lost"}
    yard.say(yard.maker, "key.revoked", key=third, **lost)
    refused(yard, KeyNotInForce, yard.maker, "unit.placed_on_market", key=second, units=[other])
    yard.say(yard.maker, "unit.placed_on_market", key=third, units=[other])

    assert [finding["requirement"] for finding in yard.findings()] == ["key-from-registrar"]
    assert yard.unit(other)["stage"] == "marketed"
