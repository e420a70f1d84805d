"""Keys for strangers, and the onboarding cases, in a ledger that is a sandbox."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import sandbox_schemas, schemas
from api.answers import FRESH, JSON, json_answer
from api.callers import FOR_ALL
from api.problems import problem_responses
from api.rates import asker_of
from api.refusals import NotFound
from api.sandbox_admission import KEY_ROLES, proof_bytes
from api.services import ServicesDep
from ledger.domain.values import parse_base64url
from ledger.errors import KeyUnusable, SignatureInvalid
from ledger.keys import parse_public_key, verify_signature

HEADER: Final = "x-bitacora-sandbox"

router = APIRouter(tags=["sandbox"], dependencies=[FOR_ALL])


@router.post(
    "/v1/sandbox/keys",
    operation_id="enrol_in_sandbox",
    summary="Get a party, a site and permits for a key",
    status_code=201,
    responses={
        200: schemas.answer("The same key has them already", sandbox_schemas.SandboxKeyAnswer),
        201: schemas.answer("Made", sandbox_schemas.SandboxKeyAnswer),
        **problem_responses(NotFound, KeyUnusable, SignatureInvalid),
    },
)
def enrol(request: Request, services: ServicesDep, asked: sandbox_schemas.SandboxKeyRequest) -> Response:
    """The key proves that the caller has it: its signature over `bitacora sandbox key`, the log's origin and `spki`.

    Each of the three stands on a line of its own, without a line's end after the last. Asked with two keys, a client
    has two parties that can hand packs to each other.
    """
    services.rates.spend("sandbox_keys", asker_of(request.client.host if request.client else ""))
    sandbox = services.sandbox
    if sandbox is None:
        raise NotFound("this ledger is no sandbox")
    key = parse_public_key(_bytes(asked.spki, "/spki"))
    origin = sandbox.home.trust.origin
    verify_signature(key, _bytes(asked.proof, "/proof"), proof_bytes(origin, asked.spki))
    admitted = sandbox.admit(key, sorted(set(asked.activities)))
    members = {
        "sandbox": True,
        "party": admitted.party,
        "site": admitted.site,
        "kid": key.kid.hex(),
        "roles": list(KEY_ROLES),
        "authorisations": admitted.authorisations,
        "server": services.base_url,
        "trust": json.loads((services.home.path / "trust.json").read_bytes()),
    }
    return Response(json.dumps(members), status_code=201 if admitted.is_new else 200, media_type=JSON)


@router.get(
    "/v1/sandbox/cases",
    operation_id="list_onboarding_cases",
    summary="The onboarding cases",
    responses={200: schemas.answer("All of them, in order", sandbox_schemas.CasesAnswer), **problem_responses()},
)
def list_cases(request: Request) -> Response:
    """What to send and what to expect; `docs/onboarding.md` says the same for people."""
    return json_answer(request, {"sandbox": True, "cases": onboarding_cases()}, cache=FRESH)


def onboarding_cases() -> list[dict[str, Any]]:
    """The published cases, in the order of their numbers."""
    folder = files("api") / "onboarding"
    found = [json.loads(file.read_text("utf-8")) for file in folder.iterdir() if file.name.endswith(".json")]
    return sorted(found, key=lambda case: int(case["number"]))


class SandboxMark:
    """ASGI middleware: every answer of a sandbox says what it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to an HTTP answer; pass on everything else."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = "true"
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)


def _bytes(text: str, field: str) -> bytes:
    try:
        return parse_base64url(text)
    except ValueError as error:
        raise KeyUnusable("not base64url without padding", field=field) from error
