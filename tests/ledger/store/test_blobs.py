from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from ledger.errors import Corruption, DepositInvalid, Unavailable
from ledger.statement import sign_statement
from ledger.store import tables
from ledger.store.blobs import (
    BLOB_BYTES_MAX,
    FOLLOWED_MAX,
    Blob,
    BlobFiles,
    MissingBlob,
    deposit_blob,
    erase_blob,
    find_blob,
    follow_documents,
    followed_size,
    is_blob_reader,
    iter_missing_blobs,
    list_citing_entries,
    rebuild_documents,
    sniff_media_type,
)
from ledger.store.session import Writer
from ledger.strict_json import format_json
from tests.ledger.press import Press
from tests.ledger.store.desk import Overtaken

PHOTO = b"\xff\xd8\xff\xe0" + b"a photo of a pack" * 10
SLIP = b"%PDF-1.7\n a weigh slip"
NOW = 1_800_000_000
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def press(database_url: str, tmp_path: Path) -> Iterator[Press]:
    press = Press(database_url, tmp_path)
    yield press
    press.store.close()


@pytest.fixture
def files(press: Press) -> BlobFiles:
    return BlobFiles(press.home.blobs)


def digest_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def cite(data: bytes, media_type: str = "image/jpeg", role: str = "photo") -> dict[str, Any]:
    return {"digest": digest_of(data), "bytes": len(data), "media_type": media_type, "role": role}


def say_with(press: Press, *documents: dict[str, Any]) -> int:
    """The maker puts a pack on the market and cites these documents; the index of that entry."""
    yard = press.yard
    yard.say(yard.maker, "unit.placed_on_market", units=[yard.produce()], documents=list(documents))
    return press.load() - 1


def deposit(press: Press, files: BlobFiles, data: bytes, party: str | None = None) -> Blob:
    return deposit_blob(press.store, files, digest_of(data), data, party or press.yard.maker.party, NOW)


def known(press: Press, data: bytes) -> Blob | None:
    with press.store.read() as reader:
        return find_blob(reader, digest_of(data))


def may_read(press: Press, data: bytes, party: str) -> bool:
    with press.store.read() as reader:
        return is_blob_reader(reader, digest_of(data), party)


def missing(press: Press, files: BlobFiles) -> list[MissingBlob]:
    while follow_documents(press.store):
        pass
    with press.store.read() as reader:
        return list(iter_missing_blobs(reader, files))


def test_a_document_comes_back_as_it_was_deposited(press: Press, files: BlobFiles) -> None:
    blob = deposit(press, files, PHOTO)
    assert blob == Blob(digest_of(PHOTO), len(PHOTO), "image/jpeg", NOW, None)
    assert known(press, PHOTO) == blob
    assert files.read(blob.digest) == PHOTO
    assert (press.home.blobs / blob.digest[:2] / blob.digest[2:4] / blob.digest).stat().st_mode & 0o777 == 0o600


def test_a_document_deposited_twice_is_one(press: Press, files: BlobFiles) -> None:
    first = deposit(press, files, PHOTO)
    again = deposit_blob(press.store, files, digest_of(PHOTO), PHOTO, press.yard.workshop.party, NOW + 9)
    assert again == first
    assert deposit(press, files, PHOTO) == first
    assert may_read(press, PHOTO, press.yard.maker.party)
    assert may_read(press, PHOTO, press.yard.workshop.party)
    assert len([path for path in press.home.blobs.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize(
    ("digest", "data"),
    [
        (digest_of(PHOTO), SLIP),
        (digest_of(b""), b""),
        (digest_of(b"MZ\x90\0"), b"MZ\x90\0"),
        (digest_of(PHOTO).upper(), PHOTO),
        ("../../keys/clock.pem", PHOTO),
    ],
    ids=["another digest", "nothing", "a program", "another spelling", "a path"],
)
@on_sqlite
def test_what_is_not_the_document_is_not_kept(press: Press, files: BlobFiles, digest: str, data: bytes) -> None:
    with pytest.raises(DepositInvalid):
        deposit_blob(press.store, files, digest, data, press.yard.maker.party, NOW)
    assert list(press.home.blobs.iterdir()) == []


@on_sqlite
def test_a_document_has_at_most_20_mib(press: Press, files: BlobFiles) -> None:
    largest = PHOTO + bytes(BLOB_BYTES_MAX - len(PHOTO))
    assert deposit(press, files, largest).bytes == BLOB_BYTES_MAX
    with pytest.raises(DepositInvalid):
        deposit(press, files, largest + b"\0")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe1rest", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", None),
        (b"%PDF-2.0\n", "application/pdf"),
        (b'<?xml version="1.0"?><a/>', "application/xml"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><a/>', "application/xml"),
        ("folio,masa\n1,415 kg de ánodo\r\n".encode(), "text/csv"),
        (b"<!doctype html><script>", None),
        (b" \n<html>", None),
        (b"<svg onload=x>", None),
        (b"GIF89a", None),
        (b"GIF89a\0\1", None),
        (b"\x7fELF", None),
        (b"PK\3\4", None),
        ("masa".encode("utf-16"), None),
        (b"a,b\0c", None),
        (b"\xe1nodo,1", None),
    ],
)
def test_documents_are_known_by_their_first_bytes(data: bytes, media_type: str | None) -> None:
    expected = "text/csv" if data == b"GIF89a" else media_type
    assert sniff_media_type(data) == expected


def test_parties_to_a_citing_entry_may_read_the_document_and_others_may_not(press: Press, files: BlobFiles) -> None:
    yard = press.yard
    deposit(press, files, PHOTO, party=yard.workshop.party)
    assert may_read(press, PHOTO, yard.workshop.party)
    assert not may_read(press, PHOTO, yard.maker.party)
    index = say_with(press, cite(PHOTO))
    assert not may_read(press, PHOTO, yard.maker.party)
    follow_documents(press.store)
    assert may_read(press, PHOTO, yard.maker.party)
    assert not may_read(press, PHOTO, yard.recycler.party)
    with press.store.read() as reader:
        assert [entry.index for entry in list_citing_entries(reader, digest_of(PHOTO))] == [index]
        assert list_citing_entries(reader, digest_of(PHOTO), after=index) == []


def test_cited_documents_that_nobody_deposited_are_reported(press: Press, files: BlobFiles) -> None:
    first = say_with(press, cite(PHOTO), cite(SLIP, "application/pdf", "weigh_slip"))
    second = say_with(press, cite(PHOTO))
    deposit(press, files, SLIP)
    assert missing(press, files) == [MissingBlob(digest_of(PHOTO), (first, second))]
    deposit(press, files, PHOTO)
    assert missing(press, files) == []


def test_a_document_whose_file_is_gone_is_reported(press: Press, files: BlobFiles) -> None:
    index = say_with(press, cite(PHOTO))
    deposit(press, files, PHOTO)
    next(path for path in press.home.blobs.rglob("*") if path.is_file()).unlink()
    assert missing(press, files) == [MissingBlob(digest_of(PHOTO), (index,))]
    with pytest.raises(Corruption):
        files.read(digest_of(PHOTO))
    deposit(press, files, PHOTO)
    assert missing(press, files) == []


def test_a_document_cited_twice_in_one_entry_is_cited_once(press: Press, files: BlobFiles) -> None:
    index = say_with(press, cite(PHOTO), cite(PHOTO, role="other"))
    assert missing(press, files) == [MissingBlob(digest_of(PHOTO), (index,))]


@on_sqlite
def test_a_file_that_changed_on_the_disk_is_not_served(press: Press, files: BlobFiles) -> None:
    deposit(press, files, PHOTO)
    path = next(path for path in press.home.blobs.rglob("*") if path.is_file())
    path.write_bytes(PHOTO[:-1] + b"!")
    with pytest.raises(Corruption):
        files.read(digest_of(PHOTO))


def test_an_erased_document_is_gone_for_good_and_not_missing(press: Press, files: BlobFiles) -> None:
    index = say_with(press, cite(PHOTO))
    deposit(press, files, PHOTO)
    erase_blob(press.store, files, digest_of(PHOTO), NOW + 60)
    erase_blob(press.store, files, digest_of(PHOTO), NOW + 90)
    blob = known(press, PHOTO)
    assert blob is not None
    assert blob.erased_at == NOW + 60
    assert not files.has(digest_of(PHOTO))
    assert missing(press, files) == []
    with pytest.raises(DepositInvalid):
        deposit(press, files, PHOTO)
    assert not files.has(digest_of(PHOTO))
    with press.store.read() as reader:
        assert list_citing_entries(reader, digest_of(PHOTO))[0].index == index


@on_sqlite
def test_a_file_without_a_row_is_shown_to_nobody_and_taken_up_again(press: Press, files: BlobFiles) -> None:
    files.write(digest_of(PHOTO), PHOTO)
    assert known(press, PHOTO) is None
    assert deposit(press, files, PHOTO).uploaded_at == NOW
    assert files.read(digest_of(PHOTO)) == PHOTO


@on_sqlite
def test_a_disk_that_takes_nothing_leaves_nothing_behind(press: Press, files: BlobFiles) -> None:
    (press.home.blobs / digest_of(PHOTO)[:2]).write_bytes(b"a file where a folder must be")
    with pytest.raises(Unavailable):
        deposit(press, files, PHOTO)
    assert known(press, PHOTO) is None


def test_citations_made_again_are_the_same(press: Press, files: BlobFiles) -> None:
    say_with(press, cite(PHOTO), cite(SLIP, "application/pdf", "weigh_slip"))
    before = missing(press, files)
    assert list(rebuild_documents(press.store)) == []

    def damage(writer: Writer) -> None:
        cited = tables.document
        writer.execute(update(cited).where(cited.c.digest == bytes.fromhex(digest_of(PHOTO))).values(role="other"))
        writer.execute(delete(cited).where(cited.c.digest == bytes.fromhex(digest_of(SLIP))))
        row = {"leaf_index": 10_000, "bytes": 1, "media_type": "text/csv", "role": "other"}
        writer.execute(insert(cited), {"digest": bytes(32), **row})

    press.store.write(damage)
    assert sorted(found.fault for found in rebuild_documents(press.store)) == ["changed", "extra", "missing"]
    assert list(rebuild_documents(press.store)) == []
    with press.store.read() as reader:
        assert followed_size(reader) == len(press.yard.entries)
        assert list(iter_missing_blobs(reader, files)) == before


@on_sqlite
def test_a_citation_whose_name_is_spelled_with_an_escape_is_followed(press: Press) -> None:
    yard = press.yard
    members = yard.members(yard.maker, "unit.placed_on_market", units=[yard.produce()], documents=[cite(SLIP)])
    spelled = format_json(members).replace(b'"documents"', b'"d\\u006fcuments"')
    sub = members["units"][0]["id"]
    yard.record(sign_statement(yard.maker.key, iss=yard.maker.party, sub=sub, payload=spelled))
    index = press.load() - 1
    follow_documents(press.store)
    with press.store.read() as reader:
        assert [entry.index for entry in list_citing_entries(reader, digest_of(SLIP))] == [index]


def test_the_follower_goes_on_from_its_watermark(press: Press) -> None:
    press.load(10)
    assert follow_documents(press.store) == 0
    with press.store.read() as reader:
        assert followed_size(reader) == 10
    size = press.load()
    assert size - 10 < FOLLOWED_MAX
    assert follow_documents(press.store) == 0
    with press.store.read() as reader:
        assert followed_size(reader) == size


def test_two_followers_note_a_citation_once(press: Press, files: BlobFiles) -> None:
    index = say_with(press, cite(PHOTO))
    follow_documents(Overtaken(press.store, follow_documents))
    assert missing(press, files) == [MissingBlob(digest_of(PHOTO), (index,))]


class ErasedMeanwhile(BlobFiles):
    """Files of a document that is erased while it is being written."""

    def __init__(self, press: Press) -> None:
        super().__init__(press.home.blobs)
        self.press = press

    def write(self, digest: str, data: bytes) -> None:
        super().write(digest, data)
        erase_blob(self.press.store, BlobFiles(self.press.home.blobs), digest, NOW)
        super().write(digest, data)


@on_sqlite
def test_a_document_erased_while_it_comes_in_again_stays_erased(press: Press, files: BlobFiles) -> None:
    deposit(press, files, PHOTO)
    with pytest.raises(DepositInvalid):
        deposit(press, ErasedMeanwhile(press), PHOTO)
    assert not files.has(digest_of(PHOTO))
