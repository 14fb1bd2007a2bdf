"""The shared columns: who gets how much of them, at what price, and what that proves for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wushe.matching.kernel import Notify, Problem, solve
from wushe.matching.kernel.problem import Array
from wushe.matching.shards.parts import Part
from wushe.matching.shards.run import Run
from wushe.matching.shards.work import Answer, Kind, Order


class Tender:
    """The shared columns of a problem cut into parts, and the rows that may bid for them.

    A row bids what a unit of it would cost without them. The rows against the shared columns alone are
    a small problem: its exact solution gives each part its units and each column a price.
    """

    def __init__(self, whole: Problem, parts: Sequence[Part], notify: Notify | None) -> None:
        common = np.zeros(len(whole.capacity), dtype=bool)
        part_of = np.zeros(len(whole.penalty), dtype=np.int64)
        for number, part in enumerate(parts):
            common[part.columns[part.piece.shared]] = True
            part_of[part.rows] = number
        self.columns = np.flatnonzero(common)
        self.capacity = whole.capacity[self.columns]
        self._place = np.cumsum(common) - 1
        self._parts = parts
        self._notify = notify
        edge = np.flatnonzero(common[whole.column])
        row = np.searchsorted(whole.start, edge, side="right") - 1
        self._rows, count = np.unique(row, return_counts=True)
        self._part = part_of[row]
        self._problem = Problem(
            np.concatenate([[0], np.cumsum(count)]),
            self._place[whole.column[edge]],
            whole.cost[edge],
            self.capacity,
            whole.penalty[self._rows],
            whole.units[self._rows],
            None if whole.limit is None else whole.limit[edge],
        )
        self._bid = np.zeros(len(part_of), dtype=np.int64)

    def first(self) -> Array:
        """Return units (n_parts, n_shared) in proportion to the units of the rows that may bid."""
        problem = self._problem
        reach = np.zeros((len(self._parts), len(self.columns)))
        np.add.at(reach, (self._part, problem.column), problem.units[problem.row].astype(float))
        share = np.cumsum(reach, axis=0) / np.maximum(reach.sum(axis=0), 1)
        upto = np.minimum(np.floor(share * self.capacity).astype(np.int64), self.capacity)
        upto[-1] = self.capacity
        return np.diff(upto, axis=0, prepend=0)

    def hold(self, answers: Sequence[Answer]) -> tuple[Array, Array]:
        """Return the columns' prices (n_shared,) and the parts' units (n_parts, n_shared)."""
        for part, answer in zip(self._parts, answers, strict=True):
            self._bid[part.rows] = answer.fallback
        problem = replace(self._problem, penalty=self._bid[self._rows])
        found = solve(problem, notify=self._notify)
        units = np.zeros((len(self._parts), len(self.columns)), dtype=np.int64)
        np.add.at(units, (self._part, problem.column), found.flow)
        each, rest = np.divmod(self.capacity - units.sum(axis=0), len(self._parts))
        units += each + (np.arange(len(self._parts))[:, None] < rest)
        return found.column_price, units

    def worth(self, answers: Sequence[Answer]) -> Array:
        """Return what users would pay for one unit more of each column, their mean by use."""
        worth = np.zeros((len(self._parts), len(self.columns)), dtype=np.int64)
        used = np.zeros_like(worth)
        for number, (part, answer) in enumerate(zip(self._parts, answers, strict=True)):
            shared = part.piece.shared
            place = self._place[part.columns[shared]]
            worth[number, place] = answer.column_price[shared]
            used[number, place] = part.use(answer.edges, answer.units)[shared]
        total = used.sum(axis=0)
        mean = (worth * used).sum(axis=0) // np.maximum(total, 1)
        return np.asarray(np.where(total > 0, mean, worth.max(axis=0)))

    def bound(self, prices: Array, priced: Sequence[Answer]) -> int:
        """Return what the answers at `prices` prove for the whole: no flow costs less."""
        pairs = zip(prices.tolist(), self.capacity.tolist(), strict=True)
        paid = int(sum(price * units for price, units in pairs))
        return sum(answer.bound for answer in priced) - paid

    def orders(self, kind: Kind, values: Array, near: Sequence[Answer] | None) -> list[Order]:
        """Return one order for each part; `values` (n_shared,) for all or (n_parts, n_shared)."""
        values = np.broadcast_to(values, (len(self._parts), len(self.columns)))
        orders = []
        for number, part in enumerate(self._parts):
            mine = values[number, self._place[part.columns[part.piece.shared]]]
            orders.append(Order(kind, mine, None if near is None else near[number]))
        return orders


@dataclass(frozen=True, eq=False)
class Agreement:
    """The cheapest flow found and the best proof, which come from different answers.

    `allotted` are the parts' answers that are feasible together and cost `objective`; `priced` those at
    the `prices` (n_shared,) that prove `bound`.
    """

    allotted: Sequence[Answer]
    objective: int
    prices: Array
    priced: Sequence[Answer]
    bound: int
    rounds: int = 1

    def within(self, gap: float) -> bool:
        """Return whether cost and bound are close enough."""
        return self.objective - self.bound <= gap * abs(self.objective)


def coordinate(tender: Tender, run: Run, gap: float, rounds: int) -> Agreement:
    """Set prices and allot units in turn until the proven gap is small or shrinks no more."""
    allotted = run(tender.orders("allot", tender.first(), None))
    prices = tender.worth(allotted)
    priced = run(tender.orders("price", prices, allotted))
    best = Agreement(allotted, _cost(allotted), prices, priced, tender.bound(prices, priced))
    misses, gaps = 0, []
    while True:
        allotted = run(tender.orders("allot", tender.hold(priced)[1], priced))
        if _cost(allotted) < best.objective:
            best = replace(best, allotted=allotted, objective=_cost(allotted))
        gaps.append(best.objective - best.bound)
        if best.within(gap) or best.rounds >= rounds or _stuck(gaps):
            return best
        # Prices may swing to and fro: each miss halves the steps from the best so far.
        target = (tender.worth(allotted) + tender.hold(allotted)[0]) // 2
        prices = best.prices + (target - best.prices) // 2 ** min(misses, 40)
        priced = run(tender.orders("price", prices, allotted))
        best = replace(best, rounds=best.rounds + 1)
        if (bound := tender.bound(prices, priced)) > best.bound:
            best = replace(best, prices=prices, priced=priced, bound=bound)
        else:
            misses += 1


def _stuck(gaps: Sequence[int]) -> bool:
    """Return whether the last three rounds closed less than a tenth of the gap."""
    return len(gaps) > 3 and 10 * gaps[-1] > 9 * gaps[-4]


def _cost(answers: Sequence[Answer]) -> int:
    return sum(answer.objective for answer in answers)
