"""What changed about a household between two states of its records, and which policies it may matter to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import attrs

from wushe.model.tables import Table
from wushe.text import Text

Change = Literal["new", "gone", "stated", "unstated", "changed"]
_CHANGES: dict[Change, Text] = {
    "new": Text("新增", "new"),
    "gone": Text("不再有", "gone"),
    "stated": Text("新知", "now known"),
    "unstated": Text("转为未知", "no longer known"),
    "changed": Text("变化", "changed"),
}


@attrs.frozen
class FactChange:
    """A fact of a household that is not what it was, and the policies that depend on it.

    `field` is empty where the whole record is new or gone. Values are left out: what changed, not
    how, is what a notice may carry.
    """

    on: dt.date
    table: str
    record: str
    field: str
    change: Change
    policies: tuple[str, ...]

    def say(self, lang: str = "zh") -> str:
        """Return one line: what changed and which policies to look at again."""
        name = f"{self.table}.{self.field}" if self.field else self.table
        return _CHANGED.say(
            lang, on=self.on.isoformat(), record=self.record, name=name,
            change=_CHANGES[self.change], policies=", ".join(self.policies),
        )  # fmt: skip


_CHANGED = Text(
    "{on} {record} {name} {change}，可能影响：{policies}；请重新评估，不是认定结果",
    "{on} {record} {name} {change}, may matter to: {policies}; assess again, this is no decision",
)


def fact_changes(
    before: Mapping[str, Table],
    after: Mapping[str, Table],
    household: str,
    reads: Mapping[str, Collection[tuple[str, str]]],
    on: dt.date,
) -> tuple[FactChange, ...]:
    """Return what changed about `household` between two states of its tables, noticed `on` that day.

    `reads` gives per policy the (table, field) it depends on; a field that no policy reads is left
    out. Sorted by table, record and field.
    """
    tables = sorted({table for pairs in reads.values() for table, _ in pairs})
    members = _members(before, household) | _members(after, household)
    found: list[FactChange] = []
    for table in tables:
        old, new = (_records(tables_, table, household, members) for tables_ in (before, after))
        for key in sorted(old.keys() | new.keys()):
            for field, change in _differences(old.get(key), new.get(key), table, reads):
                users = sorted(p for p, pairs in reads.items() if _uses(pairs, table, field))
                found.append(FactChange(on, table, key, field, change, tuple(users)))
    return tuple(found)


def _uses(pairs: Collection[tuple[str, str]], table: str, field: str) -> bool:
    return (table, field) in pairs if field else any(of == table for of, _ in pairs)


def _differences(
    old: Any, new: Any, table: str, reads: Mapping[str, Collection[tuple[str, str]]]
) -> Iterator[tuple[str, Change]]:
    """Yield (field, change) of one record, for the fields that some policy reads."""
    if old is None or new is None:
        yield "", "new" if old is None else "gone"
        return
    for field in sorted({name for pairs in reads.values() for of, name in pairs if of == table}):
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield field, "stated" if was is None else "unstated" if now is None else "changed"


def _members(tables: Mapping[str, Table], household: str) -> set[str]:
    persons = tables.get("persons")
    if persons is None:
        return set()
    return {str(i) for i in persons.ids[persons["household"] == household]}


def _records(
    tables: Mapping[str, Table], name: str, household: str, members: set[str]
) -> dict[str, Any]:
    """Return the records of table `name` that are the household's or one of its members', by id."""
    table = tables.get(name)
    if table is None:
        return {}
    own = {"households": "id"}.get(name, "household")
    rows = {
        row
        for column, wanted in ((own, {household}), ("person", members))
        if column in table.columns
        for row in range(len(table))
        if table[column][row] in wanted
    }
    return {str(table.ids[row]): table.record(row) for row in rows}
