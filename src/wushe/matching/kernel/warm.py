"""Starting from an earlier optimum: prices and flow of another problem made feasible for this one."""

from __future__ import annotations

import numpy as np

from wushe.matching.kernel.problem import LARGEST, Array, Problem, Solution

PATIENCE = 10
"""Edge scans per edge that a repair from a start may take before the problem is solved from nothing."""


def carry(old: Problem, solution: Solution, new: Problem) -> Solution:
    """Return `solution` of `old` in terms of `new`, whose first rows and columns are those of `old`.

    Edges are found again by row and column, the cheapest where there are several; flow over edges
    that are gone is dropped. The status is "work_limit" and the numbers prove nothing: it is a start
    for `solve` or `LiveMatching`.
    """
    flow = np.zeros(len(new.cost), dtype=np.int64)
    used = np.flatnonzero(solution.flow)
    row, here = old.row[used], new.row
    used, row = used[row < len(new.penalty)], row[row < len(new.penalty)]
    turn = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    for t in range(int(turn.max(initial=-1)) + 1):
        wanted = np.full(len(new.penalty), -1, dtype=np.int64)
        amount = np.zeros(len(new.penalty), dtype=np.int64)
        edge = used[turn == t]
        wanted[row[turn == t]], amount[row[turn == t]] = old.column[edge], solution.flow[edge]
        hit = np.flatnonzero(new.column == wanted[here])
        hit = hit[np.diff(here[hit], prepend=-1) != 0]
        flow[hit] += amount[here[hit]]
    row_price = _lengthened(solution.row_price, new.penalty)
    column_price = _lengthened(solution.column_price, np.zeros(len(new.capacity), dtype=np.int64))
    unserved = _lengthened(solution.unserved, new.units)
    np.minimum(row_price, new.penalty, out=row_price)
    return Solution(flow, unserved, row_price, column_price, 0, -1, "work_limit")


def fits(problem: Problem, solution: Solution) -> bool:
    """Whether a solution's arrays have the lengths of the problem's, and its prices are prices."""
    lengths = len(problem.cost), len(problem.penalty), len(problem.capacity)
    u, p = solution.row_price, solution.column_price
    if lengths != (len(solution.flow), len(u), len(p)):
        return False
    low = min(u.min(initial=0), p.min(initial=0), solution.flow.min(initial=0))
    return bool(low >= 0 and p.max(initial=0) < LARGEST and np.all(u <= problem.penalty))


def _lengthened(values: Array, fill: Array) -> Array:
    whole = fill.copy()
    count = min(len(values), len(fill))
    whole[:count] = values[:count]
    return whole


def feasible(problem: Problem, flow: Array, column_price: Array) -> tuple[Array, Array, Array]:
    """Return (flow, row prices, column prices) with what of `flow` fits and agrees with the prices.

    Rows pay their cheapest edge with room, or their penalty; flow over dearer edges, and what
    exceeds a limit, a demand or a capacity, is dropped: the state that `paths.finish` repairs.
    """
    price = column_price.astype(np.int64)
    sent = np.zeros(len(flow), dtype=np.int64)
    used = np.flatnonzero(flow)
    row = np.searchsorted(problem.start, used, side="right") - 1
    column, units = problem.column[used], flow[used]
    if problem.limit is not None:
        units = np.minimum(units, problem.bounds[used])
    units = _within(units, row, problem.units)
    order = np.argsort(column, kind="stable")
    units[order] = _within(units[order], column[order], problem.capacity)
    sent[used] = units
    z = problem.cost + price[problem.column]
    some = np.flatnonzero(np.diff(problem.start))
    if len(some) == 0:
        return sent, problem.penalty.copy(), price
    while True:
        pays, open_z = problem.penalty.copy(), z
        if problem.limit is not None:
            open_z = np.where(sent < problem.bounds, z, LARGEST)
        pays[some] = np.minimum(pays[some], np.minimum.reduceat(open_z, problem.start[some]))
        wrong = used[(sent[used] > 0) & (z[used] > pays[row])]
        if len(wrong) == 0:
            return sent, pays, price
        sent[wrong] = 0  # an edge that was full has room now, but is not the row's cheapest


def _within(amount: Array, group: Array, most: Array) -> Array:
    """Return `amount` cut so that no group, in consecutive places, has more than `most`."""
    whole = np.cumsum(amount)
    first = np.searchsorted(group, group, side="left")
    before = whole - amount
    before -= before[first]
    cut: Array = np.clip(most[group] - before, 0, amount)
    return cut
