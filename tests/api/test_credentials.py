from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from openvc.errors import OpenvcError
from openvc.status import CredentialRevoked, CredentialSuspended
from openvc.verify import VerificationPolicy, VerificationResult, verify_credential
from starlette.testclient import TestClient

from api.app import create_app
from exchange.securing import VC, VC_JWT, verify_vc_jwt
from exchange.verification import CredentialVerdict
from exchange.verification import verify_credential as verify_offline
from ledger.keys import SigningKey, write_key_file
from tests.api.served import BASE_URL, Served, open_served
from tests.exchange.issued import altered, leaves

UNKNOWN = f"aut_{'a' * 26}"


@pytest.fixture
def permit(served: Served) -> str:
    authorisation = served.yard.permit(served.yard.recycler, "recycling", sites=[served.yard.recycler.site])
    served.send()
    return authorisation


def fetch_json(served: Served, url: str) -> dict[str, Any]:
    """The web as a foreign verifier sees it: this one server."""
    assert url.startswith(BASE_URL)
    answered = served.get(url.removeprefix(BASE_URL), accept=f"{VC}, application/json;q=0.9")
    assert answered.status_code == 200, answered.text
    members: dict[str, Any] = answered.json()
    return members


def verify_abroad(served: Served, credential: dict[str, Any]) -> VerificationResult:
    """As a foreign verifier does who knows the credential alone: it fetches all else where that points to."""
    now = datetime.fromtimestamp(served.clock.now(), UTC)
    resolver = DidResolverRegistry([DidWebResolver(lambda url: fetch_json(served, url))])

    def fetch_list(url: str) -> dict[str, Any]:
        unchecked = VerificationPolicy(require_status=False, now=now)
        return verify_credential(fetch_json(served, url), resolver=resolver, policy=unchecked).credential

    policy = VerificationPolicy(now=now, require_status_issuer_binding=True)
    return verify_credential(credential, resolver=resolver, policy=policy, resolve_status_list=fetch_list)


def credential_of(served: Served, authorisation: str) -> dict[str, Any]:
    return fetch_json(served, f"{BASE_URL}/v1/authorisations/{authorisation}/credential")


def rule(served: Served, authorisation: str, kind: str, **members: Any) -> None:
    """The authority rules."""
    served.yard.rule(authorisation, kind, **members)
    served.send()


def test_a_foreign_verifier_takes_the_credential_and_finds_all_that_it_needs(served: Served, permit: str) -> None:
    verified = verify_abroad(served, credential_of(served, permit))

    assert verified.issuer == "did:web:ledger.test"
    assert verified.credential["issuer"]["name"] == "Operador Demo, A.C."
    assert verified.credential["credentialSubject"]["permit"]["authorisation"] == permit


def test_an_altered_credential_fails_in_the_foreign_verifier(served: Served, permit: str) -> None:
    credential = credential_of(served, permit)

    for path in [path for path in leaves(credential) if path[0] == "credentialSubject"]:
        with pytest.raises(OpenvcError):
            verify_abroad(served, altered(credential, path))


@pytest.mark.parametrize(("kind", "refusal"), [("suspended", CredentialSuspended), ("revoked", CredentialRevoked)])
def test_the_status_list_says_at_once_what_the_authority_ruled(
    served: Served, permit: str, kind: str, refusal: type[OpenvcError]
) -> None:
    shown = credential_of(served, permit)
    assert verify_abroad(served, shown).status is not None

    rule(served, permit, kind)

    with pytest.raises(refusal):
        verify_abroad(served, shown)
    assert served.get(f"/v1/authorisations/{permit}/check").json()["holds"] is False


def test_a_suspension_that_ended_is_no_longer_in_the_list(served: Served, permit: str) -> None:
    shown = credential_of(served, permit)
    rule(served, permit, "suspended")
    rule(served, permit, "reinstated")

    assert verify_abroad(served, shown).status is not None


def test_a_transferred_permit_leaves_nothing_valid_behind(served: Served, permit: str) -> None:
    shown = credential_of(served, permit)
    rule(served, permit, "transferred", to=served.yard.centre.party)

    with pytest.raises(CredentialRevoked):
        verify_abroad(served, shown)
    again = verify_abroad(served, credential_of(served, permit)).credential
    assert again["credentialSubject"]["issuedToParty"]["registeredId"] == served.yard.centre.party


def test_the_token_is_checked_with_files_alone(served: Served, permit: str) -> None:
    rule(served, permit, "suspended")

    verdict = checked_offline(served, permit)

    assert (verdict.valid_now, verdict.unchecked) == (True, ())
    assert verdict.statuses == {"revocation": False, "suspension": True}


def checked_offline(served: Served, authorisation: str) -> CredentialVerdict:
    token = served.get(f"/v1/authorisations/{authorisation}/credential").text
    document = served.get("/.well-known/did.json").json()
    entries = verify_vc_jwt(token, document)["credentialStatus"]
    lists = [served.get(entry["statusListCredential"].removeprefix(BASE_URL)).text for entry in entries]
    return verify_offline(token, document, lists, now=served.clock.now())


def test_the_forms_have_their_own_media_types(served: Served, permit: str) -> None:
    path = f"/v1/authorisations/{permit}/credential"

    assert served.get(path).headers["content-type"] == VC_JWT
    assert served.get(path, accept=VC).headers["content-type"] == VC
    assert served.get(path, accept="text/html").status_code == 406
    certificate = served.get(f"/v1/authorisations/{permit}/certificate?lang=en")
    assert certificate.headers["content-type"] == "application/pdf"
    assert certificate.content.startswith(b"%PDF")
    assert b"/Lang (en)" in certificate.content
    assert served.get(f"/v1/authorisations/{permit}/certificate?lang=fr").status_code == 422


def test_the_check_says_what_the_credential_says(served: Served, permit: str) -> None:
    checked = served.get(f"/v1/authorisations/{permit}/check").json()
    credential = credential_of(served, permit)

    assert checked["holds"] is True
    assert checked["permit"] == credential["credentialSubject"]["permit"]
    assert checked["status"] == credential["credentialStatus"]
    assert checked["links"]["page"] == f"{BASE_URL}/autorizaciones/{permit}"
    event = served.get(checked["links"]["event"].removeprefix(BASE_URL)).json()
    assert event["index"] == int(checked["status"][0]["statusListIndex"])
    assert event["kind"] == "authorisation.granted"


@pytest.mark.parametrize("what", ["credential", "certificate", "check"])
def test_what_the_ledger_does_not_know_is_not_certified(served: Served, what: str) -> None:
    assert served.get(f"/v1/authorisations/{UNKNOWN}/{what}").status_code == 404


def test_a_case_is_no_authorisation(served: Served, permit: str) -> None:
    assert served.get(f"/v1/authorisations/{permit.replace('aut_', 'cas_')}/check").status_code == 422


@pytest.mark.parametrize(
    ("path", "status"), [("revocation/0", 200), ("revocation/1", 404), ("refusal/0", 422), ("suspension/-1", 422)]
)
def test_there_are_lists_for_the_entries_of_the_log_alone(served: Served, path: str, status: int) -> None:
    assert served.get(f"/credentials/status/{path}").status_code == status


def test_a_list_served_before_says_the_next_moment_what_was_recorded(served: Served, permit: str) -> None:
    def bits() -> str:
        listed = fetch_json(served, f"{BASE_URL}/credentials/status/revocation/0")
        encoded: str = listed["credentialSubject"]["encodedList"]
        return encoded

    before = bits()
    served.yard.rule(permit, "revoked")
    served.send()

    assert bits() != before


def test_a_server_of_a_home_without_the_key_makes_one_and_keeps_it(tmp_path: Path) -> None:
    with open_served(tmp_path, f"sqlite:///{tmp_path / 'ledger.sqlite'}") as served:
        first = served.get("/.well-known/did.json").json()
        assert served.get("/did.json").json() == first
        assert served.services.home.open_credential_key().public == served.services.credential_key.public


def test_another_key_proves_nothing(served: Served, permit: str) -> None:
    credential = credential_of(served, permit)
    path = served.settings.home / "keys" / "credential.pem"
    path.unlink()
    write_key_file(path, SigningKey.generate(), None)

    app = create_app(served.settings.model_copy(update={"publish": False}), served.clock)
    with TestClient(app, base_url=BASE_URL) as client:
        reopened = replace(served, client=client)
        with pytest.raises(OpenvcError):
            verify_abroad(reopened, credential)
        assert verify_abroad(reopened, credential_of(reopened, permit)).status is not None


def test_no_answer_holds_a_name_of_a_natural_person(served: Served) -> None:
    person = served.yard.new_party(None, form="fisica")
    served.yard.say(served.yard.operator, "site.changed", changed=person.site, name="Taller de Juana Pérez")
    permit = served.yard.permit(person, "collection", sites=[person.site])
    served.send()

    for what in ("credential", "check"):
        told = json.dumps(fetch_json(served, f"{BASE_URL}/v1/authorisations/{permit}/{what}"), ensure_ascii=False)
        assert "Juana" not in told
        assert person.party in told
