"""Candidate pairs by category and reach, filtered and scored in blocks, never needs x offers densely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import attrs
import numpy as np

from wushe.matching.prepare import NATION, Prepared
from wushe.model.parties import LEVELS
from wushe.model.storage import Array
from wushe.model.terms import Pairs, Reason
from wushe.plugins.manager import SCORE_STEPS, Plugins

BLOCK_PAIRS = 1_000_000
"""Pairs that filters and scores see at a time; bounds memory."""
MAX_LISTED = 12_000_000
"""Above this many pairs only each need's best are listed, and the result says so."""
ORDER: tuple[Reason, ...] = get_args(Reason)


@attrs.frozen(eq=False)
class Candidates:
    """Eligible pairs in CSR form, rows sorted by (cost, offer).

    `start` int64 (n_needs + 1,); `offer` and `cost` int32 (n_pairs,); `limit` int64 (n_pairs,) the
    most that one pair may carry. `blocked` int8 (n_needs,): position in `ORDER` of the reason that
    removed the need's last candidate, -1 where some are left. `refused` int32
    (n_needs, n_reasons): how many offers each reason removed first. `complete` is False where
    the list was cut to each need's best.
    """

    start: Array
    offer: Array
    cost: Array
    limit: Array
    blocked: Array
    refused: Array
    max_cost: int
    complete: bool


def list_candidates(prepared: Prepared, plugins: Plugins) -> Candidates:
    """Return all eligible pairs with integer costs (0 is best), through the plugins' hooks."""
    needs, offers = prepared.needs, prepared.offers
    index = _ReachIndex.of(prepared)
    keep = max(24, MAX_LISTED // max(len(needs), 1))
    complete = int(index.total.sum()) <= MAX_LISTED
    refused = np.zeros((len(needs), len(ORDER)), dtype=np.int32)
    blocked = np.full(len(needs), -1, dtype=np.int8)
    in_category = _in_category(prepared)
    refused[:, ORDER.index("reach")] = in_category - index.total
    blocked[index.total == 0] = ORDER.index("reach")
    blocked[in_category == 0] = ORDER.index("no_offer")
    found: list[tuple[Array, Array, Array]] = []
    max_cost = 0
    for listed in index.blocks():
        pairs = _filtered(prepared, plugins, listed, refused, blocked)
        cost, max_cost = _costs(prepared, plugins, pairs)
        order = np.lexsort((pairs.offer, cost, pairs.need))
        need, offer, cost = pairs.need[order], pairs.offer[order], cost[order]
        if not complete:
            best = _rank_in_group(need) < keep
            need, offer, cost = need[best], offer[best], cost[best]
        found.append((need, offer, cost))
    need, offer, cost = (
        np.concatenate([f[i] for f in found]) if found else np.zeros(0, dtype=np.int32)
        for i in range(3)
    )
    start = np.searchsorted(need, np.arange(len(needs) + 1))
    limit = np.minimum(offers["per_need"][offer], needs["quantity"][need])
    return Candidates(start, offer, cost, limit, blocked, refused, max_cost, complete)


def _rank_in_group(sorted_groups: Array) -> Array:
    first = np.searchsorted(sorted_groups, sorted_groups)
    return np.arange(len(sorted_groups)) - first


def _in_category(prepared: Prepared) -> Array:
    """Return for each need how many offers serve its category in its dimension anywhere."""
    _, category = _offer_categories(prepared)
    counts = np.bincount(category, minlength=len(prepared.context.categories))
    return counts[prepared.needs["category_code"]]


def _offer_categories(prepared: Prepared) -> tuple[Array, Array]:
    """Return (offer row, category code) for every category that an offer serves in its dimension."""
    codes = {
        name: (code, c.dimension)
        for code, (name, c) in enumerate(prepared.context.categories.items())
    }
    rows, categories = [], []
    offers = prepared.offers
    for row, (names, dimension) in enumerate(
        zip(offers["categories"], offers["dimension"], strict=True)
    ):
        for name in names:
            code, counted = codes[name]
            if counted == dimension and offers["capacity"][row] > 0:
                rows.append(row)
                categories.append(code)
    return np.array(rows, dtype=np.int64), np.array(categories, dtype=np.int64)


@attrs.frozen(eq=False)
class _ReachIndex:
    """For each reach level: offers sorted by (category, ancestor), and each need's span among them."""

    offers: list[Array]
    low: Array
    high: Array
    total: Array

    @classmethod
    def of(cls, prepared: Prepared) -> _ReachIndex:
        needs, offers = prepared.needs, prepared.offers
        row, category = _offer_categories(prepared)
        sorted_offers, lows, highs = [], [], []
        for level in (NATION, *range(len(LEVELS))):
            here = offers["reach"][row] == level
            area = (
                np.zeros(here.sum(), dtype=np.int64)
                if level == NATION
                else offers["ancestors"][row[here], level].astype(np.int64)
            )
            key = category[here] << 32 | area
            order = np.lexsort((row[here], key))
            key = key[order]
            at = (
                np.zeros(len(needs), dtype=np.int64)
                if level == NATION
                else needs["ancestors"][:, level].astype(np.int64)
            )
            wanted = needs["category_code"].astype(np.int64) << 32 | np.maximum(at, 0)
            low, high = np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")
            sorted_offers.append(row[here][order])
            lows.append(low)
            highs.append(np.where(at < 0, low, high))
        low, high = np.array(lows), np.array(highs)
        return cls(sorted_offers, low, high, (high - low).sum(axis=0))

    def blocks(self) -> Iterator[Pairs]:
        """Yield the pairs of consecutive needs, about `BLOCK_PAIRS` at a time, by need then offer."""
        ends = np.cumsum(self.total)
        first = 0
        while first < len(self.total):
            done = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, done + BLOCK_PAIRS, side="right")))
            yield self._block(first, last)
            first = last

    def _block(self, first: int, last: int) -> Pairs:
        needs, offers = [], []
        for level, sorted_offers in enumerate(self.offers):
            low, size = self.low[level, first:last], (self.high - self.low)[level, first:last]
            need = np.repeat(np.arange(first, last), size)
            within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
            needs.append(need)
            offers.append(sorted_offers[np.repeat(low, size) + within])
        need, offer = np.concatenate(needs), np.concatenate(offers)
        order = np.lexsort((offer, need))
        return Pairs(need[order].astype(np.int32), offer[order].astype(np.int32))


def _filtered(
    prepared: Prepared, plugins: Plugins, pairs: Pairs, refused: Array, blocked: Array
) -> Pairs:
    """Return the allowed pairs; count in `refused` and `blocked` which reason removed the others first."""
    present = np.unique(pairs.need)
    terms = plugins.filter_candidates(prepared.needs, prepared.offers, pairs, prepared.context)
    left = np.ones(len(pairs), dtype=bool)
    for position, reason in enumerate(ORDER):
        ours = [term.allowed for _, term in terms if term.reason == reason]
        if not ours:
            continue
        allowed = np.logical_and.reduce(ours)
        removed = left & ~allowed
        if removed.any():
            np.add.at(refused[:, position], pairs.need[removed], 1)
            left &= allowed
            alive = np.bincount(pairs.need[left], minlength=len(blocked))[present]
            emptied = present[(alive == 0) & (blocked[present] < 0)]
            blocked[emptied] = position
    return pairs.take(left)


def _costs(prepared: Prepared, plugins: Plugins, pairs: Pairs) -> tuple[Array, int]:
    """Return int32 costs (best possible score minus score) and the largest possible cost."""
    scores = plugins.score_candidates(prepared.needs, prepared.offers, pairs, prepared.context)
    best = sum(s.term.weight for s in scores) * SCORE_STEPS
    total = np.full(len(pairs), best, dtype=np.int64)
    for score in scores:
        total -= score.points.astype(np.int64) * score.term.weight
    return total.astype(np.int32), best
