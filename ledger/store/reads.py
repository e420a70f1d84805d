"""What officials have read that is not public: side data, which no log entry stands for and no rebuild brings back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import and_, delete, insert, or_, select

from ledger.store.session import Reader, Writer
from ledger.store.tables import official_read

PATH_CHARS_MAX: Final = 2000
KEPT_YEARS: Final = 7
"""As long as a grave fault of an official can be prosecuted (LGRA 74)."""
_YEAR_S: Final = 366 * 24 * 3600


@dataclass(frozen=True, slots=True)
class OfficialRead:
    """One read.

    Attributes:
        read_at: when, in seconds since 1970.
        request: the id of the request, which its answer bore too.
        party: the authority.
        kid: of its key, in hex: the official who has it.
        path: what was asked for, with its query; at most ``PATH_CHARS_MAX``.
    """

    read_at: int
    request: str
    party: str
    kid: str
    path: str


def note_read(writer: Writer, read: OfficialRead) -> None:
    """Keep that this was asked for."""
    writer.execute(insert(official_read), asdict(read))


def list_reads(
    reader: Reader, *, party: str | None, before: tuple[int, str] | None = None, limit: int
) -> list[OfficialRead]:
    """The newest reads, by one authority or by all, from before that time and request."""
    column = official_read.c
    query = select(official_read).order_by(column.read_at.desc(), column.request.desc()).limit(limit)
    if party is not None:
        query = query.where(column.party == party)
    if before is not None:
        at, request = before
        query = query.where(or_(column.read_at < at, and_(column.read_at == at, column.request < request)))
    return [OfficialRead(**row) for row in reader.execute(query).mappings()]


def forget_reads(writer: Writer, now: int) -> int:
    """Forget what is older than ``KEPT_YEARS`` at ``now`` (seconds since 1970); how many reads that were."""
    result = writer.execute(delete(official_read).where(official_read.c.read_at < now - KEPT_YEARS * _YEAR_S))
    return int(result.rowcount)
