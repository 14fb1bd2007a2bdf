"""Statements compiled once and handed to the driver as text: for what runs once per record or per row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import attrs
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.sql.base import Executable


@attrs.frozen(eq=False, repr=False)
class Prepared:
    """A statement with named parameters. Building and binding one anew takes longer than SQLite needs to answer it."""

    statement: Any
    _compiled: dict[str, tuple[str, Sequence[str] | None]] = attrs.field(factory=dict, init=False)

    def run(self, connection: Connection, **parameters: Any) -> CursorResult[Any]:
        """Execute it with `parameters` and return the rows."""
        text, order = self.of(connection)
        given = parameters if order is None else tuple(parameters[name] for name in order)
        return connection.exec_driver_sql(text, given)

    def of(self, connection: Connection) -> tuple[str, Sequence[str] | None]:
        """Return the text for this connection's driver, and the order of its parameters, None where they have names."""
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            assert isinstance(self.statement, Executable)
            compiled = self.statement.compile(dialect=dialect)  # type: ignore[attr-defined]
            order = getattr(compiled, "positiontup", None) if compiled.positional else None
            found = self._compiled[dialect.name] = (str(compiled), order)
        return found


@attrs.frozen(eq=False, repr=False)
class ManyOf:
    """A query for the rows whose `column` is one of very many values, sent as one parameter."""

    query: Select[Any]
    column: ColumnElement[Any]
    _prepared: dict[str, Prepared] = attrs.field(factory=dict, init=False)

    def run(
        self, connection: Connection, values: list[str], **parameters: Any
    ) -> CursorResult[Any]:
        """Execute it for `values`."""
        dialect = connection.dialect.name
        if dialect not in self._prepared:
            self._prepared[dialect] = Prepared(self.query.where(self._among(dialect)))
        sent = json.dumps(values) if dialect == "sqlite" else values
        return self._prepared[dialect].run(connection, values=sent, **parameters)

    def _among(self, dialect: str) -> ColumnElement[bool]:
        if dialect == "sqlite":
            each = func.json_each(bindparam("values")).table_valued("value")
            return self.column.in_(select(each.c.value))
        return self.column == any_(bindparam("values", type_=ARRAY(Text)))
