"""References between tables resolved to row numbers, and the mistakes found on the way.

Folders are judged before, with closer words, by `wushe.io`; these are for tables and records that
were made in a program. The same mistake has the same code in both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, repeat
from types import MappingProxyType

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import Problem, ProblemKind
from wushe.model.help import PROVIDERS
from wushe.model.spec import RECORD_KINDS, Field
from wushe.model.storage import Array
from wushe.model.tables import Table
from wushe.model.terms import NeedCategory
from wushe.model.units import DIMENSIONS, parse_unit
from wushe.network.places import Flags, Rows, cyclic
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
AFTER_CIRCLE = ProblemKind(
    "after-in-a-circle",
    Text(
        zh="前置需求绕成了圈，这项需求在等它自己",
        en="following the needs that come first leads back to this one: it waits for itself",
    ),
    Text(
        zh="前置需求逐项向前，止于没有前置的一项",
        en="needs that lead to one that waits for none",
    ),
    Text(
        zh="清空圈内一项需求的前置需求；须同时做的写成同一次上门（visit）",
        en="empty the field for one need of the circle; what belongs together is one visit",
    ),
)
WRONG_DIMENSION = ProblemKind(
    "wrong-dimension",
    Text(
        zh="单位与类别“{category}”的计量方式不符",
        en="the unit does not fit the category {category!r}",
    ),
    Text(zh="按{dimension}计的单位", en="a unit of {dimension}"),
    Text(zh="改正单位或类别", en="correct the unit or the category"),
)
COUNTED = (("needs", "category"), ("offers", "categories"), ("resources", "categories"))
"""Tables with a quantity of something, and the field that says of which categories."""
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
            problems.append(problem_at(problem, table, row, field_name, word, params))
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
        problems.append(problem_at(SHARED_ID, table, row, "id", key, params))
    return problems


def cycle_problems(table: Table, name: str, circle: Flags, kind: ProblemKind) -> list[Problem]:
    """Return one problem of `kind` in field `name` for each row in `circle`, bool (n_rows,)."""
    return [
        problem_at(kind, table, row, name, str(table[name][row]))
        for row in np.flatnonzero(circle).tolist()
    ]


def waiting_in_circles(ids: Array, after: Array) -> Flags:
    """Return which needs wait for themselves, directly or through others, bool (n_needs,).

    `ids` and `after` are object columns of equal length; None and ids of no need lead nowhere.
    """
    row_of = {key: row for row, key in enumerate(ids) if key is not None}
    return cyclic(np.array([row_of.get(key, -1) for key in after], dtype=np.int32))


def dimension_problems(
    tables: Mapping[str, Table], categories: Mapping[str, NeedCategory]
) -> list[Problem]:
    """Return the units that do not fit their categories."""
    problems = []
    for name, field in COUNTED:
        table = tables[name]
        for row, params in misfits(table[field], table["unit"], categories):
            word = str(table["unit"][row])
            problems.append(problem_at(WRONG_DIMENSION, table, row, "unit", word, params))
    return problems


def misfits(
    named: Array, units: Array, categories: Mapping[str, NeedCategory]
) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield position and parameters of each unit that does not fit its categories.

    `named` (words or tuples of words) and `units` are object columns of equal length. What names
    categories of several dimensions, or none that is registered, is not judged.
    """
    pairs = list(zip(named, units, strict=True))
    bad = {pair: _misfit(*pair, categories) for pair in set(pairs)}
    if not any(bad.values()):
        return
    for at, pair in enumerate(pairs):
        category = bad[pair]
        if category is not None:
            words = Text(category.zh, category.en)
            yield at, {"category": words, "dimension": DIMENSIONS[category.dimension]}


def _misfit(
    named: str | tuple[str, ...] | None,
    written: str | None,
    categories: Mapping[str, NeedCategory],
) -> NeedCategory | None:
    """Return the category that `written` does not fit, None where it fits or cannot be judged."""
    unit = None if written is None else parse_unit(written)
    words = (named,) if isinstance(named, str) else named or ()
    found = [categories[word] for word in words if word in categories]
    if unit is None or not found or len({category.dimension for category in found}) > 1:
        return None
    return None if found[0].dimension == unit.dimension else found[0]


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
                    problems.append(problem_at(kind, table, int(row), field.name, word, params))
    return problems


def _duplicates(table: Table) -> Iterator[Problem]:
    ids = table.ids
    # Rows are sorted by id, so that equal ids stand side by side.
    for row in np.flatnonzero(ids[1:] == ids[:-1]) + 1:
        yield problem_at(DUPLICATE_ID, table, int(row), "id", str(ids[row]))


def problem_at(
    kind: ProblemKind,
    table: Table,
    row: int,
    name: str,
    word: str | None,
    params: Mapping[str, object] = MappingProxyType({}),
) -> Problem:
    """Return the problem of field `name` in `row`, whose value reads `word`.

    It says where: file and row, or class and id where the record came from no file.
    """
    field = table.kind.field(name)
    shown = None if word is None else field.shown(word)
    if table.source:
        return Problem(kind, table.source, int(table.rows[row]), field.heading, shown, params)
    where = f"{RECORD_KINDS[table.kind.name].cls.__name__}({table.ids[row]})"
    return Problem(kind, where, None, field.heading, shown, params)
