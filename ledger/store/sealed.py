"""Personal data beside the log: what a commitment in an entry was made from, who may read it, and its erasure.

A commitment is SHA-256 over its *opening*, the deterministic CBOR of ``[salt, value]``. Salt and value are one value
here and go together; what is left in the log is then a number that nobody can open or guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import RowMapping, delete, insert, select, update

from ledger.errors import DepositInvalid
from ledger.store import tables
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Store, Writer

OPENING_BYTES_MAX = 16 * 1024
READERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is kept for a commitment.

    Attributes:
        commitment: in hex.
        opening: what it was made from; None once erased.
        party: who deposited it and answers for it.
        sealed_at: seconds since 1970.
        erased_at: seconds since 1970; None while the opening is there.
    """

    commitment: str
    opening: bytes | None
    party: str
    sealed_at: int
    erased_at: int | None


def deposit_sealed(
    store: Store, commitment: str, opening: bytes, party: str, readers: Iterable[str], now: int
) -> Sealed:
    """Keep the opening of a commitment for ``party`` and those whom it lets read. The same again changes nothing.

    Args:
        store: the ledger.
        commitment: in hex.
        opening: what hashes to it, at most 16 KiB.
        party: who deposits it.
        readers: further parties that may read it, at most 64.
        now: seconds since 1970.

    Raises:
        DepositInvalid: too large, too many readers, another hash, erased before, or deposited by another party.
        Unavailable: it cannot be written.
    """
    others = sorted(set(readers) - {party})
    if len(opening) > OPENING_BYTES_MAX or len(others) > READERS_MAX:
        raise DepositInvalid("The sealed value is too large.", limit_bytes=OPENING_BYTES_MAX, limit_readers=READERS_MAX)
    if sha256(opening).hexdigest() != commitment:
        raise DepositInvalid("The sealed value is not what the commitment was made from.")
    sealed = Sealed(commitment, opening, party, now, None)
    return store.write(lambda writer: _register(writer, sealed, others))


def find_sealed(reader: Reader, commitment: str, party: str) -> Sealed | None:
    """The sealed value as ``party`` may see it; None when there is none, and to whom it is not shown."""
    sealed = _find(reader, commitment)
    return sealed if sealed is not None and _may_read(reader, sealed, party) else None


def list_sealed(reader: Reader, party: str) -> list[Sealed]:
    """All that a party has deposited, for the answer to a request for access or erasure."""
    column = tables.sealed.c
    query = select(tables.sealed).where(column.party == party).order_by(column.sealed_at, column.commitment)
    return [_open(row) for row in reader.execute(query).mappings()]


def erase_sealed(store: Store, commitment: str, now: int) -> bool:
    """Erase salt and value together; whether there was anything to erase.

    In SQLite the place in the file is overwritten, once the write-ahead log has been checkpointed. PostgreSQL keeps
    the old row until the next VACUUM, and backups keep it until they expire: their retention is part of the promise.

    Raises:
        Unavailable: the database cannot write.
    """
    return store.write(lambda writer: _erase(writer, commitment, now))


def _register(writer: Writer, sealed: Sealed, readers: list[str]) -> Sealed:
    # Two deposits of one commitment may meet: the head's lock puts them in order.
    lock_head(writer)
    known = _find(writer, sealed.commitment)
    if known is not None:
        return _same(known, sealed)
    commitment = bytes.fromhex(sealed.commitment)
    row = {
        "commitment": commitment,
        "opening": sealed.opening,
        "party": sealed.party,
        "sealed_at": sealed.sealed_at,
    }
    writer.execute(insert(tables.sealed), row)
    if readers:
        writer.execute(
            insert(tables.sealed_reader), [{"commitment": commitment, "party": reader} for reader in readers]
        )
    return sealed


def _same(known: Sealed, sealed: Sealed) -> Sealed:
    if known.erased_at is not None:
        raise DepositInvalid("The sealed value was erased, and is not kept again.", cure="Seal it with a fresh salt.")
    if known.party != sealed.party:
        raise DepositInvalid("Another party has deposited this sealed value.")
    return known


def _erase(writer: Writer, commitment: str, now: int) -> bool:
    if writer.dialect.name == "sqlite":
        writer.exec_driver_sql("PRAGMA secure_delete = ON")
    key = bytes.fromhex(commitment)
    writer.execute(delete(tables.sealed_reader).where(tables.sealed_reader.c.commitment == key))
    column = tables.sealed.c
    change = update(tables.sealed).where(column.commitment == key, column.erased_at.is_(None))
    return writer.execute(change.values(opening=None, erased_at=now)).rowcount > 0


def _find(reader: Reader, commitment: str) -> Sealed | None:
    query = select(tables.sealed).where(tables.sealed.c.commitment == bytes.fromhex(commitment))
    row = reader.execute(query).mappings().one_or_none()
    return None if row is None else _open(row)


def _may_read(reader: Reader, sealed: Sealed, party: str) -> bool:
    if sealed.party == party:
        return True
    column = tables.sealed_reader.c
    query = select(column.party).where(column.commitment == bytes.fromhex(sealed.commitment), column.party == party)
    return reader.execute(query).first() is not None


def _open(row: RowMapping) -> Sealed:
    return Sealed(**{**row, "commitment": row["commitment"].hex()})
