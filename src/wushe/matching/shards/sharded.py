"""Scale out: a problem solved shard by shard, on processes or machines, with one proof for the whole.

Shards that share no column add up. Columns that several shards use (a province's fund, a federation's
goods) are coordinated by prices: every shard is solved at the prices of the shared columns, which
proves a bound for the whole; the shared columns are allotted to the best bids, and every shard is
solved with its allotment, which gives a flow and, from what one more unit would be worth to its users,
the next prices. The bound is that of Dantzig and Wolfe (1960); a tender replaces their master problem.
Arrays in, arrays out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from wushe.matching.kernel import SMALL, Notify, Problem, Solution, Status, solve
from wushe.matching.kernel.compile import to_stderr
from wushe.matching.kernel.problem import Array, columns_value
from wushe.matching.shards.parts import Part, components, cut, divide
from wushe.matching.shards.pool import Tender, coordinate
from wushe.matching.shards.run import open_runner
from wushe.matching.shards.work import Answer, mend, warm_start

if TYPE_CHECKING:
    from dask.distributed import Client

BUNDLE = 100_000
"""Shards with fewer edges are solved together with the next ones up to about this many."""
WORTHWHILE = 2_000_000
"""Problems with fewer edges are solved before processes would have started."""
ROUNDS = 12
CLOSE = 0.0005
"""Where the exact optimum is asked for, prices are set until the gap is this, and the rest is mended."""


@dataclass(frozen=True, eq=False)
class ShardedSolution:
    """A flow for the whole problem with its certificate, and how it came about.

    `solution` is over the whole problem's rows, columns and edges; `shards` int64 (n_shards,) holds the
    rows of each shard after small ones were put together, `shared` int64 the columns that more than
    one of them uses, `rounds` how often prices were set, and `merged` says whether the shards' flows
    were at last mended as one problem because the prices' proof left too wide a gap.
    """

    solution: Solution
    shards: Array
    shared: Array
    rounds: int = 0
    merged: bool = False

    @property
    def gap(self) -> float:
        """Proven relative distance of the cost from the optimum, at most; 0.0 when optimal."""
        return self.solution.gap

    @property
    def status(self) -> Literal["optimal", "bounded"]:
        """Say "optimal" only where cost and bound are the same integer."""
        return "optimal" if self.solution.objective == self.solution.bound else "bounded"


def solve_sharded(
    problem: Problem,
    *,
    shard: Array | None = None,
    workers: int = 1,
    cluster: str | Client | None = None,
    gap: float = 0.001,
    rounds: int = ROUNDS,
    bundle: int = BUNDLE,
    notify: Notify | None = to_stderr,
) -> ShardedSolution:
    """Solve shard by shard; the result is the same bytes for any number of workers and any cluster.

    `shard` integers (n_rows,), for example the county of each need; None: connected components.
    Shards are put together in the order of their numbers until they have about `bundle` edges.
    `workers` processes on this machine (none are started below `WORTHWHILE` edges: their start takes
    seconds), or a dask.distributed `cluster`: a scheduler's address, a client or a cluster object.

    Where shards share columns, prices are set at most `rounds` times, until cost and bound are
    within the relative `gap` (0 for the exact optimum). Where that is not enough, the flows are mended
    as one problem in this process. Without shared columns the result is exact.

    Raises ValueError where an argument is out of range, ImportError where `cluster` is given and
    dask.distributed is not installed, RuntimeError where a worker process ends; an exception in a
    worker is raised here.
    """
    _check(problem, shard, gap, {"workers": workers, "rounds": rounds, "bundle": bundle})
    label = components(problem) if shard is None else np.asarray(shard)
    parts = cut(problem, divide(problem, label, bundle))
    sizes = np.array([len(part.rows) for part in parts], dtype=np.int64)
    if len(parts) <= 1:
        return ShardedSolution(solve(problem, notify=notify), sizes, np.zeros(0, dtype=np.int64))
    if len(problem.cost) < WORTHWHILE:
        workers = 1
    tender = Tender(problem, parts, notify)
    with open_runner([part.piece for part in parts], workers, cluster, notify) as run:
        if not len(tender.columns):
            answers = run(tender.orders("allot", np.zeros(0, dtype=np.int64), None))
            whole = _joined(problem, parts, answers, answers)
            return ShardedSolution(whole, sizes, tender.columns)
        found = coordinate(tender, run, max(gap, CLOSE), rounds)
    whole = _joined(problem, parts, found.allotted, found.priced)
    merged = not found.within(gap)
    if merged:
        whole = _merged(problem, parts, found.priced, notify)
    return ShardedSolution(whole, sizes, tender.columns, found.rounds, merged)


def _check(problem: Problem, shard: Array | None, gap: float, counts: dict[str, int]) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is {count}, expected 1 or more")
    if not 0 <= gap < 1:
        raise ValueError(f"gap is {gap}, expected 0 or more and less than 1")
    if shard is None:
        return
    label, rows = np.asarray(shard), len(problem.penalty)
    if label.shape != (rows,):
        raise ValueError(f"shard has shape {label.shape}, expected one number per row, ({rows},)")
    if rows and label.dtype.kind not in "iu":
        raise ValueError(f"shard holds {label.dtype}, expected integers")


def _flow(problem: Problem, parts: Sequence[Part], answers: Sequence[Answer]) -> Array:
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    for part, answer in zip(parts, answers, strict=True):
        flow[part.edges(problem, answer.edges)] = answer.units
    return flow


def _prices(
    problem: Problem, parts: Sequence[Part], priced: Sequence[Answer]
) -> tuple[Array, Array]:
    """Return (row prices, column prices).

    Parts that share a column were given one price for it; one without capacity costs the most it must.
    """
    row, column = np.zeros_like(problem.penalty), np.zeros_like(problem.capacity)
    for part, answer in zip(parts, priced, strict=True):
        row[part.rows] = answer.row_price
        column[part.columns] = np.maximum(column[part.columns], answer.column_price)
    return row, column


def _joined(
    problem: Problem, parts: Sequence[Part], answers: Sequence[Answer], priced: Sequence[Answer]
) -> Solution:
    """Return the parts' flow with the prices' proof, both computed anew from the whole's numbers."""
    flow = _flow(problem, parts, answers)
    row_price, column_price = _prices(problem, parts, priced)
    edge = np.flatnonzero(flow)
    row = np.searchsorted(problem.start, edge, side="right") - 1
    unserved, room = problem.units.copy(), problem.capacity.copy()
    np.subtract.at(unserved, row, flow[edge])
    np.subtract.at(room, problem.column[edge], flow[edge])
    broken = problem.limit is not None and bool(np.any(flow > problem.limit))
    if broken or unserved.min(initial=0) < 0 or room.min(initial=0) < 0:
        raise RuntimeError("the shards together broke a bound: please report this as a bug")
    cost = int((problem.cost[edge] * flow[edge]).sum()) + int((problem.penalty * unserved).sum())
    bound = _bound(problem, row_price, column_price)
    status: Status = "optimal" if cost == bound else "work_limit"
    return Solution(flow, unserved, row_price, column_price, cost, bound, status)


def _bound(problem: Problem, row_price: Array, column_price: Array) -> int:
    """Return what the prices prove; an edge too cheap for them costs the bound what it could carry."""
    bound = int((row_price * problem.units).sum()) - columns_value(problem, column_price)
    row = problem.row
    short = problem.cost + column_price[problem.column] - row_price[row]
    cheap = np.flatnonzero(short < 0)
    most = problem.units[row[cheap]]
    if problem.limit is not None:
        most = np.minimum(most, problem.limit[cheap])
    pairs = zip(short[cheap].tolist(), most.tolist(), strict=True)
    return bound + int(sum(less * units for less, units in pairs))


def _merged(
    problem: Problem, parts: Sequence[Part], priced: Sequence[Answer], notify: Notify | None
) -> Solution:
    """Return the optimum of the whole, from the best prices where that is quick."""
    if len(problem.cost) >= SMALL:
        start = warm_start(
            problem, _flow(problem, parts, priced), _prices(problem, parts, priced)[1]
        )
        if (found := mend(problem, start, notify)) is not None:
            return found
    return solve(problem, notify=notify)
