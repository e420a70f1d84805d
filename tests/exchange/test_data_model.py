"""The W3C's published credentials judge a schema of the data model, and that schema judges ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.exchange.issued import Desk
from tests.yard import Yard

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "w3c-vc-data-model-2.0" / "tests" / "input"
pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the W3C's vectors are not beside this repository")

URL = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s]+$"}
TYPES = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1}]}
INSTANT = {"type": "string", "pattern": r"^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
SPOKEN = {
    "type": "object",
    "required": ["@value"],
    "properties": {"@value": {"type": "string"}, "@language": {}, "@direction": {}},
    "additionalProperties": False,
}
TEXT = {"anyOf": [{"type": "string"}, SPOKEN, {"type": "array", "items": SPOKEN}]}


def one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "minItems": 1, "items": item}]}


def typed(**more: Any) -> dict[str, Any]:
    return one_or_more({"type": "object", "required": ["type"], "properties": {"type": TYPES, "id": URL, **more}})


SUBJECT = {"type": "object", "minProperties": 1, "properties": {"id": URL}}
NAMED = {"id": URL, "name": TEXT, "description": TEXT}
MODEL = Draft202012Validator(
    {
        "type": "object",
        "required": ["@context", "type", "credentialSubject"],
        "properties": {
            "@context": {
                "type": "array",
                "prefixItems": [{"const": "https://www.w3.org/ns/credentials/v2"}],
                "minItems": 1,
                "items": {"anyOf": [URL, {"type": "object", "not": {"required": ["VerifiableCredential"]}}]},
            },
            "type": {
                "anyOf": [
                    {"const": "VerifiableCredential"},
                    {"contains": {"const": "VerifiableCredential"}, "type": "array"},
                ]
            },
            "issuer": {"anyOf": [URL, {"type": "object", "properties": NAMED}]},
            "validFrom": INSTANT,
            "validUntil": INSTANT,
            "credentialSubject": one_or_more(SUBJECT),
            "credentialStatus": typed(),
            "credentialSchema": one_or_more({"required": ["id", "type"], "properties": {"id": URL, "type": TYPES}}),
            "evidence": typed(),
            "termsOfUse": typed(),
            "refreshService": typed(),
            "proof": typed(),
            **NAMED,
        },
    }
)
# These break rules of JSON-LD (what a term means), or of order in time: no schema sees it.
UNSEEN = {
    "credential-redef-type2-fail",
    "credential-type-mapped-nonurl-fail",
    "credential-type-unmapped-fail",
    "credential-validUntil-validFrom-fail",
}


def published(ending: str) -> dict[str, Any]:
    files = sorted(VECTORS.rglob(f"*-{ending}.json"))
    # The published ones are to be filled in by an issuer: with itself, and with days before and after now.
    texts = {file.stem: file.read_text() for file in files if not file.name.startswith("presentation")}
    days = {"PAST DATE": "2001-01-01T00:00:00Z", "FUTURE DATE": "2101-01-01T00:00:00Z"}
    for mark, day in days.items():
        texts = {name: text.replace(mark, day) for name, text in texts.items()}
    return {name: json.loads(text) for name, text in texts.items()}


def test_the_schema_takes_every_published_good_credential() -> None:
    good = published("ok")

    assert len(good) > 40
    assert {
        name: [e.message for e in MODEL.iter_errors(item)] for name, item in good.items() if not MODEL.is_valid(item)
    } == {}


def test_the_schema_refuses_every_published_bad_credential_that_a_schema_can_see() -> None:
    bad = {**published("fail"), **published("fail-or-inject")}

    assert len(bad) > 35
    assert {name for name, item in bad.items() if MODEL.is_valid(item)} == UNSEEN


def test_the_schema_takes_our_credentials_and_lists() -> None:
    desk = Desk(Yard())
    permit = desk.yard.permit(desk.yard.recycler, "recycling", sites=[desk.yard.recycler.site])

    for ours in (desk.document(permit), desk.proved(permit), desk.status_list("revocation")):
        assert [error.message for error in MODEL.iter_errors(ours)] == []
        assert ours["validFrom"] < ours["validUntil"]
