"""The state made anew from the log: when records have another shape than before, to repair, to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, delete, select, update

from wushe.errors import StoreError
from wushe.journal import Domain, Event, MemoryState
from wushe.store.append import insert_rows
from wushe.store.codec import Codecs
from wushe.store.log import bare_rows
from wushe.store.schema import EVENTS, HEAD, STATE
from wushe.text import Text

_UNKNOWN = Text(
    "存储 {where}：日志里有这个 wushe 不认识的事件 {kind}。请用写入它的 domain 或更新的 wushe 打开",
    "store {where}: the log has events of kind {kind}, unknown here. Open it with the domain that wrote them, or a newer wushe",
)


def replayed(connection: Connection, domain: Domain) -> MemoryState:
    """Return the state that all events make, one after another."""
    state = MemoryState(domain)
    apply = {name: kind.apply for name, kind in domain.events.items()}
    for _, stream, kind, at, by, data, ref in bare_rows(connection):
        apply[kind](state, Event(stream, kind, at, by, json.loads(data), ref))
    return state


def rebuild_state(connection: Connection, codecs: Codecs, where: str) -> int:
    """Replace the kept state by the replayed one and return how many events were replayed.

    Raises StoreError, changing nothing, where the log has kinds of events that the domain lacks.
    """
    check_kinds(connection, codecs.domain, where)
    state = replayed(connection, codecs.domain)
    connection.execute(delete(STATE))
    insert_rows(connection, STATE, rows_of(state, codecs))
    connection.execute(update(HEAD).values(shape=codecs.shape()))
    return int(connection.execute(select(HEAD.c.entries)).scalar_one())


def check_kinds(connection: Connection, domain: Domain, where: str) -> None:
    """Raise StoreError where the log has kinds of events that `domain` lacks."""
    kinds = connection.execute(select(EVENTS.c.kind).distinct().order_by(EVENTS.c.kind)).scalars()
    unknown = [kind for kind in kinds if kind not in domain.events]
    if unknown:
        raise StoreError(_UNKNOWN.both(where=where, kind=", ".join(unknown[:5])))


def rows_of(state: MemoryState, codecs: Codecs) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the table for every record of `state`, by kind and id."""
    for kind in sorted(codecs.domain.records):
        for record in state.find(kind):
            yield codecs.row(kind, record)
