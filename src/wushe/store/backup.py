"""Backups while the store is in use, restoring them, and moving between SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, text

from wushe.casefile import Head
from wushe.casefile.keys import sync_folder
from wushe.errors import StoreError
from wushe.journal import Domain
from wushe.store.append import insert_rows
from wushe.store.codec import Codecs
from wushe.store.domain import OWN, default_domain
from wushe.store.engine import Base
from wushe.store.findings import StoreVerdict
from wushe.store.formats import make_ready
from wushe.store.schema import EVENTS, HEAD, TABLES
from wushe.store.troubles import told
from wushe.store.verify import verify_store
from wushe.text import Text

_TAKEN = Text(
    "{where} 已有内容，没有覆盖它。请换一个位置",
    "{where} is in use already and was not overwritten. Choose another place",
)
_BAD_COPY = Text(
    "{where}：抄写后检查不通过，没有留下。{verdict}",
    "{where}: the copy did not pass its check and was not kept. {verdict}",
)
_AT_ONCE = 10_000


def back_up(base: Base, codecs: Codecs, target: Path) -> Head:
    """Copy the store to the new file `target`, check the copy, and return its head; see `Store.backup`."""
    with _new_file(target) as draft:
        _draw_up(base, draft, codecs)
        return _checked(draft, codecs, target, deep=False)


def restore(backup: str | Path, where: str | Path, *, domain: Domain | None = None) -> Head:
    """Make a store at `where` from a backup, check it with a replay of all events, and return its head.

    `where` is a new file, or a PostgreSQL database without a store (or with an empty one); `backup`
    may itself be the address of a store, which moves that. Raises StoreError, leaving nothing
    behind, where the copy does not pass.
    """
    codecs = Codecs(default_domain() if domain is None else domain + OWN)
    source = Base.of(backup, read_only=True)
    target = Base.of(where, create=True)
    try:
        make_ready(source, create=False)
        if target.address.path is None:
            make_ready(target, create=True)
            _copy_rows(source, target, codecs, deep=True)
            return _head(target)
        with _new_file(target.address.path) as draft:
            _draw_up(source, draft, codecs)
            return _checked(draft, codecs, target.address.path, deep=True)
    finally:
        source.engine.dispose()
        target.engine.dispose()


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give a draft beside `target` that gets its name when the block ends well, and goes when it does not."""
    if target.exists() or target.with_name(target.name + "-wal").exists():
        raise StoreError(_TAKEN.both(where=target))
    draft = target.with_name(target.name + ".part")
    _remove(draft)
    try:
        yield draft
        draft.replace(target)
        sync_folder(target.parent)
    finally:
        _remove(draft)


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _draw_up(base: Base, draft: Path, codecs: Codecs) -> None:
    """Copy the store to the file `draft`, as of one moment, while others write on."""
    if base.is_sqlite:
        _copy_pages(base, draft)
    else:
        copy = Base.of(draft, create=True)
        try:
            make_ready(copy, create=True)
            _copy_rows(base, copy, codecs, deep=False)
        finally:
            copy.engine.dispose()
    with told(str(draft)):  # one file, which also opens where nothing may be written beside it
        connection = sqlite3.connect(draft)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            connection.close()


def _copy_pages(base: Base, draft: Path) -> None:
    with told(str(draft)), base.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        copy = sqlite3.connect(draft)
        try:
            driver.backup(copy)
        finally:
            copy.close()


def _copy_rows(source: Base, target: Base, codecs: Codecs, *, deep: bool) -> None:
    """Copy every table as of one moment; all of it, checked, or nothing."""
    with source.reading() as reads, target.writing() as writes:
        if writes.execute(select(func.count()).select_from(EVENTS)).scalar_one():
            raise StoreError(_TAKEN.both(where=target.address))
        for table in TABLES:
            writes.execute(delete(table))
            asked = select(table).order_by(*table.primary_key)
            rows = reads.execute(asked.execution_options(yield_per=_AT_ONCE))
            insert_rows(writes, table, map(tuple, rows))
        _pass(verify_store(writes, codecs, deep=deep), str(target.address))


def _checked(draft: Path, codecs: Codecs, target: Path, *, deep: bool) -> Head:
    copy = Base.of(draft, read_only=True)
    try:
        with copy.reading() as connection:
            if connection.execute(text("PRAGMA quick_check(1)")).scalar() != "ok":
                raise StoreError(_BAD_COPY.both(where=target, verdict="PRAGMA quick_check"))
            _pass(verify_store(connection, codecs, deep=deep), str(target))
        return _head(copy)
    finally:
        copy.engine.dispose()


def _pass(verdict: StoreVerdict, where: str) -> None:
    if not verdict.ok:
        said = Text(verdict.say("zh"), verdict.say("en"))
        raise StoreError(_BAD_COPY.both(where=where, verdict=said))


def _head(base: Base) -> Head:
    with base.reading() as connection:
        row = connection.execute(select(HEAD.c.entries, HEAD.c.hash)).one()
    return Head(row.entries, row.hash)
