"""Lexicographic tiers against HiGHS's integer programs, the musts, the ways out, the refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from wushe.matching.fair import tiers as module
from wushe.matching.fair.tiers import Tier, cheapest, solve_tiers
from wushe.matching.kernel import Problem, solve

Pair = tuple[Any, Any]


def oracle(problem: Problem, tiers: list[Pair]) -> tuple[int, ...]:
    """Return the lexicographic optimum: each tier an integer program that keeps those before it."""
    n, m, e = len(problem.penalty), len(problem.capacity), len(problem.cost)
    matrix = np.zeros((n + m, e + n))
    matrix[problem.row, np.arange(e)] = 1
    matrix[n + problem.column.astype(int), np.arange(e)] = 1
    matrix[np.arange(n), e + np.arange(n)] = 1
    low = np.concatenate([problem.units, np.zeros(m)])
    high = np.concatenate([problem.units, problem.capacity])
    limit = problem.units[problem.row] if problem.limit is None else problem.limit
    bounds = Bounds(0, np.concatenate([limit, problem.units]))
    values: list[int] = []
    for cost, penalty in tiers:
        weights = np.concatenate([cost, penalty]).astype(float)
        rules = LinearConstraint(matrix, low, high)
        whole = np.ones(e + n)
        found = milp(weights, constraints=rules, bounds=bounds, integrality=whole)
        assert found.status == 0
        values.append(round(found.fun))
        matrix = np.vstack([matrix, weights])
        low, high = np.append(low, values[-1]), np.append(high, values[-1])
    return tuple(values)


def draw(rng: np.random.Generator) -> tuple[Problem, list[Pair]]:
    """Draw a tiny instance and its tiers: ties, zero capacity, demands, limits, tiers that say nothing."""
    n, m, most = int(rng.integers(1, 7)), int(rng.integers(1, 5)), int(rng.choice([1, 2, 5, 40]))
    width = rng.integers(0, m + 1, n)
    column = np.concatenate([np.sort(rng.choice(m, k, replace=False)) for k in width])
    e = int(width.sum())
    problem = Problem(
        np.cumsum([0, *width]),
        column.astype(np.int64),
        np.zeros(e, dtype=np.int64),
        rng.integers(0, 2 * most + 1, m),
        np.zeros(n, dtype=np.int64),
        rng.integers(0, most + 1, n),
        rng.integers(0, most + 1, e) if rng.random() < 0.4 else None,
    )
    tiers = []
    for _ in range(int(rng.integers(1, 5))):
        top = int(rng.choice([1, 2, 10, 1000]))
        cost = rng.integers(0, top + 1, e) * (rng.random() < 0.6)
        penalty = rng.integers(0, 2 * top + 1, n) * (rng.random(n) < 0.6)
        tiers.append((cost, penalty))
    return problem, tiers


def disagreements(cases: int, seed: int) -> int:
    """Count the instances whose values differ from the oracle's or are not proven."""
    wrong = 0
    for case in range(cases):
        problem, tiers = draw(np.random.default_rng([seed, case]))
        found = solve_tiers(problem, [Tier(*pair) for pair in tiers])
        sums = tuple(int(c @ found.flow) + int(p @ found.unserved) for c, p in tiers)
        assert found.values == sums
        assert np.all(found.served + found.unserved == problem.units)
        got = np.bincount(problem.column, weights=found.flow, minlength=len(problem.capacity))
        assert np.all(got <= problem.capacity)
        wrong += found.values != oracle(problem, tiers) or not all(found.proven)
    return wrong


# --- against integer programs --------------------------------------------------------------------


@pytest.mark.slow
def test_tiers_agree_with_integer_programs(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Staged solves reach the lexicographic optimum, each tier proven."""
    cases = campaign(tests=150, ci=600, soak=5000)
    wrong = disagreements(cases, seed)
    evidence("tiers_milp", cases=cases, wrong=wrong, seed=seed)
    assert wrong == 0


def test_small_incentives_are_raised_until_the_musts_are_kept(
    monkeypatch: pytest.MonkeyPatch, campaign: Callable[..., int], seed: int
) -> None:
    """Starting from an incentive of 1, which is often too little, the values stay exact."""
    tried: list[int] = []

    def doubling(problem: Problem, rows: bool, columns: bool) -> Any:
        for power in range(16):
            tried.append(power)
            yield 1 << power

    monkeypatch.setattr(module, "_incentives", doubling)
    assert disagreements(campaign(tests=40, ci=200, soak=1000), seed + 1) == 0
    assert max(tried) > 0


def test_highs_keeps_the_musts_where_no_incentive_reaches(
    monkeypatch: pytest.MonkeyPatch, campaign: Callable[..., int], seed: int
) -> None:
    """With incentives of 1 only, HiGHS decides, and its prices prove it."""
    monkeypatch.setattr(module, "_incentives", lambda *_: iter((1,)))
    asked: list[int] = []
    by_highs = module._by_highs

    def counted(*arguments: Any) -> Any:
        asked.append(1)
        return by_highs(*arguments)

    monkeypatch.setattr(module, "_by_highs", counted)
    assert disagreements(campaign(tests=60, ci=300, soak=1000), seed + 2) == 0
    assert asked


# --- what tiers are for --------------------------------------------------------------------------


def test_an_emergency_is_served_first_at_any_price() -> None:
    """The only helper goes to the emergency, though two thousand other units would cost nothing."""
    problem = Problem(
        np.array([0, 1, 2]),
        np.array([0, 0]),
        np.array([0, 0]),
        np.array([2000]),
        np.array([0, 0]),
        np.array([1, 2000]),
    )
    urgent, other, cost = np.array([1, 0]), np.array([0, 10**6]), np.array([10**9, 0])
    found = solve_tiers(problem, [Tier(None, urgent), Tier(None, other), Tier(cost)])
    assert found.served.tolist() == [1, 1999]
    assert found.values == (0, 10**6, 10**9)
    assert (found.status, found.proven) == ("optimal", (True, True, True))


def test_a_later_tier_decides_only_among_the_optima_of_the_earlier(seed: int) -> None:
    """Turning two tiers round changes both values; one tier alone is the kernel's own optimum."""
    rng = np.random.default_rng(seed)
    n, m = 60, 20
    column = np.sort(np.argsort(rng.random((n, m)), axis=1)[:, :5], axis=1).ravel()
    cost, penalty = rng.integers(0, 50, 5 * n), rng.integers(20, 90, n)
    start, room = np.arange(n + 1) * 5, rng.integers(1, 3, m)
    order = np.lexsort((column, cost, np.repeat(np.arange(n), 5)))
    problem = Problem(start, column[order], cost[order], room, penalty)
    weighed, count = Tier(cost[order], penalty), Tier(None, np.ones(n, dtype=np.int64))
    alone = solve_tiers(problem, [weighed])
    assert alone.values == (solve(problem).objective,)
    first, second = solve_tiers(problem, [weighed, count]), solve_tiers(problem, [count, weighed])
    assert first.values[0] == alone.values[0] <= second.values[1]
    assert second.values[0] <= first.values[1]
    assert all(first.proven)
    assert all(second.proven)


def test_a_column_that_must_be_full_is_filled_and_the_bound_is_its_cost() -> None:
    """Two offers of one unit for one unit asked: the dear one must be full, so the cheap one is not."""
    columns = np.array([0, 1])
    problem = Problem(np.array([0, 2]), columns, np.array([1, 7]), np.array([1, 1]), np.array([9]))
    none, second = np.array([False]), np.array([False, True])
    found = cheapest(problem, none, second)
    assert found.flow.tolist() == [0, 1]
    assert (found.objective, found.bound, found.kept, found.status) == (7, 7, True, "optimal")
    both = cheapest(problem, none, np.array([True, True]))
    assert not both.kept


# --- limits and refusals -------------------------------------------------------------------------


def test_without_enough_work_tiers_are_not_called_proven(seed: int) -> None:
    """With a limit of one scan the flow is feasible, the first tier is not proven, nor any after it."""
    rng = np.random.default_rng(seed)
    n, m = 40, 10
    start, column = np.arange(n + 1) * m, np.tile(np.arange(m), n)
    zeros = np.zeros(n * m, dtype=np.int64)
    problem = Problem(start, column, zeros, np.full(m, 3), np.zeros(n, dtype=np.int64))
    tier = Tier(rng.integers(0, 9, n * m), np.full(n, 20))
    found = solve_tiers(problem, [tier, tier], work_limit=1)
    assert (found.proven, found.status) == ((False, False), "work_limit")
    assert found.flow.reshape(n, m).sum(axis=0).max() <= 3


def test_bad_tiers_are_named() -> None:
    """Each refusal says which tier and array, and what was expected."""
    zero = np.array([0])
    problem = Problem(np.array([0, 1]), zero, zero, np.array([1]), zero)
    good = Tier(zero, zero)
    for tiers, said in (
        ([], "tiers is empty, expected at least one Tier"),
        ([Tier(np.array([1, 2]))], r"tiers\[0\].cost has shape \(2,\), expected \(1,\)"),
        ([good, Tier(None, np.array([0.5]))], r"tiers\[1\].penalty holds float64"),
        ([Tier(np.array([-1]))], r"tiers\[0\].cost is out of range: expected 0 to 2147483647"),
        ([Tier(None, np.array([2**62]))], r"tiers\[0\]: demands times costs exceed 2\^62"),
    ):
        with pytest.raises(ValueError, match=said):
            solve_tiers(problem, tiers)
