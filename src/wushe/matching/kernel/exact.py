"""The exact kernel: sparse assignment and transportation with capacities, limits and penalties.

Arrays in, arrays out. Minimise sum(cost * flow) + sum(penalty * unserved) where each row's flow is at
most its demand, each column's at most its capacity and each edge's at most its limit. Below
`SMALL` edges nothing is compiled. Above, units or amounts go through an auction first; the repair by shortest augmenting paths is exact in any case, and a
certificate in integers (primal equals dual) is computed from the problem's own numbers before
"optimal" is said. Deterministic: the same arrays give the same flow.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from wushe.matching.kernel import run as loops
from wushe.matching.kernel.compile import Notify, compiled, mark_compiled, to_stderr
from wushe.matching.kernel.net import make_bids, make_market, make_net, result_of
from wushe.matching.kernel.paths import SCANS, Net
from wushe.matching.kernel.problem import Array, Problem, Solution, Status, columns_value
from wushe.matching.kernel.small import propose

__all__ = ["Problem", "Solution", "Status", "plain_functions", "solve"]
SMALL = 20_000
"""Fewer edges than this are solved without a compiler."""
MOMENT = 25_000
"""Edge scans that plain Python may spend on single paths before something else is tried."""


def plain_functions() -> types.SimpleNamespace:
    """Return the functions that the compiled ones are twins of, as they stand."""
    return types.SimpleNamespace(**{f.__name__: f for f in loops.ENTRIES})


def solve(
    problem: Problem, *, work_limit: int | None = None, notify: Notify | None = to_stderr
) -> Solution:
    """Return the exact optimum, or a feasible flow and a bound once `work_limit` edge scans are done.

    `notify` is told in one line when a first compile will make the user wait. The default limit,
    2,000 scans per edge and node, is some minutes at city scale.
    """
    nodes = len(problem.penalty) + len(problem.capacity)
    work = 2000 * (len(problem.cost) + nodes) + 10**6 if work_limit is None else work_limit
    single = bool(np.all(problem.units == 1)) and not problem.limits_bind
    if len(problem.cost) < SMALL:
        return _solve_small(problem, work, single)
    use = "units" if single else "amounts"
    run = compiled(use, notify)
    solution = _solve_units(problem, run, work) if single else _solve_amounts(problem, run, work)
    mark_compiled(use)
    return solution


def _solve_small(problem: Problem, work: int, single: bool) -> Solution:
    """Let scipy propose an optimum; else plain Python is done in a moment, or holds an auction."""
    run = plain_functions()
    proposal = propose(problem) if single and work > MOMENT else None
    if proposal is not None:
        solution = certified(problem, run, *proposal, 0)
        if solution is not None and solution.status == "optimal":
            return solution
    net = make_net(problem, run, lists=True)
    order: Any = np.argsort(-problem.penalty, kind="stable").tolist()
    m = len(problem.capacity)
    if not run.run_flow(net, order, m, min(work, MOMENT)) and work > MOMENT:
        net = make_net(problem, run, lists=True)
        run.run_amounts(net, make_bids(net, lists=True), order, m, *_amount_steps(problem), work)
    return _certain(problem, run, net)


def _solve_units(problem: Problem, run: Any, work: int) -> Solution:
    """Solve a problem whose rows have one unit each and whose limits do not bind."""
    net = make_net(problem, run, lists=False)
    order = np.argsort(-problem.penalty, kind="stable")
    first, last, top = _steps(problem)
    run.run_units(
        make_market(net, problem), net, order, len(problem.capacity), first, last, top, work
    )
    return _certain(problem, run, net)


def _solve_amounts(problem: Problem, run: Any, work: int) -> Solution:
    """Solve a problem with any demands and limits."""
    net = make_net(problem, run, lists=False)
    order = np.argsort(-problem.penalty, kind="stable")
    bids = make_bids(net, lists=False)
    run.run_amounts(net, bids, order, len(problem.capacity), *_amount_steps(problem), work)
    return _certain(problem, run, net)


def _certain(problem: Problem, run: Any, net: Net) -> Solution:
    solution = certified(problem, run, *result_of(net, problem), int(net.reg[SCANS]))
    if solution is None:
        raise RuntimeError("the kernel broke a bound of its problem: please report this as a bug")
    return solution


def _steps(problem: Problem) -> tuple[int, int, int]:
    """Return the auctions' first eps, the one after which to repair, and the ceiling of the first."""
    width = np.diff(problem.start)
    wide = np.flatnonzero(width > 1)
    first, last = problem.start[:-1][wide], problem.start[1:][wide] - 1
    rise = (problem.cost[last] - problem.cost[first].astype(np.int64)) / (width[wide] - 1)
    step = max(1, int(rise.mean())) if len(wide) else 1
    dearest = int(problem.penalty.max(initial=0))
    return max(1, min(5 * step, dearest // 4)), step, dearest // 64


def _amount_steps(problem: Problem) -> tuple[int, int, int]:
    first, step, top = _steps(problem)
    return first, max(1, step // 3), top  # amounts take longer to repair than units


def certified(
    problem: Problem, run: Any, flow: Array, u: Array, p: Array, work: int
) -> Solution | None:
    """Return the solution with its certificate; None where the flow breaks a bound."""
    left, room = problem.units.copy(), problem.capacity.copy()
    bounds = np.zeros(1, dtype=np.int64) if problem.limit is None else problem.limit
    given = [problem.start, problem.column, problem.cost, bounds, flow, problem.penalty, u, p]
    columns: list[Any] = [*given, left, room]
    if len(problem.cost) < SMALL:
        columns = [values.tolist() for values in columns]
    else:
        columns = [np.require(values, requirements=["C", "W"]) for values in columns]
    start, column, cost, limit, sent, pen, rows, prices, left_over, room_left = columns
    limited = problem.limit is not None
    primal, dual = run.audit(
        start, column, cost, limit, limited, sent, pen, rows, prices, left_over, room_left
    )
    unserved = np.array(left_over, dtype=np.int64)
    if unserved.min(initial=0) < 0 or np.array(room_left).min(initial=0) < 0:
        return None
    bound = int(dual) - columns_value(problem, p)
    status: Status = "optimal" if bound == primal else "work_limit"
    return Solution(flow, unserved, u, p, int(primal), bound, status, work)
