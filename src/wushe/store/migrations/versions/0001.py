"""Format 1: one chain of events, words beside it, the state as it is now."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of an empty store."""
    op.create_table(
        "wushe_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("entries", NUMBER, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("shape", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
    )
    op.create_table(
        "wushe_events",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("ref", TEXT),
        sa.Column("data", TEXT, nullable=False),
        sa.Column("words_digest", TEXT),
        sa.Column("hash", TEXT, nullable=False),
    )
    op.create_index("wushe_events_stream", "wushe_events", ["stream"])
    _partial_index("wushe_events_ref", "wushe_events", ["ref"])
    op.create_table(
        "wushe_words",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("ref", TEXT),
        sa.Column("salt", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
    )
    op.create_index("wushe_words_ref", "wushe_words", ["ref"])
    op.create_table(
        "wushe_subjects",
        sa.Column("ref", TEXT, primary_key=True),
        sa.Column("subject", TEXT, nullable=False, unique=True),
        sa.Column("salt", TEXT, nullable=False),
    )
    op.create_table(
        "wushe_state",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("body", TEXT, nullable=False),
        *(sa.Column(f"k{n}", TEXT) for n in range(1, 5)),
    )
    for n in range(1, 5):
        _partial_index(f"wushe_state_k{n}", "wushe_state", ["kind", f"k{n}"])
    op.create_table(
        "wushe_commands",
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("salt", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("first", NUMBER, nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
    )


def _partial_index(name: str, table: str, columns: list[str]) -> None:
    """Index the rows whose last column is known: most records lack most keys."""
    known = sa.column(columns[-1]).isnot(None)
    op.create_index(name, table, columns, sqlite_where=known, postgresql_where=known)
