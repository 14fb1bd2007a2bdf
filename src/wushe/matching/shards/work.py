"""What a worker does: solve one piece at given prices, or with given units, of the shared columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from wushe.matching.kernel import SMALL, LiveMatching, Notify, Problem, Solution, solve
from wushe.matching.kernel.problem import HIGHEST_COST, LARGEST, Array
from wushe.matching.shards.parts import Piece

Kind = Literal["price", "allot"]
PATIENCE = 50
"""Scans per edge after which a start from earlier prices is given up for a fresh one."""


@dataclass(frozen=True, eq=False)
class Answer:
    """A piece's solution, small enough to be sent: the `edges` with flow and their `units`, int64.

    `row_price` and `column_price` as in the kernel's solution, the shared columns' as given where they
    were given; `fallback` int64 (n_rows,) is what a unit of each row would cost without the shared
    columns, the others' prices unchanged.
    """

    edges: Array
    units: Array
    row_price: Array
    column_price: Array
    objective: int
    bound: int
    fallback: Array


@dataclass(frozen=True, eq=False)
class Order:
    """What to solve: the shared columns' `values`, in order, are prices or units; `start` is near it."""

    kind: Kind
    values: Array
    start: Answer | None = None


def solve_piece(piece: Piece, order: Order, notify: Notify | None = None) -> Answer:
    """Return the piece's optimum under `order`; the same arrays give the same answer anywhere."""
    place: Array | None = None
    if order.kind == "price":
        problem, place = _priced(piece, order.values)
    else:
        problem = _allotted(piece, order.values)
    found = _solve(problem, _start(problem, piece, order, place), notify)
    edges = np.flatnonzero(found.flow)
    units, price = found.flow[edges], found.column_price
    if place is not None:
        edges = place[edges]
        back = np.argsort(edges)
        edges, units = edges[back], units[back]
        price = price.copy()
        price[piece.shared] = order.values
    fallback = _fallback(piece, price)
    return Answer(edges, units, found.row_price, price, found.objective, found.bound, fallback)


def warm_start(problem: Problem, flow: Array, column_price: Array) -> Solution:
    """Return a start for a live matching: the lowest row prices, and what of `flow` agrees and fits."""
    price = problem.cost + column_price[problem.column]
    row_price = problem.penalty.copy()
    some = np.flatnonzero(np.diff(problem.start))
    if len(some):
        cheapest = np.minimum.reduceat(price, problem.start[some])
        row_price[some] = np.minimum(row_price[some], cheapest)
    edge = np.flatnonzero(flow)
    row = np.searchsorted(problem.start, edge, side="right") - 1
    tight = price[edge] == row_price[row]
    edge, row = edge[tight], row[tight]
    by_column = np.argsort(problem.column[edge], kind="stable")
    edge, row = edge[by_column], row[by_column]
    column, units = problem.column[edge], flow[edge]
    before = np.cumsum(units) - units
    before -= before[np.searchsorted(column, column, side="left")]
    units = np.clip(problem.capacity[column] - before, 0, units)
    start, unserved = np.zeros(len(flow), dtype=np.int64), problem.units.copy()
    start[edge] = units
    np.subtract.at(unserved, row, units)
    return Solution(start, unserved, row_price, column_price, 0, -1, "work_limit")


def mend(problem: Problem, start: Solution, notify: Notify | None) -> Solution | None:
    """Return the optimum found from `start`; None where that takes too long."""
    patience = PATIENCE * len(problem.cost)
    live = LiveMatching(problem, solution=start, history=0, work_limit=patience, notify=notify)
    return live.solution() if live.settled else None


def _solve(problem: Problem, start: Solution | None, notify: Notify | None) -> Solution:
    found = None if start is None else mend(problem, start, notify)
    return solve(problem, notify=notify) if found is None else found


def _start(problem: Problem, piece: Piece, order: Order, place: Array | None) -> Solution | None:
    """Return where to start from; small problems are as quick from nothing."""
    near = order.start
    if near is None or len(problem.cost) < SMALL:
        return None
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    flow[near.edges] = near.units
    price = near.column_price
    if place is not None:
        flow, price = flow[place], np.where(piece.shared, 0, price)
    return warm_start(problem, flow, price)


def _priced(piece: Piece, prices: Array) -> tuple[Problem, Array]:
    """Return the piece with `prices` on its shared columns and no bound on them, and its edges' places.

    An edge dearer than its row's penalty stays at the penalty: nobody takes it, and the numbers stay
    in range. Where they would not, costs are lowered, which can only lower the bound.
    """
    problem = piece.problem
    total = sum(problem.units.tolist())
    ceiling = (LARGEST - 1) // max(total, 1) - int(problem.penalty.max(initial=0)) - 2
    column_price = np.zeros(len(piece.shared), dtype=np.int64)
    column_price[piece.shared] = prices
    row, cost = problem.row, problem.cost.astype(np.int64)
    most = np.minimum(problem.penalty[row], min(ceiling, HIGHEST_COST))
    cost = np.minimum(cost + column_price[problem.column], np.maximum(most, cost))
    place = _sorted_edges(row, problem.column, cost)
    priced = replace(
        problem,
        column=problem.column[place],
        cost=cost[place].astype(np.int32),
        capacity=np.where(piece.shared, total + 1, problem.capacity),
        limit=None if problem.limit is None else problem.limit[place],
    )
    return priced, place


def _sorted_edges(row: Array, column: Array, cost: Array) -> Array:
    """Return the edges sorted by (row, cost, column); they come nearly so, which the sort profits by."""
    key = row << 31 | cost
    order = np.argsort(key, kind="stable")
    key = key[order]
    equal = np.flatnonzero(key[1:] == key[:-1])
    ties = np.union1d(equal, equal + 1)
    tied = order[ties]
    order[ties] = tied[np.lexsort((column[tied], key[ties]))]
    return np.asarray(order)


def _allotted(piece: Piece, units: Array) -> Problem:
    capacity = piece.problem.capacity.copy()
    capacity[piece.shared] = units
    return replace(piece.problem, capacity=capacity)


def _fallback(piece: Piece, column_price: Array) -> Array:
    problem = piece.problem
    if not piece.shared.any():
        return problem.penalty
    own = np.flatnonzero(~piece.shared[problem.column])
    price = problem.cost[own] + column_price[problem.column[own]]
    cheapest = problem.penalty.copy()
    np.minimum.at(cheapest, problem.row[own], price)
    return np.asarray(cheapest)
