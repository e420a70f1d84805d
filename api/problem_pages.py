"""What each problem means, for people who follow its ``type``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api import schemas
from api.answers import bytes_answer
from api.problems import documented, format_problem_page, problem_responses
from api.refusals import NotFound

router = APIRouter(tags=["problems"])

MARKDOWN = "text/markdown; charset=utf-8"


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
