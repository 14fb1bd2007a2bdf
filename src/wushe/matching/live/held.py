"""Rows of a live problem, and which of a matching's rows stay as planned because others depend on them."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import numpy as np

from wushe.matching.kernel import Problem
from wushe.matching.result import Matching
from wushe.model.storage import Array

NOTHING = np.zeros(0, dtype=np.int64)


@attrs.frozen(eq=False)
class NeedRow:
    """A need's edges (int64 arrays), what it asks for and what an unserved unit costs."""

    columns: Array
    costs: Array
    limits: Array
    quantity: int
    penalty: int

    @classmethod
    def of(cls, edges: Iterable[tuple[int, int, int]], quantity: int, penalty: int) -> NeedRow:
        """Return the row with `edges` (column, cost, limit), of several to one column the cheapest."""
        best: dict[int, tuple[int, int, int]] = {}
        for edge in sorted(edges, key=lambda e: (e[1], e[0], -e[2])):
            best.setdefault(edge[0], edge)
        column, cost, limit = np.array([*best.values()], dtype=np.int64).reshape(-1, 3).T
        return cls(column, cost, limit, quantity, penalty)

    @property
    def demand(self) -> int:
        """What the kernel is asked for: what no edge could carry would only inflate its sums."""
        return min(self.quantity, int(sum(self.limits.tolist())))

    @property
    def beyond(self) -> int:
        """The penalty of what no edge could carry."""
        return self.penalty * (self.quantity - self.demand)

    def without(self, column: int) -> NeedRow:
        """Return the row with the edge to `column` taken out."""
        left = self.columns != column
        return attrs.evolve(
            self, columns=self.columns[left], costs=self.costs[left], limits=self.limits[left]
        )

    def joined(self, column: int, cost: int, limit: int) -> NeedRow:
        """Return the row with an edge to `column` added; of two to one column the cheaper stays."""
        now = self.edge(column)
        if now is not None and now[0] < cost:
            return self
        left = self if now is None else self.without(column)
        return attrs.evolve(
            self,
            columns=np.append(left.columns, column),
            costs=np.append(left.costs, cost),
            limits=np.append(left.limits, limit),
        )

    def edge(self, column: int) -> tuple[int, int] | None:
        """Return (cost, limit) of the edge to `column`, None where there is none."""
        at = np.flatnonzero(self.columns == column)
        return (int(self.costs[at[0]]), int(self.limits[at[0]])) if len(at) else None


GONE = NeedRow(NOTHING, NOTHING, NOTHING, 0, 0)
"""A need that was withdrawn."""


def row_of(problem: Problem, row: int, quantity: int) -> NeedRow:
    """Return row `row` of `problem`, of which `quantity` is asked."""
    span = slice(int(problem.start[row]), int(problem.start[row + 1]))
    return NeedRow(
        problem.column[span].astype(np.int64),
        problem.cost[span].astype(np.int64),
        problem.bounds[span],
        quantity,
        int(problem.penalty[row]),
    )


def total_cost(matching: Matching) -> int:
    """Return costs of all pairs plus penalties of all that is unserved, what no offer reaches included."""
    given = matching.problem.cost[matching.edge].astype(np.int64) * matching.amount
    return int(sum(given.tolist())) + _penalties(
        matching.problem.penalty, matching.unserved, np.ones(len(matching.unserved), dtype=bool)
    )


def _penalties(penalty: Array, units: Array, where: Array) -> int:
    # Python's integers: the sum may exceed 2^62 where amounts are large.
    return sum(map(int.__mul__, penalty[where].tolist(), units[where].tolist()))


def held_rows(matching: Matching) -> Array:
    """Return which need rows others bind (teams, visits, choices, chains, appointments, packs), bool."""
    groups = matching.prepared.groups
    held = np.zeros(len(matching.prepared.needs), dtype=bool)
    for codes in (groups.team, groups.visit, groups.one_of, groups.after, groups.begins):
        held |= codes != -1
    held[groups.after[groups.after >= 0]] = True
    packed = groups.pack[matching.candidates.offer] > 1
    held[matching.problem.row[packed]] = True
    return held


@attrs.frozen(eq=False)
class Loose:
    """What may change: the problem without held rows and what they take, and what goes beyond it.

    `held_cost`: what held rows cost; `taken`: units that they take, by column; `beyond`: the penalty
    of what no edge could carry.
    """

    problem: Problem
    held_cost: int
    taken: dict[int, int]
    beyond: int


def loosen(matching: Matching, held: Array) -> Loose:
    """Return what of `matching` may change when `held` rows stay as planned."""
    problem, quantity = matching.problem, matching.prepared.needs["quantity"]
    beyond = _penalties(problem.penalty, quantity - problem.units, ~held)
    if not held.any():
        return Loose(problem, 0, {}, beyond)
    theirs = held[matching.need]
    capacity = problem.capacity.copy()
    np.subtract.at(capacity, matching.offer[theirs], matching.amount[theirs])
    edges = ~held[problem.row]
    width = np.bincount(problem.row[edges], minlength=len(held))
    loose = Problem(
        np.concatenate([[0], np.cumsum(width)]), problem.column[edges], problem.cost[edges],
        capacity, np.where(held, 0, problem.penalty), np.where(held, 0, problem.units),
        problem.bounds[edges],
    )  # fmt: skip
    given = problem.cost[matching.edge[theirs]].astype(np.int64) * matching.amount[theirs]
    cost = sum(given.tolist()) + _penalties(problem.penalty, matching.unserved, held)
    taken = problem.capacity - capacity
    return Loose(problem=loose, held_cost=cost, beyond=beyond, taken=_where(taken))


def _where(taken: Array) -> dict[int, int]:
    return {at: int(taken[at]) for at in np.flatnonzero(taken).tolist()}


def grouped(rows: Array, columns: Array, size: int) -> tuple[Array, Array]:
    """Return `rows` sorted by column, and where each of `size` columns begins, int64 (size + 1,)."""
    start = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=size))])
    return rows[np.argsort(columns, kind="stable")], start


def ranks(order: Array, size: int) -> Array:
    """Return the place of each of `size` numbers in `order`, int64; -1 where it is not there."""
    found = np.full(size, -1, dtype=np.int64)
    found[order] = np.arange(len(order))
    return found
