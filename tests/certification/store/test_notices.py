from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from certification.store.notices import (
    BACK_OFF_S,
    LEASE_S,
    Contact,
    Queued,
    claim_notice,
    confirm_contact,
    count_outbox,
    erase_contact,
    find_contact,
    forget_unconfirmed,
    list_confirmed,
    mark_failed,
    mark_sent,
    put_contact,
    queue_notices,
)
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store

NOW = 1_750_000_000
HOLDER, OTHER = "pty_mfzwizltoq2gk3tfnzsxe5dfoi", "pty_nfzwizltoq2gk3tfnzsxe5dfoi"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    create_schema(database_url)
    store = open_store(database_url)
    yield store
    store.close()


def queued(name: str, party: str = HOLDER) -> Queued:
    return Queued(sha256(name.encode()).hexdigest(), party, "suspended", {"number": "ñ"})


def queue(store: Store, *notices: Queued, now: int = NOW) -> int:
    return store.write(lambda writer: queue_notices(writer, notices, now))


def put(store: Store, address: str = "a@example.com", party: str = HOLDER, now: int = NOW) -> Contact:
    return store.write(lambda writer: put_contact(writer, party, address, "es", now))


def outbox(store: Store) -> dict[str, int]:
    with store.read() as reader:
        return count_outbox(reader)


def contact_of(store: Store, party: str = HOLDER) -> Contact | None:
    with store.read() as reader:
        return find_contact(reader, party)


def test_the_same_notice_is_queued_once_even_after_it_was_sent(store: Store) -> None:
    assert queue(store, queued("a"), queued("b"), queued("a")) == 2
    assert queue(store, queued("a")) == 0
    claimed = claim_notice(store, NOW)
    assert claimed is not None
    assert claimed.facts == {"number": "ñ"}
    mark_sent(store, claimed, NOW)

    assert queue(store, queued("a"), queued("b"), now=NOW + 1) == 0
    assert outbox(store) == {"waiting": 1, "sent": 1, "dead": 0}


def test_a_claim_holds_until_its_lease_ends(store: Store) -> None:
    queue(store, queued("a"))

    first = claim_notice(store, NOW)
    assert claim_notice(store, NOW + LEASE_S - 1) is None
    again = claim_notice(store, NOW + LEASE_S)

    assert (first and first.attempts, again and again.attempts) == (1, 2)


def test_what_failed_waits_each_time_twice_as_long(store: Store) -> None:
    queue(store, queued("a"))
    now = NOW
    for attempt in (1, 2, 3):
        claimed = claim_notice(store, now)
        assert claimed is not None
        assert claimed.attempts == attempt
        assert mark_failed(store, claimed, now)
        now += BACK_OFF_S << attempt
        assert claim_notice(store, now - 1) is None


def test_only_the_address_that_was_asked_about_is_confirmed(store: Store) -> None:
    first = put(store)
    second = put(store, "b@example.com")
    assert first.asked_at < second.asked_at

    assert not confirm_contact(store, first, NOW)
    assert confirm_contact(store, second, NOW)
    assert confirm_contact(store, second, NOW + 5)
    with store.read() as reader:
        assert [contact.address for contact in list_confirmed(reader)] == ["b@example.com"]


def test_another_language_keeps_the_confirmation_and_another_address_does_not(store: Store) -> None:
    confirm_contact(store, put(store), NOW)
    english = store.write(lambda writer: put_contact(writer, HOLDER, "a@example.com", "en", NOW + 9))
    assert (english.language, english.confirmed_at) == ("en", NOW)
    assert contact_of(store) == english

    assert put(store, "b@example.com").confirmed_at is None


def test_erasing_an_address_takes_what_was_to_be_sent_there_and_nothing_else(store: Store) -> None:
    put(store)
    put(store, party=OTHER)
    queue(store, queued("a"), queued("b", OTHER))

    assert erase_contact(store, HOLDER)
    assert not erase_contact(store, HOLDER)
    assert (contact_of(store), contact_of(store, OTHER) is not None) == (None, True)
    assert outbox(store)["waiting"] == 1


def test_what_nobody_confirmed_in_time_is_forgotten(store: Store) -> None:
    put(store, now=NOW - 10)
    confirm_contact(store, put(store, party=OTHER, now=NOW - 10), NOW)

    assert forget_unconfirmed(store, NOW - 10) == 0
    assert forget_unconfirmed(store, NOW) == 1
    assert (contact_of(store), contact_of(store, OTHER) is not None) == (None, True)
