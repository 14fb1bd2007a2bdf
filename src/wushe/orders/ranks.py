"""Who comes next: candidates of planned needs, ranked by the plan's dual prices, in columns."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from wushe.matching.result import Matching
from wushe.model.storage import Array

BEST = 8
"""So many candidates beside those of the plan are kept with an order."""
NONE = -1
FIRST = 48
"""Pairs of a need that are looked at first, cheapest first: prices only add to their costs."""
_FAR = np.iinfo(np.int64).max


@attrs.frozen(eq=False)
class Ranks:
    """For each of some need rows the best pairs that do not serve it, best first.

    `edge` int64 (n_rows, `BEST`): positions in ``matching.candidates``, `NONE` where there are no more; `extra`
    int64 (n_rows, `BEST`): cost of a unit plus the price of the offer, less the need's price, at least 0.
    What an offer costs others counts: one that is scarce comes later than its score says.
    """

    edge: Array
    extra: Array


def ranks(matching: Matching, rows: Array) -> Ranks:
    """Return the ranking of need rows `rows` (int64) by reduced cost under the dual prices of the plan.

    The order is that of `LiveCity.next_best`: ties go to the offer whose id comes first.
    """
    candidates = matching.candidates
    if not len(candidates.cost):
        none = np.zeros((len(rows), BEST), dtype=np.int64)
        return Ranks(none + NONE, none)
    used = np.zeros(len(candidates.cost), dtype=bool)
    used[matching.edge] = True
    start, end = candidates.start[rows], candidates.start[rows + 1]
    edge = np.full((len(rows), BEST), NONE, dtype=np.int64)
    total = np.full((len(rows), BEST), _FAR)
    todo, width = np.arange(len(rows)), FIRST
    while len(todo):
        last = start[todo] + width
        edge[todo], total[todo] = _among(
            matching, used, start[todo], np.minimum(end[todo], last), width
        )
        # Beyond the pairs looked at every cost is at least that of the next: nothing lower is there.
        more = last < end[todo]
        beyond = candidates.cost[np.where(more, last, 0)]
        todo, width = todo[more & (total[todo, -1] >= beyond)], 4 * width
    there = edge != NONE
    price = matching.flow.row_price[rows][:, None]
    return Ranks(edge, np.where(there, np.maximum(total - np.where(there, price, 0), 0), 0))


def _among(
    matching: Matching, used: Array, start: Array, end: Array, width: int
) -> tuple[Array, Array]:
    """Return edges and totals of the `BEST` lowest among the at most `width` pairs start..end of each row, int64 (n, `BEST`)."""
    span = start[:, None] + np.arange(max(width, BEST))
    inside = span < end[:, None]
    span = np.where(inside, span, 0)
    candidates = matching.candidates
    offer = candidates.offer[span]
    free = inside & ~used[span] & (matching.problem.capacity[offer] > 0)
    total = np.where(free, candidates.cost[span] + matching.flow.column_price[offer], _FAR)
    best = _lowest(total, offer)
    edge = np.where(np.take_along_axis(free, best, 1), np.take_along_axis(span, best, 1), NONE)
    return edge, np.take_along_axis(total, best, 1)


def _lowest(total: Array, offer: Array) -> Any:
    """Return in each row the places of the `BEST` lowest totals, of equal ones those of the first offers."""
    by_offer = np.argsort(offer, axis=1, kind="stable")
    order = np.argsort(np.take_along_axis(total, by_offer, 1), axis=1, kind="stable")
    return np.take_along_axis(by_offer, order[:, :BEST], 1)
