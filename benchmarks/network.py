"""How long a big city takes to link and to measure.

``python benchmarks/network.py [--quick] [--seed N]``: 300,000 households and 20,000 volunteers in
250 communities of 13 streets with 650,000 persons and 200,000 past services (``--quick``: a tenth).
Making up the records is not timed.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from wushe.model import RECORD_KINDS, Table
from wushe.model.storage import pack
from wushe.model.tables import sorted_table
from wushe.network import LinkageNetwork, build_network

STREETS, COMMUNITIES, ORGANIZATIONS, WORKERS = 13, 250, 400, 800
Values = list[Any]


def table(table_kind: str, n: int, /, **columns: Values) -> Table:
    """Return a table of `n` made-up rows, named by id; what is not given is unknown."""
    spec = RECORD_KINDS[table_kind]
    columns.setdefault("name", columns["id"])
    arrays = {
        field.name: pack(field.kind.storage, columns.get(field.name, [None] * n))
        for field in spec.fields
    }
    return sorted_table(spec, arrays, np.zeros(n, dtype=np.int64), "")


def names(letter: str, n: int) -> Values:
    """Return `n` ids."""
    return [f"{letter}{i:07d}" for i in range(n)]


def city(households: int, volunteers: int, rng: np.random.Generator) -> dict[str, Table]:
    """Return the tables of a made-up district."""
    streets = [f"420106{i:03d}" for i in range(1, STREETS + 1)]
    communities = [f"{streets[i % STREETS]}{i // STREETS + 1:03d}" for i in range(COMMUNITIES)]
    organizations, workers = names("O", ORGANIZATIONS), names("W", WORKERS)
    stations, homes = names("S", STREETS), names("H", households)
    teams, helpers, goods = names("T", 300), names("V", volunteers), names("R", 3000)

    def pick(values: Values, n: int, known: float = 1.0) -> Values:
        drawn = rng.integers(0, len(values), n)
        return [values[i] if k else None for i, k in zip(drawn, rng.random(n) < known, strict=True)]

    def tags(values: Values, n: int) -> Values:
        return [(value,) for value in pick(values, n)]

    codes = ["420106", *streets, *communities]
    levels = ["county", *["street"] * STREETS, *["community"] * COMMUNITIES]
    kinds = ["social_organization", "foundation", "firm", "hospital", "school"]
    persons, services = households * 13 // 6, households * 2 // 3
    return {
        "places": table("places", len(codes), id=codes, name=codes, level=levels),
        "communities": table(
            "communities", COMMUNITIES, id=names("C", COMMUNITIES), place=communities
        ),
        "organizations": table(
            "organizations",
            ORGANIZATIONS,
            id=organizations,
            kind=pick(kinds, ORGANIZATIONS),
            place=pick(communities, ORGANIZATIONS, 0.5),
        ),
        "stations": table(
            "stations",
            STREETS,
            id=stations,
            place=streets,
            operator=pick(organizations, STREETS),
            pairs=tags(organizations, STREETS),
        ),
        "social_workers": table(
            "social_workers",
            WORKERS,
            id=workers,
            station=pick(stations, WORKERS, 0.6),
            employer=pick(organizations, WORKERS, 0.8),
        ),
        "volunteer_teams": table(
            "volunteer_teams",
            300,
            id=teams,
            place=pick(communities, 300),
            leader=pick(workers, 300, 0.7),
        ),
        "volunteers": table(
            "volunteers",
            volunteers,
            id=helpers,
            place=pick(communities, volunteers),
            teams=tags(teams, volunteers),
            reach=pick(["community", "street"], volunteers, 0.7),
        ),
        "resources": table(
            "resources",
            3000,
            id=goods,
            categories=[("meal",)] * 3000,
            holder=pick(organizations, 3000),
            place=pick(communities, 3000, 0.5),
            reach=pick(["community", "street"], 3000, 0.4),
        ),
        "households": table(
            "households",
            households,
            id=homes,
            place=pick(communities, households, 0.98),
            responsible_worker=pick(workers, households, 0.5),
        ),
        "persons": table(
            "persons",
            persons,
            id=names("P", persons),
            household=pick(homes, persons),
            place=pick(communities, persons, 0.2),
        ),
        "services": table(
            "services",
            services,
            id=names("E", services),
            provider=pick([*helpers, *workers, *organizations], services),
            household=pick(homes, services),
        ),
    }


def timed(action: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the shortest time of `runs`, in seconds, and the last result."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - start)
    return min(times), result


def measure(network: LinkageNetwork, runs: int) -> dict[str, float]:
    """Return the time of each measure, in seconds."""
    actions: dict[str, Callable[[], Any]] = {
        "reach_s": network.five_party_reach,
        "stations_s": network.stations_by_cut_off,
        "bridges_s": network.bridging_organizations,
        "degrees_s": network.party_degrees,
        "summary_s": network.summary,
        "plot_s": network.plot,
    }
    return {name: timed(action, runs)[0] for name, action in actions.items()}


def main() -> None:
    """Build and measure; the last line is JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the households and volunteers"
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the made-up city")
    options = parser.parse_args()
    scale = 10 if options.quick else 1
    rng = np.random.default_rng(options.seed)
    tables = city(300_000 // scale, 20_000 // scale, rng)
    build_s, network = timed(lambda: build_network(tables, {}, {}), 3)
    times = {"build_s": build_s, **measure(network, 3)}
    print(network.summary("zh"))
    for name, seconds in times.items():
        print(f"{name.removesuffix('_s'):<10} {seconds:7.3f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {name: round(seconds, 4) for name, seconds in times.items()}
    counts = {
        name: len(network[name]) for name in ("households", "volunteers", "persons", "services")
    }
    share = network.five_party_reach().share
    print(json.dumps({**counts, **figures, "peak_mb": round(peak), "share_all_five": share}))


if __name__ == "__main__":
    main()
