"""Connections: a SQLite file or a PostgreSQL server, with transactions that mean the same on both."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from wushe.errors import MissingExtraError, StoreError
from wushe.store.troubles import BAD_ADDRESS, NO_STORE, told

BUSY_SECONDS = 60
"""How long a writer waits for its turn before it gives up with a clear answer."""
_FORGET_MS = 2000
_CONNECT_SECONDS = 10
_WRITING = "wushe_writing"


@attrs.frozen
class Address:
    """Where a store is: a file, or the URL of a server. Its text never shows a password."""

    path: Path | None = None
    url: URL | None = None

    @classmethod
    def of(cls, where: str | Path) -> Address:
        """Return the address that `where` writes. Raises StoreError where it is none."""
        text = str(where)
        if "://" not in text:
            return cls(path=Path(where))
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            url = None
        backend = "" if url is None else url.get_backend_name()
        if url is not None and backend == "sqlite" and url.database:
            return cls(path=Path(url.database))
        if url is None or backend not in ("postgresql", "postgres"):
            scheme = text.split("://", maxsplit=1)[0]  # what follows may hold a password
            raise StoreError(BAD_ADDRESS.both(where=f"{scheme}://..."))
        return cls(url=url.set(drivername="postgresql+psycopg"))

    def __str__(self) -> str:
        if self.url is None:
            return str(self.path)
        shown = URL.create(
            "postgresql", None, None, self.url.host, self.url.port, self.url.database
        )
        return shown.render_as_string()


@attrs.frozen(eq=False, repr=False)
class Base:
    """The database of one store: transactions for reading and for writing."""

    address: Address
    engine: Engine
    read_only: bool

    @classmethod
    def of(
        cls, where: str | Path | Address, *, read_only: bool = False, create: bool = False
    ) -> Base:
        """Return the database at `where`; no connection is made yet, but the file must be there or `create`."""
        address = where if isinstance(where, Address) else Address.of(where)
        if address.path is None:
            return cls(address, _postgres(address), read_only)
        if not address.path.is_file() and (read_only or not create):
            raise StoreError(NO_STORE.both(where=address))
        return cls(address, _sqlite(address.path, read_only), read_only)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file."""
        return self.address.path is not None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that writes; on SQLite it is the only one at once. Rolled back on any exception."""
        with told(str(self.address)), self.engine.connect() as connection:
            connection.execution_options(**{_WRITING: True})
            if not self.is_sqlite:
                connection.execution_options(postgresql_readonly=self.read_only)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that sees one state of the database, whatever others write meanwhile."""
        with told(str(self.address)), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    def forget(self) -> None:
        """Have deleted rows leave the disk as far as the database can: SQLite's log would keep them for a while.

        While somebody keeps reading an older state the log cannot be emptied; the next erasure, or closing the store, does it.
        """
        if self.is_sqlite:
            with told(str(self.address)), self.engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.execute(f"PRAGMA busy_timeout = {_FORGET_MS}")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _sqlite(path: Path, read_only: bool) -> Engine:
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"

    def connect() -> sqlite3.Connection:
        # Without an isolation level the driver begins nothing by itself; the listener below does.
        return sqlite3.connect(
            uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )

    engine = create_engine(
        "sqlite+pysqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        if not read_only:
            _write_ahead(connection)
        # Acknowledged means on the disk, erased means overwritten.
        for pragma in ("synchronous = FULL", "secure_delete = ON", "cache_size = -65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Have readers and a writer work side by side. Several processes may meet at a new file."""
    deadline = time.monotonic() + BUSY_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                return  # a file system without shared memory: slower, as safe
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)  # the switch does not wait by itself


def _postgres(address: Address) -> Engine:
    assert address.url is not None
    try:
        engine = create_engine(
            address.url,
            hide_parameters=True,
            pool_pre_ping=True,
            connect_args={"connect_timeout": _CONNECT_SECONDS},
        )
    except ImportError:
        raise MissingExtraError("a store on PostgreSQL", "sql") from None
    except (ArgumentError, NoSuchModuleError):
        raise StoreError(BAD_ADDRESS.both(where=address)) from None

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")
            cursor.execute(f"SET lock_timeout TO '{BUSY_SECONDS}s'")
        connection.commit()

    return engine
