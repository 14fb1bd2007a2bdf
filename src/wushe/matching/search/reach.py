"""Who can reach whom: offers pooled by category and area, and the pools that each need lies in."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from wushe.matching.prepare import NATION, Prepared
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import Pairs


@attrs.frozen(eq=False)
class Reach:
    """Pools of offers of one category that reach one area (the nation, or a place of some level).

    `offer` int32 (n_entries,): offer rows, by pool then row; `start` int64 (n_pools + 1,). `pool` int32
    (n_needs, n_levels + 1): the pools that a need lies in, -1 none; no offer is in two of them.
    `in_category` int64 (n_needs,): how many offers serve the need's category anywhere.
    """

    offer: Array
    start: Array
    pool: Array
    in_category: Array

    @classmethod
    def of(cls, prepared: Prepared) -> Reach:
        """Return the pools of a prepared city."""
        needs, offers = prepared.needs, prepared.offers
        row, category = _offer_categories(prepared)
        entries, sizes, lanes, made = [], [], [], 0
        for level in (NATION, *range(len(LEVELS))):
            here = offers["reach"][row] == level
            key = category[here] << 32 | _areas(offers["ancestors"][row[here]], level)
            order = np.lexsort((row[here], key))
            pools, size = np.unique(key, return_counts=True)
            at = _areas(needs["ancestors"], level)
            wanted = needs["category_code"].astype(np.int64) << 32 | np.maximum(at, 0)
            found = np.searchsorted(pools, wanted)
            inside = np.concatenate([pools, [-1]])[found] == wanted
            lanes.append(np.where(inside & (at >= 0), made + found, -1))
            entries.append(row[here][order])
            sizes.append(size)
            made += len(pools)
        start = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
        counts = np.bincount(category, minlength=len(prepared.context.categories))
        return cls(
            np.concatenate(entries).astype(np.int32),
            start,
            np.stack(lanes, axis=1).astype(np.int32),
            counts[needs["category_code"]],
        )

    @property
    def total(self) -> Array:
        """How many offers of its category reach each need, int64 (n_needs,)."""
        total: Array = self._sizes.sum(axis=1)
        return total

    @property
    def _sizes(self) -> Array:
        size = np.concatenate([np.diff(self.start), [0]])
        return size[self.pool]

    def sums(self, values: Array) -> Array:
        """Return the sum of `values` int64 (n_offers,) over all offers that reach each need."""
        upto = np.concatenate([[0], np.cumsum(values[self.offer])])
        by_pool = np.concatenate([np.diff(upto[self.start]), [0]])
        found: Array = by_pool[self.pool].sum(axis=1)
        return found

    def within(self, pairs: Pairs) -> Array:
        """Say which pairs are in reach, bool (n_pairs,)."""
        pool = np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))
        keys = np.sort(pool << 32 | self.offer)
        found = np.zeros(len(pairs), dtype=bool)
        for lane in self.pool.T:
            wanted = lane[pairs.need].astype(np.int64) << 32 | pairs.offer
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            found |= (keys[at] == wanted) if len(keys) else False
        return found

    def blocks(self, rows: Array, size: int, most: int | None = None) -> Iterator[Pairs]:
        """Yield the pairs of the needs `rows` in reach, by need then offer, about `size` at a time.

        At most `most` of each pool, if given.
        """
        sizes = self._sizes[rows] if most is None else np.minimum(self._sizes[rows], most)
        ends = np.cumsum(sizes.sum(axis=1))
        first = 0
        while first < len(rows):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + size, side="right")))
            yield self._block(rows[first:last], sizes[first:last])
            first = last

    def _block(self, rows: Array, sizes: Array) -> Pairs:
        size = sizes.ravel()
        need = np.repeat(np.repeat(rows, sizes.shape[1]), size)
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        offer = self.offer[np.repeat(self.start[self.pool[rows].ravel()], size) + within]
        order = np.lexsort((offer, need))
        return Pairs(need[order].astype(np.int32), offer[order])


def _areas(ancestors: Array, level: int) -> Array:
    if level == NATION:
        return np.zeros(len(ancestors), dtype=np.int64)
    return ancestors[:, level].astype(np.int64)


def _offer_categories(prepared: Prepared) -> tuple[Array, Array]:
    """Return (offer row, category code) for every category that an offer serves in its dimension."""
    codes = {
        name: (code, c.dimension)
        for code, (name, c) in enumerate(prepared.context.categories.items())
    }
    rows, categories = [], []
    offers = prepared.offers
    columns = (offers[name].tolist() for name in ("categories", "dimension", "capacity"))
    for row, (names, dimension, capacity) in enumerate(zip(*columns, strict=True)):
        for name in names:
            code, counted = codes[name]
            if counted == dimension and capacity > 0:
                rows.append(row)
                categories.append(code)
    return np.array(rows, dtype=np.int64), np.array(categories, dtype=np.int64)
