"""Does the proof hold? Primal and dual added up anew from the problem's numbers, in whole numbers.

Shares no code with the solver. For a problem "minimise cost of flow and penalties of unserved units,
rows' demands, columns' capacities, edges' limits" any prices u of rows (0 to the penalty) and p >= 0
of columns give a lower bound: sum(u * demand) - sum(p * capacity) + what edges cheaper than their
prices could save up to their limits (weak duality; Ahuja, Magnanti, Orlin, Network Flows, 1993, 9.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wushe.matching.check.rules import Violation


def check_certificate(
    problem: Any, flow: Any, row_price: Any, column_price: Any, objective: int, bound: int
) -> Iterator[Violation]:
    """Yield what is wrong with a flow, its claimed cost and its claimed bound.

    `problem` has CSR `start`, `column`, `cost` and `capacity`, `penalty`, `demand`, `limit` (or None).
    """
    row = np.repeat(np.arange(len(problem.penalty)), np.diff(problem.start))
    limit = problem.demand[row] if problem.limit is None else problem.limit
    got, used = (
        _sums(row, flow, len(problem.penalty)),
        _sums(problem.column, flow, len(problem.capacity)),
    )
    if (flow < 0).any() or (flow > limit).any():
        yield _broken("a pair carries less than nothing or more than it may")
    if any(g > d for g, d in zip(got, problem.demand.tolist(), strict=True)):
        yield _broken("a need gets more than it asks")
    if any(u > c for u, c in zip(used, problem.capacity.tolist(), strict=True)):
        yield _broken("an offer gives more than it has")
    primal = _dot(problem.cost, flow) + sum(
        (d - g) * p
        for d, g, p in zip(problem.demand.tolist(), got, problem.penalty.tolist(), strict=True)
    )
    if primal != objective:
        yield _broken(f"the cost is {primal}, not {objective}")
    dual = _bound(problem, row, limit, row_price, column_price)
    if dual is None:
        yield _broken("a price is out of range")
    elif dual != bound:
        yield _broken(f"the prices prove {dual}, not {bound}")


def check_choice(
    problem: Any, flow: Any, objective: int, bound: int, status: str
) -> Iterator[Violation]:
    """Yield what is wrong with the cost that is claimed for what is planned, and with its bound."""
    row = np.repeat(np.arange(len(problem.penalty)), np.diff(problem.start))
    got = _sums(row, flow, len(problem.penalty))
    primal = _dot(problem.cost, flow) + sum(
        (d - g) * p
        for d, g, p in zip(problem.demand.tolist(), got, problem.penalty.tolist(), strict=True)
    )
    if primal != objective:
        yield _broken(f"the cost is {primal}, not {objective}")
    if bound > objective or (status == "optimal" and bound != objective):
        yield _broken(f"{status} with a cost of {objective} and a bound of {bound}")


def _bound(problem: Any, row: Any, limit: Any, row_price: Any, column_price: Any) -> int | None:
    u, p = np.asarray(row_price), np.asarray(column_price)
    if (u < 0).any() or (u > problem.penalty).any() or (p < 0).any():
        return None
    reduced = problem.cost.astype(np.int64) + p[problem.column] - u[row]
    cheap = np.flatnonzero(reduced < 0)
    return _dot(u, problem.demand) - _dot(p, problem.capacity) + _dot(reduced[cheap], limit[cheap])


def _dot(left: Any, right: Any) -> int:
    """Exact, in Python's integers."""
    some = np.flatnonzero((left != 0) & (right != 0))
    return sum(a * b for a, b in zip(left[some].tolist(), right[some].tolist(), strict=True))


def _sums(index: Any, amounts: Any, n: int) -> list[int]:
    total = [0] * n
    some = np.flatnonzero(amounts)
    for at, amount in zip(index[some].tolist(), amounts[some].tolist(), strict=True):
        total[at] += amount
    return total


def _broken(why: str) -> Violation:
    return Violation("certificate", None, None, why)
