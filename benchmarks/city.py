"""make_plan on a city: from tables to the plan with its reasons, time per stage and memory.

    python benchmarks/city.py [--quick] [--seed N] [--needs N] [--offers N] [--csv] [--outputs]

100,000 open needs and 30,000 offers (``--quick``: 10,000 and 3,000); ``--csv`` reads the city from a
folder of CSV files instead of building the tables in memory; ``--outputs`` also times what is made
from the plan; ``--check`` runs the independent checker. Each run is a process of its own, so that the
peak of memory is the library's and not the generator's. With PYTHONPATH set to another version's
``src`` the same city is planned by that version. The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import os
import pickle
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from city_tables import ON, as_tables, city_tables

import wushe
from wushe.network import build_network

STAGES = {
    "tables": "building the tables, every value checked (with --csv: reading the folder)",
    "network": "references and relations",
    "facts": "facts laid over the tables",
    "supply": "the pool of offers",
    "prepare": "columns of needs and offers",
    "candidates": "candidate pairs and the proof over all others, without hooks and solver",
    "filter": "hook filter_candidates",
    "score": "hook score_candidates",
    "solve": "the solver",
    "decide": "tiers, fairness, teams",
    "reasons": "why what is unserved is unserved",
    "matching": "the rest of matching",
    "plan": "one plan per household",
}
# Whatever a version does not have is counted in the stage around it.
_TIMED = (
    ("wushe.plan.make", "with_facts", "facts"),
    ("wushe.plan.make", "pool_offers", "supply"),
    ("wushe.plan.make", "match", "matching"),
    ("wushe.matching.result", "prepare", "prepare"),
    ("wushe.matching.result", "solve_all", "candidates"),
    ("wushe.matching.search.pricing", "solve", "solve"),
    ("wushe.matching.search.again", "solve", "solve"),
    ("wushe.matching.search.again:Again", "extend", "solve"),
    ("wushe.matching.result", "decide", "decide"),
    ("wushe.matching.result", "find_reasons", "reasons"),
    ("wushe.plugins.manager:Plugins", "filter_candidates", "filter"),
    ("wushe.plugins.manager:Plugins", "score_candidates", "score"),
)


class Stopwatch:
    """Seconds by stage; what one stage calls of another counts for the other alone.

    `seconds` on the clock, `cpu` of the processor: on a busy machine the second is the fairer figure.
    """

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.cpu: Counter[str] = Counter()
        self._open: list[str] = []
        self._since = time.perf_counter(), time.process_time()

    def _lap(self) -> None:
        now, cpu = time.perf_counter(), time.process_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since[0]
            self.cpu[self._open[-1]] += cpu - self._since[1]
        self._since = now, cpu

    def run(self, stage: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Return what `call` returns, its time counted for `stage`."""
        self._lap()
        self._open.append(stage)
        try:
            return call(*args, **kwargs)
        finally:
            self._lap()
            self._open.pop()

    def attach(self) -> None:
        """Time the steps of make_plan from outside: the library itself has no clock."""
        for where, name, stage in _TIMED:
            module, _, owner = where.partition(":")
            holder = import_module(module)
            holder = getattr(holder, owner) if owner else holder
            call = getattr(holder, name, None)
            if call is not None:
                setattr(holder, name, self._timed(stage, call))

    def _timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: self.run(stage, call, *args, **kwargs)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--needs", type=int)
    parser.add_argument("--offers", type=int)
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--outputs", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    n, m = (10_000, 3_000) if options.quick else (100_000, 30_000)
    n, m = options.needs or n, options.offers or m
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "city"
        apart(spawn, made, city, options.seed, n, m, options.csv)
        runs = []
        for _ in range(options.runs):
            apart(spawn, measured, city, options)
            runs.append(json.loads((city / "figures.json").read_text("utf-8")))
    best = min(runs, key=lambda run: run["seconds"])
    print(best.pop("summary"))
    print(f"{'stage':>12} {'seconds':>10} {'of processor':>14}")
    for stage, meaning in STAGES.items():
        if stage in best["seconds_by_stage"]:
            seconds, cpu = best["seconds_by_stage"][stage], best["cpu_by_stage"][stage]
            print(f"{stage:>12} {seconds:10.2f} {cpu:14.2f}  {meaning}")
    for name, figure in best.get("outputs", {}).items():
        print(f"{name:>12} {figure['seconds']:10.2f} {figure['cpu']:14.2f}  {figure['mb']:.1f} MB")
    print(
        f"{'in all':>12} {best['seconds']:10.2f} {sum(best['cpu_by_stage'].values()):14.2f}  "
        f"of it make_plan {best['make_plan_s']:.2f} s; "
        f"peak {best['peak_mb']} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    print(json.dumps({"needs": n, "seed": options.seed, **best}))


def apart(spawn: Any, work: Callable[..., None], *args: Any) -> None:
    """Run `work` in a process of its own."""
    process = spawn.Process(target=work, args=args)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{work.__name__} failed")


def made(city: Path, seed: int, needs: int, offers: int, csv: bool) -> None:
    """Write the city's columns, and its tables where they are to be read from files."""
    columns = city_tables(seed, needs=needs, offers=offers)
    city.mkdir()
    with (city / "columns.pickle").open("wb") as file:
        pickle.dump(columns, file)
    if csv:
        wushe.write(_network(columns, wushe.load_plugins()), city / "tables")


def _network(columns: Any, rules: wushe.Plugins) -> Any:
    return build_network(as_tables(columns), rules.categories, rules.target_groups, rules.versions)


def measured(city: Path, options: argparse.Namespace) -> None:
    """Plan the city, and leave the figures beside it."""
    rules, watch = wushe.load_plugins(), Stopwatch()
    # The columns stay in memory as a program's own data would; they are no part of the peak.
    columns = None if options.csv else pickle.loads((city / "columns.pickle").read_bytes())
    before = peak_mb()
    watch.attach()
    start = time.perf_counter()
    if options.csv:
        network = watch.run("tables", wushe.read, city / "tables", plugins=rules)
    else:
        tables = watch.run("tables", as_tables, columns)
        names = rules.categories, rules.target_groups, rules.versions
        network = watch.run("network", build_network, tables, *names)
    planning = time.perf_counter()
    plan = watch.run("plan", wushe.make_plan, network, plugins=rules, on=ON)
    end = time.perf_counter()
    figures: dict[str, Any] = {
        "offers": len(plan.offers),
        "pairs": len(plan.matching.candidates.cost),
        "items": len(plan.matching.need),
        "seconds": round(end - start, 2),
        "make_plan_s": round(end - planning, 2),
        "peak_mb": round(peak_mb()),
        "before_mb": round(before),
        "load": os.getloadavg()[0],
        "seconds_by_stage": {k: round(v, 2) for k, v in watch.seconds.items()},
        "cpu_by_stage": {k: round(v, 2) for k, v in watch.cpu.items()},
        "summary": plan.summary("en"),
    }
    if options.outputs:
        figures["outputs"] = _outputs(plan, city)
    if options.check:
        figures["violations"] = len(wushe.check_plan(plan))
    (city / "figures.json").write_text(json.dumps(figures), encoding="utf-8")


def _outputs(plan: wushe.Plan, city: Path) -> dict[str, dict[str, float]]:
    """Return the seconds and the size of everything that is made from the plan."""
    first = next(iter(plan)).client.id
    work: dict[str, Callable[[], Any]] = {
        "summary": plan.summary,
        "one client": plan[first].explain,
        "items": lambda: len(plan.items) and "",
        "rows": lambda: len(plan.rows()) and "",
        "csv": lambda: plan.to_csv(city / "plan.csv").read_text("utf-8"),
        "json": plan.to_json,
        "html": plan.to_html,
        "pickle": lambda: pickle.dumps(plan),
    }
    found = {}
    for name, call in work.items():
        watch = Stopwatch()
        text = watch.run(name, call)
        size = len(text if isinstance(text, bytes) else text.encode())
        found[name] = {
            "seconds": round(watch.seconds[name], 3),
            "cpu": round(watch.cpu[name], 3),
            "mb": size / 1e6,
        }
    return found


def peak_mb() -> float:
    """Return the most memory that this process has held, in megabytes; Linux counts it anew."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
