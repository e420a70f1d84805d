"""Where a party is told what is due: given with a token, confirmed by a mailed link, stopped by another."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import notice_schemas, schemas
from api.answers import PRIVATE, json_answer
from api.callers import FOR_ADMINS, FOR_ALL, FOR_OFFICES, CallerDep
from api.problems import problem_responses
from api.refusals import CredentialInvalid, CredentialMissing, NotFound, PermissionMissing, TooManyRequests
from api.services import Services, ServicesDep
from certification.contact_link import PROOF_PATTERN, is_token_of, party_of_token
from certification.notifier import CONFIRM, confirmation
from certification.store.notices import (
    Contact,
    confirm_contact,
    count_queued,
    erase_contact,
    find_contact,
    put_contact,
    queue_notices,
)
from ledger.domain.values import format_instant
from ledger.store.session import Writer

DAY_S: Final = 24 * 3600
CONFIRMATIONS_PER_DAY_MAX: Final = 5
"""Questions that one party may have mailed in a day: nobody is flooded through this ledger."""
HTML: Final = "text/html; charset=utf-8"

Purpose = Annotated[Literal["confirm", "stop"], Path(description="What the link is for", examples=["confirm"])]
Token = Annotated[str, Path(pattern=PROOF_PATTERN, description="From the letter")]

router = APIRouter(tags=["notices"])


@router.put(
    "/v1/contact",
    operation_id="set_contact",
    summary="Say where this party is to be told",
    dependencies=[FOR_ADMINS],
    responses={
        200: schemas.answer(
            "Kept; a question was mailed unless the address was confirmed", notice_schemas.ContactAnswer
        ),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def set_contact(
    request: Request, services: ServicesDep, caller: CallerDep, asked: notice_schemas.ContactRequest
) -> Response:
    """One address for a party. Nothing but the question is sent there until somebody who reads it says yes."""
    party = str(caller.party)
    services.rates.spend("deposits", party)
    now = services.clock.now()

    def work(writer: Writer) -> Contact:
        contact = put_contact(writer, party, asked.address, asked.language, now)
        if contact.confirmed_at is None:
            if count_queued(writer, party, CONFIRM, now - DAY_S) >= CONFIRMATIONS_PER_DAY_MAX:
                raise TooManyRequests("too many addresses in one day", cure="wait a day", retry_after_s=DAY_S)
            queue_notices(writer, [confirmation(contact)], now)
        return contact

    return json_answer(request, _members(services.store.write(work)), cache=PRIVATE)


@router.get(
    "/v1/contact",
    operation_id="read_contact",
    summary="Where this party is told",
    dependencies=[FOR_OFFICES],
    responses={
        200: schemas.answer("The address", notice_schemas.ContactAnswer),
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing, NotFound),
    },
)
def read_contact(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """For the party alone; no power reads the address of another."""
    with services.store.read() as reader:
        contact = find_contact(reader, str(caller.party))
    if contact is None:
        raise NotFound("this party has given no address")
    return json_answer(request, _members(contact), cache=PRIVATE)


@router.delete(
    "/v1/contact",
    operation_id="erase_contact",
    summary="Erase the address",
    status_code=204,
    dependencies=[FOR_ADMINS],
    responses={
        204: {"description": "Erased, with what was still to be sent"},
        **problem_responses(CredentialMissing, CredentialInvalid, PermissionMissing),
    },
)
def erase(services: ServicesDep, caller: CallerDep) -> Response:
    """Erased again, it stays erased."""
    erase_contact(services.store, str(caller.party))
    return Response(status_code=204)


@router.get(
    "/v1/contact/{purpose}/{token}",
    operation_id="show_contact_link",
    summary="The page that a mailed link opens",
    dependencies=[FOR_ALL],
    responses={
        200: schemas.answer("A page with one button", media_types=("text/html",)),
        **problem_responses(NotFound),
    },
)
def show_link(services: ServicesDep, purpose: Purpose, token: Token) -> Response:
    """A page with a button. Nothing is done by opening it: mail programs open links before people do."""
    _contact_of(services, purpose, token)
    return _page(_ASKED[purpose], button=True)


@router.post(
    "/v1/contact/{purpose}/{token}",
    operation_id="follow_contact_link",
    summary="Confirm the address, or stop notices to it",
    dependencies=[FOR_ALL],
    responses={200: schemas.answer("Done", media_types=("text/html",)), **problem_responses(NotFound)},
)
def follow_link(services: ServicesDep, purpose: Purpose, token: Token) -> Response:
    """What the page's button does, and the button of mail programs (RFC 8058). The token is the credential."""
    contact = _contact_of(services, purpose, token)
    if purpose == "stop":
        erase_contact(services.store, contact.party)
    elif not confirm_contact(services.store, contact, services.clock.now()):
        raise NotFound(_SPENT)
    return _page(_DONE[purpose], button=False)


_SPENT: Final = "this link is not good, or not any more"
_ASKED: Final = {
    "confirm": ("¿Recibir en este correo los avisos de la bitácora?", "Receive the ledger's notices at this address?"),
    "stop": ("¿Dejar de recibir avisos y borrar este correo?", "Stop notices and erase this address?"),
}
_DONE: Final = {
    "confirm": ("Listo: los avisos llegarán a este correo.", "Done: notices will come to this address."),
    "stop": ("Listo: el correo fue borrado.", "Done: the address was erased."),
}


def _contact_of(services: Services, purpose: Literal["confirm", "stop"], token: str) -> Contact:
    with services.store.read() as reader:
        contact = find_contact(reader, party_of_token(token))
    if contact is None or not is_token_of(token, services.links.secret, purpose, contact):
        raise NotFound(_SPENT)
    return contact


def _page(said: tuple[str, str], *, button: bool) -> Response:
    form = '<form method="post"><button>Sí · Yes</button></form>' if button else ""
    lines = "".join(f'<p lang="{language}">{text}</p>' for language, text in zip(("es", "en"), said, strict=True))
    page = f'<!doctype html><html lang="es"><meta charset="utf-8"><title>Bitácora</title>{lines}{form}</html>'
    return Response(page, media_type=HTML, headers={"cache-control": "no-store"})


def _members(contact: Contact) -> dict[str, str | None]:
    confirmed_at = contact.confirmed_at
    return {
        "address": contact.address,
        "language": contact.language,
        "asked_at": format_instant(contact.asked_at),
        "confirmed_at": None if confirmed_at is None else format_instant(confirmed_at),
    }
