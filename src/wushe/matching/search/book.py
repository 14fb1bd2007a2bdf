"""What the hooks have said of pairs so far; it grows by merging."""

from __future__ import annotations

import numpy as np

from wushe.matching.candidates import REFUSED, Judged
from wushe.matching.search.seek import Known
from wushe.model.storage import Array
from wushe.model.terms import Pairs

LOW = 0xFFFFFFFF


def keys_of(need: Array, offer: Array) -> Array:
    """Return one int64 per pair, ``need << 32 | offer``."""
    return need.astype(np.int64) << 32 | offer


def pairs_of(keys: Array) -> Pairs:
    """Return the pairs of keys."""
    return Pairs((keys >> 32).astype(np.int32), (keys & LOW).astype(np.int32))


def joined(*keys: Array) -> Array:
    """Return all keys once, ascending (`numpy.unique` hashes, which takes longer)."""
    every = np.sort(np.concatenate(keys))
    once: Array = every[np.concatenate([[True], every[1:] != every[:-1]])[: len(every)]]
    return once


class Book:
    """All pairs that the hooks have judged: `key` ascending, `cost` (`REFUSED` or more), `listed`."""

    def __init__(self) -> None:
        """Start empty."""
        self.key = np.zeros(0, dtype=np.int64)
        self.offer = np.zeros(0, dtype=np.int32)
        self.cost = np.zeros(0, dtype=np.int64)
        self.waits = np.zeros(0, dtype=bool)

    def enter(self, judged: Judged, listed: Array) -> None:
        """Add pairs, by need then offer, none of which is known yet; `listed` bool (n_pairs,)."""
        key = keys_of(judged.pairs.need, judged.pairs.offer)
        waits = ~listed & (judged.cost != REFUSED)
        at = np.searchsorted(self.key, key)
        self.key = np.insert(self.key, at, key)
        self.offer = np.insert(self.offer, at, judged.pairs.offer)
        self.cost = np.insert(self.cost, at, judged.cost)
        self.waits = np.insert(self.waits, at, waits)

    def better(self, row_price: Array, column_price: Array) -> tuple[Array, Array, Array]:
        """Take the waiting pairs that would improve a solution of these prices: (need, offer, cost)."""
        at = np.flatnonzero(self.waits)
        need, offer, cost = self.key[at] >> 32, self.offer[at], self.cost[at]
        good = cost + column_price[offer] < row_price[need]
        self.waits[at[good]] = False
        return need[good], offer[good], cost[good]

    def waiting(self, which: Array) -> tuple[Array, Array, Array]:
        """Return the waiting pairs (need, offer, cost) of the needs in `which`, bool (n_needs,)."""
        at = np.flatnonzero(self.waits)
        at = at[which[self.key[at] >> 32]]
        return self.key[at] >> 32, self.offer[at], self.cost[at]

    def known(self, needs: int) -> Known:
        """Return the pairs that need no search."""
        start = np.searchsorted(self.key, np.arange(needs + 1) << 32)
        return Known(start.astype(np.int64), self.offer)
