"""Tables: struct of arrays, the bulk truth. A record is a view of one row."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from itertools import count, repeat
from types import MappingProxyType
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.errors import InputError, Problem
from wushe.model.kinds import ID_LENGTH, IDENT, BadValueError
from wushe.model.spec import MISSING, RECORD_KINDS, Field, RecordKind, problem_of
from wushe.model.storage import Array, pack, unknown, unpack

FEW = 64
"""Up to so many ids are looked up one by one in the sorted ids; more through an index of all."""


@attrs.frozen(eq=False, repr=False)
class Table:
    """Columns of one record kind, rows sorted by id.

    `columns` holds one array of shape (n,) per field; `rows` the row number of each record in
    `source` as a spreadsheet counts (0 where built from objects). Arrays are read-only.
    """

    kind: RecordKind
    columns: Mapping[str, Array]
    rows: npt.NDArray[np.int64]
    source: str

    def __attrs_post_init__(self) -> None:
        for column in (*self.columns.values(), self.rows):
            column.flags.writeable = False
        object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.kind.name, dict(self.columns), self.rows, self.source)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def __repr__(self) -> str:
        return f"<Table {self.kind.name}: {len(self)} rows from {self.source or 'objects'}>"

    def known(self, name: str) -> npt.NDArray[np.bool_]:
        """Return where field `name` is known, bool array of shape (n,)."""
        return ~unknown(self.columns[name])

    @property
    def ids(self) -> Array:
        """The ids, sorted, object array of shape (n,)."""
        return self.columns["id"]

    def row_of(self, ids: Iterable[str | None]) -> npt.NDArray[np.int64]:
        """Return the row of each id, int64 array; -1 where the id is None or absent."""
        wanted = list(ids)
        if len(wanted) < FEW:
            return np.array([self._find(key) for key in wanted], dtype=np.int64)
        index = dict(zip(self.ids.tolist(), count()))
        return np.fromiter(map(index.get, wanted, repeat(-1)), dtype=np.int64, count=len(wanted))

    def _find(self, key: str | None) -> int:
        ids = self.ids
        row = len(ids) if key is None else bisect_left(ids, key)
        return row if row < len(ids) and ids[row] == key else -1

    def record(self, row: int) -> Any:
        """Return the record at `row`."""
        return self.kind.cls(**{name: unpack(column, row) for name, column in self.columns.items()})

    def records(self) -> Iterator[Any]:
        """Yield all records in row order."""
        return (self.record(row) for row in range(len(self)))


def _rebuild(kind: str, columns: dict[str, Array], rows: Array, source: str) -> Table:
    return Table(RECORD_KINDS[kind], columns, rows, source)


def sorted_table(kind: RecordKind, columns: Mapping[str, Array], rows: Array, source: str) -> Table:
    """Return the table with rows in id order (the order of everything downstream)."""
    order = np.argsort(np.asarray(columns["id"], dtype=object), kind="stable")
    return Table(kind, {k: v[order] for k, v in columns.items()}, rows[order], source)


def kind_of(name: str) -> RecordKind:
    """Return the record kind of table `name`. Raises KeyError that lists the tables there are."""
    if name not in RECORD_KINDS:
        raise KeyError(f"{name!r} is no table; tables: {', '.join(RECORD_KINDS)}")
    return RECORD_KINDS[name]


def table_of(kind: str, records: Iterable[Any]) -> Table:
    """Return the table of kind name `kind` that holds `records` (already valid by construction)."""
    spec, items = kind_of(kind), list(records)
    columns = {
        f.name: pack(f.kind.storage, [getattr(r, f.name) for r in items]) for f in spec.fields
    }
    return sorted_table(spec, columns, np.zeros(len(items), dtype=np.int64), "")


def make_table(kind: str, columns: Mapping[str, Sequence[Any]]) -> Table:
    """Return the table of kind name `kind` with `columns` of Python values (None is unknown).

    Fields not given are unknown. Every distinct value is checked once; raises InputError with all
    problems, KeyError for a name that is no field of the kind, ValueError where lengths differ.
    """
    spec = kind_of(kind)
    for name in columns:
        spec.field(name)
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        raise ValueError(
            f"{kind}: columns differ in length: { {k: len(v) for k, v in columns.items()} }"
        )
    n = lengths.pop() if lengths else 0
    packed, problems = {}, []
    for field in spec.fields:
        values = columns.get(field.name, [None] * n)
        problems.extend(check_values(field, values, spec.name))
        packed[field.name] = values
    if problems:
        raise InputError(problems)
    arrays = {f.name: pack(f.kind.storage, packed[f.name]) for f in spec.fields}
    problems = check_rules(spec, arrays, np.arange(1, n + 1), kind)
    if problems:
        raise InputError(problems)
    return sorted_table(spec, arrays, np.zeros(n, dtype=np.int64), "")


def check_values(field: Field, values: Sequence[Any], where: str) -> list[Problem]:
    """Return the problems of Python `values` for `field`; rows count from 1."""
    if _flawless(field, values):
        return []
    verdicts: dict[Any, BadValueError | None] = {}
    problems = []
    for row, value in enumerate(values, start=1):
        if value is None:
            if field.required:
                problems.append(
                    Problem(MISSING, where, row, field.name, None, {"field": field.name})
                )
            continue
        key = (type(value), value) if isinstance(value, Hashable) else (type(value), repr(value))
        if key not in verdicts:
            verdicts[key] = _verdict(field, value)
        bad = verdicts[key]
        if bad is not None:
            problems.append(problem_of(field, bad, where, row, str(value)))
    return problems


def _flawless(field: Field, values: Sequence[Any]) -> bool:
    """Return whether nothing is wrong with `values`, looking once at each that is distinct.

    False where it takes a look row by row to tell: values of several types, or not hashable.
    """
    kinds = set(map(type, values))
    if field.required and type(None) in kinds:
        return False
    if len(kinds - {type(None)}) > 1 or not all(issubclass(kind, Hashable) for kind in kinds):
        return False
    try:
        distinct = set(values)
    except TypeError:  # a tuple that holds a list
        return False
    if field.kind is IDENT and _plain_ids(distinct - {None}):
        return True
    return all(value is None or _verdict(field, value) is None for value in distinct)


def _plain_ids(words: Set[Any]) -> bool:
    """Return whether all `words` are surely ids, seen at a glance; where not, it takes a closer look at each.

    Only a word that begins with a digit can be a number that a spreadsheet has rounded.
    """
    if not words or not all(type(word) is str for word in words) or "" in words:
        return False
    together = "".join(words)
    return (
        together.isprintable()
        and " " not in together
        and max(map(len, words)) <= ID_LENGTH
        and not any(word[0].isdecimal() for word in words)
    )


def _verdict(field: Field, value: Any) -> BadValueError | None:
    try:
        field.check(value)
    except BadValueError as bad:
        return bad
    return None


def check_rules(
    kind: RecordKind, columns: Mapping[str, Array], rows: Array, where: str
) -> list[Problem]:
    """Return the problems of the rules across fields; `rows` are the row numbers to report."""
    problems = []
    for rule in kind.rules:
        for i in np.flatnonzero(rule.broken([columns[f] for f in rule.fields])):
            problems.append(
                Problem(rule.problem, where, int(rows[i]), kind.field(rule.fields[0]).heading)
            )
    return problems


def empty_table(kind: str) -> Table:
    """Return the table of kind name `kind` without rows."""
    return table_of(kind, ())
