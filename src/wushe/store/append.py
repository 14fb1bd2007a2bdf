"""Writing: events with their links, words beside them, the records they changed, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wushe.casefile import Head
from wushe.journal import Event
from wushe.store.chain import canonical, digest, link, salts
from wushe.store.domain import ERASED
from wushe.store.prepared import Prepared
from wushe.store.schema import EVENTS, HEAD, STATE, SUBJECTS, WORDS
from wushe.store.state import SUBJECT, SqlState

_AT_ONCE = 20_000
"""Rows per statement: bounds the memory of a bulk write."""
Row = tuple[Any, ...]


def locked_head(connection: Connection) -> Head:
    """Return the end of the chain and keep every other writer out until the transaction ends."""
    row = connection.execute(select(HEAD.c.entries, HEAD.c.hash).with_for_update()).one()
    return Head(row.entries, row.hash)


def keep(connection: Connection, head: Head, state: SqlState, events: Sequence[Event]) -> Head:
    """Write `events` after `head`, the words and persons that belong to them, and what `state` changed.

    Words about somebody who was erased meanwhile are not kept. Raises ValueError for data that is no
    plain JSON and for a `ref` that `Session.ref` never gave.
    """
    insert_rows(connection, SUBJECTS, state.new_subjects())
    erased = _erased_among(connection, state, events)
    entries, words, head = _linked(head, events, erased)
    insert_rows(connection, EVENTS, entries)
    insert_rows(connection, WORDS, words)
    insert_rows(connection, STATE, state.changes(), replace=True)
    if entries:
        connection.execute(update(HEAD).values(entries=head.entries, hash=head.hash))
    return head


def insert_rows(
    connection: Connection, table: Table, rows: Iterable[Row], *, replace: bool = False
) -> None:
    """Insert `rows`, each in the order of the table's columns; with `replace`, in place of those of equal key."""
    statement = _replacing(connection, table) if replace else insert(table)
    text, order = Prepared(statement).of(connection)
    names = [column.name for column in table.columns]
    for part in _parts(rows):
        if order is None:
            named = [dict(zip(names, row, strict=True)) for row in part]
            connection.exec_driver_sql(text, named)
        else:  # in the order of the columns, since every one of them is given
            connection.exec_driver_sql(text, part)


def _replacing(connection: Connection, table: Table) -> Any:
    build = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = build(table)
    key = [column.name for column in table.primary_key]
    values = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == _AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _linked(
    head: Head, events: Sequence[Event], erased: set[str]
) -> tuple[list[Row], list[Row], Head]:
    """Return the rows of `events` and of their words, and the new end of the chain."""
    entries: list[Row] = []
    words: list[Row] = []
    drawn, before, number = salts(), head.hash, head.entries
    for event in events:
        number += 1
        stream, kind, at, by, ref = event.stream, event.kind, event.at, event.by, event.ref
        try:
            data = canonical(event.data)
            said = None if not event.words or ref in erased else canonical(event.words)
        except ValueError as error:
            raise ValueError(f"event {kind} of {stream}: {error}") from None
        sealed = None
        if said is not None:
            salt = next(drawn)
            sealed = digest(salt, said)
            words.append((number, ref, salt, said))
        before = link(before, number, stream, kind, at, by, ref, data, sealed)
        entries.append((number, stream, kind, at, by, ref, data, sealed, before))
    return entries, words, Head(number, before)


def _erased_among(connection: Connection, state: SqlState, events: Sequence[Event]) -> set[str]:
    """Return the references of erased persons that `events` name. Raises ValueError for what is none."""
    refs = dict.fromkeys(event.ref for event in events if event.ref is not None)
    state.load(SUBJECT, "ref", refs)
    gone = {ref for ref in refs if state.subject(ref) is None}
    for ref in sorted(gone):
        known = exists().where(EVENTS.c.ref == ref, EVENTS.c.kind == ERASED)
        if not connection.execute(select(known)).scalar():
            raise ValueError("event.ref: is no reference; a command gets one from Session.ref")
    return gone
