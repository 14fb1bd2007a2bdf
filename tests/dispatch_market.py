"""A market of a few lots of goods and needs that come day by day, small enough to reckon by hand."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from wushe.matching.kernel import Problem, solve
from wushe.matching.rounds import Round, checked
from wushe.model.terms import Columns
from wushe.simulate.dispatch.watch import Seen, Watch

Array = Any
START = dt.date(2025, 1, 6)
WORTH = (2_000, 16_000, 40_000, 55_000)
"""What leaving a unit unserved costs, by urgency class."""
EVER = 10_000


@attrs.frozen
class Market:
    """Needs (n,): the day they come, how many days they wait, urgency 0..3, units; places on a line.

    Lots (m,): places and stock on the first day. A pair costs a hundred per step between them.
    """

    day: Array
    waits: Array
    urgency: Array
    units: Array
    at: Array
    lots: Array
    stock: Array
    days: int

    def round_(self, day: int, left: Array, stock: Array) -> tuple[Round, Array]:
        """Return the round of `day`, and the need rows that are open."""
        rows = np.flatnonzero((self.day <= day) & (day <= self.day + self.waits) & (left > 0))
        there = np.flatnonzero(stock > 0)
        on = START + dt.timedelta(days=day)
        asked_on = np.datetime64(START, "D") + self.day[rows]
        cost = 100 * np.abs(self.at[rows][:, None] - self.lots[there][None])
        needs = {
            "id": [f"N-{row:07d}" for row in rows], "asked_on": asked_on, "quantity": left[rows],
            "urgency": self.urgency[rows], **places(self.at[rows]),
        }  # fmt: skip
        offers = {
            "id": [f"R-{row:07d}:lot" for row in there], "provider_kind": ["resources"] * len(there), **places(self.lots[there]),
        }  # fmt: skip
        penalty = np.array(WORTH)[self.urgency[rows]]
        return make_round(on, needs, offers, cost, stock[there], penalty, left[rows]), rows

    def play(self, choose: Callable[[Round], Array], every: int = 1, first: int = 0) -> int:
        """Return the value that `choose` reaches: what is given is gone, what is not served waits or leaves."""
        left, stock, value = self.units.copy(), self.stock.copy(), 0
        for day in range(first, self.days, every):
            round_, rows = self.round_(day, left, stock)
            flow = checked(round_.problem, choose(round_))
            there = np.flatnonzero(stock > 0)
            np.subtract.at(left, rows[round_.problem.row], flow)
            np.subtract.at(stock, there[round_.problem.column], flow)
            value += int(round_.value @ flow)
        return value

    def seen(self) -> Seen:
        """Return what an eye sees that serves nobody."""
        eye = Watch()
        self.play(eye)
        return eye.seen()


def places(at: Array) -> dict[str, Array]:
    """Return the columns that tell where: a degree of longitude for each step, no place tree."""
    return {
        "lon": at.astype(float),
        "lat": np.zeros(len(at)),
        "ancestors": np.full((len(at), 6), -1),
    }


def make_round(
    on: dt.date, needs: Any, offers: Any, cost: Array, capacity: Sequence[int], penalty: Sequence[int], units: Any,
    limit: int | None = None,
) -> Round:  # fmt: skip
    """Return a round in which every need may have every offer; `cost` (n_needs, n_offers)."""
    n, m = cost.shape
    column = np.argsort(cost, axis=1, kind="stable")
    edges = np.take_along_axis(cost, column, axis=1).ravel()
    most = None if limit is None else np.full(n * m, limit)
    problem = Problem(
        np.arange(n + 1) * m, column.ravel(), edges, np.asarray(capacity), np.asarray(penalty), np.asarray(units), most
    )  # fmt: skip
    return Round(on, columns(n, needs), columns(m, offers), problem, solve(problem))


def columns(n: int, values: dict[str, Any]) -> Columns:
    """Return hooks' columns; lists of words become object columns."""
    arrays = {}
    for name, value in values.items():
        if isinstance(value, list):
            arrays[name] = np.empty(n, dtype=object)
            arrays[name][:] = value
        else:
            arrays[name] = np.array(value)
    return Columns(n, arrays)


def best(round_: Round) -> Array:
    """The plan of least cost for the day alone."""
    return round_.optimum.flow


def draw_market(
    rng: np.random.Generator, needs: int = 150, days: int = 40, waits: int = 5, share: float = 0.4
) -> Market:
    """Draw a market in which stock is enough for a `share` of the needs, of which few are urgent."""
    urgency = rng.choice(4, needs, p=(0.4, 0.35, 0.2, 0.05))
    stock = np.full(3, round(needs * share * 1.5 / 3))
    return Market(
        day=np.sort(rng.integers(0, days, needs)),
        waits=np.full(needs, waits),
        urgency=urgency,
        units=rng.integers(1, 3, needs),
        at=rng.integers(0, 11, needs),
        lots=np.array([0, 5, 10]),
        stock=stock,
        days=days,
    )
