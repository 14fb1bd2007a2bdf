"""Time and memory of make_plan on a made-up city, stage by stage.

    python benchmarks/plan.py [--quick] [--seed N] [--needs N] [--offers N]

Quick: 2,000 needs and 1,000 offers; full: 20,000 and 8,000. The last line is one JSON object.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

import wushe
from wushe.testing import made_up_city


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--needs", type=int)
    parser.add_argument("--offers", type=int)
    options = parser.parse_args()
    n, m = (2_000, 1_000) if options.quick else (20_000, 8_000)
    n, m = options.needs or n, options.offers or m
    rules = wushe.load_plugins()
    with tempfile.TemporaryDirectory() as folder:
        made = made_up_city(np.random.default_rng(options.seed), rules, needs=n, offers=m)
        wushe.write(made, Path(folder) / "city")
        del made
        best = min(
            (one_run(Path(folder) / "city", rules) for _ in range(3)),
            key=lambda run: run["seconds"],
        )
    plan = best.pop("plan")
    print(plan.summary("en"))
    print(f"violations found by the checker: {len(wushe.check_plan(plan))}")
    for stage, seconds in best["seconds_by_stage"].items():
        print(f"{stage:>10} {seconds:8.2f} s")
    # The peak is the whole process's, the generator and the three runs included.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"needs": n, "offers": len(plan.offers), "peak_mb": round(peak), **best}))


def one_run(folder: Path, rules: wushe.Plugins) -> dict[str, object]:
    """Return the seconds of each stage from tables to plan, and the plan."""
    marks = [("read", time.perf_counter())]
    city = wushe.read(folder, plugins=rules)
    names = iter(("supply", "matching", "plan"))
    plan = wushe.make_plan(
        city,
        plugins=rules,
        on="2025-09-15",
        progress=lambda _: marks.append((next(names), time.perf_counter())),
    )
    ends = [at for _, at in marks[1:]] + [time.perf_counter()]
    stages = {name: round(end - at, 3) for (name, at), end in zip(marks, ends, strict=True)}
    return {"seconds": round(ends[-1] - marks[0][1], 2), "seconds_by_stage": stages, "plan": plan}


if __name__ == "__main__":
    main()
