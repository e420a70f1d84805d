"""What the command line refuses by itself, and what it passes on of the server's refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledger.errors import Refusal


class HeadUnknown(Refusal):
    """Without a connection only what this profile has seen before can be built on."""

    code = "head-unknown"
    title = "The newest event of a subject is not known here"


class ServerRefusal(Refusal):
    """A problem document of the server (RFC 9457); ``problem`` has its members, and its ``code``."""

    code = "refused-by-server"
    title = "The server refused the request"

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title")))
        self.problem = problem
