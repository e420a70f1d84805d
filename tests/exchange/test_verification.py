from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from exchange.did import did_document
from exchange.securing import Issuer, sign_vc_jwt
from exchange.status_list import LIST_VALID_S, PURPOSES
from exchange.verification import CredentialVerdict, verify_credential
from ledger.errors import ProofInvalid, SignatureInvalid
from ledger.keys import SigningKey
from tests.exchange.issued import BASE, Desk
from tests.yard import Yard


@pytest.fixture
def desk() -> Desk:
    return Desk(Yard())


@pytest.fixture
def permit(desk: Desk) -> str:
    return desk.yard.permit(desk.yard.recycler, "recycling")


def token_of(desk: Desk, members: dict[str, Any], issuer: Issuer | None = None) -> str:
    return sign_vc_jwt(issuer or desk.issuer, members, now=desk.yard.now)


def verify(desk: Desk, token: str, lists: list[str], *, later_s: int = 0) -> CredentialVerdict:
    document = did_document(BASE, [desk.key.public])
    return verify_credential(token, document, lists, now=desk.yard.now + later_s)


def test_a_credential_and_its_lists_are_checked_without_the_ledger(desk: Desk, permit: str) -> None:
    token = token_of(desk, desk.document(permit))

    verdict = verify(desk, token, [token_of(desk, desk.status_list(purpose)) for purpose in PURPOSES])

    assert verdict.ok
    assert verdict.credential == desk.document(permit)
    assert (verdict.statuses, verdict.unchecked) == ({"revocation": False, "suspension": False}, ())


@pytest.mark.parametrize(("kind", "purpose"), [("revoked", "revocation"), ("suspended", "suspension")])
def test_a_status_that_applies_is_told(desk: Desk, permit: str, kind: str, purpose: str) -> None:
    token = token_of(desk, desk.document(permit))
    desk.yard.rule(permit, kind)

    verdict = verify(desk, token, [token_of(desk, desk.status_list(purpose))])

    assert not verdict.ok
    assert verdict.statuses == {purpose: True}
    assert len(verdict.unchecked) == 1


def test_a_credential_outside_its_days_is_not_ok(desk: Desk, permit: str) -> None:
    desk.yard.now -= 400 * 86_400
    assert not verify(desk, token_of(desk, desk.document(permit)), []).valid_now
    desk.yard.now += 40 * 366 * 86_400
    assert not verify(desk, token_of(desk, desk.document(permit)), []).ok


def test_an_old_list_does_not_hide_a_revocation(desk: Desk, permit: str) -> None:
    token, clean = token_of(desk, desk.document(permit)), token_of(desk, desk.status_list("revocation"))

    assert verify(desk, token, [clean], later_s=LIST_VALID_S).ok
    with pytest.raises(ProofInvalid):
        verify(desk, token, [clean], later_s=LIST_VALID_S + 1)


def test_a_list_by_another_hand_is_refused(desk: Desk, permit: str) -> None:
    forger = replace(desk.issuer, key=SigningKey.generate())
    token = token_of(desk, desk.document(permit))

    with pytest.raises(SignatureInvalid):
        verify(desk, token, [token_of(desk, desk.status_list("revocation"), forger)])


def test_a_credential_is_no_status_list(desk: Desk, permit: str) -> None:
    token = token_of(desk, desk.document(permit))

    with pytest.raises(ProofInvalid):
        verify(desk, token, [token])


@pytest.mark.parametrize(
    "status", ["x", [None], [{}], {"statusPurpose": 1, "statusListCredential": "x"}, {"statusPurpose": "revocation"}]
)
def test_a_status_that_cannot_be_read_is_not_passed_over(desk: Desk, permit: str, status: Any) -> None:
    with pytest.raises(ProofInvalid):
        verify(desk, token_of(desk, {**desk.document(permit), "credentialStatus": status}), [])


@pytest.mark.parametrize("days", [{"validFrom": None}, {"validUntil": "for ever"}])
def test_a_credential_that_does_not_say_when_it_is_valid_is_refused(
    desk: Desk, permit: str, days: dict[str, Any]
) -> None:
    with pytest.raises(ProofInvalid):
        verify(desk, token_of(desk, {**desk.document(permit), **days}), [])
