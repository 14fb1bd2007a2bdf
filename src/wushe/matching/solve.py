"""The exact kernel: sparse transportation with capacities, partial service and penalties.

Arrays in, arrays out. Minimise sum(cost * flow) + sum(penalty * unserved) where each row's flow is
at most its demand, each column's at most its capacity, and each edge's at most its limit. The
linear program is integral (a network matrix with integer bounds), so a vertex solution is exact;
a certificate in integer arithmetic (primal equals dual) is checked before "optimal" is said.
Edges enter only when their reduced cost asks for them (column generation), so that HiGHS sees a
small part of a large problem. See Ahuja, Magnanti, Orlin, Network Flows (1993), chapters 9 and 11.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Method = Literal["highs-ipm", "highs-ds"]
Status = Literal["optimal", "time_limit", "not_proved"]
"""Without "optimal" the flow is feasible and `Flow.gap` says how far from the bound it may be."""
FIRST_EDGES = 16
"""Cheapest edges per row that a group starts with."""
GROUP_EDGES = 20_000
"""Small components are solved together up to about this many edges."""


@dataclass(frozen=True, eq=False)
class Flow:
    """A solution with its certificate.

    `flow` int64 (n_edges,), `unserved` int64 (n_rows,); duals `row_price` (what one more unit of
    supply for the row would save) int64 (n_rows,) and `column_price` (what one more unit of the column's capacity
    would save) int64 (n_columns,). `objective` and `bound` are exact integers; equal when optimal.
    """

    flow: Array
    unserved: Array
    row_price: Array
    column_price: Array
    objective: int
    bound: int
    status: Status

    @property
    def gap(self) -> float:
        """Relative distance of the objective from the proven bound; 0.0 when optimal."""
        return (self.objective - self.bound) / max(abs(self.objective), 1)


@dataclass(frozen=True, eq=False)
class Problem:
    """CSR rows of edges sorted by cost: `start` (n_rows + 1,), `column`, `cost`, `limit` (n_edges,).

    `demand` and `penalty` (n_rows,), `capacity` (n_columns,): all integers, none negative; a penalty
    above every cost of its row means that service is always preferred.
    """

    start: Array
    column: Array
    cost: Array
    limit: Array
    demand: Array
    penalty: Array
    capacity: Array

    def __post_init__(self) -> None:
        for name in ("cost", "limit", "demand", "penalty", "capacity"):
            if len(getattr(self, name)) and getattr(self, name).min() < 0:
                raise ValueError(f"{name} must not be negative")
        inner = np.ones(len(self.cost), dtype=bool)
        inner[self.start[:-1][self.start[:-1] < len(self.cost)]] = False
        if np.any((np.diff(self.cost, prepend=0) < 0) & inner):
            raise ValueError("each row's edges must be sorted by cost")
        worst = sum(self.demand.tolist()) * int(
            self.penalty.max(initial=0) + self.cost.max(initial=0)
        )
        if worst >= 2**62:
            raise ValueError("demands times costs exceed 2^62; use larger units")

    @property
    def row(self) -> Array:
        """Row of each edge, int64 (n_edges,)."""
        return np.repeat(np.arange(len(self.demand)), np.diff(self.start))


def solve(problem: Problem, time_limit: float = 600.0) -> Flow:
    """Return the exact optimum, or the best found with a bound when `time_limit` seconds run out.

    Raises ValueError (by `Problem`) on negative numbers, unsorted rows or overflow.
    """
    deadline = time.perf_counter() + time_limit
    row = problem.row
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    row_price = np.zeros(len(problem.demand), dtype=np.int64)
    column_price = np.zeros(len(problem.capacity), dtype=np.int64)
    status: Status = "optimal"
    for edges in _groups(problem, row):
        part, rows, columns = _part(problem, row, edges)
        answer = _cheapest(part) or _generate(part, deadline)
        if answer is None:
            status = "time_limit" if time.perf_counter() >= deadline else "not_proved"
            flow[edges] = _greedy(part)
            continue
        flow[edges], row_price[rows], column_price[columns] = answer
    return _certified(problem, row, flow, row_price, column_price, status)


def _groups(problem: Problem, row: Array) -> list[Array]:
    """Return the edges of connected components, small ones bundled; each in row order."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(row):
        return []
    n, m = len(problem.demand), len(problem.capacity)
    links = coo_array(
        (np.ones(len(row), dtype=np.int8), (row, problem.column + n)), shape=(n + m, n + m)
    )
    _, label = connected_components(links.tocsr(), directed=False)
    order = np.argsort(label[row], kind="stable")
    sizes = np.bincount(label[row])
    sizes = sizes[sizes > 0]
    ends = np.cumsum(sizes)
    bundle = (ends - 1) // GROUP_EDGES
    cuts = ends[:-1][np.diff(bundle) > 0]
    return [np.sort(edges) for edges in np.split(order, cuts)]


def _part(problem: Problem, row: Array, edges: Array) -> tuple[Problem, Array, Array]:
    """Return the sub-problem of `edges` with its rows and columns renumbered, in smallest units."""
    rows, inverse_row = np.unique(row[edges], return_inverse=True)
    columns, inverse_column = np.unique(problem.column[edges], return_inverse=True)
    start = np.searchsorted(inverse_row, np.arange(len(rows) + 1))
    part = Problem(
        start,
        inverse_column,
        problem.cost[edges],
        problem.limit[edges],
        problem.demand[rows],
        problem.penalty[rows],
        problem.capacity[columns],
    )
    return part, rows, columns


Answer = tuple[Array, Array, Array]


def _cheapest(part: Problem) -> Answer | None:
    """Return the solution in which every row takes its cheapest edge, where that is feasible."""
    first = part.start[:-1]
    served = np.minimum(part.demand, part.limit[first])
    load = _sums(part.column[first], served, len(part.capacity))
    if (
        np.any(served < part.demand)
        or np.any(load > part.capacity)
        or np.any(part.cost[first] > part.penalty)
    ):
        return None
    flow = np.zeros(len(part.cost), dtype=np.int64)
    flow[first] = served
    return flow, part.cost[first].astype(np.int64), np.zeros(len(part.capacity), dtype=np.int64)


def _generate(part: Problem, deadline: float) -> Answer | None:
    """Column generation: solve over few edges, add those that the duals price in, until none is left."""
    row = part.row
    active = np.arange(len(row)) - part.start[row] < FIRST_EDGES
    while True:
        answer = _program(part, row, active, deadline)
        if answer is None:
            return None
        flow, row_price, column_price = answer
        wanted = part.cost + column_price[part.column] < row_price[row]
        entering = wanted & ~active
        if not entering.any():
            return flow, row_price, column_price
        active |= entering


def _program(part: Problem, row: Array, active: Array, deadline: float) -> Answer | None:
    """Solve the linear program over the `active` edges; None when time runs out or it is not integral."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    edge = np.flatnonzero(active)
    unit = np.gcd.reduce(np.concatenate([part.demand, part.capacity, part.limit[edge]]))
    unit = max(int(unit), 1)
    one, place = np.ones(len(edge)), np.arange(len(edge))
    by_row = csr_array((one, (row[edge], place)), shape=(len(part.demand), len(edge)))
    by_column = csr_array((one, (part.column[edge], place)), shape=(len(part.capacity), len(edge)))
    matrix: Any = vstack([by_row, by_column]).tocsr()
    limit = part.limit[edge] // unit
    tight = part.limit[edge] < np.minimum(part.demand[row[edge]], part.capacity[part.column[edge]])
    limits: Any = np.column_stack([np.zeros(len(edge)), np.where(tight, limit, np.inf)])
    # The interior point method with crossover is the faster one on large parts, simplex on small ones.
    ipm: Method = "highs-ipm"
    simplex: Method = "highs-ds"
    methods = (ipm, simplex) if len(edge) > 5_000 else (simplex, ipm)
    for method in methods:
        left = deadline - time.perf_counter()
        if left <= 0:
            return None
        result = linprog(
            part.cost[edge].astype(float) - part.penalty[row[edge]],
            A_ub=matrix,
            b_ub=np.concatenate([part.demand, part.capacity]) / unit,
            bounds=limits,
            method=method,
            options={"time_limit": left},
        )
        if result.status == 0:
            answer = _integral(part, row, edge, result, unit)
            if answer is not None:
                return answer
    return None


def _integral(part: Problem, row: Array, edge: Array, result: Any, unit: int) -> Answer | None:
    """Round the program's answer to integers; None where it breaks a bound or its own certificate."""
    flow = np.zeros(len(row), dtype=np.int64)
    flow[edge] = np.rint(result.x).astype(np.int64) * unit
    price = np.rint(-result.ineqlin.marginals).astype(np.int64)
    row_price = part.penalty - price[: len(part.demand)]
    column_price = price[len(part.demand) :]
    active = np.zeros(len(row), dtype=bool)
    active[edge] = True
    objective = _objective(part, row, flow)
    bound = _bound(part, row, row_price, column_price, active)
    feasible = not _violated(part, row, flow)
    return (flow, row_price, column_price) if feasible and objective == bound else None


def _violated(part: Problem, row: Array, flow: Array) -> bool:
    by_row, by_column = (
        _sums(row, flow, len(part.demand)),
        _sums(part.column, flow, len(part.capacity)),
    )
    over = np.any(by_row > part.demand) or np.any(by_column > part.capacity)
    return bool(over or np.any(flow < 0) or np.any(flow > part.limit))


def _sums(index: Array, flow: Array, n: int) -> Array:
    """Exact int64 sums by index (bincount would go through float)."""
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, index, flow)
    return total


def _objective(part: Problem, row: Array, flow: Array) -> int:
    unserved = part.demand - _sums(row, flow, len(part.demand))
    return int((part.cost.astype(np.int64) * flow).sum()) + int((unserved * part.penalty).sum())


def _bound(
    part: Problem, row: Array, row_price: Array, column_price: Array, active: Array | None = None
) -> int:
    """Return the dual objective: a lower bound on every solution's, whatever the prices.

    Prices are first made feasible: 0 <= row price <= penalty, column price >= 0; an edge whose reduced
    cost stays negative pays for it up to its limit.
    """
    u, p = np.clip(row_price, 0, part.penalty), np.maximum(column_price, 0)
    reduced = np.minimum(part.cost + p[part.column] - u[row], 0)
    if active is not None:
        reduced = np.where(active, reduced, 0)
    return (
        int((u * part.demand).sum())
        - int((p * part.capacity).sum())
        + int((reduced * part.limit).sum())
    )


def _greedy(part: Problem) -> Array:
    """Return a feasible flow when time has run out: edges by what they save, most first."""
    row, left, room = part.row, part.demand.copy(), part.capacity.copy()
    flow = np.zeros(len(row), dtype=np.int64)
    saving = part.penalty[row] - part.cost
    for edge in np.argsort(-saving, kind="stable"):
        if saving[edge] <= 0:
            break
        amount = min(left[row[edge]], room[part.column[edge]], part.limit[edge])
        if amount > 0:
            flow[edge] = amount
            left[row[edge]] -= amount
            room[part.column[edge]] -= amount
    return flow


def _certified(
    problem: Problem, row: Array, flow: Array, row_price: Array, column_price: Array, status: Status
) -> Flow:
    lonely = np.diff(problem.start) == 0
    row_price[lonely] = problem.penalty[lonely]
    objective = _objective(problem, row, flow)
    bound = _bound(problem, row, row_price, column_price)
    unserved = problem.demand - _sums(row, flow, len(problem.demand))
    if status == "optimal" and objective != bound:
        status = "not_proved"
    return Flow(flow, unserved, row_price, column_price, objective, bound, status)
