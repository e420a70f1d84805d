"""The application: made from settings, never found lying about in a module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from api import (
    alternates,
    applications,
    authorisations,
    blobs,
    consignment_page,
    consignments,
    contacts,
    credentials,
    desk,
    directory,
    drafts,
    events,
    findings,
    health,
    inspections,
    keys,
    label_images,
    links,
    log_files,
    oauth,
    pages,
    papers,
    particulars,
    parties,
    reads,
    registers,
    sandbox,
    scitt,
    sealed,
    share,
    start,
    submission,
    units,
    yard,
)
from api.description import describe
from api.frame import Frame
from api.intake import Intake
from api.limits import HANDLER_THREADS
from api.problems import install_handlers
from api.settings import Settings
from api.wiring import build_rates, build_services, close_services, start_services
from ledger.clock import Clock, SystemClock

# The first match answers: `/tile/entries/…` stands before `/tile/…` in its own module.
_ROUTERS = (
    submission.router,
    events.router,
    units.router,
    alternates.router,
    blobs.router,
    sealed.router,
    particulars.router,
    papers.router,
    registers.router,
    applications.router,
    drafts.router,
    consignments.router,
    findings.router,
    inspections.router,
    reads.router,
    contacts.router,
    share.router,
    parties.router,
    keys.router,
    directory.router,
    authorisations.router,
    credentials.router,
    label_images.router,
    oauth.router,
    log_files.router,
    scitt.router,
    links.router,
    health.router,
    pages.router,
    consignment_page.router,
    desk.router,
    yard.router,
    start.router,
)


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The ASGI application of one ledger; it opens the ledger when it starts, and closes it when it ends.

    Raises (at its start):
        Unavailable, KeyUnusable, RulesUnknown: as ``api.wiring.build_services``.
    """
    rates = build_rates(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = HANDLER_THREADS
        services = build_services(settings, clock or SystemClock(), rates)
        app.state.services = services
        start_services(services)
        try:
            yield
        finally:
            close_services(services)

    app = _Application(lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.base_url = settings.base_url
    app.state.sandbox = settings.sandbox
    routers = (*_ROUTERS, sandbox.router) if settings.sandbox else _ROUTERS
    app.state.routes = [route for router in routers for route in router.routes]
    for router in routers:
        app.include_router(router)
    install_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(Intake, rates=rates)
    app.add_middleware(Frame)
    if settings.sandbox:
        app.add_middleware(sandbox.SandboxMark)
    return app


class _Application(FastAPI):
    """Describes itself by ``api.description``, once."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema
