"""One round of dispatch as somebody else decides it: the pairs that may be, and what each costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import attrs
import numpy as np

from wushe.matching.kernel import Problem, Solution
from wushe.model.storage import Array
from wushe.model.terms import Columns


@attrs.frozen(eq=False)
class Round:
    """What is open on one day, and which pairs the rules allow.

    Rows of `problem` are rows of `needs`, its columns rows of `offers`; an edge is a pair that all filters
    allow, `cost` what a unit of it costs by all scores (0 is best), `penalty` what an unserved unit costs,
    `limit` the most units that it may carry. `optimum` is the plan of least cost for this day alone, with dual prices.
    """

    on: dt.date
    needs: Columns
    offers: Columns
    problem: Problem
    optimum: Solution

    def __len__(self) -> int:
        return len(self.problem.penalty)

    @property
    def value(self) -> Array:
        """What a unit on each edge is worth: penalty avoided less cost, int64 (n_edges,)."""
        p = self.problem
        return p.penalty[p.row] - p.cost

    def empty(self) -> Array:
        """Return the flow that serves nobody, int64 (n_edges,)."""
        return np.zeros(len(self.problem.cost), dtype=np.int64)

    def serve(self, order: Array, by: Array | None = None) -> Array:
        """Return the flow that serves need rows one after the other in `order`, each as well as what is left allows.

        A need takes the edges with the lowest `by` (n_edges,) first, the lowest cost where not given; an edge
        whose `by` is not finite is not taken. Nothing that was given before is taken back.
        """
        p = self.problem
        room, flow = p.capacity.copy(), self.empty()
        key = p.cost if by is None else np.asarray(by)
        most = p.units[p.row] if p.limit is None else p.limit
        for row in np.asarray(order).tolist():
            first, last = int(p.start[row]), int(p.start[row + 1])
            left = int(p.units[row])
            keys = key[first:last]
            for at in (first + np.argsort(keys, kind="stable")).tolist():
                if left == 0 or not np.isfinite(key[at]):
                    break
                column = p.column[at]
                amount = min(left, int(most[at]), int(room[column]))
                if amount > 0:
                    flow[at] = amount
                    room[column] -= amount
                    left -= amount
        return flow


Choose = Callable[[Round], Array]


def checked(problem: Problem, flow: Array) -> Array:
    """Return `flow` as int64. Raises ValueError where it is no flow of `problem`, saying what is wrong first."""
    flow = np.asarray(flow)
    if flow.shape != problem.cost.shape or flow.dtype.kind not in "iu":
        raise ValueError(
            f"choose returned {flow.dtype} of shape {flow.shape}; expected whole numbers of shape {problem.cost.shape}"
        )
    flow = flow.astype(np.int64)
    most = problem.units[problem.row] if problem.limit is None else problem.bounds
    row = np.bincount(problem.row, flow, len(problem.penalty))
    column = np.bincount(problem.column, flow, len(problem.capacity))
    for what, got, limit in (
        ("an edge", flow, most),
        ("a need", row, problem.units),
        ("an offer", column, problem.capacity),
    ):
        wrong = np.flatnonzero((got < 0) | (got > limit))
        if len(wrong):
            at = int(wrong[0])
            raise ValueError(
                f"choose gave {what} (number {at}) {int(got[at])} units; expected 0 to {int(limit[at])}"
            )
    return flow
