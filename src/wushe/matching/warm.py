"""Solving again after edges were added: from the last prices and what of the flow still fits them."""

from __future__ import annotations

import numpy as np

from wushe.matching.kernel.compile import compiled, mark_compiled
from wushe.matching.kernel.exact import SMALL, Problem, Solution, certified, solve
from wushe.matching.kernel.net import make_net, result_of
from wushe.matching.kernel.paths import SCANS
from wushe.matching.kernel.problem import Array

MANY = 0.1
"""Above this share of rows that lose their offer, starting from nothing is faster."""


def solve_again(
    problem: Problem, flow: Array, before: Solution, *, work_limit: int | None = None
) -> Solution:
    """Return the exact optimum of `problem`, which has edges that the one solved `before` had not.

    `flow` int64 (n_edges,) is the old flow over the new edges; rows and columns are the same.
    """
    if len(problem.cost) < SMALL or problem.limits_bind:
        # Flow on an edge at its limit does not agree with prices: it would be lost.
        return solve(problem, work_limit=work_limit)
    loose = float(np.mean(_cheapest(problem, before.column_price) < before.row_price))
    if loose > MANY:
        return solve(problem, work_limit=work_limit)
    run = compiled()
    n, m = len(problem.penalty), len(problem.capacity)
    work = 2000 * (len(problem.cost) + n + m) + 10**6 if work_limit is None else work_limit
    net = make_net(problem, run, lists=False)
    net.p[:m] = before.column_price
    run.lowest_prices(net, n)
    run.load_tight(net, n, flow)
    run.run_flow(net, np.argsort(-problem.penalty, kind="stable"), m, work)
    mark_compiled()
    found = certified(problem, run, *result_of(net, problem), int(net.reg[SCANS]))
    if found is None or (found.status != "optimal" and work_limit is None):
        return solve(problem, work_limit=work_limit)
    return found


def _cheapest(problem: Problem, price: Array) -> Array:
    """Return each row's cheapest cost plus price, or its penalty, int64 (n_rows,)."""
    value = problem.cost + price[problem.column]
    wide = np.flatnonzero(np.diff(problem.start))
    least = problem.penalty.copy()
    if len(wide):
        least[wide] = np.minimum(least[wide], np.minimum.reduceat(value, problem.start[wide]))
    return least
