"""Shards against the whole: equal cost, a bound that holds, and the same bytes wherever they ran."""

import hashlib
import importlib.util
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from wushe.matching.kernel import Problem, Solution, solve
from wushe.matching.shards import run as shards_run
from wushe.matching.shards import sharded as shards
from wushe.matching.shards.parts import Piece, components, cut, divide
from wushe.matching.shards.run import open_runner
from wushe.matching.shards.sharded import ShardedSolution, solve_sharded
from wushe.matching.shards.work import Order

Array = Any


def province(
    rng: np.random.Generator,
    *,
    counties: int,
    needs: int,
    offers: int,
    width: int,
    pool: int = 0,
    most: int = 1,
    limited: bool = False,
) -> tuple[Problem, Array]:
    """Return a problem whose needs reach offers of their county, and `pool` columns of the province's."""
    n, own = counties * needs, counties * offers
    county = rng.permutation(np.repeat(np.arange(counties), needs)).astype(np.int32)
    edges: list[list[tuple[int, int]]] = []
    for home in county.tolist():
        local = rng.choice(offers, size=int(rng.integers(0, min(width, offers) + 1)), replace=False)
        common = rng.choice(pool, size=int(rng.integers(0, min(pool, 3) + 1)), replace=False)
        columns = [*(home * offers + local).tolist(), *(own + common).tolist()]
        edges.append(sorted((int(rng.integers(0, 1000)), column) for column in columns))
    cost, column = (np.array([e[i] for row in edges for e in row], dtype=np.int64) for i in (0, 1))
    start = np.cumsum([0, *map(len, edges)])
    # A column that nobody uses comes last; capacities of 0 and scarce counties are drawn, too.
    capacity = rng.integers(0, 2 * most + 1, own + pool + 1)
    capacity[own:] *= max(1, needs // 4)
    demand = rng.integers(0, most + 1, n) if most > 1 else None
    limit = rng.integers(0, most + 1, len(cost)) if limited else None
    problem = Problem(start, column, cost, capacity, rng.integers(0, 3000, n), demand, limit)
    return problem, county


def assert_stands(problem: Problem, found: Solution) -> None:
    """Check flow, prices, cost and bound again, edge by edge, in Python integers."""
    left, room = problem.units.tolist(), problem.capacity.tolist()
    limits = left if problem.limit is None else problem.bounds.tolist()
    u, p = found.row_price.tolist(), found.column_price.tolist()
    units = problem.units.tolist()
    cost = 0
    bound = sum(a * b for a, b in zip(u, units, strict=True))
    bound -= sum(a * b for a, b in zip(p, room, strict=True))
    for number, (row, column) in enumerate(
        zip(problem.row.tolist(), problem.column.tolist(), strict=True)
    ):
        amount, price = int(found.flow[number]), int(problem.cost[number])
        most = units[row] if problem.limit is None else limits[number]
        assert 0 <= amount <= most
        left[row] -= amount
        room[column] -= amount
        cost += amount * price
        bound += min(0, price + p[column] - u[row]) * min(most, units[row])
    assert min(left, default=0) >= 0
    assert min(room, default=0) >= 0
    assert found.unserved.tolist() == left
    assert all(0 <= a <= b for a, b in zip(u, problem.penalty.tolist(), strict=True))
    assert min(p, default=0) >= 0
    cost += sum(a * b for a, b in zip(left, problem.penalty.tolist(), strict=True))
    assert (found.objective, found.bound) == (cost, bound)
    assert bound <= cost


def digest(found: ShardedSolution) -> str:
    """Return a digest of everything that was found."""
    s = found.solution
    whole = hashlib.sha256(repr((s.objective, s.bound, s.status, found.rounds)).encode())
    for values in (s.flow, s.unserved, s.row_price, s.column_price, found.shards, found.shared):
        assert values.dtype == np.int64
        whole.update(values.tobytes())
    return whole.hexdigest()


def draw(rng: np.random.Generator, *, pool: bool) -> tuple[Problem, Array]:
    """Draw a small province: one county or many, units or quantities, with or without limits."""
    return province(
        rng,
        counties=int(rng.integers(1, 7)),
        needs=int(rng.integers(0, 9)),
        offers=int(rng.integers(1, 6)),
        width=int(rng.integers(0, 5)),
        pool=int(rng.integers(1, 5)) if pool else 0,
        most=int(rng.choice([1, 5, 10**6])),
        limited=rng.random() < 0.3,
    )


# --- without shared columns ----------------------------------------------------------------------


def test_shards_that_share_nothing_cost_what_the_whole_costs(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """By county or by connected component, the sum is the optimum of the whole, and proves it."""
    rng = np.random.default_rng(seed)
    cases = campaign(tests=60, ci=1500, soak=10_000)
    for _ in range(cases):
        problem, county = draw(rng, pool=False)
        best = solve(problem).objective
        for label in (county, None):
            found = solve_sharded(problem, shard=label, bundle=1, rounds=1)
            assert_stands(problem, found.solution)
            assert (found.solution.objective, found.status, found.gap) == (best, "optimal", 0.0)
            assert found.shared.tolist() == []
            assert found.rounds == 0
            assert found.shards.sum() == len(problem.penalty)
    evidence("shards_apart", cases=cases, different_cost=0, seed=seed)


# --- with shared columns -------------------------------------------------------------------------


def test_a_shared_pool_is_bounded_as_asked_and_the_bound_holds(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Cost and bound enclose the optimum of the whole, within the gap that was asked for."""
    rng = np.random.default_rng(seed)
    cases = campaign(tests=30, ci=1000, soak=10_000)
    widest, exact, merged = 0.0, 0, 0
    for _ in range(cases):
        problem, county = draw(rng, pool=True)
        best = solve(problem).objective
        found = solve_sharded(problem, shard=county, bundle=1, gap=0.001)
        assert_stands(problem, found.solution)
        assert found.solution.bound <= best <= found.solution.objective
        assert found.gap <= 0.001
        assert (found.status == "optimal") == (found.gap == 0)
        widest, exact = max(widest, found.gap), exact + (found.status == "optimal")
        merged += found.merged
    evidence("shards_pool", cases=cases, widest=widest, exact=exact, merged=merged, seed=seed)


def test_the_exact_optimum_can_be_asked_for(seed: int) -> None:
    """With gap 0 a scarce pool is allotted exactly, and only what is proven is called optimal."""
    rng = np.random.default_rng(seed)
    for _ in range(10):
        problem, county = draw(rng, pool=True)
        found = solve_sharded(problem, shard=county, bundle=1, gap=0.0)
        assert_stands(problem, found.solution)
        assert (found.solution.objective, found.status) == (solve(problem).objective, "optimal")


def test_prices_alone_settle_a_scarce_pool() -> None:
    """Poor and rich counties that compete for one fund: mostly prices prove the gap, nothing is merged."""
    merged = 0
    for draw in range(12):
        problem, county = scarce_pool(np.random.default_rng(draw))
        best = solve(problem)
        fund = len(problem.capacity) - 1
        assert best.column_price[fund] > 0
        found = solve_sharded(problem, shard=county, bundle=1)
        assert_stands(problem, found.solution)
        assert found.solution.bound <= best.objective <= found.solution.objective
        assert 0 < found.rounds < shards.ROUNDS
        assert found.gap <= 0.001
        assert found.shared.tolist() == [fund]
        merged += found.merged
    assert merged <= 6


def test_a_wide_gap_is_mended_as_one_problem(seed: int) -> None:
    """Where the rounds end too early, the flows are merged rather than the gap exceeded."""
    problem, county = scarce_pool(np.random.default_rng(seed))
    found = solve_sharded(problem, shard=county, bundle=1, rounds=1, gap=1e-9)
    assert found.merged
    assert found.solution.objective == found.solution.bound == solve(problem).objective


def scarce_pool(rng: np.random.Generator) -> tuple[Problem, Array]:
    """Return six counties, the first ones poor, whose 600 needs may all turn to one fund for 80."""
    needs, edges, capacity = 100, [], []
    for county in range(6):
        capacity += rng.multinomial(30 + 14 * county, np.full(40, 1 / 40)).tolist()
        for _ in range(needs):
            local = rng.choice(40, size=6, replace=False) + 40 * county
            row = [(int(rng.integers(0, 500)), int(column)) for column in local]
            edges.append(sorted([*row, (int(rng.integers(600, 900)), 240)]))
    cost, column = (np.array([e[i] for row in edges for e in row]) for i in (0, 1))
    start = np.arange(0, len(cost) + 1, 7)
    penalty = rng.integers(1000, 5000, len(edges))
    problem = Problem(start, column, cost, np.array([*capacity, 80]), penalty)
    return problem, np.repeat(np.arange(6), needs)


# --- how a problem falls apart -------------------------------------------------------------------


def test_components_are_numbered_by_their_first_rows() -> None:
    """Rows that reach a common column belong together, also by way of others; the rest stands alone."""
    start = np.array([0, 1, 1, 3, 4, 5])
    problem = Problem(
        start, np.array([2, 0, 1, 0, 2]), np.arange(5), np.ones(4, int), np.ones(5, int)
    )
    assert components(problem).tolist() == [0, 1, 2, 2, 0]
    empty = np.zeros(0, dtype=np.int64)
    assert components(Problem(np.array([0]), empty, empty, empty, empty)).tolist() == []


def test_small_shards_are_put_together_in_order() -> None:
    """Shards follow their numbers, not their rows; no row is lost, a large shard stays whole."""
    rng = np.random.default_rng(0)
    problem, _ = province(rng, counties=1, needs=60, offers=5, width=3)
    label = rng.integers(-3, 9, 60)
    one_by_one = divide(problem, label, 1)
    assert one_by_one.max() + 1 == len(np.unique(label))
    together = divide(problem, label, 40)
    assert np.all(np.diff(together[np.argsort(label, kind="stable")]) >= 0)
    parts = cut(problem, together)
    assert 1 < len(parts) < len(np.unique(label))
    assert sorted(np.concatenate([part.rows for part in parts]).tolist()) == list(range(60))
    assert divide(problem, label, 10**9).max() == 0


def test_degenerate_problems_are_solved() -> None:
    """No rows, no edges, no columns, one shard, a pool of nothing."""
    empty = np.zeros(0, dtype=np.int64)
    nothing = solve_sharded(Problem(np.array([0]), empty, empty, empty, empty))
    assert (nothing.solution.objective, nothing.shards.tolist()) == (0, [])
    lonely = Problem(np.zeros(4, int), empty, empty, np.ones(2, int), np.array([5, 6, 7]))
    found = solve_sharded(lonely, shard=np.array([4, 4, 2]), bundle=1)
    assert (found.solution.objective, found.status, found.shards.tolist()) == (
        18,
        "optimal",
        [1, 2],
    )
    useless = Problem(np.arange(4), np.zeros(3, int), np.ones(3, int), np.array([0]), np.full(3, 9))
    found = solve_sharded(useless, shard=np.arange(3), bundle=1)
    assert (found.solution.objective, found.status, found.shared.tolist()) == (27, "optimal", [])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"workers": 0}, "workers is 0, expected 1 or more"),
        ({"gap": -0.1}, "gap is -0.1, expected 0 or more"),
        ({"gap": 1.0}, "gap is 1.0, expected 0 or more"),
        ({"rounds": 0}, "rounds is 0, expected 1 or more"),
        ({"bundle": 0}, "bundle is 0, expected 1 or more"),
        (
            {"shard": np.zeros(2, int)},
            r"shard has shape \(2,\), expected one number per row, \(3,\)",
        ),
        ({"shard": np.zeros(3)}, "shard holds float64, expected integers"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, Any], message: str) -> None:
    """Each says what it is and what was expected."""
    empty = np.zeros(0, dtype=np.int64)
    problem = Problem(np.zeros(4, int), empty, empty, np.ones(2, int), np.array([5, 6, 7]))
    with pytest.raises(ValueError, match=message):
        solve_sharded(problem, **wrong)


# --- wherever they ran ---------------------------------------------------------------------------


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes start for small problems, too."""
    monkeypatch.setattr(shards, "WORTHWHILE", 0)


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Return a client of a Dask cluster of two processes on this machine."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("dask.distributed is not installed: pip install wushe[distributed]")
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        Client(local) as client,
    ):
        yield client


def mixed(rng: np.random.Generator) -> tuple[Problem, Array]:
    """Return three counties, one of them large enough for compiled code, that share a pool."""
    problem, county = province(rng, counties=3, needs=900, offers=300, width=30, pool=6)
    county[(county == 2) & (rng.random(len(county)) < 0.9)] = 0
    return problem, county


@pytest.mark.slow
def test_two_processes_give_the_same_bytes(at_once: None, seed: int) -> None:
    """One process or two, with a shared pool and without: flow, prices, bound, rounds are the same."""
    rng = np.random.default_rng(seed)
    for problem, county in (mixed(rng), draw(rng, pool=False)):
        one, two = (
            solve_sharded(problem, shard=county, bundle=1, rounds=2, workers=workers)
            for workers in (1, 2)
        )
        assert digest(one) == digest(two)


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bytes(cluster: Any, seed: int) -> None:
    """Workers of a Dask cluster in processes of their own, named by client or by address."""
    rng = np.random.default_rng(seed)
    for (problem, county), name in (
        (mixed(rng), cluster),
        (draw(rng, pool=True), cluster.scheduler.address),
    ):
        here, there = (
            solve_sharded(problem, shard=county, bundle=1, rounds=2, cluster=where)
            for where in (None, name)
        )
        assert digest(here) == digest(there)


def bad_order() -> tuple[list[Piece], list[Order]]:
    """Return two pieces and orders for them, the second with one value too many."""
    problem, county = scarce_pool(np.random.default_rng(1))
    pieces = [part.piece for part in cut(problem, divide(problem, county // 3, 1))]
    return pieces, [Order("allot", np.array([20])), Order("allot", np.array([20, 20]))]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_reaches_the_caller(workers: int) -> None:
    """The same exception comes out of a process as of a call, and no process is left."""
    pieces, orders = bad_order()
    with (
        pytest.raises(ValueError, match="cannot assign 2 input values") as caught,
        open_runner(pieces, workers, None, None) as run,
    ):
        run(orders)
    assert multiprocessing.active_children() == []
    if workers > 1:
        assert "in a worker process" in caught.value.__notes__[0]


def test_a_worker_that_dies_is_reported() -> None:
    """A process that was killed ends in an error that says so; nothing hangs."""
    pieces, orders = bad_order()
    with open_runner(pieces, 2, None, None) as run:
        multiprocessing.active_children()[0].kill()
        with pytest.raises(RuntimeError, match="a worker process ended before it answered"):
            run(orders)
    assert multiprocessing.active_children() == []


def test_an_interrupt_closes_the_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while waiting for the workers goes up at once and leaves none of them."""

    def interrupt(ends: Any) -> Any:
        """Stand for a wait that Ctrl-C ends."""
        raise KeyboardInterrupt

    monkeypatch.setattr(shards_run, "wait", interrupt)
    pieces, orders = bad_order()
    with pytest.raises(KeyboardInterrupt), open_runner(pieces, 2, None, None) as run:
        run(orders)
    assert multiprocessing.active_children() == []


def test_small_problems_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are not started where they would take longer than the answer."""
    monkeypatch.setattr(multiprocessing, "get_context", None)
    problem, county = scarce_pool(np.random.default_rng(2))
    assert solve_sharded(problem, shard=county, bundle=1, workers=8).gap <= 0.001


def test_a_cluster_needs_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dask.distributed the error names what to install."""
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    problem, county = scarce_pool(np.random.default_rng(2))
    with pytest.raises(ImportError, match=r"pip install wushe\[distributed\]"):
        solve_sharded(problem, shard=county, bundle=1, cluster="tcp://127.0.0.1:1")
