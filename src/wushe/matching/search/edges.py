"""Listed pairs in the kernel's order, which grow by merging."""

from __future__ import annotations

import attrs
import numpy as np

from wushe.model.storage import Array


@attrs.frozen(eq=False)
class Edges:
    """Listed pairs in CSR form by need, each need's by (cost, offer): int64 `start`, `cost`, int32 `offer`."""

    start: Array
    offer: Array
    cost: Array

    @classmethod
    def none(cls, needs: int) -> Edges:
        """Return an empty list."""
        return cls(
            np.zeros(needs + 1, dtype=np.int64),
            np.zeros(0, dtype=np.int32),
            np.zeros(0, dtype=np.int64),
        )

    def merged(self, need: Array, offer: Array, cost: Array) -> tuple[Edges, Array]:
        """Return the list with more pairs, and before which old place each of these stands, ascending.

        The pairs come by need then offer, so that a stable sort by cost leaves ties in order.
        """
        order = np.argsort(need.astype(np.int64) << 31 | cost, kind="stable")
        need, offer, cost = need[order], offer[order], cost[order]
        at = self._places(need, offer, cost)
        more = np.searchsorted(need, np.arange(len(self.start)))
        return Edges(
            self.start + more, np.insert(self.offer, at, offer), np.insert(self.cost, at, cost)
        ), at

    def _places(self, need: Array, offer: Array, cost: Array) -> Array:
        """Return where pairs go, by bisection in all rows at once."""
        low, high = self.start[need], self.start[need + 1]
        while (open_ := np.flatnonzero(low < high)).size:
            middle = (low[open_] + high[open_]) // 2
            there, mine = self.cost[middle], cost[open_]
            before = (there < mine) | ((there == mine) & (self.offer[middle] < offer[open_]))
            low[open_[before]] = middle[before] + 1
            high[open_[~before]] = middle[~before]
        return low
