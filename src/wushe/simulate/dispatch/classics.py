"""Classic results on matching as requests arrive, on instances small enough to know the optimum.

They tell what a rule of dispatch can lose for not knowing the future, whatever the city.
References: Karp, Vazirani and Vazirani (STOC 1990) and Birnbaum and Mathieu (SIGACT News 2008) for Ranking;
Feng and Niazadeh (Management Science 2025) for batches; Kalyanasundaram and Pruhs (2000) for balancing.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from wushe.matching.kernel import Problem, solve
from wushe.model.storage import Array

NONE = -1
RANKING_LIMIT = 1 - 1 / np.e
"""No rule that decides at each arrival, even with luck, is sure of a larger share of the optimum."""


# --- who can be matched with whom: numbers matched ---------------------------------------------


def ranking_bound(n: int) -> float:
    """Return the share of `n` that Ranking matches in expectation at least, where all `n` could be matched."""
    return float(1 - (1 - 1 / (n + 1)) ** n)


def batching_bound(batches: int) -> float:
    """Return the best share of the optimum to be sure of where requests come in so many batches."""
    return float(1 - (1 - 1 / batches) ** batches)


def triangle(n: int) -> Array:
    """Return the upper-triangular instance, bool (n, n): request t may have the offers t, t + 1, ... only.

    All can be matched, along the diagonal, but nobody knows at t which offers will be wanted later. It is the
    hardest instance for Ranking.
    """
    return np.triu(np.ones((n, n), dtype=bool))


def largest(may: Array) -> int:
    """Return how many requests can be matched at most; `may` bool (n_requests, n_offers)."""
    return int((_matched(may) != NONE).sum())


def first_free(may: Array, rank: Array) -> Array:
    """Match each request, as they come, with the free offer of lowest rank; returns offers, -1 none, int64 (n,)."""
    found = np.full(len(may), NONE, dtype=np.int64)
    free = np.ones(len(rank), dtype=bool)
    order = np.argsort(rank, kind="stable")
    for request, allowed in enumerate(may[:, order]):
        left = allowed & free
        if left.any():
            at = int(np.argmax(left))
            free[at] = False
            found[request] = order[at]
    return found


def ranking(may: Array, generator: np.random.Generator) -> Array:
    """Match by Ranking: one random order of the offers, drawn before the first request, decides all ties."""
    return first_free(may, generator.permutation(may.shape[1]))


def in_batches(may: Array, batch: Array) -> Array:
    """Match batch after batch, in each as many as can be; `batch` int (n_requests,) ascends.

    Whatever was taken, at least half of what could be matched in all is.
    """
    found = np.full(len(may), NONE, dtype=np.int64)
    free = np.ones(may.shape[1], dtype=bool)
    for number in np.unique(batch):
        rows = np.flatnonzero(batch == number)
        found[rows] = _matched(may[rows] & free)
        free[found[rows][found[rows] != NONE]] = False
    return found


def _matched(may: Array) -> Array:
    matched: Array = maximum_bipartite_matching(csr_array(may), perm_type="column")
    return matched.astype(np.int64)


def balanced(may: Array, batch: Array, units: int) -> Array:
    """Share out batch after batch so that no offer is used up before the others need be.

    Each request asks for `units`, each offer has as many; returns int64 (n_requests, n_offers). In each batch as
    much is given as can be, and of all ways to do so that with the most even use of offers, counting what earlier
    batches took. With many units this is sure of `batching_bound` of the optimum.
    """
    given = np.zeros(may.shape, dtype=np.int64)
    for number in np.unique(batch):
        rows = np.flatnonzero(batch == number)
        given[rows] = _evenly(may[rows], given.sum(axis=0), units)
    return given


def _evenly(may: Array, used: Array, units: int) -> Array:
    """Return what one batch gives: the n-th unit of an offer costs n, so that the least cost is the most even use."""
    offer = np.repeat(np.arange(may.shape[1]), units - used)
    level = np.concatenate([np.arange(u, units) for u in used.tolist()])
    order = np.argsort(level, kind="stable")
    slots, cost = offer[order], level[order]
    row, column = np.nonzero(may[:, slots])
    problem = Problem(
        np.searchsorted(row, np.arange(len(may) + 1)),
        column,
        cost[column],
        np.ones(len(slots), dtype=np.int64),
        np.full(len(may), units + 1),
        np.full(len(may), units),
    )
    given = np.zeros(may.shape, dtype=np.int64)
    np.add.at(given, (row, slots[column]), solve(problem).flow)
    return given


# --- who is how far from whom: distances -------------------------------------------------------


def square(n: int, generator: np.random.Generator) -> Array:
    """Return distances between `n` requests and `n` helpers, all uniform on the unit square, float (n, n)."""
    requests, helpers = generator.random((2, n, 2))
    found: Array = np.hypot(*np.moveaxis(requests[:, None] - helpers[None], 2, 0))
    return found


def by_turns(distance: Array, size: int = 1) -> Array:
    """Match requests as they come, `size` at a time, each turn at the least distance to free helpers.

    `distance` (n_requests, n_helpers), no more requests than helpers; returns helpers, int64 (n_requests,). One at
    a time is arrival-greedy; all at a time is the optimum.
    """
    found = np.empty(len(distance), dtype=np.int64)
    free = np.ones(distance.shape[1], dtype=bool)
    for first in range(0, len(distance), size):
        turn = slice(first, first + size)
        left = np.flatnonzero(free)
        if size == 1:
            chosen = np.array([np.argmin(distance[first, left])])
        else:
            chosen = linear_sum_assignment(distance[turn, left])[1]
        found[turn] = left[chosen]
        free[found[turn]] = False
    return found


def length(distance: Array, match: Array) -> float:
    """Return the total distance of a matching."""
    return float(distance[np.arange(len(match)), match].sum())


def greedy_ratio(n: int, generator: np.random.Generator) -> float:
    """Return arrival-greedy distance over the optimum on one uniform square of `n` requests and `n` helpers."""
    distance = square(n, generator)
    return length(distance, by_turns(distance)) / length(distance, by_turns(distance, n))
