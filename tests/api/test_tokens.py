from __future__ import annotations

from typing import Any

import pytest

from api.limits import CLOCK_SKEW_S, TOKEN_TTL_S_MAX
from api.refusals import CredentialInvalid
from api.server_secret import open_secret
from api.tokens import Grant, TokenIssuer, UsedAssertions
from ledger.errors import KeyUnusable, Unavailable
from ledger.keys import Algorithm, SigningKey
from tests.api.served import BASE_URL, Served
from tests.yard import Actor


def refused(served: Served, assertion: str, **form: str) -> tuple[int, str]:
    answered = served.ask_token(assertion, **form)
    assert answered.headers["content-type"] == "application/problem+json"
    return answered.status_code, answered.json()["type"].rpartition("/")[2]


INVALID = (401, "credential-invalid")


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_an_enrolled_key_gets_a_token(served: Served, alg: str) -> None:
    answered = served.ask_token(served.assertion(served.yard.maker, alg=alg))

    members = answered.json()
    assert answered.status_code == 200
    assert (members["token_type"], members["expires_in"], members["scope"]) == ("Bearer", TOKEN_TTL_S_MAX, "read")
    assert answered.headers["cache-control"] == "no-store"


def test_a_key_on_p256_gets_a_token(served: Served) -> None:
    yard = served.yard
    phone = Actor(yard.maker.party, SigningKey.generate(Algorithm.ES256))
    yard.enrol(phone, roles=["read"])
    served.send()

    assert served.ask_token(served.assertion(phone)).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://another.example"},
        {"aud": None},
        {"iss": "pty_aaaaaaaaaaaaaaaaaaaaaaaaaa"},
        {"iss": None},
        {"jti": None},
        {"exp": None},
        {"exp": 0},
        {"nbf": 2**40},
        {"exp": float("inf")},
        {"jti": ["a"]},
        {"jti": 7},
    ],
    ids=lambda claims: "-".join(f"{name}={value}" for name, value in claims.items()),
)
def test_an_assertion_must_say_who_to_whom_and_until_when(served: Served, claims: dict[str, Any]) -> None:
    assert refused(served, served.assertion(served.yard.maker, **claims)) == INVALID


def test_an_assertion_lives_for_five_minutes_at_most(served: Served) -> None:
    now = served.clock.now()

    assert refused(served, served.assertion(served.yard.maker, exp=now + 400)) == INVALID
    assert refused(served, served.assertion(served.yard.maker, exp=now - CLOCK_SKEW_S)) == INVALID
    assert served.ask_token(served.assertion(served.yard.maker, exp=now + 300)).status_code == 200


def test_an_assertion_is_used_once(served: Served) -> None:
    assertion = served.assertion(served.yard.maker)

    assert served.ask_token(assertion).status_code == 200
    assert refused(served, assertion) == INVALID


def test_an_assertion_signed_with_another_key_is_refused(served: Served) -> None:
    maker, carrier = served.yard.maker, served.yard.carrier
    header, claims, _ = served.assertion(maker).split(".")
    _, _, foreign = served.assertion(carrier).split(".")

    assert refused(served, f"{header}.{claims}.{foreign}") == INVALID
    assert refused(served, served.assertion(maker, key=carrier.key)) == INVALID


@pytest.mark.parametrize("text", ["a.b.c", "..", "e30.e30.", "é", "eyJhbGciOiJub25lIn0.e30.", "x" * 5000])
def test_what_is_no_assertion_is_refused(served: Served, text: str) -> None:
    assert refused(served, text) == INVALID


def test_a_revoked_key_gets_no_token_and_its_token_reads_nothing_more(served: Served) -> None:
    yard = served.yard
    token = served.token(yard.maker)
    unit = yard.produce()
    served.send()
    subject = f"/v1/events?subject=unit/{unit}"
    assert len(served.get(subject, token=token).json()["events"]) == 1

    yard.say(yard.operator, "key.revoked", enrolled_for=yard.maker.party, kid=yard.maker.kid, reason="lost")
    served.send()

    assert served.get(subject, token=token).status_code == 401
    assert refused(served, served.assertion(yard.maker)) == INVALID


def test_a_key_for_one_hand_over_reads_nothing(served: Served) -> None:
    yard = served.yard
    driver = Actor(yard.carrier.party, yard.new_key())
    day = {"not_before": "2025-01-06T00:00:00Z", "not_after": "2025-01-06T23:00:00Z"}
    limits = {"consignment": yard.new_id("con"), **day}
    yard.enrol(driver, roles=["transport"], limits=limits, assurance="one_time_key")
    served.send()

    assert refused(served, served.assertion(driver)) == INVALID


@pytest.mark.parametrize("own", ["clock_key", "recorder_key"])
def test_the_ledgers_own_keys_read_nothing(served: Served, own: str) -> None:
    key = Actor(served.yard.operator.party, getattr(served.yard, own))

    assert refused(served, served.assertion(key)) == INVALID


def test_an_authority_that_ended_oversees_nothing_more(served: Served) -> None:
    yard = served.yard
    unit = yard.produce()
    token, audit = served.token(yard.semarnat), served.token(yard.semarnat, "audit")
    yard.say_as_root("party.closed", closed=yard.semarnat.party, reason="merger")
    served.send()

    assert served.get(f"/v1/events?subject=unit/{unit}", token=token).json()["events"] == []
    assert served.get("/v1/audit/state", token=audit).status_code == 403


def test_only_who_inspects_gets_the_scope_audit(served: Served) -> None:
    assert refused(served, served.assertion(served.yard.maker), scope="audit") == (403, "permission-missing")
    assert served.ask_token(served.assertion(served.yard.semarnat), scope="audit").json()["scope"] == "audit"


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "write"}, "invalid_scope"),
        ({"client_assertion_type": "urn:other"}, "invalid_request"),
    ],
)
def test_another_kind_of_request_is_refused(served: Served, form: dict[str, str], error: str) -> None:
    answered = served.ask_token(served.assertion(served.yard.maker), **form)

    assert (answered.status_code, answered.json()["error"]) == (400, error)


def test_a_token_request_has_each_parameter_once(served: Served) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    twice = served.post("/oauth/token", b"grant_type=client_credentials&grant_type=client_credentials", form)
    none = served.post("/oauth/token", b"scope=read", form)

    assert (twice.status_code, none.status_code) == (400, 400)
    assert served.post("/oauth/token", b"{}", {"content-type": "application/json"}).status_code == 415


def test_a_token_expires_and_cannot_be_forged(served: Served) -> None:
    token = served.token(served.yard.maker)
    heads = {"subjects": [f"party/{served.yard.maker.party}"]}
    assert served.post_json("/v1/heads", heads, token=token).status_code == 200

    forged = served.post_json("/v1/heads", heads, token=token[:-4] + "AAAA")
    served.pass_time(TOKEN_TTL_S_MAX + 1)
    expired = served.post_json("/v1/heads", heads, token=token)

    assert (forged.status_code, expired.status_code) == (401, 401)
    assert forged.headers["www-authenticate"] == 'Bearer realm="bitacora", error="invalid_token"'


def test_a_token_of_another_server_is_refused() -> None:
    grant = Grant("pty_aaaaaaaaaaaaaaaaaaaaaaaaaa", "00" * 8, frozenset({"read"}))
    here = TokenIssuer(b"1" * 32, BASE_URL, 60)

    assert here.verify(here.issue(grant, 1000), 1059) == grant
    for elsewhere in (TokenIssuer(b"2" * 32, BASE_URL, 60), TokenIssuer(b"1" * 32, "https://other.test", 60)):
        with pytest.raises(CredentialInvalid):
            here.verify(elsewhere.issue(grant, 1000), 1001)


def test_an_assertion_is_remembered_until_it_is_dead_and_none_is_forgotten_before() -> None:
    used = UsedAssertions(assertions_max=2)
    used.use("a", "1", 100, 50)
    used.use("b", "1", 100, 50)

    with pytest.raises(Unavailable):
        used.use("c", "1", 100, 100)
    with pytest.raises(CredentialInvalid):
        used.use("a", "1", 100, 100)
    used.use("a", "1", 200, 101)


def test_a_server_secret_is_made_once_and_read_by_its_owner_alone(tmp_path: Any) -> None:
    path = tmp_path / "token.key"

    secret = open_secret(path)

    assert open_secret(path) == secret
    assert len(secret) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["token.key"]
    path.chmod(0o640)
    with pytest.raises(KeyUnusable):
        open_secret(path)
    path.chmod(0o600)
    path.write_bytes(secret[:-1])
    with pytest.raises(KeyUnusable):
        open_secret(path)
