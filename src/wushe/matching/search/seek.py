"""Branch and bound over a forest: the best offers of each need below a ceiling.

Plain Python over arrays; `nearby` compiles it where the input is large. What a pair costs at least is
a step function of distance (or the place level that both share) plus the offer's price.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from wushe.matching.search.forest import Forest

MIXED = -2
FAR = 2**62
"""Cost of what is out of the question."""
CELLS = 2**15
"""Cells for a root of the chord of 1; the longest chord, 2, has the root 1.42."""


class Asks(NamedTuple):
    """Who searches: need rows `row`; by need row `pool`, `spot`, `path`, `ceiling`, `want`, `kind`.

    `pool` int32 (n_needs, n_lanes), -1 none; `ceiling` int64: only values below it count; `want` int64
    how many; `kind` int32 (n_needs, n_rules): the need's class under each declared rule; `must` int64: bits
    that an offer must have.
    """

    row: Any
    pool: Any
    spot: Any
    path: Any
    ceiling: Any
    want: Any
    kind: Any
    must: Any


class Terms(NamedTuple):
    """What a pair costs at least: `rise[k]` beyond `k` of the `cut` squared chords, `level` by place.

    `skip[c]`: how many cuts lie before cell c of `CELLS`, where cells are even in the root of the chord.
    `level[0]` is for pairs that share no place. `kind` int32 (n_offers, n_rules), `table` uint8 with
    `first` and `width` by rule: whether a class of needs and a class of offers go together.
    """

    cut: Any
    skip: Any
    rise: Any
    level: Any
    kind: Any
    table: Any
    first: Any
    width: Any


class Known(NamedTuple):
    """Pairs that need no search: offers of need i at `start[i]` to `start[i + 1]`, ascending."""

    start: Any
    offer: Any


class Found(NamedTuple):
    """Answers of query q from `begin[q]` on, `count[q]` of them, by (value, offer)."""

    begin: Any
    count: Any
    value: Any
    offer: Any


def step(terms: Terms, gap: Any) -> Any:
    """Return the cost of a squared chord: the rise behind the last cut below it."""
    at = terms.skip[min(int(math.sqrt(math.sqrt(gap)) * CELLS), len(terms.skip) - 1)]
    while at < len(terms.cut) and terms.cut[at] < gap:
        at += 1
    return terms.rise[at]


def box_gap(forest: Forest, node: int, x: float, y: float, z: float) -> float:
    """Return the squared chord from a point to a node's box, 0 inside."""
    box = forest.box
    a = max(box[node, 0] - x, x - box[node, 3], 0.0)
    b = max(box[node, 1] - y, y - box[node, 4], 0.0)
    c = max(box[node, 2] - z, z - box[node, 5], 0.0)
    gap: float = a * a + b * b + c * c
    return gap


def lowest(forest: Forest, asks: Asks, terms: Terms, need: int, node: int) -> Any:
    """Return what any pair of the need with an offer below the node costs at least."""
    if asks.must[need] & ~forest.marks[node] != 0:
        return FAR
    if forest.spatial:
        spot = asks.spot
        gap = box_gap(forest, node, spot[need, 0], spot[need, 1], spot[need, 2])
        return FAR if gap > forest.far[node] else forest.least[node] + step(terms, gap)
    best = terms.level[0]
    for k in range(forest.trail.shape[1]):
        here = forest.trail[node, k]
        if here == MIXED:
            best = min(best, terms.level[k + 1])
        elif here >= 0 and here == asks.path[need, k]:
            best = terms.level[k + 1]
    return forest.least[node] + best


def worth(forest: Forest, asks: Asks, terms: Terms, need: int, entry: int) -> Any:
    """Return what the pair of the need with the offer of an entry costs at least."""
    if forest.spatial:
        a = forest.spot[entry, 0] - asks.spot[need, 0]
        b = forest.spot[entry, 1] - asks.spot[need, 1]
        c = forest.spot[entry, 2] - asks.spot[need, 2]
        gap = a * a + b * b + c * c
        return FAR if gap > forest.radius[entry] else forest.price[entry] + step(terms, gap)
    shared = 0
    for k in range(forest.path.shape[1]):
        here = forest.path[entry, k]
        if here >= 0 and here == asks.path[need, k]:
            shared = k + 1
    return forest.price[entry] + terms.level[shared]


def admitted(asks: Asks, terms: Terms, known: Known, need: int, offer: int) -> bool:
    """Say whether the classes go together and the pair is not known already."""
    for rule in range(asks.kind.shape[1]):
        at = terms.first[rule] + asks.kind[need, rule] * terms.width[rule] + terms.kind[offer, rule]
        if terms.table[at] == 0:
            return False
    low, last = known.start[need], known.start[need + 1]
    high = last
    while low < high:
        middle = (low + high) // 2
        if known.offer[middle] < offer:
            low = middle + 1
        else:
            high = middle
    return bool(low == last or known.offer[low] != offer)


def note(found: Found, query: int, want: int, value: Any, offer: int) -> None:
    """Enter an answer in order; the last goes where there are more than wanted."""
    first = found.begin[query]
    count = found.count[query]
    if count < want:
        count += 1
        found.count[query] = count
    at = first + count - 1
    while at > first and (
        found.value[at - 1] > value
        or (found.value[at - 1] == value and found.offer[at - 1] > offer)
    ):
        found.value[at] = found.value[at - 1]
        found.offer[at] = found.offer[at - 1]
        at -= 1
    found.value[at] = value
    found.offer[at] = offer


def limit(asks: Asks, found: Found, query: int, need: int) -> Any:
    """Return below what a value must be to count for a query."""
    count = found.count[query]
    if count < asks.want[need]:
        return asks.ceiling[need]
    return min(asks.ceiling[need], found.value[found.begin[query] + count - 1])


def scan(
    forest: Forest, asks: Asks, terms: Terms, known: Known, found: Found, query: int, node: int
) -> None:
    """Look at all entries of a leaf."""
    need = asks.row[query]
    top = limit(asks, found, query, need)
    for entry in range(forest.begin[node], forest.end[node]):
        if forest.price[entry] >= top or asks.must[need] & ~forest.mark[entry] != 0:
            continue
        value = worth(forest, asks, terms, need, entry)
        if value < top and admitted(asks, terms, known, need, forest.offer[entry]):
            note(found, query, asks.want[need], value, forest.offer[entry])
            top = limit(asks, found, query, need)


def descend(
    forest: Forest,
    asks: Asks,
    terms: Terms,
    known: Known,
    found: Found,
    query: int,
    node: int,
    stack: Any,
    bound: Any,
) -> int:
    """Search one tree, nearer nodes first; return how many leaves were looked at."""
    need = asks.row[query]
    stack[0], bound[0] = node, lowest(forest, asks, terms, need, node)
    top, looked = 1, 0
    while top > 0:
        top -= 1
        ceiling = limit(asks, found, query, need)
        if bound[top] >= ceiling:
            continue
        node = stack[top]
        if node < forest.leaves:
            scan(forest, asks, terms, known, found, query, node)
            looked += 1
            continue
        base = top
        for child in range(forest.begin[node], forest.end[node]):
            low = lowest(forest, asks, terms, need, child)
            if low < ceiling:
                at = top
                while at > base and bound[at - 1] < low:
                    stack[at], bound[at] = stack[at - 1], bound[at - 1]
                    at -= 1
                stack[at], bound[at] = child, low
                top += 1
    return looked


def seek(
    forest: Forest,
    asks: Asks,
    terms: Terms,
    known: Known,
    found: Found,
    stack: Any,
    bound: Any,
) -> int:
    """Add the forest's answers to those found for each query; return how many leaves were looked at."""
    looked = 0
    for query in range(len(asks.row)):
        need = asks.row[query]
        if asks.want[need] > 0:
            for lane in range(asks.pool.shape[1]):
                pool = asks.pool[need, lane]
                if pool >= 0 and forest.root[pool] >= 0:
                    looked += descend(
                        forest, asks, terms, known, found, query, forest.root[pool], stack, bound
                    )
    return looked


FUNCTIONS = (step, box_gap, lowest, worth, admitted, note, limit, scan, descend, seek)
"""All of the above, callees first, for `nearby`."""
