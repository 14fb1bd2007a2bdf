"""The way in: open or make a store, in the format and the shape of this wushe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from wushe.errors import StoreError
from wushe.journal import Domain
from wushe.store.codec import Codecs
from wushe.store.domain import OWN, default_domain
from wushe.store.engine import Base
from wushe.store.formats import make_ready
from wushe.store.memory import many_objects
from wushe.store.replay import rebuild_state
from wushe.store.schema import HEAD
from wushe.store.store import Store
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins

_OTHER_SHAPE = Text(
    "存储 {where} 的当前状态由另一个版本的 wushe 写成，只读打开时不能重建。请先以可写方式打开一次",
    "the state kept in store {where} was written by another version of wushe, and cannot be made anew while it is only read. Open it for writing once",
)


def open_store(
    where: str | Path,
    *,
    plugins: Plugins | None = None,
    domain: Domain | None = None,
    read_only: bool = False,
    create: bool = True,
) -> Store:
    """Open the store at `where`: the path of a SQLite file, or ``postgresql+psycopg://user@host/database``.

    Made where there is none, unless `create` is false. Nothing is replayed, save once after an update of wushe
    that changed what the state holds. `domain` is what is kept beside case files, all of wushe if None.
    Raises StoreError, and FormatVersionError for a store of a newer wushe.
    """
    base = Base.of(where, read_only=read_only, create=create)
    codecs = Codecs(default_domain() if domain is None else domain + OWN)
    try:
        make_ready(base, create=create)
        _same_shape(base, codecs)
    except BaseException:
        base.engine.dispose()
        raise
    return Store(base, codecs, plugins)


def _same_shape(base: Base, codecs: Codecs) -> None:
    shape = codecs.shape()
    with base.reading() as connection:
        found = connection.execute(select(HEAD.c.shape)).scalar_one_or_none()
    if found is None or found == shape:  # without its head it still opens, to be verified
        return
    if base.read_only:
        raise StoreError(_OTHER_SHAPE.both(where=base.address))
    with base.writing() as connection, many_objects():
        row = connection.execute(select(HEAD.c.shape).with_for_update()).one()
        if row.shape != shape:
            rebuild_state(connection, codecs, str(base.address))
