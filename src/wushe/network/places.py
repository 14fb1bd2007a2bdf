"""The place tree as arrays: parents, ancestors by level, and sums over what lies below."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.tables import Table

Rows = npt.NDArray[np.int32]
"""Row numbers; -1 stands for none."""
Flags = npt.NDArray[np.bool_]

LEVEL_ROW = {level: row for row, level in enumerate(LEVELS)}
"""Column of each level in `PlaceTree.ancestors`, from the top down."""
_CODE_WIDTHS = (2, 2, 2, 3, 3)
"""Digits that province, city, county, street and community add to a statistical code."""


@attrs.frozen(eq=False, repr=False)
class PlaceTree:
    """The places of a city, rows in the order of the table ``places``.

    `parent`: int32 (n_places,), -1 where there is none. `ancestors`: int32 (n_places, 6), the row
    of the ancestor-or-self at each level in the order of `LEVELS`, -1 where there is none; where
    a chain has two places of one level, the nearer one. `level`: int8 (n_places,), index into
    `LEVELS`. `lon` and `lat`: degrees, NaN where unknown. `first` and `last`: int32 (n_places,),
    a numbering from the top down in which the places below-or-equal to p have the numbers
    ``first[p] <= first[q] < last[p]``. Arrays are read-only.
    """

    ids: Array
    parent: Rows
    ancestors: Rows
    level: npt.NDArray[np.int8]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    first: Rows
    last: Rows

    def __attrs_post_init__(self) -> None:
        for array in attrs.astuple(self, recurse=False):
            array.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return PlaceTree, attrs.astuple(self, recurse=False)

    def __len__(self) -> int:
        return len(self.parent)

    def __repr__(self) -> str:
        return f"<PlaceTree: {len(self)} places>"

    def at_level(self, rows: Array, level: str) -> Rows:
        """Return the ancestor-or-self of each place at `level`, int32 of the shape of `rows`.

        -1 where `rows` is -1 or there is no such ancestor. Raises KeyError for an unknown level.
        """
        return _take(self.ancestors[:, LEVEL_ROW[level]], rows)

    def within(self, rows: Array, roots: Array | int) -> Flags:
        """Return whether each place lies in (or is) its root; False where either is -1.

        `rows` and `roots` are row numbers that broadcast against each other.
        """
        inside = _take(self.first, rows)
        low, high = _take(self.first, roots), _take(self.last, roots)
        return (inside >= 0) & (low >= 0) & (low <= inside) & (inside < high)

    def subtree(self, row: int) -> Rows:
        """Return the rows of the place `row` and of all places below it, in ascending order."""
        return np.flatnonzero(self.within(np.arange(len(self)), row)).astype(np.int32)

    def sum_below(self, values: Array) -> Array:
        """Return for each place the sum of `values` over itself and all places below it.

        `values` has shape (n_places,) or (n_places, m) and holds whole numbers or truth values;
        the result has the same shape, int64.
        """
        running = np.zeros((len(self) + 1, *values.shape[1:]), dtype=np.int64)
        running[self.first + 1] = values
        np.cumsum(running, axis=0, out=running)
        return np.asarray(running[self.last] - running[self.first])

    def sum_above(self, values: Array) -> Array:
        """Return for each place the sum of `values` over itself and all places above it.

        Shapes and types as in `sum_below`.
        """
        running = np.zeros((len(self) + 1, *values.shape[1:]), dtype=np.int64)
        running[self.first] = values
        np.subtract.at(running, self.last, np.asarray(values, dtype=np.int64))
        return np.asarray(np.cumsum(running, axis=0)[self.first])

    def any_above(self, flags: Array) -> Flags:
        """Return for each place whether `flags` is set for itself or any place above it.

        `flags` is bool of shape (n_places,) or (n_places, m); the result has the same shape.
        """
        return np.asarray(self.sum_above(flags) > 0)


def _take(values: Array, rows: Array | int) -> Array:
    """Return ``values[rows]`` with -1 where the row is -1."""
    rows = np.asarray(rows)
    if len(values) == 0:
        return np.full(rows.shape, -1, dtype=np.int32)
    return np.where(rows >= 0, values[rows], -1)


def place_tree(table: Table, parent: Rows) -> PlaceTree:
    """Return the tree of the table ``places`` with the rows `parent`, which hold no circle.

    See `parents` and `cyclic`.
    """
    codes = np.array([LEVEL_ROW[level] for level in table["level"]], dtype=np.int8)
    first, last = _numbering(parent)
    return PlaceTree(
        ids=table.ids.copy(),
        parent=parent,
        ancestors=_ancestors(parent, codes),
        level=codes,
        lon=table["lon"].copy(),
        lat=table["lat"].copy(),
        first=first,
        last=last,
    )


def parents(table: Table) -> Rows:
    """Return the parent row of each place, int32 (n_places,), -1 where there is none.

    Where the field is empty the parent is found from a code of digits: the longest id that its
    own begins with, of a higher level. Zeros that fill a code up (420100 for 4201, as GB/T 2260
    and the 12-digit codes write them) do not count. A parent that is not in the table is none.
    """
    row_of = {code: row for row, code in enumerate(table.ids)}
    found = np.array([row_of.get(code, -1) for code in table["parent"]], dtype=np.int32)
    levels = [LEVEL_ROW[level] for level in table["level"]]
    by_code: dict[str, int] = {}
    for row, code in enumerate(table.ids):
        by_code.setdefault(_significant(code), row)
    for row in np.flatnonzero(~table.known("parent")).tolist():
        code = _significant(table.ids[row])
        if not _is_digits(code):
            continue
        above = (by_code.get(code[:length], -1) for length in range(len(code) - 1, 1, -1))
        found[row] = next((p for p in above if p >= 0 and levels[p] < levels[row]), -1)
    return found


def _is_digits(code: str) -> bool:
    return code.isascii() and code.isdigit()


def _significant(code: str) -> str:
    """Return a statistical code without the groups of zeros that fill it up."""
    if not _is_digits(code):
        return code
    ends = [sum(_CODE_WIDTHS[: i + 1]) for i in range(len(_CODE_WIDTHS))]
    if len(code) not in ends:
        return code
    for end, width in reversed(list(zip(ends, _CODE_WIDTHS, strict=True))):
        if end == len(code) and end > 2 and not code[end - width :].strip("0"):
            code = code[: end - width]
    return code


def cyclic(parent: Rows) -> Flags:
    """Return which places lie on a circle of parents, bool (n_places,)."""
    n = len(parent)
    jump: Array = np.append(parent, -1)  # index -1 leads to -1: a root stays a root
    for _ in range(n.bit_length() + 1):
        jump = jump[jump]
    # After more than n steps whoever has not run out at a root stands on a circle, and every
    # place of the circle is stood on by one of its own.
    circle = np.zeros(n + 1, dtype=bool)
    circle[jump] = True
    return circle[:n]


def _by_depth(parent: Rows) -> list[Array]:
    """Return the rows one step below a root, then two steps below, and so on."""
    depth = np.zeros(len(parent), dtype=np.int32)
    at: Array = parent
    while (at >= 0).any():
        depth += at >= 0
        at = _take(parent, at)
    order = np.argsort(depth, kind="stable")
    cuts = np.searchsorted(depth[order], np.arange(1, depth.max(initial=0) + 2))
    return [order[a:b] for a, b in pairwise(cuts)]


def _ancestors(parent: Rows, level: npt.NDArray[np.int8]) -> Rows:
    n = len(parent)
    found = np.full((n, len(LEVELS)), -1, dtype=np.int32)
    rows: Array = np.arange(n)
    at: Array = rows
    while len(rows):
        free = found[rows, level[at]] < 0
        found[rows[free], level[at[free]]] = at[free]
        above = parent[at]
        rows, at = rows[above >= 0], above[above >= 0]
    return found


def _numbering(parent: Rows) -> tuple[Rows, Rows]:
    """Number the places so that whatever lies below a place follows it without a gap."""
    n = len(parent)
    layers = _by_depth(parent)
    size = np.ones(n, dtype=np.int64)
    for rows in reversed(layers):
        np.add.at(size, parent[rows], size[rows])
    first = np.zeros(n, dtype=np.int64)
    for rows in [np.flatnonzero(parent < 0), *layers]:
        order = rows[np.argsort(parent[rows], kind="stable")]
        above = parent[order]
        before = np.cumsum(size[order]) - size[order]
        starts = np.searchsorted(above, above)  # the eldest of each set of siblings
        first[order] = before - before[starts] + np.where(above >= 0, first[above] + 1, 0)
    return first.astype(np.int32), (first + size).astype(np.int32)
