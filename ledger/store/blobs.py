"""Photos and papers that entries cite: bytes in files named by their digest, rows about them in the database.

The file is written first and the row is what counts: a process that dies between leaves a file that nobody is shown,
which the next upload of the same bytes finds and keeps. Erasing goes the other way round.

Which entries cite which document is a projection, brought up to the log by ``follow_documents``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update

from ledger.domain.payload import party_key
from ledger.durable import sync_folder, write_new_file
from ledger.errors import Corruption, DepositInvalid, Unavailable
from ledger.event import parse_event
from ledger.store import tables
from ledger.store.entries import Entry, get_entry, iter_bodies, lock_head, read_head
from ledger.store.projections import Difference
from ledger.store.session import Reader, Store, Writer

BLOB_BYTES_MAX = 20 * 1024 * 1024
FOLLOWED_MAX = 1000
CITATIONS_MAX = 500

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PROJECTION = "document"
_MAGIC = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"%PDF-": "application/pdf",
    b"<?xml": "application/xml",
    b"\xef\xbb\xbf<?xml": "application/xml",
}
# What no table of comma-separated values has. A page that a browser would run begins with a tag.
_NOT_CSV = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|^[\\s\ufeff]*<")


@dataclass(frozen=True, slots=True)
class Blob:
    """A document that was deposited.

    Attributes:
        digest: SHA-256 of the bytes, in hex.
        bytes: how many.
        media_type: what they are, as their first bytes show.
        uploaded_at: seconds since 1970.
        erased_at: seconds since 1970 when the bytes were erased; None while they are there.
    """

    digest: str
    bytes: int
    media_type: str
    uploaded_at: int
    erased_at: int | None


@dataclass(frozen=True, slots=True)
class MissingBlob:
    """A document that entries cite and nobody has deposited, or whose file is gone; ``indexes`` cite it."""

    digest: str
    indexes: tuple[int, ...]


class BlobFiles:
    """The files: ``ab/cd/<digest>`` under one folder. They are written once and never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, digest: str, data: bytes) -> None:
        """Keep the bytes; they are on the disk when this returns.

        Raises:
            Unavailable: there is no room for them.
        """
        path = self._path(digest)
        fresh = path.with_name(f"{digest}.{token_hex(8)}.new")
        try:
            _make_folders(path.parent)
            write_new_file(fresh, data)
            # A crash before this leaves a ``.new`` file that nothing refers to; after it, the whole document.
            fresh.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise Unavailable("the document cannot be written") from error

    def read(self, digest: str) -> bytes:
        """The bytes, hashed anew.

        Raises:
            Corruption: the file is missing or does not have this digest.
        """
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError as error:
            raise Corruption("the file is missing", place=f"blob {digest}") from error
        if sha256(data).hexdigest() != digest:
            raise Corruption("the file has another digest", place=f"blob {digest}")
        return data

    def has(self, digest: str) -> bool:
        """Whether there is a file; ``read`` tells whether it is whole."""
        return self._path(digest).is_file()

    def erase(self, digest: str) -> None:
        """Remove the file, if it is there."""
        path = self._path(digest)
        with suppress(FileNotFoundError):
            path.unlink()
            sync_folder(path.parent)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError("a digest is 64 lower-case hex digits")
        return self._folder / digest[:2] / digest[2:4] / digest


def sniff_media_type(data: bytes) -> str | None:
    """What the bytes are, of the types that an entry may cite; None for anything else.

    Only their beginning is looked at, and for text that it is text: serve them as attachments all the same.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    for magic, media_type in _MAGIC.items():
        if data.startswith(magic):
            return media_type
    return "text/csv" if _is_csv(data) else None


def deposit_blob(store: Store, files: BlobFiles, digest: str, data: bytes, party: str, now: int) -> Blob:
    """Keep a document for ``party``. Deposited again, it is the same one, and the party may read it too.

    Args:
        store: the ledger.
        files: where the bytes go.
        digest: what the caller says the SHA-256 of ``data`` is, in hex.
        data: 1 byte to 20 MiB.
        party: who deposits it.
        now: seconds since 1970.

    Raises:
        DepositInvalid: too large, another digest, no accepted type, or a document that was erased.
        Unavailable: it cannot be written.
    """
    blob = _inspect(digest, data, now)
    with store.read() as reader:
        _refuse_erased(find_blob(reader, digest))
    files.write(digest, data)
    try:
        return store.write(lambda writer: _register(writer, blob, party))
    except DepositInvalid:
        # It was erased while it came in. A crash before this leaves a file that is shown to nobody.
        files.erase(digest)
        raise


def find_blob(reader: Reader, digest: str) -> Blob | None:
    """What is known of a document that was deposited; its bytes may have been erased since."""
    query = select(tables.blob).where(tables.blob.c.digest == bytes.fromhex(digest))
    row = reader.execute(query).mappings().one_or_none()
    return None if row is None else _open_blob(row)


def is_blob_reader(reader: Reader, digest: str, party: str) -> bool:
    """Whether the party deposited the document, or is a party to an entry that cites it.

    Parties to an entry are who stated it and whom it is about. Further readers, such as authorities and later
    holders of a unit, are those who may read a citing entry.
    """
    uploader = tables.blob_uploader.c
    own = select(uploader.party).where(uploader.digest == bytes.fromhex(digest), uploader.party == party)
    if reader.execute(own).first() is not None:
        return True
    cited, about = tables.document.c, tables.entry_subject.c
    concerned = (
        select(about.leaf_index)
        .join(tables.document, cited.leaf_index == about.leaf_index)
        .where(cited.digest == bytes.fromhex(digest), about.subject == party_key(party))
    )
    return reader.execute(concerned.limit(1)).first() is not None


def list_citing_entries(reader: Reader, digest: str, *, after: int = -1, limit: int = CITATIONS_MAX) -> list[Entry]:
    """The entries that cite the document, oldest first, as far as ``follow_documents`` has come."""
    cited = tables.document.c
    query = select(cited.leaf_index).where(cited.digest == bytes.fromhex(digest), cited.leaf_index > after)
    indexes = reader.execute(query.order_by(cited.leaf_index).limit(limit)).scalars().all()
    return [get_entry(reader, index) for index in indexes]


def erase_blob(store: Store, files: BlobFiles, digest: str, now: int) -> None:
    """Take the bytes away for good; digest and citations stay, so no proof breaks. Again, it does nothing more.

    Raises:
        Unavailable: the database cannot write.
    """
    column = tables.blob.c
    change = update(tables.blob).where(column.digest == bytes.fromhex(digest), column.erased_at.is_(None))
    store.write(lambda writer: writer.execute(change.values(erased_at=now)))
    # A crash before this leaves a file that is shown to nobody; the same call again removes it.
    files.erase(digest)


def follow_documents(store: Store) -> int:
    """Note what the next entries cite, at most ``FOLLOWED_MAX`` of them; how many entries remain.

    Entries are read without holding anybody up. Each chunk is one transaction with its watermark: a process that
    dies leaves whole chunks, and of two followers one finds the watermark moved and writes nothing.
    """
    with store.read() as reader:
        size, start = read_head(reader).size, followed_size(reader)
        end = min(size, start + FOLLOWED_MAX)
        rows = [row for index, _, body in iter_bodies(reader, start, end) for row in _citations(index, body)]
    if start < end:
        store.write(lambda writer: _note_citations(writer, rows, start, end))
    return size - end


def rebuild_documents(store: Store) -> Iterator[Difference]:
    """Make the citations again from the log's bodies, as far as they are followed, and tell what differed.

    Each chunk is one transaction: a process that dies leaves whole chunks set right.
    """
    with store.read() as reader:
        size, followed = read_head(reader).size, followed_size(reader)
    if followed > size:
        # Nobody has told yet what the entries in between cite, once they come.
        store.write(lambda writer: _set_watermark(writer, size))
        yield Difference("watermark", _PROJECTION, "changed")
    end = min(size, followed)
    for start in range(0, end, FOLLOWED_MAX):
        yield from store.write(partial(_mend_citations, start=start, end=min(end, start + FOLLOWED_MAX)))
    yield from store.write(partial(_mend_citations, start=end, end=None))


def followed_size(reader: Reader) -> int:
    """How many entries the citations have been taken from."""
    query = select(tables.watermark.c.size).where(tables.watermark.c.projection == _PROJECTION)
    size: int = reader.execute(query).scalar_one()
    return size


def iter_missing_blobs(reader: Reader, files: BlobFiles, *, after: str = "") -> Iterator[MissingBlob]:
    """The documents that entries cite without anybody having their bytes, by digest; erased ones are not missing.

    Args:
        reader: a snapshot.
        files: where the bytes would be.
        after: the last digest already seen, in hex.
    """
    last = bytes.fromhex(after)
    while page := _page_of_cited(reader, last):
        kept = _kept(reader, files, page)
        yield from (MissingBlob(d.hex(), _citing_indexes(reader, d)) for d in page if d not in kept)
        last = page[-1]


def _inspect(digest: str, data: bytes, now: int) -> Blob:
    if not 0 < len(data) <= BLOB_BYTES_MAX:
        raise DepositInvalid("A document has 1 byte to 20 MiB.", limit_bytes=BLOB_BYTES_MAX)
    found = sha256(data).hexdigest()
    if found != digest:
        raise DepositInvalid("The document has another digest.", digest=found)
    media_type = sniff_media_type(data)
    if media_type is None:
        raise DepositInvalid("The document is of no accepted type.", cure="Send JPEG, PNG, WebP, PDF, XML or CSV.")
    return Blob(digest, len(data), media_type, now, None)


def _is_csv(data: bytes) -> bool:
    try:
        return _NOT_CSV.search(data.decode()) is None
    except UnicodeDecodeError:
        return False


def _refuse_erased(blob: Blob | None) -> None:
    if blob is not None and blob.erased_at is not None:
        raise DepositInvalid("The document was erased, and is not kept again.", digest=blob.digest)


def _register(writer: Writer, blob: Blob, party: str) -> Blob:
    # Rows of side data are put in order by the head's lock as well: two uploads of one document may meet.
    lock_head(writer)
    known = find_blob(writer, blob.digest)
    _refuse_erased(known)
    digest = bytes.fromhex(blob.digest)
    if known is None:
        row = {"digest": digest, "bytes": blob.bytes, "media_type": blob.media_type, "uploaded_at": blob.uploaded_at}
        writer.execute(insert(tables.blob), row)
    uploader = tables.blob_uploader
    if writer.execute(select(uploader).where(uploader.c.digest == digest, uploader.c.party == party)).first() is None:
        writer.execute(insert(uploader), {"digest": digest, "party": party})
    return known or blob


def _open_blob(row: RowMapping) -> Blob:
    return Blob(**{**row, "digest": row["digest"].hex()})


def _note_citations(writer: Writer, rows: list[dict[str, object]], start: int, end: int) -> None:
    mark = tables.watermark.c
    change = update(tables.watermark).where(mark.projection == _PROJECTION, mark.size == start)
    if writer.execute(change.values(size=end)).rowcount and rows:
        writer.execute(insert(tables.document), rows)


def _citations(index: int, body: bytes) -> list[dict[str, object]]:
    # Most statements cite nothing, and need no parsing to show it: only an escape could spell the name otherwise.
    if b"documents" not in body and b"\\u" not in body:
        return []
    cited = {document.digest: document for document in parse_event(body).payload.documents}
    return [
        {
            "digest": bytes.fromhex(digest),
            "leaf_index": index,
            "bytes": document.bytes,
            "media_type": document.media_type,
            "role": document.role,
        }
        for digest, document in cited.items()
    ]


def _set_watermark(writer: Writer, size: int) -> None:
    writer.execute(update(tables.watermark).where(tables.watermark.c.projection == _PROJECTION).values(size=size))


def _mend_citations(writer: Writer, start: int, end: int | None) -> list[Difference]:
    """Those of the entries from ``start`` to ``end``; without an end, there are none."""
    table = tables.document
    here = [table.c.leaf_index >= start] if end is None else [table.c.leaf_index >= start, table.c.leaf_index < end]
    bodies = () if end is None else iter_bodies(writer, start, end)
    made = {_place(row): row for index, _, body in bodies for row in _citations(index, body)}
    stored = {_place(row): row for row in map(dict, writer.execute(select(table).where(*here)).mappings())}
    differences = [
        Difference("document", place, "extra" if place not in made else "changed" if place in stored else "missing")
        for place in sorted(made.keys() | stored.keys())
        if made.get(place) != stored.get(place)
    ]
    if differences:
        writer.execute(delete(table).where(*here))
        if made:
            writer.execute(insert(table), list(made.values()))
    return differences


def _place(citation: Mapping[str, Any]) -> str:
    return f"{citation['digest'].hex()} in {citation['leaf_index']}"


def _page_of_cited(reader: Reader, after: bytes) -> Sequence[bytes]:
    cited = tables.document.c.digest
    query = select(cited).where(cited > after).distinct().order_by(cited).limit(CITATIONS_MAX)
    return reader.execute(query).scalars().all()


def _kept(reader: Reader, files: BlobFiles, digests: Sequence[bytes]) -> set[bytes]:
    """Those that are here, or were erased."""
    rows = reader.execute(select(tables.blob).where(tables.blob.c.digest.in_(digests))).mappings()
    return {row["digest"] for row in rows if row["erased_at"] is not None or files.has(row["digest"].hex())}


def _citing_indexes(reader: Reader, digest: bytes) -> tuple[int, ...]:
    cited = tables.document.c
    query = select(cited.leaf_index).where(cited.digest == digest).order_by(cited.leaf_index).limit(CITATIONS_MAX)
    return tuple(reader.execute(query).scalars())


def _make_folders(folder: Path) -> None:
    for path in (folder.parent, folder):
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)
            sync_folder(path.parent)
