"""Single changes to a large matching, each repaired to the optimum, and starts from an earlier one.

    python benchmarks/incremental.py [--quick] [--seed N]

100,000 needs x 30,000 offers x 24 nearest candidates (``--quick``: a quarter), 10,000 changes one by one
in each regime: needs come and go, capacity and costs change. `exact`: after all of them the objective is
that of a fresh solve, and undoing them all restores the first. Elapsed time, and processor time beside it:
others may use the machine. The last line is one JSON object.
"""

import argparse
import json
import os
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from assignment import REGIMES, WIDTH, best_of, city

Array = npt.NDArray[Any]


def change(live: Any, rng: np.random.Generator, arrays: dict[str, Array]) -> tuple[float, float]:
    """Apply one random change to the live matching; return its seconds, elapsed and of the processor."""
    kind = int(rng.integers(5))
    need, offer = int(rng.integers(len(arrays["penalty"]))), int(rng.integers(live.offers))
    span = slice(int(arrays["start"][need]), int(arrays["start"][need + 1]))
    columns, costs = arrays["column"][span], arrays["cost"][span]
    penalty, room = int(rng.integers(1_000, 20_000)), live.capacity(offer)
    begin, used = time.perf_counter(), time.process_time()
    if kind == 0:
        live.insert(columns, costs, penalty=penalty)
    elif kind == 1:
        live.withdraw(need)
    elif kind == 2:
        live.change(need, penalty=penalty)
    else:
        live.set_capacity(offer, room + 1 if kind == 3 else max(room - 1, 0))
    return time.perf_counter() - begin, time.process_time() - used


def incremental(
    problem: Any, solution: Any, arrays: dict[str, Array], changes: int, seed: int
) -> Any:
    """Return (mean ms, its processor time, 99th percentile ms, whether all was exact and undone)."""
    from wushe.matching import kernel
    from wushe.matching.kernel import LiveMatching

    live = LiveMatching(problem, solution=solution, history=changes)
    rng = np.random.default_rng(seed)
    change(live, np.random.default_rng(0), arrays)
    live.undo()
    ms = 1000 * np.array([change(live, rng, arrays) for _ in range(changes)])
    exact = live.objective == kernel.solve(live.problem()).objective == live.solution().bound
    live.undo(changes)
    exact = exact and live.objective == solution.objective
    mean, processor = ms.mean(axis=0).tolist()
    return mean, processor, float(np.percentile(ms[:, 0], 99)), bool(exact)


def again(problem: Any, solution: Any, seed: int) -> dict[str, float]:
    """Return the seconds of a solve after some offers' capacity grew, from the old optimum and afresh."""
    from wushe.matching import kernel

    rng = np.random.default_rng(seed)
    found: dict[str, float] = {}
    for share in (0.0005, 0.01, 0.1):
        m = len(problem.capacity)
        more = problem.capacity + (rng.random(m) < share)
        now = kernel.Problem(problem.start, problem.column, problem.cost, more, problem.penalty)
        seconds, costs = {}, set()
        for name, start in (("start", solution), ("afresh", None)):
            kernel.solve(now, start=start)
            begin = time.perf_counter()
            costs.add(kernel.solve(now, start=start).objective)
            seconds[name] = round(time.perf_counter() - begin, 3)
        assert len(costs) == 1
        found |= {f"{share:.2%}_{name}": took for name, took in seconds.items()}
    return found


def live_figures(
    regime: str, problem: Any, solution: Any, arrays: dict[str, Array], changes: int, seed: int
) -> dict[str, Any]:
    """Return the figures of changes and of starts from the old optimum, and print them."""
    mean, used, tail, exact = incremental(problem, solution, arrays, changes, seed)
    print(
        f"  a change: mean {mean:.4f} ms ({used:.4f} ms of the processor), "
        f"99 % below {tail:.2f} ms, exact: {exact}"
    )
    starts = again(problem, solution, seed)
    print(f"  again, by share of offers with more: {starts}")
    return {
        f"{regime}_mean_ms": round(mean, 4),
        f"{regime}_mean_processor_ms": round(used, 4),
        f"{regime}_p99_ms": round(tail, 3),
        f"{regime}_exact": exact,
        f"{regime}_again_s": starts,
    }


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    options = parser.parse_args()
    n, m = (25_000, 7_500) if options.quick else (100_000, 30_000)
    changes = 1_000 if options.quick else 10_000
    figures: dict[str, Any] = {"needs": n, "offers": m, "edges": n * WIDTH, "seed": options.seed}
    figures["load_before"] = round(os.getloadavg()[0], 1)
    best_of(1, city(2_000, 600, 1_800, np.random.default_rng(0)))  # compile
    for regime, units in REGIMES.items():
        arrays = city(n, m, int(n * units), np.random.default_rng(options.seed))
        _, problem, solution = best_of(1, arrays)
        print(regime)
        figures |= live_figures(regime, problem, solution, arrays, changes, options.seed)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
