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
    found += [f"row {r} has too much" for r in range(n) if got[r] > p.demand[r]]
    found += [f"column {j} is overdrawn" for j in range(m) if spent[j] > p.capacity[j]]
    return found + _broken(given, got, users, columns)


def _broken(
    given: Combined, got: list[int], users: dict[int, set[int]], columns: dict[int, set[int]]
) -> list[str]:
    p, found = given.problem, []
    n = len(got)
    full = [got[r] == p.demand[r] for r in range(n)]

    def groups(name: str) -> list[list[int]]:
        values = getattr(given, name)
        names = [] if values is None else sorted({int(v) for v in values if v >= 0})
        return [[r for r in range(n) if values[r] == k] for k in names]

    for name in ("team", "visit"):
        for rows in groups(name):
            if any(got[r] for r in rows) and not all(full[r] for r in rows):
                found.append(f"{name} {rows} is served in part")
    for rows in groups("visit"):
        if len(set().union(*(users[r] for r in rows))) > 1:
            found.append(f"visit {rows} has several persons")
    for rows in groups("team") if given.distinct else []:
        for a, b in itertools.combinations(rows, 2):
            if users[a] & users[b]:
                found.append(f"one person in rows {a} and {b} of a team")
    for rows in groups("one_of"):
        if sum(got[r] > 0 for r in rows) > 1:
            found.append(f"exclusive {rows}")
    for r in range(n):
        if given.whole is not None and given.whole[r] and got[r]:
            if not full[r] or len(columns[r]) > 1:
                found.append(f"row {r} is not whole")
        if given.after is not None and given.after[r] >= 0 and got[r] and not full[given.after[r]]:
            found.append(f"row {r} before its predecessor")
    return found + _clashes(given, users)


def _clashes(given: Combined, users: dict[int, set[int]]) -> list[str]:
    if given.begins is None or given.ends is None:
        return []
    found = []
    for a, b in itertools.combinations(range(len(users)), 2):
        if given.begins[a] < 0 or given.begins[b] < 0 or not users[a] & users[b]:
            continue
        if given.visit is not None and given.visit[a] == given.visit[b] >= 0:
            continue
        early, late = sorted((a, b), key=lambda r: int(given.begins[r]))
        if given.begins[late] < given.ends[early] + given.travel:
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
    cases = campaign(tests=60, ci=200, soak=2000)
    rng = np.random.default_rng(seed)
    for case in range(cases):
        given = instance(rng, int(rng.integers(2, 6)), int(rng.integers(2, 5)), 3)
        found = solve(given)
        judge(given, found)
        assert found.objective == best_of_all(given), f"case {case}"
        assert found.status == "optimal", f"case {case}"
    evidence("combined_small", cases=cases, wrong=0, seed=seed)


def test_prices_and_search_alone_are_feasible_and_their_bound_holds(
    campaign: Callable[..., int], evidence: Callable[..., None], seed: int
) -> None:
    """Without HiGHS the flow keeps every rule and the bound never exceeds the optimum."""
    cases = campaign(tests=60, ci=200, soak=2000)
    rng = np.random.default_rng(seed + 1)
    optimal = 0
    for case in range(cases):
        given = instance(rng, int(rng.integers(2, 6)), int(rng.integers(2, 5)), 3)
        found = solve(given, exact_edges=0, rounds=40)
        judge(given, found)
        best = best_of_all(given)
        assert found.bound <= best <= found.objective, f"case {case}"
        optimal += found.objective == best
    evidence("combined_prices", cases=cases, invalid=0, reached_optimum=optimal, seed=seed)
