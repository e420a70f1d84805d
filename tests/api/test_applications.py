"""Applications over HTTP: who sees them, which terms run, drafts, and whether it is proven who asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certification.application import EfirmaProof, application_bytes, format_efirma_proof
from certification.sealed import seal
from certification.store.drafts import DRAFTS_PER_PARTY_MAX
from ledger.domain.authorisation import ApplicationSubmitted
from ledger.domain.kinds import parse_payload
from ledger.domain.values import format_base64url, parse_instant
from tests.api.served import Served, open_served
from tests.certification.efirma_chain import COMPANY, PERSON, Efirma, Sat
from tests.yard import START, Actor

SAT = Sat()
DAY_S = 86_400
NOW = parse_instant(START)
SALT = bytes(range(16))
SCOPE = {"activities": ["recycling"], "waste_classes": ["RP"]}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    anchors = tmp_path / "anchors"
    anchors.mkdir()
    for name, certificate in (("root.cer", SAT.root), ("authority.cer", SAT.authority)):
        (anchors / name).write_bytes(certificate.public_bytes(Encoding.DER))
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}", efirma_anchors=anchors) as opened:
        yield opened


def efirma(**more: Any) -> Efirma:
    return SAT.company(**{"from_s": NOW - DAY_S, "to_s": NOW + 365 * DAY_S, **more})


def put_sealed(served: Served, actor: Actor, value: dict[str, str], readers: list[str]) -> str:
    commitment = seal(value, SALT)
    asked = {"salt": format_base64url(SALT), "value": value, "readers": readers}
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    assert served.client.put(f"/v1/sealed/{commitment}", json=asked, headers=headers).status_code == 201
    return commitment


def apply_signed(served: Served, signer: Efirma, **changed: Any) -> str:
    """The recycler asks SEMARNAT; ``changed`` is what it states otherwise than it signed."""
    yard, asker = served.yard, served.yard.recycler
    application = yard.new_id("apl")
    asked = {
        "application": application,
        "to": yard.semarnat.party,
        "asks": "grant",
        "person": "moral",
        "scope": SCOPE,
    }
    members = yard.members(asker, "application.submitted", **asked, identity="0" * 64)
    payload = parse_payload(members)
    assert isinstance(payload, ApplicationSubmitted)
    proof = EfirmaProof(signer.der, signer.sign(application_bytes(payload, str(served.services.home.trust.genesis))))
    identity = put_sealed(served, asker, format_efirma_proof(proof), [yard.semarnat.party])
    yard.say(asker, "application.submitted", **{**asked, **changed, "identity": identity})
    served.send()
    return application


def verdict(served: Served, application: str, actor: Actor) -> dict[str, Any]:
    answered = served.get(f"/v1/applications/{application}/identity", token=served.token(actor))
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def test_the_authority_and_the_applicant_see_who_signed_and_an_overseer_only_that_somebody_did(served: Served) -> None:
    yard = served.yard
    profepa = yard.new_authority("PROFEPA", ["inspect"])
    application = apply_signed(served, efirma())

    for actor in (yard.semarnat, yard.recycler):
        shown = verdict(served, application, actor)
        assert (shown["verified"], shown["refusal"]) == (True, None)
        assert (shown["identity"]["rfc"], shown["identity"]["kind"]) == (COMPANY, "moral")
    seen = verdict(served, application, profepa)
    assert (seen["verified"], seen["person"], seen["identity"]) == (True, "moral", None)
    assert (seen["revocation_known"], seen["party_known"]) == (False, False)
    assert served.get(f"/v1/applications/{application}/identity", token=served.token(yard.centre)).status_code == 404
    assert served.get(f"/v1/applications/{application}/identity").status_code == 401


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        ({"to_s": NOW - 1}, "efirma-expired"),
        ({"from_s": NOW + 3600}, "efirma-not-yet-valid"),
        ({"unit": "Sucursal"}, "efirma-csd"),
        ({"issuer": "AC UAT"}, "efirma-test"),
    ],
)
def test_what_is_no_efirma_is_refused_by_its_code(served: Served, signer: dict[str, Any], code: str) -> None:
    application = apply_signed(served, efirma(**signer))

    shown = verdict(served, application, served.yard.semarnat)
    assert (shown["verified"], shown["refusal"]["code"], shown["identity"]) == (False, code, None)


def test_what_was_signed_is_what_was_handed_in(served: Served) -> None:
    application = apply_signed(served, efirma(), scope={**SCOPE, "capacity_g_per_year": 10**9})

    assert verdict(served, application, served.yard.semarnat)["refusal"]["code"] == "efirma-signature-invalid"


def test_the_efirma_is_that_of_the_registered_party(served: Served) -> None:
    yard = served.yard
    for rfc, verified in ((PERSON, False), (COMPANY, True)):
        value = {"rfc": rfc, "name": "Recicladora Demo"}
        identity = put_sealed(served, yard.operator, value, [yard.recycler.party])
        yard.say(yard.operator, "party.changed", changed=yard.recycler.party, identity=identity)
        shown = verdict(served, apply_signed(served, efirma()), yard.semarnat)
        assert (shown["verified"], shown["party_known"]) == (verified, True)
        assert verified or shown["refusal"]["code"] == "efirma-other-rfc"


def test_what_was_erased_proves_nothing(served: Served) -> None:
    application = apply_signed(served, efirma())
    statement = parse_payload_of(served, application)
    headers = {"authorization": f"Bearer {served.token(served.yard.recycler)}"}
    assert served.client.delete(f"/v1/sealed/{statement['identity']}", headers=headers).status_code == 204

    shown = verdict(served, application, served.yard.semarnat)
    assert (shown["verified"], shown["refusal"]["code"]) == (False, "identity-missing")


def parse_payload_of(served: Served, application: str) -> dict[str, Any]:
    token = served.token(served.yard.semarnat)
    submitted = served.get(f"/v1/applications/{application}", token=token).json()["submitted"]
    statement: dict[str, Any] = served.get(f"/v1/events/{submitted}", token=token).json()["statement"]
    return statement


def test_nothing_of_the_persons_behind_an_application_is_in_the_log(served: Served) -> None:
    apply_signed(served, efirma())

    assert not any(
        text in raw for raw in served.yard.entries for text in (COMPANY.encode(), PERSON.encode(), b"DEMO SA")
    )


def listed(served: Served, actor: Actor, **query: Any) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answered = served.get(f"/v1/applications?{asked}", token=served.token(actor))
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def ids(page: dict[str, Any]) -> set[str]:
    return {row["application"] for row in page["applications"]}


def test_each_sees_the_applications_that_it_has_to_do_with(served: Served) -> None:
    yard = served.yard
    federal, own = yard.apply(yard.recycler), yard.apply(yard.centre)
    of_state = yard.apply(yard.centre, to=yard.state_agency)
    yard.require(own, answer_by="2025-01-20")
    served.send()

    assert ids(listed(served, yard.recycler)) == {federal}
    assert ids(listed(served, yard.centre)) == {own, of_state}
    assert ids(listed(served, yard.carrier)) == set()
    assert ids(listed(served, yard.semarnat)) == {federal, own, of_state}
    assert ids(listed(served, yard.semarnat, stage="information_required")) == {own}
    assert served.get("/v1/applications").status_code == 401
    assert served.get(f"/v1/applications/{federal}", token=served.token(yard.centre)).status_code == 404


def test_pages_hold_every_application_once(served: Served) -> None:
    yard = served.yard
    asked = {yard.apply(yard.recycler) for _ in range(5)}
    served.send()

    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listed(served, yard.recycler, limit=2, after=after)
        seen += [row["application"] for row in page["applications"]]
        after = page["next"]
    assert sorted(seen) == sorted(asked)


def test_a_term_that_lapsed_is_overdue_and_one_that_stands_still_is_not(served: Served) -> None:
    yard = served.yard
    waiting, stopped = yard.apply(yard.recycler), yard.apply(yard.recycler)
    of_state = yard.apply(yard.recycler, to=yard.state_agency)
    yard.require(stopped, answer_by="2025-12-01")
    served.send()
    token = served.token(yard.recycler)
    fresh = served.get(f"/v1/applications/{waiting}", token=token).json()
    served.pass_time(30 * DAY_S)
    late_for_requests = served.get(f"/v1/applications/{waiting}", token=served.token(yard.recycler)).json()
    served.pass_time(90 * DAY_S)

    assert ids(listed(served, yard.recycler, overdue="true")) == {waiting}
    assert [clock["name"] for clock in fresh["clocks"]] == ["decision", "information_request"]
    assert [clock["lapsed"] for clock in late_for_requests["clocks"]] == [False, True]
    assert (fresh["overdue"], late_for_requests["overdue"]) == (False, False)
    rows = {row["application"]: row["overdue"] for row in listed(served, yard.recycler)["applications"]}
    assert rows == {waiting: True, stopped: False, of_state: None}


def test_an_application_shows_its_terms_decision_and_timeline(served: Served) -> None:
    yard = served.yard
    application = yard.apply(yard.recycler)
    required = yard.require(application, answer_by="2025-01-20")
    yard.say(yard.recycler, "application.answered", application=application)
    granted = yard.decide(application)
    served.send()

    shown = served.get(f"/v1/applications/{application}", token=served.token(yard.recycler)).json()
    assert (shown["stage"], shown["required"]["event"], shown["clocks"]) == ("granted", required, [])
    assert shown["decided"]["event"] == shown["head"] == yard.head(f"act/{granted}")
    assert shown["decided"]["authorisation"] == granted
    assert [step["kind"] for step in shown["timeline"]] == [
        "application.submitted",
        "application.information_required",
        "application.answered",
        "authorisation.granted",
    ]
    assert shown["submitted"] == shown["timeline"][0]["event_id"]


def call(served: Served, method: str, path: str, actor: Actor, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {served.token(actor)}"}
    return served.client.request(method, path, headers=headers, **more)


def test_a_draft_is_its_partys_alone_until_it_is_deleted(served: Served) -> None:
    yard = served.yard
    application = yard.new_id("apl")
    path, members = f"/v1/drafts/{application}", {"asks": "grant", "scope": {"activities": ["recycling"]}}
    for kept in ({"asks": "renewal"}, members):
        assert call(served, "PUT", path, yard.recycler, json={"members": kept}).status_code == 204

    assert call(served, "GET", path, yard.recycler).json()["members"] == members
    assert [row["members"] for row in call(served, "GET", "/v1/drafts", yard.recycler).json()["drafts"]] == [members]
    for stranger in (yard.centre, yard.semarnat):
        assert call(served, "GET", path, stranger).status_code == 404
        assert call(served, "DELETE", path, stranger).status_code == 404
    assert [call(served, "DELETE", path, yard.recycler).status_code for _ in range(2)] == [204, 404]


def test_keys_that_only_carry_or_read_see_no_drafts(served: Served) -> None:
    yard = served.yard
    for roles, status in ((["prepare"], 200), (["transport"], 403), (["read"], 403)):
        key = yard.new_key()
        clerk = Actor(yard.recycler.party, key, yard.recycler.site)
        yard.enrol(clerk, roles=roles)
        served.send()
        assert call(served, "GET", "/v1/drafts", clerk).status_code == status, roles


def test_drafts_are_few_and_small_and_hold_what_a_statement_can_say(served: Served) -> None:
    yard = served.yard
    statuses = [
        call(served, "PUT", f"/v1/drafts/{yard.new_id('apl')}", yard.recycler, json={"members": {}}).status_code
        for _ in range(DRAFTS_PER_PARTY_MAX + 1)
    ]
    large = {"members": {"note": "x" * 61_440}}

    for body in (rb'{"members":{"a":"\ud800"}}', b'{"members":{"a":NaN}}', b'{"members":{"a":0.5}}'):
        path = f"/v1/drafts/{yard.new_id('apl')}"
        assert call(served, "PUT", path, yard.centre, content=body).status_code == 422
    assert statuses == [204] * DRAFTS_PER_PARTY_MAX + [422]
    assert call(served, "PUT", f"/v1/drafts/{yard.new_id('apl')}", yard.centre, json=large).status_code == 422
