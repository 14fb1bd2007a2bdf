"""Hindsight: the most that could have been served had all needs been known from the start, and what a run was worth.

The value of a run is the sum over its orders of the units served times what a unit of that pair is worth: the
penalty that the library's own scores and priorities put on leaving it unserved, less the cost of the pair, on the
first day on which both were on the list. Hindsight is the largest value of any way to serve the needs while
they are open with what is there then. It is found by HiGHS, which shares nothing with the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from wushe.model.storage import Array
from wushe.orders.table import STATUS_CODES
from wushe.simulate.city import HELPERS
from wushe.simulate.dispatch.policy import Policy
from wushe.simulate.dispatch.watch import Seen, Watch
from wushe.simulate.experiments.metrics import Metric
from wushe.simulate.names import rows_of
from wushe.simulate.world.scenario import Scenario
from wushe.text import Text

if TYPE_CHECKING:
    from wushe.plugins.manager import Plugins
    from wushe.simulate.engine import Run

UNDONE = ("failed", "cancelled")


@attrs.frozen(eq=False)
class Hindsight:
    """The optimum of one replication: `value`, and `flow` int64, units of each pair of `seen`."""

    value: int
    flow: Array
    seen: Seen


def watch(scenario: Scenario, seed: np.random.SeedSequence, plugins: Plugins | None = None) -> Seen:
    """Return everything that a run of `scenario` has open while nobody is served. Raises ValueError, see `Watch`."""
    from wushe.simulate.engine import run

    eye = Watch()
    run(scenario, Policy("watch", choose=eye), seed, plugins=plugins)
    return eye.seen()


def hindsight(seen: Seen) -> Hindsight:
    """Return the largest value that could have been served, proven in whole numbers by HiGHS's dual prices.

    Raises RuntimeError where HiGHS fails or its prices do not prove its solution.
    """
    pair, parcel = _ways(seen)
    if not len(pair):
        return Hindsight(0, np.zeros(len(seen.row), dtype=np.int64), seen)
    n, m = len(seen.asked), len(seen.capacity)
    rules = np.concatenate(
        [seen.row[pair], n + parcel, n + m + pair]
    )  # each way is in three of them
    bound = np.concatenate([seen.asked, seen.capacity, seen.limit])
    matrix: Any = csr_array(
        (np.ones(len(rules), dtype=np.int64), (rules, np.tile(np.arange(len(pair)), 3))),
        (len(bound), len(pair)),
    )
    # Dual simplex ends in a corner, and all corners of a network are whole numbers.
    found: Any = linprog(-seen.value[pair], A_ub=matrix, b_ub=bound, method="highs-ds")
    if found.status != 0:
        raise RuntimeError(f"HiGHS did not solve the hindsight: {found.message}")
    ways = np.rint(found.x).astype(np.int64)
    price = np.rint(-found.ineqlin.marginals).astype(np.int64)
    value = int(seen.value[pair] @ ways)
    # Duality, in whole numbers: nothing is taken twice, no way is worth more than its prices, and both sums agree.
    fits = bool(np.all(matrix @ ways <= bound)) and bool(
        np.all(matrix.T @ price >= seen.value[pair])
    )
    if not fits or ways.min() < 0 or price.min() < 0 or int(price @ bound) != value:
        raise RuntimeError(
            f"HiGHS found {value}, and prices that do not prove it: {int(price @ bound)}"
        )
    flow = np.zeros(len(seen.row), dtype=np.int64)
    np.add.at(flow, pair, ways)
    return Hindsight(value, flow, seen)


def _ways(seen: Seen) -> tuple[Array, Array]:
    """Return (pair, parcel) for every parcel that was there while the pair's need was open."""
    order = np.argsort(seen.parcel, kind="stable")
    first, last = (
        np.searchsorted(seen.parcel[order], seen.offer, side=side) for side in ("left", "right")
    )
    many = last - first
    pair = np.repeat(np.arange(len(seen.row)), many)
    parcel = order[np.arange(len(pair)) - np.repeat(np.cumsum(many) - many - first, many)]
    need = seen.row[pair]
    meet = (seen.since[parcel] <= seen.last[need]) & (seen.until[parcel] >= seen.first[need])
    return pair[meet], parcel[meet]


def value_of(run: Run, seen: Seen) -> int:
    """Return the value of what `run` served, for `seen` of the same scenario and seed.

    Raises ValueError where an order's pair was never seen: then the two are not of one world.
    """
    orders = run.city.orders
    failed = np.isin(orders["status"], [STATUS_CODES[status] for status in UNDONE])
    rows = np.flatnonzero(~failed)
    worth = _worth(seen)
    total = 0
    for need, kind, provider, amount in zip(
        *(orders[name][rows].tolist() for name in ("need", "kind", "provider", "amount")), strict=True
    ):  # fmt: skip
        key = need, kind, provider
        if key not in worth:
            raise ValueError(
                f"need row {need} was served by row {provider} of {HELPERS[kind]}, a pair that was not seen; "
                "expected `seen` of the same scenario and seed, watched every day"
            )
        total += worth[key] * amount
    return total


def share_of_hindsight(run: Run) -> float:
    """Return the value of `run` over the hindsight of its own world, NaN where nothing could be served.

    The world is simulated once more to see it. Raises ValueError, see `Watch`.
    """
    seen = watch(run.scenario, run.city.streams.seed, run.city.plugins)
    most = hindsight(seen).value
    return value_of(run, seen) / most if most else np.nan


HINDSIGHT_SHARE = Metric(
    "hindsight_share",
    Text("达到后见最优的比例", "share of hindsight reached"),
    Text("比例", "share"),
    "higher",
    share_of_hindsight,
)


def _worth(seen: Seen) -> dict[tuple[int, int, int], int]:
    """Return what a unit is worth by (need row, helper's kind, helper's row)."""
    need = rows_of(seen.needs)
    letter = {"R": HELPERS.index("resources"), "F": HELPERS.index("funds")}
    provider = [key.partition(":")[0] for key in seen.offer_ids.tolist()]
    kind = [letter[key[0]] for key in provider]
    helper = rows_of(provider)
    return {
        (int(need[row]), kind[offer], int(helper[offer])): value
        for row, offer, value in zip(
            seen.row.tolist(), seen.offer.tolist(), seen.value.tolist(), strict=True
        )
    }
