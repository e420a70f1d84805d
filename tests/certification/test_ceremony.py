from __future__ import annotations

from typing import Any

import pytest

from certification.ceremony import (
    Occasion,
    authorisation_granted,
    genesis,
    key_enrolled,
    party_registered,
    sign_root_act,
    site_registered,
    statement,
)
from certification.directory import Query, directory
from certification.sealed import seal
from compliance.rulebook import CURRENT
from ledger.domain.values import format_uuid7
from ledger.errors import KeyNotInForce, MalformedStatement, NotConcerned, TransitionNotAllowed
from ledger.event import sign_event
from tests.yard import ORIGIN, Actor, Yard


class Founded(Yard):
    """A yard whose genesis the ceremony composed: three root keys, of which any two act."""

    def genesis(self) -> bytes:
        members = genesis(
            self.occasion(self.root_party),
            origin=ORIGIN,
            operator=self.operator.party,
            operator_name="Operador Demo, A.C.",
            root=[key.public for key in self.roots],
            threshold=2,
            clock=self.clock_key.public,
            recorder=self.recorder_key.public,
            checkpoint=[f"{ORIGIN}+00000000+AAAA"],
            rules_version=CURRENT.version,
        )
        return sign_event(self.roots[0], members)

    def occasion(self, party: str) -> Occasion:
        return Occasion(party, self.now, format_uuid7(self.now * 1000, self.random.randbytes(10)))

    def state_as(self, actor: Actor, members: dict[str, Any]) -> str:
        return self.record(sign_event(actor.key, members))

    def new_actor(self) -> Actor:
        return Actor(self.new_id("pty"), self.new_key(), self.new_id("sit"))


@pytest.fixture
def yard() -> Founded:
    return Founded(rules=CURRENT)


def test_genesis_names_the_root_its_threshold_and_the_rules(yard: Founded) -> None:
    assert yard.state["root"] == {"threshold": 2, "kids": [key.public.kid.hex() for key in yard.roots]}
    assert yard.state["rules"] == {"version": CURRENT.version}
    assert yard.state["ledger"]["operator"] == yard.operator.party
    assert yard.state["online"]["clock"] == yard.clock_key.public.kid.hex()


def test_a_root_act_takes_effect_with_the_second_of_three_keys(yard: Founded) -> None:
    profepa = yard.new_actor()
    members = party_registered(
        yard.occasion(yard.root_party),
        profepa.party,
        form="authority",
        name="PROFEPA (demo)",
        powers=["inspect"],
        jurisdiction="MX",
    )
    first, second, third = sign_root_act(yard.roots, members)

    yard.record(first)
    assert f"party/{profepa.party}" not in yard.state

    yard.record(third)
    assert yard.state[f"party/{profepa.party}"]["powers"] == ["inspect"]
    with pytest.raises(TransitionNotAllowed):
        yard.record(second)


def test_an_authority_of_a_state_has_that_jurisdiction(yard: Founded) -> None:
    agency = yard.new_actor()
    members = party_registered(
        yard.occasion(yard.root_party),
        agency.party,
        form="authority",
        name="Agencia estatal (demo)",
        powers=["grant"],
        jurisdiction="MX-NLE",
    )
    for raw in sign_root_act(yard.roots[:2], members):
        yard.record(raw)

    assert yard.state[f"party/{agency.party}"]["jurisdiction"] == "MX-NLE"


def test_one_root_key_alone_cannot_act_by_signing_twice(yard: Founded) -> None:
    members = party_registered(
        yard.occasion(yard.root_party),
        yard.new_id("pty"),
        form="authority",
        name="SEMARNAT",
        powers=["grant"],
        jurisdiction="MX",
    )
    [raw] = sign_root_act(yard.roots[:1], members)
    yard.record(raw)

    with pytest.raises(TransitionNotAllowed):
        yard.record(raw)


def test_the_operator_makes_no_authorities(yard: Founded) -> None:
    members = party_registered(
        yard.occasion(yard.operator.party),
        yard.new_id("pty"),
        form="authority",
        name="SEMARNAT",
        powers=["grant"],
        jurisdiction="MX",
    )

    with pytest.raises(NotConcerned):
        yard.state_as(yard.operator, members)


def test_a_party_with_site_key_and_transcribed_permit_is_in_the_directory(yard: Founded) -> None:
    yard_owner, operator = yard.new_actor(), yard.operator
    assert yard_owner.site is not None
    place = {"state": "27", "municipality": "004", "time_zone": "America/Mexico_City"}
    scope = {"activities": ["collection"], "waste_classes": ["RME"], "sites": [yard_owner.site]}
    source = {"source": "Empresas autorizadas", "listed_on": "2025-01-02"}
    identity = seal({"name": "Ana Ejemplo", "rfc": "XEXX010101000"}, yard.random.randbytes(16))
    for members in (
        party_registered(yard.occasion(operator.party), yard_owner.party, form="fisica", identity=identity),
        site_registered(
            yard.occasion(operator.party), yard_owner.site, operated_by=yard_owner.party, place=place, name="Patio 1"
        ),
        key_enrolled(yard.occasion(operator.party), yard_owner.party, yard_owner.key.public, ["custody"]),
        authorisation_granted(
            yard.occasion(operator.party),
            yard.new_id("aut"),
            holder=yard_owner.party,
            number="27-004-PS-II-0001-2024",
            scope=scope,
            from_on="2024-01-01",
            to_on="2034-01-01",
            transcribed=source,
        ),
    ):
        yard.state_as(operator, members)

    [row] = directory(yard.state.items(), Query(on="2025-01-06"))

    assert row.site is not None
    assert (row.name, row.permit.scope["activities"], row.site.name) == (None, ["collection"], "Patio 1")
    assert yard.state[f"party/{yard_owner.party}"]["identity"] == identity


def test_a_natural_person_with_a_name_in_the_log_is_refused(yard: Founded) -> None:
    occasion = yard.occasion(yard.operator.party)

    with pytest.raises(MalformedStatement):
        yard.state_as(yard.operator, party_registered(occasion, yard.new_id("pty"), form="fisica", name="Ana Ejemplo"))


def test_a_name_cannot_be_given_to_a_natural_person_later(yard: Founded) -> None:
    person = yard.new_party(None, form="fisica")
    prev = yard.head(f"party/{person.party}")
    occasion = yard.occasion(yard.operator.party)

    with pytest.raises(MalformedStatement):
        yard.state_as(
            yard.operator, statement(occasion, "party.changed", changed=person.party, prev=prev, name="Ana Ejemplo")
        )

    assert "name" not in yard.state[f"party/{person.party}"]


def test_a_key_is_rotated_by_enrolling_the_next_and_revoking_the_last(yard: Founded) -> None:
    centre, successor = yard.centre, yard.new_key()
    yard.state_as(centre, key_enrolled(yard.occasion(centre.party), centre.party, successor.public, ["custody"]))
    revocation = statement(
        yard.occasion(centre.party),
        "key.revoked",
        enrolled_for=centre.party,
        kid=centre.kid,
        prev=yard.head(f"key/{centre.party}/{centre.kid}"),
        reason="rotated",
    )
    yard.state_as(centre, revocation)

    with pytest.raises(KeyNotInForce):
        yard.produce(centre)
    pack = yard.produce(Actor(centre.party, successor))

    assert yard.unit(pack)["holder"] == centre.party


def test_a_key_of_one_site_signs_nothing_for_another(yard: Founded) -> None:
    gate = yard.new_key()
    occasion, limits = yard.occasion(yard.centre.party), {"sites": [yard.centre.site]}
    yard.state_as(yard.centre, key_enrolled(occasion, yard.centre.party, gate.public, ["custody"], limits=limits))

    with pytest.raises(KeyNotInForce):
        yard.produce(Actor(yard.centre.party, gate))
    pack, what = yard.new_unit_id(), yard.description()
    yard.say(yard.centre, "unit.produced", key=gate, units=[pack], description=what, site=yard.centre.site)

    assert yard.unit(pack)["site"] == yard.centre.site


def test_a_statement_says_null_only_of_its_previous_event(yard: Founded) -> None:
    members = statement(yard.occasion(yard.maker.party), "batch.fed", batch="bch", prev=None, site=None)

    assert members.keys() == {"v", "kind", "id", "occurred_at", "party", "batch", "prev"}
