"""From guessed prices to an exact flow: most rows are decided, the rest is a small linear programme.

A row whose cheapest way is cheaper than all others by more than the prices may be wrong keeps it. The
others, with the edges that may matter, go to HiGHS, whose prices are integers as the matrix is totally
unimodular. Rows that these prices prove wrong join the programme. Nothing here is believed: the
caller's certificate decides, and its repair mends what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wushe.matching.kernel.guess import guess_prices, soften
from wushe.matching.kernel.problem import Array, Problem

MANY, ATTEMPTS = 850, (1, 2, 4)
"""How many more ways than rows are left open to HiGHS at first, and how many times as many later."""
TURNS = 60
STEEP, FEW = 16.0, 10
"""Where costs differ by less, ties among more columns leave too much open: nothing is guessed."""
MOST = 5_000
"""Edges that HiGHS is asked about at most: more take it longer than the repair."""
EXACT = 2**50
"""Larger amounts are not exact in HiGHS's numbers."""


@dataclass
class Draft:
    """A flow with prices, and which edges are open to HiGHS."""

    problem: Problem
    row: Array
    column: Array
    cost: Array
    price: Array
    open: Array
    flow: Array
    undecided: Array

    def rate(self, price: Array) -> tuple[Array, Array]:
        """Return what a unit costs on each edge, and in each row at least, at column prices."""
        z = self.cost + price[self.column]
        least = self.problem.penalty.astype(z.dtype)
        some = np.flatnonzero(np.diff(self.problem.start))
        if len(some):
            least[some] = np.minimum(least[some], np.minimum.reduceat(z, self.problem.start[some]))
        return z, least

    def draw_in(self, z: Array, least: Array, rows: Array, doubt: float) -> None:
        """Open the edges of `rows` (n_rows,) that are at most `doubt` above the cheapest."""
        self.undecided |= rows
        self.open |= (z - least[self.row] <= doubt) & rows[self.row]


def fit(problem: Problem) -> tuple[Array, Array, Array] | None:
    """Return (flow, row prices, column prices), near the optimum or there; None without a guess."""
    soft = soften(problem)
    if soft is None or (soft.spread < STEEP and len(problem.capacity) > FEW):
        return None
    if max(problem.units.sum(), problem.capacity.max(initial=0)) >= EXACT:
        return None
    guess = guess_prices(soft)
    best = None
    ways = min(40 + 6 * len(problem.capacity), MANY)
    for times in ATTEMPTS:
        draft, doubt = _draft(problem, guess, times * ways)
        if not _programme(draft):
            return best or (draft.flow, draft.rate(draft.price)[1], draft.price)
        settled = _settle(draft, guess - doubt)
        best = draft.flow, draft.rate(draft.price)[1], draft.price
        if settled:
            break
    return best


def _settle(draft: Draft, floor: Array) -> bool:
    """Find the least prices above `floor` that the flow allows; False where there are none soon.

    A row with flow pays for the dearest column it uses, one with units left its penalty, and no
    column may be cheaper for it: an improvement in the manner of Bellman and Ford.
    """
    problem = draft.problem
    n, m = len(problem.penalty), len(problem.capacity)
    used = np.flatnonzero(draft.flow)
    short = np.bincount(draft.row, draft.flow, n) < problem.units
    by_column = np.argsort(draft.column, kind="stable")
    begin = np.flatnonzero(np.diff(draft.column[by_column], prepend=-1))
    named = draft.column[by_column][begin]
    row, cost = draft.row[by_column], draft.cost[by_column]
    idle = np.bincount(draft.column, draft.flow, m) < problem.capacity
    price = np.where(idle, 0, np.maximum(0, np.floor(floor))).astype(np.int64)
    pays = np.where(short, problem.penalty, 0)
    rises = ~idle[named]
    for _ in range(TURNS):
        np.maximum.at(pays, draft.row[used], draft.cost[used] + price[draft.column[used]])
        asked = np.maximum.reduceat(pays[row] - cost, begin)
        if not np.any(asked[rises] > price[named][rises]):
            break
        price[named] = np.where(rises, np.maximum(price[named], asked), 0)
    draft.price = price
    over = pays[draft.row] - draft.cost - price[draft.column]
    return not (pays > problem.penalty).any() and not (over > 0).any()


def _draft(problem: Problem, guess: Array, most: int) -> tuple[Draft, float]:
    """Return the draft in which clear rows are decided, where they do not ask too much of a column.

    And the doubt that leaves about `most` more ways open than there are rows.
    """
    edges, n = len(problem.cost), len(problem.penalty)
    draft = Draft(
        problem,
        problem.row,
        problem.column.astype(np.int64),
        problem.cost.astype(np.int64),
        np.rint(guess).astype(np.int64),
        np.zeros(edges, dtype=bool),
        np.zeros(edges, dtype=np.int64),
        np.zeros(n, dtype=bool),
    )
    z, least = draft.rate(guess)
    dearer = np.concatenate([z - least[draft.row], problem.penalty - least])
    place = min(n + most, len(dearer) - 1)
    doubt = float(np.partition(dearer, place)[place])
    near = z - least[draft.row] <= doubt
    ways = np.bincount(draft.row[near], minlength=n) + (problem.penalty - least <= doubt)
    draft.draw_in(z, least, ways > 1, doubt)
    only = near & ~draft.undecided[draft.row]
    draft.flow[only] = problem.units[draft.row[only]]
    load = np.bincount(draft.column, draft.flow, len(problem.capacity))
    burst = load > problem.capacity
    if burst.any():
        rows = np.bincount(draft.row[only & burst[draft.column]], minlength=n) > 0
        draft.draw_in(z, least, rows, 4 * doubt)
    return draft, doubt


def _programme(draft: Draft) -> bool:
    """Solve the undecided part; False where HiGHS has no answer or the part is too large."""
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    problem, edge = draft.problem, np.flatnonzero(draft.open)
    if len(edge) > MOST:
        return False
    draft.flow[draft.undecided[draft.row]] = 0
    room = problem.capacity - np.bincount(draft.column, draft.flow, len(problem.capacity)).astype(
        np.int64
    )
    if room.min(initial=0) < 0:
        return False
    if len(edge) == 0:
        return True
    rows, row = np.unique(draft.row[edge], return_inverse=True)
    columns, column = np.unique(draft.column[edge], return_inverse=True)
    ends = np.concatenate([row, len(rows) + column])
    matrix: Any = coo_array((np.ones(len(ends)), (ends, np.tile(np.arange(len(edge)), 2)))).tocsc()
    found: Any = linprog(
        (draft.cost[edge] - problem.penalty[draft.row[edge]]).astype(float),
        A_ub=matrix,
        b_ub=np.concatenate([problem.units[rows], room[columns]]).astype(float),
        method="highs-ds",
    )
    if found.status != 0:
        return False
    draft.flow[edge] = np.rint(found.x).astype(np.int64)
    draft.price[columns] = np.rint(-found.ineqlin.marginals[len(rows) :]).astype(np.int64)
    return True
