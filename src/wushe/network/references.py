"""References between tables resolved to row numbers, and the mistakes found on the way.

Folders are judged before, with closer words, by `wushe.io`; these are for tables and records that
were made in a program. The same mistake has the same code in both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, repeat

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import Problem, ProblemKind
from wushe.model.help import PROVIDERS
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.network.places import Flags, Rows
from wushe.text import Text

UNKNOWN_REFERENCE = ProblemKind(
    "unknown-reference",
    Text(zh="引用的编号不存在", en="no record has this id"),
    Text(zh="{tables}中已有的编号", en="an id that exists in {tables}"),
    Text(zh="改正编号，或先补上被引用的记录", en="correct the id, or add the record it names"),
)
SHARED_ID = ProblemKind(
    "shared-id",
    Text(zh="编号同时属于几张表：{found}", en="the id is used in several tables: {found}"),
    Text(zh="在{tables}中只出现一次的编号", en="an id used once within {tables}"),
    Text(zh="给其中一条记录换一个编号", en="give one of the records another id"),
)
DUPLICATE_ID = ProblemKind(
    "duplicate-id",
    Text(zh="编号重复", en="the id is used twice"),
    Text(zh="每条记录的编号各不相同", en="a different id for each record"),
    Text(zh="删去重复的记录或换一个编号", en="delete the duplicate or give it another id"),
)
_USE_A_REGISTERED_ONE = Text(
    zh="改用已登记的，或载入登记它的插件",
    en="use a registered one, or load the plugin that brings it",
)
_ONE_OF = Text(zh="其中之一：{choices}", en="one of: {choices}")
UNKNOWN_TERMS = {
    "categories": ProblemKind(
        "unknown-category",
        Text(zh="没有这个需求类别", en="there is no such need category"),
        _ONE_OF,
        _USE_A_REGISTERED_ONE,
    ),
    "target_groups": ProblemKind(
        "unknown-target-group",
        Text(zh="没有这个对象类别", en="there is no such target group"),
        _ONE_OF,
        _USE_A_REGISTERED_ONE,
    ),
}
"""By the name of the registry that the field's words must be in."""
PLACE_CYCLE = ProblemKind(
    "place-cycle",
    Text(
        zh="上级编码绕成了圈，地区成了自己的上级",
        en="following the parents leads back to this place",
    ),
    Text(zh="上级编码逐级向上，止于最高一级", en="parents that lead up to a place without one"),
    Text(zh="核对圈内各地区的上级编码", en="check the parent of each place in the circle"),
)
_SHOWN_CHOICES = 20


@attrs.frozen(eq=False)
class Resolved:
    """What one field refers to, one entry per id in it.

    `source`: int32 (n,), the row that holds the id; `ids`: object (n,); `kind`: int8 (n,), index
    into the field's `refs`, -1 where no table has the id; `target`: int32 (n,), its row there;
    `clashes`: bool (n,), where more than one table has it.
    """

    refs: tuple[str, ...]
    source: Rows
    ids: Array
    kind: npt.NDArray[np.int8]
    target: Rows
    clashes: npt.NDArray[np.bool_]

    def pairs(self, kind: str) -> tuple[Rows, Rows]:
        """Return the rows of holders and of what they refer to in table `kind`."""
        mine = self.kind == self.refs.index(kind)
        return self.source[mine], self.target[mine]


def resolve(tables: Mapping[str, Table]) -> dict[tuple[str, str], Resolved]:
    """Return what every reference field of `tables` refers to, by (table name, field name)."""
    index = {
        name: dict(zip(table.ids, range(len(table)), strict=True)) for name, table in tables.items()
    }
    return {
        (name, field.name): _resolve(field, table[field.name], index)
        for name, table in tables.items()
        for field in table.kind.fields
        if field.refs
    }


def _resolve(field: Field, column: Array, index: Mapping[str, dict[str, int]]) -> Resolved:
    source, ids = _entries(column)
    kind = np.full(len(ids), -1, dtype=np.int8)
    target = np.full(len(ids), -1, dtype=np.int32)
    clashes = np.zeros(len(ids), dtype=bool)
    for number, name in enumerate(field.refs):
        rows = np.fromiter(map(index[name].get, ids, repeat(-1)), dtype=np.int32, count=len(ids))
        clashes |= (rows >= 0) & (kind >= 0)
        new = (rows >= 0) & (kind < 0)
        kind[new], target[new] = number, rows[new]
    return Resolved(field.refs, source, ids, kind, target, clashes)


def _entries(column: Array) -> tuple[Rows, Array]:
    """Return holder row and word of each entry of an object column of words or of tuples."""
    known = np.flatnonzero([value is not None for value in column]).astype(np.int32)
    values = column[known]
    if len(values) == 0 or isinstance(values[0], str):
        return known, values
    counts = np.fromiter(map(len, values), dtype=np.int64, count=len(values))
    words = np.empty(int(counts.sum()), dtype=object)
    words[:] = list(chain.from_iterable(values))
    return np.repeat(known, counts), words


def reference_problems(
    tables: Mapping[str, Table], resolved: Mapping[tuple[str, str], Resolved]
) -> list[Problem]:
    """Return ids used twice, references to nothing and references to more than one record."""
    problems = [p for table in tables.values() for p in _duplicates(table)]
    problems += [p for names in NAME_SPACES for p in _shared(tables, names)]
    for (name, field_name), found in resolved.items():
        table = tables[name]
        field = table.kind.field(field_name)
        listed = ", ".join(found.refs)
        for entry in np.flatnonzero((found.kind < 0) | found.clashes):
            row, word = int(found.source[entry]), str(found.ids[entry])
            if found.kind[entry] < 0:
                problem, params = UNKNOWN_REFERENCE, {"tables": listed}
            else:
                owners = [ref for ref in found.refs if tables[ref].row_of([word])[0] >= 0]
                problem, params = (
                    SHARED_ID,
                    {"tables": listed, "found": ", ".join(owners)},
                )
            problems.append(_problem(problem, table, row, field, word, params))
    return problems


NAME_SPACES = (PROVIDERS, ("households", "persons", "institutions"))
"""Tables whose ids share one name space: those behind offers, and those served."""


def _shared(tables: Mapping[str, Table], names: Sequence[str]) -> list[Problem]:
    """Return the ids that more than one table of a name space holds."""
    owners: dict[str, list[str]] = {}
    for name in names:
        for key in dict.fromkeys(tables[name].ids):
            owners.setdefault(key, []).append(name)
    problems = []
    for key, found in sorted((k, f) for k, f in owners.items() if len(f) > 1):
        table = tables[found[1]]
        row, params = (
            int(table.row_of([key])[0]),
            {"tables": ", ".join(names), "found": ", ".join(found)},
        )
        problems.append(_problem(SHARED_ID, table, row, table.kind.field("id"), key, params))
    return problems


def cycle_problems(places: Table, circle: Flags) -> list[Problem]:
    """Return one problem for each place in `circle`, bool (n_places,)."""
    field = places.kind.field("parent")
    return [
        _problem(PLACE_CYCLE, places, row, field, str(places["parent"][row]), {})
        for row in np.flatnonzero(circle).tolist()
    ]


def term_problems(
    tables: Mapping[str, Table], registries: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Return the entries that are in no registry; `registries` are ids by vocabulary name."""
    problems = []
    for table in tables.values():
        for field in table.kind.fields:
            if field.vocabulary is None:
                continue
            known, kind = registries[field.vocabulary], UNKNOWN_TERMS[field.vocabulary]
            params = {"choices": ", ".join(sorted(known)[:_SHOWN_CHOICES]) or "-"}
            for row, word in zip(*_entries(table[field.name]), strict=True):
                if word not in known:
                    problems.append(_problem(kind, table, int(row), field, word, params))
    return problems


def _duplicates(table: Table) -> Iterator[Problem]:
    ids = table.ids
    # Rows are sorted by id, so that equal ids stand side by side.
    for row in np.flatnonzero(ids[1:] == ids[:-1]) + 1:
        yield _problem(DUPLICATE_ID, table, int(row), table.kind.field("id"), str(ids[row]), {})


def _problem(
    kind: ProblemKind,
    table: Table,
    row: int,
    field: Field,
    word: str,
    params: Mapping[str, object],
) -> Problem:
    """Say where: file and row, or class and id where the record came from no file."""
    if table.source:
        return Problem(
            kind, table.source, int(table.rows[row]), field.heading, field.shown(word), params
        )
    where = f"{RECORD_KINDS[table.kind.name].cls.__name__}({table.ids[row]})"
    return Problem(kind, where, None, field.heading, field.shown(word), params)
