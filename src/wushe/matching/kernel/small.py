"""Small problems: HiGHS, through scipy, proposes a flow and prices; the kernel checks and repairs."""

from __future__ import annotations

from typing import Any

import numpy as np

from wushe.matching.kernel.problem import Array, Problem


def propose(problem: Problem) -> tuple[Array, Array, Array] | None:
    """Return (flow, row prices, column prices) as HiGHS finds them, rounded; None if it finds none."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    n, m, e = len(problem.penalty), len(problem.capacity), len(problem.cost)
    if not e or not n:
        return None
    row = problem.row
    one, place = np.ones(e), np.arange(e)
    by_row = csr_array((one, (row, place)), shape=(n, e))
    by_column = csr_array((one, (problem.column, place)), shape=(m, e))
    matrix: Any = vstack([by_row, by_column]).tocsr()
    limits: Any = (0, None)
    if problem.limit is not None:
        limits = np.column_stack([np.zeros(e), problem.limit])
    result = linprog(
        problem.cost.astype(float) - problem.penalty[row],
        A_ub=matrix,
        b_ub=np.concatenate([problem.units, problem.capacity]).astype(float),
        bounds=limits,
        method="highs-ds",
    )
    if result.status != 0 or result.x is None:
        return None
    flow = np.rint(result.x).astype(np.int64)
    price = np.rint(-result.ineqlin.marginals).astype(np.int64)
    return flow, problem.penalty - price[:n], price[n:]
