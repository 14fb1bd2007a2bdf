"""Formats: the migrations make what the queries expect, and a store of every earlier format opens."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from postgres import new_database, server
from store_toy import ACT, DOMAIN, take
from wushe.store import open_store
from wushe.store.engine import Base
from wushe.store.formats import migrate
from wushe.store.schema import FORMAT, FORMAT_TABLE, META

GOLDEN = sorted((Path(__file__).parent / "data").glob("store_format_*.sql"))


def differences(base: Base) -> list[object]:
    """Return how the tables that the migrations make differ from those that the queries expect."""
    with base.writing() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"version_table": FORMAT_TABLE})
        return list(compare_metadata(context, META))


def test_the_migrations_make_the_tables_that_the_queries_expect(tmp_path: Path) -> None:
    """One schema, on SQLite and on PostgreSQL."""
    base = Base.of(tmp_path / "s.db", create=True)
    assert differences(base) == []
    base.engine.dispose()


def test_the_migrations_make_the_same_tables_on_postgresql() -> None:
    """What differs between the two is the database's business."""
    with server() as url:
        base = Base.of(new_database(url, "tables"))
        assert differences(base) == []
        base.engine.dispose()


def test_there_is_a_golden_store_of_every_format() -> None:
    """A new format comes with a store of the one before it, which must open for ever."""
    assert [path.name for path in GOLDEN] == [f"store_format_{n}.sql" for n in range(1, FORMAT + 1)]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_format_opens(golden: Path, tmp_path: Path) -> None:
    """Its events, words, persons and state are read, its chain holds, and it can be written to."""
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(golden.read_text("utf-8"))
    connection.close()
    with open_store(path, domain=DOMAIN, create=False) as store:
        assert store.verify(deep=True).ok
        assert store.verify().entries == 5
        with store.reading() as state:
            a, b = state.find("job")
            assert (a.status, a.helper, state.subject(a.client)) == (None, "V-1", "H-1")
            assert (b.status, b.amount, state.subject(b.client)) == ("open", 3, None)
        assert store.history("job/A")[0].words == {"why": "王老太说她摔了一跤"}
        assert store.history("job/B")[0].words is None
        store.run(ACT, take, job="B", helper="V-2")
        assert store.verify(deep=True).ok
