"""The tables of a store, for queries. The migrations make them; a test keeps the two the same."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

FORMAT = 1
"""The newest format of a store: the number of the last migration under ``migrations/versions``."""
FORMAT_TABLE = "wushe_format"
KEYS = ("k1", "k2", "k3", "k4")

META = MetaData()
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by code point everywhere, as Python's does; PostgreSQL would sort by its locale."""
NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""SQLite's own row number, where it is the primary key: no index beside the table."""

HEAD = Table(
    "wushe_head",
    META,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("entries", NUMBER, nullable=False),
    Column("hash", TEXT, nullable=False),
    Column("shape", TEXT, nullable=False),
    Column("secret", TEXT, nullable=False),
)
"""One row: the end of the chain, the shape of the records kept, and the salt of this store's digests.

Writers lock it first, so that there is one at a time on PostgreSQL as on SQLite.
"""

EVENTS = Table(
    "wushe_events",
    META,
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    Column("stream", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("by", TEXT, nullable=False),
    Column("ref", TEXT),
    Column("data", TEXT, nullable=False),
    Column("words_digest", TEXT),
    Column("hash", TEXT, nullable=False),
)
Index("wushe_events_stream", EVENTS.c.stream)
Index(
    "wushe_events_ref",
    EVENTS.c.ref,
    sqlite_where=EVENTS.c.ref.isnot(None),
    postgresql_where=EVENTS.c.ref.isnot(None),
)

WORDS = Table(
    "wushe_words",
    META,
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    Column("ref", TEXT),
    Column("salt", TEXT, nullable=False),
    Column("content", TEXT, nullable=False),
)
"""Free text beside the chain: an event holds the digest of salt and content, which says nothing once they went."""
Index("wushe_words_ref", WORDS.c.ref)

SUBJECTS = Table(
    "wushe_subjects",
    META,
    Column("ref", TEXT, primary_key=True),
    Column("subject", TEXT, nullable=False, unique=True),
    Column("salt", TEXT, nullable=False),
)
"""Who is behind a reference; the reference is a digest of id and salt, so that two cannot be exchanged unseen."""

STATE = Table(
    "wushe_state",
    META,
    Column("kind", TEXT, primary_key=True),
    Column("id", TEXT, primary_key=True),
    Column("body", TEXT, nullable=False),
    *(Column(key, TEXT) for key in KEYS),
)
for _key in KEYS:
    _known = STATE.c[_key].isnot(None)
    Index(
        f"wushe_state_{_key}",
        STATE.c.kind,
        STATE.c[_key],
        sqlite_where=_known,
        postgresql_where=_known,
    )

COMMANDS = Table(
    "wushe_commands",
    META,
    Column("key", TEXT, primary_key=True),
    Column("salt", TEXT, nullable=False),
    Column("fingerprint", TEXT, nullable=False),
    Column("first", NUMBER, nullable=False),
    Column("last", NUMBER, nullable=False),
    Column("answer", TEXT, nullable=False),
)
"""Requests that came with a key, as salted digests. After an erasure that concerns one, its digest is empty."""

TABLES = (HEAD, EVENTS, WORDS, SUBJECTS, STATE, COMMANDS)
