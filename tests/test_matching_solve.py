"""The exact kernel against solvers that share nothing with it, on friendly and on hostile numbers."""

from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from wushe.matching.solve import Flow, Problem, solve

Edges = list[list[tuple[int, int, int]]]
"""For each row its edges as (cost, column, limit)."""


def problem(edges: Edges, demand: list[int], penalty: list[int], capacity: list[int]) -> Problem:
    """Return the arrays of a problem that is written down row by row."""
    flat = [edge for row in edges for edge in sorted(row)]
    start = np.cumsum([0, *(len(row) for row in edges)])
    cost, column, limit = (np.array([e[i] for e in flat], dtype=np.int64) for i in range(3))
    whole = [np.array(v, dtype=np.int64) for v in (demand, penalty, capacity)]
    return Problem(start, column, cost, limit, *whole)


def edges_of(p: Problem) -> list[tuple[int, int, int, int]]:
    """Return (row, column, cost, limit) of every edge as Python integers."""
    row = np.repeat(np.arange(len(p.demand)), np.diff(p.start))
    return list(
        zip(row.tolist(), p.column.tolist(), p.cost.tolist(), p.limit.tolist(), strict=True)
    )


def optimum(p: Problem) -> int:
    """Return the least cost by networkx's network simplex, in Python integers."""
    graph: Any = nx.MultiDiGraph()
    graph.add_node("sink", demand=sum(p.demand.tolist()))
    for row, (demand, penalty) in enumerate(
        zip(p.demand.tolist(), p.penalty.tolist(), strict=True)
    ):
        graph.add_node(("row", row), demand=-demand)
        graph.add_edge(("row", row), "sink", weight=penalty, capacity=demand)
    for column, capacity in enumerate(p.capacity.tolist()):
        graph.add_edge(("column", column), "sink", weight=0, capacity=capacity)
    for row, column, cost, limit in edges_of(p):
        graph.add_edge(("row", row), ("column", column), weight=cost, capacity=limit)
    return int(nx.network_simplex(graph)[0])


def assert_feasible(p: Problem, flow: Flow) -> None:
    """Check every bound and the objective again, one edge at a time, in Python integers."""
    left, room = p.demand.tolist(), p.capacity.tolist()
    cost = 0
    for (row, column, price, limit), amount in zip(edges_of(p), flow.flow.tolist(), strict=True):
        assert 0 <= amount <= limit
        left[row] -= amount
        room[column] -= amount
        cost += amount * price
    assert min(left, default=0) >= 0
    assert min(room, default=0) >= 0
    assert flow.unserved.tolist() == left
    unserved = sum(n * price for n, price in zip(left, p.penalty.tolist(), strict=True))
    assert flow.objective == cost + unserved


def assert_exact(p: Problem, flow: Flow, best: int) -> None:
    """The flow stands, costs what the oracle found, and proves it itself."""
    assert_feasible(p, flow)
    assert (flow.objective, flow.bound, flow.status, flow.gap) == (best, best, "optimal", 0.0)


AMOUNTS = (1, 3, 60, 10**4, 10**9)
COSTS = (1, 3, 1000, 11_000, 10**8)


def random_problem(rng: np.random.Generator) -> Problem:
    """Draw a tiny instance: ties, zeros, empty rows, huge amounts, binding limits, one column."""
    n, m = int(rng.integers(0, 7)), int(rng.integers(0, 6))
    most, dearest = int(rng.choice(AMOUNTS)), int(rng.choice(COSTS))
    per_row = int(rng.integers(0, 7)) if m else 0
    columns = 1 if rng.random() < 0.15 else max(m, 1)
    edges: Edges = []
    for _ in range(n):
        count = int(rng.integers(0, per_row + 1))
        edges.append(
            [
                (
                    int(rng.integers(0, dearest + 1)),
                    int(rng.integers(0, columns)),
                    int(rng.integers(0, most + 1)) if rng.random() < 0.4 else most,
                )
                for _ in range(count)
            ]
        )
    worth = rng.random()  # service always preferred, sometimes not worth it, or a matter of taste
    penalty = [
        dearest + 1
        if worth < 0.5
        else int(rng.integers(0, dearest + 1))
        if worth < 0.8 or not row
        else row[0][0]
        for row in edges
    ]
    demand = rng.integers(0, most + 1, n).tolist()
    capacity = (rng.integers(0, most + 1, m) * rng.integers(0, 3, m)).tolist()
    return problem(edges, demand, penalty, capacity)


def test_tiny_instances_are_solved_exactly(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Whatever the numbers, objective and bound equal what network simplex finds."""
    count = campaign(tests=400, ci=3000, soak=30_000)
    rng = np.random.default_rng(seed)
    for _ in range(count):
        p = random_problem(rng)
        assert_exact(p, solve(p), optimum(p))
    evidence("kernel_tiny", cases=count, seed=seed, wrong=0)


def test_edges_may_enter_late_and_groups_may_be_small(
    campaign: Callable[..., int], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Column generation from one edge a row, in groups of one edge, changes no optimum."""
    monkeypatch.setattr("wushe.matching.solve.FIRST_EDGES", 1)
    monkeypatch.setattr("wushe.matching.solve.GROUP_EDGES", 1)
    rng = np.random.default_rng([seed, 1])
    for _ in range(campaign(tests=200, ci=1000, soak=10_000)):
        p = random_problem(rng)
        assert_exact(p, solve(p), optimum(p))


def by_integer_program(p: Problem) -> int:
    """Return the least cost by HiGHS's branch and bound over flows and unserved amounts."""
    n, m, k = len(p.demand), len(p.capacity), len(p.cost)
    row = np.repeat(np.arange(n), np.diff(p.start))
    whole = coo_array(
        (np.ones(k + n), (np.r_[row, np.arange(n)], np.arange(k + n))), shape=(n, k + n)
    )
    used = coo_array((np.ones(k), (p.column, np.arange(k))), shape=(m, k + n))
    found = milp(
        np.concatenate([p.cost, p.penalty]),
        integrality=np.ones(k + n),
        bounds=Bounds(0, np.concatenate([p.limit, p.demand])),
        constraints=[
            LinearConstraint(whole.tocsr(), p.demand, p.demand),
            LinearConstraint(used.tocsr(), 0, p.capacity),
        ],
        options={"mip_rel_gap": 0},
    )
    assert found.status == 0
    return round(found.fun)


def structured(
    rng: np.random.Generator, n: int, m: int, degree: int, *, limits: bool, most: int
) -> Problem:
    """Return a city-like instance: scarce columns, costs up to 11,000, penalties above them."""
    edges = [
        [
            (
                int(rng.integers(0, 11_001)),
                int(column),
                int(rng.integers(1, most + 1)) if limits else 10**9,
            )
            for column in rng.choice(m, size=min(degree, m), replace=False)
        ]
        for _ in range(n)
    ]
    demand = rng.integers(1, most + 1, n)
    capacity = np.maximum(1, rng.multinomial(int(demand.sum() * 0.7), np.full(m, 1 / m)))
    penalty = 11_001 + rng.integers(0, 1001, n) * 44
    return problem(edges, demand.tolist(), penalty.tolist(), capacity.tolist())


@pytest.mark.parametrize(
    ("n", "m", "degree", "limits", "most"),
    [
        (300, 60, 12, False, 4),  # the shape of a district: few edges, small amounts
        (300, 60, 12, True, 9),  # donors' limits per need bind
        (80, 80, 70, False, 5),  # dense: most edges enter late, if at all
        (200, 1, 1, False, 50),  # one column for all
        (60, 40, 25, True, 50_000),  # amounts in fen
        (500, 500, 3, False, 1),  # many small components, pure assignment
    ],
)
def test_larger_instances_agree_with_an_integer_program(
    n: int, m: int, degree: int, limits: bool, most: int, seed: int
) -> None:
    """City-shaped instances cost what an independent integer program says."""
    rng = np.random.default_rng([seed, n, m, degree])
    p = structured(rng, n, m, degree, limits=limits, most=most)
    assert_exact(p, solve(p), by_integer_program(p))


def test_no_time_gives_a_flow_and_an_honest_bound(campaign: Callable[..., int], seed: int) -> None:
    """With no time at all the flow is feasible, the bound below the optimum, and nothing is claimed."""
    rng = np.random.default_rng([seed, 2])
    stopped = 0
    for _ in range(campaign(tests=150, ci=1000, soak=5000)):
        p = random_problem(rng)
        flow, best = solve(p, time_limit=0), optimum(p)
        assert_feasible(p, flow)
        assert flow.bound <= best <= flow.objective
        assert flow.gap >= 0
        assert flow.status in ("optimal", "time_limit")
        assert flow.status != "optimal" or flow.objective == flow.bound
        stopped += flow.status == "time_limit"
    assert stopped > 0


def test_a_time_limit_on_a_large_instance_is_said(seed: int) -> None:
    """An instance that needs the program is not called optimal when there was no time for it."""
    p = structured(np.random.default_rng(seed), 200, 20, 10, limits=True, most=9)
    flow = solve(p, time_limit=0)
    assert_feasible(p, flow)
    assert flow.status == "time_limit"
    assert flow.bound <= by_integer_program(p) <= flow.objective


@pytest.mark.parametrize(
    ("edges", "demand", "penalty", "capacity", "best"),
    [
        ([], [], [], [], 0),  # nobody asks and nobody offers
        ([], [], [], [5, 5], 0),  # nobody asks
        ([[], []], [2, 3], [7, 11], [], 47),  # nobody offers: every penalty is paid
        ([[(0, 0, 9)]], [4], [0], [9], 0),  # service and refusal both cost nothing
        ([[(5, 0, 9)]], [4], [5], [9], 20),  # a penalty equal to the cost
        ([[(5, 0, 9)]], [4], [3], [9], 12),  # a penalty below the cost: better not
        ([[(1, 0, 9)]], [0], [9], [9], 0),  # a demand of nothing
        ([[(1, 0, 9)]], [4], [9], [0], 36),  # an offer that is used up
        ([[(1, 0, 0)]], [4], [9], [9], 36),  # a limit of nothing
        ([[(1, 0, 2)]], [4], [9], [9], 20),  # a limit that binds
        ([[(0, 0, 2), (3, 0, 2)]], [4], [9], [9], 6),  # two edges to one column
        ([[(0, 0, 1)], [(0, 0, 1)]], [1, 1], [5, 5], [1], 5),  # a tie for the last piece
        ([[(2, 0, 10**9)]], [10**9], [5], [10**9 - 1], 2 * 10**9 + 3),  # ten million yuan
        ([[(10**9, 0, 10**9)]], [10**9], [10**9 + 1], [10**9], 10**18),  # large times large
        # the cheap column is worth more to the other row
        ([[(0, 0, 1), (1, 1, 1)], [(0, 0, 1), (9, 1, 1)]], [1, 1], [20, 20], [1, 1], 1),
    ],
)
def test_small_cases_worked_out_by_hand(
    edges: Edges, demand: list[int], penalty: list[int], capacity: list[int], best: int
) -> None:
    """Each corner has the cost that a reader can work out."""
    p = problem(edges, demand, penalty, capacity)
    assert_exact(p, solve(p), best)


def test_many_edges_between_one_pair_are_one_component() -> None:
    """256 parallel edges per row (int8 counts would wrap to zero) still share one column."""
    parallel = [(cost, 0, 1) for cost in range(256)]
    p = problem([parallel, parallel], [200, 200], [1000, 1000], [250])
    assert_exact(p, solve(p), optimum(p))


def test_amounts_above_the_precision_of_floats_stay_exact() -> None:
    """Two demands whose sum a float cannot hold do not overfill the column by one."""
    edges: Edges = [[(0, 0, 2**53)], [(0, 0, 1)]]
    p = problem(edges, [2**53, 1], [1, 1], [2**53])
    flow = solve(p)
    assert_feasible(p, flow)
    assert flow.bound <= 1 <= flow.objective


@pytest.mark.parametrize("name", ["cost", "limit", "demand", "penalty", "capacity"])
def test_negative_numbers_are_refused(name: str) -> None:
    """Each array says which of its numbers must not be negative."""
    values: dict[str, list[int]] = {
        "cost": [1],
        "limit": [1],
        "demand": [1],
        "penalty": [2],
        "capacity": [1],
    }
    values[name] = [-1]
    with pytest.raises(ValueError, match=f"{name} must not be negative"):
        Problem(
            np.array([0, 1]),
            np.array([0]),
            *(np.array(values[n]) for n in ("cost", "limit", "demand", "penalty", "capacity")),
        )


def test_rows_that_are_not_sorted_by_cost_are_refused() -> None:
    """A later row may start cheaper than an earlier one ends, but within a row costs rise."""
    one = np.ones(3, dtype=np.int64)
    pair = np.ones(2, dtype=np.int64)
    Problem(np.array([0, 2, 3]), np.zeros(3, int), np.array([4, 5, 1]), one, pair, pair, one)
    with pytest.raises(ValueError, match="sorted by cost"):
        Problem(np.array([0, 2, 3]), np.zeros(3, int), np.array([5, 4, 1]), one, pair, pair, one)


@pytest.mark.parametrize(
    ("demand", "penalty"),
    [
        ([2**40], [2**30]),  # one product
        ([2**31, 2**31], [2**31, 1]),  # the sum of demands counts
        ([2**62, 2**62], [1, 1]),  # the sum itself would wrap round to a negative number
        ([1, 1], [2**62, 1]),  # the penalty alone
    ],
)
def test_numbers_that_would_overflow_are_refused(demand: list[int], penalty: list[int]) -> None:
    """Sums are exact in int64 or the problem is refused before it is solved."""
    with pytest.raises(ValueError, match="exceed 2\\^62"):
        problem([[] for _ in demand], demand, penalty, [])


def test_the_same_problem_gives_the_same_flow(seed: int) -> None:
    """Ties are broken the same way every time."""
    p = structured(np.random.default_rng(seed), 120, 30, 8, limits=True, most=3)
    first, second = solve(p), solve(p)
    assert first.flow.tolist() == second.flow.tolist()
    assert first.column_price.tolist() == second.column_price.tolist()


def test_prices_say_what_one_more_unit_would_save(seed: int) -> None:
    """Adding one unit to the dearest column lowers the cost by at most its price, and by some."""
    p = structured(np.random.default_rng([seed, 3]), 60, 10, 6, limits=False, most=4)
    flow = solve(p)
    column = int(np.argmax(flow.column_price))
    more = p.capacity.copy()
    more[column] += 1
    better = solve(Problem(p.start, p.column, p.cost, p.limit, p.demand, p.penalty, more))
    assert 0 < flow.objective - better.objective <= flow.column_price[column]
