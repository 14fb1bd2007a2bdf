"""Teams, visits and windows at the size of a city: gap and time of the combined solver.

    python benchmarks/combined.py [--quick] [--seed N] [--needs N] [--offers N] [--teams N]
        [--case teams|visits|windows|mixed] [--rounds N] [--passes N]

20,000 needs of one unit, 5,000 offers and 2,000 teams of two to four roles beside them (``--quick``: a
tenth), each row with its 24 nearest offers (roles: offers with the role's skill). Cases: teams; visits
(households whose two to four items one worker brings at once) in their place; windows (the teams, and
half of all rows at a fixed time on one of five days); mixed (teams, visits, windows, chains and
exclusive items). The reported gap is (objective - proven bound) / objective. The last line is one
JSON object.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from wushe.matching.combined import Combined, solve
from wushe.matching.kernel import Problem

Array = npt.NDArray[Any]
WIDTH = 24
CASES = ("teams", "visits", "windows", "mixed")
SKILLS = 6


def _edges(here: Array, skill: Array, there: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Return the nearest offers of each row, roles with a skill among the offers that have it."""
    n, m = len(here), len(there)
    scale = 1000 * np.sqrt(m)  # the typical distance to the nearest offer is about 500
    skills = rng.integers(0, SKILLS, m)
    column, cost = np.empty((n, WIDTH), dtype=np.int64), np.empty((n, WIDTH), dtype=np.int64)
    for k in range(-1, SKILLS):
        rows = np.flatnonzero(skill == k)
        offers = np.arange(m) if k < 0 else np.flatnonzero(skills == k)
        if len(rows):
            distance, near = cKDTree(there[offers]).query(here[rows], k=WIDTH)
            column[rows] = offers[near]
            cost[rows] = (distance * scale).astype(np.int64) + rng.integers(0, 300, near.shape)
    order = np.lexsort((column, cost), axis=1)
    return {
        "start": np.arange(0, n * WIDTH + 1, WIDTH),
        "column": np.take_along_axis(column, order, axis=1).ravel().astype(np.uint32),
        "cost": np.take_along_axis(cost, order, axis=1).ravel().astype(np.int32),
    }


def city(case: str, needs: int, offers: int, teams: int, rng: np.random.Generator) -> Combined:
    """Return a made-up city with scarce capacity: single needs first, then the teams' or visits' rows."""
    size = rng.integers(2, 5, teams)
    group = np.concatenate([np.full(needs, -1), np.repeat(np.arange(teams), size)])
    n = len(group)
    here = np.concatenate([rng.random((needs, 2)), np.repeat(rng.random((teams, 2)), size, axis=0)])
    visiting = {"visits": np.ones(teams, dtype=bool), "mixed": rng.random(teams) < 0.5}.get(
        case, np.zeros(teams, dtype=bool)
    )
    in_visit = (group >= 0) & visiting[group]
    skill = np.where((group >= 0) & ~in_visit, rng.integers(0, SKILLS, n), -1)
    edges = _edges(here, skill, rng.random((offers, 2)), rng)
    if case in ("visits", "mixed"):
        edges = _same_edges(edges, group, in_visit, rng)
    problem = Problem(
        **edges,
        capacity=rng.multinomial(int(0.9 * n), np.full(offers, 1 / offers)),
        penalty=rng.integers(1_000, 20_000, n),
    )
    rules: dict[str, Any] = {"team": np.where(in_visit, -1, group)}
    if in_visit.any():
        rules["visit"] = np.where(in_visit, group, -1)
    if case in ("windows", "mixed"):
        rules |= _windows(group, needs, rng)
    if case == "mixed":
        pairs = np.arange(needs // 20 * 2).reshape(-1, 2)
        rules["one_of"] = np.full(n, -1)
        rules["one_of"][pairs] = np.arange(len(pairs))[:, None]
        rules["after"] = np.full(n, -1)
        chain = pairs + pairs.size
        rules["after"][chain[:, 1]] = chain[:, 0]
    return Combined(problem, **rules)


def _same_edges(
    edges: dict[str, Array], group: Array, in_visit: Array, rng: np.random.Generator
) -> dict[str, Array]:
    """Return edges where the rows of a visit reach the same offers, each at a price of its own."""
    column = edges["column"].reshape(-1, WIDTH).copy()
    cost = edges["cost"].reshape(-1, WIDTH).copy()
    head = np.flatnonzero(in_visit & (group != np.roll(group, 1)))
    leader = head[np.searchsorted(group[head], group[in_visit])]
    column[in_visit] = column[leader]
    cost[in_visit] = cost[leader] + rng.integers(0, 300, (int(in_visit.sum()), WIDTH))
    order = np.lexsort((column, cost), axis=1)
    return {
        "start": edges["start"],
        "column": np.take_along_axis(column, order, axis=1).ravel(),
        "cost": np.take_along_axis(cost, order, axis=1).ravel(),
    }


def _windows(group: Array, needs: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return windows of one to three hours for half of the single needs and of the groups."""
    n = len(group)
    key = np.where(group >= 0, needs + group, np.arange(n))
    size = int(key.max()) + 1
    day, hour = rng.integers(0, 5, size), rng.integers(16, 36, size)
    begins = day * 1440 + hour * 30
    ends = begins + 60 * rng.integers(1, 4, size)
    timed = rng.random(size) < 0.5
    return {
        "begins": np.where(timed, begins, -1)[key],
        "ends": np.where(timed, ends, -1)[key],
        "travel": 30,
    }


def main() -> None:
    """Print gap and seconds of each case, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--needs", type=int, default=20_000)
    parser.add_argument("--offers", type=int, default=5_000)
    parser.add_argument("--teams", type=int, default=2_000)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--passes", type=int, default=8)
    asked = parser.parse_args()
    part = 10 if asked.quick else 1
    sizes = asked.needs // part, asked.offers // part, asked.teams // part
    if sizes[1] < 2 * SKILLS * WIDTH:
        parser.error(f"{sizes[1]} offers are too few for {WIDTH} of each of {SKILLS} skills")
    row: dict[str, Any] = {"needs": sizes[0], "offers": sizes[1], "teams": sizes[2]}
    for case in asked.case or CASES:
        given = city(case, *sizes, np.random.default_rng(asked.seed))
        begin = time.perf_counter()
        found = solve(given, rounds=asked.rounds, passes=asked.passes)
        took = time.perf_counter() - begin
        print(
            f"{case:8} {len(given.problem.penalty):,} rows  gap {100 * found.gap:.3f} %  "
            f"{took:.1f} s  unserved {int(found.unserved.sum()):,}  [{found.method}]"
        )
        row |= {f"{case}_gap": round(found.gap, 6), f"{case}_seconds": round(took, 2)}
    print(json.dumps(row))


if __name__ == "__main__":
    main()
