"""Running the application on a port."""

from __future__ import annotations

import gc

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.limits import CONNECTIONS_MAX
from api.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; what is queued is committed first.

    The access log is the application's own: that of the server would hold queries.
    """
    calm_collector()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        limit_concurrency=CONNECTIONS_MAX,
        server_header=False,
        date_header=True,
    )


def app_from_environment() -> FastAPI:
    """The application that ``BITACORA_…`` describes, for servers that take a factory and start several processes."""
    calm_collector()
    return create_app(Settings())


def calm_collector() -> None:
    """Look for cycles seldom: a batch makes some ten thousand objects, none of which refers back to itself."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
