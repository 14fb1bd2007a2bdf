"""Reading the log: events in the order of their numbers, with the words that were not erased."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from wushe.errors import StoreError
from wushe.journal import Event
from wushe.store.schema import EVENTS, WORDS
from wushe.store.troubles import UNREADABLE

_AT_ONCE = 10_000
"""Rows fetched at a time: the log may be larger than the memory."""


def selected(
    connection: Connection, stream: str | None = None, after: int = 0, kind: str | None = None
) -> Iterator[tuple[int, Event]]:
    """Yield number and event of `stream` and `kind` (None: of all) after number `after`."""
    asked = _with_words()
    if after:
        asked = asked.where(EVENTS.c.number > after)
    if stream is not None:
        asked = asked.where(EVENTS.c.stream == stream)
    if kind is not None:
        asked = asked.where(EVENTS.c.kind == kind)
    return _read(connection, asked)


def numbered(connection: Connection, first: int, last: int) -> Iterator[tuple[int, Event]]:
    """Yield number and event from number `first` to `last`; nothing where both are 0."""
    return _read(connection, _with_words().where(EVENTS.c.number.between(max(first, 1), last)))


def bare_rows(connection: Connection) -> Iterable[Sequence[Any]]:
    """Return number, stream, kind, at, by, data (as text), ref of every event."""
    e = EVENTS.c
    asked = select(e.number, e.stream, e.kind, e.at, e.by, e.data, e.ref).order_by(e.number)
    return connection.execute(asked.execution_options(yield_per=_AT_ONCE))


def _with_words() -> Select[Any]:
    e = EVENTS.c
    joined = EVENTS.outerjoin(WORDS, WORDS.c.number == e.number)
    columns = (e.number, e.stream, e.kind, e.at, e.by, e.data, e.ref, WORDS.c.content)
    return select(*columns).select_from(joined).order_by(e.number)


def _read(connection: Connection, asked: Select[Any]) -> Iterator[tuple[int, Event]]:
    rows = connection.execute(asked.execution_options(yield_per=_AT_ONCE))
    for number, stream, kind, at, by, data, ref, words in rows:
        try:
            said = None if words is None else json.loads(words)
            event = Event(stream, kind, at, by, json.loads(data), ref, said)
        except (ValueError, TypeError):
            raise StoreError(UNREADABLE.both(name=f"event {number}")) from None
        yield number, event
