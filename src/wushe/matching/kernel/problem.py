"""What the kernel takes and gives: a checked problem, and a solution with its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Status = Literal["optimal", "work_limit"]
"""Without "optimal" the flow is feasible and `Solution.gap` says how far from the bound it may be."""
HIGHEST_COST = 2**31 - 1
LARGEST = 2**62


@dataclass(frozen=True, eq=False)
class Problem:
    """Needs (rows) with candidate edges to offers (columns); all numbers integers, none negative.

    CSR: `start` (n_rows + 1,), `column` and `cost` (n_edges,) sorted by (cost, column) in each row,
    costs below 2^31. `capacity` (n_columns,) in units, `penalty` (n_rows,) per unserved unit, `demand`
    (n_rows,) units, one each if None; `limit` (n_edges,) units per edge, unlimited if None. The arrays are
    kept as given where their types allow (column uint32, cost int32, else int64) and never written to.

    Raises ValueError where a number is out of range, a row is not sorted, lengths disagree, or demand
    times cost could exceed 2^62.
    """

    start: Array
    column: Array
    cost: Array
    capacity: Array
    penalty: Array
    demand: Array | None = None
    limit: Array | None = None

    def __post_init__(self) -> None:
        n = len(self.penalty)
        if self.demand is None:
            object.__setattr__(self, "demand", np.ones(n, dtype=np.int64))
        for name in ("start", "column", "cost", "capacity", "penalty", "demand", "limit"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, _integers(name, values))
        self._check_shape()
        self._check_edges()
        worst = sum(self.units.tolist()) * (_top(self.penalty) + _top(self.cost) + 1)
        if max(worst, _top(self.capacity)) >= LARGEST:
            raise ValueError("demands times costs, or a capacity, exceed 2^62: use larger units")
        object.__setattr__(self, "column", self.column.astype(np.uint32, copy=False))
        object.__setattr__(self, "cost", self.cost.astype(np.int32, copy=False))

    def _check_shape(self) -> None:
        n, e = len(self.penalty), len(self.cost)
        lengths = {"start": n + 1, "column": e, "demand": n, "limit": e}
        for name, length in lengths.items():
            values = getattr(self, name)
            if values is not None and len(values) != length:
                raise ValueError(f"{name} has {len(values)} entries, expected {length}")
        if self.start[0] != 0 or self.start[-1] != e or np.any(np.diff(self.start) < 0):
            raise ValueError(f"start must rise from 0 to the number of edges, {e}")

    def _check_edges(self) -> None:
        e = len(self.cost)
        if e >= 2**31 or len(self.penalty) + len(self.capacity) >= 2**31:
            raise ValueError("more than 2^31 - 1 edges or nodes")
        if e == 0:
            return
        if self.column.min() < 0 or self.column.max() >= len(self.capacity):
            at = int(np.argmax((self.column < 0) | (self.column >= len(self.capacity))))
            raise ValueError(
                f"column[{at}] is {self.column[at]}, expected 0 to {len(self.capacity) - 1}"
            )
        if self.cost.max() > HIGHEST_COST:
            at = int(np.argmax(self.cost))
            raise ValueError(f"cost[{at}] is {self.cost[at]}, expected less than 2^31")
        earlier, later = slice(None, -1), slice(1, None)
        wrong = self.cost[later] < self.cost[earlier]
        ties = self.cost[later] == self.cost[earlier]
        wrong |= ties & (self.column[later] < self.column[earlier])
        first = self.start[1:-1]
        wrong[first[(first > 0) & (first < e)] - 1] = False
        if wrong.any():
            at = int(np.argmax(wrong)) + 1
            row = int(np.searchsorted(self.start, at, side="right")) - 1
            raise ValueError(
                f"the edges of row {row} are not sorted by (cost, column): see edge {at}"
            )

    @property
    def limits_bind(self) -> bool:
        """Whether some edge's limit is below what its row and its column could send through it."""
        if self.limit is None:
            return False
        most = np.minimum(self.units[self.row], self.capacity[self.column])
        return bool(np.any(self.bounds < most))

    @property
    def units(self) -> Array:
        """Demand of each row, int64 (n_rows,)."""
        assert self.demand is not None
        return self.demand

    @property
    def bounds(self) -> Array:
        """Limit of each edge, int64 (n_edges,)."""
        assert self.limit is not None
        return self.limit

    @property
    def row(self) -> Array:
        """Row of each edge, int64 (n_edges,)."""
        return np.repeat(np.arange(len(self.penalty)), np.diff(self.start))


def _top(values: Array) -> int:
    return int(values.max(initial=0))


def _integers(name: str, values: Array) -> Array:
    """Return `values` as a vector of integers none of which is negative."""
    values = np.asarray(values)
    if values.ndim != 1:
        raise ValueError(f"{name} has {values.ndim} dimensions, expected 1")
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    if values.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {values.dtype}, expected integers")
    if values.dtype.kind == "u" and values.max() >= LARGEST:
        raise ValueError(f"{name} exceeds 2^62: use larger units")
    if values.min() < 0:
        at = int(np.argmin(values))
        raise ValueError(f"{name}[{at}] is {values[at]}, expected none negative")
    narrow = name == "column" or name == "cost"
    return values if narrow else values.astype(np.int64, copy=False)


@dataclass(frozen=True, eq=False)
class Solution:
    """A flow with its certificate.

    `flow` int64 (n_edges,), `unserved` int64 (n_rows,); duals `row_price` (what one unit of the row costs,
    from 0 to its penalty) int64 (n_rows,) and `column_price` (what one more unit of capacity would
    save; 0 where some is left) int64 (n_columns,). `objective` and `bound` are exact integers, equal
    when `status` is "optimal"; `work` counts edge scans.
    """

    flow: Array
    unserved: Array
    row_price: Array
    column_price: Array
    objective: int
    bound: int
    status: Status
    work: int = 0

    @property
    def gap(self) -> float:
        """Relative distance of the objective from the proven bound; 0.0 when optimal."""
        return (self.objective - self.bound) / max(abs(self.objective), 1)


def columns_value(problem: Problem, column_price: Array) -> int:
    """Return the prices' sum over all capacity, in Python integers: it may exceed 2^62 midway."""
    priced = np.flatnonzero(column_price)
    pairs = zip(column_price[priced].tolist(), problem.capacity[priced].tolist(), strict=True)
    return sum(price * units for price, units in pairs)
