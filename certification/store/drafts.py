"""Applications and consignments that are being prepared: side data of one party, until it signs what they say.

A draft is what its party writes and nobody judges. It holds no personal data: that is sealed beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, RowMapping, Table, Text, delete, func, insert, select

from ledger import cbor
from ledger.errors import DepositInvalid
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Writer
from ledger.store.tables import Key, metadata

DRAFTS_PER_PARTY_MAX: Final = 50
DRAFT_BYTES_MAX: Final = 60 * 1024
"""As much as a statement."""

draft = Table(
    "draft",
    metadata,
    Column("party", Key, primary_key=True),
    Column("subject", Key, primary_key=True),
    Column("members", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class PreparedDraft:
    """One application that was not handed in yet, or one consignment that was not offered.

    Attributes:
        party: whose it is.
        subject: the id that it will have, with its prefix: ``apl_…``, ``con_…``.
        members: of ``application.submitted`` or ``consignment.offered``, as far as they are known.
        updated_at: seconds since 1970.
    """

    party: str
    subject: str
    members: Mapping[str, Any]
    updated_at: int


def put_draft(writer: Writer, prepared: PreparedDraft) -> None:
    """Keep it, in the place of what the party had under this id before.

    Raises:
        DepositInvalid: it holds what no statement may (floats, broken text), is larger than ``DRAFT_BYTES_MAX``, or
            the party has ``DRAFTS_PER_PARTY_MAX`` others.
    """
    members = _spell(prepared.members)
    if len(members.encode()) > DRAFT_BYTES_MAX:
        raise DepositInvalid("The draft is too large.", limit_bytes=DRAFT_BYTES_MAX)
    # Two members of one party may save at once: the head's lock puts them in order, and the later one stays.
    lock_head(writer)
    delete_draft(writer, prepared.party, prepared.subject)
    count = select(func.count()).select_from(draft).where(draft.c.party == prepared.party)
    if writer.execute(count).scalar_one() >= DRAFTS_PER_PARTY_MAX:
        raise DepositInvalid(
            f"A party has at most {DRAFTS_PER_PARTY_MAX} drafts.", cure="Delete one.", limit=DRAFTS_PER_PARTY_MAX
        )
    row = {"party": prepared.party, "subject": prepared.subject, "members": members}
    writer.execute(insert(draft), {**row, "updated_at": prepared.updated_at})


def find_draft(reader: Reader, party: str, subject: str) -> PreparedDraft | None:
    """The party's own draft under this id."""
    query = select(draft).where(draft.c.party == party, draft.c.subject == subject)
    row = reader.execute(query).mappings().one_or_none()
    return None if row is None else _open(row)


def list_drafts(reader: Reader, party: str) -> list[PreparedDraft]:
    """All drafts of a party, the newest first."""
    query = select(draft).where(draft.c.party == party).order_by(draft.c.updated_at.desc(), draft.c.subject)
    return [_open(row) for row in reader.execute(query).mappings()]


def delete_draft(writer: Writer, party: str, subject: str) -> bool:
    """Whether there was one."""
    gone = delete(draft).where(draft.c.party == party, draft.c.subject == subject)
    return writer.execute(gone).rowcount > 0


def _spell(members: Mapping[str, Any]) -> str:
    try:
        cbor.encode(dict(members))
    except ValueError as error:
        raise DepositInvalid(f"No statement could say this: {error}.") from error
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _open(row: RowMapping) -> PreparedDraft:
    return PreparedDraft(**{**row, "members": json.loads(row["members"])})
