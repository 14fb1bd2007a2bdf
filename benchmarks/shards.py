"""Shards against the whole: counties apart, and counties that share a province's pool.

    python benchmarks/shards.py [--quick] [--seed N] [--counties N] [--needs N] [--offers N] [--pool N]

20 counties of 20,000 needs x 6,000 offers, 22 nearest candidates each, capacity scarce in some
counties and abundant in others (``--quick``: 8 counties of 5,000 x 1,500). The pool adds two of
``--pool`` columns to each need, with units for one need in twenty. Timed: the whole solve, the shards
in this process, in two processes (their start included; only this one's processor time is shown)
and, with the pool, the exact optimum (gap 0). A ratio above 1 means that shards are faster than the
whole. The last line is one JSON object.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[Any]
WIDTH = 22
SHARE = 0.05
"""Units of the pool per need."""
DEAREST = 3000
"""The most that a unit of the pool costs; the typical offer nearby costs about 500."""


def county(
    number: int, needs: int, offers: int, pool: int, first: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return (column, cost), both (needs, width), sorted in each row."""
    here, there = rng.random((needs, 2)), rng.random((offers, 2))
    distance, column = cKDTree(there).query(here, k=min(WIDTH, offers))
    cost = (distance * 1000 * np.sqrt(offers)).astype(np.int64)
    cost += rng.integers(0, 300, cost.shape)
    column = column + number * offers
    if pool:
        one = rng.integers(0, pool, needs)
        more = [one] if pool == 1 else [one, (one + rng.integers(1, pool, needs)) % pool]
        column = np.column_stack([column, *(first + each for each in more)])
        dear = rng.integers(DEAREST // 2, DEAREST, (needs, len(more)))
        cost = np.column_stack([cost, dear])
    order = np.lexsort((column, cost), axis=1)
    return np.take_along_axis(column, order, axis=1), np.take_along_axis(cost, order, axis=1)


def province(
    counties: int, needs: int, offers: int, pool: int, rng: np.random.Generator
) -> tuple[dict[str, Array], Array]:
    """Return the arrays of a problem and the county of each need."""
    drawn = [county(c, needs, offers, pool, counties * offers, rng) for c in range(counties)]
    column, cost = (np.concatenate([each[i] for each in drawn]) for i in (0, 1))
    units = needs * 0.95 * np.linspace(0.7, 1.2, counties)
    capacity = [rng.multinomial(int(u), np.full(offers, 1 / offers)) for u in units]
    each = int(counties * needs * SHARE / max(pool, 1))
    arrays = {
        "start": np.arange(0, column.size + 1, column.shape[1], dtype=np.int64),
        "column": column.ravel().astype(np.uint32),
        "cost": cost.ravel().astype(np.int32),
        "capacity": np.concatenate([*capacity, np.full(pool, each)]),
        "penalty": rng.integers(1_000, 20_000, counties * needs),
    }
    return arrays, np.repeat(np.arange(counties, dtype=np.int32), needs)


def timed(solve: Any) -> tuple[float, float, Any]:
    """Return (seconds, seconds of this process's processor, result) of one call."""
    begin, busy = time.perf_counter(), time.process_time()
    result = solve()
    return time.perf_counter() - begin, time.process_time() - busy, result


def compare(name: str, arrays: dict[str, Array], label: Array, repeats: int) -> dict[str, Any]:
    """Time the whole and its shards on the same arrays; return the figures under `name`."""
    from wushe.matching import kernel
    from wushe.matching.shards.sharded import solve_sharded

    def best(solve: Any) -> tuple[float, float, Any]:
        return min((timed(solve) for _ in range(repeats)), key=lambda found: found[0])

    problem = kernel.Problem(**arrays)
    seconds, busy, whole = best(lambda: kernel.solve(problem))
    print(f"{name}: whole {seconds:.2f} s (processor {busy:.2f}), cost {whole.objective:,}")
    figures: dict[str, Any] = {"whole_s": round(seconds, 2), "whole_cpu_s": round(busy, 2)}
    runs = {"one": (1, 0.001), "two": (2, 0.001)}
    if name == "pool":
        runs["exact"] = (1, 0.0)
    digests = set()
    for run, (workers, gap) in runs.items():
        took, busy, found = best(
            lambda w=workers, g=gap: solve_sharded(problem, shard=label, workers=w, gap=g)
        )
        s = found.solution
        assert s.bound <= whole.objective <= s.objective
        figures[f"{run}_s"], figures[f"{run}_ratio"] = round(took, 2), round(seconds / took, 2)
        figures[f"{run}_cpu_s"], figures[f"{run}_gap"] = round(busy, 2), found.gap
        figures[f"{run}_excess"] = (s.objective - whole.objective) / whole.objective
        figures[f"{run}_rounds"] = found.rounds
        if run != "exact":
            digests.add(s.flow.tobytes() + s.column_price.tobytes())
        print(
            f"  {run}: {took:.2f} s (processor {busy:.2f}), {seconds / took:.2f} times as fast as the whole, {found.rounds} "
            f"rounds, proven gap {100 * found.gap:.4f} %, in fact {s.objective - whole.objective:,}"
            f" ({100 * figures[f'{run}_excess']:.4f} %) above the optimum, {found.status}"
        )
    figures["same_bytes"] = len(digests) == 1
    return {f"{name}_{key}": value for key, value in figures.items()}


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--counties", type=int)
    parser.add_argument("--needs", type=int)
    parser.add_argument("--offers", type=int)
    parser.add_argument("--pool", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    from wushe.matching import kernel
    from wushe.matching.shards import sharded

    sharded.WORTHWHILE = 0
    counties = options.counties or (8 if options.quick else 20)
    needs = options.needs or (5_000 if options.quick else 20_000)
    offers = options.offers or (1_500 if options.quick else 6_000)
    warm, _ = province(1, 2_000, 600, 0, np.random.default_rng(0))
    live = kernel.LiveMatching(kernel.Problem(**warm))  # compile
    live.repair()
    figures = {"counties": counties, "needs": needs, "offers": offers, "seed": options.seed}
    for name, pool in (("apart", 0), ("pool", options.pool)):
        rng = np.random.default_rng(options.seed)
        arrays, label = province(counties, needs, offers, pool, rng)
        figures.update(compare(name, arrays, label, options.repeats))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
