"""The shapes of the sandbox's requests and answers, each with an example."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.schemas import BASE, EVENT_ID, PARTY, Shape
from ledger.domain.values import Activity

_SPKI = "MCowBQYDK2VwAyEA11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


class SandboxKeyRequest(Shape):
    """A public key (SubjectPublicKeyInfo), the proof that the caller has it, and what its party is to be allowed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"spki": _SPKI, "proof": "A" * 86, "activities": ["collection", "storage"]}]}
    )
    spki: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{59,122}$")]
    proof: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{86}$")]
    activities: Annotated[list[Activity], Field(max_length=11, default_factory=list)]


class SandboxKeyAnswer(Shape):
    """What the key may now sign for; ``trust`` is the trust file, ``authorisations`` are by waste class."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sandbox": True,
                    "party": PARTY,
                    "site": "sit_mfzwizltoq2gk3tfnzsxe5dfoi",
                    "kid": "0011223344556677",
                    "roles": ["admin", "custody", "read"],
                    "authorisations": {"RP": "aut_mfzwizltoq2gk3tfnzsxe5dfoi"},
                    "server": BASE,
                    "trust": {"origin": "sandbox.ledger.example/one", "genesis": EVENT_ID},
                }
            ]
        }
    )
    sandbox: Literal[True]
    party: str
    site: str
    kid: str
    roles: list[str]
    authorisations: dict[str, str]
    server: str
    trust: dict[str, Any]


class CasesAnswer(Shape):
    """The onboarding cases: what to send, what to expect, and what it teaches, in both languages."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"sandbox": True, "cases": [{"number": 1, "title": {"es": "…", "en": "…"}}]}]}
    )
    sandbox: Literal[True]
    cases: list[dict[str, Any]]
