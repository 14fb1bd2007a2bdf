"""Teams, visits, chains, windows and packs, against exhaustive search."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from wushe.matching.combined import Combined, CombinedSolution, solve
from wushe.matching.kernel import Problem

Array = Any


# --- an independent judge: plain loops over the given arrays, nothing of the solver ---------------


def flaws(given: Combined, flow: list[int]) -> list[str]:
    """Return what is wrong with a flow."""
    p, found = given.problem, []
    n, m = len(p.penalty), len(p.capacity)
    got, spent = [0] * n, [0] * m
    users: dict[int, set[int]] = {r: set() for r in range(n)}
    columns: dict[int, set[int]] = {r: set() for r in range(n)}
    for r in range(n):
        for e in range(p.start[r], p.start[r + 1]):
            j, units = int(p.column[e]), flow[e]
            if units < 0 or (p.limit is not None and units > p.limit[e]):
                found.append(f"edge {e} carries {units}")
            if given.pack is not None and units % given.pack[j]:
                found.append(f"edge {e} breaks a pack")
            got[r] += units
            spent[j] += units
            if units:
                users[r].add(int(given.person[j]) if given.person is not None else j)
                columns[r].add(j)
    found += [f"row {r} has too much" for r in range(n) if got[r] > p.units[r]]
    found += [f"column {j} is overdrawn" for j in range(m) if spent[j] > p.capacity[j]]
    return found + _broken(given, got, users, columns)


def crowds(given: Combined) -> set[int]:
    """Return the persons with many hands."""
    flags = [] if given.many is None else given.many.tolist()
    return {int(given.persons[j]) for j, flag in enumerate(flags) if flag}


def groups(given: Combined, name: str) -> list[list[int]]:
    """Return the rows of each group of a rule."""
    values = getattr(given, name)
    names = [] if values is None else sorted({int(v) for v in values if v >= 0})
    return [[r for r in range(len(values)) if values[r] == k] for k in names]


def _broken(
    given: Combined, got: list[int], users: dict[int, set[int]], columns: dict[int, set[int]]
) -> list[str]:
    full = [units == wanted for units, wanted in zip(got, given.problem.units, strict=True)]
    found = [
        f"{name} {rows} is served in part"
        for name in ("team", "visit")
        for rows in groups(given, name)
        if any(got[r] for r in rows) and not all(full[r] for r in rows)
    ]
    for rows in groups(given, "visit"):
        if len(set().union(*(users[r] for r in rows))) > 1:
            found.append(f"visit {rows} has several persons")
    for rows in groups(given, "team") if given.distinct else []:
        for a, b in itertools.combinations(rows, 2):
            if users[a] & users[b] - crowds(given):
                found.append(f"one person in rows {a} and {b} of a team")
    for rows in groups(given, "one_of"):
        if sum(got[r] > 0 for r in rows) > 1:
            found.append(f"exclusive {rows}")
    return found + _early(given, got, columns) + _clashes(given, users)


def _early(given: Combined, got: list[int], columns: dict[int, set[int]]) -> list[str]:
    full = [units == wanted for units, wanted in zip(got, given.problem.units, strict=True)]
    whole = given.whole if given.whole is not None else [False] * len(got)
    after = given.after if given.after is not None else [-1] * len(got)
    served = [r for r in range(len(got)) if got[r]]
    return [
        f"row {r} is not whole" for r in served if whole[r] and (not full[r] or len(columns[r]) > 1)
    ] + [f"row {r} before its predecessor" for r in served if after[r] >= 0 and not full[after[r]]]


def _clashes(given: Combined, users: dict[int, set[int]]) -> list[str]:
    if given.begins is None or given.ends is None:
        return []
    found = []
    begins, ends = given.begins.tolist(), given.ends.tolist()
    for a, b in itertools.combinations(range(len(users)), 2):
        if begins[a] < 0 or begins[b] < 0 or not users[a] & users[b] - crowds(given):
            continue
        if given.visit is not None and given.visit[a] == given.visit[b] != -1:
            continue
        early, late = sorted((a, b), key=lambda r: begins[r])
        if begins[late] < ends[early] + given.travel:
            found.append(f"rows {a} and {b} overlap")
    return found


def price_of(p: Problem, flow: list[int]) -> int:
    """Return costs and penalties of a flow."""
    paid = sum(int(c) * f for c, f in zip(p.cost, flow, strict=True))
    for r in range(len(p.penalty)):
        left = int(p.units[r]) - sum(flow[p.start[r] : p.start[r + 1]])
        paid += left * int(p.penalty[r])
    return paid


def best_of_all(given: Combined) -> int:
    """Return the optimum by trying every flow, cheapest rows first, cutting what cannot win."""
    p = given.problem
    n = len(p.penalty)
    options = [sorted(_services(given, r), key=lambda o: o[0]) for r in range(n)]
    rest = [sum(o[0][0] for o in options[r:]) for r in range(n + 1)]
    best = price_of(p, [0] * len(p.cost))
    flow = [0] * len(p.cost)

    def descend(r: int, paid: int, left: list[int]) -> None:
        nonlocal best
        if r == n:
            if not flaws(given, flow):
                best = paid
            return
        for cost, units in options[r]:
            if paid + cost + rest[r + 1] >= best:
                return
            after = list(left)
            for e, u in units:
                after[p.column[e]] -= u
            if min(after, default=0) < 0:
                continue
            flow[p.start[r] : p.start[r + 1]] = [0] * int(p.start[r + 1] - p.start[r])
            for e, u in units:
                flow[e] = u
            descend(r + 1, paid + cost, after)
        flow[p.start[r] : p.start[r + 1]] = [0] * int(p.start[r + 1] - p.start[r])

    descend(0, 0, p.capacity.tolist())
    return best


def _services(given: Combined, r: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield (cost, [(edge, units)]) of every way to serve one row."""
    p, demand = given.problem, int(given.problem.units[r])
    edges = range(p.start[r], p.start[r + 1])
    most = [demand if p.limit is None else min(demand, int(p.limit[e])) for e in edges]
    for amounts in itertools.product(*(range(k + 1) for k in most)):
        if sum(amounts) <= demand:
            units = [(e, u) for e, u in zip(edges, amounts, strict=True) if u]
            cost = sum(int(p.cost[e]) * u for e, u in units)
            yield cost + (demand - sum(amounts)) * int(p.penalty[r]), units


# --- instances --------------------------------------------------------------------------------


def instance(rng: np.random.Generator, rows: int, columns: int, degree: int) -> Combined:
    """Return a small problem with a random mixture of rules, ties and scarcity."""
    top = int(rng.choice([3, 10, 100]))
    width = np.minimum(rng.integers(0, degree + 1, rows), columns)
    column = [rng.choice(columns, k, replace=False) for k in width]
    cost = [rng.integers(0, top, k) for k in width]
    order = [np.lexsort((c, k)) for c, k in zip(column, cost, strict=True)]
    flat = [[v[o] for v, o in zip(vs, order, strict=True)] for vs in (column, cost)]
    edges = int(width.sum())
    problem = Problem(
        np.concatenate([[0], np.cumsum(width)]),
        np.concatenate(flat[0]).astype(np.int64),
        np.concatenate(flat[1]).astype(np.int64),
        rng.integers(0, 4, columns),
        rng.integers(0, 2 * top, rows),
        rng.choice([0, 1, 1, 1, 2, 3], rows) if rng.random() < 0.6 else None,
        rng.integers(0, 4, edges) if rng.random() < 0.3 else None,
    )

    def maybe(values: Array, share: float = 0.45) -> Array | None:
        return values if rng.random() < share else None

    after = np.array([rng.integers(-1, r) if r and rng.random() < 0.5 else -1 for r in range(rows)])
    shuffle = rng.permutation(rows)
    chain = np.full(rows, -1)
    chain[shuffle] = np.where(after >= 0, shuffle[after], -1)
    begins = rng.integers(-1, 8, rows)
    timed = rng.random() < 0.5
    return Combined(
        problem,
        team=maybe(rng.integers(-1, 2, rows)),
        visit=maybe(rng.integers(-1, 2, rows), 0.35),
        whole=maybe(rng.random(rows) < 0.5),
        one_of=maybe(rng.integers(-1, 2, rows), 0.3),
        after=maybe(chain, 0.3),
        begins=begins if timed else None,
        ends=np.where(begins < 0, -1, begins + rng.integers(1, 4, rows)) if timed else None,
        person=maybe(rng.integers(0, 3, columns)),
        pack=maybe(rng.integers(1, 3, columns), 0.25),
        many=maybe(rng.random(columns) < 0.3, 0.3),
        distinct=bool(rng.random() < 0.8),
        travel=int(rng.integers(0, 2)),
    )


def judge(given: Combined, found: CombinedSolution) -> None:
    """Check everything a solution says of itself."""
    flow = found.flow.tolist()
    assert flaws(given, flow) == []
    assert found.objective == price_of(given.problem, flow)
    assert found.bound <= found.objective
    assert (found.status == "optimal") == (found.bound == found.objective)
    served = np.bincount(given.problem.row, found.flow, minlength=len(found.unserved))
    assert (found.unserved == given.problem.units - served).all()


def test_small_instances_equal_exhaustive_search(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Every mixture of rules is solved to the optimum that exhaustive search finds, and proven."""
    cases = campaign(tests=40, ci=150, soak=2000)
    rng = np.random.default_rng(seed)
    for case in range(cases):
        given = instance(rng, int(rng.integers(2, 8)), int(rng.integers(2, 6)), 4)
        found = solve(given)
        judge(given, found)
        assert found.objective == best_of_all(given), f"case {case}"
        assert found.status == "optimal", f"case {case}"
    evidence("combined_small", cases=cases, wrong=0, seed=seed)


def test_prices_and_search_alone_are_feasible_and_their_bound_holds(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Without HiGHS the flow keeps every rule and the bound never exceeds the optimum."""
    cases = campaign(tests=40, ci=150, soak=2000)
    rng = np.random.default_rng(seed + 1)
    optimal = 0
    for case in range(cases):
        given = instance(rng, int(rng.integers(2, 8)), int(rng.integers(2, 6)), 4)
        found = solve(given, exact_edges=0, rounds=40)
        judge(given, found)
        best = best_of_all(given)
        assert found.bound <= best <= found.objective, f"case {case}"
        optimal += found.objective == best
    evidence("combined_prices", cases=cases, invalid=0, reached_optimum=optimal, seed=seed)


# --- by hand ------------------------------------------------------------------------------------


def dense(costs: list[list[int]], penalty: list[int], capacity: list[int], **more: Any) -> Problem:
    """Return a problem where every row reaches every column."""
    table = np.array(costs)
    order = np.argsort(table, axis=1, kind="stable")
    return Problem(
        np.arange(0, table.size + 1, table.shape[1]),
        order.ravel(),
        np.take_along_axis(table, order, axis=1).ravel(),
        np.array(capacity),
        np.array(penalty),
        **more,
    )


def test_a_team_waits_rather_than_start_short() -> None:
    """Two roles of which one finds nobody are both left, though the other's helper is free."""
    problem = Problem(
        np.array([0, 1, 1]), np.array([0]), np.array([3]), np.array([5]), np.array([50, 50])
    )
    assert solve(Combined(problem, team=np.array([0, 0]))).unserved.tolist() == [1, 1]
    assert solve(Combined(problem)).unserved.tolist() == [0, 1]


def test_one_person_fills_one_role_of_a_team() -> None:
    """The second role goes to the dearer helper, even where the cheap one stands behind two offers."""
    problem = dense([[1, 1, 9], [1, 1, 9]], [50, 50], [2, 2, 1])
    team, person = np.array([0, 0]), np.array([7, 7, 8])
    assert solve(Combined(problem, team=team, person=person)).objective == 10
    assert solve(Combined(problem, team=team, person=person, distinct=False)).objective == 2


def test_an_organization_has_many_hands() -> None:
    """An organization fills both roles of a team at one time, even in one visit; a person cannot."""
    problem = dense([[1, 5], [1, 5]], [50, 50], [2, 2])
    rules: dict[str, Any] = {"team": np.array([0, 0]), "visit": np.array([0, 0])}
    windows: dict[str, Any] = {"begins": np.array([0, 0]), "ends": np.array([60, 60])}
    assert solve(Combined(problem, **rules)).unserved.tolist() == [1, 1]
    assert solve(Combined(problem, **rules, many=np.array([False, True]))).objective == 10
    assert solve(Combined(problem, **windows, many=np.array([True, False]))).objective == 2


def test_a_visit_has_one_worker() -> None:
    """Two items that two workers would bring for 2 come with one of them for 11."""
    problem = dense([[1, 10], [10, 1]], [50, 50], [2, 2])
    found = solve(Combined(problem, visit=np.array([4, 4])))
    assert (found.objective, found.status) == (11, "optimal")


def test_windows_that_touch_do_not_overlap_unless_there_is_a_way_to_go() -> None:
    """Nine to ten and ten to eleven suit one worker; with ten minutes of travel they do not."""
    problem = dense([[1], [1]], [50, 40], [2])
    windows: dict[str, Any] = {"begins": np.array([540, 600]), "ends": np.array([600, 660])}
    assert solve(Combined(problem, **windows)).unserved.tolist() == [0, 0]
    assert solve(Combined(problem, **windows, travel=10)).unserved.tolist() == [0, 1]


def test_packs_chains_and_exclusive_items() -> None:
    """Ten wanted in packs of four get eight; a chain stops at its gap; of two rivals one is served."""
    tens = {"demand": np.array([10])}
    assert solve(Combined(dense([[1]], [5], [99], **tens), pack=np.array([4]))).unserved[0] == 2
    chain = Combined(dense([[60], [1]], [50, 50], [2]), after=np.array([-1, 0]))
    assert solve(chain).unserved.tolist() == [0, 0]
    chain = Combined(dense([[90], [50]], [50, 50], [2]), after=np.array([-1, 0]))
    assert solve(chain).unserved.tolist() == [1, 1]
    rivals = Combined(dense([[2], [1]], [50, 50], [2]), one_of=np.array([0, 0]))
    assert solve(rivals).unserved.tolist() == [1, 0]


def test_the_same_arrays_give_the_same_flow(seed: int) -> None:
    """Two runs agree in every number, with HiGHS and without; the two methods agree on the truth."""
    given = instance(np.random.default_rng(seed + 2), 40, 20, 6)
    found = []
    for edges in (0, 10_000):
        one, two = (solve(given, exact_edges=edges, rounds=30) for _ in range(2))
        judge(given, one)
        assert one.flow.tolist() == two.flow.tolist()
        assert (one.objective, one.bound, one.method) == (two.objective, two.bound, two.method)
        found.append(one)
    assert found[0].bound <= found[1].objective
    assert found[1].bound <= found[0].objective


def test_large_quantities_in_packs_are_feasible_and_bounded(seed: int) -> None:
    """Millions of units in packs of a thousand: the search without HiGHS ends and keeps every rule."""
    rng = np.random.default_rng(seed + 3)
    for _ in range(15):
        small = instance(rng, 6, 4, 4)
        p = small.problem
        large = Problem(
            p.start, p.column, p.cost, p.capacity * 10**6, p.penalty, p.units * 10**6 + 7
        )
        given = dataclasses.replace(small, problem=large, pack=rng.integers(1, 3, 4) * 1000)
        found, exact = solve(given, exact_edges=0, rounds=20), solve(given)
        judge(given, found)
        judge(given, exact)
        assert max(found.bound, exact.bound) <= min(found.objective, exact.objective)


def test_a_time_limit_only_stops() -> None:
    """Without any time left the flow still keeps every rule and the bound still holds."""
    given = instance(np.random.default_rng(5), 40, 20, 6)
    best = solve(given, exact_edges=10_000).bound
    found = solve(given, time_limit=0.0)
    judge(given, found)
    assert found.objective >= best


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"team": [0]}, r"team has shape \(1,\), expected \(2,\)"),
        ({"team": [0, -2]}, r"team\[1\] is -2, expected -1 to"),
        ({"visit": [0.0, 1.0]}, "visit holds float64, expected integers"),
        ({"whole": [0, 1]}, "whole is int64"),
        ({"after": [1, 0]}, r"after\[0\] leads into a circle"),
        ({"after": [0, -1]}, r"after\[0\] leads into a circle"),
        ({"after": [2, -1]}, r"after\[0\] is 2, expected -1 to 1"),
        ({"begins": [0, 0]}, "give both or neither"),
        ({"begins": [0, 5], "ends": [3, 5]}, r"ends\[1\] is 5 where begins\[1\] is 5"),
        ({"pack": [0]}, r"pack\[0\] is 0, expected 1 to"),
        ({"person": [-1]}, r"person\[0\] is -1, expected 0 to"),
    ],
)
def test_bad_arrays_are_named(rules: dict[str, Any], message: str) -> None:
    """A wrong array is refused with its name, the entry and what was expected."""
    problem = dense([[1], [1]], [5, 5], [1])
    arrays: dict[str, Any] = {name: np.array(values) for name, values in rules.items()}
    with pytest.raises(ValueError, match=message):
        Combined(problem, **arrays)
    with pytest.raises(ValueError, match="travel is -1"):
        Combined(problem, travel=-1)
    with pytest.raises(ValueError, match="rounds is -1"):
        solve(Combined(problem), rounds=-1)
