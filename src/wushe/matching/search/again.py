"""Solving again after pairs were listed: from the start where many came, by repair where few did."""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe.matching.kernel import LiveMatching, Problem, Solution, solve
from wushe.model.storage import Array

FEW_NEEDS, FEW_SINGLE = 300, 3000
"""Up to this many needs are given their new pairs one by one: of any amounts, of one unit each."""


class Again:
    """The solution over a growing list of pairs."""

    def __init__(self, problem: Problem, work_limit: int | None) -> None:
        """Solve the first problem."""
        self.problem = problem
        self.solution = solve(problem, work_limit=work_limit)
        self._work_limit = work_limit
        self._live: LiveMatching | None = None
        single = bool((problem.units <= 1).all()) and not problem.limits_bind
        self._few = FEW_SINGLE if single else FEW_NEEDS

    def extend(self, problem: Problem, need: Array, offer: Array, cost: Array) -> None:
        """Solve `problem`, which lists some pairs more than the last; these come by need."""
        rows, first = np.unique(need, return_index=True)
        if len(rows) > self._few:
            self._live = None
            self.solution = solve(problem, work_limit=self._work_limit)
        else:
            self.solution = self._repaired(problem, rows, np.append(first, len(need)), offer, cost)
        self.problem = problem

    def _repaired(
        self, problem: Problem, rows: Array, first: Array, offer: Array, cost: Array
    ) -> Solution:
        if self._live is None:
            self._live = LiveMatching(self.problem, solution=self.solution, history=0)
        limits: Any = None
        for at, row in enumerate(rows.tolist()):
            span = slice(first[at], first[at + 1])
            if problem.limit is not None:
                limits = limit_of(problem, row, offer[span])
            self._live.add_edges(row, offer[span], cost[span], limits)
        solution = self._live.solution()
        if solution.status == "optimal":
            return solution
        self._live = None
        return solve(problem, work_limit=self._work_limit)


def limit_of(problem: Problem, row: int, offers: Array) -> Array:
    """Return the limits of a row's edges to `offers`."""
    span = slice(int(problem.start[row]), int(problem.start[row + 1]))
    order = np.argsort(problem.column[span])
    at = np.searchsorted(problem.column[span], offers, sorter=order)
    found: Array = problem.bounds[span][order[at]]
    return found
