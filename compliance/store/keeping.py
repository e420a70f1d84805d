"""Which documents beside the log must still be kept: what entries cite, as what, and since when (R13).

Kept is what federal law names: signed manifests, analyses, and the yearly reports that were filed. How long the neutral
paper of special-handling waste is kept, the states say; the twenty years of who disposes finally run from the closing
of its site, and are not told here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from compliance.retention import Document, Holder, Rule, find_rule, keep_until
from ledger.domain.custody import ConsignmentReceived
from ledger.domain.filing import FilingSubmitted
from ledger.domain.payload import Payload, site_key
from ledger.errors import CalendarUnknown
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.store.blobs import CITATIONS_MAX, follow_documents, list_citing_entries
from ledger.store.session import Reader, Store
from ledger.store.state import find_state

_NEUTRAL: Final = "rme_transport"


@dataclass(frozen=True, slots=True)
class Keeping:
    """That a document must be kept: to the end of ``until_on``, by ``article``, because ``event`` cites it."""

    until_on: str
    article: str
    event: str


def find_keeping(store: Store, digest: str, today: str) -> Keeping | None:
    """By whichever statement it must be kept longest; None if its term is over, or it has none.

    Raises:
        Unavailable: the database does not answer.
    """
    while follow_documents(store):
        pass
    with store.read() as reader:
        found = list(_keepings(reader, digest))
    standing = [keeping for keeping in found if keeping.until_on >= today]
    return max(standing, key=lambda keeping: keeping.until_on, default=None)


def _keepings(reader: Reader, digest: str) -> list[Keeping]:
    found: list[Keeping] = []
    after = -1
    while page := list_citing_entries(reader, digest, after=after, limit=CITATIONS_MAX):
        for entry in page:
            event = parse_event(entry.body)
            payload = event.payload
            kept_as = _kept_as(payload, digest)
            if kept_as is None or entry.void:
                continue
            on = legal_day(payload.occurred_at, find_state(reader, site_key(payload.site)) if payload.site else None)
            rule = find_rule(*kept_as, on)
            if rule is not None:
                found.append(Keeping(_until(rule, on), rule.article, event.id))
        after = page[-1].index
    return found


def _kept_as(payload: Payload, digest: str) -> tuple[Document, Holder] | None:
    """As which document the law has it kept, and by whom at least."""
    role = next(document.role for document in payload.documents if document.digest == digest)
    if role == "manifest" and _form_of(payload) != _NEUTRAL:
        return "manifest", "consignor"
    if role == "assay":
        return "analysis", "consignor"
    if isinstance(payload, FilingSubmitted) and payload.subject == "annual_report":
        return "annual_report", "consignor"
    return None


def _form_of(payload: Payload) -> str | None:
    if isinstance(payload, ConsignmentReceived):
        return payload.on_paper.form if payload.on_paper else None
    form: str | None = getattr(payload, "form", None)
    return form


def _until(rule: Rule, on: str) -> str:
    """The last day; where nothing is known of its year, without rolling it to a business day."""
    try:
        return keep_until(rule, on)
    except CalendarUnknown:
        return f"{int(on[:4]) + rule.years}{on[4:]}"
