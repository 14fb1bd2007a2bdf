"""Policies for a city: time and memory, a reform, explanations, and the same rules in OpenFisca.

    python benchmarks/relief.py [--quick] [--seed N] [--persons N]

1,000,000 persons in 333,333 households (``--quick``: 200,000 persons). Drawing and linking the
population are not timed; columns, lookups and evaluation are. The comparison needs OpenFisca and its
country template, and says how to get them where they are missing. The last line is one JSON object.
"""

import argparse
import datetime as dt
import json
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import relief_openfisca as peer
from relief_population import ON, relief_city

import wushe
from wushe.network import LinkageNetwork
from wushe.plugins.manager import Plugins
from wushe.relief.assess import Assessments, assess
from wushe.relief.compare import Comparison, Reform, compare
from wushe.rules import Parameter
from wushe.text import Text

THRESHOLD, CITY = "dibao_std_urban_month", "420100"


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that `run` takes, and its answer."""
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def best(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest of three times, in seconds, and the last answer."""
    times, answer = [], None
    for _ in range(3):
        del answer  # two at once would double the memory
        seconds, answer = timed(run)
        times.append(seconds)
    return min(times), answer


def forget_peak() -> bool:
    """Start the high-water mark of memory anew; False where the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def peak_mb() -> int:
    """Return the peak memory of this process, since `forget_peak` where that is possible."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def raised(assessed: Assessments) -> Reform:
    """Return the reform that raises one threshold of the city, the urban standard, by 50 yuan."""
    now = assessed.book.find(THRESHOLD, (CITY, "420000", "000000"), ON).parameter
    assert now is not None
    text = Text("城镇低保标准提高50元", "the urban standard 50 yuan higher")
    more = Parameter(
        THRESHOLD,
        CITY,
        str(int(now.number // 100) + 50),
        now.unit,
        ON - dt.timedelta(1),
        None,
        None,
        "what if",
        "",
        "",
        ON,
        "A",
    )
    return Reform(text, (more,))


def explained(assessed: Assessments, count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return milliseconds and bytes of explanations of random policies for random households."""
    persons = assessed.network["persons"]
    times, sizes = [], []
    policies = list(assessed)
    assessed.explain(str(persons.ids[0]), _first(assessed, "persons"))  # what is kept is made once
    assessed.explain(str(assessed.network["households"].ids[0]), _first(assessed, "households"))
    for _ in range(count):
        policy = policies[int(rng.integers(len(policies)))]
        ids = assessed.units(policy.id)
        unit = str(ids[int(rng.integers(len(ids)))])
        seconds, found = timed(lambda unit=unit, policy=policy: assessed.explain(unit, policy.id))
        times.append(seconds * 1000)
        sizes.append(len(found.to_json().encode()))
    return {
        "explain_ms": round(max(times), 1),
        "explain_median_ms": round(statistics.median(times), 1),
        "explain_kb": round(max(sizes) / 1024, 1),
        "explain_median_kb": round(statistics.median(sizes) / 1024, 1),
    }


def _first(assessed: Assessments, unit: str) -> str:
    return next(policy.id for policy in assessed if policy.unit == unit)


def assessment(city: LinkageNetwork, rules: Plugins) -> tuple[Assessments, dict[str, Any]]:
    """Return the assessment of the city, and what it took."""
    fresh = forget_peak()
    cold, assessed = timed(lambda: assess(city, on=ON, plugins=rules))
    peak = peak_mb()
    del assessed
    seconds, assessed = best(lambda: assess(city, on=ON, plugins=rules))
    print(assessed.summary("en"))
    what = "the population and its assessment" if fresh else "the whole run"
    print(
        f"{len(city['persons'])} persons in {len(city['households'])} households, "
        f"{len(assessed.asked)} policies: {seconds:.2f} s (first {cold:.2f} s), "
        f"{peak} MB at most for {what}; target 10 s, 2048 MB"
    )
    return assessed, {
        "persons": len(city["persons"]),
        "households": len(city["households"]),
        "policies": len(assessed.asked),
        "seconds": round(seconds, 2),
        "cold_extra_s": round(max(cold - seconds, 0), 2),
        "peak_mb": peak,
    }


def reform(assessed: Assessments, seconds: float) -> dict[str, Any]:
    """Return what one higher threshold takes beside the baseline of so many `seconds`."""
    found: Comparison
    took, found = best(lambda: compare(assessed, raised(assessed)))
    print(found.summary("en"))
    print(
        f"one threshold, {len(found.recomputed)} policies again: {took:.2f} s, "
        f"{took / seconds:.2f} of the baseline; target 1.2"
    )
    return {"reform_cost": round(took / seconds, 3), "reform_policies": len(found.recomputed)}


def openfisca(persons: int, rng: np.random.Generator) -> dict[str, float]:
    """Return OpenFisca's time over ours by rule; empty where it is not installed."""
    found = peer.compared(persons, rng)
    if found is None:
        print(f"OpenFisca is not installed: no comparison. To have one: {peer.INSTALL}")
        return {}
    print("rule of the country template: OpenFisca, ours, ratio (target 1.0); equal on all rows")
    for name, (theirs, ours) in found.items():
        print(f"{name:30} {theirs:8.3f} s {ours:8.3f} s {theirs / ours:7.2f}")
    return {name: round(theirs / ours, 2) for name, (theirs, ours) in found.items()}


def main() -> None:
    """Time it and print the figures; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a fifth of the population")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--persons", type=int)
    options = parser.parse_args()
    persons = options.persons or (200_000 if options.quick else 1_000_000)
    draws, chosen, arrays = np.random.default_rng(options.seed).spawn(3)
    rules = wushe.load_plugins()
    assessed, figures = assessment(relief_city(persons, draws), rules)
    figures |= reform(assessed, figures["seconds"])
    figures |= explained(assessed, 100 if options.quick else 400, chosen)
    print(
        f"explanations: {figures['explain_median_ms']} ms and {figures['explain_median_kb']} KB in the "
        f"middle, {figures['explain_ms']} ms and {figures['explain_kb']} KB at most; target 50 ms, 20 KB"
    )
    del assessed
    figures["ratio_openfisca"] = openfisca(persons, arrays)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
