"""The tables. Rows of ``entry`` are never changed; ``tile`` and ``checkpoint`` only grow.

Everything but ``entry.body``, ``checkpoint`` and the side data (``journal``, ``waiting``, ``blob``, ``sealed``,
``alternate``, ``official_read``) can be made again from the bodies. No sequence and no trigger is needed for
correctness, keys are given by the writer, and text is ordered by its bytes, so every engine that speaks PostgreSQL's
language can hold the same tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# An INTEGER PRIMARY KEY is SQLite's row id: one tree instead of two.
Count = BigInteger().with_variant(Integer(), "sqlite")
# A range of keys with one prefix is a range of the index only in the order of bytes.
Key = Text().with_variant(Text(collation="C"), "postgresql")
Hash = LargeBinary(32)

entry = Table(
    "entry",
    metadata,
    Column("leaf_index", Count, primary_key=True, autoincrement=False),
    Column("event_id", Hash, nullable=False, unique=True),
    Column("idempotency", Key, nullable=False, unique=True),
    Column("leaf_hash", Hash, nullable=False),
    Column("kind", Text, nullable=False),
    Column("party", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("void", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

entry_subject = Table(
    "entry_subject",
    metadata,
    Column("subject", Key, primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("tile_index", BigInteger, primary_key=True, autoincrement=False),
    Column("root", Hash, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", Count, primary_key=True, autoincrement=False),
    Column("root", Hash, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("cose", LargeBinary),
    Column("published_at", BigInteger),
)

head = Table(
    "head",
    metadata,
    Column(
        "singleton",
        SmallInteger,
        CheckConstraint("singleton = 1", name="singleton"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("key", Key, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

journal = Table(
    "journal",
    metadata,
    Column("event_id", Hash, primary_key=True),
    Column("signer", Key, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("refused_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "signer", "refused_at"),
)

waiting = Table(
    "waiting",
    metadata,
    Column("event_id", Hash, primary_key=True),
    Column("parent", Hash, nullable=False, index=True),
    Column("signer", Key, nullable=False, index=True),
    Column("since", BigInteger, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("digest", Hash, primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("role", Text, nullable=False),
)

watermark = Table(
    "watermark",
    metadata,
    Column("projection", Key, primary_key=True),
    Column("size", BigInteger, nullable=False),
)

sweep = Table(
    "sweep",
    metadata,
    Column("projection", Key, primary_key=True),
    Column("asked", BigInteger, nullable=False),
    Column("swept", BigInteger, nullable=False),
    Column("position", Key, nullable=False),
)
"""Up to which size of the log a projection was ``asked`` to make all its rows anew, and up to which it has ``swept``
them all; between the two it has come as far as the key ``position``."""

blob = Table(
    "blob",
    metadata,
    Column("digest", Hash, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("uploaded_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)

blob_uploader = Table(
    "blob_uploader",
    metadata,
    Column("digest", Hash, primary_key=True),
    Column("party", Key, primary_key=True),
)

sealed = Table(
    "sealed",
    metadata,
    Column("commitment", Hash, primary_key=True),
    Column("opening", LargeBinary),
    Column("party", Key, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
    Index(None, "party"),
)

sealed_reader = Table(
    "sealed_reader",
    metadata,
    Column("commitment", Hash, primary_key=True),
    Column("party", Key, primary_key=True),
)

alternate = Table(
    "alternate",
    metadata,
    Column("lookup", Hash, primary_key=True),
    Column("unit", Key, primary_key=True),
    Column("party", Key, primary_key=True),
    Column("stated_at", BigInteger, nullable=False),
    Index(None, "unit"),
)

official_read = Table(
    "official_read",
    metadata,
    Column("request", Key, primary_key=True),
    Column("read_at", BigInteger, nullable=False),
    Column("party", Key, nullable=False),
    Column("kid", Key, nullable=False),
    Column("path", Text, nullable=False),
    Index(None, "read_at", "request"),
    Index(None, "party", "read_at", "request"),
)
