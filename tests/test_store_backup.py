"""Backups: taken while others write, checked, restored, and moved between SQLite and PostgreSQL."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres import new_database, server
from store_toy import ACT, DOMAIN, WHY, place, reopen, take
from wushe.errors import StoreError
from wushe.store import Store, open_store, restore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with something of everything: words, persons, keys, an erasure."""
    with open_store(tmp_path / "s.db", domain=DOMAIN) as opened:
        fill(opened)
        yield opened


def fill(store: Store) -> None:
    """Record something of everything."""
    store.run(WHY, place, key="k", jobs=["A", "B"], client="H-1")
    store.run(WHY, place, jobs=["C"], client="H-2")
    store.run(ACT, take, job="A", helper="V-1")
    store.erase("H-2", ACT, "withdrawn")


def contents(store: Store) -> list[object]:
    """Return all that can be read of a store."""
    with store.reading() as state:
        jobs = state.find("job")
        names = [state.subject(job.client) for job in jobs]
    return [list(store.events()), jobs, names, store.head]


def test_a_backup_restores_to_the_same_store(store: Store, tmp_path: Path) -> None:
    """Events, words, persons, state and keys of requests come back; the restored store goes on."""
    head = store.backup(tmp_path / "b.db")
    assert head == store.head
    assert restore(tmp_path / "b.db", tmp_path / "new.db", domain=DOMAIN) == head
    with open_store(tmp_path / "new.db", domain=DOMAIN) as again:
        assert contents(again) == contents(store)
        assert again.verify(head, deep=True).ok
        assert again.run(WHY, place, key="k", jobs=["A", "B"], client="H-1").again
        again.run(ACT, reopen, job="A")
        assert again.verify(head, deep=True).ok


def test_a_backup_is_one_file_that_opens_by_itself(store: Store, tmp_path: Path) -> None:
    """Nothing lies beside it, and it is read where nothing can be written."""
    folder = tmp_path / "away"
    folder.mkdir()
    store.backup(folder / "b.db")
    assert [p.name for p in folder.iterdir()] == ["b.db"]
    with open_store(folder / "b.db", domain=DOMAIN, read_only=True) as copy:
        assert copy.verify(deep=True).ok
        assert [p.name for p in folder.iterdir()] == ["b.db"]


def test_a_backup_taken_while_others_write_is_one_moment(store: Store, tmp_path: Path) -> None:
    """Each copy is a whole chain whose head the store had, whatever was written meanwhile."""
    stop = threading.Event()

    def write() -> None:
        with open_store(str(store.base.address.path), domain=DOMAIN) as writer:
            number = 0
            while not stop.is_set():
                writer.run(WHY, place, jobs=[f"X{number}.{i}" for i in range(20)])
                number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        heads = [store.backup(tmp_path / f"b{i}.db") for i in range(4)]
    finally:
        stop.set()
        thread.join()
    assert heads == sorted(heads, key=lambda head: head.entries)
    for i, head in enumerate(heads):
        assert (head.entries - 5) % 20 == 0
        assert store.verify(head).ok
        with open_store(tmp_path / f"b{i}.db", domain=DOMAIN) as copy:
            assert copy.verify(head, deep=True).ok


def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    """A file that is there is left alone, by backup and by restore."""
    store.backup(tmp_path / "b.db")
    before = (tmp_path / "b.db").read_bytes()
    for write in (
        lambda: store.backup(tmp_path / "b.db"),
        lambda: restore(tmp_path / "b.db", store.base.address.path or "", domain=DOMAIN),
    ):
        with pytest.raises(StoreError, match="was not overwritten"):
            write()
    assert (tmp_path / "b.db").read_bytes() == before
    assert store.verify(deep=True).ok


def test_a_bad_backup_is_not_restored(store: Store, tmp_path: Path) -> None:
    """A backup that was changed is named by its finding, and nothing stands at the new place."""
    store.backup(tmp_path / "b.db")
    with sqlite3.connect(tmp_path / "b.db") as connection:
        connection.execute("UPDATE wushe_events SET by = 'W-9' WHERE number = 2")
    connection.close()
    with pytest.raises(StoreError, match="event 2 was changed"):
        restore(tmp_path / "b.db", tmp_path / "new.db", domain=DOMAIN)
    assert not list(tmp_path.glob("new.db*"))
    with pytest.raises(StoreError, match="there is no store at"):
        restore(tmp_path / "typo.db", tmp_path / "new.db", domain=DOMAIN)


def test_a_store_moves_to_postgresql_and_back(store: Store, tmp_path: Path) -> None:
    """The same chain with the same head, on a server, and from its backup in a file again."""
    with server() as url:
        address = new_database(url, "moved")
        assert restore(str(store.base.address.path), address, domain=DOMAIN) == store.head
        with open_store(address, domain=DOMAIN) as moved:
            assert contents(moved) == contents(store)
            assert moved.run(WHY, place, key="k", jobs=["A", "B"], client="H-1").again
            assert moved.backup(tmp_path / "b.db") == store.head
            with pytest.raises(StoreError, match="was not overwritten"):
                restore(tmp_path / "b.db", address, domain=DOMAIN)
            _errors_of_a_server(address, moved)
    restore(tmp_path / "b.db", tmp_path / "back.db", domain=DOMAIN)
    with open_store(tmp_path / "back.db", domain=DOMAIN) as back:
        assert contents(back) == contents(store)


def _errors_of_a_server(address: str, store: Store) -> None:
    """Wrong password, no database, no server, read only: said without password or value."""
    wrong = [
        (address.replace("correct", "hush"), "wrong user or password"),
        (address.replace("/moved", "/nosuch"), "has no such database"),
        (address.replace("127.0.0.1", "127.0.0.2").replace("correct", "hush"), "cannot be reached"),
    ]
    for other, expected in wrong:
        with pytest.raises(StoreError, match=expected) as caught:
            open_store(other, domain=DOMAIN)
        assert "hush" not in str(caught.value)
        assert "horse" not in str(caught.value)
    assert "horse" not in repr(store)
    with (
        open_store(address, domain=DOMAIN, read_only=True) as reader,
        pytest.raises(StoreError, match="can only be read"),
    ):
        reader.run(ACT, reopen, job="A")
    with pytest.raises(StoreError, match="cannot be kept by the database"):
        store.run(ACT, lambda s: s.record("job.placed", "job/\0", {"amount": 1}))
    assert store.verify(deep=True).ok
