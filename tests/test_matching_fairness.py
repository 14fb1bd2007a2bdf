"""Fairness between groups: brute force over every outcome, exact shares, what a result reports."""

import math
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from wushe.matching.fair.fairness import KINDS, FairSolution, Kind, solve_fairly
from wushe.matching.fair.shares import Gain, rank, share_out
from wushe.matching.kernel import Problem, solve

Outcomes = dict[tuple[int, ...], int]


def make(
    edges: list[list[tuple[int, int]]],
    capacity: list[int],
    penalty: list[int],
    demand: list[int] | None = None,
) -> Problem:
    """Return the problem whose rows list their edges as (cost, column)."""
    flat = [edge for row in edges for edge in sorted(row)]
    cost, column = (np.array([edge[i] for edge in flat], dtype=np.int64) for i in (0, 1))
    start = np.cumsum([0, *(len(row) for row in edges)])
    units = None if demand is None else np.array(demand)
    return Problem(start, column, cost, np.array(capacity), np.array(penalty), units)


def sendings(room: list[int], amount: int) -> Iterator[list[int]]:
    """Yield all ways to send at most `amount` units through edges with this room."""
    if not room:
        yield []
        return
    for first in range(min(room[0], amount) + 1):
        for rest in sendings(room[1:], amount - first):
            yield [first, *rest]


def outcomes(problem: Problem, must: list[int]) -> Outcomes:
    """Return the least cost of every vector of units that the rows can get together."""
    states: dict[tuple[tuple[int, ...], tuple[int, ...]], int]
    states = {(tuple(problem.capacity.tolist()), ()): 0}
    for row, (units, price) in enumerate(zip(problem.units, problem.penalty, strict=True)):
        span = range(problem.start[row], problem.start[row + 1])
        span = [e for e in span if problem.cost[e] <= price or must[row]]
        most = [units if problem.limit is None else problem.bounds[e] for e in span]
        reached: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        for (room, served), cost in states.items():
            for sent in sendings([int(k) for k in most], int(units)):
                left = list(room)
                for e, amount in zip(span, sent, strict=True):
                    left[problem.column[e]] -= amount
                if min(left, default=0) < 0 or sum(sent) < must[row]:
                    continue
                total = cost + int(price) * (int(units) - sum(sent))
                total += sum(int(problem.cost[e]) * k for e, k in zip(span, sent, strict=True))
                key = tuple(left), (*served, sum(sent))
                reached[key] = min(total, reached.get(key, total))
        states = reached
    found: Outcomes = {}
    for (_, served), cost in states.items():
        found[served] = min(cost, found.get(served, cost))
    return found


def merit(kind: Kind, served: list[int], asked: list[int], share: Fraction) -> Any:
    """Return how fair these units are, as the kind defines it: larger is fairer."""
    ratios = [Fraction(k, a) for k, a in zip(served, asked, strict=True) if a]
    if kind == "floor":
        aims = [math.ceil(share * a) for a in asked]
        lacking = sum(max(0, aim - k) for aim, k in zip(aims, served, strict=True))
        capped = [min(k, aim) for k, aim in zip(served, aims, strict=True)]
        return sorted(Fraction(k, a) for k, a in zip(capped, asked, strict=True) if a), -lacking
    if kind == "maximin":
        return min(ratios, default=Fraction(1))
    if kind == "leximin":
        return sorted(ratios)
    if kind == "proportional":
        with_none = sum(a for k, a in zip(served, asked, strict=True) if k == 0)
        product = math.prod(k**a for k, a in zip(served, asked, strict=True) if k)
        return -with_none, product
    return 0


def draw(rng: np.random.Generator) -> tuple[Problem, np.ndarray[Any, Any]]:
    """Draw a tiny instance with at most 8 places: ties, empty rows, no capacity, limits, no group."""
    n, m, most = int(rng.integers(2, 9)), int(rng.integers(1, 5)), int(rng.choice([1, 1, 2, 3]))
    dear = int(rng.choice([1, 3, 50]))
    poor = rng.random() < 0.3  # few edges are worth their row's penalty
    rows = [
        [
            (int(rng.integers(0, dear + 1)), int(c))
            for c in rng.choice(m, int(rng.integers(0 if poor else 1, m + 1)), replace=poor)
        ]
        for _ in range(n)
    ]
    problem = make(
        rows,
        rng.integers(0, 4 if poor else max(2, most * n // m), m).tolist(),
        rng.integers(0 if poor else dear, 2 * dear + 2, n).tolist(),
        rng.integers(0 if poor else 1, most + 1, n).tolist(),
    )
    if rng.random() < 0.3:
        limit = rng.integers(0, most + 1, len(problem.cost))
        columns = problem.start, problem.column, problem.cost, problem.capacity
        problem = Problem(*columns, problem.penalty, problem.units, limit)
    lowest = -1 if rng.random() < 0.3 else 0
    return problem, rng.integers(lowest, int(rng.integers(1, n + 1)), n)


def city(needs: int, places: int, seed: int, *, units: int = 1) -> tuple[Problem, Any]:
    """Return a middling city whose places differ in their means."""
    rng = np.random.default_rng(seed)
    offers, width = needs // 3, 6
    home = rng.random((offers, 2)) ** 1.5
    here = rng.random((needs, 2))
    far = np.linalg.norm(here[:, None] - home[None], axis=2)
    column = np.argsort(far, axis=1)[:, :width]
    cost = (1000 * np.take_along_axis(far, column, axis=1)).astype(np.int64)
    rows = [
        list(zip(c, k, strict=True)) for c, k in zip(cost.tolist(), column.tolist(), strict=True)
    ]
    demand = rng.integers(1, units + 1, needs).tolist()
    capacity = rng.multinomial(int(0.8 * sum(demand)), np.full(offers, 1 / offers)).tolist()
    problem = make(rows, capacity, rng.integers(500, 5000, needs).tolist(), demand)
    return problem, (here[:, 0] * places).astype(np.int64)


def assert_stands(problem: Problem, found: FairSolution) -> None:
    """The flow keeps all bounds and costs what it says; the figures of the groups add up."""
    got = np.add.reduceat(np.append(found.flow, 0), problem.start[:-1]) * (
        np.diff(problem.start) > 0
    )
    assert found.flow.min(initial=0) >= 0
    assert np.all(got + found.fair.unserved == problem.units)
    assert found.fair.unserved.min(initial=0) >= 0
    used = np.bincount(problem.column, weights=found.flow, minlength=len(problem.capacity))
    assert np.all(used <= problem.capacity)
    if problem.limit is not None:
        assert np.all(found.flow <= problem.limit)
    cost = int(problem.cost @ found.flow) + int(problem.penalty @ found.fair.unserved)
    assert found.fair.objective == cost
    assert found.status == "optimal"
    assert found.fair.bound in (None, cost)
    assert found.price_of_fairness >= 0


# --- against brute force ------------------------------------------------------------------------


@pytest.mark.slow
def test_every_kind_is_the_fairest_and_the_cheapest_of_these(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Brute force over every outcome of at most 8 places finds none fairer, none as fair cheaper."""
    cases = campaign(tests=40, ci=250, soak=3000)
    wrong = 0
    for case in range(cases):
        rng = np.random.default_rng([seed, case])
        problem, group = draw(rng)
        must = np.zeros(len(group), dtype=np.int64)
        reachable = outcomes(problem, must.tolist())
        if rng.random() < 0.4:
            some = list(reachable)[int(rng.integers(len(reachable)))]
            must = np.minimum(some, rng.integers(0, 4, len(group)))
            reachable = outcomes(problem, must.tolist())
        groups = int(group.max()) + 1
        asked = [int(problem.units[group == g].sum()) for g in range(groups)]
        share = Fraction(int(rng.integers(0, 5)), 4)
        for kind in KINDS:
            best = max(
                (merit(kind, _by_group(rows, group, groups), asked, share), -cost)
                for rows, cost in reachable.items()
            )
            found = solve_fairly(problem, group, kind, share=share, must=must)
            assert_stands(problem, found)
            assert np.all(problem.units - found.fair.unserved >= must)
            mine = merit(kind, found.served.tolist(), asked, share), -found.fair.objective
            wrong += mine != best
    evidence("fairness_brute_force", cases=cases * len(KINDS), wrong=wrong, seed=seed)
    assert wrong == 0


def _by_group(rows: tuple[int, ...], group: Any, groups: int) -> list[int]:
    return [int(sum(np.array(rows)[group == g])) for g in range(groups)]


@pytest.mark.slow
def test_no_exchange_between_places_makes_a_city_fairer(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """In cities no place can gain a unit, and none by another's loss at a later rank: the optimum.

    Which places could lose a unit for which is found by a search of its own through the final flow.
    """
    cases = campaign(tests=2, ci=10, soak=200)
    pairs = 0
    for case in range(cases):
        problem, group = city(600, 40, seed + case, units=(1, 5)[case % 2])
        for kind in ("leximin", "proportional"):
            found = solve_fairly(problem, group, kind)
            assert_stands(problem, found)
            asked, served = found.asked.tolist(), found.served.tolist()
            for more in range(40):
                if served[more] == asked[more]:
                    continue
                free, losers = gain_one(problem, group, found.flow, more)
                assert not free
                gain = rank(kind, served[more], asked[more])
                for less in sorted(losers - {more}):
                    assert not gain < rank(kind, served[less] - 1, asked[less])
                    pairs += 1
    evidence("fairness_exchanges", cases=cases, exchanges=pairs, seed=seed)
    assert pairs > 0


def gain_one(problem: Problem, group: Any, flow: Any, more: int) -> tuple[bool, set[int]]:
    """Return whether group `more` can gain a unit from free capacity, and who could lose it one."""
    column, row, groups = problem.column.tolist(), problem.row.tolist(), group.tolist()
    got = np.bincount(row, weights=flow, minlength=len(group))
    used = np.bincount(column, weights=flow, minlength=len(problem.capacity))
    holders: list[list[int]] = [[] for _ in problem.capacity]
    for e in np.flatnonzero(flow).tolist():
        holders[column[e]].append(row[e])
    waiting = [i for i in range(len(groups)) if groups[i] == more and got[i] < problem.units[i]]
    seen, columns, losers = set(waiting), set[int](), set[int]()
    while waiting:
        i = waiting.pop()
        for e in range(problem.start[i], problem.start[i + 1]):
            j = column[e]
            if problem.cost[e] > problem.penalty[i] or j in columns:
                continue
            if used[j] < problem.capacity[j]:
                return True, losers
            columns.add(j)
            losers |= {groups[k] for k in holders[j]}
            waiting += [k for k in holders[j] if k not in seen]
            seen |= set(holders[j])
    return False, losers


def test_places_of_several_layers_stay_apart(seed: int) -> None:
    """Where a poor place is held back by its own means, richer ones are not made to wait for it.

    Solved as in a city, with the flows of earlier rounds as starts and without: the units agree.
    """
    problem, group = city(240, 12, seed)
    found = solve_fairly(problem, group, "leximin")
    assert_stands(problem, found)
    assert found.layer.max() > 0
    poorest = found.coverage[found.layer == 0]
    assert poorest.max() <= found.coverage.max()
    units = problem.units - found.fair.unserved
    assert np.array_equal(np.bincount(group, weights=units), found.served)
    assert found.coverage.min() >= found.plain_coverage.min()


# --- large numbers ------------------------------------------------------------------------------


def test_units_of_any_size_are_shared_exactly() -> None:
    """Fen: two places of 10^12 and 2 * 10^12 + 1 share an odd fund; the last fen goes by the rank."""
    asked = [10**12, 2 * 10**12 + 1]
    problem = make([[(0, 0)], [(0, 0)]], [15 * 10**11 + 1], [1, 1], asked)
    for kind in ("leximin", "proportional"):
        found = solve_fairly(problem, np.array([0, 1]), kind)
        assert_stands(problem, found)
        assert found.served.sum() == 15 * 10**11 + 1
        assert found.served.tolist() == share_out(kind, asked, [0, 0], asked, 15 * 10**11 + 1)
        assert found.coverage.max() - found.coverage.min() < 1e-11


@pytest.mark.parametrize("kind", ["leximin", "proportional"])
def test_sharing_out_is_the_greedy_unit_by_unit(kind: Any, seed: int) -> None:
    """From a guessed level or one unit at a time: the same merit for any total and any least."""
    rng = np.random.default_rng(seed)
    for _ in range(60):
        asked = rng.integers(1, 30, int(rng.integers(1, 6))).tolist()
        least = [int(rng.integers(0, a + 1)) if rng.random() < 0.3 else 0 for a in asked]
        most = [int(rng.integers(low, a + 1)) for low, a in zip(least, asked, strict=True)]
        total = int(rng.integers(sum(least), sum(most) + 1))
        units = list(least)
        for _ in range(total - sum(units)):
            _, g = min(
                (rank(kind, k, a), g)
                for g, (k, a) in enumerate(zip(units, asked, strict=True))
                if k < most[g]
            )
            units[g] += 1
        found = share_out(kind, asked, least, most, total)
        assert sum(found) == total
        assert all(low <= k <= top for low, k, top in zip(least, found, most, strict=True))
        half = Fraction(1, 2)
        assert merit(kind, found, asked, half) == merit(kind, units, asked, half)


def test_gains_that_floats_cannot_tell_apart_are_compared_exactly() -> None:
    """Gains that differ in the 30th digit are ordered as 200 digits order them; equal ones are equal."""
    context = Context(prec=200)
    for k, a, other in (
        (10**15, 10**15, (10**15 + 1, 10**15 + 1)),
        (10**14, 3 * 10**14, (10**14 // 3, 10**14)),
        (2, 10**9, (5 * 10**8, 10**17)),
    ):
        mine, its = Gain(k, a), Gain(*other)
        exact = [
            context.multiply(
                Decimal(w), context.subtract(context.ln(Decimal(u + 1)), context.ln(Decimal(u)))
            )
            for u, w in ((k, a), other)
        ]
        assert (mine < its) == (exact[0] > exact[1])
        assert (its < mine) == (exact[1] > exact[0])
    assert Gain(7, 9) == Gain(7, 9)
    assert not Gain(7, 9) < Gain(7, 9)
    assert Gain(0, 9) < Gain(0, 8) < Gain(1, 10**9)
    assert len({Gain(7, 9), Gain(7, 9), Gain(9, 7)}) == 2


# --- what a result reports ----------------------------------------------------------------------


def test_the_price_of_fairness_is_counted_in_cost_units_and_households() -> None:
    """Plainly the near place gets both units; leximin gives one to the far place at a cost of 4.

    The two rows of household 7 lose one unit together; the households of the others gain or keep.
    """
    near, far = [(1, 0)], [(5, 0)]
    problem = make([near, near, far], [2], [9, 9, 9])
    group, household = np.array([0, 0, 1]), np.array([7, 7, 3])
    plain = solve_fairly(problem, group, "none")
    assert (plain.price_of_fairness, plain.units_lost, plain.worse_off(household)) == (0, 0, 0)
    assert plain.coverage.tolist() == [1.0, 0.0]
    found = solve_fairly(problem, group, "leximin")
    assert found.coverage.tolist() == [0.5, 1.0]
    assert found.plain_coverage.tolist() == [1.0, 0.0]
    assert (found.price_of_fairness, found.units_lost, found.worse_off(household)) == (4, 0, 1)
    assert found.worse_off(np.array([-1, -1, 3])) == 0
    assert found.layer.tolist() == [0, 0]


def test_fairness_may_serve_more_and_priorities_decide_inside_a_group() -> None:
    """A group with one unit for three rows serves the one whose penalty is highest."""
    problem = make([[(1, 0)], [(1, 0)], [(1, 0)]], [1], [3, 9, 5])
    found = solve_fairly(problem, np.zeros(3, dtype=int), "maximin")
    assert found.fair.unserved.tolist() == [1, 0, 1]
    assert (found.units_lost, found.price_of_fairness) == (0, 0)


def test_nobody_is_sent_where_the_plain_objective_would_rather_send_nobody() -> None:
    """An edge that costs more than its row's penalty is no option, unless the row must be served."""
    problem = make([[(9, 0)]], [1], [3])
    group = np.array([0])
    assert solve_fairly(problem, group, "leximin").served.tolist() == [0]
    found = solve_fairly(problem, group, "leximin", must=np.array([1]))
    assert found.served.tolist() == [1]
    assert found.plain.objective == found.fair.objective == 9


def test_a_share_is_meant_as_written() -> None:
    """A tenth of ten is one unit, not two because the binary number next to 0.1 is a little more."""
    problem = make([[(5, 0)], [(1, 0)]], [10], [9, 9], [10, 10])
    group = np.array([0, 1])
    assert solve_fairly(problem, group, "floor", share=0.1).served.tolist() == [1, 9]
    assert solve_fairly(problem, group, "floor", share="3/10").served.tolist() == [3, 7]
    assert solve_fairly(problem, group, "floor", share=Fraction(1)).served.sum() == 10


def test_nothing_asked_is_covered_and_nothing_given_is_no_error() -> None:
    """No rows, no groups, a number without rows, and no edges at all."""
    nothing = make([], [3], [])
    assert solve_fairly(nothing, np.zeros(0, dtype=int), "leximin").status == "optimal"
    alone = make([[(1, 0)]], [1], [2])
    for kind in KINDS:
        ungrouped = solve_fairly(alone, np.array([-1]), kind)
        assert ungrouped.fair.objective == solve(alone).objective
        gap = solve_fairly(make([[(1, 0)], []], [1], [2, 2]), np.array([0, 2]), kind)
        assert gap.coverage.tolist() == [1.0, 1.0, 0.0]


# --- refusals and limits -------------------------------------------------------------------------


def test_bad_input_is_named() -> None:
    """Each refusal says which array, which value and what was expected."""
    problem = make([[(1, 0)], [(1, 0)]], [1], [2, 2])
    group = np.array([0, 1])
    for arguments, said in (
        ({"kind": "equal"}, "kind is 'equal', expected one of none"),
        ({"group": np.array([0])}, r"group has shape \(1,\), expected \(2,\)"),
        ({"group": np.array([0, -2])}, r"group\[1\] is -2, expected -1 or more"),
        ({"group": np.array([0.5, 1])}, "group holds float64, expected integers"),
        ({"must": np.array([2, 0])}, r"must\[0\] is 2, expected 0 to its demand, 1"),
        ({"must": np.array([1, 1])}, "must asks for more than can be served together"),
        ({"kind": "floor", "share": "half"}, "share is 'half', expected a number from 0 to 1"),
        ({"kind": "floor", "share": 1.5}, "share is 1.5, expected a number from 0 to 1"),
    ):
        given: dict[str, Any] = {"group": group, "kind": "leximin", **arguments}
        with pytest.raises(ValueError, match=said):
            solve_fairly(problem, **given)
    dear = make([[(1, 0)]], [1], [2**31])
    with pytest.raises(ValueError, match=r"penalty\[0\] is 2147483648, expected less than 2\^31"):
        solve_fairly(dear, np.array([0]), "leximin")
    with pytest.raises(ValueError, match=r"codes\[1\] is -5"):
        solve_fairly(problem, group, "none").worse_off(np.array([0, -5]))


def test_without_enough_work_the_result_says_so(seed: int) -> None:
    """A work limit gives a feasible flow and no claim; it neither raises nor hangs."""
    problem, group = city(120, 4, seed)
    found = solve_fairly(problem, group, "leximin", work_limit=10)
    assert found.status == "work_limit"
    used = np.bincount(problem.column, weights=found.flow, minlength=len(problem.capacity))
    assert np.all(used <= problem.capacity)
