"""The shapes of requests and answers about notices and share links, each with an example."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.schemas import BASE, Instant, Shape
from certification.contact_link import ADDRESS_PATTERN

_ADDRESS = {"address": "avisos@recicladora.example", "language": "es"}
_PERMIT = f"{BASE}/autorizaciones/aut_mfzwizltoq2gk3tfnzsxe5dfoi"


class ContactRequest(Shape):
    """Where a party wants to be told, and in which language."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_ADDRESS}]})
    address: Annotated[str, Field(pattern=ADDRESS_PATTERN, max_length=254)]
    language: Literal["es", "en"] = "es"


class ContactAnswer(Shape):
    """Where a party is told; nothing is sent before ``confirmed_at``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_ADDRESS, "asked_at": "2026-03-01T10:00:00Z", "confirmed_at": "2026-03-01T10:05:00Z"}]
        }
    )
    address: str
    language: Literal["es", "en"]
    asked_at: Instant
    confirmed_at: Instant | None


class ShareAnswer(Shape):
    """A short text about a permit, its public page, and a link that opens WhatsApp or Telegram with both."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "language": "es",
                    "text": "Autorización 19-39-PS-0001-2024, vigente hasta 2029-02-28. Compruébela en:",
                    "url": _PERMIT,
                    "whatsapp": "https://wa.me/?text=…",
                    "telegram": "https://t.me/share/url?url=…",
                }
            ]
        }
    )
    language: Literal["es", "en"]
    text: str
    url: str
    whatsapp: str
    telegram: str
