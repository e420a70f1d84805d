"""What to paste into a chat about a permit: a short text, and the address of its public page."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import notice_schemas, schemas
from api.answers import FRESH, json_answer
from api.callers import FOR_ALL
from api.parties import today
from api.problems import problem_responses
from api.refusals import NotFound
from api.services import ServicesDep
from certification.permit import Permit, permit_as_of
from ledger.domain.payload import act_key
from ledger.store.state import find_state

Language = Annotated[Literal["es", "en"], Query(description="Of the text", examples=["es"])]
Authorisation = Annotated[str, Path(pattern="^aut_[a-z2-7]{26}$", examples=["aut_mfzwizltoq2gk3tfnzsxe5dfoi"])]

_STANDINGS: Final = {
    "es": {
        "in-force": "vigente hasta {to_on}",
        "stayed": "vigente por suspensión judicial, hasta {to_on}",
        "claimed": "prórroga por silencio, no confirmada",
        "not-yet": "vigente a partir de {from_on}",
        "expired": "vencida desde {to_on}",
        "suspended": "suspendida",
        "revoked": "revocada",
    },
    "en": {
        "in-force": "in force until {to_on}",
        "stayed": "in force by order of a court, until {to_on}",
        "claimed": "renewal claimed by silence, not confirmed",
        "not-yet": "in force from {from_on}",
        "expired": "expired on {to_on}",
        "suspended": "suspended",
        "revoked": "revoked",
    },
}
_TEXTS: Final = {
    "es": "Autorización {number}: {standing} (al {day}){transcribed}. Compruébela aquí:",
    "en": "Authorisation {number}: {standing} (as of {day}){transcribed}. Check it here:",
}
_TRANSCRIBED: Final = {"es": ", transcrita de una lista pública", "en": ", transcribed from a public list"}
_SANDBOX: Final = {"es": "CAJA DE ARENA, nada es real. ", "en": "SANDBOX, none of this is real. "}

router = APIRouter(tags=["notices"], dependencies=[FOR_ALL])


@router.get(
    "/v1/authorisations/{authorisation}/share",
    operation_id="share_authorisation",
    summary="What to paste into a chat about a permit",
    responses={200: schemas.answer("Text and links", notice_schemas.ShareAnswer), **problem_responses(NotFound)},
)
def share(request: Request, services: ServicesDep, authorisation: Authorisation, language: Language = "es") -> Response:
    """The text says how the permit stands today. The links carry no mark of who shared them."""
    with services.store.read() as reader:
        value = find_state(reader, act_key(authorisation))
    if value is None or value["kind"] != "authorisation":
        raise NotFound("there is no such authorisation")
    day = today(services.clock.now())
    text = (_SANDBOX[language] if services.links.sandbox else "") + _text(permit_as_of(value, day), day, language)
    url = f"{services.base_url}/autorizaciones/{authorisation}"
    members = {
        "language": language,
        "text": text,
        "url": url,
        "whatsapp": f"https://wa.me/?text={quote(f'{text} {url}', safe='')}",
        "telegram": f"https://t.me/share/url?url={quote(url, safe='')}&text={quote(text, safe='')}",
    }
    return json_answer(request, members, cache=FRESH)


def _text(permit: Permit, day: str, language: Literal["es", "en"]) -> str:
    standing = _STANDINGS[language][permit.standing].format(to_on=permit.to_on, from_on=permit.from_on)
    transcribed = _TRANSCRIBED[language] if permit.transcribed is not None else ""
    return _TEXTS[language].format(number=permit.number, standing=standing, day=day, transcribed=transcribed)
