"""Facts in columns: every field that a rule may ask for, with what is unknown left unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from itertools import count, repeat
from types import MappingProxyType
from typing import Any, TypeVar

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.spec import Field
from wushe.model.storage import UNKNOWN_INT, Array
from wushe.model.tables import Table
from wushe.rules.expr import Link, Relation
from wushe.rules.intervals import INFINITE, NO, UNSURE, YES, Num, known, within
from wushe.rules.parameters import chain_of

T = TypeVar("T")
_FLAGS = np.array([NO, YES, UNSURE], dtype=np.uint8)  # a flag column holds 0, 1 and -1
HOUSEHOLD_OF = ("household", "person")
"""The fields through which a row of another table leads to its household, first known wins."""


@attrs.frozen(eq=False)
class Words:
    """A column of choices or tags as positions in `words`, int32 (n,), -1 where unknown."""

    codes: npt.NDArray[np.int32]
    words: tuple[Any, ...]


class Group:
    """The rows of a child table by parent row.

    `inside` int64 are the child rows that have a parent, `parent` int64 their parent rows, `n` how many
    parents there are.
    """

    def __init__(self, inside: Array, parent: Array, n: int) -> None:
        self.inside, self.parent, self.n = inside, parent, n
        self.sizes: npt.NDArray[np.int64] = np.bincount(parent, minlength=n)

    @cached_property
    def _sorted(self) -> tuple[Array, Array]:
        starts = np.concatenate([[0], np.cumsum(self.sizes)])
        return self.inside[np.argsort(self.parent, kind="stable")], starts

    def rows(self, parent: int) -> npt.NDArray[np.int64]:
        """Return the child rows of one parent, in table order."""
        order, starts = self._sorted
        return np.asarray(order[starts[parent] : starts[parent + 1]])

    def joined(self, join: np.ufunc, values: Array, empty: int) -> Array:
        """Return `values` of the child rows joined per parent, `empty` where there are none."""
        out = np.full(self.n, empty, dtype=values.dtype)
        join.at(
            out, self.parent, values if len(self.inside) == len(values) else values[self.inside]
        )
        return out


class Frame:
    """The tables of a city as a rule sees them. Columns are made when first asked for, then kept.

    `place_codes` maps a place id to the statistical code by which parameters are found, None where it
    has none. `rows` are references that somebody has followed already: (table, field) -> row that each
    row names, int64 (n,), -1 where none.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        place_codes: Mapping[str, str | None],
        rows: Mapping[tuple[str, str], Array] = MappingProxyType({}),
    ) -> None:
        self.tables = tables
        self._codes = {place: chain_of(code or "") for place, code in place_codes.items()}
        self.chains: tuple[tuple[str, ...], ...] = (
            (),
            *sorted({c for c in self._codes.values() if c}),
        )
        self._kept: dict[Any, Any] = {("rows", *key): found for key, found in rows.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        codes = {place: chain[0] if chain else None for place, chain in self._codes.items()}
        return Frame, (dict(self.tables), codes)

    def size(self, of: str) -> int:
        """Return how many rows record kind `of` has."""
        return len(self.tables[of])

    def truth(self, of: str, name: str) -> Array:
        """Return a yes-or-no field as truth, uint8 (n,)."""
        return _FLAGS[self.tables[of][name]]

    def number(self, of: str, name: str) -> Num:
        """Return a whole number (money in fen); unknown values span the field's range."""
        return spanned(self.tables[of][name], self.tables[of].kind.field(name))

    def days(self, of: str, name: str) -> Num:
        """Return a date as days since 1970-01-01."""
        column = self.tables[of][name]
        missing = np.isnat(column)
        days = column.astype(np.int64)
        if not missing.any():
            return known(days)
        return within(np.where(missing, -INFINITE, days), np.where(missing, INFINITE, days))

    def words(self, of: str, name: str) -> Words:
        """Return a field of choices, texts or tags as positions in its distinct values."""
        return self._keep(("words", of, name), lambda: _words(self.tables[of][name]))

    def group(self, relation: Relation) -> Group:
        """Return the rows of `relation.child` by row of `relation.parent`."""
        return self._keep(
            ("group", relation.parent, relation.child, relation.via, relation.alone),
            lambda: self._group(relation),
        )

    def linked(self, link: Link) -> npt.NDArray[np.int64]:
        """Return the row that each row of `link.source` names, int64 (n,), -1 where none."""
        return self._rows(link.source, link.via, link.target)

    def regions(self, of: str) -> npt.NDArray[np.int32]:
        """Return each row's position in `chains`, int32 (n,); 0 is a place unknown.

        A person's place is its household's, its own where it has none; other rows follow their household
        or person.
        """
        return self._keep(("regions", of), lambda: self._regions(of))

    def _keep(self, key: Any, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        found: T = self._kept[key]
        return found

    def _rows(self, of: str, via: str, target: str) -> npt.NDArray[np.int64]:
        return self._keep(("rows", of, via), lambda: self._row_of(target, self.tables[of][via]))

    def _row_of(self, target: str, ids: Array) -> npt.NDArray[np.int64]:
        index = self._keep(
            ("index", target), lambda: dict(zip(self.tables[target].ids.tolist(), count()))
        )
        return np.fromiter(map(index.get, ids.tolist(), repeat(-1)), dtype=np.int64, count=len(ids))

    def _group(self, relation: Relation) -> Group:
        parent = self._parents(relation)
        if relation.alone is not None:
            alone = self.words(relation.child, relation.alone).codes < 0
            parent = np.where(alone, parent, -1)
        inside = np.flatnonzero(parent >= 0)
        return Group(inside, parent[inside], self.size(relation.parent))

    def _parents(self, relation: Relation) -> npt.NDArray[np.int64]:
        """Return each child's parent row; a row that names only a person belongs to its household too."""
        rows = self._rows(relation.child, relation.via, relation.parent)
        fields = self.tables[relation.child].kind.field_names
        if relation.parent == "households" and relation.child != "persons" and "person" in fields:
            persons = self._rows(relation.child, "person", "persons")
            homes = np.append(self._rows("persons", "household", "households"), -1)
            rows = np.where(rows >= 0, rows, homes[persons])
        return rows

    def _regions(self, of: str) -> npt.NDArray[np.int32]:
        if of == "households":
            return self._own_regions(of)
        above = "persons" if of == "obligors" else "households"
        via = "person" if of == "obligors" else "household"
        found = np.append(self.regions(above), 0)[self._rows(of, via, above)]
        if of == "persons":
            found = np.where(found == 0, self._own_regions(of), found)
        elif "person" in self.tables[of].kind.field_names and of != "obligors":
            persons = np.append(self.regions("persons"), 0)[self._rows(of, "person", "persons")]
            found = np.where(found == 0, persons, found)
        return found.astype(np.int32)

    def _own_regions(self, of: str) -> npt.NDArray[np.int32]:
        position = {chain: i for i, chain in enumerate(self.chains)}
        places = self.words(of, "place")
        found = [position[self._codes.get(place, ())] for place in places.words]
        return np.array([*found, 0], dtype=np.int32)[places.codes]


def spanned(column: Array, field: Field) -> Num:
    """Return an int64 column as numbers: what is unknown lies anywhere in the field's range."""
    missing = column == UNKNOWN_INT
    if not missing.any():
        return known(column)
    low, high = bounds(field)
    return within(np.where(missing, low, column), np.where(missing, high, column))


def bounds(field: Field) -> tuple[int, int]:
    """Return the smallest and largest value of a whole-number field, `INFINITE` where open."""
    return (
        -INFINITE if field.low is None else field.low,
        INFINITE if field.high is None else field.high,
    )


class _Numbered(dict[Any, int]):
    """Values numbered from 0 in the order in which they are first asked for."""

    def __missing__(self, value: Any) -> int:
        self[value] = number = len(self) - 1  # None came first and is -1
        return number


def _words(column: Array) -> Words:
    index = _Numbered({None: -1})
    codes = np.fromiter(map(index.__getitem__, column.tolist()), dtype=np.int32, count=len(column))
    return Words(codes, tuple(index)[1:])


def matching(words: Words, fits: Callable[[Any], bool]) -> Array:
    """Return whether each value fits, truth uint8 (n,): `fits` is asked once per distinct value."""
    table = np.array([*(YES if fits(w) else NO for w in words.words), UNSURE], dtype=np.uint8)
    return table[words.codes]


@lru_cache(maxsize=4096)
def in_region(codes: tuple[str, ...], chain: tuple[str, ...]) -> int:
    """Return whether a place lies in one of `codes`: truth, unsure where the place is unknown."""
    if not chain:
        return UNSURE
    return YES if any(code in chain for code in codes) else NO
