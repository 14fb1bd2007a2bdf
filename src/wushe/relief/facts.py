"""The facts that one answer hangs on, taken out of a city: enough to compute it again, and no more.

A text that is sensitive is kept only where a rule asks for that very word; else it becomes ``***``, which
no rule asks for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

import attrs

from wushe.model.spec import RECORD_KINDS
from wushe.model.storage import unpack
from wushe.model.tables import Table, empty_table, make_table
from wushe.rules import expr as ex
from wushe.rules.frame import HOUSEHOLD_OF, Frame
from wushe.rules.policy import PolicySet, named_parameters
from wushe.text import Text

HIDDEN = "***"
_NO_LABEL = Text("", "")
_TABLE_OF = {"household": "households", "person": "persons"}
Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Table -> id -> field -> value; dates as text, tags as tuples; what is not there is unknown."""


@attrs.frozen
class Facts:
    """The known facts behind one answer for row `id` of table `unit`; `codes` are those of places."""

    unit: str
    id: str
    rows: Rows
    codes: Mapping[str, str]

    def frame(self) -> tuple[Frame, int]:
        """Return them as tables that rules can read, and the unit's row. Raises InputError for bad values."""
        tables: dict[str, Table] = {kind: _empty(kind) for kind in RECORD_KINDS}
        for kind, rows in self.rows.items():
            tables[kind] = _table(kind, rows)
        row = int(tables[self.unit].row_of([self.id])[0])
        return Frame(tables, dict(self.codes)), row


@cache
def _empty(kind: str) -> Table:
    return empty_table(kind)


def _table(kind: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    names = ["id", *sorted({name for row in rows.values() for name in row})]
    columns = {
        name: [ident if name == "id" else _read(row.get(name), kind, name) for ident, row in rows.items()]
        for name in names
    }  # fmt: skip
    return make_table(kind, columns)


def _read(value: Any, kind: str, name: str) -> Any:
    if isinstance(value, str) and RECORD_KINDS[kind].field(name).kind.storage == "date":
        return dt.date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


def collect(frame: Frame, policies: PolicySet, policy: str, row: int) -> Facts:
    """Return the facts that the answer and amounts of `policy` for a row of its unit hang on."""
    found = _Collector(frame, policies)
    unit = policies[policy].unit
    found.row(unit, row)
    found.policy(policy, row)
    tables = {kind: dict(sorted(rows.items())) for kind, rows in sorted(found.rows.items())}
    return Facts(unit, str(frame.tables[unit].ids[row]), tables, dict(sorted(found.codes.items())))


class _Collector:
    """Walks the rules for a row and keeps each field that they read."""

    def __init__(self, frame: Frame, policies: PolicySet) -> None:
        self.frame, self.policies = frame, policies
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self.codes: dict[str, str] = {}
        self._seen: set[Any] = set()
        self._words: frozenset[str] = frozenset()

    def policy(self, policy: str, row: int) -> None:
        """Keep what one policy reads."""
        found = self.policies[policy]
        self._words |= _words(found)
        self.place(found.unit, row)
        for _, expr in found.expressions():
            self.visit(expr, found.unit, row)

    def row(self, of: str, row: int) -> dict[str, Any]:
        """Return the kept fields of a row; those that a record must have are always kept."""
        table = self.frame.tables[of]
        ident = str(table.ids[row])
        rows = self.rows.setdefault(of, {})
        if ident not in rows:
            rows[ident] = {}
            for field in table.kind.fields:
                if field.required and field.name != "id":
                    self.field(of, row, field.name)
            for via in HOUSEHOLD_OF:
                if via in table.kind.field_names:
                    self.belongs(of, row, via)
        return rows[ident]

    def field(self, of: str, row: int, name: str) -> None:
        """Keep one field, if it is known."""
        value = unpack(self.frame.tables[of][name], row)
        if value is None or name == "id":
            return
        spec = RECORD_KINDS[of].field(name)
        if spec.sensitive != "none" and value not in self._words:
            value = HIDDEN
        if isinstance(value, dt.date):
            value = value.isoformat()
        self.row(of, row)[name] = value

    def belongs(self, of: str, row: int, via: str) -> None:
        """Keep which household or person a row belongs to, and that one's own row."""
        target = self.frame.tables[of][via][row]
        if target is not None:
            self.row(of, row)[via] = target
            above = self.frame.linked(ex.Link(via, of, _TABLE_OF[via], via, _NO_LABEL))[row]
            if above >= 0:
                self.row(_TABLE_OF[via], int(above))

    def place(self, of: str, row: int) -> None:
        """Keep where a row is, and so which parameters are its own."""
        if ("place", of, row) in self._seen:
            return
        self._seen.add(("place", of, row))
        chain = self.frame.chains[int(self.frame.regions(of)[row])]
        if of in ("households", "persons"):
            self.field(of, row, "place")
            here = self.frame.tables[of]["place"][row]
            if here is not None and chain and (of == "households" or not self._home(row)):
                self.codes[str(here)] = chain[0]
        for via in HOUSEHOLD_OF:
            if of != "households" and via in self.frame.tables[of].kind.field_names:
                ident = self.frame.tables[of][via][row]
                link = ex.Link(via, of, _TABLE_OF[via], via, _NO_LABEL)
                above = int(self.frame.linked(link)[row]) if ident is not None else -1
                if above >= 0:
                    self.place(_TABLE_OF[via], above)

    def _home(self, person: int) -> bool:
        """Return whether the person's household says where it is."""
        link = ex.Link("household", "persons", "households", "household", _NO_LABEL)
        home = int(self.frame.linked(link)[person])
        return home >= 0 and bool(self.frame.regions("households")[home])

    def visit(self, expr: ex.Expr, of: str, row: int) -> None:
        """Keep what one expression reads for a row."""
        of = expr.of or of
        if (expr, of, row) in self._seen:
            return
        self._seen.add((expr, of, row))
        if isinstance(expr, ex.Fact):
            self.field(expr.of, row, expr.name)
        elif isinstance(expr, ex.Some | ex.Total):
            self._relation(expr, row)
        elif isinstance(expr, ex.Linked):
            self.field(of, row, expr.link.via)
            target = int(self.frame.linked(expr.link)[row])
            if target >= 0:
                self.row(expr.link.target, target)
                self.visit(expr.item, expr.link.target, target)
        elif isinstance(expr, ex.Answer | ex.Pays):
            self.policy(expr.policy, row)
        else:
            if isinstance(expr, ex.InRegion) or named_parameters(expr):
                self.place(of, row)
            for child in ex.children(expr):
                self.visit(child, of, row)

    def _relation(self, expr: ex.Some | ex.Total, row: int) -> None:
        relation = expr.relation
        for child in map(int, self.frame.group(relation).rows(row)):
            for name in (relation.via, relation.alone):
                if name is not None:
                    self.field(relation.child, child, name)
            self.row(relation.child, child)
            for part in _parts(expr):
                self.visit(part, relation.child, child)
        if relation.size is not None:
            self.field(relation.parent, row, relation.size)
        if relation.complete is not None:
            self.visit(relation.complete, relation.parent, row)


def _parts(expr: ex.Some | ex.Total) -> Iterator[ex.Expr]:
    yield from (expr.test,) if isinstance(expr, ex.Some) else (expr.where, expr.value)


@lru_cache(maxsize=512)
def _words(policy: Any) -> frozenset[str]:
    """Return every word that the policy compares a fact with."""
    return frozenset(
        word
        for _, expr in policy.expressions()
        for node in ex.walk(expr)
        if isinstance(node, ex.OneOf)
        for word in node.words
    )
