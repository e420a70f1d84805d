"""``POST /oauth/token``: a short-lived bearer token for whoever signs with an enrolled key."""

from __future__ import annotations

import json
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Header, Request
from starlette.responses import Response

from api import schemas
from api.answers import JSON
from api.callers import FOR_ALL, Caller, caller_of, check_key_reads
from api.limits import ASSERTION_BYTES_MAX
from api.problems import problem_responses
from api.rates import asker_of
from api.refusals import CredentialInvalid, MediaTypeUnsupported, PermissionMissing, TokenRequestInvalid
from api.services import BodyDep, Services, ServicesDep
from api.tokens import ASSERTION_TYPE, SCOPES, Assertion, Grant, parse_assertion, verify_assertion
from ledger.domain.payload import key_key
from ledger.fold.state import Value
from ledger.keys import parse_public_key
from ledger.store.state import find_state

FORM: Final = "application/x-www-form-urlencoded"
PATH: Final = "/oauth/token"
_FIELDS_MAX = 8

router = APIRouter(tags=["tokens"], dependencies=[FOR_ALL])

_FORM_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "client_assertion_type", "client_assertion"],
                    "properties": {
                        "grant_type": {"const": "client_credentials"},
                        "client_assertion_type": {"const": ASSERTION_TYPE},
                        "client_assertion": {"type": "string", "maxLength": ASSERTION_BYTES_MAX},
                        "scope": {"type": "string", "enum": ["read", "audit", "read audit"], "default": "read"},
                    },
                },
                "example": {
                    "grant_type": "client_credentials",
                    "client_assertion_type": ASSERTION_TYPE,
                    "client_assertion": "eyJ…",
                    "scope": "read",
                },
            }
        },
    }
}


@router.post(
    PATH,
    operation_id="issue_token",
    summary="Get a bearer token with a key of the ledger",
    responses={
        200: schemas.answer("The token", schemas.TokenAnswer),
        **problem_responses(TokenRequestInvalid, CredentialInvalid, PermissionMissing, MediaTypeUnsupported),
    },
    openapi_extra=_FORM_BODY,
)
def issue_token(
    request: Request, services: ServicesDep, body: BodyDep, content_type: Annotated[str, Header()] = ""
) -> Response:
    """OAuth 2.0 client credentials with `private_key_jwt` (RFC 7523).

    The assertion is a JWT signed with an enrolled key: header `alg` Ed25519 or ES256 and `kid`; claims `iss` and `sub`
    the party's id, `aud` this server, `exp` at most five minutes ahead, and a `jti` that is used once.
    """
    services.rates.spend("tokens", asker_of(request.client.host if request.client else ""))
    if content_type.partition(";")[0].strip().lower() != FORM:
        raise MediaTypeUnsupported("a token request is a form", offered=[FORM])
    form = _parse_form(body)
    scopes = _scopes(form.get("scope", "read"))
    assertion = parse_assertion(_required(form, "client_assertion"))
    grant = Grant(assertion.party, assertion.kid, scopes)
    now = services.clock.now()
    with services.store.read() as reader:
        key = find_state(reader, key_key(assertion.party, assertion.kid))
        _prove(services, assertion, key, now)
        caller = caller_of(reader, grant, now)
    return _token_answer(services, grant, caller, now)


def _prove(services: Services, assertion: Assertion, key: Value | None, now: int) -> None:
    check_key_reads(key, now)
    assert key is not None  # noqa: S101 (check_key_reads refused it)
    audiences = [services.base_url, services.base_url + PATH]
    jti, dead_at = verify_assertion(assertion, parse_public_key(key["spki"]), audiences, now)
    services.assertions.use(assertion.party, jti, dead_at, now)


def _token_answer(services: Services, grant: Grant, caller: Caller, now: int) -> Response:
    members = {
        "access_token": services.tokens.issue(grant, now),
        "token_type": "Bearer",
        "expires_in": services.tokens.ttl_s,
        "scope": " ".join(sorted(caller.scopes)),
    }
    return Response(json.dumps(members), media_type=JSON, headers={"cache-control": "no-store"})


def _parse_form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), strict_parsing=True, max_num_fields=_FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise TokenRequestInvalid("the body is not a form", error="invalid_request") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        # RFC 6749 §3.2: parameters are not included more than once.
        raise TokenRequestInvalid("a parameter is given twice", error="invalid_request")
    if _required(form, "grant_type") != "client_credentials":
        raise TokenRequestInvalid("only client_credentials is granted", error="unsupported_grant_type")
    if _required(form, "client_assertion_type") != ASSERTION_TYPE:
        raise TokenRequestInvalid("clients assert by a JWT", error="invalid_request", expected=ASSERTION_TYPE)
    return form


def _required(form: dict[str, str], name: str) -> str:
    if name not in form:
        raise TokenRequestInvalid(f"the parameter {name} is missing", field=f"/body/{name}", error="invalid_request")
    return form[name]


def _scopes(text: str) -> frozenset[str]:
    scopes = frozenset(text.split())
    if not scopes or scopes - SCOPES:
        raise TokenRequestInvalid("the scopes are read and audit", field="/body/scope", error="invalid_scope")
    return scopes
