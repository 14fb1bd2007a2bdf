"""Stable pairing of two sides that both have preferences, say organizations and stations.

Each row (an organization, a volunteer) lists acceptable columns in its order of preference; each column
(a station) ranks the rows that list it and takes as many as it has capacity for. A pairing is stable
when no row and column, not paired with each other, would both rather be. Deferred acceptance finds
one: Gale and Shapley, American Mathematical Monthly 69 (1962). Of all stable pairings it is the best
for every member of the side that proposes, and who stays alone is the same in all of them: Roth,
Journal of Political Economy 92 (1984). Equal ranks are broken by row number, so preferences are
strict, and the pairing is also stable for the ranks as given.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Side = Literal["rows", "columns"]


@dataclass(frozen=True, eq=False)
class Pairing:
    """A stable pairing: `edge` int64 (n_rows,), the edge each row is paired by, and its `column`; -1 none.

    `place` int64 (n_rows,) is where the row's column stands in its list, 0 the best, -1 none;
    `proposals` counts how many were made.
    """

    edge: Array
    column: Array
    place: Array
    proposals: int


def pair_stably(
    start: Array, column: Array, rank: Array, capacity: Array, *, proposing: Side = "rows"
) -> Pairing:
    """Return the stable pairing that is best for the side `proposing`.

    CSR: `start` (n_rows + 1,); `column` (n_edges,) lists each row's acceptable columns, best first, none
    twice; `rank` int (n_edges,) is how the column ranks the row, lowest best, rows of equal rank in
    the order of their numbers, negative: the column will not have it. `capacity` (n_columns,).

    Raises ValueError where an array has the wrong length or a number out of range.
    """
    if proposing not in get_args(Side):
        raise ValueError(f"proposing is {proposing!r}, expected 'rows' or 'columns'")
    start, column, rank, capacity = _checked(start, column, rank, capacity)
    row = np.repeat(np.arange(len(start) - 1), np.diff(start))
    # What each column thinks of its rows, as a place in one order of all edges: ranks, then row numbers.
    order = np.lexsort((row, rank, column))
    order = order[rank[order] >= 0]
    standing = np.full(len(column), -1, dtype=np.int64)
    standing[order] = np.arange(len(order))
    if proposing == "rows":
        held, proposals = _rows_propose(start, column, standing, capacity)
    else:
        held, proposals = _columns_propose(row, column, order, capacity, len(start) - 1)
    edge = np.array(held, dtype=np.int64)
    paired = edge >= 0
    partner, place = np.full_like(edge, -1), np.full_like(edge, -1)
    partner[paired] = column[edge[paired]]
    place[paired] = edge[paired] - start[:-1][paired]
    return Pairing(edge, partner, place, proposals)


def _rows_propose(
    start: Array, column: Array, standing: Array, capacity: Array
) -> tuple[list[int], int]:
    """Return the edge each row is held by (-1 none) and the number of proposals; rows propose."""
    begin, to, thinks = start.tolist(), column.tolist(), standing.tolist()
    room, rows = capacity.tolist(), len(begin) - 1
    upcoming, held = begin[:-1], [-1] * rows
    worst: list[list[tuple[int, int]]] = [[] for _ in room]  # heaps of (-standing, row)
    proposals = 0
    for first in range(rows):
        i = first
        while i >= 0 and upcoming[i] < begin[i + 1]:
            edge = upcoming[i]
            upcoming[i] += 1
            proposals += 1
            j = to[edge]
            if thinks[edge] < 0 or room[j] == 0:
                continue
            held[i] = edge
            if len(worst[j]) < room[j]:
                heapq.heappush(worst[j], (-thinks[edge], i))
                break
            _, out = heapq.heappushpop(worst[j], (-thinks[edge], i))
            held[out] = -1
            i = out
    return held, proposals


def _columns_propose(
    row: Array, column: Array, order: Array, capacity: Array, rows: int
) -> tuple[list[int], int]:
    """Return the same where columns propose to their rows, best first, while they have room."""
    asks = order.tolist()
    to, by, room = row.tolist(), column.tolist(), capacity.tolist()
    ends = np.cumsum(np.bincount(column[order], minlength=len(room))).tolist()
    upcoming = [0, *ends[:-1]]
    held, proposals = [-1] * rows, 0
    waiting = list(range(len(room)))
    while waiting:
        j = waiting.pop()
        while room[j] > 0 and upcoming[j] < ends[j]:
            edge = asks[upcoming[j]]
            upcoming[j] += 1
            proposals += 1
            before = held[to[edge]]
            if 0 <= before < edge:  # edges of a row stand in its order of preference
                continue
            held[to[edge]] = edge
            room[j] -= 1
            if before >= 0:
                room[by[before]] += 1
                waiting.append(by[before])
    return held, proposals


def _checked(
    start: Array, column: Array, rank: Array, capacity: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the arrays as int64, or raise ValueError."""
    arrays = []
    for name, values in (
        ("start", start),
        ("column", column),
        ("rank", rank),
        ("capacity", capacity),
    ):
        found = np.asarray(values)
        if found.ndim != 1 or (len(found) and found.dtype.kind not in "iu"):
            raise ValueError(
                f"{name} holds {found.dtype} in {found.ndim} dimensions, expected a vector of integers"
            )
        if name != "rank" and len(found) and found.min() < 0:
            at = int(np.argmin(found))
            raise ValueError(f"{name}[{at}] is {found[at]}, expected none negative")
        arrays.append(found.astype(np.int64))
    begin, to, ranks, room = arrays
    if not len(begin) or begin[0] != 0 or begin[-1] != len(to) or np.any(np.diff(begin) < 0):
        raise ValueError(f"start must rise from 0 to the number of edges, {len(to)}")
    if len(ranks) != len(to):
        raise ValueError(f"rank has {len(ranks)} entries, expected {len(to)}")
    if len(to) and to.max() >= len(room):
        at = int(np.argmax(to))
        raise ValueError(f"column[{at}] is {to[at]}, expected 0 to {len(room) - 1}")
    row = np.repeat(np.arange(len(begin) - 1), np.diff(begin))
    order = np.lexsort((to, row))
    twice = (np.diff(to[order]) == 0) & (np.diff(row[order]) == 0)
    if twice.any():
        at = int(order[1:][twice].min())
        raise ValueError(f"column[{at}] lists {to[at]} twice in row {row[at]}, expected once")
    return begin, to, ranks, room
