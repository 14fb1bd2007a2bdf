"""A live matching whose rows are switched on, forced, narrowed to a choice, and switched back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wushe.matching.combined.layout import Layout
from wushe.matching.kernel import LiveMatching, Problem, Solution
from wushe.matching.kernel.problem import Array


@dataclass(frozen=True, eq=False)
class Now:
    """The live matching at one moment: flow on the layout's edges, prices of rows and columns."""

    flow: Array
    row_price: Array
    column_price: Array


class State:
    """Rows on or off (`on`), forced to be full (`forced`), edges barred (`open`), packs given.

    A change is tried between `mark` and either nothing or `back`; `objective` counts rows that are
    off as unserved.
    """

    def __init__(self, layout: Layout, on: Array, forced: Array, narrow: Array) -> None:
        self.layout = y = layout
        self.on, self.forced, self.open = on.copy(), forced.copy(), narrow.copy()
        self.given = np.zeros(len(y.edge), dtype=np.int64)
        self.bounded = bool(np.any(y.most < np.minimum(y.demand[y.row], y.capacity[y.column])))
        self.big = 4 * (int(y.penalty.max(initial=0)) + int(y.cost.max(initial=0))) + 1
        self.off_cost = int(y.none[~on].sum())
        self.gift_cost = 0
        self.log: list[tuple[Any, ...]] = []
        self.live = LiveMatching(self._problem(), history=20_000)
        self._now: Now | None = None

    def _problem(self) -> Problem:
        y = self.layout
        width = np.bincount(y.row[self.open], minlength=len(y.demand))
        return Problem(
            np.concatenate([[0], np.cumsum(width)]),
            y.column[self.open].astype(np.uint32),
            y.cost[self.open].astype(np.int32),
            y.capacity,
            np.where(self.forced, self.big, y.penalty),
            np.where(self.on, y.demand, 0),
            y.most[self.open] if self.bounded else None,
        )

    @property
    def objective(self) -> int:
        """Cost of the flow and the packs given, and the penalties of what is unserved."""
        return self.live.objective + self.off_cost + self.gift_cost

    def now(self) -> Now:
        """Return the flow and the prices."""
        found: Solution = self.live.solution()
        flow = self.given.copy()
        flow[self.open] += found.flow
        return Now(flow, found.row_price, found.column_price)

    def mark(self) -> int:
        """Return a point to go back to."""
        return len(self.log)

    def back(self, mark: int) -> None:
        """Undo every change since `mark`."""
        self.live.undo(len(self.log) - mark)
        while len(self.log) > mark:
            kind, *old = self.log.pop()
            if kind == "row":
                r, on, forced, narrow, off_cost = old
                self.on[r], self.forced[r], self.off_cost = on, forced, off_cost
                self.open[self.span(r)] = narrow
            else:
                e, given, gift_cost = old
                if e >= 0:
                    self.given[e], self.gift_cost = given, gift_cost

    def forget(self) -> None:
        """Keep all changes for good."""
        self.log.clear()

    def span(self, r: int) -> slice:
        """Return the edges of a row."""
        return slice(int(self.layout.start[r]), int(self.layout.start[r + 1]))

    def set_row(
        self, r: int, *, on: bool | None = None, forced: bool | None = None, narrow: Any = None
    ) -> None:
        """Switch a row, force it, or replace the mask of its open edges."""
        y, span = self.layout, self.span(r)
        self.log.append(
            (
                "row",
                r,
                bool(self.on[r]),
                bool(self.forced[r]),
                self.open[span].copy(),
                self.off_cost,
            )
        )
        if on is not None and on != self.on[r]:
            self.off_cost += int(y.none[r]) * (-1 if on else 1)
            self.on[r] = on
        if forced is not None:
            self.forced[r] = forced
        if narrow is not None:
            self.open[span] = narrow
        self._push(r)

    def _push(self, r: int) -> None:
        y, span = self.layout, self.span(r)
        mask = self.open[span]
        left = int(y.demand[r]) - int(self.given[span].sum())
        self.live.change(
            r,
            demand=left if self.on[r] else 0,
            penalty=self.big if self.forced[r] else int(y.penalty[r]),
            columns=y.column[span][mask],
            costs=y.cost[span][mask],
            limits=y.most[span][mask] if self.bounded else None,
        )

    def give(self, e: int, units: int) -> None:
        """Fix `units` more on an edge that the live matching does not see."""
        y = self.layout
        r, j = int(y.row[e]), int(y.column[e])
        self.log.append(("gift", e, int(self.given[e]), self.gift_cost))
        self.live.set_capacity(j, self.live.capacity(j) - units)
        self.given[e] += units
        self.gift_cost += units * int(y.cost[e])
        self.set_row(r)

    def short(self, rows: Any) -> bool:
        """Return whether any of the rows that are forced is not served in full."""
        return any(self.forced[r] and self.on[r] and self.live.unserved(r) for r in rows)
