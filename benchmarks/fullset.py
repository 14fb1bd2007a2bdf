"""Matching over all eligible pairs, with the proof, against the nearest 24 only.

    python benchmarks/fullset.py [--quick] [--seed N]

100,000 needs x 30,000 offers of three categories that reach the whole city, about a thousand million
eligible pairs (``--quick``: a quarter of both). Filters and scores are the default plugin's, through the
hooks; the columns that they read are drawn directly. The last line is one JSON object.
"""

import argparse
import datetime as dt
import json
import resource
import time
from typing import Any

import numpy as np
import numpy.typing as npt

import wushe
from wushe.matching.expand import NONE, Groups
from wushe.matching.prepare import NATION, Prepared
from wushe.matching.search import pricing
from wushe.model.pairing import pair_key
from wushe.model.terms import Columns, Context

Array = npt.NDArray[Any]
ON = dt.date(2025, 9, 15)
CATEGORIES = ("home_repair", "haircut", "visit")
UNITS = 0.9
"""Capacity per need: a tenth stays unserved."""


def city(seed: int, needs: int, offers: int, plugins: Any) -> Prepared:
    """Return a made-up city as columns: one unit per need, three per offer on average."""
    rng = np.random.default_rng(seed)
    context = Context(
        ON,
        plugins.categories,
        plugins.target_groups,
        np.unique(
            pair_key(rng.integers(0, needs, needs // 10), rng.integers(0, offers, needs // 10))
        ),
    )
    free = np.full(needs, NONE, dtype=np.int64)
    groups = Groups(
        free, free, free, free, free, free,
        np.arange(offers), np.ones(offers, dtype=np.int64), np.zeros(offers, dtype=bool),
    )  # fmt: skip
    return Prepared(_needs(rng, needs, context), _offers(rng, needs, offers), context, groups)


def _objects(values: Any) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _side(rng: np.random.Generator, n: int) -> dict[str, Array]:
    """Return where `n` people live: 60 km across, all in one city, a tenth without coordinates."""
    lon, lat = 114 + 0.6 * rng.random(n), 30.3 + 0.5 * rng.random(n)
    blind = rng.random(n) < 0.05
    county, street = rng.integers(0, 13, n), rng.integers(0, 10, n)
    rows = np.stack([np.zeros(n), np.ones(n), 2 + county, 20 + 10 * county + street], axis=1)
    ancestors = np.full((n, 6), -1, dtype=np.int32)
    ancestors[:, :4] = rows
    return {
        "lon": np.where(blind, np.nan, lon),
        "lat": np.where(blind, np.nan, lat),
        "ancestors": ancestors,
    }


def _needs(rng: np.random.Generator, n: int, context: Context) -> Columns:
    codes = {name: code for code, name in enumerate(context.categories)}
    kind = rng.integers(0, len(CATEGORIES), n)
    none = np.zeros((n, 1), dtype=np.uint64)
    return Columns(
        n,
        {
            **_side(rng, n),
            "client_code": np.arange(n, dtype=np.int32),
            "category_code": np.array([codes[c] for c in CATEGORIES], dtype=np.int32)[kind],
            "form": np.full(n, "service", dtype=object),
            "dimension": np.full(n, "minute", dtype=object),
            "refers": np.ones(n, dtype=bool),
            "consent": (rng.random(n) < 0.99).astype(np.int8),
            "quantity": np.ones(n, dtype=np.int64),
            "urgency": rng.choice(4, n, p=(0.2, 0.6, 0.15, 0.05)).astype(np.int8),
            "due": np.full(n, np.datetime64("NaT", "D")),
            "on_day": np.full(n, np.datetime64("NaT", "D")),
            "starts": np.full(n, -1, dtype=np.int64),
            "ends": np.full(n, -1, dtype=np.int64),
            "skill_mask": np.where(rng.random((n, 1)) < 0.02, np.uint64(1), np.uint64(0)),
            "group_mask": none,
            "place_mask": none,
            "client_mask": none,
            "with_minor": np.zeros(n, dtype=np.int8),
        },
    )


def _offers(rng: np.random.Generator, needs: int, n: int) -> Columns:
    first = rng.integers(0, len(CATEGORIES), n)
    second = np.where(rng.random(n) < 0.2, (first + 1) % len(CATEGORIES), first)
    names = [
        tuple(sorted({CATEGORIES[a], CATEGORIES[b]}))
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
    ]
    capacity = rng.multinomial(int(needs * UNITS), np.full(n, 1 / n)).astype(np.int64)
    nat = np.full(n, np.datetime64("NaT", "D"))
    none = np.zeros((n, 1), dtype=np.uint64)
    return Columns(
        n,
        {
            **_side(rng, n),
            "provider_code": np.arange(n, dtype=np.int32),
            "provider_kind": np.where(rng.random(n) < 0.05, "social_workers", "volunteers").astype(
                object
            ),
            "categories": _objects(names),
            "dimension": np.full(n, "minute", dtype=object),
            "capacity": capacity,
            "per_need": capacity,
            "reach": np.full(n, NATION, dtype=np.int8),
            "available_from": nat,
            "available_to": nat,
            "weekday_mask": np.full(n, 127, dtype=np.uint8),
            "starts": np.full(n, -1, dtype=np.int64),
            "ends": np.full(n, -1, dtype=np.int64),
            "travel_km": np.full(n, np.nan),
            "skill_mask": np.where(rng.random((n, 1)) < 0.5, np.uint64(1), np.uint64(0)),
            "group_mask": none,
            "place_mask": none,
            "client_mask": none,
            "vetted_on": nat,
        },
    )


def timed(prepared: Prepared, plugins: Any, *, prove: bool) -> tuple[float, Any]:
    """Return (seconds, result)."""
    urgency = np.rint(1000 * plugins.prioritise_needs(prepared.needs, prepared.context)).astype(
        np.int64
    )
    begin = time.perf_counter()
    priced = pricing.solve_all(
        prepared, plugins, lambda top: top + 1 + urgency * (4 * top // 1000), prove=prove
    )
    return time.perf_counter() - begin, priced


def compile_all(plugins: Any) -> None:
    """Let everything be compiled by a city that is small, but searched all the same."""
    limit, pricing.ALL_PAIRS = pricing.ALL_PAIRS, 0
    timed(city(0, 3_000, 2_500, plugins), plugins, prove=True)
    pricing.ALL_PAIRS = limit


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    options = parser.parse_args()
    n, m = (25_000, 7_500) if options.quick else (100_000, 30_000)
    plugins = wushe.load_plugins()
    compile_all(plugins)
    prepared = city(options.seed, n, m, plugins)
    plain, listed = timed(prepared, plugins, prove=False)
    seconds, priced = timed(prepared, plugins, prove=True)
    proof = priced.proof
    figures = {
        "pairs": proof.eligible,
        "seconds": round(seconds, 2),
        "nearest24_seconds": round(plain, 2),
        "ratio_to_nearest24": round(seconds / plain, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "proved": proof.kind == "all pairs" and priced.solution.status == "optimal",
        "rounds": proof.rounds,
        "searched": proof.searched,
        "added": proof.added,
        "saved": listed.solution.objective - priced.solution.objective,
        "objective": priced.solution.objective,
    }
    print(
        f"{proof.eligible:,} pairs in reach: nearest 24 {plain:.2f} s, all {seconds:.2f} s, "
        f"{proof.rounds} rounds, {proof.added:,} pairs added, {proof.kind}"
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
