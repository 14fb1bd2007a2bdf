"""The store: events kept per second, a plan dispatched, opening from the snapshot, making the state anew.

    python benchmarks/store.py [--quick] [--seed N] [--events N] [--items N] [--url URL]

1,000,000 events (``--quick``: 100,000) in a SQLite file, 50,000 (25,000) a unit of work: half of them recorded as they
come, that is the store's own speed (``events_per_s``), the other half by the command that cancels orders; and a plan of about 10,000 items dispatched in one unit of work, in a store of its own. ``--url`` takes a
PostgreSQL database without a store for the events instead. The state is made anew once, the rest is the
best of three. The last line is one JSON object.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import wushe
from wushe.journal import Act, MemoryStore, Session
from wushe.orders import areas_of, cancel, dispatch_plan, enroll, helpers_of
from wushe.store import Store, open_store
from wushe.testing import made_up_city

ACT = Act("2025-09-15T09:00:00+08:00", "W-1")
HOUSEHOLDS = 50_000
_OPEN = """
import sys, time
start = time.perf_counter()
import wushe.ledger, wushe.orders
from wushe.store import open_store
imported = time.perf_counter()
with open_store(sys.argv[1]) as store, store.reading() as state:
    assert state.get("order", sys.argv[2]) is not None
print(time.perf_counter() - imported, imported - start)
"""


def record_many(s: Session, *, placed: Sequence[tuple[str, str, dict[str, Any]]]) -> int:
    """Record that orders were placed, each with its record: what the store itself costs."""
    s.state.load("subject", "id", [client for _, client, _ in placed])
    for order, client, data in placed:
        s.record("order.placed", f"order/{order}", data, ref=s.ref(client))
    return len(placed)


def drawn(first: int, n: int, rng: np.random.Generator) -> list[tuple[str, str, dict[str, Any]]]:
    """Return `n` orders with their clients."""
    found = []
    for number, client in enumerate(rng.integers(0, HOUSEHOLDS, n).tolist(), first):
        data = {"id": f"O-{number:07d}", "client_kind": "households", "category": "meal", "form": "service",
                "dimension": "time", "amount": 30, "source": "need", "place": "420106001001", "on_day": "2025-09-16",
                "starts": 660, "ends": 720}  # fmt: skip
        found.append((data["id"], f"H-{client:06d}", data))
    return found


def cancel_many(s: Session, *, first: int, n: int) -> int:
    """Cancel `n` orders."""
    ids = [f"O-{first + k:07d}" for k in range(n)]
    s.state.load("order", "id", ids)
    for kind in ("call", "commitment", "issue", "reservation"):
        s.state.load(kind, "order", ids)
    for order in ids:
        cancel(s, order=order, reason="not_needed")
    return n


def seconds(do: Callable[[], Any]) -> float:
    """Return how long `do` takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def append(
    store: Store, events: int, batch: int, rng: np.random.Generator
) -> tuple[list[float], list[float]]:
    """Keep `events` events, `batch` a unit of work; return the seconds of each that records, and that cancels."""
    records: list[float] = []
    cancels: list[float] = []
    for first in range(0, events // 2, batch):
        placed = drawn(first, batch, rng)
        records.append(seconds(lambda p=placed: store.run(ACT, record_many, placed=p)))
        cancels.append(seconds(lambda f=first: store.run(ACT, cancel_many, first=f, n=batch)))
        done = batch * len(records)
        print(
            f"\r{2 * done:>9,} events: {done / sum(records):,.0f} recorded, "
            f"{done / sum(cancels):,.0f} orders cancelled by the command, per second",
            end="", flush=True,
        )  # fmt: skip
    print()
    return records, cancels


def dispatched(folder: Path, items: int, rng: np.random.Generator) -> dict[str, float]:
    """Dispatch a plan three times, each in a new store, and return the best time and that without a store."""
    rules = wushe.load_plugins()
    city = made_up_city(rng, rules, needs=items * 5 // 6, offers=items * 9 // 20)
    plan = wushe.make_plan(city, plugins=rules, on="2025-09-15")
    helpers, areas = helpers_of(city), areas_of(city)
    took, memory, orders = [], [], 0
    for number in range(3):
        with open_store(folder / f"plan{number}.db", plugins=rules) as store:
            store.run(ACT, enroll, helpers=helpers, areas=areas)
            before = store.head.entries
            took.append(seconds(lambda s=store: s.run(ACT, dispatch_plan, plan=plan)))
            orders = len(list(store.events(after=before, kind="order.dispatched")))
            bare = MemoryStore(store.codecs.domain, rules)
        bare.run(ACT, enroll, helpers=helpers, areas=areas)
        memory.append(seconds(lambda m=bare: m.run(ACT, dispatch_plan, plan=plan)))
    # A plan of exactly so many items cannot be ordered: the time is scaled to 10,000.
    scale = 10_000 / orders
    print(f"{orders:,} plan items dispatched in {min(took):.2f} s, {min(memory):.2f} s of it the commands'")  # fmt: skip
    return {"dispatched": orders, "dispatch_10000_s": min(took) * scale, "dispatch_10000_memory_s": min(memory) * scale}  # fmt: skip


def opened(where: str) -> tuple[float, float]:
    """Return how long a new process takes to open the store and read a record, and to import it before."""
    runs = []
    for _ in range(3):
        command = [sys.executable, "-c", _OPEN, where, "O-0000001"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        took, imported = map(float, done.stdout.split())
        runs.append((took, imported))
    return min(runs)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=20250915)
    parser.add_argument("--events", type=int)
    parser.add_argument("--items", type=int)
    parser.add_argument("--url")
    options = parser.parse_args()
    events = options.events or (100_000 if options.quick else 1_000_000)
    batch = 25_000 if options.quick else 50_000
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        figures = dispatched(Path(folder), options.items or 10_000, rng)
        where = options.url or str(Path(folder) / "events.db")
        with open_store(where) as store:
            records, cancels = append(store, events, batch, rng)
            entries = store.head.entries
            rebuild = seconds(store.rebuild)
            print(f"the state of {entries:,} events made anew in {rebuild:.1f} s")
            verify = seconds(lambda: print(store.verify().say("en")))
        open_s, import_s = opened(where)
        print(f"opened in {open_s:.3f} s after {import_s:.2f} s of imports")
    figures |= {
        "events": entries,
        "events_per_s": batch / min(records),
        "events_per_s_mean": batch * len(records) / sum(records),
        "cancelled_per_s": batch / min(cancels),
        "open_snapshot_s": open_s,
        "open_import_s": import_s,
        "rebuild_s": rebuild,
        "verify_s": verify,
    }
    print(json.dumps({key: round(value, 3) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
