"""The OpenAPI description of the API, complete: what FastAPI gathers, problem documents, and who needs a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import schemas
from api.problems import MEDIA_TYPE
from api.refusals import CredentialMissing

VERSION: Final = "1"
_METHODS: Final = frozenset({"get", "post", "put", "delete"})
_DESCRIPTION: Final = (
    "Signed statements in; events, receipts, units and the directory of authorised parties out. Writes are authorised "
    "by the statement's own signature, reads of what is not public by a bearer token. Errors are RFC 9457 problem "
    "documents whose `type` is permanent."
)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of ``app``."""
    document = get_openapi(title="Bitácora", version=VERSION, description=_DESCRIPTION, routes=app.routes)
    components = document.setdefault("components", {})
    components["schemas"]["Problem"] = schemas.Problem.model_json_schema()
    components["securitySchemes"] = {
        "token": {
            "type": "oauth2",
            "description": "private_key_jwt (RFC 7523) with a key that is enrolled in the ledger",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": {"read": "what the party may read", "audit": "everything, for who inspects"},
                }
            },
        }
    }
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for operation in _operations(document):
        _secure(operation)
    return document


def format_description(document: dict[str, Any]) -> str:
    """The document as ``docs/openapi.json`` has it."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from (operation for method, operation in item.items() if method in _METHODS)


def _secure(operation: dict[str, Any]) -> None:
    """Whoever may answer that a token is missing needs one; whoever may answer that it is invalid takes one."""
    refused = operation["responses"].get("401")
    if refused is None or operation["operationId"] == "issue_token":
        return
    is_needed = CredentialMissing.code in refused["content"][MEDIA_TYPE]["examples"]
    operation["security"] = [{"token": []}] if is_needed else [{}, {"token": []}]
