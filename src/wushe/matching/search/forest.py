"""Offers packed into trees, one per pool, whose nodes keep a box, a common place and the least price.

A pool is a set of offers that the same needs can reach (one category, one area); a forest holds one tree
per pool in flat arrays. Arrays only: nothing of wushe is imported.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
LEAF = 8
"""Offers in a leaf."""
FAN = 4
"""Children of an inner node."""
MIXED = -2
"""In `Forest.trail`: the offers below the node differ at this level of the place tree."""


class Forest(NamedTuple):
    """Trees in flat arrays; nodes below `leaves` hold entries `begin` to `end`, the others nodes.

    `root` int32 (n_pools,), -1 for an empty pool; `begin`, `end` int64 and `least` int64 (n_nodes,);
    `box` float (n_nodes, 6) and `spot` float (n_entries, 3) on the unit sphere where `spatial`, else
    `trail` int32 (n_nodes, n_levels) and `path` int32 (n_entries, n_levels) in the place tree;
    `offer` int32, `price` int64 and `radius` float (n_entries,), the squared chord up to which an offer
    goes, `far` the greatest of them below a node; `mark` int64 (n_entries,): bits of what an offer has,
    `marks` all that is below a node; `tops`: where the nodes' levels begin.
    """

    root: Array
    begin: Array
    end: Array
    least: Array
    box: Array
    trail: Array
    offer: Array
    spot: Array
    path: Array
    radius: Array
    far: Array
    mark: Array
    marks: Array
    price: Array
    tops: Array
    leaves: int
    spatial: bool


def grow(
    pool: Array,
    offer: Array,
    pools: int,
    spot: Array,
    path: Array,
    taste: Array,
    radius: Array,
    mark: Array,
    group: Array,
    spatial: bool,
) -> Forest:
    """Return the forest of entries (`pool`, `offer`), without prices yet.

    By offer row: `spot` float (n_offers, 3), `path` int32 (n_offers, n_levels), `radius` float and `mark`
    int64 (n_offers,). Offers of one `group` share branches, and of those at one spot the ones with the
    least `taste` share leaves.
    """
    keys = [morton(spot)[offer]] if spatial else [*path[offer].T[::-1]]
    order = np.lexsort((offer, taste[offer], *keys, group[offer], pool))
    pool, offer = pool[order], offer[order].astype(np.int32)
    count = np.bincount(pool, minlength=pools)
    root, begin, end, tops = _levels(count)
    here = _low_high(spot[offer], begin, tops) if spatial else None
    paths = None if spatial else _low_high(path[offer], begin, tops)
    return Forest(
        root=root.astype(np.int32),
        begin=begin,
        end=end,
        least=np.zeros(len(begin), dtype=np.int64),
        box=np.zeros((1, 6)) if here is None else np.ascontiguousarray(np.hstack(here)),
        trail=np.zeros((1, path.shape[1]), dtype=np.int32)
        if paths is None
        else np.where(paths[0] == paths[1], paths[0], MIXED).astype(np.int32),
        offer=offer,
        spot=np.ascontiguousarray(spot[offer]) if spatial else np.zeros((1, 3)),
        path=np.zeros((1, path.shape[1]), dtype=np.int32)
        if spatial
        else np.ascontiguousarray(path[offer], dtype=np.int32),
        radius=radius[offer] if spatial else np.zeros(1),
        far=_low_high(radius[offer], begin, tops)[1] if spatial else np.zeros(1),
        mark=mark[offer],
        marks=_all_below(mark[offer], begin, tops),
        price=np.zeros(len(offer), dtype=np.int64),
        tops=tops,
        leaves=int(tops[1]),
        spatial=spatial,
    )


def price(forest: Forest, prices: Array) -> None:
    """Write `prices` int64 (n_offers,) into the entries and the least of them into all nodes above."""
    forest.price[:] = prices[forest.offer]
    below = forest.price
    for first, last in pairwise(forest.tops):
        if last > first:
            begin = forest.begin[first:last]
            below = np.minimum.reduceat(below, begin - begin[0])
            forest.least[first:last] = below


def _levels(count: Array) -> tuple[Array, Array, Array, Array]:
    """Return (root, begin, end, where each level of nodes begins) for pools of `count` entries each."""
    begins, ends, tops = [], [], [0]
    root = np.full(len(count), -1, dtype=np.int64)
    first, width, offset = np.cumsum(count) - count, count, LEAF
    made = 0
    while True:
        blocks = -(-width // offset)
        home = np.repeat(np.arange(len(count)), blocks)
        within = np.arange(len(home)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
        begin = first[home] + offset * within
        begins.append(begin)
        ends.append(np.minimum(begin + offset, (first + width)[home]))
        first = made + np.cumsum(blocks) - blocks
        single = (blocks == 1) & (root < 0)
        root[single] = first[single]
        made += len(home)
        tops.append(made)
        if not (blocks > 1).any():
            break
        width, offset = blocks, FAN
    return root, np.concatenate(begins), np.concatenate(ends), np.array(tops)


def _low_high(values: Array, begin: Array, tops: Array) -> tuple[Array, Array]:
    """Return the least and the greatest of `values` (n_entries, ...) below each node."""
    low, high, lows, highs = values, values, [], []
    for first, last in pairwise(tops):
        if last > first:
            at = begin[first:last] - begin[first]
            low, high = np.minimum.reduceat(low, at), np.maximum.reduceat(high, at)
            lows.append(low)
            highs.append(high)
    empty = values[:0]
    return np.concatenate([*lows, empty]), np.concatenate([*highs, empty])


def _all_below(marks: Array, begin: Array, tops: Array) -> Array:
    """Return the union of the bits below each node."""
    found = [marks[:0]]
    for first, last in pairwise(tops):
        if last > first:
            marks = np.bitwise_or.reduceat(marks, begin[first:last] - begin[first])
            found.append(marks)
    return np.concatenate(found)


def morton(spot: Array) -> Array:
    """Return each spot's place along a curve that keeps neighbours together, uint64 (n,)."""
    known = np.where(np.isnan(spot), 0.0, spot)
    low = known.min(axis=0, initial=0.0) if len(known) == 0 else known.min(axis=0)
    span = float((known - low).max(initial=0.0)) or 1.0
    cells = ((known - low) / span * (2**20 - 1)).astype(np.uint64)
    x, y, z = (_spread(column) for column in cells.T)
    code: Array = x | y << np.uint64(1) | z << np.uint64(2)
    return code


def _spread(values: Array) -> Array:
    """Return `values` below 2^21 with two zero bits between every two of their bits."""
    for shift, mask in (
        (32, 0x1F00000000FFFF),
        (16, 0x1F0000FF0000FF),
        (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3),
        (2, 0x1249249249249249),
    ):
        values = (values | values << np.uint64(shift)) & np.uint64(mask)
    return values
