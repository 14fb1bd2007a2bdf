"""What plugins cost a plan: an empty one, and three that filter and score in batches, beside none.

    python benchmarks/plugins.py [--quick] [--seed N]

Quick: 2,000 needs and 1,000 offers; full: 20,000 and 8,000. The three kinds of run take turns, so that a noisy machine
meets all alike; each figure is the median ratio of neighbours in time. The last line is one JSON object.
"""

import argparse
import json
import statistics
import time
from typing import Any

import numpy as np

import wushe
from wushe import Columns, FilterTerm, Pairs, ScoreTerm, hookimpl
from wushe.testing import made_up_city

TARGET_EMPTY, TARGET_THREE = 0.05, 0.15


class Empty:
    """A plugin that registers nothing: one hook, no rules."""

    name = "empty"

    @hookimpl
    def register_need_categories(self) -> list[wushe.NeedCategory]:
        """Return no category."""
        return []


class Batch:
    """A plugin with one filter and one score in columns, of which the filter refuses a few pairs."""

    def __init__(self, number: int) -> None:
        self.name = f"batch{number}"
        self.number = number

    @hookimpl
    def filter_candidates(self, needs: Columns, offers: Columns, pairs: Pairs) -> FilterTerm:
        """Refuse one kind of helper in a hundred to needs that are in no hurry."""
        rare = np.arange(len(offers)) % 100 == self.number
        calm = needs["urgency"] == 0
        return FilterTerm(~(calm[pairs.need] & rare[pairs.offer]), "restriction")

    @hookimpl
    def score_candidates(self, needs: Columns, offers: Columns, pairs: Pairs) -> ScoreTerm:
        """Prefer helpers from the same street for urgent needs."""
        near = wushe.pair_level(needs, offers, pairs) >= 3
        urgent = needs["urgency"] >= 2
        values = (near & urgent[pairs.need]).astype(float)
        bound = urgent.astype(float)
        return ScoreTerm(f"batch{self.number}_near", 1, values).bounded(row=bound)


def one_run(city: Any, rules: wushe.Plugins) -> tuple[float, int]:
    """Return the seconds of one plan and how many items it has."""
    start = time.perf_counter()
    plan = wushe.make_plan(city, plugins=rules, on="2025-09-15")
    return time.perf_counter() - start, len(plan.items)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    options = parser.parse_args()
    n, m, rounds = (2_000, 1_000, 5) if options.quick else (20_000, 8_000, 9)
    kinds = {
        "none": wushe.load_plugins(),
        "empty": wushe.load_plugins(Empty()),
        "three": wushe.load_plugins(*(Batch(i) for i in range(3))),
    }
    city = made_up_city(np.random.default_rng(options.seed), kinds["none"], needs=n, offers=m)
    one_run(city, kinds["none"])  # compiles and fills caches once
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for turn in range(rounds):
        for name in list(kinds)[turn % 3 :] + list(kinds)[: turn % 3]:
            took, items = one_run(city, kinds[name])
            seconds[name].append(took)
            print(f"round {turn + 1}, {name:>5}: {took:6.3f} s, {items} items")
    over = {
        name: statistics.median(
            a / b - 1 for a, b in zip(seconds[name], seconds["none"], strict=True)
        )
        for name in ("empty", "three")
    }
    print(f"an empty plugin adds {over['empty']:+.1%}; target at most {TARGET_EMPTY:.0%}")
    print(
        f"three with a filter and a score each add {over['three']:+.1%}; target at most {TARGET_THREE:.0%}"
    )
    figures = {"needs": n, "offers": m, "plan_s": round(min(seconds["none"]), 3)}
    figures |= {f"overhead_{name}": round(value, 4) for name, value in over.items()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
