"""The regimes that come with the program, as data: the law as it stands, a reform to rehearse, and places kept free.

Each is a file of ``compliance/regimes`` in the shape of ``Proposal``. None is in force in a ledger before an authority
enacts it there. Texts of law are cited, not copied; how well each was read stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from compliance.numbers import NUMBERS
from compliance.reason import Confidence
from compliance.requirements.catalogue.rows import REQUIREMENTS
from ledger.domain.regime import RegimeTables
from ledger.domain.values import Code, Day, Name, Part

Status = Literal["in_force", "draft", "recommended"]
"""Law; a text that an authority or a legislator has made known; one that nobody has, which this project recommends. The
first day of the latter two is an assumption."""


class Bilingual(Part):
    """One text for people, in Spanish and in English."""

    es: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Citation(Part):
    """Where it is written, and how well that was read."""

    article: Name
    confidence: Confidence


class Proposal(Part):
    """A regime as it would be enacted, with what people should know of it.

    Attributes:
        regime: its code; the name of its file.
        jurisdiction: whose law; None of a template for any state.
        status: whether it is law.
        from_on: its first day.
        late_window_s: how late statements may be recorded; policy, as in every regime.
        title, notes: what it changes, and what is uncertain about it.
        basis: where it is written.
        tables: what of the law differs from what stood before any regime.
    """

    regime: Code
    jurisdiction: Annotated[str, Field(pattern=r"^MX(-[A-Z]{3})?$")] | None
    status: Status
    from_on: Day
    late_window_s: Annotated[int, Field(ge=0, le=366 * 86400)]
    title: Bilingual
    basis: Annotated[list[Citation], Field(min_length=1, max_length=16)]
    notes: list[Bilingual]
    tables: RegimeTables


_FOLDER: Final = files("compliance").joinpath("regimes")


@cache
def proposals() -> Mapping[str, Proposal]:
    """Every regime that comes with the program, by its code in order."""
    texts = sorted((path.name, path.read_text(encoding="utf-8")) for path in _FOLDER.iterdir())
    return {name.removesuffix(".json"): parse_proposal(text) for name, text in texts}


def enactment_of(proposal: Proposal) -> dict[str, Any]:
    """The members of a ``regime.enacted`` that enacts it; of a template without the jurisdiction, which it lacks."""
    whose = {"jurisdiction": {"code": proposal.jurisdiction}} if proposal.jurisdiction is not None else {}
    return {
        "regime": proposal.regime,
        **whose,
        "from_on": proposal.from_on,
        "late_window_s": proposal.late_window_s,
        "basis": [citation.article for citation in proposal.basis],
        "tables": proposal.tables.model_dump(),
    }


def parse_proposal(text: str | bytes) -> Proposal:
    """A regime in the shape of the files of ``compliance/regimes``.

    Raises:
        ValueError: it is none, or names a number or a requirement that no rule knows, which would change nothing.
    """
    proposal = Proposal.model_validate_json(text)
    numbers = [number.name for number in proposal.tables.numbers if number.name not in NUMBERS]
    requirements = [row.requirement for row in proposal.tables.effects if row.requirement not in REQUIREMENTS]
    if numbers or requirements:
        raise ValueError(f"no rule knows {', '.join(numbers + requirements)}")
    return proposal
