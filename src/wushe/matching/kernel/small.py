"""Small problems of one unit per row: scipy's compiled matching proposes, numpy finds the prices."""

from __future__ import annotations

import numpy as np

from wushe.matching.kernel.problem import Array, Problem

WIDEST = 100_000
"""Columns of many units are many columns of one to scipy: with more edges than this it is not asked."""
ROUNDS = 400


def propose(problem: Problem) -> tuple[Array, Array, Array] | None:
    """Return (flow, row prices, column prices) of a problem of single units; None if there are none."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    n, m = len(problem.penalty), len(problem.capacity)
    if n == 0 or len(problem.cost) == 0:
        return None
    room = np.minimum(problem.capacity, np.bincount(problem.column, minlength=m))
    copies = room[problem.column]
    if copies.sum() > WIDEST or max(problem.cost.max(initial=0), problem.penalty.max()) >= 2**50:
        return None
    edge = np.repeat(np.arange(len(problem.cost)), copies)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(copies) - copies, copies)
    unit = (np.cumsum(room) - room)[problem.column[edge]] + nth
    units, own = int(room.sum()), np.arange(n)  # each row may also stay in a place of its own
    weight = np.concatenate([problem.cost[edge], problem.penalty]) + 1.0  # zero would be no edge
    row, column = np.append(problem.row[edge], own), np.append(unit, units + own)
    order = np.lexsort((weight, column, row))
    first = np.ones(len(order), dtype=bool)  # of edges between the same two, the cheapest
    first[1:] = (np.diff(row[order]) != 0) | (np.diff(column[order]) != 0)
    order = order[first]
    graph = csr_array((weight[order], (row[order], column[order])), shape=(n, units + n))
    _, place = min_weight_full_bipartite_matching(graph)
    key = row[order] * (units + n) + column[order]  # sorted
    chosen = order[np.searchsorted(key, own * (units + n) + place)]
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    flow[edge[chosen[chosen < len(edge)]]] = 1
    return flow, *_prices(problem, flow)


def _prices(problem: Problem, flow: Array) -> tuple[Array, Array]:
    """Return the least column prices that an optimal `flow` of single units allows, and the rows'."""
    cost, column, row = problem.cost.astype(np.int64), problem.column, problem.row
    used = np.flatnonzero(flow)
    by_column = np.argsort(column, kind="stable")
    begin = np.flatnonzero(np.diff(column[by_column], prepend=-1))
    named = column[by_column][begin]
    u, p = problem.penalty.copy(), np.zeros(len(problem.capacity), dtype=np.int64)
    for _ in range(ROUNDS):
        u[row[used]] = cost[used] + p[column[used]]
        asked = np.maximum.reduceat((u[row] - cost)[by_column], begin)
        if not np.any(asked > p[named]):
            break
        p[named] = np.maximum(p[named], asked)
    return u, p
