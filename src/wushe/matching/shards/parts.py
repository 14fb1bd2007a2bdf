"""A problem cut into parts: which rows go together, and what each part is as a problem of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wushe.matching.kernel import Problem
from wushe.matching.kernel.problem import Array


@dataclass(frozen=True, eq=False)
class Piece:
    """What a worker needs: a part as a problem of its own, and which of its columns others use too.

    `shared` bool (n_columns of the part,).
    """

    problem: Problem
    shared: Array


@dataclass(frozen=True, eq=False)
class Part:
    """A part beside the whole: the whole's `rows` and `columns`, ascending, that are the piece's."""

    rows: Array
    columns: Array
    piece: Piece

    def edges(self, whole: Problem, local: Array) -> Array:
        """Return the whole's numbers of the piece's edges `local`, int64."""
        start = self.piece.problem.start
        row = np.searchsorted(start, local, side="right") - 1
        return np.asarray(local - start[row] + whole.start[self.rows[row]])

    def use(self, edges: Array, units: Array) -> Array:
        """Return the units that a flow takes of each column of the piece, int64."""
        used = np.zeros(len(self.columns), dtype=np.int64)
        np.add.at(used, self.piece.problem.column[edges], units)
        return used


def components(problem: Problem) -> Array:
    """Return the number of each row's connected component, by their first rows; int (n_rows,)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n, m, e = len(problem.penalty), len(problem.capacity), len(problem.cost)
    start = np.concatenate([problem.start, np.full(m, e)])
    ends = problem.column.astype(np.int64) + n
    graph: Any = csr_array((np.ones(e, dtype=np.int8), ends, start), shape=(n + m, n + m))
    label = np.asarray(connected_components(graph, directed=False)[1][:n])
    _, first, number = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[number])


def divide(problem: Problem, label: Array, bundle: int) -> Array:
    """Return the part of each row, int64 (n_rows,): labels in order, small ones put together."""
    _, number = np.unique(label, return_inverse=True)
    size = np.bincount(number, weights=np.diff(problem.start) + 1).astype(np.int64)
    before = np.cumsum(size) - size
    _, part = np.unique(before // bundle, return_inverse=True)
    return np.asarray(part[number], dtype=np.int64)


def cut(problem: Problem, part_of: Array) -> list[Part]:
    """Return the parts in order; rows and edges keep their order, so they stay sorted.

    A column without capacity is nobody's: no price needs to keep two parts from using it.
    """
    order = np.argsort(part_of, kind="stable")
    ends = np.cumsum(np.bincount(part_of)) if len(part_of) else np.zeros(0, dtype=np.int64)
    groups = np.split(order, ends[:-1]) if len(ends) else []
    drafts = [_draft(problem, rows) for rows in groups]
    users = np.zeros(len(problem.capacity), dtype=np.int64)
    for _, columns, _ in drafts:
        users[columns] += 1
    users[problem.capacity == 0] = 0
    return [
        Part(rows, columns, Piece(piece, users[columns] > 1)) for rows, columns, piece in drafts
    ]


def _draft(problem: Problem, rows: Array) -> tuple[Array, Array, Problem]:
    """Return (rows, the columns that they use, the problem of both)."""
    width = np.diff(problem.start)[rows]
    start = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    edge = np.arange(start[-1]) + np.repeat(problem.start[rows] - start[:-1], width)
    column = problem.column[edge]
    used = np.zeros(len(problem.capacity), dtype=bool)
    used[column] = True
    columns = np.flatnonzero(used)
    place = np.cumsum(used) - 1
    piece = Problem(
        start,
        place[column].astype(np.uint32),
        problem.cost[edge],
        problem.capacity[columns],
        problem.penalty[rows],
        problem.units[rows],
        None if problem.limit is None else problem.limit[edge],
    )
    return rows, columns, piece
