"""A simulation of a few microseconds that stands in for the engine where experiments are what is tested."""

import datetime as dt
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np

from wushe.orders.table import STATUS_CODES
from wushe.simulate import city as columns
from wushe.simulate.rows import Rows
from wushe.text import Text

DAY = columns.DAY
COMMUNITIES = 3


@attrs.frozen
class Town:
    """As much of a scenario as experiments look at; needs take `days_to_meet` days on average."""

    name: str = "town"
    label: Text = attrs.field(factory=lambda: Text("镇", "town"))
    start: dt.date = dt.date(2025, 1, 30)
    days: int = 40
    warm_up: int = 10
    plugins: tuple[str, ...] = ()
    needs: int = 60
    assume: Mapping[str, float] = attrs.field(factory=dict)

    def __getitem__(self, name: str) -> float:
        return self.assume.get(name, 4.0)

    def but(self, **changes: Any) -> "Town":
        """Return the town with other fields or assumptions."""
        fields = {k: v for k, v in changes.items() if "." not in k}
        assumed = {k: v for k, v in changes.items() if "." in k}
        return attrs.evolve(self, assume={**self.assume, **assumed}, **fields)


def simulate(scenario: Town, policy: Any, seed: Any, *, replication: int) -> Any:
    """Return what looks like a run: needs that are found at random and met after a while by one order each."""
    rng = np.random.Generator(np.random.PCG64(seed))
    n = scenario.needs
    known = np.sort(rng.uniform(0, scenario.days * DAY, n))
    stay = rng.exponential(scenario["town.days_to_meet"] * DAY, n) * policy.every
    left = known + stay
    met = left < scenario.days * DAY
    town = _town(scenario, n, rng)
    town.needs.append(
        n, household=rng.integers(0, 30, n), category=rng.integers(0, 2, n), amount=60, arose=known - 1,
        known=known, listed=known + 30, closed=np.where(met, left, np.nan), found_by=np.int8(1),
        state=np.where(met, columns.MET, columns.LISTED),
    )  # fmt: skip
    rows = np.flatnonzero(met)
    town.orders.append(
        len(rows), need=rows, kind=columns.VOLUNTEERS, provider=rng.integers(0, 5, len(rows)), amount=60,
        value=rng.integers(1, 9, len(rows)), status=STATUS_CODES["confirmed"], placed=known[rows] + 30,
        accepted=known[rows] + 60, done=left[rows],
    )  # fmt: skip
    town.calls.append(
        len(rows),
        order=np.arange(len(rows)),
        kind=columns.VOLUNTEERS,
        state=columns.DONE,
        minutes=60,
    )
    town.log.append(
        len(rows),
        at=left[rows],
        kind=columns.EVENT_CODES["need_met"],
        need=rows,
        order=np.arange(len(rows)),
    )
    ends = (np.arange(scenario.days) + 1) * DAY
    stock = (known[:, None] < ends) & (left[:, None] >= ends)
    periods = {
        "day": np.arange(scenario.days),
        "stock_known": stock.sum(axis=0),
        "stock_listed": 0 * ends.astype(int),
    }
    periods["stock_ordered"] = periods["stock_listed"]
    months = {
        "month": np.array([202501, 202502]),
        **{k: np.zeros(2, int) for k in ("needs", "hours", "goods", "fen")},
    }
    return SimpleNamespace(
        scenario=scenario, policy=policy.name, replication=replication, city=town, periods=periods, months=months
    )  # fmt: skip


def _town(scenario: Town, needs: int, rng: np.random.Generator) -> Any:
    people = SimpleNamespace(
        home=rng.integers(0, COMMUNITIES, 30), communities=np.arange(COMMUNITIES).astype(object)
    )
    made = {
        name: Rows(getattr(columns, name.upper()))
        for name in ("needs", "orders", "calls", "log", "house")
    }
    made["house"].append(30, joined=rng.random(30) < 0.3)
    return SimpleNamespace(people=people, categories=("meals", "visits"), scenario=scenario, **made)


def simulate_slowly(scenario: Town, policy: Any, seed: Any, *, replication: int) -> Any:
    """As `simulate`, a tenth of a second a run: time enough to be killed between two."""
    time.sleep(0.1)
    return simulate(scenario, policy, seed, replication=replication)


def simulate_badly(scenario: Town, policy: Any, seed: Any, *, replication: int) -> Any:
    """Fail in replication 1."""
    if replication == 1:
        raise ValueError("the town is flooded")
    return simulate(scenario, policy, seed, replication=replication)


def simulate_and_die(scenario: Town, policy: Any, seed: Any, *, replication: int) -> Any:
    """End the process, as one that runs out of memory does."""
    os._exit(9)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
