"""Groups that share the offers, and the exits through which their unserved units leave.

Each group gets a column, its exit, with room for the units that it may go without; then everybody must
be served, by an offer or by the exit, and "at least so many units for this group" is a capacity like
any other. Without costs the same flow tells how much of a target each group can have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wushe.matching.fair.tiers import most_units
from wushe.matching.kernel import LiveMatching, Notify, Problem, Solution, solve
from wushe.matching.kernel.problem import Array


@dataclass(frozen=True, eq=False)
class Exits:
    """Where unserved units go: columns beyond the problem's own, and who may use them.

    `capacity` (n_exits,); `group` and `column` (n_uses,) say which groups may use which exit. Each
    pair of `swaps` is two exits of which the first's unit stands for one of the second's.
    """

    capacity: list[int]
    group: list[int]
    column: list[int]
    swaps: list[tuple[int, int]]

    def add(self, capacity: int, groups: list[int]) -> int:
        """Add an exit for these groups and return its number."""
        self.capacity.append(capacity)
        self.group.extend(groups)
        self.column.extend([len(self.capacity) - 1] * len(groups))
        return len(self.capacity) - 1

    def uses(self, row: Array, group: Array, groups: int) -> tuple[Array, Array]:
        """Return the row and the exit of each use, for rows of these groups."""
        user = np.array(self.group, dtype=np.int64)
        to = np.array(self.column, dtype=np.int64)[np.argsort(user, kind="stable")]
        width = np.bincount(user, minlength=groups)
        begin, each = np.cumsum(width) - width, width[group]
        place = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        return np.repeat(row, each), to[np.repeat(begin[group], each) + place]


@dataclass(frozen=True, eq=False)
class Market:
    """A problem with its groups. The last group, number `groups`, holds the rows of no group.

    `asked` and `least` (n_groups + 1,) are units asked and units that must be served; `edge` are the
    edges that are options.
    """

    problem: Problem
    group: Array
    groups: int
    must: Array
    edge: Array
    asked: Array
    least: Array

    def exits(self, units: Array) -> Exits:
        """Return one exit per group, which leaves it at least `units` (n_groups,) served."""
        room = self.asked - self.least
        room[: self.groups] = (self.asked[: self.groups] - units).clip(0, room[: self.groups])
        every = list(range(self.groups + 1))
        return Exits(room.tolist(), every, every.copy(), [])

    def sums(self, values: Array) -> Array:
        """Return the sums over each group's rows, int64 (n_groups,)."""
        return sums(self.group, values, self.groups + 1)[: self.groups]


def sums(group: Array, values: Array, groups: int) -> Array:
    """Return the sum of `values` over the rows of each group, int64 (groups,)."""
    total = np.zeros(groups, dtype=np.int64)
    np.add.at(total, group, values)
    return total


@dataclass(frozen=True, eq=False)
class Network:
    """A problem with exits: the market's edge that each edge is, or -1, and the group of each row."""

    problem: Problem
    edge: Array
    group: Array


def network_of(market: Market, exits: Exits, *, costs: bool) -> Network:
    """Return the problem in which all rows are to be served whole, by exits too.

    A row that must be served in part has a column of its own for the rest, and a helping row carries
    what arrives there to the exits of its group; a swap is a helping row of the same kind. With
    `costs` an exit costs the penalty; without, a unit not served costs 1, or 2 where it must be.
    """
    problem, n, first = market.problem, len(market.must), len(market.problem.capacity)
    rest = problem.units - market.must
    freely = np.flatnonzero((market.must == 0) & (rest > 0))
    partly = np.flatnonzero((market.must > 0) & (rest > 0))
    own = first + len(exits.capacity) + np.arange(len(partly))
    helping = n + np.arange(len(partly))
    swap = n + len(partly) + np.arange(len(exits.swaps))
    pairs = first + np.array(exits.swaps, dtype=np.int64).reshape(-1, 2)
    users = np.concatenate([freely, helping])
    kin = np.concatenate([market.group, market.group[partly]])
    price = np.concatenate([problem.penalty, np.zeros(len(partly), dtype=np.int64)])
    row, column = exits.uses(users, kin[users], market.groups + 1)
    edge = market.edge
    rows = [problem.row[edge], row, partly, helping, swap, swap]
    columns = [problem.column[edge], first + column, own, own, pairs[:, 0], pairs[:, 1]]
    dear = [problem.cost[edge], price[row], price[partly]]
    row, column, cost = (np.concatenate(part).astype(np.int64) for part in (rows, columns, dear))
    cost = np.concatenate([cost, np.zeros(len(row) - len(cost), dtype=np.int64)]) * costs
    demand = np.concatenate([problem.units, rest[partly], np.ones(len(swap), dtype=np.int64)])
    limit = demand[row] + 1  # never reached: only limits of the problem's own may be in a cut
    edge = np.concatenate([edge, np.full(len(row) - len(edge), -1)])
    if problem.limit is not None:
        limit[: len(market.edge)] = problem.bounds[market.edge]
    places = row * (first + len(exits.capacity) + len(partly)) + column
    order = np.lexsort((column, cost, row)) if costs else np.argsort(places, kind="stable")
    whole = Problem(
        np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(demand)))]),
        column[order],
        cost[order],
        np.concatenate([problem.capacity, exits.capacity, rest[partly]]).astype(np.int64),
        np.concatenate([1 + (market.must > 0), np.ones(len(demand) - n)]).astype(np.int64),
        demand,
        None if problem.limit is None else limit[order],
    )
    return Network(whole, edge[order], kin)


@dataclass(frozen=True, eq=False)
class Oracle:
    """Tells how much of a target each group can have, by flows without costs.

    `kin` is the group of each row of the `network`; a row without an exit must be served.
    """

    market: Market
    network: Problem
    kin: Array
    known: Solution | None
    work_limit: int | None
    notify: Notify | None

    @classmethod
    def of(cls, market: Market, work_limit: int | None, notify: Notify | None) -> Oracle:
        """Return the oracle of a market."""
        exits = market.exits(market.asked[: market.groups])
        network = network_of(market, exits, costs=False)
        return cls(market, network.problem, network.group, None, work_limit, notify)

    def attempt(self, target: Array) -> Solution:
        """Return a flow that serves as many units of the target (n_groups,) as can be.

        Where the optimum for another target is known, only the exits that change are repaired.
        """
        network, first = self._towards(target), len(self.market.problem.capacity)
        if self.known is None:
            return solve(network, work_limit=self.work_limit, notify=self.notify)
        work = {} if self.work_limit is None else {"work_limit": self.work_limit}
        live = LiveMatching(self.network, solution=self.known, notify=self.notify, **work)
        change = network.capacity - self.network.capacity
        for column in (first + np.argsort(-change[first:], kind="stable")).tolist():
            if change[column]:
                live.set_capacity(column, int(network.capacity[column]))
        return live.solution()

    def _towards(self, target: Array) -> Problem:
        """Return the network in which the exits leave the groups their target."""
        first = len(self.market.problem.capacity)
        capacity = self.network.capacity.copy()
        last = first + self.market.groups
        capacity[first:last] = self.market.asked[: self.market.groups] - target
        return replace(self.network, capacity=capacity)

    def reached(self, target: Array, found: Solution) -> tuple[Array, Array]:
        """Return the units (n_groups,) that the flow reaches and the groups in its minimum cut.

        Groups in the cut have all that they can have together; the others have their target.
        """
        groups, first = self.market.groups, len(self.market.problem.capacity)
        short = sums(self.kin, found.unserved, groups + 1)[:groups]
        return target - short, found.column_price[first : first + groups] > 0

    def least(self) -> Array:
        """Return the units (n_groups,) that are served whatever the target."""
        groups = self.market.groups
        spare = sums(self.kin, self.network.units * self._exits(self.network), groups + 1)
        return (self.market.asked - spare)[:groups]

    def cut(self, target: Array, found: Solution) -> Oracle:
        """Return the oracle of those flows that fill the cut, in which its two sides are apart.

        An edge across has a price above its cost, and stays empty; so do the exits of those rows of
        the groups in the cut that are always served. An edge whose limit is in the cut stays full.
        """
        network, u, p = self._towards(target), found.row_price, found.column_price.copy()
        first = len(self.market.problem.capacity)
        exits = p[first : first + self.market.groups]
        exits[:] = exits.clip(
            0, 1
        )  # more than their rows' penalty says no more; seen where no room is
        reduced = network.cost + p[network.column] - u[network.row]
        keep, full = np.flatnonzero(reduced == 0), np.flatnonzero(reduced < 0)
        demand, capacity = network.units.copy(), network.capacity.copy()
        sent = most_units(network)[full]
        np.subtract.at(demand, network.row[full], sent)
        np.subtract.at(capacity, network.column[full], sent)
        width = np.bincount(network.row[keep], minlength=len(demand))
        part = Problem(
            np.concatenate([[0], np.cumsum(width)]),
            network.column[keep],
            network.cost[keep],
            capacity,
            network.penalty,
            demand,
            None if network.limit is None else network.limit[keep],
        )
        part = replace(part, penalty=2 - self._exits(part))
        known = replace(found, flow=found.flow[keep], column_price=p)
        return replace(self, network=part, known=known)

    def _exits(self, network: Problem) -> Array:
        """Return which rows have an exit to a column of their group."""
        first = len(self.market.problem.capacity)
        last = first + self.market.groups + 1
        ways = network.row[(network.column >= first) & (network.column < last)]
        return np.bincount(ways, minlength=len(network.penalty)) > 0
