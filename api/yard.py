"""The phone path over HTTP: pages under a policy that lets their own scripts run, and the worker that keeps them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from api.answers import FRESH, IMMUTABLE, bytes_answer
from api.callers import FOR_ALL
from api.pages import HTML, language_of
from api.refusals import NotFound
from api.services import Services, ServicesDep
from web.pages import missing_page
from web.yard import ROOT, service_worker, web_manifest, yard_file, yard_page, yard_version

JAVASCRIPT: Final = "text/javascript; charset=utf-8"
MANIFEST: Final = "application/manifest+json"
# Scripts of this origin alone, none in a page, and no text may become one: keys sign in these pages.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types campo"
)
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "vary": "Accept, Accept-Language",
}

router = APIRouter(include_in_schema=False, dependencies=[FOR_ALL])


@router.get(ROOT.rstrip("/"))
def lead_to_start(request: Request) -> Response:
    """To the first page, which stands where the worker's reach begins."""
    query = request.url.query
    return RedirectResponse(f"{ROOT}?{query}" if query else ROOT, status_code=308)


@router.get(f"{ROOT}sw.js")
def read_worker(request: Request) -> Response:
    """The service worker, which reaches as far as its own path: the phone asks for it anew each time."""
    return bytes_answer(request, service_worker(), JAVASCRIPT, cache=FRESH, headers=_HEADERS)


@router.get(f"{ROOT}manifest.webmanifest")
def read_manifest(request: Request) -> Response:
    """Name and drawing for the phone's own screen."""
    return bytes_answer(request, web_manifest(language_of(request)), MANIFEST, cache=FRESH)


@router.get(ROOT + "static/{version}/{path:path}")
def read_file(
    request: Request,
    version: Annotated[str, Path(max_length=40)],
    path: Annotated[str, Path(max_length=80)],
) -> Response:
    """A script, style or drawing, under the version of all of them."""
    found = yard_file(path) if version == yard_version() else None
    if found is None:
        raise NotFound("there is no such file")
    body, media_type = found
    return bytes_answer(request, body, media_type, cache=IMMUTABLE)


@router.get(ROOT)
def read_start(request: Request, services: ServicesDep) -> Response:
    """Who signs on this phone, and what is to be done."""
    return _page(request, services, "")


@router.get(ROOT + "{name}")
def read_page(request: Request, services: ServicesDep, name: Annotated[str, Path(max_length=40)]) -> Response:
    """One page of the phone path."""
    return _page(request, services, name)


def _page(request: Request, services: Services, name: str) -> Response:
    language, sandbox = language_of(request), bool(request.app.state.sandbox)
    body = yard_page(language, name, services.base_url, services.home.trust, sandbox=sandbox)
    if body is None:
        missing = missing_page(language, request.url.path, sandbox=sandbox)
        return Response(missing, status_code=404, media_type=HTML, headers={**_HEADERS, "cache-control": FRESH})
    return bytes_answer(request, body, HTML, cache=FRESH, headers=_HEADERS)
