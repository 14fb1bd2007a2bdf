"""Lexicographic objectives by staged solves: the second decides only among the optima of the first.

No tier is weighed against another by a large factor. Each stage is solved exactly, and complementary
slackness with its prices describes all of its optima: edges dearer than their prices stay empty,
edges cheaper than them are full, rows priced below their penalty are served whole, columns with a
price are full. The next stage is solved within these bounds. The kernel knows no "must", so a row
that must be served and a column that must be full get an incentive; whether it was large enough is
checked on the flow, and it is raised until it was. HiGHS is asked where the kernel's numbers do not
reach that far. See Isermann, Linear lexicographic optimization, OR Spektrum 4 (1982).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wushe.matching.kernel import Notify, Problem, Status, solve
from wushe.matching.kernel.compile import to_stderr
from wushe.matching.kernel.problem import HIGHEST_COST, LARGEST, Array

STEP = 64
"""Factor from one incentive to the next."""


@dataclass(frozen=True, eq=False)
class Tier:
    """One objective: `cost` per unit on each edge (n_edges,), `penalty` per unserved unit (n_rows,).

    Integers, none negative, in the edge order of the problem; None counts as zeros.
    """

    cost: Array | None = None
    penalty: Array | None = None


@dataclass(frozen=True, eq=False)
class TierSolution:
    """The lexicographic optimum: `flow` int64 (n_edges,), `unserved` and `served` int64 (n_rows,).

    `values` holds one exact total per tier. Where `proven` is false, the value is that of the flow
    at hand, and the tiers after it are not proven either.
    """

    flow: Array
    unserved: Array
    served: Array
    values: tuple[int, ...]
    proven: tuple[bool, ...]

    @property
    def status(self) -> Status:
        """Say "optimal" where every tier is proven."""
        return "optimal" if all(self.proven) else "work_limit"


@dataclass(frozen=True, eq=False)
class Forced:
    """A cheapest flow that meets its musts, in the edge order of its problem.

    `objective` counts costs and the penalties of rows that need not be served. `kept` says whether
    every must is met, `bound` is a proven lower bound of what meeting them costs, None where only
    the prices prove the optimum. The prices of musts may be any integers.
    """

    flow: Array
    unserved: Array
    row_price: Array
    column_price: Array
    objective: int
    bound: int | None
    status: Status
    kept: bool


def solve_tiers(
    problem: Problem,
    tiers: Sequence[Tier],
    *,
    work_limit: int | None = None,
    notify: Notify | None = to_stderr,
) -> TierSolution:
    """Minimise the first tier's total, among its optima the second's, and so on; exact.

    Of `problem` the edges, capacities, demands and limits count; its own costs and penalties only
    where a tier holds them. `work_limit` holds for each solve.

    Raises ValueError where a tier's arrays have the wrong length or values out of range.
    """
    if not tiers:
        raise ValueError("tiers is empty, expected at least one Tier")
    staged = [_arrays(problem, at, tier) for at, tier in enumerate(tiers)]
    face = _Face.whole(problem)
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    proven: list[bool] = []
    for cost, penalty in staged:
        if all(proven):
            part, edge = face.problem(cost, penalty)
            found = cheapest(part, face.row, face.column, work_limit=work_limit, notify=notify)
            if found.kept:
                flow = face.fixed.copy()
                flow[edge] += found.flow
            proven.append(found.kept and found.status == "optimal")
            face = face.narrowed(part, edge, found)
        else:
            proven.append(False)
    served = _per_row(problem, flow)
    unserved = problem.units - served
    values = tuple(int(cost @ flow) + int(penalty @ unserved) for cost, penalty in staged)
    return TierSolution(flow, unserved, served, values, tuple(proven))


def _arrays(problem: Problem, at: int, tier: Tier) -> tuple[Array, Array]:
    """Return a tier's checked arrays as int64."""
    found = []
    for name, values, like in (
        ("cost", tier.cost, problem.cost),
        ("penalty", tier.penalty, problem.penalty),
    ):
        array = np.zeros(len(like), dtype=np.int64) if values is None else np.asarray(values)
        where = f"tiers[{at}].{name}"
        if array.shape != like.shape:
            raise ValueError(f"{where} has shape {array.shape}, expected {like.shape}")
        if len(array) and array.dtype.kind not in "iu":
            raise ValueError(f"{where} holds {array.dtype}, expected integers")
        most = HIGHEST_COST if name == "cost" else LARGEST
        if len(array) and not 0 <= int(array.min()) <= int(array.max()) <= most:
            raise ValueError(f"{where} is out of range: expected 0 to {most}")
        found.append(array.astype(np.int64))
    cost, penalty = found
    dearest = int(cost.max(initial=0)) + int(penalty.max(initial=0)) + 1
    if sum(problem.units.tolist()) * dearest >= LARGEST:
        raise ValueError(f"tiers[{at}]: demands times costs exceed 2^62: use larger units")
    return cost, penalty


def _per_row(problem: Problem, flow: Array) -> Array:
    """Return the units that each row gets."""
    total = np.concatenate([[0], np.cumsum(flow)])
    return np.asarray(total[problem.start[1:]] - total[problem.start[:-1]])


@dataclass(frozen=True, eq=False)
class _Face:
    """All optima of the stages so far.

    `keep` bool (n_edges,) may still vary, `fixed` int64 (n_edges,) is sent in any case, `row` bool
    (n_rows,) must be served whole, `column` bool (n_columns,) must be full.
    """

    whole_problem: Problem
    keep: Array
    fixed: Array
    row: Array
    column: Array

    @classmethod
    def whole(cls, problem: Problem) -> _Face:
        """Return the face of all feasible flows."""
        e, n, m = len(problem.cost), len(problem.penalty), len(problem.capacity)
        none = np.zeros(max(n, m), dtype=bool)
        return cls(problem, np.ones(e, bool), np.zeros(e, dtype=np.int64), none[:n], none[:m])

    def problem(self, cost: Array, penalty: Array) -> tuple[Problem, Array]:
        """Return what is left to decide at these costs, and the edge that each of its edges is."""
        whole = self.whole_problem
        edge = np.flatnonzero(self.keep)
        row = whole.row[edge]
        edge = edge[np.lexsort((whole.column[edge], cost[edge], row))]
        start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(penalty)))])
        sent = np.zeros(len(whole.capacity), dtype=np.int64)
        np.add.at(sent, whole.column, self.fixed)
        part = Problem(
            start,
            whole.column[edge],
            cost[edge],
            whole.capacity - sent,
            penalty,
            whole.units - _per_row(whole, self.fixed),
            None if whole.limit is None else whole.bounds[edge],
        )
        return part, edge

    def narrowed(self, part: Problem, edge: Array, found: Forced) -> _Face:
        """Return the face of those flows that are optimal for `part` too."""
        u, p = found.row_price, found.column_price
        reduced = part.cost + p[part.column] - u[part.row]
        keep, fixed = self.keep.copy(), self.fixed.copy()
        keep[edge[reduced != 0]] = False
        cheap = reduced < 0
        fixed[edge[cheap]] += most_units(part)[cheap]
        return _Face(
            self.whole_problem,
            keep,
            fixed,
            self.row | ((u < part.penalty) & (part.units > 0)),
            self.column | ((p > 0) & (part.capacity > 0)),
        )


def most_units(problem: Problem) -> Array:
    """Return how many units each edge can carry, as the certificate counts: limit, else demand."""
    return problem.units[problem.row] if problem.limit is None else problem.bounds


def cheapest(
    problem: Problem,
    rows: Array,
    columns: Array,
    *,
    work_limit: int | None = None,
    notify: Notify | None = to_stderr,
) -> Forced:
    """Minimise costs and penalties where `rows` must be served whole and `columns` must be full.

    Both are bool masks, (n_rows,) and (n_columns,). Some flow must meet the musts; where none is
    found `kept` is false.
    """
    rows, columns = rows & (problem.units > 0), columns & (problem.capacity > 0)
    found: Forced | None = None
    for incentive in _incentives(problem, bool(rows.any()), bool(columns.any())):
        found = _with_incentive(problem, rows, columns, incentive, work_limit, notify)
        if found.kept or found.status != "optimal":
            return found
    return _by_highs(problem, rows, columns, found)


def _incentives(problem: Problem, rows: bool, columns: bool) -> Iterator[int]:
    """Yield incentives, rising as far as the kernel's numbers reach; 0 alone where nothing must be."""
    if not rows and not columns:
        yield 0
        return
    dearest, costliest = int(problem.penalty.max(initial=0)), int(problem.cost.max(initial=0))
    units = max(sum(problem.units.tolist()), 1)
    most = (LARGEST // units - dearest - costliest - 2) // (3 if columns else 1)
    if columns:
        most = min(most, HIGHEST_COST - costliest)
    incentive = min(STEP * (dearest + costliest + 1), most)
    while incentive > 0:
        yield incentive
        if incentive == most:
            return
        incentive = min(incentive * STEP, most)


def _with_incentive(
    problem: Problem,
    rows: Array,
    columns: Array,
    incentive: int,
    work_limit: int | None,
    notify: Notify | None,
) -> Forced:
    """Solve with `incentive` for each unit of a must; every row's costs rise to stay above zero."""
    shift = incentive if columns.any() else 0
    cost, order = problem.cost.astype(np.int64), np.arange(len(problem.cost))
    if shift:
        cost = cost + shift * ~columns[problem.column]
        order = np.lexsort((problem.column, cost, problem.row))
    price = np.where(rows, incentive, problem.penalty) + shift
    part = Problem(
        problem.start,
        problem.column[order],
        cost[order],
        problem.capacity,
        price,
        problem.units,
        None if problem.limit is None else problem.bounds[order],
    )
    solved = solve(part, work_limit=work_limit, notify=notify)
    flow = np.zeros(len(order), dtype=np.int64)
    flow[order] = solved.flow
    full = _fills(problem, flow)
    kept = not solved.unserved[rows].any() and bool(np.all(full[columns]))
    shifted = shift * (sum(problem.units.tolist()) - sum(problem.capacity[columns].tolist()))
    return Forced(
        flow,
        solved.unserved,
        solved.row_price - shift,
        solved.column_price - shift * columns,
        int(problem.cost @ flow) + int((problem.penalty * ~rows) @ solved.unserved),
        solved.bound - shifted,
        solved.status,
        kept,
    )


def _fills(problem: Problem, flow: Array) -> Array:
    """Return which columns are full."""
    got = np.zeros(len(problem.capacity), dtype=np.int64)
    np.add.at(got, problem.column, flow)
    return np.asarray(got == problem.capacity)


def _by_highs(problem: Problem, rows: Array, columns: Array, before: Forced | None) -> Forced:
    """Let HiGHS meet the musts as equations, and check its prices by complementary slackness."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    n, m, e = len(problem.penalty), len(problem.capacity), len(problem.cost)
    place, row = np.arange(e), problem.row
    by_row = csr_array((np.ones(e), (row, place)), shape=(n, e))
    by_column = csr_array((np.ones(e), (problem.column, place)), shape=(m, e))
    both: Any = vstack([by_row, by_column]).tocsr()
    must = np.concatenate([rows, columns])
    room = np.concatenate([problem.units, problem.capacity]).astype(float)
    limits: Any = np.column_stack([np.zeros(e), most_units(problem)])
    result = linprog(
        problem.cost - (problem.penalty * ~rows)[row].astype(float),
        A_ub=both[~must],
        b_ub=room[~must],
        A_eq=both[must],
        b_eq=room[must],
        bounds=limits,
        method="highs-ds",
    )
    if result.status != 0 or result.x is None:
        return before if before is not None else _nothing(problem, rows, columns)
    flow = np.rint(result.x).astype(np.int64)
    price = np.zeros(n + m, dtype=np.int64)
    price[~must] = np.rint(-result.ineqlin.marginals).astype(np.int64)
    price[must] = np.rint(-result.eqlin.marginals).astype(np.int64)
    unserved = problem.units - _per_row(problem, flow)
    u = problem.penalty * ~rows - price[:n]
    found = Forced(
        flow,
        unserved,
        u,
        price[n:],
        int(problem.cost @ flow) + int((problem.penalty * ~rows) @ unserved),
        None,
        "optimal",
        True,
    )
    proof = _agrees(problem, rows, columns, found)
    return found if proof else (before or _nothing(problem, rows, columns))


def _agrees(problem: Problem, rows: Array, columns: Array, found: Forced) -> bool:
    """Return whether flow and prices fit the musts and each other, hence are optimal."""
    flow, u, p = found.flow, found.row_price, found.column_price
    got = np.zeros(len(problem.capacity), dtype=np.int64)
    np.add.at(got, problem.column, flow)
    free, most = problem.capacity - got, most_units(problem)
    reduced = problem.cost + p[problem.column] - u[problem.row]
    wrong = [
        (flow < 0) | (flow > most) | ((reduced > 0) & (flow > 0)) | ((reduced < 0) & (flow < most)),
        (found.unserved < 0) | (rows & (found.unserved > 0)),
        ~rows & ((u > problem.penalty) | ((u < problem.penalty) & (found.unserved > 0))),
        (free < 0) | (columns & (free > 0)),
        ~columns & ((p < 0) | ((p > 0) & (free > 0))),
    ]
    return not any(bool(part.any()) for part in wrong)


def _nothing(problem: Problem, rows: Array, columns: Array) -> Forced:
    """Return the empty flow: nobody could do better."""
    return Forced(
        np.zeros(len(problem.cost), dtype=np.int64),
        problem.units,
        problem.penalty,
        np.zeros(len(problem.capacity), dtype=np.int64),
        int((problem.penalty * ~rows) @ problem.units),
        None,
        "work_limit",
        not rows.any() and not columns.any(),
    )
