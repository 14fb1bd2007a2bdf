"""The exact kernel: sparse assignment and transportation with capacities, limits and penalties.

Arrays in, arrays out. Minimise sum(cost * flow) + sum(penalty * unserved) where each row's flow is at
most its demand, each column's at most its capacity and each edge's at most its limit. Below
`SMALL` edges nothing is compiled: scipy proposes, from guessed prices where that is quicker. Above,
units or amounts go through an auction first, or an earlier optimum is the start. The repair by shortest
augmenting paths is exact in any case, and a certificate in integers (primal equals dual) is computed
from the problem's own numbers before "optimal" is said. Deterministic: the same arrays give the same
flow.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from wushe.matching.kernel import run as loops
from wushe.matching.kernel.compile import Notify, compiled, mark_compiled, to_stderr
from wushe.matching.kernel.fit import fit
from wushe.matching.kernel.net import make_bids, make_market, make_net, result_of
from wushe.matching.kernel.paths import SCANS, Net
from wushe.matching.kernel.problem import Array, Problem, Solution, Status, columns_value
from wushe.matching.kernel.small import propose
from wushe.matching.kernel.warm import PATIENCE, feasible, fits

__all__ = ["Problem", "Solution", "Status", "plain_functions", "solve"]
SMALL = 20_000
"""Fewer edges than this are solved without a compiler."""
MOMENT = 25_000
"""Edge scans that plain Python may spend on single paths before something else is tried."""
WIDE, TINY = 8, 2_000
"""With so many edges per row single units are scipy's; fewer edges than this need no guess."""


def plain_functions() -> types.SimpleNamespace:
    """Return the functions that the compiled ones are twins of, as they stand."""
    return types.SimpleNamespace(**{f.__name__: f for f in loops.ENTRIES})


def solve(
    problem: Problem,
    *,
    start: Solution | None = None,
    work_limit: int | None = None,
    notify: Notify | None = to_stderr,
) -> Solution:
    """Return the exact optimum, or a feasible flow and a bound once `work_limit` edge scans are done.

    `start` may be the optimum of an earlier version of the problem, over the same edges (else
    `carry` it): where its flow and column prices are near, they are repaired; they are never
    believed. `notify` is told in one line when a first compile will make the user wait. The default
    limit, 2,000 scans per edge and node, is some minutes at city scale.
    """
    nodes = len(problem.penalty) + len(problem.capacity)
    work = 2000 * (len(problem.cost) + nodes) + 10**6 if work_limit is None else work_limit
    single = bool(np.all(problem.units == 1)) and not problem.limits_bind
    if start is not None and fits(problem, start):
        found = _repaired(problem, start, min(work, PATIENCE * len(problem.cost)), notify)
        if found.status == "optimal":
            return found
    if len(problem.cost) < SMALL:
        return _solve_small(problem, work, single)
    use = "units" if single else "amounts"
    run = compiled(use, notify)
    solution = _solve_units(problem, run, work) if single else _solve_amounts(problem, run, work)
    mark_compiled(use)
    return solution


def _repaired(problem: Problem, start: Solution, work: int, notify: Notify | None) -> Solution:
    """Repair a start, path by path; the status tells whether `work` edge scans were enough."""
    lists = len(problem.cost) < SMALL
    run = plain_functions() if lists else compiled("again", notify)
    given = start.flow, start.row_price, start.column_price
    proved = certified(problem, run, *given, start.work)
    if proved is not None and proved.status == "optimal":
        return proved
    net = make_net(problem, run, lists=lists)
    load(net, problem, run, *feasible(problem, start.flow, start.column_price))
    order: Any = np.argsort(-problem.penalty, kind="stable")
    run.run_flow(net, order.tolist() if lists else order, len(problem.capacity), work)
    if not lists:
        mark_compiled("again")
    return _certain(problem, run, net)


def load(net: Net, problem: Problem, run: Any, flow: Array, u: Array, p: Array) -> None:
    """Write a feasible flow and its prices into an empty net."""
    n, m = len(problem.penalty), len(problem.capacity)
    lists = isinstance(net.u, list)
    run.load_flow(net, n, flow.tolist() if lists else np.require(flow, np.int64, ["C", "W"]))
    net.u[:n], net.p[:m] = (u.tolist(), p.tolist()) if lists else (u, p)


def _solve_small(problem: Problem, work: int, single: bool) -> Solution:
    """Let scipy propose an optimum; else plain Python is done in a moment, or holds an auction."""
    run = plain_functions()
    solution, tried = _proposed(problem, run, single) if work > MOMENT else (None, False)
    if solution is not None:
        return solution
    net = make_net(problem, run, lists=True)
    order: Any = np.argsort(-problem.penalty, kind="stable").tolist()
    m = len(problem.capacity)
    if tried or (not run.run_flow(net, order, m, min(work, MOMENT)) and work > MOMENT):
        net = make_net(problem, run, lists=True)
        run.run_amounts(net, make_bids(net, lists=True), order, m, *_amount_steps(problem), work)
    return _certain(problem, run, net)


def _proposed(problem: Problem, run: Any, single: bool) -> tuple[Solution | None, bool]:
    """Return what compiled code of scipy finds, proved or repaired with little, or None.

    And whether a repair from there has been tried in vain.
    """
    proposal, edges = None, len(problem.cost)
    wide = single and edges >= WIDE * len(problem.penalty)
    if edges >= TINY and not wide and not problem.limits_bind:
        proposal = fit(problem)
    if proposal is None and single:
        proposal = propose(problem)
    if proposal is None:
        return None, False
    solution = certified(problem, run, *proposal, 0)
    if solution is not None and solution.status == "optimal":
        return solution, False
    net = make_net(problem, run, lists=True)
    flow, _, price = proposal
    load(net, problem, run, *feasible(problem, flow, price))
    order: Any = np.argsort(-problem.penalty, kind="stable").tolist()
    done = run.run_flow(net, order, len(problem.capacity), MOMENT // 2)
    return (_certain(problem, run, net) if done else None), True


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
    if len(problem.cost) < SMALL:
        primal, dual, left_over, room_left = audit_small(problem, flow, u, p)
    else:
        left_over, room_left = problem.units.copy(), problem.capacity.copy()
        bounds = np.zeros(1, dtype=np.int64) if problem.limit is None else problem.limit
        given = [problem.start, problem.column, problem.cost, bounds, flow, problem.penalty, u, p]
        start, column, cost, limit, sent, pen, rows, prices = (
            np.require(values, requirements=["C", "W"]) for values in given
        )
        primal, dual = run.audit(
            start, column, cost, limit, problem.limit is not None, sent, pen, rows, prices,
            left_over, room_left,
        )  # fmt: skip
    unserved = left_over
    if unserved.min(initial=0) < 0 or room_left.min(initial=0) < 0:
        return None
    bound = int(dual) - columns_value(problem, p)
    status: Status = "optimal" if bound == primal else "work_limit"
    return Solution(flow, unserved, u, p, int(primal), bound, status, work)


def audit_small(problem: Problem, flow: Array, u: Array, p: Array) -> tuple[int, int, Array, Array]:
    """Return what `build.audit` finds, by numpy: (primal, dual, units left, room left)."""
    row, column, cost = problem.row, problem.column, problem.cost.astype(np.int64)
    left, room = problem.units.copy(), problem.capacity.copy()
    used = np.flatnonzero(flow)
    np.subtract.at(left, row[used], flow[used])
    np.subtract.at(room, column[used], flow[used])
    wrong = flow < 0
    if problem.limit is not None:
        wrong |= flow > problem.bounds
    left[row[wrong]] = -1
    reduced = cost + p[column] - u[row]
    cheap = np.flatnonzero(reduced < 0)
    most = problem.units[row[cheap]]
    if problem.limit is not None:
        most = np.minimum(problem.bounds[cheap], most)
    # The sum over edges that limits make too cheap may pass 2^63 before the columns are paid.
    rest = sum(a * b for a, b in zip(reduced[cheap].tolist(), most.tolist(), strict=True))
    primal = int(cost[used] @ flow[used]) + int(problem.penalty @ left)
    return primal, int(u @ problem.units) + rest, left, room
