"""Rows of many units as several rows of one: how large transportation problems reach the auction.

Where the units are few the copies are solved exactly and added up again. Where they are many (grams,
fen) each copy stands for a batch of them: its prices are near the optimum's and start the repair.
"""

from __future__ import annotations

import numpy as np

from wushe.matching.kernel.problem import Array, Problem

MOST_EDGES = 40_000_000
"""Copies may have this many edges together."""
COPIES = 8
"""Copies per row, on average, where a copy stands for a batch of units."""


def split(problem: Problem) -> tuple[Problem, Array, int]:
    """Return (rows of one unit or batch, the row that each was, units in a batch).

    Edge limits are left out: the copies' prices are still feasible for the problem with them.
    """
    units, width = problem.units, np.diff(problem.start)
    batch = 1
    size = float((units.astype(float) * (width + 1)).sum())
    if size > min(MOST_EDGES, 8 * (len(problem.cost) + len(units))):
        batch = max(1, sum(units.tolist()) // (COPIES * max(int((units > 0).sum()), 1)))
    copies = -(-units // batch)
    row = np.repeat(np.arange(len(units)), copies)
    start = np.concatenate([[0], np.cumsum(width[row])]).astype(np.int64)
    edge = np.arange(start[-1]) + np.repeat(problem.start[row] - start[:-1], width[row])
    one = np.ones(len(row), dtype=np.int64)
    capacity = -(-problem.capacity // batch) if batch > 1 else problem.capacity
    part = Problem(
        start, problem.column[edge], problem.cost[edge], capacity, problem.penalty[row], one
    )
    return part, row, batch


def join(problem: Problem, row: Array, flow: Array) -> Array:
    """Return the flow of the problem's own edges from that of its rows' copies, `row` their rows."""
    width = np.diff(problem.start)
    begin = np.repeat(problem.start[row], width[row])
    first = np.repeat(np.cumsum(width[row]) - width[row], width[row])
    edge = begin + np.arange(len(flow)) - first
    used = np.flatnonzero(flow)
    whole = np.zeros(len(problem.cost), dtype=np.int64)
    np.add.at(whole, edge[used], flow[used])
    return whole
