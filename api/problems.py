"""How a failure leaves the server: RFC 9457 problem documents. The only module that knows both refusals and HTTP.

A statement carries its own credential, its signature: an unknown key, a bad signature or a missing permit is 403, and
401 is left to bearer tokens. What a *statement* refers to in vain is 422; what a *request* asks for in vain is 404.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from api import refusals
from api.frame import SECURITY_HEADERS
from certification import identity
from certification.listing.table import ListUnreadable
from labels.symbol import SymbolUnprintable
from ledger import errors
from ledger.errors import Corruption, Refusal, Unavailable
from ledger.handover import HandoverInvalid

MEDIA_TYPE: Final = "application/problem+json"
INTERNAL: Final = "internal-error"

STATUS: Final[dict[type[Refusal], int]] = {
    errors.MalformedStatement: 422,
    errors.StatementTooLarge: 413,
    errors.KeyUnknown: 403,
    errors.KeyNotInForce: 403,
    errors.KeyUnusable: 422,
    errors.SignatureInvalid: 403,
    errors.IssuerMismatch: 422,
    errors.IdReused: 409,
    errors.UnitIdInvalid: 422,
    errors.ProofInvalid: 422,
    errors.TileUnknown: 404,
    errors.ReceiptUnavailable: 409,
    errors.StaleHead: 409,
    errors.ConflictingStatement: 409,
    errors.SubjectUnknown: 422,
    errors.SubjectExists: 409,
    errors.NotHolder: 409,
    errors.NotConcerned: 403,
    errors.TransitionNotAllowed: 409,
    errors.TimeOutOfBounds: 422,
    errors.BooksDoNotClose: 409,
    errors.CorrectionNotAllowed: 409,
    errors.AuthorisationMissing: 403,
    errors.TermNotKept: 409,
    errors.RequirementNotMet: 409,
    errors.CalendarUnknown: 422,
    errors.DepositInvalid: 422,
    errors.RulesUnknown: 503,
    HandoverInvalid: 422,
    SymbolUnprintable: 422,
    identity.EfirmaMalformed: 422,
    identity.EfirmaUntrusted: 422,
    identity.EfirmaExpired: 422,
    identity.EfirmaNotYetValid: 422,
    identity.EfirmaRevoked: 422,
    identity.RevocationUnusable: 422,
    identity.EfirmaIsSeal: 422,
    identity.EfirmaIsTest: 422,
    identity.EfirmaOfAnother: 422,
    identity.EfirmaIsAuthority: 422,
    identity.EfirmaKeyWeak: 422,
    identity.EfirmaSignatureInvalid: 422,
    identity.IdentityMalformed: 422,
    ListUnreadable: 422,
    refusals.RequestMalformed: 422,
    refusals.BodyTooLarge: 413,
    refusals.BatchTooLong: 413,
    refusals.MediaTypeUnsupported: 415,
    refusals.NotAcceptable: 406,
    refusals.RegisterTooLong: 422,
    refusals.NotFound: 404,
    refusals.MethodNotAllowed: 405,
    refusals.CredentialMissing: 401,
    refusals.CredentialInvalid: 401,
    refusals.PermissionMissing: 403,
    refusals.TokenRequestInvalid: 400,
    refusals.TooManyRequests: 429,
    refusals.RequestRefused: 400,
}

_OF_HTTP: Final[dict[int, type[Refusal]]] = {
    400: refusals.RequestMalformed,
    404: refusals.NotFound,
    405: refusals.MethodNotAllowed,
    413: refusals.BodyTooLarge,
    415: refusals.MediaTypeUnsupported,
}

_log = logging.getLogger("bitacora.api")


def refusal_members(refusal: Refusal, base_url: str) -> dict[str, Any]:
    """The problem document of a refusal, but for ``instance``: the facts first, so that none hides a member."""
    members: dict[str, Any] = {
        **refusal.facts,
        "type": f"{base_url}/problems/{refusal.code}",
        "title": refusal.title,
        "status": STATUS[type(refusal)],
        "detail": refusal.detail,
    }
    if refusal.field is not None:
        members["field"] = refusal.field
    if refusal.cure is not None:
        members["cure"] = refusal.cure
    return members


def refusal_response(refusal: Refusal, scope: Scope) -> Response:
    """The answer to a request that is refused."""
    members = refusal_members(refusal, base_url_of(scope))
    headers = {}
    if members["status"] == HTTPStatus.UNAUTHORIZED:
        # RFC 6750 §3: no error code where there was no credential.
        reason = ', error="invalid_token"' if isinstance(refusal, refusals.CredentialInvalid) else ""
        headers["www-authenticate"] = f'Bearer realm="bitacora"{reason}'
    if "retry_after_s" in members:
        headers["retry-after"] = str(members["retry_after_s"])
    return _response(members, scope, headers)


def unavailable_response(unavailable: Unavailable, scope: Scope) -> Response:
    """The answer to a request that may succeed later."""
    members = {
        "type": f"{base_url_of(scope)}/problems/{unavailable.code}",
        "title": unavailable.title,
        "status": 503,
        "detail": unavailable.detail,
        "retry_after_s": unavailable.retry_after_s,
    }
    return _response(members, scope, {"retry-after": str(unavailable.retry_after_s)})


def install_handlers(app: FastAPI) -> None:
    """Give every way in which an error can leave the same shape."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(Unavailable, _on_unavailable)
    app.add_exception_handler(Corruption, _on_corruption)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_anything_else)


def base_url_of(scope: Scope) -> str:
    """Under which the world reaches this server."""
    return cast(str, scope["app"].state.base_url)


def documented() -> dict[str, tuple[str, int, str]]:
    """Of every problem code: title, status and explanation, in the order of codes."""
    rows: dict[str, tuple[str, int, str]] = {
        refusal.code: (refusal.title, status, _explanation(refusal)) for refusal, status in STATUS.items()
    }
    for family, status in ((Unavailable, 503), (Corruption, 500)):
        rows[family.code] = (family.title, status, _explanation(family))
    rows[INTERNAL] = (
        _INTERNAL_TITLE,
        500,
        "The server has a defect; its log holds the request id. Nothing is told here.",
    )
    return dict(sorted(rows.items()))


def _explanation(error: type[errors.BitacoraError]) -> str:
    return inspect.cleandoc(error.__doc__ or "").replace("``", "`")


def format_problem_page(code: str, title: str, status: int, explanation: str) -> str:
    """The section of ``docs/problems.md`` that ``/problems/<code>`` serves."""
    return f"## {code}\n\n**{status}** {title}.\n\n{explanation}\n"


def format_problem_catalogue() -> str:
    """The whole of ``docs/problems.md``."""
    pages = (format_problem_page(code, *described) for code, described in documented().items())
    return _CATALOGUE_HEAD + "\n".join(pages)


def problem_responses(*raised: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of an operation that may refuse so, besides what every operation may answer."""
    always: tuple[type[Refusal], ...] = (refusals.RequestMalformed, refusals.TooManyRequests)
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in (*raised, *always):
        by_status.setdefault(STATUS[refusal], []).append(refusal)
    described = {
        status: _described(
            "; ".join(sorted({refusal.title for refusal in listed})),
            {refusal.code: _example(refusal.code, refusal.title, status) for refusal in listed},
        )
        for status, listed in sorted(by_status.items())
    }
    busy = _example(Unavailable.code, Unavailable.title, 503)
    defect = _example(INTERNAL, _INTERNAL_TITLE, 500)
    described[500] = _described(_INTERNAL_TITLE, {INTERNAL: defect})
    described[503] = _described(Unavailable.title, {Unavailable.code: busy})
    return cast("dict[int | str, dict[str, Any]]", described)


_INTERNAL_TITLE: Final = "The server has a defect"
_CATALOGUE_HEAD: Final = """# Problems

Every error leaves the server as a problem document (RFC 9457, `application/problem+json`). Programs branch on `type`,
whose last part is one of the codes below and never changes its meaning; they show `detail`, and `cure` when there is
one. `field` is a JSON pointer to the offending member, `instance` is the request's id, which the server's log holds
too. Any other member is a fact that a program may act on, such as the heads in `stale`.

A statement is its own credential: an unknown key, a bad signature or a missing permit is 403, and 401 is left to bearer
tokens. What a *statement* refers to in vain is 422; what a *request* asks for in vain, or may not know of, is 404.

"""


def _described(description: str, examples: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "description": description,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"value": value} for code, value in examples.items()},
            }
        },
    }


def _example(code: str, title: str, status: int) -> dict[str, Any]:
    return {
        "type": f"https://ledger.example/problems/{code}",
        "title": title,
        "status": status,
        "detail": f"{title}.",
        "instance": "urn:uuid:0b7a5a5e-8c1f-4a57-9a53-3f2b8f9f3c11",
    }


def _response(members: dict[str, Any], scope: Scope, headers: Mapping[str, str]) -> Response:
    body = {**members, "instance": f"urn:uuid:{scope['state']['request_id']}"}
    return Response(
        json.dumps(body, ensure_ascii=False),
        status_code=members["status"],
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **headers},
    )


async def _on_refusal(request: Request, error: Exception) -> Response:
    return refusal_response(cast(Refusal, error), request.scope)


async def _on_unavailable(request: Request, error: Exception) -> Response:
    return unavailable_response(cast(Unavailable, error), request.scope)


async def _on_corruption(request: Request, error: Exception) -> Response:
    # What is wrong, and where, is for the operator alone.
    _log.critical("request %s: %s", request.scope["state"]["request_id"], error, exc_info=error)
    members = {
        "type": f"{base_url_of(request.scope)}/problems/{Corruption.code}",
        "title": Corruption.title,
        "status": 500,
        "detail": "Nothing more is recorded until a human has looked.",
    }
    return _response(members, request.scope, {})


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    found = list(_offences(cast(RequestValidationError, error)))
    first = found[0]
    refusal = refusals.RequestMalformed(
        f"{first['pointer']}: {first['reason']}",
        field=first["pointer"],
        errors=cast("errors.Fact", found),
    )
    return refusal_response(refusal, request.scope)


def _offences(error: RequestValidationError) -> Iterable[dict[str, str]]:
    for item in error.errors()[:20]:
        yield {"pointer": "/" + "/".join(map(str, item["loc"])), "reason": item["msg"]}


async def _on_http_error(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    headers = {name.lower(): value for name, value in (raised.headers or {}).items()}
    if raised.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # The framework names the methods of the first route alone that has the path.
        headers["allow"] = ", ".join(_methods_of(request))
    refusal_class = _OF_HTTP.get(raised.status_code)
    refusal = (refusal_class or refusals.RequestRefused)(str(raised.detail))
    members = refusal_members(refusal, base_url_of(request.scope))
    if refusal_class is None:
        members["status"] = raised.status_code
    return _response(members, request.scope, headers)


def _methods_of(request: Request) -> list[str]:
    matching = [route for route in request.app.state.routes if route.path_regex.match(request.scope["path"])]
    methods = {method for route in matching for method in route.methods or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def _on_anything_else(request: Request, error: Exception) -> Response:
    _log.error("request %s failed", request.scope["state"]["request_id"], exc_info=error)
    members = {
        "type": f"{base_url_of(request.scope)}/problems/{INTERNAL}",
        "title": _INTERNAL_TITLE,
        "status": 500,
        "detail": "The log of the server holds the instance named here.",
    }
    # Starlette answers this one outside of all middleware.
    return _response(members, request.scope, {**SECURITY_HEADERS, "x-request-id": request.scope["state"]["request_id"]})
