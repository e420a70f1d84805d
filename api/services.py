"""What the handlers work with, and how they come by it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated, cast

from fastapi import Depends, Request

from api.follower import Follower
from api.notices import NoticeLoop
from api.publication import Publication
from api.rates import Rates
from api.sandbox_admission import Sandbox
from api.status_lists import StatusLists
from api.tokens import TokenIssuer, UsedAssertions
from certification.efirma import Anchors
from certification.notifier import Links
from ledger.clock import Clock
from ledger.home import Home
from ledger.keys import SigningKey
from ledger.recorder import Recorder
from ledger.store.session import Store


@dataclass(frozen=True, slots=True)
class Services:
    """One server's parts, made by ``api.wiring``.

    Attributes:
        base_url: under which the world reaches this server.
        store: the database.
        recorder: the only way to write the log.
        clock: seconds since 1970.
        home: keys, trust and blobs.
        publication: where checkpoints come from.
        follower: brings projections up to the log; None where another process does.
        notices: sends what is due; None where another process does, or no mail server is configured.
        links: where letters lead to.
        efirma: whom to believe about e.firmas.
        status_lists: of their credentials.
        sandbox: admits strangers; None in a real ledger.
        rates: counters by address and by key.
        tokens: makes and reads bearer tokens.
        assertions: client assertions that were used.
        credential_key: signs credentials.
        alternates_key: 32 bytes, under which alternate ids are looked up.
        waiters: how many requests may wait for a checkpoint.
    """

    base_url: str
    store: Store
    recorder: Recorder
    clock: Clock
    home: Home
    publication: Publication
    follower: Follower | None
    notices: NoticeLoop | None
    links: Links
    efirma: Anchors
    status_lists: StatusLists
    sandbox: Sandbox | None
    rates: Rates
    tokens: TokenIssuer
    assertions: UsedAssertions
    credential_key: SigningKey
    alternates_key: bytes
    waiters: BoundedSemaphore


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


async def _body(request: Request) -> bytes:
    return await request.body()


ServicesDep = Annotated[Services, Depends(_services)]
BodyDep = Annotated[bytes, Depends(_body)]
"""The body as it came, within the limit of its path."""
