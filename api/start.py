"""Where a reader starts, and what each problem means, for people who follow its ``type``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import schemas
from api.answers import FRESH, JSON, bytes_answer, choose, json_answer
from api.callers import FOR_ALL
from api.pages import start_answer
from api.problems import documented, format_problem_page, problem_responses
from api.refusals import NotFound
from api.services import ServicesDep

router = APIRouter(tags=["start"], dependencies=[FOR_ALL])

MARKDOWN = "text/markdown; charset=utf-8"


@router.get("/", include_in_schema=False)
def read_front(request: Request, services: ServicesDep) -> Response:
    """A page for people, the links for programs."""
    if choose(request, JSON, "text/html") == "text/html":
        return start_answer(request)
    return read_start(request, services)


@router.get(
    "/v1",
    operation_id="read_start",
    summary="Where to go from here",
    responses={200: schemas.answer("Links", schemas.StartAnswer), **problem_responses()},
)
def read_start(request: Request, services: ServicesDep) -> Response:
    """The API's description and its public resources."""
    base = services.base_url
    members = {
        "origin": services.home.trust.origin,
        "description": f"{base}/openapi.json",
        "checkpoint": f"{base}/checkpoint",
        "directory": f"{base}/v1/directory",
        "token": f"{base}/oauth/token",
    }
    return json_answer(request, members, cache=FRESH)


@router.get(
    "/problems/{code}",
    operation_id="read_problem",
    summary="What a problem means",
    responses={200: schemas.answer("Markdown", media_types=("text/markdown",)), **problem_responses(NotFound)},
)
def read_problem(
    request: Request, code: Annotated[str, Path(pattern="^[a-z][a-z-]{1,60}$", examples=["stale-head"])]
) -> Response:
    """The section of `docs/problems.md` about this code."""
    described = documented().get(code)
    if described is None:
        raise NotFound("there is no such problem code")
    return bytes_answer(request, format_problem_page(code, *described).encode(), MARKDOWN, cache="public, max-age=3600")
