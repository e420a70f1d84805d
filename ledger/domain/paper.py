"""Kinds about the legal paper of a consignment: paper is the original, the ledger follows where it is.

The carrier's original goes back to the consignor signed by all (RLGPGIR 86); what the ledger holds is its number, its
scans, and the day on which it was back.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ledger.domain.payload import KeyRole, Payload, act_key
from ledger.domain.values import Code, ConsignmentId, PaperForm

COPIES_MAX = 12


class _OfPaper(Payload):
    """Members of every statement about a consignment's paper; they commute, and each party states its own."""

    roles: ClassVar[frozenset[KeyRole]] = frozenset({"admin", "custody", "transport"})
    consignment: ConsignmentId
    form: PaperForm
    number: Code

    def abouts(self) -> list[str]:
        return [act_key(self.consignment)]

    def main_subject(self) -> str:
        return self.consignment


class PaperIssued(_OfPaper):
    """The consignor printed the paper of this load, under its own running number, to be signed in ink."""

    kind: Literal["paper.issued"]
    copies: Annotated[int, Field(ge=1, le=COPIES_MAX)] = 3


class PaperScanned(_OfPaper):
    """A party photographed the paper as it was, signed in ink by these."""

    kind: Literal["paper.scanned"]
    signed_by: Annotated[list[Literal["consignor", "carrier", "consignee"]], Field(min_length=1, max_length=3)]

    @model_validator(mode="after")
    def _has_its_scan(self) -> PaperScanned:
        if not any(document.role == "manifest" for document in self.documents):
            raise ValueError("documents: a scan has at least one document in the role manifest")
        if len(set(self.signed_by)) != len(self.signed_by):
            raise ValueError("signed_by: each signs once")
        return self


class PaperReturned(_OfPaper):
    """The consignor has the original back, signed by the consignee: this stops the clock of RLGPGIR 86 IV."""

    kind: Literal["paper.returned"]
