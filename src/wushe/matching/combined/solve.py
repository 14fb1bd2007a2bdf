"""The combined solver: connected parts, each by the cheapest method that can do it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from wushe.matching.combined.audit import cost_of, keeps_rules, sums
from wushe.matching.combined.layout import Layout, lay_out
from wushe.matching.combined.milp import solve_exactly
from wushe.matching.combined.prices import Pricer, climb
from wushe.matching.combined.problem import Combined, CombinedSolution, total
from wushe.matching.combined.search import Search
from wushe.matching.kernel import solve as solve_plain
from wushe.matching.kernel.problem import Array, Problem

EXACT_EDGES = 8_000
"""Parts with at most this many edges go to HiGHS."""


@dataclass(frozen=True, eq=False)
class _Found:
    """A part's result, on the layout's edges."""

    flow: Array
    bound: int
    column_price: Array
    method: str


@dataclass(frozen=True)
class _Effort:
    """What a part may cost."""

    nodes: int
    rounds: int
    passes: int
    exact_edges: int
    deadline: float | None

    def late(self) -> bool:
        """Return whether the time is up."""
        return self.deadline is not None and time.perf_counter() >= self.deadline

    def left(self) -> float | None:
        """Return the seconds left, None without a limit."""
        return None if self.deadline is None else self.deadline - time.perf_counter()


def solve(
    combined: Combined,
    *,
    nodes: int = 1_000,
    rounds: int = 150,
    passes: int = 8,
    exact_edges: int = EXACT_EDGES,
    time_limit: float | None = None,
) -> CombinedSolution:
    """Return a flow that keeps every rule, and a proven bound.

    Connected parts without rules go to the kernel; parts of at most `exact_edges` edges to HiGHS with
    at most `nodes` branches; the others, and those that HiGHS leaves open, to prices (`rounds` steps)
    and a search (`passes` rounds of moves). The same arrays give the same flow, unless `time_limit`
    (seconds) cuts the work short; it is looked at between steps, the bound stays proven.

    Raises ValueError where a limit is negative or the numbers are too large for exact sums.
    """
    for name, value in {"nodes": nodes, "rounds": rounds, "passes": passes}.items():
        if value < 0:
            raise ValueError(f"{name} is {value}, expected 0 or more")
    deadline = None if time_limit is None else time.perf_counter() + time_limit
    effort = _Effort(nodes, rounds, passes, exact_edges, deadline)
    p, layout = combined.problem, lay_out(combined)
    flow = np.zeros(len(p.cost), dtype=np.int64)
    column_price = np.zeros(len(p.capacity), dtype=np.int64)
    bound = total(p.penalty, p.units)
    methods: dict[str, int] = {}
    for columns, part in _parts(layout):
        found = _solve_part(part, effort)
        flow[part.edge] = found.flow
        column_price[columns] = found.column_price
        bound += found.bound - total(part.penalty, part.demand)
        methods[found.method] = methods.get(found.method, 0) + 1
    return _result(combined, layout, flow, column_price, bound, methods)


def _result(
    combined: Combined,
    layout: Layout,
    flow: Array,
    column_price: Array,
    bound: int,
    methods: dict[str, int],
) -> CombinedSolution:
    """Check the whole flow and price the rows."""
    p = combined.problem
    mine = flow[layout.edge]
    if not keeps_rules(layout, mine) or int(flow.sum()) != int(mine.sum()):
        raise RuntimeError("the combined solver broke a rule: please report this as a bug")
    objective = cost_of(layout, mine)
    row_price = p.penalty.copy()
    np.minimum.at(row_price, p.row, p.cost + column_price[p.column])
    return CombinedSolution(
        flow=flow,
        unserved=p.units - sums(p.row, flow, len(p.penalty)),
        row_price=row_price,
        column_price=column_price,
        objective=objective,
        bound=bound,
        status="optimal" if bound == objective else "bounded",
        method=", ".join(f"{name} {methods[name]}" for name in sorted(methods)),
    )


def _parts(y: Layout) -> list[tuple[Array, Layout]]:
    """Return the connected parts with their columns, those without rules joined into one, first."""
    n, m = len(y.demand), len(y.capacity)
    units, groups = len(y.strict), int(y.one_of.max(initial=-1)) + 1
    ruled = np.zeros(len(y.pair_person), dtype=bool)
    ruled[y.clique_pair] = True
    persons, who = np.unique(y.pair_person[y.pair], return_inverse=True)
    crowded = np.flatnonzero(ruled[y.pair])
    one, two = np.flatnonzero(y.one_of >= 0), np.flatnonzero(y.after >= 0)
    base = n + m
    here = [y.row, np.arange(n), one, two, y.row[crowded]]
    there = [
        n + y.column,
        base + y.unit,
        base + units + y.one_of[one],
        y.after[two],
        base + units + groups + who.ravel()[crowded],
    ]
    size = base + units + groups + len(persons)
    a, b = np.concatenate(here), np.concatenate(there)
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(size, size))
    label = connected_components(graph, directed=False)[1][:n]
    bound_rows = y.strict[y.unit] | (y.one_of >= 0) | (y.after >= 0) | y.whole | (y.visit >= 0)
    special = ruled[y.pair] | (y.step > 1)
    bound_rows[y.row[special]] = True
    tied = np.zeros(int(label.max(initial=-1)) + 1, dtype=bool)
    tied[label[bound_rows]] = True
    part_of = np.where(tied[label], label + 1, 0)[y.row]
    found = []
    order = np.argsort(part_of, kind="stable")
    names, first = np.unique(part_of[order], return_index=True)
    for k, _ in enumerate(names):
        stop = first[k + 1] if k + 1 < len(names) else len(order)
        found.append(_restrict(y, np.sort(order[first[k] : stop])))
    return found


def _solve_part(part: Layout, effort: _Effort) -> _Found:
    relaxed = solve_plain(_relaxed(part))
    bound = relaxed.bound
    if keeps_rules(part, relaxed.flow):
        return _Found(relaxed.flow, bound, relaxed.column_price, "kernel")
    flow = np.zeros(len(part.edge), dtype=np.int64)
    best = _Found(flow, bound, relaxed.column_price, "exact")
    if len(part.edge) <= effort.exact_edges and not effort.late():
        exact = solve_exactly(part, effort.nodes, effort.left())
        usable = exact.flow is not None and keeps_rules(part, exact.flow)
        best = _Found(
            exact.flow if usable and exact.flow is not None else flow,
            max(bound, exact.bound),
            relaxed.column_price,
            "exact",
        )
        if cost_of(part, best.flow) == best.bound:
            return best
    return _by_prices(part, effort, best)


def _by_prices(part: Layout, effort: _Effort, best: _Found) -> _Found:
    """Return the better of `best` and what prices and the search find, in flow and in bound."""
    pricer = Pricer(part)
    if not pricer.safe:
        return replace(best, method="prices")
    stop: Callable[[], bool] = effort.late
    prices = climb(pricer, best.column_price, effort.rounds, stop, cost_of(part, best.flow))
    column_price = best.column_price
    bound = best.bound
    if prices.bound > bound:
        bound = prices.bound
        column_price = (prices.columns + pricer.scale // 2) // pricer.scale
    search = Search(pricer, prices.choice, stop)
    search.run(effort.passes)
    better = search.best_cost < cost_of(part, best.flow)
    flow = search.best if better else best.flow
    return _Found(flow, bound, column_price, "prices")


def _relaxed(part: Layout) -> Problem:
    """Return the kernel's problem: the part without its rules."""
    limit = part.most
    free = np.all(limit >= np.minimum(part.demand[part.row], part.capacity[part.column]))
    return Problem(
        part.start,
        part.column.astype(np.uint32),
        part.cost.astype(np.int32),
        part.capacity,
        part.penalty,
        part.demand,
        None if free else limit,
    )


def _restrict(y: Layout, edges: Array) -> tuple[Array, Layout]:
    """Return the columns and the layout of some connected parts' edges."""
    n = len(y.demand)
    rows = np.unique(y.row[edges])
    inside = np.zeros(n, dtype=bool)
    inside[rows] = True
    kept, pair = np.unique(y.pair[edges], return_inverse=True)
    number = np.full(len(y.pair_person), -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    to = np.cumsum(inside) - 1
    unit_names, unit = np.unique(y.unit[rows], return_inverse=True)
    clique = np.repeat(np.arange(y.cliques), np.diff(y.clique_start))
    mine = number[y.clique_pair] >= 0
    sizes = np.bincount(clique[mine], minlength=y.cliques)
    after = y.after[rows]
    columns, column = np.unique(y.column[edges], return_inverse=True)
    return columns, Layout(
        edge=y.edge[edges],
        row=to[y.row[edges]],
        column=column.ravel(),
        cost=y.cost[edges],
        most=y.most[edges],
        step=y.step[edges],
        pair=pair.ravel(),
        start=np.concatenate([[0], np.cumsum(np.bincount(to[y.row[edges]], minlength=len(rows)))]),
        capacity=y.capacity[columns],
        demand=y.demand[rows],
        penalty=y.penalty[rows],
        none=y.none[rows],
        unit=unit.ravel(),
        strict=y.strict[unit_names],
        visit=np.where(y.visit[rows] >= 0, y.visit[rows], -1),
        whole=y.whole[rows],
        entity=y.entity[rows],
        one_of=y.one_of[rows],
        after=np.where(after >= 0, to[after], -1),
        person=y.person[columns],
        pair_entity=y.pair_entity[kept],
        pair_person=y.pair_person[kept],
        clique_start=np.concatenate([[0], np.cumsum(sizes[sizes > 0])]),
        clique_pair=number[y.clique_pair[mine]],
    )
