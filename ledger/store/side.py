"""Statements that are not in the log: refused ones, and those that wait for the one they build on.

Both hold only what an enrolled key has signed, and only so much for each key: nobody can push out what others sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Result, bindparam, delete, func, insert, select

from ledger.store import tables
from ledger.store.chunks import chunks_of
from ledger.store.session import Reader, Writer

JOURNALED_PER_KEY_MAX = 100
WAITING_PER_KEY_MAX = 1000
WAITING_PER_PARTY_MAX = 4 * WAITING_PER_KEY_MAX
"""A party enrols as many keys as it likes."""
WAITING_S_MAX = 30 * 24 * 3600
EXPIRED_MAX = 500
"""Statements that are given up in one transaction: thousands that came together expire together."""

_WAITING = select(tables.waiting).order_by(tables.waiting.c.since, tables.waiting.c.event_id)
_CHILDREN = _WAITING.where(tables.waiting.c.parent.in_(bindparam("parents", expanding=True)))


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused submission. ``signer`` is party and key id; ``refused_at`` is in seconds since 1970."""

    event_id: str
    signer: str
    code: str
    detail: str
    refused_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Parked:
    """A statement that builds on the event ``parent``, which is not in the log yet, ``since`` when (seconds)."""

    event_id: str
    parent: str
    signer: str
    since: int
    body: bytes


def journal_refusals(writer: Writer, refused: Sequence[Refused]) -> None:
    """Keep these refusals, and of each key the newest ``JOURNALED_PER_KEY_MAX``."""
    newest = {row.event_id: row for row in refused}
    _delete(writer, "journal", newest)
    rows = [
        {
            "event_id": bytes.fromhex(row.event_id),
            "signer": row.signer,
            "code": row.code,
            "detail": row.detail,
            "refused_at": row.refused_at,
            "body": row.body,
        }
        for row in newest.values()
    ]
    if rows:
        writer.execute(insert(tables.journal), rows)
    for signer in {row.signer for row in refused}:
        _forget_old_refusals(writer, signer)


def list_refusals(reader: Reader, signer: str) -> list[Refused]:
    """What was refused to a key (``party:kid``), newest first."""
    column = tables.journal.c
    query = select(tables.journal).where(column.signer == signer)
    rows = reader.execute(query.order_by(column.refused_at.desc(), column.event_id)).mappings()
    return [Refused(**{**row, "event_id": row["event_id"].hex()}) for row in rows]


def park(writer: Writer, parked: Iterable[Parked]) -> None:
    """Let these statements wait; one that waits already waits for its new parent, since it first did."""
    rows = list(parked)
    known = _since(writer, [row.event_id for row in rows])
    unpark(writer, known)
    written = [
        {
            "event_id": bytes.fromhex(row.event_id),
            "parent": bytes.fromhex(row.parent),
            "signer": row.signer,
            "since": known.get(row.event_id, row.since),
            "body": row.body,
        }
        for row in rows
    ]
    if written:
        writer.execute(insert(tables.waiting), written)


def unpark(writer: Writer, event_ids: Iterable[str]) -> None:
    """These statements wait no longer."""
    _delete(writer, "waiting", event_ids)


def find_children(reader: Reader, parents: Iterable[str]) -> list[Parked]:
    """The statements that wait for one of these events."""
    found: list[Parked] = []
    for chunk in chunks_of(bytes.fromhex(parent) for parent in parents):
        found += _open_parked(reader.execute(_CHILDREN, {"parents": chunk}))
    return found


def find_expired(reader: Reader, now: int, *, limit: int = EXPIRED_MAX) -> list[Parked]:
    """The statements that have waited longer than ``WAITING_S_MAX`` at ``now``, those that waited longest first."""
    query = _WAITING.where(tables.waiting.c.since < now - WAITING_S_MAX).limit(limit)
    return _open_parked(reader.execute(query))


def count_waiting(reader: Reader, signer: str) -> int:
    """How many statements of a key (``party:kid``), or of all keys of a party (``party:``), wait."""
    column = tables.waiting.c.signer
    query = select(func.count()).select_from(tables.waiting).where(column >= signer, column < signer + "~")
    return reader.execute(query).scalar_one()


def _forget_old_refusals(writer: Writer, signer: str) -> None:
    column = tables.journal.c
    kept = select(column.event_id).where(column.signer == signer)
    kept = kept.order_by(column.refused_at.desc(), column.event_id).limit(JOURNALED_PER_KEY_MAX)
    writer.execute(delete(tables.journal).where(column.signer == signer, column.event_id.not_in(kept)))


def _delete(writer: Writer, table: Literal["journal", "waiting"], event_ids: Iterable[str]) -> None:
    rows = tables.metadata.tables[table]
    for chunk in chunks_of(bytes.fromhex(event_id) for event_id in event_ids):
        writer.execute(delete(rows).where(rows.c.event_id.in_(chunk)))


def _since(reader: Reader, event_ids: Iterable[str]) -> dict[str, int]:
    column = tables.waiting.c
    since = {}
    for chunk in chunks_of(bytes.fromhex(event_id) for event_id in event_ids):
        query = select(column.event_id, column.since).where(column.event_id.in_(chunk))
        since.update({event_id.hex(): at for event_id, at in reader.execute(query)})
    return since


def _open_parked(rows: Result[Any]) -> list[Parked]:
    return [
        Parked(**{**row, "event_id": row["event_id"].hex(), "parent": row["parent"].hex()}) for row in rows.mappings()
    ]
