"""The format of a store: told when it is opened, and brought up to date by the migrations."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path

from sqlalchemy import Connection, column, insert, inspect, select, table, text

from wushe.errors import FormatVersionError, StoreError
from wushe.store.chain import GENESIS
from wushe.store.engine import Base
from wushe.store.schema import FORMAT, FORMAT_TABLE, HEAD
from wushe.store.troubles import NO_STORE, NOT_A_STORE, OLD_FORMAT
from wushe.text import Text

_NEWER = Text(
    "存储 {where} 的格式是 {found}，这个 wushe 只认到 {known}。请升级 wushe 再打开；存储没有改动",
    "store {where} has format {found}, this wushe knows up to {known}. Upgrade wushe to open it; the store was not touched",
)
_ALEMBIC = threading.Lock()
"""Its environment is global: two threads may not run migrations at once."""
_MAKING = 0x77757368
"""A number for PostgreSQL's lock while tables are made: there is no row yet that one could lock."""


def make_ready(base: Base, *, create: bool) -> None:
    """Make the tables of a new store, or bring those of an earlier format up to date; in one transaction.

    Raises FormatVersionError for a newer format, StoreError for what is no store, and where there is
    none and `create` is false.
    """
    with base.reading() as connection:
        found = _found(connection, base)
    if found == FORMAT:
        return
    if base.read_only:
        raise StoreError((OLD_FORMAT if found else NO_STORE).both(where=base.address))
    if found is None and not create:
        raise StoreError(NO_STORE.both(where=base.address))
    with base.writing() as connection:
        if not base.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _MAKING})
        found = _found(connection, base)  # somebody else may have been faster
        if found != FORMAT:
            migrate(connection)
        if found is None:
            head = {
                "id": 1,
                "entries": 0,
                "hash": GENESIS,
                "shape": "",
                "secret": secrets.token_hex(16),
            }
            connection.execute(insert(HEAD).values(**head))


def migrate(connection: Connection) -> None:
    """Run every migration that the store has not seen, in the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))  # % would be a variable
    config.attributes["connection"] = connection
    with _ALEMBIC:
        command.upgrade(config, "head")


def _found(connection: Connection, base: Base) -> int | None:
    """Return the format of the store, None where nothing is there yet."""
    inspector = inspect(connection)
    if not inspector.has_table(FORMAT_TABLE):
        if base.is_sqlite and inspector.get_table_names():
            raise StoreError(NOT_A_STORE.both(where=base.address))
        return None
    said = connection.execute(
        select(column("version_num")).select_from(table(FORMAT_TABLE))
    ).scalar()
    if said is None or not str(said).isdecimal():
        raise StoreError(NOT_A_STORE.both(where=base.address))
    if int(said) > FORMAT:
        raise FormatVersionError(_NEWER.both(where=base.address, found=int(said), known=FORMAT))
    return int(said)
