"""Contacts of parties, and the outbox of notices to them: side data, and the only place where an address stands.

A notice has an id made from what it says, to whom and about which day, so the same one is queued once, whoever asks.
It is *claimed* before it is sent and marked after: a process that dies between leaves it to be sent again. So a notice
is sent at least once, and seldom twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text, delete, func, insert, select, update

from ledger.store.chunks import chunks_of
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Store, Writer
from ledger.store.tables import Hash, Key, metadata

Language = Literal["es", "en"]
LANGUAGES: Final = get_args(Language)

ATTEMPTS_MAX = 10
"""After as many temporary failures a notice is given up: a little more than three days."""
LEASE_S = 600
"""How long a claimed notice is left to whoever claimed it."""
BACK_OFF_S = 120
BACK_OFF_S_MAX = 24 * 3600

contact = Table(
    "contact",
    metadata,
    Column("party", Key, primary_key=True),
    Column("address", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Hash, primary_key=True),
    Column("party", Key, nullable=False),
    Column("topic", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("next_try", BigInteger),
    Column("sent_at", BigInteger),
    Index(None, "next_try"),
    Index(None, "party", "topic", "queued_at"),
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a party wants to be told, and in which language.

    Attributes:
        address: an e-mail address: personal data.
        asked_at: seconds since 1970, when the address was given.
        confirmed_at: when somebody who reads mail at the address said so; None until then, and nothing is sent there
            but the question.
    """

    party: str
    address: str
    language: Language
    asked_at: int
    confirmed_at: int | None


@dataclass(frozen=True, slots=True)
class Queued:
    """A notice in the outbox; ``id`` is SHA-256 in hex, ``facts`` are what its text names. No address is in it."""

    id: str
    party: str
    topic: str
    facts: dict[str, str]
    attempts: int = 0


def find_contact(reader: Reader, party: str) -> Contact | None:
    """The party's contact, confirmed or not."""
    row = reader.execute(select(contact).where(contact.c.party == party)).mappings().one_or_none()
    return None if row is None else Contact(**row)


def list_confirmed(reader: Reader, *, after: str = "", limit: int = 200) -> list[Contact]:
    """A page of contacts to which notices may be sent, by party."""
    query = select(contact).where(contact.c.confirmed_at.is_not(None), contact.c.party > after)
    return [Contact(**row) for row in reader.execute(query.order_by(contact.c.party).limit(limit)).mappings()]


def put_contact(writer: Writer, party: str, address: str, language: Language, now: int) -> Contact:
    """The party's one contact from now on; another address than before waits to be confirmed."""
    lock_head(writer)
    known = find_contact(writer, party)
    if known is not None and known.address == address and known.confirmed_at is not None:
        writer.execute(update(contact).where(contact.c.party == party).values(language=language))
        return Contact(party, address, language, known.asked_at, known.confirmed_at)
    _forget(writer, party)
    # Links of two addresses given in one second must differ, and so must the questions.
    asked_at = now if known is None else max(now, known.asked_at + 1)
    row = {"party": party, "address": address, "language": language, "asked_at": asked_at, "confirmed_at": None}
    writer.execute(insert(contact), row)
    return Contact(party, address, language, asked_at, None)


def confirm_contact(store: Store, asked: Contact, now: int) -> bool:
    """The address was confirmed; whether it is still the one that the party asked for then."""
    column = contact.c
    same = (column.party == asked.party, column.address == asked.address, column.asked_at == asked.asked_at)
    confirmed = update(contact).where(*same, column.confirmed_at.is_(None)).values(confirmed_at=now)

    def work(writer: Writer) -> bool:
        return (
            writer.execute(confirmed).rowcount > 0
            or writer.execute(select(column.party).where(*same)).first() is not None
        )

    return store.write(work)


def erase_contact(store: Store, party: str) -> bool:
    """Erase the address, and what was still to be sent to it; whether there was one.

    As for sealed values, backups keep it until they expire, and PostgreSQL until the next VACUUM.
    """

    def work(writer: Writer) -> bool:
        lock_head(writer)
        return _forget(writer, party)

    return store.write(work)


def forget_unconfirmed(store: Store, before: int) -> int:
    """Erase the contacts that were asked for before an instant and that nobody confirmed; how many."""
    column = contact.c
    stale = select(column.party).where(column.confirmed_at.is_(None), column.asked_at < before)

    def work(writer: Writer) -> int:
        parties = [party for (party,) in writer.execute(stale)]
        return sum(_forget(writer, party) for party in parties)

    return store.write(work)


def queue_notices(writer: Writer, notices: Sequence[Queued], now: int) -> int:
    """Put into the outbox those that never were in it; how many."""
    lock_head(writer)
    known: set[str] = set()
    for chunk in chunks_of(bytes.fromhex(item.id) for item in notices):
        known |= {key.hex() for (key,) in writer.execute(select(notice.c.id).where(notice.c.id.in_(chunk)))}
    fresh = {item.id: item for item in notices if item.id not in known}
    if fresh:
        writer.execute(insert(notice), [_row(item, now) for item in fresh.values()])
    return len(fresh)


def count_queued(reader: Reader, party: str, topic: str, since: int) -> int:
    """How many notices of a topic were queued for a party since an instant (seconds since 1970)."""
    column = notice.c
    query = select(func.count()).select_from(notice)
    return reader.execute(
        query.where(column.party == party, column.topic == topic, column.queued_at >= since)
    ).scalar_one()


def claim_notice(store: Store, now: int) -> Queued | None:
    """Take the notice whose turn it is, for ``LEASE_S``; None when none is due. The attempt counts from here on."""
    column = notice.c
    due = select(notice).where(column.next_try <= now).order_by(column.next_try, column.id).limit(1)

    def work(writer: Writer) -> Queued | None:
        # Two workers may look at once: the head's lock lets the second one see what the first has claimed.
        lock_head(writer)
        row = writer.execute(due).mappings().one_or_none()
        if row is None:
            return None
        claimed = {"attempts": row["attempts"] + 1, "next_try": now + LEASE_S}
        writer.execute(update(notice).where(column.id == row["id"]).values(**claimed))
        return Queued(row["id"].hex(), row["party"], row["topic"], json.loads(row["facts"]), claimed["attempts"])

    return store.write(work)


def mark_sent(store: Store, claimed: Queued, now: int) -> None:
    """The mail server has taken it."""
    _set(store, claimed, next_try=None, sent_at=now)


def mark_dead(store: Store, claimed: Queued) -> None:
    """It will never arrive; it stays in the outbox to be seen, and is not tried again."""
    _set(store, claimed, next_try=None)


def mark_failed(store: Store, claimed: Queued, now: int) -> bool:
    """It may arrive later: it is tried again, each time after twice as long; False once it is given up."""
    if claimed.attempts >= ATTEMPTS_MAX:
        mark_dead(store, claimed)
        return False
    _set(store, claimed, next_try=now + min(BACK_OFF_S << claimed.attempts, BACK_OFF_S_MAX))
    return True


def release(store: Store, claimed: Queued) -> None:
    """Nobody could be asked to take it: the attempt does not count. It is tried again when the lease ends."""
    _set(store, claimed, attempts=claimed.attempts - 1)


def count_outbox(reader: Reader) -> dict[str, int]:
    """How many notices are ``waiting``, ``sent`` and ``dead``."""
    column = notice.c
    waiting = column.next_try.is_not(None)
    dead = column.next_try.is_(None) & column.sent_at.is_(None)
    counted = {"waiting": waiting, "sent": column.sent_at.is_not(None), "dead": dead}
    query = select(func.count()).select_from(notice)
    return {name: reader.execute(query.where(condition)).scalar_one() for name, condition in counted.items()}


def _set(store: Store, claimed: Queued, **values: Any) -> None:
    change = update(notice).where(notice.c.id == bytes.fromhex(claimed.id)).values(**values)
    store.write(lambda writer: writer.execute(change))


def _row(item: Queued, now: int) -> dict[str, Any]:
    return {
        "id": bytes.fromhex(item.id),
        "party": item.party,
        "topic": item.topic,
        "facts": json.dumps(item.facts, ensure_ascii=False, sort_keys=True),
        "queued_at": now,
        "attempts": 0,
        "next_try": now,
        "sent_at": None,
    }


def _forget(writer: Writer, party: str) -> bool:
    # What was still to be sent goes too: nobody at the next address has asked for it yet, and then it is due again.
    writer.execute(delete(notice).where(notice.c.party == party, notice.c.next_try.is_not(None)))
    if writer.dialect.name == "sqlite":
        writer.exec_driver_sql("PRAGMA secure_delete = ON")
    return writer.execute(delete(contact).where(contact.c.party == party)).rowcount > 0
