"""The live city: time per change, per relaxation, per runner-up and for advice, each checked.

    python benchmarks/advice.py [--quick] [--seed N] [--needs N] [--offers N] [--changes N] [--samples N]

100,000 open needs and 30,000 offers (``--quick``: 10,000 and 3,000). Changes are undone at the end and
must restore the objective. Relaxations and advice are confirmed by the live matching itself; the tests
apply them to the tables and match anew. The last line is one JSON object.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
from city_tables import ON, as_tables, city_tables

import wushe
from wushe.matching.live.advice import advise
from wushe.matching.live.city import LiveCity, go_live
from wushe.matching.live.relax import relaxation
from wushe.matching.live.runnerup import runner_up
from wushe.network import build_network


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--needs", type=int)
    parser.add_argument("--offers", type=int)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=50)
    options = parser.parse_args()
    n, m = (10_000, 3_000) if options.quick else (100_000, 30_000)
    n, m = options.needs or n, options.offers or m
    rules = wushe.load_plugins()
    tables = as_tables(city_tables(options.seed, needs=n, offers=m))
    network = build_network(tables, rules.categories, rules.target_groups, rules.versions)
    plan = wushe.make_plan(network, plugins=rules, on=ON)
    print(plan.summary("en"))
    figures: dict[str, Any] = {"needs": n, "offers": len(plan.offers), "seed": options.seed}
    start = time.perf_counter()
    live = go_live(plan, rules)
    figures["go_live_s"] = round(time.perf_counter() - start, 2)
    rng = np.random.default_rng(options.seed)
    figures["changes_ms"] = _changes(live, rng, options.changes)
    figures |= _questions(live, plan, rng, options.samples)
    start = time.perf_counter()
    advice = advise(live, top=10)
    figures["advise_s"] = round(time.perf_counter() - start, 2)
    for line in advice:
        print(line.say("zh"), "/", line.say("en"))
    figures["load"] = round(os.getloadavg()[0], 1)
    print(json.dumps(figures))


def _changes(live: LiveCity, rng: np.random.Generator, count: int) -> dict[str, list[float]]:
    """Return mean and worst milliseconds of each kind of change; all are undone in the end."""
    before, spent = live.objective, {}
    offers = live.offers.ids.tolist()
    makers: dict[str, Callable[[str, int], Callable[[], Any]]] = {
        "withdraw": lambda need, _: lambda: live.withdraw(need),
        "decline": lambda need, _: _decline(live, need),
        "capacity": lambda _, at: _capacity(live, offers[int(rng.integers(0, len(offers)))], at),
        "next best": lambda need, _: lambda: live.next_best(need, 3),
        "insert": lambda need, at: _insert(live, need, at),
    }
    done = 0
    for name, make in makers.items():
        times = []
        for at in range(count if name != "insert" else count // 10):
            work = make(_some_need(live, rng), at)
            start = time.perf_counter()
            work()
            times.append(1000 * (time.perf_counter() - start))
        spent[name] = [round(float(np.mean(times)), 3), round(float(np.max(times)), 3)]
        done += 0 if name == "next best" else len(times)
    start = time.perf_counter()
    live.undo(live.changes)
    spent["undo"] = [round(1000 * (time.perf_counter() - start) / max(done, 1), 3)]
    assert live.objective == before, "undo did not restore the objective"
    return spent


def _some_need(live: LiveCity, rng: np.random.Generator) -> str:
    ids = live.matching.prepared.needs["id"]
    while True:
        need = str(ids[int(rng.integers(0, len(ids)))])
        if live.has_need(need):
            return need


def _decline(live: LiveCity, need: str) -> Callable[[], Any]:
    serving = live.served_by(need)
    return (lambda: live.decline(need, serving[0][0])) if serving else (lambda: None)


def _capacity(live: LiveCity, offer: str, at: int) -> Callable[[], Any]:
    amount = live.capacity(offer)
    return lambda: live.set_capacity(offer, amount // 2 if at % 2 else amount * 2)


def _insert(live: LiveCity, need: str, at: int) -> Callable[[], Any]:
    record = attrs.evolve(live.records.need(need), id=f"NEW-NEED-{at}")
    return lambda: live.insert(record)


def _questions(
    live: LiveCity, plan: wushe.Plan, rng: np.random.Generator, count: int
) -> dict[str, Any]:
    """Return milliseconds per relaxation and runner-up, and what was found."""
    unserved = plan.unserved
    kinds: Counter[str] = Counter()
    times = []
    for at in rng.choice(len(unserved), min(count, len(unserved)), replace=False).tolist():
        if not live.at_worst(unserved[at].need):
            continue
        start = time.perf_counter()
        found = relaxation(live, unserved[at].need)
        times.append(1000 * (time.perf_counter() - start))
        kinds[f"{unserved[at].reason} > {found.kind}"] += 1
    items, others = plan.items, []
    for at in rng.choice(len(items), min(count, len(items)), replace=False).tolist():
        start = time.perf_counter()
        runner_up(live, items[at].need)
        others.append(1000 * (time.perf_counter() - start))
    return {
        "relaxation_ms": [round(float(np.mean(times))), round(float(np.max(times)))],
        "relaxations": dict(sorted(kinds.items())),
        "runner_up_ms": [round(float(np.mean(others)), 1), round(float(np.max(others)), 1)],
    }


if __name__ == "__main__":
    main()
