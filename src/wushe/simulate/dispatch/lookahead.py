"""Look-ahead with dual prices: a need is served today only where it is worth more than what it uses up.

Futures of the same scenario are simulated with streams of their own. Each day the needs that are open and those
that a future still brings are matched together with what is left; the dual price of an offer, on average over the
futures, is what a unit of it is worth to the days to come. Then today's needs are matched with these prices
added to the costs: who is not worth the price waits. These are the bid prices of network revenue management,
found by the randomized linear programming method (Talluri and van Ryzin, Transportation Science 33, 1999).
Where amounts are small the dual price of a unit is a whole interval, from what one more would save to what one
less would lose (`worth_of_last`). Its middle is taken: at the upper end a need stands in its own way, since waiting
it competes for what it would use, and at the lower end nobody else stands in its way.
"""

from __future__ import annotations

import attrs
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from wushe.matching.kernel import Problem, Solution, solve
from wushe.matching.rounds import Round
from wushe.model.storage import Array
from wushe.plugins.manager import load_plugins
from wushe.simulate.dispatch.hindsight import watch
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.dispatch.watch import Seen
from wushe.simulate.world.scenario import Scenario
from wushe.text import Text

LARGEST_COST = 2**31 - 1
LABEL = Text("前瞻（影子价格）", "look-ahead (dual prices)")


@attrs.frozen(eq=False)
class LookAhead:
    """A `choose` that prices offers by `futures`; it keeps nothing from day to day, and pickles."""

    futures: tuple[Seen, ...]

    def __call__(self, round_: Round) -> Array:
        """Return the flow of most value after prices, int64 (n_edges,)."""
        if not len(round_.problem.cost):
            return round_.empty()
        return serve_at(round_.problem, self.prices(round_))

    def prices(self, round_: Round) -> Array:
        """Return what a unit of each offer is worth to the days to come, on average over the futures, int64."""
        found = [future_prices(round_, future) for future in self.futures]
        mean: Array = np.rint(np.mean(found, axis=0)).astype(np.int64)
        return mean


def look_ahead(
    scenario: Scenario, seed: np.random.SeedSequence, *, futures: int = 12, every: int = 1
) -> Policy:
    """Return the policy that has learnt from `futures` simulated runs of `scenario`.

    `seed` must not be one of the seeds that the policy will be judged by: a future must not be known.
    Raises ValueError for fewer than one future, and where hours serve needs, see `Watch`.
    """
    if futures < 1:
        raise ValueError(f"futures is {futures}; expected at least 1")
    plugins = load_plugins(*scenario.plugins)
    learnt = tuple(watch(scenario, child, plugins) for child in _children(seed, futures))
    return Policy("look_ahead", LABEL, every, choose=LookAhead(learnt))


def _children(seed: np.random.SeedSequence, n: int) -> list[np.random.SeedSequence]:
    """Return what ``seed.spawn(n)`` would of a fresh seed, the same however often it is asked."""
    fresh = np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key)
    return fresh.spawn(n)


def serve_at(problem: Problem, price: Array) -> Array:
    """Return the least-cost flow where each unit of an offer also costs its `price`, int64 (n_edges,).

    Who is worth just the price is served: in the future that sets the price it may be that need itself.
    """
    cost = problem.cost.astype(np.int64) + np.maximum(price - 1, 0)[problem.column]
    worth = np.flatnonzero(cost < np.minimum(problem.penalty[problem.row], LARGEST_COST))
    limit = None if problem.limit is None else problem.limit[worth]
    priced, order = sorted_problem(
        problem.row[worth], problem.column[worth], cost[worth], limit, problem.capacity, problem.penalty, problem.units
    )  # fmt: skip
    flow = np.zeros(len(problem.cost), dtype=np.int64)
    flow[worth[order]] = solve(priced).flow
    return flow


def future_prices(round_: Round, future: Seen) -> Array:
    """Return the dual prices of today's offers if `future` is what comes, float (n_offers,).

    Its needs that begin after today compete with today's for what is left, and have what arrives later beside it.
    """
    p, today = round_.problem, round_.on.toordinal()
    n, m = len(p.penalty), len(p.capacity)
    later = np.flatnonzero(future.first > today)
    need = np.full(len(future.first), -1, dtype=np.int64)
    need[later] = n + np.arange(len(later))
    coming = np.flatnonzero(need[future.row] >= 0)
    held, column_of = _columns(round_, future, coming)
    parcels = _parcels(future, coming, today, m)
    row = np.concatenate([p.row, need[future.row[coming[held]]], need[future.row[parcels[0]]]])
    column = np.concatenate([p.column.astype(np.int64), column_of, parcels[1]])
    edge = np.concatenate([coming[held], parcels[0]])
    penalty, cost = _priced(future, need, edge)
    demand = np.concatenate([p.units, future.asked[later]])
    own = p.units[p.row] if p.limit is None else p.limit
    problem, _ = sorted_problem(
        row,
        column,
        np.concatenate([p.cost.astype(np.int64), cost]),
        np.minimum(np.concatenate([own, future.limit[edge]]), demand[row]),
        np.concatenate([p.capacity, parcels[2]]),
        np.concatenate([p.penalty, penalty]),
        demand,
    )
    optimum = solve(problem)
    middle: Array = (worth_of_last(problem, optimum) + optimum.column_price)[:m] / 2
    return middle


def worth_of_last(problem: Problem, optimum: Solution) -> Array:
    """Return what the optimum would lose if each column had one unit less, int64 (n_columns,).

    Of all prices that prove the optimum these are the highest: the shortest way, in what the flow leaves to
    change, for a unit of the column to move elsewhere. A column without units has the price of the optimum.
    """
    n, m = len(problem.penalty), len(problem.capacity)
    u, price = optimum.row_price, optimum.column_price
    row, column = problem.row, problem.column.astype(np.int64)
    slack = problem.cost + price[column] - u[row]
    most = problem.units[row] if problem.limit is None else problem.limit
    more, used = np.flatnonzero(optimum.flow < most), np.flatnonzero(optimum.flow > 0)
    free = np.flatnonzero(problem.capacity > np.bincount(column, optimum.flow, m))
    served = np.flatnonzero(problem.units > optimum.unserved)
    # From the end backwards: what stays unserved or finds a free unit ends there.
    end = n + m
    tail = np.concatenate([column[more] + n, row[used], np.full(len(free) + len(served), end)])
    head = np.concatenate([row[more], column[used] + n, free + n, served])
    length = np.concatenate([slack[more], -slack[used], np.zeros(len(free)), (problem.penalty - u)[served]])  # fmt: skip
    graph = coo_array((length.astype(float), (tail, head)), shape=(end + 1, end + 1)).tocsr()
    way = dijkstra(graph, indices=[end])[0, n:end]
    lost: Array = price + np.where(np.isfinite(way), np.rint(way), 0).astype(np.int64)
    return lost


def _columns(round_: Round, future: Seen, coming: Array) -> tuple[Array, Array]:
    """Return which pairs to come are with an offer of today (positions in `coming`), and its columns."""
    today = {key: at for at, key in enumerate(round_.offers["id"].tolist())}
    column = np.array([today.get(key, -1) for key in future.offer_ids.tolist()], dtype=np.int64)
    at = column[future.offer[coming]] if len(coming) else np.zeros(0, dtype=np.int64)
    held = np.flatnonzero(at >= 0)
    return held, at[held]


def _parcels(future: Seen, coming: Array, today: int, m: int) -> tuple[Array, Array, Array]:
    """Return pairs with parcels that arrive after today: (pair, column from `m` on, capacity of these columns)."""
    later = np.flatnonzero(future.since > today)
    pairs, columns = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for number, parcel in enumerate(later.tolist()):
        mine = coming[future.offer[coming] == future.parcel[parcel]]
        open_ = mine[future.last[future.row[mine]] >= future.since[parcel]]
        pairs.append(open_)
        columns.append(np.full(len(open_), m + number, dtype=np.int64))
    return np.concatenate(pairs), np.concatenate(columns), future.capacity[later]


def _priced(future: Seen, need: Array, edge: Array) -> tuple[Array, Array]:
    """Return penalties of needs to come and costs of their pairs so that penalty less cost is the value."""
    penalty = np.zeros(len(future.first), dtype=np.int64)
    np.maximum.at(penalty, future.row[edge], future.value[edge])
    cost = penalty[future.row[edge]] - future.value[edge]
    return penalty[need >= 0], cost


def sorted_problem(
    row: Array,
    column: Array,
    cost: Array,
    limit: Array | None,
    capacity: Array,
    penalty: Array,
    demand: Array,
) -> tuple[Problem, Array]:
    """Return the kernel's problem over edges in any order, and where its edges stood."""
    order = np.lexsort((column, cost, row))
    start = np.searchsorted(row[order], np.arange(len(penalty) + 1))
    limit = None if limit is None else limit[order]
    problem = Problem(start, column[order], cost[order], capacity, penalty, demand, limit)
    return problem, order
