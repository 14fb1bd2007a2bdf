"""The matching kernel against OR-tools on the same arrays.

    python benchmarks/assignment.py [--quick] [--seed N] [--peer PYTHON]

100,000 needs x 30,000 offers x 24 nearest candidates (``--quick``: a quarter) with scarce, abundant
and just enough capacity. OR-tools runs in a process of its own (it cannot live beside HiGHS), with
the interpreter ``--peer``, and is left out where that has none; building its arcs is not timed. Ours
counts everything: input checks, solve, certificate. A ratio above 1 means that the kernel is faster.
Besides: demands in fen (few funds for all needs, many donors), small inputs of many kinds, and growth
with OR-tools beside it. Small inputs are given in processor time: others may use the machine. Its load
is printed with the figures. The last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Array = npt.NDArray[Any]
WIDTH = 24
REGIMES = {"scarce": 0.9, "abundant": 1.8, "balanced": 1.06}
"""Capacity units per need."""

PEER = """
import sys, time
import numpy as np
from ortools.graph.python import min_cost_flow
with np.load(sys.argv[1]) as file:
    start, column, cost, capacity, penalty = (
        file[k] for k in ("start", "column", "cost", "capacity", "penalty")
    )
n, m = len(penalty), len(capacity)
row = np.repeat(np.arange(n), np.diff(start))
best = None
for _ in range(int(sys.argv[2])):
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([row, np.arange(n), n + np.arange(m)]).astype(np.int32),
        np.concatenate([n + column.astype(int), np.full(n + m, n + m)]).astype(np.int32),
        np.concatenate([np.ones(len(row) + n, dtype=int), capacity]),
        np.concatenate([cost.astype(int), penalty, np.zeros(m, dtype=int)]),
    )
    supplies = np.concatenate([np.ones(n, dtype=int), np.zeros(m, dtype=int), [-n]])
    flow.set_nodes_supplies(np.arange(n + m + 1).astype(np.int32), supplies)
    begin = time.perf_counter()
    assert flow.solve() == flow.OPTIMAL
    took = time.perf_counter() - begin
    best = took if best is None else min(best, took)
print(best, flow.optimal_cost())
"""

FIRST_USE = """
import sys, time
begin = time.perf_counter()
import numpy as np
from wushe.matching import kernel
with np.load(sys.argv[1]) as file:
    arrays = [file[k] for k in ("start", "column", "cost", "capacity", "penalty")]
loaded = time.perf_counter()
kernel.solve(kernel.Problem(*arrays), notify=None)
print(time.perf_counter() - loaded)
"""


def city(needs: int, offers: int, units: int, rng: np.random.Generator) -> dict[str, Array]:
    """Return a made-up city: cost is distance and taste, penalty is urgency, needs anywhere."""
    here, there = rng.random((needs, 2)), rng.random((offers, 2))
    distance, column = cKDTree(there).query(here, k=min(WIDTH, offers))
    scale = 1000 * np.sqrt(offers)  # the typical distance to the nearest offer is about 500
    cost = (distance * scale).astype(np.int64) + rng.integers(0, 300, column.shape)
    order = np.lexsort((column, cost), axis=1)
    column, cost = (np.take_along_axis(a, order, axis=1).ravel() for a in (column, cost))
    return {
        "start": np.arange(0, len(column) + 1, min(WIDTH, offers), dtype=np.int64),
        "column": column.astype(np.uint32),
        "cost": cost.astype(np.int32),
        "capacity": rng.multinomial(units, np.full(offers, 1 / offers)).astype(np.int64),
        "penalty": rng.integers(1_000, 20_000, needs),
    }


def peer(python: str, path: Path, repeats: int) -> tuple[float, int] | None:
    """Return (seconds, cost) of OR-tools on the saved arrays; None where it is not installed."""
    code = [python, "-c", PEER, str(path), str(repeats)]
    done = subprocess.run(code, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["it failed"])[-1]
        print(f"  OR-tools left out: {reason}")
        return None
    seconds, cost = done.stdout.split()
    return float(seconds), int(cost)


def best_of(repeats: int, arrays: dict[str, Array]) -> tuple[float, Any, Any]:
    """Return (best seconds, problem, solution)."""
    from wushe.matching import kernel

    best = np.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        problem = kernel.Problem(**arrays)
        solution = kernel.solve(problem)
        best = min(best, time.perf_counter() - begin)
        assert solution.status == "optimal"
    return best, problem, solution


def first_use(path: Path, warm: float) -> dict[str, float]:
    """Return the seconds that the first solve of a process takes beyond `warm`."""
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    found = {}
    with tempfile.TemporaryDirectory() as empty:
        for name, env in (
            ("cold_extra_s", here),
            ("compile_extra_s", {**here, "NUMBA_CACHE_DIR": empty}),
        ):
            code = [sys.executable, "-c", FIRST_USE, str(path)]
            done = subprocess.run(code, env=env, capture_output=True, text=True, check=True)
            found[name] = round(float(done.stdout) - warm, 2)
    return found


def table(cost: Array, column: Array) -> dict[str, Array]:
    """Return CSR arrays of (n, k) costs and columns, sorted as the kernel wants them."""
    order = np.lexsort((column, cost), axis=1)
    column, cost = (np.take_along_axis(a, order, axis=1).ravel() for a in (column, cost))
    return {"start": np.arange(0, len(cost) + 1, order.shape[1]), "column": column, "cost": cost}


def drawn(
    shape: tuple[int, int, int], dearest: int, scarcity: float, fen: bool, rng: np.random.Generator
) -> dict[str, Array]:
    """Return needs x offers x edges at random; demands of 10^4 to 10^7 units if `fen`."""
    n, m, k = shape
    everyone = np.broadcast_to(np.arange(m), (n, m))
    column = everyone if k == m else np.argsort(rng.random((n, m)), axis=1)[:, :k]
    demand = (10 ** rng.uniform(4, 7, n)).astype(np.int64) if fen else np.ones(n, dtype=np.int64)
    share = rng.random(m) ** 2 + 0.01
    return {
        **table(rng.integers(0, dearest, (n, k)), column),
        "capacity": rng.multinomial(int(demand.sum() * scarcity), share / share.sum()),
        "penalty": rng.integers(dearest // 2, 2 * dearest, n),
        "demand": demand,
    }


def in_fen(arrays: dict[str, Array], scarcity: float, rng: np.random.Generator) -> dict[str, Array]:
    """Return a city whose needs ask for 10^4 to 10^7 units."""
    demand = (10 ** rng.uniform(4, 7, len(arrays["penalty"]))).astype(np.int64)
    m = len(arrays["capacity"])
    capacity = rng.multinomial(int(demand.sum() * scarcity), np.full(m, 1 / m))
    return {**arrays, "capacity": capacity, "demand": demand}


def money(quick: bool, seed: int) -> dict[str, float]:
    """Return the seconds of problems with fine units, and print them."""
    rng = np.random.default_rng(seed)
    city_of = (5_000, 1_250) if quick else (20_000, 5_000)
    kinds = {
        f"city_fen_{city_of[0]}": in_fen(city(*city_of, 1, rng), 0.8, rng),
        "funds_20": drawn((20_000, 20, 20), 1_000, 0.7, True, rng),
        "funds_100_ties": drawn((20_000, 100, 100), 5, 0.7, True, rng),
        "donors_5000": drawn((5_000, 5_000, 30), 1_000, 0.9, True, rng),
    }
    if not quick:
        for regime, scarcity in (("scarce", 0.8), ("balanced", 1.02)):
            kinds[f"city_fen_100000_{regime}"] = in_fen(
                city(100_000, 30_000, 1, rng), scarcity, rng
            )
    found = {}
    for name, arrays in kinds.items():
        found[name] = round(best_of(2, arrays)[0], 3)
        print(f"fine units, {name}: {found[name]} s")
    return found


def small(seed: int) -> dict[str, float]:
    """Return the processor milliseconds of small problems by kind; none loads the compiler."""
    from wushe.matching import kernel

    rng = np.random.default_rng(seed)
    kinds = {regime: city(800, 240, int(800 * u), rng) for regime, u in REGIMES.items()}
    kinds |= {
        "sparse": drawn((6_000, 2_000, 3), 1_000, 0.9, False, rng),
        "sparse_balanced": drawn((6_000, 2_000, 3), 1_000, 1.02, False, rng),
        "ties": drawn((6_000, 2_000, 3), 4, 0.9, False, rng),
        "dense": drawn((140, 140, 140), 1_000, 1.0, False, rng),
        "city_fen": in_fen(city(800, 240, 1, rng), 0.8, rng),
        "funds": drawn((950, 20, 20), 1_000, 0.7, True, rng),
        "funds_balanced": drawn((950, 20, 20), 1_000, 1.0, True, rng),
        "funds_ties": drawn((950, 20, 20), 5, 0.7, True, rng),
        "sparse_fen": drawn((6_000, 2_000, 3), 1_000, 0.9, True, rng),
        "donors": drawn((600, 600, 30), 1_000, 0.9, True, rng),
        "one_offer": drawn((19_000, 1, 1), 1_000, 0.7, False, rng),
        "one_fund": drawn((19_000, 1, 1), 1_000, 0.7, True, rng),
        "three_offers": drawn((6_000, 3, 3), 1_000, 0.7, False, rng),
    }
    found: dict[str, float] = {}
    for name, arrays in kinds.items():
        used = []
        for _ in range(3):
            begin = time.process_time()
            assert kernel.solve(kernel.Problem(**arrays)).status == "optimal"
            used.append(time.process_time() - begin)
        found[name] = round(1000 * min(used), 1)
    return found


def growth(options: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of scarce cities of growing size, with OR-tools beside them."""
    sizes = (12_500, 25_000) if options.quick else (25_000, 50_000, 100_000, 200_000, 400_000)
    found: dict[str, Any] = {}
    for size in sizes:
        rng = np.random.default_rng(options.seed)
        arrays = city(size, size * 3 // 10, size * 9 // 10, rng)
        seconds = best_of(1, arrays)[0]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "city.npz"
            np.savez(path, **arrays)  # type: ignore[arg-type]
            other = peer(options.peer, path, 1)
        beside = None if other is None else round(other[0], 2)
        found[str(size)] = {"seconds": round(seconds, 3), "ortools": beside}
        print(f"scarce {size:,} needs: {seconds:.3f} s, OR-tools {beside} s")
    return found


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--peer", default=sys.executable, help="a Python that has ortools")
    options = parser.parse_args()
    n, m = (25_000, 7_500) if options.quick else (100_000, 30_000)
    repeats = 2 if options.quick else 3
    figures: dict[str, Any] = {"needs": n, "offers": m, "edges": n * WIDTH, "seed": options.seed}
    figures["load_before"] = round(os.getloadavg()[0], 1)
    kinds = small(options.seed)
    figures["small_by_kind_ms"] = kinds
    figures["small_ms"] = max(kinds[regime] for regime in REGIMES)
    figures["small_typical_ms"] = float(np.median(list(kinds.values())))
    figures["small_worst_ms"] = max(kinds.values())
    print(f"small inputs, ms: {kinds}")
    best_of(1, city(2_000, 600, 1_800, np.random.default_rng(0)))  # compile
    with tempfile.TemporaryDirectory() as folder:
        for regime, units in REGIMES.items():
            arrays = city(n, m, int(n * units), np.random.default_rng(options.seed))
            path = Path(folder) / f"{regime}.npz"
            np.savez(path, **arrays)  # type: ignore[arg-type]
            seconds, _, solution = best_of(repeats, arrays)
            figures[f"{regime}_seconds"] = round(seconds, 3)
            unserved = int(solution.unserved.sum())
            print(f"{regime}: {seconds:.3f} s, {unserved:,} unserved, cost {solution.objective:,}")
            if (other := peer(options.peer, path, 1 if options.quick else 2)) is not None:
                figures[f"{regime}_ratio_ortools"] = round(other[0] / seconds, 2)
                figures[f"{regime}_equal_cost"] = other[1] == solution.objective
                print(f"  OR-tools {other[0]:.3f} s: {other[0] / seconds:.1f} times ours")
        figures.update(first_use(Path(folder) / "scarce.npz", figures["scarce_seconds"]))
    figures["money_s"] = money(options.quick, options.seed)
    figures["growth"] = growth(options)
    figures["load_after"] = round(os.getloadavg()[0], 1)
    print(f"load of the machine: {figures['load_before']} before, {figures['load_after']} after")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
