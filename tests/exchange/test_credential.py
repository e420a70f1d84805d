from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from openvc.errors import OpenvcError
from openvc.status import CredentialRevoked, CredentialSuspended

from exchange.credential import CONTEXTS
from ledger.domain.values import parse_instant
from tests.exchange.issued import BASE, Desk, altered, leaves
from tests.yard import Yard


@pytest.fixture
def desk() -> Desk:
    return Desk(Yard())


@pytest.fixture
def permit(desk: Desk) -> str:
    yard = desk.yard
    return yard.permit(yard.recycler, "collection", "recycling", sites=[yard.recycler.site], chemistries=["LFP"])


def test_a_foreign_verifier_takes_the_credential(desk: Desk, permit: str) -> None:
    verified = desk.verify(desk.proved(permit))

    assert verified.issuer == "did:web:ledger.example"
    assert verified.subject == f"{BASE}/v1/authorisations/{permit}"
    assert verified.status is not None
    assert not verified.status.revoked
    assert not verified.status.suspended


def test_a_credential_altered_in_any_field_fails_in_a_foreign_verifier(desk: Desk, permit: str) -> None:
    proved = desk.proved(permit)
    # The proof repeats the context of the credential, and this verifier reads the credential's own.
    paths = [path for path in leaves(proved) if path[:2] != ("proof", "@context")]

    passed = []
    for path in paths:
        try:
            desk.verify(altered(proved, path))
        except OpenvcError:
            continue
        passed.append(path)

    assert len(paths) > 80
    assert passed == []


def test_a_member_that_is_added_or_taken_away_is_seen(desk: Desk, permit: str) -> None:
    proved = desk.proved(permit)

    for name in proved:
        with pytest.raises(OpenvcError):
            desk.verify({kept: member for kept, member in proved.items() if kept != name})
    with pytest.raises(OpenvcError):
        desk.verify({**proved, "description": "more than was said"})


def test_a_revocation_is_seen_through_the_status_list_at_once(desk: Desk, permit: str) -> None:
    shown = desk.proved(permit)

    desk.yard.rule(permit, "revoked")

    with pytest.raises(CredentialRevoked):
        desk.verify(shown)


def test_a_suspension_is_seen_until_it_ends(desk: Desk, permit: str) -> None:
    shown = desk.proved(permit)

    desk.yard.rule(permit, "suspended")
    with pytest.raises(CredentialSuspended):
        desk.verify(shown)
    desk.yard.rule(permit, "reinstated")

    assert desk.verify(shown).status is not None


@pytest.mark.parametrize(("kind", "refusal"), [("suspended", CredentialSuspended), ("revoked", CredentialRevoked)])
def test_what_a_court_stays_is_not_in_the_list_while_the_stay_holds(
    desk: Desk, permit: str, kind: str, refusal: type[OpenvcError]
) -> None:
    shown = desk.proved(permit)
    ruling = desk.yard.rule(permit, kind)

    court: dict[str, Any] = {"authorisation": permit, "from_on": desk.day, "file": "1/2025"}
    authority = desk.yard.granter(permit)
    desk.yard.say(authority, "authorisation.stayed", **court, stays=ruling, court="Juzgado Demo")
    stayed = desk.proved(permit)
    assert desk.verify(shown).status is not None
    assert desk.verify(stayed).credential["credentialSubject"]["permit"]["court"] == "Juzgado Demo"
    desk.yard.say(authority, "authorisation.stay_lifted", **court)

    with pytest.raises(refusal):
        desk.verify(shown)


def test_a_permit_of_another_is_not_marked(desk: Desk, permit: str) -> None:
    other = desk.proved(desk.yard.permit(desk.yard.centre, "collection"))

    desk.yard.rule(permit, "revoked")

    assert desk.verify(other).status is not None


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("changed", {"scope": {"activities": ["collection"], "waste_classes": ["RME"]}}),
        ("renewed", {"to_on": "2036-01-01"}),
    ],
)
def test_a_credential_that_says_what_is_over_is_revoked(
    desk: Desk, permit: str, kind: str, members: dict[str, Any]
) -> None:
    before = desk.proved(permit)

    desk.yard.rule(permit, kind, **members)

    with pytest.raises(CredentialRevoked):
        desk.verify(before)
    assert desk.verify(desk.proved(permit)).status is not None


def test_after_a_transfer_the_former_holder_has_nothing_to_show(desk: Desk, permit: str) -> None:
    before = desk.proved(permit)

    desk.yard.rule(permit, "transferred", to=desk.yard.centre.party)

    with pytest.raises(CredentialRevoked):
        desk.verify(before)
    after = desk.verify(desk.proved(permit)).credential
    assert after["credentialSubject"]["issuedToParty"]["name"] == "Acopio Demo, S.A. de C.V."


def test_an_act_that_takes_effect_later_changes_nothing_before(desk: Desk, permit: str) -> None:
    shown = desk.proved(permit)

    desk.yard.rule(permit, "revoked", from_on="2025-01-07")

    assert desk.verify(shown).status is not None
    desk.day = "2025-01-07"
    with pytest.raises(CredentialRevoked):
        desk.verify(shown)


def test_a_change_that_takes_effect_later_replaces_nothing_before(desk: Desk, permit: str) -> None:
    shown = desk.proved(permit)
    narrower = {"activities": ["collection"], "waste_classes": ["RME"]}

    desk.yard.rule(permit, "changed", from_on="2025-01-07", scope=narrower)

    assert desk.verify(shown).status is not None
    assert desk.proved(permit) == shown
    desk.day = "2025-01-07"
    with pytest.raises(CredentialRevoked):
        desk.verify(shown)
    after = desk.proved(permit)
    assert after["credentialSubject"]["permit"]["activities"] == ["collection"]
    assert after["validFrom"] == "2025-01-07T06:00:00Z"


def test_it_is_valid_on_its_first_and_last_day_in_the_capital(desk: Desk, permit: str) -> None:
    proved = desk.proved(permit)

    assert proved["validFrom"] == "2024-01-01T06:00:00Z"
    assert proved["validUntil"] == "2034-01-02T05:59:59Z"
    desk.yard.now = parse_instant(proved["validUntil"]) + 3600
    with pytest.raises(OpenvcError):
        desk.verify(proved)


def test_the_same_log_and_day_give_the_same_credential(desk: Desk, permit: str) -> None:
    assert json.dumps(desk.document(permit)) == json.dumps(desk.document(permit))
    assert desk.proved(permit) == desk.proved(permit)


def test_all_that_a_permit_says_is_in_it(desk: Desk) -> None:
    yard = desk.yard
    permit = yard.permit(
        yard.carrier,
        "transport",
        chemistries=["NMC622", "LFP"],
        conditions=["damaged"],
        sites=[yard.carrier.site],
        wastes=["RME-01"],
        modes=["road"],
        capacity_g_per_year=5_000_000,
        storage_capacity_g=1_000,
    )

    subject = desk.document(permit)["credentialSubject"]

    assert subject["permit"] == {
        "authorisation": permit,
        "number": yard.act(permit)["number"],
        "event": yard.act(permit)["head"],
        "day": "2025-01-06",
        "standing": "in-force",
        "holder": {"party": yard.carrier.party, "form": "moral", "name": "Transportes Demo, S.A. de C.V."},
        "authority": subject["permit"]["authority"],
        "only_transcribed": False,
        "claimed": False,
        "said_from": "2024-01-01",
        "from_on": "2024-01-01",
        "to_on": "2034-01-01",
        "oficio": "DGGIMAR.710/000001",
        "notified_on": "2024-01-01",
        "activities": ["transport"],
        "waste_classes": ["RME"],
        "wastes": ["RME-01"],
        "chemistries": ["NMC622", "LFP"],
        "conditions": ["damaged"],
        "modes": ["road"],
        "sites": [{"site": yard.carrier.site, "state": "19", "municipality": "039"}],
        "capacity_g_per_year": 5_000_000,
        "storage_capacity_g": 1_000,
    }
    assert subject["authorisation"][0]["issuingAuthority"]["registeredId"] == yard.state_agency.party
    assert subject["auditableEvidence"]["linkURL"] == f"{BASE}/v1/events/{yard.act(permit)['head']}/receipt"


def test_what_was_only_transcribed_is_nobodys_approval(desk: Desk) -> None:
    yard = desk.yard
    permit = yard.new_id("aut")
    yard.say_as_root("party.changed", changed=yard.operator.party, powers=["register", "transcribe"])
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=permit,
        holder=yard.recycler.party,
        number="19-39-PS-0001-2024",
        scope={"activities": ["recycling"], "waste_classes": ["RME"]},
        from_on="2024-01-01",
        to_on="2034-01-01",
        transcribed={"source": "Padrón Demo", "listed_on": "2024-12-01"},
    )

    subject = desk.document(permit)["credentialSubject"]

    assert subject["permit"]["only_transcribed"] is True
    assert (subject["permit"]["source"], subject["permit"]["listed_on"]) == ("Padrón Demo", "2024-12-01")
    assert (subject["assessmentLevel"], subject["assessorLevel"]) == ("Unspecified", "Unspecified")
    assert subject["authorisation"] == []
    assert subject["assessment"][0]["conformance"] is False


def test_a_natural_person_has_no_name_in_it(desk: Desk) -> None:
    yard = desk.yard
    person = yard.new_party(None, form="fisica")
    yard.say(yard.operator, "site.changed", changed=person.site, name="Taller de Juana Pérez")
    permit = yard.permit(person, "collection", sites=[person.site])

    document = desk.document(permit)

    assert document["credentialSubject"]["issuedToParty"]["name"] == "Persona física"
    assert "Juana" not in json.dumps(document, ensure_ascii=False)


def test_a_permit_that_is_not_in_force_does_not_conform(desk: Desk, permit: str) -> None:
    assert desk.document(permit)["credentialSubject"]["assessment"][0]["conformance"] is True
    desk.yard.rule(permit, "suspended")
    assert desk.document(permit)["credentialSubject"]["assessment"][0]["conformance"] is False


def test_it_has_the_members_that_the_data_model_asks_for(desk: Desk, permit: str) -> None:
    document = desk.document(permit)

    assert document["@context"] == list(CONTEXTS)
    assert CONTEXTS[0] == "https://www.w3.org/ns/credentials/v2"
    assert "VerifiableCredential" in document["type"]
    assert document["issuer"]["id"].startswith("did:web:")
    assert [entry["statusPurpose"] for entry in document["credentialStatus"]] == ["revocation", "suspension"]
    assert datetime.fromisoformat(document["validFrom"]) < datetime.fromisoformat(document["validUntil"])
    assert datetime.fromisoformat(document["validFrom"]).tzinfo == UTC
