from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import cbor
from ledger.errors import DepositInvalid
from ledger.store.schema import create_schema
from ledger.store.sealed import (
    OPENING_BYTES_MAX,
    READERS_MAX,
    Sealed,
    deposit_sealed,
    erase_sealed,
    find_sealed,
    list_sealed,
)
from ledger.store.session import Store, open_store

OWNER, READER, STRANGER = "pty_owner", "pty_reader", "pty_stranger"
NAME = b"Juana Demostracion Demo"
OPENING = cbor.encode([bytes(range(16)), {"name": NAME.decode(), "rfc": "DEDJ800101AAA"}])
COMMITMENT = sha256(OPENING).hexdigest()
NOW = 1_800_000_000


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    create_schema(database_url)
    store = open_store(database_url)
    yield store
    store.close()


def deposit(store: Store, party: str = OWNER, now: int = NOW) -> Sealed:
    return deposit_sealed(store, COMMITMENT, OPENING, party, [READER], now)


def seen_by(store: Store, party: str) -> Sealed | None:
    with store.read() as reader:
        return find_sealed(reader, COMMITMENT, party)


def test_only_the_owner_and_its_readers_see_a_sealed_value(store: Store) -> None:
    sealed = deposit(store)
    assert sealed == Sealed(COMMITMENT, OPENING, OWNER, NOW, None)
    assert seen_by(store, OWNER) == sealed
    assert seen_by(store, READER) == sealed
    assert seen_by(store, STRANGER) is None


def test_the_same_deposit_again_changes_nothing(store: Store) -> None:
    first = deposit(store)
    assert deposit(store, now=NOW + 9) == first


def test_another_party_cannot_take_a_sealed_value_over(store: Store) -> None:
    deposit(store)
    with pytest.raises(DepositInvalid):
        deposit(store, party=STRANGER)
    assert seen_by(store, STRANGER) is None


@pytest.mark.parametrize("change", [b"", b"\0", OPENING[:-1], bytes(OPENING_BYTES_MAX + 1)])
def test_what_the_commitment_was_not_made_from_is_not_kept(store: Store, change: bytes) -> None:
    with pytest.raises(DepositInvalid):
        deposit_sealed(store, COMMITMENT, change, OWNER, [], NOW)
    assert seen_by(store, OWNER) is None


def test_a_sealed_value_that_is_too_large_is_refused_even_with_its_hash(store: Store) -> None:
    opening = bytes(OPENING_BYTES_MAX + 1)
    with pytest.raises(DepositInvalid):
        deposit_sealed(store, sha256(opening).hexdigest(), opening, OWNER, [], NOW)
    with pytest.raises(DepositInvalid):
        deposit_sealed(store, COMMITMENT, OPENING, OWNER, [f"pty_{n}" for n in range(READERS_MAX + 1)], NOW)


def test_erasing_takes_salt_and_value_and_the_readers(store: Store) -> None:
    deposit(store)
    assert erase_sealed(store, COMMITMENT, NOW + 60)
    assert seen_by(store, OWNER) == Sealed(COMMITMENT, None, OWNER, NOW, NOW + 60)
    assert seen_by(store, READER) is None
    assert not erase_sealed(store, COMMITMENT, NOW + 90)
    assert seen_by(store, OWNER) == Sealed(COMMITMENT, None, OWNER, NOW, NOW + 60)


def test_what_was_erased_is_not_kept_again(store: Store) -> None:
    deposit(store)
    erase_sealed(store, COMMITMENT, NOW)
    with pytest.raises(DepositInvalid):
        deposit(store)


def test_a_party_sees_all_that_it_deposited(store: Store) -> None:
    deposit(store)
    other = cbor.encode([bytes(16), {"name": "otra"}])
    deposit_sealed(store, sha256(other).hexdigest(), other, OWNER, [], NOW + 1)
    with store.read() as reader:
        assert [one.opening for one in list_sealed(reader, OWNER)] == [OPENING, other]
        assert list_sealed(reader, READER) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_erasure_the_file_of_the_database_does_not_hold_the_value(store: Store, tmp_path: Path) -> None:
    deposit(store)
    store.close()
    database = tmp_path / "ledger.sqlite"
    assert NAME in database.read_bytes()
    erase_sealed(store, COMMITMENT, NOW)
    store.close()
    assert all(NAME not in path.read_bytes() for path in tmp_path.glob("ledger.sqlite*"))
