"""Drafts of applications and consignments in the database: each party's own, replaced whole, few and small."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from certification.store.drafts import (
    DRAFTS_PER_PARTY_MAX,
    PreparedDraft,
    delete_draft,
    find_draft,
    list_drafts,
    put_draft,
)
from ledger.errors import DepositInvalid
from ledger.store.schema import create_schema
from ledger.store.session import Store, open_store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    create_schema(database_url)
    store = open_store(database_url)
    yield store
    store.close()


def draft(subject: str = "apl_1", party: str = "pty_1", at: int = 0, **members: object) -> PreparedDraft:
    return PreparedDraft(party, subject, {"technologies": ["hidrometalúrgico"], **members}, at)


def keep(store: Store, kept: PreparedDraft) -> None:
    store.write(lambda writer: put_draft(writer, kept))


def test_a_draft_is_replaced_whole_and_is_its_partys_own(store: Store) -> None:
    for kept in (draft(asks="grant"), draft(party="pty_2"), draft(at=1), draft("apl_2", at=2)):
        keep(store, kept)

    with store.read() as reader:
        assert find_draft(reader, "pty_1", "apl_1") == draft(at=1)
        assert [found.subject for found in list_drafts(reader, "pty_1")] == ["apl_2", "apl_1"]
        assert find_draft(reader, "pty_3", "apl_1") is None
    assert store.write(lambda writer: delete_draft(writer, "pty_1", "apl_1"))
    assert not store.write(lambda writer: delete_draft(writer, "pty_1", "apl_1"))
    with store.read() as reader:
        assert find_draft(reader, "pty_2", "apl_1") == draft(party="pty_2")


def test_what_is_refused_leaves_what_was_there(store: Store) -> None:
    def fill(count: int) -> None:
        for number in range(count):
            keep(store, draft(f"apl_{number}"))

    fill(DRAFTS_PER_PARTY_MAX)
    for refused in (draft("apl_more"), draft("apl_0", note="x" * 61_440), draft("apl_0", share=0.5)):
        with pytest.raises(DepositInvalid):
            keep(store, refused)

    fill(1)
    with store.read() as reader:
        assert len(list_drafts(reader, "pty_1")) == DRAFTS_PER_PARTY_MAX
        assert find_draft(reader, "pty_1", "apl_0") == draft("apl_0")
