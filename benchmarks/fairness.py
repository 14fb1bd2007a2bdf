"""Fairness between places beside the plain optimum, tiers, and stable pairing, at city scale.

    python benchmarks/fairness.py [--quick] [--seed N]

100,000 needs x 30,000 offers x 24 candidates in 200 places of unequal means (``--quick``: a quarter).
Every figure counts everything: input checks, solves, certificates. Each kind of fairness includes
the plain solve it is compared with; ``ratio`` is its time by that of the plain solve alone. The last
line is one JSON object.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[Any]
WIDTH = 24
PLACES = 200


def city(needs: int, offers: int, rng: np.random.Generator) -> tuple[Array, dict[str, Array]]:
    """Return the place of each need and the arrays of a city whose places differ in their means."""
    centre = rng.random((PLACES, 2))
    place = rng.choice(PLACES, needs, p=rng.dirichlet(np.full(PLACES, 5.0)))
    home = rng.choice(PLACES, offers, p=rng.dirichlet(np.full(PLACES, 2.0)))
    here = centre[place] + rng.normal(0, 0.04, (needs, 2))
    there = centre[home] + rng.normal(0, 0.04, (offers, 2))
    distance, column = cKDTree(there).query(here, k=WIDTH)
    cost = (distance * 1000 * np.sqrt(offers)).astype(np.int64) + rng.integers(0, 300, column.shape)
    order = np.lexsort((column, cost), axis=1)
    column, cost = (np.take_along_axis(a, order, axis=1).ravel() for a in (column, cost))
    # A need is left unserved before it is sent further than these penalties.
    return place, {
        "start": np.arange(0, len(column) + 1, WIDTH, dtype=np.int64),
        "column": column.astype(np.uint32),
        "cost": cost.astype(np.int32),
        "capacity": rng.multinomial(needs * 9 // 10, np.full(offers, 1 / offers)).astype(np.int64),
        "penalty": rng.integers(10_000, 200_000, needs),
    }


def compare(arrays: dict[str, Array], place: Array, figures: dict[str, Any]) -> None:
    """Print the time and the figures of each kind of fairness beside the plain solve."""
    from wushe.matching.fair.fairness import KINDS, solve_fairly
    from wushe.matching.kernel import Problem, solve

    begin = time.perf_counter()
    plain = solve(Problem(**arrays))
    figures["plain_seconds"] = round(time.perf_counter() - begin, 3)
    print(f"plain: {figures['plain_seconds']} s, {int(plain.unserved.sum()):,} unserved")
    for kind in KINDS:
        begin = time.perf_counter()
        found = solve_fairly(Problem(**arrays), place, kind, share="0.8")
        seconds = time.perf_counter() - begin
        lost = found.worse_off(np.arange(len(place)))
        figures[f"{kind}_seconds"] = round(seconds, 3)
        figures[f"{kind}_ratio"] = round(seconds / figures["plain_seconds"], 2)
        figures[f"{kind}_lowest"] = round(float(found.coverage.min()), 4)
        figures[f"{kind}_price"] = found.price_of_fairness
        figures[f"{kind}_worse_off"] = lost
        print(
            f"{kind}: {seconds:.2f} s ({figures[f'{kind}_ratio']} x), {found.status},"
            f" coverage {found.coverage.min():.3f} to {found.coverage.max():.3f}"
            f" (plain from {found.plain_coverage.min():.3f}), {-found.units_lost:+,} units,"
            f" price {found.price_of_fairness:,}, {lost:,} worse off,"
            f" {found.layer.max() + 1} layers"
        )


def tiers(arrays: dict[str, Array], figures: dict[str, Any], rng: np.random.Generator) -> None:
    """Print the time of three tiers: emergencies, then all other needs, then the cost."""
    from wushe.matching.fair.tiers import Tier, solve_tiers
    from wushe.matching.kernel import Problem

    urgent = (rng.random(len(arrays["penalty"])) < 0.1).astype(np.int64)
    begin = time.perf_counter()
    steps = [Tier(None, urgent), Tier(None, 1 - urgent), Tier(arrays["cost"], None)]
    found = solve_tiers(Problem(**arrays), steps)
    seconds = time.perf_counter() - begin
    figures["tiers_seconds"] = round(seconds, 3)
    figures["tiers_proven"] = all(found.proven)
    print(f"three tiers: {seconds:.2f} s, {found.values}, proven: {found.proven}")


def pairing(figures: dict[str, Any], rng: np.random.Generator) -> None:
    """Print the time of 2,000 x 100 with full lists, and of a check that nothing blocks."""
    from wushe.matching.fair.stable import pair_stably

    rows, columns = 2000, 100
    column = np.argsort(rng.random((rows, columns)), axis=1)
    rank = rng.integers(0, 300, (rows, columns))  # ties among a station's applicants
    capacity = rng.multinomial(1800, np.full(columns, 1 / columns))
    start = np.arange(rows + 1) * columns
    begin = time.perf_counter()
    found = pair_stably(start, column.ravel(), rank.ravel(), capacity)
    seconds = time.perf_counter() - begin
    # Standing of the worst held in each column: anybody better placed there would block.
    held = found.edge[found.edge >= 0]
    worst = np.full(columns, -1)
    np.maximum.at(worst, column.ravel()[held], rank.ravel()[held] * rows + held // columns)
    full = np.bincount(column.ravel()[held], minlength=columns) == capacity
    better = np.arange(columns) < np.where(found.edge >= 0, found.place, columns)[:, None]
    wanted = ~full[column] | (rank * rows + np.arange(rows)[:, None] < worst[column])
    blocking = int((better & wanted).sum())
    figures["pairing_seconds"], figures["pairing_blocking"] = round(seconds, 3), blocking
    print(f"pairing {rows} x {columns}: {seconds:.3f} s, {blocking} blocking pairs")


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20261122)
    options = parser.parse_args()
    from wushe.matching.fair.fairness import solve_fairly
    from wushe.matching.kernel import Problem

    place, arrays = city(2_000, 600, np.random.default_rng(0))
    solve_fairly(Problem(**arrays), place, "leximin")  # compile
    needs, offers = (25_000, 7_500) if options.quick else (100_000, 30_000)
    figures: dict[str, Any] = {"needs": needs, "offers": offers, "seed": options.seed}
    rng = np.random.default_rng(options.seed)
    place, arrays = city(needs, offers, rng)
    compare(arrays, place, figures)
    tiers(arrays, figures, rng)
    pairing(figures, rng)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
